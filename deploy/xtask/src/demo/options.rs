//! The command line of `cargo xtask demo`.

use std::ops::RangeInclusive;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};

use super::story::Story;
use crate::host::Host;

pub(crate) const USAGE: &str = "\
usage: cargo xtask demo STORY [OPTIONS]

  trading   Eight agents of an invented trading desk work at once, within limits and not; one runs away, one gets stuck
            in a search, one spends too much.
  billing   A support agent reads bills and notes, pays back and writes to customers, without ever seeing a card number
            or an address; others try what they may not.

Prints what each agent got, what the servers behind the gateway saw, and whether all that holds which the demo says of the
gateway; the exit status is that.

  --host HOST    what the gateway runs on: workerd (default) or spin
  --seconds N    trading: how long the agents work, 3 to 60 (default 8)
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
    /// None asks for help.
    pub(crate) story: Option<Story>,
}

impl Options {
    /// Reads what follows `demo`.
    pub(crate) fn parse(mut parser: Parser) -> Result<Self> {
        let mut options = Self { host: Host::default(), seconds: 8, json: false, story: None };
        let (mut help, mut seconds) = (false, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Value(name) if options.story.is_none() => options.story = Some(name.string()?.parse()?),
                Arg::Long("host") => options.host = parser.value()?.string()?.parse()?,
                Arg::Long("seconds") => {
                    let value = parser.value()?.string()?;
                    let number = value.parse().ok().filter(|number| SECONDS.contains(number));
                    seconds = Some(
                        number.with_context(|| format!("--seconds {value}: give a number from 3 to 60"))?,
                    );
                }
                Arg::Long("json") => options.json = true,
                Arg::Long("help") | Arg::Short('h') => help = true,
                other => return Err(other.unexpected().into()),
            }
        }
        if help {
            options.story = None;
        } else if options.story.is_none() {
            bail!("which demo? choose trading or billing\n\n{USAGE}");
        }
        if let Some(seconds) = seconds {
            if options.story == Some(Story::Billing) {
                bail!("--seconds: the billing demo takes as long as its calls");
            }
            options.seconds = seconds;
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, Story};

    fn parse(arguments: &[&str]) -> anyhow::Result<Options> {
        Options::parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn a_story_is_named_and_options_are_bounded() {
        let options = parse(&["trading", "--seconds", "5", "--json"]).unwrap();
        assert_eq!((options.story, options.seconds, options.json), (Some(Story::Trading), 5, true));
        assert_eq!(parse(&["billing"]).unwrap().story, Some(Story::Billing));
        for help in [&["--help"][..], &["trading", "-h"]] {
            assert_eq!(parse(help).unwrap().story, None);
        }
        for wrong in [
            &[][..],
            &["banking"],
            &["trading", "trading"],
            &["trading", "--seconds", "2"],
            &["trading", "--seconds", "61"],
            &["billing", "--seconds", "5"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
