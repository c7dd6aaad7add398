//! What was found, for the record: how often which type, and what became of it. Never a value.

use crate::mcp::json::quote;
use crate::tenant::Way;
use std::fmt::Write as _;

/// Most rows of one record: types times directions times what was done. What is beyond is counted together.
const ROWS: usize = 64;

/// The counts of one record.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    way: Way,
    kind: String,
    done: &'static str,
    count: u64,
}

impl Tally {
    /// Counts a value of `kind` that `done` was done with.
    pub fn count(&mut self, way: Way, kind: &str, done: &'static str) {
        self.add(way, kind, done, 1);
    }

    /// Counts several.
    pub fn add(&mut self, way: Way, kind: &str, done: &'static str, count: u64) {
        if let Some(row) =
            self.rows.iter_mut().find(|row| row.way == way && row.done == done && row.kind == kind)
        {
            row.count = row.count.saturating_add(count);
        } else if self.rows.len() < ROWS {
            self.rows.push(Row { way, kind: kind.to_owned(), done, count });
        } else if let Some(last) = self.rows.last_mut() {
            "(others)".clone_into(&mut last.kind);
            last.count = last.count.saturating_add(count);
        }
    }

    /// Adds the counts of a message.
    pub fn take(&mut self, other: Self) {
        for row in other.rows {
            self.add(row.way, &row.kind, row.done, row.count);
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// `{"response":{"US_SSN":{"tag":2}}}`
    #[must_use]
    pub fn json(&self) -> String {
        let mut out = String::from("{");
        for way in Way::ALL {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.way == way).collect();
            if rows.is_empty() {
                continue;
            }
            if out.len() > 1 {
                out.push(',');
            }
            let _ = write!(out, "\"{}\":{{", way.name());
            let mut kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
            kinds.sort_unstable();
            kinds.dedup();
            for (at, kind) in kinds.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                quote(&mut out, kind);
                out.push_str(":{");
                let done = rows.iter().filter(|row| row.kind == kind);
                for (at, row) in done.enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    let _ = write!(out, "{comma}\"{}\":{}", row.done, row.count);
                }
                out.push('}');
            }
            out.push('}');
        }
        out.push('}');
        out
    }
}
