//! Which finding stands where several overlap.

use crate::engine::{Finding, is_by_name};
use crate::order;

/// Findings of several looks at a text: where they overlap, the surest stands, then one of those that know better what the
/// text says, then the longest.
pub(crate) fn apart<'e>(better: Vec<Finding<'e>>, others: Vec<Finding<'e>>) -> Vec<Finding<'e>> {
    let mut left = better.len();
    let mut all = better;
    all.extend(others);
    let ranked = order::by(all, |it| {
        let rank = usize::from(left == 0);
        left = left.saturating_sub(1);
        order::parts([
            order::rest(usize::from(it.level), 7),
            (rank, 1),
            order::rest(it.end - it.start, 28),
            (it.start, 28),
        ])
    });
    first_come(ranked)
}

/// Those that do not overlap an earlier one, ordered by where they stand. What is known by the name that it stands under
/// comes before what is a part of it: the rest of it would stay.
pub(crate) fn first_come(ranked: Vec<Finding<'_>>) -> Vec<Finding<'_>> {
    if ranked.len() < 2 {
        return ranked;
    }
    let mut findings = with_parts(&ranked);
    findings.extend(ranked);
    let start = findings.iter().map(|it| it.start).min().unwrap_or(0);
    let end = findings.iter().map(|it| it.end).max().unwrap_or(0);
    // A bit for each byte from the first one on, whether it is taken.
    let mut taken = vec![0_u64; (end - start).div_ceil(64)];
    findings.retain(|it| take(&mut taken, it.start - start, it.end - start));
    order::by(findings, |it| it.start as u64)
}

/// Takes a range of bits, if none of them is taken.
fn take(taken: &mut [u64], start: usize, end: usize) -> bool {
    let words = start / 64..end.div_ceil(64);
    let from = words.start * 64;
    let Some(taken) = taken.get_mut(words) else { return false };
    let mask = |at: usize| {
        let before = start.saturating_sub(from + at * 64);
        let behind = (from + at * 64 + 64).saturating_sub(end);
        u64::MAX << before & u64::MAX >> behind
    };
    let free = taken.iter().enumerate().all(|(at, word)| word & mask(at) == 0);
    if free {
        for (at, word) in taken.iter_mut().enumerate() {
            *word |= mask(at);
        }
    }
    free
}

/// Those that are known by a name and that others are a part of, the longest first.
fn with_parts<'e>(ranked: &[Finding<'e>]) -> Vec<Finding<'e>> {
    let named: Vec<_> = ranked.iter().copied().filter(|it| is_by_name(it.entry.name)).collect();
    if named.is_empty() {
        return named;
    }
    let places = ranked.iter().map(|it| (it.start, it.end)).collect();
    let places: Vec<(usize, usize)> = order::by(places, |place| place.0 as u64);
    let has_parts = |it: &Finding<'_>| {
        let from = places.partition_point(|place| place.0 < it.start);
        let mut within = places.iter().skip(from).take_while(|place| place.0 < it.end);
        within.any(|place| place.1 <= it.end && *place != (it.start, it.end))
    };
    let wholes = named.into_iter().filter(has_parts).collect();
    order::by(wholes, |it: &Finding<'_>| order::parts([order::rest(it.end - it.start, 28)]))
}

#[cfg(test)]
#[test]
fn ranges_are_taken_once() {
    let mut taken = vec![0; 4];
    for (start, end, expected) in [
        (0, 1, true),
        (1, 64, true),
        (63, 65, false),
        (64, 65, true),
        (66, 192, true),
        (130, 131, false),
        (65, 66, true),
        (191, 193, false),
        (192, 256, true),
        (0, 256, false),
        (0, 257, false),
    ] {
        assert_eq!(take(&mut taken, start, end), expected, "{start}..{end}");
    }
}
