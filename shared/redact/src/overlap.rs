//! Which finding stands where several overlap.

use crate::engine::Finding;
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
    first_come(ranked.into_iter().map(|(_, finding)| finding))
}

/// Those that do not overlap an earlier one, ordered by where they stand.
pub(crate) fn first_come<'e>(ranked: impl Iterator<Item = Finding<'e>>) -> Vec<Finding<'e>> {
    let mut findings: BTreeMap<usize, Finding<'_>> = BTreeMap::new();
    for new in ranked {
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
