//! Passports and licences of other countries. None has a check digit: all need a word that speaks of them, and where
//! several have one shape, a word of their own.

use super::checks::at;
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};

/// A passport of one country.
const fn passport(name: &'static str, words: &'static str) -> Entry {
    Entry { name, bare: 0, context: 75, words, profiles: &[Profile::Gdpr] }
}

static AU_PASSPORT: Entry = passport("AU_PASSPORT", words!["australian passport"]);
static AT_PASSPORT: Entry =
    passport("AT_PASSPORT", words!["österreichischer reisepass", "austrian passport", "reisepass"]);
static BR_PASSPORT: Entry = passport("BR_PASSPORT", words!["passaporte", "brazilian passport"]);
static CA_PASSPORT: Entry = passport("CA_PASSPORT", words!["canadian passport", "passeport canadien"]);
static CN_PASSPORT: Entry = passport("CN_PASSPORT", words!["护照", "护照号", "护照号码", "chinese passport"]);
static ES_PASSPORT: Entry = passport(
    "ES_PASSPORT",
    words!["pasaporte", "número de pasaporte", "passport", "passport number", "spanish passport"],
);
static FR_PASSPORT: Entry = passport(
    "FR_PASSPORT",
    words!["passeport", "numéro de passeport", "french passport", "passport", "passport number"],
);
static JP_PASSPORT: Entry =
    passport("JP_PASSPORT", words!["パスポート", "旅券", "旅券番号", "japanese passport"]);
static NL_PASSPORT: Entry = passport("NL_PASSPORT", words!["paspoort", "paspoortnummer", "dutch passport"]);
static PH_PASSPORT: Entry = passport(
    "PH_PASSPORT",
    words![
        "philippine passport",
        "philippines passport",
        "pasaporte",
        "dfa",
        "passport",
        "passport number",
        "travel document",
    ],
);
static PL_PASSPORT: Entry =
    passport("PL_PASSPORT", words!["paszport", "numer paszportu", "paszportu", "polish passport"]);
static PT_PASSPORT: Entry =
    passport("PT_PASSPORT", words!["passaporte português", "portuguese passport", "passaporte"]);
static ZA_PASSPORT: Entry = passport("ZA_PASSPORT", words!["south african passport", "rsa passport", "dha"]);

pub(crate) static ENTRIES: &[&Entry] = &[
    &AU_PASSPORT,
    &AT_PASSPORT,
    &BR_PASSPORT,
    &CA_PASSPORT,
    &CN_PASSPORT,
    &ES_PASSPORT,
    &FR_PASSPORT,
    &JP_PASSPORT,
    &NL_PASSPORT,
    &PH_PASSPORT,
    &PL_PASSPORT,
    &PT_PASSPORT,
    &ZA_PASSPORT,
];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("A9999999", &AU_PASSPORT, any),
    Rule::new("AA9999999", &AU_PASSPORT, |text| at(text, 0) == b'P' || at(text, 0) == b'R'),
    Rule::new("A 9999999", &AT_PASSPORT, any),
    Rule::new("AA999999", &BR_PASSPORT, any),
    Rule::new("AA999999", &CA_PASSPORT, any),
    Rule::new("A99999999", &CN_PASSPORT, |text| b"EGDSP".contains(&at(text, 0))),
    Rule::new("AA9999999", &CN_PASSPORT, |text| at(text, 0) == b'E'),
    Rule::new("AAA999999", &ES_PASSPORT, any),
    Rule::new("AA999999", &ES_PASSPORT, any).levels(0, 70),
    Rule::new("99AA99999", &FR_PASSPORT, any),
    Rule::new("AA9999999", &JP_PASSPORT, any),
    Rule::new("AA******9", &NL_PASSPORT, |text| !text.contains(&b'O')),
    Rule::new("A9999999A", &PH_PASSPORT, any),
    Rule::new("AA9999999", &PH_PASSPORT, |text| at(text, 0) == b'E').levels(0, 76),
    Rule::new("AA9999999", &PH_PASSPORT, any),
    Rule::new("AA9999999", &PL_PASSPORT, any),
    Rule::new("A999999", &PT_PASSPORT, any),
    Rule::new("AA999999", &PT_PASSPORT, any),
    Rule::new("A99999999", &ZA_PASSPORT, |text| b"ADMT".contains(&at(text, 0))),
];
