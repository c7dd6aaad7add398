//! Texts in binary content.

use std::borrow::Cow;

/// How a text is written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8 {
        marked: bool,
    },
    Utf16 {
        big: bool,
    },
    /// One byte a character: ISO 8859-1, and stands in for all like it, whose ASCII half is the same.
    Single,
}

/// A text and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// What it says, without a byte order mark.
    pub content: Cow<'a, str>,
    encoding: Encoding,
}

impl Text<'_> {
    /// Another text, written as this one was. Where a character has one byte, those that do not fit become `?`.
    #[must_use]
    pub fn encode(&self, content: &str) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8 { marked } => [if marked { UTF8 } else { b"" }, content.as_bytes()].concat(),
            Encoding::Utf16 { big } => std::iter::once(MARK)
                .chain(content.encode_utf16())
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect(),
            Encoding::Single => content.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
        }
    }
}

/// The byte order mark.
const MARK: u16 = 0xFEFF;
const UTF8: &[u8] = b"\xEF\xBB\xBF";
/// Of so many characters one may be a control character in a UTF-8 or UTF-16 text.
const PER_CONTROL: usize = 100;

/// The text that bytes are: UTF-8, UTF-16 with a byte order mark, or one byte a character. None if there are NULs or more
/// than a few control characters in it; in the last case, where every byte means something, none at all.
#[must_use]
pub fn as_text(bytes: &[u8]) -> Option<Text<'_>> {
    let text = |content, encoding| Text { content, encoding };
    match bytes {
        [0xFE, 0xFF, rest @ ..] => {
            return Some(text(utf16(rest, u16::from_be_bytes)?, Encoding::Utf16 { big: true }));
        }
        [0xFF, 0xFE, rest @ ..] => {
            return Some(text(utf16(rest, u16::from_le_bytes)?, Encoding::Utf16 { big: false }));
        }
        _ => {}
    }
    let (marked, rest) = bytes.strip_prefix(UTF8).map_or((false, bytes), |rest| (true, rest));
    match std::str::from_utf8(rest) {
        Ok(content) => readable(content).then(|| text(Cow::Borrowed(content), Encoding::Utf8 { marked })),
        Err(_) if bytes.iter().any(|&byte| is_control(char::from(byte))) => None,
        Err(_) => Some(text(bytes.iter().copied().map(char::from).collect(), Encoding::Single)),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Cow<'_, str>> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let content: String =
        char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect::<Result<_, _>>().ok()?;
    readable(&content).then_some(Cow::Owned(content))
}

fn readable(content: &str) -> bool {
    let (mut controls, mut nul) = (0, false);
    for byte in content.bytes() {
        controls += usize::from(is_control(char::from(byte)));
        nul |= byte == 0;
    }
    !nul && controls <= content.len() / PER_CONTROL
}

/// Control characters of ASCII but blanks, and ESC, which colours terminals.
fn is_control(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}')
}
