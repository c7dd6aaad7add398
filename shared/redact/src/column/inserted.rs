//! Values of SQL statements that insert rows.

use super::{Cell, ROW, cells};
use crate::order;

/// A value of `INSERT INTO t (a, b) VALUES (1, 2)`.
#[derive(Debug)]
pub(super) struct Inserted {
    pub start: usize,
    pub end: usize,
    pub cell: Cell,
}

/// All such values of a text.
pub(super) fn inserted(text: &str) -> Vec<Inserted> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for word in ["VALUES", "values"] {
        for (at, _) in text.match_indices(word) {
            if found.last().is_none_or(|last: &Inserted| last.end < at) {
                rows(bytes, at, at + word.len(), &mut found);
            }
        }
    }
    order::by(found, |cell| cell.start as u64)
}

/// The rows behind the word `VALUES`.
fn rows(bytes: &[u8], word: usize, mut at: usize, found: &mut Vec<Inserted>) -> Option<()> {
    let before = bytes.get(word.saturating_sub(ROW)..word)?.trim_ascii_end().strip_suffix(b")")?;
    let open = before.iter().rposition(|byte| *byte == b'(')?;
    let start = word.saturating_sub(ROW) + open + 1;
    let header = start..word.saturating_sub(ROW) + before.len();
    let names: Vec<_> = cells(before.get(open + 1..)?, b',').collect();
    loop {
        at += bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
        if bytes.get(at) != Some(&b'(') {
            return None;
        }
        let (first, row) = (found.len(), at);
        for (from, to) in &names {
            let from_here = at + 1;
            at = behind(bytes, from_here)?;
            let name = start + from..start + to;
            let cell = Cell { name, header: header.clone(), row: row..at, pair: false };
            found.push(Inserted { start: from_here, end: at, cell });
            if bytes.get(at) == Some(&b')') {
                break;
            }
        }
        if bytes.get(at) != Some(&b')') {
            found.truncate(first);
            return None;
        }
        at += 1;
    }
}

/// Where a value of a row ends: at the next comma or bracket that is not in quotes.
fn behind(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut quoted, mut depth) = (false, 0_usize);
    for (place, byte) in bytes.get(start..)?.iter().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            _ if quoted => {}
            b'(' => depth += 1,
            b')' | b',' if depth == 0 => return Some(start + place),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}
