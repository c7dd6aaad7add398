//! Tokens: words, numbers, and what is a fact as it stands.

use super::literal;
use super::number;
use super::words::{self, Entry};

/// A part of the text.
#[derive(Debug)]
pub(super) struct Token<'a> {
    /// As it stands, and in small letters. Of a word with an apostrophe, what stands before it.
    pub text: &'a str,
    pub small: &'a str,
    pub what: What,
    /// It begins a sentence, so that a capital says nothing.
    pub first: bool,
    /// A comma or the like stands before it: no entry of several words goes across.
    pub apart: bool,
    /// What followed its apostrophe was an `s`.
    pub owner: bool,
    /// A hyphen joins it to the token before.
    pub hyphen: bool,
    /// What the lists say of the words that begin here, and how many words it is that they say it of.
    pub found: Option<(&'static Entry, usize)>,
}

#[derive(Debug, PartialEq)]
pub(super) enum What {
    Word,
    /// In normal form, with its unit if that is glued to it; `true`: an ordinal.
    Number(String, bool),
    Date(String),
    /// Hours, and minutes or more. `None`: it is not known whether before or after noon.
    Time(u8, String, Option<bool>),
    Id,
    Url,
    Mail,
    Quote,
    Sign,
}

/// Cuts a text. `small` is the text with ASCII letters in lower case.
#[inline(never)]
pub(super) fn tokens<'a>(text: &'a str, small: &'a str) -> Vec<Token<'a>> {
    let mut lexer =
        Lexer { text, small, tokens: Vec::with_capacity(24), first: true, apart: false, hyphen: false };
    let mut at = 0;
    // Quotes that do not end further on; so that each is looked for once.
    let mut open_ended = [false; 3];
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if c.is_whitespace() {
            lexer.first |= c == '\n';
            at += c.len_utf8();
        } else if matches!(c, '(' | '[' | '{') {
            (lexer.apart, at) = (true, at + 1);
        } else if let Some(end) = lexer.quote(at, &mut open_ended) {
            at = end;
        } else {
            let rest = text.get(at..).unwrap_or_default();
            let mut end = at;
            for (offset, c) in rest.char_indices() {
                let quote = matches!(c, '"' | '`') && offset > 0;
                if c.is_whitespace() || quote {
                    break;
                }
                end = at + offset + c.len_utf8();
            }
            lexer.chunk(at, end);
            at = end;
        }
    }
    let mut tokens = lexer.tokens;
    for at in 0..tokens.len() {
        let found = words::find(&|n| {
            let token = tokens.get(at + n).filter(|token| token.what == What::Word)?;
            (n == 0 || !token.apart).then_some(token.small)
        });
        if let Some(token) = tokens.get_mut(at) {
            token.found = found;
        }
    }
    tokens
}

const OPENING: &[char] = &['"', '\'', '¿', '¡', ',', ';', '`', '•'];
const CLOSING: &[char] = &['.', ',', ';', ':', '!', '?', ')', ']', '}', '"', '\'', '`'];

struct Lexer<'a> {
    text: &'a str,
    small: &'a str,
    tokens: Vec<Token<'a>>,
    first: bool,
    apart: bool,
    hyphen: bool,
}

impl Token<'_> {
    /// What the lists say of this word alone.
    pub fn sense(&self) -> Option<&'static Entry> {
        self.found.filter(|(_, words)| *words == 1).map(|(entry, _)| entry)
    }
}

impl<'a> Lexer<'a> {
    #[inline(never)]
    fn push(&mut self, start: usize, end: usize, what: What) {
        let text = self.text.get(start..end).unwrap_or_default();
        let small = self.small.get(start..end).unwrap_or_default();
        let (first, apart, hyphen) = (self.first, self.apart, self.hyphen);
        self.tokens.push(Token { text, small, what, first, apart, owner: false, hyphen, found: None });
        (self.first, self.apart, self.hyphen) = (false, false, false);
    }

    /// What stands between quotes that begin here; its end.
    fn quote(&mut self, at: usize, open_ended: &mut [bool; 3]) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let mark = rest.chars().next()?;
        let kind = open_ended.get_mut(['"', '`', '\''].iter().position(|quote| *quote == mark)?)?;
        if *kind {
            return None;
        }
        let inner = rest.get(1..)?;
        let ends = |(at, _): &(usize, &str)| {
            let next = inner.get(at + 1..).and_then(|rest| rest.chars().next());
            mark != '\'' || *at > 1 && next.is_none_or(|c| !c.is_alphanumeric())
        };
        let Some((length, _)) = inner.match_indices(mark).find(ends) else {
            *kind = true;
            return None;
        };
        if inner.get(..length)?.trim().is_empty() {
            return None;
        }
        self.push(at + 1, at + 1 + length, What::Quote);
        Some(at + length + 2)
    }

    /// What stands between two blanks.
    fn chunk(&mut self, start: usize, end: usize) {
        let whole = self.text.get(start..end).unwrap_or_default();
        let opened = whole.trim_start_matches(OPENING);
        let from = end - opened.len();
        let body = opened.trim_end_matches(CLOSING);
        let to = from + body.len();
        self.apart |= from > start;
        if !body.is_empty() {
            self.body(from, to);
        } else if whole.contains(|c: char| !OPENING.contains(&c) && !CLOSING.contains(&c)) {
            self.push(start, end, What::Sign);
        }
        let tail = self.text.get(to..end).unwrap_or_default();
        self.apart |= !tail.is_empty();
        // "Dr. Who", "5 p.m. London": no sentence ends there.
        let short = body.len() <= 2 || body.contains('.') || matches!(body, "Mrs" | "Prof" | "Inc" | "vs");
        self.first |= tail.contains(['!', '?', ':']) || tail.contains('.') && !short;
    }

    fn body(&mut self, from: usize, to: usize) {
        let body = self.small.get(from..to).unwrap_or_default();
        if body.chars().all(|c| c.is_alphabetic() || c == '\'') {
            return self.word(from, to);
        }
        if literal::is_url(body) {
            return self.push(from, to, What::Url);
        }
        if literal::is_mail(body) {
            return self.push(from, to, What::Mail);
        }
        if words::find(&|n| (n == 0).then_some(body)).is_some() {
            return self.push(from, to, What::Word);
        }
        // ">90%"
        let signs = body.len() - body.trim_start_matches(['<', '>', '=']).len();
        if signs > 0 && body.get(signs..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            self.push(from, from + signs, What::Sign);
            return self.digits(from + signs, to);
        }
        if body.contains(|c: char| c.is_numeric()) {
            return self.digits(from, to);
        }
        if body.chars().all(|c| !c.is_alphanumeric()) {
            // A dash or an ampersand between words says nothing.
            if !body.chars().all(|c| matches!(c, '-' | '–' | '—' | '‐' | '&' | '/' | '·')) {
                self.push(from, to, What::Sign);
            }
            self.apart = true;
            return;
        }
        if let Some(letters) = literal::initials(body) {
            let first = self.first;
            self.push(from, to, What::Word);
            if let Some(token) = self.tokens.last_mut() {
                (token.small, token.first) = (letters, first);
            }
            return;
        }
        if literal::is_compound(body) {
            return self.parts(from, to);
        }
        self.push(from, to, What::Id);
    }

    /// Words joined by hyphens or one slash.
    fn parts(&mut self, from: usize, to: usize) {
        let body = self.small.get(from..to).unwrap_or_default();
        let mut start = from;
        for part in body.split(['-', '/', '‐', '–', '—']) {
            let end = start + part.len();
            let joint = self.text.get(end..to).and_then(|rest| rest.chars().next());
            if !part.is_empty() {
                self.word(start, end);
            }
            self.hyphen = matches!(joint, Some('-' | '‐'));
            self.apart = !self.hyphen && joint.is_some();
            start = end + joint.map_or(0, char::len_utf8);
        }
        self.hyphen = false;
    }

    /// A word; what follows its apostrophe is grammar (`user's`, `I'm`), but for `n't`.
    fn word(&mut self, from: usize, to: usize) {
        let small = self.small.get(from..to).unwrap_or_default();
        let cut = small.find('\'').filter(|at| *at > 1 || small.starts_with("i'"));
        match cut {
            Some(at) if !small.ends_with("n't") => {
                self.push(from, from + at, What::Word);
                if let Some(token) = self.tokens.last_mut() {
                    token.owner = small.ends_with("'s");
                }
            }
            _ => self.push(from, to, What::Word),
        }
    }

    /// Something with a digit.
    fn digits(&mut self, from: usize, to: usize) {
        let body = self.small.get(from..to).unwrap_or_default();
        let text = self.text.get(from..to).unwrap_or_default();
        // "v2.1" is version 2.1.
        if let Some(rest) = body.strip_prefix('v')
            && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        {
            return self.digits(from + 1, to);
        }
        if let Some(what) = literal::date_or_time(body).or_else(|| number::whole(body, text)) {
            return self.push(from, to, what);
        }
        // "10-20", "$5-$10", "5-day"; with one hyphen only, so that no number of a phone or a part is cut.
        let mut halves = body.split(['-', '–']);
        if let (Some(left), Some(right), None) = (halves.next(), halves.next(), halves.next()) {
            let (middle, second) = (from + left.len(), to - right.len());
            let first = number::whole(left, text.get(..left.len()).unwrap_or_default());
            if let Some(what) = first.or_else(|| literal::date_or_time(left)) {
                let word = right.len() > 1 && right.chars().all(char::is_alphabetic);
                let other = number::whole(right, text.get(second - from..).unwrap_or_default());
                let other = other.or_else(|| literal::date_or_time(right)).filter(|_| !left.is_empty());
                if let Some(other) = other.or_else(|| word.then_some(What::Word)) {
                    self.push(from, middle, what);
                    self.hyphen = word;
                    return self.push(second, to, other);
                }
            }
        }
        self.push(from, to, What::Id);
    }
}
