//! South Africa.

use super::checks::{one_of, part};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};

static ZA_DRIVER_LICENSE: Entry = Entry {
    name: "ZA_DRIVER_LICENSE",
    bare: 0,
    context: 75,
    words: words![
        "driving licence",
        "driving license",
        "driver licence",
        "driver s licence",
        "driver license",
        "driver s license",
        "licence number",
        "license number",
        "natis",
        "enatis",
    ],
    profiles: &[Profile::Gdpr],
};

static ZA_COMPANY_REGISTRATION: Entry = Entry {
    name: "ZA_COMPANY_REGISTRATION",
    bare: 60,
    context: 85,
    words: words![
        "cipc",
        "company registration",
        "registration number",
        "close corporation",
        "company reg",
        "enterprise number",
    ],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&ZA_DRIVER_LICENSE, &ZA_COMPANY_REGISTRATION];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("99999999**AA", &ZA_DRIVER_LICENSE, any),
    Rule::new("99999999**9A", &ZA_DRIVER_LICENSE, any),
    Rule::new("99999999A***", &ZA_DRIVER_LICENSE, any),
    Rule::new("A9999 999999", &ZA_COMPANY_REGISTRATION, |text| one_of(part(text, 0, 1), "K T W B M N"))
        .grouped(),
    Rule::new("AA9999 999999", &ZA_COMPANY_REGISTRATION, |text| one_of(part(text, 0, 2), "CK NR")).grouped(),
];
