//! Findings: where services count from, and what is made of findings that overlap.

use super::Why;
use std::cmp::Reverse;

/// Longest name of a type that is taken over from a service.
const TYPE_CHARS: usize = 64;

/// What a service counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes of UTF-8.
    Byte,
    /// Unicode code points.
    Point,
    /// UTF-16 code units.
    Utf16,
}

/// A finding as a service tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// First position, in the service's unit.
    pub start: usize,
    /// One past the last position.
    pub end: usize,
    /// The type, as the service calls it.
    pub kind: String,
    /// How sure the service is, in hundredths.
    pub score: u8,
}

/// A part of a text that is to be replaced: bytes, on borders of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The type, fit to stand in a text and in a record.
    pub kind: String,
    /// How sure the service is, in hundredths.
    pub score: u8,
}

/// Findings of `text` as spans that start `offset` bytes later. One that begins or ends inside a character takes it
/// whole; empty ones are left out.
///
/// # Errors
/// [`Why::Malformed`] for one that ends before it begins, or behind the text: the service speaks of another text.
pub(super) fn resolve(text: &str, unit: Unit, found: Vec<Found>, offset: usize) -> Result<Vec<Span>, Why> {
    let starts: Vec<usize> = found.iter().map(|found| found.start).collect();
    let ends: Vec<usize> = found.iter().map(|found| found.end).collect();
    let starts = positions(text, unit, &starts, false);
    let ends = positions(text, unit, &ends, true);
    let mut spans = Vec::new();
    for ((found, start), end) in found.into_iter().zip(starts).zip(ends) {
        let (Some(start), Some(end)) = (start, end) else { return Err(Why::Malformed) };
        if found.end < found.start {
            return Err(Why::Malformed);
        }
        if found.end > found.start {
            let (start, end) = (start + offset, end + offset);
            spans.push(Span { start, end, kind: fit(&found.kind), score: found.score });
        }
    }
    Ok(spans)
}

/// The bytes at which `wanted` positions are, in one pass; inside a character its first byte, or the one after its
/// last with `up`. `None` for a position behind the text.
fn positions(text: &str, unit: Unit, wanted: &[usize], up: bool) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&index| wanted.get(index));
    let mut found = vec![None; wanted.len()];
    let mut order = order.into_iter().peekable();
    let mut before = 0;
    let ends = std::iter::once((text.len(), None));
    for (at, character) in text.char_indices().map(|(at, character)| (at, Some(character))).chain(ends) {
        let width = character.map_or(1, |character| match unit {
            Unit::Byte => character.len_utf8(),
            Unit::Point => 1,
            Unit::Utf16 => character.len_utf16(),
        });
        while let Some(&index) = order.peek() {
            let position = wanted.get(index).copied().unwrap_or(usize::MAX);
            if position >= before + width {
                break;
            }
            order.next();
            let inside = position > before && up;
            let end = at + character.map_or(0, char::len_utf8);
            if let Some(slot) = found.get_mut(index) {
                *slot = Some(if inside { end } else { at });
            }
        }
        before += width;
    }
    found
}

/// A service's name of a type as it may stand in texts.
fn fit(kind: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' };
    let fit: String = kind.chars().take(TYPE_CHARS).map(plain).collect();
    if fit.is_empty() { "SENSITIVE".to_owned() } else { fit }
}

/// Spans in order, overlapping ones as one with the surest type; of equally sure ones the longest, then the first.
pub(super) fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| (a.start, Reverse(a.end), &a.kind).cmp(&(b.start, Reverse(b.end), &b.kind)));
    let mut merged: Vec<(Span, usize)> = Vec::new();
    for span in spans {
        let length = span.end - span.start;
        match merged.last_mut() {
            Some((last, best)) if span.start < last.end => {
                last.end = last.end.max(span.end);
                if (span.score, length) > (last.score, *best) {
                    (last.kind, last.score, *best) = (span.kind, span.score, length);
                }
            }
            _ => merged.push((span, length)),
        }
    }
    merged.into_iter().map(|(span, _)| span).collect()
}

#[cfg(test)]
mod tests {
    use super::{Found, Span, Unit, merge, resolve};

    fn found(start: usize, end: usize) -> Vec<Found> {
        vec![Found { start, end, kind: "A B".to_owned(), score: 50 }]
    }

    #[test]
    fn positions_are_counted_as_the_service_counts() {
        // a, e with an accent (2 bytes), a face (4 bytes, 2 units of UTF-16), b.
        let text = "aé😀b";
        for (unit, start, end, expected) in [
            (Unit::Byte, 0, 1, Some("a")),
            (Unit::Byte, 1, 3, Some("é")),
            (Unit::Byte, 3, 7, Some("😀")),
            (Unit::Byte, 7, 8, Some("b")),
            (Unit::Byte, 2, 4, Some("é😀")),
            (Unit::Byte, 7, 9, None),
            (Unit::Point, 1, 3, Some("é😀")),
            (Unit::Point, 3, 4, Some("b")),
            (Unit::Point, 0, 4, Some("aé😀b")),
            (Unit::Point, 4, 5, None),
            (Unit::Utf16, 2, 4, Some("😀")),
            (Unit::Utf16, 3, 4, Some("😀")),
            (Unit::Utf16, 2, 3, Some("😀")),
            (Unit::Utf16, 4, 5, Some("b")),
            (Unit::Utf16, 5, 6, None),
            (Unit::Utf16, 3, 2, None),
        ] {
            let spans = resolve(text, unit, found(start, end), 10);
            let part = spans.as_ref().ok().map(|spans| &text[spans[0].start - 10..spans[0].end - 10]);
            assert_eq!(part, expected, "{unit:?} {start}..{end}");
        }
        assert_eq!(resolve(text, Unit::Point, found(2, 2), 0), Ok(Vec::new()));
        assert_eq!(resolve("", Unit::Point, Vec::new(), 0), Ok(Vec::new()));
        assert_eq!(
            resolve(text, Unit::Point, found(0, 1), 0).map(|spans| spans[0].kind.clone()),
            Ok("A_B".into())
        );
    }

    #[test]
    fn overlapping_findings_are_one() {
        let span = |start, end, kind: &str, score| Span { start, end, kind: kind.to_owned(), score };
        for (spans, expected) in [
            (vec![span(5, 9, "B", 50), span(0, 4, "A", 50)], vec![span(0, 4, "A", 50), span(5, 9, "B", 50)]),
            (vec![span(0, 4, "A", 50), span(4, 9, "B", 50)], vec![span(0, 4, "A", 50), span(4, 9, "B", 50)]),
            (vec![span(0, 6, "A", 50), span(3, 9, "B", 85)], vec![span(0, 9, "B", 85)]),
            (vec![span(0, 6, "A", 85), span(3, 9, "B", 50)], vec![span(0, 9, "A", 85)]),
            (vec![span(0, 2, "A", 50), span(0, 9, "B", 50)], vec![span(0, 9, "B", 50)]),
            (
                vec![span(0, 9, "A", 50), span(2, 3, "B", 60), span(8, 12, "C", 55)],
                vec![span(0, 12, "B", 60)],
            ),
            (vec![span(0, 4, "B", 50), span(0, 4, "A", 50)], vec![span(0, 4, "A", 50)]),
        ] {
            assert_eq!(merge(spans), expected);
        }
    }
}
