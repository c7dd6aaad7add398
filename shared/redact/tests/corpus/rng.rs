//! Chance that can be repeated.

/// The xorshift64* generator of Vigna (2016).
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        ((self.next() >> 33) % bound as u64) as usize
    }

    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    pub fn one_of(&mut self, of: &str) -> char {
        char::from(*self.pick(of.as_bytes()))
    }

    pub fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| self.one_of("0123456789")).collect()
    }

    /// Fills a pattern: `#` a digit, `^` a capital, `~` a small letter, `%` a hexadecimal digit, `$` a letter or digit,
    /// `!` a capital or digit; the rest as it is.
    pub fn fill(&mut self, pattern: &str) -> String {
        pattern
            .chars()
            .map(|c| match c {
                '#' => self.one_of("0123456789"),
                '^' => self.one_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                '~' => self.one_of("abcdefghijklmnopqrstuvwxyz"),
                '%' => self.one_of("0123456789abcdef"),
                '$' => self.one_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
                '!' => self.one_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                other => other,
            })
            .collect()
    }

    /// A date of birth of somebody who is between 18 and 90: year, month, day.
    pub fn birth(&mut self) -> (usize, usize, usize) {
        (self.between(1936, 2007), self.between(1, 12), self.between(1, 28))
    }
}
