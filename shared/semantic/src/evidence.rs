//! How often predictions were right, and what may be served. Pure steps: a record lives where the host makes steps atomic.
//!
//! A band is opened by what is shown of two error rates: that of the band and all surer ones **together**, which is what is
//! served once it is open, has to be under the bound, and **its own** under twice the bound ([`loose`]). So surer bands pay
//! for one that is a little less sure than it should be, and for none that is much less sure, or that nothing is known of.
//!
//! Against each of the two, "it is at least that", two bets are made (betting fractions 0.5 and 0.9). While it is true,
//! their wealth is a supermartingale, so by Ville's inequality it reaches 1/alpha with probability alpha at most, however
//! often one looks: only then the band opens. An open band is watched by a cumulative sum of its own errors that closes it
//! when they become more.
//!
//! **Why the pairs of all may be counted alike.** Where surer bands serve already, few of their calls are witnessed, all
//! of the same share, and all calls of those that do not serve. What is witnessed thus has too little of the surer ones
//! in it. Those are under the bound together, or nothing less sure would serve; so if what is witnessed is under the
//! bound, what is served is so all the more.
//!
//! **What counts once.** The same two questions, asked again whenever an answer has expired, say nothing new. A pair of
//! texts therefore counts once as *right*: a record remembers the last [`PAIRS`] pairs by 32 bits each, and
//! one that comes back later than that counts anew. As *wrong* a pair counts whenever it comes: what is often
//! asked and wrong must weigh as much as it is asked, and an answer that has changed is always news.

#[cfg(test)]
mod tests;
mod upper;

pub use upper::{least, upper};

use crate::agreement::{BANDS, Band};
use crate::group::Digest;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;

/// The probability that a band opens although its error rate is not under the bound.
pub const ALPHA: f64 = 0.05;
/// Pairs that a record remembers.
pub const PAIRS: usize = 512;
/// Wealth that opens a band.
const ENOUGH: f64 = 1.0 / ALPHA;
/// Shares of the wealth that are bet.
const FRACTIONS: [f64; 2] = [0.5, 0.9];
/// Wealth is kept as its logarithm, in billionths: whole numbers are the same on every machine.
const UNIT: f64 = 1e9;
/// How much of 1 the error rate is in [`Terms`].
const WHOLE: f64 = 1e6;

/// What evidence is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The error rate that what is served has to stay under, in millionths.
    pub max_error: u32,
    /// Digest of all that evidence depends on besides: the model, the tool's definition, what is volatile. Evidence that
    /// was gathered under others is dropped.
    pub basis: u64,
}

/// One prediction, and whether the upstream said the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The band of the prediction.
    pub band: Band,
    /// Of the two texts: see [`pair`].
    pub pair: u32,
    /// The upstream's answer was another one, or an error.
    pub wrong: bool,
}

/// What is known of one band: some 40 bytes when stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Record {
    /// Logarithms of what the two bets have become against the error rate of the band and all surer ones.
    all: [i64; 2],
    /// The same against its own.
    own: [i64; 2],
    /// The cumulative sum that closes an open band.
    sum: i64,
    /// Pairs that counted.
    pairs: u32,
    /// Of those, wrong ones.
    wrong: u32,
    open: bool,
}

/// The evidence about one tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// What it was gathered under; nothing was, when it is none.
    terms: Option<Terms>,
    records: [Record; BANDS],
    /// Pairs that were right, in the order of their coming, the last [`PAIRS`] of them; `next` is the oldest when full.
    seen: Vec<u32>,
    next: u16,
}

/// What a gateway is told of a tool's evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// By band.
    pub bands: [Seen; BANDS],
}

/// What a gateway is told of one band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// What is known of it and all surer ones suffices. It serves when all surer ones are open too.
    pub open: bool,
    /// Pairs that counted.
    pub pairs: u32,
    /// Of those, wrong ones.
    pub wrong: u32,
}

impl Standing {
    /// Whether a band may serve: it and all surer ones are open.
    #[must_use]
    pub fn serves(&self, band: Band) -> bool {
        Band::ALL.iter().zip(&self.bands).all(|(one, seen)| *one > band || seen.open)
    }

    /// What is known of a band.
    #[must_use]
    pub fn of(&self, band: Band) -> Seen {
        let of = Band::ALL.iter().zip(&self.bands).find(|(one, _)| **one == band);
        of.map(|(_, seen)| *seen).unwrap_or_default()
    }
}

/// Of two texts, in whatever order.
#[must_use]
pub fn pair(a: &Digest, b: &Digest) -> u32 {
    let mut hasher = SipHasher13::new();
    hasher.write(&a.min(b).0);
    hasher.write(&a.max(b).0);
    let hash = hasher.finish();
    #[allow(clippy::cast_possible_truncation)]
    let short = (hash ^ (hash >> 32)) as u32;
    short
}

impl Evidence {
    /// Takes witnesses in, in their order; none at all only reads. The answer is what holds afterwards.
    pub fn apply(&mut self, terms: &Terms, witnesses: &[Witness]) -> Standing {
        if self.terms.as_ref() != Some(terms) {
            // Who only asks must not undo what others have gathered.
            if witnesses.is_empty() {
                return Standing::default();
            }
            *self = Self { terms: Some(*terms), ..Self::default() };
        }
        for witness in witnesses {
            if !witness.wrong && !self.is_new(witness.pair) {
                continue;
            }
            let own = Band::ALL.iter().zip(&mut self.records).skip_while(|(band, _)| **band < witness.band);
            for (band, record) in own {
                record.count(f64::from(terms.max_error) / WHOLE, witness.wrong, *band == witness.band);
            }
        }
        self.standing()
    }

    /// What holds.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let seen = |record: Record| Seen { open: record.open, pairs: record.pairs, wrong: record.wrong };
        Standing { bands: self.records.map(seen) }
    }

    /// Whether a pair has not come among the last ones; remembers it.
    fn is_new(&mut self, pair: u32) -> bool {
        if self.seen.contains(&pair) {
            return false;
        }
        let full = self.seen.len() >= PAIRS;
        match self.seen.get_mut(usize::from(self.next)) {
            Some(oldest) if full => *oldest = pair,
            _ => self.seen.push(pair),
        }
        self.next = if usize::from(self.next) + 1 < PAIRS { self.next + 1 } else { 0 };
        true
    }
}

impl Record {
    /// Counts one pair, `delta` being the bound, of the band itself (`own`) or of a surer one.
    fn count(&mut self, delta: f64, wrong: bool, own: bool) {
        // A bound of 0 can never be shown, and one of 1 says nothing: neither opens.
        if !(delta > 0.0 && delta < 1.0) {
            return;
        }
        bet(&mut self.all, delta, wrong);
        if own {
            self.pairs = self.pairs.saturating_add(1);
            self.wrong = self.wrong.saturating_add(u32::from(wrong));
            bet(&mut self.own, loose(delta), wrong);
            self.watch(delta, wrong);
        }
        if !self.open && is_enough(&self.all) && is_enough(&self.own) {
            self.open = true;
            self.sum = 0;
        }
    }

    /// Closes the band when errors become more.
    fn watch(&mut self, delta: f64, wrong: bool) {
        if !self.open {
            return;
        }
        let x = if wrong { 1.0 } else { 0.0 };
        let step = (0.25 / delta * (x - delta)).ln_1p();
        self.sum = self.sum.saturating_sub(down(-step)).max(0);
        if self.sum >= down(ENOUGH.ln()) {
            self.open = false;
            self.all = self.all.map(|bet| bet.min(0));
            self.own = self.own.map(|bet| bet.min(0));
        }
    }
}

/// What a band's own error rate has to stay under: nearly twice the bound, and always less than 1.
fn loose(delta: f64) -> f64 {
    delta * (2.0 - delta)
}

/// Bets once more against an error rate of `rate` or more.
fn bet(bets: &mut [i64; 2], rate: f64, wrong: bool) {
    let x = if wrong { 1.0 } else { 0.0 };
    for (bet, fraction) in bets.iter_mut().zip(FRACTIONS) {
        let gain = (fraction / (1.0 - rate) * (rate - x)).ln_1p();
        // Beyond enough, wealth would only delay what it takes to open again.
        *bet = bet.saturating_add(down(gain)).min(down(ENOUGH.ln() + 1.0));
    }
}

/// Whether two bets have shown it.
fn is_enough(bets: &[i64; 2]) -> bool {
    #[allow(clippy::cast_precision_loss)]
    let wealth: f64 = bets.iter().map(|bet| (*bet as f64 / UNIT).exp()).sum();
    wealth / 2.0 >= ENOUGH
}

/// In billionths, rounded to less: a band opens later by it, and closes earlier.
#[allow(clippy::cast_possible_truncation)]
fn down(number: f64) -> i64 {
    (number * UNIT).floor() as i64
}
