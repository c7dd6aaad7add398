//! Which finding stands where several overlap.

use crate::engine::{Finding, is_by_name};
use crate::order;
use std::collections::BTreeMap;

/// Findings of several looks at a text: where they overlap, the surest stands, then one of those that know better what the
/// text says, then the longest.
pub(crate) fn apart<'e>(better: Vec<Finding<'e>>, others: Vec<Finding<'e>>) -> Vec<Finding<'e>> {
    let ranked: Vec<_> = [(0, better), (1, others)]
        .into_iter()
        .flat_map(|(rank, findings)| findings.into_iter().map(move |it| (rank, it)))
        .collect();
    let ranked = order::by(ranked, |(rank, it)| {
        order::parts([
            order::rest(usize::from(it.level), 7),
            (*rank, 1),
            order::rest(it.end - it.start, 28),
            (it.start, 28),
        ])
    });
    first_come(ranked.into_iter().map(|(_, finding)| finding).collect())
}

/// Those that do not overlap an earlier one, ordered by where they stand. What is known by the name that it stands under
/// comes before what is a part of it: the rest of it would stay.
pub(crate) fn first_come(ranked: Vec<Finding<'_>>) -> Vec<Finding<'_>> {
    let mut findings: BTreeMap<usize, Finding<'_>> = BTreeMap::new();
    for new in with_parts(&ranked).into_iter().chain(ranked) {
        // None of those that are in overlaps another, so that a new one may only touch its neighbours.
        let free_before =
            findings.range(..=new.start).next_back().is_none_or(|(_, known)| known.end <= new.start);
        let free_after = findings.range(new.start..).next().is_none_or(|(start, _)| new.end <= *start);
        if free_before && free_after {
            findings.insert(new.start, new);
        }
    }
    findings.into_values().collect()
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
