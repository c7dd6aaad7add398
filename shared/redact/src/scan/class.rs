//! What bytes are, and how long words of them are. A file of its own: `tests/bench/redact` has it as well, and compares the
//! ways to measure a word.

/// Whether a byte is part of a word: ASCII letters and digits, and `_`. Others end a word: many scripts write no blanks.
pub const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What a byte is.
pub const DIGIT: u8 = 1;
pub const UPPER: u8 = 2;
pub const LOWER: u8 = 4;
/// Part of a word, which all of the above are.
pub const WORD: u8 = 8;
/// Part of a token of a secret, which goes on over hyphens: `sk-ant-...`.
pub const TOKEN: u8 = 16;
/// Something may stand around it.
pub const ANCHOR: u8 = 32;
/// An escape may begin with it.
pub const ESCAPE: u8 = 64;

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'0'..=b'9' => DIGIT | WORD | TOKEN,
            b'A'..=b'Z' => UPPER | WORD | TOKEN,
            b'a'..=b'z' => LOWER | WORD | TOKEN,
            b'_' => WORD | TOKEN,
            b'-' => TOKEN | ANCHOR,
            b'@' | b':' | b'=' | b'>' | b',' | b'|' | b'\n' => ANCHOR,
            b'\\' | b'&' | b'%' => ESCAPE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// The classes of a byte.
pub fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(0)
}

/// How long a word is that a text begins with, and the classes of its bytes. Looks at many bytes at once: a loop over the
/// bytes of a word ends where no processor expects it to.
pub fn measure(text: &[u8]) -> (usize, u8) {
    in_blocks(text, lanes::measure)
}

/// The same in all ways that this target has: as above, in numbers, byte by byte. For tests.
#[allow(dead_code, reason = "redaction takes the first")]
pub fn measure_in_all_ways(text: &[u8]) -> [(usize, u8); 3] {
    let ways = [measure(text), in_blocks(text, numbers::measure), in_bytes(text, 0, 0)];
    // That all of it is part of a word is said of some bytes and not of others.
    ways.map(|(length, has)| (length, has & (DIGIT | UPPER | LOWER)))
}

/// The size of the blocks that words are measured in.
#[allow(dead_code, reason = "tells tests which way is taken")]
pub const BLOCK: usize = lanes::SIZE;

#[inline(always)]
fn in_blocks<const SIZE: usize>(text: &[u8], measure: fn(&[u8; SIZE]) -> (usize, u8)) -> (usize, u8) {
    let (mut length, mut has) = (0, 0);
    let (blocks, _) = text.as_chunks::<SIZE>();
    for bytes in blocks {
        let (count, classes) = measure(bytes);
        has |= classes;
        length += count;
        if count < SIZE {
            return (length, has);
        }
    }
    in_bytes(text, length, has)
}

/// Measures on from `length`, up to where these classes were seen.
fn in_bytes(text: &[u8], mut length: usize, mut has: u8) -> (usize, u8) {
    for byte in text.get(length..).unwrap_or(&[]) {
        let class = class(*byte);
        if class & WORD == 0 {
            break;
        }
        has |= class;
        length += 1;
    }
    (length, has)
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use numbers as lanes;

/// A block with SIMD.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    use super::{DIGIT, LOWER, UPPER};
    use core::arch::wasm32::{i8x16_bitmask, i8x16_lt, i8x16_splat, u8x16_add, u8x16_eq, u8x16_splat, u64x2};

    /// How many bytes are looked at.
    pub const SIZE: usize = 16;

    /// How many of them are a word from the first one on, and the classes of those.
    pub fn measure(bytes: &[u8; SIZE]) -> (usize, u8) {
        let bytes = u128::from_le_bytes(*bytes);
        let bytes = u64x2(bytes as u64, (bytes >> 64) as u64);
        // Below the end of a range that is moved to the least number: all processors compare signed ones.
        let within = |from: u8, to: u8| {
            let moved = u8x16_add(bytes, u8x16_splat(0x80_u8.wrapping_sub(from)));
            u32::from(i8x16_bitmask(i8x16_lt(moved, i8x16_splat((to - from) as i8 - 127))))
        };
        let (lower, upper, digits) = (within(b'a', b'z'), within(b'A', b'Z'), within(b'0', b'9'));
        let others = u32::from(i8x16_bitmask(u8x16_eq(bytes, u8x16_splat(b'_'))));
        let count = (!(lower | upper | digits | others)).trailing_zeros();
        let mask = (1 << count) - 1;
        let any = |bits: u32, class: u8| if bits & mask == 0 { 0 } else { class };
        (count as usize, any(digits, DIGIT) | any(upper, UPPER) | any(lower, LOWER))
    }
}

/// A block in a number.
mod numbers {
    use super::{DIGIT, LOWER, UPPER};

    /// How many bytes are looked at.
    pub const SIZE: usize = 8;

    /// How many of them are a word from the first one on, and the classes of those.
    pub fn measure(bytes: &[u8; SIZE]) -> (usize, u8) {
        const ONES: u64 = u64::from_le_bytes([1; SIZE]);
        const HIGH: u64 = ONES << 7;
        let bytes = u64::from_le_bytes(*bytes);
        // The highest bit of each byte says whether it is in a range; that of what is not ASCII is not.
        let within = |low: u64, from: u8, to: u8| {
            (low + ONES * u64::from(0x80 - from)) & !(low + ONES * u64::from(0x7F - to)) & !bytes & HIGH
        };
        let low = bytes & !HIGH;
        let letters = within(low | ONES << 5, b'a', b'z');
        let small = letters & bytes << 2;
        let digits = within(low, b'0', b'9');
        let whole = letters | digits | within(low, b'_', b'_');
        let count = (!whole & HIGH).trailing_zeros() / 8;
        // All of it if there are eight.
        let mask = (1_u64 << ((count * 8) & 63)).wrapping_sub(1) | u64::from(count < 8).wrapping_sub(1);
        let any = |bits: u64, class: u8| if bits & mask == 0 { 0 } else { class };
        (count as usize, any(digits, DIGIT) | any(letters & !small, UPPER) | any(small, LOWER))
    }
}
