//! The command line of `cargo xtask demo`.

use std::ops::RangeInclusive;
use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};
use lexopt::{Arg, Parser, ValueExt};

use super::story::Story;
use crate::host::Host;
use crate::model;

pub(crate) const USAGE: &str = "\
usage: cargo xtask demo STORY [OPTIONS]

  trading   Eight agents of an invented trading desk work at once, within limits and not; one runs away, one gets stuck
            in a search, one spends too much.
  billing   A support agent reads bills and notes, pays back and writes to customers, without ever seeing a card number
            or an address; others try what they may not.
  helpdesk  Two thousand employees ask an IT help desk, many of them the same in other words; the server behind the
            gateway dies half-way and comes back.

Prints what each agent got, what the servers behind the gateway saw, and whether all that holds which the demo says of the
gateway; the exit status is that.

  --host HOST     what the gateway runs on: workerd (default) or spin
  --seconds N     trading: how long the agents work, 3 to 60 (default 8)
  --employees N   helpdesk: how many ask, 100 to 20000 (default 2000)
  --model MODEL   helpdesk: what compares questions: static (default), which is in the checkout, or encoder, which is made with
                  Python if it is not there
  --json          print one line of JSON instead of text
";

/// How long agents may work: shorter, none of them would come to its limits; longer, honest ones would.
const SECONDS: RangeInclusive<u32> = 3..=60;
/// How many employees may ask: with fewer, hardly any question is asked again during the outage.
const EMPLOYEES: RangeInclusive<u32> = 100..=20_000;

/// A model of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Model {
    #[default]
    Static,
    Encoder,
}

impl Model {
    /// As settings call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Encoder => model::NAME,
        }
    }
}

impl FromStr for Model {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match [Self::Static, Self::Encoder].into_iter().find(|model| model.name() == name) {
            Some(model) => Ok(model),
            None => bail!("there is no model '{name}': choose static or encoder"),
        }
    }
}

/// What `demo` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) host: Host,
    pub(crate) seconds: u32,
    pub(crate) employees: u32,
    pub(crate) model: Model,
    pub(crate) json: bool,
    /// None asks for help.
    pub(crate) story: Option<Story>,
}

impl Options {
    /// Reads what follows `demo`.
    pub(crate) fn parse(mut parser: Parser) -> Result<Self> {
        let (host, model) = (Host::default(), Model::default());
        let mut options = Self { host, seconds: 8, employees: 2_000, model, json: false, story: None };
        let (mut help, mut seconds, mut employees, mut model) = (false, None, None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Value(name) if options.story.is_none() => options.story = Some(name.string()?.parse()?),
                Arg::Long("host") => options.host = parser.value()?.string()?.parse()?,
                Arg::Long("seconds") => seconds = Some(number(&mut parser, "--seconds", &SECONDS)?),
                Arg::Long("employees") => employees = Some(number(&mut parser, "--employees", &EMPLOYEES)?),
                Arg::Long("model") => model = Some(parser.value()?.string()?.parse()?),
                Arg::Long("json") => options.json = true,
                Arg::Long("help") | Arg::Short('h') => help = true,
                other => return Err(other.unexpected().into()),
            }
        }
        if help {
            options.story = None;
        } else if options.story.is_none() {
            bail!("which demo? choose trading, billing or helpdesk\n\n{USAGE}");
        }
        for (given, name, of) in [
            (seconds.is_some(), "--seconds", Story::Trading),
            (employees.is_some(), "--employees", Story::Helpdesk),
            (model.is_some(), "--model", Story::Helpdesk),
        ] {
            if given && options.story.is_some_and(|story| story != of) {
                bail!("{name} is for the {} demo alone", of.name());
            }
        }
        options.seconds = seconds.unwrap_or(options.seconds);
        options.employees = employees.unwrap_or(options.employees);
        options.model = model.unwrap_or(options.model);
        Ok(options)
    }
}

/// The number that follows an option, within `bounds`.
fn number(parser: &mut Parser, name: &str, bounds: &RangeInclusive<u32>) -> Result<u32> {
    let value = parser.value()?.string()?;
    let number = value.parse().ok().filter(|number| bounds.contains(number));
    number
        .with_context(|| format!("{name} {value}: give a number from {} to {}", bounds.start(), bounds.end()))
}

#[cfg(test)]
mod tests {
    use super::{Model, Options, Story};

    fn parse(arguments: &[&str]) -> anyhow::Result<Options> {
        Options::parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn a_story_is_named_and_options_are_bounded() {
        let options = parse(&["trading", "--seconds", "5", "--json"]).unwrap();
        assert_eq!((options.story, options.seconds, options.json), (Some(Story::Trading), 5, true));
        assert_eq!(parse(&["billing"]).unwrap().story, Some(Story::Billing));
        let options = parse(&["helpdesk", "--employees", "100"]).unwrap();
        assert_eq!((options.story, options.employees), (Some(Story::Helpdesk), 100));
        for (arguments, model) in [
            (&["helpdesk"][..], Model::Static),
            (&["helpdesk", "--model", "static"], Model::Static),
            (&["helpdesk", "--model", "encoder"], Model::Encoder),
        ] {
            assert_eq!(parse(arguments).unwrap().model, model);
        }
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
            &["helpdesk", "--seconds", "5"],
            &["helpdesk", "--employees", "99"],
            &["helpdesk", "--employees", "20001"],
            &["trading", "--employees", "100"],
            &["helpdesk", "--model", "gpt"],
            &["billing", "--model", "static"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
