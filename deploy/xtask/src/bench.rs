//! `cargo xtask bench`: builds `tests/bench` and the gateway, and runs the one on the other.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use lexopt::Parser;

use crate::build::{self, Mode, artifact};
use crate::host::Host;
use crate::paths::Paths;
use crate::process::Group;
use crate::tools::node::{self, Node};
use crate::tools::spin;
use crate::tools::wasm::Compiler;

/// The crate in `tests/bench` that only passes requests on, for Spin.
const FLOOR: &str = "postern-bench-floor";

/// The crate in `tests/bench` that is redaction as a wasm module.
pub(crate) const REDACTION: &str = "postern-bench-redact";

/// Runs `cargo xtask bench [--host HOST] ARGUMENTS`; the arguments are those of `postern-bench`. With `--redact` it is the
/// speed of redaction in wasm instead.
pub(crate) fn command(paths: &Paths, mut parser: Parser) -> Result<ExitCode> {
    let mut arguments: Vec<_> = parser.raw_args()?.collect();
    if arguments.iter().any(|argument| argument == "--redact") {
        return redaction(paths);
    }
    let mut host = Host::default();
    if let Some(at) = arguments.iter().position(|argument| argument == "--host") {
        let named: Vec<_> = arguments.drain(at..(at + 2).min(arguments.len())).skip(1).collect();
        let name = named.first().context("--host needs a name: workerd or spin")?;
        host = name.to_string_lossy().parse()?;
    }
    let node = build::prepare(paths, host, Mode::Release)?;
    let status = Group::start(program(paths, &node, host)?.args(arguments))?.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn redaction(paths: &Paths) -> Result<ExitCode> {
    let node = node::find_or_install(paths)?;
    let wasm = build::test_module(paths, REDACTION, "rivals", Host::Workerd)?;
    let mut run = Command::new(&node.program);
    run.arg(paths.root.join("tests/bench/redact/run.mjs")).arg(wasm);
    let status = Group::start(&mut run)?.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The benchmark with the paths of what it measures. The gateway must have been built for `host`.
pub(crate) fn program(paths: &Paths, node: &Node, host: Host) -> Result<Command> {
    let mut cargo = Compiler::Default.cargo(&paths.root);
    cargo.args(["build", "--release", "--package", "postern-bench"]);
    let program = artifact(&mut cargo, "postern-bench", "").context("the benchmark does not compile")?;
    let mut bench = Command::new(program);
    bench.current_dir(&paths.root).arg("--out").arg(paths.root.join("target/bench").join(host.to_string()));
    match host {
        Host::Workerd => {
            bench.arg("--workerd").arg(node.workerd()?);
            bench.arg("--entry").arg(paths.root.join("edge/cloudflare/entry.mjs"));
            bench.arg("--build").arg(paths.worker_build());
        }
        Host::Spin => {
            let floor = build::test_module(paths, FLOOR, "", Host::Spin)?;
            // Always the test host: the benchmark reads one process.
            bench.arg("--spin").arg(spin::test_host(paths)?);
            bench.arg("--component").arg(paths.component()).arg("--floor").arg(floor);
        }
    }
    Ok(bench)
}
