//! Whether a value stands right behind the word that says what it is: what may be written in any way is found only there.

use crate::resolve::LINKS;
use crate::scan::Scan;
use crate::words::{Words, is_any};

/// How far before a value its word may begin, in bytes.
const REACH: usize = 48;

/// Whether nothing but a sign or a short word (`is`, `no.`) stands between one of some phrases and `start`, or no word at
/// all: then the name of the field or of the column may say it.
#[inline(never)]
pub(crate) fn leads(scan: &Scan<'_>, start: usize, mut phrases: impl Iterator<Item = &'static str>) -> bool {
    let from = scan.text.floor_char_boundary(start.saturating_sub(REACH));
    let signs = |it: char| matches!(it, ' ' | ':' | '=' | '#' | '.' | '(' | '"' | '\'' | '*' | '-');
    let before = scan.slice(from, start).trim_end_matches(signs);
    // Scripts without blanks are found as they are.
    if !before.ends_with(|it: char| it.is_alphanumeric() || it >= '\u{E00}') {
        // A comma with a blank behind it goes on with a list, one without ends a cell.
        return !before.ends_with([',', ';']) || from + before.len() == start;
    }
    let Some(word) = Words::of(before).last() else { return false };
    is_any(word.lower(), LINKS)
        || phrases.any(|phrase| {
            let last = phrase.rsplit(' ').next().unwrap_or(phrase);
            word.is(last) || phrase >= "\u{E00}" && before.ends_with(phrase)
        })
}
