//! Order by numbers. One sort for all of them: each type that is sorted by itself has code of its own, of 10 KB.

/// Items by the number that each has, the least first; those that have the same stay in their order.
pub(crate) fn by<T>(items: Vec<T>, number: impl Fn(&T) -> u128) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let mut order: Vec<_> = items.iter().enumerate().map(|(at, item)| (number(item), at)).collect();
    if order.is_sorted() {
        return items;
    }
    order.sort_unstable();
    let mut items: Vec<_> = items.into_iter().map(Some).collect();
    order.into_iter().filter_map(|(_, at)| items.get_mut(at)?.take()).collect()
}

/// A number of parts, the first of which counts most: each with how many bits it has. A greater part is the greatest.
pub(crate) fn parts<const N: usize>(parts: [(usize, u32); N]) -> u128 {
    parts.into_iter().fold(0, |number, (part, bits)| {
        let greatest = (1_u128 << bits) - 1;
        number << bits | greatest.min(part as u128)
    })
}

#[cfg(test)]
#[test]
fn items_are_ordered() {
    let items = by(vec![(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd')], |item| item.0);
    assert_eq!(items.iter().map(|item| item.1).collect::<String>(), "dbac");
    assert_eq!(parts([(1, 8), (300, 8), (2, 16)]), 0x01ff_0002);
}
