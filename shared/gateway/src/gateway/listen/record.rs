//! The one record of a stream that is listened on, written at its end, whoever ends it.

use crate::platform::Platform;
use crate::stage::audit::Trail;
use std::cell::Cell;
use std::rc::Rc;

/// What came of a stream so far.
#[derive(Default)]
pub(super) struct Counts {
    /// Messages that the client got, and such of upstreams that it did not.
    pub passed: Cell<u64>,
    pub dropped: Cell<u64>,
    /// How often an upstream's stream was opened again.
    pub reopened: Cell<u64>,
    /// Of all messages together.
    pub bytes: Cell<usize>,
}

/// One more.
pub(super) fn count(cell: &Cell<u64>, more: usize) {
    cell.set(cell.get().saturating_add(more as u64));
}

/// A record that is open as long as the stream.
pub(super) struct Record<P: Platform> {
    pub trail: Trail<P>,
    counts: Rc<Counts>,
    /// Why it ended.
    pub ended: &'static str,
}

impl<P: Platform> Record<P> {
    pub fn new(trail: Trail<P>, counts: &Rc<Counts>) -> Self {
        // Unless it is said otherwise: dropped is what is no longer read.
        Self { trail, counts: Rc::clone(counts), ended: "left" }
    }
}

impl<P: Platform> Drop for Record<P> {
    fn drop(&mut self) {
        let Self { trail, counts, ended } = self;
        trail.note("ended", ended);
        let Counts { passed, dropped, reopened, bytes } = counts.as_ref();
        for (key, counted) in [("passed", passed), ("dropped", dropped), ("reopened", reopened)] {
            trail.count(key, counted.get());
        }
        // A client that leaves has had what there was: its stream has no other end.
        trail.answer(bytes.get());
    }
}
