//! WordPiece, uncased, as BERT cuts texts: small letters without marks, split at blanks and around punctuation, and each
//! word into the longest pieces that the vocabulary knows, from the left.
//!
//! What a model has not learned is not embedded: a text with a letter that is not Latin, or with a word that has no
//! pieces, gets an error instead of a vector that says little.

mod punctuation;
#[cfg(test)]
mod tests;

use crate::fold;
use std::fmt;

/// A longer word, in characters, has no pieces (as in BERT).
const LONGEST_WORD: usize = 100;
/// A slot of the index that names no piece.
const NONE: u16 = u16::MAX;

/// The pieces that a model knows. A piece's id is its line.
///
/// The index is a table of ids by hash, half as large again as the vocabulary: 2 bytes a slot, built in one pass.
pub struct Vocabulary {
    text: String,
    /// Where each piece begins in `text`, and one more: the end. A piece ends one byte before the next.
    starts: Vec<u32>,
    slots: Vec<u16>,
    /// Bytes of the longest piece that begins a word, and of the longest that goes on (without its `##`).
    longest: usize,
}

/// Why a vocabulary cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum VocabularyError {
    /// More than 65,534 lines, or 4 GiB.
    TooLarge,
    /// Two lines are the same; the second of them is named, from 0.
    Twice(usize),
}

impl fmt::Display for VocabularyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("a vocabulary has at most 65,534 pieces"),
            Self::Twice(line) => write!(f, "piece {line} of the vocabulary is there twice"),
        }
    }
}

impl std::error::Error for VocabularyError {}

/// Why a text has no pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing but blanks.
    Empty,
    /// More pieces than asked for.
    TooLong,
    /// A letter that is not Latin, or a word that the vocabulary has no pieces for.
    Foreign,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the text is empty",
            Self::TooLong => "the text has too many pieces",
            Self::Foreign => "the text has letters or words that the model does not know",
        })
    }
}

impl std::error::Error for Unfit {}

impl Vocabulary {
    /// Pieces one a line, in the order of their ids; pieces that go on with a word begin with `##`. A line break at the
    /// end is no further piece.
    ///
    /// # Errors
    /// `VocabularyError`: too large, or a piece is there twice.
    pub fn new(mut text: String) -> Result<Self, VocabularyError> {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        u32::try_from(text.len()).map_err(|_| VocabularyError::TooLarge)?;
        let mut starts = vec![0];
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        starts.extend(breaks.map(|(at, _)| at as u32 + 1));
        let count = starts.len() - 1;
        if count >= usize::from(NONE) {
            return Err(VocabularyError::TooLarge);
        }
        let slots = vec![NONE; count + count / 2 + 1];
        let mut vocabulary = Self { text, starts, slots, longest: 0 };
        for id in 0..count {
            vocabulary.index(id)?;
        }
        Ok(vocabulary)
    }

    fn index(&mut self, id: usize) -> Result<(), VocabularyError> {
        let (goes_on, piece) = parts(self.piece(id));
        let length = piece.len();
        let hash = piece.iter().fold(seed(goes_on), |hash, byte| step(hash, *byte));
        let Err(free) = self.find(hash, goes_on, piece) else { return Err(VocabularyError::Twice(id)) };
        self.longest = self.longest.max(length);
        if let Some(slot) = self.slots.get_mut(free) {
            *slot = id as u16;
        }
        Ok(())
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are no pieces at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a piece as it stands in the vocabulary, such as `[CLS]` or `##ing`.
    pub fn id(&self, piece: &str) -> Option<u32> {
        let (goes_on, piece) = parts(piece.as_bytes());
        let hash = piece.iter().fold(seed(goes_on), |hash, byte| step(hash, *byte));
        self.find(hash, goes_on, piece).ok()
    }

    /// The ids of the text's pieces, at least one and at most `most`.
    ///
    /// # Errors
    /// `Unfit`: the text is empty, too long, or foreign.
    pub fn pieces(&self, text: &str, most: usize) -> Result<Vec<u32>, Unfit> {
        let mut cut = Cut { vocabulary: self, word: String::new(), ids: Vec::with_capacity(32), most };
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                cut.word.push(c.to_ascii_lowercase());
            } else if c.is_ascii_punctuation() {
                cut.alone(c)?;
            } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
                cut.end()?;
            } else {
                for small in c.to_lowercase() {
                    cut.read(small)?;
                }
            }
        }
        cut.end()?;
        if cut.ids.is_empty() { Err(Unfit::Empty) } else { Ok(cut.ids) }
    }

    fn piece(&self, id: usize) -> &[u8] {
        let ends = (self.starts.get(id), self.starts.get(id + 1));
        let (Some(start), Some(next)) = ends else { return &[] };
        self.text.as_bytes().get(*start as usize..*next as usize - 1).unwrap_or(&[])
    }

    /// The id of a piece, or the slot that is free for it. The table is never full, so that the walk ends.
    fn find(&self, hash: u32, goes_on: bool, piece: &[u8]) -> Result<u32, usize> {
        let mut at = ((u64::from(hash.wrapping_mul(0x9E37_79B1)) * self.slots.len() as u64) >> 32) as usize;
        loop {
            match self.slots.get(at) {
                Some(&NONE) => return Err(at),
                Some(&id) if parts(self.piece(usize::from(id))) == (goes_on, piece) => {
                    return Ok(u32::from(id));
                }
                Some(_) => at += 1,
                None => at = 0,
            }
        }
    }
}

/// Whether a piece goes on with a word, and its letters.
fn parts(piece: &[u8]) -> (bool, &[u8]) {
    match piece.strip_prefix(b"##") {
        Some(rest) if !rest.is_empty() => (true, rest),
        _ => (false, piece),
    }
}

fn seed(goes_on: bool) -> u32 {
    if goes_on { 0x2323_2323 } else { 0x811C_9DC5 }
}

fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

struct Cut<'a> {
    vocabulary: &'a Vocabulary,
    word: String,
    ids: Vec<u32>,
    most: usize,
}

impl Cut<'_> {
    /// A character that is not ASCII, or what it is in small letters.
    fn read(&mut self, c: char) -> Result<(), Unfit> {
        let base = fold::base(c);
        if fold::is_mark(c) || fold::is_invisible(c) || c == char::REPLACEMENT_CHARACTER {
            return Ok(());
        }
        if c.is_whitespace() {
            self.end()?;
        } else if is_punctuation(c) {
            self.alone(c)?;
        } else if fold::is_latin(base) || !c.is_alphabetic() && c <= '\u{FFFF}' {
            self.word.push(base);
        } else {
            return Err(Unfit::Foreign);
        }
        Ok(())
    }

    fn alone(&mut self, c: char) -> Result<(), Unfit> {
        self.end()?;
        self.word.push(c);
        self.end()
    }

    /// The pieces of the word that ends here.
    fn end(&mut self) -> Result<(), Unfit> {
        if self.word.len() > LONGEST_WORD && self.word.chars().count() > LONGEST_WORD {
            return Err(Unfit::Foreign);
        }
        let mut rest = self.word.as_str();
        let mut goes_on = false;
        while !rest.is_empty() {
            let (id, length) = longest(self.vocabulary, goes_on, rest).ok_or(Unfit::Foreign)?;
            if self.ids.len() == self.most {
                return Err(Unfit::TooLong);
            }
            self.ids.push(id);
            rest = rest.get(length..).unwrap_or_default();
            goes_on = true;
        }
        self.word.clear();
        Ok(())
    }
}

/// The longest piece that the word begins with: its id, and how many bytes it takes.
fn longest(vocabulary: &Vocabulary, goes_on: bool, word: &str) -> Option<(u32, usize)> {
    // The hash of each beginning, so that all of them together cost one pass.
    let mut hashes = [0; 64];
    let mut hash = seed(goes_on);
    let most = vocabulary.longest.min(hashes.len());
    for (slot, byte) in hashes.iter_mut().zip(word.bytes()).take(most) {
        hash = step(hash, byte);
        *slot = hash;
    }
    (1..=word.len().min(most)).rev().find_map(|length| {
        let start = word.get(..length)?;
        let id = vocabulary.find(*hashes.get(length - 1)?, goes_on, start.as_bytes()).ok()?;
        Some((id, length))
    })
}

fn is_punctuation(c: char) -> bool {
    let Ok(code) = u16::try_from(u32::from(c)) else { return false };
    let at = punctuation::RUNS.partition_point(|(first, _)| *first <= code);
    at.checked_sub(1).and_then(|at| punctuation::RUNS.get(at)).is_some_and(|(_, last)| code <= *last)
}
