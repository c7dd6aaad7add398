//! Africa, Arabia and the Pacific: South Africa, Nigeria, Egypt, Saudi Arabia, Australia, New Zealand.

use super::id::{Id, id};
use crate::checks::{day, digit, luhn, missing, number, pair, uniform, verhoeff, weighted};
use crate::entry::words;

/// Date, sex, citizenship (0 to 2), a digit that was race and is 8 or 9 since, Luhn.
fn za_id(digits: &[u8]) -> bool {
    let citizen = digit(digits, 10) <= 2 && digit(digits, 11) >= 8;
    day(pair(digits, 2), pair(digits, 4)) && citizen && luhn(digits)
}

/// The first digit says whose it is; modulus 10 (SARS, PAYE Employer Reconciliation, Business Requirement Specification).
fn za_tax(digits: &[u8]) -> bool {
    matches!(digit(digits, 0), 0..=3 | 9) && luhn(digits) && !uniform(digits)
}

/// Century, date, governorate or 88 of those born abroad.
fn eg_id(digits: &[u8]) -> bool {
    let place = matches!(pair(digits, 7), 1..=4 | 11..=19 | 21..=29 | 31..=35 | 88);
    matches!(digit(digits, 0), 2 | 3) && day(pair(digits, 3), pair(digits, 5)) && place
}

/// Nine digits, of old eight.
fn au_tfn(digits: &[u8]) -> bool {
    let weights: &[u32] =
        if digits.len() == 9 { &[1, 4, 3, 7, 5, 8, 6, 9, 10] } else { &[10, 7, 8, 4, 6, 3, 5, 1] };
    weighted(digits, weights).is_multiple_of(11) && !uniform(digits)
}

/// The first digit counts as one less.
fn au_abn(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    digit(digits, 0) != 0 && sum % 89 == 10
}

fn au_acn(digits: &[u8]) -> bool {
    missing(weighted(digits, &[8, 7, 6, 5, 4, 3, 2, 1]), 10) == digit(digits, 8) && !uniform(digits)
}

/// Eight digits, their check, the issue of the card, and perhaps who of those on it.
fn au_medicare(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9]);
    matches!(digit(digits, 0), 2..=6) && sum % 10 == digit(digits, 8) && digit(digits, 9) != 0
}

/// A second row of weights where the first one leaves ten.
fn nz_ird(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    let row = |weights: &[u32; 8]| {
        missing(weighted(rest, weights.get(8_usize.saturating_sub(rest.len())..).unwrap_or(&[])), 11)
    };
    let wanted = match row(&[3, 2, 7, 6, 5, 4, 3, 2]) {
        10 => row(&[7, 4, 3, 2, 5, 2, 7, 6]),
        wanted => wanted,
    };
    (10_000_001..150_000_000).contains(&number(digits)) && wanted == u32::from(*check)
}

pub(crate) static IDS: &[Id] = &[
    id(
        "ZA_ID_NUMBER",
        80,
        93,
        words![
            "south african id",
            "id number",
            "identity number",
            "rsa id",
            "sa id",
            "smart id",
            "national id",
            "identity",
            "south africa",
            "za id number",
            "id no",
            "za id",
            "identiteitsnommer",
        ],
    )
    .of(&[13])
    .laid(&[("6 4 3", 85), ("6 4 2 1", 85), ("6-4-3", 85), ("6 4 1 1 1", 85)])
    .check(za_id),
    id(
        "ZA_INCOME_TAX_NUMBER",
        0,
        84,
        words![
            "sars",
            "tax reference",
            "income tax",
            "tax number",
            "itr",
            "income tax number",
            "tax reference number",
            "za income tax number",
            "tax registration",
            "taxpayer",
        ],
    )
    .of(&[10])
    .laid(&[("4/3/2/1", 0), ("9-1", 0)])
    .check(za_tax),
    id(
        "ZA_VAT_NUMBER",
        0,
        84,
        words![
            "vat",
            "vat number",
            "vat registration",
            "vat no",
            "value added tax",
            "za vat number",
            "vat reg no",
            "tax invoice",
            "sars",
        ],
    )
    .of(&[10])
    .check(|digits| digit(digits, 0) == 4)
    .within(&[]),
    id(
        "ZA_TRAFFIC_REGISTER_NUMBER",
        0,
        82,
        words![
            "traffic register",
            "traffic register number",
            "trn",
            "enatis",
            "natis",
            "vehicle register",
            "za traffic register number",
        ],
    )
    .of(&[13])
    .check(|digits| !za_id(digits)),
    id(
        "ZA_COMPANY_REGISTRATION",
        0,
        86,
        words![
            "cipc",
            "company registration",
            "registration number",
            "close corporation",
            "company reg",
            "enterprise number",
            "reg no",
            "za company registration",
        ],
    )
    .laid(&[("4/6/2", 78)])
    .check(|digits| matches!(pair(digits, 0), 19 | 20))
    .within(&[]),
    id(
        "NG_NIN",
        0,
        88,
        words![
            "nin",
            "national identification number",
            "national identity number",
            "nimc",
            "national identity",
            "nigeria id",
            "nigerian identification",
            "ng nin",
            "nigerian id",
            "nin number",
        ],
    )
    .of(&[11])
    .check(|digits| verhoeff(digits) && !uniform(digits)),
    id("NG_NIN", 0, 78, words!["nin", "nimc"]).of(&[11]).check(|digits| !uniform(digits)),
    id(
        "SA_NATIONAL_ID",
        0,
        86,
        words![
            "saudi id",
            "iqama",
            "iqama number",
            "national id",
            "رقم الهوية",
            "الإقامة",
            "saudi national id"
        ],
    )
    .of(&[10])
    .check(|digits| matches!(digit(digits, 0), 1 | 2) && luhn(digits)),
    id(
        "EG_NATIONAL_ID",
        60,
        88,
        words!["egyptian id", "national id", "الرقم القومي", "raqam qawmi", "egypt", "egyptian national id"],
    )
    .of(&[14])
    .check(eg_id),
    id(
        "AU_TFN",
        45,
        86,
        words![
            "tfn",
            "tax file number",
            "tax file",
            "tfn number",
            "ato",
            "au tfn",
            "australian tax",
            "tax file no",
        ],
    )
    .of(&[8, 9])
    .laid(&[("3 3 3", 60), ("3-3-3", 60), ("2 3 3", 0), ("3 2 3", 0)])
    .check(au_tfn),
    id(
        "AU_ABN",
        65,
        90,
        words![
            "abn",
            "australian business number",
            "australian business",
            "au abn",
            "abn number",
            "business number",
        ],
    )
    .of(&[11])
    .laid(&[("2 3 3 3", 78)])
    .check(au_abn)
    .within(&[]),
    id(
        "AU_ACN",
        45,
        86,
        words![
            "acn",
            "australian company number",
            "australian company",
            "au acn",
            "acn number",
            "company number"
        ],
    )
    .of(&[9])
    .laid(&[("3 3 3", 60)])
    .check(au_acn)
    .within(&[]),
    id(
        "AU_MEDICARE",
        58,
        88,
        words![
            "medicare",
            "medicare number",
            "medicare card",
            "medicare no",
            "au medicare",
            "australian medicare",
            "irn",
        ],
    )
    .of(&[10, 11])
    .laid(&[("4 5 1", 78), ("4-5-1", 75), ("4 5 1-1", 78), ("4 5 1/1", 78), ("4 5 1 1", 75)])
    .check(au_medicare),
    id("NZ_IRD", 0, 86, words!["ird", "ird number", "inland revenue", "ird no", "new zealand tax", "nz ird"])
        .of(&[8, 9])
        .laid(&[("2-3-3", 60), ("3-3-3", 60), ("7-1", 0)])
        .check(nz_ird),
];
