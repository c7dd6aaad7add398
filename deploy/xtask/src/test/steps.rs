//! The steps of `cargo xtask test`, in their order: what fails soonest comes first, and what others need before them.

use std::process::Command;
use std::thread;

use anyhow::{Result, bail};

use super::checks::{
    cargo, component_size, fuzz_targets, licences, must_succeed, rust_tests, start_up, upload_size,
};
use super::{Outcome, Run, Step};
use crate::build::{self, Mode};
use crate::host::Host;
use crate::{bench, conformance, process, tools};

/// The order. A new check is one line here and one function.
pub(crate) const STEPS: [Step; 17] = [
    Step { name: "format", usually: "2 s", run: format },
    Step { name: "tools", usually: "1 s, five minutes at first", run: install },
    Step { name: "licences", usually: "2 s", run: licences },
    Step { name: "clippy", usually: "30 s, two minutes at first", run: clippy },
    Step { name: "worker", usually: "a minute, three at first", run: worker },
    Step { name: "size", usually: "4 s", run: upload_size },
    Step { name: "start-up", usually: "6 s", run: start_up },
    Step { name: "component", usually: "a minute, two at first", run: component },
    Step { name: "rust", usually: "a minute, four at first", run: rust_tests },
    Step { name: "kubernetes", usually: "2 s", run: kubernetes },
    Step { name: "demo", usually: "20 s", run: demo },
    Step { name: "trading", usually: "40 s", run: trading },
    Step { name: "billing", usually: "20 s", run: billing },
    Step { name: "helpdesk", usually: "90 s", run: helpdesk },
    Step { name: "conformance", usually: "a minute", run: conform },
    Step { name: "fuzz", usually: "two minutes, five at first", run: fuzz_targets },
    Step { name: "benchmark", usually: "two minutes, four at first", run: benchmark },
];

fn format(run: &mut Run<'_>) -> Result<Outcome> {
    must_succeed(run, cargo(run).args(["fmt", "--all", "--check"]), "format")
}

fn install(run: &mut Run<'_>) -> Result<Outcome> {
    for host in Host::ALL {
        tools::wasm::find_or_install(run.paths, host.target())?;
    }
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
    build::prepare(run.paths, Host::Workerd, Mode::Release)?;
    run.worker = true;
    Ok(Outcome::held(None))
}

/// The component for Spin, and its size.
fn component(run: &mut Run<'_>) -> Result<Outcome> {
    build::prepare(run.paths, Host::Spin, Mode::Release)?;
    run.component = true;
    component_size(run)
}

/// The manifests of `deploy/kubernetes` against schemas, and against each other.
fn kubernetes(run: &mut Run<'_>) -> Result<Outcome> {
    let python = tools::python::find_or_install(run.paths, tools::python::MCP)?.join("python");
    let mut check = Command::new(python);
    check.arg("deploy/kubernetes/check.py").current_dir(&run.paths.root);
    must_succeed(run, &mut check, "kubernetes")
}

/// The scripted agent against the gateway and the demo servers, once with a token and once anonymous on each host.
fn demo(run: &mut Run<'_>) -> Result<Outcome> {
    let demos: [(&str, &[&str]); 4] = [
        ("demo", &[]),
        ("demo-anonymous", &["--anonymous"]),
        ("demo-spin", &["--host", "spin"]),
        ("demo-spin-anonymous", &["--host", "spin", "--anonymous"]),
    ];
    let mut total = Outcome::default();
    for (name, arguments) in demos {
        let port = crate::servers::any_port()?.to_string();
        ourselves(run, name, &[&["dev", "--once", "--port", &port], arguments].concat(), &mut total)?;
    }
    Ok(total)
}

/// The trading desk in its short form, which says itself whether it is true.
fn trading(run: &mut Run<'_>) -> Result<Outcome> {
    let mut total = Outcome::default();
    for host in Host::ALL {
        let arguments = ["demo", "trading", "--seconds", "4", "--host", &host.to_string()];
        ourselves(run, &format!("demo-trading-{host}"), &arguments, &mut total)?;
    }
    Ok(total)
}

/// The support desk, which says itself as well whether it is true.
fn billing(run: &mut Run<'_>) -> Result<Outcome> {
    let mut total = Outcome::default();
    for host in Host::ALL {
        let arguments = ["demo", "billing", "--host", &host.to_string()];
        ourselves(run, &format!("demo-billing-{host}"), &arguments, &mut total)?;
    }
    Ok(total)
}

/// The help desk with fewer employees, by the model that needs no Python. It says itself whether it is true, too.
fn helpdesk(run: &mut Run<'_>) -> Result<Outcome> {
    let mut total = Outcome::default();
    for host in Host::ALL {
        let arguments = ["demo", "helpdesk", "--employees", "1000", "--host", &host.to_string()];
        ourselves(run, &format!("demo-helpdesk-{host}"), &arguments, &mut total)?;
    }
    Ok(total)
}

/// Runs this program with other arguments. It takes the release that the conformance suite and the benchmark take too.
fn ourselves(run: &Run<'_>, name: &str, arguments: &[&str], total: &mut Outcome) -> Result<()> {
    run.node_and_both()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments).current_dir(&run.paths.root).env(build::BUILD_VARIABLE, "skip");
    match process::run(&mut command, &run.paths.log(name)?) {
        Ok(()) => total.passed += 1,
        Err(error) => {
            total.failed += 1;
            total.notes.push(format!("{error:#}"));
        }
    }
    Ok(())
}

fn conform(run: &mut Run<'_>) -> Result<Outcome> {
    let node = run.node_and_both()?;
    let all = conformance::Wanted { hosts: &Host::ALL, upstream: None, revision: None };
    let mut total = Outcome::default();
    for cell in conformance::run(run.paths, node, &all)? {
        *(if cell.wrong.is_empty() { &mut total.passed } else { &mut total.failed }) += 1;
        total.notes.push(cell.line);
        total.notes.extend(cell.wrong.into_iter().map(|wrong| format!("  {wrong}")));
    }
    Ok(total)
}

/// That it runs: both hosts at once, as no figure is taken from it.
fn benchmark(run: &mut Run<'_>) -> Result<Outcome> {
    let node = run.node_and_both()?;
    let mut programs = Vec::new();
    for host in Host::ALL {
        programs.push((host, bench::program(run.paths, node, host)?));
    }
    let run = &*run;
    let outcomes: Vec<Result<Outcome>> = thread::scope(|scope| {
        let start = |(host, mut bench): (Host, Command)| {
            scope.spawn(move || must_succeed(run, bench.arg("--quick"), &format!("benchmark-{host}")))
        };
        let started: Vec<_> = programs.into_iter().map(start).collect();
        let ended = started.into_iter().map(|run| run.join());
        ended.map(|ended| ended.unwrap_or_else(|_| bail!("the benchmark panicked"))).collect()
    });
    let mut total = Outcome::default();
    for outcome in outcomes {
        total.add(&outcome?);
    }
    Ok(total)
}
