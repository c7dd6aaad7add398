//! Northern Europe: Sweden, Norway, Denmark, Finland, Iceland, Estonia, Lithuania, Latvia.

use super::id::{Id, Ragged::Any, id};
use crate::checks::{BORN_BEFORE, day, digit, from, luhn, missing, pair, uniform, weighted};
use crate::entry::words;

/// Luhn over the last ten digits; a coordination number counts its day 60 more.
fn se_personal(digits: &[u8]) -> bool {
    let century = digits.len() == 10 || matches!(pair(digits, 0), 18..=20);
    let ten = from(digits, digits.len().saturating_sub(10));
    century && day(pair(ten, 2), pair(ten, 4) % 60) && luhn(ten)
}

/// Luhn; the third digit tells it from a person's number, in twelve digits 16 stands before it.
fn se_organisation(digits: &[u8]) -> bool {
    let known = digits.len() == 10 || pair(digits, 0) == 16;
    let ten = from(digits, digits.len().saturating_sub(10));
    known && matches!(digit(ten, 0), 1..=3 | 5..=9) && digit(ten, 2) >= 2 && luhn(ten)
}

/// Two checks of eleven; D numbers count their day 40 more, synthetic ones of Tenor their month 80 and of Dolly 40 more.
fn no_birth(digits: &[u8]) -> bool {
    day(pair(digits, 2) % 40, pair(digits, 0) % 40)
        && weighted(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
        && weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// The year of birth by the series of the individual number, of which each has its time (Skatteetaten, fødselsnummer); none
/// for one that no series has.
fn no_year(digits: &[u8]) -> Option<u32> {
    let year = pair(digits, 4);
    match (digit(digits, 6) * 100 + pair(digits, 7), year) {
        (0..=499, _) => Some(1900 + year),
        (500..=999, 0..=39) => Some(2000 + year),
        (500..=749, 54..=99) => Some(1800 + year),
        (900..=999, _) => Some(1900 + year),
        _ => None,
    }
}

fn no_organisation(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[3, 2, 7, 6, 5, 4, 3, 2]);
    matches!(digit(digits, 0), 8 | 9) && missing(sum, 11) == digit(digits, 8)
}

/// A date; numbers since 2007 need not pass a check.
fn dk_cpr(digits: &[u8]) -> bool {
    day(pair(digits, 2), pair(digits, 0)) && !uniform(digits)
}

fn dk_cpr_checked(digits: &[u8]) -> bool {
    dk_cpr(digits) && weighted(digits, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

fn dk_cvr(digits: &[u8]) -> bool {
    digit(digits, 0) != 0 && weighted(digits, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

fn fi_business(digits: &[u8]) -> bool {
    missing(weighted(digits, &[7, 9, 10, 5, 8, 4, 2]), 11) == digit(digits, 7)
}

/// The ninth digit is the check digit, the tenth the century; those of companies count their day 40 more.
fn is_kennitala(digits: &[u8]) -> bool {
    let century = matches!(digit(digits, 9), 0 | 8 | 9);
    let check = missing(weighted(digits, &[3, 2, 7, 6, 5, 4, 3, 2]), 11);
    century && day(pair(digits, 2), pair(digits, 0) % 40) && check == digit(digits, 8)
}

fn baltic(digits: &[u8]) -> bool {
    matches!(digit(digits, 0), 1..=8) && day(pair(digits, 3), pair(digits, 5)) && baltic_check(digits)
}

/// Two rows of weights, the second where the first one leaves ten.
fn baltic_check(digits: &[u8]) -> bool {
    let sum = |weights| weighted(digits, weights) % 11;
    let check = match sum(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) {
        10 => sum(&[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 10,
        check => check,
    };
    check == digit(digits, 10)
}

/// A date and its check, or one of those given since 2017, which begin with 32 and have none.
fn lv(digits: &[u8]) -> bool {
    let old = day(pair(digits, 2), pair(digits, 0)) && digit(digits, 6) <= 2 && lv_checked(digits);
    old || pair(digits, 0) == 32
}

fn lv_checked(digits: &[u8]) -> bool {
    (1 + weighted(digits, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10 == digit(digits, 10)
}

/// Of people their own number, of companies one that begins with 4 to 9.
pub(crate) fn lv_vat(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]);
    if digit(digits, 0) > 3 { sum % 11 == 3 } else { lv(digits) && lv_checked(digits) }
}

const CPR: &str = words![
    "cpr",
    "cpr nummer",
    "cpr nr",
    "personnummer",
    "cpr number",
    "danish personal",
    "cprnummer",
    "dk cpr",
    "personal identification number",
    "danish cpr",
    "cpr no",
];

const ORGANISATION: &str = words![
    "organisationsnummer",
    "orgnr",
    "org nr",
    "företagsnummer",
    "organisation number",
    "organization number",
    "org number",
    "orgnummer",
    "org no",
    "se organisationsnummer",
    "organisations nr",
    "company number",
];

pub(crate) static IDS: &[Id] = &[
    id(
        "SE_PERSONNUMMER",
        62,
        90,
        words![
            "personnummer",
            "svenskt personnummer",
            "svensk id",
            "personal identity number",
            "samordningsnummer",
            "personal number",
            "pnr",
            "person nr",
            "pers nr",
            "ssn se",
            "swedish personal",
            "födelsenummer",
            "se personnummer",
            "coordination number",
            "swedish personal number",
            "swedish id",
        ],
    )
    .of(&[10, 12])
    .laid(&[("6-4", 78), ("8-4", 85), ("6+4", 78), ("8+4", 85)])
    .check(se_personal),
    // Of the last century, which no time of today is.
    id("SE_PERSONNUMMER", 76, 90, words![])
        .of(&[12])
        .check(|digits| pair(digits, 0) == 19 && se_personal(digits)),
    id("SE_ORGANISATIONSNUMMER", 45, 88, ORGANISATION)
        .of(&[10, 12])
        .laid(&[("6-4", 60), ("8-4", 60)])
        .check(se_organisation)
        .within(&[]),
    id("SE_ORGANISATIONSNUMMER", 0, 84, ORGANISATION).of(&[10]).laid(&[("6-4", 0)]).check(luhn).within(&[]),
    id(
        "NO_FNR",
        80,
        94,
        words![
            "fødselsnummer",
            "fodselsnummer",
            "fnr",
            "personnummer",
            "d nummer",
            "norwegian id",
            "national identity number",
            "birth number",
            "no fnr",
            "norwegian national id",
            "fødselsnr",
            "national id",
            "norwegian birth number",
        ],
    )
    .of(&[11])
    .laid(&[("6 5", 85), ("6-5", 85), ("9-2", 0)])
    .check(|digits| no_year(digits).is_some_and(|year| year < BORN_BEFORE) && no_birth(digits)),
    // Where a word says what it is, one of no series is not passed by.
    id("NO_FNR", 0, 90, words![])
        .of(&[11])
        .laid(&[("6 5", 0), ("6-5", 0)])
        .check(|digits| no_year(digits).is_none() && no_birth(digits)),
    id(
        "NO_ORGNR",
        0,
        85,
        words!["organisasjonsnummer", "orgnr", "org nr", "foretaksnummer", "org number", "norwegian company"],
    )
    .of(&[9])
    .laid(&[("3 3 3", 0)])
    .check(no_organisation)
    .within(&[]),
    id("DK_CPR", 0, 86, CPR).of(&[10]).laid(&[("6-4", 66)]).check(dk_cpr),
    id("DK_CPR", 55, 88, CPR).of(&[10]).laid(&[("6-4", 75)]).check(dk_cpr_checked),
    id(
        "DK_CVR",
        0,
        85,
        words!["cvr", "cvr nummer", "cvr nr", "cvr number", "virksomhedsnummer", "se nummer"],
    )
    .of(&[8])
    .laid(&[("2 2 2 2", 0)])
    .ragged(Any)
    .check(dk_cvr)
    .within(&[]),
    id(
        "FI_BUSINESS_ID",
        0,
        86,
        words!["y tunnus", "ytunnus", "business id", "fo nummer", "finnish business"],
    )
    .laid(&[("7-1", 60)])
    .check(fi_business)
    .within(&[]),
    id(
        "IS_KENNITALA",
        45,
        88,
        words!["kennitala", "kt", "icelandic id", "icelandic identification", "kennitölu"],
    )
    .of(&[10])
    .laid(&[("6-4", 72)])
    .check(is_kennitala),
    id(
        "EE_PERSONAL_CODE",
        62,
        90,
        words![
            "isikukood",
            "isiku kood",
            "estonian id",
            "estonian personal",
            "personal code",
            "ik",
            "ee personal code",
            "personal identification code",
            "estonia",
        ],
    )
    .of(&[11])
    .check(baltic),
    id(
        "LT_PERSONAL_CODE",
        62,
        90,
        words![
            "asmens kodas",
            "asmens kodo",
            "lithuanian id",
            "lithuanian personal",
            "personal code",
            "lt personal code",
            "lithuania",
        ],
    )
    .of(&[11])
    .check(baltic),
    // Of those whose date of birth is not known the first digit is a 9.
    id("LT_PERSONAL_CODE", 0, 85, words!["asmens"])
        .of(&[11])
        .named()
        .check(|digits| digit(digits, 0) == 9 && baltic_check(digits)),
    // VAT numbers as they are written at home.
    id("EE_VAT_ID", 0, 84, words!["kmkr"])
        .of(&[9])
        .named()
        .check(|digits| weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)),
    id("LV_VAT_ID", 0, 84, words!["pvn"]).of(&[11]).laid(&[("6-5", 0)]).named().check(lv_vat),
    id(
        "LV_PERSONAL_CODE",
        0,
        88,
        words![
            "personas kods",
            "personas koda",
            "latvian id",
            "latvian personal",
            "personal code",
            "lv personal code",
            "latvia",
        ],
    )
    .of(&[11])
    .laid(&[("6-5", 70)])
    .check(lv),
];
