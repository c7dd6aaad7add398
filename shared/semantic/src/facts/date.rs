//! Dates with a month in letters.

use super::lex::{Token, What};
use super::number;
use super::words::Sense;

/// Words before `may` and `march` that make them months, even in small letters.
const BEFORE: &[&str] = &[
    "in", "of", "by", "since", "until", "till", "last", "next", "early", "late", "mid", "during", "before",
    "after", "this",
];

/// The date that begins with the token, and how many tokens it takes: `5th of March, 2026`, `March 5`, `March 2026`,
/// `March`. `before` is the token before it.
pub(super) fn at(tokens: &[Token<'_>], before: Option<&Token<'_>>) -> Option<(String, usize)> {
    let mut at = 0;
    let mut day = None;
    let mut month = month(tokens.first()?);
    if month.is_none() {
        (day, at) = self::day(tokens)?;
        at += usize::from(tokens.get(at).is_some_and(|token| token.small == "of"));
        month = self::month(tokens.get(at)?);
        month?;
    }
    at += 1;
    if day.is_none() {
        let the = usize::from(tokens.get(at).is_some_and(|token| token.small == "the"));
        if let Some((found, used)) = tokens.get(at + the..).and_then(self::day) {
            (day, at) = (found, at + the + used);
        }
    }
    let of = usize::from(day.is_none() && tokens.get(at).is_some_and(|token| token.small == "of"));
    let year = tokens.get(at + of).and_then(year);
    at += if year.is_some() { of + 1 } else { 0 };
    let month = month?;
    // "in May", but not "it may one day be"; "may 5" is a date.
    let digits = tokens.get(..at)?.iter().any(|token| matches!(token.what, What::Number(..)));
    if !digits && tokens.first().is_some_and(|first| self::month(first).is_some() && !is_month(first, before))
    {
        return None;
    }
    let parts = [year, Some(format!("{month:02}")), day.map(|day| format!("{day:02}"))];
    Some((parts.into_iter().flatten().collect::<Vec<_>>().join("-"), at))
}

/// Whether a word that is a month and something else is the month.
fn is_month(token: &Token<'_>, before: Option<&Token<'_>>) -> bool {
    if !matches!(token.small, "may" | "march" | "mar" | "dec" | "sept" | "jan" | "jun" | "jul") {
        return true;
    }
    let capital = token.text.starts_with(|c: char| c.is_uppercase()) && !token.first;
    capital || before.is_some_and(|before| BEFORE.contains(&before.small))
}

fn month(token: &Token<'_>) -> Option<u8> {
    token.sense().filter(|entry| entry.sense == Sense::Month)?.label.parse().ok()
}

/// A day of a month, and how many tokens it takes.
fn day(tokens: &[Token<'_>]) -> Option<(Option<u8>, usize)> {
    let number = number::at(tokens)?;
    let day = number.value.parse::<u8>().ok().filter(|day| (1..=31).contains(day))?;
    Some((Some(day), number.used))
}

fn year(token: &Token<'_>) -> Option<String> {
    match &token.what {
        What::Number(value, false) if value.len() == 4 && matches!(value.parse(), Ok(1000..=2999)) => {
            Some(value.clone())
        }
        _ => None,
    }
}
