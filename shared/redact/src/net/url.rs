//! URLs with credentials.

use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;
use crate::words::is_any;

static URL_CREDENTIALS: Entry = Entry {
    name: "URL_CREDENTIALS",
    bare: 95,
    context: 95,
    words: words!["url", "uri", "connection string", "dsn", "database url"],
    profiles: &[Profile::Secrets, Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&URL_CREDENTIALS];

/// How far an `@` may be behind `://`, in bytes.
const LONGEST: usize = 512;
/// The shortest user that is taken for a token when no password stands beside.
const TOKEN: usize = 20;

/// Passwords of examples.
const SAMPLES: &[&str] = &["pass", "passwd", "password", "pwd", "secret"];

/// Looks around the colon of `://`.
pub(crate) fn url(scan: &mut Scan<'_>, at: usize) {
    if !scan.before(at).is_ascii_alphanumeric() {
        return;
    }
    let start = at + 3;
    let Some(authority) = scan.bytes.get(start..) else { return };
    let authority = authority.iter().take(LONGEST).take_while(|byte| !ends_authority(**byte)).count();
    let Some(authority) = scan.text.get(start..start + authority) else { return };
    // Passwords may have an `@` of their own; the host has none.
    let Some((credentials, host)) = authority.rsplit_once('@') else { return };
    if host.is_empty() {
        return;
    }
    match credentials.split_once(':') {
        Some((user, password)) if !is_placeholder(password) => {
            let from = start + user.len() + 1;
            // Documentation writes these; a few people do.
            let sample = is_any(password, SAMPLES);
            let level = if sample { 65 } else { URL_CREDENTIALS.bare };
            scan.sure(from, from + password.len(), &URL_CREDENTIALS, level, level);
        }
        None if credentials.len() >= TOKEN && credentials.bytes().any(|byte| byte.is_ascii_digit()) => {
            scan.hit(start, start + credentials.len(), &URL_CREDENTIALS);
        }
        _ => {}
    }
}

const fn ends_authority(byte: u8) -> bool {
    byte <= b' '
        || matches!(byte, b'/' | b'?' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|' | b',' | b')' | b']')
}

/// What stands for a password in documentation and in templates.
fn is_placeholder(password: &str) -> bool {
    let first = password.bytes().next().unwrap_or(b'*');
    let repeated = password.bytes().all(|byte| byte == first);
    let variable = password.starts_with("${")
        || password.starts_with("{")
        || password.starts_with("%(")
        || password.starts_with("[")
        || first == b'$' && password.bytes().skip(1).all(|byte| byte == b'_' || byte.is_ascii_uppercase());
    repeated || variable || password.eq_ignore_ascii_case("%s")
}

/// Whether a place is within what stands before the host of a URL: `scheme://user:pass@`.
pub(crate) fn in_authority(scan: &Scan<'_>, at: usize) -> bool {
    let from = at.saturating_sub(LONGEST);
    let before = scan.bytes.get(from..at).unwrap_or(&[]);
    // From the place back to the first byte that ends an authority, which must be the second slash of `://`.
    let back = before.iter().rev().take_while(|byte| !ends_authority(**byte)).count();
    before.get(..before.len() - back).is_some_and(|rest| rest.ends_with(b"://"))
}
