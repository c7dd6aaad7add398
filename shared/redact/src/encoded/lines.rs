//! Values broken in two by the end of a line.

use std::ops::Range;

/// How much of both lines is looked at.
const REACH: usize = 48;
/// Fewest digits of either part, and of both.
const PART: usize = 2;
const DIGITS: Range<usize> = 9..25;
/// How many blanks may stand at the end of the first line and the beginning of the second one.
const BLANKS: usize = 16;

/// The end of a line and the beginning of the next one, joined.
pub(crate) struct Joined {
    pub text: String,
    /// Where it begins in the text.
    pub start: usize,
    /// Where in it the part of the first line ends and that of the second one begins.
    first: usize,
    second: usize,
    /// Where the second line goes on in the text.
    behind: usize,
    /// Whether it is a number, which is believed only beside a word: columns and logs have many at the ends of lines.
    pub number: bool,
}

impl Joined {
    /// Where something stands in the text, if it is of both lines.
    pub fn original(&self, range: Range<usize>) -> Option<Range<usize>> {
        let behind = range.end.checked_sub(self.second).filter(|behind| *behind > 0)?;
        (range.start < self.first).then_some(self.start + range.start..self.behind + behind)
    }
}

/// What stands before and behind the end of a line, but for blanks.
fn beside(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r');
    let before = bytes.get(..at)?;
    let before = before.get(..at - before.iter().rev().take(BLANKS).take_while(is_blank).count())?;
    let after = bytes.get(at + 1..)?;
    Some((before, after.get(after.iter().take(BLANKS).take_while(is_blank).count()..)?))
}

/// What the end of the line at `at` may have broken: whether that is a number; something else is a mail address.
pub(crate) fn broken(bytes: &[u8], at: usize) -> Option<bool> {
    let (before, after) = beside(bytes, at)?;
    // Most ends of lines are told by the two bytes beside them.
    let (last, next) = (*before.last()?, *after.first()?);
    let number = (last.is_ascii_digit() || last == b'-')
        && (next.is_ascii_digit() || matches!(next, b'-' | b'.') && last != b'-')
        && is_number(before, after);
    (number || is_mail(last) && is_mail(next) && is_broken_mail(before, next)).then_some(number)
}

/// The end of a line that may have broken a value, and the beginning of the next one.
pub(crate) fn joined(text: &str, at: usize, number: bool) -> Option<Joined> {
    let (before, after) = beside(text.as_bytes(), at)?;
    let next = *after.first()?;
    let first = before.iter().rev().take(REACH).take_while(|byte| is_part(**byte)).count();
    let first = before.get(before.len() - first..)?;
    let second = after.get(..after.iter().take(REACH).take_while(|byte| is_part(**byte)).count())?;
    let separator = if number && next.is_ascii_digit() { separator(first) } else { &[] };
    Some(Joined {
        text: String::from_utf8([first, separator, second].concat()).ok()?,
        start: before.len() - first.len(),
        first: first.len(),
        second: first.len() + separator.len(),
        behind: text.len() - after.len(),
        number,
    })
}

/// The separator that the end of the line stands for: that before its last group, if the group before is as long.
fn separator(first: &[u8]) -> &[u8] {
    let mut groups = first.rsplit(|byte| !byte.is_ascii_digit()).map(<[u8]>::len);
    match (groups.next(), groups.next()) {
        (Some(last), Some(before)) if last == before && last > 0 => {
            let at = first.len() - last - 1;
            first.get(at..=at).unwrap_or(&[])
        }
        _ => &[],
    }
}

const fn is_part(byte: u8) -> bool {
    is_mail(byte) || matches!(byte, b' ' | b'/')
}

const fn is_mail(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@' | b'+' | b'-')
}

/// Whether the digits of both lines may be one number.
fn is_number(before: &[u8], after: &[u8]) -> bool {
    let is_digits = |byte: &&u8| byte.is_ascii_digit() || matches!(**byte, b' ' | b'-' | b'.' | b'_' | b'/');
    let count = |run: &[u8]| run.iter().filter(|byte| byte.is_ascii_digit()).count();
    let first = before.len() - before.iter().rev().take(REACH).take_while(is_digits).count();
    let second = after.iter().take(REACH).take_while(is_digits).count();
    let (rest, first) = before.split_at(first);
    let (second, others) = after.split_at(second);
    let (some, more) = (count(first), count(second));
    // A number on each line, and nothing else, is a column.
    let column =
        matches!(rest.last(), None | Some(b'\n')) && matches!(others.first(), None | Some(b'\n' | b'\r'));
    some >= PART && more >= PART && DIGITS.contains(&(some + more)) && !column && !is_date(second)
}

/// Whether it begins like a date, as lines of logs do: `2026-11-29`.
fn is_date(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, _, _, b'-', _, _, b'-', ..])
}

/// Whether a mail address goes on in the second line: the first one has its `@` but no domain yet, or comes up to it.
fn is_broken_mail(before: &[u8], next: u8) -> bool {
    // From the end on: the domain so far, then its `@`.
    let mut tail = before.iter().rev().take(REACH).take_while(|byte| is_mail(**byte));
    let mut dotted = false;
    let has_at = tail.any(|byte| {
        dotted |= *byte == b'.';
        *byte == b'@'
    });
    if has_at { !dotted || before.last() == Some(&b'.') || next == b'.' } else { next == b'@' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_where_a_value_may_be_broken() {
        for (text, expected) in [
            ("card 41111111\n11111111, x", Some("card 4111111111111111")),
            ("card 4111 1111 \r\n  1111 1111.", Some("card 4111 1111 1111 1111.")),
            ("card 4111 11\n11 1111 1111", Some("card 4111 1111 1111 1111")),
            ("x 078-05\n-1120", Some("x 078-05-1120")),
            ("x 529.982\n.247-25", Some("x 529.982.247-25")),
            ("078-05-\n1120 x", Some("078-05-1120 x")),
            ("to: jane@exam\nple.com", Some(" jane@example.com")),
            ("jane@example\n.com", Some("jane@example.com")),
            ("jane\n@example.com", Some("jane@example.com")),
            ("jane@example.com\nand more", None),
            ("words\nand words 1", None),
            // Columns, logs, short numbers.
            ("41111111\n11111111\n", None),
            ("took 123\n2026-11-29 and", None),
            ("took 123\n200 and", None),
            ("\n", None),
            ("", None),
        ] {
            let found = text.match_indices('\n').find_map(|(at, _)| {
                let number = broken(text.as_bytes(), at)?;
                joined(text, at, number).map(|joined| joined.text)
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
