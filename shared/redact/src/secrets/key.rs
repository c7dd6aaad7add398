//! The name that a value is assigned to.

/// Most of a name that is read, in bytes.
const LONGEST: usize = 64;

/// A name, in lower case and without its separators: `cloudflare_api_key`, `cloudflareApiKey` and `cloudflare.api-key` are
/// all `cloudflareapikey`.
pub(super) struct Key {
    bytes: [u8; LONGEST],
    length: usize,
    /// A bit for each place where a word begins.
    starts: u64,
    /// A bit for each place that a blank stands before, or where another name begins.
    breaks: u64,
}

/// What a byte of a name is: a capital, another letter or a digit, a blank.
const UPPER: u8 = 1;
const OTHER: u8 = 2;
const BLANK: u8 = 4;

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' | b'0'..=b'9' => OTHER,
            b' ' | b'\t' => BLANK,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

impl Key {
    pub fn new() -> Self {
        Self { bytes: [0; LONGEST], length: 0, starts: 0, breaks: 0 }
    }

    /// Of a piece of text; only its end counts if it is long.
    #[inline(never)]
    pub fn of(text: &[u8]) -> Self {
        let mut key = Self::new();
        key.add(text.get(text.len().saturating_sub(LONGEST)..).unwrap_or(text));
        key
    }

    /// Adds a name behind what is there.
    pub fn add(&mut self, text: &[u8]) {
        let mut before = BLANK;
        for &byte in text {
            let kind = KINDS.get(usize::from(byte)).copied().unwrap_or(0);
            let Some(slot) = self.bytes.get_mut(self.length) else { return };
            // No jump for what is none: the next one is written over it.
            let part = kind & (UPPER | OTHER) != 0;
            *slot = byte.to_ascii_lowercase();
            let boundary = (before & (UPPER | OTHER) == 0) | ((kind & UPPER != 0) & (before & UPPER == 0));
            self.starts |= u64::from(part & boundary) << self.length;
            self.breaks |= u64::from(part & (before & BLANK != 0)) << self.length;
            self.length += usize::from(part);
            before = kind;
        }
    }

    pub fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// Whether a word begins here, or ends before here.
    pub fn is_boundary(&self, at: usize) -> bool {
        at >= self.length || self.starts >> at & 1 == 1
    }

    /// In which parts, as blanks divide it, a piece of it stands: a bit for each.
    pub fn parts(&self, start: usize, end: usize) -> u64 {
        let part = |at: usize| (self.breaks << (63 - at.min(63))).count_ones().min(63);
        let (first, last) = (part(start), part(end.saturating_sub(1)));
        (first..=last).fold(0, |parts, part| parts | 1 << part)
    }

    pub fn len(&self) -> usize {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_however_they_are_written() {
        for name in ["api_key_id", "apiKeyId", "API-KEY-ID", "api.key id", "Api Key Id"] {
            let key = Key::of(name.as_bytes());
            assert_eq!(key.text(), b"apikeyid", "{name}");
            assert!(
                key.is_boundary(0) && key.is_boundary(3) && key.is_boundary(6) && key.is_boundary(8),
                "{name}"
            );
            assert!(!key.is_boundary(1) && !key.is_boundary(4), "{name}");
        }
        let key = Key::of(b"the url and public key");
        assert_eq!((key.parts(3, 6), key.parts(9, 18), key.parts(15, 18)), (1 << 2, 0b11 << 4, 1 << 5));
        assert_eq!(Key::of("x".repeat(100).as_bytes()).len(), LONGEST);
    }
}
