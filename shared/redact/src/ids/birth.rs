//! Dates of birth: dates beside a word that says so.

use super::run::{Labels, Seconds, begins, ends};
use crate::checks::{BORN_BEFORE, day};
use crate::entry::{Entry, Profile, words};
use crate::scan::Scan;
use crate::words::lower;

static DATE_OF_BIRTH: Entry = Entry {
    name: "DATE_OF_BIRTH",
    bare: 0,
    context: 82,
    words: words![
        "date of birth",
        "dob",
        "do b",
        "d o b",
        "birth date",
        "birthdate",
        "birthday",
        "born",
        "birth",
        "bday",
        "dateofbirth",
        "geburtsdatum",
        "geboren",
        "geb",
        "geburtstag",
        "geb datum",
        "date de naissance",
        "né le",
        "née le",
        "naissance",
        "fecha de nacimiento",
        "nacimiento",
        "nacido",
        "nacida",
        "fecha nac",
        "data de nascimento",
        "nascimento",
        "nascido",
        "nascida",
        "data di nascita",
        "nascita",
        "nato il",
        "nata il",
        "geboortedatum",
        "fødselsdato",
        "født",
        "födelsedatum",
        "född",
        "syntymäaika",
        "syntynyt",
        "data urodzenia",
        "urodzony",
        "urodzona",
        "datum narození",
        "narozen",
        "dátum narodenia",
        "születési",
        "született",
        "data nașterii",
        "doğum tarihi",
        "datum rođenja",
        "datum rojstva",
        "tanggal lahir",
        "tarikh lahir",
        "ngày sinh",
        "дата рождения",
        "рождения",
        "дата народження",
        "ημερομηνία γέννησης",
        "生年月日",
        "出生日期",
        "出生",
        "生日",
        "誕生日",
        "생년월일",
        "생일",
        "วันเกิด",
        "تاريخ الميلاد",
    ],
    profiles: &[Profile::Gdpr, Profile::Hipaa],
};

pub(crate) static ENTRIES: &[&Entry] = &[&DATE_OF_BIRTH];

/// How a word begins that may speak of a birth.
static LABELS: Labels = Labels::new(
    &[
        "birth",
        "born",
        "dob",
        "d.o.b",
        "d o b",
        "bday",
        "date",
        "geb",
        "naiss",
        "né",
        "nac",
        "nas",
        "nat",
        "fød",
        "föd",
        "syn",
        "uro",
        "nar",
        "szü",
        "doğ",
        "rođ",
        "roj",
        "lahir",
        "sinh",
        "рож",
        "Рож",
        "дата",
        "Дата",
        "нар",
        "Нар",
        "γέν",
        "生",
        "出",
        "誕",
        "생",
        "วัน",
        "الم",
    ],
    56,
);

/// How months begin, as they are written in Europe's larger languages, in lower case.
const MONTHS: &[&str] = &[
    "jan", "jän", "ene", "gen", "sty", "led", "feb", "fév", "fev", "lut", "úno", "mar", "mär", "mrz", "maa",
    "mrt", "bře", "apr", "avr", "abr", "kwi", "dub", "may", "mai", "maj", "mei", "mag", "kvě", "jun", "juin",
    "giu", "cze", "jul", "juil", "lug", "lip", "aug", "aou", "aoû", "ago", "sie", "srp", "sep", "set", "wrz",
    "zář", "oct", "okt", "ott", "out", "paź", "říj", "nov", "lis", "dec", "déc", "dic", "dez", "gru", "pro",
];

/// A date that begins with the digits from `start` to `end`, or with a month right before them.
pub(crate) fn digits(scan: &mut Scan<'_>, start: usize, end: usize) {
    if !matches!(end - start, 1 | 2 | 4 | 8) || !begins(scan, start) {
        return;
    }
    let found = numeric(scan, start, end)
        .or_else(|| ideographic(scan, start, end))
        .map(|end| (start, end))
        .or_else(|| worded(scan, start, end));
    let Some((start, end)) = found else { return };
    if LABELS.before(scan, start) || LABELS.behind(scan, end) || LABELS.above(scan, start, end) {
        scan.hit(start, end, &DATE_OF_BIRTH);
    }
}

/// The number of up to four digits at `at`, and where it ends.
#[inline(never)]
fn number(scan: &Scan<'_>, at: usize) -> Option<(u32, usize)> {
    let digits = scan.bytes.get(at..)?.iter().take(5).take_while(|byte| byte.is_ascii_digit());
    let (value, length) =
        digits.fold((0, 0), |(value, length), digit| (value * 10 + u32::from(digit - b'0'), length + 1));
    matches!(length, 1..=4).then_some((value, at + length))
}

/// Whether somebody who lives may be born in this year, written with so many digits.
const fn year(value: u32, length: usize) -> bool {
    length == 2 || length == 4 && value >= 1880 && value < BORN_BEFORE
}

/// The number that a few digits write.
#[inline(never)]
fn value(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit & 15))
}

/// `1985-03-12`, `12.03.1985`, `3/12/85`, `19850312`.
fn numeric(scan: &Scan<'_>, start: usize, end: usize) -> Option<usize> {
    if end - start == 8 {
        let part = |from, to| value(scan.part(from, to));
        let leading =
            year(part(start, start + 4), 4) && day(part(start + 4, start + 6), part(start + 6, end));
        let trailing = year(part(start + 4, end), 4)
            && (day(part(start + 2, start + 4), part(start, start + 2))
                || day(part(start, start + 2), part(start + 2, start + 4)));
        return ((leading || trailing) && ends(scan, end)).then_some(end);
    }
    let sign = scan.at(end);
    if !matches!(sign, b'-' | b'.' | b'/' | b' ') {
        return None;
    }
    let (first, _) = number(scan, start)?;
    let (second, at) = number(scan, end + 1)?;
    if scan.at(at) != sign {
        return None;
    }
    let (third, last) = number(scan, at + 1)?;
    let length = last - at - 1;
    let known = if end - start == 4 {
        year(first, 4) && day(second, third) && length <= 2
    } else {
        year(third, length) && (day(first, second) || day(second, first))
    };
    let stands = scan.has(last, "T00") || ends(scan, last) && !is_time(scan, last);
    (known && stands).then_some(last)
}

/// Whether a time of day follows, as in a log.
fn is_time(scan: &Scan<'_>, end: usize) -> bool {
    scan.at(end) == b' ' && scan.at(end + 3) == b':' && !scan.has(end + 1, "00")
}

/// `1985年3月12日`, and in Korean.
fn ideographic(scan: &Scan<'_>, start: usize, end: usize) -> Option<usize> {
    if scan.at(end) < 0x80 {
        return None;
    }
    let behind = |at: usize, signs: [&str; 2]| {
        let sign =
            signs.into_iter().find(|sign| scan.bytes.get(at..at + sign.len()) == Some(sign.as_bytes()))?;
        let next = at + sign.len();
        Some(next + usize::from(scan.at(next) == b' '))
    };
    let (born, _) = number(scan, start)?;
    let (month, at) = number(scan, behind(end, ["年", "년"])?)?;
    let (date, at) = number(scan, behind(at, ["月", "월"])?)?;
    let last = behind(at, ["日", "일"])?;
    (year(born, 4) && day(month, date)).then_some(last - usize::from(scan.before(last) == b' '))
}

/// Where the word that begins at `at` ends.
fn word(scan: &Scan<'_>, at: usize) -> usize {
    (at..at + 24).find(|at| !scan.at(*at).is_ascii_alphabetic() && scan.at(*at) < 0x80).unwrap_or(at)
}

static SECONDS: Seconds = Seconds::of(MONTHS);

/// Whether a word is the name of a month.
fn is_month(word: &str) -> bool {
    let [first, second, _, ..] = word.as_bytes() else { return false };
    // A letter that is not ASCII may be a capital of another code.
    let plain = first.is_ascii() && second.is_ascii();
    if plain && !SECONDS.may_begin(*first, *second) {
        return false;
    }
    let known = |month: &&str| {
        let mut lower = word.chars().map(lower);
        month.chars().all(|wanted| lower.next() == Some(wanted))
    };
    MONTHS.iter().any(known)
}

/// Behind what stands between the parts of a worded date.
fn skip(scan: &Scan<'_>, mut at: usize) -> usize {
    let from = at;
    while at < from + 3 && matches!(scan.at(at), b' ' | b',' | b'.' | b'-' | b'/') {
        at += 1;
    }
    match scan.at(at) {
        b'o' if scan.has(at, "of ") => at + 3,
        b'd' if scan.has(at, "de ") => at + 3,
        b'd' if scan.has(at, "del ") => at + 4,
        _ => at,
    }
}

/// `12 March 1985`, `12th of March, 1985`, `March 12, 1985`.
fn worded(scan: &Scan<'_>, start: usize, end: usize) -> Option<(usize, usize)> {
    if end - start > 2 || !(1..=31).contains(&value(scan.part(start, end))) {
        return None;
    }
    let ordinal = matches!(
        (scan.at(end), scan.at(end + 1)),
        (b's', b't') | (b'n', b'd') | (b'r', b'd') | (b't', b'h') | (b'e', b'r')
    );
    let behind = skip(scan, if ordinal { end + 2 } else { end });
    // Day first: the month follows, then the year.
    let name_end = word(scan, behind);
    if name_end > behind {
        if !is_month(scan.slice(behind, name_end)) {
            return None;
        }
        let at = skip(scan, name_end);
        let (born, last) = number(scan, at)?;
        return (year(born, last - at) && ends(scan, last)).then_some((start, last));
    }
    let (born, last) = number(scan, behind)?;
    if last - behind != 4 || !year(born, 4) || !ends(scan, last) {
        return None;
    }
    let blanks = (start.saturating_sub(2)..start).rev().take_while(|at| matches!(scan.at(*at), b' ' | b'.'));
    let gap = start - blanks.count();
    let letter = |at: usize| scan.before(at).is_ascii_alphabetic() || scan.before(at) >= 0x80;
    let mut name = gap;
    while name > 0 && gap - name < 16 && letter(name) {
        name -= 1;
    }
    (gap < start && is_month(scan.slice(name, gap))).then_some((name, last))
}
