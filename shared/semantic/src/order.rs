//! The one sort of questions and their answers. Each kind that the standard library makes is some 5 KB of wasm.

use std::cmp::Ordering;

/// The places of `count` things, in the order that `compare` says of two places; equal ones stay as they are.
pub fn order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    let mut merged = Vec::with_capacity(count);
    let mut width = 1;
    while width < count {
        merged.clear();
        for both in places.chunks(width * 2) {
            let (mut left, mut right) = both.split_at_checked(width).unwrap_or((both, &[]));
            while let ([one, ones @ ..], [other, others @ ..]) = (left, right) {
                if compare(*other, *one).is_lt() {
                    merged.push(*other);
                    right = others;
                } else {
                    merged.push(*one);
                    left = ones;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut places, &mut merged);
        width *= 2;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn equal_things_stay_in_their_order() {
        let mut state = 1u32;
        for count in [0, 1, 2, 3, 7, 8, 9, 100, 1_000] {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 28
            };
            let things: Vec<u32> = (0..count).map(|_| next()).collect();
            let mut expected: Vec<usize> = (0..count).collect();
            expected.sort_by_key(|at| things[*at]);
            assert_eq!(order(count, &|a, b| things[a].cmp(&things[b])), expected);
        }
    }
}
