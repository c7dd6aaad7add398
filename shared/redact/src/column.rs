//! Columns of separated values, which a line above them names.

use crate::scan::Scan;
use std::ops::Range;

mod inserted;

use inserted::{Inserted, inserted};

/// The longest line that is looked at.
const LINE: usize = 600;

/// Where the first line of a text ends, if it may name columns.
fn header(text: &[u8]) -> Option<usize> {
    let near = text.get(..LINE).unwrap_or(text);
    // Most have no line, which is told eight bytes at a time.
    let end = near.contains(&b'\n').then(|| near.iter().position(|byte| *byte == b'\n'))??;
    text.get(..end)?.iter().any(|byte| is_separator(*byte)).then_some(end)
}

/// Whether a byte may stand between cells.
const fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'\t' | b'|')
}

/// A table by the line that names its columns.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Where the names stand, and where the first row begins.
    names: Range<usize>,
    rows: usize,
    separator: u8,
}

/// The table that a text begins with, if no rule is drawn below the names.
pub(crate) fn first(text: &[u8]) -> Option<Table> {
    let end = header(text)?;
    let separator = text.get(..end)?.iter().copied().find(|byte| is_separator(*byte))?;
    let below = text.get(end + 1..).unwrap_or(&[]);
    let ruled =
        separator == b'|' && below.first().is_some_and(|byte| matches!(byte, b'|' | b'-' | b' ' | b':'));
    let ruled = ruled && below.split(|byte| *byte == b'\n').next().is_some_and(is_rule);
    (!ruled).then_some(Table { names: 0..end, rows: end + 1, separator })
}

/// The table in which `at` begins the rule below the names.
#[cold]
pub(crate) fn ruled(text: &[u8], at: usize) -> Option<Table> {
    let before = text.get(at.saturating_sub(PADDING)..at)?;
    let drawn = before.iter().rev().take_while(|byte| matches!(byte, b'|' | b'+' | b':' | b' ')).count();
    let end = at.checked_sub(drawn + 1).filter(|end| text.get(*end) == Some(&b'\n'))?;
    let names = line(text, end)?;
    let rule = line(text, at)?;
    let cells = text.get(names.clone())?;
    let good = cells.contains(&b'|') && !is_rule(cells) && is_rule(text.get(rule.clone())?);
    good.then_some(Table { names, rows: rule.end + 1, separator: b'|' })
}

/// Visits the cells below names that something is known of, as long as lines have as many cells as there are names.
/// Returns where the last of them ends, if any name is known.
#[inline(never)]
pub(crate) fn each<K>(
    scan: &mut Scan<'_>,
    table: &Table,
    known: impl Fn(&str) -> Option<K>,
    visit: impl Fn(&mut Scan<'_>, &K, Range<usize>),
) -> usize {
    let (bytes, text, separator) = (scan.bytes, scan.text, table.separator);
    let Some(names) = bytes.get(table.names.clone()) else { return 0 };
    let name = |(from, to): (usize, usize)| {
        known(text.get(table.names.start + from..table.names.start + to).unwrap_or("").trim())
    };
    if !cells(names, separator).any(|cell| name(cell).is_some()) {
        return 0;
    }
    let columns: Vec<Option<K>> = cells(names, separator).map(name).collect();
    let mut start = table.rows;
    while let Some(line) = bytes.get(start..).and_then(|rest| rest.split(|byte| *byte == b'\n').next()) {
        if !is_rule(line) {
            if cells(line, separator).count() != columns.len() {
                break;
            }
            for (column, (from, to)) in columns.iter().zip(cells(line, separator)) {
                let Some(column) = column else { continue };
                let cell = text.get(start + from..start + to).unwrap_or("");
                let from = start + to - cell.trim_start().len();
                let to = from + cell.trim().len();
                let quoted = bytes.get(from).is_some_and(|byte| matches!(byte, b'"' | b'`')) && to > from + 2;
                let ends = quoted && bytes.get(from) == bytes.get(to - 1);
                visit(scan, column, from + usize::from(ends)..to - usize::from(ends));
            }
        }
        start += line.len() + 1;
    }
    start
}

/// How many blanks may stand between a value and the end of its cell: columns of consoles are filled up with them.
const PADDING: usize = 64;
/// What may stand behind a date that is one of a day.
const MIDNIGHT: &[u8] = b"T00:00";
/// The longest line of a table, in bytes.
const ROW: usize = 2000;
/// The longest name of a column, and how many digits it may have.
const NAME: usize = 48;
const NAME_DIGITS: usize = 4;

/// A cell of a table that names its columns.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// The name of its column.
    pub name: Range<usize>,
    /// Where the names of all columns stand.
    pub header: Range<usize>,
    /// Where its row begins and ends.
    pub row: Range<usize>,
    /// Whether a row has two cells: the first may be the name of the second.
    pub pair: bool,
}

/// Lines one below the other that have as many cells.
#[derive(Debug, Clone, Default)]
struct Block {
    start: usize,
    /// Behind the last line that was looked at.
    end: usize,
    count: usize,
    /// The first line, if it may name columns.
    header: Option<Range<usize>>,
    /// Where the last row begins that was looked at, a cell in it, and the name of that one's column.
    row: usize,
    cell: usize,
    name: usize,
}

/// The tables of a text, as far as they were looked at.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// The last block of each separator.
    blocks: [Block; SEPARATORS.len()],
    inserted: Option<Vec<Inserted>>,
    lines: Lines,
}

/// The line that was looked at last: where it begins, unless it is too long, and up to where that is known; where it ends.
#[derive(Debug, Default)]
struct Lines {
    start: Option<usize>,
    known: usize,
    end: usize,
}

impl Lines {
    /// The line that an offset is in, without its end. Each byte is looked at once where offsets come in their order.
    fn of(&mut self, bytes: &[u8], at: usize) -> Option<Range<usize>> {
        if self.start.is_some_and(|start| start <= at && at <= self.end) {
            return self.start.map(|start| start..self.end);
        }
        if at < self.known || self.known == 0 {
            *self = Self { start: (at <= ROW).then_some(0), known: at.saturating_sub(ROW), end: 0 };
        }
        let from = self.known.max(at.saturating_sub(ROW));
        let last = bytes.get(from..at)?.iter().rposition(|byte| *byte == b'\n');
        self.start = last.map(|place| from + place + 1).or(self.start.filter(|start| at - start <= ROW));
        self.known = at;
        let start = self.start?;
        let rest = bytes.get(at..bytes.len().min(at + ROW))?;
        self.end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        Some(start..self.end)
    }
}

/// What may stand between cells.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Tables {
    /// The cell that a value is all of, if its table names its columns. Values are best asked for in their order.
    pub fn cell(&mut self, text: &str, value: &Range<usize>) -> Option<Cell> {
        let bytes = text.as_bytes();
        let at = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(b'\n');
        let (mut start, mut end) = (value.start, value.end);
        while fills(at(start.checked_sub(1))) && value.start - start < PADDING {
            start -= 1;
        }
        while fills(at(Some(end))) && end - value.end < PADDING {
            end += 1;
        }
        if bytes.get(end..).is_some_and(|rest| rest.starts_with(MIDNIGHT)) {
            end += MIDNIGHT.len();
            let more = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'"');
            while more(at(Some(end))) && end - value.end < PADDING {
                end += 1;
            }
        }
        let (before, behind) = (at(start.checked_sub(1)), at(Some(end)));
        if matches!(before, b'(' | b',') && matches!(behind, b')' | b',') {
            let inserted = self.inserted.get_or_insert_with(|| inserted(text));
            let place = inserted.partition_point(|cell| cell.start <= value.start).checked_sub(1);
            if let Some(known) = place.and_then(|place| inserted.get(place)).filter(|it| value.end <= it.end)
            {
                return Some(known.cell.clone());
            }
        }
        let place = SEPARATORS.iter().position(|known| before == *known || behind == *known)?;
        let separator = *SEPARATORS.get(place)?;
        let bounds = |byte: u8| byte == separator || matches!(byte, b'\n' | b'\r');
        let block = self.blocks.get_mut(place).filter(|_| bounds(before) && bounds(behind))?;
        let row = self.lines.of(bytes, start)?;
        if block.row != row.start || block.end < row.end {
            let count = separators(bytes.get(row.clone())?, separator).count();
            if !(block.start <= row.start && row.end <= block.end && block.count == count) {
                *block = above(bytes, &row, separator, count, block);
            }
            block.row = row.start;
            block.cell = usize::MAX;
        }
        let header = block.header.clone().filter(|header| header.end < row.start)?;
        if start < block.cell {
            (block.cell, block.name) = (row.start, header.start);
        }
        let names = bytes.get(block.name..header.end)?;
        let further = separators(bytes.get(block.cell..start)?, separator).count();
        if let Some(last) = further.checked_sub(1) {
            block.name += separators(names, separator).nth(last)? + 1;
            block.cell = start;
        }
        let names = bytes.get(block.name..header.end)?;
        let name = block.name..block.name + separators(names, separator).next().unwrap_or(names.len());
        let bars = separator == b'|' && before == b'|' && bytes.get(row.start) == Some(&b'|');
        Some(Cell { name, header, row, pair: block.count == if bars { 3 } else { 1 } })
    }
}

/// The line that an offset is in, without its end.
fn line(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let near = bytes.get(at.saturating_sub(ROW)..at)?;
    let start = match near.iter().rposition(|byte| *byte == b'\n') {
        Some(place) => at - near.len() + place + 1,
        None if near.len() == at => 0,
        None => return None,
    };
    let rest = bytes.get(at..bytes.len().min(at + ROW))?;
    let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    Some(start..at + length)
}

/// The block that a row is the last of. `known` is one of the same separator, which is not looked at again.
fn above(bytes: &[u8], row: &Range<usize>, separator: u8, count: usize, known: &Block) -> Block {
    let mut block = Block { start: row.start, end: row.end, count, ..Block::default() };
    let mut top = row.clone();
    while let Some(last) = block.start.checked_sub(1) {
        if known.end == last && known.count == count {
            return Block { end: row.end, ..known.clone() };
        }
        let Some(before) = line(bytes, last) else { break };
        let cells = bytes.get(before.clone()).unwrap_or(&[]);
        if !is_rule(cells) {
            if separators(cells, separator).count() != count {
                break;
            }
            top = before.clone();
        }
        block.start = before.start;
    }
    let names = bytes.get(top.clone()).unwrap_or(&[]);
    let may = cells(names, separator).all(|(from, to)| is_name(names.get(from..to)));
    block.header = may.then_some(top);
    block
}

/// Whether a line only parts the names of columns from what stands below: `|---|:--|`, `----+----`.
fn is_rule(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'-' | b'+' | b'|' | b':' | b'=' | b' ' | b'\r'))
        && line.windows(2).any(|pair| matches!(pair, b"--" | b"=="))
}

/// Whether a column may have such a name, or none.
fn is_name(cell: Option<&[u8]>) -> bool {
    let cell = cell.unwrap_or(&[]).trim_ascii();
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    cell.is_empty()
        || cell.len() <= NAME
            && cell.iter().any(letter)
            && !cell.ends_with(b":")
            && cell.iter().filter(|byte| byte.is_ascii_digit()).count() <= NAME_DIGITS
}

/// Where the separators of a line stand, without those in quotes.
fn separators(line: &[u8], separator: u8) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    line.iter().enumerate().filter_map(move |(at, byte)| {
        quoted ^= *byte == b'"';
        (*byte == separator && (!quoted || separator == b'|')).then_some(at)
    })
}

/// Whether a cell may begin here, but for blanks and quotes.
pub(crate) fn may_begin(text: &[u8], start: usize) -> bool {
    let near = text.get(start.saturating_sub(PADDING)..start).unwrap_or(&[]);
    near.iter()
        .rev()
        .find(|byte| !fills(**byte))
        .is_none_or(|byte| is_separator(*byte) || matches!(byte, b'\n' | b'('))
}

/// Whether a byte may stand between a value and the end of its cell.
const fn fills(byte: u8) -> bool {
    matches!(byte, b' ' | b'"' | b'\'' | b'`' | b'*')
}

/// From where to where each cell of a line is.
fn cells(line: &[u8], separator: u8) -> impl Iterator<Item = (usize, usize)> {
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
        ("12345,b\n1,2", "2", None),
        ("x\n\n| a | b |\n|---|:-:|\n| 1 | x |\n| 3 | **2** |", "2", Some(" b ")),
        ("  a |   b  \n----+------\n  1 |    2\n(1 row)", "2", Some("   b  ")),
        ("+---+---+\n| a | b |\n+---+---+\n| 1 | 2 |\n+---+---+", "2", Some(" b ")),
        ("INSERT INTO t (a, `b`) VALUES (1, 'it''s, (so)'), (0, '2');", "2", Some(" `b`")),
        ("insert into t (a, b)\nvalues\n  (1, now()),\n  (2, 3);", "2", Some("a")),
        ("f(1, 2)", "2", None),
        ("a,b\n1,2000-01-01T00:00:00Z", "2000-01-01", Some("b")),
    ] {
        let start = text.rfind(value).unwrap();
        let cell = Tables::default().cell(text, &(start..start + value.len()));
        assert_eq!(cell.and_then(|cell| text.get(cell.name)), expected, "{text}");
    }
}
