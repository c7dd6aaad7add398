//! Which parts of arguments are free text, and which are an id, a number or a date.
//!
//! Agents that find nothing ask again in other words. Agents that look many things up ask with other ids. The two
//! are told apart here, by lists, since neither names nor schemas say it. The lists lean towards work: what is kept
//! makes calls different, and different calls are no loop.

/// Members whose text is a question to be worded at will.
const ASKING: &[&str] = &[
    "about",
    "ask",
    "criteria",
    "description",
    "filter",
    "goal",
    "input",
    "instruction",
    "instructions",
    "intent",
    "keyword",
    "keywords",
    "message",
    "needle",
    "phrase",
    "prompt",
    "q",
    "queries",
    "query",
    "question",
    "questions",
    "request",
    "search",
    "searched",
    "sentence",
    "subject",
    "summary",
    "task",
    "term",
    "terms",
    "text",
    "topic",
    "topics",
    "utterance",
];
/// Last words of a member's name that make it no question whatever else it says: `query_id`.
const HANDLES: &[&str] = &[
    "code", "count", "cursor", "format", "id", "ids", "key", "kind", "lang", "language", "limit", "locale",
    "mode", "size", "sort", "token", "type",
];
/// Members that hold a thing to work on or with, to the letter.
const LITERAL: &[&str] = &[
    "args",
    "argv",
    "cmd",
    "code",
    "command",
    "commands",
    "contents",
    "cursor",
    "diff",
    "expression",
    "file",
    "folder",
    "id",
    "ids",
    "path",
    "patch",
    "pattern",
    "regex",
    "script",
    "selector",
    "sql",
    "statement",
    "token",
    "uri",
    "url",
];
/// Members that name someone or something, even in lower case: `new york`.
const NAMING: &[&str] = &[
    "account",
    "address",
    "artist",
    "assignee",
    "author",
    "brand",
    "category",
    "channel",
    "city",
    "company",
    "country",
    "customer",
    "department",
    "label",
    "location",
    "model",
    "owner",
    "person",
    "place",
    "product",
    "project",
    "region",
    "state",
    "street",
    "tag",
    "team",
    "user",
    "vendor",
];
/// The longest name, in words.
const NAME_WORDS: usize = 4;
/// Words of tools that look for something.
const LOOKING: &[&str] = &[
    "ask", "browse", "discover", "explore", "fetch", "find", "finder", "get", "list", "locate", "locator",
    "lookup", "query", "read", "recall", "research", "retrieve", "search", "show",
];
/// Words of tools for which a text is the thing itself: it is written, sent, run or judged, and another text is another
/// call.
const DOING: &[&str] = &[
    "add",
    "analyse",
    "analyze",
    "annotate",
    "append",
    "bash",
    "classify",
    "comment",
    "create",
    "delete",
    "detect",
    "draft",
    "echo",
    "edit",
    "eval",
    "evaluate",
    "exec",
    "execute",
    "extract",
    "format",
    "insert",
    "lint",
    "log",
    "moderate",
    "note",
    "notify",
    "parse",
    "post",
    "print",
    "publish",
    "put",
    "record",
    "remember",
    "remove",
    "rename",
    "reply",
    "run",
    "save",
    "say",
    "scan",
    "score",
    "send",
    "set",
    "shell",
    "speak",
    "store",
    "submit",
    "tag",
    "translate",
    "type",
    "update",
    "upload",
    "validate",
    "write",
];
/// Of these, the ones that are a thing at the end of a name: `vector_store`.
const NOUNS: &[&str] = &["log", "record", "set", "store"];
/// Days and months that are nothing else, and days by their distance.
const DATES: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "apr",
    "jun",
    "jul",
    "aug",
    "sept",
    "oct",
    "nov",
    "dec",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "today",
    "tomorrow",
    "tonight",
    "yesterday",
];
/// Dates that are also words, unless they have a capital.
const SOMETIMES_DATES: &[&str] = &["March", "May", "Sat", "Sun", "Mar"];
/// How SQL begins.
const SQL: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "WITH"];
/// What stands around a word without being part of it.
const AROUND: &[char] = &[
    '.', ',', ';', ':', '!', '?', '(', ')', '[', ']', '{', '}', '<', '>', '"', '\'', '`', '*', '|', '“', '”',
    '„', '‘', '’', '«', '»', '…',
];

/// What a member's name says about strings under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A question: only ids, numbers and dates in it tell calls apart.
    Asking,
    /// The name of something.
    Naming,
    /// To the letter.
    Literal,
    /// It does not say.
    Plain,
}

impl Place {
    /// Of a member's name.
    pub(super) fn of(name: &str) -> Self {
        let any = |list: &[&str]| words(name).any(|word| is_in(word, list));
        let last = words(name).last().unwrap_or("");
        if is_in(last, LITERAL) {
            Self::Literal
        } else if any(ASKING) && !is_in(last, HANDLES) {
            Self::Asking
        } else if is_in(last, NAMING) {
            Self::Naming
        } else {
            Self::Plain
        }
    }
}

/// Whether a tool does something with its texts, by its name; an alias before `__` says nothing.
pub(super) fn is_doing(tool: &str) -> bool {
    let name = tool.rsplit_once("__").map_or(tool, |(_, name)| name);
    let mut does = false;
    let mut words = words(name).peekable();
    let mut first = true;
    while let Some(word) = words.next() {
        if is_in(word, LOOKING) {
            return false;
        }
        let is_noun = !first && words.peek().is_none() && is_in(word, NOUNS);
        does |= is_in(word, DOING) && !is_noun;
        first = false;
    }
    does
}

/// Whether all of a string tells calls apart. Else only its [`marks`] do.
pub(super) fn is_kept(text: &str, place: Place) -> bool {
    let mut tokens = text.split_whitespace();
    let Some(first) = tokens.next() else { return true };
    let count = 1 + tokens.count();
    match place {
        Place::Literal => true,
        Place::Asking => SQL.contains(&first),
        Place::Naming if count <= NAME_WORDS => true,
        // A single word is an id or one of a set.
        Place::Naming | Place::Plain => count == 1 || is_title(text),
    }
}

/// Every word has a capital, but for short ones in between: `Frankfurt am Main`.
fn is_title(text: &str) -> bool {
    let capital = |token: &str| {
        let letter = token.chars().find(|c| c.is_alphanumeric());
        letter.is_none_or(|c| !c.is_lowercase())
    };
    let mut tokens = text.split_whitespace();
    let count = text.split_whitespace().count();
    count <= NAME_WORDS + 1
        && tokens.next().is_some_and(capital)
        && tokens.all(|token| capital(token) || token.chars().count() <= 3)
}

/// The words of a text that carry an id, a number or a date.
pub(super) fn marks(text: &str) -> impl Iterator<Item = &str> {
    let single = text.split_whitespace().nth(1).is_none();
    let tokens = text.split_whitespace().map(|token| token.trim_matches(AROUND));
    tokens.filter(move |token| is_mark(token) && (single || !is_either(token)))
}

fn is_mark(token: &str) -> bool {
    token.chars().any(|c| c.is_numeric() || matches!(c, '@' | '_' | '/' | ':' | '.')) || is_date(token)
}

/// Two words with a slash between them, which in a sentence is no path: `returns/refunds`.
fn is_either(token: &str) -> bool {
    let is_word = |part: &str| !part.is_empty() && part.chars().all(char::is_alphabetic);
    token.split_once('/').is_some_and(|(one, other)| is_word(one) && is_word(other))
}

/// The name of a day or a month.
pub(super) fn is_date(token: &str) -> bool {
    is_in(token, DATES) || SOMETIMES_DATES.contains(&token)
}

/// The words of a name in snake, kebab or camel case, in the case they have.
pub(super) fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).flat_map(humps).filter(|word| !word.is_empty())
}

/// `searchQuery` as `search` and `Query`.
fn humps(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let mut before = rest.chars().next()?;
        let hump = rest.char_indices().skip(1).find(|&(_, c)| {
            let starts = c.is_uppercase() && !before.is_uppercase();
            before = c;
            starts
        });
        let (head, tail) = rest.split_at(hump.map_or(rest.len(), |(at, _)| at));
        rest = tail;
        Some(head)
    })
}

/// Whether a list of lower-case words has this one.
pub(super) fn is_in(word: &str, list: &[&str]) -> bool {
    list.iter().any(|listed| listed.eq_ignore_ascii_case(word))
}
