//! What ends answers before their time: a tool's epoch, a time in Unix ms that is part of each of its keys. Whoever moves
//! it on leaves everything under the earlier one unread. Pure: the store is asked by others.
//!
//! An isolate's copy is good for half a minute, and hosts may serve what they have read themselves for as long: a change
//! is felt everywhere within a minute, and at once where it was made.

use std::cell::RefCell;
use std::collections::HashMap;

/// How long a copy is used, and from when on it is read again behind a request, in ms.
const USED_MS: u64 = 30_000;
const DUE_MS: u64 = 15_000;
/// How long somebody who is about to read or write is believed to do so, in ms.
const CLAIM_MS: u64 = 5_000;
/// Tools of one tenant whose epochs are kept. What is forgotten is read again.
const TOOLS: usize = 4_096;

/// The epochs that this isolate knows.
#[derive(Default)]
pub(super) struct Epochs {
    tenants: RefCell<Tenants>,
}

/// By tenant and tool.
type Tenants = HashMap<String, HashMap<String, Known>>;

#[derive(Default)]
struct Known {
    epoch: u64,
    /// When the store was last asked, in Unix ms; 0 for never.
    read_ms: u64,
    /// Until when somebody is about to read it, and to write it.
    reading_ms: u64,
    writing_ms: u64,
    /// Whether the store may have an earlier one.
    ahead: bool,
}

/// What is known of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It.
    Known(u64),
    /// It, and the caller is to read it again behind the request.
    Due(u64),
    /// Nothing that may be used.
    Unknown,
}

impl Epochs {
    /// The epoch of a tool; of the whole tenant without a name.
    pub fn look(&self, tenant: &str, tool: &str, now_ms: u64) -> Look {
        let mut tenants = self.tenants.borrow_mut();
        let Some(known) = tenants.get_mut(tenant).and_then(|tools| tools.get_mut(tool)) else {
            return Look::Unknown;
        };
        let age = now_ms.saturating_sub(known.read_ms);
        if known.read_ms == 0 || age >= USED_MS {
            return Look::Unknown;
        }
        if age < DUE_MS || known.reading_ms > now_ms {
            return Look::Known(known.epoch);
        }
        known.reading_ms = now_ms.saturating_add(CLAIM_MS);
        Look::Due(known.epoch)
    }

    /// Takes what the store has: no earlier one than is known. Also says whether the store is to be told.
    pub fn learn(&self, tenant: &str, tool: &str, stored: u64, now_ms: u64) -> (u64, bool) {
        self.with(tenant, tool, |known| {
            known.read_ms = now_ms;
            known.reading_ms = 0;
            known.ahead = known.epoch > stored;
            known.epoch = known.epoch.max(stored);
            (known.epoch, known.ahead && known.claim(now_ms))
        })
    }

    /// Moves the epoch on. Says whether the caller is to tell the store.
    pub fn advance(&self, tenant: &str, tool: &str, now_ms: u64) -> bool {
        self.with(tenant, tool, |known| {
            known.epoch = now_ms.max(known.epoch.saturating_add(1));
            known.ahead = true;
            known.claim(now_ms)
        })
    }

    /// Takes an epoch that somebody else knows of. Says whether the caller is to tell the store.
    pub fn raise(&self, tenant: &str, tool: &str, epoch: u64, now_ms: u64) -> bool {
        self.with(tenant, tool, |known| {
            let later = known.epoch < epoch;
            if later {
                known.epoch = epoch;
                known.ahead = true;
            }
            later && known.claim(now_ms)
        })
    }

    /// What to tell the store, by whoever claimed to.
    pub fn told(&self, tenant: &str, tool: &str) -> u64 {
        self.with(tenant, tool, |known| {
            known.writing_ms = 0;
            known.ahead = false;
            known.epoch
        })
    }

    fn with<T>(&self, tenant: &str, tool: &str, work: impl FnOnce(&mut Known) -> T) -> T {
        work(of_tool(&mut self.tenants.borrow_mut(), tenant, tool))
    }
}

#[inline(never)] // Once in wasm, not with each kind of work.
fn of_tool<'t>(tenants: &'t mut Tenants, tenant: &str, tool: &str) -> &'t mut Known {
    let tools = tenants.entry(tenant.to_owned()).or_default();
    if tools.len() >= TOOLS && !tools.contains_key(tool) {
        // What the store was not told of stays.
        tools.retain(|_, known| known.ahead);
    }
    tools.entry(tool.to_owned()).or_default()
}

impl Known {
    /// One tells the store at a time; it tells what is known when it does.
    fn claim(&mut self, now_ms: u64) -> bool {
        let free = self.writing_ms <= now_ms;
        if free {
            self.writing_ms = now_ms.saturating_add(CLAIM_MS);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_used_for_half_a_minute_and_read_again_by_one() {
        let epochs = Epochs::default();
        assert_eq!(epochs.look("t", "a", 1_000), Look::Unknown);
        assert_eq!(epochs.learn("t", "a", 7, 1_000), (7, false));
        assert_eq!(epochs.look("t", "a", 1_000 + DUE_MS - 1), Look::Known(7));
        assert_eq!(epochs.look("t", "a", 1_000 + DUE_MS), Look::Due(7));
        assert_eq!(epochs.look("t", "a", 1_000 + DUE_MS), Look::Known(7), "somebody is about to");
        assert_eq!(epochs.look("t", "a", 1_000 + DUE_MS + CLAIM_MS), Look::Due(7), "who seems lost");
        assert_eq!(epochs.look("t", "a", 1_000 + USED_MS), Look::Unknown);
        assert_eq!(epochs.look("u", "a", 1_000), Look::Unknown, "another tenant's");
    }

    #[test]
    fn an_epoch_never_goes_back_and_always_moves_on() {
        let epochs = Epochs::default();
        epochs.learn("t", "a", 50, 10);
        assert!(epochs.advance("t", "a", 20), "its clock is late");
        assert!(!epochs.advance("t", "a", 20), "one tells the store");
        assert_eq!(epochs.told("t", "a"), 52, "and tells the last");
        assert_eq!(epochs.learn("t", "a", 50, 30), (52, true), "the store has not heard of it");
        assert_eq!(epochs.learn("t", "a", 60, 31), (60, false));
        assert!(!epochs.raise("t", "a", 60, 32));
        assert!(epochs.raise("t", "a", 61, 6_000), "the store may not know of it");
        assert_eq!(epochs.told("t", "a"), 61);
    }

    #[test]
    fn bounded() {
        let epochs = Epochs::default();
        epochs.advance("t", "kept", 1);
        for tool in 0..=TOOLS {
            epochs.learn("t", &tool.to_string(), 1, 1);
        }
        assert!(epochs.tenants.borrow()["t"].len() <= TOOLS);
        assert!(epochs.told("t", "kept") > 0);
    }
}
