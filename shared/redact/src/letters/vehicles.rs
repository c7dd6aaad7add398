//! Vehicles: identification numbers (ISO 3779) and number plates.

use super::checks::{at, one_of, part, value};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};

static VIN: Entry = Entry {
    name: "VIN",
    bare: 80,
    context: 95,
    words: words![
        "vin",
        "vehicle identification",
        "vehicle",
        "chassis",
        "fahrgestellnummer",
        "fin",
        "numéro de châssis",
        "telaio",
    ],
    profiles: &[Profile::Hipaa, Profile::Gdpr],
};

/// A number plate of one country.
const fn plate(name: &'static str, words: &'static str) -> Entry {
    Entry { name, bare: 0, context: 75, words, profiles: &[Profile::Hipaa, Profile::Gdpr] }
}

static UK_VEHICLE_REGISTRATION: Entry = plate(
    "UK_VEHICLE_REGISTRATION",
    words![
        "vehicle registration",
        "number plate",
        "licence plate",
        "vrn",
        "registration number",
        "registration",
        "dvla",
        "v5c",
        "mot",
        "license plate",
        "logbook",
        "vehicle reg",
        "car reg",
        "car registration",
        "reg plate",
        "registration plate",
    ],
);
static NG_VEHICLE_REGISTRATION: Entry = plate(
    "NG_VEHICLE_REGISTRATION",
    words![
        "plate number",
        "vehicle registration",
        "license plate",
        "number plate",
        "nigeria",
        "frsc",
        "plate"
    ],
);
static DE_KFZ: Entry = plate(
    "DE_KFZ",
    words![
        "kennzeichen",
        "kfz",
        "kfz kennzeichen",
        "kraftfahrzeugkennzeichen",
        "nummernschild",
        "fahrzeug",
        "zulassung",
        "pkw",
        "fahrzeugkennzeichen",
        "auto",
        "lkw",
        "fahrzeugschein",
        "fahrzeugbrief",
        "zulassungsbescheinigung",
    ],
);
static TR_LICENSE_PLATE: Entry = plate(
    "TR_LICENSE_PLATE",
    words!["plaka", "plaka numarası", "araç plakası", "license plate", "number plate", "plate"],
);
static ZA_LICENSE_PLATE: Entry = plate(
    "ZA_LICENSE_PLATE",
    words![
        "licence plate",
        "license plate",
        "number plate",
        "plate number",
        "vehicle registration",
        "natis",
        "enatis",
        "registration",
    ],
);
static US_LICENSE_PLATE: Entry =
    plate("US_LICENSE_PLATE", words!["license plate", "plate number", "license tag"]);

pub(crate) static ENTRIES: &[&Entry] = &[
    &VIN,
    &UK_VEHICLE_REGISTRATION,
    &NG_VEHICLE_REGISTRATION,
    &DE_KFZ,
    &TR_LICENSE_PLATE,
    &ZA_LICENSE_PLATE,
    &US_LICENSE_PLATE,
];

const fn older(pattern: &str) -> Rule {
    Rule::new(pattern, &UK_VEHICLE_REGISTRATION, any).levels(0, 70)
}

const fn german(pattern: &str) -> Rule {
    Rule::new(pattern, &DE_KFZ, german_end).grouped()
}

const fn turkish(pattern: &str) -> Rule {
    Rule::new(pattern, &TR_LICENSE_PLATE, province)
}

const fn south_african(pattern: &str) -> Rule {
    Rule::new(pattern, &ZA_LICENSE_PLATE, suffix)
}

pub(crate) static RULES: &[Rule] = &[
    Rule::new("*****************", &VIN, checked),
    // Makers of Europe leave the check digit out, those of North America must not.
    Rule::new("*************9999", &VIN, |text| !matches!(at(text, 0), b'1'..=b'5') && identification(text))
        .levels(0, 80),
    Rule::new("AA 99 AAA", &UK_VEHICLE_REGISTRATION, british),
    // Of 1983 to 2001 and of 1963 to 1983.
    older("A 9 AAA"),
    older("A 99 AAA"),
    older("A 999 AAA"),
    older("AAA 9 A"),
    older("AAA 99 A"),
    older("AAA 999 A"),
    // Before the Nigerian ones, which may end in any letters.
    south_african("AA 99 AA AA"),
    south_african("AAA 999 AA"),
    south_african("AA 999 999 AA"),
    south_african("AA 999 AA"),
    Rule::new("AA 999 999", &ZA_LICENSE_PLATE, |text| b"CN".contains(&at(text, 0))),
    Rule::new("AAA 999 AA", &NG_VEHICLE_REGISTRATION, any),
    german("A A 99"),
    german("A A 99*"),
    german("A A 999*"),
    german("A AA 9"),
    german("A AA 9*"),
    german("A AA 99*"),
    german("A AA 999*"),
    german("AA A 9*"),
    german("AA A 99*"),
    german("AA A 999*"),
    german("AA AA 9*"),
    german("AA AA 99*"),
    german("AA AA 999*"),
    german("AAA A 9*"),
    german("AAA A 99*"),
    german("AAA A 999*"),
    german("AAA AA 9"),
    german("AAA AA 9*"),
    german("AAA AA 99*"),
    turkish("99 A 9999"),
    turkish("99 A 99999"),
    turkish("99 AA 999"),
    turkish("99 AA 9999"),
    turkish("99 AAA 99"),
    turkish("99 AAA 999"),
    Rule::new("AAA 9999", &US_LICENSE_PLATE, any),
    Rule::new("AAA999", &US_LICENSE_PLATE, any),
    Rule::new("9AAA999", &US_LICENSE_PLATE, any),
];

/// Letters but I, O and Q, with some of both.
fn identification(text: &[u8]) -> bool {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits < 17 && digits > 3 && text.iter().all(|byte| !b"IOQ".contains(byte))
}

/// The check digit at the ninth place (49 CFR 565.15).
fn checked(text: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let of = |byte: u8| match byte {
        b'A'..=b'H' => u32::from(byte - b'A' + 1),
        b'J'..=b'R' => u32::from(byte - b'J' + 1),
        b'S'..=b'Z' => u32::from(byte - b'S' + 2),
        _ => value(byte),
    };
    let sum: u32 = text.iter().zip(WEIGHTS).map(|(byte, weight)| of(*byte) * weight).sum();
    let check = match at(text, 8) {
        b'X' => 10,
        byte if byte.is_ascii_digit() => value(byte),
        _ => return false,
    };
    identification(text) && part(text, 13, 17).iter().all(u8::is_ascii_digit) && sum % 11 == check
}

/// Of the present kind: no I, Q or Z where the place is named, an age from 02 on.
fn british(text: &[u8]) -> bool {
    let place = part(text, 0, 2).iter().all(|byte| !b"IQZ".contains(byte));
    place && part(text, 2, 4) > b"01" && part(text, 4, 7).iter().all(|byte| !b"IQ".contains(byte))
}

/// A digit, the E of electric cars, or the H of old ones.
fn german_end(text: &[u8]) -> bool {
    text.last().is_some_and(|last| last.is_ascii_digit() || b"EH".contains(last))
}

/// Turkey's 81 provinces.
fn province(text: &[u8]) -> bool {
    (b"01".as_slice()..=b"81").contains(&part(text, 0, 2)) && text.iter().all(|byte| !b"QWX".contains(byte))
}

/// South Africa's provinces.
fn suffix(text: &[u8]) -> bool {
    one_of(part(text, text.len().saturating_sub(2), text.len()), "GP ZN WP EC NC FS LP MP NW")
}
