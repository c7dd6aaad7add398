//! Health records. None of these has a check digit: all need a word that speaks of them.

use super::checks::{at, part};
use super::hyphened;
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;

static MEDICAL_RECORD_NUMBER: Entry = Entry {
    name: "MEDICAL_RECORD_NUMBER",
    bare: 0,
    context: 75,
    words: words![
        "mrn",
        "medical record",
        "medical record number",
        "patient id",
        "patient number",
        "chart number",
        "hospital number",
        "med rec",
        "mr number",
    ],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

static US_HEALTH_INSURANCE_MEMBER_ID: Entry = Entry {
    name: "US_HEALTH_INSURANCE_MEMBER_ID",
    bare: 0,
    context: 75,
    words: words![
        "member id",
        "member number",
        "subscriber id",
        "subscriber number",
        "insurance id",
        "health plan",
        "policy number",
        "subscriber",
        "insurance",
    ],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

static ICD10_CODE: Entry = Entry {
    name: "ICD10_CODE",
    bare: 0,
    context: 75,
    words: words![
        "icd",
        "icd 10",
        "icd10",
        "icd 10 cm",
        "diagnosis",
        "diagnosis code",
        "diagnosed",
        "diagnoses",
        "diagnose",
        "dx",
    ],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

static NDC_CODE: Entry = Entry {
    name: "NDC_CODE",
    bare: 0,
    context: 80,
    words: words!["ndc", "national drug code", "ndc code", "drug code"],
    profiles: &[Profile::Hipaa],
};

pub(crate) static ENTRIES: &[&Entry] =
    &[&MEDICAL_RECORD_NUMBER, &US_HEALTH_INSURANCE_MEMBER_ID, &ICD10_CODE, &NDC_CODE];

const fn member(pattern: &str) -> Rule {
    Rule::new(pattern, &US_HEALTH_INSURANCE_MEMBER_ID, plan)
}

pub(crate) static RULES: &[Rule] = &[
    Rule::new("AAA-99999", &MEDICAL_RECORD_NUMBER, record).levels(75, 85),
    Rule::new("AAA-999999", &MEDICAL_RECORD_NUMBER, record).levels(80, 90),
    Rule::new("AAA-9999999", &MEDICAL_RECORD_NUMBER, record).levels(80, 90),
    Rule::new("AAA-99999999", &MEDICAL_RECORD_NUMBER, record).levels(80, 90),
    Rule::new("AAA-999999999", &MEDICAL_RECORD_NUMBER, record).levels(80, 90),
    Rule::new("AAA-9999999999", &MEDICAL_RECORD_NUMBER, record).levels(80, 90),
    Rule::new("A999999", &MEDICAL_RECORD_NUMBER, any),
    Rule::new("A9999999", &MEDICAL_RECORD_NUMBER, any),
    Rule::new("A99999999", &MEDICAL_RECORD_NUMBER, any),
    Rule::new("AA999999", &MEDICAL_RECORD_NUMBER, any),
    member("A*******"),
    member("A********"),
    member("A*********"),
    member("A**********"),
    member("A***********"),
    member("A************"),
    member("A*************"),
    member("AAA-9999999"),
    member("AAA-99999999"),
    member("AAA-999999999"),
    Rule::new("A9*", &ICD10_CODE, diagnosis).levels(0, 65),
    Rule::new("A9* *", &ICD10_CODE, diagnosis),
    Rule::new("A9* **", &ICD10_CODE, diagnosis),
    Rule::new("A9* ***", &ICD10_CODE, diagnosis),
    Rule::new("A9* ****", &ICD10_CODE, diagnosis),
];

/// Up to five letters of the plan, and a number that may have letters. Each plan has a form of its own.
fn plan(text: &[u8]) -> bool {
    let letters = text.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    letters <= 5 && text.iter().filter(|byte| byte.is_ascii_digit()).count() > 4
}

fn record(text: &[u8]) -> bool {
    text.starts_with(b"MRN")
}

/// A chapter's letter, two characters of the category, and up to four more; only the last may be a letter but A and B
/// in the category and X where nothing stands (ICD-10-CM).
fn diagnosis(text: &[u8]) -> bool {
    let category = at(text, 2).is_ascii_digit() || matches!(at(text, 2), b'A' | b'B');
    let inner = part(text, 3, text.len().saturating_sub(1));
    category && inner.iter().all(|byte| byte.is_ascii_digit() || *byte == b'X')
}

/// Looks at digits that may be a drug: labeler, product and package.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize) {
    for lengths in [[5, 4, 2], [4, 4, 2], [5, 3, 2], [5, 4, 1]] {
        if let Some(end) = hyphened(scan, start, &lengths) {
            scan.hit(start, end, &NDC_CODE);
        }
    }
}
