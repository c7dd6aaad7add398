//! The words of a text.

mod lower;

pub(crate) use lower::lower;

/// The longest word that is looked up, in bytes.
const WORD_BYTES: usize = 40;

/// Whether a capital begins a word behind an acronym: `NHSNumber`, but not the last one of `PANs`.
fn is_name(rest: Option<&str>) -> bool {
    let mut behind = rest.unwrap_or("").chars().skip(1);
    behind.by_ref().take(2).filter(|it| it.is_lowercase()).count() == 2
}

/// A word without the number of up to two digits that it ends in, if three letters are left.
pub(crate) fn stem(word: &[u8]) -> &[u8] {
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    match word.len().checked_sub(digits) {
        Some(letters) if digits <= 2 && letters >= 3 => word.get(..letters).unwrap_or(word),
        _ => word,
    }
}

/// Whether a byte is one of some. This and the next ones are calls: where they stand they would be 200 bytes each.
#[inline(never)]
pub(crate) fn among(byte: u8, bytes: &[u8]) -> bool {
    bytes.contains(&byte)
}

/// Whether a text has one of some bytes of ASCII.
#[inline(never)]
pub(crate) fn has_any(text: &str, bytes: &[u8]) -> bool {
    // A bit for each byte that is looked for.
    let (mut low, mut high) = (0_u64, 0_u64);
    for byte in bytes {
        let half = if *byte < 64 { &mut low } else { &mut high };
        *half |= 1 << (byte & 63);
    }
    text.bytes().any(|byte| byte < 128 && (if byte < 64 { low } else { high }) >> (byte & 63) & 1 != 0)
}

/// Whether a word is one of several.
#[inline(never)]
pub(crate) fn is_in(word: &str, words: &[&str]) -> bool {
    words.contains(&word)
}

/// Whether a word is one of several, in any case.
#[inline(never)]
pub(crate) fn is_any(word: &str, words: &[&str]) -> bool {
    words.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// A word in lower case.
pub(crate) struct Word {
    pub start: usize,
    pub end: usize,
    lower: [u8; WORD_BYTES],
    length: usize,
}

impl Word {
    pub fn lower(&self) -> &str {
        self.lower.get(..self.length).and_then(|lower| std::str::from_utf8(lower).ok()).unwrap_or("")
    }

    /// Both in one.
    pub fn with(&self, next: &Self) -> Self {
        let mut joined = Self { end: next.end, ..*self };
        for character in next.lower().chars() {
            joined.push(character);
        }
        joined
    }

    /// Whether it is a certain word, its plural in s, or one of several: `phone2`.
    pub fn is(&self, wanted: &str) -> bool {
        let lower = self.lower.get(..self.length).unwrap_or(&[]);
        lower == wanted.as_bytes()
            || lower.strip_suffix(b"s") == Some(wanted.as_bytes())
            || stem(lower) == wanted.as_bytes()
    }

    /// Adds a character. A word that is too long goes on but is none that anybody looks for.
    fn push(&mut self, character: char) {
        if character.is_ascii() {
            if let Some(room) = self.lower.get_mut(self.length) {
                *room = character.to_ascii_lowercase() as u8;
            }
            self.length += 1;
            return;
        }
        let lower = lower(character);
        let end = self.length.saturating_add(lower.len_utf8());
        if let Some(room) = self.lower.get_mut(self.length..end) {
            lower.encode_utf8(room);
        }
        self.length = end;
    }
}

/// The words of a text, `cardNumber` and `card_number` being two.
pub(crate) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Goes on to the next word that is wanted, or is not ASCII.
    pub fn pass_by(&mut self, wanted: impl Fn(&[u8]) -> bool) {
        let bytes = self.text.as_bytes();
        let kind = |at: usize| {
            bytes.get(at).map_or(OTHER, |byte| KINDS.get(usize::from(*byte)).copied().unwrap_or(0))
        };
        while self.at < bytes.len() {
            let mut end = self.at;
            while kind(end) == 0 {
                end += 1;
            }
            self.at = end;
            // A capital at the beginning is none that begins another word.
            let mut kinds = kind(end) & !CAPITAL;
            while kind(end) & PART != 0 {
                end += 1;
                kinds |= kind(end);
            }
            // Several words may be in it, or it may be one with the next.
            let several = kinds & (CAPITAL | SMALL) == CAPITAL | SMALL;
            let next = bytes.get(end).copied().unwrap_or(b' ');
            let joins = matches!(next, b'_' | b'-') && kind(end + 1) & (CAPITAL | SMALL) != 0;
            // `S.S.N.` is one.
            let dotted = next == b'.' && end == self.at + 1 && kind(end + 1) & (CAPITAL | SMALL) != 0;
            if !next.is_ascii()
                || several
                || joins
                || dotted
                || wanted(bytes.get(self.at..end).unwrap_or(&[]))
            {
                return;
            }
            self.at = end;
        }
    }
}

impl Words<'_> {
    /// Where single letters with dots between end, which are one word: `S.S.N.`
    fn letters(&self, start: usize, word: &mut Word) -> Option<usize> {
        // Hardly any word is a single letter.
        let first = self.text.as_bytes().get(start)?;
        if first.is_ascii() && self.text.as_bytes().get(start + 1) != Some(&b'.') {
            return None;
        }
        let mut rest = self.text.get(start..)?.chars();
        let (mut end, mut at, mut count) = (start, start, 0);
        while let Some(letter) = rest.next().filter(|it| it.is_alphabetic() && count < WORD_BYTES) {
            let next = rest.next();
            if next.is_some_and(char::is_alphanumeric) {
                break;
            }
            word.push(letter);
            end = at + letter.len_utf8();
            (at, count) = (end + 1, count + 1);
            if next != Some('.') {
                break;
            }
        }
        if count < 2 {
            word.length = 0;
            return None;
        }
        Some(end)
    }
}

/// What a byte is: a small letter, a capital, a part of a word as they are, no ASCII; 0 for what stands between words.
const SMALL: u8 = 1;
const CAPITAL: u8 = 2;
const PART: u8 = 4;
const OTHER: u8 = 8;

#[allow(clippy::indexing_slicing, reason = "run by the compiler, which notices what lies outside")]
static KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' => PART | SMALL,
            b'A'..=b'Z' => PART | CAPITAL,
            b'0'..=b'9' => PART,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

impl Iterator for Words<'_> {
    type Item = Word;

    // Called from several places, and long.
    #[inline(never)]
    fn next(&mut self) -> Option<Word> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + rest.find(|it: char| it.is_alphanumeric() || it == '#')?;
        let mut word = Word { start, end: self.text.len(), lower: [0; WORD_BYTES], length: 0 };
        let end = match self.text.as_bytes().get(start) {
            // The sign of a number.
            Some(b'#') => {
                "no".chars().for_each(|it| word.push(it));
                Some(start + 1)
            }
            _ => self.letters(start, &mut word),
        };
        if let Some(end) = end {
            (self.at, word.end) = (end, end);
            return Some(word);
        }
        let mut before = ' ';
        for (offset, character) in self.text.get(start..)?.char_indices() {
            let after = before.is_uppercase() || before.is_ascii_digit();
            let hump = || before.is_lowercase() || after && is_name(self.text.get(start + offset..));
            if !character.is_alphanumeric() || character.is_uppercase() && hump() {
                word.end = start + offset;
                break;
            }
            word.push(character);
            before = character;
        }
        self.at = word.end;
        Some(word)
    }
}

#[cfg(test)]
#[test]
fn words_are_told_apart() {
    for (text, expected) in [
        ("cardNumber, card_no", &["card", "number", "card", "no"][..]),
        ("S.S.N. 1", &["ssn", "1"]),
        ("S.S.N: A.B", &["ssn", "ab"]),
        ("P.IVA", &["p", "iva"]),
        ("a. b. Z", &["a", "b", "z"]),
        ("Chart #12", &["chart", "no", "12"]),
        ("W7Itin, NHSNumber, PANs", &["w7", "itin", "nhs", "number", "pans"]),
    ] {
        let words: Vec<String> = Words::of(text).map(|word| word.lower().to_owned()).collect();
        assert_eq!(words, expected, "{text}");
    }
}
