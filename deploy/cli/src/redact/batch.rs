//! Many texts, a line of JSON each.

use super::{Found, replacer, tagged};
use crate::input::{self, Lines, MOST_BYTES};
use anyhow::{Context, Result};
use postern_redact::Engine;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::{BufRead, Write};

/// A line.
#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    id: Value,
    text: String,
}

/// Its answer.
#[derive(Serialize)]
struct Answer {
    id: Value,
    findings: Vec<Finding>,
    text: String,
}

#[derive(Serialize)]
struct Finding {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: String,
    level: u8,
    why: String,
}

/// Answers all lines; returns how many could not be read.
///
/// # Errors
/// When the input cannot be read or a line is too long.
pub fn run(engine: &Engine, input: &mut dyn BufRead, output: &mut dyn Write) -> Result<usize> {
    let mut lines = Lines::of(input, MOST_BYTES);
    let mut wrong = 0;
    while let Some(line) = lines.next()? {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match read(line) {
            Ok(item) => serde_json::to_writer(&mut *output, &answer(engine, item)),
            Err(error) => {
                wrong += 1;
                let error = json!({ "id": null, "line": lines.number, "error": format!("{error:#}") });
                serde_json::to_writer(&mut *output, &error)
            }
        }
        .context("cannot write")?;
        output.write_all(b"\n").and_then(|()| output.flush()).context("cannot write")?;
    }
    Ok(wrong)
}

fn read(line: Vec<u8>) -> Result<Item> {
    let text = input::text(line)?;
    serde_json::from_str(&text).context("it is no {\"id\": ..., \"text\": \"...\"}")
}

fn answer(engine: &Engine, item: Item) -> Answer {
    let Some((text, found)) = tagged(engine, &mut replacer(), &item.text) else {
        return Answer { id: item.id, findings: Vec::new(), text: item.text };
    };
    let mut points = Points { text: &item.text, byte: 0, point: 0 };
    let findings = found.into_iter().map(|Found { start, end, kind, level, why }| {
        let (start, end) = (points.at(start), points.at(end));
        Finding { start, end, kind, level, why }
    });
    Answer { findings: findings.collect(), id: item.id, text }
}

/// Code points before a byte; bytes are mostly asked for in their order.
struct Points<'t> {
    text: &'t str,
    byte: usize,
    point: usize,
}

impl Points<'_> {
    fn at(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.point) = (0, 0);
        }
        self.point += self.text.get(self.byte..byte).map_or(0, |between| between.chars().count());
        self.byte = byte;
        self.point
    }
}
