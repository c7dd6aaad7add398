//! Every control on every path: the table of `tests/coverage` is complete, and its cells hold on every host. `--host NAME`
//! picks one; other arguments are parts of the names of controls, or `x PART` of those of paths.

use std::path::Path;
use std::process::ExitCode;

use postern_tests::cells;
use postern_tests::coverage::Table;
use postern_tests::host::{self, Kind};
use postern_tests::report::Report;
use postern_tests::side;

/// Gateways at once: what is tried at one mostly waits.
const AT_ONCE: usize = 4;

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
    let mut report = Report::default();
    let problems = table.problems();
    let outcome = if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) };
    report.note("every cell is filled".to_owned(), outcome);
    let hosts = host::chosen(arguments)?;
    let named = |name: &&String| name.starts_with("--") || hosts.iter().any(|host| host.name() == **name);
    let mut filters = arguments.iter().filter(|argument| !named(argument));
    let control = filters.next().map(String::as_str).unwrap_or_default();
    let path = filters.next().map(String::as_str).unwrap_or_default();
    let controls = || table.controls().filter(|name| name.contains(control));
    let jobs: Vec<(Kind, &str)> =
        hosts.iter().flat_map(|host| controls().map(|control| (*host, control))).collect();
    side::by_side(&jobs, AT_ONCE, &mut report, |(host, name), report| {
        if let Err(error) = cells::run(*host, &table, name, path, report) {
            report.note(format!("{name}: start [{}]", host.name()), Err(format!("{error:#}")));
        }
    });
    Ok(report.finish())
}
