//! The hard facts of a text: what determines an answer and what an embedding blurs. Two texts whose facts differ are
//! never taken for each other.
//!
//! Read are literals (numbers, dates, times, ids, URLs, mail, quotes), whether it is negated, words that exclude each
//! other, and names. Facts are a key: there is no second text to compare with. So a pair of opposites has one side that says so
//! (`off`, `before`, `lowest`) and one that says nothing (`on`, `after`, `highest`): texts with either differ, while a text
//! that leaves the usual side out keeps its facts. The lists are in `words`.
//!
//! One pass cuts the text into tokens, one puts those together that make one fact. Work is linear in the text.

mod date;
mod join;
mod lex;
mod literal;
mod loose;
mod names;
mod number;
#[cfg(test)]
mod tests;
mod words;

use crate::fold;
use crate::order::order;
use std::cmp::Ordering;
use std::fmt;

/// What a fact is about. Of each kind of literal the order counts, of the others it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A number, with its unit or currency where one stands beside it.
    Number = 1,
    /// A day, month, or both, with the year where there is one: `2026-03-05`, `03-05`, `2026-03`, `03`.
    Date,
    /// A time of the day: `17:30`.
    Time,
    /// A word with digits or signs in it, as it stands; in small letters where case cannot tell.
    Id,
    /// An address in the net.
    Url,
    /// A mail address.
    Mail,
    /// What stands between quotes, folded.
    Quote,
    /// A sign that stands alone, such as `<`.
    Sign,
    /// The text says "not" an odd number of times.
    Not,
    /// One side of an exclusive group.
    Word,
    /// A unit or currency without a number.
    Unit,
    /// A name.
    Name,
}

impl Kind {
    /// The kind as it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
            Self::Time => "time",
            Self::Id => "id",
            Self::Url => "url",
            Self::Mail => "mail",
            Self::Quote => "quote",
            Self::Sign => "sign",
            Self::Not => "not",
            Self::Word => "word",
            Self::Unit => "unit",
            Self::Name => "name",
        }
    }

    fn is_ordered(self) -> bool {
        self < Self::Sign
    }
}

/// One hard fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub kind: Kind,
    /// Its normal form.
    pub value: String,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.kind.name(), self.value)
    }
}

/// The facts of a text in normal order: two texts have the same facts when these are equal. Without `names`, words that
/// are only told by their capital say nothing.
#[inline(never)]
pub fn read(text: &str, names: bool) -> Vec<Fact> {
    let plain = fold::plain(text);
    let small = plain.to_ascii_lowercase();
    let tokens = lex::tokens(&plain, &small);
    let mut joined = join::join(&tokens, names);
    let places = order(joined.len(), &|one, other| {
        let (Some(one), Some(other)) = (joined.get(one), joined.get(other)) else { return Ordering::Equal };
        one.kind.cmp(&other.kind).then_with(|| match one.kind.is_ordered() {
            true => Ordering::Equal,
            false => one.value.cmp(&other.value),
        })
    });
    let mut facts = Vec::with_capacity(joined.len());
    for at in places {
        if let Some(Fact { kind, value }) = joined.get_mut(at) {
            facts.push(Fact { kind: *kind, value: std::mem::take(value) });
        }
    }
    facts.dedup_by(|next, kept| !next.kind.is_ordered() && next == kept);
    facts
}

/// Whether a text means another time on another day: `today`, `last week`, `on Friday`.
#[inline(never)]
pub(crate) fn is_relative(text: &str) -> bool {
    let small = text.to_ascii_lowercase();
    let words: Vec<_> =
        small.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    (0..words.len()).any(|at| words::relative(&|n| words.get(at + n).copied()))
}
