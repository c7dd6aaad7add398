//! A circuit breaker: whether an upstream is asked at all. Pure: time is handed in, in Unix ms.
//!
//! *Closed*, it counts the calls of a window. When at least so many were made, and the share of those that failed or
//! were slow is too high, it *opens*: nobody is let through for a while. Then it is *half open*: a few trials are let
//! through. When all of them went well it closes, and with the first that did not it opens again.

use crate::tenant::BreakerRule;

/// Parts that the window is counted in: what is older than the window goes out in steps of a tenth.
const BUCKETS: usize = 10;
/// When a caller that is refused in the half-open state may come again, in ms: trials are under way.
const TRIALS_MS: u32 = 1_000;

/// Calls, and how they went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) calls: u32,
    pub(crate) failed: u32,
    pub(crate) slow: u32,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failed = self.failed.saturating_add(other.failed);
        self.slow = self.slow.saturating_add(other.slow);
    }

    fn take_away(&mut self, other: Self) {
        self.calls = self.calls.saturating_sub(other.calls);
        self.failed = self.failed.saturating_sub(other.failed);
        self.slow = self.slow.saturating_sub(other.slow);
    }
}

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) failed: bool,
    pub(crate) slow: bool,
}

/// Leave to make one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u32);

/// A change of state that an operator wants to know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It has opened: for the calls of the window, or for those that it let through on trial.
    Opened(Tally),
    /// It has closed again.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    /// Until then, in Unix ms.
    Open(u64),
    HalfOpen {
        /// Trials that nothing is known of yet.
        under_way: u32,
        /// Trials that went well.
        well: u32,
        /// When the latest of those under way is over in any case, in Unix ms: a host may forget a request.
        until: u64,
    },
}

/// The breaker of one upstream or tool.
#[derive(Debug)]
pub(crate) struct Breaker {
    rule: BreakerRule,
    state: State,
    /// Counts the changes of state: a call that was let through in an earlier one says nothing of this one.
    term: u32,
    buckets: [Tally; BUCKETS],
    sum: Tally,
    /// The number of the newest bucket, counted from the epoch.
    newest: u64,
}

impl Breaker {
    pub(crate) fn new(rule: BreakerRule) -> Self {
        Self {
            rule,
            state: State::Closed,
            term: 0,
            buckets: [Tally::default(); BUCKETS],
            sum: Tally::default(),
            newest: 0,
        }
    }

    /// From how long on a call is slow, in ms.
    pub(crate) const fn slow_ms(&self) -> Option<u32> {
        self.rule.slow_ms
    }

    /// Why nothing at all may be sent at `now`: for how many ms it is still open. The half-open state refuses no
    /// request of the gateway's own: each of them is made once for all who wait for it, and often for a trial.
    pub(crate) fn refuses(&self, now: u64) -> Option<u32> {
        let State::Open(until) = self.state else { return None };
        let left = u32::try_from(until.saturating_sub(now)).unwrap_or(u32::MAX);
        // A clock that was set back does not keep it open for longer than its rule says.
        (1..=self.rule.open_ms).contains(&left).then_some(left)
    }

    /// Lets a call through that is over by `until`, or says in how many ms to come again.
    pub(crate) fn admit(&mut self, now: u64, until: u64) -> Result<Ticket, u32> {
        if self.state == State::Closed {
            return Ok(Ticket(self.term));
        }
        if let Some(left) = self.refuses(now) {
            return Err(left);
        }
        if matches!(self.state, State::Open(_)) {
            self.turn(State::HalfOpen { under_way: 0, well: 0, until });
        }
        let State::HalfOpen { under_way, well, until: last } = self.state else {
            return Ok(Ticket(self.term));
        };
        let free = under_way.saturating_add(well) < self.rule.trials;
        if !free && now < last {
            return Err(TRIALS_MS.min(self.rule.open_ms));
        }
        if !free {
            // Nothing was heard of those: they count no more, whatever they still say.
            self.turn(State::HalfOpen { under_way: 1, well, until });
            return Ok(Ticket(self.term));
        }
        self.state = State::HalfOpen { under_way: under_way.saturating_add(1), well, until: last.max(until) };
        Ok(Ticket(self.term))
    }

    /// Takes note of how a call went.
    pub(crate) fn settle(&mut self, ticket: Ticket, outcome: Outcome, now: u64) -> Option<Change> {
        if ticket.0 != self.term {
            return None;
        }
        let this = Tally { calls: 1, failed: outcome.failed.into(), slow: outcome.slow.into() };
        match self.state {
            State::Closed => {
                self.advance(now);
                if let Some(bucket) = self.buckets.get_mut(index(self.newest)) {
                    bucket.add(this);
                }
                self.sum.add(this);
                let too_bad = self.sum.calls >= self.rule.least
                    && (self.reaches(self.sum.failed, self.rule.error_percent)
                        || self.rule.slow_ms.is_some()
                            && self.reaches(self.sum.slow, self.rule.slow_percent));
                too_bad.then(|| self.open(now, self.sum))
            }
            State::HalfOpen { .. } if outcome.failed || outcome.slow => Some(self.open(now, this)),
            State::HalfOpen { under_way, well, until } => {
                let (under_way, well) = (under_way.saturating_sub(1), well.saturating_add(1));
                if well < self.rule.trials {
                    self.state = State::HalfOpen { under_way, well, until };
                    return None;
                }
                self.turn(State::Closed);
                Some(Change::Closed)
            }
            State::Open(_) => None,
        }
    }

    /// The caller left before anything was known: that is nothing of the upstream's doing, and another may try.
    pub(crate) fn forget(&mut self, ticket: Ticket) {
        if let State::HalfOpen { under_way, .. } = &mut self.state
            && ticket.0 == self.term
        {
            *under_way = under_way.saturating_sub(1);
        }
    }

    fn reaches(&self, part: u32, percent: u32) -> bool {
        u64::from(part) * 100 >= u64::from(percent) * u64::from(self.sum.calls)
    }

    fn open(&mut self, now: u64, why: Tally) -> Change {
        self.turn(State::Open(now.saturating_add(u64::from(self.rule.open_ms))));
        Change::Opened(why)
    }

    /// Begins another state. What was counted before it says nothing of what comes after it.
    fn turn(&mut self, state: State) {
        self.state = state;
        self.term = self.term.wrapping_add(1);
        self.buckets = [Tally::default(); BUCKETS];
        self.sum = Tally::default();
    }

    /// Moves on to the bucket of `now`, and forgets those that have left the window.
    fn advance(&mut self, now: u64) {
        let length = u64::from(self.rule.window_ms / BUCKETS as u32).max(1);
        let number = now / length;
        let far = number.abs_diff(self.newest) >= BUCKETS as u64;
        if far {
            // Also when the clock was set back by more than the window: it may take long to come here again.
            self.buckets = [Tally::default(); BUCKETS];
            self.sum = Tally::default();
            self.newest = number;
        }
        while self.newest < number {
            self.newest += 1;
            if let Some(bucket) = self.buckets.get_mut(index(self.newest)) {
                self.sum.take_away(std::mem::take(bucket));
            }
        }
    }
}

/// The place of a bucket in the ring.
const fn index(number: u64) -> usize {
    (number % BUCKETS as u64) as usize
}

#[cfg(test)]
mod tests;
