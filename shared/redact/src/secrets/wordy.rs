//! Words told from random letters.

use super::shape::entropy;
use crate::words::among;

/// Letters that often follow each letter, `a` first: nine tenths of the pairs in English and in names of code.
const FOLLOWERS: [&str; 26] = [
    "bcdgiklmnprstuy",
    "aeiloru",
    "aehiklortu",
    "aegilors",
    "abcdefglmnpqrstvwxy",
    "aefilortu",
    "aehiorsu",
    "aeiot",
    "acdefglmnoprstv",
    "",
    "eis",
    "adeilostuy",
    "abeiops",
    "acdegiosty",
    "abcdgklmnoprstuvw",
    "aeiloprstu",
    "u",
    "acdegikmnorstuvy",
    "acehikopstuw",
    "acehilorstuy",
    "bdeilmnprst",
    "aei",
    "aehinor",
    "pt",
    "s",
    "",
];

/// The same; bit n of row m is the pair m, n.
static PAIRS: [u32; 26] = pairs();

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
const fn pairs() -> [u32; 26] {
    let mut pairs = [0; 26];
    let mut first = 0;
    while first < 26 {
        let followers = FOLLOWERS[first].as_bytes();
        let mut at = 0;
        while at < followers.len() {
            pairs[first] |= 1 << (followers[at] - b'a');
            at += 1;
        }
        first += 1;
    }
    pairs
}

/// Whether its letters stand in an order that is common in words.
#[inline(never)]
pub(super) fn is_wordy(text: &str) -> bool {
    is_common(text, 75)
}

/// The same, for a share of common pairs in hundredths.
#[inline(never)]
fn is_common(text: &str, share: usize) -> bool {
    let (mut pairs, mut common) = (0_usize, 0_usize);
    let mut before = 0;
    for byte in text.bytes() {
        let (first, second) = (u8::to_ascii_lowercase(&before), byte.to_ascii_lowercase());
        // A capital behind a small letter begins another word.
        let within = !(byte.is_ascii_uppercase() && u8::is_ascii_lowercase(&before));
        if within && first.is_ascii_lowercase() && second.is_ascii_lowercase() {
            pairs += 1;
            let row = PAIRS.get(usize::from(first - b'a')).copied().unwrap_or(0);
            common += usize::from(row >> (second - b'a') & 1 == 1);
        }
        before = byte;
    }
    pairs >= 5 && pairs * 100 >= text.len() * 52 && common * 100 >= pairs * share
}

/// Fewest letters that are looked at for that.
pub(super) const SCRAMBLED: usize = 10;

/// Whether capitals and small letters change as no name has them: `FXlbLgjGrGZ`, but not `getPasswordOf`.
pub(super) fn is_scrambled(text: &str) -> bool {
    let bytes = text.as_bytes();
    let changes = bytes.windows(2).filter(|pair| match pair {
        [first, second] => {
            (first ^ second) & 0x20 != 0 && first.is_ascii_alphabetic() && second.is_ascii_alphabetic()
        }
        _ => false,
    });
    bytes.len() >= SCRAMBLED && changes.count() >= 4 && entropy(text) >= 29 && !is_common(text, 62)
}

/// Words and numbers: `some-model-4-20250514`, `kv-shop-prod-weu-01`.
pub(super) fn is_slug(text: &str) -> bool {
    let all = |part: &str, class: fn(&u8) -> bool| part.bytes().all(|byte| class(&byte));
    text.bytes().filter(|byte| *byte == b'-').count() >= 2
        && text.split('-').all(|part| all(part, u8::is_ascii_lowercase) || all(part, u8::is_ascii_digit))
}

/// Whether letters, digits and signs are mixed as nothing but a generator of keys does: Django's, fifty bytes of them.
pub(super) fn is_dense(text: &str) -> bool {
    let signs = b"!@#$%^*".iter().filter(|sign| among(**sign, text.as_bytes())).count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (30..=80).contains(&text.len())
        && signs >= 2
        && digits >= 3
        && entropy(text) >= 40
        && !text.contains("()")
        && text.split(|part: char| !part.is_ascii_alphabetic()).all(|part| part.len() < 9)
        && !is_wordy(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_random_letters() {
        for text in
            ["SalesResults2024Summary", "some-long-identifier-12", "getUserAccountById2", "Befaehigung_P2x"]
        {
            assert!(is_wordy(text), "{text}");
        }
        for text in ["Zf3D0LXCM3EIMbgJpUNnkRtO", "q7w9xkzj2vbpm4tgh8", "x9vK2mQpLr8sTnWz"] {
            assert!(!is_wordy(text), "{text}");
        }
        let dense = "x8)%@qj425lz@k96n317anw73z_wxi208uco+fpu_ho(@0jgw";
        assert!(is_dense(dense) && !is_dense(&dense[..20]));
        assert!(!is_dense("some_move(some_build_number8(4238, it->second))"));
        assert!(is_slug("kv-shop-prod-weu-01") && !is_slug("9f1c-kq3m-x"));
        for (text, expected) in [
            ("FXlbLgjGrGZ", true),
            ("hqSAgWWswxiMkxs", true),
            ("qTrmKd", false),
            ("getPasswordOf", false),
            ("PasswordInputField", false),
            ("PassInfoMixin", false),
            ("CreateAccessTokenRequest", false),
        ] {
            assert_eq!(is_scrambled(text), expected, "{text}");
        }
    }
}
