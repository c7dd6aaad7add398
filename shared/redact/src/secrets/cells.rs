//! Secrets in columns whose name says so.

use super::assign::{judge, promises};
use super::key::Key;
use super::place::{FLOOR, Value};
use crate::column::{self, Table};
use crate::scan::Scan;

/// Looks at the cells of a table, up to where that returns, below names such as `password`.
pub(crate) fn columns(scan: &mut Scan<'_>, table: &Table) -> usize {
    let known = |name: &str| Some(Key::of(name.as_bytes())).filter(promises);
    column::each(scan, table, known, |scan, key, range| {
        let quote = match scan.before(range.start) {
            quote @ (b'"' | b'`') => quote,
            _ => 0,
        };
        judge(scan, key, 0, Value { start: range.start, quote, floor: FLOOR });
    })
}
