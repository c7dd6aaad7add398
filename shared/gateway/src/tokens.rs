//! How many tokens a model reads a text as, by estimate and without a vocabulary.
//!
//! A tokenizer does two things. It cuts a text into pieces: a word with the space before it, up to three digits, a run
//! of symbols, a run of blanks. Then it looks each piece up, or builds it from parts that it can find. The cutting is
//! done here as `o200k` does it. Instead of looking up, each piece has a price: what its kind costs on average, in
//! hundredths of a token. [`prices`] has them all.

mod prices;
#[cfg(test)]
mod tests;

use prices::{Script, Word};

/// The price of one token.
const TOKEN: u64 = 100;

/// How many tokens of the vocabulary `o200k` the text is, by estimate.
///
/// For English, code and JSON it is within 8 % of the truth; for other languages, identifiers, numbers and tables within
/// 15 %. A text of a few hundred bytes may be off by 20 %, and one that nobody would write by more. Other vocabularies cut
/// alike; older ones need more tokens for languages other than English.
///
/// Takes one pass, keeps nothing, and has an answer for every text: 0 for an empty one, at least 1 for any other.
#[must_use]
pub fn estimate(text: &str) -> u32 {
    let mut counter = Counter { state: State::Settled, sum: 0 };
    for c in text.chars() {
        counter.take(c);
    }
    counter.settle();
    u32::try_from((counter.sum + TOKEN / 2) / TOKEN).unwrap_or(u32::MAX)
}

/// What a character is to the cutting.
#[derive(Clone, Copy)]
enum Class {
    /// Latin letters.
    Small,
    Capital,
    /// Letters of another script.
    Letter(Script),
    Digit,
    Symbol,
    Blank,
    LineEnd,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            'a'..='z' => Self::Small,
            ' ' | '\t' | '\x0b' | '\x0c' => Self::Blank,
            'A'..='Z' => Self::Capital,
            '0'..='9' => Self::Digit,
            '\n' | '\r' => Self::LineEnd,
            '\0'..='\x7f' => Self::Symbol,
            _ => Self::beyond_ascii(c),
        }
    }

    fn beyond_ascii(c: char) -> Self {
        match c {
            'À'..='Ö' | 'Ø'..='Þ' => Self::Capital,
            'ª' | 'µ' | 'º' | 'ß'..='ö' | 'ø'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' => Self::Small,
            _ if c.is_whitespace() => Self::Blank,
            _ => Script::of(c).map_or(Self::Symbol, Self::Letter),
        }
    }
}

/// The piece that is being read.
#[derive(Clone, Copy)]
enum State {
    /// None that is still to be paid.
    Settled,
    /// Digits, with how many the last group of three has. A group is paid with its first digit.
    Digits(u8),
    /// Blanks: whether line ends came before them, how many there are, and the last one.
    Blanks {
        lines: bool,
        count: u64,
        last: char,
    },
    /// Symbols, each paid as it comes.
    Symbols(Symbols),
    /// Line ends behind symbols: they are of the same piece.
    Closed,
    Word(Word),
    /// Letters of another script than the Latin one, with their price so far.
    Letters(Script, u64),
}

#[derive(Clone, Copy)]
struct Symbols {
    last: char,
    /// How many there are, where equal ones in a row count once.
    changes: u64,
    /// It is a single one without a space before it: it belongs to the word that may follow.
    alone: bool,
    /// A word came directly before.
    behind_word: bool,
}

/// What a piece of letters begins with.
#[derive(Clone, Copy, Default)]
struct Lead {
    /// A space: vocabularies have most words with one.
    spaced: bool,
    /// Nothing: other letters are directly before it.
    joined: bool,
    /// The price of another character.
    extra: u64,
    /// An apostrophe behind a word.
    clipped: bool,
}

struct Counter {
    state: State,
    sum: u64,
}

impl Counter {
    fn take(&mut self, c: char) {
        match Class::of(c) {
            Class::Small => self.latin(c, false),
            Class::Capital => self.latin(c, true),
            Class::Letter(script) => self.letter(script, c),
            Class::Digit => self.digit(),
            Class::Symbol => self.symbol(c),
            Class::Blank => self.blank(c),
            Class::LineEnd => self.line_end(c),
        }
    }

    fn latin(&mut self, c: char, capital: bool) {
        if let State::Word(word) = &mut self.state
            && word.push(c, capital)
        {
            return;
        }
        let lead = self.lead();
        self.state = State::Word(Word::new(lead, c, capital));
    }

    fn letter(&mut self, script: Script, c: char) {
        if let State::Letters(current, price) = &mut self.state
            && *current == script
        {
            *price += script.letter(c);
            return;
        }
        let lead = self.lead();
        self.state = State::Letters(script, script.start(lead) + script.letter(c));
    }

    fn digit(&mut self) {
        let group = match self.state {
            State::Digits(group) => group % 3 + 1,
            _ => {
                // A last blank is no part of a number, and no longer one of the blanks before it.
                self.sum += if self.settle_before(|_| true) { TOKEN } else { 0 };
                1
            }
        };
        self.sum += if group == 1 { TOKEN } else { 0 };
        self.state = State::Digits(group);
    }

    fn symbol(&mut self, c: char) {
        if let State::Symbols(run) = &mut self.state {
            run.alone = false;
            self.sum += if c == run.last {
                prices::repeated(c)
            } else {
                run.last = c;
                run.changes += 1;
                prices::symbol(c, run.changes)
            };
            return;
        }
        let behind_word = matches!(self.state, State::Word(_));
        let spaced = self.settle_before(|last| last == ' ');
        self.sum += prices::symbol(c, 1);
        self.state = State::Symbols(Symbols { last: c, changes: 1, alone: !spaced, behind_word });
    }

    fn blank(&mut self, c: char) {
        if let State::Blanks { count, last, .. } = &mut self.state {
            *count += 1;
            *last = c;
            return;
        }
        self.settle();
        self.state = State::Blanks { lines: false, count: 1, last: c };
    }

    fn line_end(&mut self, c: char) {
        match &mut self.state {
            State::Symbols(_) => self.state = State::Closed,
            State::Closed => self.sum += prices::MORE_LINES,
            State::Blanks { lines, count, .. } => {
                // All blanks up to the last line end are one piece.
                self.sum += if *lines { prices::MORE_LINES } else { 0 };
                (*lines, *count) = (true, 0);
            }
            _ => {
                self.settle();
                self.state = State::Blanks { lines: true, count: 0, last: c };
            }
        }
    }

    /// Pays what came before a piece of letters, and says what of it is part of that piece.
    fn lead(&mut self) -> Lead {
        let mut lead = Lead::default();
        match self.state {
            State::Blanks { last, .. } => {
                if self.settle_before(|_| true) {
                    lead.spaced = last == ' ';
                    lead.extra = if lead.spaced { 0 } else { prices::lead(last) };
                }
            }
            State::Symbols(Symbols { alone: true, last, behind_word, .. }) => {
                self.sum -= prices::symbol(last, 1);
                lead.extra = prices::lead(last);
                lead.clipped = behind_word && last == '\'';
            }
            State::Word(_) | State::Letters(..) => {
                lead.joined = true;
                self.settle();
            }
            _ => self.settle(),
        }
        lead
    }

    /// Pays what came before, but for a last blank that fits the next piece. Whether there was one.
    fn settle_before(&mut self, fits: impl Fn(char) -> bool) -> bool {
        let kept = match &mut self.state {
            State::Blanks { count, last, .. } if *count > 0 && fits(*last) => {
                *count -= 1;
                true
            }
            _ => false,
        };
        self.settle();
        kept
    }

    /// Pays the piece that was being read.
    fn settle(&mut self) {
        self.sum += match self.state {
            State::Settled | State::Digits(_) | State::Symbols(_) | State::Closed => 0,
            State::Blanks { lines, count, .. } => {
                let lines = if lines { TOKEN } else { 0 };
                lines + if count > 0 { TOKEN + (count - 1) * prices::MORE_BLANKS } else { 0 }
            }
            State::Word(word) => word.price(),
            State::Letters(script, price) => script.at_least(price),
        };
        self.state = State::Settled;
    }
}
