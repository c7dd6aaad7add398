//! One chain: its last calls, its stops, what it spent, and its time.

use super::{Bounds, Finding, Finds, Fingerprint, Rule};
use serde::{Deserialize, Serialize};

/// Calls that a principal's chain keeps: several agents may share a principal, so that a loop of one lies between
/// the calls of the others.
pub const PRINCIPAL_CALLS: usize = 64;
/// Calls that a trace's chain keeps: three rounds of four calls, and as many that lie in between.
pub const TRACE_CALLS: usize = 24;

/// The unit of an entry's time, in ms: whole seconds are whole ticks.
const TICK_MS: u64 = 50;
/// How long an entry is kept, in ms. It must be less than 65,536 ticks, after which the time of an entry repeats.
const KEPT_MS: u64 = 2_700_000;
/// The longest window, in ms: five calls with pauses of that length are still kept.
pub(super) const LONGEST_WINDOW_MS: u64 = 600_000;

/// One call. Encoded it has 16 to 26 bytes, and usually 20: digests are arrays, as most of them would be longer as a
/// number of variable length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// When it began.
    tick: u16,
    /// How long it took, once its result is known.
    took: u16,
    /// The tool, short: it is only looked at together with an equal error.
    tool: u16,
    call: [u8; 4],
    shape: [u8; 4],
    fate: Fate,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fate {
    /// It was not carried out.
    Stopped,
    /// It is under way, or its result got lost; the id, folded.
    Running([u8; 4]),
    /// Something: its result.
    Something([u8; 4]),
    /// Nothing: its result and the gist.
    Nothing([u8; 4], [u8; 4]),
    /// An error: the same.
    Error([u8; 4], [u8; 4]),
    /// An error about what was asked for: the same.
    Complaint([u8; 4], [u8; 4]),
}

impl Fate {
    /// Under way.
    pub(super) fn running(id: u64) -> Self {
        Self::Running(fold(id).to_le_bytes())
    }

    fn of(finding: &Finding) -> Self {
        let (result, gist) = (finding.result.to_le_bytes(), finding.gist.to_le_bytes());
        match finding.kind {
            Finds::Something => Self::Something(result),
            Finds::Nothing => Self::Nothing(result, gist),
            Finds::Error => Self::Error(result, gist),
            Finds::Complaint => Self::Complaint(result, gist),
        }
    }

    /// The digest of the whole result, if it is known.
    pub(super) fn result(self) -> Option<[u8; 4]> {
        match self {
            Self::Stopped | Self::Running(_) => None,
            Self::Something(result)
            | Self::Nothing(result, _)
            | Self::Error(result, _)
            | Self::Complaint(result, _) => Some(result),
        }
    }

    /// The gist of an error, or of what reads like one.
    pub(super) fn trouble(self) -> Option<[u8; 4]> {
        match self {
            Self::Error(_, gist) | Self::Complaint(_, gist) => Some(gist),
            _ => None,
        }
    }

    /// The gist of an empty result.
    pub(super) fn nothing(self) -> Option<[u8; 4]> {
        match self {
            Self::Nothing(_, gist) => Some(gist),
            _ => None,
        }
    }
}

impl Entry {
    pub(super) fn is_tool(&self, fingerprint: &Fingerprint) -> bool {
        self.tool == short(fingerprint.tool)
    }

    pub(super) fn is_call(&self, fingerprint: &Fingerprint) -> bool {
        self.call == fingerprint.call.to_le_bytes()
    }

    pub(super) fn is_shape(&self, fingerprint: &Fingerprint) -> bool {
        self.shape == fingerprint.shape.to_le_bytes()
    }

    /// How long it took, in ms; 0 as long as nobody knows.
    pub(super) fn took_ms(&self) -> u64 {
        u64::from(self.took) * TICK_MS
    }

    pub(super) fn call(&self) -> [u8; 4] {
        self.call
    }

    pub(super) fn fate(&self) -> Fate {
        self.fate
    }
}

/// The calls of one principal, or of one trace of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chain {
    principal: u32,
    trace: Option<u32>,
    /// The latest time seen, in ms. Entries are as old as they were then.
    last_ms: u64,
    /// Oldest first.
    ring: Vec<Entry>,
    /// Stops since the last pause of a window.
    stops: u8,
    /// The last of them.
    stopped: Option<(u64, Rule)>,
    tally: Tally,
}

/// Calls carried out and what they cost. For a principal, the sliding window is as much of the window before as
/// has not passed, and the present one: two numbers instead of a list of times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    /// When the present window began, in ms.
    since_ms: u64,
    calls: u32,
    spend: u64,
    calls_before: u32,
    spend_before: u64,
}

impl Chain {
    pub(super) fn new((principal, trace): (u32, Option<u32>), now_ms: u64) -> Self {
        Self {
            principal,
            trace,
            last_ms: now_ms,
            ring: Vec::new(),
            stops: 0,
            stopped: None,
            tally: Tally { since_ms: now_ms, ..Tally::default() },
        }
    }

    pub(super) fn key(&self) -> (u32, Option<u32>) {
        (self.principal, self.trace)
    }

    pub(super) fn ring(&self) -> &[Entry] {
        &self.ring
    }

    /// When nothing of it will matter any more, in ms.
    pub(super) const fn over_ms(&self) -> u64 {
        self.last_ms.saturating_add(LONGEST_WINDOW_MS)
    }

    /// How long ago a call began, in ms.
    pub(super) fn age_ms(&self, entry: &Entry) -> u64 {
        age_ms(tick(self.last_ms), entry)
    }

    /// Brings the chain to the present. A clock that jumps back stands still until it has caught up; one that jumps
    /// back further than a window was wrong before, and is followed, or nothing would ever grow old.
    pub(super) fn advance(&mut self, now_ms: u64, window_ms: u64) {
        if now_ms.saturating_add(window_ms.max(TICK_MS)) < self.last_ms {
            self.follow(now_ms);
        }
        self.pass(now_ms);
        if self.stopped.is_some_and(|(at_ms, _)| self.last_ms.saturating_sub(at_ms) >= window_ms) {
            (self.stops, self.stopped) = (0, None);
        }
        if self.trace.is_none() {
            self.tally.slide(self.last_ms, window_ms);
        }
    }

    /// Lets time pass, and entries leave that are too old to tell their age.
    fn pass(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.last_ms);
        let then = tick(self.last_ms);
        self.ring.retain(|entry| age_ms(then, entry).saturating_add(passed_ms) < KEPT_MS);
        self.last_ms = self.last_ms.max(now_ms);
    }

    /// Takes an earlier time for the present; entries keep their age.
    fn follow(&mut self, now_ms: u64) {
        let back = tick(self.last_ms).wrapping_sub(tick(now_ms));
        for entry in &mut self.ring {
            entry.tick = entry.tick.wrapping_sub(back);
        }
        let back_ms = self.last_ms - now_ms;
        if let Some((at_ms, _)) = &mut self.stopped {
            *at_ms = at_ms.saturating_sub(back_ms);
        }
        self.tally.since_ms = self.tally.since_ms.saturating_sub(back_ms);
        self.last_ms = now_ms;
    }

    pub(super) fn push(&mut self, fingerprint: &Fingerprint, fate: Fate) {
        let most = if self.trace.is_some() { TRACE_CALLS } else { PRINCIPAL_CALLS };
        if self.ring.len() >= most {
            self.ring.drain(..=self.ring.len() - most);
        }
        self.ring.push(Entry {
            tick: tick(self.last_ms),
            took: 0,
            tool: short(fingerprint.tool),
            call: fingerprint.call.to_le_bytes(),
            shape: fingerprint.shape.to_le_bytes(),
            fate,
        });
    }

    /// The result of a call is known; false if this chain does not wait for it.
    pub(super) fn learn(&mut self, id: u64, finding: &Finding, now_ms: u64) -> bool {
        let wanted = Fate::running(id);
        if !self.ring.iter().any(|entry| entry.fate == wanted) {
            return false;
        }
        // A time far ahead is a clock gone wrong, or a call longer than anything is kept: then the time stands.
        if now_ms.saturating_sub(self.last_ms) < LONGEST_WINDOW_MS {
            self.pass(now_ms);
        }
        let now = tick(self.last_ms);
        let Some(entry) = self.ring.iter_mut().find(|entry| entry.fate == wanted) else { return false };
        (entry.fate, entry.took) = (Fate::of(finding), now.wrapping_sub(entry.tick));
        true
    }

    /// A call that was not carried out after all. What it would have cost stays counted: an entry does not know it.
    pub(super) fn forget(&mut self, id: u64) {
        let before = self.ring.len();
        self.ring.retain(|entry| entry.fate != Fate::running(id));
        if self.ring.len() < before {
            self.tally.calls = self.tally.calls.saturating_sub(1);
        }
    }

    /// Counts a call that is carried out.
    pub(super) fn charge(&mut self, cost: u64) {
        self.tally.calls = self.tally.calls.saturating_add(1);
        self.tally.spend = self.tally.spend.saturating_add(cost);
    }

    /// Whether one more call of this cost is over a bound.
    pub(super) fn over(&self, bounds: &Bounds, cost: u64) -> Option<(Rule, u8)> {
        let window_ms = u64::from(bounds.window_ms).clamp(1, LONGEST_WINDOW_MS);
        let (calls, spend) = self.tally.sum(self.last_ms, window_ms);
        let count = u8::try_from(calls).unwrap_or(u8::MAX);
        if bounds.calls.is_some_and(|most| calls >= u64::from(most)) {
            return Some((Rule::Calls, count));
        }
        let over = bounds.spend.is_some_and(|most| spend.saturating_add(cost) > most);
        over.then_some((Rule::Spend, count))
    }

    /// A call was stopped by this chain.
    pub(super) fn stopped(&mut self, rule: Rule) {
        self.stops = self.stops.saturating_add(1);
        self.stopped = Some((self.last_ms, rule));
    }

    /// Why and until when all calls are refused.
    pub(super) fn refused(&self, hard: u8, window_ms: u64) -> Option<(Rule, u64)> {
        let (at_ms, rule) = self.stopped.filter(|_| self.stops > hard)?;
        Some((rule, at_ms.saturating_add(window_ms)))
    }
}

impl Tally {
    fn slide(&mut self, now_ms: u64, window_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.since_ms);
        if passed_ms < window_ms {
            return;
        }
        let adjacent = passed_ms < window_ms.saturating_mul(2);
        let before = if adjacent { (self.calls, self.spend) } else { (0, 0) };
        let since_ms = if adjacent { self.since_ms.saturating_add(window_ms) } else { now_ms };
        *self = Self { since_ms, calls: 0, spend: 0, calls_before: before.0, spend_before: before.1 };
    }

    /// Calls and spend. A trace never slides, so that it has nothing before.
    fn sum(&self, now_ms: u64, window_ms: u64) -> (u64, u64) {
        let left_ms = window_ms.saturating_sub(now_ms.saturating_sub(self.since_ms));
        let part = |of: u64| u64::try_from(u128::from(of) * u128::from(left_ms) / u128::from(window_ms));
        let calls = part(u64::from(self.calls_before)).unwrap_or(u64::MAX);
        let spend = part(self.spend_before).unwrap_or(u64::MAX);
        (calls.saturating_add(u64::from(self.calls)), spend.saturating_add(self.spend))
    }
}

/// How old an entry is at the tick `now`, in ms.
fn age_ms(now: u16, entry: &Entry) -> u64 {
    u64::from(now.wrapping_sub(entry.tick)) * TICK_MS
}

#[allow(clippy::cast_possible_truncation)]
fn tick(ms: u64) -> u16 {
    (ms / TICK_MS) as u16
}

#[allow(clippy::cast_possible_truncation)]
fn short(tool: u32) -> u16 {
    (tool ^ (tool >> 16)) as u16
}

#[allow(clippy::cast_possible_truncation)]
fn fold(id: u64) -> u32 {
    (id ^ (id >> 32)) as u32
}
