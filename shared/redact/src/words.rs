//! The words of a text.

/// The longest word that is looked up, in bytes.
const WORD_BYTES: usize = 40;

/// Whether a capital begins a word behind an acronym: `NHSNumber`, but not the last one of `PANs`.
fn is_name(rest: Option<&str>) -> bool {
    let mut behind = rest.unwrap_or("").chars().skip(1);
    behind.by_ref().take(2).filter(|it| it.is_lowercase()).count() == 2
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

    /// Whether it is a certain word, or its plural in s.
    pub fn is(&self, wanted: &str) -> bool {
        let lower = self.lower.get(..self.length).unwrap_or(&[]);
        lower.strip_prefix(wanted.as_bytes()).is_some_and(|rest| matches!(rest, [] | [b's']))
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
        for lower in character.to_lowercase() {
            let end = self.length.saturating_add(lower.len_utf8());
            if let Some(room) = self.lower.get_mut(self.length..end) {
                lower.encode_utf8(room);
            }
            self.length = end;
        }
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
        while let Some(rest) = bytes.get(self.at..) {
            let goes_on = |byte: &u8| !byte.is_ascii_alphanumeric() && byte.is_ascii();
            let Some(start) = rest.iter().position(|byte| !goes_on(byte)) else {
                self.at = bytes.len();
                return;
            };
            self.at += start;
            let rest = rest.get(start..).unwrap_or(&[]);
            let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let whole = rest.get(..length).unwrap_or(&[]);
            let next = rest.get(length).copied().unwrap_or(b' ');
            // Several words may be in it, or it may be one with the next.
            let capital =
                whole.iter().skip(1).any(u8::is_ascii_uppercase) && whole.iter().any(u8::is_ascii_lowercase);
            let joins =
                matches!(next, b'_' | b'-') && rest.get(length + 1).is_some_and(u8::is_ascii_alphabetic);
            if !next.is_ascii() || capital || joins || wanted(whole) {
                return;
            }
            self.at += length;
        }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + rest.find(char::is_alphanumeric)?;
        let mut word = Word { start, end: self.text.len(), lower: [0; WORD_BYTES], length: 0 };
        let mut before = ' ';
        for (offset, character) in self.text.get(start..)?.char_indices() {
            let hump =
                || before.is_lowercase() || before.is_uppercase() && is_name(self.text.get(start + offset..));
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
