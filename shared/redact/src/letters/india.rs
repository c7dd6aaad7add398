//! India.

use super::checks::{at, luhn_in, number, one_of, part};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};

static IN_PAN: Entry = Entry {
    name: "IN_PAN",
    bare: 75,
    context: 90,
    words: words!["permanent account number", "pan", "pan number", "pan card", "income tax"],
    profiles: &[Profile::Gdpr],
};

static IN_GSTIN: Entry = Entry {
    name: "IN_GSTIN",
    bare: 85,
    context: 95,
    words: words![
        "gstin",
        "gst",
        "gst number",
        "goods and services tax",
        "gst registration",
        "tax identification",
    ],
    profiles: &[Profile::Gdpr],
};

static IN_VOTER: Entry = Entry {
    name: "IN_VOTER",
    bare: 45,
    context: 80,
    words: words![
        "voter",
        "voter id",
        "epic",
        "epic number",
        "elector",
        "elector photo identity card",
        "election card",
    ],
    profiles: &[Profile::Gdpr],
};

static IN_PASSPORT: Entry = Entry {
    name: "IN_PASSPORT",
    bare: 0,
    context: 75,
    words: words!["passport", "indian passport", "passport number"],
    profiles: &[Profile::Gdpr],
};

static IN_VEHICLE_REGISTRATION: Entry = Entry {
    name: "IN_VEHICLE_REGISTRATION",
    bare: 65,
    context: 85,
    words: words![
        "rto",
        "vehicle",
        "vehicle number",
        "vehicle registration",
        "number plate",
        "plate",
        "registration",
    ],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] =
    &[&IN_PAN, &IN_GSTIN, &IN_VOTER, &IN_PASSPORT, &IN_VEHICLE_REGISTRATION];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("AAAAA 9999 A", &IN_PAN, pan),
    Rule::new("99 AAAAA 9999 A * A *", &IN_GSTIN, gstin),
    Rule::new("AAA 9999999", &IN_VOTER, any),
    Rule::new("A 9999999", &IN_PASSPORT, passport),
    Rule::new("A9 9 99999", &IN_PASSPORT, passport),
    Rule::new("A99 99999", &IN_PASSPORT, passport),
    Rule::new("AA 99 A 9999", &IN_VEHICLE_REGISTRATION, plate),
    Rule::new("AA 99 AA 9999", &IN_VEHICLE_REGISTRATION, plate),
    Rule::new("AA 99 AAA 9999", &IN_VEHICLE_REGISTRATION, plate),
    Rule::new("AA 9 A 9999", &IN_VEHICLE_REGISTRATION, plate),
    Rule::new("AA 9 AA 9999", &IN_VEHICLE_REGISTRATION, plate),
    Rule::new("AA 9 A AA 9999", &IN_VEHICLE_REGISTRATION, plate),
    Rule::new("99 AA 9999 AA", &IN_VEHICLE_REGISTRATION, bharat),
    Rule::new("99 AA 9999 A", &IN_VEHICLE_REGISTRATION, bharat),
    Rule::new("99 A 999999 A", &IN_VEHICLE_REGISTRATION, armed),
    Rule::new("99 AA 99", &IN_VEHICLE_REGISTRATION, diplomatic).levels(50, 85),
    Rule::new("99 AA 999", &IN_VEHICLE_REGISTRATION, diplomatic),
    Rule::new("99 AA 9999", &IN_VEHICLE_REGISTRATION, diplomatic),
    Rule::new("999 AA 99", &IN_VEHICLE_REGISTRATION, diplomatic),
    Rule::new("999 AA 999", &IN_VEHICLE_REGISTRATION, diplomatic),
    Rule::new("999 AA 9999", &IN_VEHICLE_REGISTRATION, diplomatic),
];

/// States and territories by their letters on number plates.
const STATES: &str = "AN AP AR AS BR CG CH DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB PY RJ SK \
    TN TR TS TG UA UK UL UP WB";

/// The fourth letter is the kind of holder.
fn pan(text: &[u8]) -> bool {
    b"ABCFGHJLPTK".contains(&at(text, 3)) && part(text, 5, 9) != b"0000"
}

/// State, PAN, number of registration, Z, check character by Luhn in base 36.
fn gstin(text: &[u8]) -> bool {
    let state = number(part(text, 0, 2)).is_some_and(|state| matches!(state, 1..=38 | 97 | 99));
    state && pan(part(text, 2, 12)) && at(text, 12) != b'0' && at(text, 13) == b'Z' && luhn_in(36, text)
}

fn passport(text: &[u8]) -> bool {
    at(text, 1) != b'0' && at(text, 7) != b'0' && !b"QX".contains(&at(text, 0))
}

fn plate(text: &[u8]) -> bool {
    one_of(part(text, 0, 2), STATES) && !text.ends_with(b"0000")
}

/// Plates for all of India, since 2021: the year, BH, a number, letters but I and O.
fn bharat(text: &[u8]) -> bool {
    part(text, 2, 4) == b"BH"
        && matches!(at(text, 0), b'2'..=b'9')
        && part(text, 4, 8) != b"0000"
        && part(text, 8, 10).iter().all(|byte| !b"IO".contains(byte))
}

/// Of the armed forces: the year, a class, a number and a letter.
fn armed(text: &[u8]) -> bool {
    b"ABCDEFHKPRX".contains(&at(text, 2)) && part(text, 0, 2) != b"00"
}

/// Of embassies, consulates and the United Nations, after the number of the mission.
fn diplomatic(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mission = number(part(text, 0, digits)).is_some_and(|mission| (1..=160).contains(&mission));
    mission && one_of(part(text, digits, digits + 2), "CC CD UN") && at(text, digits + 2) != b'0'
}
