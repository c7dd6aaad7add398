//! What happened: written by the upstreams and the clients, read by the judge.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::plan::{Clock, Micros, Outage, What};

/// A notification that an upstream wrote to a stream which was up.
#[derive(Debug, Clone)]
pub struct Sent {
    /// When it was handed to the connection.
    pub at: Micros,
    /// Which upstream.
    pub upstream: usize,
    /// Its number at that upstream. Streams that get the same notification get the same number.
    pub number: u64,
    /// What it is about.
    pub what: What,
    /// The clients for whom the stream stands: those whose own resources it is subscribed to.
    pub to: Vec<usize>,
    /// The stream.
    pub stream: u64,
}

/// A notification that an upstream kept for a session which had no stream.
#[derive(Debug, Clone)]
pub struct Stored {
    pub at: Micros,
    /// When the session's last stream had ended.
    pub since: Micros,
    pub upstream: usize,
    pub number: u64,
    pub what: What,
    pub to: Vec<usize>,
}

/// The client of a stream whose client cannot be told: it is subscribed to nothing, and hears of lists alone.
pub const NAMELESS: usize = usize::MAX;

/// A time in which a stream of an upstream stood for a client.
#[derive(Debug, Clone)]
pub struct Held {
    pub upstream: usize,
    pub client: usize,
    pub stream: u64,
    pub from: Micros,
    /// `None` while it is open.
    pub to: Option<Micros>,
}

/// A notification that a client got.
#[derive(Debug, Clone)]
pub struct Heard {
    pub at: Micros,
    pub client: usize,
    pub what: What,
    /// Upstream and number, if they came through.
    pub tag: Option<(usize, u64)>,
}

/// Why a client was no longer connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// It left. It read on for a while.
    Left,
    /// The other side ended or broke the stream.
    Ended,
}

/// A time in which a client was connected.
#[derive(Debug, Clone)]
pub struct Presence {
    pub client: usize,
    pub from: Micros,
    pub to: Micros,
    pub parting: Parting,
}

/// Everything.
#[derive(Debug, Default)]
pub struct Evidence {
    pub sent: Vec<Sent>,
    pub stored: Vec<Stored>,
    pub held: Vec<Held>,
    pub heard: Vec<Heard>,
    pub present: Vec<Presence>,
    /// Outages as they really were.
    pub outages: Vec<Outage>,
    /// What broke a rule of the protocol, at an upstream or at a client.
    pub complaints: Vec<String>,
    /// Requests at each upstream, by method.
    pub requests: BTreeMap<(usize, String), usize>,
}

/// The evidence while it is collected.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// The time of all entries.
    pub clock: Clock,
    evidence: Arc<Mutex<Evidence>>,
    /// Set when all clients have left.
    pub left: Arc<AtomicBool>,
}

impl Log {
    /// The evidence so far.
    pub fn evidence(&self) -> MutexGuard<'_, Evidence> {
        self.evidence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all of it.
    pub fn take(&self) -> Evidence {
        std::mem::take(&mut self.evidence())
    }

    /// Something was against the rules.
    pub fn complain(&self, who: impl std::fmt::Display, what: impl std::fmt::Display) {
        let at = self.clock.now() / 1_000;
        self.evidence().complaints.push(format!("{at} ms, {who}: {what}"));
    }

    /// A stream stands for a client from now on.
    pub fn holds(&self, upstream: usize, client: usize, stream: u64) {
        let from = self.clock.now();
        self.evidence().held.push(Held { upstream, client, stream, from, to: None });
    }

    /// A stream has ended.
    pub fn closes(&self, upstream: usize, stream: u64) {
        let now = self.clock.now();
        let mut evidence = self.evidence();
        let ours = |held: &&mut Held| held.upstream == upstream && held.stream == stream && held.to.is_none();
        evidence.held.iter_mut().rev().filter(ours).for_each(|held| held.to = Some(now));
    }
}
