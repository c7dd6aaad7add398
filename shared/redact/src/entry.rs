//! What is known of each type of sensitive value.

/// A type of sensitive value. Each detector defines its own beside its code, as a `static`; `engine::entries` has all.
#[derive(Debug)]
pub struct Entry {
    /// Its name, Presidio's where it has one: `CREDIT_CARD`, `US_SSN`. Secrets are `SECRET_VENDOR`.
    pub name: &'static str,
    /// How sure a candidate is by itself, unless its detector says otherwise: 65 a pattern, 75 a pattern and a check digit,
    /// 85 and more what cannot be anything else; 0 for what is nothing without context.
    pub bare: u8,
    /// The same beside one of `words`.
    pub context: u8,
    /// Words and phrases that say what the value is: lower case, words by one space each, no punctuation (`social
    /// security`). They are looked for in the text around and in the names of the fields above, where `cardNumber` and
    /// `card_number` are `card number`. A plural in s counts as well. All in one text, with `|` between: thousands of slices
    /// would be as long as the words.
    pub words: &'static str,
    /// The profiles that it is part of, beside `strict` and `standard`, which have all.
    pub profiles: &'static [Profile],
}

/// Phrases as an entry has them.
macro_rules! words {
    () => { "" };
    ($first:literal $(, $more:literal)* $(,)?) => { concat!($first $(, "|", $more)*) };
}
pub(crate) use words;

impl Entry {
    /// Its words and phrases, one by one.
    pub fn phrases(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.words.split('|').filter(|word| !word.is_empty())
    }
}

/// What a finding says of its type: one of the crate's own, or a customer's.
#[derive(Debug, Clone, Copy)]
pub struct Type<'e> {
    /// Its name.
    pub name: &'e str,
    /// The profiles that it is part of, beside `strict` and `standard`; a customer's own is part of all.
    pub profiles: &'e [Profile],
}

impl From<&'static Entry> for Type<'static> {
    fn from(entry: &'static Entry) -> Self {
        Self { name: entry.name, profiles: entry.profiles }
    }
}

impl PartialEq for Type<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Type<'_> {}

/// A named set of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Credentials.
    Secrets,
    /// Payment cards.
    Pci,
    /// The identifiers of the US Health Insurance Portability and Accountability Act (45 CFR 164.514).
    Hipaa,
    /// Personal data in the European sense.
    Gdpr,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Entry {}
