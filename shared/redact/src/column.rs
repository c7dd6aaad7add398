//! Columns of separated values, which the first line names.

use std::ops::Range;

/// The longest line that is looked at.
const LINE: usize = 600;

/// Where the first line of a text ends, if it may name columns.
pub(crate) fn header(text: &[u8]) -> Option<usize> {
    let near = text.get(..LINE).unwrap_or(text);
    // Most have no line, which is told eight bytes at a time.
    let end = near.contains(&b'\n').then(|| near.iter().position(|byte| *byte == b'\n'))??;
    text.get(..end)?.iter().any(|byte| is_separator(*byte)).then_some(end)
}

/// Whether a byte may stand between cells.
pub(crate) const fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'\t' | b'|')
}

/// Where the name of the column stands in which a value is a whole cell. `header` is where the first line ends; the line of
/// the value has as many cells.
pub(crate) fn name(text: &[u8], header: usize, value: Range<usize>) -> Option<Range<usize>> {
    let at = |at: Option<usize>| at.and_then(|at| text.get(at)).copied().unwrap_or(b'\n');
    let quoted = at(value.start.checked_sub(1)) == b'"' && at(Some(value.end)) == b'"';
    let start = value.start - usize::from(quoted);
    let end = value.end + usize::from(quoted);
    let (before, behind) = (at(start.checked_sub(1)), at(Some(end)));
    let separator = [before, behind].into_iter().find(|byte| is_separator(*byte))?;
    let bounds = |byte: u8| byte == separator || matches!(byte, b'\n' | b'\r');
    if start <= header || !bounds(before) || !bounds(behind) {
        return None;
    }
    let names = text.get(..header)?;
    let near = text.get(start.saturating_sub(LINE)..start)?;
    let line = near.get(near.iter().rposition(|byte| *byte == b'\n')? + 1..)?;
    let rest = text.get(end..text.len().min(end + LINE))?;
    let rest = rest.split(|byte| *byte == b'\n').next()?;
    let place = separators(line, separator).count();
    if place + separators(rest, separator).count() != separators(names, separator).count() {
        return None;
    }
    let from = match place.checked_sub(1) {
        Some(before) => separators(names, separator).nth(before)? + 1,
        None => 0,
    };
    Some(from..separators(names, separator).nth(place).unwrap_or(header))
}

/// Where the separators of a line stand, without those in quotes.
fn separators(line: &[u8], separator: u8) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    line.iter().enumerate().filter_map(move |(at, byte)| {
        quoted ^= *byte == b'"';
        (*byte == separator && !quoted).then_some(at)
    })
}

/// From where to where each cell of a line is.
pub(crate) fn cells(line: &[u8], separator: u8) -> impl Iterator<Item = (usize, usize)> {
    let mut from = 0;
    separators(line, separator).chain([line.len()]).map(move |to| (std::mem::replace(&mut from, to + 1), to))
}

#[cfg(test)]
#[test]
fn cells_have_the_name_of_their_column() {
    for (text, value, expected) in [
        ("a,b\n1,2\n", "2", Some("b")),
        ("a;b\n1;2", "1", Some("a")),
        ("a\tb\n\"x\ty\"\t2", "2", Some("b")),
        ("a,b\n0,\"2\"\n", "2", Some("b")),
        ("a,b\n1,x 2", "2", None),
        ("a,b\n1,2,3", "2", None),
        ("a b\n1,2", "2", None),
        ("a,2", "2", None),
    ] {
        let start = text.find(value).unwrap();
        let names = header(text.as_bytes());
        let found = names.and_then(|end| name(text.as_bytes(), end, start..start + value.len()));
        assert_eq!(found.and_then(|range| text.get(range)), expected, "{text}");
    }
}
