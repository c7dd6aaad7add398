//! The view of a text that detectors look at: digits are ASCII, blanks are blanks, hyphens are hyphens, and what nobody
//! sees is not there. ASCII text is its own view, and so is other text with nothing to fold.

mod fold;
mod map;
#[cfg(test)]
mod tests;

pub(crate) use map::{Derived, Sink, Undo, Unescaped, width};

use fold::{Fold, confusable, fold};
use std::ops::Range;

/// The bits of eight bytes that ASCII does not have.
const NON_ASCII: u64 = 0x8080_8080_8080_8080;

/// A text as detectors see it.
pub(crate) struct View<'a> {
    original: &'a str,
    folded: Option<Derived>,
}

impl<'a> View<'a> {
    pub fn of(text: &'a str) -> Self {
        let folded = if text.is_ascii() { None } else { Folding::of(text) };
        Self { original: text, folded }
    }

    /// What is seen.
    pub fn text(&self) -> &str {
        self.folded.as_ref().map_or(self.original, |folded| &folded.text)
    }

    /// Where it stands in the original: whole characters.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        self.folded.as_ref().map_or(range.clone(), |folded| folded.map.original(range))
    }
}

/// Folding of a text from its beginning on.
struct Folding<'a> {
    text: &'a str,
    /// Up to where it is copied.
    done: usize,
    derived: Option<Derived>,
}

impl<'a> Folding<'a> {
    /// The folded text, if anything of it changed.
    fn of(text: &'a str) -> Option<Derived> {
        let mut folding = Self { text, done: 0, derived: None };
        let mut at = 0;
        while let Some(next) = next_non_ascii(text, at) {
            let Some(character) = text.get(next..).and_then(|rest| rest.chars().next()) else { break };
            at = if is_greek_or_cyrillic(character) {
                folding.word(next)
            } else {
                folding.change(next, character, fold(character));
                next + character.len_utf8()
            };
        }
        let rest = text.get(folding.done..).unwrap_or("");
        folding.derived.map(|mut derived| {
            derived.copy(rest);
            derived
        })
    }

    fn change(&mut self, at: usize, character: char, fold: Fold) {
        if matches!(fold, Fold::Keep) {
            return;
        }
        let derived = self.derived.get_or_insert_with(|| Derived::with_capacity(self.text.len()));
        derived.copy(self.text.get(self.done..at).unwrap_or(""));
        let length = width(character);
        match fold {
            Fold::To(ascii) => derived.put(ascii, length),
            Fold::Drop | Fold::Keep => derived.drop(length),
        }
        self.done = at + usize::from(length);
    }

    /// The rest of a word from its first Greek or Cyrillic letter on; returns where it ends. Letters that look like Latin
    /// ones are folded where the word has Latin letters or digits as well: a word of one script says what it says.
    fn word(&mut self, start: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or("");
        let before = start.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
        let mut mixed = before.is_some_and(u8::is_ascii_alphanumeric);
        let mut end = self.text.len();
        for (offset, character) in rest.char_indices() {
            match fold(character) {
                Fold::To(ascii) if ascii.is_ascii_alphanumeric() => mixed = true,
                Fold::Drop => {}
                Fold::Keep if character.is_alphanumeric() => mixed |= character.is_ascii(),
                _ => {
                    end = start + offset;
                    break;
                }
            }
        }
        let word = self.text.get(start..end).unwrap_or("");
        for (offset, character) in word.char_indices().filter(|(_, character)| !character.is_ascii()) {
            let looks = confusable(character).filter(|_| mixed);
            self.change(start + offset, character, looks.map_or_else(|| fold(character), Fold::To));
        }
        end
    }
}

fn next_non_ascii(text: &str, from: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from..)?;
    // Eight bytes at once: there are few in most texts.
    let (words, _) = rest.as_chunks::<8>();
    let ascii = words.iter().take_while(|word| u64::from_ne_bytes(**word) & NON_ASCII == 0).count() * 8;
    let offset = rest.get(ascii..)?.iter().position(|byte| !byte.is_ascii())?;
    Some(from + ascii + offset)
}

/// Letters of these two scripts (the blocks Greek, Cyrillic and Cyrillic Supplement).
fn is_greek_or_cyrillic(character: char) -> bool {
    matches!(character, '\u{0370}'..='\u{052F}') && character.is_alphabetic()
}
