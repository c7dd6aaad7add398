//! Meetings: a Durable Object each, of the class `Waiting` (entry.mjs).

use crate::event::{Event, Expected};
use crate::host::{self, Lines};
use crate::platform::Workers;
use postern::error::RendezvousFault;
use postern::limits;
use postern::platform::{Clock as _, Meeting, Posted, Rendezvous};
use postern::within::within;

/// A wait of the object's, which ends with whoever holds this.
struct Wait(host::Wait);

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Workers {
    /// One look: a message, or none for so long. It fails when the object cannot be asked.
    async fn look(&self, meeting: Meeting, after: u64, ms: u32) -> Result<Option<Posted>, RendezvousFault> {
        let expected = Expected::new();
        let (id, jurisdiction) = (meeting.name(), meeting.jurisdiction);
        // Turns are times in ms.
        let wait = Wait(host::wait(self.call(), expected.number(), &id, jurisdiction, after as f64, ms));
        let told = expected.await;
        drop(wait);
        let Event::Answered(head, bytes, _) = told else { return Err(RendezvousFault::Unreachable) };
        match (Lines::new(&head).next().parse(), bytes) {
            (Ok(turn), Some(message)) => Ok(Some(Posted { turn, message })),
            _ if head.is_empty() => Err(RendezvousFault::Unreachable),
            _ => Ok(None),
        }
    }
}

impl Rendezvous for Workers {
    const RENDEZVOUS_REMEDY: &'static str =
        "bind WAITING to the Durable Object class `Waiting`, as wrangler.toml does";

    async fn has_rendezvous(&self) -> bool {
        host::meetings(self.call())
    }

    async fn wait(&self, meeting: Meeting, after: u64, deadline_ms: u32) -> Option<Posted> {
        if !self.has_rendezvous().await {
            return None;
        }
        within(self, deadline_ms, async {
            loop {
                match self.look(meeting, after, deadline_ms.min(limits::MEETING_LOOK_MS)).await {
                    Ok(Some(posted)) => return posted,
                    Ok(None) => {}
                    // An object is moved, or made anew with a deploy; what was posted is stored.
                    Err(_) => self.sleep(limits::MEETING_PAUSE_MS).await,
                }
            }
        })
        .await
    }

    async fn post(
        &self,
        meeting: Meeting,
        message: &[u8],
        keep_ms: u32,
        instead_of: Option<u64>,
    ) -> Result<bool, RendezvousFault> {
        if !self.has_rendezvous().await {
            return Err(RendezvousFault::Absent);
        }
        if message.len() > limits::MEETING_BYTES {
            return Ok(false);
        }
        let expected = Expected::new();
        let (id, most) = (meeting.name(), limits::MEETING_MESSAGES);
        let instead_of = instead_of.map(|turn| turn as f64);
        host::post(
            self.call(),
            expected.number(),
            &id,
            meeting.jurisdiction,
            message,
            keep_ms,
            most,
            instead_of,
        );
        let told = within(self, limits::MEETING_POST_MS, expected).await.ok_or(RendezvousFault::Late)?;
        match told {
            Event::Stepped(Some(taken)) => Ok(taken == "1"),
            _ => Err(RendezvousFault::Unreachable),
        }
    }
}
