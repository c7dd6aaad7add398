//! Identifiers of digits in which one place may be a letter.

use super::americas::cl_rut;
use super::asia::cn_resident;
use super::run::{begins, ends};
use crate::checks::{number, pair};
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;

/// Words for a Chilean number.
pub(crate) const RUT: &str = words![
    "rut",
    "rut run",
    "run nacional",
    "número run",
    "run rut",
    "rol único tributario",
    "rol único nacional",
    "chile",
    "chilean id",
    "rut number",
    "cl rut",
];

static CL_RUT: Entry =
    Entry { name: "CL_RUT", bare: 60, context: 90, words: RUT, profiles: &[Profile::Gdpr] };

/// The words are those of the ones of digits alone, by name.
static CN_RESIDENT_ID: Entry =
    Entry { name: "CN_RESIDENT_ID", bare: 94, context: 96, words: words![], profiles: &[Profile::Gdpr] };

static FR_NIR: Entry =
    Entry { name: "FR_NIR", bare: 88, context: 95, words: words![], profiles: &[Profile::Gdpr] };

pub(crate) static ENTRIES: &[&Entry] = &[&CL_RUT, &CN_RESIDENT_ID, &FR_NIR];

/// Digits and at most one letter, with one separator between some of them.
struct Mixed {
    values: [u8; 18],
    count: usize,
    /// Which letter, and after how many digits.
    letter: Option<(u8, usize)>,
    end: usize,
    grouped: bool,
}

impl Mixed {
    fn read(scan: &Scan<'_>, start: usize) -> Self {
        let mut mixed = Self { values: [0; 18], count: 0, letter: None, end: start, grouped: false };
        let mut at = start;
        loop {
            let byte = scan.at(at);
            if byte.is_ascii_digit() {
                let Some(value) = mixed.values.get_mut(mixed.count) else { return mixed };
                *value = byte - b'0';
                mixed.count += 1;
            } else if mixed.letter.is_none()
                && matches!(byte, b'A' | b'B' | b'K' | b'X' | b'a' | b'b' | b'k' | b'x')
            {
                mixed.letter = Some((byte.to_ascii_uppercase(), mixed.count));
            } else if at == mixed.end && at > start && matches!(byte, b' ' | b'.' | b'-') {
                mixed.grouped = true;
                at += 1;
                continue;
            } else {
                return mixed;
            }
            at += 1;
            mixed.end = at;
        }
    }
}

/// Looks for an identifier with a letter whose first digit is at `start`; the digits before the letter end at `end`.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize, end: usize) {
    let letter = scan.at(end + usize::from(scan.at(end) == b'-')).to_ascii_uppercase();
    if !matches!(letter, b'A' | b'B' | b'K' | b'X') {
        return;
    }
    let mixed = Mixed::read(scan, start);
    let Some((letter, at)) = mixed.letter else { return };
    if !begins(scan, start) || !ends(scan, mixed.end) {
        return;
    }
    let mut values = mixed.values;
    let last = at == mixed.count;
    match letter {
        b'X' if last && at == 17 => {
            if let Some(value) = values.get_mut(17) {
                *value = 10;
            }
            if cn_resident(&values) {
                scan.hit(start, mixed.end, &CN_RESIDENT_ID);
            }
        }
        b'K' if last && matches!(at, 7 | 8) => {
            if let Some(value) = values.get_mut(at) {
                *value = 10;
            }
            if cl_rut(values.get(..=at).unwrap_or(&[])) {
                let bare = if mixed.grouped { 80 } else { CL_RUT.bare };
                scan.sure(start, mixed.end, &CL_RUT, bare, CL_RUT.context);
            }
        }
        b'A' | b'B' if at == 6 && matches!(mixed.count, 12 | 14) => corsica(scan, start, &mixed, letter),
        _ => {}
    }
}

/// A number of somebody born in Corsica: for the key 2A counts as 19 and 2B as 18.
fn corsica(scan: &mut Scan<'_>, start: usize, mixed: &Mixed, letter: u8) {
    let place = |from: usize, to: usize| number(mixed.values.get(from..to).unwrap_or(&[]));
    let department = if letter == b'A' { 19 } else { 18 };
    let value = (place(0, 5) * 100 + department) * 1_000_000 + place(6, 12);
    let known = matches!(place(0, 1), 1..=4 | 7 | 8)
        && matches!(place(3, 5), 1..=12 | 20..=42 | 50..=99)
        && place(5, 6) == 2;
    if !known {
        return;
    }
    if mixed.count == 14 && 97 - value % 97 == u64::from(pair(&mixed.values, 12)) {
        scan.hit(start, mixed.end, &FR_NIR);
    } else if mixed.count == 12 {
        scan.sure(start, mixed.end, &FR_NIR, 70, 86);
    }
}
