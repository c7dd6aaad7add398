//! Order by numbers. One sort for all of them: each type that is sorted by itself has code of its own, of 10 KB.

/// Items by the number that each has, the least first; those that have the same stay in their order. The numbers are asked
/// for in the order of the items.
pub(crate) fn by<T>(mut items: Vec<T>, mut number: impl FnMut(&T) -> u64) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let swaps = swaps(items.len(), &mut |at| items.get(at).map_or(0, &mut number));
    for (one, other) in swaps {
        items.swap(one, other);
    }
    items
}

/// Which places are to be swapped, one after the other, so that numbers come in their order.
#[inline(never)]
fn swaps(count: usize, number: &mut dyn FnMut(usize) -> u64) -> Vec<(usize, usize)> {
    let mut swaps = Vec::new();
    let mut order: Vec<_> = (0..count).map(|at| (number(at), at)).collect();
    if order.is_sorted_by_key(|it| it.0) {
        return swaps;
    }
    order.sort_unstable();
    // Where each item comes from. What is in its place comes from there.
    for first in 0..order.len() {
        let mut place = first;
        while let Some((_, from)) = order.get_mut(place) {
            let from = std::mem::replace(from, place);
            if from == first || from == place {
                break;
            }
            swaps.push((place, from));
            place = from;
        }
    }
    swaps
}

/// A number of parts, the first of which counts most: each with how many bits it has. One that has no room is the greatest.
pub(crate) fn parts<const N: usize>(parts: [(usize, u32); N]) -> u64 {
    parts.into_iter().fold(0, |number, (part, bits)| number << bits | (part as u64).min((1 << bits) - 1))
}

/// The rest of a part, which is the less the greater that is.
pub(crate) fn rest(part: usize, bits: u32) -> (usize, u32) {
    (((1_usize << bits) - 1).saturating_sub(part), bits)
}

#[cfg(test)]
#[test]
fn items_are_ordered() {
    let items = by(vec![(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (5, 'e'), (4, 'f')], |item| item.0);
    assert_eq!(items.iter().map(|item| item.1).collect::<String>(), "dbacfe");
    let items = by((0..100).map(|at| at * 37 % 101).collect(), |item| *item);
    assert!(items.is_sorted() && items.len() == 100);
    assert_eq!(parts([(1, 8), (300, 8), (2, 16), rest(3, 8), rest(999, 8)]), 0x01ff_0002_fc00);
}
