//! Brazil, Mexico, Canada, New Zealand.

use super::checks::{at, day_month, one_of, part, value};
use super::shape::Rule;
use crate::entry::{Entry, Profile, words};
use crate::scan::{Scan, is_word};

static BR_CNPJ: Entry = Entry {
    name: "BR_CNPJ",
    bare: 80,
    context: 95,
    words: words!["cnpj", "cadastro nacional da pessoa jurídica", "empresa"],
    profiles: &[Profile::Gdpr],
};

static MX_CURP: Entry = Entry {
    name: "MX_CURP",
    bare: 85,
    context: 95,
    words: words!["curp", "clave única de registro", "clave unica de registro"],
    profiles: &[Profile::Gdpr],
};

static MX_RFC: Entry = Entry {
    name: "MX_RFC",
    bare: 75,
    context: 90,
    words: words!["rfc", "registro federal de contribuyentes"],
    profiles: &[Profile::Gdpr],
};

static CA_POSTAL_CODE: Entry = Entry {
    name: "CA_POSTAL_CODE",
    bare: 50,
    context: 75,
    words: words![
        "postal code",
        "postcode",
        "zip",
        "code postal",
        "canada",
        "ontario",
        "quebec",
        "alberta",
        "british columbia",
    ],
    profiles: &[Profile::Gdpr, Profile::Hipaa],
};

static NZ_NHI: Entry = Entry {
    name: "NZ_NHI",
    bare: 45,
    context: 85,
    words: words!["nhi", "nhi number", "national health index"],
    profiles: &[Profile::Gdpr],
};

pub(crate) static ENTRIES: &[&Entry] = &[&BR_CNPJ, &MX_CURP, &MX_RFC, &CA_POSTAL_CODE, &NZ_NHI];

pub(crate) static RULES: &[Rule] = &[
    Rule::new("************99", &BR_CNPJ, cnpj),
    Rule::new("** *** *** **** 99", &BR_CNPJ, cnpj).grouped(),
    Rule::new("AAAA 999999 AAAAAA *9", &MX_CURP, curp),
    Rule::new("AAAA 999999 ***", &MX_RFC, rfc),
    Rule::new("AAA 999999 ***", &MX_RFC, rfc),
    // Of some the check digit is wrong.
    Rule::new("AAAA 999999 ***", &MX_RFC, person).levels(0, 76),
    Rule::new("AAA 999999 ***", &MX_RFC, |text| dated(part(text, 3, 9))).levels(0, 76),
    Rule::new("AAAA 999999", &MX_RFC, person).levels(0, 75),
    Rule::new("A9A 9A9", &CA_POSTAL_CODE, canadian),
    Rule::new("AAA 9999", &NZ_NHI, health_index),
    Rule::new("AAA 99AA", &NZ_NHI, new_health_index).levels(0, 75),
];

/// Values are those of ASCII less 48, weights 2 to 9 from the right (Receita Federal, IN RFB 2.229/2024).
fn cnpj(text: &[u8]) -> bool {
    let digit = |end: usize| {
        let values = part(text, 0, end).iter().rev().map(|byte| u32::from(byte.saturating_sub(b'0')));
        let sum: u32 = values.zip((2..=9).cycle()).map(|(value, weight)| value * weight).sum();
        (11 - sum % 11) % 11 % 10
    };
    let digits = part(text, 0, 12).iter().filter(|byte| byte.is_ascii_digit()).count();
    digits > 1 && digit(12) == value(at(text, 12)) && digit(13) == value(at(text, 13))
}

/// A date of birth as YYMMDD.
fn dated(digits: &[u8]) -> bool {
    day_month(part(digits, 4, 6), part(digits, 2, 4))
}

/// Mexico's states, and NE for those born abroad.
const STATES: &str =
    "AS BC BS CC CH CL CM CS DF DG GR GT HG JC MC MN MS NE NL NT OC PL QR QT SL SP SR TC TL TS VZ YN ZS";

/// Beginnings of names that are words which nobody is to bear: an RFC has an X as the fourth letter instead (SAT, annex IV
/// of the rules for its key).
const UNSEEMLY: &str = "BUEI BUEY CACA CACO CAGA CAGO CAKA CAKO COGE COJA COJE COJI COJO CULO FETO GUEY \
    JOTO KACA KACO KAGA KAGO KAKA KOGE KOJO KULO MAME MAMO MEAR MEAS MEON MION MOCO MULA PEDA PEDO PENE \
    PUTA PUTO QULO RATA RUIN";

/// More of them: a CURP has an X as the second letter instead of these and those (RENAPO, Instructivo normativo para la
/// asignación de la CURP, catalogue of improper words).
const UNSEEMLY_TOO: &str = "BACA BAKA COGI COLA FALO GETA GUEI JETA KAKO KOGI KOJA KOJE KOJI KOLA LILO LOCA \
    LOCO LOKA LOKO MIAR MOKO MULO NACA NACO PIPI PITO POPO ROBA ROBE ROBO SENO TETA VACA VAGA VAGO VAKA \
    VUEI VUEY WUEI WUEY";

/// Letters of a person's names and a date of birth, with which an RFC and a CURP begin.
fn person(text: &[u8]) -> bool {
    dated(part(text, 4, 10)) && !one_of(part(text, 0, 4), UNSEEMLY)
}

/// Letters of the names, birth date, sex, state, consonants, and a check digit with weights 18 to 2 (RENAPO).
fn curp(text: &[u8]) -> bool {
    let sum: u32 =
        part(text, 0, 17).iter().zip((2..=18).rev()).map(|(byte, weight)| mexican(*byte) * weight).sum();
    person(text)
        && !one_of(part(text, 0, 4), UNSEEMLY_TOO)
        && matches!(at(text, 10), b'H' | b'M' | b'X')
        && one_of(part(text, 11, 13), STATES)
        && (10 - sum % 10) % 10 == value(at(text, 17))
}

/// The place of Ñ in the text of a code.
const ENYE: u8 = b'[';

/// Ñ stands between N and O, and in the RFC & does, so that letters from O on count one more. There Ñ stands behind them and
/// a blank.
fn mexican(byte: u8) -> u32 {
    match byte {
        b'&' => 24,
        ENYE => 38,
        _ => value(byte) + u32::from(byte >= b'O'),
    }
}

/// Whether what begins at `start` follows an Ñ or a &, with at most a separator before digits.
#[inline(never)]
pub(super) fn goes_on(scan: &Scan<'_>, start: usize) -> bool {
    matches!(scan.before(behind(scan, start)), 0x91 | b'&')
}

/// Where the letters end that stand before `start`.
fn behind(scan: &Scan<'_>, start: usize) -> usize {
    let apart = matches!(scan.before(start), b' ' | b'-') && scan.at(start).is_ascii_digit();
    start - usize::from(apart)
}

/// A capital, Ñ or & that ends at `end`: how many bytes it has.
fn letter_before(scan: &Scan<'_>, end: usize) -> Option<usize> {
    match scan.before(end) {
        b'A'..=b'Z' | b'&' => Some(1),
        0x91 if scan.before(end - 1) == 0xC3 => Some(2),
        _ => None,
    }
}

/// Looks at what begins at `start` as the rest of an RFC with an Ñ or a & among its letters: `NIÑ 740925 6U1`.
#[inline(never)]
pub(super) fn beyond(scan: &mut Scan<'_>, start: usize) {
    let mut first = behind(scan, start);
    for _ in 0..4 {
        first -= letter_before(scan, first).unwrap_or(0);
    }
    // It is none that begins in a longer word, or with the & between parameters.
    let begins = letter_before(scan, first).is_none() && !is_word(scan.before(first));
    if !begins || scan.before(first) >= 0x80 || scan.at(first) == b'&' {
        return;
    }
    let (mut text, mut length, mut at) = ([0; 13], 0, first);
    while let Some(place) = text.get_mut(length) {
        (*place, at) = match scan.at(at) {
            0xC3 if scan.at(at + 1) == 0x91 => (ENYE, at + 2),
            byte @ (b'A'..=b'Z' | b'&' | b'0'..=b'9') => (byte, at + 1),
            b' ' | b'-' if length > 0 && is_word(scan.at(at + 1)) => {
                at += 1;
                continue;
            }
            _ => break,
        };
        length += 1;
        let digits = part(&text, length.saturating_sub(9), length.saturating_sub(3));
        if length > 11 && digits.iter().all(u8::is_ascii_digit) && !is_word(scan.at(at)) {
            person_or_company(scan, first, at, part(&text, 0, length));
            return;
        }
    }
}

/// Notes an RFC of twelve or thirteen characters. Without its check digit only Ñ says that it is one.
fn person_or_company(scan: &mut Scan<'_>, start: usize, end: usize, text: &[u8]) {
    let letters = part(text, 0, text.len() - 9);
    let named = letters.iter().all(|byte| !byte.is_ascii_digit());
    if named && rfc(text) {
        scan.hit(start, end, &MX_RFC);
    } else if named && letters.contains(&ENYE) && dated(part(text, text.len() - 9, text.len() - 3)) {
        scan.sure(start, end, &MX_RFC, 0, 76);
    }
}

/// Letters of the names, birth date or day of foundation, and three characters, the last of which is a check digit.
fn rfc(text: &[u8]) -> bool {
    let company = text.len() == 12;
    let rest = part(text, 0, text.len().saturating_sub(1));
    let sum: u32 = rest.iter().rev().zip(2..).map(|(byte, weight)| mexican(*byte) * weight).sum();
    // A blank, which counts 37, stands before the letters of a company.
    let sum = if company { sum + 37 * 13 } else { sum };
    let check = match (11 - sum % 11) % 11 {
        10 => b'A',
        check => b'0' + u8::try_from(check).unwrap_or(0),
    };
    let named = if company { dated(part(text, 3, 9)) } else { person(text) };
    named && text.last() == Some(&check)
}

/// Letters that Canada Post does not use.
fn canadian(text: &[u8]) -> bool {
    text.iter().all(|byte| !b"DFIOQU".contains(byte)) && !b"WZ".contains(&at(text, 0))
}

/// Weights 7 to 2, letters but I and O from 1 on; a remainder of 0 by 11 is not given out (HISO 10046).
fn health_index(text: &[u8]) -> bool {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let of = |byte: u8| match LETTERS.iter().position(|letter| *letter == byte) {
        Some(place) => u32::try_from(place + 1).unwrap_or(0),
        None => value(byte),
    };
    let sum: u32 = part(text, 0, 6).iter().zip((2..=7).rev()).map(|(byte, weight)| of(*byte) * weight).sum();
    let rest = sum % 11;
    new_health_index(text) && rest != 0 && (11 - rest) % 10 == value(at(text, 6))
}

/// Since 2022; its check letter is left out here.
fn new_health_index(text: &[u8]) -> bool {
    text.iter().all(|byte| !b"IO".contains(byte))
}
