//! Facts that a look at the characters tells.

use super::lex::What;
use crate::fold;

/// `https://..`, `www...`.
pub(super) fn is_url(small: &str) -> bool {
    small.starts_with("www.") || small.find("://").is_some_and(|at| at > 0)
}

/// `name@host.example`.
pub(super) fn is_mail(small: &str) -> bool {
    small
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.starts_with('.'))
}

/// Scheme and host of a URL are the same in small letters, the rest is not.
pub(super) fn url(text: &str) -> String {
    let scheme = text.find("://").map_or(0, |at| at + 3);
    let path =
        text.get(scheme..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(text.len(), |at| scheme + at);
    let (host, path) = text.split_at_checked(path).unwrap_or((text, ""));
    host.to_lowercase() + path
}

/// An id as it stands, or in small letters where case does not tell ids apart.
pub(super) fn id(text: &str) -> String {
    if fold::has_case(text, false) { text.to_owned() } else { text.to_lowercase() }
}

/// Letters with points between them, without the points, for those that mean something: `a.m`, `u.s.a`.
pub(super) fn initials(small: &str) -> Option<&'static str> {
    match small {
        "a.m" => Some("am"),
        "p.m" => Some("pm"),
        "u.s" | "u.s.a" => Some("usa"),
        "u.k" => Some("uk"),
        "e.u" => Some("eu"),
        "e.g" | "i.e" => Some("eg"),
        "d.c" => Some("dc"),
        _ => None,
    }
}

/// Words with hyphens between them, or with one slash.
pub(super) fn is_compound(small: &str) -> bool {
    let plain = small.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '/' | '‐' | '–' | '—'));
    plain && small.matches('/').count() <= 1 && small.starts_with(char::is_alphabetic)
}

/// A date in digits, or a time.
pub(super) fn date_or_time(small: &str) -> Option<What> {
    clock(small).or_else(|| date(small))
}

/// `17:30`, `5:30pm`, `5pm`, `17:30:05`.
fn clock(small: &str) -> Option<What> {
    let end = small.find(|c: char| !c.is_ascii_digit())?;
    let hours: u8 = small.get(..end).filter(|digits| digits.len() <= 2)?.parse().ok()?;
    let rest = small.get(end..)?;
    let (rest, noon) = match rest {
        _ if rest.ends_with("am") || rest.ends_with("a.m") => {
            (rest.trim_end_matches(['a', '.', 'm']), Some(false))
        }
        _ if rest.ends_with("pm") || rest.ends_with("p.m") => {
            (rest.trim_end_matches(['p', '.', 'm']), Some(true))
        }
        _ => (rest, None),
    };
    let minutes = match rest.strip_prefix([':', '.', 'h']) {
        Some(minutes) if !(rest.starts_with('.') && noon.is_none()) => minutes,
        None if rest.is_empty() && noon.is_some() => "00",
        _ => return None,
    };
    let digits = minutes.strip_suffix('z').unwrap_or(minutes);
    let parts =
        digits.split([':', '.']).all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let fits = hours <= if noon.is_some() { 12 } else { 24 };
    (parts && fits && digits.split([':', '.']).next()?.len() == 2)
        .then(|| What::Time(hours, minutes.to_owned(), noon))
}

/// `2026-11-29`, `29.11.2026`, `11/29/2026`, `2026/11`, with a time behind a `t`. A date in which day and month could
/// change places stays as it is.
fn date(small: &str) -> Option<What> {
    let (day, time) = small.split_once('t').unwrap_or((small, ""));
    let separator = day.find(['-', '/', '.']).and_then(|at| day.get(at..=at))?;
    let mut parts = day.split(separator);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next());
    let year = |part: &str| part.len() == 4 && number(part, 2999).is_some_and(|year| year >= 1000);
    let date = match c {
        _ if parts.next().is_some() => return None,
        None if separator == "." => return None,
        None if year(a) && b.len() == 2 => in_order(a, number(b, 12)?, None)?,
        None if year(b) && a.len() <= 2 => in_order(b, number(a, 12)?, None)?,
        None => return None,
        Some(c) if year(a) => in_order(a, number(b, 12)?, Some(number(c, 31)?))?,
        Some(c) if year(c) => {
            let (first, second) = (number(a, 31)?, number(b, 31)?);
            if separator == "." || first > 12 || first == second {
                in_order(c, second, Some(first))?
            } else if second > 12 {
                in_order(c, first, Some(second))?
            } else {
                format!("{first}{separator}{second}{separator}{c}")
            }
        }
        Some(_) => return None,
    };
    if time.is_empty() {
        return Some(What::Date(date));
    }
    time.bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'z' | b'+' | b'-'))
        .then(|| What::Date(date + "t" + time))
}

/// A number from 1 on, of at most four digits.
#[inline(never)]
fn number(part: &str, most: u16) -> Option<u16> {
    part.parse().ok().filter(|number| part.len() <= 4 && (1..=most).contains(number))
}

#[inline(never)]
fn in_order(year: &str, month: u16, day: Option<u16>) -> Option<String> {
    let day = day.map_or(String::new(), |day| format!("-{day:02}"));
    (month <= 12).then(|| format!("{year}-{month:02}{day}"))
}
