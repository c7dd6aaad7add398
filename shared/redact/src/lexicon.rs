//! Words that say what a value is, and those that say what it is not.

use crate::entry::Entry;
use crate::noise;
use crate::operators::own;
use crate::order;
use crate::words::{Word, Words, is_in, stem};
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// Up to how many bytes a phrase is too short to be told when it is written in one word.
const SHORT_BYTES: usize = 8;

mod name;

/// A phrase in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mention {
    /// Where it begins and ends, in bytes of the text.
    pub start: usize,
    pub end: usize,
    phrase: usize,
}

impl Mention {
    /// The same where the text follows on so many other bytes.
    pub const fn behind(self, bytes: usize) -> Self {
        Self { start: bytes + self.start, end: bytes + self.end, ..self }
    }
}

/// All phrases, by their first word.
pub(crate) struct Lexicon {
    by_first: ByText,
    phrases: Vec<Phrase>,
    /// Phrases in scripts without blanks, by their first character.
    unspaced: ByText,
    /// The names of all types, with nothing. Of the type of the others: each type of map has code of its own, of 3 KB.
    names: ByText,
    /// Which lengths the first words have that begin with two bytes, and which third bytes, a bit each: most words need no
    /// further look.
    begins: Vec<(u64, u32)>,
}

/// FNV-1a: words are short, and whose they are is ours to say.
struct Fnv(u64);

type ByText = HashMap<Cow<'static, str>, Vec<usize>, BuildHasherDefault<Fnv>>;

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

struct Phrase {
    text: Cow<'static, str>,
    negative: bool,
    /// Of which types, by name.
    of: Vec<Cow<'static, str>>,
}

impl Lexicon {
    /// Of these types.
    pub fn new(entries: impl Iterator<Item = &'static Entry>) -> Self {
        let mut lexicon = Self {
            by_first: ByText::default(),
            phrases: Vec::new(),
            names: ByText::default(),
            unspaced: ByText::default(),
            begins: vec![(0, 0); 1 << 10],
        };
        for entry in entries {
            lexicon.names.insert(entry.name.into(), Vec::new());
            for word in entry.phrases().flat_map(spellings) {
                lexicon.says(word, entry.name.into());
            }
        }
        for word in noise::WORDS {
            if lexicon.place(word).is_none() {
                lexicon.add((*word).into(), true);
            }
        }
        lexicon
    }

    /// Learns the words of one more type.
    pub fn learn(&mut self, name: &str, words: &[String]) {
        self.names.insert(name.to_owned().into(), Vec::new());
        for word in words {
            self.says(word.clone().into(), name.to_owned().into());
        }
    }

    /// Learns that a phrase speaks of a type.
    #[inline(never)]
    fn says(&mut self, text: Cow<'static, str>, name: Cow<'static, str>) {
        let at = self.place(&text).unwrap_or_else(|| self.add(text, false));
        if let Some(phrase) = self.phrases.get_mut(at) {
            phrase.of.push(name);
        }
    }

    /// Which phrase is a text.
    fn place(&self, text: &str) -> Option<usize> {
        let (by, first) = self.begin(text);
        let is = |at: &usize| self.phrases.get(*at).is_some_and(|phrase| phrase.text == text);
        by.get(first)?.iter().copied().find(is)
    }

    /// Where a phrase is found, and by what.
    fn begin<'t>(&self, text: &'t str) -> (&ByText, &'t str) {
        match unspaced(text) {
            Some(first) => (&self.unspaced, first),
            None => (&self.by_first, text.split(' ').next().unwrap_or(text)),
        }
    }

    /// Whether there is a type of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    fn add(&mut self, text: Cow<'static, str>, negative: bool) -> usize {
        let at = self.phrases.len();
        if let Some(first) = unspaced(&text) {
            self.unspaced.entry(first.to_owned().into()).or_default().push(at);
        } else {
            let first = text.split(' ').next().unwrap_or(&text);
            self.by_first.entry(first.to_owned().into()).or_default().push(at);
            // It may stand in the plural as well.
            let lengths = 0b11_u64.checked_shl(u32::try_from(first.len()).unwrap_or(0)).unwrap_or(0);
            for word in [first, &[first, "s"].concat()] {
                if let Some(known) = self.begins.get_mut(two(word.as_bytes())) {
                    known.0 |= lengths;
                    known.1 |= 1 << bits(word.as_bytes(), 2);
                }
            }
        }
        self.phrases.push(Phrase { text, negative, of: Vec::new() });
        at
    }

    /// All phrases of a text, in their order.
    pub fn mentions(&self, text: &str) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut words = Words::of(text);
        // The words behind the current one that were read already.
        let mut ahead = VecDeque::new();
        loop {
            if ahead.is_empty() {
                words.pass_by(|word| self.may_begin(word));
            }
            let Some(word) = ahead.pop_front().or_else(|| words.next()) else { break };
            self.joined(text, &word, &mut ahead, &mut words, &mut found);
            let Some(phrases) = self.by_first(word.lower()) else { continue };
            for phrase in phrases {
                let end = self.ends(*phrase, &word, &mut ahead, &mut words);
                // A tag in a value's place says nothing of what stands beside it.
                if let Some(end) = end.filter(|end| !self.is_own(text, word.start, *end)) {
                    found.push(Mention { start: word.start, end, phrase: *phrase });
                }
            }
        }
        if self.unspaced_mentions(text, &mut found) {
            found = order::by(found, |mention| mention.start as u64);
        }
        // What stands before a phrase in a longer one qualifies it: `permanent account number`.
        let mut reach: (usize, usize) = (0, 0);
        found.retain(|mention| {
            let within = reach.0 < mention.start && mention.end <= reach.1;
            if mention.end > reach.1 {
                reach = (mention.start, mention.end);
            }
            !within
        });
        found
    }

    /// Two words of a name that are a phrase of one word: `person_nummer`, `MyKad`.
    fn joined(
        &self,
        text: &str,
        word: &Word,
        ahead: &mut VecDeque<Word>,
        words: &mut Words<'_>,
        found: &mut Vec<Mention>,
    ) {
        let gap = match text.as_bytes().get(word.end) {
            Some(b'_' | b'-') => 1,
            Some(byte) if byte.is_ascii_alphanumeric() => 0,
            _ => return,
        };
        if ahead.is_empty() {
            ahead.extend(words.next());
        }
        let Some(next) = ahead.front().filter(|next| next.start == word.end + gap) else { return };
        if self.is_own(text, word.start, next.end) {
            return;
        }
        let joined = word.with(next);
        let phrases = self.by_first(joined.lower()).into_iter().flatten();
        let whole = |phrase: &&usize| {
            self.phrases.get(**phrase).is_some_and(|it| !it.negative && joined.is(&it.text))
        };
        found.extend(phrases.filter(whole).map(|phrase| Mention {
            start: word.start,
            end: next.end,
            phrase: *phrase,
        }));
    }

    /// Those in scripts without blanks; whether there are any.
    fn unspaced_mentions(&self, text: &str, found: &mut Vec<Mention>) -> bool {
        let spaced = found.len();
        // In UTF-8 they begin with one of these bytes.
        if text.bytes().any(|byte| byte >= 0xE0) {
            for (start, _) in text.char_indices().filter(|(_, first)| is_unspaced(*first)) {
                let rest = text.get(start..).unwrap_or("");
                for phrase in unspaced(rest).and_then(|first| self.unspaced.get(first)).into_iter().flatten()
                {
                    let wanted = self.phrases.get(*phrase).map_or("", |phrase| &*phrase.text);
                    if rest.starts_with(wanted) {
                        found.push(Mention { start, end: start + wanted.len(), phrase: *phrase });
                    }
                }
            }
        }
        found.len() > spaced
    }

    /// The types that some phrases speak of: hashes of their names, in order.
    pub fn spoken<'m>(&self, mentions: impl Iterator<Item = &'m Mention>) -> Vec<u64> {
        // A few phrases are all that a large text says, again and again.
        let mut said = order::by(mentions.map(|mention| mention.phrase).collect(), |phrase| *phrase as u64);
        said.dedup();
        let phrases = said.into_iter().filter_map(|phrase| self.phrases.get(phrase));
        let names = phrases.flat_map(|phrase| &phrase.of).map(|name| fnv(name)).collect();
        let mut names = order::by(names, |name| *name);
        names.dedup();
        names
    }

    /// Whether a range lies within what this crate has put in a value's place.
    pub fn is_own(&self, text: &str, start: usize, end: usize) -> bool {
        own::is_within(text, start, end, &|name| self.knows(name))
    }

    /// Whether such a thing lies within a range.
    pub fn has_own(&self, text: &str, start: usize, end: usize) -> bool {
        own::has(text, start, end, &|name| self.knows(name))
    }

    /// Whether a phrase may begin with a word, in any case.
    fn may_begin(&self, word: &[u8]) -> bool {
        let (lengths, thirds) = self.begins.get(two(word)).copied().unwrap_or((0, 0));
        let long = |word: &[u8]| lengths >> word.len().min(63) & 1 != 0;
        thirds >> bits(word, 2) & 1 != 0 && (long(word) || long(stem(word)))
    }

    fn by_first(&self, word: &str) -> Option<&Vec<usize>> {
        if word.is_empty() || !self.may_begin(word.as_bytes()) {
            return None;
        }
        let known = |word: &str| self.by_first.get(word);
        let stem = || word.get(..stem(word.as_bytes()).len());
        known(word).or_else(|| known(word.strip_suffix('s').or_else(stem)?))
    }

    /// Where a phrase ends that may begin with this word, of which others follow: first those `ahead`.
    fn ends(
        &self,
        phrase: usize,
        first: &Word,
        ahead: &mut VecDeque<Word>,
        words: &mut Words<'_>,
    ) -> Option<usize> {
        let mut wanted = self.phrases.get(phrase)?.text.split(' ');
        let mut end = wanted.next().filter(|wanted| first.is(wanted)).map(|_| first.end)?;
        let mut at = 0;
        loop {
            let next = wanted.next();
            if at == ahead.len() {
                match words.next() {
                    Some(word) => ahead.push_back(word),
                    None => return next.is_none().then_some(end),
                }
            }
            let word = ahead.get(at)?;
            let Some(next) = next else {
                // `Australian passport number` is more than a passport's number.
                let number = word.start <= end + 1 && is_in(word.lower(), &["no", "nr", "number"]);
                return Some(if number { word.end } else { end });
            };
            end = word.is(next).then_some(word.end)?;
            at += 1;
        }
    }

    /// The phrase, if it speaks of this type.
    pub fn speaks(&self, mention: &Mention, name: &str) -> Option<&str> {
        let phrase = self.phrases.get(mention.phrase)?;
        phrase.of.iter().any(|of| of == name).then_some(&*phrase.text)
    }

    /// Whether it speaks of what only looks like a value of this type.
    pub fn denies(&self, mention: &Mention, name: &str) -> bool {
        self.phrases
            .get(mention.phrase)
            .is_some_and(|phrase| phrase.negative && phrase.of.iter().all(|of| of != name))
    }
}

/// The hash of a name.
#[inline(never)]
pub(crate) fn fnv(name: &str) -> u64 {
    let mut hasher = Fnv::default();
    hasher.write(name.as_bytes());
    hasher.finish()
}

/// A phrase as it is, in one word as some write it, `cardnumber`, and with what is short for a number.
fn spellings(phrase: &'static str) -> impl Iterator<Item = Cow<'static, str>> {
    let joined = phrase.contains(' ') && phrase.len() > SHORT_BYTES;
    let short = [("nummer", "nr"), (" number", " no")]
        .iter()
        .find_map(|(long, short)| phrase.strip_suffix(long).map(|rest| Cow::from([rest, short].concat())));
    [Some(phrase.into()), joined.then(|| phrase.replace(' ', "").into()), short].into_iter().flatten()
}

/// The first two bytes of a word in few bits.
fn two(word: &[u8]) -> usize {
    bits(word, 0) << 5 | bits(word, 1)
}

/// A byte of a word, without the bits that tell capitals; 0 behind its end.
fn bits(word: &[u8], at: usize) -> usize {
    usize::from(word.get(at).copied().unwrap_or(0) & 31)
}

/// The character that a text begins with, if it is of a script without blanks.
fn unspaced(text: &str) -> Option<&str> {
    let first = text.chars().next().filter(|first| is_unspaced(*first))?;
    text.get(..first.len_utf8())
}

/// Chinese, Japanese, Thai and their like come without blanks.
const fn is_unspaced(character: char) -> bool {
    character >= '\u{0E00}'
}

#[cfg(test)]
mod tests {
    use super::*;

    static CARD: Entry =
        Entry { name: "CARD", bare: 75, context: 85, words: "card number|kort", profiles: &[] };

    #[test]
    fn phrases_are_found_however_they_are_written() {
        let lexicon = Lexicon::new([&CARD].into_iter());
        for (text, expected) in [
            ("my card number is", Some(3)),
            ("cardNumber", Some(0)),
            ("old_card_numbers", Some(4)),
            ("CARD NUMBER", Some(0)),
            ("Kort", Some(0)),
            ("cardnumber", Some(0)),
            ("VISACardNumber", Some(4)),
            ("KORTs", Some(0)),
            ("ko_rt", Some(0)),
            ("KoRt", Some(0)),
            ("ko rt", None),
            ("card", None),
            ("discard number", None),
            ("[CARD_1] number", None),
        ] {
            let found = lexicon.mentions(text);
            assert_eq!(found.first().map(|mention| mention.start), expected, "{text}");
            assert!(found.iter().all(|mention| lexicon.speaks(mention, CARD.name).is_some()), "{text}");
        }
        for (name, expected) in [("userkort", 1), ("kortno kort", 2), ("xkort", 0), ("user", 0)] {
            assert_eq!(lexicon.mentions_in_name(name).len(), expected, "{name}");
        }
        assert!(lexicon.mentions("order 12").iter().any(|mention| lexicon.denies(mention, CARD.name)));
    }
}
