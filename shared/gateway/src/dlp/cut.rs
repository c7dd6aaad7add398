//! Texts that are larger than a service takes: cuts that overlap, so that what lies across a border is whole in one.

use super::Why;
use std::ops::Range;

/// What two neighbouring cuts have in common, in the service's measure: longer than any value that is looked for.
const OVERLAP: usize = 256;

/// How large a text a service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// Bytes of UTF-8.
    Bytes(usize),
    /// Unicode code points.
    Points(usize),
}

/// `text` in cuts of at most `size`.
///
/// # Errors
/// [`Why::TooLarge`] when there were more than `most`.
pub(super) fn cut(text: &str, size: Size, most: usize) -> Result<Vec<Range<usize>>, Why> {
    let limit = match size {
        Size::Bytes(limit) | Size::Points(limit) => limit.max(2 * OVERLAP),
    };
    let weigh = |character: char| match size {
        Size::Bytes(_) => character.len_utf8(),
        Size::Points(_) => 1,
    };
    let mut cuts = Vec::new();
    // Where the next cut begins: the border that leaves an overlap.
    let (mut start, mut next, mut weight) = (0, 0, 0);
    for (at, character) in text.char_indices() {
        let wide = weigh(character);
        if weight + wide > limit {
            cuts.push(start..at);
            weight = text.get(next..at).unwrap_or_default().chars().map(weigh).sum();
            (start, next) = (next, at);
        }
        weight += wide;
        if weight <= limit - OVERLAP {
            next = at + character.len_utf8();
        }
        if cuts.len() >= most {
            return Err(Why::TooLarge);
        }
    }
    cuts.push(start..text.len());
    Ok(cuts)
}

#[cfg(test)]
mod tests {
    use super::{OVERLAP, Size, cut};
    use crate::dlp::Why;

    #[test]
    fn cuts_cover_the_text_and_overlap() {
        for (character, size, limit) in [
            ("a", Size::Bytes(1_000), 1_000),
            ("é", Size::Bytes(1_001), 1_001),
            ("😀", Size::Points(1_000), 1_000),
            ("😀", Size::Bytes(1_002), 1_002),
        ] {
            for count in [0, 1, 250, 500, 999, 1_000, 1_001, 1_745, 5_000] {
                let text = character.repeat(count);
                let cuts = cut(&text, size, 100).unwrap();
                let measure = |part: &str| match size {
                    Size::Bytes(_) => part.len(),
                    Size::Points(_) => part.chars().count(),
                };
                assert_eq!((cuts[0].start, cuts.last().unwrap().end), (0, text.len()), "{count} {character}");
                for part in &cuts {
                    assert!(measure(&text[part.clone()]) <= limit, "{count} {character}: {part:?}");
                }
                for pair in cuts.windows(2) {
                    let common = measure(&text[pair[1].start..pair[0].end]);
                    assert!((OVERLAP..OVERLAP + 4).contains(&common), "{count} {character}: {common}");
                }
                assert_eq!(cuts.len() > 1, measure(&text) > limit, "{count} {character}");
            }
        }
    }

    #[test]
    fn there_is_an_end_to_it() {
        let text = "a".repeat(5_000);
        assert_eq!(cut(&text, Size::Bytes(1_000), 6), Err(Why::TooLarge));
        assert_eq!(cut(&text, Size::Bytes(1_000), 7).map(|cuts| cuts.len()), Ok(7));
    }
}
