//! Shapes of secrets: alphabets, runs of them, and how random a value looks.

/// A set of bytes, as a union of classes.
pub(super) type Set = u16;

const DIGIT_2_7: Set = 1;
const DIGIT_0189: Set = 1 << 1;
const LOWER_A_F: Set = 1 << 2;
const LOWER_GH: Set = 1 << 3;
const LOWER_I_Z: Set = 1 << 4;
const UPPER_A_F: Set = 1 << 5;
const UPPER_G_Z: Set = 1 << 6;
const UNDERSCORE: Set = 1 << 7;
const HYPHEN: Set = 1 << 8;
const DOT: Set = 1 << 9;
const EQUALS: Set = 1 << 10;
const PLUS_SLASH: Set = 1 << 11;
const TILDE: Set = 1 << 12;
const PERCENT: Set = 1 << 13;
const BAR: Set = 1 << 14;

pub(super) const DIGITS: Set = DIGIT_2_7 | DIGIT_0189;
pub(super) const LOWER: Set = LOWER_A_F | LOWER_GH | LOWER_I_Z;
pub(super) const UPPER: Set = UPPER_A_F | UPPER_G_Z;
/// Lower case hexadecimal, and either case.
pub(super) const HEX: Set = DIGITS | LOWER_A_F;
pub(super) const HEX_ANY: Set = HEX | UPPER_A_F;
/// Flutterwave and Mailgun go on to h.
pub(super) const HEX_H: Set = HEX_ANY | LOWER_GH;
/// RFC 4648 base32.
pub(super) const BASE32: Set = UPPER | DIGIT_2_7;
pub(super) const CAPITALS: Set = UPPER | DIGITS;
pub(super) const SMALL: Set = LOWER | DIGITS;
pub(super) const ALNUM: Set = LOWER | UPPER | DIGITS;
pub(super) const WORD: Set = ALNUM | UNDERSCORE;
/// Base64url.
pub(super) const TOKEN: Set = WORD | HYPHEN;
pub(super) const TOKEN_EQ: Set = TOKEN | EQUALS;
pub(super) const TOKEN_DOT: Set = TOKEN_EQ | DOT;
pub(super) const BASE64: Set = ALNUM | PLUS_SLASH;
pub(super) const BASE64_PAD: Set = BASE64 | EQUALS;
pub(super) const BASE64_ANY: Set = BASE64_PAD | TOKEN;
pub(super) const TILDES: Set = TOKEN | TILDE | DOT;
pub(super) const PADS: Set = EQUALS;
pub(super) const BARS: Set = BAR | PERCENT;
pub(super) const ESCAPED: Set = BASE64_PAD | PERCENT;
/// RFC 6750's tokens, and escapes.
pub(super) const BEARER: Set = TOKEN | DOT | PLUS_SLASH | TILDE | PERCENT;
/// What a secret of no known vendor is written with.
pub(super) const ANY: Set = BASE64_ANY | DOT | TILDE;

static CLASSES: [Set; 256] = classes();

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
const fn classes() -> [Set; 256] {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'2'..=b'7' => DIGIT_2_7,
            b'0' | b'1' | b'8' | b'9' => DIGIT_0189,
            b'a'..=b'f' => LOWER_A_F,
            b'g' | b'h' => LOWER_GH,
            b'i'..=b'z' => LOWER_I_Z,
            b'A'..=b'F' => UPPER_A_F,
            b'G'..=b'Z' => UPPER_G_Z,
            b'_' => UNDERSCORE,
            b'-' => HYPHEN,
            b'.' => DOT,
            b'=' => EQUALS,
            b'+' | b'/' => PLUS_SLASH,
            b'~' => TILDE,
            b'%' => PERCENT,
            b'|' => BAR,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

/// Whether a byte is of a set.
pub(super) fn is(byte: u8, set: Set) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|class| class & set != 0)
}

/// A part of a shape.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// This text.
    Lit(&'static str),
    /// One of these texts, the first that fits.
    OneOf(&'static [&'static str]),
    /// All of these.
    All(&'static [Part]),
    /// From so many to so many bytes of a set: as many as there are.
    Run(Set, usize, usize),
}

/// This many of a set.
pub(super) const fn run(set: Set, count: usize) -> Part {
    Part::Run(set, count, count)
}

/// A UUID in its usual form.
pub(super) const UUID: &[Part] = &[
    run(HEX_ANY, 8),
    Part::Lit("-"),
    run(HEX_ANY, 4),
    Part::Lit("-"),
    run(HEX_ANY, 4),
    Part::Lit("-"),
    run(HEX_ANY, 4),
    Part::Lit("-"),
    run(HEX_ANY, 12),
];

/// Where a shape ends that begins at `at`.
pub(super) fn fits(bytes: &[u8], at: usize, parts: &[Part]) -> Option<usize> {
    let mut at = at;
    for part in parts {
        let rest = bytes.get(at..)?;
        at += match *part {
            Part::Lit(text) => rest.starts_with(text.as_bytes()).then_some(text.len())?,
            Part::OneOf(texts) => texts.iter().find(|text| rest.starts_with(text.as_bytes()))?.len(),
            Part::All(parts) => fits(bytes, at, parts)? - at,
            Part::Run(set, least, most) => {
                let count = rest.iter().take(most).take_while(|byte| is(**byte, set)).count();
                (count >= least).then_some(count)?
            }
        };
    }
    Some(at)
}

/// Shannon's entropy of a text, in tenths of a bit a byte.
#[inline(never)]
pub(super) fn entropy(text: &str) -> u32 {
    let mut counts = [0_u16; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count = count.saturating_add(1);
        }
    }
    let total = text.len().max(1) as f32;
    let bits: f32 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f32::from(*count))
        .map(|n| n * (total / n).log2())
        .sum();
    (bits / total * 10.0) as u32
}

/// Whether a text has a byte so many times in a row.
pub(super) fn has_run(text: &str, byte: u8, count: usize) -> bool {
    text.as_bytes().windows(count).any(|window| window.iter().all(|it| *it == byte))
}

/// Whether most of a text is one run of equal or of consecutive bytes: `xxxxxxxx`, `abcdefgh`, `12345678`.
#[inline(never)]
pub(super) fn is_sequence(text: &str) -> bool {
    let longest = longest_run(text, 0).max(longest_run(text, 1));
    longest >= 8 && longest * 5 >= text.len() * 2
}

/// The longest run in which each byte is `step` more than the one before.
#[inline(never)]
fn longest_run(text: &str, step: u8) -> usize {
    let (mut longest, mut length, mut before) = (0, 1, None);
    for byte in text.bytes() {
        length = if before == Some(byte.wrapping_sub(step)) { length + 1 } else { 1 };
        longest = longest.max(length);
        before = Some(byte);
    }
    longest
}

/// CRC-32 as in zip, bit by bit: values are short.
#[inline(never)]
pub(super) fn crc32(text: &str) -> u32 {
    !text.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Whether the last six digits of a token are the CRC-32 of the bytes between its prefix and them, in base 62: GitHub's
/// and npm's tokens (GitHub, "Behind GitHub's new authentication token formats").
pub(super) fn has_crc62(token: &str) -> bool {
    let Some((_, value)) = token.split_once('_') else { return false };
    let Some((body, check)) = value.len().checked_sub(6).and_then(|at| value.split_at_checked(at)) else {
        return false;
    };
    let given = check.bytes().try_fold(0_u64, |sum, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        Some(sum * 62 + u64::from(digit))
    });
    given == Some(u64::from(crc32(body)))
}

/// Decodes the base64 (either alphabet) that a text begins with: up to `N` bytes, and how many they are.
pub(super) fn base64<const N: usize>(text: &str) -> ([u8; N], usize) {
    let (mut out, mut length) = ([0; N], 0);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            let Some(slot) = out.get_mut(length) else { break };
            *slot = (bits >> held & 0xFF) as u8;
            length += 1;
        }
    }
    (out, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_fit_from_their_beginning() {
        let shape = &[Part::Lit("ab_"), run(HEX, 4), Part::OneOf(&["-x", "-y"]), Part::Run(UPPER, 1, 3)];
        for (text, end) in [
            ("ab_12ef-yQ", Some(10)),
            ("ab_12ef-xQRST", Some(12)),
            ("ab_12eg-yQ", None),
            ("ab_12ef-zQ", None),
            ("ab_12ef-y", None),
            ("ab", None),
        ] {
            assert_eq!(fits(text.as_bytes(), 0, shape), end, "{text}");
        }
        assert_eq!(fits(b"", 7, shape), None);
    }

    #[test]
    fn entropy_is_shannons() {
        for (text, tenths) in [("", 0), ("aaaa", 0), ("abab", 10), ("abcd", 20), ("0123456789abcdef", 40)] {
            assert_eq!(entropy(text), tenths, "{text}");
        }
    }

    #[test]
    fn check_digits_of_tokens() {
        assert_eq!(crc32("123456789"), 0xCBF4_3926);
        let body = "012345678901234567890123456789";
        let mut crc = crc32(body);
        let mut check = Vec::new();
        for _ in 0..6 {
            let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
            check.insert(0, digits[crc as usize % 62]);
            crc /= 62;
        }
        let check = String::from_utf8(check).unwrap();
        assert!(has_crc62(&format!("ghp_{body}{check}")));
        assert!(!has_crc62(&format!("ghp_1{body}{check}")));
        assert!(!has_crc62("ghp_1"));
    }
}
