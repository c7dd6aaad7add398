//! Addresses of mail.

use super::domains::is_top_level;
use super::url::in_authority;
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;

static EMAIL_ADDRESS: Entry = Entry {
    name: "EMAIL_ADDRESS",
    bare: 90,
    context: 95,
    words: words!["email", "e mail", "mail", "mailto", "contact"],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&EMAIL_ADDRESS];

/// The longest local part and the longest domain, in bytes (RFC 5321, 4.5.3.1).
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Looks around an `@`.
pub(crate) fn email(scan: &mut Scan<'_>, at: usize) {
    let Some(start) = local(scan, at) else { return };
    let Some(end) = domain(scan, at + 1) else { return };
    // `git@github.com:owner/repository` is a place, not a mailbox.
    let place = scan.part(start, at) == b"git" && matches!(scan.at(end), b':' | b'/');
    if !place && !in_authority(scan, start) {
        scan.hit(start, end, &EMAIL_ADDRESS);
    }
}

/// Whether a character may stand in a local part as people have them. RFC 5322 knows more: those that write assignments,
/// paths and queries are left out.
fn is_local(character: char) -> bool {
    // Letters of scripts with blanks between words; others would take the sentence before with them (RFC 6531).
    character.is_ascii_alphanumeric()
        || matches!(character, '.' | '_' | '-' | '+' | '%' | '\'' | '!' | '#' | '$' | '*' | '^' | '~')
        || ('\u{a1}'..'\u{600}').contains(&character) && character.is_alphanumeric()
}

/// Where the local part before `at` begins.
fn local(scan: &Scan<'_>, at: usize) -> Option<usize> {
    let text = scan.text.get(..at)?;
    let length: usize =
        text.chars().rev().take(LONGEST_LOCAL + 1).take_while(|c| is_local(*c)).map(char::len_utf8).sum();
    let whole = text.get(at - length..)?;
    // Quotes, list marks and emphasis stand before it rather than in it.
    let mut local = whole.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
    // `\n` of JSON in a string.
    if scan.before(at - local.len()) == b'\\' && local.starts_with(['n', 't', 'r']) {
        local = local.get(1..)?;
    }
    let dots = local.contains("..") || local.ends_with('.');
    let fits = !local.is_empty() && local.len() <= LONGEST_LOCAL && !dots;
    fits.then_some(at - local.len())
}

/// Where the domain that begins at `start` ends: labels with dots between, the last of them a top-level domain.
fn domain(scan: &Scan<'_>, start: usize) -> Option<usize> {
    let (mut end, mut label, mut labels) = (start, start, 0);
    let mut known = None;
    loop {
        let rest = scan.text.get(end..)?;
        let next = rest.chars().next().filter(|c| is_label(*c));
        if let Some(character) = next
            && end - start < LONGEST_DOMAIN
        {
            end += character.len_utf8();
            continue;
        }
        let text = scan.slice(label, end);
        if text.is_empty() || text.len() > LONGEST_LABEL || text.starts_with('-') {
            break;
        }
        labels += 1;
        // A hyphen may follow as punctuation.
        let trimmed = text.trim_end_matches('-');
        if labels > 1 && is_top(trimmed) {
            known = Some(label + trimmed.len());
        }
        if scan.at(end) != b'.' || trimmed.len() < text.len() {
            break;
        }
        end += 1;
        label = end;
    }
    known
}

/// Whether a character may stand in a label; non-ASCII ones as in a local part (RFC 5890).
fn is_label(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || character == '-'
        || ('\u{a1}'..'\u{600}').contains(&character) && character.is_alphanumeric()
}

fn is_top(label: &str) -> bool {
    let mut small = [0_u8; 24];
    let Some(small) = small.get_mut(..label.len()) else { return false };
    for (to, from) in small.iter_mut().zip(label.bytes()) {
        *to = from.to_ascii_lowercase();
    }
    // Country codes of other scripts are few, and their labels long.
    is_top_level(small) || !label.is_ascii() && label.chars().count() > 1
}
