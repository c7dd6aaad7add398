//! Texts and documents made of pieces at random, with seeds.

use serde_json::Value;

/// xorshift64*.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    /// A text of up to so many pieces.
    pub fn text(&mut self, pieces: usize) -> String {
        let piece = |_| match self.below(6) {
            0 | 1 => VALUES[self.below(VALUES.len())],
            2 if pieces <= FEW => WORDS[self.below(WORDS.len())],
            _ => PIECES[self.below(PIECES.len())],
        };
        (0..pieces).map(piece).collect()
    }

    /// Up to so many characters of all kinds.
    pub fn characters(&mut self, most: usize) -> String {
        let length = self.below(most + 1);
        let character = |_| {
            let below = [0x80, 0x80, 0x80, 0x800, 0x10000, 0x110000][self.below(6)];
            char::from_u32(self.below(below) as u32).unwrap_or(' ')
        };
        (0..length).map(character).collect()
    }

    /// A value of up to so many levels.
    pub fn value(&mut self, levels: usize) -> Value {
        let kinds = if levels == 0 { 5 } else { 8 };
        match self.below(kinds) {
            0 => Value::Null,
            1 => Value::from(4_111_111_111_111_111_u64),
            2 => Value::from(self.below(1 << 40) as f64 / 8.0),
            3 | 4 => Value::from(self.text(8)),
            5 => (0..self.below(4)).map(|_| self.value(levels - 1)).collect(),
            6 => (0..self.below(4)).map(|_| (self.text(2), self.value(levels - 1))).collect(),
            // JSON in a string. A string in a string is text, where words of names count as far as they reach: see `WORDS`.
            _ => match self.value(levels - 1) {
                inner @ Value::String(_) => inner,
                inner => Value::from(inner.to_string()),
            },
        }
    }
}

/// Values; each stands apart, as one that is glued to another is found only when that is gone.
const VALUES: &[&str] = &[
    " 4111111111111111, ",
    " 4111 1111 1111 1111; ",
    "(5500-0055-5555-5559)",
    "\"４１１１１１１１１１１１１１１１\"",
    " jane@example.com ",
    " 078-05-1120, ",
    " NDExMTExMTExMTExMTExMQ== ",
    " 34313131313131313131313131313131; ",
    "\\n\\u0034111111111111111\\n",
    ";&#52;111111111111111;",
    " %34111111111111111, ",
    "<41111111\n11111111>",
];

/// Words that say what a value is or is not. They stand in short texts only: how far off they are changes where something
/// between is replaced.
const WORDS: &[&str] = &["card ", "card number: ", "ssn ", "order ", "password="];
pub const FEW: usize = 3;

/// Halves of values, what hides them, what stands around them.
const PIECES: &[&str] = &[
    "4111x",
    "%25",
    "%",
    "&",
    "&amp;",
    "\\",
    "\\n",
    "\\\"",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\n",
    " ",
    " ",
    " ",
    "-",
    ".",
    "/",
    "@",
    "=",
    "\u{200B}",
    "\u{AD}",
    "\u{A0}",
    "é",
    "日本",
    "🙂",
    "Оа",
    "0",
    "12",
    "x",
    "[CREDIT_CARD_1]",
    "[US_SSN_2]",
];
