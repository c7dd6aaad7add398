//! The loop breaker: sees an agent that is stuck by its calls and their results, before the next call is carried out.
//!
//! Every call counts in two chains, that of its principal (always, so a fresh trace id helps nobody) and that of its
//! trace id (when one is sent). A chain keeps its last calls as keyed digests: what was called, with what arguments,
//! and what came back. The rules look at nothing else. State and time are arguments; where the state is kept, and
//! when a call is charged, is the caller's matter.

mod advice;
mod barren;
mod chain;
mod digest;
mod finding;
mod rules;
#[cfg(test)]
mod tests;
mod words;

pub use advice::advice;
pub use chain::{PRINCIPAL_CALLS, TRACE_CALLS};
pub use digest::{Digests, Fingerprint};

use chain::{Chain, Fate};
use serde::{Deserialize, Serialize};

/// Chains of principals, and chains of traces, that are kept; the least recently used one leaves. One account
/// serves few principals at a time, and a chain that left only has its loop seen some calls later.
pub const CHAINS: usize = 8;
/// Bytes of the whole state, encoded: all chains full of the longest entries take 19.5 KB, and one principal with one
/// trace, as is usual, 1.7 KB.
pub const STATE_BYTES: usize = 20 * 1024;

/// From when on a chain counts as stuck. Counts of calls are of calls that were carried out: with `same: 5`, the
/// sixth is stopped. Sensible counts are 2 to 12; one that a chain cannot hold never applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// The sliding window, in ms; at most ten minutes count.
    pub window_ms: u32,
    /// The same call with the same result, within the window.
    pub same: u8,
    /// Errors in a row: of the same call, or the same error of the same tool.
    pub errors: u8,
    /// Empty results in a row while only free text changed.
    pub empty: u8,
    /// Rounds of a cycle of two to four calls; the last call of the last one is stopped.
    pub rounds: u8,
    /// Calls, all the same, that are under way or never got a result, within the window.
    pub flight: u8,
    /// Stops, beyond the first and none longer than the window after the one before, after which the whole chain is
    /// refused until the window has passed.
    pub hard: u8,
    /// Calls of a principal in the window, and of a trace in all.
    pub calls: Option<u32>,
    /// Spend of a principal in the window, and of a trace in all, in millionths of the unit of account.
    pub spend: Option<u64>,
    /// Verdicts are given, but the caller carries every call out.
    pub dry_run: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            window_ms: 120_000,
            same: 5,
            errors: 5,
            empty: 5,
            rounds: 3,
            // A fan-out of equal calls has no use, but clients send some twice; a dozen is no accident.
            flight: 12,
            hard: 5,
            calls: None,
            spend: None,
            dry_run: false,
        }
    }
}

/// One call as the chains see it. All digests are [`Digests`]'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Who calls.
    pub principal: u32,
    /// The trace id that the call carries.
    pub trace: Option<u32>,
    /// What is called.
    pub fingerprint: Fingerprint,
    /// What it is charged, in millionths of the unit of account.
    pub cost: u64,
    /// A polling tool: it counts as call and spend, and is no part of any pattern.
    pub exempt: bool,
}

/// What a call brought, as the chains see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Digest of the whole result or error.
    pub result: u32,
    /// Digest of what is left of it without what changes by itself: of an error, without times and ids; of an empty
    /// result, its outline. For an ordinary result the same as `result`.
    pub gist: u32,
    /// Its kind.
    pub kind: Finds,
}

/// The kinds of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finds {
    /// Something.
    Something,
    /// Well-formed and without content: no rows, no hits, blank.
    Nothing,
    /// An error of the protocol, or a result with `isError`.
    Error,
    /// An error that is about what was asked for (not found, exists already), or a result that is no error by the
    /// protocol and reads like one.
    Complaint,
}

/// What made a chain count as stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// The same call had the same result, again and again.
    Same,
    /// The same call, or the same tool, had the same error, again and again.
    Error,
    /// Only the wording changed, and nothing was found.
    Empty,
    /// The same few calls in the same order with the same results.
    Cycle,
    /// The same call many times at once.
    Flight,
    /// More calls than the bound.
    Calls,
    /// More spend than the bound.
    Spend,
}

impl Rule {
    /// Its name in records and outputs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Error => "error",
            Self::Empty => "empty",
            Self::Cycle => "cycle",
            Self::Flight => "flight",
            Self::Calls => "calls",
            Self::Spend => "spend",
        }
    }
}

/// What is to become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It may be carried out.
    Go,
    /// It must not; the model is told by [`advice`].
    Stop {
        /// Why.
        rule: Rule,
        /// How often it was seen; for a cycle, its length.
        seen: u8,
    },
    /// No call of this chain may be carried out.
    Refuse {
        /// Why the last one was stopped.
        rule: Rule,
        /// Until when, in ms.
        until_ms: u64,
    },
}

/// The chains of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chains {
    /// Least recently used first.
    principals: Vec<Chain>,
    /// The same.
    traces: Vec<Chain>,
}

impl Chains {
    /// A call is about to be charged, at `now_ms`. `id` finds it again when its result is known; it is unlike those
    /// of all calls under way. A call that may not be carried out is remembered as stopped.
    pub fn arrive(&mut self, bounds: &Bounds, id: u64, seen: &Sighting, now_ms: u64) -> Verdict {
        let window_ms = u64::from(bounds.window_ms).min(chain::LONGEST_WINDOW_MS);
        let principal = touch(&mut self.principals, (seen.principal, None), now_ms, window_ms);
        let trace = seen
            .trace
            .and_then(|trace| touch(&mut self.traces, (seen.principal, Some(trace)), now_ms, window_ms));
        // The trace comes first: it bears the stop that it can see, and other traces of the principal go on.
        let mut chains: Vec<&mut Chain> = trace.into_iter().chain(principal).collect();
        let verdict = judge(&mut chains, bounds, seen, window_ms);
        let carried_out = verdict == Verdict::Go || bounds.dry_run;
        for chain in chains {
            if carried_out {
                chain.charge(seen.cost);
            }
            // What is refused leaves no entry: it would push out what it was refused for.
            if !seen.exempt && (carried_out || matches!(verdict, Verdict::Stop { .. })) {
                let fate = if carried_out { Fate::running(id) } else { Fate::Stopped };
                chain.push(&seen.fingerprint, fate);
            }
        }
        verdict
    }

    /// The result of the call `id` is known, at `now_ms`. It may come late, in any order, or never; a second one is
    /// ignored. Says whether any chain still knew the call.
    pub fn learn(&mut self, id: u64, finding: &Finding, now_ms: u64) -> bool {
        let mut known = false;
        for chain in self.principals.iter_mut().chain(&mut self.traces) {
            known |= chain.learn(id, finding, now_ms);
        }
        known
    }

    /// The call `id` was refused elsewhere and not carried out: it belongs to no pattern and is not counted.
    pub fn forget(&mut self, id: u64) {
        self.principals.iter_mut().chain(&mut self.traces).for_each(|chain| chain.forget(id));
    }

    /// Forgets chains of which nothing matters any more.
    pub fn sweep(&mut self, now_ms: u64) {
        for chains in [&mut self.principals, &mut self.traces] {
            chains.retain(|chain| chain.over_ms() > now_ms);
        }
    }

    /// When nothing of them will matter any more, in ms; `None` when there is nothing.
    #[must_use]
    pub fn over_ms(&self) -> Option<u64> {
        self.principals.iter().chain(&self.traces).map(Chain::over_ms).max()
    }
}

/// The chain of `key`, made if need be, at the end of `chains` and at the present.
fn touch(
    chains: &mut Vec<Chain>,
    key: (u32, Option<u32>),
    now_ms: u64,
    window_ms: u64,
) -> Option<&mut Chain> {
    let chain = match chains.iter().position(|chain| chain.key() == key) {
        Some(at) => chains.remove(at),
        None => Chain::new(key, now_ms),
    };
    if chains.len() >= CHAINS {
        chains.drain(..=chains.len() - CHAINS);
    }
    chains.push(chain);
    let chain = chains.last_mut()?;
    chain.advance(now_ms, window_ms);
    Some(chain)
}

/// The verdict of the first chain that has one.
fn judge(chains: &mut [&mut Chain], bounds: &Bounds, seen: &Sighting, window_ms: u64) -> Verdict {
    for chain in chains.iter() {
        if let Some((rule, until_ms)) = chain.refused(bounds.hard, window_ms) {
            return Verdict::Refuse { rule, until_ms };
        }
    }
    for chain in chains.iter_mut() {
        let pattern = || rules::pattern(chain, bounds, window_ms, &seen.fingerprint);
        let found = if seen.exempt { None } else { pattern() };
        if let Some((rule, count)) = found.or_else(|| chain.over(bounds, seen.cost)) {
            chain.stopped(rule);
            return Verdict::Stop { rule, seen: count };
        }
    }
    Verdict::Go
}
