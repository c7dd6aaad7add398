//! Equal calls at once as one call at the upstream.
//!
//! No request may wait for another request's future: both hosts cancel or trap such a wake-up. So the first caller
//! claims the call, and has it made behind its own answer, where its leaving does not end it; all callers look for
//! the outcome on timers of their own. The first one is woken besides, by what its own request does.

use crate::error::UpstreamFault;
use crate::limits;
use crate::mcp::{Json, Method, Response};
use crate::platform::Platform;
use crate::upstream::flight::beat;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// How long a claim stands without a heartbeat, in ms, and the time between two of them. Long, because a herd keeps
/// an isolate so busy that timers are late.
const CLAIM_MS: u64 = 5_000;
const BEAT_MS: u32 = 1_000;
/// Pauses between two looks, in ms. They grow with the age of the call: thousands may wait, and each look is a timer.
const SHORTEST_PAUSE_MS: u32 = 20;
const LONGEST_PAUSE_MS: u32 = 250;
/// Calls that may be under way at once; beyond it each is made by itself.
const CALLS: usize = 1_000;
/// Outcomes that wait to be taken: their bytes in all, and how long in ms. Who comes later than that was forgotten
/// by its host.
const KEPT_BYTES: usize = 4 * limits::RESPONSE_BYTES;
const KEPT_MS: u64 = 30_000;

/// What tells equal calls from others.
pub(crate) type Key = [u8; 32];

/// A call to be made, whoever still waits for it.
pub(crate) type Work = Pin<Box<dyn Future<Output = Landed>>>;

/// What a call came to, and how often it was tried again.
#[derive(Clone)]
pub(crate) struct Landed {
    pub(crate) shared: Shared,
    pub(crate) retries: u32,
}

/// What a call came to.
#[derive(Clone)]
pub(crate) enum Shared {
    /// The upstream's answer, to be turned for each caller.
    Answer(Rc<Json<'static>>, Response),
    /// The upstream asks something of the client, where no client can be asked.
    Ask(Method),
    /// It cannot be shared: each caller asks for itself.
    Apart,
    /// It failed, and nobody tries the same in turn.
    Failed(UpstreamFault),
}

/// What one caller gets.
pub(crate) struct Joined {
    pub(crate) landed: Landed,
    /// Whether it was this caller's call.
    pub(crate) led: bool,
}

/// The calls under way, and outcomes that are still to be taken.
#[derive(Default)]
pub(crate) struct Sharing {
    calls: RefCell<HashMap<Key, Rc<Flight>>>,
    kept: RefCell<VecDeque<Kept>>,
}

struct Flight {
    /// When it began, in Unix ms.
    began: u64,
    /// How long the claim stands, in Unix ms.
    until: Cell<u64>,
    outcome: RefCell<Option<Landed>>,
    waiting: Cell<u32>,
    /// The caller in whose request it is made.
    first: Cell<Option<Waker>>,
}

/// An outcome that is still to be taken.
struct Kept {
    flight: Rc<Flight>,
    bytes: usize,
    /// When it came, in Unix ms.
    at: u64,
}

impl Sharing {
    /// The outcome of the call `key`, which is under way or is made by `work`; by `end` (Unix ms).
    ///
    /// # Errors
    /// [`UpstreamFault::Deadline`].
    pub(crate) async fn join<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        key: Key,
        end: u64,
        work: impl Fn() -> Work,
    ) -> Result<Joined, UpstreamFault> {
        // Ends: each round waits for a call, and all of them have a deadline.
        loop {
            let now = platform.now_ms();
            let current = self.calls.borrow().get(&key).filter(|flight| flight.lives(now)).cloned();
            let led = current.is_none();
            let flight = match current {
                Some(flight) => flight,
                None => match self.lead(platform, key, now, &work) {
                    Some(flight) => flight,
                    None => return Ok(Joined { landed: Shared::Apart.into(), led }),
                },
            };
            let seat = Seat::take(flight);
            if let Some(landed) = seat.wait(platform, led, end).await? {
                return Ok(Joined { landed, led });
            }
            // Its worker is gone without a word: another one is needed.
        }
    }

    fn lead<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        key: Key,
        now: u64,
        work: impl Fn() -> Work,
    ) -> Option<Rc<Flight>> {
        let flight = {
            let mut calls = self.calls.borrow_mut();
            if calls.len() >= CALLS {
                calls.retain(|_, flight| flight.lives(now));
                if calls.len() >= CALLS {
                    return None;
                }
            }
            let flight = Rc::new(Flight::new(now));
            calls.insert(key, Rc::clone(&flight));
            flight
        };
        let claim = Claim { sharing: Rc::clone(self), key, flight: Rc::clone(&flight) };
        let (here, work) = (platform.clone(), work());
        platform.defer(Box::pin(async move {
            let landed = beat(&here, &claim.flight.until, (CLAIM_MS, BEAT_MS), work).await;
            claim.land(landed, here.now_ms());
        }));
        Some(flight)
    }

    /// Keeps an outcome for those who wait for it. Older ones make room: memory stays bounded, whoever forgets to
    /// come.
    fn keep(&self, flight: &Rc<Flight>, bytes: usize, at: u64) {
        let mut kept = self.kept.borrow_mut();
        kept.push_back(Kept { flight: Rc::clone(flight), bytes, at });
        kept.retain(|kept| kept.flight.waiting.get() > 0);
        let mut all: usize = kept.iter().map(|kept| kept.bytes).sum();
        while let Some(oldest) = kept.front()
            && (all > KEPT_BYTES || at.saturating_sub(oldest.at) > KEPT_MS)
        {
            all = all.saturating_sub(oldest.bytes);
            *oldest.flight.outcome.borrow_mut() = Some(Shared::Failed(UpstreamFault::Busy).into());
            kept.pop_front();
        }
    }
}

impl Flight {
    fn new(now: u64) -> Self {
        Self {
            began: now,
            until: Cell::new(now.saturating_add(CLAIM_MS)),
            outcome: RefCell::default(),
            waiting: Cell::new(0),
            first: Cell::default(),
        }
    }

    fn lives(&self, now: u64) -> bool {
        self.until.get() > now
    }
}

/// One caller's wait for a call.
struct Seat(Rc<Flight>);

impl Seat {
    fn take(flight: Rc<Flight>) -> Self {
        flight.waiting.set(flight.waiting.get().saturating_add(1));
        Self(flight)
    }

    /// The outcome; `None` when nobody is at work for it any more.
    async fn wait<P: Platform>(
        &self,
        platform: &P,
        first: bool,
        end: u64,
    ) -> Result<Option<Landed>, UpstreamFault> {
        let flight = &self.0;
        loop {
            let now = platform.now_ms();
            let landed = flight.outcome.borrow().clone();
            match landed {
                Some(landed) => return Ok(Some(landed)),
                None if now >= end => return Err(UpstreamFault::Deadline),
                None if !flight.lives(now) => return Ok(None),
                None => {}
            }
            let age = u32::try_from(now.saturating_sub(flight.began)).unwrap_or(u32::MAX);
            let pause = if first { LONGEST_PAUSE_MS } else { age / 2 };
            let left = u32::try_from(end.saturating_sub(now)).unwrap_or(u32::MAX);
            let pause = pause.clamp(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS).min(left);
            let mut timer = std::pin::pin!(platform.sleep(pause));
            poll_fn(|context| {
                if first {
                    if flight.outcome.borrow().is_some() {
                        return Poll::Ready(());
                    }
                    flight.first.set(Some(context.waker().clone()));
                }
                timer.as_mut().poll(context)
            })
            .await;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let left = self.0.waiting.get().saturating_sub(1);
        self.0.waiting.set(left);
        if left == 0 {
            // Nobody else will come for it.
            self.0.outcome.borrow_mut().take();
        }
    }
}

/// The worker's hold on its call: let go when it is done or dropped.
struct Claim {
    sharing: Rc<Sharing>,
    key: Key,
    flight: Rc<Flight>,
}

impl Claim {
    fn land(self, landed: Landed, now: u64) {
        let flight = Rc::clone(&self.flight);
        if flight.waiting.get() > 0 {
            let bytes = landed.bytes();
            *flight.outcome.borrow_mut() = Some(landed);
            self.sharing.keep(&flight, bytes, now);
        }
        // Whoever comes now begins anew: this answer may be older than what it wants to know.
        drop(self);
        if let Some(first) = flight.first.take() {
            first.wake();
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.flight.until.set(0);
        let mut calls = self.sharing.calls.borrow_mut();
        // Another may have taken over after a missed heartbeat.
        if calls.get(&self.key).is_some_and(|current| Rc::ptr_eq(current, &self.flight)) {
            calls.remove(&self.key);
        }
    }
}

impl Landed {
    fn bytes(&self) -> usize {
        match &self.shared {
            Shared::Answer(json, _) => json.text().len(),
            _ => 0,
        }
    }
}

impl From<Shared> for Landed {
    fn from(shared: Shared) -> Self {
        Self { shared, retries: 0 }
    }
}

#[cfg(test)]
mod tests;
