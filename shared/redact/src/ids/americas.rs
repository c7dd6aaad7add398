//! The Americas but for the United States: Canada, Brazil, Argentina, Chile, Colombia, Peru, Ecuador, Uruguay, Mexico.

use super::id::{Id, Ragged::Any, id};
use crate::checks::{digit, first, from, luhn, missing, number, pair, uniform, weighted};
use crate::entry::Profile::{Gdpr, Hipaa};
use crate::entry::words;

/// Not issued: 0, of use inside the government, and 8.
fn ca_sin(digits: &[u8]) -> bool {
    !matches!(digit(digits, 0), 0 | 8) && luhn(digits) && !uniform(digits)
}

/// British Columbia's, whose check leaves the first digit out, or Ontario's with Luhn.
fn ca_health(digits: &[u8]) -> bool {
    let check = 11 - weighted(from(digits, 1), &[2, 4, 8, 5, 10, 9, 7, 3]) % 11;
    digit(digits, 0) == 9 && check == digit(digits, 9) || digit(digits, 0) != 0 && luhn(digits)
}

/// Two check digits of eleven.
fn br_cpf(digits: &[u8]) -> bool {
    let check = |weights| missing(weighted(digits, weights), 11) % 10;
    !uniform(digits)
        && check(&[10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(digits, 9)
        && check(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(digits, 10)
}

fn br_cnpj(digits: &[u8]) -> bool {
    let check = |weights| missing(weighted(digits, weights), 11) % 10;
    !uniform(digits)
        && check(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(digits, 12)
        && check(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(digits, 13)
}

fn br_pis(digits: &[u8]) -> bool {
    missing(weighted(digits, &[3, 2, 9, 8, 7, 6, 5, 4, 3, 2]), 11) % 10 == digit(digits, 10)
        && !uniform(digits)
}

/// Eleven weights from behind; the check digit ten is written K.
pub(crate) fn cl_rut(digits: &[u8]) -> bool {
    let weights = [3, 2, 7, 6, 5, 4, 3, 2];
    let Some((check, rest)) = digits.split_last() else { return false };
    let used = weights.get(8_usize.saturating_sub(rest.len())..).unwrap_or(&[]);
    missing(weighted(rest, used), 11) == u32::from(*check) && digit(rest, 0) != 0 && !uniform(rest)
}

fn ar_cuit(digits: &[u8]) -> bool {
    let check = match missing(weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]), 11) {
        10 => 9,
        check => check,
    };
    matches!(pair(digits, 0), 20 | 23..=27 | 30 | 33 | 34 | 50 | 51 | 55) && check == digit(digits, 10)
}

/// Prime weights from behind; remainders 0 and 1 are their own check digit.
fn co_nit(digits: &[u8]) -> bool {
    let weights = [43, 41, 37, 29, 23, 19, 17, 13, 7, 3];
    let sum = weighted(digits, weights.get(11_usize.saturating_sub(digits.len())..).unwrap_or(&[])) % 11;
    digits.last().is_some_and(|check| u32::from(*check) == if sum < 2 { sum } else { 11 - sum })
        && !uniform(digits)
}

fn pe_ruc(digits: &[u8]) -> bool {
    let check = (11 - weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    matches!(pair(digits, 0), 10 | 15..=17 | 20) && check == digit(digits, 10)
}

fn ec_ci(digits: &[u8]) -> bool {
    matches!(pair(digits, 0), 1..=24 | 30) && digit(digits, 2) <= 6 && luhn(digits)
}

fn uy_ci(digits: &[u8]) -> bool {
    missing(weighted(digits, &[2, 9, 8, 7, 6, 3, 4]), 10) == digit(digits, 7) && !uniform(digits)
}

/// Three digits of the municipality, or 402 of newer ones.
fn do_place(digits: &[u8]) -> bool {
    let place = number(first(digits, 3));
    (place <= 122 || place == 402) && !uniform(digits)
}

const NSS: &str = words![
    "nss",
    "imss",
    "número de seguridad social",
    "numero de seguridad social",
    "seguro social",
    "seguridad social",
];

pub(crate) static IDS: &[Id] = &[
    id(
        "CA_SIN",
        45,
        86,
        words![
            "sin",
            "sin number",
            "social insurance",
            "social insurance number",
            "nas",
            "numéro nas",
            "numéro d assurance sociale",
            "assurance sociale",
            "canadian sin",
            "ca sin",
            "canada",
            "sin no",
            "sin card",
        ],
    )
    .of(&[9])
    .laid(&[("3-3-3", 70), ("3 3 3", 60)])
    .check(ca_sin),
    id(
        "CA_HEALTH_CARD",
        0,
        86,
        words![
            "health card",
            "ohip",
            "phn",
            "personal health number",
            "health card number",
            "carte santé",
            "msp",
            "bc phn",
            "health number",
            "healthcare number",
            "care card",
        ],
    )
    .of(&[10])
    .laid(&[("4-3-3", 60), ("4 3 3", 60)])
    .check(ca_health)
    .within(&[Gdpr, Hipaa]),
    id(
        "BR_CPF",
        75,
        93,
        words![
            "cpf",
            "cadastro de pessoas físicas",
            "cadastro de pessoa física",
            "br cpf",
            "pessoa física",
            "brazilian tax id",
            "contribuinte",
            "número do cpf",
            "cpf number",
        ],
    )
    .of(&[11])
    .laid(&[("3.3.3-2", 93), ("9-2", 80), ("3 3 3 2", 76), ("3.3.3.2", 76), ("3.3.3/2", 78)])
    .ragged(Any)
    .check(br_cpf),
    id(
        "BR_CNPJ",
        76,
        94,
        words![
            "cnpj",
            "cadastro nacional",
            "cadastro nacional da pessoa jurídica",
            "pessoa jurídica",
            "br cnpj",
            "brazilian company",
            "empresa",
        ],
    )
    .of(&[14])
    .laid(&[("2.3.3/4-2", 95), ("2.3.3.4-2", 85), ("8/4-2", 90), ("2 3 3 4 2", 85)])
    .ragged(Any)
    .check(br_cnpj)
    .within(&[]),
    id("BR_PIS", 0, 86, words!["pis", "pasep", "nis", "nit", "pis pasep", "trabalhador"])
        .of(&[11])
        .laid(&[("3.5.2-1", 80)])
        .check(br_pis),
    id("CL_RUT", 45, 90, super::mixed::RUT)
        .of(&[8, 9])
        .laid(&[("2.3.3-1", 90), ("1.3.3-1", 88), ("8-1", 72), ("7-1", 60)])
        .check(cl_rut),
    id(
        "AR_CUIT",
        60,
        90,
        words![
            "cuit",
            "cuil",
            "cdi",
            "clave única",
            "clave única de identificación tributaria",
            "afip",
            "argentina",
            "ar cuit",
        ],
    )
    .of(&[11])
    .laid(&[("2-8-1", 88), ("2 8 1", 80)])
    .check(ar_cuit),
    id(
        "AR_DNI",
        0,
        78,
        words!["dni", "documento nacional de identidad", "documento nacional", "número de documento"],
    )
    .of(&[7, 8])
    .laid(&[("2.3.3", 0), ("1.3.3", 0)]),
    id("CO_NIT", 0, 86, words!["nit", "número de identificación tributaria", "rut", "dian", "colombia"])
        .of(&[9, 10, 11])
        .laid(&[
            ("9-1", 66),
            ("3.3.3-1", 80),
            ("8-1", 0),
            ("2.3.3-1", 0),
            ("1.3.3-1", 0),
            ("A-1", 0),
            ("1.3.3.3-1", 0),
        ])
        .ragged(Any)
        .check(co_nit)
        .within(&[]),
    // Right behind its word no number of Chile.
    id("CO_NIT", 0, 92, words!["nit"])
        .laid(&[("8-1", 0), ("2.3.3-1", 0), ("1.3.3-1", 0)])
        .named()
        .check(co_nit)
        .within(&[]),
    id(
        "CO_CEDULA",
        0,
        78,
        words!["cédula", "cedula", "cédula de ciudadanía", "cc", "documento de identidad"],
    )
    .of(&[8, 10])
    .laid(&[("2.3.3", 0), ("1.3.3.3", 0)]),
    id("PE_RUC", 55, 88, words!["ruc", "registro único de contribuyentes", "sunat", "peru"])
        .of(&[11])
        .check(pe_ruc),
    id("EC_CI", 0, 86, words!["cédula", "cedula", "cédula de identidad", "ecuador"])
        .of(&[10])
        .laid(&[("9-1", 0)])
        .check(ec_ci),
    id(
        "UY_CI",
        0,
        86,
        words!["cédula de identidad", "cedula de identidad", "cédula", "cedula", "uruguay", "ci"],
    )
    .of(&[8])
    .laid(&[("1.3.3-1", 70)])
    .check(uy_ci),
    id("DO_CEDULA", 0, 86, words!["cédula", "cedula", "cédula de identidad", "dominican id", "dominicana"])
        .of(&[11])
        .laid(&[("3-7-1", 72)])
        .check(luhn),
    // Many old ones have a wrong check digit: as they are printed, or where the country is named.
    id("DO_CEDULA", 0, 78, words![]).laid(&[("3-7-1", 0)]).check(do_place),
    id("DO_CEDULA", 0, 78, words!["dominicana", "dominicano", "dominican"]).of(&[11]).named().check(do_place),
    id("MX_NSS", 0, 86, NSS).of(&[11]).laid(&[("2 2 2 4 1", 0), ("2-2-2-4-1", 0)]).check(luhn),
    id("MX_CLABE", 0, 88, words!["clabe", "clabe interbancaria", "cuenta clabe", "interbancaria"])
        .of(&[18])
        .check(|digits| {
            let tens = first(digits, 17).iter().zip([3, 7, 1].iter().cycle());
            let sum = tens.map(|(digit, weight)| u32::from(*digit) * weight % 10).sum();
            missing(sum, 10) == digit(digits, 17)
        }),
];
