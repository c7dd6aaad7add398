//! Singapore, Hong Kong, Taiwan, Korea, Japan, China.

use super::checks::{at, ends_with, number, one_of, part, value, weighted};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;

static SG_NRIC_FIN: Entry = Entry {
    name: "SG_NRIC_FIN",
    bare: 85,
    context: 95,
    words: words!["nric", "fin", "nric fin", "identity card"],
    profiles: &[Profile::Gdpr],
};

static SG_UEN: Entry = Entry {
    name: "SG_UEN",
    bare: 75,
    context: 90,
    words: words!["uen", "unique entity number", "business registration", "acra"],
    profiles: &[Profile::Gdpr],
};

static HK_ID: Entry = Entry {
    name: "HK_ID",
    bare: 80,
    context: 90,
    words: words![
        "hkid",
        "hk id",
        "hong kong identity",
        "hong kong id",
        "identity card",
        "身份證",
        "身份證號碼"
    ],
    profiles: &[Profile::Gdpr],
};

static TW_ID: Entry = Entry {
    name: "TW_ID",
    bare: 70,
    context: 95,
    words: words![
        "taiwan id",
        "national id",
        "身分證",
        "身分證字號",
        "身份證",
        "統一證號",
        "居留證",
        "arc number",
    ],
    profiles: &[Profile::Gdpr],
};

static KR_PASSPORT: Entry = Entry {
    name: "KR_PASSPORT",
    bare: 0,
    context: 75,
    words: words![
        "korean passport",
        "korean passport number",
        "여권",
        "여권번호",
        "passport",
        "passport number"
    ],
    profiles: &[Profile::Gdpr],
};

static JP_RESIDENCE_CARD: Entry = Entry {
    name: "JP_RESIDENCE_CARD",
    bare: 0,
    context: 75,
    words: words!["residence card", "zairyu card", "在留カード", "在留カード番号"],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] =
    &[&SG_NRIC_FIN, &SG_UEN, &HK_ID, &TW_ID, &KR_PASSPORT, &JP_RESIDENCE_CARD];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("A 9999999 A", &SG_NRIC_FIN, nric),
    Rule::new("99999999A", &SG_UEN, business).levels(65, 90),
    Rule::new("999999999A", &SG_UEN, company),
    Rule::new("A99AA9999A", &SG_UEN, entity).levels(85, 95),
    Rule::new("A 999999 *", &HK_ID, hong_kong).levels(45, 90),
    Rule::new("AA 999999 *", &HK_ID, hong_kong).levels(45, 90),
    Rule::new("A 999999999", &TW_ID, taiwanese),
    Rule::new("AA99999999", &TW_ID, taiwanese_resident),
    Rule::new("A999A9999", &KR_PASSPORT, |text| b"MSROD".contains(&at(text, 0))),
    // Before the American ones, which begin with other letters.
    Rule::new("A99999999", &KR_PASSPORT, |text| b"MSROD".contains(&at(text, 0))).levels(0, 76),
    Rule::new("AA99999999AA", &JP_RESIDENCE_CARD, any),
];

/// Weights 2, 7, 6, 5, 4, 3, 2; letters by series, T and G being of this century and M since 2022.
fn nric(text: &[u8]) -> bool {
    let sum = weighted(part(text, 1, 8), &[2, 7, 6, 5, 4, 3, 2]);
    match at(text, 0) {
        b'S' => ends_with(text, b"JZIHGFEDCBA", sum % 11),
        b'T' => ends_with(text, b"JZIHGFEDCBA", (sum + 4) % 11),
        b'F' => ends_with(text, b"XWUTRQPNMLK", sum % 11),
        b'G' => ends_with(text, b"XWUTRQPNMLK", (sum + 4) % 11),
        b'M' => ends_with(text, b"XWUTRQPNJLK", (sum + 3) % 11),
        _ => false,
    }
}

fn business(text: &[u8]) -> bool {
    ends_with(text, b"XMKECAWLJDB", weighted(part(text, 0, 8), &[10, 4, 9, 3, 8, 2, 7, 1]) % 11)
}

fn company(text: &[u8]) -> bool {
    let year = number(part(text, 0, 4)).is_some_and(|year| (1800..2100).contains(&year));
    year && ends_with(text, b"ZKCMDNERGWH", weighted(part(text, 0, 9), &[10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11)
}

/// Other entities: T, S or R for the century, the year, the kind, a number.
fn entity(text: &[u8]) -> bool {
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWX0123456789";
    const KINDS: &str = "CC CD CH CL CM CP CS CX DP FB FC FM FN GA GB GS HC HS LL LP MB MC MD MH MM MQ NB NR PA PB PF \
        RF RP SM SS TC TU VH XL";
    let place =
        |byte: &u8| ALPHABET.iter().position(|known| known == byte).and_then(|at| u32::try_from(at).ok());
    let sum: u32 = part(text, 0, 9)
        .iter()
        .zip([4, 3, 5, 3, 10, 2, 2, 5, 7])
        .map(|(byte, weight)| place(byte).unwrap_or(0) * weight)
        .sum();
    let kind = one_of(part(text, 3, 5), KINDS);
    b"RST".contains(&at(text, 0)) && kind && ends_with(text, ALPHABET, (sum + 6) % 11)
}

/// One or two letters, six digits and a check digit, A being ten: weights 9 to 1, a blank before one letter being 36.
fn hong_kong(text: &[u8]) -> bool {
    let check = match text.last() {
        Some(b'A') => 10,
        Some(byte) if byte.is_ascii_digit() => value(*byte),
        _ => return false,
    };
    let rest = part(text, 0, text.len().saturating_sub(1));
    let padding = if rest.len() == 7 { 36 * 9 } else { 0 };
    let sum: u32 = rest.iter().rev().zip(2..).map(|(byte, weight)| value(*byte) * weight).sum();
    (padding + sum + check).is_multiple_of(11)
}

/// Looks at the check digit in brackets, as Hong Kong writes it: `A123456(7)`.
pub(crate) fn bracketed(scan: &mut Scan<'_>, start: usize, end: usize) {
    let mut text = [0_u8; 9];
    let check = [scan.at(end + 1)];
    let code = scan.bytes.get(start..end).unwrap_or(&[]).iter().chain(&check);
    for (to, from) in text.iter_mut().zip(code) {
        *to = from.to_ascii_uppercase();
    }
    if scan.at(end + 2) == b')' && hong_kong(part(&text, 0, end - start + 1)) {
        scan.sure(start, end + 3, &HK_ID, 85, 95);
    }
}

/// Values of letters from A on (Ministry of the Interior).
const TAIWANESE: [u32; 26] =
    [10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33];

fn letter(byte: u8) -> u32 {
    TAIWANESE.get(usize::from(byte.wrapping_sub(b'A'))).copied().unwrap_or(0)
}

/// A letter of the place, 1 or 2 for the sex (8 or 9 for residents since 2021), seven digits and a check digit.
fn taiwanese(text: &[u8]) -> bool {
    let place = letter(at(text, 0));
    let sum = place / 10 + place % 10 * 9 + weighted(part(text, 1, 10), &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    matches!(at(text, 1), b'1' | b'2' | b'8' | b'9') && sum.is_multiple_of(10)
}

/// Residents before 2021: a second letter, of which the last digit counts.
fn taiwanese_resident(text: &[u8]) -> bool {
    let (place, sex) = (letter(at(text, 0)), letter(at(text, 1)) % 10);
    let rest = weighted(part(text, 2, 10), &[7, 6, 5, 4, 3, 2, 1, 1]);
    matches!(at(text, 1), b'A'..=b'D') && (place / 10 + place % 10 * 9 + sex * 8 + rest).is_multiple_of(10)
}
