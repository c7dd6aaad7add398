//! Speed on text as MCP servers return it: `cargo bench -p postern-redact`. Prints megabytes a second of one thread, the
//! best of several rounds; beside it what forty patterns in turn reach with regex-lite.
//!
//! Measures only the standard library's clock and needs no threads, so that it runs in wasm as well (wasm32-wasip1).

mod texts;

use postern_redact::{Context, Engine, Replacement};
use regex_lite::Regex;
use std::hint::black_box;
use std::time::{Duration, Instant};
use texts::{MEGABYTE, json, patterns, prose, quoted};

const ROUNDS: usize = 5;

fn main() {
    let engine = Engine::new(None, 65);
    for (name, dense) in [("clean", false), ("a value per 200 bytes", true)] {
        let (text, json) = (prose(dense), json(dense));
        row(name, "find, text", text.len(), || find(&engine, &text));
        row(name, "find, text of short lines", text.len(), || {
            text.lines().map(|line| find(&engine, line)).sum()
        });
        row(name, "redact text", text.len(), || redact(&engine, &text, Engine::redact_text));
        row(name, "redact JSON", json.len(), || redact(&engine, &json, Engine::redact_json));
        let nested = format!("{{\"content\":[{{\"type\":\"text\",\"text\":{}}}]}}", quoted(&json));
        row(name, "redact JSON in a string", nested.len(), || redact(&engine, &nested, Engine::redact_json));
    }
    let patterns = patterns();
    let patterns: Vec<_> = patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect();
    let sample = prose(true).get(..MEGABYTE / 4).unwrap_or("").to_owned();
    row("a value per 200 bytes", "regex-lite, 40 patterns", sample.len(), || {
        patterns.iter().map(|pattern| pattern.find_iter(&sample).count()).sum()
    });
}

fn find(engine: &Engine, text: &str) -> usize {
    engine.find(text, &Context::default()).len()
}

type Redact = fn(&Engine, &str, &Context<'_>, &mut postern_redact::Replace<'_>) -> Option<String>;

fn redact(engine: &Engine, text: &str, redact: Redact) -> usize {
    let mut found = 0;
    let redacted = redact(engine, text, &Context::default(), &mut |finding, _, _| {
        found += 1;
        Replacement::Text(format!("[{}_{found}]", finding.entry.name))
    });
    black_box(redacted);
    found
}

/// Runs it several times and prints the best.
fn row(text: &str, what: &str, bytes: usize, mut run: impl FnMut() -> usize) {
    let mut best = Duration::MAX;
    let mut found = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        found = black_box(run());
        best = best.min(start.elapsed());
    }
    let speed = bytes as f64 / MEGABYTE as f64 / best.as_secs_f64();
    println!("{text:<22} {what:<26} {speed:>8.1} MB/s {found:>7} found");
}
