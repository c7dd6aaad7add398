//! An exchange whose stream is left before its answer, and taken up again: here, or by another request of the client.

use super::{Exchange, RESUMPTIONS, RETRY_MS, Source};
use crate::error::UpstreamFault;
use crate::platform::Platform;
use crate::upstream::suspend::Suspended;
use crate::upstream::wanted::Wanted;
use crate::upstream::{legacy, send};

/// Longest event id, in bytes, that is handed on: it has to fit into a sealed one.
const EVENT_ID: usize = 512;

impl<P: Platform> Exchange<P> {
    /// With a stream that goes on after the event `last`.
    pub(in crate::upstream) fn after(mut self, last: String) -> Self {
        if let Source::Stream(stream) = &mut self.source {
            stream.last_id = Some(last);
        }
        self
    }

    /// With events of at most `bytes`.
    pub(in crate::upstream) fn narrow(mut self, bytes: usize) -> Self {
        if let Source::Stream(stream) = &mut self.source {
            stream.narrow(bytes);
        }
        self
    }

    /// The newest event id of its stream, also when that has broken.
    pub(crate) fn last_event(&self) -> Option<&str> {
        match &self.source {
            Source::Stream(stream) => stream.last_id.as_deref(),
            _ => self.broke_after.as_deref(),
        }
    }

    /// Has the end of the stream told ([`super::FromUpstream::Paused`]), where the answer is still to come and can be asked
    /// for: it is the client who asks then.
    pub(crate) const fn hand_over(&mut self) {
        self.hands_over = true;
    }

    /// The upstream works on when this is dropped: somebody may come back for the answer.
    pub(crate) fn keep(&mut self) {
        self.cancel.disarm();
    }

    /// The time, in ms, after which the upstream wants to be asked for the rest of its stream; none if that is not to be told,
    /// or the rest cannot be asked for.
    pub(super) fn paused(&self) -> Option<u32> {
        let Source::Stream(stream) = &self.source else { return None };
        let can = self.hands_over && stream.last_id.as_ref().is_some_and(|id| id.len() <= EVENT_ID);
        can.then(|| stream.retry_ms.unwrap_or(RETRY_MS))
    }

    /// Leaves the call where it is: the upstream waits for answers, and what comes after them is asked for later
    /// ([`Link::resume`]). Its session is kept until `until` (Unix ms). `None` where that cannot be: no question of it was
    /// handed out.
    pub(crate) fn suspend(mut self, until: u64) -> Option<Suspended> {
        let (Source::Stream(stream), Some(session)) = (&self.source, &self.wanted.session) else {
            return None;
        };
        let last_event = stream.last_id.clone()?;
        self.link.pool.hold(session, until);
        // Nobody waits on this connection any more, and the call is at work all the same.
        self.cancel.disarm();
        if let Some(pass) = &mut self.pass {
            pass.settle(&self.link, &self.platform, None);
        }
        let Wanted { id, .. } = &self.wanted;
        Some(Suspended { session: session.clone(), id: id.clone(), last_event })
    }

    /// A legacy server may close a stream that it gave event ids and be asked for the rest later
    /// (MCP 2025-11-25, Streamable HTTP, resumability); without ids the answer is lost.
    pub(super) async fn resume(&mut self) -> Result<(), UpstreamFault> {
        let Source::Stream(stream) = &mut self.source else {
            return Err(UpstreamFault::NoAnswer);
        };
        let (Some(session), Some(last)) = (&self.wanted.session, &stream.last_id) else {
            return Err(UpstreamFault::NoAnswer);
        };
        if self.resumptions >= RESUMPTIONS {
            return Err(UpstreamFault::NoAnswer);
        }
        self.resumptions += 1;
        self.watch.race(self.platform.sleep(stream.retry_ms.unwrap_or(RETRY_MS))).await?;
        let outgoing = legacy::resumption(&self.link, session, last);
        let body = send::events(&self.platform, &mut self.watch, outgoing).await?;
        stream.resume(body);
        Ok(())
    }
}
