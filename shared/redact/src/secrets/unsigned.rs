//! Values that no sign assigns: `#define TOKEN "..."`, `.token("...")`, `set -gx TOKEN ...`, "the API key to `...`".

use super::assign::{LIKELY, judge, quoted_end};
use super::key::Key;
use super::place::{FLOOR, NAME, Value, is_name, name_start};
use super::shape::{BASE64, entropy, is};
use super::vendors::{AWS, PASSWORD};
use super::wordy::is_wordy;
use super::{KEYED, NAMED, is_closed, value};
use crate::scan::{Hit, Scan};
use crate::words::{has_any, is_any, is_in};

/// How far from the beginning of a value its first word with a digit may stand.
const INSIDE: usize = 44;
/// The shortest value.
const SHORTEST: usize = 8;
/// A secret key of AWS, in bytes.
const AWS_KEY: usize = 40;
/// How far behind its label that stands.
const LABEL: usize = 200;
/// Words between a name and its value: "the token is set to `...`".
const LEADS: &[&str] = &["as", "be", "by", "is", "to", "with"];
/// Beginnings of calls that are given the name of a secret, or something else than one.
const VERBS: &[&[u8]] = &[
    b"get", b"has", b"is", b"find", b"load", b"read", b"fetch", b"hash", b"lookup", b"remove", b"delete",
    b"check",
];

/// Options with passwords: the letter, whether a blank follows it, and what stands before it on the line.
const OPTIONS: &[(u8, bool, &[&str])] = &[
    (b'p', true, &["sshpass", " login", "mongo", "7z"]),
    (b'p', false, &["mysql", "mariadb", "sshpass", "7z"]),
    (b'P', true, &["zip", "sqlcmd", "bcp"]),
    (b'a', true, &["redis-cli"]),
    (b'w', true, &["ldap"]),
];

/// Looks at the value that a word with letters and digits is part of, if its name stands right before it.
pub(crate) fn unsigned(scan: &mut Scan<'_>, word: usize, end: usize) {
    let known = |hit: &Hit<'_>| word < hit.end && (hit.start < word || hit.bare >= NAMED);
    if scan.hits.last().is_some_and(known) || aws_key(scan, word, end) {
        return;
    }
    let before = scan.bytes.get(word.saturating_sub(INSIDE)..word).unwrap_or(&[]);
    let inside = before
        .iter()
        .rev()
        .take_while(|byte| !matches!(byte, 0..=b' ' | b'"' | b'\'' | b'`' | b'(' | b'<' | b'>'));
    let start = word - inside.count();
    // Most are `30s` and the like.
    if scan.part(start, start + SHORTEST).iter().any(|byte| *byte <= b' ') {
        return;
    }
    let (named, quote) = match scan.before(start) {
        quote @ (b'"' | b'\'' | b'`') => {
            let open = start - 1;
            (name_of_quoted(scan, open - usize::from(scan.before(open) == b'\\')), quote)
        }
        b' ' | b'\t' => (name_beside(scan, start), 0),
        _ => return,
    };
    let Some((from, to)) = named else { return };
    let value = Value { start, quote, floor: FLOOR };
    let end = quoted_end(scan, value);
    let text = scan.slice(start, end);
    let shout = digits_of(text) < 4 && !text.bytes().any(|byte| byte.is_ascii_lowercase());
    let ends =
        matches!(scan.at(end), 0..=b' ' | b';' | b',' | b'`' | b'\'' | b'"') && scan.at(end + 1) != b'(';
    let long = text.len() >= 20 && has_any(scan.slice(from, to), b"_-");
    let firm = match quote {
        0 => ends && !shout && !text.ends_with(')') && (long || value::is_mixed(text)),
        _ => true,
    };
    if text.len() >= SHORTEST && firm && !is_name_of_code(text, quote) {
        let key = Key::of(scan.bytes.get(from..to).unwrap_or(&[]));
        judge(scan, &key, 0, value);
    }
}

/// Whether a value is what code calls something: `i64::from_str`, `mk_sort_half2`, `set-key-256.c`.
fn is_name_of_code(text: &str, quote: u8) -> bool {
    let mut parts = text.split(['_', '-']);
    let (count, short) = (parts.clone().count(), parts.clone().all(|part| part.len() < 14));
    let letters = |part: &str| part.len() > 2 && part.bytes().all(|byte| byte.is_ascii_uppercase());
    text.contains("::")
        || count > 2 && short && (digits_of(text) * 6 < text.len() || text.len() <= count * 6)
        || count > 2 && parts.any(letters) && !text.bytes().any(|byte| byte.is_ascii_lowercase())
        || quote == 0 && text.split('_').any(|part| part.len() > 5 && is_wordy(part))
}

fn digits_of(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// The name before a quote at `open`: of a call or of braces right before it, or beside it.
fn name_of_quoted(scan: &Scan<'_>, open: usize) -> Option<(usize, usize)> {
    if matches!(scan.before(open), b'(' | b'{') {
        let (start, end) = last_name(scan, open - 1)?;
        let name = scan.bytes.get(start..end)?;
        let name = name.rsplit(|byte| *byte == b'.').next()?;
        let verb = VERBS.iter().any(|verb| {
            name.get(..verb.len()).is_some_and(|it| it.eq_ignore_ascii_case(verb))
                && name.get(verb.len()).is_none_or(|next| !next.is_ascii_lowercase())
        });
        return (!verb).then_some((start, end));
    }
    let blanks = scan.bytes.get(open.saturating_sub(NAME)..open)?.iter().rev();
    let end = open - blanks.take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if end == open {
        return None;
    }
    // R's assignment.
    if scan.part(end.saturating_sub(2), end) == b"<-" {
        return last_name(scan, end - 2 - usize::from(scan.before(end - 2) == b' '));
    }
    let (start, end) = last_name(scan, end)?;
    if !is_any(scan.slice(start, end), LEADS) {
        return Some((start, end));
    }
    let end = start.checked_sub(1)?;
    Some((name_start(scan, end), end))
}

/// The name beside a value without quotes: one that is no single word.
fn name_beside(scan: &Scan<'_>, start: usize) -> Option<(usize, usize)> {
    let (start, end) = last_name(scan, start - 1)?;
    let name = scan.slice(start, end);
    // "the token x7Kq...", but not "the key of ...".
    let said = has_any(name, b"_-") || is_in(name, &["key", "token", "secret", "requirepass"]);
    said.then_some((start, end))
}

/// Whether a name that begins at `start` is that of a session in a header of cookies.
pub(super) fn is_session(scan: &Scan<'_>, key: &Key, start: usize) -> bool {
    const NAMES: &[&[u8]] = &[b"sessionid", b"sessid", b"session", b"sid"];
    NAMES.iter().any(|name| key.text().ends_with(name))
        && line(scan, start, LABEL).to_ascii_lowercase().contains("cookie")
}

/// The line that an offset stands in up to there, of so many bytes at most.
pub(super) fn line<'s>(scan: &'s Scan<'_>, end: usize, most: usize) -> &'s str {
    before_of(scan, end, most).rsplit('\n').next().unwrap_or("")
}

/// About so many bytes before an offset.
fn before_of<'s>(scan: &'s Scan<'_>, end: usize, most: usize) -> &'s str {
    let from = end.saturating_sub(most);
    (from..from + 4).find_map(|from| scan.text.get(from..end)).unwrap_or("")
}

/// The name that ends at `end`, without blanks.
fn last_name(scan: &Scan<'_>, end: usize) -> Option<(usize, usize)> {
    let before = scan.bytes.get(end.saturating_sub(NAME)..end)?;
    let length = before.iter().rev().take_while(|byte| is_name(**byte)).count();
    (length > 1).then_some((end - length, end))
}

/// Notes a secret key of AWS around a word, if something before it says so; what stands between does not matter.
fn aws_key(scan: &mut Scan<'_>, word: usize, end: usize) -> bool {
    if end - word > AWS_KEY {
        return false;
    }
    let before = scan.bytes.get(word.saturating_sub(AWS_KEY)..word).unwrap_or(&[]);
    let start = word - before.iter().rev().take_while(|byte| is(**byte, BASE64)).count();
    let rest = scan.bytes.iter().skip(end).take(AWS_KEY);
    let end = end + rest.take_while(|byte| is(**byte, BASE64)).count();
    let value = scan.slice(start, end);
    if value.len() != AWS_KEY || !is_key(value) || !is_closed(scan, end) {
        return false;
    }
    let label = before_of(scan, start, LABEL).to_ascii_lowercase();
    let near = label.rfind("secret").and_then(|at| label.get(at.saturating_sub(8)..));
    let good = near.is_some_and(|near| near.contains("aws") || near.contains("access"));
    if good {
        scan.sure(start, end, &AWS, KEYED, KEYED);
    }
    good
}

/// Whether forty bytes are random, and of both cases.
#[inline(never)]
pub(super) fn is_key(value: &str) -> bool {
    // One in a thousand has no digit.
    let mixed = [u8::is_ascii_lowercase, u8::is_ascii_uppercase];
    mixed.iter().all(|class| value.bytes().any(|byte| class(&byte)))
        && entropy(value) >= 40
        && value::is_vendors(value)
}

/// Looks at `-p` at `at`, as `mysql`, `sshpass` and `docker login` take passwords.
pub(crate) fn option(scan: &mut Scan<'_>, at: usize) {
    let line = line(scan, at, 2 * NAME);
    let (letter, apart) = (scan.at(at + 1), scan.at(at + 2) == b' ');
    let tools = OPTIONS.iter().filter(|option| option.0 == letter && option.1 == apart);
    if tools.flat_map(|option| option.2).any(|tool| line.contains(tool)) {
        firm(scan, at + 2 + usize::from(apart));
    }
}

/// Looks at what a colon at `at` stands in: a line of `.pgpass`, Oracle's `thin:user/password@`, `creds: user / password`.
pub(crate) fn colon(scan: &mut Scan<'_>, at: usize) {
    let line = || {
        let rest = scan.slice(at + 1, scan.bytes.len().min(at + 4 * NAME));
        rest.split(['\n', '\r']).next().unwrap_or("")
    };
    let next = scan.at(at + 1);
    let offset = if next.is_ascii_digit() || next == b'*' {
        let line = line();
        let mut parts = line.splitn(4, ':');
        let (Some(port), Some(base), Some(user), Some(_)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let good = (port == "*"
            || port.len() > 3 && port.len() < 6 && port.bytes().all(|byte| byte.is_ascii_digit()))
            && [base, user].iter().all(|part| {
                !part.is_empty()
                    && !has_any(part, b" /\"")
                    && part.bytes().any(|byte| byte.is_ascii_lowercase() || byte == b'*')
            });
        good.then_some(port.len() + base.len() + user.len() + 3)
    } else if next.is_ascii_lowercase() && matches!(scan.slice(at.saturating_sub(5), at), ":thin" | "c:oci") {
        let line = line();
        line.find('/')
            .filter(|slash| line.get(*slash..).is_some_and(|it| has_any(it, b"@")))
            .map(|slash| slash + 1)
    } else if next == b' ' && is_in(scan.slice(at.saturating_sub(5), at), &["creds", "login", "tials"]) {
        let line = line();
        let user = line.trim_start().split([' ', '/']).next().unwrap_or("").len();
        let user = user + line.len() - line.trim_start().len();
        let behind = line.get(user..).unwrap_or("");
        let slash = behind.trim_start().strip_prefix('/').map(str::trim_start);
        slash.map(|password| line.len() - password.len())
    } else {
        None
    };
    if let Some(offset) = offset {
        firm(scan, at + 1 + offset);
    }
}

/// Notes a password that looks like one by itself.
fn firm(scan: &mut Scan<'_>, start: usize) {
    let quote = match scan.at(start) {
        quote @ (b'"' | b'\'') => quote,
        _ => 0,
    };
    let value = Value { start: start + usize::from(quote != 0), quote, floor: FLOOR };
    let end = quoted_end(scan, value);
    let text = scan.slice(value.start, end);
    let text =
        text.rsplit_once('@').filter(|(_, host)| quote == 0 && host.starts_with('/')).map_or(text, |it| it.0);
    let end = value.start + text.len();
    let letters = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    if text.len() >= SHORTEST && letters && value::is_password(text, quote != 0) {
        scan.sure(value.start, end, &PASSWORD, LIKELY, LIKELY);
    }
}
