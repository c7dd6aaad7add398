//! `Retry-After` (RFC 9110, 10.2.3): seconds, or a date in one of three forms (5.6.7).

/// How long to wait, in ms from `now` (Unix ms); `None` for what is neither seconds nor a date.
#[must_use]
pub fn retry_after(value: &str, now: u64) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a long time, too.
        let seconds: u32 = value.parse().unwrap_or(u32::MAX);
        return Some(u64::from(seconds) * 1_000);
    }
    Some(date(value, now)?.saturating_sub(now))
}

/// An HTTP-date, in Unix ms.
fn date(value: &str, now: u64) -> Option<u64> {
    let mut parts = [""; 6];
    let mut count = 0;
    for part in value.split([' ', ',', '-']).filter(|part| !part.is_empty()) {
        *parts.get_mut(count)? = part;
        count += 1;
    }
    let [_, second, third, fourth, fifth, sixth] = parts;
    let (day, month, year, time) = match count {
        // Sun, 06 Nov 1994 08:49:37 GMT; Sunday, 06-Nov-94 08:49:37 GMT
        6 if sixth == "GMT" => (second, third, fourth, fifth),
        // Sun Nov  6 08:49:37 1994
        5 => (third, second, fifth, fourth),
        _ => return None,
    };
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let (day, year) = (number(day, 31)?, year_of(year, now)?);
    let mut clock = time.split(':');
    let (hour, minute) = (number(clock.next()?, 23)?, number(clock.next()?, 59)?);
    // A leap second is the next one's first.
    let second = number(clock.next()?, 60)?;
    if clock.next().is_some() || day == 0 {
        return None;
    }
    let seconds = ((days(year, month, day)? * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1_000)
}

/// Two digits that seem to be more than 50 years ahead are of the century before (RFC 9110, 5.6.7).
fn year_of(text: &str, now: u64) -> Option<u64> {
    const YEAR_MS: u64 = 31_556_952_000;
    let year = number(text, 9_999)?;
    if text.len() != 2 {
        return Some(year);
    }
    let this = 1970 + now / YEAR_MS;
    let year = this / 100 * 100 + year;
    Some(if year > this + 50 { year - 100 } else { year })
}

fn number(text: &str, most: u64) -> Option<u64> {
    let digits = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= most)
}

/// Days from the epoch to a date of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms",
/// days_from_civil); `None` before the epoch.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    // Years begin in March, so that the leap day is their last.
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 00:00:00 GMT.
    const NOW: u64 = 1_795_392_000_000;

    #[test]
    fn seconds_and_dates() {
        for (value, expected) in [
            ("0", Some(0)),
            ("7", Some(7_000)),
            (" 30 ", Some(30_000)),
            ("99999999999999999999", Some(4_294_967_295_000)),
            ("Mon, 23 Nov 2026 00:00:12 GMT", Some(12_000)),
            ("Monday, 23-Nov-26 00:00:12 GMT", Some(12_000)),
            ("Mon Nov 23 00:00:12 2026", Some(12_000)),
            ("Tue, 24 Nov 2026 00:00:00 GMT", Some(86_400_000)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(0)),
            ("Sun Nov  6 08:49:37 1994", Some(0)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("Mon, 23 Nov 2026 00:00:12", None),
            ("Mon, 23 Nov 2026 24:00:12 GMT", None),
            ("Mon, 00 Nov 2026 00:00:12 GMT", None),
            ("Mon, 23 Now 2026 00:00:12 GMT", None),
            ("Mon, 23 Nov 2026 00:00:12 GMT and more", None),
            ("Mon, 23 Nov 99999 00:00:12 GMT", None),
        ] {
            assert_eq!(retry_after(value, NOW), expected, "{value:?}");
        }
    }

    #[test]
    fn dates_are_counted_right() {
        for (value, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777_000),
            ("Sun Nov  6 08:49:37 1994", 784_111_777_000),
            ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200_000),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200_000),
            ("Mon, 23 Nov 2026 00:00:00 GMT", NOW),
        ] {
            assert_eq!(date(value, NOW), Some(expected), "{value}");
        }
    }
}
