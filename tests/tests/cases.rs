//! Runs every case of `tests/cases` on every host. `--host in-process` or `--host workerd` picks one; other
//! arguments are parts of the names of the cases to run.

use std::path::Path;
use std::process::ExitCode;

use postern_tests::host;
use postern_tests::report::Report;
use postern_tests::runner;
use postern_tests::suite::Suite;

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
    let suite = Suite::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"))?;
    let hosts = host::chosen(arguments)?;
    let named = |name: &String| name.starts_with("--") || hosts.iter().any(|host| host.name() == name);
    let filters: Vec<String> = arguments.iter().filter(|argument| !named(argument)).cloned().collect();
    let mut report = Report::default();
    for host in hosts {
        if let Err(error) = runner::run(host, &suite, &filters, &mut report) {
            report.note(format!("start [{}]", host.name()), Err(format!("{error:#}")));
        }
    }
    Ok(report.finish())
}
