//! Southern Europe and what lies near: Italy, Spain, Portugal, Greece, Turkey, Israel, the Emirates.

use super::id::{Id, id};
use crate::checks::{day, digit, first, from, luhn, missing, number, pair, uniform, weighted};
use crate::entry::words;

/// Luhn; the province of the office that gave it.
fn it_vat(digits: &[u8]) -> bool {
    let province = number(first(from(digits, 7), 3));
    matches!(province, 1..=100 | 120 | 121 | 888 | 999) && number(first(digits, 7)) > 0 && luhn(digits)
}

/// The last two digits are the others by 97, where a number below ten millions has seven digits.
fn es_nss(digits: &[u8]) -> bool {
    let (province, own) = (u64::from(pair(digits, 0)), number(first(from(digits, 2), 8)));
    let scale = if own < 10_000_000 { 10_000_000 } else { 100_000_000 };
    matches!(province, 1..=53 | 66) && (province * scale + own) % 97 == u64::from(pair(digits, 10))
}

fn pt_nif(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]);
    digit(digits, 0) != 0 && missing(sum, 11) % 10 == digit(digits, 8) && !uniform(digits)
}

fn gr_afm(digits: &[u8]) -> bool {
    let sum = weighted(digits, &[256, 128, 64, 32, 16, 8, 4, 2]);
    sum > 0 && sum % 11 % 10 == digit(digits, 8)
}

fn tr(digits: &[u8]) -> bool {
    let odd = weighted(digits, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(digits, &[0, 1, 0, 1, 0, 1, 0, 1]);
    let tenth = (odd * 7 + 100 - even) % 10;
    digit(digits, 0) != 0 && tenth == digit(digits, 9) && (odd + even + tenth) % 10 == digit(digits, 10)
}

/// Luhn behind the country's 784; the year of birth follows.
fn ae(digits: &[u8]) -> bool {
    number(first(digits, 3)) == 784 && matches!(pair(digits, 3), 19 | 20) && luhn(digits)
}

pub(crate) static IDS: &[Id] = &[
    id(
        "IT_VAT_CODE",
        65,
        86,
        words![
            "partita iva",
            "p iva",
            "piva",
            "vat",
            "vat number",
            "vat code",
            "iva",
            "part iva",
            "italian vat",
            "it vat code",
            "vat id",
            "pi",
        ],
    )
    .of(&[11])
    .regrouped(0)
    .check(it_vat)
    .within(&[]),
    // A company's is its VAT number.
    id("IT_FISCAL_CODE", 0, 84, words!["codice fiscale"]).of(&[11]).check(it_vat),
    id(
        "ES_NSS",
        0,
        86,
        words![
            "seguridad social",
            "número de la seguridad social",
            "nss",
            "numero de la seguridad social",
            "nuss",
            "naf",
            "afiliación",
            "número de afiliación",
            "número de seguridad social",
            "social security",
        ],
    )
    .of(&[12])
    .laid(&[("2/8/2", 78), ("2 8 2", 70), ("2/8-2", 70)])
    .check(es_nss),
    id(
        "PT_NIF",
        45,
        86,
        words![
            "nif",
            "contribuinte",
            "número de contribuinte",
            "numero de contribuinte",
            "número fiscal",
            "identificação fiscal",
            "número de identificação fiscal",
            "nipc",
            "portuguese tax",
            "pt nif",
            "portugal tax",
            "tax id",
            "vat",
        ],
    )
    .of(&[9])
    .laid(&[("3 3 3", 55)])
    .check(pt_nif),
    id(
        "GR_AFM",
        45,
        86,
        words![
            "afm",
            "αφμ",
            "α φ μ",
            "tin",
            "tax id",
            "αριθμός φορολογικού μητρώου",
            "greek tax",
            "greek vat",
            "vat",
        ],
    )
    .of(&[9])
    .check(gr_afm),
    // Of old ones the leading zero is missing.
    id("GR_AFM", 0, 82, words!["afm", "αφμ"])
        .of(&[8])
        .named()
        .check(|digits| weighted(digits, &[128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digit(digits, 7)),
    id(
        "GR_AMKA",
        66,
        88,
        words!["amka", "αμκα", "α μ κ α", "greek social security", "social security", "gr amka"],
    )
    .of(&[11])
    .check(|digits| day(pair(digits, 2), pair(digits, 0)) && luhn(digits)),
    id(
        "TR_NATIONAL_ID",
        75,
        92,
        words![
            "tc kimlik",
            "t c kimlik",
            "kimlik no",
            "kimlik",
            "kimlik numarası",
            "tckn",
            "tc no",
            "nüfus cüzdanı",
            "national id",
            "turkish id",
            "türk kimlik",
            "tc kimlik no",
            "tckimlik",
            "kimlik numarasi",
            "turkish national id",
            "t c no",
            "vatandaşlık",
            "tr national id",
        ],
    )
    .of(&[11])
    .laid(&[("3 3 3 2", 76)])
    .check(tr),
    id(
        "IL_ID_NUMBER",
        45,
        86,
        words![
            "teudat zehut",
            "israeli id",
            "israel id",
            "tz",
            "mispar zehut",
            "תעודת זהות",
            "מספר זהות",
            "תז",
            "identity number",
            "national id",
            "id number",
            "il id",
        ],
    )
    .of(&[9])
    .laid(&[("8-1", 55), ("1-7-1", 55), ("1 7 1", 55), ("7-1", 0)])
    .check(|digits| luhn(digits) && !uniform(digits)),
    id(
        "AE_EMIRATES_ID",
        82,
        95,
        words![
            "emirates id",
            "eid",
            "uae id",
            "identity number",
            "id number",
            "الهوية",
            "رقم الهوية",
            "emirates identity",
        ],
    )
    .of(&[15])
    .laid(&[("3-4-7-1", 92)])
    .regrouped(70)
    .check(ae),
];
