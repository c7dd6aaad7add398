//! How many calls are under way at once, and who waits for a place. Pure: time is handed in, in Unix ms.
//!
//! A place is a lease: a host may forget a request without dropping its futures, and such a one must not hold its
//! place for ever. Who waits looks again on timers of its own, and is served in the order of arrival.

use crate::tenant::PlacesRule;
use std::collections::VecDeque;

/// How long a waiting call is believed to be there without having looked, in ms.
const SILENT_MS: u64 = 2_000;
/// Between two looks of whoever is next, in ms; those behind it look more seldom.
const PAUSE_MS: u32 = 5;
const LONGEST_PAUSE_MS: u32 = 200;

/// The places of one upstream or tool.
#[derive(Debug)]
pub(crate) struct Places {
    rule: PlacesRule,
    /// Numbers for places and for waiting calls.
    next: u64,
    held: Vec<Lease>,
    /// In the order of their numbers.
    line: VecDeque<Waiting>,
    /// How many of the line count for its bound.
    counted: u32,
}

#[derive(Debug, Clone, Copy)]
struct Lease {
    number: u64,
    /// In Unix ms.
    until: u64,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    number: u64,
    /// When it last looked, in Unix ms.
    seen: u64,
    /// Whether it counts for the bound of the line.
    counts: bool,
}

/// What a waiting call finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// A place, by its number.
    Place(u64),
    /// None; look again after so many ms.
    Again(u32),
}

impl Places {
    pub(crate) fn new(rule: PlacesRule) -> Self {
        Self { rule, next: 0, held: Vec::new(), line: VecDeque::new(), counted: 0 }
    }

    /// Longest wait for a place, in ms.
    pub(crate) const fn patience_ms(&self) -> u32 {
        self.rule.queue_ms
    }

    /// A place until `until` at the latest, unless all are taken or others wait.
    pub(crate) fn enter(&mut self, now: u64, until: u64) -> Option<u64> {
        self.tidy(now);
        if !self.line.is_empty() || self.free() == 0 {
            return None;
        }
        Some(self.take(until))
    }

    /// Joins the line, unless it is full. What does not count is always taken.
    pub(crate) fn join(&mut self, now: u64, counts: bool) -> Option<u64> {
        if counts && self.counted >= self.rule.queue {
            return None;
        }
        let number = self.number();
        self.counted = self.counted.saturating_add(counts.into());
        self.line.push_back(Waiting { number, seen: now, counts });
        Some(number)
    }

    /// Whether it is the turn of the waiting call `number`, which leaves the line then.
    pub(crate) fn look(&mut self, number: u64, counts: bool, now: u64, until: u64) -> Look {
        self.tidy(now);
        let at = self.line.partition_point(|waiting| waiting.number < number);
        match self.line.get_mut(at).filter(|waiting| waiting.number == number) {
            Some(waiting) => waiting.seen = now,
            // It was silent for so long that it was taken for gone.
            None => {
                self.counted = self.counted.saturating_add(counts.into());
                self.line.insert(at, Waiting { number, seen: now, counts });
            }
        }
        if at < self.free() {
            self.leave_line(number);
            return Look::Place(self.take(until));
        }
        let behind = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        Look::Again(PAUSE_MS.saturating_mul(behind).min(LONGEST_PAUSE_MS))
    }

    /// Leaves the line.
    pub(crate) fn leave_line(&mut self, number: u64) {
        let at = self.line.partition_point(|waiting| waiting.number < number);
        if self.line.get(at).is_some_and(|waiting| waiting.number == number)
            && let Some(gone) = self.line.remove(at)
        {
            self.counted = self.counted.saturating_sub(gone.counts.into());
        }
    }

    /// Gives a place back.
    pub(crate) fn leave(&mut self, number: u64) {
        if let Some(at) = self.held.iter().position(|lease| lease.number == number) {
            self.held.swap_remove(at);
        }
    }

    fn free(&self) -> usize {
        (self.rule.most as usize).saturating_sub(self.held.len())
    }

    fn take(&mut self, until: u64) -> u64 {
        let number = self.number();
        self.held.push(Lease { number, until });
        number
    }

    fn number(&mut self) -> u64 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    /// Takes back what was forgotten: places only when there is need, and the line as far as it blocks others.
    fn tidy(&mut self, now: u64) {
        if self.free() == 0 {
            self.held.retain(|lease| now < lease.until);
        }
        while self.line.front().is_some_and(|first| now.saturating_sub(first.seen) > SILENT_MS) {
            if let Some(gone) = self.line.pop_front() {
                self.counted = self.counted.saturating_sub(gone.counts.into());
            }
        }
    }
}

#[cfg(test)]
mod tests;
