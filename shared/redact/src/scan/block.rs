//! Some bytes beside each other, looked at together.

use super::{DIGIT, LOWER, UPPER};

pub(super) use lanes::{SIZE, measure};

/// With SIMD.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    use super::{DIGIT, LOWER, UPPER};
    use core::arch::wasm32::{i8x16_bitmask, i8x16_lt, i8x16_splat, u8x16_add, u8x16_eq, u8x16_splat, u64x2};

    /// How many bytes are looked at.
    pub(in super::super) const SIZE: usize = 16;

    /// How many of them are a word from the first one on, and the classes of those.
    pub(in super::super) fn measure(bytes: &[u8; SIZE]) -> (usize, u8) {
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

/// In a number.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod lanes {
    use super::{DIGIT, LOWER, UPPER};

    /// How many bytes are looked at.
    pub(in super::super) const SIZE: usize = 8;

    /// How many of them are a word from the first one on, and the classes of those.
    pub(in super::super) fn measure(bytes: &[u8; SIZE]) -> (usize, u8) {
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
