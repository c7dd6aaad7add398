//! Whether a string is something that a person would say.

/// Letters that a text without a blank has at least.
const LETTERS: usize = 12;
/// Words that queries begin with.
const STATEMENTS: &[&str] = &[
    "select", "insert", "update", "delete", "create", "alter", "drop", "with", "explain", "merge", "match",
    "truncate",
];

/// A text with a blank or 12 letters that is no code, id, path, query, address or date.
pub(super) fn is_prose(value: &str) -> bool {
    let value = value.trim();
    let letters = value.chars().filter(|c| c.is_alphabetic()).take(LETTERS).count();
    if value.contains(char::is_whitespace) {
        return letters >= 3 && !is_code(value) && !is_path(value) && !is_statement(value);
    }
    letters == LETTERS && is_word(value)
}

/// One word, or several with hyphens between them. Capitals within it are those of an id.
fn is_word(value: &str) -> bool {
    let plain = value.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '?' | '.' | '!'));
    let points = value.trim_end_matches(['?', '.', '!']).contains(['?', '.', '!']);
    let mut parts = value.split('-');
    let inner = parts.any(|part| part.chars().skip(1).any(|c| c.is_uppercase()));
    let shouted = !value.contains(|c: char| c.is_lowercase());
    plain && !points && (!inner || shouted && !value.contains('-'))
}

/// JSON, XML, source, patterns, searches with fields: much of it is signs, or a colon stands within a word.
fn is_code(value: &str) -> bool {
    let is_sign = |byte: &u8| {
        matches!(
            byte,
            b'{' | b'}'
                | b'['
                | b']'
                | b'<'
                | b'>'
                | b'='
                | b';'
                | b'|'
                | b'\\'
                | b'^'
                | b'~'
                | b'*'
                | b'_'
                | b'&'
        ) || matches!(byte, b'$' | b'#' | b'@' | b'`')
    };
    let signs = value.bytes().filter(is_sign).count();
    // Most texts have no colon.
    let colon = value.bytes().any(|byte| byte == b':');
    let field = |word: &str| {
        let parts = word.split_once(':');
        parts.is_some_and(|(name, rest)| {
            name.starts_with(|c: char| c.is_alphabetic())
                && rest.starts_with(|c: char| c.is_alphanumeric() || c == '"')
        })
    };
    value.starts_with(['{', '[', '<'])
        || signs * 12 > value.len()
        || colon && value.split_whitespace().any(field)
}

fn is_path(value: &str) -> bool {
    let drive = value.get(1..3) == Some(":\\");
    drive
        || value.starts_with(['/', '\\'])
        || value.starts_with("./")
        || value.starts_with("../")
        || value.starts_with("~/")
}

/// SQL or the like: begins as one, in capitals or with the signs that one has.
fn is_statement(value: &str) -> bool {
    let first = value.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let begins = STATEMENTS.iter().any(|word| word.eq_ignore_ascii_case(first));
    begins && (first.chars().all(|c| c.is_uppercase()) || value.contains(['*', '=', ';', '(']))
}
