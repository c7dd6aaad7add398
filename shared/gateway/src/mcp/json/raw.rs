//! Values below the tape, walked on demand. The text was checked once; walks trust it, and on a text that was not
//! checked they end early rather than fail.

use super::text::{key_is, string_end, unescape};
use super::{Kind, Span};
use std::borrow::Cow;

/// A checked value and where it lies in its document.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    text: &'a str,
    at: u32,
}

impl<'a> Raw<'a> {
    /// `text` is one checked value that starts at byte `at` of its document.
    pub(super) fn at(text: &'a str, at: u32) -> Self {
        Self { text, at }
    }

    /// The value as it came.
    #[must_use]
    pub fn text(self) -> &'a str {
        self.text
    }

    /// Where it lies in its document.
    #[must_use]
    pub fn span(self) -> Span {
        Span {
            start: self.at,
            end: self.at.saturating_add(u32::try_from(self.text.len()).unwrap_or(u32::MAX)),
        }
    }

    /// Its type.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.text.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't') => Kind::True,
            Some(b'f') => Kind::False,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// The member named exactly `key`, escapes undone.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Raw<'a>> {
        self.members().find_raw(key)
    }

    /// The members in order; none when this is no object.
    #[must_use]
    pub fn members(self) -> Members<'a> {
        Members { walk: Walk::new(self, b'{') }
    }

    /// The elements in order; none when this is no array.
    #[must_use]
    pub fn elements(self) -> Elements<'a> {
        Elements { walk: Walk::new(self, b'[') }
    }

    /// A string's content, escapes undone.
    #[must_use]
    pub fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.text.strip_prefix('"')?.strip_suffix('"')?;
        Some(unescape(inner, inner.contains('\\')))
    }

    /// A number written without fraction and exponent that fits 64 bits.
    #[must_use]
    pub fn integer(self) -> Option<i64> {
        (self.kind() == Kind::Number).then(|| self.text.parse().ok()).flatten()
    }

    /// `true` or `false`.
    #[must_use]
    pub fn bool(self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }
}

/// Iterator over the members of an object.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    walk: Walk<'a>,
}

impl<'a> Members<'a> {
    /// The next member as (name between the quotes, whether it has escapes, where the name lies with its
    /// quotes, value).
    pub(super) fn next_raw(&mut self) -> Option<(&'a str, bool, Span, Raw<'a>)> {
        let key = self.walk.value()?;
        let name = key.text.strip_prefix('"')?.strip_suffix('"')?;
        let value = self.walk.value()?;
        Some((name, name.contains('\\'), key.span(), value))
    }

    /// The next member, with where its name lies: quotes included.
    pub(crate) fn next_at(&mut self) -> Option<(Cow<'a, str>, Span, Raw<'a>)> {
        self.next_raw().map(|(name, escaped, at, value)| (unescape(name, escaped), at, value))
    }

    fn find_raw(mut self, wanted: &str) -> Option<Raw<'a>> {
        while let Some((name, escaped, _, value)) = self.next_raw() {
            if key_is(name, escaped, wanted) {
                return Some(value);
            }
        }
        None
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Raw<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.next_raw().map(|(name, escaped, _, value)| (unescape(name, escaped), value))
    }
}

/// Iterator over the elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    walk: Walk<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.walk.value()
    }
}

/// A position inside a container, before a value or a separator.
#[derive(Debug, Clone)]
struct Walk<'a> {
    text: &'a str,
    base: u32,
    at: usize,
}

impl<'a> Walk<'a> {
    fn new(raw: Raw<'a>, open: u8) -> Self {
        let at = if raw.text.as_bytes().first() == Some(&open) { 1 } else { raw.text.len() };
        Self { text: raw.text, base: raw.at, at }
    }

    /// The next value; separators and blanks before it are skipped. `None` at the closing bracket.
    fn value(&mut self) -> Option<Raw<'a>> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at)?, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') {
            self.at += 1;
        }
        let start = self.at;
        let end = value_end(bytes, start)?;
        self.at = end;
        let at = self.base.saturating_add(u32::try_from(start).ok()?);
        Some(Raw { text: self.text.get(start..end)?, at })
    }
}

/// The offset just after the value that starts at `start`.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'"' => string_end(bytes, start),
        b'{' | b'[' => container_end(bytes, start),
        b'}' | b']' => None,
        _ => {
            let rest = bytes.get(start..)?;
            let length =
                rest.iter().position(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}'));
            Some(start + length.unwrap_or(rest.len()))
        }
    }
}

/// The offset just after the bracket that closes the one at `start`. In a checked text brackets match, so
/// counting them is enough.
fn container_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}
