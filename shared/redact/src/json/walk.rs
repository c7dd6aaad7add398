//! A walk over JSON text, without a tree: it says where the strings, keys and numbers are.

use super::string;
use crate::path::Path;
use crate::view::Unescaped;
use std::ops::Range;

/// Deepest nesting that is followed; the same as serde_json's.
const DEEPEST: usize = 127;

/// What is told of a document, in its order. Ranges of strings and keys are those between the quotes.
pub(crate) trait Visit {
    fn key(&mut self, at: Range<usize>, says: &str, path: &Path<'_>);
    fn string(&mut self, at: Range<usize>, says: &str, path: &Path<'_>);
    fn number(&mut self, at: Range<usize>, path: &Path<'_>);
}

/// Walks over one JSON value (RFC 8259; lone surrogates are let pass). None if it is malformed or nested too deep; what
/// stands before the fault was told then.
pub(crate) fn walk(json: &str, path: &Path<'_>, visit: &mut impl Visit) -> Option<()> {
    let mut walker = Walker { json, bytes: json.as_bytes(), at: 0, visit };
    walker.value(path, 0)?;
    walker.blanks();
    (walker.at == json.len()).then_some(())
}

struct Walker<'a, V> {
    json: &'a str,
    bytes: &'a [u8],
    at: usize,
    visit: &'a mut V,
}

impl<'a, V: Visit> Walker<'a, V> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Goes behind a certain byte, if that is next but for blanks.
    fn take(&mut self, byte: u8) -> Option<()> {
        self.blanks();
        self.skip(byte)
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self, path: &Path<'_>, depth: usize) -> Option<()> {
        self.blanks();
        match self.peek()? {
            b'{' | b'[' if depth == DEEPEST => None,
            b'{' => self.object(path, depth + 1),
            b'[' => self.array(path, depth + 1),
            b'"' => {
                let (at, says) = self.string()?;
                self.visit.string(at, says.text(), path);
                Some(())
            }
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => self.number(path),
        }
    }

    fn object(&mut self, path: &Path<'_>, depth: usize) -> Option<()> {
        self.at += 1;
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            self.blanks();
            let (at, name) = self.string()?;
            self.visit.key(at, name.text(), path);
            self.take(b':')?;
            self.value(&path.under(name.text()), depth)?;
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
        }
    }

    fn array(&mut self, path: &Path<'_>, depth: usize) -> Option<()> {
        self.at += 1;
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(path, depth)?;
            if self.take(b',').is_none() {
                return self.take(b']');
            }
        }
    }

    /// A string: the range between its quotes, and what it says.
    fn string(&mut self) -> Option<(Range<usize>, Unescaped<'a>)> {
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

    fn literal(&mut self, literal: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(literal).then(|| self.at += literal.len())
    }

    fn number(&mut self, path: &Path<'_>) -> Option<()> {
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
        self.visit.number(start..self.at, path);
        Some(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Context;

    /// What a walk tells, one word each.
    #[derive(Default)]
    struct Told(Vec<String>);

    impl Told {
        fn add(&mut self, kind: char, at: Range<usize>, path: &Path<'_>) {
            self.0.push(format!("{kind}{}:{}@{path}", at.start, at.len()));
        }
    }

    impl Visit for Told {
        fn key(&mut self, at: Range<usize>, _: &str, path: &Path<'_>) {
            self.add('k', at, path);
        }
        fn string(&mut self, at: Range<usize>, _: &str, path: &Path<'_>) {
            self.add('s', at, path);
        }
        fn number(&mut self, at: Range<usize>, path: &Path<'_>) {
            self.add('n', at, path);
        }
    }

    #[test]
    fn strings_keys_and_numbers_are_told_with_their_path() {
        let json = r#" {"a":[1,"x",{"b\u0063":-2.5e+3}], "d" : null,"e":"\"\\"} "#;
        let mut told = Told::default();
        assert!(walk(json, &Path::root(&Context::default()), &mut told).is_some());
        let expected = ["k3:1@", "n7:1@a", "s10:1@a", "k15:7@a", "n24:7@a.bc", "k36:1@", "k47:1@", "s51:4@e"];
        assert_eq!(told.0, expected);
    }

    #[test]
    fn it_takes_what_serde_json_takes() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        for (text, expected) in [
            ("0", true),
            ("[]", true),
            (" { } ", true),
            ("[true,false,null,-0.1E-2]", true),
            (r#"{"a":{"b":[[],{}]}}"#, true),
            ("", false),
            ("[1,]", false),
            ("{,}", false),
            (r#"{"a"}"#, false),
            ("{1:2}", false),
            ("01", false),
            ("1.", false),
            ("-", false),
            ("+1", false),
            ("[1 2]", false),
            ("[1]]", false),
            ("nul", false),
            ("\"\n\"", false),
            (r#""\q""#, false),
            (r#""\u12""#, false),
            (r#""open"#, false),
            (nested(127).as_str(), true),
            (nested(128).as_str(), false),
            ("[".repeat(100_000).as_str(), false),
        ] {
            let context = Context::default();
            let is_json = walk(text, &Path::root(&context), &mut Told::default()).is_some();
            assert_eq!(is_json, expected, "{}", text.get(..9).unwrap_or(text));
            assert_eq!(serde_json::from_str::<serde_json::Value>(text).is_ok(), expected);
        }
    }
}
