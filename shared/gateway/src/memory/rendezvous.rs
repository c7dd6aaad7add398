//! Meetings in memory.

use super::Memory;
use crate::error::RendezvousFault;
use crate::limits;
use crate::platform::{Clock, Meeting, Posted, Rendezvous};
use crate::within::within;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// All meetings of a world.
#[derive(Default)]
pub struct Meetings {
    /// In the order of posting.
    posted: RefCell<VecDeque<Left>>,
    turns: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
    fault: Cell<Option<RendezvousFault>>,
}

/// A message and until when it is kept.
struct Left {
    meeting: Meeting,
    posted: Posted,
    until_ms: u64,
}

impl Meetings {
    /// As [`Rendezvous::wait`], as long as the caller likes to.
    pub async fn next(&self, clock: &impl Clock, meeting: Meeting, after: u64) -> Posted {
        poll_fn(|context| {
            let now = clock.now_ms();
            if self.fault.get().is_none() {
                let all = self.posted.borrow();
                let is_next =
                    |left: &&Left| left.meeting == meeting && left.posted.turn > after && left.until_ms > now;
                if let Some(left) = all.iter().find(is_next) {
                    return Poll::Ready(left.posted.clone());
                }
            }
            let mut waiting = self.waiting.borrow_mut();
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// As [`Rendezvous::post`].
    ///
    /// # Errors
    /// What [`Memory::set_rendezvous`] said.
    pub fn post(
        &self,
        now_ms: u64,
        meeting: Meeting,
        message: &[u8],
        (keep_ms, instead_of): (u32, Option<u64>),
    ) -> Result<bool, RendezvousFault> {
        if let Some(fault) = self.fault.get() {
            return Err(fault);
        }
        let mut all = self.posted.borrow_mut();
        all.retain(|left| left.until_ms > now_ms);
        let there = || all.iter().filter(|left| left.meeting == meeting);
        let taken = match instead_of {
            None => there().count() < limits::MEETING_MESSAGES,
            Some(turn) => there().next_back().map_or(0, |left| left.posted.turn) == turn,
        };
        if message.len() > limits::MEETING_BYTES || !taken {
            return Ok(false);
        }
        if instead_of.is_some() {
            all.retain(|left| left.meeting != meeting);
        }
        let turn = self.turns.get().saturating_add(1);
        self.turns.set(turn);
        let until_ms = now_ms.saturating_add(u64::from(keep_ms));
        all.push_back(Left { meeting, posted: Posted { turn, message: message.to_vec() }, until_ms });
        drop(all);
        self.wake();
        Ok(true)
    }

    /// Who waits looks again.
    fn wake(&self) {
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}

impl Memory {
    /// Has every post fail, and no message be found, until it is told `None`.
    pub fn set_rendezvous(&self, fault: Option<RendezvousFault>) {
        self.0.meetings.fault.set(fault);
        self.0.meetings.wake();
    }

    /// Messages at all meetings whose time is not over.
    #[must_use]
    pub fn posted(&self) -> usize {
        let all = self.0.meetings.posted.borrow();
        all.iter().filter(|left| left.until_ms > self.now_ms()).count()
    }
}

impl Rendezvous for Memory {
    const RENDEZVOUS_REMEDY: &'static str = "call set_rendezvous";

    async fn has_rendezvous(&self) -> bool {
        self.0.meetings.fault.get() != Some(RendezvousFault::Absent)
    }

    async fn wait(&self, meeting: Meeting, after: u64, deadline_ms: u32) -> Option<Posted> {
        if !self.has_rendezvous().await {
            return None;
        }
        within(self, deadline_ms, self.0.meetings.next(self, meeting, after)).await
    }

    async fn post(
        &self,
        meeting: Meeting,
        message: &[u8],
        keep_ms: u32,
        instead_of: Option<u64>,
    ) -> Result<bool, RendezvousFault> {
        self.0.meetings.post(self.now_ms(), meeting, message, (keep_ms, instead_of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    const MINUTE_MS: u32 = 60_000;

    fn meeting(id: u8) -> Meeting {
        Meeting { id: [id; 16], jurisdiction: "" }
    }

    fn posted(memory: &Memory, id: u8, message: &[u8]) -> Result<bool, RendezvousFault> {
        memory.run(memory.post(meeting(id), message, MINUTE_MS, None))
    }

    fn replaced(memory: &Memory, id: u8, message: &[u8], turn: u64) -> bool {
        memory.run(memory.post(meeting(id), message, MINUTE_MS, Some(turn))).unwrap()
    }

    /// All that is told within a second, one after another.
    fn told(memory: &Memory, id: u8) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let mut after = 0;
        while let Some(Posted { turn, message }) = memory.run(memory.wait(meeting(id), after, 1_000)) {
            assert!(turn > after);
            after = turn;
            all.push(message);
        }
        all
    }

    #[test]
    fn what_was_posted_first_is_told_first_whoever_came_first() {
        let memory = Memory::new();
        assert_eq!(posted(&memory, 1, b"a"), Ok(true));
        let mut wait = pin!(memory.wait(meeting(1), 0, MINUTE_MS));
        assert!(memory.step(wait.as_mut()).is_ready());
        assert_eq!(posted(&memory, 1, b"b"), Ok(true));
        assert_eq!(posted(&memory, 1, b""), Ok(true));
        assert_eq!(told(&memory, 1), [&b"a"[..], b"b", b""]);

        let mut early = pin!(memory.wait(meeting(2), 0, MINUTE_MS));
        assert!(memory.step(early.as_mut()).is_pending());
        // Another's is no answer.
        assert_eq!(posted(&memory, 1, b"c"), Ok(true));
        assert!(memory.step(early.as_mut()).is_pending());
        assert_eq!(posted(&memory, 2, b"d"), Ok(true));
        let Poll::Ready(Some(Posted { message, .. })) = memory.step(early.as_mut()) else { panic!() };
        assert_eq!(message, b"d");
    }

    #[test]
    fn a_wait_ends_in_time_and_takes_nothing_with_it() {
        let memory = Memory::new();
        let start = memory.now_ms();
        assert_eq!(memory.run(memory.wait(meeting(1), 0, 500)), None);
        assert_eq!(memory.now_ms() - start, 500);
        // One that is dropped when its message is there, and one that lost its time just then.
        let mut lost = Box::pin(memory.wait(meeting(1), 0, MINUTE_MS));
        assert!(memory.step(lost.as_mut()).is_pending());
        assert_eq!(posted(&memory, 1, b"a"), Ok(true));
        drop(lost);
        assert_eq!(memory.run(memory.wait(meeting(1), 0, 0)).map(|told| told.message), Some(b"a".to_vec()));
        assert_eq!(told(&memory, 1), [b"a"]);
    }

    #[test]
    fn two_that_wait_are_both_told_all() {
        let memory = Memory::new();
        let mut one = pin!(memory.wait(meeting(1), 0, MINUTE_MS));
        let mut two = pin!(memory.wait(meeting(1), 0, MINUTE_MS));
        assert!(memory.step(one.as_mut()).is_pending() && memory.step(two.as_mut()).is_pending());
        assert_eq!(posted(&memory, 1, b"a"), Ok(true));
        let told = [memory.step(one.as_mut()), memory.step(two.as_mut())];
        assert!(told.iter().all(|told| told.is_ready()) && told[0] == told[1], "{told:?}");
    }

    #[test]
    fn what_nobody_fetches_vanishes() {
        let memory = Memory::new();
        assert_eq!(posted(&memory, 1, b"a"), Ok(true));
        memory.advance(u64::from(MINUTE_MS) - 1);
        assert_eq!(memory.posted(), 1);
        memory.advance(1);
        assert_eq!((memory.posted(), told(&memory, 1)), (0, Vec::new()));
        // Whoever has been told of it is told of what comes later.
        assert_eq!(posted(&memory, 1, b"b"), Ok(true));
        assert_eq!(memory.run(memory.wait(meeting(1), 1, 0)).map(|told| told.message), Some(b"b".to_vec()));
    }

    #[test]
    fn a_meeting_takes_so_much_and_no_more() {
        let memory = Memory::new();
        assert_eq!(posted(&memory, 1, &vec![0; limits::MEETING_BYTES + 1]), Ok(false));
        assert_eq!(posted(&memory, 1, &vec![0; limits::MEETING_BYTES]), Ok(true));
        for _ in 1..limits::MEETING_MESSAGES {
            assert_eq!(posted(&memory, 1, b"a"), Ok(true));
        }
        assert_eq!(posted(&memory, 1, b"a"), Ok(false));
        assert_eq!(posted(&memory, 2, b"a"), Ok(true));
        memory.advance(MINUTE_MS.into());
        assert_eq!(posted(&memory, 1, b"a"), Ok(true));
    }

    #[test]
    fn of_two_that_have_read_the_same_one_is_taken() {
        let memory = Memory::new();
        assert!(replaced(&memory, 1, b"a", 0));
        assert!(!replaced(&memory, 1, b"b", 0));
        let Posted { turn, .. } = memory.run(memory.wait(meeting(1), 0, 1_000)).unwrap();
        let mut wait = pin!(memory.wait(meeting(1), turn, MINUTE_MS));
        assert!(memory.step(wait.as_mut()).is_pending());
        assert!(replaced(&memory, 1, b"b", turn) && !replaced(&memory, 1, b"c", turn));
        let Poll::Ready(Some(Posted { message, .. })) = memory.step(wait.as_mut()) else { panic!() };
        assert_eq!(message, b"b");
        assert_eq!((told(&memory, 1), memory.posted()), (vec![b"b".to_vec()], 1));
        assert!(replaced(&memory, 2, b"another", 0));
        memory.advance(MINUTE_MS.into());
        assert!(replaced(&memory, 1, b"c", 0), "what is over is not there");
    }

    #[test]
    fn one_that_fails_is_asked_until_the_time_is_over() {
        let memory = Memory::new();
        assert_eq!(posted(&memory, 1, b"a"), Ok(true));
        memory.set_rendezvous(Some(RendezvousFault::Unreachable));
        assert_eq!(posted(&memory, 1, b"b"), Err(RendezvousFault::Unreachable));
        let mut wait = pin!(memory.wait(meeting(1), 0, MINUTE_MS));
        assert!(memory.step(wait.as_mut()).is_pending());
        memory.set_rendezvous(None);
        assert!(memory.step(wait.as_mut()).is_ready());
        memory.set_rendezvous(Some(RendezvousFault::Absent));
        assert!(!memory.run(memory.has_rendezvous()));
        let start = memory.now_ms();
        assert_eq!(memory.run(memory.wait(meeting(1), 0, MINUTE_MS)), None);
        assert_eq!(memory.now_ms(), start);
    }
}
