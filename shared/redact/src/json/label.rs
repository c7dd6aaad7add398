//! Labels that stand beside their values: `{"name":"SSN","value":".."}`, `{"documentType":"passport","documentNumber":".."}`,
//! `{"columns":["name","ssn"],"rows":[["Tom",".."]]}`. They speak of a value as the name of its field would.

use super::cursor::Cursor;
use crate::words::has_any;
use std::borrow::Cow;

/// Longest label, and longest one that is a name and no sentence, in bytes.
const LONGEST: usize = 96;
const NAME: usize = 40;
/// Longest value of more than one word that a label speaks of: longer ones are texts, which say themselves what is in them.
const VALUE: usize = 64;
/// How far behind a value its label may be, where none is before it.
const BEHIND: usize = 256;
/// Fewest digits of a number that may be an identifier.
const DIGITS: usize = 9;
/// How long a list of names of columns is, in bytes, and how many there are.
const HEADER: usize = 4096;
const COLUMNS: usize = 128;

/// What the member of an object is by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It has a name for another member.
    Name,
    /// A sentence for it.
    Question,
    /// The kind of it.
    Kind,
    /// It is a value that only a label can speak of,
    Value,
    /// or that its own name may speak of,
    Number,
    Answer,
    /// or an identifier of any kind.
    Id,
}

impl Role {
    pub const fn labels(self) -> bool {
        matches!(self, Self::Name | Self::Question | Self::Kind)
    }
}

/// The last words of names.
const ROLES: &[(&str, Role)] = &[
    ("name", Role::Name),
    ("value", Role::Value),
    ("type", Role::Kind),
    ("title", Role::Question),
    ("scheme", Role::Kind),
    ("attribute", Role::Name),
    ("label", Role::Name),
    ("val", Role::Value),
    ("key", Role::Name),
    ("property", Role::Name),
    ("id", Role::Id),
    ("field", Role::Name),
    ("kind", Role::Kind),
    ("system", Role::Kind),
    ("question", Role::Question),
    ("number", Role::Number),
    ("answer", Role::Answer),
    ("text", Role::Answer),
    ("values", Role::Value),
];

/// What lists of names of columns are called, by their last word.
const HEADERS: &[&str] = &[
    "column", "columns", "cols", "field", "fields", "header", "headers", "names", "rowtype", "metadata",
    "schema",
];

/// What a row is called that stands by itself.
const ROWS: &[&str] = &["values", "row", "cells", "data", "record"];

/// The last but one letters of the words, a bit each, by their last letters: most names need no further look.
static ENDS: [u32; 32] = ends();

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
const fn ends() -> [u32; 32] {
    let mut ends = [0; 32];
    let mut at = 0;
    while at < ROLES.len() {
        let word = ROLES[at].0.as_bytes();
        ends[(word[word.len() - 1] & 31) as usize] |= 1 << (word[word.len() - 2] & 31);
        at += 1;
    }
    ends
}

/// What a member is by its name, and what stands before the word that tells it.
pub(super) fn role(name: &str) -> Option<(Role, &str)> {
    let [.., before, last] = name.as_bytes() else { return None };
    if ENDS.get(usize::from(last & 31))? >> (before & 31) & 1 == 0 {
        return None;
    }
    ROLES.iter().find_map(|(word, role)| Some((*role, head(name, word)?)))
}

/// What stands before a word that a name ends with.
fn head<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    let (head, last) = name.split_at_checked(name.len().checked_sub(word.len())?)?;
    let begins = match (head.bytes().last(), last.bytes().next()?) {
        (None, _) => true,
        (Some(before), first) => {
            !before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && first.is_ascii_uppercase()
        }
    };
    (begins && last.eq_ignore_ascii_case(word)).then_some(head)
}

/// Whether a list of this name may have those of columns.
pub(super) fn names_columns(name: &str) -> bool {
    ends_in(name, HEADERS)
}

/// Whether an array of this name may be a row.
pub(super) fn is_row(name: &str) -> bool {
    ends_in(name, ROWS)
}

/// Whether a name ends with one of some words.
#[inline(never)]
fn ends_in(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| head(name, word).is_some())
}

/// Whether a label may speak of a text: not if that is a long one, or repeats it.
pub(super) fn fits(label: &str, text: &str) -> bool {
    let long = text.len() > VALUE && has_any(text, b" \n");
    !long && !same(label, text)
}

/// Whether two texts have the same letters and digits.
fn same(one: &str, other: &str) -> bool {
    let letters = |text| str::chars(text).filter(|it| it.is_alphanumeric()).map(|it| it.to_ascii_lowercase());
    letters(one).eq(letters(other))
}

/// Where a label stands, and by which name.
struct Label<'a> {
    at: Cursor<'a>,
    role: Role,
    head: &'a str,
}

impl<'a> Label<'a> {
    /// What it says, if it may speak of a member whose name begins so and which says this.
    fn of(&self, head: &str, text: Option<&str>) -> Option<Cow<'a, str>> {
        if !head.is_empty() && !self.head.is_empty() && head != self.head {
            return None;
        }
        let says = self.at.near(LONGEST).string()?.1.into_text();
        (!says.is_empty() && text.is_none_or(|text| fits(&says, text))).then_some(says)
    }
}

/// The labels of an object so far: the last that tells a kind, and the last that is a name.
#[derive(Default)]
pub(super) struct Labels<'a> {
    kind: Option<Label<'a>>,
    name: Option<Label<'a>>,
}

/// The labels of a value, the most general first.
pub(super) struct Found<'a> {
    pub labels: [Option<Cow<'a, str>>; 2],
    /// Whether they say more of it than the name of the member.
    pub own: bool,
}

impl<'a> Labels<'a> {
    pub const fn is_empty(&self) -> bool {
        self.kind.is_none() && self.name.is_none()
    }

    /// Learns a label whose value stands there.
    pub fn learn(&mut self, role: Role, head: &'a str, at: Cursor<'a>) {
        if at.peek() == Some(b'"') {
            let label = Some(Label { at, role, head });
            *(if role == Role::Kind { &mut self.kind } else { &mut self.name }) = label;
        }
    }

    /// The labels behind a value that has a digit.
    pub fn behind(mut at: Cursor<'a>, role: Role) -> Self {
        let mut labels = Self::default();
        at = at.near(BEHIND);
        let mut look = || {
            let quoted = at.peek() == Some(b'"');
            let value = if quoted { at.string()?.0 } else { at.number()? };
            let value = at.json.get(value)?;
            let may =
                if quoted { value.bytes().any(|byte| byte.is_ascii_digit()) } else { value.len() >= DIGITS };
            if !may || role == Role::Id && !is_id(value) {
                return None;
            }
            while labels.is_empty() {
                at.take(b',')?;
                at.blanks();
                let name = at.string()?.0;
                let name = at.json.get(name)?;
                at.take(b':')?;
                at.blanks();
                if let Some((role, head)) = role_of_label(name) {
                    labels.learn(role, head, at);
                }
                at.pass()?;
            }
            Some(())
        };
        let _found = look();
        labels
    }

    /// Those of a member. `text` is what a string says.
    pub fn of(&self, role: Role, head: &str, text: Option<&str>) -> Found<'a> {
        let kinds = match role {
            Role::Value | Role::Number => true,
            Role::Id => text.is_none_or(is_id),
            _ => false,
        };
        let kind = self.kind.as_ref().filter(|_| kinds);
        let digits =
            |text: &str| text.len() <= VALUE && text.bytes().filter(u8::is_ascii_digit).nth(2).is_some();
        let named = match role {
            Role::Id => false,
            Role::Answer => text.is_none_or(digits),
            _ => true,
        };
        let name = self.name.as_ref().filter(|_| named);
        // What a thing is called says nothing of the words of a text about it.
        let alone = role == Role::Value || head.is_empty() && role != Role::Answer;
        let asked = name.is_some_and(|label| label.role == Role::Question);
        let labels = [kind, name].map(|label| label?.of(head, text));
        let own = alone && !asked && labels.iter().flatten().all(|label| label.len() <= NAME);
        Found { labels, own }
    }
}

fn role_of_label(name: &str) -> Option<(Role, &str)> {
    role(name).filter(|(role, _)| role.labels())
}

/// Whether an identifier may be a person's: numbers and capitals of some length.
fn is_id(text: &str) -> bool {
    text.len() > 5 && !text.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// The names in a list of strings, or of objects that have one each; none if it is another list.
pub(super) fn columns(at: Cursor<'_>) -> Vec<Cow<'_, str>> {
    list(at, column).unwrap_or_default()
}

/// The same if it is a row of names, not of values.
pub(super) fn first_row(at: Cursor<'_>) -> Vec<Cow<'_, str>> {
    list(at, |at| {
        let (_, says) = at.string()?;
        let text = says.into_text();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        (text.len() <= NAME && digits < 3 && !has_any(&text, b"@")).then_some(text)
    })
    .filter(|names| names.iter().any(|name| name.contains(char::is_alphabetic)))
    .unwrap_or_default()
}

#[inline(never)]
fn list<'a>(
    at: Cursor<'a>,
    item: impl Fn(&mut Cursor<'a>) -> Option<Cow<'a, str>>,
) -> Option<Vec<Cow<'a, str>>> {
    let mut at = at.near(HEADER);
    at.skip(b'[')?;
    let mut names = Vec::new();
    loop {
        at.blanks();
        names.push(item(&mut at)?);
        if names.len() > COLUMNS {
            return None;
        }
        if at.take(b',').is_none() {
            return at.take(b']').map(|()| names);
        }
    }
}

/// A string, or what an object says of its name.
fn column<'a>(at: &mut Cursor<'a>) -> Option<Cow<'a, str>> {
    if at.peek() == Some(b'"') {
        return Some(at.string()?.1.into_text());
    }
    let mut labels = Labels::default();
    let mut inner = *at;
    at.pass()?;
    inner.skip(b'{')?;
    let mut look = || {
        while labels.name.is_none() {
            inner.blanks();
            let name = inner.string()?.0;
            let name = inner.json.get(name)?;
            inner.take(b':')?;
            inner.blanks();
            if let Some((role, head)) = role_of_label(name) {
                labels.learn(role, head, inner);
            }
            inner.pass()?;
            inner.take(b',')?;
        }
        Some(())
    };
    let _found = look();
    Some(labels.name.and_then(|label| label.of("", None)).unwrap_or_default())
}
