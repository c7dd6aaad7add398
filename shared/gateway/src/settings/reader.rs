//! Reading a TOML document key by key, so that every problem is found at once and named by path and line.
//!
//! It runs once, and its callers are hundreds of keys: inlined into them, it made a tenth of the Worker.

use super::problem::{Problem, Problems, join};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Problems shown of one text: more would only be noise, and a hostile text could have millions.
const PROBLEMS: usize = 200;

/// A document, and what was found in it so far.
pub struct Source<'i> {
    text: &'i str,
    /// Where lines begin.
    starts: Vec<usize>,
    problems: RefCell<Vec<Problem>>,
    lines: RefCell<BTreeMap<String, u32>>,
}

impl<'i> Source<'i> {
    pub fn new(text: &'i str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts, problems: RefCell::default(), lines: RefCell::default() }
    }

    /// The document; `None` when it is not TOML, with the problems noted.
    pub fn parse(&self) -> Option<Spanned<DeTable<'i>>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let line = error.span().map(|span| self.line(span.start));
            self.note(Problem {
                path: String::new(),
                line,
                message: format!("it is not TOML: {}", error.message().replace('\n', " ")),
                remedy: "correct the syntax".to_owned(),
            });
        }
        errors.is_empty().then_some(root)
    }

    pub fn finish(self) -> (Problems, BTreeMap<String, u32>) {
        (Problems(self.problems.into_inner()), self.lines.into_inner())
    }

    fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    fn note(&self, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < PROBLEMS {
            problems.push(problem);
        }
    }
}

/// Something that `false` turns off and a table describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch<T> {
    /// `false`.
    Off,
    /// `{ ... }`.
    On(T),
}

/// One table of a document.
pub struct Reader<'s, 'i> {
    source: &'s Source<'i>,
    table: &'s DeTable<'i>,
    path: String,
    /// The keys that were asked for.
    known: RefCell<Vec<&'static str>>,
}

impl<'s, 'i> Reader<'s, 'i> {
    pub fn root(source: &'s Source<'i>, table: &'s DeTable<'i>) -> Self {
        Self { source, table, path: String::new(), known: RefCell::default() }
    }

    /// `version = 1`, which every document has to have: a later one may mean other things.
    pub fn version(&self) {
        let one = matches!(self.value("version"), Some(DeValue::Integer(number)) if number.as_str() == "1");
        if !one {
            self.problem_at("version", "it must be the number 1", "write `version = 1`");
        }
    }

    #[inline(never)]
    pub fn text(&self, key: &'static str) -> Option<String> {
        match self.value(key)? {
            DeValue::String(text) => Some(text.clone().into_owned()),
            other => self.wrong(key, other, "a string"),
        }
    }

    #[inline(never)]
    pub fn required_text(&self, key: &'static str, remedy: &str) -> String {
        self.require(key, remedy);
        self.text(key).unwrap_or_default()
    }

    #[inline(never)]
    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let DeValue::Array(list) = value else {
            return self.wrong(key, value, "a list of strings");
        };
        let texts: Option<Vec<String>> =
            list.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
        if texts.is_none() {
            self.problem_at(key, "not every item is a string", "write a list of strings");
        }
        texts
    }

    #[inline(never)]
    pub fn required_texts(&self, key: &'static str, remedy: &str) -> Vec<String> {
        self.require(key, remedy);
        self.texts(key).unwrap_or_default()
    }

    #[inline(never)]
    pub fn flag(&self, key: &'static str) -> bool {
        self.choice(key).unwrap_or_default()
    }

    /// True or false, where it makes a difference that nothing was written.
    #[inline(never)]
    pub fn choice(&self, key: &'static str) -> Option<bool> {
        match self.value(key)? {
            DeValue::Boolean(flag) => Some(*flag),
            other => self.wrong(key, other, "true or false"),
        }
    }

    #[inline(never)]
    pub fn number(&self, key: &'static str, range: RangeInclusive<u32>, default: u32) -> u32 {
        self.optional(key, range).unwrap_or(default)
    }

    /// A number of at most 255.
    #[inline(never)]
    pub fn small(&self, key: &'static str, range: RangeInclusive<u8>, default: u8) -> u8 {
        let range = u32::from(*range.start())..=u32::from(*range.end());
        self.optional(key, range).and_then(|number| u8::try_from(number).ok()).unwrap_or(default)
    }

    /// A number that may be missing.
    #[inline(never)]
    pub fn optional(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.value(key)?;
        let number =
            value.as_integer().and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        let fits = number.filter(|number| range.contains(number));
        let wanted = || format!("a number from {} to {}", range.start(), range.end());
        fits.or_else(|| self.wrong(key, value, &wanted()))
    }

    /// A table, read by `read`.
    pub fn table<T>(&self, key: &'static str, read: impl Fn(&Reader<'s, 'i>) -> T) -> Option<T> {
        match self.value(key)? {
            DeValue::Table(table) => Some(self.child(&self.path, key, table, read)),
            other => self.wrong(key, other, "a table"),
        }
    }

    /// `false`, or a table, read by `read`.
    pub fn switch<T>(&self, key: &'static str, read: impl Fn(&Reader<'s, 'i>) -> T) -> Option<Switch<T>> {
        match self.value(key)? {
            DeValue::Boolean(false) => Some(Switch::Off),
            DeValue::Table(table) => Some(Switch::On(self.child(&self.path, key, table, read))),
            other => self.wrong(key, other, "`false` or a table"),
        }
    }

    /// A table of tables with names, each read by `read`.
    pub fn tables<T>(&self, key: &'static str, read: impl Fn(&Reader<'s, 'i>) -> T) -> BTreeMap<String, T> {
        let mut found = BTreeMap::new();
        let path = join(&self.path, key);
        match self.value(key) {
            None => {}
            Some(DeValue::Table(tables)) => {
                for (name, value) in tables {
                    let name = name.get_ref();
                    match value.get_ref() {
                        DeValue::Table(table) => {
                            self.mark(&join(&path, name), value);
                            found.insert(name.clone().into_owned(), self.child(&path, name, table, &read));
                        }
                        other => self.note(&join(&path, name), value, &is_not(other, "a table")),
                    }
                }
            }
            Some(other) => drop(self.wrong::<()>(key, other, "a table")),
        }
        found
    }

    /// A list of tables (`[[key]]`), each read by `read`; the first is at `key.0`.
    pub fn list<T>(&self, key: &'static str, read: impl Fn(&Reader<'s, 'i>) -> T) -> Vec<T> {
        let items = match self.value(key) {
            None => return Vec::new(),
            Some(DeValue::Array(items)) => items,
            Some(other) => {
                let _: Option<()> = self.wrong(key, other, "a list of tables");
                return Vec::new();
            }
        };
        let path = join(&self.path, key);
        let mut found = Vec::new();
        for (at, value) in items.iter().enumerate() {
            let name = at.to_string();
            match value.get_ref() {
                DeValue::Table(table) => {
                    self.mark(&join(&path, &name), value);
                    found.push(self.child(&path, &name, table, &read));
                }
                other => self.note(&join(&path, &name), value, &is_not(other, "a table")),
            }
        }
        found
    }

    /// An amount with up to `places` decimals, as a number or a string, in units of its last place.
    #[inline(never)]
    pub fn decimal(&self, key: &'static str, places: u32) -> Option<u64> {
        let value = self.value(key)?;
        let text = match value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::String(text) => text.clone().into_owned(),
            _ => String::new(),
        };
        let amount = decimal(&text, places);
        amount.or_else(|| {
            self.wrong(key, value, &format!("an amount with at most {places} decimals, such as 12.50"))
        })
    }

    /// Notes a problem of this table as a whole.
    pub fn problem(&self, message: &str, remedy: &str) {
        let line = self.source.lines.borrow().get(&self.path).copied();
        self.source.note(Problem {
            path: self.path.clone(),
            line,
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// Notes every key that was not asked for.
    #[inline(never)]
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (key, value) in self.table {
            let key = key.get_ref();
            if !known.contains(&key.as_ref()) {
                let message = "there is no such setting".to_owned();
                let remedy = match known.iter().min_by_key(|known| distance(known, key)) {
                    Some(near) if distance(near, key) <= 3 => format!("did you mean `{near}`?"),
                    _ => format!("here may stand: {}", known.join(", ")),
                };
                self.note(&join(&self.path, key), value, &(message, remedy));
            }
        }
    }

    fn child<T>(
        &self,
        path: &str,
        key: &str,
        table: &'s DeTable<'i>,
        read: impl Fn(&Reader<'s, 'i>) -> T,
    ) -> T {
        let reader = Reader { source: self.source, table, path: join(path, key), known: RefCell::default() };
        let read = read(&reader);
        reader.finish();
        read
    }

    #[inline(never)]
    fn value(&self, key: &'static str) -> Option<&'s DeValue<'i>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        let value = self.table.get(key)?;
        self.mark(&join(&self.path, key), value);
        Some(value.get_ref())
    }

    /// Remembers where the value at `path` is.
    #[inline(never)]
    fn mark(&self, path: &str, value: &Spanned<DeValue<'i>>) {
        let line = self.source.line(value.span().start);
        self.source.lines.borrow_mut().insert(path.to_owned(), line);
    }

    fn require(&self, key: &'static str, remedy: &str) {
        if self.value(key).is_none() {
            self.problem_at(key, "it is missing", remedy);
        }
    }

    fn wrong<T>(&self, key: &'static str, found: &DeValue<'_>, wanted: &str) -> Option<T> {
        let (message, remedy) = is_not(found, wanted);
        self.problem_at(key, &message, &remedy);
        None
    }

    fn problem_at(&self, key: &str, message: &str, remedy: &str) {
        let path = join(&self.path, key);
        let line = {
            let lines = self.source.lines.borrow();
            lines.get(&path).or_else(|| lines.get(&self.path)).copied()
        };
        self.source.note(Problem { path, line, message: message.to_owned(), remedy: remedy.to_owned() });
    }

    fn note(&self, path: &str, value: &Spanned<DeValue<'i>>, (message, remedy): &(String, String)) {
        self.source.note(Problem {
            path: path.to_owned(),
            line: Some(self.source.line(value.span().start)),
            message: message.clone(),
            remedy: remedy.clone(),
        });
    }
}

/// `12.5` in units of the last of `places` decimals. No sign, no exponent.
fn decimal(text: &str, places: u32) -> Option<u64> {
    let text = text.replace('_', "");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let missing = places.checked_sub(u32::try_from(part.len()).ok()?)?;
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part}").parse::<u64>().ok()?.checked_mul(10_u64.checked_pow(missing)?)
}

fn is_not(found: &DeValue<'_>, wanted: &str) -> (String, String) {
    let found = match found {
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Array(_) => "a list".to_owned(),
        other => format!("a {}", other.type_str()),
    };
    (format!("it is {found}"), format!("write {wanted}"))
}

/// Edit distance (Levenshtein), for suggestions; keys beyond 40 characters are never near.
fn distance(known: &str, found: &str) -> usize {
    if found.len() > 40 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=found.chars().count()).collect();
    for (at, left) in known.chars().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(found.chars()) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            before = replaced.min(before + 1).min(*cell + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}
