//! Shapes of identifiers: which characters are letters, which are digits, and where groups may end.

use crate::entry::Entry;

/// The longest identifier, in letters and digits: an IBAN (ISO 13616).
pub(crate) const LONGEST: usize = 34;

/// What a byte of an identifier is: a letter, a small one (the bit that tells it from its capital), a capital, a digit.
pub(crate) const LETTER: u8 = 1;
pub(crate) const SMALL: u8 = b'a' ^ b'A';
pub(crate) const CAPITAL: u8 = 2;
const DIGIT: u8 = 4;

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' => LETTER | SMALL,
            b'A'..=b'Z' => LETTER | CAPITAL,
            b'0'..=b'9' => DIGIT,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// What a byte is; 0 for none of them.
pub(crate) fn kind(byte: u8) -> u8 {
    KINDS.get(usize::from(byte)).copied().unwrap_or(0)
}

/// Letters and digits that may be an identifier, without their separators.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code<'a> {
    /// Capitals and digits.
    pub text: &'a [u8],
    /// A bit for each that is a letter.
    pub letters: u64,
    /// A bit for each before which a separator stands.
    pub breaks: u64,
    /// Whether all separators are hyphens, or the plus of a century.
    pub hyphens: bool,
}

/// What an identifier looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub length: usize,
    letters: u64,
    digits: u64,
    breaks: u64,
    hyphens: bool,
}

impl Shape {
    /// Of `A` a letter, `9` a digit, `*` either; a blank where a separator may stand, `-` where only a hyphen
    /// may.
    pub const fn new(pattern: &str) -> Self {
        let mut shape = Self { length: 0, letters: 0, digits: 0, breaks: 0, hyphens: false };
        let mut rest = pattern.as_bytes();
        while let [first, others @ ..] = rest {
            let bit = 1 << shape.length;
            match first {
                b'A' => shape.letters |= bit,
                b'9' => shape.digits |= bit,
                b' ' => shape.breaks |= bit,
                b'-' => (shape.breaks, shape.hyphens) = (shape.breaks | bit, true),
                _ => {}
            }
            if !matches!(first, b' ' | b'-') {
                shape.length += 1;
            }
            rest = others;
        }
        shape
    }

    /// Whether it may begin with so many characters, of which these are letters: a bit for each.
    pub const fn begins(&self, letters: u64, count: usize) -> bool {
        let others = !letters & ((1 << count) - 1);
        self.digits & letters == 0 && self.letters & others == 0
    }

    fn fits(&self, code: &Code<'_>) -> bool {
        code.letters & self.letters == self.letters
            && code.letters & self.digits == 0
            && (code.hyphens || !self.hyphens)
    }
}

/// An identifier by its shape and what else must hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub shape: Shape,
    pub entry: &'static Entry,
    pub bare: u8,
    pub context: u8,
    check: fn(&[u8]) -> bool,
    grouped: bool,
    loose: bool,
}

impl Rule {
    /// With the levels of its entry.
    pub const fn new(pattern: &str, entry: &'static Entry, check: fn(&[u8]) -> bool) -> Self {
        Self {
            shape: Shape::new(pattern),
            entry,
            bare: entry.bare,
            context: entry.context,
            check,
            grouped: false,
            loose: false,
        }
    }

    /// With levels of its own.
    pub const fn levels(mut self, bare: u8, context: u8) -> Self {
        self.bare = bare;
        self.context = context;
        self
    }

    /// With separators anywhere, where a word speaks of it.
    pub const fn loose(mut self) -> Self {
        self.loose = true;
        self
    }

    /// Whether separators stand where they usually do not.
    pub const fn is_loose(&self, code: &Code<'_>) -> bool {
        code.breaks & !self.shape.breaks != 0
    }

    /// With separators anywhere.
    pub const fn in_any_groups(mut self) -> Self {
        self.shape.breaks = u64::MAX;
        self
    }

    /// Only with all of its separators.
    pub const fn grouped(mut self) -> Self {
        self.grouped = true;
        self
    }

    /// Whether it is one.
    pub fn is(&self, code: &Code<'_>) -> bool {
        let breaks = !self.grouped || code.breaks == self.shape.breaks;
        breaks && (self.loose || !self.is_loose(code)) && self.shape.fits(code) && (self.check)(code.text)
    }
}

/// Nothing else must hold.
pub(crate) fn any(_: &[u8]) -> bool {
    true
}
