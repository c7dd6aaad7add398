//! Detectors of a customer's own: a pattern, and what keeps it fast and right.
//!
//! A pattern runs around the places of its literal only, which are found at the speed of memory; `regex-lite` itself reads 20
//! MB/s. It is linear in what it reads, so that no pattern can stall.

mod checks;
mod literal;
#[cfg(test)]
mod tests;

use crate::entry::Type;
use crate::scan::Hit;
use regex_lite::{Regex, RegexBuilder};
use std::fmt;

/// Shortest literal, in bytes.
const LITERAL_BYTES: usize = 3;
/// Largest that a pattern may become.
const COMPILED_BYTES: usize = 64 * 1024;
/// Longest text that a pattern without a literal reads.
const SLOW_BYTES: usize = 32 * 1024;
/// How far from its literal a value may reach.
const REACH: usize = 200;
/// How much of one text a pattern reads: 50 ms. What comes behind is taken for a value as a whole.
const BUDGET_BYTES: usize = 1024 * 1024;
/// Longest name, in bytes.
const NAME_BYTES: usize = 40;

/// A detector as it is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Custom {
    /// What findings are called: capitals, digits and `_`.
    pub name: String,
    /// What values look like, as `regex-lite` reads it. A group named `value` is the value; else the whole match is.
    pub pattern: String,
    /// What is in every value as it is written, 3 bytes at least; derived from the pattern if it is none.
    pub literal: Option<String>,
    /// Allows a pattern without a literal, on texts up to 32 KB; longer ones are not read.
    pub slow: bool,
    /// Words that say what a value is; see `Entry::words`.
    pub words: Vec<String>,
    /// The name of a check digit (`Custom::checks`); one that fails it is no value.
    pub check: Option<String>,
    /// How sure a value is by itself, 0 to 100.
    pub bare: u8,
    /// The same beside one of the words.
    pub context: u8,
    /// Texts that a value is to be found in.
    pub matches: Vec<String>,
    /// Texts that none is to be found in.
    pub silent: Vec<String>,
}

impl Custom {
    /// The names of check digits.
    pub fn checks() -> impl Iterator<Item = &'static str> {
        checks::CHECKS.iter().map(|(name, _)| *name)
    }
}

/// Why a detector cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomError {
    detector: String,
    problem: String,
}

impl CustomError {
    pub(crate) fn new(detector: &str, problem: impl Into<String>) -> Self {
        Self { detector: detector.to_owned(), problem: problem.into() }
    }
}

impl fmt::Display for CustomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "detector {:?}: {}", self.detector, self.problem)
    }
}

impl std::error::Error for CustomError {}

/// A detector that is ready.
#[derive(Debug)]
pub(crate) struct Compiled {
    name: String,
    regex: Regex,
    /// None for one that is slow.
    literal: Option<String>,
    check: Option<checks::Check>,
    bare: u8,
    context: u8,
}

impl Compiled {
    pub fn new(custom: &Custom) -> Result<Self, CustomError> {
        let fail = |problem: String| CustomError::new(&custom.name, problem);
        if !is_name(&custom.name) {
            return Err(fail(format!("a name is 2 to {NAME_BYTES} capitals, digits and _, a capital first")));
        }
        let regex = RegexBuilder::new(&custom.pattern)
            .size_limit(COMPILED_BYTES)
            .build()
            .map_err(|error| fail(format!("pattern: {error}")))?;
        if regex.is_match("") {
            return Err(fail("pattern: it matches an empty text".to_owned()));
        }
        let literal = literal(custom).map_err(fail)?;
        let check = custom.check.as_deref().map(|name| {
            let known = checks::CHECKS.iter().find(|(known, _)| *known == name).map(|(_, check)| *check);
            let names: Vec<_> = Custom::checks().collect();
            known.ok_or_else(|| fail(format!("check: {name:?} is none of {}", names.join(", "))))
        });
        if custom.bare > 100 || custom.context > 100 {
            return Err(fail("levels are 0 to 100".to_owned()));
        }
        if let Some(word) = custom.words.iter().find(|word| !is_phrase(word)) {
            return Err(fail(format!("words: {word:?} is no lower case words with one blank between")));
        }
        let compiled = Self {
            name: custom.name.clone(),
            regex,
            literal,
            check: check.transpose()?,
            bare: custom.bare,
            context: custom.context,
        };
        compiled.prove(custom).map_err(fail)?;
        Ok(compiled)
    }

    /// Runs its examples.
    fn prove(&self, custom: &Custom) -> Result<(), String> {
        for (texts, expected) in [(&custom.matches, true), (&custom.silent, false)] {
            for text in texts {
                let mut hits = Vec::new();
                self.find(text, &mut hits);
                if hits.is_empty() == expected {
                    let found = if expected { "finds nothing" } else { "finds a value" };
                    return Err(format!("it {found} in its example {text:?}"));
                }
            }
        }
        Ok(())
    }

    /// Notes its values in a text.
    pub fn find<'e>(&'e self, text: &str, hits: &mut Vec<Hit<'e>>) {
        let Some(literal) = &self.literal else {
            if text.len() <= SLOW_BYTES {
                self.read(text, 0, text.len(), hits);
            }
            return;
        };
        let places = |from: usize| {
            let found = text.get(from..).and_then(|rest| rest.find(literal.as_str()));
            found.map(|found| (from + found, from + found + literal.len()))
        };
        // How far the text is read, and how much of it.
        let (mut read, mut spent, mut next) = (0, 0, places(0));
        while let Some((start, mut end)) = next {
            if spent >= BUDGET_BYTES {
                return self.note(start, text.len(), hits);
            }
            let from = text.floor_char_boundary(start.saturating_sub(REACH)).max(read);
            next = places(end);
            // Places near each other are read as one, so that nothing is read twice.
            while let Some(near) =
                next.filter(|near| near.0 < end + 2 * REACH && near.1 < from + BUDGET_BYTES)
            {
                end = near.1;
                next = places(end);
            }
            read = text.ceil_char_boundary(end.saturating_add(REACH).min(text.len()));
            spent += read - from;
            self.read(text, from, read, hits);
        }
    }

    /// Reads a part of a text.
    fn read<'e>(&'e self, text: &str, from: usize, to: usize, hits: &mut Vec<Hit<'e>>) {
        let (Some(head), mut at) = (text.get(..to), from) else { return };
        while let Some(found) = self.regex.captures_at(head, at) {
            // One that ends where the part ends may go on behind it: it is longer than values are.
            let Some(whole) = found.get(0).filter(|whole| whole.end() < to || to == text.len()) else {
                return;
            };
            let value = found.name("value").unwrap_or(whole);
            if self.check.is_none_or(|check| check(value.as_str())) && !value.is_empty() {
                self.note(value.start(), value.end(), hits);
            }
            at = if whole.is_empty() { head.ceil_char_boundary(whole.end() + 1) } else { whole.end() };
        }
    }

    fn note<'e>(&'e self, start: usize, end: usize, hits: &mut Vec<Hit<'e>>) {
        let entry = Type { name: &self.name, profiles: &[] };
        hits.push(Hit { start, end, entry, bare: self.bare, context: self.context });
    }
}

/// The literal of a detector; none for one that may be slow.
fn literal(custom: &Custom) -> Result<Option<String>, String> {
    match custom.literal.clone().or_else(|| literal::of(&custom.pattern)) {
        Some(literal) if literal.len() >= LITERAL_BYTES => Ok(Some(literal)),
        None | Some(_) if custom.slow => Ok(None),
        Some(literal) => Err(format!("literal: {literal:?} is shorter than {LITERAL_BYTES} bytes")),
        None => Err(format!(
            "pattern: nothing of {LITERAL_BYTES} bytes or more stands in every value; name a literal, \
             or allow it on texts up to 32 KB by slow = true"
        )),
    }
}

fn is_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (2..=NAME_BYTES).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(good)
}

fn is_phrase(text: &str) -> bool {
    !text.is_empty()
        && text
            .split(' ')
            .all(|word| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase()))
}
