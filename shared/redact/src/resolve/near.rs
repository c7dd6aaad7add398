//! The phrases that may speak of hits: those near to them, and those in the names of their columns.

use super::{WORDS, reach};
use crate::column::Tables;
use crate::lexicon::{Lexicon, Mention};
use crate::noise;
use crate::order;
use crate::scan::Hit;
use std::ops::Range;

/// The phrases of a text that are near to a hit.
pub fn mentions_near(lexicon: &Lexicon, text: &str, hits: &[Hit<'_>]) -> Vec<Mention> {
    let place = |hit: &Hit<'_>| {
        let around = reach(hit) + WORDS;
        (hit.start.saturating_sub(around), hit.end.saturating_add(around).min(text.len()))
    };
    let places = order::by(hits.iter().map(place).collect(), |place| place.0 as u64);
    let mut places = places.into_iter().peekable();
    let mut mentions = Vec::new();
    let tags = text.contains('<');
    while let Some((first, mut last)) = places.next() {
        while let Some((_, end)) = places.next_if(|(start, _)| *start < last) {
            last = last.max(end);
        }
        let start = text.floor_char_boundary(first);
        let end = text.ceil_char_boundary(last);
        let near = lexicon.mentions(text.get(start..end).unwrap_or(""));
        let near = near.into_iter().map(|mention| mention.behind(start));
        mentions.extend(near.filter(|mention| !noise::is_silent(text, tags, mention.start, mention.end)));
    }
    mentions
}

/// The phrases in the names of the columns that hits stand in, in order.
pub fn names_of_columns(lexicon: &Lexicon, text: &str, hits: &[Hit<'_>]) -> Vec<Mention> {
    let mut tables = Tables::default();
    let headers = hits.iter().filter_map(|hit| tables.cell(text, &(hit.start..hit.end))).map(|it| it.header);
    let mut headers = order::by(headers.collect(), |header| header.start as u64);
    headers.dedup();
    let mentions = |header: Range<usize>| {
        let found = lexicon.mentions_in_name(text.get(header.clone()).unwrap_or(""));
        found.into_iter().map(move |mention| mention.behind(header.start))
    };
    headers.into_iter().flat_map(mentions).collect()
}
