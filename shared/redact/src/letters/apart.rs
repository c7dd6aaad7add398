//! VAT numbers with something between the code of the country and the digits: `DE - 113866163`, `EL: 094279805`,
//! `BE (0)468.561.072`.

use super::shape::{self, Code};
use super::{is_part, is_separator, vat};
use crate::entry::Entry;
use crate::label;
use crate::scan::Scan;

/// The longest one.
const LONGEST: usize = 14;
/// How sure one of them is beside its word: surer than the same digits as they are written at home.
const BESIDE: u8 = 90;

/// Looks at a word of two or three capitals as the code of a country. Where a single separator stands behind it they are
/// groups as others.
#[inline(never)]
pub(super) fn capitals(scan: &mut Scan<'_>, start: usize, end: usize) {
    if matches!(end - start, 2 | 3)
        && let Some(first) = behind(scan, end)
    {
        number(scan, start, end, first);
    }
}

/// Where the digits begin that stand apart from a code that ends at `end`.
fn behind(scan: &Scan<'_>, end: usize) -> Option<usize> {
    let blank = |at: usize| usize::from(scan.at(at) == b' ');
    let sign = end + blank(end);
    let first = match scan.at(sign) {
        b'-' | b':' => sign + 1 + blank(sign + 1),
        b'(' if scan.at(sign + 2) == b')' => sign + 1,
        _ => return None,
    };
    let digit = first + usize::from(scan.at(first).is_ascii_uppercase());
    scan.at(digit).is_ascii_digit().then_some(first)
}

/// Asks the rules of VAT numbers about a code and each of the groups behind it, the first of which begins at `first`.
fn number(scan: &mut Scan<'_>, start: usize, end: usize, first: usize) {
    let mut text = [0_u8; LONGEST];
    let (mut length, mut letters, mut at) = (0, 0_u64, start);
    loop {
        let byte = scan.at(at);
        let kind = shape::kind(byte);
        if kind == 0 || kind & shape::SMALL != 0 {
            return;
        }
        let Some(place) = text.get_mut(length) else { return };
        *place = byte;
        letters |= u64::from(kind & shape::LETTER) << length;
        length += 1;
        at += 1;
        if at == end {
            at = first;
        } else if shape::kind(scan.at(at)) == 0 && at > end {
            let code = Code { text: text.get(..length).unwrap_or(&[]), letters, breaks: 0, hyphens: true };
            known(scan, start, at, &code);
            at += usize::from(scan.at(at) == b')');
            at += usize::from(is_separator(scan.at(at)));
        }
    }
}

fn known(scan: &mut Scan<'_>, start: usize, end: usize, code: &Code<'_>) {
    let of_length = |rule: &&shape::Rule| rule.shape.length == code.text.len();
    for rule in vat::RULES.iter().filter(of_length).filter(|rule| rule.is(code)) {
        let phrases = vat::HOME.iter().copied().chain([rule.entry]).flat_map(Entry::phrases);
        if !is_part(scan, start, end) && label::leads(scan, start, phrases) {
            scan.sure(start, end, rule.entry, 0, rule.context.max(BESIDE));
        }
    }
}
