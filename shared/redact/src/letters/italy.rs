//! Italy.

use super::checks::{at, number, part};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};

static IT_FISCAL_CODE: Entry = Entry {
    name: "IT_FISCAL_CODE",
    bare: 85,
    context: 95,
    words: words!["codice fiscale", "cod fiscale", "cod fisc", "c f", "cf"],
    profiles: &[Profile::Gdpr],
};

static IT_PASSPORT: Entry = Entry {
    name: "IT_PASSPORT",
    bare: 0,
    context: 75,
    words: words!["passaporto", "italian passport", "numero di passaporto", "viaggio", "dogana"],
    profiles: &[Profile::Gdpr],
};

static IT_IDENTITY_CARD: Entry = Entry {
    name: "IT_IDENTITY_CARD",
    bare: 0,
    context: 75,
    words: words![
        "carta d identità",
        "carta d identita",
        "carta di identità",
        "carta identità",
        "identità",
        "cie",
        "riconoscimento",
    ],
    profiles: &[Profile::Gdpr],
};

static IT_DRIVER_LICENSE: Entry = Entry {
    name: "IT_DRIVER_LICENSE",
    bare: 0,
    context: 75,
    words: words!["patente", "patente di guida", "licenza di guida", "licenza"],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] =
    &[&IT_FISCAL_CODE, &IT_PASSPORT, &IT_IDENTITY_CARD, &IT_DRIVER_LICENSE];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("AAA AAA **A** A***A", &IT_FISCAL_CODE, fiscal),
    Rule::new("AA9999999", &IT_PASSPORT, any),
    Rule::new("AA 9999999", &IT_IDENTITY_CARD, any),
    Rule::new("9999999 AA", &IT_IDENTITY_CARD, any),
    Rule::new("AA 99999 AA", &IT_IDENTITY_CARD, any),
    Rule::new("AA9999999A", &IT_DRIVER_LICENSE, any),
    Rule::new("A9A******A", &IT_DRIVER_LICENSE, |text| part(text, 0, 2) == b"U1"),
    Rule::new("A9*******A", &IT_DRIVER_LICENSE, |text| part(text, 0, 2) == b"U1"),
];

/// The letters that stand for digits where two people would have the same code (omocodia), from 0 on.
const FOR_DIGITS: &[u8] = b"LMNPQRSTUV";
/// Months.
const MONTHS: &[u8] = b"ABCDEHLMPRST";
/// Values of characters at odd places (Decreto 23 dicembre 1976), digits as the letters A to J.
const ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

fn fiscal(text: &[u8]) -> bool {
    let mut digits = [0_u8; 7];
    for (digit, place) in digits.iter_mut().zip([6, 7, 9, 10, 12, 13, 14]) {
        let byte = at(text, place);
        let known = FOR_DIGITS.iter().zip(b'0'..).find(|(letter, _)| **letter == byte);
        *digit = if byte.is_ascii_digit() { byte } else { known.map_or(0, |(_, digit)| digit) };
    }
    let day = number(part(&digits, 2, 4)).unwrap_or(0);
    // Women have 40 added.
    let dated = MONTHS.contains(&at(text, 8)) && matches!(day, 1..=31 | 41..=71);
    dated
        && number(&digits).is_some()
        && check(part(text, 0, 15)) == u32::from(at(text, 15).wrapping_sub(b'A'))
}

/// The letter at the end, from A on; that of Cyprus is found by the same values.
pub(super) fn check(text: &[u8]) -> u32 {
    let sum: u32 = text
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            let place = if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') };
            let odd = ODD.get(usize::from(place)).copied().unwrap_or(0);
            if at % 2 == 0 { odd } else { u32::from(place) }
        })
        .sum();
    sum % 26
}
