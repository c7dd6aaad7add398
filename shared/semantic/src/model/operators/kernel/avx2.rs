//! With AVX2, which nearly all x86 CPUs have, but a program may not take for granted.
#![allow(unsafe_code, reason = "one call of a function that needs AVX2, where the CPU has it")]

use std::arch::x86_64::*;

use super::{COLUMNS, ROWS, Sums, Weights, product};

/// Pairs of neighbours of [`COLUMNS`] columns.
type Words = __m256i;

/// The product, as [`super::multiply`] says; None without AVX2.
pub(in super::super) fn multiply(
    left: &[i16],
    rows: usize,
    depth: usize,
    weights: &Weights<'_>,
) -> Option<Vec<i32>> {
    if !is_x86_feature_detected!("avx2") {
        return None;
    }
    // SAFETY: all that it asks for is a CPU with AVX2, and this is one.
    Some(unsafe { with_avx2(left, rows, depth, weights) })
}

#[target_feature(enable = "avx2")]
fn with_avx2(left: &[i16], rows: usize, depth: usize, weights: &Weights<'_>) -> Vec<i32> {
    // Closures here have AVX2 as well, and may be called from where it is not known.
    product(
        left,
        rows,
        depth,
        weights,
        _mm256_setzero_si256(),
        |panel, weights, row, column| fill(panel, weights, row, column),
        |tile, panel| sums(tile, panel),
    )
}

/// Fills a panel.
#[target_feature(enable = "avx2")]
fn fill(panel: &mut [Words], weights: &Weights<'_>, row: usize, column: usize) {
    super::fill(panel, weights, row, column, |first, second, zero, signed| {
        words(first, second, zero, signed)
    });
}

/// The bytes of two rows, less what means zero, in pairs.
#[inline]
#[target_feature(enable = "avx2")]
fn words(first: [u8; COLUMNS], second: [u8; COLUMNS], zero: [i16; COLUMNS], signed: bool) -> Words {
    let bytes = |bytes: [u8; COLUMNS]| _mm_cvtsi64_si128(i64::from_le_bytes(bytes));
    let pairs = _mm_unpacklo_epi8(bytes(first), bytes(second));
    let wide = if signed { _mm256_cvtepi8_epi16(pairs) } else { _mm256_cvtepu8_epi16(pairs) };
    let [a, b, c, d, e, f, g, h] = zero;
    _mm256_sub_epi16(wide, _mm256_setr_epi16(a, a, b, b, c, c, d, d, e, e, f, f, g, g, h, h))
}

/// What one tile adds to its sums.
#[target_feature(enable = "avx2")]
fn sums(tile: &[[i32; ROWS]], panel: &[Words]) -> Sums {
    let mut sums = [_mm256_setzero_si256(); ROWS];
    for (pairs, words) in tile.iter().zip(panel) {
        for (sum, pair) in sums.iter_mut().zip(pairs) {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(_mm256_set1_epi32(*pair), *words));
        }
    }
    let mut out = [[0i32; COLUMNS]; ROWS];
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = [
            _mm256_extract_epi32::<0>(sum),
            _mm256_extract_epi32::<1>(sum),
            _mm256_extract_epi32::<2>(sum),
            _mm256_extract_epi32::<3>(sum),
            _mm256_extract_epi32::<4>(sum),
            _mm256_extract_epi32::<5>(sum),
            _mm256_extract_epi32::<6>(sum),
            _mm256_extract_epi32::<7>(sum),
        ];
    }
    out
}
