//! What no limit counts is bounded all the same, in each isolate by itself: a flood of it costs CPU.

use crate::error::Refusal;
use crate::limits;
use std::cell::RefCell;
use std::collections::HashMap;

/// A minute, in ms.
const MINUTE_MS: u64 = 60_000;

/// Requests of this minute by principal.
#[derive(Default)]
pub(super) struct Free(RefCell<HashMap<[u8; 32], (u64, u32)>>);

impl Free {
    /// Counts a request.
    ///
    /// # Errors
    /// There were too many of this principal within the minute.
    pub fn count(&self, principal: &[u8; 32], now_ms: u64) -> Result<(), Refusal> {
        let mut counts = self.0.borrow_mut();
        if counts.len() >= limits::DESKS && !counts.contains_key(principal) {
            counts.retain(|_, (since_ms, _)| now_ms.saturating_sub(*since_ms) < MINUTE_MS);
            if counts.len() >= limits::DESKS {
                // So many principals in one minute: nobody is told apart any more.
                counts.clear();
            }
        }
        let (since_ms, count) = counts.entry(*principal).or_insert((now_ms, 0));
        if now_ms.saturating_sub(*since_ms) >= MINUTE_MS {
            (*since_ms, *count) = (now_ms, 0);
        }
        *count = count.saturating_add(1);
        if *count > limits::FREE_PER_MIN { Err(Refusal::Flood) } else { Ok(()) }
    }
}
