//! Germany, Austria, Switzerland.

use super::id::{Id, Ragged::Any, Ragged::Slashed, id};
use crate::checks::{digit, first, iso_11_10, luhn, missing, number, pair, weighted};
use crate::entry::words;

/// The areas of the associations of panel doctors (KBV, Arztnummern-Richtlinie, annex 1).
const DOCTORS: [u32; 19] = [1, 2, 3, 17, 20, 35, 38, 46, 51, 52, 71, 72, 73, 74, 78, 83, 88, 93, 98];

/// ISO 7064 MOD 11,10; of the first ten digits one occurs twice or three times, all others once at most (section 139b AO).
fn de_tax(digits: &[u8]) -> bool {
    let mut counts = [0_u8; 10];
    for value in first(digits, 10) {
        if let Some(count) = counts.get_mut(usize::from(*value)) {
            *count += 1;
        }
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    digit(digits, 0) != 0 && repeated == 1 && counts.iter().all(|count| *count <= 3) && iso_11_10(digits)
}

/// The fourth digit is the check digit; a month above twelve stands for an unknown one.
fn at_svnr(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
    let date = matches!(pair(digits, 4), 1..=31) && matches!(pair(digits, 6), 1..=15);
    digit(digits, 0) != 0 && date && sum == digit(digits, 3)
}

/// The numbers of Austria's tax offices until they became one in 2021 (BMF, Finanzamtsnummern).
const OFFICES: [u32; 40] = [
    3, 4, 6, 7, 8, 9, 10, 12, 15, 16, 18, 22, 23, 29, 33, 38, 41, 46, 51, 52, 53, 54, 57, 59, 61, 65, 67, 68,
    69, 71, 72, 81, 82, 83, 84, 90, 91, 93, 97, 98,
];

/// An office, six digits and Luhn.
fn at_tax(digits: &[u8]) -> bool {
    OFFICES.contains(&pair(digits, 0)) && luhn(digits)
}

fn ch_ahv(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    number(first(digits, 3)) == 756 && sum.is_multiple_of(10)
}

pub(crate) static IDS: &[Id] = &[
    id(
        "DE_TAX_ID",
        75,
        92,
        words![
            "steuer id",
            "steuerid",
            "steueridentifikationsnummer",
            "steuerliche identifikationsnummer",
            "steuer idnr",
            "identifikationsnummer",
            "idnr",
            "id nr",
            "tax id",
            "german tax id",
            "steuernummer",
            "tin",
            "steuer identifikationsnummer",
            "bzst",
            "idno",
            "persönliche identifikationsnummer",
            "tax identification number",
            "de tax id",
            "steuerliche identifikation",
            "steuer identifikation",
        ],
    )
    .of(&[11])
    .laid(&[("2 3 3 3", 85), ("A 1", 0)])
    .ragged(Any)
    .check(de_tax),
    id(
        "DE_TAX_NUMBER",
        0,
        82,
        words![
            "steuernummer",
            "steuer nr",
            "st nr",
            "stnr",
            "finanzamt",
            "steuer nummer",
            "tax number",
            "umsatzsteuer",
            "einkommensteuer",
            "körperschaftsteuer",
            "gewerbesteuer",
            "steuerbescheid",
            "de tax number",
            "german tax number",
            "steuerveranlagung",
        ],
    )
    .of(&[10, 11, 13])
    .laid(&[("3/3/5", 70), ("2/3/5", 65), ("3/4/4", 65), ("5/5", 0), ("2 3 5", 0), ("3 3 5", 0)])
    .ragged(Slashed)
    // In the form of all countries the fifth digit is a zero.
    .check(|digits| digits.len() != 13 || digit(digits, 4) == 0),
    id(
        "DE_LANR",
        0,
        86,
        words![
            "lanr",
            "arztnummer",
            "lebenslange arztnummer",
            "arzt nr",
            "arzt nummer",
            "vertragsarzt",
            "kassenarzt",
            "hausarzt",
            "facharzt",
            "behandelnder arzt",
            "de lanr",
            "niedergelassener arzt",
            "kbv",
            "kassenärztliche vereinigung",
            "kv nummer",
            "rezept",
            "verschreibung",
        ],
    )
    .of(&[9])
    .check(|digits| missing(weighted(digits, &[4, 9, 4, 9, 4, 9]), 10) == digit(digits, 6)),
    id(
        "DE_BSNR",
        0,
        80,
        words![
            "bsnr",
            "betriebsstättennummer",
            "betriebsstätten nummer",
            "betriebsstätte",
            "praxisnummer",
            "arztpraxis",
            "praxis",
            "nebenbetriebsstätte",
            "betriebsstaettennummer",
            "de bsnr",
            "kassenärztliche vereinigung",
            "kv nummer",
            "praxisadresse",
            "praxisstandort",
            "hauptbetriebsstätte",
            "behandlungsort",
            "vertragsarztpraxis",
        ],
    )
    .of(&[9])
    .check(|digits| DOCTORS.contains(&pair(digits, 0))),
    id(
        "AT_SVNR",
        55,
        88,
        words![
            "svnr",
            "sozialversicherungsnummer",
            "sv nummer",
            "versicherungsnummer",
            "sv nr",
            "social security number",
            "österreichische sozialversicherungsnummer",
            "svnummer",
            "e card",
            "ecard",
            "vsnr",
            "sozialversicherung",
        ],
    )
    .of(&[10])
    .laid(&[("4 6", 75), ("4-6", 75), ("4/6", 75)])
    .check(at_svnr),
    id(
        "AT_TAX_NUMBER",
        0,
        85,
        words![
            "steuernummer",
            "abgabenkontonummer",
            "finanzamtsnummer",
            "steuer nr",
            "stnr",
            "finanzonline",
            "at tax number",
            "austrian tax number",
        ],
    )
    .of(&[9])
    .laid(&[("2 7", 0), ("2-7", 0)])
    .ragged(Any)
    .check(at_tax),
    // As the authority writes it: newer ones are of no office.
    id("AT_TAX_NUMBER", 0, 85, words![]).laid(&[("2-3/4", 70), ("2 3/4", 70)]).check(luhn),
    // VAT numbers as they are written at home, without the code of the country.
    id("DE_VAT_ID", 0, 84, words!["ust", "ust id", "ust idnr"]).of(&[9]).ragged(Any).named().check(iso_11_10),
    id("CH_VAT_ID", 0, 80, words!["uid", "mwst"])
        .laid(&[("3.3.3", 0)])
        .named()
        .check(|digits| weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 1]).is_multiple_of(11)),
    id(
        "CH_AHV",
        85,
        95,
        words![
            "ahv",
            "ahv nummer",
            "avs",
            "numéro avs",
            "navs13",
            "ahv nr",
            "ahvn13",
            "oasi",
            "sozialversicherungsnummer",
            "numero avs",
            "avs number",
            "n avs",
            "social security",
            "ahvn",
            "versichertennummer",
        ],
    )
    .of(&[13])
    .laid(&[("3.4.4.2", 95)])
    .regrouped(70)
    .check(ch_ahv),
];
