//! First step: what is sensitive in a document, and where. Nothing is asked of the caller before a document has been walked
//! to its end: one that turns out to be no JSON is looked at as text.

use super::echo::Echoes;
use super::walk;
use crate::encoded;
use crate::engine::{Engine, Finding};
use crate::path::Path;
use std::ops::Range;

/// How many JSON texts are followed within each other's strings: the document and three more.
const NESTED: u8 = 4;
/// Fewest and most digits of a number that may be an identifier.
const DIGITS: std::ops::RangeInclusive<usize> = 9..=19;
/// Names of letters only are not looked at if they are shorter than this.
const PLAIN_NAME: usize = 24;

/// What a text holds.
pub(super) enum Inside<'e> {
    /// It is text, with findings.
    Text(Vec<Finding<'e>>),
    /// It is JSON, with findings in these of its strings and numbers.
    Json(Vec<Site<'e>>),
}

impl Default for Inside<'_> {
    fn default() -> Self {
        Self::Text(Vec::new())
    }
}

impl Inside<'_> {
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::Text(findings) => findings.is_empty(),
            Self::Json(sites) => sites.is_empty(),
        }
    }
}

/// A string, key or number with findings.
pub(super) struct Site<'e> {
    /// Where it is written; the range of strings and keys is that between the quotes.
    pub at: Range<usize>,
    pub kind: Kind,
    /// Where the name of the member is written that it is the value of, with its quotes.
    pub member: Option<usize>,
    /// The names above it.
    pub names: Vec<String>,
    /// What it holds, in bytes of what it says.
    pub inside: Inside<'e>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Key,
    Number,
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) enum Look<'a, 'e> {
    /// What is sensitive.
    Values(&'e Engine),
    /// What was found elsewhere.
    Echoes(&'a Echoes<'e>, &'e Engine),
}

impl<'e> Look<'_, 'e> {
    /// Looks at a document.
    pub fn document(self, json: &str, path: &Path<'_>) -> Inside<'e> {
        self.follow(json, path, 0).unwrap_or_else(|| self.text(json, path))
    }

    /// Looks at a text that may be a JSON object or array and stands within so many others.
    pub fn value(self, value: &str, path: &Path<'_>, nested: u8) -> Inside<'e> {
        let opens = value.trim_ascii_start().starts_with(['{', '[']);
        let json = if opens && nested < NESTED { self.follow(value, path, nested) } else { None };
        json.unwrap_or_else(|| self.text(value, path))
    }

    /// Looks at a text as JSON, if it is.
    fn follow(self, json: &str, path: &Path<'_>, nested: u8) -> Option<Inside<'e>> {
        let nested = nested.saturating_add(1);
        let mut finder = Finder { look: self, json, nested, name: 0, sites: Vec::new() };
        walk::walk(json, path, &mut finder)?;
        Some(Inside::Json(finder.sites))
    }

    fn text(self, text: &str, path: &Path<'_>) -> Inside<'e> {
        Inside::Text(match self {
            Self::Values(engine) => engine.look(text, path, encoded::LEVELS),
            Self::Echoes(echoes, engine) => echoes.find(engine, text),
        })
    }

    fn number(self, digits: &str, path: &Path<'_>) -> Vec<Finding<'e>> {
        match self {
            Self::Values(engine) => engine.plain(digits, path),
            Self::Echoes(echoes, engine) => echoes.find(engine, digits),
        }
    }

    /// Whether nothing can be found in a name. Those of fields are most of the names: letters that are no secret, and no
    /// echo if they begin small.
    fn is_plain(self, name: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
        let begins = matches!(self, Self::Values(_)) || !name.starts_with(|it: char| it.is_ascii_uppercase());
        name.len() < PLAIN_NAME && begins && name.bytes().all(is_plain)
    }
}

/// The digits of a number that is whole and not negative, even where it is written as a fraction (`4111.0`); else nothing.
pub(super) fn whole_number(number: &str) -> &str {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_whole =
        whole.bytes().all(|byte| byte.is_ascii_digit()) && fraction.bytes().all(|byte| byte == b'0');
    if is_whole { whole } else { "" }
}

/// Looks at the strings, keys and numbers of a document.
struct Finder<'a, 'e> {
    look: Look<'a, 'e>,
    json: &'a str,
    /// How many JSON texts its strings are within.
    nested: u8,
    /// Where the last name of a member is written, with its quotes.
    name: usize,
    sites: Vec<Site<'e>>,
}

impl<'e> Finder<'_, 'e> {
    fn raw(&self, at: &Range<usize>) -> &str {
        self.json.get(at.clone()).unwrap_or("")
    }

    fn found(&mut self, at: Range<usize>, kind: Kind, path: &Path<'_>, inside: Inside<'e>) {
        if !inside.is_empty() {
            let names = path.names().into_iter().map(str::to_owned).collect();
            let member = self.member(&at, kind);
            self.sites.push(Site { at, kind, member, names, inside });
        }
    }

    /// Where the member begins that has the value: the last name stands right before a value, if it is a member's.
    fn member(&self, at: &Range<usize>, kind: Kind) -> Option<usize> {
        let start = match kind {
            Kind::Key => return None,
            Kind::Number => at.start,
            Kind::String => at.start.saturating_sub(1),
        };
        self.json.get(..start)?.trim_ascii_end().ends_with(':').then_some(self.name)
    }
}

impl walk::Visit for Finder<'_, '_> {
    fn key(&mut self, at: Range<usize>, says: &str, path: &Path<'_>) {
        self.name = at.start.saturating_sub(1);
        if self.look.is_plain(says) {
            return;
        }
        let inside = self.look.text(says, &path.behind(""));
        self.found(at, Kind::Key, path, inside);
    }

    fn string(&mut self, at: Range<usize>, says: &str, path: &Path<'_>) {
        let inside = self.look.value(says, path, self.nested);
        self.found(at, Kind::String, path, inside);
    }

    fn number(&mut self, at: Range<usize>, path: &Path<'_>) {
        if at.len() < *DIGITS.start() {
            return;
        }
        let digits = whole_number(self.raw(&at));
        if !DIGITS.contains(&digits.len()) {
            return;
        }
        let whole = 0..digits.len();
        let mut findings = self.look.number(digits, path);
        findings.retain(|finding| (finding.start..finding.end) == whole);
        self.found(at, Kind::Number, path, Inside::Text(findings));
    }
}
