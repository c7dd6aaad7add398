//! What the isolate remembers of one upstream's list of one kind: the newest listing, and when to ask again.
//! Pure: time is handed in.

use super::ListKind;
use super::listing::Listing;
use crate::error::UpstreamFault;
use std::cell::RefCell;
use std::rc::Rc;

/// Shortest time that a list is used by the gateway itself, in ms, whatever the upstream says. An upstream with
/// `ttlMs: 0` would else be listed once for every call. Agents are told what the upstream said.
const FLOOR_MS: u64 = 5_000;
/// Longest, in ms: a new tool is found by its name at once (see [`MISS_MS`]), a removed one within the hour.
const CEILING_MS: u64 = 3_600_000;
/// A list that cannot be refreshed is used for a day (stale-on-error, MCP 2026-07-28, Caching), in ms.
pub(super) const STALE_MS: u64 = 86_400_000;
/// A name that is not listed has the list read again, at most this often, in ms: agents must not be able to
/// make the gateway hammer an upstream by inventing names.
const MISS_MS: u64 = 10_000;
/// Pause after the first failure, in ms; it doubles with every further one up to the longest.
const BACKOFF_MS: u64 = 1_000;
const LONGEST_BACKOFF_MS: u64 = 10_000;

/// How long an ordered refresh is waited for before another is ordered, in ms: hosts may cut work that is done
/// after the answer.
const ORDER_MS: u64 = 10_000;

/// One list's place. Shared by the requests of the isolate; no borrow leaves this file.
#[derive(Debug)]
pub(super) struct Slot {
    pub kind: ListKind,
    /// Distinguishes the slots of one catalog: the key of its single flight.
    pub number: usize,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    listing: Option<Rc<Listing>>,
    refresh_at_ms: u64,
    failures: u32,
    retry_at_ms: u64,
    fault: Option<UpstreamFault>,
    ordered_until_ms: u64,
    looked_again_ms: u64,
    /// How often the upstream said that the list has changed, and when it last did, in Unix ms.
    spoils: u64,
    spoilt_ms: u64,
    /// How many of those the listing knows of.
    heard: u64,
    /// Generation and time of what was last seen in or put into the store.
    kept: Option<(u64, u64)>,
}

/// What there is.
#[derive(Debug, Clone)]
pub(super) enum Look {
    /// A listing to use as it is.
    Fresh(Rc<Listing>),
    /// A listing to use, and to be refreshed behind the request.
    Stale(Rc<Listing>),
    /// A listing to use; a refresh failed and its pause is not over.
    Held(Rc<Listing>),
    /// None, and the last try failed so lately that no other is made.
    Failed(UpstreamFault),
    /// None.
    Absent,
}

impl Slot {
    pub(super) fn new(kind: ListKind, number: usize) -> Self {
        Self { kind, number, state: RefCell::default() }
    }

    pub(super) fn look(&self, now_ms: u64) -> Look {
        let state = self.state.borrow();
        let paused = state.retry_at_ms > now_ms;
        let spoilt = state.heard < state.spoils;
        match (&state.listing, state.fault) {
            (Some(listing), _) if !spoilt && now_ms < state.refresh_at_ms => Look::Fresh(Rc::clone(listing)),
            // Nobody is shown it, unless there is no other.
            (Some(_), _) if spoilt && !paused => Look::Absent,
            (Some(listing), _) if now_ms < listing.fetched_ms.saturating_add(STALE_MS) => {
                let listing = Rc::clone(listing);
                if paused { Look::Held(listing) } else { Look::Stale(listing) }
            }
            (_, Some(fault)) if paused => Look::Failed(fault),
            _ => Look::Absent,
        }
    }

    /// What is known, however old.
    pub(super) fn known(&self) -> Option<Rc<Listing>> {
        self.state.borrow().listing.clone()
    }

    /// The upstream says that its list has changed. Whether that is news: a listing was installed since it last did.
    pub(super) fn spoil(&self, now_ms: u64) -> bool {
        let mut state = self.state.borrow_mut();
        let news = state.heard == state.spoils;
        state.spoils = state.spoils.saturating_add(1);
        state.spoilt_ms = now_ms;
        news
    }

    /// How often it did. Whoever begins to fetch the list takes it along to [`Slot::install`].
    pub(super) fn spoils(&self) -> u64 {
        self.state.borrow().spoils
    }

    /// How much a copy that was fetched at `at_ms` knows of what the upstream said: all, or nothing.
    pub(super) fn known_at(&self, at_ms: u64) -> Option<u64> {
        let state = self.state.borrow();
        (state.spoils == 0 || at_ms > state.spoilt_ms).then_some(state.spoils)
    }

    /// Takes a listing that was just fetched or recalled. `jitter` (0 to 255) brings the next refresh forward by
    /// up to a tenth, so that isolates that share a copy do not refresh it all at once. `heard`: what was said of changes
    /// before it was begun.
    pub(super) fn install(&self, listing: Rc<Listing>, jitter: u8, heard: u64) {
        let mut state = self.state.borrow_mut();
        let newer = state.listing.as_ref().is_none_or(|known| known.fetched_ms <= listing.fetched_ms);
        if !newer {
            return;
        }
        let life = listing.ttl_ms.clamp(FLOOR_MS, CEILING_MS);
        let early = life / 10 * u64::from(jitter) / 255;
        state.refresh_at_ms = listing.fetched_ms.saturating_add(life).saturating_sub(early);
        state.listing = Some(listing);
        state.heard = state.heard.max(heard);
        state.failures = 0;
        state.retry_at_ms = 0;
        state.ordered_until_ms = 0;
        state.fault = None;
    }

    /// Notes a failed try. `jitter` (0 to 255) lengthens the pause by up to a half.
    pub(super) fn fail(&self, fault: UpstreamFault, now_ms: u64, jitter: u8) {
        let mut state = self.state.borrow_mut();
        let pause = BACKOFF_MS.saturating_mul(1 << state.failures.min(10)).min(LONGEST_BACKOFF_MS);
        state.failures = state.failures.saturating_add(1);
        state.retry_at_ms = now_ms.saturating_add(pause).saturating_add(pause / 2 * u64::from(jitter) / 255);
        state.ordered_until_ms = 0;
        state.fault = Some(fault);
    }

    /// Whether this request is to order a refresh: yes once, until it has come to something or seems lost.
    pub(super) fn order_refresh(&self, now_ms: u64) -> bool {
        let mut state = self.state.borrow_mut();
        let free = now_ms >= state.ordered_until_ms;
        if free {
            state.ordered_until_ms = now_ms.saturating_add(ORDER_MS);
        }
        free
    }

    /// Whether a name that is not listed is reason enough to read the list again. Says yes once in
    /// [`MISS_MS`], and only when the list is older than that.
    pub(super) fn may_look_again(&self, now_ms: u64) -> bool {
        let mut state = self.state.borrow_mut();
        let fetched = state.listing.as_ref().map_or(0, |listing| listing.fetched_ms);
        let last = state.looked_again_ms.max(fetched);
        let due = now_ms >= last.saturating_add(MISS_MS) && now_ms >= state.retry_at_ms;
        if due {
            state.looked_again_ms = now_ms;
        }
        due
    }

    /// Whether the store can have something newer than this isolate: another isolate may have refreshed a list
    /// that lives for minutes; one that lives for seconds is always older there (stores lag by a minute).
    pub(super) fn may_recall(&self) -> bool {
        self.state.borrow().listing.as_ref().is_none_or(|listing| listing.ttl_ms >= 60_000)
    }

    /// Whether `listing` is worth a write: its content is new to the store, or the copy there is about to be
    /// useless. An upstream with a short `ttlMs` is thus written once a minute, not at every refresh.
    pub(super) fn worth_keeping(&self, listing: &Listing) -> bool {
        match self.state.borrow().kept {
            Some((generation, at_ms)) => {
                let due = at_ms.saturating_add(listing.ttl_ms.clamp(60_000, CEILING_MS));
                generation != listing.generation || listing.fetched_ms >= due
            }
            None => true,
        }
    }

    pub(super) fn note_kept(&self, listing: &Listing) {
        self.state.borrow_mut().kept = Some((listing.generation, listing.fetched_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_ordered_once_until_it_comes_to_something() {
        let slot = Slot::new(ListKind::Tools, 0);
        assert!(slot.order_refresh(0));
        assert!(!slot.order_refresh(ORDER_MS - 1));
        assert!(slot.order_refresh(ORDER_MS), "it seems to be lost");
        slot.fail(UpstreamFault::Unreachable, ORDER_MS, 0);
        assert!(slot.order_refresh(ORDER_MS));
    }
}
