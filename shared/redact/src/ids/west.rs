//! Western Europe: the United Kingdom, France, the Netherlands, Belgium, Luxembourg.

use super::id::{Id, Ragged::Any, id};
use crate::checks::{day, digit, first, from, luhn, missing, number, pair, uniform, verhoeff, weighted};
use crate::entry::words;

/// The check digits of a taxpayer reference, by the remainder of eleven.
const UTR: [u32; 11] = [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1];

fn nhs(digits: &[u8]) -> bool {
    missing(weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]), 11) == digit(digits, 9) && !uniform(digits)
}

fn utr(digits: &[u8]) -> bool {
    let sum = weighted(from(digits, 1), &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    UTR.get(sum as usize) == Some(&digit(digits, 0))
}

/// The key of 97 (INSEE), the month or what stands for an unknown one.
fn nir(digits: &[u8]) -> bool {
    let month = matches!(pair(digits, 3), 1..=12 | 20..=42 | 50..=99);
    let key = 97 - u32::try_from(number(first(digits, 13)) % 97).unwrap_or(0);
    matches!(digit(digits, 0), 1..=4 | 7 | 8) && month && key == pair(digits, 13)
}

fn nir_without_key(digits: &[u8]) -> bool {
    matches!(digit(digits, 0), 1 | 2) && matches!(pair(digits, 3), 1..=12) && !uniform(digits)
}

fn fr_tax(digits: &[u8]) -> bool {
    let check = number(from(digits, 10));
    digit(digits, 0) <= 3 && number(first(digits, 10)) % 511 == check
}

/// Luhn, twice; of the post office, which has more branches than that gives, a sum of fives.
fn fr_siret(digits: &[u8]) -> bool {
    let post = number(first(digits, 9)) == 356_000_000;
    let fives = digits.iter().map(|digit| u32::from(*digit)).sum::<u32>().is_multiple_of(5);
    luhn(first(digits, 9)) && (luhn(digits) || post && fives)
}

/// The eleven test, whose last digit counts as minus one.
fn bsn(digits: &[u8]) -> bool {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, 10];
    let sum = weighted(digits, weights.get(9_usize.saturating_sub(digits.len())..).unwrap_or(&[]));
    sum.is_multiple_of(11) && !uniform(digits)
}

/// A month, or none where the date is not known or its numbers ran out; months of those who are not residents (BIS) count
/// 20 or 40 more.
fn be_rrn(digits: &[u8]) -> bool {
    matches!(pair(digits, 2), 0..=12 | 21..=32 | 41..=52) && pair(digits, 4) <= 31 && be_checked(digits)
}

/// The last two digits complete the others to a multiple of 97, with a 2 before them from 2000 on.
fn be_checked(digits: &[u8]) -> bool {
    let value = number(first(digits, 9));
    let check = u64::from(pair(digits, 9));
    !uniform(digits) && [value, value + 2_000_000_000].iter().any(|value| 97 - value % 97 == check)
}

/// Weights 8 to 2 and the last two digits make a multiple of 97, or 55 more do (HMRC).
fn gb_vat(digits: &[u8]) -> bool {
    let sum = weighted(first(digits, 9), &[8, 7, 6, 5, 4, 3, 2, 10, 1]);
    [0, 55].iter().any(|more| (sum + more).is_multiple_of(97)) && !uniform(digits)
}

/// The key of 97 and a company's number.
fn fr_vat(digits: &[u8]) -> bool {
    let company = from(digits, 2);
    luhn(company) && u64::from(pair(digits, 0)) == (12 + 3 * (number(company) % 97)) % 97
}

fn lu(digits: &[u8]) -> bool {
    let mut second = [0; 12];
    for (to, digit) in second.iter_mut().zip(first(digits, 11).iter().chain(digits.last())) {
        *to = *digit;
    }
    let century = matches!(pair(digits, 0), 18..=20);
    century && day(pair(digits, 4), pair(digits, 6)) && luhn(first(digits, 12)) && verhoeff(&second)
}

pub(crate) static IDS: &[Id] = &[
    id(
        "UK_NHS",
        55,
        90,
        words![
            "nhs",
            "nhs number",
            "nhs no",
            "national health service",
            "health service number",
            "health authority",
            "health services authority",
            "patient",
            "uk nhs",
            "nhs id",
            "chi number",
            "hospital",
        ],
    )
    .of(&[10])
    .laid(&[("3 3 4", 75), ("3-3-4", 66)])
    .check(nhs),
    id(
        "UK_UTR",
        0,
        86,
        words![
            "utr",
            "unique taxpayer reference",
            "unique tax reference",
            "taxpayer reference",
            "self assessment",
            "hmrc",
            "tax reference",
            "uk utr",
            "utr number",
        ],
    )
    .of(&[10])
    .laid(&[("5 5", 60)])
    .check(utr),
    // VAT numbers as they are written at home, without the code of the country.
    id("UK_VAT_ID", 0, 85, words!["vat registration", "vat reg", "vat no", "vat number"])
        .of(&[9, 12])
        .laid(&[("3 4 2", 0), ("3 3 3", 0)])
        .check(gb_vat),
    id("FR_VAT_ID", 0, 85, words!["numéro de tva", "tva", "tva intracommunautaire", "n tva"])
        .of(&[11])
        .laid(&[("2 3 3 3", 0), ("2 9", 0)])
        .check(fr_vat),
    id(
        "UK_PASSPORT",
        0,
        80,
        words!["uk passport", "british passport", "gb passport", "hmpo", "his majesty s passport office"],
    )
    .of(&[9])
    .check(|digits| !uniform(digits)),
    id("UK_SORT_CODE", 0, 76, words!["sort code", "sortcode", "bank sort code", "s c"])
        .laid(&[("2-2-2", 0)])
        .of(&[6]),
    id(
        "FR_NIR",
        78,
        95,
        words![
            "nir",
            "sécurité sociale",
            "securite sociale",
            "numéro de sécurité sociale",
            "numéro sécu",
            "n sécu",
            "insee",
            "assuré social",
            "numéro de sécu",
            "carte vitale",
            "numéro insee",
            "social security",
            "secu",
            "sécu",
            "ssn",
            "french social security",
            "fr nir",
            "immatriculation",
            "numéro d inscription",
        ],
    )
    .of(&[15])
    .laid(&[("1 2 2 2 3 3 2", 92), ("1 2 2 2 3 3/2", 92)])
    .regrouped(75)
    .check(nir),
    id("FR_NIR", 0, 85, words!["nir"]).of(&[13]).laid(&[("1 2 2 2 3 3", 70)]).check(nir_without_key),
    id(
        "FR_TAX_ID",
        50,
        86,
        words![
            "numéro fiscal",
            "numero fiscal",
            "spi",
            "numéro spi",
            "référence fiscale",
            "impôts",
            "identifiant fiscal",
            "numéro fiscal de référence",
            "tax id",
            "tin",
            "avis d imposition",
            "fiscal number",
            "foyer fiscal",
        ],
    )
    .of(&[13])
    .laid(&[("2 2 3 3 3", 76)])
    .check(fr_tax),
    id(
        "FR_CNI",
        0,
        78,
        words![
            "cni",
            "carte nationale d identité",
            "carte d identité",
            "numéro de carte d identité",
            "pièce d identité",
            "carte identité",
            "carte nationale",
        ],
    )
    .of(&[12]),
    id("FR_SIRET", 55, 86, words!["siret", "numéro siret", "établissement", "entreprise"])
        .of(&[14])
        .laid(&[("3 3 3 5", 75)])
        .ragged(Any)
        .check(fr_siret)
        .within(&[]),
    id("FR_SIREN", 0, 85, words!["siren", "numéro siren", "rcs", "registre du commerce"])
        .of(&[9])
        .laid(&[("3 3 3", 0), ("6 3", 0)])
        .check(luhn)
        .within(&[]),
    id(
        "NL_BSN",
        45,
        86,
        words![
            "bsn",
            "burgerservicenummer",
            "burger service nummer",
            "sofinummer",
            "sofi nummer",
            "sofi",
            "citizen service number",
            "dutch citizen",
            "persoonsnummer",
            "bsn nummer",
            "nl bsn",
            "burgerservice",
            "bsn number",
        ],
    )
    .of(&[8, 9])
    .laid(&[("4.2.3", 66), ("3.3.3", 0), ("3 3 3", 0)])
    .check(bsn),
    id(
        "BE_RRN",
        72,
        92,
        words![
            "rijksregisternummer",
            "numéro national",
            "numero national",
            "n national",
            "registre national",
            "rijksregister",
            "numéro de registre national",
            "insz",
            "niss",
            "nationaal nummer",
            "national number",
            "national register number",
            "rrn",
            "rrn number",
            "be rrn",
            "nrn",
            "nn",
            "national registration number",
            "belgian national number",
            "insz nummer",
            "bis number",
            "nationalregisternummer",
        ],
    )
    .of(&[11])
    .laid(&[("2.2.2-3.2", 92), ("6-3-2", 85), ("6-3.2", 85), ("2 2 2 3 2", 76)])
    .check(be_rrn),
    // Of those whose month of birth is not known only the BIS register has some that count 20 or 40 more.
    id("BE_RRN", 0, 85, words!["insz", "niss", "ssin", "bisnummer"])
        .of(&[11])
        .laid(&[("2.2.2-3.2", 0)])
        .named()
        .check(|digits| matches!(pair(digits, 2), 20 | 40) && pair(digits, 4) <= 31 && be_checked(digits)),
    // Where the day is not known either, one that no month has.
    id("BE_RRN", 0, 85, words![]).of(&[11]).laid(&[("2.2.2-3.2", 0)]).check(|digits| {
        matches!(pair(digits, 2), 21..=32 | 41..=52) && pair(digits, 4) > 31 && be_checked(digits)
    }),
    id(
        "LU_NATIONAL_ID",
        82,
        92,
        words![
            "matricule",
            "numéro d identification national",
            "identification nationale",
            "cns",
            "ccss",
            "national identification number",
            "nationale identifikationsnummer",
            "luxembourg",
            "luxembourg id",
        ],
    )
    .of(&[13])
    .laid(&[("8 5", 85), ("4 2 2 5", 85), ("4 2 2 3 2", 85)])
    .check(lu),
];
