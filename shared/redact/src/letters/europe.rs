//! Other countries of Europe.

use super::checks::{value, weighted};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};

static FR_CNI: Entry = Entry {
    name: "FR_CNI",
    bare: 0,
    context: 75,
    words: words![
        "cni",
        "carte nationale d identité",
        "carte nationale d identite",
        "carte d identité",
        "carte d identite",
        "pièce d identité",
    ],
    profiles: &[Profile::Gdpr],
};

static PT_CC: Entry = Entry {
    name: "PT_CC",
    bare: 70,
    context: 95,
    words: words![
        "cartão de cidadão",
        "cartao de cidadao",
        "cartão cidadão",
        "citizen card",
        "número de documento",
    ],
    profiles: &[Profile::Gdpr],
};

static PL_ID_CARD: Entry = Entry {
    name: "PL_ID_CARD",
    bare: 55,
    context: 85,
    words: words!["dowód osobisty", "dowod osobisty", "dowodu osobistego", "numer dowodu", "seria i numer"],
    profiles: &[Profile::Gdpr],
};

static GR_ID_CARD: Entry = Entry {
    name: "GR_ID_CARD",
    bare: 0,
    context: 75,
    words: words!["adt", "αδτ", "αριθμός ταυτότητας", "ταυτότητα", "δελτίο ταυτότητας", "greek id"],
    profiles: &[Profile::Gdpr],
};

static HU_ID_CARD: Entry = Entry {
    name: "HU_ID_CARD",
    bare: 0,
    context: 75,
    words: words!["személyi igazolvány", "személyi igazolványszám", "személyi szám", "szem ig"],
    profiles: &[Profile::Gdpr],
};

static NL_ID_CARD: Entry = Entry {
    name: "NL_ID_CARD",
    bare: 0,
    context: 75,
    words: words![
        "identiteitskaart",
        "documentnummer",
        "paspoort",
        "paspoortnummer",
        "dutch passport",
        "id kaart",
        "identiteitskaartnummer",
    ],
    profiles: &[Profile::Gdpr],
};

static ES_SUPPORT: Entry = Entry {
    name: "ES_DNI_SUPPORT",
    bare: 0,
    context: 75,
    words: words!["número de soporte", "numero de soporte", "soporte", "idesp"],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] =
    &[&FR_CNI, &PT_CC, &PL_ID_CARD, &GR_ID_CARD, &HU_ID_CARD, &NL_ID_CARD, &ES_SUPPORT];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("9*******9", &FR_CNI, card),
    Rule::new("A*******9", &FR_CNI, card),
    Rule::new("99999999 9 AA 9", &PT_CC, citizen),
    Rule::new("99999999 9 *A9", &PT_CC, citizen).levels(50, 90),
    Rule::new("AAA 999999", &PL_ID_CARD, polish),
    Rule::new("AA 999999", &GR_ID_CARD, any),
    Rule::new("A 999999", &GR_ID_CARD, any),
    Rule::new("999999 AA", &HU_ID_CARD, any),
    Rule::new("AA******9", &NL_ID_CARD, |text| !text.contains(&b'O')),
    Rule::new("AAA 999999", &ES_SUPPORT, any),
];

/// Cards since 2021: consonants and digits.
fn card(text: &[u8]) -> bool {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    (2..9).contains(&digits) && text.iter().all(|byte| !b"AEIOUY".contains(byte))
}

/// Luhn with letters from 10 on; nine is taken off what is more than nine (Portal do Cidadão).
fn citizen(text: &[u8]) -> bool {
    let sum: u32 = text
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            let product = value(*byte) * if at % 2 == 0 { 2 } else { 1 };
            if product > 9 && at % 2 == 0 { product - 9 } else { product }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Three letters, a check digit and five more: weights 7, 3, 1, 9, 7, 3, 1, 7, 3.
fn polish(text: &[u8]) -> bool {
    weighted(text, &[7, 3, 1, 9, 7, 3, 1, 7, 3]).is_multiple_of(10)
}
