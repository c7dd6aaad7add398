//! A walk over JSON text, without a tree: it says where the strings, keys and numbers are.

use super::cursor::Cursor;
use super::label::{self, Labels, Role};
use crate::path::Path;
use std::borrow::Cow;
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
    let mut walker = Walker { cursor: Cursor::new(json), visit, name: "", header: None };
    walker.value(path, 0)?;
    walker.cursor.blanks();
    (walker.cursor.at == json.len()).then_some(())
}

struct Walker<'a, V> {
    cursor: Cursor<'a>,
    visit: &'a mut V,
    /// The name of the member that it is at the value of, as it is written.
    name: &'a str,
    /// Where the last list of names of columns stands that no table has used.
    header: Option<Cursor<'a>>,
}

impl<'a, V: Visit> Walker<'a, V> {
    fn value(&mut self, path: &Path<'_>, depth: usize) -> Option<()> {
        self.cursor.blanks();
        match self.cursor.peek()? {
            b'{' | b'[' if depth == DEEPEST => None,
            b'{' => self.object(path, depth + 1),
            b'[' => self.array(path, depth + 1),
            b'"' => {
                let (at, says) = self.cursor.string()?;
                self.visit.string(at, says.text(), path);
                Some(())
            }
            b't' => self.cursor.literal(b"true"),
            b'f' => self.cursor.literal(b"false"),
            b'n' => self.cursor.literal(b"null"),
            _ => {
                let at = self.cursor.number()?;
                self.visit.number(at, path);
                Some(())
            }
        }
    }

    fn object(&mut self, path: &Path<'_>, depth: usize) -> Option<()> {
        self.cursor.at += 1;
        if self.cursor.take(b'}').is_some() {
            return Some(());
        }
        let mut labels = Labels::default();
        loop {
            self.cursor.blanks();
            let (at, name) = self.cursor.string()?;
            self.name = self.cursor.json.get(at.clone()).unwrap_or("");
            self.visit.key(at, name.text(), path);
            self.cursor.take(b':')?;
            match label::role(self.name) {
                Some((role, head)) => self.member(path, depth, name.text(), (role, head), &mut labels)?,
                None => self.value(&path.under(name.text()), depth)?,
            }
            if self.cursor.take(b',').is_none() {
                return self.cursor.take(b'}');
            }
        }
    }

    /// The value of a member that may be a label of others, or have one.
    fn member(
        &mut self,
        path: &Path<'_>,
        depth: usize,
        name: &str,
        (role, head): (Role, &'a str),
        labels: &mut Labels<'a>,
    ) -> Option<()> {
        self.cursor.blanks();
        if role.labels() {
            labels.learn(role, head, self.cursor);
            return self.value(&path.under(name), depth);
        }
        let behind = if labels.is_empty() { Labels::behind(self.cursor, role) } else { Labels::default() };
        let labels = if labels.is_empty() { &behind } else { &*labels };
        let value = if self.cursor.peek() == Some(b'"') { Some(self.cursor.string()?) } else { None };
        let text = value.as_ref().map(|(_, says)| says.text());
        let found = labels.of(role, head, text);
        let labels = found.labels.each_ref().map(Option::as_deref);
        let (above, own) = if found.own { ([None; 2], labels) } else { (labels, [None; 2]) };
        let path = path.labelled(above[0]);
        let path = path.labelled(above[1]);
        let path = path.under(name);
        let path = path.labelled(own[0]);
        let path = path.labelled(own[1]);
        match value {
            Some((at, says)) => self.visit.string(at, says.text(), &path),
            None => self.value(&path, depth)?,
        }
        Some(())
    }

    fn array(&mut self, path: &Path<'_>, depth: usize) -> Option<()> {
        let name = std::mem::take(&mut self.name);
        let start = self.cursor;
        self.cursor.at += 1;
        if self.cursor.take(b']').is_some() {
            return Some(());
        }
        let first = self.cursor.peek()?;
        if first == b'[' {
            return self.rows(path, depth);
        }
        let header = matches!(first, b'"' | b'{') && label::names_columns(name);
        let columns = match self.header {
            Some(header) if first != b'{' && label::is_row(name) => label::columns(header),
            _ => Vec::new(),
        };
        self.row(path, depth, &columns)?;
        if header {
            self.header = Some(start);
        }
        Some(())
    }

    /// The items of an array whose first one is an array: those of a table, if the names of its columns stand before it or
    /// in its first row.
    fn rows(&mut self, path: &Path<'_>, depth: usize) -> Option<()> {
        let mut columns = self.header.take().map_or(Vec::new(), label::columns);
        let mut first = columns.is_empty();
        loop {
            self.cursor.blanks();
            let mut start = self.cursor;
            let is_row = start.skip(b'[').is_some() && {
                start.blanks();
                !matches!(start.peek(), Some(b'[' | b']'))
            };
            if is_row && depth < DEEPEST {
                let row = std::mem::replace(&mut self.cursor, start);
                self.row(path, depth + 1, &columns)?;
                if std::mem::take(&mut first) {
                    columns = label::first_row(row);
                }
            } else {
                self.value(path, depth)?;
            }
            if self.cursor.take(b',').is_none() {
                return self.cursor.take(b']');
            }
        }
    }

    /// The items of an array, in columns if these have names.
    fn row(&mut self, path: &Path<'_>, depth: usize, columns: &[Cow<'_, str>]) -> Option<()> {
        let mut columns = columns.iter();
        loop {
            self.cursor.blanks();
            match columns.next() {
                Some(column) => self.cell(path, depth, column)?,
                None => self.value(path, depth)?,
            }
            if self.cursor.take(b',').is_none() {
                return self.cursor.take(b']');
            }
        }
    }

    fn cell(&mut self, path: &Path<'_>, depth: usize, column: &str) -> Option<()> {
        if self.cursor.peek() != Some(b'"') {
            return self.value(&path.labelled(Some(column)), depth);
        }
        let (at, says) = self.cursor.string()?;
        let label = Some(column).filter(|column| label::fits(column, says.text()));
        self.visit.string(at, says.text(), &path.labelled(label));
        Some(())
    }
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
