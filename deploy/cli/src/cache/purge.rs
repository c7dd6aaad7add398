//! `postern cache purge`: kept answers end before their time.

use crate::WrongUse;
use crate::remote::Options;
use anyhow::{Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use serde_json::json;
use std::process::ExitCode;

/// What the help says of this command.
pub const USAGE: &str = "  postern cache purge TOOL... --gateway URL --tenant NAME [options]
      Ends what is kept of these tools, by their names as agents see them. Where it is asked this is felt at once, and
      everywhere within a minute.
      --all                of every tool of the tenant instead

";

/// Runs `postern cache purge`. `None`: it was asked for help.
///
/// # Errors
/// Wrong use, and [`crate::remote::Failure`].
pub fn run(arguments: &mut Parser) -> Result<Option<ExitCode>> {
    let (mut options, mut names, mut all) = (Options::default(), Vec::new(), false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("all") => all = true,
            Arg::Long(name) if Options::know(name) => {
                let name = name.to_owned();
                options.take(&name, arguments)?;
            }
            Arg::Value(name) => names.push(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let body = match (all, names.as_slice()) {
        (true, []) => json!({ "purge": true }),
        (false, [_, ..]) => json!({ "purge": names }),
        _ => bail!(WrongUse("cache purge: name each TOOL, or write --all for every one".to_owned())),
    };
    let answer = options.connect()?.post("cache", &body)?;
    if options.json {
        println!("{}", answer.body);
    }
    answer.done()?;
    if !options.json {
        let what = if all { "everything that is kept".to_owned() } else { names.join(", ") };
        println!("ended: {what}");
    }
    Ok(Some(ExitCode::SUCCESS))
}
