//! Rules as an account sees them: numbers, and no names.

use crate::calendar::Span;
use serde::{Deserialize, Serialize};

/// A wait that never ends: what was asked for is more than the rule ever gives.
pub const NEVER: u64 = u64::MAX;

/// Names a rule within an account: a digest of its name and of what it counts. A rule that begins to count something
/// else begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleKey(pub u64);

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Terms {
    /// One every `every_ns` nanoseconds, and up to `burst` at once: in any interval t at most
    /// `burst + t / every_ns` (the generic cell rate algorithm, ITU-T I.371).
    Rate {
        /// Nanoseconds for each.
        every_ns: u64,
        /// At once.
        burst: u64,
    },
    /// At most `limit` in a calendar window.
    Window {
        /// The limit.
        limit: u64,
        /// How far what is stored may run ahead of what is used: see [`super::Kept`].
        block: u64,
        /// The window by the asker's clock, and the one after it.
        span: Span,
    },
    /// At most `limit` in flight.
    Slots {
        /// The limit.
        limit: u64,
    },
}

impl Terms {
    /// The largest amount that is ever granted at once.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        match self {
            Self::Rate { burst: most, .. }
            | Self::Window { limit: most, .. }
            | Self::Slots { limit: most } => *most,
        }
    }

    /// What an asker borrows first, before it knows how much it uses: a second's worth, or ten when that is less. Nothing
    /// of what is in flight.
    #[must_use]
    pub fn first_loan(&self) -> u64 {
        let second = match self {
            Self::Rate { every_ns, .. } => 1_000_000_000 / every_ns.max(&1),
            Self::Window { limit, span, .. } => {
                let length_s = (span.end_ms.saturating_sub(span.start_ms) / 1000).max(1);
                limit / length_s
            }
            Self::Slots { .. } => return 0,
        };
        second.max(10)
    }

    /// What is lent to an asker for `wanted` when `left` is left: a tenth of the limit and a tenth of what is left at
    /// most.
    pub(super) fn loan(&self, wanted: u64, left: u64) -> u64 {
        wanted.min(self.capacity() / 10).min(left / 10)
    }
}
