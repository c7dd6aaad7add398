//! The one record of a stream that is listened on, written at its end, whoever ends it.

use crate::platform::Platform;
use crate::stage::audit::Trail;

/// What came of a stream so far.
pub(super) struct Record<P: Platform> {
    pub trail: Trail<P>,
    /// Messages that the client got, and such of upstreams that it did not.
    pub passed: u64,
    pub dropped: u64,
    /// How often an upstream's stream was opened again.
    pub reopened: u64,
    /// Of all messages together.
    pub bytes: usize,
    /// Why it ended.
    pub ended: &'static str,
}

impl<P: Platform> Record<P> {
    pub fn new(trail: Trail<P>) -> Self {
        // Unless it is said otherwise: dropped is what is no longer read.
        Self { trail, passed: 0, dropped: 0, reopened: 0, bytes: 0, ended: "left" }
    }
}

impl<P: Platform> Drop for Record<P> {
    fn drop(&mut self) {
        let Self { trail, passed, dropped, reopened, bytes, ended } = self;
        trail.note("ended", ended);
        for (key, count) in [("passed", passed), ("dropped", dropped), ("reopened", reopened)] {
            trail.count(key, *count);
        }
        // A client that leaves has had what there was: its stream has no other end.
        trail.answer(*bytes);
    }
}
