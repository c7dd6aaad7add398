//! A place in JSON text, and what may be read there (RFC 8259; lone surrogates are let pass).

use super::string;
use crate::view::Unescaped;
use std::ops::Range;

#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub json: &'a str,
    bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub const fn new(json: &'a str) -> Self {
        Self { json, bytes: json.as_bytes(), at: 0 }
    }

    /// The same place where at most so many bytes follow.
    pub fn near(self, bytes: usize) -> Self {
        let end = self.json.floor_char_boundary(self.at.saturating_add(bytes));
        let json = self.json.get(..end).unwrap_or("");
        Self { json, bytes: json.as_bytes(), ..self }
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Goes behind a certain byte, if that is next but for blanks.
    pub fn take(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        self.skip(byte)
    }

    pub fn skip(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// A string: the range between its quotes, and what it says.
    pub fn string(&mut self) -> Option<(Range<usize>, Unescaped<'a>)> {
        self.skip(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += plain(rest);
            match self.peek()? {
                b'"' => {
                    let raw = self.json.get(start..self.at)?;
                    self.at += 1;
                    return Some((start..self.at - 1, string::read(raw, escaped)));
                }
                b'\\' => {
                    escaped = true;
                    self.at += usize::from(string::escape_length(self.bytes.get(self.at..)?)?);
                }
                _ => return None,
            }
        }
    }

    pub fn literal(&mut self, literal: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(literal).then(|| self.at += literal.len())
    }

    /// A number: the range that it is written in.
    pub fn number(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let _sign = self.skip(b'-');
        if self.skip(b'0').is_none() {
            self.digits()?;
        }
        if self.skip(b'.').is_some() {
            self.digits()?;
        }
        if self.skip(b'e').or_else(|| self.skip(b'E')).is_some() {
            let _sign = self.skip(b'-').or_else(|| self.skip(b'+'));
            self.digits()?;
        }
        Some(start..self.at)
    }

    /// Goes behind a value that may be anything well-formed.
    pub fn pass(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.blanks();
            match self.peek()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
            let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
            if depth == 0 && !self.peek().is_some_and(goes_on) {
                return Some(());
            }
        }
    }

    /// At least one digit.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// How many bytes stand before the next quote, backslash or control character.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // Has the highest bit set where a byte is less than another one, for all that are ASCII.
    let less = |word: u64, than: u8| word.wrapping_sub(ONES * u64::from(than)) & !word;
    let is = |word: u64, byte: u8| less(word ^ (ONES * u64::from(byte)), 1);
    let ends = |word: u64| less(word, b' ') | is(word, b'"') | is(word, b'\\');
    let (words, _) = bytes.as_chunks::<8>();
    let far = words.iter().take_while(|word| ends(u64::from_ne_bytes(**word)) & (ONES << 7) == 0).count() * 8;
    let rest = bytes.get(far..).unwrap_or(&[]);
    far + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')).unwrap_or(rest.len())
}
