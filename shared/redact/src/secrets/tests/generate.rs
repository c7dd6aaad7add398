//! Values of any shape, from a seed.

use crate::secrets::shape::{Part, is};

/// Marsaglia's xorshift: the same values in every run.
pub(super) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }

    /// A value of a shape.
    pub fn value(&mut self, parts: &[Part]) -> String {
        let mut value = String::new();
        for part in parts {
            match *part {
                Part::Lit(text) => value.push_str(text),
                Part::OneOf(texts) => value.push_str(texts[self.below(texts.len())]),
                Part::All(parts) => value.push_str(&self.value(parts)),
                Part::Run(set, least, most) => {
                    let bytes: Vec<u8> = (0..128).filter(|byte| is(*byte, set)).collect();
                    for _ in 0..least + self.below(most.min(least + 20) - least + 1) {
                        value.push(char::from(bytes[self.below(bytes.len())]));
                    }
                }
            }
        }
        value
    }
}
