//! What protects upstreams: the rules of their guards, and what a tool has of its own.

use super::{Caching, Glob, Inspect};

/// How many calls may be under way at once, in one isolate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacesRule {
    /// Calls under way.
    pub most: u32,
    /// Calls that may wait for a place.
    pub queue: u32,
    /// Longest wait for a place, in ms.
    pub queue_ms: u32,
}

/// When a circuit breaker opens and closes. Counted in one isolate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerRule {
    /// What is looked back at, in ms.
    pub window_ms: u32,
    /// Fewest calls within the window that say anything.
    pub least: u32,
    /// Share of failed calls that opens it, in percent.
    pub error_percent: u32,
    /// From how long on a call is slow, in ms; without it none is.
    pub slow_ms: Option<u32>,
    /// Share of slow calls that opens it, in percent.
    pub slow_percent: u32,
    /// How long it stays open, in ms.
    pub open_ms: u32,
    /// Calls that are let through then. It closes when all of them went well, and opens again with the first
    /// that did not.
    pub trials: u32,
}

/// Which breaker a tool's calls go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolBreaker {
    /// The upstream's.
    Upstreams,
    /// One of the tool's own, if any: the upstream's neither counts its calls nor stops them.
    Own(Option<BreakerRule>),
}

/// `[tenants.T.tools.PATTERN]`: what holds for calls of the tools that the pattern matches, each by itself.
#[derive(Debug)]
pub struct Tool {
    /// Over exposed names.
    pub pattern: Glob,
    /// Instead of the upstream's deadlines, in ms.
    pub first_byte_ms: Option<u32>,
    /// See [`Tool::first_byte_ms`].
    pub idle_ms: Option<u32>,
    /// See [`Tool::first_byte_ms`].
    pub total_ms: Option<u32>,
    /// Places of its own, besides the upstream's.
    pub places: Option<PlacesRule>,
    /// Its breaker.
    pub breaker: ToolBreaker,
    /// The operator's word that a call may be carried out twice.
    pub idempotent: bool,
    /// Equal calls at once are one call at the upstream.
    pub coalesce: bool,
    /// What is kept of its answers; nothing without it.
    pub cache: Option<Caching>,
    /// Tools, by exposed name, whose kept answers a call of this one ends.
    pub invalidates: Vec<String>,
    /// What is inspected of its messages, where that is not as everywhere.
    pub inspect: Inspect,
}

impl Tool {
    /// Where it stands among others that match the same name: an exact name is before any pattern, and of two
    /// patterns the one with more characters besides its stars is first.
    #[must_use]
    pub fn rank(&self) -> (bool, usize) {
        let pattern = self.pattern.as_str();
        (!pattern.contains('*'), pattern.bytes().filter(|byte| *byte != b'*').count())
    }
}
