//! Machine readable zones of travel documents (ICAO 9303, parts 4 and 5): the lines with numbers, which have a check
//! digit behind each.

use super::checks::{at, icao, part, value};
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;

static MRZ: Entry = Entry {
    name: "MRZ",
    bare: 90,
    context: 95,
    words: words!["mrz", "machine readable", "passport", "travel document", "id card"],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&MRZ];

/// Length of a passport's line and of a card's.
const PASSPORT: usize = 44;
const CARD: usize = 30;

/// Looks at a word with which the second line of a passport or of a card may begin.
pub(crate) fn word(scan: &mut Scan<'_>, start: usize, end: usize) {
    let text = scan.part(start, end);
    let length = match text.len() {
        27..=PASSPORT if is_passport(text) => PASSPORT,
        18..=CARD if is_dated(text) => CARD,
        _ => return,
    };
    let line = scan.bytes.get(start..start + length).unwrap_or(&[]);
    let filled = line.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'<');
    if filled && line.len() == length {
        scan.hit(start, start + length, &MRZ);
    }
}

/// Number, check digit, nationality, and then as a card.
fn is_passport(text: &[u8]) -> bool {
    let nationality = part(text, 10, 13).iter().all(u8::is_ascii_uppercase);
    nationality && is_checked(text, 0, 9) && is_dated(part(text, 13, text.len()))
}

/// Date of birth, sex, date of expiry, each with its check digit.
fn is_dated(text: &[u8]) -> bool {
    is_checked(text, 0, 6) && matches!(at(text, 7), b'M' | b'F' | b'X') && is_checked(text, 8, 14)
}

/// Whether the check digit behind a part is right.
fn is_checked(text: &[u8], start: usize, end: usize) -> bool {
    let dates = end - start > 6 || part(text, start, end).iter().all(u8::is_ascii_digit);
    dates && at(text, end).is_ascii_digit() && icao(part(text, start, end)) == value(at(text, end))
}
