//! The product of two matrices of small integers: what an encoder spends most of its time on.
//!
//! Numbers are taken as pairs of neighbours along the sum, two 16-bit halves of one word, because that is what SIMD
//! multiplies and adds in one step (`i32x4.dot_i16x8_s` in wasm, `pmaddwd` on x86). A tile is [`ROWS`] rows of the left
//! matrix times [`COLUMNS`] columns of the right one, so that its sums stay in registers.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;

/// Rows of a tile.
const ROWS: usize = 4;
/// Columns of a tile.
const COLUMNS: usize = 8;
/// Pairs along the sum that are done at a time: 64 neighbouring columns of so many rows are 16 KB, and stay in the fastest
/// cache while the tiles beside each other are done.
const DEPTH: usize = 128;

/// Sums of one tile.
type Sums = [[i32; COLUMNS]; ROWS];

/// The right matrix as it lies in the file: bytes, row after row.
pub(super) struct Weights<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) signed: bool,
    pub(super) columns: usize,
    /// The byte that means zero, for each column; empty where it is 0 for all.
    pub(super) zeros: &'a [i16],
}

/// The product of `left`, `rows` times `depth` numbers of at most 255 in size, and `weights`, which is `depth` times
/// `columns`. Sums are exact if `depth` is at most 32,768 (they are below 2^31 then), and so the same on every CPU.
pub(super) fn multiply(left: &[i16], rows: usize, depth: usize, weights: &Weights<'_>) -> Vec<i32> {
    #[cfg(target_arch = "x86_64")]
    if let Some(product) = avx2::multiply(left, rows, depth, weights) {
        return product;
    }
    plain(left, rows, depth, weights)
}

/// The same with what each CPU of the target has.
pub(super) fn plain(left: &[i16], rows: usize, depth: usize, weights: &Weights<'_>) -> Vec<i32> {
    product(left, rows, depth, weights, lanes::NONE, lanes::fill, lanes::sums)
}

/// The product, by a `fill` for panels of some kind of pairs, and the `sums` of a tile and a panel.
fn product<Words: Copy>(
    left: &[i16],
    rows: usize,
    depth: usize,
    weights: &Weights<'_>,
    none: Words,
    fill: impl Fn(&mut [Words], &Weights<'_>, usize, usize),
    sums: impl Fn(&[[i32; ROWS]], &[Words]) -> Sums,
) -> Vec<i32> {
    let columns = weights.columns;
    let mut out = vec![0i32; rows * columns];
    if depth == 0 || columns == 0 {
        return out;
    }
    let pairs = depth.div_ceil(2);
    let tiles = tiles(left, depth, pairs);
    let mut panel = vec![none; DEPTH.min(pairs)];
    for group in (0..columns).step_by(64) {
        for start in (0..pairs).step_by(DEPTH) {
            for column in (group..columns.min(group + 64)).step_by(COLUMNS) {
                let length = DEPTH.min(pairs - start);
                let panel = panel.get_mut(..length).unwrap_or_default();
                fill(panel, weights, start * 2, column);
                for (tile, out) in tiles.chunks_exact(pairs).zip(out.chunks_mut(ROWS * columns)) {
                    let sums = sums(tile.get(start..start + length).unwrap_or_default(), panel);
                    for (out, sums) in out.chunks_exact_mut(columns).zip(&sums) {
                        for (out, sum) in out.iter_mut().skip(column).zip(sums) {
                            *out += sum;
                        }
                    }
                }
            }
        }
    }
    out
}

/// Two neighbours as one word.
fn pair(first: i16, second: i16) -> i32 {
    i32::from(first) & 0xffff | i32::from(second) << 16
}

/// The rows of the left matrix in tiles: for each tile and each pair of neighbours, the pairs of its rows. Missing rows
/// and a missing last neighbour are 0.
fn tiles(left: &[i16], depth: usize, pairs: usize) -> Vec<[i32; ROWS]> {
    let rows = left.len() / depth;
    let mut tiles = vec![[0i32; ROWS]; rows.div_ceil(ROWS) * pairs];
    for (tile, rows) in tiles.chunks_exact_mut(pairs).zip(left.chunks(depth * ROWS)) {
        for (at, row) in rows.chunks_exact(depth).enumerate() {
            for (words, neighbours) in tile.iter_mut().zip(row.chunks(2)) {
                let (first, second) = match neighbours {
                    [first, second] => (*first, *second),
                    [first] => (*first, 0),
                    _ => (0, 0),
                };
                if let Some(word) = words.get_mut(at) {
                    *word = pair(first, second);
                }
            }
        }
    }
    tiles
}

/// Pairs of neighbours from `row` on, of the columns from `column` on. What is beyond the matrix is some number: rows there
/// meet a 0 of the left matrix, and columns there are not looked at.
#[inline(always)] // Into a function that stands alone, see `lanes`, with what that one's CPU has.
fn fill<Words>(
    panel: &mut [Words],
    weights: &Weights<'_>,
    row: usize,
    column: usize,
    words: impl Fn([u8; COLUMNS], [u8; COLUMNS], [i16; COLUMNS], bool) -> Words,
) {
    let Weights { bytes, signed, columns, zeros } = weights;
    let mut zero = [0i16; COLUMNS];
    for (zero, given) in zero.iter_mut().zip(zeros.iter().skip(column)) {
        *zero = *given;
    }
    // Behind the last columns of a row stands the next one, which is as good as anything.
    let mut start = row * columns + column;
    for place in panel {
        let rows = bytes.get(start..start + columns + COLUMNS);
        let lines = rows.and_then(|rows| rows.first_chunk().copied().zip(rows.last_chunk().copied()));
        let (first, second) = lines.unwrap_or_else(|| (padded(bytes, start), padded(bytes, start + columns)));
        *place = words(first, second, zero, *signed);
        start += 2 * columns;
    }
}

/// The bytes from `start` on, and zeros behind the last.
#[cold]
fn padded(bytes: &[u8], start: usize) -> [u8; COLUMNS] {
    let mut padded = [0; COLUMNS];
    for (padded, byte) in padded.iter_mut().zip(bytes.get(start..).unwrap_or_default()) {
        *padded = *byte;
    }
    padded
}

#[cfg(target_feature = "simd128")]
mod lanes {
    //! With wasm's SIMD.
    use core::arch::wasm32::*;

    use super::{COLUMNS, ROWS, Sums, Weights};

    /// Pairs of neighbours of [`COLUMNS`] columns.
    pub(super) type Words = [v128; 2];

    /// No pairs.
    pub(super) const NONE: Words = [i32x4(0, 0, 0, 0); 2];

    /// The bytes of two rows, less what means zero, in pairs.
    #[inline(always)]
    fn words(first: [u8; COLUMNS], second: [u8; COLUMNS], zero: [i16; COLUMNS], signed: bool) -> Words {
        let [a, b, c, d, e, f, g, h] = zero;
        let zero = i16x8(a, b, c, d, e, f, g, h);
        let widen = |bytes: [u8; COLUMNS]| {
            let bytes = u64x2(u64::from_le_bytes(bytes), 0);
            let wide = if signed { i16x8_extend_low_i8x16(bytes) } else { i16x8_extend_low_u8x16(bytes) };
            i16x8_sub(wide, zero)
        };
        let (first, second) = (widen(first), widen(second));
        [
            i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(first, second),
            i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(first, second),
        ]
    }

    /// Fills a panel.
    #[inline(never)] // It and `sums` are a fifth faster apart from the loops around them: those leave no registers.
    pub(super) fn fill(panel: &mut [Words], weights: &Weights<'_>, row: usize, column: usize) {
        super::fill(panel, weights, row, column, words);
    }

    /// What one tile adds to its sums.
    #[inline(never)]
    pub(super) fn sums(tile: &[[i32; ROWS]], panel: &[Words]) -> Sums {
        // Row by row by name: a loop over them would have to be unrolled, which code for size is not.
        let [mut a, mut b, mut c, mut d] = [NONE; ROWS];
        for ([p, q, r, s], words) in tile.iter().zip(panel) {
            (a, b) = (add(a, *p, words), add(b, *q, words));
            (c, d) = (add(c, *r, words), add(d, *s, words));
        }
        [numbers(a), numbers(b), numbers(c), numbers(d)]
    }

    /// A row's sums with one more pair.
    #[inline(always)]
    fn add([left, right]: Words, pair: i32, [low, high]: &Words) -> Words {
        let pair = i32x4_splat(pair);
        [i32x4_add(left, i32x4_dot_i16x8(pair, *low)), i32x4_add(right, i32x4_dot_i16x8(pair, *high))]
    }

    #[inline(always)]
    fn numbers([left, right]: Words) -> [i32; COLUMNS] {
        [
            i32x4_extract_lane::<0>(left),
            i32x4_extract_lane::<1>(left),
            i32x4_extract_lane::<2>(left),
            i32x4_extract_lane::<3>(left),
            i32x4_extract_lane::<0>(right),
            i32x4_extract_lane::<1>(right),
            i32x4_extract_lane::<2>(right),
            i32x4_extract_lane::<3>(right),
        ]
    }
}

#[cfg(not(target_feature = "simd128"))]
mod lanes {
    //! Without SIMD of our own; compilers make some of this.
    use super::{COLUMNS, ROWS, Sums, Weights, pair};

    /// Pairs of neighbours of [`COLUMNS`] columns.
    pub(super) type Words = [i32; COLUMNS];

    /// No pairs.
    pub(super) const NONE: Words = [0; COLUMNS];

    /// The bytes of two rows, less what means zero, in pairs.
    fn words(first: [u8; COLUMNS], second: [u8; COLUMNS], zero: [i16; COLUMNS], signed: bool) -> Words {
        let number = |byte: u8| if signed { i16::from(byte.cast_signed()) } else { byte.into() };
        let mut words = NONE;
        for (word, ((first, second), zero)) in words.iter_mut().zip(first.iter().zip(second).zip(zero)) {
            *word = pair(number(*first) - zero, number(second) - zero);
        }
        words
    }

    /// Fills a panel.
    #[inline(never)] // It and `sums` are a fifth faster apart from the loops around them: those leave no registers.
    pub(super) fn fill(panel: &mut [Words], weights: &Weights<'_>, row: usize, column: usize) {
        super::fill(panel, weights, row, column, words);
    }

    /// What one tile adds to its sums.
    #[inline(never)]
    pub(super) fn sums(tile: &[[i32; ROWS]], panel: &[Words]) -> Sums {
        let halves = |word: i32| (i32::from(word as i16), word >> 16);
        let mut sums = [[0i32; COLUMNS]; ROWS];
        for (pairs, words) in tile.iter().zip(panel) {
            for (sums, pair) in sums.iter_mut().zip(pairs) {
                let (first, second) = halves(*pair);
                for (sum, word) in sums.iter_mut().zip(words) {
                    let (x, y) = halves(*word);
                    *sum += first * x + second * y;
                }
            }
        }
        sums
    }
}
