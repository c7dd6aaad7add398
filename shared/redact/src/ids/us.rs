//! The United States.

use super::id::{Id, id};
use crate::checks::{digit, luhn, number, pair, uniform, weighted};
use crate::entry::Profile::{Gdpr, Hipaa};
use crate::entry::words;

/// Numbers that were published, in a wallet (1938) or in advertisements, and that are never issued again.
const PUBLISHED: [u64; 4] = [78_051_120, 219_099_999, 123_456_789, 457_555_462];

/// The first two digits of employer numbers that no campus of the Internal Revenue Service gives.
const NO_EMPLOYER: [u32; 17] = [0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97];

/// Area, group and serial number (Social Security Administration, POMS RM 10201.035).
fn ssn(digits: &[u8]) -> bool {
    let value = number(digits);
    let (area, group, serial) = (value / 1_000_000, value / 10_000 % 100, value % 10_000);
    area != 0
        && area != 666
        && area < 900
        && group != 0
        && serial != 0
        && !PUBLISHED.contains(&value)
        && !uniform(digits)
}

/// A number of the Internal Revenue Service in the form of a social security number: the group says which.
fn nine(digits: &[u8], groups: impl Fn(u32) -> bool) -> bool {
    digit(digits, 0) == 9 && groups(pair(digits, 3))
}

/// The check of the American Bankers Association, and the prefixes of Federal Reserve districts.
fn routing(digits: &[u8]) -> bool {
    matches!(pair(digits, 0), 0..=12 | 21..=32 | 61..=72 | 80)
        && weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
        && !uniform(digits)
}

/// Luhn over the number behind 80840 (45 CFR 162.406).
fn provider(digits: &[u8]) -> bool {
    let mut all = [0; 15];
    for (to, digit) in all.iter_mut().zip([8, 0, 8, 4, 0].iter().chain(digits)) {
        *to = *digit;
    }
    matches!(digit(digits, 0), 1 | 2) && luhn(&all)
}

pub(crate) static IDS: &[Id] = &[
    id(
        "US_SSN",
        45,
        85,
        words![
            "ssn",
            "social security",
            "social security number",
            "social security no",
            "soc sec",
            "ss number",
            "us ssn",
            "ssns",
            "numero de seguro social",
            "número de seguro social",
            "taxpayer id",
            "tax id",
            "tin",
            "last four of social",
            "ssid",
            "socsec",
            "social number",
            "patient ssn",
            "employee ssn",
            "ssno",
            "my social",
            "your social",
            "his social",
            "her social",
            "their social",
            "social is",
            "social no",
            "applicant social",
            "employee social",
            "member social",
            "client social",
        ],
    )
    .of(&[9])
    .laid(&[("3-2-4", 75), ("3 2 4", 66), ("3-6", 0), ("5-4", 0)])
    .check(ssn)
    .within(&[Gdpr, Hipaa]),
    id(
        "US_ITIN",
        50,
        86,
        words![
            "itin",
            "individual taxpayer",
            "individual taxpayer identification number",
            "taxpayer identification number",
            "taxpayer identification",
            "tax id",
            "taxpayer id",
            "taxid",
            "tin",
            "us itin",
            "w 7",
            "w7",
            "taxpayer",
            "individual",
        ],
    )
    .of(&[9])
    .laid(&[("3-2-4", 75), ("3-6", 65), ("5-4", 0)])
    .check(|digits| nine(digits, |group| matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)))
    .within(&[Gdpr, Hipaa]),
    id(
        "US_ATIN",
        0,
        85,
        words!["atin", "adoption taxpayer", "adoption taxpayer identification number", "adoption", "us atin"],
    )
    .of(&[9])
    .laid(&[("3-2-4", 70)])
    .check(|digits| nine(digits, |group| group == 93)),
    id(
        "US_EIN",
        0,
        85,
        words![
            "ein",
            "employer identification",
            "employer identification number",
            "employer id",
            "employer id number",
            "federal tax id",
            "federal id",
            "fein",
            "federal employer identification number",
            "tax id",
            "tin",
            "employer number",
            "us ein",
            "provider tax id",
            "irs number",
        ],
    )
    .of(&[9])
    .laid(&[("2-7", 60)])
    .check(|digits| !NO_EMPLOYER.contains(&pair(digits, 0)) && !uniform(digits))
    .within(&[]),
    id(
        "ABA_ROUTING_NUMBER",
        45,
        85,
        words![
            "aba",
            "routing",
            "routing number",
            "routing no",
            "aba number",
            "aba routing",
            "routing transit number",
            "rtn",
            "transit number",
            "bank routing",
            "wire",
            "ach",
            "abarouting",
            "bankrouting",
            "fedwire",
            "routing code",
        ],
    )
    .of(&[9])
    .laid(&[("4-4-1", 75)])
    .check(routing),
    id(
        "US_BANK_NUMBER",
        0,
        76,
        words![
            "account number",
            "bank account",
            "bank account number",
            "acct",
            "acct number",
            "acct no",
            "account no",
            "account num",
            "checking account",
            "checking",
            "savings account",
            "savings",
            "direct deposit",
            "deposit account",
            "bank acct",
            "us bank number",
            "account nbr",
            "beneficiary account",
            "bank number",
            "my account",
            "debit account",
            "credit account",
        ],
    )
    .of(&[8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
    .check(|digits| !uniform(digits))
    .within(&[Gdpr, Hipaa]),
    id(
        "US_NPI",
        60,
        88,
        words![
            "npi",
            "national provider",
            "national provider identifier",
            "provider",
            "provider id",
            "provider number",
            "provider identifier",
            "npi number",
            "rendering provider",
            "billing provider",
            "prescriber",
            "physician",
            "taxonomy",
            "us npi",
            "nppes",
        ],
    )
    .of(&[10])
    .laid(&[("4-3-3", 75), ("4 3 3", 75)])
    .check(provider),
    id(
        "US_PASSPORT",
        0,
        80,
        words![
            "passport",
            "passport number",
            "passport no",
            "us passport",
            "travel document",
            "passport id",
            "passport card",
            "passport book",
        ],
    )
    .of(&[9])
    .check(|digits| !uniform(digits)),
    id(
        "US_DRIVER_LICENSE",
        0,
        78,
        words![
            "driver license",
            "driver s license",
            "drivers license",
            "driver licence",
            "driver s licence",
            "driving license",
            "driving licence",
            "dl number",
            "dl no",
            "license number",
            "licence number",
            "dln",
            "driver id",
            "us driver license",
            "operator license",
            "state id",
            "dmv",
            "dl",
            "permit number",
            "cdl",
            "learner s permit",
            "driver lic",
            "lic",
            "drivers lic",
            "my license",
            "driving permit",
            "driver permit",
        ],
    )
    .of(&[7, 8, 9, 10, 11, 12, 13, 14])
    .laid(&[
        ("3-2-4", 0),
        ("3-3-3", 0),
        ("3 3 3", 0),
        ("2-3-4", 0),
        ("2-2-4", 0),
        ("2 3 3", 0),
        ("4-2-4", 0),
        ("6-3", 0),
    ])
    .check(|digits| !uniform(digits))
    .within(&[Gdpr, Hipaa]),
];
