//! United States.

use super::checks::{at, part, value};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};

static US_MBI: Entry = Entry {
    name: "US_MBI",
    bare: 70,
    context: 90,
    words: words!["medicare", "mbi", "beneficiary", "cms", "medicaid", "hicn", "hic"],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

static MEDICAL_LICENSE: Entry = Entry {
    name: "MEDICAL_LICENSE",
    bare: 70,
    context: 90,
    words: words!["dea", "dea number", "dea no", "medical license", "medical", "certificate", "prescriber"],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

static US_PASSPORT: Entry = Entry {
    name: "US_PASSPORT",
    bare: 0,
    context: 75,
    words: words!["passport", "us passport", "passport number", "passport no", "travel document"],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

static US_DRIVER_LICENSE: Entry = Entry {
    name: "US_DRIVER_LICENSE",
    bare: 0,
    context: 75,
    words: words![
        "driver license",
        "driver s license",
        "driver licence",
        "driver s licence",
        "driving license",
        "license number",
        "dl number",
        "dl",
        "dln",
        "cdl",
        "driver lic",
        "driver id",
    ],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&US_MBI, &MEDICAL_LICENSE, &US_PASSPORT, &US_DRIVER_LICENSE];

/// A shape of some state's driver licences.
const fn licence(pattern: &str) -> Rule {
    Rule::new(pattern, &US_DRIVER_LICENSE, any)
}

pub(crate) static RULES: &[Rule] = &[
    Rule::new("9A*9A*9AA99", &US_MBI, mbi),
    Rule::new("9A*9 A*9 AA99", &US_MBI, mbi).levels(80, 95).grouped(),
    Rule::new("AA9999999", &MEDICAL_LICENSE, dea),
    Rule::new("A99999999", &MEDICAL_LICENSE, dea).levels(45, 85),
    Rule::new("A99999999", &US_PASSPORT, any),
    // Of the AAMVA's list, those with letters.
    licence("A999999"),
    licence("A9999999"),
    licence("A99 999 999"),
    licence("A999999999"),
    licence("A9999999999"),
    licence("A99999999999"),
    licence("A999 9999 9999"),
    licence("A999 999 99 999 9"),
    licence("A999 9999 9999 9"),
    licence("A 999 999 999 999"),
    licence("A999 9999 9999 99"),
    licence("A9999 99999 99999"),
    licence("A999 999 999 9999 99999"),
    licence("AA999999"),
    licence("AAA 99 9999"),
    licence("AA9999999"),
    licence("AA999999A"),
    licence("A99 99 9999"),
    licence("9999999A"),
    licence("99999999A"),
    licence("999999999A"),
    licence("999AA9999"),
    licence("99AAA99999"),
    licence("99AAA999999"),
    licence("99999999AA"),
    licence("A999999A"),
    licence("AAA**AA999A9"),
    licence("AAAAA999*9AA"),
    // Washington, since 2018; New Hampshire.
    Rule::new("AAA*********", &US_DRIVER_LICENSE, |text| text.starts_with(b"WDL")),
    Rule::new("AAA99999999", &US_DRIVER_LICENSE, |text| text.starts_with(b"NHL")),
];

/// Letters but S, L, O, I, B and Z (CMS, "Understanding the MBI format").
fn mbi(text: &[u8]) -> bool {
    at(text, 0) != b'0' && text.iter().all(|byte| !b"SLOIBZ".contains(byte))
}

/// The kind of registrant, an initial or 9, six digits, and a check digit: the first, third and fifth, and twice the
/// others (21 CFR 1301; DEA Diversion Control).
fn dea(text: &[u8]) -> bool {
    let kind = b"ABCDEFGHJKLMPRSTUX".contains(&at(text, 0));
    let initial = at(text, 1).is_ascii_uppercase() || at(text, 1) == b'9';
    let weights = [1, 2].iter().cycle();
    let sum: u32 = part(text, 2, 8).iter().zip(weights).map(|(byte, weight)| value(*byte) * weight).sum();
    kind && initial && part(text, 2, 9) != b"0000000" && sum % 10 == value(at(text, 8))
}
