//! United Kingdom.

use super::checks::{at, day_month, one_of, part};
use super::shape::{Rule, any};
use crate::entry::{Entry, Profile, words};

static UK_NINO: Entry = Entry {
    name: "UK_NINO",
    bare: 70,
    context: 90,
    words: words!["national insurance", "ni number", "ni no", "nino", "insurance number", "nat ins"],
    profiles: &[Profile::Gdpr],
};

static UK_PASSPORT: Entry = Entry {
    name: "UK_PASSPORT",
    bare: 0,
    context: 75,
    words: words![
        "passport",
        "passport number",
        "passport no",
        "uk passport",
        "british passport",
        "travel document",
        "hmpo",
    ],
    profiles: &[Profile::Gdpr],
};

static UK_DRIVING_LICENCE: Entry = Entry {
    name: "UK_DRIVING_LICENCE",
    bare: 75,
    context: 90,
    words: words![
        "driving licence",
        "driving license",
        "driver licence",
        "driver s licence",
        "driver license",
        "driver s license",
        "licence number",
        "license number",
        "dvla",
        "dl number",
    ],
    profiles: &[Profile::Gdpr],
};

static UK_POSTCODE: Entry = Entry {
    name: "UK_POSTCODE",
    bare: 45,
    context: 75,
    words: words![
        "postcode",
        "post code",
        "postal code",
        "zip",
        "zip code",
        "address",
        "delivery",
        "mailing",
        "shipping",
        "street",
        "road",
        "avenue",
        "lane",
        "london",
        "england",
        "uk",
    ],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&UK_NINO, &UK_PASSPORT, &UK_DRIVING_LICENCE, &UK_POSTCODE];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("AA 99 99 99 A", &UK_NINO, nino).levels(80, 92).grouped(),
    Rule::new("AA999999A", &UK_NINO, nino),
    Rule::new("AA 999999 A", &UK_NINO, nino).grouped(),
    Rule::new("AA999999 A", &UK_NINO, nino).grouped(),
    Rule::new("AA 999999A", &UK_NINO, nino).grouped(),
    Rule::new("AA 99 99 99 A", &UK_NINO, nino).levels(55, 85),
    Rule::new("AA 999 999 A", &UK_NINO, nino).grouped(),
    // Without its suffix, which says little.
    Rule::new("AA 99 99 99", &UK_NINO, nino_prefix).levels(0, 75),
    Rule::new("AA9999999", &UK_PASSPORT, any),
    Rule::new("***** 999999 *****", &UK_DRIVING_LICENCE, licence),
    Rule::new("***** 999999 *** **", &UK_DRIVING_LICENCE, licence).grouped(),
    // With the number of its issue.
    Rule::new("***** 999999 ***** 99", &UK_DRIVING_LICENCE, licence),
    Rule::new("AAA 9AA", &UK_POSTCODE, |text| text == b"GIR0AA"),
    Rule::new("A9 9AA", &UK_POSTCODE, postcode),
    Rule::new("A99 9AA", &UK_POSTCODE, postcode),
    Rule::new("AA9 9AA", &UK_POSTCODE, postcode),
    Rule::new("AA99 9AA", &UK_POSTCODE, postcode),
    Rule::new("A9A 9AA", &UK_POSTCODE, postcode),
    Rule::new("AA9A 9AA", &UK_POSTCODE, postcode),
];

/// The suffix is A to D.
fn nino(text: &[u8]) -> bool {
    nino_prefix(text) && matches!(at(text, 8), b'A'..=b'D')
}

/// The prefixes that HMRC gives out (NIM39110).
fn nino_prefix(text: &[u8]) -> bool {
    let first = !b"DFIQUV".contains(&at(text, 0));
    let second = !b"DFIOQUV".contains(&at(text, 1));
    first && second && !one_of(part(text, 0, 2), "BG GB KN NK NT TN ZZ")
}

/// Five characters of the name filled with 9, the birth date with 5 added to its month for women, initials, two more
/// and check letters (DVLA).
fn licence(text: &[u8]) -> bool {
    let name = part(text, 0, 5);
    let letters = name.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let filled = name.iter().skip(letters).all(|byte| *byte == b'9');
    let month = [at(text, 6).wrapping_sub(if at(text, 6) >= b'5' { 5 } else { 0 }), at(text, 7)];
    let initials = part(text, 11, 13).iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'9');
    let last = part(text, 14, 16).iter().all(u8::is_ascii_uppercase);
    letters > 0 && filled && day_month(part(text, 8, 10), &month) && at(text, 11) != b'9' && initials && last
}

/// The letters that stand where (Royal Mail, BS 7666).
fn postcode(text: &[u8]) -> bool {
    let outward = part(text, 0, text.len().saturating_sub(3));
    let inward = part(text, text.len().saturating_sub(3), text.len());
    let second = at(outward, 1);
    let outside = b"QVX".contains(&at(text, 0)) || second.is_ascii_uppercase() && b"IJZ".contains(&second);
    !outside && inward.iter().all(|byte| !b"CIKMOV".contains(byte))
}
