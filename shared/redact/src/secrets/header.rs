//! Credentials of HTTP: `Authorization` headers, and the users that `curl` is given.

use super::place::Value;
use super::prefixes::TELEGRAM_BOT;
use super::shape::{BASE64_PAD, BEARER, base64, entropy, fits, is};
use super::vendors::{HTTP_AUTH, TELEGRAM};
use super::{NAMED, is_closed, prefixed, value};
use crate::scan::Scan;
use crate::words::{is_any, is_in};

const LEVEL: u8 = 85;
/// The least entropy of a bearer's token, in tenths of a bit a byte.
const FLOOR: u32 = 27;
/// The longest token.
const LONGEST: usize = 8192;
/// How far a user's name goes back from its password.
const NAME: usize = 64;

/// What may stand before the credentials of a header (IANA's registry of schemes, and some that are not in it).
const SCHEMES: &[&str] =
    &["bearer", "token", "api-token", "apikey", "api-key", "key", "negotiate", "genie-key", "bot", "jwt"];
/// Passwords and tokens in manuals.
const SAMPLES: &[&str] =
    &["changeit", "changeme", "pass", "password", "passwd", "pwd", "secret", "test", "token"];

/// What may stand before `authorization` in the name of the header.
const BEFORE: &[&[u8]] =
    &[b"", b"header", b"headers", b"http", b"proxy", b"requestheader", b"requestheaders", b"x"];

/// Whether a name (in small letters) is that of the header.
pub(super) fn is_authorization(name: &[u8]) -> bool {
    name.strip_suffix(b"authorization").is_some_and(|before| BEFORE.contains(&before))
}

/// Notes the credentials of an `Authorization` header; returns whether there are any.
pub(super) fn authorization(scan: &mut Scan<'_>, value: Value) -> bool {
    let rest = scan.slice(value.start, scan.bytes.len().min(value.start + 12));
    let scheme = rest.bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'-').count();
    let name = rest.get(..scheme).unwrap_or("").to_ascii_lowercase();
    let blank = scan.at(value.start + scheme) == b' ';
    if blank && name == "basic" {
        return basic(scan, value.start + scheme + 1);
    }
    let known = blank && is_in(&name, SCHEMES);
    // Something else follows a scheme that is not known: `AWS4-HMAC-SHA256 Credential=...`.
    known && bearer(scan, value.start + scheme + 1, true) || !blank && bearer(scan, value.start, false)
}

/// Notes a user and a password in base64, as `auth` of Docker's and npm's settings holds them.
pub(super) fn encoded(scan: &mut Scan<'_>, start: usize) -> bool {
    let length =
        scan.bytes.iter().skip(start).take(LONGEST).take_while(|byte| is(**byte, BASE64_PAD)).count();
    let good = length >= 8 && holds_user(scan.slice(start, start + length));
    if good {
        scan.sure(start, start + length, &HTTP_AUTH, LEVEL, LEVEL);
    }
    good
}

/// Whether base64 is of text with a colon in it.
fn holds_user(text: &str) -> bool {
    let (inner, length) = base64::<64>(text);
    let inner = inner.get(..length).unwrap_or(&[]);
    inner.iter().skip(1).any(|byte| *byte == b':') && inner.iter().all(|byte| (b' '..0x7f).contains(byte))
}

/// A user and a password in base64 (RFC 7617).
fn basic(scan: &mut Scan<'_>, start: usize) -> bool {
    let length =
        scan.bytes.iter().skip(start).take(LONGEST).take_while(|byte| is(**byte, BASE64_PAD)).count();
    let good = length >= 8 && holds_user(scan.slice(start, start + length));
    // Some hold what cannot be read: they are credentials all the same.
    let random =
        length >= 16 && scan.at(start + length) != b'.' && entropy(scan.slice(start, start + length)) > 35;
    if good || random {
        scan.sure(start, start + length, &HTTP_AUTH, LEVEL, LEVEL);
    }
    good || random
}

fn bearer(scan: &mut Scan<'_>, start: usize, known: bool) -> bool {
    if prefixed(scan, start).is_some() {
        // It has a name of its own.
        return true;
    }
    // Neither `:` nor `=` within: what is assigned behind this is looked at by itself.
    let part = |byte: &u8| is(*byte, BEARER) || *byte == b'@';
    let rest = scan.bytes.get(start..).unwrap_or(&[]);
    let length = rest.iter().take(LONGEST).take_while(|byte| part(byte)).count();
    let length = length + rest.iter().skip(length).take(2).take_while(|byte| **byte == b'=').count();
    let text = scan.slice(start, start + length);
    let good = length >= 8
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && entropy(text) >= FLOOR
        && !value::is_placeholder(text)
        && (known || scan.at(start + length) != b' ')
        && !matches!(scan.at(start + length), b'(' | b'{' | b'[' | b'<');
    if good {
        scan.sure(start, start + length, &HTTP_AUTH, LEVEL, LEVEL);
    }
    good
}

/// Notes the password of `-u user:password` around the colon at `at`.
pub(super) fn user(scan: &mut Scan<'_>, at: usize) {
    let before = scan.bytes.get(at.saturating_sub(NAME)..at).unwrap_or(&[]);
    let name = before.iter().rev().take_while(|byte| **byte > b' ' && **byte != b'=').count();
    let option = scan.slice(at.saturating_sub(name + 9), at - name);
    let option = option.trim_end_matches([' ', '=']);
    if !option.ends_with(" -u") && !option.ends_with("--user") {
        return;
    }
    let name = scan.slice(at - name, at).trim_start_matches(['"', '\'']);
    let quoted = scan.before(at - name.len());
    let quote = if matches!(quoted, b'"' | b'\'') { quoted } else { 0 };
    let opened = quote == 0 && matches!(scan.at(at + 1), b'"' | b'\'');
    if name.starts_with('<') {
        return;
    }
    let (start, quote) = if opened { (at + 2, scan.at(at + 1)) } else { (at + 1, quote) };
    let inside = |byte: &u8| if quote == 0 { *byte > b' ' } else { *byte != quote && *byte != b'\n' };
    let length =
        scan.bytes.iter().skip(start).take(value::LONGEST + 1).take_while(|byte| inside(byte)).count();
    let password = scan.slice(start, start + length);
    if length == 0 && name.len() >= 6 && !is_sample(name) {
        // A token as the name of a user without a password.
        scan.sure(at - name.len(), at, &HTTP_AUTH, LEVEL, LEVEL);
    } else if length >= 3 && !is_sample(password) {
        scan.sure(start, start + length, &HTTP_AUTH, LEVEL, LEVEL);
    }
}

fn is_sample(text: &str) -> bool {
    is_any(text, SAMPLES)
        || text.starts_with(['$', '<', '[', '{', '%'])
            && (text.ends_with([']', '>', '}', ')', '%']) && !text.bytes().any(|byte| byte.is_ascii_digit())
                || text.starts_with('$'))
        || value::is_placeholder(text)
        || text.bytes().all(|byte| byte.is_ascii_lowercase()) && text.len() < 6
}

/// Notes a bot's token around the colon at `at`: `123456789:A...`.
pub(super) fn telegram(scan: &mut Scan<'_>, at: usize) {
    if scan.at(at + 1) != b'A' {
        return;
    }
    let before = scan.bytes.get(at.saturating_sub(11)..at).unwrap_or(&[]);
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let start = at - digits;
    // In a URL it follows `bot`: `/bot123456789:A.../sendMessage`.
    let free =
        !scan.before(start).is_ascii_alphanumeric() || scan.part(start.saturating_sub(3), start) == b"bot";
    if let Some(end) = fits(scan.bytes, start, TELEGRAM_BOT)
        && free
        && is_closed(scan, end)
        && value::is_vendors(scan.slice(start, end))
    {
        scan.sure(start, end, &TELEGRAM, NAMED, NAMED);
    }
}
