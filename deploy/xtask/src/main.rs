//! `cargo xtask`: sets the tools up, builds the gateway, runs it, tests it.
//!
//! Results go to standard output, progress to standard error. Every process that is started here leads a process
//! group of its own, which ends with `xtask` (see [`process`]).

mod bench;
mod build;
mod conformance;
mod demo;
mod dev;
mod gateway;
mod host;
mod model;
mod names;
mod paths;
mod process;
mod progress;
mod servers;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::Parser;

use crate::paths::Paths;

const USAGE: &str = "\
usage: cargo xtask COMMAND [OPTIONS]

  dev [OPTIONS]                run the gateway with demo servers; `dev --help` shows the options
  demo trading [OPTIONS]       agents, limits and loops on a trading desk; `demo --help` shows the options
  demo billing [OPTIONS]       an agent that works with customers' cards and addresses without seeing them
  demo helpdesk [OPTIONS]      two thousand employees ask the same in other words, also during an outage
  test [--only STEP]...        run everything that must hold
  conformance [OPTIONS]        run the official MCP suite against the gateway
  bench [OPTIONS]              measure what a call through the gateway costs
  setup [--tests]              install what is missing, build nothing
  model                        make the encoder, the better of the two models of the semantic cache, for settings that name it
  build [--host HOST] [--release | --dev]
                               build the gateway into edge/cloudflare/build, or for the host `spin` into
                               edge/spin/build (default: workerd, --release)

A HOST is workerd or spin. For spin, a `spin` of 4.1 or newer on the PATH, or named by POSTERN_SPIN, runs the gateway;
else the test host of tests/spin-host does. Tests take a Redis or Valkey server from the PATH, or the one that POSTERN_REDIS
names, or Debian's.
Tools are kept in $POSTERN_CACHE, else ~/.cache/postern. First use takes minutes, later uses seconds.
";

fn main() -> ExitCode {
    let outcome = process::end_groups_on_signals().and_then(|()| run());
    process::wait_if_ending();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut parser = Parser::from_env();
    let command = match parser.next()? {
        Some(lexopt::Arg::Value(command)) => command.to_string_lossy().into_owned(),
        None | Some(lexopt::Arg::Long("help") | lexopt::Arg::Short('h')) => {
            print!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(other) => return Err(other.unexpected().into()),
    };
    let paths = Paths::find()?;
    match command.as_str() {
        "setup" => tools::command(&paths, parser),
        "model" => model::command(&paths, parser),
        "build" => build::command(&paths, parser),
        "dev" => dev::command(&paths, parser),
        "demo" => demo::command(&paths, parser),
        "test" => test::command(&paths, parser),
        "conformance" => conformance::command(&paths, parser),
        "bench" => bench::command(&paths, parser),
        "help" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("there is no command '{other}'\n\n{USAGE}"),
    }
}
