//! The forms in which a value may have come through: as it is, its digits alone, and in base64, hexadecimal digits and
//! percent signs.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::fmt::Write as _;

/// Shortest form that is looked for: anything shorter stands in texts by chance.
const SHORTEST: usize = 8;

/// Each form of `value`, with what it is.
#[must_use]
pub fn forms(value: &str) -> Vec<(&'static str, String)> {
    let mut forms = vec![("as it is", value.to_owned())];
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 9 && digits.len() + 4 >= value.len() {
        forms.push(("its digits", digits));
    }
    let (mut hex, mut percent) = (String::new(), String::new());
    for byte in value.bytes() {
        let _ = write!(hex, "{byte:02x}");
        let _ = match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                write!(percent, "{}", char::from(byte))
            }
            byte => write!(percent, "%{byte:02X}"),
        };
    }
    forms.push(("in capital hexadecimal digits", hex.to_ascii_uppercase()));
    forms.push(("in hexadecimal digits", hex));
    forms.push(("with percent signs", percent));
    // Where it begins within a group of three bytes decides what it looks like; what its neighbours have a part in goes.
    for before in 0..3 {
        let bytes = [&[0_u8; 3][..before], value.as_bytes()].concat();
        let whole = bytes.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            let first = [0, 2, 3][before];
            forms.push(("in base64", text.get(first..whole).unwrap_or_default().to_owned()));
        }
    }
    forms.retain(|(_, form)| form.len() >= SHORTEST);
    forms.sort();
    forms.dedup_by(|a, b| a.1 == b.1);
    forms
}

/// In which forms `value` stands in `text`.
#[must_use]
pub fn of(value: &str, text: &str) -> Vec<&'static str> {
    let found = forms(value).into_iter().filter(|(_, form)| text.contains(form.as_str()));
    found.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found() {
        let value = "4539 5787 6362 1486";
        for text in [
            "a card 4539 5787 6362 1486.",
            "4539578763621486",
            "34353339203537383720363336322031343836",
            "/item/4539%205787%206362%201486",
        ] {
            assert!(!of(value, text).is_empty(), "{text}");
        }
        for before in ["", "a", "ab", "abc", "é😀"] {
            for after in ["", "x", "yz"] {
                let text = STANDARD_NO_PAD.encode(format!("{before}{value}{after}"));
                assert!(!of(value, &text).is_empty(), "{before}{after}: {text}");
            }
        }
        assert_eq!(of(value, "4539 5787 6362 1487, [CREDIT_CARD_1], NDUzOSA1Nzg3"), Vec::<&str>::new());
    }
}
