//! `cargo xtask bench`: builds `tests/bench` and the Worker, and runs the one on the other.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use lexopt::Parser;

use crate::build::{self, Mode, artifact};
use crate::paths::Paths;
use crate::process::Group;
use crate::tools::node::Node;
use crate::tools::wasm::Compiler;

/// Runs `cargo xtask bench ARGUMENTS`; the arguments are those of `postern-bench`.
pub(crate) fn command(paths: &Paths, mut parser: Parser) -> Result<ExitCode> {
    let arguments: Vec<_> = parser.raw_args()?.collect();
    let node = build::prepare(paths, Mode::Release)?;
    let status = Group::start(program(paths, &node)?.args(arguments))?.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The benchmark with the paths of what it measures. The Worker must have been built.
pub(crate) fn program(paths: &Paths, node: &Node) -> Result<Command> {
    let mut cargo = Compiler::Default.cargo(&paths.root);
    cargo.args(["build", "--release", "--package", "postern-bench"]);
    let program = artifact(&mut cargo, "postern-bench", "").context("the benchmark does not compile")?;
    let mut bench = Command::new(program);
    bench.current_dir(&paths.root).arg("--workerd").arg(node.workerd()?);
    bench.arg("--entry").arg(paths.root.join("edge/cloudflare/entry.mjs"));
    bench.arg("--build").arg(paths.worker_build()).arg("--out").arg(paths.root.join("target/bench"));
    Ok(bench)
}
