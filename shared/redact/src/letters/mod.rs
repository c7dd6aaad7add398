//! Identifiers of letters and digits.

mod admin;
mod africa;
mod americas;
mod apart;
mod asia;
mod checks;
mod crypto;
mod europe;
mod field;
mod germany;
mod iban;
mod india;
mod italy;
mod medical;
mod mrz;
mod north;
mod passports;
mod shape;
mod spain;
mod uk;
mod us;
mod vat;
mod vehicles;

#[cfg(test)]
mod tests;

use crate::entry::Entry;
use crate::scan::{Scan, is_word};
pub(crate) use checks::mod_97;
use shape::{Code, LONGEST, Rule};
use std::sync::LazyLock;

pub(crate) use field::{columns, field, is_named};

/// Every type of this module.
pub(crate) static ENTRIES: &[&[&Entry]] = &[
    admin::ENTRIES,
    africa::ENTRIES,
    americas::ENTRIES,
    asia::ENTRIES,
    crypto::ENTRIES,
    europe::ENTRIES,
    field::ENTRIES,
    germany::ENTRIES,
    iban::ENTRIES,
    india::ENTRIES,
    italy::ENTRIES,
    medical::ENTRIES,
    mrz::ENTRIES,
    north::ENTRIES,
    passports::ENTRIES,
    spain::ENTRIES,
    uk::ENTRIES,
    us::ENTRIES,
    vat::ENTRIES,
    vehicles::ENTRIES,
];

/// Every rule. Where all else is equal, the first of them stands: of several passports of one shape the US one.
static RULES: &[&[Rule]] = &[
    iban::RULES,
    us::RULES,
    italy::RULES,
    spain::RULES,
    uk::RULES,
    germany::RULES,
    north::RULES,
    europe::RULES,
    vat::RULES,
    india::RULES,
    asia::RULES,
    africa::RULES,
    americas::RULES,
    admin::RULES,
    medical::RULES,
    vehicles::RULES,
    passports::RULES,
];

/// How many of the first characters rules are told apart by, whether they are letters.
const TOLD: usize = 4;

/// The rules by length, and by which of their first characters may be letters.
static BY_LENGTH: LazyLock<Vec<[Vec<&Rule>; 1 << TOLD]>> = LazyLock::new(|| {
    let rules = |length| RULES.iter().copied().flatten().filter(move |rule| rule.shape.length == length);
    let of = |length, letters| rules(length).filter(|rule| rule.shape.begins(letters, TOLD)).collect();
    (0..=LONGEST).map(|length| std::array::from_fn(|letters| of(length, letters as u64))).collect()
});

/// Most parts of a word that are looked at, `_` between them.
const MOST_PARTS: usize = 8;
/// Most digits with which an identifier with letters begins.
const MOST_DIGITS: usize = 12;
/// From this length on, small letters are as good as capitals.
const LONG: usize = 15;
/// What a value is worth at most that is short and written in small letters, or is part of something longer.
const DOUBTFUL: u8 = 55;
/// What small letters cost a short one that is sure otherwise.
const SMALL: u8 = 15;
/// From so many digits on, what needs a word beside it is found in small letters too.
const DIGITS: usize = 5;
/// The longest number with its unit.
const MEASURE: usize = 5;
/// From so many characters on, hexadecimal numbers are frequent in texts.
const HEXADECIMAL: usize = 10;

/// Looks at a word of letters and digits.
pub(crate) fn word(scan: &mut Scan<'_>, start: usize, end: usize) {
    crypto::word(scan, start, end);
    mrz::word(scan, start, end);
    if !is_measure(scan, start, end) {
        groups(scan, start);
        behind_small(scan, start);
    }
    let mut at = start;
    for _ in 0..MOST_PARTS {
        let Some(bar) = scan.part(at, end).iter().position(|byte| *byte == b'_') else { break };
        at += bar + 1;
        if scan.at(at).is_ascii_alphanumeric() {
            groups(scan, at);
        }
    }
}

/// Looks at a word of up to eleven capitals, with which an identifier in groups may begin.
pub(crate) fn capitals(scan: &mut Scan<'_>, start: usize, end: usize) {
    if matches!(end - start, 1..=5 | 8 | 11) {
        groups(scan, start);
    }
    match (scan.at(end), scan.at(end + 1)) {
        (b' ', b' ') => germany::listed(scan, start, end),
        (b' ', b'-' | b':' | b'(') | (b'-', b' ') | (b':', b' ' | b'0'..=b'9') => {
            apart::capitals(scan, start, end);
        }
        _ => {}
    }
}

/// Looks at a word of digits: what has digits alone but where letters may be, and the beginning of what goes on in
/// letters, `12 010101 A 123`.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize, end: usize) {
    if end - start > MOST_DIGITS {
        return;
    }
    admin::digits(scan, start, end);
    let goes_on = goes_on(scan, end);
    if goes_on || end - start >= DIGITS {
        behind_small(scan, start);
    }
    if scan.at(end) == b'-' && matches!(end - start, 4..=6) {
        medical::digits(scan, start);
        north::digits(scan, start);
    }
    if goes_on || americas::goes_on(scan, start) {
        groups(scan, start);
    }
}

/// Whether a word is a short number with its unit, and no more of it follows: `30s`, `125ms`.
fn is_measure(scan: &Scan<'_>, start: usize, end: usize) -> bool {
    let word = scan.part(start, end);
    word.len() <= MEASURE
        && word.first().is_some_and(u8::is_ascii_digit)
        && !word.iter().any(u8::is_ascii_uppercase)
        && !goes_on(scan, end)
}

/// Whether another group may follow the one that ends at `end`.
fn goes_on(scan: &Scan<'_>, end: usize) -> bool {
    is_separator(scan.at(end)) && scan.at(end + 1).is_ascii_alphanumeric() && !is_small_word(scan, end + 1)
}

/// Looks at groups that begin with one or two small letters before what begins at `start`: `ab 12 34 56 c`. Capitals begin
/// groups by themselves.
fn behind_small(scan: &mut Scan<'_>, start: usize) {
    let letters =
        |at: usize| (at.saturating_sub(2)..at).rev().take_while(|at| scan.at(*at).is_ascii_lowercase());
    let Some(gap) = start.checked_sub(1).filter(|gap| matches!(scan.at(*gap), b' ' | b'-')) else { return };
    let first = gap - letters(gap).count();
    if first < gap && !is_word(scan.before(first)) {
        groups(scan, first);
    }
}

/// Whether a word of small letters alone begins here, of two or more: no group behind one of digits.
fn is_small_word(scan: &Scan<'_>, start: usize) -> bool {
    let rest = scan.bytes.get(start..).unwrap_or(&[]).iter();
    let length = rest.take(LONGEST).take_while(|byte| byte.is_ascii_lowercase()).count();
    length > 1 && !scan.at(start + length).is_ascii_alphanumeric()
}

/// Where groups of digits end that begin at `start`, of these lengths, with hyphens between.
fn hyphened(scan: &Scan<'_>, start: usize, lengths: &[usize]) -> Option<usize> {
    let mut at = start;
    for (place, length) in lengths.iter().enumerate() {
        if place > 0 {
            at = (scan.at(at) == b'-').then_some(at + 1)?;
        }
        let group = scan.bytes.get(at..at + length)?;
        at = group.iter().all(u8::is_ascii_digit).then_some(at + length)?;
    }
    let whole = !is_word(scan.at(at)) && !is_part(scan, start, at);
    whole.then_some(at)
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'/' | b'_' | b'+')
}

/// Looks at each identifier that begins here and ends with one of the next groups.
fn groups(scan: &mut Scan<'_>, start: usize) {
    if matches!(scan.before(start), 0x91 | b'&' | b' ' | b'-') && americas::goes_on(scan, start) {
        americas::beyond(scan, start);
    }
    let mut text = [0_u8; LONGEST];
    let (mut length, mut at) = (0, start);
    let (mut letters, mut breaks, mut hyphens) = (0_u64, 0_u64, true);
    let mut kinds = 0;
    // Whether the group before is of letters alone.
    let mut bare_letters = false;
    loop {
        let first = length;
        for byte in scan.bytes.get(at..).unwrap_or(&[]) {
            let kind = shape::kind(*byte);
            if kind == 0 {
                break;
            }
            let Some(place) = text.get_mut(length) else { return };
            *place = byte & !(kind & shape::SMALL);
            letters |= u64::from(kind & shape::LETTER) << length;
            kinds |= kind;
            length += 1;
        }
        let group = length - first;
        at += group;
        let (small, capital) = (kinds & shape::SMALL != 0, kinds & shape::CAPITAL != 0);
        let only_letters = letters >> first == (1 << group) - 1;
        // Words of a language, not groups. `gb29 nwbk` is an account all the same.
        let account = letters & 0b1111 == 0b0011;
        let is_word = only_letters
            && first > 0
            && (group > 4 && (bare_letters || small) || small && group > 1 && !account);
        if is_word || small && capital {
            return;
        }
        bare_letters = only_letters;
        // `99585767E-22` is a number of physics.
        let exponent = letters.count_ones() == 1
            && scan.before(at).eq_ignore_ascii_case(&b'e')
            && matches!(scan.at(at), b'+' | b'-')
            && scan.at(at + 1).is_ascii_digit();
        if letters == 0 && length > MOST_DIGITS || exponent && breaks == 0 {
            return;
        }
        if letters != 0 {
            let code = Code { text: text.get(..length).unwrap_or(&[]), letters, breaks, hyphens };
            code_at(scan, start, at, &code, small);
        }
        if scan.at(at) == b'(' && breaks == 0 && matches!((length, letters), (7, 1) | (8, 3)) {
            asia::bracketed(scan, start, at);
        }
        if !is_separator(scan.at(at)) || !scan.at(at + 1).is_ascii_alphanumeric() {
            return;
        }
        hyphens &= matches!(scan.at(at), b'-' | b'+');
        at += 1;
        breaks |= 1 << length;
    }
}

/// Asks the rules of its length about a code.
/// Whether it is short, or its digits stand in one run: those of a hexadecimal number seldom do.
fn whole(code: &Code<'_>) -> bool {
    if code.text.len() < HEXADECIMAL {
        return true;
    }
    let digits = !code.letters & (1_u64.checked_shl(code.text.len() as u32).unwrap_or(0).wrapping_sub(1));
    digits.wrapping_add(digits & digits.wrapping_neg()) & digits == 0
}

fn code_at(scan: &mut Scan<'_>, start: usize, end: usize, code: &Code<'_>, small: bool) {
    let first = usize::try_from(code.letters & ((1 << TOLD) - 1)).unwrap_or(0);
    let Some(rules) = BY_LENGTH.get(code.text.len()).and_then(|rules| rules.get(first)) else { return };
    // Nobody writes short codes that are nothing by themselves in small letters; `b12` is no diagnosis.
    let short = small && code.text.len() < LONG;
    let little = short && !(whole(code) && code.text.len() - (code.letters.count_ones() as usize) >= DIGITS);
    // A letter follows that would be one of its groups: `AB 12 34 56 E`.
    let goes_on = code.breaks != 0
        && is_separator(scan.at(end))
        && scan.at(end + 1).is_ascii_uppercase()
        && !is_word(scan.at(end + 2));
    let rules = rules.iter().filter(|rule| !((little || goes_on) && rule.bare == 0));
    for rule in rules.filter(|rule| rule.is(code)) {
        if rule.bare == 0 && is_cut(scan, end) {
            continue;
        }
        let doubtful = rule.bare < 85 && is_part(scan, start, end) || rule.is_loose(code);
        let bare = match (doubtful, short) {
            (true, _) => rule.bare.min(DOUBTFUL),
            (_, true) => rule.bare.min(DOUBTFUL.max(rule.bare.saturating_sub(SMALL))),
            _ => rule.bare,
        };
        scan.sure(start, end, rule.entry, bare, rule.context);
    }
}

/// Whether more of it follows than there are letters for: glued to it, or in a group of three capitals and digits, of which
/// one is a letter beyond ASCII: `AABN 821103 8Ñ2`.
#[inline(never)]
fn is_cut(scan: &Scan<'_>, end: usize) -> bool {
    // Latin letters only: others stand beside a value without a blank.
    if matches!(scan.at(end), 0xC3..=0xC9) && !matches!(scan.slice(end, end + 2), "×" | "÷") {
        return true;
    }
    if !matches!(scan.at(end), b' ' | b'-') {
        return false;
    }
    let (mut at, mut digits, mut beyond) = (end + 1, 0, 0);
    for _ in 0..3 {
        match (scan.at(at), scan.at(at + 1)) {
            (b'0'..=b'9', _) => digits += 1,
            (b'A'..=b'Z', _) => {}
            // À to Þ.
            (0xC3, 0x80..=0x9E) => (at, beyond) = (at + 1, beyond + 1),
            _ => return false,
        }
        at += 1;
    }
    digits > 0 && beyond > 0 && !is_word(scan.at(at))
}

/// Whether it is joined to more letters or digits by a hyphen or a dot, as a part of a UUID or of a name of a host is.
#[inline(never)]
fn is_part(scan: &Scan<'_>, start: usize, end: usize) -> bool {
    let joins = |byte| matches!(byte, b'-' | b'.');
    let before = joins(scan.before(start)) && scan.before(start - 1).is_ascii_alphanumeric();
    before || joins(scan.at(end)) && scan.at(end + 1).is_ascii_alphanumeric()
}
