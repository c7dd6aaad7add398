//! Strings of JSON: what they say, and how that is written (RFC 8259, section 7).

use crate::encoded::escapes::backslash;
use crate::view::{Sink, Undo, Unescaped};
use std::fmt::Write;

/// What is written between the quotes of a well-formed string, decoded.
pub(crate) fn decode(raw: &str) -> Unescaped<'_> {
    read(raw, raw.as_bytes().contains(&b'\\'))
}

/// The same where it is known whether there are escapes.
pub(crate) fn read(raw: &str, escaped: bool) -> Unescaped<'_> {
    let undo = Undo { text: undo, map: undo };
    if escaped { Unescaped::of(raw, undo) } else { Unescaped::same(raw, undo) }
}

/// Undoes escapes. A lone surrogate becomes U+FFFD.
fn undo(raw: &str, sink: &mut impl Sink) {
    let (mut done, mut next) = (0, raw.find('\\'));
    while let Some(at) = next {
        sink.copy(raw.get(done..at).unwrap_or(""));
        let rest = raw.as_bytes().get(at..).unwrap_or(&[]);
        let lone = || ('\u{FFFD}', escape_length(rest).unwrap_or(1));
        let (character, length) = backslash(rest).unwrap_or_else(lone);
        sink.put(character, length);
        done = at + usize::from(length);
        let rest = rest.get(usize::from(length)..).unwrap_or(&[]);
        next = rest.iter().position(|byte| *byte == b'\\').map(|offset| done + offset);
    }
    sink.copy(raw.get(done..).unwrap_or(""));
}

/// Length of the escape at the beginning, if JSON knows it; of a pair of surrogates the first.
pub(crate) fn escape_length(bytes: &[u8]) -> Option<u8> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' if bytes.get(2..6)?.iter().all(u8::is_ascii_hexdigit) => Some(6),
        _ => None,
    }
}

/// Text as it is written between quotes.
pub(crate) fn encode(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '\0'..' ' => {
                // Writing to a string cannot fail.
                let _done = write!(written, "\\u{:04x}", u32::from(character));
            }
            _ => written.push(character),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_read_and_written() {
        for (raw, expected) in [
            ("plain é", "plain é"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u0034\u00e9\ud83d\ude42", "4é🙂"),
            (r"\ud83d\u0041\ude42x", "\u{FFFD}A\u{FFFD}x"),
        ] {
            assert_eq!(decode(raw).text(), expected);
            assert_eq!(decode(&encode(expected)).text(), expected);
        }
        assert_eq!(decode(r"a\u0034\u0031b").original(1..3), 1..13);
    }
}
