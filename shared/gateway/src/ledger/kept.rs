//! An account in memory whose stored copy runs ahead of it, so that most charges are strict without a write.

use super::account::Account;
use super::counter::Counter;
use super::hold::{Hold, Kind, Part};
use super::{Outcome, Transition};
use crate::codec::{self, CodecError};
use crate::limits;

/// An account, and what is stored of it.
///
/// The stored copy has at least as much used of every rule as the account itself: an answer leaves only when that is
/// so. When a charge passes what is stored, the copy is run ahead by a block and written once. After a crash the account
/// is what was stored: it may have lost allowance, up to a block of each rule, and never admits anything twice.
pub struct Kept {
    account: Account,
    stored: Account,
    /// Whether anything was done since it was last written whole.
    touched: bool,
}

impl Kept {
    /// Wakes an account at `now_ms` from what was stored.
    ///
    /// # Errors
    /// It cannot be read: the account stays closed until it is reset.
    pub fn wake(stored: Option<&[u8]>, now_ms: u64) -> Result<Self, CodecError> {
        let mut account: Account = match stored {
            Some(bytes) => codec::decode(bytes, limits::ACCOUNT_BYTES)?,
            None => Account::default(),
        };
        let stored = account.clone();
        assume_in_flight(&mut account, now_ms);
        Ok(Self { stored, account, touched: false })
    }

    /// Does one step. The bytes, if there are any, have to be stored before the outcome leaves; when that fails, the
    /// account must be woken anew.
    pub fn apply(&mut self, transition: &Transition, now_ms: u64) -> (Outcome, Option<Vec<u8>>) {
        let (outcome, changed) = self.account.apply(transition, now_ms);
        self.touched |= changed;
        // What an operator does is stored as it is; counters that went back must not stay ahead. A crash must not forget
        // that a prediction was wrong.
        let whole = match transition {
            Transition::Reset(_) | Transition::Set(..) => true,
            Transition::Witness(_, witnesses) => !witnesses.is_empty(),
            Transition::Charge(_) | Transition::Settle(_) | Transition::Show(_) => false,
        };
        if whole {
            self.store_whole();
        }
        let bytes = if whole || self.run_ahead() { self.encode() } else { None };
        (outcome, bytes)
    }

    /// Brings what is stored to what is: for a quiet moment. `None` when nothing was done since the last time. No
    /// bytes at all mean that nothing is worth keeping.
    pub fn rest(&mut self, now_ms: u64) -> Option<Option<Vec<u8>>> {
        if !std::mem::take(&mut self.touched) {
            return None;
        }
        let needed = self.account.sweep(now_ms);
        self.store_whole();
        Some(needed.and_then(|_| self.encode()))
    }

    /// When nothing of the account will matter any more, Unix ms. `None` when nothing does now: what is stored is to
    /// be deleted.
    pub fn over_ms(&mut self, now_ms: u64) -> Option<u64> {
        let over_ms = self.account.sweep(now_ms);
        if over_ms.is_none() {
            // What was there covers no charge from now on.
            self.store_whole();
        }
        over_ms
    }

    /// Whether calls are open: their reservations live in memory alone, so that it should not be given up yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.account.holds.iter().all(Hold::is_for_undo)
    }

    /// Reservations are not stored. A charge that was settled after the write would else be there again, and a second
    /// settlement could give back what was used since.
    fn store_whole(&mut self) {
        self.stored = Account { holds: Vec::new(), ..self.account.clone() };
    }

    /// Runs what is stored ahead of every counter that has passed it; says whether there was any.
    fn run_ahead(&mut self) -> bool {
        let mut passed = false;
        for (rule, counter) in &self.account.counters {
            let stored = self.stored.counters.iter_mut().find(|(known, _)| known == rule);
            match stored {
                Some((_, stored)) if stored.covers(counter) => {}
                Some((_, stored)) => (*stored, passed) = (counter.ahead(), true),
                None => {
                    self.stored.counters.push((*rule, counter.ahead()));
                    passed = true;
                }
            }
        }
        if passed {
            self.stored.seen_ms = self.account.seen_ms;
        }
        passed
    }

    fn encode(&self) -> Option<Vec<u8>> {
        // Bounded by construction, far below the limit.
        codec::encode(&self.stored, limits::ACCOUNT_BYTES).ok()
    }
}

/// What was stored as in flight is assumed to be so for as long as any of it may be.
fn assume_in_flight(account: &mut Account, now_ms: u64) {
    let now_ms = account.seen_ms.max(now_ms);
    for (rule, counter) in &account.counters {
        let Counter::Slots { held, hold_ms, .. } = *counter else { continue };
        if held > 0 {
            let until_ms = now_ms.saturating_add(u64::from(hold_ms));
            account.holds.push(Hold {
                id: 0,
                until_ms,
                parts: vec![Part { rule: *rule, amount: held, kind: Kind::Slot }],
            });
        }
    }
}
