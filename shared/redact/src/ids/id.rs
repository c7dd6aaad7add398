//! What is known of an identifier of digits, as data.

use super::run::Window;
use crate::entry::{Entry, Profile};

/// An identifier.
pub(crate) struct Id {
    /// Its type; `bare` is how sure it is written without separators.
    pub entry: Entry,
    /// How many digits it has, written in any way.
    pub lengths: &'static [u8],
    /// How it is usually written, with how sure it is bare then: `3-2-4` is groups of three, two and four digits with
    /// hyphens between. `A` is ten digits, and on from there.
    pub layouts: &'static [(&'static str, u8)],
    /// How sure it is bare when its digits are grouped in some other way.
    pub regrouped: u8,
    /// Whether a word speaks of it with anything between its groups.
    pub ragged: Ragged,
    /// Whether one of its own words must stand shortly before it: others of its type speak of other numbers too.
    pub named: bool,
    /// Whether its digits can be one.
    pub check: fn(&[u8]) -> bool,
}

/// What is found in groups of any kind where a word speaks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ragged {
    Never,
    /// Its check digit tells it.
    Any,
    /// It has no check digit: only with a slash somewhere.
    Slashed,
}

/// What a layout in other separators than its own is less sure.
const OTHER_SEPARATORS: u8 = 10;

/// An identifier of people, its levels and its words.
pub(crate) const fn id(name: &'static str, bare: u8, context: u8, words: &'static str) -> Id {
    let entry = Entry { name, bare, context, words, profiles: &[Profile::Gdpr] };
    let ragged = Ragged::Never;
    Id { entry, lengths: &[], layouts: &[], regrouped: 0, ragged, named: false, check: |_| true }
}

impl Id {
    /// With so many digits.
    pub const fn of(mut self, lengths: &'static [u8]) -> Self {
        self.lengths = lengths;
        self
    }

    /// Usually written so.
    pub const fn laid(mut self, layouts: &'static [(&'static str, u8)]) -> Self {
        self.layouts = layouts;
        self
    }

    /// As sure as that in other groups.
    pub const fn regrouped(mut self, level: u8) -> Self {
        self.regrouped = level;
        self
    }

    /// With anything between its groups where a word speaks of it: `860002183 - 9`.
    pub const fn ragged(mut self, ragged: Ragged) -> Self {
        self.ragged = ragged;
        self
    }

    /// Only behind a word of its own.
    pub const fn named(mut self) -> Self {
        self.named = true;
        self
    }

    /// With this check.
    pub const fn check(mut self, check: fn(&[u8]) -> bool) -> Self {
        self.check = check;
        self
    }

    /// One of the profiles besides.
    pub const fn within(mut self, profiles: &'static [Profile]) -> Self {
        self.entry.profiles = profiles;
        self
    }

    /// How it is usually written, one by one.
    pub fn layouts(&'static self) -> impl Iterator<Item = Laid> {
        self.layouts.iter().map(move |(layout, level)| {
            let value = |byte: u8| if byte > b'9' { byte - b'A' + 10 } else { byte - b'0' };
            let lengths = || layout.bytes().filter(u8::is_ascii_alphanumeric).map(value);
            Laid {
                id: self,
                count: lengths().map(usize::from).sum(),
                shape: lengths().fold(0, shape),
                layout: layout.as_bytes(),
                level: *level,
            }
        })
    }
}

/// An identifier in one of its layouts.
pub(crate) struct Laid {
    pub id: &'static Id,
    /// How many digits there are.
    pub count: usize,
    /// The lengths of the groups.
    shape: u64,
    layout: &'static [u8],
    level: u8,
}

impl Laid {
    /// How sure a window is that is written like this.
    pub fn level(&self, window: &Window<'_>) -> Option<u8> {
        if window.shape != self.shape {
            return None;
        }
        let separators = || self.layout.iter().skip(1).step_by(2);
        let gaps = || window.groups.iter().skip(1).map(|group| &group.gap);
        if gaps().eq(separators()) {
            return Some(self.level);
        }
        // Only the last one may be another: `529.982.247 25`.
        let besides = self.layout.len() / 2 - usize::from(self.layout.len() > 4);
        let uniform = window.uniform || gaps().take(besides).eq(separators().take(besides));
        let likely = uniform && !window.looks_like_another();
        likely.then(|| self.level.saturating_sub(OTHER_SEPARATORS))
    }
}

/// The lengths of groups as one number, for groups of less than 16 digits.
pub(crate) fn shape(before: u64, length: u8) -> u64 {
    before << 4 | u64::from(length)
}
