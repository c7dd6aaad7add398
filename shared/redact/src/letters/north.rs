//! Finland and Ireland.

use super::checks::{at, day_month, ends_with, number, part, value};
use super::hyphened;
use super::shape::Rule;
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;

static FI_PERSONAL_IDENTITY_CODE: Entry = Entry {
    name: "FI_PERSONAL_IDENTITY_CODE",
    bare: 85,
    context: 95,
    words: words![
        "hetu",
        "henkilötunnus",
        "henkilotunnus",
        "personbeteckning",
        "personbeteckningen",
        "personal identity code",
    ],
    profiles: &[Profile::Gdpr],
};

static IE_PPSN: Entry = Entry {
    name: "IE_PPSN",
    bare: 70,
    context: 90,
    words: words!["pps", "ppsn", "pps number", "personal public service"],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&FI_PERSONAL_IDENTITY_CODE, &IE_PPSN];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("999999A999*", &FI_PERSONAL_IDENTITY_CODE, hetu_with_mark),
    Rule::new("999999-999*", &FI_PERSONAL_IDENTITY_CODE, hetu).grouped(),
    Rule::new("9999999 A", &IE_PPSN, |text| ppsn(part(text, 0, 8))),
    Rule::new("9999999 AA", &IE_PPSN, ppsn).levels(80, 90),
];

/// Control characters by remainder of 31.
const CONTROL: &[u8] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// With `-` or `+` as the mark of the century, here left out. Individual numbers from 900 on are for the time until somebody
/// has one (Digital and Population Data Services Agency).
fn hetu(text: &[u8]) -> bool {
    at(text, 6) != b'9' && hetu_of(text)
}

/// Birth date, individual number from 002 on, control character.
fn hetu_of(text: &[u8]) -> bool {
    let (birth, individual) = (part(text, 0, 6), part(text, 6, 9));
    let (Some(date), Some(person)) = (number(birth), number(individual)) else { return false };
    let control = u32::try_from((date * 1000 + person) % 31).unwrap_or(u32::MAX);
    day_month(part(birth, 0, 2), part(birth, 2, 4)) && person >= 2 && ends_with(text, CONTROL, control)
}

/// With a letter as the mark, of which there are more since 2023 (decree 690/2022); the agency shows them with individual
/// numbers that nobody has, from 900 on.
fn hetu_with_mark(text: &[u8]) -> bool {
    let mut rest = [0_u8; 10];
    for (to, from) in rest.iter_mut().zip(part(text, 0, 6).iter().chain(part(text, 7, 11))) {
        *to = *from;
    }
    matches!(at(text, 6), b'A'..=b'F' | b'U'..=b'Y') && hetu_of(&rest)
}

/// Looks at a code whose control character is a digit: `131052-3085`.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize) {
    let Some(end) = hyphened(scan, start, &[6, 4]) else { return };
    let mut text = [0_u8; 10];
    let digits = scan.bytes.get(start..end).unwrap_or(&[]).iter().filter(|byte| **byte != b'-');
    for (to, from) in text.iter_mut().zip(digits) {
        *to = *from;
    }
    if hetu(&text) {
        // Sweden and Denmark write ten digits like this too, of which one in thirty passes here.
        scan.sure(start, end, &FI_PERSONAL_IDENTITY_CODE, 80, 95);
    }
}

/// Seven digits and the letter of their remainder of 23; a second letter counts nine times (Revenue, since 2013).
#[inline(never)]
pub(crate) fn ppsn(text: &[u8]) -> bool {
    let weighted: u32 = (2..=8).rev().zip(text).map(|(weight, byte)| weight * value(*byte)).sum();
    let second = at(text, 8);
    let added = match second {
        0 | b'W' | b'T' | b'X' => 0,
        b'A'..=b'I' => 9 * u32::from(second - b'A' + 1),
        _ => return false,
    };
    ends_with(part(text, 0, 8), b"WABCDEFGHIJKLMNOPQRSTUV", (weighted + added) % 23)
}
