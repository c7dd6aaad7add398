//! Values of each type, with valid check digits, as they are usually written.

mod asia;
mod europe;
mod net;
mod world;

use crate::rng::Rng;

/// A type of value.
pub struct Kind {
    /// Its name in the report.
    pub name: &'static str,
    /// What a finding may be called: one of these is part of its type's name.
    pub accepts: &'static [&'static str],
    pub make: fn(&mut Rng) -> String,
    /// What people write before it.
    pub labels: &'static [&'static str],
    /// What fields with it are called.
    pub keys: &'static [&'static str],
    /// In so many of a hundred places nothing says what it is.
    pub bare: usize,
}

/// A few words for each kind, in one line.
const fn kind(
    name: &'static str,
    accepts: &'static [&'static str],
    make: fn(&mut Rng) -> String,
    bare: usize,
    labels: &'static [&'static str],
    keys: &'static [&'static str],
) -> Kind {
    Kind { name, accepts, make, labels, keys, bare }
}

/// All kinds.
pub fn kinds() -> Vec<&'static Kind> {
    [world::KINDS, europe::KINDS, asia::KINDS, net::KINDS].into_iter().flatten().collect()
}

/// Digits in groups of these lengths.
pub fn grouped(digits: &str, groups: &[usize], separator: &str) -> String {
    let (mut rest, mut parts) = (digits, Vec::new());
    let mut lengths = groups.iter();
    while !rest.is_empty() {
        let length = lengths.next().copied().unwrap_or(rest.len()).min(rest.len());
        let (part, after) = rest.split_at(length);
        parts.push(part);
        rest = after;
    }
    parts.join(separator)
}
