//! Values of many types, planted in every path of the coverage, in both directions: none of them stands in an answer, a
//! request, the log, or what is kept, neither as it is nor encoded. `--host NAME` picks a host; other arguments are parts of
//! the names of types. With `POSTERN_FULL=1` every type is tried with every operator.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use postern_tests::cells;
use postern_tests::coverage::Table;
use postern_tests::host::{self, Kind};
use postern_tests::report::Report;
use postern_tests::runner;
use postern_tests::side;
use postern_tests::suite::Suite;

/// What is planted: a value, with the words that it needs around it (`{}`). No value is anybody's.
const TYPES: [(&str, &str, &str); 26] = [
    ("CREDIT_CARD", "", "4539578763621486"),
    ("CREDIT_CARD of 15 digits", "", "371449635398431"),
    ("US_SSN", "ssn:{}", "536-22-1234"),
    ("IBAN_CODE", "", "DE89370400440532013000"),
    ("EMAIL_ADDRESS", "", "jane@corp.example.org"),
    ("PHONE_NUMBER", "", "+14155552671"),
    ("SECRET_AWS", "", concat!("AKIA", "Q3EGRZXNT7DOVJ4W")),
    ("SECRET_GITHUB", "", concat!("ghp_", "k3Jd8Ahw9sk2Jd83jdUe72jdPq01mZ4GHXHw")),
    ("SECRET_JWT", "", JWT),
    ("SECRET_STRIPE", "", concat!("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc")),
    ("SECRET_SLACK", "", concat!("xoxb-", "263594206564-2343594206564-FGqddMF8t08v8N7Oq4i57vs1")),
    ("URL_CREDENTIALS", "postgres://svc:{}@db.example.org", "Xk29dQpl7Zr4"),
    ("UK_NHS", "nhs:{}", "943-476-5919"),
    ("UK_NINO", "nino:{}", "AB123456C"),
    ("BR_CPF", "cpf:{}", "529.982.247-25"),
    ("PL_PESEL", "pesel:{}", "44051401359"),
    ("IN_AADHAAR", "aadhaar:{}", "234123412346"),
    ("CH_AHV", "", "756.9217.0769.85"),
    ("ES_NIE", "", "X1234567L"),
    ("IT_FISCAL_CODE", "", "RSSMRA85T10A562S"),
    ("US_NPI", "npi:{}", "1245319599"),
    ("US_MBI", "mbi:{}", "1EG4-TE5-MK73"),
    ("CRYPTO", "", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
    ("VIN", "vin:{}", "1HGCM82633A004352"),
    ("IMEI", "imei:{}", "490154203237518"),
    ("IP_ADDRESS", "", "81.2.69.142"),
];
const JWT: &str = concat!(
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
    "eyJzdWIiOiI0NzExIiwibmFtZSI6ImNhbmFyeSJ9.BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY"
);

/// What is done with them.
const POLICIES: [(&str, &str); 2] = [
    ("tags", ""),
    (
        "tokens, hashes and masks",
        "operator = 'token'\nkeys = 'secret:REDACT_KEYS'\n\
         rules = [{ types = ['SECRET_*', '*_SSN'], operator = 'hash' }, { types = ['CREDIT_CARD', 'U*'], operator = 'mask' }]",
    ),
];
/// Every so many types meet the other policies as well.
const EVERY: usize = 5;

/// Gateways at once: each waits most of the time, for its slowest cell.
const AT_ONCE: usize = 10;

/// The case in which a token becomes the value again, at one server and for one agent.
const RESTORED: &str = "redact-policy-tokens-are-of-one-principal";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match all(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn all(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let table = Table::read(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let mut hosts = host::chosen(arguments)?;
    let named = |name: &&String| name.starts_with("--") || hosts.iter().any(|host| host.name() == **name);
    let filter = arguments.iter().find(|argument| !named(argument)).cloned().unwrap_or_default();
    // Its component is that of the other Spin host, and it keeps the same.
    if !arguments.iter().any(|argument| argument == "--host") {
        hosts.retain(|host| *host != Kind::SpinFresh);
    }
    let full = std::env::var_os("POSTERN_FULL").is_some();
    let numbers = || (0..TYPES.len()).filter(|number| TYPES[*number].0.contains(&filter));
    let jobs: Vec<(Kind, usize)> =
        hosts.iter().flat_map(|host| numbers().map(|number| (*host, number))).collect();
    let mut report = Report::default();
    side::by_side(&jobs, AT_ONCE, &mut report, |(host, number), report| {
        if let Err(error) = plant(*host, *number, full, &table, report) {
            report.note(format!("{} [{}]", TYPES[*number].0, host.name()), Err(format!("{error:#}")));
        }
    });
    Ok(report.finish())
}

/// One type on one host.
fn plant(host: Kind, number: usize, full: bool, table: &Table, report: &mut Report) -> anyhow::Result<()> {
    let (name, around, value) = TYPES[number];
    let plant = if around.is_empty() { value.to_owned() } else { around.replace("{}", value) };
    for (policy, redact) in POLICIES
        .into_iter()
        .enumerate()
        .filter_map(|(at, policy)| (full || at == 0 || number.is_multiple_of(EVERY)).then_some(policy))
    {
        let redact = toml::from_str(redact).context("a policy")?;
        let (suite, cells) = table.hiding(redact, &plant, value)?;
        let outcome =
            cells::sinks(host, &suite, cells, value).unwrap_or_else(|error| Err(format!("{error:#}")));
        report.note(format!("{name}, {policy} [{}]", host.name()), outcome);
    }
    if full || number.is_multiple_of(EVERY) {
        let mut suite = Suite::read_with(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"), &plant)?;
        suite.cases.retain(|case| case.name == RESTORED);
        runner::run(host, &suite, &[], report)?;
    }
    Ok(())
}
