//! Masks.

use crate::operators::canonical;

/// What covers: characters that values hardly have thrice in a row, so that a second pass knows a mask.
pub(super) const MARKS: [char; 5] = ['*', '•', '●', '▒', '█'];
/// Fewest of them in a mask of fixed length.
pub(super) const FEWEST: u8 = 3;
/// Most that may be kept on a side: no mask leaves enough to be a value again.
const MOST: u8 = 8;
/// Most that may be kept of a card's right (PCI DSS 4.0, 3.4.1: the BIN and the last four).
const CARD_RIGHT: usize = 4;
/// Digits of a card from which its BIN has eight (ISO/IEC 7812-1:2017); shorter ones have six.
const LONG_CARD: usize = 16;

/// How a value is covered: `***-**-1120`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    left: u8,
    right: u8,
    with: char,
    fixed: Option<u8>,
}

/// What is wrong with a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskError {
    /// More than eight characters are kept on a side.
    Kept,
    /// The character is none that a mask is known by.
    With,
    /// Fewer than three characters stand for what is covered.
    Fixed,
}

impl std::fmt::Display for MaskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kept => "a mask keeps at most 8 characters on a side",
            Self::With => "a mask is of *, •, ●, ▒ or █",
            Self::Fixed => "a mask of fixed length has at least 3 characters",
        })
    }
}

impl std::error::Error for MaskError {}

impl Mask {
    /// The last four of a card and nothing else: what receipts show.
    pub const LAST_FOUR: Self = Self { left: 0, right: 4, with: '*', fixed: None };
    /// All of it, by eight characters however long it is.
    pub const ALL: Self = Self { left: 0, right: 0, with: '*', fixed: Some(8) };

    /// Keeps some letters and digits on the left and on the right. With `fixed`, so many characters stand for all that is
    /// covered, so that its length is not told; else one stands for each, and what is between them stays.
    ///
    /// # Errors
    /// When more than eight are kept on a side, the character is none of `*•●▒█`, or the length is less than three.
    pub fn new(left: u8, right: u8, with: char, fixed: Option<u8>) -> Result<Self, MaskError> {
        if left > MOST || right > MOST {
            return Err(MaskError::Kept);
        }
        if !MARKS.contains(&with) {
            return Err(MaskError::With);
        }
        if fixed.is_some_and(|length| length < FEWEST) {
            return Err(MaskError::Fixed);
        }
        Ok(Self { left, right, with, fixed })
    }

    /// A value, covered. One that would be kept whole is covered whole.
    pub(super) fn cover(&self, kind: &str, value: &str) -> String {
        let count = value.chars().filter(|c| c.is_alphanumeric()).count();
        let (mut left, mut right) = (usize::from(self.left), usize::from(self.right));
        if kind == "CREDIT_CARD" {
            left = left.min(if canonical(value).len() < LONG_CARD { 6 } else { 8 });
            right = right.min(CARD_RIGHT);
        }
        if left + right >= count {
            (left, right) = (0, 0);
        }
        let mut covered = String::with_capacity(value.len());
        let (mut seen, mut done) = (0, false);
        for character in value.chars() {
            let word = character.is_alphanumeric();
            let kept = if word {
                seen < left || seen >= count - right
            } else {
                seen <= left || seen >= count - right
            };
            seen += usize::from(word);
            match self.fixed {
                _ if kept && (word || self.fixed.is_none()) => covered.push(character),
                Some(length) if word && !done => {
                    covered.extend(std::iter::repeat_n(self.with, usize::from(length)));
                    done = true;
                }
                None => covered.push(if word { self.with } else { character }),
                Some(_) => {}
            }
        }
        covered
    }
}
