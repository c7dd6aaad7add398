//! Digests of results and errors.

use super::barren::{self, Says};
use super::digest::{Digests, short};
use super::words::{is_date, is_in, words};
use super::{Finding, Finds};
use crate::mcp::{Bounds, Json, Kind, Raw};
use std::hash::Hasher as _;

/// A text of at most so many bytes is looked into if it is JSON itself: what is longer is content.
const TEXT_BYTES: usize = 8 * 1024;
/// Bounds of such a text.
const TEXT: Bounds = Bounds {
    bytes: TEXT_BYTES,
    depth: 64,
    nodes: 4_096,
    key_bytes: 1_024,
    string_bytes: TEXT_BYTES,
    number_chars: 64,
};
/// Characters of an error's text that its gist is made of: what tells errors apart stands in front.
const GIST_CHARS: usize = 1_000;
/// Digits of a number that may be a count of something: longer ones are ids, sizes and times.
const SMALL_DIGITS: usize = 4;
/// Words beside a number that changes with every attempt.
const PASSING: &[&str] = &[
    "after",
    "attempt",
    "attempts",
    "duration",
    "elapsed",
    "id",
    "latency",
    "m",
    "millis",
    "milliseconds",
    "min",
    "minute",
    "minutes",
    "ms",
    "ref",
    "request",
    "retries",
    "retry",
    "s",
    "sec",
    "second",
    "seconds",
    "time",
    "times",
    "timestamp",
    "tries",
    "try",
    "ts",
];
/// Parts of errors about what was asked for, in lower case.
const ABOUT: &[&str] = &["no such", "does not exist", "doesn't exist", "already exists", "404"];
/// How texts begin that tell of an error, in lower case.
const TROUBLES: &[&str] = &[
    "error:",
    "error executing",
    "error calling",
    "error while",
    "error in ",
    "error -",
    "exception:",
    "failed to ",
    "fatal:",
    "traceback (most recent",
];

/// What is seen of a result while it is walked.
#[derive(Default)]
struct Seen<'a> {
    is_error: bool,
    structured: Option<Raw<'a>>,
    content: Option<Raw<'a>>,
    /// The strongest of what its texts say.
    says: Option<Says>,
    /// The gist of the first text that reads like an error.
    trouble: Option<u64>,
}

impl Digests {
    /// Of the result of `tools/call`.
    #[must_use]
    pub fn result(&self, result: Raw<'_>) -> Finding {
        let mut seen = Seen::default();
        let exact = self.exact(result, &mut seen);
        if seen.is_error {
            return self.failed(exact, result);
        }
        let says = match seen.structured {
            // The text is for models that cannot read this; it says the same.
            Some(structured) => barren::value(structured, 0),
            None => seen.says.unwrap_or(Says::Nothing),
        };
        let trouble = seen.structured.and_then(|raw| self.complaint(raw)).or(seen.trouble);
        self.finding(exact, trouble, says, seen.structured.or(seen.content))
    }

    /// Of a JSON-RPC error, or of a result that is an error.
    #[must_use]
    pub fn error(&self, error: Raw<'_>) -> Finding {
        self.failed(self.exact(error, &mut Seen::default()), error)
    }

    fn failed(&self, exact: u64, error: Raw<'_>) -> Finding {
        let kind = if is_about(error, 0) { Finds::Complaint } else { Finds::Error };
        Finding { result: short(exact), gist: short(self.gist(error, 0)), kind }
    }

    /// Of anything that a tool may have answered: a result of `tools/call`, a JSON-RPC error or answer, or the bare value.
    #[must_use]
    pub fn answer(&self, answer: Raw<'_>) -> Finding {
        let is_true = |name: &str| answer.get(name).and_then(Raw::bool) == Some(true);
        let items = answer.get("content").filter(|content| content.kind() == Kind::Array);
        if is_true("isError") || is_true("is_error") {
            return self.error(answer);
        }
        if let Some(error) = trouble(answer) {
            return self.error(error);
        }
        if let Some(result) = answer.get("result").filter(|_| answer.get("jsonrpc").is_some()) {
            return self.answer(result);
        }
        let code = answer.get("code").is_some_and(|code| code.kind() == Kind::Number);
        if code && answer.get("message").is_some_and(|message| message.kind() == Kind::String) {
            return self.error(answer);
        }
        let typed = items.is_some_and(|items| items.elements().all(|item| item.get("type").is_some()));
        if typed || answer.get("structuredContent").is_some() {
            return self.result(answer);
        }
        let mut seen = Seen::default();
        let exact = self.exact(answer, &mut seen);
        match answer.kind() {
            Kind::String => {
                self.finding(exact, seen.trouble, seen.says.unwrap_or(Says::Nothing), Some(answer))
            }
            _ => self.finding(exact, self.complaint(answer), barren::value(answer, 0), Some(answer)),
        }
    }

    fn finding(&self, exact: u64, trouble: Option<u64>, says: Says, outline: Option<Raw<'_>>) -> Finding {
        let result = short(exact);
        match (trouble, says) {
            (Some(gist), _) => Finding { result, gist: short(gist), kind: Finds::Complaint },
            (None, Says::Nothing) => {
                let gist = outline.map_or(0, |raw| self.outline(raw, 0));
                Finding { result, gist: short(gist), kind: Finds::Nothing }
            }
            _ => Finding { result, gist: result, kind: Finds::Something },
        }
    }

    /// Of the whole, texts that are JSON by their value: servers print members in any order. What else matters of a
    /// result is seen on the way, as large ones are walked seldom enough.
    fn exact<'a>(&self, raw: Raw<'a>, seen: &mut Seen<'a>) -> u64 {
        match raw.kind() {
            Kind::String => self.read(raw, seen),
            Kind::Object => self.object(raw, |name, value| {
                match name {
                    "content" => {
                        seen.content = Some(value);
                        return self.array(value, |item| self.item(item, seen));
                    }
                    "structuredContent" => seen.structured = Some(value),
                    "isError" => seen.is_error = value.bool() == Some(true),
                    _ => {}
                }
                self.value(value, 1)
            }),
            _ => self.value(raw, 0),
        }
    }

    /// Of an item of a result; one without a text is content.
    fn item<'a>(&self, item: Raw<'a>, seen: &mut Seen<'a>) -> u64 {
        let mut reads = false;
        let exact = self.object(item, |name, value| match (name, value.kind()) {
            ("text", Kind::String) => {
                reads = true;
                self.read(value, seen)
            }
            _ => self.value(value, 2),
        });
        if !reads {
            seen.says = Some(Says::Something);
        }
        exact
    }

    fn read(&self, raw: Raw<'_>, seen: &mut Seen<'_>) -> u64 {
        let text = raw.string().unwrap_or_default();
        let json = json(&text);
        let (exact, says, trouble) = match json.as_ref().map(|json| json.value(json.root())) {
            Some(value) => (self.value(value, 0), barren::value(value, 0), self.complaint(value)),
            None => (self.text(b'"', text.trim()), barren::text(&text), self.grievance(&text)),
        };
        seen.says = seen.says.max(Some(says));
        seen.trouble = seen.trouble.or(trouble);
        exact
    }

    /// The gist of a value that reports an error.
    fn complaint(&self, raw: Raw<'_>) -> Option<u64> {
        Some(self.gist(trouble(raw)?, 0))
    }

    /// That of a text that reads like an error.
    fn grievance(&self, text: &str) -> Option<u64> {
        let start: String = text.trim_start().chars().take(24).flat_map(char::to_lowercase).collect();
        let reads_so = TROUBLES.iter().any(|begin| start.starts_with(begin));
        reads_so.then(|| self.wording(text))
    }

    /// Of an error without what changes by itself. Small numbers stay: `9 tests failed` after `10 tests failed` is
    /// progress.
    fn gist(&self, raw: Raw<'_>, depth: usize) -> u64 {
        match raw.kind() {
            Kind::String => {
                let text = raw.string().unwrap_or_default();
                json(&text)
                    .filter(|_| depth < 8)
                    .map_or_else(|| self.wording(&text), |json| self.gist(json.value(json.root()), depth + 8))
            }
            Kind::Object if depth < 16 => self.object(raw, |name, value| {
                let volatile = value.kind() == Kind::Number && words(name).any(|word| is_in(word, PASSING));
                if volatile { 0 } else { self.gist(value, depth + 1) }
            }),
            Kind::Array if depth < 16 => self.array(raw, |value| self.gist(value, depth + 1)),
            Kind::Number if is_small(raw.text()) => self.text(b'1', raw.text()),
            _ => 0,
        }
    }

    /// Of the words of a text that have no digit in them, are no date and not all hexadecimal, and of its small numbers,
    /// unless they count attempts or time.
    fn wording(&self, text: &str) -> u64 {
        let passes = |word: &str| is_in(word, PASSING) || is_date(word);
        let mut hasher = self.hasher(b'w');
        let mut before = "";
        let mut words = spoken(text).peekable();
        while let Some(word) = words.next() {
            let volatile = match word.chars().any(char::is_numeric) {
                true => !is_small(word) || passes(before) || words.peek().is_some_and(|next| passes(next)),
                false => is_date(word) || is_hexadecimal(word),
            };
            if !volatile {
                hasher.write(word.as_bytes());
                hasher.write(b" ");
            }
            before = word;
        }
        hasher.finish()
    }

    /// Of an empty result: names and kinds, as values may repeat the query or say how long it took.
    fn outline(&self, raw: Raw<'_>, depth: usize) -> u64 {
        match raw.kind() {
            Kind::Object if depth < 16 => self.object(raw, |_, value| self.outline(value, depth + 1)),
            Kind::Array if depth < 16 => self.array(raw, |value| self.outline(value, depth + 1)),
            Kind::Array | Kind::Object => 1,
            _ => 2,
        }
    }
}

/// The words of the beginning of a text, without what stands around them.
fn spoken(text: &str) -> impl Iterator<Item = &str> {
    let end = text.char_indices().nth(GIST_CHARS).map_or(text.len(), |(at, _)| at);
    let parts = text.get(..end).unwrap_or(text).split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    parts.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).filter(|word| !word.is_empty())
}

/// A digest or an id, even if it happens to have no digit.
fn is_hexadecimal(word: &str) -> bool {
    word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// A number that may be a count of something.
fn is_small(number: &str) -> bool {
    number.len() <= SMALL_DIGITS && number.chars().all(|c| c.is_ascii_digit())
}

/// Whether an error is about what was asked for, by its first text.
fn is_about(error: Raw<'_>, depth: usize) -> bool {
    if depth > 3 {
        return false;
    }
    if let Some(text) = error.string() {
        return match json(&text) {
            Some(json) => is_about(json.value(json.root()), depth + 1),
            None => {
                let lower = text.to_lowercase();
                text.len() <= GIST_CHARS
                    && (barren::text(&text) == Says::Nothing
                        || ABOUT.iter().any(|about| lower.contains(about)))
            }
        };
    }
    let parts = ["message", "error", "text"].into_iter().filter_map(|name| error.get(name));
    let items = error.get("content").into_iter().flat_map(Raw::elements);
    parts.chain(items).any(|part| is_about(part, depth + 1))
}

/// The error that a value reports: a member `error` that says something.
fn trouble(raw: Raw<'_>) -> Option<Raw<'_>> {
    let error = raw.get("error")?;
    let says = match error.kind() {
        Kind::String => !error.string()?.trim().is_empty(),
        Kind::Object => error.members().next().is_some(),
        _ => false,
    };
    says.then_some(error)
}

/// A text that is a JSON object or array, `null`, or a JSON string.
fn json(text: &str) -> Option<Json<'_>> {
    let text = text.trim();
    let begins = matches!(text.as_bytes().first()?, b'{' | b'[' | b'"' | b'n');
    if !begins || text.len() > TEXT_BYTES {
        return None;
    }
    Json::parse(text.as_bytes(), &TEXT).ok()
}
