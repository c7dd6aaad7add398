//! Text, JSON and JSON Lines.

use super::{Found, replacer, tagged};
use crate::input::{Lines, MOST_BYTES};
use anyhow::{Result, bail};
use postern_redact::Engine;
use postern_redact::operators::Replacer;
use serde::de::IgnoredAny;
use std::io::{BufRead, Write};

/// Size of a piece of text.
const PIECE_BYTES: usize = 64 * 1024;
/// A key's block is not cut at a piece's end, unless it is longer than this.
const BLOCK_BYTES: usize = 2 * PIECE_BYTES;

/// What is printed.
#[derive(Debug, Clone, Copy)]
pub struct Mode {
    /// Every line is a piece.
    pub lines: bool,
    /// Findings instead of the text.
    pub explain: bool,
}

/// Redacts an input.
///
/// # Errors
/// When it cannot be read, is no UTF-8 or too long.
pub fn run(engine: &Engine, input: &mut dyn BufRead, output: &mut dyn Write, mode: Mode) -> Result<()> {
    let mut lines = Lines::of(input, MOST_BYTES);
    let mut printer = Printer { engine, replacer: replacer(), output, mode, line: 1 };
    let mut piece = String::new();
    // Blank lines before it say nothing of what it is.
    while let Some(line) = lines.next_text()? {
        piece += &line;
        if !line.trim().is_empty() {
            break;
        }
    }
    let json = piece.trim_start().starts_with(['{', '[']);
    if json && !mode.lines && serde_json::from_str::<IgnoredAny>(&piece).is_err() {
        // A document of several lines, or text that only begins like one.
        while let Some(line) = lines.next_text()? {
            if piece.len() + line.len() > MOST_BYTES {
                bail!("line {}: the document has more than {MOST_BYTES} bytes", lines.number);
            }
            piece += &line;
        }
        return printer.print(&piece);
    }
    let by_line = json || mode.lines;
    loop {
        if by_line || piece.len() >= PIECE_BYTES && (!in_block(&piece) || piece.len() >= BLOCK_BYTES) {
            printer.print(&std::mem::take(&mut piece))?;
        }
        let Some(line) = lines.next_text()? else { break };
        piece += &line;
    }
    printer.print(&piece)
}

/// Whether a piece ends within a block such as a private key's.
fn in_block(piece: &str) -> bool {
    let begin = piece.rfind("-----BEGIN ");
    begin.is_some_and(|begin| piece.get(begin..).is_some_and(|rest| !rest.contains("-----END ")))
}

struct Printer<'a> {
    engine: &'a Engine,
    replacer: Replacer<'static>,
    output: &'a mut dyn Write,
    mode: Mode,
    /// The number of the next piece's first line.
    line: usize,
}

impl Printer<'_> {
    fn print(&mut self, piece: &str) -> Result<()> {
        let tagged = tagged(self.engine, &mut self.replacer, piece);
        if self.mode.explain {
            let found = tagged.map_or_else(Vec::new, |(_, found)| found);
            self.explain(piece, &found)?;
        } else {
            let text = tagged.as_ref().map_or(piece, |(text, _)| text);
            self.output.write_all(text.as_bytes())?;
        }
        self.output.flush()?;
        self.line += piece.matches('\n').count();
        Ok(())
    }

    fn explain(&mut self, piece: &str, all: &[Found]) -> Result<()> {
        let (mut line, mut begins, mut read) = (self.line, 0, 0);
        for found in all {
            let before = piece.get(read..found.start).unwrap_or("");
            if let Some(last) = before.rfind('\n') {
                line += before.matches('\n').count();
                begins = read + last + 1;
            }
            read = read.max(found.start);
            let column = 1 + piece.get(begins..found.start).map_or(0, |text| text.chars().count());
            let length = piece.get(found.start..found.end).map_or(0, |text| text.chars().count());
            let Found { kind, level, why, .. } = found;
            writeln!(self.output, "{line}\t{column}\t{length}\t{kind}\t{level}\t{why}")?;
        }
        Ok(())
    }
}
