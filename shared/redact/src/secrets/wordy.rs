//! Words told from random letters.

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
pub(super) fn is_wordy(text: &str) -> bool {
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
    pairs >= 5 && pairs * 100 >= text.len() * 52 && common * 100 >= pairs * 75
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
    }
}
