//! What protects an upstream or a tool: `concurrency`, `queue`, `queue_ms`, `breaker`.

use super::reader::{Reader, Switch};

/// Keys that upstreams and tools have alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardSettings {
    /// `concurrency`: calls under way at once, in one isolate; by default any number.
    pub concurrency: Option<u32>,
    /// `queue`: calls that may wait for a place; by default as many as `concurrency`, at most 1,000.
    pub queue: Option<u32>,
    /// `queue_ms`: longest wait for a place; by default 1,000.
    pub queue_ms: Option<u32>,
    /// `breaker`: `false`, or a table. By default an upstream has one, and a tool has its upstream's.
    pub breaker: Option<Switch<BreakerSettings>>,
}

/// `breaker = { ... }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerSettings {
    /// `window_s`: what is looked back at; by default 30.
    pub window_s: u32,
    /// `least`: fewest calls in the window that say anything; by default 20.
    pub least: u32,
    /// `error_percent`: share of failed calls that opens it; by default 50.
    pub error_percent: u32,
    /// `slow_ms`: from how long on a call is slow; by default none is.
    pub slow_ms: Option<u32>,
    /// `slow_percent`: share of slow calls that opens it; by default 80.
    pub slow_percent: Option<u32>,
    /// `open_s`: how long it stays open; by default 10.
    pub open_s: u32,
    /// `trials`: calls that are let through then; by default 3.
    pub trials: u32,
}

/// Errors alone open it: how slow is too slow is nothing that could be known of every server.
impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            window_s: 30,
            least: 20,
            error_percent: 50,
            slow_ms: None,
            slow_percent: None,
            open_s: 10,
            trials: 3,
        }
    }
}

impl GuardSettings {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            concurrency: reader.optional("concurrency", 1..=10_000),
            queue: reader.optional("queue", 0..=1_000),
            queue_ms: reader.optional("queue_ms", 10..=60_000),
            breaker: reader.switch("breaker", breaker),
        }
    }
}

fn breaker(reader: &Reader<'_, '_>) -> BreakerSettings {
    let default = BreakerSettings::default();
    BreakerSettings {
        window_s: reader.number("window_s", 1..=600, default.window_s),
        least: reader.number("least", 1..=10_000, default.least),
        error_percent: reader.number("error_percent", 1..=100, default.error_percent),
        slow_ms: reader.optional("slow_ms", 10..=600_000),
        slow_percent: reader.optional("slow_percent", 1..=100),
        open_s: reader.number("open_s", 1..=3_600, default.open_s),
        trials: reader.number("trials", 1..=100, default.trials),
    }
}
