//! Loops over many numbers. This crate is built for size in wasm, and there the compiler does four numbers at once only in
//! loops whose length it knows: so they are cut into blocks.

/// How many numbers a block has.
const BLOCK: usize = 8;

/// Calls `f` with each number.
#[inline(always)] // Else there is nothing that could be done four at once.
pub(super) fn each<T>(values: &mut [T], f: impl Fn(&mut T)) {
    let (blocks, rest) = values.as_chunks_mut::<BLOCK>();
    for block in blocks {
        for value in block {
            f(value);
        }
    }
    for value in rest {
        f(value);
    }
}

/// Calls `f` with each number and the one that stands at its place in `others`, as far as both go.
#[inline(always)]
pub(super) fn with<T, U: Copy>(values: &mut [T], others: &[U], f: impl Fn(&mut T, U)) {
    let length = values.len().min(others.len());
    let (blocks, rest) = values.get_mut(..length).unwrap_or_default().as_chunks_mut::<BLOCK>();
    let (other_blocks, other_rest) = others.get(..length).unwrap_or_default().as_chunks::<BLOCK>();
    for (block, others) in blocks.iter_mut().zip(other_blocks) {
        for (value, other) in block.iter_mut().zip(others) {
            f(value, *other);
        }
    }
    for (value, other) in rest.iter_mut().zip(other_rest) {
        f(value, *other);
    }
}

/// What `f` makes of each number.
#[inline(always)]
pub(super) fn map<T: Copy, U: Copy + Default>(values: &[T], f: impl Fn(T) -> U) -> Vec<U> {
    let mut out = vec![U::default(); values.len()];
    with(&mut out, values, |out, value| *out = f(value));
    out
}
