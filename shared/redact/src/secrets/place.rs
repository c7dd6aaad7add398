//! Where around an operator the name stands, and where the value.

use super::wordy::{SCRAMBLED, is_scrambled};
use crate::scan::Scan;
use crate::words::{has_any, is_in};

/// The shortest word that is looked at.
pub(super) const LEAST: usize = 3;
/// The longest value that is nothing under any name.
const SHORT: usize = 5;
/// From how many letters on a word is none.
const LONG_WORD: usize = 24;
/// The longest name, in bytes.
pub(super) const NAME: usize = 60;
/// The longest tag of a cell.
const TAG: usize = 60;
/// How tags of cells begin that hold a value: of tables, `string` and `value` of settings in XML.
const CELLS: &[&str] = &["td", "dd", "st", "va"];
/// What is least random under any name, in tenths of a bit a byte.
pub(super) const FLOOR: u32 = 35;

/// A value: where it begins, and the quote around it, if any.
#[derive(Clone, Copy)]
pub(super) struct Value {
    pub start: usize,
    /// A quote; 0 for none; [`WHOLE`] if the text is the value.
    pub quote: u8,
    /// The least entropy, in tenths of a bit a byte.
    pub floor: u32,
}

/// Instead of a quote: the text is the value.
pub(super) const WHOLE: u8 = 1;

/// Where the value behind an operator begins.
pub(super) fn value_behind(scan: &Scan<'_>, at: usize) -> Option<Value> {
    let (mut start, mut quote, op) = (at + 1, 0, scan.at(at));
    // Whether it must be quoted: it stands on the next line, or in brackets.
    let (mut must, mut may) = (false, op == b'>');
    for _ in 0..16 {
        let byte = scan.at(start);
        match byte {
            b' ' | b'\t' => {}
            b'\n' | b'\r' => must = true,
            b'\\' if matches!(scan.at(start + 1), b'"' | b'\'' | b'\\') => {}
            b'"' | b'\'' | b'`' if quote == 0 || quote != byte || scan.at(start + 1) == byte => quote = byte,
            b'(' | b'[' if quote == 0 => must = true,
            b'>' | b'|' if quote == 0 => may = true,
            // YAML's `key: >-`.
            b'-' if matches!(scan.before(start), b'>' | b'|') && scan.at(start + 1) == b'\n' => {}
            // `**API key:** ...`
            b'*' if quote == 0 => {}
            b'f' | b'b' | b'r' | b'u' | b'@' if quote == 0 && matches!(scan.at(start + 1), b'"' | b'\'') => {}
            _ => break,
        }
        start += 1;
    }
    let length = scan.bytes.iter().skip(start).take(LEAST).take_while(|byte| is_value(**byte)).count();
    let good = length == LEAST && (quote != 0 || may || !must);
    good.then_some(Value { start, quote, floor: FLOOR })
}

/// Whether a value is a number with its unit, too short for any secret: `200`, `35ms`.
pub(super) fn is_count(scan: &Scan<'_>, value: Value) -> bool {
    let rest = scan.bytes.get(value.start..).unwrap_or(&[]);
    let length = rest.iter().take(SHORT).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    rest.first().is_some_and(u8::is_ascii_digit) && rest.get(length).is_some_and(|byte| *byte <= b' ')
}

/// Whether a value is a word of letters alone, not too long for one, and does not go on as `Authorization: Basic ...` does.
pub(super) fn is_plain(scan: &Scan<'_>, at: usize, value: Value) -> bool {
    let letters =
        scan.bytes.iter().skip(value.start).take(NAME).take_while(|byte| byte.is_ascii_alphabetic()).count();
    match scan.at(value.start + letters) {
        _ if letters >= LONG_WORD => false,
        _ if letters >= SCRAMBLED && is_scrambled(scan.slice(value.start, value.start + letters)) => false,
        b' ' => {
            let before = scan.text.get(at.saturating_sub(4)..at).unwrap_or("");
            !before.bytes().any(|byte| byte | 0x20 == b'n')
        }
        b'"' | b'\'' | b'`' | b',' | b';' | b')' | b'(' | b'<' | b'\n' | b'\r' | b'}' | b']' | b'['
        | b'{' | b'>' | 0 => true,
        _ => false,
    }
}

fn is_value(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'"' | b'\'' | b'`' | 0x7f)
}

pub(super) fn is_name(byte: u8) -> bool {
    NAMES.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Which bytes names are written with.
#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
static NAMES: [bool; 256] = {
    let mut names = [false; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        names[at] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | 0x80..);
        at += 1;
    }
    names
};

/// From where to where the name before an operator is.
pub(super) fn name_before(scan: &Scan<'_>, at: usize) -> Option<(usize, usize)> {
    let mut end = match scan.at(at) {
        b'>' => cell_before(scan, at).unwrap_or(at),
        b'=' => property(scan, at),
        _ => at,
    };
    for _ in 0..12 {
        match scan.before(end) {
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b'[' | b']' | b')' | b':' | b'=' | b'?' | b'+'
            | b'|' | b'>' | b',' | b'.' | b'\n' | b'\r' | b'*' => end -= 1,
            _ => break,
        }
    }
    let mut start = name_start(scan, end);
    // `name: string = ...`, `name: &'static str = ...`.
    let mut typed = start;
    for _ in 0..4 {
        typed -= usize::from(matches!(scan.before(typed), b'&' | b'?' | b'\'' | b' '));
    }
    if scan.at(at) == b'=' && scan.before(typed) == b':' && matches!(scan.at(typed), b' ' | b'&') {
        start = name_start(scan, typed - 1);
        // What follows else may be a name as well: `note: token = ...`.
        if has_any(scan.slice(typed, end), b"&") {
            end = typed - 1;
        }
    }
    (start < end).then_some((start, end))
}

/// Where the name ends before the `=` at `at`: `public string Token { get; } = ...`.
fn property(scan: &Scan<'_>, at: usize) -> usize {
    let before = scan.slice(at.saturating_sub(TAG), at);
    let Some(inner) = before.trim_end().strip_suffix('}') else { return at };
    let open = inner.rfind('{').filter(|open| inner.get(*open..).is_some_and(|it| it.contains("get;")));
    open.map_or(at, |open| at - before.len() + open)
}

/// Where the cell of a table ends that stands before the one whose tag ends at `at`: `<th>Password</th><td class="v">`.
fn cell_before(scan: &Scan<'_>, at: usize) -> Option<usize> {
    let tag = scan.bytes.get(at.saturating_sub(TAG)..at)?;
    let open = at - (tag.len() - tag.iter().rposition(|byte| *byte == b'<')?);
    if !is_in(scan.slice(open + 1, open + 3), CELLS) {
        return None;
    }
    let before = scan.bytes.get(..open)?.iter().rev().take(TAG);
    let end = open - before.take_while(|byte| byte.is_ascii_whitespace()).count();
    let close = end
        - ["</th>", "</key>", "</name>"]
            .map(str::len)
            .into_iter()
            .find(|length| end.checked_sub(*length).is_some_and(|close| scan.has(close, "</")))?;
    let known = scan.before(end) == b'>';
    (known && is_in(scan.slice(close + 2, close + 4), &["th", "td", "dt", "ke", "na"])).then_some(close)
}

pub(super) fn name_start(scan: &Scan<'_>, end: usize) -> usize {
    let before = scan.bytes.get(..end).unwrap_or(&[]);
    let mut blank = false;
    let length = before.iter().rev().take(NAME).take_while(|byte| {
        // One blank may stand within a name; what is indented has no name before it.
        let name = is_name(**byte);
        let inside = name || !blank && matches!(byte, b' ' | b'\t');
        blank = !name;
        inside
    });
    end - length.count()
}

/// Where the attribute stands that names the element whose tag goes on before `at`: `<meta name="token" content=`.
pub(super) fn attribute(scan: &Scan<'_>, at: usize) -> Option<(usize, usize)> {
    let from = at.saturating_sub(2 * TAG);
    let before = scan.bytes.get(from..at)?;
    let tag = before
        .iter()
        .rposition(|byte| matches!(byte, b'<' | b'>'))
        .filter(|it| before.get(*it) == Some(&b'<'))?;
    let text = scan.slice(from + tag, at);
    let (name, length) = [" name=", " key=", " id=", " property="]
        .iter()
        .find_map(|attribute| text.find(attribute).map(|found| (found, attribute.len() + 1)))?;
    let start = from + tag + name + length;
    let length = scan.bytes.get(start..at)?.iter().take_while(|byte| is_name(**byte)).count();
    (length > 0).then_some((start, start + length))
}

/// The same of the element around the one whose tag's name begins at `start`: `<setting name="token"><value>`.
pub(super) fn element_above(scan: &Scan<'_>, start: usize) -> Option<(usize, usize)> {
    let open = start.checked_sub(1).filter(|open| scan.at(*open) == b'<')?;
    let before = scan.bytes.get(open.saturating_sub(TAG)..open)?;
    let end = open - before.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
    let end = end.checked_sub(1).filter(|end| scan.at(*end) == b'>')?;
    attribute(scan, end)
}

/// Where the name stands under which a line that ends at `at` is set in: `variable "token" {` above `default`.
pub(super) fn parent(scan: &Scan<'_>, at: usize) -> Option<(usize, usize)> {
    let from = at.saturating_sub(4 * TAG);
    let before = scan.bytes.get(from..at)?;
    let mut lines = before.rsplit(|byte| *byte == b'\n');
    let indent = |line: &[u8]| line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let own = lines.next()?;
    let mut end = at - own.len();
    for line in lines {
        // Without the line's own end.
        end -= 1;
        if !line.is_empty() && indent(line) < indent(own) {
            let closing = |byte: &&u8| matches!(byte, b' ' | b'{' | b':' | b'=' | b'"' | b'\'' | b'\r');
            end -= line.iter().rev().take_while(closing).count();
            let length = scan.bytes.get(from..end)?.iter().rev().take_while(|byte| is_name(**byte)).count();
            return (length > 0).then_some((end - length, end));
        }
        end -= line.len();
    }
    None
}
