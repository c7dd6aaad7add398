//! What is put in a value's place.
//!
//! Pure functions of the value, its type, the tenant's keys and, for numbered tags, what the message had before. Where an
//! operator cannot do its work (no key, a value that it does not fit), a tag is put there: never the value.

mod base32;
mod hash;
mod keys;
mod mask;
pub(crate) mod own;
mod preserve;
mod synthetic;
mod tag;
mod token;

pub use keys::{Key, KeyError, Keys};
pub use mask::{Mask, MaskError};
pub use tag::Numbers;

use std::borrow::Cow;

/// What is done with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operator {
    /// It is reported and stays.
    Monitor,
    /// Parts of it are covered.
    Mask(Mask),
    /// Its type and a number stand there: `[US_SSN_1]`. The same value has the same number throughout a message.
    Tag,
    /// A keyed hash of it: `US_SSN_` and twenty characters. The same value has the same hash throughout a tenant.
    Hash,
    /// A token from which the agent that received it can have it restored.
    Token,
    /// Digits of the same number by format-preserving encryption; can be restored. What stands there is a value of the
    /// same shape: a second pass over it would encrypt it again.
    Preserve,
    /// A made-up value of the same type that is nobody's; a tag for types without one.
    Synthetic,
    /// Its property is removed.
    Drop,
    /// The message is refused.
    Block,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The value stays.
    Keep,
    /// This stands in its place.
    Replace(String),
    /// Its property is to be removed; a list's item or a text without properties gets a tag instead.
    Drop,
    /// The message is to be refused.
    Block,
}

/// The way that a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the back end.
    Request,
    /// To the agent.
    Response,
}

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// Whose values these are. What is sealed in one scope cannot be restored in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// Who the keys and the values belong to.
    pub tenant: &'a str,
    /// Who receives or sent the message. Hashes and made-up values are the same for all agents of a tenant; tokens are not.
    pub agent: &'a str,
    /// Of the message that a value was found in.
    pub direction: Direction,
}

/// Replaces the values of one message.
#[derive(Debug)]
pub struct Replacer<'a> {
    keys: Option<&'a Keys>,
    scope: Scope<'a>,
    numbers: Numbers,
}

impl<'a> Replacer<'a> {
    /// For a message. Without keys, what needs one becomes a tag.
    #[must_use]
    pub fn new(keys: Option<&'a Keys>, scope: Scope<'a>) -> Self {
        Self { keys, scope, numbers: Numbers::default() }
    }

    /// What is done with a value of a type.
    pub fn apply(&mut self, operator: &Operator, kind: &str, value: &str) -> Outcome {
        let newest = self.keys.map(Keys::newest);
        let replaced = match operator {
            Operator::Monitor => return Outcome::Keep,
            Operator::Drop => return Outcome::Drop,
            Operator::Block => return Outcome::Block,
            Operator::Tag => None,
            Operator::Mask(mask) => Some(mask.cover(kind, value)),
            Operator::Hash => newest.map(|key| hash::of(key, self.scope.tenant, kind, value)),
            Operator::Token => newest.and_then(|key| token::seal(key, &self.scope, kind, value)),
            Operator::Preserve => newest.and_then(|key| preserve::seal(key, &self.scope, kind, value)),
            Operator::Synthetic => newest.and_then(|key| synthetic::of(key, self.scope.tenant, kind, value)),
        };
        Outcome::Replace(replaced.unwrap_or_else(|| self.numbers.tag(kind, value)))
    }

    /// The tag of a value, for a caller that cannot do what it should (no property to drop).
    pub fn tag(&mut self, kind: &str, value: &str) -> String {
        self.numbers.tag(kind, value)
    }
}

/// A text with its tokens restored, and how many there were. `scope` is the one that they were made in; what is of any
/// other scope or key stays a token.
#[must_use]
pub fn restore<'t>(keys: &Keys, scope: &Scope<'_>, text: &'t str) -> (Cow<'t, str>, usize) {
    token::restore(keys, scope, text)
}

/// The digits that format-preserving encryption made of a value; the newest key only, as nothing tells whose they are.
#[must_use]
pub fn restore_digits(keys: &Keys, scope: &Scope<'_>, kind: &str, value: &str) -> Option<String> {
    preserve::open(keys.newest(), scope, kind, value)
}

/// A value without what people put between digits, where it is nothing but digits: the same number written differently is
/// the same.
fn canonical(value: &str) -> Cow<'_, str> {
    let number = value.bytes().all(|byte| {
        byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'/' | b'_' | b'(' | b')' | b'+')
    });
    if number {
        Cow::Owned(value.chars().filter(char::is_ascii_digit).collect())
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests;
