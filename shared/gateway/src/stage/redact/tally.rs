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
    services: Vec<Row>,
    services_ms: u64,
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
        add(&mut self.rows, Row { way, kind: kind.to_owned(), done, count });
    }

    /// Adds the counts of a message.
    pub fn take(&mut self, other: Self) {
        for row in other.rows {
            self.add(row.way, &row.kind, row.done, row.count);
        }
    }

    /// Counts what a service said of a message, and the time that it took, in ms.
    pub fn asked(&mut self, way: Way, service: &str, said: &'static str, ms: u64) {
        add(&mut self.services, Row { way, kind: service.to_owned(), done: said, count: 1 });
        self.services_ms = self.services_ms.saturating_add(ms);
    }

    /// How many values became something that can be made into them again.
    #[must_use]
    pub fn tokens(&self, way: Way) -> u64 {
        let tokens = |row: &&Row| row.way == way && matches!(row.done, "token" | "preserve");
        self.rows.iter().filter(tokens).map(|row| row.count).fold(0, u64::saturating_add)
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.services.is_empty()
    }

    /// The members of a record: `,"redacted":{"response":{"US_SSN":{"tag":2}}}`, and
    /// `,"dlp":{"request":{"purview":{"pass":1}}},"dlp_ms":80` where services were asked.
    #[must_use]
    pub fn members(&self) -> String {
        let mut out = String::new();
        if !self.rows.is_empty() {
            out.push_str(",\"redacted\":");
            push(&mut out, &self.rows);
        }
        if !self.services.is_empty() {
            out.push_str(",\"dlp\":");
            push(&mut out, &self.services);
            let _ = write!(out, ",\"dlp_ms\":{}", self.services_ms);
        }
        out
    }
}

fn add(rows: &mut Vec<Row>, new: Row) {
    let same = |row: &&mut Row| row.way == new.way && row.done == new.done && row.kind == new.kind;
    if let Some(row) = rows.iter_mut().find(same) {
        row.count = row.count.saturating_add(new.count);
    } else if rows.len() < ROWS {
        rows.push(new);
    } else if let Some(last) = rows.last_mut() {
        "(others)".clone_into(&mut last.kind);
        last.count = last.count.saturating_add(new.count);
    }
}

/// `{"response":{"US_SSN":{"tag":2}}}`
fn push(out: &mut String, rows: &[Row]) {
    let comma = |out: &mut String, first: bool| {
        if !first {
            out.push(',');
        }
    };
    out.push('{');
    let ways = Way::ALL.into_iter().filter(|way| rows.iter().any(|row| row.way == *way));
    for (at, way) in ways.enumerate() {
        comma(out, at == 0);
        let _ = write!(out, "\"{}\":{{", way.name());
        let mut kinds: Vec<&str> =
            rows.iter().filter(|row| row.way == way).map(|row| row.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for (at, kind) in kinds.into_iter().enumerate() {
            comma(out, at == 0);
            quote(out, kind);
            out.push_str(":{");
            for (at, row) in rows.iter().filter(|row| row.way == way && row.kind == kind).enumerate() {
                comma(out, at == 0);
                let _ = write!(out, "\"{}\":{}", row.done, row.count);
            }
            out.push('}');
        }
        out.push('}');
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_way_type_and_what_was_done() {
        let mut tally = Tally::default();
        assert!(tally.is_empty() && tally.members().is_empty());
        for (way, kind, done) in [
            (Way::Response, "US_SSN", "tag"),
            (Way::Request, "EMAIL_ADDRESS", "mask"),
            (Way::Response, "US_SSN", "clear"),
            (Way::Response, "CREDIT_CARD", "tag"),
            (Way::Response, "US_SSN", "tag"),
        ] {
            tally.count(way, kind, done);
        }
        let mut all = Tally::default();
        all.take(tally.clone());
        all.asked(Way::Request, "purview", "block", 80);
        all.asked(Way::Request, "purview", "deadline", 0);
        let redacted = r#","redacted":{"request":{"EMAIL_ADDRESS":{"mask":1}},"response":{"CREDIT_CARD":{"tag":1},"US_SSN":{"tag":2,"clear":1}}}"#;
        assert_eq!(tally.members(), redacted);
        let dlp = r#","dlp":{"request":{"purview":{"block":1,"deadline":1}}},"dlp_ms":80"#;
        assert_eq!(all.members(), format!("{redacted}{dlp}"));
    }

    #[test]
    fn is_bounded() {
        let mut tally = Tally::default();
        for number in 0..10_000 {
            tally.count(Way::Response, &format!("T{number}"), "tag");
        }
        let total: u64 = tally.rows.iter().map(|row| row.count).sum();
        assert_eq!((tally.rows.len(), total), (ROWS, 10_000));
    }
}
