//! `postern cache`: what the gateway keeps of tools' answers, and what it would make of recorded calls.

#[cfg(feature = "remote")]
pub mod purge;
#[cfg(feature = "remote")]
pub mod stats;
pub mod trial;

use crate::WrongUse;
use anyhow::{Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use std::process::ExitCode;

/// The help of `postern cache`.
pub const USAGE: &str = "\
postern cache: what the gateway keeps of tools' answers, and what it would make of recorded calls

";

/// What the commands that ask a gateway have in common.
#[cfg(feature = "remote")]
const STATUS: &str = "
      exit status: 0 done, 1 nothing is kept of such a tool, 2 wrong use, 3 the gateway cannot be reached or failed,
                   4 the token may not do that

";

/// Runs `postern cache`.
///
/// # Errors
/// [`WrongUse`], or what the command itself fails with.
pub fn run(arguments: &mut Parser) -> Result<ExitCode> {
    match arguments.next()? {
        Some(Arg::Value(command)) if ["stats", "purge"].iter().any(|name| command == *name) => {
            remote(&command.string()?, arguments)
        }
        Some(Arg::Value(command)) if ["simulate", "explain"].iter().any(|name| command == *name) => {
            trial::run(&command.string()?, arguments)?.map_or_else(help, Ok)
        }
        Some(Arg::Long("help") | Arg::Short('h')) => help(),
        Some(other) => Err(other.unexpected().into()),
        None => bail!(WrongUse("cache: no command given".to_owned())),
    }
}

fn help() -> Result<ExitCode> {
    print!("{USAGE}");
    #[cfg(feature = "remote")]
    print!("{}{}  both take:\n{}{STATUS}", stats::USAGE, purge::USAGE, crate::remote::USAGE);
    println!("{}  postern cache --help", trial::USAGE);
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "remote")]
fn remote(command: &str, arguments: &mut Parser) -> Result<ExitCode> {
    let done = if command == "stats" { stats::run(arguments) } else { purge::run(arguments) };
    done?.map_or_else(help, Ok)
}

#[cfg(not(feature = "remote"))]
fn remote(command: &str, _: &mut Parser) -> Result<ExitCode> {
    bail!("cache {command}: this build asks no gateway; one with the feature `remote` does")
}
