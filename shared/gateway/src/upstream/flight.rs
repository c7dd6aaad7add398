//! Single flight by claim and poll.
//!
//! No request may wait for another request's future: both hosts cancel or trap such a wake-up. So the first
//! caller writes a claim into isolate memory and works; the others look again on timers of their own.
//! A claim lives by its worker's heartbeat, because a host may forget a request without dropping its futures.

use crate::error::UpstreamFault;
use crate::platform::Platform;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

/// How long a claim stands without a heartbeat, in ms.
const CLAIM_MS: u64 = 1_000;
/// Between two heartbeats, in ms.
const BEAT_MS: u32 = 400;
/// The longest pause between two looks, in ms.
const LONGEST_PAUSE_MS: u32 = 50;

type Work<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The claims of one kind of work.
pub(crate) struct Flights<K>(RefCell<HashMap<K, Rc<Flight>>>);

struct Flight {
    until: Cell<u64>,
    state: Cell<State>,
}

#[derive(Clone, Copy)]
enum State {
    Working,
    /// Succeeded, or given up: look again.
    Over,
    /// Failed: whoever waited for it has its fault, and is not made to try the same in turn.
    Failed(UpstreamFault),
}

impl<K: Copy + Eq + Hash> Flights<K> {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(HashMap::new()))
    }

    /// Whether somebody is at work for `key`.
    pub(crate) fn busy(&self, key: K, now: u64) -> bool {
        self.0.borrow().get(&key).is_some_and(|flight| flight.until.get() > now)
    }

    /// What `read` finds, after `work` was done for it by this caller or another.
    pub(crate) async fn once<P: Platform, T, W: Future<Output = Result<T, UpstreamFault>>>(
        &self,
        platform: &P,
        key: K,
        read: impl Fn() -> Option<T>,
        work: impl FnOnce() -> W,
    ) -> Result<T, UpstreamFault> {
        let mut pause = 5;
        // Ends: each round either returns or sees a claim that lives, and its worker has a deadline.
        loop {
            if let Some(found) = read() {
                return Ok(found);
            }
            let now = platform.now_ms();
            let current = self.0.borrow().get(&key).cloned();
            match current.filter(|flight| flight.until.get() > now) {
                // On the heap: it is rare, and larger than all the rest of a call.
                None => return self.lead(platform, key, now, Box::pin(work())).await,
                Some(flight) => {
                    platform.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE_MS);
                    if let State::Failed(fault) = flight.state.get() {
                        return Err(fault);
                    }
                }
            }
        }
    }

    async fn lead<P: Platform, T>(
        &self,
        platform: &P,
        key: K,
        now: u64,
        work: Work<'_, Result<T, UpstreamFault>>,
    ) -> Result<T, UpstreamFault> {
        let flight = Rc::new(Flight { until: Cell::new(now + CLAIM_MS), state: Cell::new(State::Working) });
        self.0.borrow_mut().insert(key, Rc::clone(&flight));
        let claim = Claim { flights: self, key, flight };
        let outcome = beat(platform, &claim.flight.until, (CLAIM_MS, BEAT_MS), work).await;
        claim.flight.state.set(match &outcome {
            Ok(_) => State::Over,
            Err(fault) => State::Failed(*fault),
        });
        outcome
    }
}

/// The worker's hold on its flight: let go when it is done or dropped.
struct Claim<'a, K: Copy + Eq + Hash> {
    flights: &'a Flights<K>,
    key: K,
    flight: Rc<Flight>,
}

/// Does `work`, and says every now and then that somebody still does: sets `until` to as much later as a claim
/// stands, each time that the pause between two heartbeats is over (both in ms).
pub(crate) async fn beat<P: Platform, T>(
    platform: &P,
    until: &Cell<u64>,
    (claim_ms, beat_ms): (u64, u32),
    mut work: Work<'_, T>,
) -> T {
    let mut beat = None;
    poll_fn(|context| {
        if let Poll::Ready(value) = work.as_mut().poll(context) {
            return Poll::Ready(value);
        }
        let timer = beat.get_or_insert_with(|| Box::pin(platform.sleep(beat_ms)));
        if timer.as_mut().poll(context).is_ready() {
            until.set(platform.now_ms().saturating_add(claim_ms));
            timer.set(platform.sleep(beat_ms));
            // Polled again at once, so that the new timer knows whom to wake.
            context.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await
}

impl<K: Copy + Eq + Hash> Drop for Claim<'_, K> {
    fn drop(&mut self) {
        if matches!(self.flight.state.get(), State::Working) {
            self.flight.state.set(State::Over);
        }
        self.flight.until.set(0);
        let mut flights = self.flights.0.borrow_mut();
        // Another may have taken over after a missed heartbeat.
        if flights.get(&self.key).is_some_and(|current| Rc::ptr_eq(current, &self.flight)) {
            flights.remove(&self.key);
        }
    }
}
