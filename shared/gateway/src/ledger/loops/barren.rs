//! Which results are empty: well-formed, and nothing in them.
//!
//! A result counts as empty only if something in it says so (an empty list, a blank, a count of zero, `No results`) and
//! nothing in it is content. What an empty answer carries around its emptiness (a status, the query, how long it took) is
//! known by name.

use super::words::{is_in, words};
use crate::mcp::{Kind, Raw};

/// Nesting that is looked into.
const DEPTH: usize = 16;
/// The longest text that may be a phrase, in bytes: two sentences with the query in them.
const PHRASE_BYTES: usize = 300;
/// The longest label in front of a colon, in bytes.
const LABEL_BYTES: usize = 40;

/// Strings under these say nothing about what was found.
const STRINGS: &[&str] = &[
    "engine",
    "filter",
    "index",
    "input",
    "kind",
    "lang",
    "language",
    "method",
    "object",
    "order",
    "prompt",
    "q",
    "query",
    "question",
    "relation",
    "request",
    "scope",
    "search",
    "sort",
    "source",
    "state",
    "status",
    "term",
    "terms",
    "timestamp",
    "took",
    "type",
    "version",
];
/// Numbers under these, unless they are zero, say nothing either.
const NUMBERS: &[&str] = &[
    "code",
    "duration",
    "elapsed",
    "latency",
    "limit",
    "max",
    "ms",
    "offset",
    "page",
    "pages",
    "per",
    "scanned",
    "searched",
    "seconds",
    "status",
    "time",
    "timestamp",
    "took",
    "version",
];
/// Zero under these is nothing found.
const COUNTS: &[&str] = &[
    "count", "found", "hits", "length", "matched", "matches", "n", "results", "returned", "rows", "size",
    "total", "value",
];
/// `true` under these says nothing.
const TRUTHS: &[&str] = &[
    "acknowledged",
    "complete",
    "completed",
    "done",
    "end",
    "exact",
    "finished",
    "last",
    "ok",
    "partial",
    "status",
    "success",
    "successful",
];
/// Lists of what is wrong: if they are empty, all is well, which is a result.
const WRONGS: &[&str] = &[
    "alerts",
    "conflicts",
    "error",
    "errors",
    "findings",
    "flags",
    "issues",
    "problems",
    "violations",
    "warnings",
];
/// Absent as a matter of course.
const NEXTS: &[&str] =
    &["after", "before", "continuation", "cursor", "error", "next", "prev", "previous", "token"];
/// Phrases of texts that found nothing, in lower case, after the beginning of a word.
const PHRASES: &[&str] = &[
    "no result",
    "no match",
    "no hit",
    "no document",
    "no record",
    "no rows",
    "no item",
    "no entries",
    "no entry",
    "no data",
    "no relevant",
    "no matching",
    "don't have any",
    "do not have any",
    "no information",
    "no answer",
    "no content",
    "no files",
    "nothing found",
    "nothing match",
    "nothing was found",
    "found nothing",
    "not found",
    "0 result",
    "0 match",
    "0 hit",
    "0 document",
    "0 record",
    "(0 rows)",
    "0 items",
    "0 entries",
    "zero result",
    "zero match",
    "zero hit",
    "zero document",
    "i don't know",
    "i do not know",
    "could not find",
    "couldn't find",
    "couldn’t find",
    "did not find",
    "didn't find",
    "did not match",
    "didn't match",
    "does not match",
    "unable to find",
    "cannot find",
    "can't find",
    "found no ",
    "found 0 ",
    "none found",
    "returned no",
    "returned 0 ",
    "empty result",
    "empty list",
    "empty set",
];
/// Whole texts.
const WHOLES: &[&str] = &["none", "null", "nil", "empty", "n/a", "undefined", "nothing", "0"];
/// What is good not to find: `No issues found`.
const GOOD: &[&str] = &[
    "change",
    "issue",
    "error",
    "problem",
    "violation",
    "vulnerab",
    "conflict",
    "warning",
    "threat",
    "malware",
];

/// What a part of a result says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Says {
    /// Nothing either way.
    Neither,
    /// That there is nothing.
    Nothing,
    /// Content.
    Something,
}

/// What a value says that stands for itself.
pub(super) fn value(raw: Raw<'_>, depth: usize) -> Says {
    match raw.kind() {
        Kind::Null => Says::Nothing,
        Kind::String => text(&raw.string().unwrap_or_default()),
        Kind::Array | Kind::Object if depth >= DEPTH => Says::Something,
        Kind::Array => of(raw.elements().map(|element| value(element, depth + 1))),
        Kind::Object => of(raw.members().map(|(name, value)| member(&name, value, depth + 1))),
        Kind::Number | Kind::True | Kind::False => Says::Something,
    }
}

/// What a container says: the strongest of what its parts say; without parts, that there is nothing.
fn of(parts: impl Iterator<Item = Says>) -> Says {
    let mut strongest = None;
    for part in parts {
        // Of a large result, no more is looked at than it takes.
        if part == Says::Something {
            return part;
        }
        strongest = strongest.max(Some(part));
    }
    strongest.unwrap_or(Says::Nothing)
}

fn member(name: &str, raw: Raw<'_>, depth: usize) -> Says {
    let is = |list: &[&str]| words(name).any(|word| is_in(word, list));
    let neither = |known: bool, otherwise: Says| if known { Says::Neither } else { otherwise };
    match raw.kind() {
        _ if name.starts_with('_') => Says::Neither,
        Kind::Null => neither(is(NEXTS), Says::Nothing),
        Kind::True => neither(is(TRUTHS), Says::Something),
        Kind::False if is(&["found", "match", "matched"]) => Says::Nothing,
        Kind::False => Says::Neither,
        Kind::Number if is_zero(raw.text()) => neither(!is(COUNTS), Says::Nothing),
        Kind::Number => neither(is(NUMBERS), Says::Something),
        Kind::String => match text(&raw.string().unwrap_or_default()) {
            Says::Something => neither(is(STRINGS), Says::Something),
            blank => neither(is(NEXTS), blank),
        },
        Kind::Array | Kind::Object => match value(raw, depth) {
            Says::Nothing => neither(is(WRONGS), Says::Nothing),
            other => other,
        },
    }
}

fn is_zero(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|number| number == 0.0)
}

/// What a text says.
pub(super) fn text(text: &str) -> Says {
    let text = text.trim();
    if text.is_empty() {
        return Says::Nothing;
    }
    if text.len() > PHRASE_BYTES {
        return Says::Something;
    }
    // `no_results` is the same as a code.
    let text = text.to_lowercase().replace('_', " ");
    let labelled = text.split_once(':').is_some_and(|(label, rest)| is_labelled_zero(label, rest.trim()));
    let says_so =
        is_blank(&text) || labelled || is_refusal(&text) || PHRASES.iter().any(|phrase| has(&text, phrase));
    if says_so { Says::Nothing } else { Says::Something }
}

/// A word for nothing, or brackets around nothing.
fn is_blank(text: &str) -> bool {
    let whole = text.trim_matches(|c: char| !c.is_alphanumeric());
    is_in(whole, WHOLES)
        || is_empty_markup(text)
        || matches!(text, "[]" | "{}" | "()" | "-" | "\"\"" | "[ ]" | "{ }")
}

/// `<results></results>`, `<results/>`.
fn is_empty_markup(text: &str) -> bool {
    let outside = |part: &str| part.rsplit('>').next().is_some_and(|outside| outside.trim().is_empty());
    text.starts_with('<') && text.ends_with('>') && !text.contains('=') && text.split('<').all(outside)
}

/// `Results: []`, `Matches: 0`.
fn is_labelled_zero(label: &str, rest: &str) -> bool {
    let counts = words(label).any(|word| is_in(word, COUNTS));
    label.len() <= LABEL_BYTES && (is_blank(rest) || counts && is_zero(rest.trim_end_matches('.')))
}

/// `No customers found`, `No open invoices.`, `Nothing to show`; not `No issues found`, which is good news.
fn is_refusal(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("no ") else { return text.starts_with("nothing") };
    let (what, found) = rest.split_once(" found").map_or((rest, false), |(what, _)| (what, true));
    // Only what is not found decides: the query, repeated behind it, may speak of errors.
    let plural = what.trim_end_matches(|c: char| !c.is_alphanumeric()).ends_with('s');
    let short = plural && what.split_whitespace().count() <= 3;
    (found || short) && !GOOD.iter().any(|good| what.contains(good))
}

/// Whether a phrase begins where a word does: `10 results` has no `0 results` in it.
fn has(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && c != '.')
    })
}
