//! Questions: what is embedded, and what is equal.
//!
//! A call's arguments are free text or literal. Free text may be worded in many ways, so that it is folded, embedded, and
//! read for hard facts. Literal is all else: ids, codes, dates, numbers, paths, queries; it has to be equal as it stands.

mod shape;
#[cfg(test)]
mod tests;

use crate::facts::{self, Fact};
use crate::fold;
use crate::order::order;
use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// A longer free text is not embedded, in bytes: no model takes as many pieces.
const LONGEST: usize = 4096;

/// What an argument has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string.
    Text(&'a str),
    /// Canonical JSON (RFC 8785) of anything that is no string.
    Literal(&'a str),
}

/// Whether an argument may be free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// Its schema has an enum, a format, a pattern or a const.
    Never,
    /// A plain string: free text when it has a blank or 12 letters, and does not look like a code of some kind.
    Perhaps,
    /// The operator says so.
    Always,
}

/// One argument of a call.
#[derive(Debug, Clone, Copy)]
pub struct Argument<'a> {
    /// Its name; arguments within others are part of their value.
    pub name: &'a str,
    /// What it has.
    pub value: Value<'a>,
    /// Whether that may be free text.
    pub free: Free,
}

/// How a question is read.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Free texts that differ in form only are equal.
    pub fold: bool,
    /// Words that are told by their capitals are facts.
    pub names: bool,
    /// The caller's day, such as `2026-11-29`.
    pub day: &'a str,
}

/// A call of a tool, as far as it asks something.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Question {
    exact: String,
    /// The part of `exact` that is no free text.
    literal: String,
    text: Option<String>,
    facts: Vec<Fact>,
    /// Where the facts of each free text end.
    ends: Vec<usize>,
    today: bool,
}

impl Question {
    /// Reads the arguments, which stand in the order of the tool's schema.
    #[inline(never)]
    pub fn read(arguments: &[Argument<'_>], options: &Options<'_>) -> Self {
        let mut question = Self::default();
        let mut long = false;
        for argument in arguments {
            let free = is_free(argument);
            let Value::Text(value) = argument.value else { continue };
            question.today |= facts::is_relative(value);
            if !free {
                continue;
            }
            question.facts.extend(facts::read(value, options.names));
            question.ends.push(question.facts.len());
            let text = question.text.get_or_insert_default();
            let joint = if text.is_empty() { "" } else { " ; " };
            text.extend([joint, argument.name, ": ", value]);
            long |= text.len() > LONGEST;
        }
        question.text = question.text.filter(|_| !long);
        let name = |at: usize| arguments.get(at).map(|argument| argument.name);
        let places = order(arguments.len(), &|one, other| name(one).cmp(&name(other)));
        for argument in places.into_iter().filter_map(|at| arguments.get(at)) {
            question.push(argument, options.fold);
        }
        if question.today {
            question.exact.push('@');
            question.exact.push_str(options.day);
            question.literal.push('@');
            question.literal.push_str(options.day);
        }
        question
    }

    /// Adds an argument to the exact part. Lengths stand before what they are of, so that no two calls are the same there:
    /// `5:query~9:hello you`, with `~` for free text, `=` for other strings, `:` for what is no string.
    fn push(&mut self, argument: &Argument<'_>, fold: bool) {
        let (mark, value) = match argument.value {
            Value::Text(value) if is_free(argument) => ('~', value),
            Value::Text(value) => ('=', value),
            Value::Literal(value) => (':', value),
        };
        let name = argument.name;
        let start = self.exact.len();
        self.exact.push_str(&format!("{}:{name}{mark}", name.len()));
        if mark == '~' {
            // Which arguments are free text is part of what has to be equal, not what they say.
            self.literal.push_str(self.exact.get(start..).unwrap_or_default());
        }
        if mark == '~' && fold {
            let folded = fold::fold(value);
            self.exact.push_str(&format!("{}:{folded}", folded.len()));
        } else {
            self.exact.push_str(&format!("{}:{value}", value.len()));
        }
        if mark != '~' {
            self.literal.push_str(self.exact.get(start..).unwrap_or_default());
        }
    }

    /// All of the arguments, by name, free texts folded. Equal when and only when two calls ask exactly the same.
    pub fn exact(&self) -> &str {
        &self.exact
    }

    /// What is to be embedded, `name: value ; name: value` of the free texts. None: the question has none, or too much.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Keyed hash of the hard facts and of what is literal. Questions with other ones have nothing to do with each other.
    #[inline(never)]
    pub fn fingerprint(&self, key: &[u8; 16]) -> u64 {
        let mut hasher = SipHasher24::new_with_key(key);
        for fact in &self.facts {
            hasher.write_u8(fact.kind as u8);
            hasher.write_u32(fact.value.len() as u32);
            hasher.write(fact.value.as_bytes());
        }
        for end in &self.ends {
            hasher.write_u8(0);
            hasher.write_u32(*end as u32);
        }
        hasher.write_u8(0);
        hasher.write(self.literal.as_bytes());
        hasher.finish()
    }

    /// Whether it means another time on another day. The day is then part of it, and its answer ends with the day.
    pub fn today(&self) -> bool {
        self.today
    }

    /// The hard facts of the free texts, in the order of the schema.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }
}

/// Whether an argument is free text.
fn is_free(argument: &Argument<'_>) -> bool {
    match (argument.value, argument.free) {
        (Value::Literal(_), _) | (_, Free::Never) => false,
        (Value::Text(_), Free::Always) => true,
        (Value::Text(value), Free::Perhaps) => shape::is_prose(value),
    }
}
