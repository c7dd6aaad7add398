//! Text derived from another one, and which bytes came from which.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::ops::Range;

/// A derived text.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    pub text: String,
    pub map: Map,
}

/// How many runs behind the last one are near.
const NEAR: usize = 64;

/// From bytes of a derived text to bytes of its original. It has an entry per row of changes of one kind, not per byte.
#[derive(Debug, Default)]
pub(crate) struct Map {
    runs: Vec<Run>,
    /// Length of the original so far.
    original: usize,
    /// The run that was found last: the next one that is asked for is mostly near.
    last: Cell<usize>,
}

/// Pieces of one kind behind each other, each of `width` bytes made of `length` bytes of the original; what was dropped has
/// no width. What stands between runs is copied.
#[derive(Debug, Clone, Copy)]
struct Run {
    derived: usize,
    original: usize,
    pieces: usize,
    width: u8,
    length: u8,
}

/// Where a text is derived to.
pub(crate) trait Sink {
    /// Takes text as it is.
    fn copy(&mut self, text: &str);

    /// Puts a character for so many bytes of the original.
    fn put(&mut self, character: char, length: u8);
}

/// The text alone: a map is larger than its text where every few bytes are an escape, and only needed for findings.
impl Sink for String {
    fn copy(&mut self, text: &str) {
        self.push_str(text);
    }

    fn put(&mut self, character: char, _: u8) {
        self.push(character);
    }
}

impl Sink for Derived {
    fn copy(&mut self, text: &str) {
        self.map.original += text.len();
        self.text.push_str(text);
    }

    fn put(&mut self, character: char, length: u8) {
        self.map.piece(self.text.len(), width(character), length);
        self.text.push(character);
    }
}

/// Length of a character in UTF-8.
pub(crate) const fn width(character: char) -> u8 {
    // At most four.
    character.len_utf8() as u8
}

impl Derived {
    /// With room for what is made of `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), map: Map::default() }
    }

    /// Drops `length` bytes of the original.
    pub fn drop(&mut self, length: u8) {
        self.map.piece(self.text.len(), 0, length);
    }
}

impl Map {
    /// Adds a piece at this place of the derived text.
    fn piece(&mut self, derived: usize, width: u8, length: u8) {
        let original = self.original;
        self.original += usize::from(length);
        if let Some(run) = self.runs.last_mut() {
            let goes_on = run.end() == (derived, original) && run.width == width && run.length == length;
            if goes_on {
                run.pieces += 1;
                return;
            }
        }
        self.runs.push(Run { derived, original, pieces: 1, width, length });
    }

    /// What a range was made of: whole characters, with what was dropped between them, but not around.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let start = self.place(range.start).0;
        let last = range.end.checked_sub(1).filter(|last| *last >= range.start);
        start..last.map_or(start, |last| self.place(last).1)
    }

    /// Where the piece begins and ends in the original that a byte of the derived text belongs to.
    #[inline(never)]
    fn place(&self, derived: usize) -> (usize, usize) {
        let Some(run) = self.run_at(derived) else { return (derived, derived + 1) };
        let (derived_end, original_end) = run.end();
        if let Some(copied) = derived.checked_sub(derived_end) {
            return (original_end + copied, original_end + copied + 1);
        }
        let piece = (derived - run.derived).checked_div(usize::from(run.width)).unwrap_or(0);
        let start = run.original + piece * usize::from(run.length);
        (start, start + usize::from(run.length))
    }

    /// The last run that begins at a byte of the derived text or before. What was dropped stands before what follows it, at
    /// the same place: the last one is that with the byte.
    #[inline(never)]
    fn run_at(&self, derived: usize) -> Option<&Run> {
        let known = self.last.get();
        let near = self.runs.get(known..self.runs.len().min(known + NEAR)).unwrap_or(&[]);
        let is_near = near.first().is_some_and(|run| run.derived <= derived)
            && near.last().is_some_and(|run| derived < run.derived);
        let (from, runs) = if is_near { (known, near) } else { (0, self.runs.as_slice()) };
        let at = from + runs.partition_point(|run| run.derived <= derived).checked_sub(1)?;
        self.last.set(at);
        self.runs.get(at)
    }

    /// How many runs it has.
    #[cfg(test)]
    pub fn runs(&self) -> usize {
        self.runs.len()
    }
}

impl Run {
    /// Where it ends in the derived text and in the original.
    fn end(&self) -> (usize, usize) {
        let bytes = |each: u8| self.pieces * usize::from(each);
        (self.derived + bytes(self.width), self.original + bytes(self.length))
    }
}

/// What a text says with its escapes undone. The map is made when it is asked for.
pub(crate) struct Unescaped<'a> {
    raw: &'a str,
    undo: Undo,
    text: Cow<'a, str>,
    map: OnceCell<Map>,
}

/// How escapes are undone.
#[derive(Clone, Copy)]
pub(crate) struct Undo {
    pub text: fn(&str, &mut String),
    pub map: fn(&str, &mut Derived),
}

impl<'a> Unescaped<'a> {
    pub fn of(raw: &'a str, undo: Undo) -> Self {
        let mut text = String::with_capacity(raw.len());
        (undo.text)(raw, &mut text);
        Self { raw, undo, text: Cow::Owned(text), map: OnceCell::new() }
    }

    /// Of a text without escapes.
    pub const fn same(raw: &'a str, undo: Undo) -> Self {
        Self { raw, undo, text: Cow::Borrowed(raw), map: OnceCell::new() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn into_text(self) -> Cow<'a, str> {
        self.text
    }

    /// Where something stands in what is written.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        if matches!(self.text, Cow::Borrowed(_)) {
            return range;
        }
        let map = self.map.get_or_init(|| {
            let mut derived = Derived::with_capacity(self.raw.len());
            (self.undo.map)(self.raw, &mut derived);
            derived.map
        });
        map.original(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_covers_what_it_was_made_of() {
        let mut derived = Derived::default();
        // `ab`, two digits of three bytes, a dropped one, another digit, a dropped one, `c`.
        derived.copy("ab");
        derived.put('1', 3);
        derived.put('2', 3);
        derived.drop(2);
        derived.put('3', 3);
        derived.drop(2);
        derived.copy("c");
        assert_eq!(derived.text, "ab123c");
        for (range, original) in [
            (0..2, 0..2),
            (1..3, 1..5),
            (2..5, 2..13),
            (2..4, 2..8),
            (4..5, 10..13),
            (5..6, 15..16),
            (0..6, 0..16),
            (3..3, 5..5),
        ] {
            assert_eq!(derived.map.original(range.clone()), original, "{range:?}");
        }
        assert_eq!(derived.map.runs(), 4);
        assert_eq!(Map::default().original(0..0), 0..0);
    }
}
