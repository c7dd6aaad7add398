//! Credentials: tokens that tell whose they are, and what stands behind `password =`.

mod assign;
mod block;
mod cells;
mod header;
mod jwt;
mod key;
mod keyed;
mod kube;
mod place;
mod prefixes;
mod shape;
mod unsigned;
mod value;
mod vendors;
mod words;
mod wordy;

#[cfg(test)]
mod tests;

use crate::entry::Entry;
use crate::scan::Scan;
pub(crate) use assign::{assigned, beside, field, flag, spoken};
pub(crate) use block::block;
pub(crate) use cells::columns;
use prefixes::Prefixed;
use shape::{BASE64, DIGITS, Part, TILDES, WORD, crc32, entropy, fits, has_crc62, is};
pub(crate) use unsigned::{option, unsigned};
use vendors::{AUTHRESS, AWS, AZURE, DISCORD, FACEBOOK, HASHICORP, MAXMIND};

/// Every type of this module.
pub(crate) static ENTRIES: &[&[&Entry]] = &[vendors::ALL];

/// The shortest token that is looked at, in bytes.
pub(crate) const SHORTEST: usize = 12;

/// How sure a token with the check digits of its vendor is.
const CHECKED: u8 = 99;
/// A token with a vendor's name and shape.
const NAMED: u8 = 95;
/// A secret key beside its access key.
const KEYED: u8 = 85;
/// How far behind it that stands.
const PAIRED: usize = 160;

/// Values that vendors have published in manuals and examples, as CRC-32: Firebase's keys, NuGet's passwords, Yarn's key of
/// Algolia (the lists of gitleaks, rules `gcp-api-key`, `nuget-config-password` and `generic-api-key`).
static PUBLISHED: &[u32] = &[
    0x0ba5_9aba,
    0x3627_aa84,
    0x94bb_94f9,
    0xffdd_d189,
    0x6159_ac90,
    0x7aa1_20d5,
    0x6a4f_7820,
    0xfbc4_7221,
    0x0839_4327,
    0xafe8_ff3e,
    0x6b66_e8a8,
    0x5c29_8136,
    0x1f35_8cbe,
    0x6b94_63f8,
    0x202f_468f,
    0x3c5d_7fda,
    0x2b6e_ff54,
    0x6b6c_bffe,
    0x3c17_8f9b,
    0x3c59_5871,
];

/// Whether only a name tells what a value of this type is.
pub(crate) fn is_named(name: &str) -> bool {
    name == vendors::GENERIC.name || name == vendors::PASSWORD.name
}

/// Looks at a token: letters, digits, `_` and `-`. A `.` or `~` may follow, with more of it.
pub(crate) fn token(scan: &mut Scan<'_>, start: usize, end: usize) {
    // Inside of one that is known there is nothing to find.
    if scan.hits.last().is_some_and(|hit| start < hit.end && hit.bare >= NAMED) {
        return;
    }
    let start = start + escape(scan, start);
    if scan.at(start) == b'P' && scan.has(start, block::FIRST_LINE) {
        block::putty(scan, start);
        return;
    }
    if let Some((end, rule)) = prefixed(scan, start) {
        let value = scan.slice(start, end);
        let level = if rule.checked && has_crc62(value) { CHECKED } else { NAMED };
        scan.sure(start, end, rule.entry, level, level);
        if rule.lead == "AKIA" {
            aws(scan, end);
        }
        return;
    }
    if scan.at(end) == b'.' {
        jwt::token(scan, start, end);
        if scan.has(end, ".atlasv1.") {
            shaped(scan, start, prefixes::TERRAFORM, 30, &HASHICORP);
        }
        match scan.at(start) {
            b'a' | b'e' | b's' => shaped(scan, start, prefixes::AUTHRESS_KEY, 30, &AUTHRESS),
            b'M' | b'N' | b'O' => discord(scan, start),
            _ => {}
        }
    } else if scan.at(end) == b'|' {
        shaped(scan, start, prefixes::FACEBOOK_APP, 30, &FACEBOOK);
    } else if scan.at(end) == b'~' {
        azure(scan, end);
    } else if scan.has(start, "ZXlK") {
        jwt::encoded(scan, start);
    } else if end - start == 40 {
        shaped(scan, start, prefixes::MAXMIND_KEY, 40, &MAXMIND);
    }
}

/// How many bytes of a token belong to an escape before it: `\n`, `%3D`, `\u003d`.
fn escape(scan: &Scan<'_>, start: usize) -> usize {
    match (scan.before(start), scan.at(start)) {
        (b'\\', b'n' | b'r' | b't') => 1,
        (b'\\', b'u') => 5,
        (b'%', first) if first.is_ascii_hexdigit() && scan.at(start + 1).is_ascii_hexdigit() => 2,
        _ => 0,
    }
}

/// The kind of token that begins here, and where it ends.
fn prefixed(scan: &Scan<'_>, start: usize) -> Option<(usize, &'static Prefixed)> {
    if scan.before(start) == b'+' || scan.before(start) == b'.' && scan.before(start - 1) != b'.' {
        return None;
    }
    let rest = scan.bytes.get(start..)?;
    prefixes::beginning(scan.at(start)).iter().find_map(|rule| {
        let lead = rule.lead.as_bytes();
        // The second byte tells most apart.
        if lead.get(1) != rest.get(1) || !rest.starts_with(lead) {
            return None;
        }
        let end = fits(scan.bytes, start + rule.lead.len(), rule.rest)?;
        let value = scan.slice(start, end);
        let random = scan.slice(start + rule.lead.len(), end);
        let sample = is_published(value) || is_sample(random, rule.lead.len());
        let good = is_closed(scan, end) && (rule.floor == 0 || entropy(value) >= rule.floor && !sample);
        good.then_some((end, rule))
    })
}

/// Whether nothing follows that a token would go on with.
fn is_closed(scan: &Scan<'_>, end: usize) -> bool {
    match scan.at(end) {
        b'-' | b'.' => !is(scan.at(end + 1), WORD),
        b'+' | b'=' => false,
        next => !is(next, WORD),
    }
}

/// Whether a token stands in a manual: `AKIAIOSFODNN7EXAMPLE`, `sk_test_xxxx`, `abcdefgh`, words and no digits.
fn is_sample(random: &str, lead: usize) -> bool {
    // What follows a name of two letters must look random by itself.
    let plain = random.len() <= 80 && !random.bytes().any(|byte| byte.is_ascii_digit());
    random.ends_with("EXAMPLE")
        || shape::is_sequence(random)
        || [(b'x', 6), (b'X', 6), (b'0', 12)]
            .iter()
            .any(|(filler, count)| shape::has_run(random, *filler, *count))
        || plain
            && (lead < 3 || wordy::is_wordy(random) || !random.bytes().any(|byte| byte.is_ascii_uppercase()))
}

/// Whether everybody knows it.
fn is_published(value: &str) -> bool {
    PUBLISHED.contains(&crc32(value))
}

/// Notes a token of this shape.
fn shaped(scan: &mut Scan<'_>, start: usize, shape: &[Part], floor: u32, entry: &'static Entry) {
    if let Some(end) = fits(scan.bytes, start, shape)
        && is_closed(scan, end)
        && entropy(scan.slice(start, end)) >= floor
    {
        scan.sure(start, end, entry, NAMED, NAMED);
    }
}

/// The secret key that goes with an access key of AWS that ends at `from`: the next forty bytes of base64, as they stand
/// in `credentials.csv`.
fn aws(scan: &mut Scan<'_>, from: usize) {
    let most = scan.bytes.len().min(from + PAIRED);
    let mut at = from;
    while at < most {
        let length = scan.bytes.iter().skip(at).take(64).take_while(|byte| is(**byte, BASE64)).count();
        let value = scan.slice(at, at + length);
        if length == 40 && unsigned::is_key(value) && is_closed(scan, at + length) {
            scan.sure(at, at + length, &AWS, KEYED, KEYED);
            return;
        }
        at += length.max(1);
    }
}

/// A client secret of Azure around the `~` at `mark`: three bytes, a digit, `Q~`.
fn azure(scan: &mut Scan<'_>, mark: usize) {
    let Some(start) = mark.checked_sub(5) else { return };
    if scan.before(mark) == b'Q'
        && scan.bytes.get(mark - 2).is_some_and(|byte| is(*byte, DIGITS))
        && !is(scan.before(start), TILDES)
    {
        shaped(scan, start, prefixes::AZURE_CLIENT, 30, &AZURE);
    }
}

/// A bot of Discord: the first part is its number in base64.
fn discord(scan: &mut Scan<'_>, start: usize) {
    let (number, length) = shape::base64::<20>(scan.slice(start, start + 28));
    let digits = number.iter().take(length).take_while(|byte| byte.is_ascii_digit()).count();
    if digits >= 17 && digits == length {
        shaped(scan, start, prefixes::DISCORD_BOT, 35, &DISCORD);
    }
}
