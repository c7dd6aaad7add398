//! Central and Eastern Europe: Poland, Czechia, Slovakia, Hungary, Romania, Bulgaria, Croatia, Slovenia, Russia, Ukraine,
//! and Lithuania's companies.

use super::id::{Id, id};
use crate::checks::{
    day, digit, first, from, iso_11_10, missing, number, pair, remainder, uniform, weighted,
};
use crate::entry::words;

/// The date, whose month says the century.
fn pl_pesel(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
    day(pair(digits, 2) % 20, pair(digits, 4)) && missing(sum, 10) == digit(digits, 10)
}

/// Of somebody born from 1920 on, which four in a thousand numbers are: as few as pass two check digits.
fn pl_pesel_living(digits: &[u8]) -> bool {
    let (year, month) = (pair(digits, 0), pair(digits, 2));
    let born = month <= 12 && year >= 20 || (21..=32).contains(&month) && year <= 30;
    born && pl_pesel(digits)
}

fn pl_nip(digits: &[u8]) -> bool {
    weighted(digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digit(digits, 9)
        && digit(digits, 0) != 0
        && !uniform(digits)
}

/// Nine digits, or these and five of a branch with a check of its own.
fn pl_regon(digits: &[u8]) -> bool {
    let short = weighted(digits, &[8, 9, 2, 3, 4, 5, 6, 7]) % 11 % 10 == digit(digits, 8);
    let long = weighted(digits, &[2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8]) % 11 % 10 == digit(digits, 13);
    short && (digits.len() == 9 || long) && !uniform(digits)
}

const PESEL: &str =
    words!["pesel", "numer pesel", "nr pesel", "pl pesel", "polish national id", "ewidencyjny", "polish id"];

/// A date, months of women 50 more and of full days 20 more; ten digits since 1954 are a multiple of eleven, or leave
/// ten before a zero.
fn cz_birth(digits: &[u8]) -> bool {
    let nine = remainder(first(digits, 9), 11);
    let checked = digits.len() == 9 || nine % 10 == digit(digits, 9) && (nine < 10 || digit(digits, 9) == 0);
    // Nine digits were given until 1953.
    let long = digits.len() == 10 || !matches!(pair(digits, 0), 54..80);
    day(pair(digits, 2) % 50 % 20, pair(digits, 4)) && checked && long
}

/// A company's number, or a person's; of those who have neither it begins with 6.
pub(crate) fn cz_vat(digits: &[u8]) -> bool {
    match digits.len() {
        8 => digit(digits, 0) != 9 && cz_company(digits),
        9 if digit(digits, 0) == 6 => cz_other(digits),
        _ => cz_birth(digits),
    }
}

/// The check digit is eight less what is missing of ten from the sum by eleven (VIES, algorithms of the member states).
fn cz_other(digits: &[u8]) -> bool {
    let sum = weighted(from(digits, 1), &[8, 7, 6, 5, 4, 3, 2]) % 11;
    (18 - (21 - sum) % 11) % 10 == digit(digits, 8)
}

/// Two rows of weights, the second where the first one leaves ten.
fn rows(digits: &[u8], one: &[u32], other: &[u32]) -> u32 {
    match weighted(digits, one) % 11 {
        10 => weighted(digits, other) % 11 % 10,
        check => check,
    }
}

/// Companies have nine digits. Of people ten are their own number, that of foreigners, or another.
pub(crate) fn bg_vat(digits: &[u8]) -> bool {
    let last = |at| digit(digits, at);
    let check = || rows(digits, &[1, 2, 3, 4, 5, 6, 7, 8], &[3, 4, 5, 6, 7, 8, 9, 10]) == last(8);
    let foreign = || weighted(digits, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == last(9);
    let other = || (11 - weighted(digits, &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == last(9);
    let holds = if digits.len() == 10 { bg_egn(digits) || foreign() || other() } else { check() };
    holds && !uniform(digits)
}

/// The last but one of a company is 1, of others the last but two.
pub(crate) fn lt_vat(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    let one = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2];
    let other = [3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4];
    digit(rest, rest.len() - 1) == 1 && rows(rest, &one, &other) == u32::from(*check)
}

pub(crate) fn ro_vat(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    let weights = [7, 5, 3, 2, 1, 7, 5, 3, 2];
    let sum = weighted(rest, weights.get(9_usize.saturating_sub(rest.len())..).unwrap_or(&[]));
    sum * 10 % 11 % 10 == u32::from(*check) && digit(digits, 0) != 0 && !uniform(digits)
}

fn cz_company(digits: &[u8]) -> bool {
    let check = (11 - weighted(digits, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    check == digit(digits, 7) && !uniform(digits)
}

fn hu_tax(digits: &[u8]) -> bool {
    digit(digits, 0) == 8 && weighted(digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 == digit(digits, 9)
}

fn hu_taj(digits: &[u8]) -> bool {
    weighted(digits, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == digit(digits, 8) && !uniform(digits)
}

/// Sex and century, date, serial number; counted from the left until 1996, from the right since.
fn hu_personal(digits: &[u8]) -> bool {
    let old = weighted(digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11;
    let new = weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
    let check = digit(digits, 10);
    matches!(digit(digits, 0), 1..=8)
        && day(pair(digits, 3), pair(digits, 5))
        && (old == check || new == check)
}

pub(crate) fn ro_cnp(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let county = matches!(pair(digits, 7), 1..=48 | 51 | 52 | 70 | 80..=83);
    let check = if sum == 10 { 1 } else { sum };
    digit(digits, 0) != 0 && day(pair(digits, 3), pair(digits, 5)) && county && check == digit(digits, 12)
}

/// The date, whose month counts 20 more before 1900 and 40 more since 2000.
fn bg_egn(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[2, 4, 8, 5, 10, 9, 7, 3, 6]);
    let month = pair(digits, 2);
    month <= 52 && day(month % 20, pair(digits, 4)) && sum % 11 % 10 == digit(digits, 9)
}

/// Day, month, three digits of the year, region, serial number: the common number of what was Yugoslavia.
fn emso(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    let year = matches!(number(first(from(digits, 4), 3)), 0..=99 | 850..=999);
    day(pair(digits, 2), pair(digits, 0)) && year && missing(sum, 11) % 10 == digit(digits, 12)
}

fn si_tax(digits: &[u8]) -> bool {
    let rest = weighted(digits, &[8, 7, 6, 5, 4, 3, 2]) % 11;
    digit(digits, 0) != 0 && rest != 0 && (11 - rest) % 10 == digit(digits, 7)
}

/// Of companies with ten digits, of people with twelve.
fn ru_inn(digits: &[u8]) -> bool {
    let check = |weights, at| weighted(digits, weights) % 11 % 10 == digit(digits, at);
    let known = !uniform(digits);
    if digits.len() == 10 {
        return known && check(&[2, 4, 10, 3, 5, 9, 4, 6, 8], 9);
    }
    known && check(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8], 10) && check(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8], 11)
}

fn ru_snils(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2, 1]);
    sum > 0 && sum % 101 % 100 == pair(digits, 9)
}

fn ua_rntrc(digits: &[u8]) -> bool {
    // The first weight is minus one: ten, by eleven.
    weighted(digits, &[10, 5, 7, 9, 4, 6, 10, 5, 7]) % 11 % 10 == digit(digits, 9) && !uniform(digits)
}

pub(crate) static IDS: &[Id] = &[
    id("PL_PESEL", 66, 92, PESEL).of(&[11]).check(pl_pesel),
    id("PL_PESEL", 75, 92, PESEL).of(&[11]).check(pl_pesel_living),
    id(
        "PL_NIP",
        50,
        88,
        words![
            "nip",
            "numer identyfikacji podatkowej",
            "nr nip",
            "identyfikacji podatkowej",
            "polish tax",
            "podatnik",
            "vat",
            "numer nip",
            "pl nip",
            "tax id",
        ],
    )
    .of(&[10])
    .laid(&[("3-3-2-2", 76), ("3-2-2-3", 76), ("3 3 2 2", 72), ("3 2 2 3", 72)])
    .check(pl_nip),
    id("PL_REGON", 45, 88, words!["regon", "nr regon", "numer regon", "polish regon", "pl regon", "gus"])
        .of(&[9, 14])
        .check(pl_regon)
        .within(&[]),
    id(
        "CZ_BIRTH_NUMBER",
        55,
        90,
        words![
            "rodné číslo",
            "rodne cislo",
            "rodného čísla",
            "r č",
            "birth number",
            "rc",
            "rodné",
            "rodne číslo",
            "czech birth number",
            "rč",
            "slovak birth number",
            "personal number",
        ],
    )
    .of(&[9, 10])
    .laid(&[("6/4", 85), ("6/3", 70), ("6-4", 55), ("6 4", 60)])
    .check(cz_birth),
    id("CZ_ICO", 0, 85, words!["ičo", "ico", "identifikační číslo", "ič"])
        .of(&[8])
        .check(cz_company)
        .within(&[]),
    // VAT numbers as they are written at home, without the code of the country.
    id("CZ_VAT_ID", 0, 84, words!["dič"]).of(&[8, 9, 10]).named().check(cz_vat),
    id("BG_VAT_ID", 0, 80, words!["ддс"]).of(&[9, 10]).named().check(bg_vat),
    id("LT_VAT_ID", 0, 84, words!["pvm"]).of(&[9, 12]).named().check(lt_vat),
    id("RO_VAT_ID", 0, 82, words!["cui"]).of(&[6, 7, 8, 9, 10]).named().check(ro_vat),
    // Of people it is their own number.
    id("RO_VAT_ID", 0, 84, words!["cui"]).of(&[13]).named().check(ro_cnp),
    id(
        "HU_TAX_ID",
        50,
        88,
        words![
            "adóazonosító",
            "adoazonosito",
            "adóazonosító jel",
            "adószám",
            "tax id",
            "hungarian tax",
            "adó"
        ],
    )
    .of(&[10])
    .check(hu_tax),
    id(
        "HU_TAJ",
        0,
        86,
        words![
            "taj",
            "taj szám",
            "tajszám",
            "társadalombiztosítási",
            "taj number",
            "hungarian social security",
            "taj szam",
        ],
    )
    .of(&[9])
    .laid(&[("3 3 3", 0), ("3-3-3", 0)])
    .check(hu_taj),
    id(
        "HU_PERSONAL_ID",
        0,
        86,
        words!["személyi azonosító", "személyi szám", "szemelyi szam", "hungarian personal", "személyi"],
    )
    .of(&[11])
    .laid(&[("1-6-4", 75), ("1 6 4", 75)])
    .check(hu_personal),
    id(
        "RO_CNP",
        76,
        93,
        words![
            "cnp",
            "cod numeric personal",
            "codul numeric personal",
            "romanian id",
            "personal numeric code",
            "ro cnp",
            "romanian personal",
        ],
    )
    .of(&[13])
    .check(ro_cnp),
    id(
        "BG_EGN",
        58,
        90,
        words![
            "egn",
            "егн",
            "единен граждански номер",
            "bulgarian id",
            "unified civil number",
            "bg egn",
            "uniform civil number",
        ],
    )
    .of(&[10])
    .check(bg_egn),
    id(
        "HR_OIB",
        50,
        88,
        words![
            "oib",
            "osobni identifikacijski broj",
            "croatian id",
            "personal identification number",
            "hr oib",
            "osobni broj",
        ],
    )
    .of(&[11])
    .check(iso_11_10),
    id(
        "SI_EMSO",
        70,
        92,
        words![
            "emšo",
            "emso",
            "jmbg",
            "matična številka",
            "matični broj",
            "enotna matična",
            "jedinstveni matični broj",
            "slovenian id",
            "maticni broj",
            "si emso",
        ],
    )
    .of(&[13])
    .check(emso),
    id("SI_TAX_NUMBER", 0, 85, words!["davčna številka", "davcna stevilka", "davčna", "slovenian tax"])
        .of(&[8])
        .check(si_tax),
    id(
        "RU_INN",
        0,
        86,
        words!["инн", "inn", "russian tax", "taxpayer number", "идентификационный номер налогоплательщика"],
    )
    .of(&[10, 12])
    .check(ru_inn),
    id("RU_SNILS", 50, 90, words!["снилс", "snils", "russian pension", "russian social security"])
        .of(&[11])
        .laid(&[("3-3-3 2", 88), ("3-3-3-2", 76)])
        .check(ru_snils),
    id(
        "UA_TAX_ID",
        0,
        86,
        words!["рнокпп", "rnokpp", "іпн", "rntrc", "ukrainian tax", "ipn", "ідентифікаційний код"],
    )
    .of(&[10])
    .check(ua_rntrc),
];
