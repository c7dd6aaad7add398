//! What protects upstreams and tools: places, queue and breaker.

use super::Findings;
use crate::settings::{BreakerSettings, GuardSettings, Switch, join};
use crate::tenant::{BreakerRule, PlacesRule};

/// Longest queue that follows from `concurrency` alone: as long as one may be written.
const QUEUE: u32 = 1_000;
/// Longest wait for a place, unless it is written, in ms: a caller rather hears that it is busy.
const QUEUE_MS: u32 = 1_000;
/// Share of slow calls that opens a breaker, unless it is written, in percent.
const SLOW_PERCENT: u32 = 80;

/// The places of an upstream or tool; none are counted without `concurrency`.
pub fn places(path: &str, settings: &GuardSettings, findings: &mut Findings) -> Option<PlacesRule> {
    let Some(most) = settings.concurrency else {
        for (key, value) in [("queue", settings.queue), ("queue_ms", settings.queue_ms)] {
            if value.is_some() {
                let remedy = "write `concurrency` beside it, or remove it";
                findings.problem(&join(path, key), "nobody ever waits without `concurrency`", remedy);
            }
        }
        return None;
    };
    let queue = settings.queue.unwrap_or(most.min(QUEUE));
    Some(PlacesRule { most, queue, queue_ms: settings.queue_ms.unwrap_or(QUEUE_MS) })
}

/// The breaker that is written, or `None` where none is. `Some(None)` is none at all.
pub fn breaker(path: &str, settings: &GuardSettings, findings: &mut Findings) -> Option<Option<BreakerRule>> {
    let settings = match settings.breaker.as_ref()? {
        Switch::Off => return Some(None),
        Switch::On(settings) => settings,
    };
    if settings.slow_percent.is_some() && settings.slow_ms.is_none() {
        let path = join(&join(path, "breaker"), "slow_percent");
        findings.problem(
            &path,
            "no call is slow without `slow_ms`",
            "write `slow_ms` beside it, or remove it",
        );
    }
    Some(Some(rule(settings)))
}

/// The rule of a breaker.
pub fn rule(settings: &BreakerSettings) -> BreakerRule {
    BreakerRule {
        window_ms: settings.window_s.saturating_mul(1_000),
        least: settings.least,
        error_percent: settings.error_percent,
        slow_ms: settings.slow_ms,
        slow_percent: settings.slow_percent.unwrap_or(SLOW_PERCENT),
        open_ms: settings.open_s.saturating_mul(1_000),
        trials: settings.trials,
    }
}
