//! From tokens to facts.

use super::lex::{Token, What};
use super::words::{self, Entry, Sense};
use super::{Fact, Kind, date, literal, loose, names, number};

/// Words that a name follows, even in small letters.
const NAMED: &[&str] = &[
    "user",
    "username",
    "named",
    "called",
    "host",
    "hostname",
    "branch",
    "repo",
    "repository",
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "tell",
    "ask",
    "invite",
    "remind",
];

/// The facts in the order of the text, each side of a group as often as it stands there.
#[inline(never)]
pub(super) fn join(tokens: &[Token<'_>], names: bool) -> Vec<Fact> {
    let styled = names::is_styled(tokens);
    let mut joiner = Joiner {
        tokens,
        names,
        styled,
        facts: Vec::with_capacity(8),
        not: false,
        to: false,
        aims: Vec::new(),
        from: None,
    };
    let mut at = 0;
    while at < tokens.len() {
        at += joiner.step(at).max(1);
    }
    joiner.end()
}

struct Joiner<'a> {
    tokens: &'a [Token<'a>],
    names: bool,
    styled: bool,
    facts: Vec<Fact>,
    not: bool,
    /// `to` or the like stands before the token.
    to: bool,
    /// Facts that such a word stands before.
    aims: Vec<usize>,
    /// Where the last `from` stands.
    from: Option<usize>,
}

impl<'a> Joiner<'a> {
    fn add(&mut self, kind: Kind, value: impl Into<String>) {
        self.push(kind, value.into());
    }

    #[inline(never)]
    fn push(&mut self, kind: Kind, value: String) {
        self.facts.push(Fact { kind, value });
    }

    fn rest(&self, at: usize) -> &'a [Token<'a>] {
        self.tokens.get(at..).unwrap_or_default()
    }

    /// The words from here on, as far as nothing stands between them.
    fn word(&self, at: usize, n: usize) -> Option<&'a str> {
        let token = self.tokens.get(at + n).filter(|token| token.what == What::Word)?;
        (n == 0 || !token.apart).then_some(token.small)
    }

    fn find(&self, at: usize) -> Option<(&'static Entry, usize)> {
        self.tokens.get(at)?.found
    }

    /// Reads what begins at a token; how many it takes.
    fn step(&mut self, at: usize) -> usize {
        let Some(token) = self.tokens.get(at) else { return 1 };
        let before = at.checked_sub(1).and_then(|at| self.tokens.get(at));
        if let Some((date, used)) = date::at(self.rest(at), before) {
            self.add(Kind::Date, date);
            return used;
        }
        if let Some(used) = self.spoken(at).or_else(|| self.number(at)) {
            return used;
        }
        let (text, small) = (token.text, token.small);
        match &token.what {
            What::Word => return self.code(at).unwrap_or_else(|| self.sense(at)),
            What::Date(date) => self.add(Kind::Date, date.clone()),
            What::Time(hours, rest, noon) => {
                let word = noon.is_none().then(|| self.word(at, 1)).flatten();
                let noon = noon.or(word.and_then(afternoon));
                self.add(Kind::Time, time(*hours, rest, noon));
                return 1 + usize::from(word.and_then(afternoon).is_some());
            }
            What::Url => self.add(Kind::Url, literal::url(text)),
            What::Mail => self.add(Kind::Mail, small.to_lowercase()),
            What::Quote => self.add(Kind::Quote, text.trim().to_lowercase()),
            // "> 5" is "over 5", the usual side.
            What::Sign if small.starts_with(['<', '>']) && self.is_figure(at + 1) => {
                if small.starts_with('<') {
                    self.add(Kind::Word, "below");
                }
            }
            What::Sign => self.add(Kind::Sign, small),
            What::Id | What::Number(..) => self.add(Kind::Id, literal::id(text)),
        }
        1
    }

    /// A number with what belongs to it: a time, an amount, a measure.
    fn number(&mut self, at: usize) -> Option<usize> {
        let number = number::at(self.rest(at))?;
        let next = at + number.used;
        let hours = number.value.parse::<u8>().ok().filter(|hours| *hours <= 12);
        if let (Some(hours), Some(noon)) = (hours, self.word(next, 0).and_then(afternoon)) {
            self.add(Kind::Time, time(hours, "00", Some(noon)));
            return Some(number.used + 1);
        }
        if number.ordinal && self.word(next, 0) == Some("quarter") {
            self.add(Kind::Id, "q".to_owned() + &number.value);
            return Some(number.used + 1);
        }
        let hyphen = |at: usize| self.tokens.get(at).is_some_and(|token| token.hyphen);
        let degrees = usize::from(self.word(next, 0).is_some_and(|word| word.starts_with("degree")));
        let unit = self
            .find(next + degrees)
            .filter(|(unit, _)| unit.sense == Sense::Unit && !number.value.contains(' '));
        let unit = unit.filter(|_| !number.ordinal || hyphen(next));
        let faint = number.faint && unit.is_none();
        let value = match unit {
            Some((unit, _)) => number::with_unit(number.value, Some(unit)),
            None => number.value,
        };
        // "1 hour", "an hour", "per hour", "hourly" are the same.
        match value.strip_prefix("1 ") {
            _ if faint => {}
            Some("-") => {}
            Some(unit) => {
                self.aim();
                self.add(Kind::Unit, unit);
            }
            None => self.add(Kind::Number, value),
        }
        Some(number.used + unit.map_or(0, |(_, used)| degrees + used))
    }

    /// "EUR 50" is "50 EUR"; whether such a number stands there.
    fn amount(&mut self, at: usize, unit: &'static Entry) -> bool {
        match self.tokens.get(at).map(|token| &token.what) {
            Some(What::Number(value, false)) if value == "1" => {
                self.unit(unit);
                true
            }
            Some(What::Number(value, false)) if !value.contains(' ') => {
                self.add(Kind::Number, number::with_unit(value.clone(), Some(unit)));
                true
            }
            _ => false,
        }
    }

    fn unit(&mut self, unit: &Entry) {
        if unit.label != "-" {
            self.aim();
            self.add(Kind::Unit, unit.label);
        }
    }

    /// The next fact is one that the text goes to, when it does.
    fn aim(&mut self) {
        if self.to {
            self.aims.push(self.facts.len());
        }
    }

    /// A word by what the lists say.
    fn sense(&mut self, at: usize) -> usize {
        let Some(token) = self.tokens.get(at) else { return 1 };
        let found = self.find(at);
        let used = found.map_or(1, |(_, used)| used);
        let mut aims = false;
        match found {
            None if token.small.ends_with("n't") || words::is_negated(token.small) => self.not = !self.not,
            // "gluten-free"
            _ if token.hyphen && token.small == "free" => self.not = !self.not,
            // A hash without a digit.
            None if token.small.len() > 5 && token.small.bytes().all(|b| b.is_ascii_hexdigit()) => {
                self.add(Kind::Id, token.small);
            }
            None => aims = self.unknown(at, false),
            Some((entry, _)) => match entry.sense {
                Sense::Not => self.not ^= !self.is_number_sign(at),
                Sense::Side if loose::side(self.tokens, at, entry.key) => {}
                Sense::Side => self.add(Kind::Word, entry.label),
                Sense::Unit if number::is_money(entry) && self.amount(at + used, entry) => return used + 1,
                Sense::Unit if loose::unit(entry.key) => _ = self.unknown(at, true),
                Sense::Unit if self.is_unit(at) => self.unit(entry),
                Sense::Unit if used == 1 => aims = self.unknown(at, false),
                Sense::Name if self.names => {
                    self.aim();
                    self.add(Kind::Name, entry.label);
                    if self.to {
                        self.against(at);
                    }
                    aims = self.to;
                }
                Sense::Common => aims = self.unknown(at, token.first || !names::is_capital(token)),
                Sense::Plain if used == 1 => {
                    self.bound(at);
                    aims = self.unknown(at, true);
                    aims |= self.to
                        && matches!(token.small, "the" | "a" | "an" | "my" | "our" | "your" | "their");
                }
                _ => {}
            },
        }
        self.to = aims
            || used == 1 && matches!(token.small, "to" | "into" | "onto" | "toward" | "towards" | "than");
        used
    }

    /// A word that may be a name; whether one that follows would belong to it.
    fn unknown(&mut self, at: usize, known: bool) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        if known && token.small == "from" {
            self.from = Some(at);
        }
        let before = at.checked_sub(1).and_then(|at| self.word(at, 0)).filter(|_| !token.apart);
        let name = names::name(token, known, self.tokens.get(at + 1));
        match name.filter(|_| !self.styled) {
            Some(name) if self.names => {
                self.aim();
                self.add(Kind::Name, name);
                self.to
            }
            // "user jsmith"
            None if !known && self.names && before.is_some_and(|before| NAMED.contains(&before)) => {
                self.add(Kind::Name, token.small);
                false
            }
            None if !known && before == Some("to") => {
                self.against(at);
                false
            }
            _ => false,
        }
    }

    /// A date or time with `after` or `by` before it.
    fn bound(&mut self, at: usize) {
        let side = match self.word(at, 0) {
            Some("after" | "since") => "after",
            Some("by") => "before",
            _ => return,
        };
        let rest = self.rest(at + 1 + usize::from(self.word(at, 1) == Some("the")));
        let Some(next) = rest.first() else { return };
        let number = side == "after" && matches!(next.what, What::Number(..));
        let weekday =
            next.sense().is_some_and(|entry| entry.sense == Sense::Side && entry.label.ends_with("day"));
        let clock = matches!(next.what, What::Number(..))
            && rest.get(1).is_some_and(|word| afternoon(word.small).is_some());
        let is_date = matches!(next.what, What::Date(_) | What::Time(..)) || date::at(rest, None).is_some();
        if is_date || number || weekday || clock {
            self.add(Kind::Word, side);
        }
    }

    /// "from mysql to redis": a fact when the words stand against the alphabet.
    fn against(&mut self, at: usize) {
        let Some(from) = self.from.filter(|from| at - from <= 6) else { return };
        let name = self.find(from + 1).is_some_and(|(entry, _)| entry.sense == Sense::Name);
        match (self.word(from, 1), self.word(at, 0)) {
            (Some(source), Some(aim)) if source > aim && !(name && self.find(at).is_some()) => {
                self.add(Kind::Word, "to ".to_owned() + aim);
            }
            _ => {}
        }
    }

    fn is_figure(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| matches!(token.what, What::Number(..)))
    }

    /// `LH 441`: an id that is written apart.
    fn code(&mut self, at: usize) -> Option<usize> {
        let code = loose::code(self.rest(at)).filter(|_| !self.styled)?;
        self.add(Kind::Id, code);
        Some(2)
    }

    /// `half past five`, `quarter to 7`, and how many tokens it takes.
    fn spoken(&mut self, at: usize) -> Option<usize> {
        let start = at + usize::from(self.word(at, 0) == Some("a"));
        let minutes = match (self.word(start, 0)?, self.word(start, 1)?) {
            ("half", "past") => 30,
            ("quarter", "past" | "after") => 15,
            ("quarter", "to") => -15,
            _ => return None,
        };
        let number = number::at(self.rest(start + 2))?;
        let hours = number.value.parse::<i16>().ok().filter(|hours| (1..=12).contains(hours))?;
        let used = start + 2 + number.used - at;
        let noon = self.word(at + used, 0).and_then(afternoon);
        let (hours, minutes) = ((hours * 60 + minutes) / 60, (60 + minutes) % 60);
        self.add(Kind::Time, time(u8::try_from(hours).unwrap_or(0), &format!("{minutes:02}"), noon));
        Some(used + usize::from(noon.is_some()))
    }

    /// Whether a unit stands without a number: not `HR`, `plan C`.
    fn is_unit(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        let before = at.checked_sub(1).and_then(|at| self.word(at, 0));
        let code = matches!(token.text, "HR" | "HP" | "MS" | "Ms" | "DB" | "PB");
        let digits = token.small.contains(|c: char| !c.is_alphabetic());
        digits
            || token.small.chars().count() > 2
            || matches!(before, Some("in" | "to" | "into" | "per")) && !code
    }

    /// `No. 5`
    fn is_number_sign(&self, at: usize) -> bool {
        let next = self.tokens.get(at + 1);
        self.word(at, 0) == Some("no")
            && next.is_some_and(|next| next.apart && matches!(next.what, What::Number(..)))
    }

    /// Which of two names or units the text goes to is a fact when they stand against the alphabet; the other way says
    /// no more than the two do (`a flight Berlin-Paris`).
    fn end(mut self) -> Vec<Fact> {
        let even = |token: &Token<'_>| matches!(token.small, "between" | "distance" | "far");
        if self.tokens.iter().any(even) {
            self.aims.clear();
        }
        for kind in [Kind::Name, Kind::Unit] {
            let others = self.facts.iter().enumerate();
            let others =
                others.filter(|(at, fact)| fact.kind == kind && self.aims.binary_search(at).is_err());
            let Some(last) = others.map(|(_, fact)| fact.value.clone()).max() else { continue };
            for at in &self.aims {
                if let Some(fact) = self.facts.get_mut(*at).filter(|fact| fact.kind == kind)
                    && fact.value < last
                {
                    fact.value.insert_str(0, "to ");
                }
            }
        }
        if self.not {
            self.add(Kind::Not, "");
        }
        self.facts
    }
}

fn afternoon(word: &str) -> Option<bool> {
    match word {
        "am" => Some(false),
        "pm" => Some(true),
        _ => None,
    }
}

/// A time by the clock of 24 hours.
fn time(hours: u8, rest: &str, noon: Option<bool>) -> String {
    let hours = match noon {
        None => hours,
        Some(after) => hours % 12 + if after { 12 } else { 0 },
    };
    format!("{hours:02}:{rest}")
}
