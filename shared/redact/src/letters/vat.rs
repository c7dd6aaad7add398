//! Value added tax numbers of Europe, by the prefix of their country (VIES; Council Directive 2006/112/EC, article 215).

use super::checks::{at, luhn_in, mod_97, number, part, value, weighted};
use super::shape::Rule;
use super::{italy, north, spain};
use crate::entry::{Entry, Profile, words};
use crate::ids;

/// A VAT number, named after its country.
const fn vat(name: &'static str) -> Entry {
    said(name, WORDS)
}

/// The same, beside these words.
const fn said(name: &'static str, words: &'static str) -> Entry {
    Entry { name, bare: 50, context: 85, words, profiles: &[Profile::Gdpr] }
}

const WORDS: &str = words![
    "vat",
    "vat id",
    "vat number",
    "vat no",
    "vat reg",
    "tax id",
    "ust id",
    "ust idnr",
    "ustid",
    "ustidnr",
    "umsatzsteuer",
    "umsatzsteuer identifikationsnummer",
    "mehrwertsteuer",
    "tva",
    "iva",
    "partita iva",
    "p iva",
    "btw",
    "btw nummer",
    "moms",
    "alv",
    "nip",
    "dph",
    "ddv",
    "pdv",
    "dič",
    "pvm",
    "pvn",
    "kmkr",
    "adószám",
    "davčna številka",
    "cod de înregistrare fiscală",
    "vat registration",
    "uid nummer",
];

static AT: Entry = vat("AT_VAT_ID");
static BE: Entry = vat("BE_VAT_ID");
static BG: Entry = vat("BG_VAT_ID");
static CH: Entry = vat("CH_VAT_ID");
static CY: Entry = vat("CY_VAT_ID");
static CZ: Entry = vat("CZ_VAT_ID");
static DE: Entry = vat("DE_VAT_ID");
static DK: Entry = vat("DK_VAT_ID");
static EE: Entry = vat("EE_VAT_ID");
static EL: Entry = vat("GR_VAT_ID");
static ES: Entry = vat("ES_VAT_ID");
static FI: Entry = vat("FI_VAT_ID");
static FR: Entry = vat("FR_VAT_ID");
static GB: Entry = vat("UK_VAT_ID");
static HR: Entry = vat("HR_VAT_ID");
static HU: Entry = vat("HU_VAT_ID");
static IE: Entry = vat("IE_VAT_ID");
// Eleven digits are one as well: only words that mean it.
static IT: Entry = Entry {
    name: "IT_VAT_CODE",
    bare: 50,
    context: 85,
    words: words!["partita iva", "p iva", "piva", "vat number", "vat id"],
    profiles: &[Profile::Gdpr],
};
static LT: Entry = vat("LT_VAT_ID");
static LU: Entry = vat("LU_VAT_ID");
static LV: Entry = vat("LV_VAT_ID");
static MT: Entry = vat("MT_VAT_ID");
static NL: Entry = vat("NL_VAT_ID");
static PL: Entry = vat("PL_VAT_ID");
static PT: Entry = vat("PT_VAT_ID");
static RO: Entry = vat("RO_VAT_ID");
static SE: Entry = vat("SE_VAT_ID");
static SI: Entry = vat("SI_VAT_ID");
static SK: Entry = vat("SK_VAT_ID");

// What the number is called at home, where the code of the country may stand before it as well.
static AT_HOME: Entry = said("AT_VAT_ID", words!["uid", "uid number"]);
static DK_HOME: Entry = said("DK_VAT_ID", words!["cvr", "se nummer"]);
static EL_HOME: Entry = said("GR_VAT_ID", words!["afm", "αφμ"]);
static ES_HOME: Entry = said("ES_VAT_ID", words!["nif", "cif"]);
static PT_HOME: Entry = said("PT_VAT_ID", words!["nif"]);
static RO_HOME: Entry = said("RO_VAT_ID", words!["cui"]);

/// What has these words.
pub(super) static HOME: &[&Entry] = &[&AT_HOME, &DK_HOME, &EL_HOME, &ES_HOME, &PT_HOME, &RO_HOME];

pub(crate) static ENTRIES: &[&Entry] = &[
    &AT, &BE, &BG, &CH, &CY, &CZ, &DE, &DK, &EE, &EL, &ES, &FI, &FR, &GB, &HR, &HU, &IE, &IT, &LT, &LU, &LV,
    &MT, &NL, &PL, &PT, &RO, &SE, &SI, &SK, &AT_HOME, &DK_HOME, &EL_HOME, &ES_HOME, &PT_HOME, &RO_HOME,
];

/// A rule whose check digits make a number sure.
const fn sure(pattern: &str, entry: &'static Entry, check: fn(&[u8]) -> bool) -> Rule {
    Rule::new(pattern, entry, check).levels(80, 95).loose()
}

/// A rule whose digits are checked little, or not at all.
const fn weak(pattern: &str, entry: &'static Entry, check: fn(&[u8]) -> bool) -> Rule {
    Rule::new(pattern, entry, check).loose()
}

pub(crate) static RULES: &[Rule] = &[
    sure("AA A 99999999", &AT, |it| it.starts_with(b"ATU") && austrian(part(it, 3, 11))),
    sure("AA 9999 999 999", &BE, |it| it.starts_with(b"BE") && belgian(part(it, 2, 12))),
    // Of old ones the leading zero is missing.
    sure("AA 999 999 999", &BE, |it| {
        let key = number(part(it, 9, 11));
        it.starts_with(b"BE") && number(part(it, 2, 9)).map(|rest| 97 - rest % 97) == key
    }),
    sure("AA 999 999 999", &DE, |it| it.starts_with(b"DE") && mod_11_10(part(it, 2, 11))),
    sure("AA 99 99 99 99", &DK, |it| {
        it.starts_with(b"DK") && modulo_11(part(it, 2, 10), &[2, 7, 6, 5, 4, 3, 2, 1])
    }),
    sure("AA 9999999 9", &FI, |it| {
        it.starts_with(b"FI") && modulo_11(part(it, 2, 10), &[7, 9, 10, 5, 8, 4, 2, 1])
    }),
    sure("AA ** 999 999 999", &FR, |it| it.starts_with(b"FR") && french(part(it, 2, 13))),
    // As it is written at home, with a letter in its key.
    weak("** 999 999 999", &FR, |it| is_mixed(it) && french(it)).levels(0, 85),
    sure("AA * 9999999 *", &ES, |it| it.starts_with(b"ES") && spain::tax(part(it, 2, 11))),
    sure("AA 999 9999 99", &GB, |it| british(it) || public(it)),
    // A branch has three more.
    sure("AA 999 9999 99 999", &GB, british),
    // Of the government and of its health authorities.
    weak("AA999", &GB, |it| {
        let number = part(it, 2, 5);
        it.starts_with(b"GD") && number < b"500" || it.starts_with(b"HA") && number >= b"500"
    })
    .levels(0, 78),
    sure("AA 99999999999", &HR, |it| it.starts_with(b"HR") && mod_11_10(part(it, 2, 13))),
    sure("AA 9999999A", &IE, |it| it.starts_with(b"IE") && north::ppsn(part(it, 2, 10))),
    // Of old ones the second character is a letter, and the first one counts as the last.
    sure("AA 9A99999A", &IE, |it| {
        let mut digits = *b"00000000";
        let moved = part(it, 4, 9).iter().chain(part(it, 2, 3)).chain(part(it, 9, 10));
        for (to, from) in digits.iter_mut().skip(1).zip(moved) {
            *to = *from;
        }
        it.starts_with(b"IE") && north::ppsn(&digits)
    }),
    sure("AA 9999999AA", &IE, |it| it.starts_with(b"IE") && north::ppsn(part(it, 2, 11))),
    sure("AA 99999999999", &IT, |it| it.starts_with(b"IT") && luhn_in(10, part(it, 2, 13))),
    sure("AA 99999999", &LU, |it| it.starts_with(b"LU") && luxembourgish(part(it, 2, 10))),
    sure("AA 999999999 A99", &NL, |it| it.starts_with(b"NL") && at(it, 11) == b'B' && dutch(it)),
    weak("999999999 A99", &NL, |it| at(it, 9) == b'B' && part(it, 10, 12) != b"00" && citizen(it))
        .levels(0, 85),
    // Of some the leading zeros are missing.
    weak("AA 99999999 A99", &NL, |it| short(it, 8)),
    weak("AA 9999999 A99", &NL, |it| short(it, 7)),
    sure("AA 9999999999", &PL, |it| it.starts_with(b"PL") && polish(part(it, 2, 12))),
    sure("AA 999999999", &PT, |it| it.starts_with(b"PT") && portuguese(part(it, 2, 11))),
    sure("AA 999999 9999 99", &SE, |it| {
        it.starts_with(b"SE") && luhn_in(10, part(it, 2, 12)) && it.ends_with(b"01")
    }),
    sure("AA 9999999999", &SK, |it| {
        it.starts_with(b"SK") && number(part(it, 2, 12)).is_some_and(|n| n % 11 == 0)
    }),
    sure("AAA 999 999 999", &CH, |it| it.starts_with(b"CHE") && swiss(part(it, 3, 12))),
    weak("AA 999999999", &BG, |it| it.starts_with(b"BG") && at_home(it, ids::bg_vat)),
    weak("AA 9999999999", &BG, |it| it.starts_with(b"BG") && at_home(it, ids::bg_vat)),
    weak("AA 99999999A", &CY, |it| {
        it.starts_with(b"CY") && u32::from(at(it, 10).wrapping_sub(b'A')) == italy::check(part(it, 2, 10))
    }),
    weak("AA 99999999", &CZ, czech),
    weak("AA 999999999", &CZ, czech),
    weak("AA 9999999999", &CZ, czech),
    weak("AA 999999999", &EE, |it| {
        it.starts_with(b"EE") && weighted(part(it, 2, 11), &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
    }),
    weak("AA 999999999", &EL, |it| {
        (it.starts_with(b"EL") || it.starts_with(b"GR"))
            && weighted(part(it, 2, 10), &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == value(at(it, 10))
    }),
    weak("AA 99999999", &HU, |it| {
        it.starts_with(b"HU") && weighted(part(it, 2, 10), &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10)
    }),
    weak("AA 999999999", &LT, |it| it.starts_with(b"LT") && at_home(it, ids::lt_vat)),
    weak("AA 999999999999", &LT, |it| it.starts_with(b"LT") && at_home(it, ids::lt_vat)),
    weak("AA 99999999999", &LV, |it| it.starts_with(b"LV") && at_home(it, ids::lv_vat)),
    weak("AA 99999999", &MT, |it| {
        it.starts_with(b"MT") && weighted(part(it, 2, 10), &[3, 4, 6, 7, 8, 9, 10, 1]).is_multiple_of(37)
    }),
    weak("AA 999999", &RO, romanian),
    weak("AA 9999999", &RO, romanian),
    weak("AA 99999999", &RO, romanian),
    weak("AA 999999999", &RO, romanian),
    weak("AA 9999999999", &RO, romanian),
    // Of people it is their own number.
    weak("AA 9999999999999", &RO, |it| it.starts_with(b"RO") && at_home(it, ids::ro_cnp)),
    weak("AA 99999999", &SI, |it| {
        it.starts_with(b"SI")
            && (11 - weighted(part(it, 2, 9), &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == value(at(it, 9))
    }),
];

/// Whether what stands behind the code of a country passes the check of what is written at home.
#[inline(never)]
fn at_home(text: &[u8], check: fn(&[u8]) -> bool) -> bool {
    let (mut values, digits) = ([0; 13], text.get(2..).unwrap_or(&[]));
    for (to, digit) in values.iter_mut().zip(digits) {
        *to = digit & 15;
    }
    check(part(&values, 0, digits.len()))
}

fn czech(text: &[u8]) -> bool {
    text.starts_with(b"CZ") && at_home(text, ids::cz_vat)
}

fn romanian(text: &[u8]) -> bool {
    text.starts_with(b"RO") && at_home(text, ids::ro_vat)
}

/// ISO 7064 MOD 11,10.
#[inline(never)]
fn mod_11_10(digits: &[u8]) -> bool {
    let Some((last, rest)) = digits.split_last() else { return false };
    let product = rest.iter().fold(10, |product, byte| {
        let sum = (product + value(*byte)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + value(*last)) % 10 == 1
}

#[inline(never)]
fn modulo_11(digits: &[u8], weights: &[u32]) -> bool {
    weighted(digits, weights).is_multiple_of(11)
}

fn austrian(digits: &[u8]) -> bool {
    let sum: u32 = part(digits, 0, 7)
        .iter()
        .zip([1, 2].iter().cycle())
        .map(|(byte, weight)| value(*byte) * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    (106 - sum) % 10 == value(at(digits, 7))
}

fn belgian(digits: &[u8]) -> bool {
    let key = number(part(digits, 8, 10));
    matches!(at(digits, 0), b'0' | b'1') && number(part(digits, 0, 8)).map(|rest| 97 - rest % 97) == key
}

/// Whether a digit and a letter begin it, in either order: two letters may be those of a country.
fn is_mixed(text: &[u8]) -> bool {
    at(text, 0).is_ascii_digit() != at(text, 1).is_ascii_digit()
}

/// The key is the remainder by 97 of the company's number with 12 behind; newer keys have letters. Companies of Monaco are in
/// no French register: their numbers begin with zeros and have no check digit.
#[inline(never)]
fn french(text: &[u8]) -> bool {
    let company = part(text, 2, 11);
    let key = mod_97(company.iter().chain(b"12").copied());
    let fits = number(part(text, 0, 2)).map_or_else(|| newer_key(text), |given| given == u64::from(key));
    fits && (luhn_in(10, company) || company.starts_with(b"000"))
}

/// Two characters without I and O, which tell a remainder by eleven and how much more the company's number has (VIES,
/// algorithms of the member states, France).
fn newer_key(text: &[u8]) -> bool {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let of = |place| ALPHABET.iter().position(|known| *known == at(text, place)).unwrap_or(0);
    let key = if at(text, 0).is_ascii_digit() { of(0) * 24 + of(1) } else { of(0) * 34 + of(1) };
    let from = if at(text, 0).is_ascii_digit() { 10 } else { 100 };
    let (Some(key), Some(company)) = (key.checked_sub(from), number(part(text, 2, 11))) else { return false };
    let key = key as u64;
    (company + 1 + key / 11) % 11 == key % 11
}

/// Weights 8 to 2 and the last two digits make a multiple of 97, or 55 or 42 more do (HMRC); XI is Northern Ireland.
#[inline(never)]
fn british(text: &[u8]) -> bool {
    let sum = weighted(part(text, 2, 11), &[8, 7, 6, 5, 4, 3, 2, 10, 1]);
    matches!(part(text, 0, 2), b"GB" | b"XI")
        && [0, 55, 42].iter().any(|more| (sum + more).is_multiple_of(97))
}

/// As others see the government's and its health authorities': `GD` or `HA`, 8888, the number and its remainder by 97.
fn public(text: &[u8]) -> bool {
    let (kind, whose) = (part(text, 0, 6), part(text, 6, 9));
    let of = kind == b"GD8888" && whose < b"500" || kind == b"HA8888" && whose >= b"500";
    of && number(whose).map(|of| of % 97) == number(part(text, 9, 11))
}

fn luxembourgish(digits: &[u8]) -> bool {
    number(part(digits, 0, 6)).map(|rest| rest % 89) == number(part(digits, 6, 8))
}

/// As a citizen's number, or since 2020 by 97 over all of it.
#[inline(never)]
fn dutch(text: &[u8]) -> bool {
    let digits = part(text, 2, 11);
    // The first of somebody's numbers is 01.
    part(text, 12, 14) != b"00" && (citizen(digits) || mod_97(text.iter().copied()) == 1)
}

/// A citizen's number of so many digits.
fn short(text: &[u8], digits: usize) -> bool {
    let mut whole = *b"000000000";
    for (to, from) in whole.iter_mut().skip(9 - digits).zip(part(text, 2, 2 + digits)) {
        *to = *from;
    }
    let branch = part(text, 2 + digits, 5 + digits);
    text.starts_with(b"NL") && branch.starts_with(b"B") && branch != b"B00" && citizen(&whole)
}

/// The eleven test of citizens.
fn citizen(digits: &[u8]) -> bool {
    weighted(part(digits, 0, 8), &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == value(at(digits, 8))
}

fn polish(digits: &[u8]) -> bool {
    weighted(digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == value(at(digits, 9))
}

fn portuguese(digits: &[u8]) -> bool {
    let rest = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    at(digits, 0) != b'0' && check == value(at(digits, 8))
}

fn swiss(digits: &[u8]) -> bool {
    weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 1]).is_multiple_of(11)
}
