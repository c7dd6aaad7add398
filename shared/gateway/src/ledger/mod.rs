//! Accounts: what was used of each rule, and the steps that change it. Pure: time comes as an argument, and every
//! host makes a step atomic in its own way.
//!
//! An account belongs to one agent of a tenant, or to what agents share: a tool, an upstream, the tenant. One step
//! looks at all rules of a charge and charges all of them or none. What is known of the predictions of a tool's answers is
//! an account too.

mod account;
mod counter;
mod ends;
mod hold;
mod kept;
pub mod loops;
mod terms;
mod turn;

#[cfg(test)]
mod tests;

pub use account::Account;
pub use ends::UNDER_WAY;
pub use kept::Kept;
pub use terms::{NEVER, RuleKey, Terms};
pub use turn::{Turn, turn};

use crate::codec::{self, CodecError};
use crate::limits;
use postern_semantic::evidence;
use serde::{Deserialize, Serialize};

/// What is done to an account in one atomic step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transition {
    /// Charges a call, or several at once.
    Charge(Charge),
    /// Tells how calls ended.
    Settle(Vec<Settle>),
    /// Reads what is used of these rules.
    Show(Vec<(RuleKey, Terms)>),
    /// Forgets what was used of these rules; of all of them, and all else, when there are none.
    Reset(Vec<RuleKey>),
    /// Sets what is used of a rule (of a rate: how much of its burst).
    Set(RuleKey, Terms, u64),
    /// Tells what predictions of a tool's answers were worth; none at all only reads.
    Witness(evidence::Terms, Vec<evidence::Witness>),
}

/// A charge: all of it, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Names the charge in its [`Settle`]: random, never used twice.
    pub id: u64,
    /// What is asked of each rule; a rule stands in it once.
    pub asks: Vec<Ask>,
    /// How long from now, in ms, what is reserved may wait for its settlement. After that it stays charged as
    /// estimated, and what was in flight no longer counts as such.
    pub hold_ms: u32,
    /// How long from now, in ms, it may have to be taken back: another account may refuse, or the answer come too
    /// late for the asker. 0 for never.
    pub undo_ms: u32,
    /// The calls that the loop breaker looks at. They are charged whatever it says: who repeats himself pays for it.
    pub watch: Option<Watch>,
    /// Tools whose kept answers its calls end, each by a keyed digest of its name.
    pub ends: Vec<u32>,
    /// How earlier calls ended: rides along, and is applied first.
    pub settled: Vec<Settle>,
}

/// What is asked of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Which rule.
    pub rule: RuleKey,
    /// What it says.
    pub terms: Terms,
    /// How much: calls, tokens or micro-units, as the rule counts.
    pub amount: u64,
    /// Whether `amount` is an estimate that is settled later. What is in flight always is.
    pub settles: bool,
    /// How much beyond `amount` the asker would borrow, to spend it without asking; 0 for nothing.
    pub lease: u64,
}

/// Calls as the loop breaker sees them, and the bounds they are judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The bounds.
    pub bounds: loops::Bounds,
    /// The calls, each with what names it in a [`Settle`].
    pub sightings: Vec<(u64, loops::Sighting)>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// The id of its charge.
    pub id: u64,
    /// Takes the whole charge back: the call was refused elsewhere. Calls named in `findings` are then forgotten.
    pub undo: bool,
    /// What was really used of the rules whose amount was an estimate. One that is not named keeps its estimate.
    pub amounts: Vec<(RuleKey, u64)>,
    /// What the loop breaker remembers of results, by what names the call.
    pub findings: Vec<(u64, loops::Finding)>,
}

/// What came of a [`Transition`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Charged.
    Granted(Grant),
    /// Nothing was charged.
    Refused(Denial),
    /// What was shown.
    Shown(Vec<Shown>),
    /// What a tool has earned by now.
    Evidence(evidence::Standing),
    /// Done.
    Done,
}

/// What a charge gave.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Grant {
    /// Where each rule stands now, in the order of the asks.
    pub standings: Vec<Standing>,
    /// What the loop breaker says of each call, in their order.
    pub verdicts: Vec<loops::Verdict>,
    /// Of tools whose kept answers this agent's calls have ended lately: when, in Unix ms, or [`UNDER_WAY`].
    pub ended: Vec<(u32, u64)>,
}

/// Where a rule stands after a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// What is left at once.
    pub left: u64,
    /// When all of it is there again, in ms from now.
    pub reset_ms: u64,
    /// What was lent beyond the amount.
    pub lent: u64,
    /// How long the loan is good for, in ms from now.
    pub lent_ms: u32,
}

/// Why a charge was refused: the rule that keeps the caller waiting longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// Its place among the asks.
    pub ask: u16,
    /// What is left of it.
    pub left: u64,
    /// When the same charge may be granted, in ms from now; [`NEVER`] when the amount is more than the limit.
    pub retry_ms: u64,
}

/// What an operator is shown of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Used, estimates of calls in flight among it; more than the limit, where results were larger than estimated.
    pub used: u64,
    /// Left at once.
    pub left: u64,
    /// When all of it is there again, in ms from now.
    pub reset_ms: u64,
    /// Calls in flight that hold something of it.
    pub open: u32,
}

impl Transition {
    /// Whether it does not matter what the account was before, and whether that can be read.
    #[must_use]
    pub fn heals(&self) -> bool {
        matches!(self, Self::Reset(rules) if rules.is_empty())
    }

    /// Bytes of the transition, as a host carries them to an account.
    ///
    /// # Errors
    /// It is larger than any that the gateway makes.
    pub fn encode(&self) -> Result<Vec<u8>, CodecError> {
        codec::encode(self, limits::TRANSITION_BYTES)
    }

    /// Reads what [`Transition::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode(bytes, limits::TRANSITION_BYTES)
    }
}

impl Outcome {
    /// Bytes of the outcome.
    ///
    /// # Errors
    /// It is larger than any that an account makes.
    pub fn encode(&self) -> Result<Vec<u8>, CodecError> {
        codec::encode(self, limits::TRANSITION_BYTES)
    }

    /// Reads what [`Outcome::encode`] wrote.
    ///
    /// # Errors
    /// [`CodecError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        codec::decode(bytes, limits::TRANSITION_BYTES)
    }
}
