//! Keyed digests of calls and results. 32 bits are enough for one chain of 64 calls, where several have to agree
//! before anything follows from it, and without the key nobody can make two of them meet.

use super::words::{Place, is_doing, is_kept, marks};
use crate::mcp::{Kind, Raw};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;

/// Nesting down to which members may come in any order. Each level is walked again, and nobody nests deeper.
const DEPTH: usize = 16;

/// Bytes of an array or object up to which members may come in any order, for the same reason.
const ORDERED_BYTES: usize = 64 * 1024;

/// Makes digests by one secret key: SipHash-1-3, as they must be unforeseeable and cheap, not collision-free.
#[derive(Clone)]
pub struct Digests {
    key: [u8; 16],
}

impl std::fmt::Debug for Digests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digests")
    }
}

/// A call as the chains see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Of the tool's name.
    pub tool: u32,
    /// Of tool and arguments, members in any order.
    pub call: u32,
    /// The same without free text.
    pub shape: u32,
}

impl Digests {
    /// Digests by this key.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    /// Of a name: a principal's, or a trace id.
    #[must_use]
    pub fn name(&self, name: &str) -> u32 {
        short(self.text(b'n', name))
    }

    /// Of a call: the tool's name as agents see it, and its arguments, if it has any.
    #[must_use]
    pub fn call(&self, tool: &str, arguments: Option<Raw<'_>>) -> Fingerprint {
        let name = self.text(b't', tool);
        let arguments = arguments.filter(|raw| raw.kind() != Kind::Null);
        let join = |tag: u8, arguments: Option<u64>| {
            let mut hasher = self.hasher(tag);
            hasher.write(&name.to_le_bytes());
            // No arguments mean the same as an empty object.
            hasher.write(&arguments.unwrap_or_else(|| self.members(0)).to_le_bytes());
            short(hasher.finish())
        };
        let call = join(b'c', arguments.map(|raw| self.value(raw, 0)));
        let shape = match is_doing(tool) {
            true => call,
            false => join(b's', arguments.map(|raw| self.shape(raw, Place::Asking, 0))),
        };
        Fingerprint { tool: short(name), call, shape }
    }

    /// Of a value: members in any order, absent as good as null, `_meta` left out, numbers by value.
    pub(super) fn value(&self, raw: Raw<'_>, depth: usize) -> u64 {
        match raw.kind() {
            Kind::Object | Kind::Array if is_deep(raw, depth) => self.text(b'r', raw.text()),
            Kind::Object => self.object(raw, |_, value| self.value(value, depth + 1)),
            Kind::Array => self.array(raw, |value| self.value(value, depth + 1)),
            Kind::String => self.text(b'"', &raw.string().unwrap_or_default()),
            Kind::Number => self.number(raw.text()),
            Kind::True | Kind::False | Kind::Null => self.text(b'r', raw.text()),
        }
    }

    /// As [`Digests::value`], of a string only what tells calls apart.
    fn shape(&self, raw: Raw<'_>, place: Place, depth: usize) -> u64 {
        match raw.kind() {
            Kind::Object | Kind::Array if is_deep(raw, depth) => self.value(raw, depth),
            Kind::Object => self.object(raw, |name, value| self.shape(value, Place::of(name), depth + 1)),
            // The number of words is no more than their wording.
            Kind::Array if place == Place::Asking => self.sum(raw, depth),
            Kind::Array => self.array(raw, |value| self.shape(value, place, depth + 1)),
            Kind::String => {
                let text = raw.string().unwrap_or_default();
                if is_kept(&text, place) { self.text(b'"', &text) } else { self.marks(&text) }
            }
            _ => self.value(raw, depth),
        }
    }

    /// Of the ids, numbers and dates in a text, in any order.
    fn marks(&self, text: &str) -> u64 {
        marks(text).fold(0, |sum: u64, mark| sum.wrapping_add(self.text(b'm', mark)))
    }

    fn sum(&self, raw: Raw<'_>, depth: usize) -> u64 {
        let shapes = raw.elements().map(|value| self.shape(value, Place::Asking, depth + 1));
        shapes.fold(0, u64::wrapping_add)
    }

    /// Sums over the members, so that their order does not matter and none has to be kept.
    pub(super) fn object<'a>(&self, raw: Raw<'a>, mut of: impl FnMut(&str, Raw<'a>) -> u64) -> u64 {
        let mut sum = 0u64;
        for (name, value) in
            raw.members().filter(|(name, value)| value.kind() != Kind::Null && name != "_meta")
        {
            let mut hasher = self.hasher(b':');
            hasher.write(name.as_bytes());
            hasher.write(&[0xFF]);
            hasher.write(&of(&name, value).to_le_bytes());
            sum = sum.wrapping_add(hasher.finish());
        }
        self.members(sum)
    }

    /// Of an object whose members have this sum.
    fn members(&self, sum: u64) -> u64 {
        let mut hasher = self.hasher(b'{');
        hasher.write(&sum.to_le_bytes());
        hasher.finish()
    }

    pub(super) fn array<'a>(&self, raw: Raw<'a>, of: impl FnMut(Raw<'a>) -> u64) -> u64 {
        let mut hasher = self.hasher(b'[');
        for value in raw.elements().map(of) {
            hasher.write(&value.to_le_bytes());
        }
        hasher.finish()
    }

    /// `1`, `1.0` and `1e0` are the same; numbers that a double cannot tell apart are told apart by their text.
    fn number(&self, text: &str) -> u64 {
        match text.parse::<f64>() {
            Ok(number) if text.len() <= 15 && number.is_finite() => {
                // Zero has two signs.
                let number = if number == 0.0 { 0.0 } else { number };
                let mut hasher = self.hasher(b'0');
                hasher.write(&number.to_bits().to_le_bytes());
                hasher.finish()
            }
            _ => self.text(b'1', text),
        }
    }

    pub(super) fn text(&self, tag: u8, text: &str) -> u64 {
        let mut hasher = self.hasher(tag);
        hasher.write(text.as_bytes());
        hasher.finish()
    }

    /// `tag` keeps digests of different things apart.
    pub(super) fn hasher(&self, tag: u8) -> SipHasher13 {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write(&[tag]);
        hasher
    }
}

/// Too deep or too large to be walked: its text counts as it came.
fn is_deep(raw: Raw<'_>, depth: usize) -> bool {
    depth >= DEPTH || raw.text().len() > ORDERED_BYTES
}

#[allow(clippy::cast_possible_truncation)]
pub(super) fn short(digest: u64) -> u32 {
    (digest ^ (digest >> 32)) as u32
}
