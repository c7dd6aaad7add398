//! What was used of one rule.

use super::terms::{NEVER, Terms};
use serde::{Deserialize, Serialize};

/// How long a loan of a rate is good for, in ms. What is not spent by then is lost.
const RATE_LOAN_MS: u32 = 2_000;
/// The same for windows.
const WINDOW_LOAN_MS: u32 = 30_000;
/// How far the stored time of a rate runs ahead, in ns: a crash costs at most so much of it.
const RATE_AHEAD_NS: u64 = 1_000_000_000;
/// When to ask again for what is in flight, in ms: nobody knows when a call ends.
const SLOT_RETRY_MS: u64 = 250;

/// What was used of one rule. What is needed to tell when it may be forgotten is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counter {
    /// When the bucket is full again, in Unix ns (the theoretical arrival time of GCRA).
    Rate {
        /// That time.
        full_ns: u64,
        /// Nanoseconds for each: how far the stored time runs ahead depends on it.
        every_ns: u64,
    },
    /// What was used in a window.
    Window {
        /// When the window began, Unix ms.
        start_ms: u64,
        /// When it ends.
        end_ms: u64,
        /// Used in it.
        used: u64,
        /// The limit when something was last charged.
        limit: u64,
        /// The block then.
        block: u64,
    },
    /// What is in flight.
    Slots {
        /// How many.
        held: u64,
        /// The limit when something was last charged.
        limit: u64,
        /// The longest time that any of them may be, in ms.
        hold_ms: u32,
    },
}

/// How a rule stands.
pub(super) struct Reading {
    /// More than the limit, where more was used than was estimated.
    pub used: u64,
    pub left: u64,
    pub reset_ms: u64,
}

impl Counter {
    /// Nothing used.
    pub(super) const fn fresh(terms: &Terms) -> Self {
        match terms {
            Terms::Rate { every_ns, .. } => Self::Rate { full_ns: 0, every_ns: *every_ns },
            Terms::Window { limit, block, span } => Self::Window {
                start_ms: span.start_ms,
                end_ms: span.end_ms,
                used: 0,
                limit: *limit,
                block: *block,
            },
            Terms::Slots { limit } => Self::Slots { held: 0, limit: *limit, hold_ms: 0 },
        }
    }

    /// Brings the counter to `now_ms` and to `terms`, which may have changed. A window that is over is left for the
    /// next one, and never gone back to: neither an asker whose clock is late nor one that jumps opens it again.
    pub(super) fn renew(&mut self, terms: &Terms, now_ms: u64) {
        match (&mut *self, terms) {
            (Self::Rate { every_ns, .. }, Terms::Rate { every_ns: told, .. }) => *every_ns = *told,
            (
                Self::Window { start_ms, end_ms, used, limit, block },
                Terms::Window { limit: l, block: b, span },
            ) => {
                (*limit, *block) = (*l, *b);
                let (start, end) = if now_ms < span.end_ms {
                    (span.start_ms, span.end_ms)
                } else {
                    (span.end_ms, span.next_end_ms)
                };
                if start > *start_ms && start >= *end_ms {
                    (*start_ms, *end_ms, *used) = (start, end, 0);
                }
            }
            (Self::Slots { limit, .. }, Terms::Slots { limit: told }) => *limit = *told,
            // Keys are digests of what is counted: this is a collision at worst, and then begins anew.
            _ => *self = Self::fresh(terms),
        }
    }

    /// How long until `amount` can be taken: 0 is now.
    pub(super) fn wait_ms(&self, terms: &Terms, amount: u64, now_ms: u64) -> u64 {
        if amount > terms.capacity() {
            return NEVER;
        }
        match (self, terms) {
            (Self::Rate { full_ns, .. }, Terms::Rate { every_ns, burst }) => {
                let now_ns = ns(now_ms);
                let owed = full_ns.saturating_sub(now_ns).saturating_add(every_ns.saturating_mul(amount));
                owed.saturating_sub(every_ns.saturating_mul(*burst)).div_ceil(1_000_000)
            }
            (Self::Window { end_ms, used, .. }, Terms::Window { limit, .. }) => {
                let fits = used.checked_add(amount).is_some_and(|sum| sum <= *limit);
                if fits { 0 } else { end_ms.saturating_sub(now_ms).max(1) }
            }
            (Self::Slots { held, .. }, Terms::Slots { limit }) => {
                let fits = held.checked_add(amount).is_some_and(|sum| sum <= *limit);
                if fits { 0 } else { SLOT_RETRY_MS }
            }
            _ => NEVER,
        }
    }

    /// Takes `amount`, whether or not it fits: what was looked at before, or was really used.
    pub(super) fn take(&mut self, amount: u64, now_ms: u64, hold_ms: u32) {
        match self {
            Self::Rate { full_ns, every_ns } => {
                *full_ns = (*full_ns).max(ns(now_ms)).saturating_add(every_ns.saturating_mul(amount));
            }
            Self::Window { used, .. } => *used = used.saturating_add(amount),
            Self::Slots { held, hold_ms: longest, .. } => {
                *held = held.saturating_add(amount);
                *longest = (*longest).max(hold_ms);
            }
        }
    }

    /// Gives back `amount`, which was taken before.
    pub(super) fn give(&mut self, amount: u64) {
        match self {
            Self::Rate { full_ns, every_ns } => {
                *full_ns = full_ns.saturating_sub(every_ns.saturating_mul(amount));
            }
            Self::Window { used: taken, .. } | Self::Slots { held: taken, .. } => {
                *taken = taken.saturating_sub(amount);
            }
        }
    }

    /// The window that it counts in, by its start (Unix ms).
    pub(super) const fn window(&self) -> Option<u64> {
        match self {
            Self::Window { start_ms, .. } => Some(*start_ms),
            _ => None,
        }
    }

    /// How the rule stands.
    pub(super) fn read(&self, terms: &Terms, now_ms: u64) -> Reading {
        match (self, terms) {
            (Self::Rate { full_ns, .. }, Terms::Rate { every_ns, burst }) => {
                let owed = full_ns.saturating_sub(ns(now_ms));
                let used = owed.div_ceil((*every_ns).max(1));
                Reading { used, left: burst.saturating_sub(used), reset_ms: owed.div_ceil(1_000_000) }
            }
            (Self::Window { end_ms, used, .. }, Terms::Window { limit, .. }) => {
                let left = limit.saturating_sub(*used);
                Reading { used: *used, left, reset_ms: end_ms.saturating_sub(now_ms) }
            }
            (Self::Slots { held, .. }, Terms::Slots { limit }) => {
                Reading { used: *held, left: limit.saturating_sub(*held), reset_ms: 0 }
            }
            _ => Reading { used: 0, left: 0, reset_ms: 0 },
        }
    }

    /// How long something lent of it is good for, in ms.
    pub(super) fn loan_ms(&self, now_ms: u64) -> u32 {
        match self {
            Self::Window { end_ms, .. } => {
                let left_ms = u32::try_from(end_ms.saturating_sub(now_ms)).unwrap_or(u32::MAX);
                left_ms.min(WINDOW_LOAN_MS)
            }
            _ => RATE_LOAN_MS,
        }
    }

    /// When nothing of it matters any more, in Unix ms.
    pub(super) const fn over_ms(&self) -> u64 {
        match self {
            Self::Rate { full_ns, .. } => full_ns.div_ceil(1_000_000),
            Self::Window { end_ms, .. } => *end_ms,
            Self::Slots { held: 0, .. } => 0,
            Self::Slots { .. } => u64::MAX,
        }
    }

    /// Whether what is stored, `self`, covers `used`: as much was used, or more.
    pub(super) fn covers(&self, used: &Self) -> bool {
        match (self, used) {
            (Self::Rate { full_ns: stored, .. }, Self::Rate { full_ns, .. }) => stored >= full_ns,
            (Self::Window { start_ms: stored, used: promised, .. }, Self::Window { start_ms, used, .. }) => {
                stored == start_ms && promised >= used
            }
            (Self::Slots { held: stored, hold_ms: longest, .. }, Self::Slots { held, hold_ms, .. }) => {
                stored >= held && longest >= hold_ms
            }
            _ => false,
        }
    }

    /// The counter run ahead by a block, for storing.
    pub(super) fn ahead(mut self) -> Self {
        match &mut self {
            Self::Rate { full_ns, every_ns } => {
                *full_ns = full_ns.saturating_add(RATE_AHEAD_NS.max(*every_ns))
            }
            Self::Window { used, limit, block, .. } => {
                *used = (*used).max((*limit).min(used.saturating_add(*block)))
            }
            Self::Slots { held, limit, .. } => {
                let block = (*limit / 10).clamp(1, 16);
                *held = (*held).max((*limit).min(held.saturating_add(block)));
            }
        }
        self
    }
}

const fn ns(ms: u64) -> u64 {
    ms.saturating_mul(1_000_000)
}
