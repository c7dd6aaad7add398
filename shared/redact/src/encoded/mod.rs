//! Values behind an encoding: escapes, each of which stands for a character, runs of base64 and hex, ends of
//! lines, and characters that are not seen.

pub(crate) mod escapes;
mod hidden;
mod lines;
mod runs;

use crate::view::Unescaped;
use escapes::Escapes;
use std::ops::Range;

pub(crate) use hidden::hidden;
pub(crate) use lines::{broken, joined};
pub(crate) use runs::{SHORTEST, decoded as runs, run};

/// How many encodings are undone within each other.
pub(crate) const LEVELS: u8 = 2;
/// Text around escapes that is looked at with them: words that speak of a value are not farther away.
const AROUND: usize = 320;
/// How far before a run on its line a word may be that speaks of it.
const BEFORE: usize = 64;
/// What is found this near to where a region was cut out may be half of something; the whole is found without decoding.
const CUT: usize = 32;

/// A part of a text with its escapes undone.
pub(crate) struct Region<'a> {
    start: usize,
    end: usize,
    /// Length of the text that it is a part of.
    whole: usize,
    pub decoded: Unescaped<'a>,
}

impl Region<'_> {
    /// Where something of the decoded part stands in the text, unless that is near to where it was cut out.
    pub fn original(&self, range: Range<usize>) -> Option<Range<usize>> {
        let cut_before = self.start > 0 && range.start < CUT;
        let cut_after = self.end < self.whole && range.end + CUT > self.decoded.text().len();
        let original = self.decoded.original(range);
        (!cut_before && !cut_after).then_some(self.start + original.start..self.start + original.end)
    }
}

/// The parts of a text that have escapes.
pub(crate) fn regions(text: &str) -> impl Iterator<Item = Region<'_>> {
    let mut escapes = Escapes::of(text).peekable();
    std::iter::from_fn(move || {
        let (first, _, length) = escapes.next()?;
        let mut last = first + usize::from(length);
        while let Some((at, _, length)) = escapes.next_if(|(at, ..)| *at < last + 2 * AROUND) {
            last = at + usize::from(length);
        }
        let start = cut(text, first.saturating_sub(AROUND));
        let end = text.ceil_char_boundary((last + AROUND).min(text.len()));
        let decoded = escapes::decode(text.get(start..end).unwrap_or(""));
        Some(Region { start, end, whole: text.len(), decoded })
    })
}

/// What stands before a run on its line, as far as it may speak of it.
pub(crate) fn before(text: &str, at: usize) -> &str {
    let start = cut(text, at.saturating_sub(BEFORE));
    let near = text.get(start.min(at)..at).unwrap_or("");
    near.rsplit('\n').next().unwrap_or(near)
}

/// Where to cut a text near an offset, but not within a word.
fn cut(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    let is_word = |byte: &&u8| at > 0 && (byte.is_ascii_alphanumeric() || **byte == b'_');
    let rest = text.as_bytes().get(at..).unwrap_or(&[]);
    at + rest.iter().take(BEFORE).take_while(is_word).count()
}
