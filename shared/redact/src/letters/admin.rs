//! Numbers of the administration of health care in the United States. They have no form but their prefix, and no check
//! digit.

use super::shape::Rule;
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;

/// A kind of number.
const fn number(name: &'static str, words: &'static str) -> Entry {
    Entry { name, bare: 0, context: 80, words, profiles: &[Profile::Hipaa, Profile::Gdpr] }
}

static CLAIM: Entry =
    number("US_CLAIM_NUMBER", words!["claim number", "claim no", "claim id", "medical claim"]);
static AUTHORIZATION: Entry = number(
    "US_PRIOR_AUTHORIZATION_NUMBER",
    words!["prior authorization", "prior auth", "preauthorization", "authorization number", "pre auth"],
);
static PRESCRIPTION: Entry =
    number("US_PRESCRIPTION_NUMBER", words!["prescription", "prescription number", "rx", "rx number"]);
static REFERRAL: Entry =
    number("US_REFERRAL_NUMBER", words!["referral", "referral number", "infusion referral"]);

pub(crate) static ENTRIES: &[&Entry] = &[&CLAIM, &AUTHORIZATION, &PRESCRIPTION, &REFERRAL];

const fn clm(pattern: &str) -> Rule {
    Rule::new(pattern, &CLAIM, |text| text.starts_with(b"CLM")).levels(70, 85)
}

const fn pa(pattern: &str) -> Rule {
    Rule::new(pattern, &AUTHORIZATION, |text| text.starts_with(b"PA"))
}

const fn rx(pattern: &str) -> Rule {
    Rule::new(pattern, &PRESCRIPTION, |text| text.starts_with(b"RX")).levels(65, 85)
}

const fn referral(pattern: &str) -> Rule {
    Rule::new(pattern, &REFERRAL, |text| text.starts_with(b"REF") || text.starts_with(b"INF"))
}

pub(crate) static RULES: &[Rule] = &[
    clm("AAA-999999"),
    clm("AAA-9999999"),
    clm("AAA-99999999"),
    clm("AAA-999999999"),
    clm("AAA-9999-999999"),
    clm("AAA-9999-9999999"),
    pa("AA-999999"),
    pa("AA-9999999"),
    pa("AA-99999999"),
    pa("AA-999999999"),
    pa("AA-9999999999"),
    Rule::new("A999999999", &AUTHORIZATION, |_| true),
    rx("AA-999999"),
    rx("AA-9999999"),
    rx("AA-99999999"),
    rx("AA-999999999"),
    rx("AA-9999999999"),
    referral("AAA-999999"),
    referral("AAA-9999999"),
    referral("AAA-99999999"),
    referral("AAA-999999999"),
    referral("AAA-9999999999"),
];

/// Looks at a word of digits, which may be a referral; the others of digits alone are with the numbers.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize, end: usize) {
    if (6..=12).contains(&(end - start)) && !super::is_part(scan, start, end) {
        scan.hit(start, end, &REFERRAL);
    }
}
