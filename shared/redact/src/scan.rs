//! The one pass over a text. Emits candidates; every byte is looked at once here, and detectors look at bounded
//! surroundings of their candidate, so that all of it is linear in the text.

mod class;

use crate::column::{self, Table, Tables};
use crate::entry::{Entry, Type};
use crate::{encoded, ids, letters, net, secrets};
use class::{ANCHOR, DIGIT, ESCAPE, LOWER, TOKEN, UPPER, WORD, class, measure};
use std::ops::Range;

pub(crate) use class::is_word;

/// What a detector found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit<'e> {
    /// Where, in bytes of the scanned text.
    pub start: usize,
    pub end: usize,
    pub entry: Type<'e>,
    /// How sure it is by itself, and beside a word that fits.
    pub bare: u8,
    pub context: u8,
}

/// What detectors see, and where they say what they found.
pub(crate) struct Scan<'a> {
    /// The text, normalised: digits are ASCII, blanks are blanks, hyphens are hyphens.
    pub text: &'a str,
    pub bytes: &'a [u8],
    pub hits: Vec<Hit<'static>>,
    /// The runs of base64 characters that may hold something, with their padding.
    pub runs: Vec<Range<usize>>,
    /// Up to where cells were looked at for the names of their columns.
    pub table: usize,
    /// The tables that values were asked for.
    pub tables: Tables,
    /// The ends of lines that may have broken a value, and whether that is a number.
    pub breaks: Vec<(usize, bool)>,
    /// Whether anything stands there that an escape may begin with.
    pub escapes: bool,
}

impl Scan<'_> {
    /// Notes a value with the levels of its entry.
    pub fn hit(&mut self, start: usize, end: usize, entry: &'static Entry) {
        self.sure(start, end, entry, entry.bare, entry.context);
    }

    /// Notes a value with levels of its own.
    #[inline(never)]
    pub fn sure(&mut self, start: usize, end: usize, entry: &'static Entry, bare: u8, context: u8) {
        self.hits.push(Hit { start, end, entry: entry.into(), bare, context });
    }

    /// The byte at an offset; 0 outside.
    pub fn at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The byte before an offset; 0 at the beginning.
    pub fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |at| self.at(at))
    }

    /// Whether a text stands at an offset.
    #[inline(always)]
    pub fn has(&self, at: usize, text: &str) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    /// The bytes of a range; none outside.
    pub fn part(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or(&[])
    }

    /// The text of a range; empty outside and within a character.
    #[inline(never)]
    pub fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or("")
    }
}

/// Finds all candidates of a normalised text and asks the detectors about them.
/// `path` has the names of the fields above, its own last.
pub(crate) fn scan<'a>(text: &'a str, path: &[&str]) -> Scan<'a> {
    let (hits, runs) = (Vec::new(), Vec::new());
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        hits,
        runs,
        table: 0,
        tables: Tables::default(),
        breaks: Vec::new(),
        escapes: false,
    };
    secrets::field(&mut scan, path);
    letters::field(&mut scan, path);
    if let Some(table) = column::first(scan.bytes) {
        columns(&mut scan, &table);
    }
    let mut at = 0;
    let (mut done, mut others) = (Done::default(), 0);
    while let Some(byte) = text.as_bytes().get(at) {
        let class = class(*byte);
        if class & WORD != 0 {
            at = word(&mut scan, at, &mut done);
            continue;
        }
        others |= class;
        if class & ANCHOR != 0 {
            anchor(&mut scan, at, *byte);
        }
        at += 1;
    }
    scan.escapes = others & ESCAPE != 0;
    scan
}

/// What was looked at already.
#[derive(Default)]
struct Done {
    /// Up to where digits were taken as one run.
    digits: usize,
    /// Up to where the detectors of secrets have looked at a token.
    token: usize,
    /// Up to where a run of base64 characters goes.
    run: usize,
}

/// The length of a time of day on some date (RFC 3339): logs are full of them, and nothing in them is a value, unless the
/// time is midnight's, which may stand for none.
fn timestamp(rest: &[u8]) -> Option<usize> {
    let ([.., b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _], behind) = rest.split_at_checked(16)? else {
        return None;
    };
    let digits = |from: usize, count: usize| {
        rest.get(from..from + count).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let known = [(0, 4), (5, 2), (8, 2), (11, 2), (14, 2)].iter().all(|(from, count)| digits(*from, *count));
    let mut length = 16;
    if behind.first() == Some(&b':') && digits(17, 2) {
        length = 19;
        if rest.get(19) == Some(&b'.') && digits(20, 1) {
            length += 1 + behind.get(4..)?.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        }
    }
    length += usize::from(rest.get(length) == Some(&b'Z'));
    let ends = rest.get(length).is_none_or(|byte| !is_word(*byte) && !matches!(byte, b'.' | b':'));
    (known && ends && !rest.get(11..)?.starts_with(b"00")).then_some(length)
}

/// Looks at the cells of a table below names that say what stands there.
fn columns(scan: &mut Scan<'_>, table: &Table) {
    scan.table = letters::columns(scan, table).max(secrets::columns(scan, table));
}

fn anchor(scan: &mut Scan<'_>, at: usize, byte: u8) {
    match byte {
        b'@' => net::email(scan, at),
        b'\n' => {
            if let Some(number) = encoded::broken(scan.bytes, at) {
                scan.breaks.push((at, number));
            }
        }
        b':' => {
            if scan.at(at + 1) == b'/' && scan.at(at + 2) == b'/' {
                net::url(scan, at);
            }
            net::colon(scan, at);
            secrets::assigned(scan, at);
        }
        b'-' if scan.at(at + 1) == b'-' => {
            if scan.at(at + 2).is_ascii_alphabetic() {
                secrets::flag(scan, at);
            } else if scan.has(at, "-----BEGIN ") {
                secrets::block(scan, at);
            } else if scan.before(at) != b'-'
                && at >= scan.table
                && let Some(table) = column::ruled(scan.bytes, at)
            {
                columns(scan, &table);
            }
        }
        b'-' if matches!(scan.at(at + 1), b'p' | b'P' | b'a' | b'w') && scan.before(at) == b' ' => {
            secrets::option(scan, at);
        }
        b'-' => {}
        _ => secrets::assigned(scan, at),
    }
}

/// The length of the shortest word that a secret may stand beside without a sign.
const BESIDE: usize = 8;
const _: () = assert!(BESIDE <= secrets::SHORTEST && BESIDE <= encoded::SHORTEST);

/// Looks at what is said of a word that ends at `end`, behind a blank.
fn spoken(scan: &mut Scan<'_>, end: usize) {
    if scan.at(end + 1) == b'i' && scan.at(end + 2) == b's' && scan.at(end + 3) == b' ' {
        secrets::spoken(scan, end);
    }
}

/// A word at `start`; returns where to go on.
fn word(scan: &mut Scan<'_>, start: usize, done: &mut Done) -> usize {
    let rest = scan.bytes.get(start..).unwrap_or(&[]);
    let (length, has) = measure(rest);
    let end = start + length;
    let blank = scan.at(end) == b' ';
    // Most words.
    if blank && has & DIGIT == 0 && length < BESIDE {
        done.token = done.token.max(end);
        spoken(scan, end);
        if has & (UPPER | LOWER) == UPPER {
            letters::capitals(scan, start, end);
        }
        return end + 1;
    }
    if length == 4
        && let Some(behind) = timestamp(rest)
    {
        return start + behind;
    }
    if start >= done.run && (length >= encoded::SHORTEST || matches!(scan.at(end), b'/' | b'-' | b'+')) {
        let run = encoded::run(scan.bytes, start);
        done.run = run.end;
        if run.len() >= encoded::SHORTEST {
            scan.runs.push(run);
        }
    }
    if blank && start >= done.token {
        done.token = end;
        if length >= secrets::SHORTEST {
            secrets::token(scan, start, end);
        }
    } else if start >= done.token {
        let more = rest.get(length..).unwrap_or(&[]).iter().take_while(|byte| class(**byte) & TOKEN != 0);
        let far = end + more.count();
        done.token = far;
        // Some go on behind a dot or a tilde: `s.3Xg...`, `abc8Q~...`.
        let goes_on = matches!(scan.at(far), b'.' | b'~') && scan.at(far + 1) > b' ';
        if far - start >= secrets::SHORTEST || goes_on {
            secrets::token(scan, start, far);
        }
    }
    if blank {
        spoken(scan, end);
    } else if length <= 4 && matches!(scan.at(end), b'.' | b'-') {
        net::short(scan, start, end);
    }
    if length >= BESIDE
        && matches!(scan.at(end), b' ' | b'\t')
        && matches!(scan.before(end) | 0x20, b'd' | b't')
    {
        secrets::beside(scan, end);
    }
    identifiers(scan, start, end, has, done);
    // A blank is nothing to look at.
    end + usize::from(blank)
}

/// Looks at a word of these classes as the beginning of an identifier.
#[inline(always)]
fn identifiers(scan: &mut Scan<'_>, start: usize, end: usize, has: u8, done: &mut Done) {
    if has & DIGIT != 0 {
        if start >= done.digits && scan.at(start).is_ascii_digit() {
            done.digits = ids::digits(scan, start).max(end);
        }
        if has & (UPPER | LOWER) != 0 {
            letters::word(scan, start, end);
            secrets::unsigned(scan, start, end);
        } else {
            letters::digits(scan, start, end);
        }
    } else if has & (UPPER | LOWER) == UPPER && end - start <= 11 {
        // `AB 12 34 56 C`, `DE89 ...` in groups, `DEUTDEFF`.
        letters::capitals(scan, start, end);
    }
}
