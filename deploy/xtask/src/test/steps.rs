//! The steps of `cargo xtask test`, in their order: what fails soonest comes first, and what others need before them.

use std::process::Command;

use anyhow::Result;

use super::checks::{cargo, fuzz_targets, licences, must_succeed, rust_tests, start_up, upload_size};
use super::{Outcome, Run, Step};
use crate::build::{self, Mode};
use crate::{bench, conformance, process, tools};

/// The order. A new check is one line here and one function.
pub(crate) const STEPS: [Step; 12] = [
    Step { name: "format", usually: "2 s", run: format },
    Step { name: "tools", usually: "1 s, a minute at first", run: install },
    Step { name: "licences", usually: "2 s", run: licences },
    Step { name: "clippy", usually: "30 s, two minutes at first", run: clippy },
    Step { name: "worker", usually: "a minute, three at first", run: worker },
    Step { name: "size", usually: "4 s", run: upload_size },
    Step { name: "start-up", usually: "6 s", run: start_up },
    Step { name: "rust", usually: "a minute, four at first", run: rust_tests },
    Step { name: "demo", usually: "20 s", run: demo },
    Step { name: "conformance", usually: "a minute", run: conform },
    Step { name: "fuzz", usually: "two minutes, five at first", run: fuzz_targets },
    Step { name: "benchmark", usually: "a minute, three at first", run: benchmark },
];

fn format(run: &mut Run<'_>) -> Result<Outcome> {
    must_succeed(run, cargo(run).args(["fmt", "--all", "--check"]), "format")
}

fn install(run: &mut Run<'_>) -> Result<Outcome> {
    tools::wasm::find_or_install(run.paths)?;
    run.node = Some(tools::node::find_or_install(run.paths)?);
    tools::install_for_tests(run.paths)?;
    Ok(Outcome::held(None))
}

fn clippy(run: &mut Run<'_>) -> Result<Outcome> {
    let mut clippy = cargo(run);
    clippy.args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]);
    must_succeed(run, &mut clippy, "clippy")
}

fn worker(run: &mut Run<'_>) -> Result<Outcome> {
    build::prepare(run.paths, Mode::Release)?;
    run.worker = true;
    Ok(Outcome::held(None))
}

/// The scripted agent against the gateway and the demo servers, once with a token and once anonymous.
fn demo(run: &mut Run<'_>) -> Result<Outcome> {
    run.node_and_worker()?;
    let mut total = Outcome::default();
    for (name, arguments) in [("demo", &[][..]), ("demo-anonymous", &["--anonymous"])] {
        let port = crate::servers::any_port()?.to_string();
        let mut dev = Command::new(std::env::current_exe()?);
        dev.args(["dev", "--once", "--port", &port]).args(arguments).current_dir(&run.paths.root);
        // It takes the release that the conformance suite and the benchmark take too.
        dev.env(build::BUILD_VARIABLE, "skip");
        match process::run(&mut dev, &run.paths.log(name)?) {
            Ok(()) => total.passed += 1,
            Err(error) => {
                total.failed += 1;
                total.notes.push(format!("{error:#}"));
            }
        }
    }
    Ok(total)
}

fn conform(run: &mut Run<'_>) -> Result<Outcome> {
    let cells = conformance::run(run.paths, run.node_and_worker()?, None, None)?;
    let mut total = Outcome::default();
    for cell in cells {
        *(if cell.wrong.is_empty() { &mut total.passed } else { &mut total.failed }) += 1;
        total.notes.push(cell.line);
        total.notes.extend(cell.wrong.into_iter().map(|wrong| format!("  {wrong}")));
    }
    Ok(total)
}

fn benchmark(run: &mut Run<'_>) -> Result<Outcome> {
    let mut bench = bench::program(run.paths, run.node_and_worker()?)?;
    must_succeed(run, bench.arg("--quick"), "benchmark")
}
