//! Secrets in columns whose name says so.

use super::assign::{judge, promises};
use super::key::Key;
use super::place::{FLOOR, Value};
use crate::column::{cells, header, is_separator};
use crate::scan::Scan;

/// Looks at the cells below names such as `password`, as long as lines have as many cells as the first one.
pub(crate) fn columns(scan: &mut Scan<'_>) {
    let bytes = scan.bytes;
    let Some(names) = header(bytes).and_then(|end| bytes.get(..end)) else { return };
    let Some(separator) = names.iter().copied().find(|byte| is_separator(*byte)) else { return };
    let secret: Vec<Option<Key>> =
        cells(names, separator).map(|(from, to)| names.get(from..to).map(Key::of).filter(promises)).collect();
    if secret.iter().all(Option::is_none) {
        return;
    }
    let mut start = names.len() + 1;
    while let Some(line) = bytes.get(start..).and_then(|rest| rest.split(|byte| *byte == b'\n').next()) {
        if cells(line, separator).count() != secret.len() {
            return;
        }
        for (key, (from, to)) in secret.iter().zip(cells(line, separator)) {
            let Some(key) = key else { continue };
            let quote = line.get(from).copied().filter(|byte| *byte == b'"' && to > from + 2);
            let from = start + from + usize::from(quote.is_some());
            judge(scan, key, 0, Value { start: from, quote: quote.unwrap_or(0), floor: FLOOR });
        }
        start += line.len() + 1;
    }
}
