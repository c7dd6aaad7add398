//! Numbers with anything between their groups, as people type them behind the word that says what they are:
//! `860002183 - 9`, `156 / 141 / 14808`.

use super::id::Ragged;
use super::run::{MOST, begins, ends};
use super::{BY_COUNT, is_named};
use crate::label;
use crate::scan::Scan;

/// Most bytes between two groups.
const WIDEST: usize = 5;

/// Groups of digits, whatever stands between them.
struct Groups {
    values: [u8; MOST],
    count: usize,
    end: usize,
    /// How many there are, and how many have three digits.
    groups: usize,
    threes: usize,
    /// Whether all stand behind single dots or commas, and whether any stands behind a slash.
    decimal: bool,
    slashed: bool,
    /// Whether none is above 255.
    octets: bool,
}

/// Whether another group may follow the first one, which ends at `end`.
#[inline(always)]
pub(super) fn goes_on(scan: &Scan<'_>, end: usize) -> bool {
    let next = scan.at(end + 1);
    match scan.at(end) {
        b' ' | b'-' | b'/' => next.is_ascii_digit() || matches!(next, b' ' | b'-' | b'/'),
        b'.' | b',' => next.is_ascii_digit(),
        _ => false,
    }
}

/// Looks at all groups from the digit at `start` on as one number.
#[inline(never)]
pub(super) fn digits(scan: &mut Scan<'_>, start: usize) {
    // A row of numbers is read once, not from each of them on.
    let mut before = start;
    while start - before < WIDEST && separates(scan.before(before)) {
        before -= 1;
    }
    if scan.before(before).is_ascii_digit() || !begins(scan, start) {
        return;
    }
    let Some(groups) = read(scan, start) else { return };
    if groups.groups < 2 || groups.is_another() || !ends(scan, groups.end) {
        return;
    }
    let digits = groups.values.get(..groups.count).unwrap_or(&[]);
    for id in BY_COUNT.ragged.get(groups.count).into_iter().flatten() {
        let fits = id.ragged == Ragged::Any || groups.slashed;
        let said = || label::leads(scan, start, id.entry.phrases());
        if fits && (id.check)(digits) && said() && (!id.named || is_named(scan, start, &id.entry)) {
            scan.sure(start, groups.end, &id.entry, 0, id.entry.context);
        }
    }
}

/// All groups from one on; none if they are more digits than any number has.
fn read(scan: &Scan<'_>, start: usize) -> Option<Groups> {
    let mut all = Groups {
        values: [0; MOST],
        count: 0,
        end: start,
        groups: 0,
        threes: 0,
        decimal: true,
        slashed: false,
        octets: true,
    };
    let mut at = start;
    loop {
        let (from, mut value) = (at, 0_u32);
        while scan.at(at).is_ascii_digit() {
            let digit = scan.at(at) - b'0';
            *all.values.get_mut(all.count)? = digit;
            value = value.saturating_mul(10).saturating_add(u32::from(digit));
            all.count += 1;
            at += 1;
        }
        all.groups += 1;
        all.threes += usize::from(at - from == 3);
        all.octets &= value < 256;
        all.end = at;
        let length = gap(scan, at);
        if length == 0 {
            return Some(all);
        }
        let between = scan.part(at, at + length);
        all.decimal &= matches!(between, [b'.' | b',']);
        all.slashed |= between.contains(&b'/');
        at += length;
    }
}

impl Groups {
    /// Whether they are those of a decimal number, an amount or an address.
    fn is_another(&self) -> bool {
        self.decimal && (self.groups < 3 || self.threes + 1 >= self.groups || self.groups == 4 && self.octets)
    }
}

const fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'/' | b'.' | b',')
}

/// How many bytes stand between the group that ends at `at` and the next one; 0 if none follows: blanks with at most one
/// sign, or a dash of two; or a dot or a comma alone, for with a blank behind it begins something else.
fn gap(scan: &Scan<'_>, at: usize) -> usize {
    let length = (at..at + WIDEST).take_while(|at| separates(scan.at(*at))).count();
    if length == 0 || !scan.at(at + length).is_ascii_digit() {
        return 0;
    }
    let between = scan.part(at, at + length);
    let signs = between.iter().filter(|byte| **byte != b' ').count();
    let alone = length == 1 || !between.iter().any(|byte| matches!(byte, b'.' | b','));
    let dash = signs == 2 && between.iter().all(|byte| matches!(byte, b' ' | b'-'));
    if alone && (signs < 2 || dash) { length } else { 0 }
}
