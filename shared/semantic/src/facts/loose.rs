//! Words that mean what the lists say only in a clear role.

use super::lex::{Token, What};
use super::number;
use super::words::{Entry, Sense};

/// Words before `off` that tell it is said of a switch.
const SWITCHED: &[&str] = &["turn", "switch", "power", "shut"];

/// Whether a word of a side is said of something else: `last` of what is no time (`the last release` is the latest), `off`
/// of what is not switched, `old` behind an age.
pub(super) fn side(tokens: &[Token<'_>], at: usize, key: &str) -> bool {
    let before = tokens.get(at.saturating_sub(6)..at).unwrap_or_default();
    match key {
        "last" => {
            let few = tokens.get(at + 1).is_some_and(|token| token.small == "few");
            let next = at + 1 + usize::from(few);
            let used = tokens.get(next..).and_then(number::at).map_or(0, |number| number.used);
            let time = |entry: &Entry| matches!(entry.sense, Sense::Unit | Sense::Month | Sense::Side);
            !tokens.get(next + used).and_then(|token| token.found).is_some_and(|(entry, _)| time(entry))
        }
        "off" => !before.iter().any(|token| {
            SWITCHED.iter().any(|verb| token.small.starts_with(verb))
                || matches!(token.small, "is" | "are" | "on" | "and" | "or")
        }),
        "old" => {
            let age = |token: &Token<'_>| token.found.is_some_and(|(entry, _)| entry.sense == Sense::Unit);
            before.last().is_some_and(age)
        }
        _ => false,
    }
}

/// Whether a word that is a unit behind a number is said of a thing without one.
pub(super) fn unit(key: &str) -> bool {
    matches!(key, "cup" | "night" | "overnight" | "foot" | "feet" | "yard" | "bars")
}

/// `LH 441` in one piece: two capitals that mean nothing else, and three or four digits that measure nothing.
pub(super) fn code(tokens: &[Token<'_>]) -> Option<String> {
    let letters = tokens.first().filter(|token| token.what == What::Word && token.found.is_none())?;
    let digits = tokens.get(1).filter(|token| !token.apart && !token.hyphen)?;
    let capitals = letters.text.len() == 2 && letters.text.bytes().all(|b| b.is_ascii_uppercase());
    let number = matches!(digits.text.len(), 3..=4) && digits.text.bytes().all(|b| b.is_ascii_digit());
    let behind = tokens.get(2).and_then(|token| token.found);
    let measured = behind.is_some_and(|(entry, _)| entry.sense == Sense::Unit);
    (capitals && number && !measured).then(|| letters.small.to_owned() + digits.text)
}
