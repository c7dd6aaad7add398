//! Spain.

use super::checks::{at, ends_with, number, part, value};
use super::shape::Rule;
use crate::entry::{Entry, Profile, words};

static ES_NIF: Entry = Entry {
    name: "ES_NIF",
    bare: 85,
    context: 95,
    words: words!["dni", "nif", "documento nacional de identidad", "identificación", "identificacion"],
    profiles: &[Profile::Gdpr],
};

static ES_NIE: Entry = Entry {
    name: "ES_NIE",
    bare: 85,
    context: 95,
    words: words![
        "nie",
        "número de identificación de extranjero",
        "numero de identificacion de extranjero",
        "extranjero",
    ],
    profiles: &[Profile::Gdpr],
};

static ES_CIF: Entry = Entry {
    name: "ES_CIF",
    bare: 60,
    context: 90,
    words: words![
        "cif",
        "nif",
        "código de identificación fiscal",
        "identificación fiscal",
        "empresa",
        "sociedad"
    ],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&ES_NIF, &ES_NIE, &ES_CIF];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("99 999 999 A", &ES_NIF, nif),
    // The leading zero is often left out.
    Rule::new("9999999 A", &ES_NIF, nif).levels(66, 90),
    Rule::new("9 999 999 A", &ES_NIF, nif).levels(66, 90).grouped(),
    Rule::new("A 9999999 A", &ES_NIE, nie),
    Rule::new("A 9 999 999 A", &ES_NIE, nie),
    // Of those who have neither, with the same letters: children, Spaniards abroad, foreigners without a NIE (Orden
    // EHA/451/2008).
    Rule::new("A 9999999 A", &ES_NIF, |text| {
        matches!(at(text, 0), b'K' | b'L' | b'M') && nif(part(text, 1, 9))
    })
    .levels(45, 86),
    Rule::new("A 99999999", &ES_CIF, cif),
    Rule::new("A 9999999 A", &ES_CIF, cif).levels(75, 90),
    Rule::new("A 9999999 *", &ES_CIF, either).levels(45, 85),
];

/// The letters by remainder of 23 (Real Decreto 1553/2005).
const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn nif(text: &[u8]) -> bool {
    let digits = part(text, 0, text.len().saturating_sub(1));
    let Some(number) = number(digits) else { return false };
    number > 0 && ends_with(text, LETTERS, u32::try_from(number % 23).unwrap_or(u32::MAX))
}

/// X, Y and Z stand for 0, 1 and 2.
fn nie(text: &[u8]) -> bool {
    let Some(first) = b"XYZ".iter().position(|byte| *byte == at(text, 0)) else { return false };
    let (Ok(first), Some(rest)) = (u64::try_from(first), number(part(text, 1, 8))) else { return false };
    ends_with(text, LETTERS, u32::try_from((first * 10_000_000 + rest) % 23).unwrap_or(u32::MAX))
}

/// Companies: a letter of their kind, seven digits, and a check digit as Luhn has it or the letter of it (Orden
/// EHA/451/2008).
fn cif(text: &[u8]) -> bool {
    let letter = at(text, 8).is_ascii_uppercase();
    let written = match at(text, 0) {
        b'N' | b'P' | b'Q' | b'R' | b'S' | b'W' => letter,
        b'A' | b'B' | b'E' | b'H' => !letter,
        _ => true,
    };
    written && either(text)
}

/// With a digit or a letter, whatever the kind.
fn either(text: &[u8]) -> bool {
    let sum: u32 = part(text, 1, 8)
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            let product = value(*byte) * if at % 2 == 0 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    let check = (10 - sum % 10) % 10;
    let last = at(text, 8);
    let by_digit = last.is_ascii_digit() && value(last) == check;
    b"ABCDEFGHJNPQRSUVW".contains(&at(text, 0)) && (by_digit || ends_with(text, b"JABCDEFGHI", check))
}

/// Any of them, as in a VAT number.
pub(crate) fn tax(text: &[u8]) -> bool {
    nif(text) || nie(text) || cif(text)
}
