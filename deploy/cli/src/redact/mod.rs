//! `postern redact`: what is sensitive in a text.

mod batch;
#[cfg(test)]
mod tests;
mod text;

use crate::WrongUse;
use anyhow::{Context as _, Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use postern_redact::operators::{Direction, Operator, Outcome, Replacer, Scope};
use postern_redact::{Context, Engine, Profile, Replacement};
use std::fs::File;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The help of `postern redact`.
pub const USAGE: &str = "\
postern redact: finds sensitive values, and puts numbered tags in their places

  postern redact [FILE] [--profile P] [--level N] [--lines] [--explain]
      Reads FILE, or standard input without it or with -, and prints it with tags such as [US_SSN_1]; the same value has
      the same number throughout. JSON and JSON Lines stay JSON: what a tag replaces is a string afterwards. A document of
      JSON is read as a whole, JSON Lines line by line, other text in pieces of whole lines, of 64 KB or a little more;
      a word that says what a value is counts within its piece.
      --profile P   which types, and how sure (default standard):
                    strict     all, from level 65 on
                    standard   all, from level 75 on
                    secrets    credentials
                    pci        payment cards
                    hipaa      the identifiers of 45 CFR 164.514
                    gdpr       personal data
      --level N     reports from this level on, 65 to 100: 65 is a pattern, 75 a pattern with a check digit or with a word
                    beside it, 85 both
      --lines       text line by line as well, each printed at once: for logs that grow
      --explain     prints findings instead, one a line, values left out; tabs between:
                    line  column  length  type  level  why
                    Columns and lengths are in code points; columns count from 1, lines as well

  postern redact --batch [FILE] [--profile P] [--level N]
      Reads JSON Lines {\"id\": ..., \"text\": \"...\"} and prints a line for each:

        {\"id\": 7, \"findings\": [{\"start\": 4, \"end\": 15, \"type\": \"US_SSN\", \"level\": 85, \"why\": \"...\"}], \"text\": \"SSN [US_SSN_1]\"}

      start and end are in code points of the text as it was. Tags are numbered by text. Blank lines are skipped. A line
      that cannot be read is answered by {\"id\": null, \"line\": 3, \"error\": \"...\"}

  postern redact --types
      Lists the types: name, level by itself, level beside a word, profiles; tabs between.

  postern redact --help

      Input is UTF-8. A line, and a document of JSON, has at most 64 MB.
      exit status: 0 done; 2 wrong use, or lines of --batch that could not be read; 1 the input cannot be read or is too
                   long: what was printed before is whole
";

/// What is found, by name.
const PROFILES: &[(&str, Option<Profile>, u8)] = &[
    ("strict", None, 65),
    ("standard", None, 75),
    ("secrets", Some(Profile::Secrets), 75),
    ("pci", Some(Profile::Pci), 75),
    ("hipaa", Some(Profile::Hipaa), 75),
    ("gdpr", Some(Profile::Gdpr), 75),
];

/// Options of the command.
#[derive(Default)]
struct Options {
    file: Option<PathBuf>,
    profile: Option<String>,
    level: Option<u8>,
    lines: bool,
    explain: bool,
    batch: bool,
    types: bool,
}

/// Runs `postern redact`.
///
/// # Errors
/// [`WrongUse`], or input that cannot be read.
pub fn run(arguments: &mut Parser) -> Result<ExitCode> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("profile") => options.profile = Some(arguments.value()?.string()?),
            Arg::Long("level") => options.level = Some(arguments.value()?.parse()?),
            Arg::Long("lines") => options.lines = true,
            Arg::Long("explain") => options.explain = true,
            Arg::Long("batch") => options.batch = true,
            Arg::Long("types") => options.types = true,
            Arg::Long("help") | Arg::Short('h') => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            Arg::Value(path) if options.file.is_none() => options.file = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let mut output = stdout().lock();
    if options.types {
        return types(&mut output).map(|()| ExitCode::SUCCESS);
    }
    let engine = engine(options.profile.as_deref(), options.level)?;
    if options.batch && (options.explain || options.lines) {
        bail!(WrongUse("redact: --batch goes with neither --explain nor --lines".to_owned()));
    }
    let mut input: Box<dyn BufRead> = match options.file.as_deref() {
        None => Box::new(stdin().lock()),
        Some(path) if path == Path::new("-") => Box::new(stdin().lock()),
        Some(path) => {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            Box::new(BufReader::new(file))
        }
    };
    if options.batch {
        let wrong = batch::run(&engine, &mut input, &mut output)?;
        return Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) });
    }
    text::run(
        &engine,
        &mut input,
        &mut output,
        text::Mode { lines: options.lines, explain: options.explain },
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The engine of a profile.
fn engine(profile: Option<&str>, level: Option<u8>) -> Result<Engine> {
    let name = profile.unwrap_or("standard");
    let Some((_, types, lowest)) = PROFILES.iter().find(|(known, _, _)| *known == name) else {
        let names: Vec<_> = PROFILES.iter().map(|(known, _, _)| *known).collect();
        bail!(WrongUse(format!("redact: --profile {name:?} is none of {}", names.join(", "))));
    };
    let level = level.unwrap_or(*lowest);
    if !(65..=100).contains(&level) {
        bail!(WrongUse(format!("redact: --level {level} is not between 65 and 100")));
    }
    Ok(Engine::new(*types, level))
}

/// Lists all types.
fn types(output: &mut impl Write) -> Result<()> {
    for entry in Engine::types() {
        let named =
            PROFILES.iter().filter(|(_, types, _)| types.is_none_or(|it| entry.profiles.contains(&it)));
        let profiles: Vec<_> = named.map(|(name, _, _)| *name).collect();
        writeln!(output, "{}\t{}\t{}\t{}", entry.name, entry.bare, entry.context, profiles.join(","))?;
    }
    Ok(())
}

/// A finding, to be printed.
struct Found {
    /// In bytes of the text.
    start: usize,
    end: usize,
    kind: String,
    level: u8,
    why: String,
}

/// Puts tags in a text, and says what was found, from its beginning on. None if nothing was.
fn tagged(engine: &Engine, replacer: &mut Replacer<'_>, text: &str) -> Option<(String, Vec<Found>)> {
    let mut all = Vec::new();
    let replaced = engine.redact_text(text, &Context::default(), &mut |finding, value, path| {
        let word = finding.word.map_or_else(|| "by itself".to_owned(), |word| format!("by {word:?}"));
        let names = path.names();
        let field =
            if names.is_empty() { String::new() } else { format!(" in {}", names.join(".").escape_debug()) };
        let (kind, why) = (finding.entry.name.to_owned(), word + &field);
        all.push(Found { start: finding.start, end: finding.end, kind, level: finding.level, why });
        match replacer.apply(&Operator::Tag, finding.entry.name, value) {
            Outcome::Replace(tag) => Replacement::Text(tag),
            // Tags are texts.
            Outcome::Keep | Outcome::Drop | Outcome::Block => Replacement::Null,
        }
    })?;
    all.sort_by_key(|found| found.start);
    Some((replaced, all))
}

/// Numbers tags; no operator with a key is used.
fn replacer() -> Replacer<'static> {
    Replacer::new(None, Scope { tenant: "", agent: "", direction: Direction::Response })
}
