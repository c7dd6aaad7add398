//! Order by numbers. One sort for all of them: each type that is sorted by itself has code of its own, of 10 KB.

/// Items by the number that each has, the least first; those that have the same stay in their order.
pub(crate) fn by<T>(items: Vec<T>, number: impl Fn(&T) -> u64) -> Vec<T> {
    let Some(places) = places(items.iter().map(number).collect()) else { return items };
    let mut left: Vec<_> = items.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(left.len());
    for place in places {
        ordered.extend(left.get_mut(place).and_then(Option::take));
    }
    ordered
}

/// The places of numbers in their order; none if they are in order.
#[inline(never)]
fn places(numbers: Vec<u64>) -> Option<Vec<usize>> {
    if numbers.is_sorted() {
        return None;
    }
    let mut order: Vec<_> = numbers.into_iter().zip(0..).collect();
    order.sort_unstable();
    Some(order.into_iter().map(|(_, place)| place).collect())
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
    let items = by(vec![(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd')], |item| item.0);
    assert_eq!(items.iter().map(|item| item.1).collect::<String>(), "dbac");
    assert_eq!(parts([(1, 8), (300, 8), (2, 16), rest(3, 8), rest(999, 8)]), 0x01ff_0002_fc00);
}
