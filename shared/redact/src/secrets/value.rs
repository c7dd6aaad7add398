//! Whether a value under a name that speaks of secrets is one, or a placeholder, a word, a piece of code.

use super::is_published;
use super::shape::{entropy, is_sequence};
use super::wordy::{is_dense, is_scrambled, is_slug, is_wordy};
use crate::words::{among, has_any, is_in};

/// The longest value, in bytes.
pub(super) const LONGEST: usize = 150;

/// Words that no random value holds, and placeholders and names in code do.
const STOP_WORDS: &[&str] = &[
    "abcdef",
    "account",
    "address",
    "amazonaws",
    "apikey",
    "api-key",
    "api_key",
    "application",
    "author",
    "button",
    "changeme",
    "change-me",
    "change_me",
    "class",
    "client",
    "column",
    "component",
    "config",
    "content",
    "container",
    "controller",
    "copyright",
    "current",
    "database",
    "default",
    "disabled",
    "document",
    "dummy",
    "element",
    "enabled",
    "example",
    "expected",
    "factory",
    "field",
    "filename",
    "function",
    "handler",
    "https",
    "index",
    "insert",
    "internal",
    "localhost",
    "manager",
    "message",
    "method",
    "module",
    "number",
    "object",
    "package",
    "param",
    "password",
    "passwd",
    "placeholder",
    "private",
    "process",
    "production",
    "project",
    "property",
    "provider",
    "public",
    "redacted",
    "release",
    "replace",
    "request",
    "resource",
    "response",
    "result",
    "return",
    "sample",
    "schema",
    "secret",
    "security",
    "service",
    "session",
    "snapshot",
    "source",
    "string",
    "system",
    "template",
    "_test_",
    "token",
    "undefined",
    "update",
    "username",
    "value",
    "variable",
    "vector",
    "version",
    "xxxx",
    "your",
    "000000",
];
/// What stands where a password should.
const NO_PASSWORDS: &[&str] = &[
    "123456",
    "12345678",
    "123456789",
    "1234567890",
    "abc123",
    "changeit",
    "changeme",
    "default",
    "disabled",
    "enabled",
    "example",
    "false",
    "foobar",
    "hidden",
    "hunter2",
    "invalid",
    "letmein",
    "mypassword",
    "none",
    "null",
    "optional",
    "p4ssw0rd",
    "passphrase",
    "passw0rd",
    "passwd",
    "password",
    "password1",
    "password123",
    "pa55word",
    "placeholder",
    "redacted",
    "removed",
    "required",
    "sample",
    "secret",
    "string",
    "testing",
    "test123",
    "testpass",
    "token",
    "undefined",
    "unknown",
    "username",
];

/// What is least random of hexadecimal, which has four bits a byte at most.
const HEX_FLOOR: u32 = 30;

/// Whether it stands for a value: `${VAR}`, `<token>`, `{{ token }}`, `%TOKEN%`, `[TOKEN]`, `****`, `xxxx`, `...`.
pub(super) fn is_placeholder(text: &str) -> bool {
    let first = text.bytes().next().unwrap_or(0);
    matches!(first, b'$' | b'<' | b'{' | b'[' | b'(' | b'%' | b'@' | b'#' | b'*')
        && (text.len() < 3 || has_any(text, b"{}<>()]*.") || is_name(text.get(1..).unwrap_or("")))
        || ["${", "{{", "$(", "#{", "<%", "...", "***", "\u{2026}", "\u{2022}\u{2022}"]
            .iter()
            .any(|mark| text.contains(mark))
        || is_sequence(text)
        || is_repeated(text)
        || is_counted(text)
}

/// Whether it has the first digits again and again, as samples have: `xoxb-1234-1234-1234-...`.
fn is_counted(text: &str) -> bool {
    let mut parts =
        text.split(['-', '_', '.']).filter(|part| part.len() > 2 && "123456789".starts_with(part));
    parts.next().is_some_and(|first| parts.next() == Some(first))
}

/// Whether it is hexadecimal in both cases, which nothing writes.
fn is_mangled_hex(text: &str) -> bool {
    text.len() >= 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) && !is_hex(text)
}

/// Whether it has no more than two different letters or digits: `xxx-xxxx`, `0000000a`.
fn is_repeated(text: &str) -> bool {
    let mut bytes = text.bytes().filter(u8::is_ascii_alphanumeric);
    let Some(one) = bytes.next() else { return true };
    let Some(other) = bytes.by_ref().find(|byte| *byte != one) else { return true };
    bytes.all(|byte| byte == one || byte == other)
}

/// Whether it is written as names are: letters, `_`, `-`, `.` and a closing sign.
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b'%' | b'@'))
}

/// Whether both cases stand in it, and no words.
#[inline(never)]
pub(super) fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_lowercase())
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
        && !is_wordy(text)
}

/// Whether text of one case, or of none, is hexadecimal.
pub(super) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-' | b':'))
        || text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'A'..=b'F' | b'-'))
}

fn holds_stop_word(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    STOP_WORDS.iter().any(|word| lower.contains(word))
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a digit stands between two letters, as none does in `Summary2024`.
fn has_digit_within(text: &str) -> bool {
    text.as_bytes().windows(3).any(|three| match three {
        [before, digit, behind] => {
            before.is_ascii_alphabetic() && digit.is_ascii_digit() && behind.is_ascii_alphabetic()
        }
        _ => false,
    })
}

/// Names joined by dots: `config.apiKey2`. Nothing is one that has a long part.
fn is_member(text: &str) -> bool {
    has_any(text, b".")
        && text.split('.').all(|part| {
            part.len() <= 24
                && part.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

/// Whether digits stand in it as in no name: `Wint3r.Lake320`, but not `config.password2`.
fn has_odd_digits(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.bytes().any(|byte| byte.is_ascii_uppercase()) && (digits >= 3 || has_digit_within(text))
}

/// `/etc/app2`, but not forty bytes of base64 that begin with a slash.
fn is_path(text: &str) -> bool {
    text.starts_with('/')
        && (text.len() < 30 || !is_mixed(text) || has_any(text, b".") || text.matches('/').count() > 3)
}

/// A name of what a store holds: `vault:secret/data/app#password`.
fn is_reference(text: &str) -> bool {
    text.split_once(':').is_some_and(|(store, path)| {
        store.len() > 1 && store.bytes().all(|byte| byte.is_ascii_lowercase()) && has_any(path, b"/")
    })
}

/// A constant's name: `AUTH_SHA_256`.
fn is_shouted(text: &str) -> bool {
    has_any(text, b"_")
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A variable's name: `ssh2_auth_file`.
fn is_snake(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'_').count() >= 2
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && is_wordy(text)
}

/// `key.pem`, `app.keystore`: a short word of small letters behind the last dot.
fn is_file(text: &str) -> bool {
    text.rsplit_once('.').is_some_and(|(_, end)| {
        (2..=8).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_lowercase())
    })
}

/// Whether a version is in it: `1.2.3`.
fn holds_version(text: &str) -> bool {
    let mut parts = text.split('.');
    let ends = |part: &str| part.ends_with(|last: char| last.is_ascii_digit());
    let Some(mut before) = parts.next().map(ends) else { return false };
    let mut middle = false;
    for part in parts {
        let begins = part.starts_with(|first: char| first.is_ascii_digit());
        if middle && begins {
            return true;
        }
        middle = before && begins && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        before = ends(part);
    }
    false
}

/// Whether a value of a known vendor's shape is one: with a digit or in both cases, and no words.
pub(super) fn is_vendors(text: &str) -> bool {
    let floor = if text.len() < 30 { 20 } else { 27 };
    entropy(text) >= floor
        && (has_digit(text) || is_hex(text) || is_mixed(text) && !has_any(text, b"/"))
        && !is_sequence(text)
        && (is_hex(text)
            || (!is_wordy(text) || text.len() < 30 && has_digit_within(text))
                && !text.to_ascii_lowercase().contains("example"))
}

/// Whether a value is random enough to be a secret, of at least `floor` tenths of a bit a byte.
pub(super) fn is_random(text: &str, quoted: bool, floor: u32) -> bool {
    (8..=LONGEST).contains(&text.len())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.bytes().any(|byte| byte.is_ascii_digit() || matches!(byte, b'=' | b'+'))
        && !text.starts_with('.')
        && !is_path(text)
        && !text.starts_with("--")
        && !text.contains("//")
        && !["123456789", "0001020304"].iter().any(|digits| text.contains(digits))
        && !["arn:", "pk.", "pk_"].iter().any(|lead| text.starts_with(lead))
        && entropy(text) > if text.len() >= 24 && is_hex(text) { floor.min(HEX_FLOOR) } else { floor }
        && (is_dense(text) || !is_placeholder(text))
        && !(is_member(text) && (!quoted || text.split('.').any(is_wordy)))
        && !holds_version(text)
        && !is_shouted(text)
        && !is_slug(text)
        && !is_published(text)
        && !is_file(text)
        && !is_mangled_hex(text)
        && (is_hex(text) || !is_wordy(text) && !holds_stop_word(text))
}

/// Whether what a field of passwords holds is one.
pub(super) fn is_password(text: &str, quoted: bool) -> bool {
    if !(6..=LONGEST).contains(&text.len()) || is_placeholder(text) {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let marked = text.bytes().any(|byte| !byte.is_ascii_alphabetic() && !among(byte, b"_-.:/*="))
        || is_scrambled(text);
    // A date, a time, a share.
    let number = text.bytes().all(|byte| byte.is_ascii_digit() || among(byte, b"-/:.,%"))
        && !text.bytes().all(|byte| byte.is_ascii_digit());
    // `PWD=/home/app2`.
    let path =
        text.starts_with(['/', '~']) && has_any(text, b"/") || text.contains(":\\") || text.contains(":/");
    let holds = |open: u8, close: u8| has_any(text, &[open]) && has_any(text, &[close]);
    let code = holds(b'{', b'}') || holds(b'<', b'>') || text.ends_with("()") || text.starts_with("arn:");
    let plain = quoted
        || (!is_member(text) || has_odd_digits(text))
            && !has_any(text, b"([{<>\\")
            && !text.contains("::")
            && !text.bytes().next().is_some_and(|first| among(first, b"/&*!\"'-?:"));
    let constant = is_shouted(text) || is_snake(text);
    let stands_for = is_in(&lower, NO_PASSWORDS)
        || ["your", "changeme", "placeholder", "example", "xxxx"].iter().any(|word| lower.contains(word));
    marked
        && !is_published(text)
        && !code
        && plain
        && !constant
        && !stands_for
        && !number
        && !path
        && !is_reference(text)
        && !text.ends_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        for text in [
            "${TOKEN}",
            "<your token>",
            "{{ token }}",
            "%TOKEN%",
            "$TOKEN",
            "xxxxxxxx",
            "********",
            "...",
            "xxx-xxx",
            "abcdefghijkl",
            "xoxp-1234-1234-1234-4ddbc191d40ee098",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["$ecret1!", "@k7Gq!x2", "a8Fk2mX9", "#1Fan#2day", "k8Qz-1234-w9Ty-5678"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
