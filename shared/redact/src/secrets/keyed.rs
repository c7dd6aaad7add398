//! Words in the names of values: vendors whose secrets only their name tells, and words that say that a value is a secret
//! or is none.

use super::shape::Part;
use super::words::WORDS;
use crate::entry::Entry;

/// A word of a name, without separators.
pub(super) struct Word {
    pub text: &'static str,
    pub means: Means,
    pub place: Place,
}

/// Where in a name a word counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Anywhere,
    /// Where a word begins, or where the name ends: short ones are part of many others.
    Begins,
    /// As a whole word.
    Whole,
}

/// What a word says of the value.
#[derive(Clone, Copy)]
pub(super) enum Means {
    /// Whose it is, and how its secrets are built.
    Vendor(&'static Entry, &'static [Form]),
    /// That it is a secret.
    Secret,
    /// That it may be one, if it is long: a token, a key.
    Hint,
    /// That it is a password.
    Password,
    /// That it may be an identifier that goes with a secret.
    Client,
    /// That it is no secret, whatever else the name says.
    Never,
}

/// How a vendor's secret is built.
pub(super) struct Form {
    pub parts: &'static [Part],
    /// Whether the name must say besides that it is a secret: this shape is a common one.
    pub weak: bool,
}

/// Words that may begin with three letters; 0 for none.
pub(super) fn beginning(first: u8, second: u8, third: u8) -> &'static [Word] {
    let thirds = THIRDS.get(two(first, second)).copied().unwrap_or(0);
    if thirds >> (third & 31) & 1 == 0 {
        return &[];
    }
    let range = FIRST.get(usize::from(first)).copied().unwrap_or((0, 0));
    WORDS.get(usize::from(range.0)..usize::from(range.1)).unwrap_or(&[])
}

/// The third letters of words, by their first two: bit n for the letter whose code ends with n.
static THIRDS: [u32; 1024] = thirds();

/// The place of two letters, by the ends of their codes.
const fn two(first: u8, second: u8) -> usize {
    (first as usize & 31) << 5 | second as usize & 31
}

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
const fn thirds() -> [u32; 1024] {
    let mut thirds = [0; 1024];
    let mut at = 0;
    while at < WORDS.len() {
        let text = WORDS[at].text.as_bytes();
        thirds[two(text[0], text[1])] |= if text.len() > 2 { 1 << (text[2] & 31) } else { u32::MAX };
        at += 1;
    }
    thirds
}

static FIRST: [(u16, u16); 128] = first();

/// From where to where in the list each first letter is.
#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
const fn first() -> [(u16, u16); 128] {
    let mut ranges = [(0, 0); 128];
    let mut at = 0;
    while at < WORDS.len() {
        let byte = WORDS[at].text.as_bytes()[0] as usize;
        if ranges[byte].1 == 0 {
            ranges[byte].0 = at as u16;
        }
        at += 1;
        ranges[byte].1 = at as u16;
    }
    ranges
}

/// Every word.
#[cfg(test)]
pub(super) fn all() -> &'static [Word] {
    WORDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_first_letter_has_one_range() {
        for word in WORDS {
            let text = word.text.as_bytes();
            let (first, third) = (text[0], text.get(2).copied().unwrap_or(0));
            assert!(
                beginning(first, text[1], third).iter().all(|other| other.text.as_bytes()[0] == first),
                "{}",
                word.text
            );
            assert!(
                word.text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                "{}",
                word.text
            );
        }
    }
}
