//! The command line of `cargo xtask demo`.

use std::ops::RangeInclusive;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};

use super::TRADING;
use crate::host::Host;

pub(crate) const USAGE: &str = "\
usage: cargo xtask demo trading [OPTIONS]

Eight agents of an invented trading desk work at once, within limits and not; one runs away, one gets stuck in a search,
one spends too much. Prints what each got, what the ledger behind the gateway saw, and whether all that holds which the
demo says of the gateway; the exit status is that.

  --host HOST    what the gateway runs on: workerd (default) or spin
  --seconds N    how long the agents work, 3 to 60 (default 8)
  --json         print one line of JSON instead of text
";

/// How long agents may work: shorter, none of them would come to its limits; longer, honest ones would.
const SECONDS: RangeInclusive<u32> = 3..=60;

/// What `demo` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) host: Host,
    pub(crate) seconds: u32,
    pub(crate) json: bool,
    pub(crate) help: bool,
}

impl Options {
    /// Reads what follows `demo`.
    pub(crate) fn parse(mut parser: Parser) -> Result<Self> {
        let mut options = Self { host: Host::default(), seconds: 8, json: false, help: false };
        let mut story = None;
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Value(name) if story.is_none() => story = Some(name.string()?),
                Arg::Long("host") => options.host = parser.value()?.string()?.parse()?,
                Arg::Long("seconds") => {
                    let value = parser.value()?.string()?;
                    let seconds = value.parse().ok().filter(|seconds| SECONDS.contains(seconds));
                    options.seconds =
                        seconds.with_context(|| format!("--seconds {value}: give a number from 3 to 60"))?;
                }
                Arg::Long("json") => options.json = true,
                Arg::Long("help") | Arg::Short('h') => options.help = true,
                other => return Err(other.unexpected().into()),
            }
        }
        match story.as_deref() {
            Some(TRADING) => {}
            None if options.help => {}
            Some(other) => bail!("there is no demo '{other}': choose {TRADING}"),
            None => bail!("which demo? choose {TRADING}\n\n{USAGE}"),
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn parse(arguments: &[&str]) -> anyhow::Result<Options> {
        Options::parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn a_story_is_named_and_options_are_bounded() {
        let options = parse(&["trading", "--seconds", "5", "--json"]).unwrap();
        assert_eq!((options.seconds, options.json), (5, true));
        assert!(parse(&["--help"]).unwrap().help);
        assert!(parse(&[]).is_err());
        assert!(parse(&["banking"]).is_err());
        assert!(parse(&["trading", "trading"]).is_err());
        assert!(parse(&["trading", "--seconds", "2"]).is_err());
        assert!(parse(&["trading", "--seconds", "61"]).is_err());
    }
}
