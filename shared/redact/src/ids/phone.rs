//! Phone numbers.

use super::calls::{LABELS, WORDS};
use super::id::{Id, id};
use super::run::{begins, ends};
use crate::checks::{digit, pair};
use crate::column;
use crate::entry::{Entry, Profile};
use crate::scan::{Scan, is_word};
use crate::words::has_any;

static PHONE_NUMBER: Entry = Entry {
    name: "PHONE_NUMBER",
    bare: 0,
    context: 80,
    words: WORDS,
    profiles: &[Profile::Gdpr, Profile::Hipaa],
};

pub(crate) static IDS: &[Id] = &[
    id("PHONE_NUMBER", 0, 84, WORDS).of(&[10]).check(nanp).within(&[Profile::Gdpr, Profile::Hipaa]),
    id("PHONE_NUMBER", 0, 82, WORDS)
        .of(&[11])
        .check(|digits| digit(digits, 0) == 1 && nanp(digits.get(1..).unwrap_or(&[])))
        .within(&[Profile::Gdpr, Profile::Hipaa]),
];

/// Country codes (ITU-T E.164), each with two digits each for the least and the most digits that follow.
const COUNTRIES: &[u32] = &[
    1_0710, 7_1014, 20_0810, 27_0610, 30_1012, 31_0611, 32_0809, 33_0909, 34_0909, 36_0809, 39_0612, 40_0609,
    41_0909, 43_0613, 44_0710, 45_0808, 46_0610, 47_0608, 48_0710, 49_0613, 51_0809, 52_1010, 53_0610,
    54_1011, 55_0811, 56_0911, 57_0811, 58_1010, 60_0810, 61_0612, 62_0713, 63_0613, 64_0610, 65_0811,
    66_0813, 81_0813, 82_0613, 84_0710, 86_0712, 90_0713, 91_0813, 92_0812, 93_0909, 94_0909, 95_0610,
    98_0610, 211_0909, 212_0909, 213_0809, 216_0808, 218_0909, 220_0709, 221_0909, 222_0808, 223_0808,
    224_0809, 225_1010, 226_0808, 227_0808, 228_0808, 229_1010, 230_0710, 231_0709, 232_0808, 233_0809,
    234_1012, 235_0808, 236_0808, 237_0809, 238_0707, 239_0707, 240_0909, 241_0708, 242_0909, 243_0710,
    244_0909, 245_0709, 246_0707, 247_0506, 248_0707, 249_0909, 250_0809, 251_0909, 252_0609, 253_0808,
    254_0710, 255_0909, 256_0909, 257_0808, 258_0809, 260_0909, 261_0909, 262_0909, 263_0710, 264_0809,
    265_0709, 266_0808, 267_0710, 268_0809, 269_0707, 290_0505, 291_0707, 297_0707, 298_0606, 299_0606,
    350_0808, 351_0909, 352_0611, 353_0710, 354_0709, 355_0609, 356_0808, 357_0808, 358_0612, 359_0612,
    370_0808, 371_0808, 372_0710, 373_0808, 374_0808, 375_0611, 376_0609, 377_0809, 378_0810, 380_0910,
    381_0612, 382_0809, 383_0812, 385_0709, 386_0608, 387_0809, 389_0808, 420_0909, 421_0609, 423_0709,
    500_0505, 501_0711, 502_0811, 503_0711, 504_0811, 505_0808, 506_0810, 507_0711, 508_0609, 509_0808,
    590_0909, 591_0809, 592_0707, 593_0811, 594_0909, 595_0611, 596_0909, 597_0607, 598_0612, 599_0708,
    670_0708, 672_0606, 673_0707, 674_0707, 675_0708, 676_0607, 677_0607, 678_0607, 679_0711, 680_0707,
    681_0609, 682_0505, 683_0707, 685_0610, 686_0608, 687_0606, 688_0607, 689_0609, 690_0607, 691_0707,
    692_0707, 800_0808, 808_0808, 850_0810, 852_0611, 853_0708, 855_0810, 856_0810, 870_0912, 878_1212,
    880_0610, 881_0910, 882_0712, 883_0812, 886_0711, 888_1111, 960_0710, 961_0708, 962_0809, 963_0809,
    964_0810, 965_0708, 966_0910, 967_0709, 968_0709, 970_0810, 971_0612, 972_0712, 973_0808, 974_0711,
    975_0708, 976_0810, 977_0811, 979_0909, 992_0909, 993_0808, 994_0909, 995_0909, 996_0910, 998_0909,
];

/// The North American Numbering Plan: area and exchange begin with 2 to 9, and no area has 9 in the middle; N11 is a
/// service.
fn nanp(digits: &[u8]) -> bool {
    let service = |at: usize| digit(digits, at + 1) == 1 && digit(digits, at + 2) == 1;
    digits.len() == 10
        && digit(digits, 0) >= 2
        && digit(digits, 1) != 9
        && digit(digits, 3) >= 2
        && !service(0)
        && !service(3)
}

/// The same behind the country's code, which says enough: codes of areas that do not exist are written as well.
fn nanp_abroad(digits: &[u8]) -> bool {
    digits.len() == 10 && digit(digits, 0) >= 2 && digit(digits, 3) >= 2
}

/// A country code and as many digits as numbers of that country have.
fn international(digits: &[u8]) -> bool {
    let mut code = 0;
    for (at, value) in digits.iter().take(3).enumerate() {
        code = code * 10 + u32::from(*value);
        let Ok(found) = COUNTRIES.binary_search_by_key(&code, |country| country / 10_000) else { continue };
        let rest = digits.get(at + 1..).unwrap_or(&[]);
        let country = COUNTRIES.get(found).copied().unwrap_or(0);
        let lengths = country / 100 % 100..=country % 100;
        return if code == 1 { nanp_abroad(rest) } else { lengths.contains(&(rest.len() as u32)) };
    }
    false
}

/// Digits with what may stand between those of a phone number.
struct Number {
    values: [u8; 15],
    count: usize,
    /// After each whole group: where it ends and how many digits there are by then.
    ends: [(usize, usize); 15],
    groups: usize,
}

impl Number {
    fn read(scan: &Scan<'_>, start: usize) -> Self {
        let mut number = Self { values: [0; 15], count: 0, ends: [(0, 0); 15], groups: 0 };
        let mut at = start;
        loop {
            while scan.at(at).is_ascii_digit() {
                let Some(value) = number.values.get_mut(number.count) else { return number };
                *value = scan.at(at) - b'0';
                number.count += 1;
                at += 1;
            }
            if let Some(end) = number.ends.get_mut(number.groups) {
                *end = (at, number.count);
                number.groups += 1;
            }
            let Some(next) = between(scan, at) else { return number };
            at = next;
        }
    }

    /// Whether its first groups are a year, a month and a day, in this order or the other.
    fn begins_with_date(&self) -> bool {
        let mut from = 0;
        let mut lengths = self.ends.iter().take(self.groups).map(|(_, count)| {
            let length = count - from;
            from = *count;
            length
        });
        let year = |at| matches!(pair(&self.values, at), 19 | 20);
        match (lengths.next(), lengths.next(), lengths.next()) {
            (Some(4), Some(1 | 2), Some(1 | 2)) => year(0),
            (Some(day @ (1 | 2)), Some(month @ (1 | 2)), Some(4)) => year(day + month),
            _ => false,
        }
    }

    /// The longest number of whole groups that passes, with the place of its end.
    fn longest(&self, scan: &Scan<'_>, passes: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let ends_at = self.ends.iter().take(self.groups).rev();
        ends_at
            .filter(|(_, count)| passes(self.values.get(..*count).unwrap_or(&[])))
            .map(|(end, _)| extension(scan, *end))
            .find(|end| ends(scan, *end))
    }
}

/// Where the next group of a phone number begins, behind a separator, brackets, or a trunk prefix in brackets.
fn between(scan: &Scan<'_>, from: usize) -> Option<usize> {
    let mut at = from;
    while at < from + 6 {
        match scan.at(at) {
            b'(' if scan.at(at + 1) == b'0' && scan.at(at + 2) == b')' => at += 3,
            b' ' | b'-' | b'.' | b'/' | b'_' | b'(' | b')' => at += 1,
            byte => return (byte.is_ascii_digit() && at > from).then_some(at),
        }
    }
    None
}

/// The end with an extension: ` x123`, ` ext. 123`.
fn extension(scan: &Scan<'_>, end: usize) -> usize {
    let mut at = end;
    while matches!(scan.at(at), b' ' | b',') && at < end + 2 {
        at += 1;
    }
    let names = ["extension", "ext.", "ext", "x", "#"];
    let named = |name: &&str| {
        scan.bytes.get(at..at + name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes()))
    };
    let Some(name) = names.into_iter().find(|name| named(name)) else { return end };
    at += name.len();
    at += usize::from(scan.at(at) == b' ');
    let length = (at..at + 7).take_while(|at| scan.at(*at).is_ascii_digit()).count();
    if (1..=6).contains(&length) { at + length } else { end }
}

/// A number of North America as it is usually written, from its first digit on: where it ends, and how sure it is.
fn american(scan: &Scan<'_>, start: usize) -> Option<(usize, u8)> {
    let mut values = [0; 10];
    let mut bracket = scan.before(start) == b'(';
    let mut at = start;
    let code = ["1", "001"].iter().find(|code| scan.bytes.get(at..at + code.len()) == Some(code.as_bytes()));
    let code = code.filter(|code| !bracket && matches!(scan.at(at + code.len()), b'-' | b'.' | b' '));
    if let Some(code) = code {
        at += code.len() + 1;
        bracket = scan.at(at) == b'(';
        at += usize::from(bracket);
    }
    let mut signs = [0; 2];
    for (place, value) in values.iter_mut().enumerate() {
        if place == 3 && bracket {
            at += usize::from(scan.at(at) == b')');
            bracket = scan.before(at) == b')';
            at += usize::from(matches!(scan.at(at), b' ' | b'-' | b'.'));
        } else if let (3 | 6, Some(sign)) = (place, signs.get_mut(place / 6)) {
            *sign = scan.at(at);
            at += 1;
        }
        if !scan.at(at).is_ascii_digit() {
            return None;
        }
        *value = scan.at(at) - b'0';
        at += 1;
    }
    let level = match signs {
        [0, b'-' | b'.' | b' '] if bracket => 76,
        [b'-', b'-'] | [b'.', b'.'] | [b' ' | b'/', b'-'] => 75,
        [b' ', b' '] => 70,
        _ => return None,
    };
    let end = extension(scan, at);
    ((nanp(&values) || code.is_some() && nanp_abroad(&values)) && ends(scan, end)).then_some((end, level))
}

/// Looks for a phone number whose first digit is at `start`; its first group ends at `end`, and it has `digits` digits
/// before anything but a separator comes.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize, end: usize, digits: usize) {
    let before = scan.before(start);
    let marked = matches!(before, b'+' | b'(');
    if digits < 7 && !marked && scan.at(end + 1) != b'(' {
        return;
    }
    // `+(44) 20 ...`
    let plus = before == b'(' && scan.before(start - 1) == b'+';
    // `+ 1 2 1 2 ...`
    let spaced = before == b' ' && end - start == 1 && scan.before(start - 1) == b'+' && single(scan, end);
    let first = if marked { start - 1 - usize::from(plus) } else { start - 2 * usize::from(spaced) };
    if before == b'+' || spaced || plus {
        if before == b'+' && is_position(scan, start, end) {
            return;
        }
        let found = Number::read(scan, start).longest(scan, international);
        if let Some(end) = found.filter(|_| !is_word(scan.before(first))) {
            // `(+44) 20 ...`
            let bracket = scan.before(first) == b'(' && has_any(scan.slice(first, end), b")");
            scan.sure(first - usize::from(bracket), end, &PHONE_NUMBER, 78, 88);
        }
        return;
    }
    if !begins(scan, first) {
        return;
    }
    let american = if matches!(end - start, 1 | 3) { american(scan, start) } else { None };
    // What is dialled before the code of a country in most others.
    let abroad = || match scan.slice(start, start + 2) {
        "00" => Number::read(scan, start + 2).longest(scan, international),
        _ => None,
    };
    if let Some((end, level)) = american {
        scan.sure(first, end, &PHONE_NUMBER, level, 86);
    } else if let Some(to) = abroad() {
        scan.sure(first, to, &PHONE_NUMBER, if to == end { 0 } else { 72 }, 86);
    } else if let Some(end) = trunk(scan, start, end) {
        scan.sure(first, end, &PHONE_NUMBER, 75, 86);
    } else {
        national(scan, first, start);
    }
}

/// Whether single digits with blanks between follow.
fn single(scan: &Scan<'_>, end: usize) -> bool {
    (end..end + 6).step_by(2).all(|at| scan.at(at) == b' ' && scan.at(at + 1).is_ascii_digit())
}

/// Whether a latitude begins here, a longitude behind it, in degrees, minutes and seconds (ISO 6709).
fn is_position(scan: &Scan<'_>, start: usize, end: usize) -> bool {
    let second = (end + 1..end + 9).take_while(|at| scan.at(*at).is_ascii_digit()).count();
    let table = scan.before(start - 1) == b'\t';
    matches!(scan.at(end), b'+' | b'-') && matches!((end - start, second, table), (6, 7, _) | (4, 5, true))
}

/// Where a number ends whose trunk prefix and area stand in brackets: `(020) 7946 0958`.
fn trunk(scan: &Scan<'_>, start: usize, end: usize) -> Option<usize> {
    let bracket = scan.before(start) == b'(' && scan.at(start) == b'0' && scan.at(end) == b')';
    let number = (bracket && matches!(end - start, 3..=5)).then(|| Number::read(scan, start))?;
    number.longest(scan, |digits| (9..=11).contains(&digits.len()))
}

/// From so many bytes on, a number with its trunk prefix is a whole one.
const WHOLE: usize = 9;

/// A number as those in the country write it, beside a word.
fn national(scan: &mut Scan<'_>, first: usize, start: usize) {
    let labelled = LABELS.before(scan, start);
    // With a trunk prefix the word may stand behind: `020 7946 0958 is my phone number`.
    let trunk = scan.at(start) == b'0' && scan.at(start + 1) != b'0';
    if !labelled && !trunk && !column::may_begin(scan.bytes, first) {
        return;
    }
    let number = Number::read(scan, start);
    let found = number.longest(scan, |digits| (7..=13).contains(&digits.len()));
    if let Some(end) = found.filter(|_| !number.begins_with_date())
        && (labelled
            || trunk && end - first > WHOLE && LABELS.behind(scan, end)
            || LABELS.above(scan, first, end))
    {
        scan.hit(first, end, &PHONE_NUMBER);
    }
}
