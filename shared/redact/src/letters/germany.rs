//! Germany.

use super::checks::{at, icao, number, one_of, part, split, value};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};
use crate::scan::{Scan, is_word};

static DE_ID_CARD: Entry = Entry {
    name: "DE_ID_CARD",
    bare: 45,
    context: 75,
    words: words![
        "personalausweis",
        "personalausweisnummer",
        "ausweis",
        "ausweisnummer",
        "ausweisdokument",
        "dokumentennummer",
        "seriennummer",
        "npa",
        "identity card",
        "id card",
        "bundespersonalausweis",
        "national id",
    ],
    profiles: &[Profile::Gdpr],
};

static DE_PASSPORT: Entry = Entry {
    name: "DE_PASSPORT",
    bare: 45,
    context: 75,
    words: words![
        "reisepass",
        "reisepassnummer",
        "passnummer",
        "pass nr",
        "german passport",
        "passport",
        "passport number",
        "passport no",
        "mrz",
        "dokumentennummer",
        "ausweisdokument",
    ],
    profiles: &[Profile::Gdpr],
};

static DE_SOCIAL_SECURITY: Entry = Entry {
    name: "DE_SOCIAL_SECURITY",
    bare: 80,
    context: 95,
    words: words![
        "rentenversicherungsnummer",
        "rentenversicherung",
        "sozialversicherungsnummer",
        "sozialversicherung",
        "sozialversicherungsausweis",
        "versicherungsnummer",
        "rvnr",
        "svnr",
        "sv nummer",
        "rente",
        "social security",
        "pension",
        "drv",
        "rentenausweis",
    ],
    profiles: &[Profile::Gdpr],
};

static DE_HEALTH_INSURANCE: Entry = Entry {
    name: "DE_HEALTH_INSURANCE",
    bare: 65,
    context: 95,
    words: words![
        "krankenversicherungsnummer",
        "krankenversichertennummer",
        "krankenversicherung",
        "krankenkasse",
        "versichertennummer",
        "versicherten id",
        "versichertenkarte",
        "gesundheitskarte",
        "kvnr",
        "egk",
        "gkv",
        "health insurance",
        "krankenversicherungsausweis",
        "versichertenausweis",
        "aok",
        "tkk",
        "barmer",
        "dak",
    ],
    profiles: &[Profile::Gdpr],
};

static DE_FUEHRERSCHEIN: Entry = Entry {
    name: "DE_FUEHRERSCHEIN",
    bare: 0,
    context: 75,
    words: words![
        "führerschein",
        "führerscheinnummer",
        "fuehrerschein",
        "fahrerlaubnis",
        "fahrerlaubnisnummer",
        "driving licence",
        "driving license",
        "driver license",
        "driver s license",
        "fahrerlaubnisklasse",
        "führerscheininhaber",
        "licence number",
        "license number",
        "kba",
        "kraftfahrt bundesamt",
    ],
    profiles: &[Profile::Gdpr],
};

static DE_HANDELSREGISTER: Entry = Entry {
    name: "DE_HANDELSREGISTER",
    bare: 75,
    context: 85,
    words: words![
        "handelsregister",
        "handelsregisternummer",
        "amtsgericht",
        "registergericht",
        "hrb",
        "hra",
        "gmbh",
        "hr nummer",
        "registerauszug",
        "handelsregistereintrag",
        "handelsregisterblattnummer",
        "gesellschaft",
        "einzelkaufmann",
        "einzelkauffrau",
    ],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[
    &DE_ID_CARD,
    &DE_PASSPORT,
    &DE_SOCIAL_SECURITY,
    &DE_HEALTH_INSURANCE,
    &DE_FUEHRERSCHEIN,
    &DE_HANDELSREGISTER,
];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("A********9", &DE_ID_CARD, document_checked).levels(70, 90),
    Rule::new("A********9", &DE_PASSPORT, document_checked).levels(70, 90),
    // The ninth character is taken for a check digit by many, and other countries have a letter or two before digits.
    Rule::new("A*******9", &DE_ID_CARD, mixed_checked).levels(45, 85),
    Rule::new("A*******9", &DE_PASSPORT, mixed_checked).levels(45, 85),
    Rule::new("A*******9", &DE_ID_CARD, document_checked),
    Rule::new("A*******9", &DE_PASSPORT, document_checked),
    Rule::new("A*******A", &DE_ID_CARD, document),
    Rule::new("A*******A", &DE_PASSPORT, document),
    Rule::new("A*******9", &DE_ID_CARD, document).levels(0, 70),
    Rule::new("A*******9", &DE_PASSPORT, document).levels(0, 70),
    Rule::new("99 999999 A 99 9", &DE_SOCIAL_SECURITY, pension),
    Rule::new("99 99 99 99 A 999", &DE_SOCIAL_SECURITY, pension).grouped(),
    Rule::new("99 999999 A 999", &DE_SOCIAL_SECURITY, pension),
    Rule::new("A999999999", &DE_HEALTH_INSURANCE, health),
    Rule::new("A 999 999 999", &DE_HEALTH_INSURANCE, health).grouped(),
    Rule::new("A99999999*9", &DE_FUEHRERSCHEIN, any).levels(0, 65),
    Rule::new("A999*****9*", &DE_FUEHRERSCHEIN, any),
    Rule::new("AA99999999*", &DE_FUEHRERSCHEIN, any),
    Rule::new("AAA 9", &DE_HANDELSREGISTER, register).levels(0, 80),
    Rule::new("AAA 99", &DE_HANDELSREGISTER, register).levels(0, 80),
    Rule::new("AAA 999", &DE_HANDELSREGISTER, register).levels(0, 80),
    Rule::new("AAA 9999", &DE_HANDELSREGISTER, register),
    Rule::new("AAA 99999", &DE_HANDELSREGISTER, register),
    Rule::new("AAA 999999", &DE_HANDELSREGISTER, register),
    // Berlin's are followed by a letter.
    Rule::new("AAA 99999 A", &DE_HANDELSREGISTER, register),
    Rule::new("AAA 999999 A", &DE_HANDELSREGISTER, register),
    // Those of Bremen and Schleswig-Holstein by the letters of the court that gave them.
    Rule::new("AAA 9 AA", &DE_HANDELSREGISTER, of_court).levels(0, 80),
    Rule::new("AAA 99 AA", &DE_HANDELSREGISTER, of_court).levels(0, 80),
    Rule::new("AAA 999 AA", &DE_HANDELSREGISTER, of_court).levels(0, 80),
    Rule::new("AAA 9999 AA", &DE_HANDELSREGISTER, of_court),
    Rule::new("AAA 99999 AA", &DE_HANDELSREGISTER, of_court),
    Rule::new("AAA 999999 AA", &DE_HANDELSREGISTER, of_court),
    // Partnerships and societies.
    Rule::new("AA 9999", &DE_HANDELSREGISTER, society).levels(0, 80),
    Rule::new("AA 99999", &DE_HANDELSREGISTER, society).levels(0, 80),
];

/// Most blanks before the number of a company in a list.
const BLANKS: usize = 4;

/// The letters of courts behind a number, of those too whose registers others have taken over.
const COURTS: &str = "EL FL HB HL IZ KI ME NM PI RD RZ";

fn of_court(text: &[u8]) -> bool {
    register(text) && one_of(part(text, text.len() - 2, text.len()), COURTS)
}

/// Looks at a register with some blanks before the number, as lists have it: `HRB   6684  HL`.
pub(crate) fn listed(scan: &mut Scan<'_>, start: usize, end: usize) {
    if end - start != 3 || !register(scan.part(start, end)) {
        return;
    }
    let blanks = (end..=end + BLANKS).take_while(|at| scan.at(*at) == b' ').count();
    let first = end + blanks;
    let digits = (first..first + 7).take_while(|at| scan.at(*at).is_ascii_digit()).count();
    let end = first + digits;
    if blanks <= BLANKS && matches!(digits, 1..=6) && !is_word(scan.at(end)) {
        let bare = if digits < 4 { 0 } else { DE_HANDELSREGISTER.bare };
        let blanks = (end..=end + BLANKS).take_while(|at| scan.at(*at) == b' ').count();
        let court = end + blanks;
        let known = blanks > 0 && one_of(scan.part(court, court + 2), COURTS) && !is_word(scan.at(court + 2));
        let end = if known { court + 2 } else { end };
        scan.sure(start, end, &DE_HANDELSREGISTER, bare, DE_HANDELSREGISTER.context);
    }
}

/// Consonants and digits, in which no word can be read (Personalausweisverordnung, annex; ICAO 9303).
fn document(text: &[u8]) -> bool {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = text.iter().all(|byte| byte.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(byte));
    letters && digits >= 2
}

/// The same with its check digit behind.
fn document_checked(text: &[u8]) -> bool {
    document(text) && split(text).is_some_and(|(rest, check)| icao(rest) == check)
}

/// With a letter that stands behind a digit.
fn mixed_checked(text: &[u8]) -> bool {
    text.windows(2).any(|pair| matches!(pair, [b'0'..=b'9', b'A'..=b'Z'])) && document_checked(text)
}

/// Two digits of the office, the birth date (50 added to its day where days run out), the initial, two more and a check
/// digit (VKVV, sections 2 and 4).
fn pension(text: &[u8]) -> bool {
    let day = number(part(text, 2, 4)).unwrap_or(0);
    let month = number(part(text, 4, 6)).unwrap_or(0);
    let day = if day > 50 { day - 50 } else { day };
    if !(1..=31).contains(&day) || !(1..=12).contains(&month) || number(part(text, 0, 2)) < Some(2) {
        return false;
    }
    let letter = value(at(text, 8)).saturating_sub(9);
    let digits = part(text, 0, 8)
        .iter()
        .map(|byte| value(*byte))
        .chain([letter / 10, letter % 10])
        .chain(part(text, 9, 11).iter().map(|byte| value(*byte)));
    let weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
    let sum: u32 = digits.zip(weights).map(|(digit, weight)| digit * weight / 10 + digit * weight % 10).sum();
    sum % 10 == value(at(text, 11))
}

/// A letter as two digits, eight digits and a check digit by weights 1 and 2 (SGB V, section 290).
fn health(text: &[u8]) -> bool {
    let letter = value(at(text, 0)).saturating_sub(9);
    let digits =
        [letter / 10, letter % 10].into_iter().chain(part(text, 1, 9).iter().map(|byte| value(*byte)));
    let sum: u32 = digits
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| digit * weight / 10 + digit * weight % 10)
        .sum();
    sum % 10 == value(at(text, 9))
}

fn society(text: &[u8]) -> bool {
    matches!(part(text, 0, 2), b"PR" | b"VR")
}

fn register(text: &[u8]) -> bool {
    matches!(text, [b'H', b'R', b'A' | b'B', ..])
}
