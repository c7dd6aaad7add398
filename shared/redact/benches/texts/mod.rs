//! Texts as MCP servers return them, and what a scanner by patterns would look for in them. The same in each run.

use std::fmt::Write;

/// Bytes of a megabyte.
pub const MEGABYTE: usize = 1 << 20;
const SIZE: usize = 8 * MEGABYTE;

/// xorshift64*, so that each run has the same text.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn word(&mut self) -> &'static str {
        let words = WORDS.len() as u64;
        WORDS.get(self.below(words) as usize).copied().unwrap_or("")
    }

    fn sentence(&mut self, text: &mut String) {
        for _ in 0..8 + self.below(8) {
            text.push_str(self.word());
            text.push(' ');
        }
    }

    /// A card number that passes the Luhn algorithm.
    fn card(&mut self) -> String {
        let digits = format!("4{:014}", self.below(100_000_000_000_000));
        let check = (0..10).map(|check| format!("{digits}{check}")).find(|card| luhn(card));
        check.unwrap_or(digits)
    }
}

fn luhn(digits: &str) -> bool {
    let values = digits.bytes().rev().zip([1, 2].into_iter().cycle());
    let sum: u32 =
        values.map(|(digit, weight)| u32::from(digit - b'0') * weight).map(|it| it / 10 + it % 10).sum();
    sum.is_multiple_of(10)
}

const WORDS: &[&str] = &[
    "the",
    "request",
    "returned",
    "a",
    "list",
    "of",
    "open",
    "issues",
    "for",
    "this",
    "repository",
    "and",
    "each",
    "of",
    "them",
    "has",
    "title",
    "labels",
    "assignee",
    "Created",
    "by",
    "workflow",
    "README.md",
    "src/main.rs",
    "function",
    "deployment",
    "staging",
    "production",
    "cluster",
    "latency",
    "is",
    "within",
    "budget",
    "customer",
    "order",
    "shipped",
    "on",
    "Monday",
    "with",
    "update",
    "to",
    "version",
    "4.17.21",
    "in",
    "region",
    "eu-west-1",
    "naïve",
    "größe",
    "see",
    "https://example.com/docs/page?id=12",
    "error:",
    "timeout",
    "after",
    "30s",
    "retry",
    "3",
    "of",
    "5",
];

/// Sentences and lines of logs.
pub fn prose(dense: bool) -> String {
    let (mut random, mut text) = (Random(7), String::new());
    while text.len() < SIZE {
        random.sentence(&mut text);
        if dense {
            let _written = write!(text, "card {} ", random.card());
        }
        random.sentence(&mut text);
        let (hour, span, took) = (random.below(24), random.next(), random.below(900));
        let _written = write!(text, "\n2026-11-{:02}T{hour:02}:10:2{}.", 1 + hour, took % 10);
        let _written =
            writeln!(text, "{took:03}Z INFO span={span:012x} status=200 took={took}ms bytes={}", span % 9000);
    }
    text
}

/// Records such as a tool returns.
pub fn json(dense: bool) -> String {
    let (mut random, mut text) = (Random(8), String::from("["));
    while text.len() < SIZE {
        let (id, size) = (random.below(100_000), random.below(1_000_000));
        let _written =
            write!(text, "{{\"id\":{id},\"size\":{size},\"ratio\":0.{size},\"sha\":\"{:012x}", random.next());
        let _written = write!(
            text,
            "{:012x}\",\"name\":\"{}\",\"active\":true,\"text\":\"",
            random.next(),
            random.word()
        );
        random.sentence(&mut text);
        if dense {
            text.push_str(&random.card());
        }
        text.push_str("\"},\n");
    }
    text.push_str("null]");
    text
}

/// A text as a string of JSON.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// Forty patterns of the kinds that such lists have: digits in groups, letters and digits, prefixes of tokens.
pub fn patterns() -> Vec<String> {
    let mut patterns = vec![
        r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b".to_owned(),
        r"\b(?:\d{1,3}\.){3}\d{1,3}\b".to_owned(),
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b".to_owned(),
        r"\b(?:\d{4}[- ]?){3}\d{4}\b".to_owned(),
    ];
    patterns.extend((0..12).map(|length| format!(r"\b\d{{3}}[- ]?\d{{2}}[- ]?\d{{{}}}\b", length + 1)));
    patterns.extend((0..12).map(|length| format!(r"\b[A-Z]{{1,2}}\d{{{}}}[A-Z]\b", length + 5)));
    let prefixes = [
        "ghp_", "sk-", "xoxb-", "AKIA", "AIza", "glpat-", "npm_", "hf_", "SG\\.", "eyJ", "pk_live_",
        "dop_v1_",
    ];
    patterns.extend(prefixes.map(|prefix| format!(r"\b{prefix}[A-Za-z0-9_-]{{16,64}}\b")));
    patterns
}
