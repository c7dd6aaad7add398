//! `postern quota`: what the gateway counts of calls.

#[cfg(feature = "remote")]
pub mod account;
pub mod loops;

use crate::WrongUse;
use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use std::fs::File;
use std::io::{BufReader, stderr, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The help of `postern quota`.
pub const USAGE: &str = "\
postern quota: what the gateway counts of calls

  postern quota loops --batch [FILE]
      Judges recorded calls by the loop breaker, with its default bounds. FILE, or standard input without it or with
      -, has one JSON object a line:

        {\"chain\": \"run-1\", \"tool\": \"kb__search\", \"args\": {\"query\": \"refund\"}, \"result\": {...}, \"ms\": 1500}

      chain    string or number, required: which run of an agent the call belongs to. Each chain is judged for itself
      tool     string, required: the tool's name
      args     any JSON: its arguments; none when absent
      result   any JSON: what it answered. A result of tools/call (an error if isError is true), a JSON-RPC error
               ({\"error\": {...}} or {\"code\": ..., \"message\": ...}), a string, or any other value. When absent, no
               result ever came
      ms       number: when the call began, in ms, from any point in time. A missing value, and one less than the
               chain's latest, is no progress of time

      Blank lines are skipped, and members of other names ignored. Calls of several chains may alternate. For each chain,
      in order of first appearance, one line is printed:

        {\"chain\": \"run-1\", \"stopped_at\": 6, \"rule\": \"same\"}

      stopped_at   the first call that is not carried out, counted from 1 within its chain; null if there is none
      rule         null, or why:
                   same     the same call with the same result, 5 times in 2 minutes
                   error    5 errors in a row: of the same call, or the same error of the same tool
                   empty    5 empty results in a row while only free text changed
                   cycle    2 to 4 calls with the same results, in the third round
                   flight   the same call 12 times without a result

      exit status: 0 every line was judged; 2 some were not (each is named with its number on standard error, and
      counts as no call of any chain), or wrong use; 1 the input cannot be read

  postern quota --help
";

/// What the commands that ask a gateway have in common.
#[cfg(feature = "remote")]
const STATUS: &str = "
      exit status: 0 done, 1 there is no such rule, or it cannot be set so, 2 wrong use, 3 the gateway or its ledger
                   cannot be reached or failed, 4 the token may not do that, 5 there is no such account
";

/// Runs `postern quota`.
///
/// # Errors
/// [`WrongUse`], or input that cannot be read.
pub fn run(arguments: &mut Parser) -> Result<ExitCode> {
    match arguments.next()? {
        Some(Arg::Value(command)) if command == "loops" => batch(arguments),
        Some(Arg::Value(command)) if ["show", "reset", "set"].iter().any(|name| command == *name) => {
            account(&command.string()?, arguments)
        }
        Some(Arg::Long("help") | Arg::Short('h')) => help(),
        Some(other) => Err(other.unexpected().into()),
        None => bail!(WrongUse("quota: no command given".to_owned())),
    }
}

fn help() -> Result<ExitCode> {
    print!("{USAGE}");
    #[cfg(feature = "remote")]
    print!("\n{}  all three take:\n{}{STATUS}", account::USAGE, crate::remote::USAGE);
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "remote")]
fn account(command: &str, arguments: &mut Parser) -> Result<ExitCode> {
    account::run(command, arguments)?.map_or_else(help, Ok)
}

#[cfg(not(feature = "remote"))]
fn account(command: &str, _: &mut Parser) -> Result<ExitCode> {
    bail!("quota {command}: this build asks no gateway; one with the feature `remote` does")
}

fn batch(arguments: &mut Parser) -> Result<ExitCode> {
    let (mut file, mut batch) = (None::<PathBuf>, false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("batch") => batch = true,
            Arg::Long("help") | Arg::Short('h') => return help(),
            Arg::Value(path) if file.is_none() => file = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    if !batch {
        bail!(WrongUse("quota loops: recorded calls are judged by --batch".to_owned()));
    }
    let file = file.filter(|file| file != Path::new("-"));
    let clean = match file {
        Some(file) => {
            let input = File::open(&file).with_context(|| format!("cannot read {}", file.display()))?;
            loops::batch(&mut BufReader::new(input), &mut stdout().lock(), &mut stderr().lock())
                .with_context(|| format!("cannot read {}", file.display()))?
        }
        None => loops::batch(&mut stdin().lock(), &mut stdout().lock(), &mut stderr().lock())?,
    };
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
