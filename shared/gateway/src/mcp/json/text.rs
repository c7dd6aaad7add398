//! String literals: finding their end, undoing and writing escapes.

use crate::mcp::swar;
use std::borrow::Cow;

/// The first offset from `at` on of a byte that ends a plain run inside a string: a quote, a backslash or a control
/// character. `bytes.len()` if there is none. Long strings are most of a large message.
#[inline]
pub(super) fn plain_run(bytes: &[u8], at: usize) -> usize {
    swar::find(bytes, at, |word| swar::below(word, 0x20) | swar::equal(word, b'"') | swar::equal(word, b'\\'))
}

/// The offset just after the string literal that starts with the quote at `start`, in a checked text.
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at = plain_run(bytes, at);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => return None,
        }
    }
}

/// Whether the member name `raw` (between its quotes) means `key`.
#[inline]
pub(super) fn key_is(raw: &str, escaped: bool, key: &str) -> bool {
    // With escapes the texts may be equal and mean different names: two backslashes are one.
    if escaped { unescape(raw, true) == key } else { raw == key }
}

/// The content of a string literal, given what stands between its quotes.
pub(super) fn unescape(raw: &str, escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, tail)) = rest.split_once('\\') {
        out.push_str(plain);
        let (character, used) = escape(tail.as_bytes()).unwrap_or((char::REPLACEMENT_CHARACTER, tail.len()));
        out.push(character);
        rest = tail.get(used..).unwrap_or("");
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character that an escape means and the bytes it takes, given what follows the backslash. `None` if it is
/// malformed, or half a surrogate pair.
pub(super) fn escape(tail: &[u8]) -> Option<(char, usize)> {
    let simple = match tail.first()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(tail),
        _ => return None,
    };
    Some((simple, 1))
}

fn unicode(tail: &[u8]) -> Option<(char, usize)> {
    let first = hex4(tail.get(1..5)?)?;
    if !(0xD800..0xDC00).contains(&first) {
        return Some((char::from_u32(first)?, 5));
    }
    let (b'\\', b'u') = (tail.get(5)?, tail.get(6)?) else { return None };
    let second = hex4(tail.get(7..11)?)?;
    if !(0xDC00..0xE000).contains(&second) {
        return None;
    }
    let scalar = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    Some((char::from_u32(scalar)?, 11))
}

/// Four hexadecimal digits.
pub(super) fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
}

/// Appends `s` as a JSON string literal. Only what JSON demands is escaped.
pub fn quote(out: &mut String, s: &str) {
    out.reserve(s.len() + 2);
    out.push('"');
    let mut from = 0;
    loop {
        let at = plain_run(s.as_bytes(), from);
        out.push_str(s.get(from..at).unwrap_or(""));
        let Some(&byte) = s.as_bytes().get(at) else { break };
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => {
                out.push_str(if other < 0x10 { "\\u000" } else { "\\u001" });
                out.push(char::from_digit(u32::from(other & 0xF), 16).unwrap_or('0'));
            }
        }
        from = at + 1;
    }
    out.push('"');
}
