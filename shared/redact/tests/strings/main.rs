//! Strings as they are said to somebody or listed: each kind of value behind its word, in a sentence, alone, and what only
//! looks like it.

mod data;
mod home;

use data::ALL;
use home::HOME;
use postern_redact::{Context, Engine};

/// Values that are found alone.
const ALONE: &[(&str, &[&str])] = &[
    (
        "CREDIT_CARD",
        &["5019717010103742", "6799990100000000019", "4012888888881881.", "(4012 8888 8888 1881)"],
    ),
    ("ES_NIF", &["29296111e", "9053665Z", "9053665-Z"]),
    ("ES_NIE", &["y1903224b"]),
    ("SG_NRIC_FIN", &["s1234567d"]),
    ("UK_NINO", &["ab 12 34 56 c", "AB123456C", "AB 12 34 56 C"]),
    ("US_MBI", &["1eg4-te5-mk73"]),
    ("US_ITIN", &["911-701234", "911-70-1234"]),
    ("PHONE_NUMBER", &["(020) 7946 0958", "+(44) 20 7946 0958"]),
    ("SE_PERSONNUMMER", &["196711037298"]),
    ("DE_TAX_NUMBER", &["133/8150/8159", "93/815/08152"]),
    ("DE_KFZ", &["HH-XY 99E"]),
    ("IT_VAT_CODE", &["05296200867"]),
    ("AU_ABN", &["75552282845"]),
    ("GR_AMKA", &["15088055239"]),
    ("ZA_LICENSE_PLATE", &["BBB 123 EC"]),
    ("UK_POSTCODE", &["GIR 0AA", "SW1A 1AA"]),
    ("IN_VEHICLE_REGISTRATION", &["22 BH 6517 AB", "DL-3C-AB-1234"]),
];

/// What may be a dozen things, or nothing.
const SILENT: &[&str] = &[
    "912803456",
    "945456787654",
    "123456789",
    "1234567890",
    "123456789012",
    "Z12803456",
    "H12234567",
    "b1234567",
    "AB1234567",
    "ya1234567",
    "AB 12 34 56 E",
    "a 12 34 56",
    "is 12 of 34",
    "l22n01hk3",
    "91170-1234",
    "56712-3457",
    "deadbeef 12345678a",
    "1.2.3.4.5",
    "(012) 34",
    "x[1::8]",
    "2019112",
    "cui bono 185",
    "lines 845755300 - 0 of it",
    "it is 262 - 09 - 81899 wide",
    "rows 1   019  2715 41   60 8 of it",
    "133 / 815 / 08159 of them",
    "in DE: 236152280 and in FI- 27278205 of all",
    "we have NL27957251B01 of it",
    "86215276286051",
    "1830715419548",
    "a=1&NUB810714A70",
    "00123456 units, phones not included",
    "0123456 units, phones not included",
    "ISBN 978-3-16-148410-0 is my phone book",
    "12097177196",
];

/// The types of what is found in a text.
fn types<'e>(engine: &'e Engine, text: &str) -> Vec<&'e str> {
    engine.find(text, &Context::default()).iter().map(|it| it.entry.name).collect()
}

/// Around a word and a value.
type Sentence = fn(&str, &str) -> String;

const BEFORE: &[Sentence] = &[
    |word, value| format!("My {word} is {value}, please check it."),
    |word, value| format!("{word}: {value}"),
    |word, value| format!("Here is the {word} {value}"),
    |word, value| format!("{word}={value}"),
    |word, value| format!("{} ({value})", word.to_uppercase()),
];

const BEHIND: &[Sentence] = &[|word, value| format!("{value} is my {word}")];

#[test]
fn values_are_found_beside_their_word_and_look_alikes_are_not() {
    let engine = Engine::new(None, 65);
    let mut wrong = Vec::new();
    let before = ALL
        .iter()
        .copied()
        .chain([HOME])
        .flatten()
        .flat_map(|it| BEFORE.iter().map(move |sentence| (it, sentence)));
    let behind =
        ALL.iter().copied().flatten().flat_map(|it| BEHIND.iter().map(move |sentence| (it, sentence)));
    for ((name, word, values, others), sentence) in before.chain(behind) {
        let said = |value: &&str| sentence(word, value);
        wrong.extend(values.iter().map(said).filter(|text| !types(&engine, text).contains(name)));
        wrong.extend(others.iter().map(said).filter(|text| types(&engine, text).contains(name)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn values_are_found_alone_if_they_can_be_nothing_else() {
    let engine = Engine::new(None, 65);
    for (name, values) in ALONE {
        for value in *values {
            assert_eq!(types(&engine, value), [*name], "{value}");
        }
    }
    for text in SILENT {
        assert!(types(&engine, text).is_empty(), "{text}: {:?}", types(&engine, text));
    }
}
