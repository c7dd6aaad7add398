//! The one strict pass: RFC 8259, the bounds, and the rules that keep two parsers from reading one text
//! differently (no duplicate names, no lone surrogates, no NUL, no byte order mark).

use super::text::{escape, hex4, plain_run, unescape};
use super::{Bounds, Entry, JsonError, Kind, Span};

/// Levels of the tape: the root and three below it.
const TAPE_LEVELS: u32 = 4;

/// Recursion ends here whatever the bounds say: the stack of a wasm isolate is small.
const DEPTH_MAX: usize = 128;

/// Objects up to this many members are compared pairwise, larger ones are sorted.
const PAIRWISE_MAX: usize = 12;

/// The text of `bytes`, if it is small enough, without byte order mark and valid UTF-8.
pub(super) fn utf8<'a>(bytes: &'a [u8], bounds: &Bounds) -> Result<&'a str, JsonError> {
    // Offsets are 32 bits wide.
    if bytes.len() > bounds.bytes.min(u32::MAX as usize - 1) {
        return Err(JsonError::TooLarge);
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(JsonError::Bom);
    }
    std::str::from_utf8(bytes).map_err(|e| JsonError::Utf8 { at: e.valid_up_to() })
}

/// Checks `text` and returns its tape.
pub(super) fn scan(text: &str, bounds: &Bounds) -> Result<Vec<Entry>, JsonError> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        nodes: bounds.nodes,
        bounds,
        tape: Vec::with_capacity(24),
        keys: Vec::with_capacity(16),
        unescaped: String::new(),
    };
    scanner.blanks();
    let levels = match scanner.peek() {
        None => return Err(JsonError::Empty),
        Some(b'[') => TAPE_LEVELS + 1,
        Some(_) => TAPE_LEVELS,
    };
    scanner.value(Name::default(), levels, bounds.depth.min(DEPTH_MAX))?;
    scanner.blanks();
    if scanner.at < scanner.bytes.len() {
        return Err(JsonError::Trailing { at: scanner.at });
    }
    Ok(scanner.tape)
}

/// A member name as it stands in the text, with its quotes. Empty for elements and the root.
#[derive(Clone, Copy, Default)]
struct Name {
    start: u32,
    end: u32,
    escaped: bool,
}

/// A member name on the stack of open objects, for the duplicate check.
#[derive(Clone, Copy)]
struct Key {
    hash: u64,
    /// Content without quotes, in the text or, where it has escapes, in `Scanner::unescaped`.
    start: u32,
    end: u32,
    escaped: bool,
    /// Where the name stands, for the error.
    at: u32,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Values that may still come.
    nodes: usize,
    bounds: &'a Bounds,
    tape: Vec<Entry>,
    /// Names of all open objects; each object owns the tail from its own base on.
    keys: Vec<Key>,
    unescaped: String,
}

impl Scanner<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn blanks(&mut self) {
        // Most texts have none here, so one comparison settles it.
        while self.peek().is_some_and(|byte| byte <= b' ' && matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    #[inline]
    fn here(&self) -> u32 {
        // `utf8` refused texts whose offsets would not fit.
        self.at as u32
    }

    fn syntax<T>(&self) -> Result<T, JsonError> {
        Err(JsonError::Syntax { at: self.at })
    }

    /// One value at the cursor. `levels` of it go on the tape (0: none); `depth` containers may still open.
    fn value(&mut self, name: Name, levels: u32, depth: usize) -> Result<(), JsonError> {
        self.nodes = self.nodes.checked_sub(1).ok_or(JsonError::TooManyNodes)?;
        let start = self.here();
        let Some(first) = self.peek() else { return self.syntax() };
        let kind = match first {
            b'"' => Kind::String,
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b't' => Kind::True,
            b'f' => Kind::False,
            b'n' => Kind::Null,
            b'-' | b'0'..=b'9' => Kind::Number,
            _ => return self.syntax(),
        };
        let slot = self.tape.len();
        if levels > 0 {
            self.tape.push(Entry {
                value: Span { start, end: start },
                key: Span { start: name.start, end: name.end },
                next: 0,
                kind,
                escaped_key: name.escaped,
            });
        }
        match kind {
            Kind::String => {
                self.string(self.bounds.string_bytes, JsonError::StringTooLong)?;
            }
            Kind::Object => self.object(levels.saturating_sub(1), depth)?,
            Kind::Array => {
                // Only a batch, the one array that is given a further level, has elements on the tape.
                self.array(if levels > TAPE_LEVELS { TAPE_LEVELS } else { 0 }, depth)?;
            }
            Kind::Number => self.number()?,
            Kind::True => self.word("true")?,
            Kind::False => self.word("false")?,
            Kind::Null => self.word("null")?,
        }
        if levels > 0 {
            let (end, next) = (self.here(), self.tape.len() as u32);
            if let Some(entry) = self.tape.get_mut(slot) {
                entry.value.end = end;
                entry.next = next;
            }
        }
        Ok(())
    }

    fn object(&mut self, levels: u32, depth: usize) -> Result<(), JsonError> {
        let depth = depth.checked_sub(1).ok_or(JsonError::TooDeep)?;
        let (keys, unescaped) = (self.keys.len(), self.unescaped.len());
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let name = self.name()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return self.syntax();
            }
            self.at += 1;
            self.blanks();
            self.value(name, levels, depth)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return self.syntax(),
            }
            self.blanks();
        }
        self.at += 1;
        self.unique(keys)?;
        self.keys.truncate(keys);
        self.unescaped.truncate(unescaped);
        Ok(())
    }

    fn array(&mut self, levels: u32, depth: usize) -> Result<(), JsonError> {
        let depth = depth.checked_sub(1).ok_or(JsonError::TooDeep)?;
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(Name::default(), levels, depth)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return self.syntax(),
            }
            self.blanks();
        }
        self.at += 1;
        Ok(())
    }

    /// A member name at the cursor; it goes on the stack of names.
    fn name(&mut self) -> Result<Name, JsonError> {
        if self.peek() != Some(b'"') {
            return self.syntax();
        }
        let start = self.here();
        let escaped = self.string(self.bounds.key_bytes, JsonError::KeyTooLong)?;
        let name = Name { start, end: self.here(), escaped };
        let mut key = Key { hash: 0, start: start + 1, end: name.end - 1, escaped, at: start };
        if escaped {
            let from = self.unescaped.len() as u32;
            let raw = self.text.get(key.start as usize..key.end as usize).unwrap_or("");
            self.unescaped.push_str(&unescape(raw, true));
            (key.start, key.end) = (from, self.unescaped.len() as u32);
        }
        let from = if escaped { self.unescaped.as_bytes() } else { self.bytes };
        key.hash = hash(from, key.start as usize, key.end as usize);
        self.keys.push(key);
        Ok(name)
    }

    fn key_bytes(&self, key: &Key) -> &[u8] {
        let from = if key.escaped { self.unescaped.as_bytes() } else { self.bytes };
        from.get(key.start as usize..key.end as usize).unwrap_or(b"")
    }

    /// Refuses two equal names among those from `base` on. Equal hashes are compared byte for byte, so that nobody
    /// can have another's document refused by crafting a collision.
    fn unique(&mut self, base: usize) -> Result<(), JsonError> {
        let names = self.keys.get(base..).unwrap_or(&[]);
        if names.len() < 2 {
            return Ok(());
        }
        let same = |a: &Key, b: &Key| a.hash == b.hash && self.key_bytes(a) == self.key_bytes(b);
        if names.len() <= PAIRWISE_MAX {
            for (i, later) in names.iter().enumerate().skip(1) {
                if names.iter().take(i).any(|earlier| same(earlier, later)) {
                    return Err(JsonError::DuplicateKey { at: later.at as usize });
                }
            }
            return Ok(());
        }
        let mut sorted = names.to_vec();
        sorted.sort_unstable_by(|a, b| {
            a.hash.cmp(&b.hash).then_with(|| self.key_bytes(a).cmp(self.key_bytes(b))).then(a.at.cmp(&b.at))
        });
        match sorted.array_windows().find(|[a, b]| same(a, b)) {
            Some([_, later]) => Err(JsonError::DuplicateKey { at: later.at as usize }),
            None => Ok(()),
        }
    }

    /// A string literal at the cursor; whether it has escapes. `limit` counts the bytes between the quotes.
    #[inline]
    fn string(&mut self, limit: usize, over: JsonError) -> Result<bool, JsonError> {
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        loop {
            self.at = plain_run(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return self.syntax(),
            }
        }
        if self.at - start > limit {
            return Err(over);
        }
        self.at += 1;
        Ok(escaped)
    }

    /// An escape sequence at the cursor.
    #[inline]
    fn escape(&mut self) -> Result<(), JsonError> {
        let tail = self.bytes.get(self.at + 1..).unwrap_or(b"");
        match escape(tail) {
            Some(('\0', _)) => Err(JsonError::Nul { at: self.at }),
            Some((_, used)) => {
                self.at += 1 + used;
                Ok(())
            }
            None if tail.first() == Some(&b'u') && tail.get(1..5).and_then(hex4).is_some() => {
                Err(JsonError::LoneSurrogate { at: self.at })
            }
            None => self.syntax(),
        }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.syntax(),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.some_digits()?;
        }
        if self.at - start > self.bounds.number_chars {
            return Err(JsonError::NumberTooLong);
        }
        Ok(())
    }

    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    fn some_digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        self.digits();
        if self.at == start { self.syntax() } else { Ok(()) }
    }

    fn word(&mut self, word: &str) -> Result<(), JsonError> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return self.syntax();
        }
        self.at += word.len();
        Ok(())
    }
}

/// A quick 64-bit mix of the name `bytes[start..end]`. It needs no secret: equal hashes only lead to a comparison.
#[inline]
fn hash(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut hash = (end - start) as u64;
    let mut at = start;
    while at < end {
        hash = (hash.rotate_left(5) ^ word(bytes, at, end - at)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        at += 8;
    }
    hash ^ (hash >> 32)
}

/// The next `count` bytes, eight at most, as a number. Reading past them and masking is quicker than a loop.
#[inline]
fn word(bytes: &[u8], at: usize, count: usize) -> u64 {
    let tail = bytes.get(at..).unwrap_or(b"");
    match tail.first_chunk::<8>() {
        Some(chunk) if count >= 8 => u64::from_le_bytes(*chunk),
        Some(chunk) => u64::from_le_bytes(*chunk) & ((1 << (8 * count)) - 1),
        None => tail.iter().take(count).rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}
