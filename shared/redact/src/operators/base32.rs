//! Base 32 in small letters (the alphabet of RFC 4648).

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The first `length` characters of some bytes; nothing stands for a rest of fewer than five bits.
pub(super) fn encode(bytes: &[u8], length: usize) -> String {
    let mut text = String::with_capacity(length);
    let (mut bits, mut have) = (0_u32, 0_u32);
    for byte in bytes {
        bits = (bits << 8 | u32::from(*byte)) & 0xFFF;
        have += 8;
        while have >= 5 {
            have -= 5;
            if text.len() < length {
                text.push(character(bits >> have));
            }
        }
    }
    text
}

/// The character of five bits.
fn character(bits: u32) -> char {
    ALPHABET.get((bits & 31) as usize).copied().map_or('a', char::from)
}

pub(super) const fn is_character(byte: u8) -> bool {
    byte.is_ascii_lowercase() || matches!(byte, b'2'..=b'7')
}

#[cfg(test)]
#[test]
fn as_in_rfc_4648() {
    for (bytes, expected) in [("f", "m"), ("fo", "mzx"), ("foo", "mzxw"), ("fooba", "mzxw6ytb"), ("", "")] {
        assert_eq!(encode(bytes.as_bytes(), 64), expected);
    }
    assert_eq!(encode(b"foobar", 5), "mzxw6");
}
