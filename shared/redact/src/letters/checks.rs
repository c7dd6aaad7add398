//! Check characters of identifiers with letters. All of them take capitals and digits.

/// The value of a digit, or of a letter from 10 on (ISO 13616, ISO 7064).
pub(crate) const fn value(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => (byte - b'0') as u32,
        b'A'..=b'Z' => (byte - b'A') as u32 + 10,
        _ => 0,
    }
}

/// The number that digits write; none for anything else.
#[inline(never)]
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then_some(byte.wrapping_sub(b'0'))?;
        sum.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// The sum of values times weights.
#[inline(never)]
pub(crate) fn weighted(text: &[u8], weights: &[u32]) -> u32 {
    text.iter().zip(weights).map(|(byte, weight)| value(*byte) * weight).sum()
}

/// The remainder by 97 of a text whose letters stand for 10 to 35 (ISO 7064 MOD 97-10).
#[inline(never)]
pub(crate) fn mod_97(text: impl Iterator<Item = u8>) -> u32 {
    text.fold(0, |rest, byte| {
        let value = value(byte);
        (rest * if value > 9 { 100 } else { 10 } + value) % 97
    })
}

/// The check digit of machine readable travel documents: weights 7, 3, 1 (ICAO 9303-3, 4.9).
#[inline(never)]
pub(crate) fn icao(text: &[u8]) -> u32 {
    text.iter().zip([7, 3, 1].iter().cycle()).map(|(byte, weight)| value(*byte) * weight).sum::<u32>() % 10
}

/// Whether the last of `text` is the letter that stands in `alphabet` at `place`.
#[inline(never)]
pub(crate) fn ends_with(text: &[u8], alphabet: &[u8], place: u32) -> bool {
    let expected = usize::try_from(place).ok().and_then(|place| alphabet.get(place));
    expected.is_some() && text.last() == expected
}

/// All but the last, and the value of the last.
pub(crate) fn split(text: &[u8]) -> Option<(&[u8], u32)> {
    let (last, rest) = text.split_last()?;
    Some((rest, value(*last)))
}

/// The Luhn algorithm in base 36 or 10: products are summed by their digits in that base. `split` as it is written.
#[inline(never)]
pub(crate) fn luhn_in(base: u32, text: &[u8]) -> bool {
    let sum: u32 = text
        .iter()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let product = value(*byte) * if at % 2 == 1 { 2 } else { 1 };
            product / base + product % base
        })
        .sum();
    sum.is_multiple_of(base)
}

/// Whether digits write a day and a month, in two digits each.
#[inline(never)]
pub(crate) fn day_month(day: &[u8], month: &[u8]) -> bool {
    let month = number(month).unwrap_or(0);
    let longest = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month) && number(day).is_some_and(|day| (1..=longest).contains(&day))
}

/// A range of a text; empty outside.
pub(crate) fn part(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end).unwrap_or(&[])
}

/// The byte at a place; 0 outside.
pub(crate) fn at(text: &[u8], place: usize) -> u8 {
    text.get(place).copied().unwrap_or(0)
}

/// Whether a text is one of these.
#[inline(never)]
pub(crate) fn one_of(text: &[u8], codes: &str) -> bool {
    codes.split(' ').any(|code| code.as_bytes() == text)
}
