//! Runs of digits, and how they are cut: any whole groups that stand beside each other may be a value.

use super::id::shape;
use crate::scan::{Scan, is_word};

/// Most digits that are looked at together: the longest identifier that anybody knows.
pub(crate) const MOST: usize = 20;

/// Digits without a separator.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Group {
    pub start: usize,
    pub end: usize,
    /// The separator before it; 0 before the first one.
    pub gap: u8,
    /// How many digits there are from the first group to this one.
    pub digits: u8,
    /// The lengths of all groups up to it.
    pub shape: u64,
    /// Whether all separators up to it are the same.
    pub uniform: bool,
    /// Whether all groups up to it have one digit.
    pub single: bool,
}

/// The groups from one on, with one separator between each, as many as have at most `MOST` digits together.
pub(crate) struct Run {
    values: [u8; MOST],
    groups: [Group; MOST],
    /// How many groups there are.
    pub count: usize,
    /// Where the first group ends, of any length.
    pub first_end: usize,
    /// Where the last one does.
    pub end: usize,
    /// Where the next group begins, if one follows.
    pub next: Option<usize>,
}

/// Whole groups beside each other.
pub(crate) struct Window<'a> {
    pub start: usize,
    pub end: usize,
    /// The values of the digits (0 to 9), without the separators.
    pub values: &'a [u8],
    pub groups: &'a [Group],
    /// The lengths of the groups.
    pub shape: u64,
    /// Whether all separators are the same.
    pub uniform: bool,
    /// Whether no further group follows its separator on either side.
    pub whole: bool,
}

/// The separator at `at`, right behind a group of some length, if another group follows it.
pub(crate) fn gap(scan: &Scan<'_>, at: usize, length: usize) -> Option<u8> {
    let byte = scan.at(at);
    let separates = match byte {
        b' ' | b'-' | b'.' | b'_' | b'/' | b'+' => true,
        // A line may be broken within a value, but a column of single digits is none.
        b'\n' => length > 1 && scan.at(at + 2).is_ascii_digit(),
        _ => false,
    };
    (separates && scan.at(at + 1).is_ascii_digit()).then_some(byte)
}

impl Run {
    /// The groups from the digit at `start` on.
    pub fn read(scan: &Scan<'_>, start: usize) -> Self {
        let groups = [Group::default(); MOST];
        let mut run = Self { values: [0; MOST], groups, count: 0, first_end: start, end: start, next: None };
        let mut before = Group { uniform: true, single: true, ..Group::default() };
        let (mut at, mut digits, mut gap_before) = (start, 0, 0);
        loop {
            let from = at;
            while scan.at(at).is_ascii_digit() {
                if let Some(value) = run.values.get_mut(digits) {
                    *value = scan.at(at) - b'0';
                }
                digits += 1;
                at += 1;
                // The first group is read to its end, so that the next one is found; others as far as they count.
                if digits > MOST && run.count > 0 {
                    return run;
                }
            }
            let follows = gap(scan, at, at - from);
            if from == start {
                (run.first_end, run.next) = (at, follows.map(|_| at + 1));
            }
            if digits > MOST {
                return run;
            }
            before = Group {
                start: from,
                end: at,
                gap: gap_before,
                digits: u8::try_from(digits).unwrap_or(u8::MAX),
                shape: shape(before.shape, u8::try_from(at - from).unwrap_or(0)),
                uniform: before.uniform && (run.count < 2 || gap_before == before.gap),
                single: before.single && at - from == 1,
            };
            if let Some(group) = run.groups.get_mut(run.count) {
                *group = before;
                run.count += 1;
            }
            run.end = at;
            let Some(byte) = follows else { return run };
            gap_before = byte;
            at += 1;
        }
    }

    /// How many digits there are in all groups, or up to one of them.
    pub fn digits(&self, last: usize) -> usize {
        self.groups.get(last).map_or(0, |group| usize::from(group.digits))
    }

    /// The groups from the first one to one of them, if they stand alone.
    pub fn window(&self, scan: &Scan<'_>, last: usize) -> Option<Window<'_>> {
        let groups = self.groups.get(..=last)?;
        let (first, last) = (groups.first()?, groups.last()?);
        let separator = groups.get(1).map_or(0, |group| group.gap);
        let before = scan.before(first.start) == separator
            && scan.before(first.start.saturating_sub(1)).is_ascii_digit();
        let behind = scan.at(last.end) == separator && scan.at(last.end + 1).is_ascii_digit();
        let whole = !before && !behind;
        // Single digits in a row are one value or none.
        let fits = ends(scan, last.end) && (whole || !last.single || groups.len() == 1);
        fits.then(|| Window {
            start: first.start,
            end: last.end,
            values: self.values.get(..usize::from(last.digits)).unwrap_or(&[]),
            groups,
            shape: last.shape,
            uniform: last.uniform,
            whole,
        })
    }
}

impl Window<'_> {
    /// Whether its groups are those of a date, an IP address or a decimal number.
    pub fn looks_like_another(&self) -> bool {
        let lengths = || self.groups.iter().map(|group| group.end - group.start);
        let dots = self.groups.get(1).is_some_and(|group| group.gap == b'.');
        let address = dots && self.uniform && self.groups.len() == 4 && lengths().all(|length| length <= 3);
        let date =
            self.groups.len() == 3 && lengths().sum::<usize>() == 8 && lengths().all(|length| length != 3);
        let zip = self.groups.len() == 2 && lengths().eq([5, 4]);
        let thousands = self.groups.len() > 3
            && self.groups.get(1).is_some_and(|group| matches!(group.gap, b'_' | b'.'))
            && lengths().skip(1).all(|length| length == 3)
            && lengths().take(1).all(|length| length <= 3);
        // Orders of a shop are written `123-1234567-1234567`; numbers of social security have a layout of their own.
        let order = lengths().eq([3, 7, 7])
            || lengths().eq([3, 2, 4]) && self.groups.get(1).is_some_and(|group| group.gap == b'-');
        thousands || address || date || zip || order || dots && self.groups.len() == 2
    }

    /// Whether the groups of a value may be such as nobody writes: not over lines, where each is a value of its own.
    pub fn may_be_regrouped(&self) -> bool {
        let broken = self.groups.iter().any(|group| matches!(group.gap, b'\n' | b'+'));
        self.uniform && self.whole && !broken && !self.looks_like_another()
    }
}

/// Whether the word that ends before `end` only names what follows: letters alone, such as are not all hexadecimal.
fn names(scan: &Scan<'_>, end: usize) -> bool {
    let mut at = end;
    while at > 0 && end - at < 24 && scan.before(at).is_ascii_alphabetic() {
        at -= 1;
    }
    let word = scan.slice(at, end);
    !is_word(scan.before(at))
        && scan.before(at) != b'-'
        && !word.is_empty()
        && word.bytes().any(|byte| !byte.is_ascii_hexdigit())
}

/// Whether a value may begin at `start`: not in a number, a version, a UUID, a time.
pub(crate) fn begins(scan: &Scan<'_>, start: usize) -> bool {
    let Some(at) = start.checked_sub(1) else { return true };
    match scan.at(at) {
        b'-' => !is_word(scan.before(at)) || names(scan, at),
        b'.' => !is_word(scan.before(at)) && scan.before(at) != b'.' || names(scan, at),
        b':' => !scan.before(at).is_ascii_digit(),
        b'+' | b'$' | b'*' | b'^' | b'\\' => false,
        // Of the signs of currency, the pound and the euro; others are told by their words.
        _ if scan.before(start) >= 0x80 => {
            !["£", "€", "¥"].iter().any(|sign| scan.part(0, start).ends_with(sign.as_bytes()))
        }
        byte => !is_word(byte),
    }
}

/// Whether a value may end at `end`.
#[inline(never)]
pub(crate) fn ends(scan: &Scan<'_>, end: usize) -> bool {
    match scan.at(end) {
        b'-' | b'.' | b'+' => !is_word(scan.at(end + 1)),
        b':' => !scan.at(end + 1).is_ascii_digit(),
        b'%' | b'@' => false,
        byte => !is_word(byte),
    }
}

/// The second bytes of words, by the first one, both without their upper bits: most others are told by them.
pub(crate) struct Seconds([u32; 32]);

impl Seconds {
    /// Meant for constants, as [`Labels::new`].
    #[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
    pub const fn of(words: &[&str]) -> Self {
        let (mut seconds, mut at) = ([0; 32], 0);
        while at < words.len() {
            let word = words[at].as_bytes();
            seconds[(word[0] & 31) as usize] |= 1 << (word[1] & 31);
            at += 1;
        }
        Self(seconds)
    }

    /// Whether one of the words may begin with these bytes.
    pub fn may_begin(&self, first: u8, second: u8) -> bool {
        self.0.get(usize::from(first & 31)).copied().unwrap_or(0) >> (second & 31) & 1 != 0
    }
}

/// Beginnings of words, in lower case, that may speak of a value.
pub(crate) struct Labels {
    words: &'static [&'static str],
    /// What each byte is, `FIRST` among it.
    kinds: [u8; 256],
    seconds: Seconds,
    /// How far before the value the word may stand.
    reach: usize,
}

/// What a byte is to labels: the first one of any of them, or what else it is.
const FIRST: u8 = 1;
const DIGIT: u8 = 2;
const UPPER: u8 = 4;
const LOWER: u8 = 8;

impl Labels {
    /// Meant for constants: a word of less than two bytes is noticed when it is compiled.
    #[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
    pub const fn new(words: &'static [&'static str], reach: usize) -> Self {
        let mut kinds = [0; 256];
        let mut at = 0;
        while at < 128 {
            kinds[at] = match at as u8 {
                b'0'..=b'9' => DIGIT,
                b'A'..=b'Z' => UPPER,
                b'a'..=b'z' => LOWER,
                _ => 0,
            };
            at += 1;
        }
        at = 0;
        while at < words.len() {
            let word = words[at].as_bytes();
            kinds[word[0] as usize] |= FIRST;
            kinds[word[0].to_ascii_uppercase() as usize] |= FIRST;
            at += 1;
        }
        Self { words, kinds, seconds: Seconds::of(words), reach }
    }

    fn kind(&self, byte: u8) -> u8 {
        self.kinds.get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// Whether such a word follows, and no number before it: `(1985-03-12, date of birth)`.
    pub fn behind(&self, scan: &Scan<'_>, end: usize) -> bool {
        let rest = scan.bytes.get(end..).unwrap_or(&[]).iter().take(self.reach);
        let length = rest.take_while(|byte| !byte.is_ascii_digit() && **byte != b'\n').count();
        let near = scan.bytes.get(end..end + length).unwrap_or(&[]);
        near.windows(2).enumerate().any(|(at, pair)| match pair {
            [before, first] if !before.is_ascii_alphabetic() && self.kind(*first) & FIRST != 0 => {
                self.is_at(near.get(at + 1..))
            }
            _ => false,
        })
    }

    /// Whether a text is nothing but a value, so that the names above it say what it is, or has such a word shortly
    /// before it and no other number in between.
    pub fn before(&self, scan: &Scan<'_>, start: usize) -> bool {
        if scan.bytes.len() <= 24 {
            return true;
        }
        let from = start.saturating_sub(self.reach);
        // The beginning of a text is like a blank.
        let bytes = scan.part(from.saturating_sub(1), start).iter().rev().chain((from == 0).then_some(&b' '));
        let mut kinds = bytes.map(|byte| self.kind(*byte));
        let mut kind = kinds.next().unwrap_or(0);
        for (at, before) in (from..start).rev().zip(kinds) {
            // One jump for all of it, for hardly any of them is taken.
            let begins = (before & (UPPER | LOWER) == 0) | ((kind & UPPER != 0) & (before & LOWER != 0));
            if begins & (kind & (DIGIT | FIRST) != 0) {
                // The digit of `cvv2` is part of a word.
                if kind & DIGIT != 0 {
                    // So is a time in a chat.
                    let colon = |at: usize| {
                        scan.at(at) == b':'
                            && scan.before(at).is_ascii_digit()
                            && scan.at(at + 1).is_ascii_digit()
                    };
                    if !(at.saturating_sub(2)..at + 3).any(colon) {
                        return false;
                    }
                    kind = before;
                    continue;
                }
                if self.is_at(scan.bytes.get(at..start)) {
                    return true;
                }
            }
            kind = before;
        }
        false
    }

    /// Whether the column has such a word in its name in which a value is a whole cell.
    pub fn above(&self, scan: &mut Scan<'_>, start: usize, end: usize) -> bool {
        let Some(cell) = scan.tables.cell(scan.text, &(start..end)) else { return false };
        cell.name.clone().any(|at| self.is_at(scan.bytes.get(at..cell.name.end)))
    }

    fn is_at(&self, rest: Option<&[u8]>) -> bool {
        let Some(rest @ [first, second, ..]) = rest else { return false };
        let begins = |word: &&str| {
            word.as_bytes().get(1).is_some_and(|known| (known ^ second) & 31 == 0)
                && rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()))
        };
        self.seconds.may_begin(*first, *second) && self.words.iter().any(begins)
    }
}
