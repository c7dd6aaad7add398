//! One step over a stored value, for hosts that load, step and swap.

use super::account::Account;
use super::{Outcome, Transition};
use crate::codec::{self, CodecError};
use crate::limits;

/// How long a value is kept after it has stopped to matter, in ms: clocks differ.
const SPARE_MS: u64 = 3_600_000;

/// What came of a step.
#[derive(Debug, PartialEq, Eq)]
pub struct Turn {
    /// The outcome.
    pub outcome: Outcome,
    /// The account's new value, and for how long to keep it, in ms. `None`: nothing changed that has to be kept.
    pub value: Option<(Vec<u8>, u64)>,
}

/// Does one step on an account that is stored as `value`.
///
/// # Errors
/// The value is not an account's. [`Transition::Reset`] of everything mends that.
pub fn turn(value: Option<&[u8]>, transition: &Transition, now_ms: u64) -> Result<Turn, CodecError> {
    let mut account: Account = match value {
        Some(bytes) if !transition.heals() => codec::decode(bytes, limits::ACCOUNT_BYTES)?,
        _ => Account::default(),
    };
    let (outcome, changed) = account.apply(transition, now_ms);
    if !changed {
        return Ok(Turn { outcome, value: None });
    }
    let over_ms = account.sweep(now_ms).unwrap_or(now_ms);
    let keep_ms = over_ms.saturating_sub(now_ms).saturating_add(SPARE_MS);
    let bytes = codec::encode(&account, limits::ACCOUNT_BYTES)?;
    Ok(Turn { outcome, value: Some((bytes, keep_ms)) })
}
