//! Runs of base64 and hex, which are decoded as a whole.

use std::ops::Range;

/// The shortest run of base64 that is decoded: it holds 11 bytes, such as a social security number with hyphens.
pub(crate) const SHORTEST: usize = 15;
/// The shortest run of hex: it holds nine digits.
const HEX: usize = 18;
/// Most bytes of a run that are decoded.
const MOST: usize = 64 * 1024;

/// The run of base64 characters around a word that begins at `start`, with its padding: what joins it to a word before
/// belongs to it.
pub(crate) fn run(bytes: &[u8], start: usize) -> Range<usize> {
    let (before, rest) = bytes.split_at_checked(start).unwrap_or_default();
    let joins = before.iter().rev().take_while(|byte| is_base64(**byte)).count();
    let length = rest.iter().position(|byte| !is_base64(*byte)).unwrap_or(rest.len());
    let padding = rest.iter().skip(length).take(2).take_while(|byte| **byte == b'=').count();
    start - joins..start + length + padding
}

/// What runs of a text hold: where, and the text.
pub(crate) fn decoded(text: &str, runs: Vec<Range<usize>>) -> impl Iterator<Item = (Range<usize>, String)> {
    runs.into_iter().flat_map(move |run| pieces(text, run))
}

/// A run as a whole; or, if that is no text, its parts: a path or a name may have been taken for its beginning.
fn pieces(text: &str, run: Range<usize>) -> Vec<(Range<usize>, String)> {
    let bytes = text.as_bytes().get(run.clone()).unwrap_or(&[]);
    if let Some(whole) = decode(bytes) {
        return vec![(run, whole)];
    }
    let mut found = Vec::new();
    if bytes.iter().fold(0, |most, byte| sextet(*byte).max(most)) < JOINS {
        return found;
    }
    let mut start = run.start;
    for part in bytes.split(|byte| matches!(byte, b'/' | b'-' | b'_' | b'+')) {
        let end = start + part.len();
        if part.len() >= SHORTEST && part.len() < bytes.len() {
            found.extend(decode(part).map(|text| (start..end, text)));
        }
        start = end + 1;
    }
    found
}

/// The text that a run holds.
fn decode(run: &[u8]) -> Option<String> {
    hex(run).or_else(|| base64(run))
}

/// Both digits of each byte, perhaps behind `0x`.
fn hex(run: &[u8]) -> Option<String> {
    let digits = run.strip_prefix(b"0x").unwrap_or(run);
    if digits.len() < HEX || !digits.len().is_multiple_of(2) {
        return None;
    }
    // Of what is no digit something.
    let nibble = |digit: u8| if digit.is_ascii_digit() { digit - b'0' } else { (digit & 31).wrapping_add(9) };
    let (pairs, _) = digits.as_chunks::<2>();
    let mut bytes = pairs.iter().map(|[high, low]| nibble(*high) << 4 | nibble(*low) & 15);
    let all = bytes.clone();
    let begins = begins_text(bytes.next()?, bytes.next()?);
    if begins && digits.iter().all(u8::is_ascii_hexdigit) { printable(all) } else { None }
}

/// RFC 4648, sections 4 and 5, with or without padding.
fn base64(run: &[u8]) -> Option<String> {
    let digits = run.split(|byte| *byte == b'=').next()?;
    let [first, second, third, ..] = digits else { return None };
    let [first, second, third] = [first, second, third].map(|digit| sextet(*digit));
    if !begins_text(first << 2 | second >> 4, second << 4 | third >> 2) {
        return None;
    }
    let bytes = digits.chunks(4).flat_map(|chunk| {
        let bits = chunk.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(sextet(*digit)));
        let bits = bits << (6 * (4 - chunk.len()));
        let [_, bytes @ ..] = bits.to_be_bytes();
        bytes.into_iter().take(chunk.len().saturating_sub(1))
    });
    printable(bytes)
}

/// What each byte stands for in base64, of both alphabets.
#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
static SEXTETS: [u8; 256] = {
    let mut table = [NONE; 256];
    let mut at = 0_u8;
    while at < 128 {
        table[at as usize] = match at {
            b'A'..=b'Z' => at - b'A',
            b'a'..=b'z' => at - b'a' + 26,
            b'0'..=b'9' => at - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => NONE,
        };
        at += 1;
    }
    table
};
/// From here on, what joins words; what stands for nothing.
const JOINS: u8 = 62;
const NONE: u8 = 64;

fn sextet(digit: u8) -> u8 {
    SEXTETS.get(usize::from(digit)).copied().unwrap_or(NONE)
}

/// Whether a text may begin with these two bytes, which tell most that hold none.
fn begins_text(first: u8, second: u8) -> bool {
    matches!(first, b' '..=0x7E | 0xC2..=0xF4 | b'\t' | b'\n' | b'\r') && follows(second, first)
}

/// Whether a byte may stand in a text behind another one. Most bytes that are no text have no UTF-8 either, of which pairs
/// tell most.
fn follows(byte: u8, before: u8) -> bool {
    let fits = if (0x80..0xC0).contains(&byte) { before >= 0x80 } else { before < 0xC0 };
    fits && matches!(byte, b' '..=0x7E | 0x80..=0xF4 | b'\t' | b'\n' | b'\r')
}

fn is_base64(byte: u8) -> bool {
    sextet(byte) != NONE
}

/// Bytes as text, if nothing speaks against it: hashes, pictures and names are given up at one of their first bytes.
#[inline(never)]
fn printable(bytes: impl Iterator<Item = u8> + Clone) -> Option<String> {
    let bytes = bytes.take(MOST);
    let mut before = b' ';
    if !bytes.clone().all(|byte| follows(byte, std::mem::replace(&mut before, byte))) {
        return None;
    }
    match String::from_utf8(bytes.collect()) {
        Ok(text) => Some(text),
        // The cap may have cut a character in two.
        Err(error) if error.utf8_error().error_len().is_none() => {
            let end = error.utf8_error().valid_up_to();
            String::from_utf8(error.into_bytes().get(..end)?.to_vec()).ok()
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_hold_text_are_found() {
        for (text, expected) in [
            ("MDc4LTA1LTExMjA=", Some((0, "078-05-1120"))),
            ("it is MDc4LTA1LTExMjA.", Some((6, "078-05-1120"))),
            ("x 3132333435363738397A7a y", Some((2, "123456789zz"))),
            ("0x3132333435363738397A7a", Some((0, "123456789zz"))),
            ("\"SGVsbG8gd8O2cmxkIQ==\"", Some((1, "Hello wörld!"))),
            ("/api/items/SGVsbG8gd8O2cmxkIQ==", Some((11, "Hello wörld!"))),
            ("SGVsbG8_d29ybGQ-Pj4-Pj8_", Some((0, "Hello?world>>>>>??"))),
            // Names, hashes, UUIDs, pictures.
            ("getElementsByClassName/some-kebab-case-name", None),
            ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", None),
            ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", None),
            ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ", None),
            ("12345678901234567890", None),
            ("short MTIz", None),
            ("", None),
        ] {
            let found = decoded(text, crate::scan::scan(text, &[]).runs).next();
            let found = found.as_ref().map(|(run, text)| (run.start, text.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn the_cap_does_not_cut_a_character() {
        // A blank and three times as many bytes as it takes to go beyond the cap, two to a character.
        let text = "e'".repeat(MOST).replace("e'", "c3a9");
        let text = format!("20{text}");
        let found = decoded(&text, vec![run(text.as_bytes(), 0)]).next().map(|(_, text)| text.len());
        assert_eq!(found, Some(MOST - 1));
    }
}
