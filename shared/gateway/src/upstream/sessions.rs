//! The sessions that the gateway opens at session-bound upstreams for itself.

use super::legacy::{self, Opened};
use super::link::Link;
use super::pool::{Key, NONE};
use super::{Ask, Sealed};
use crate::error::UpstreamFault;
use crate::limits;
use crate::mcp::{Era, Revision};
use crate::platform::Platform;
use std::rc::Rc;

impl Link {
    /// The capabilities that are declared in the session of a call: none to an upstream whose questions cannot be answered
    /// later, and none for a client that is not of the modern era, as its questions go by its own session.
    pub(super) fn declares<'a>(&self, ask: &'a Ask<'_>) -> &'a str {
        let later = ask.client.revision.era() == Era::Modern && !self.forgets.get();
        if later { &ask.client.capabilities } else { NONE }
    }

    /// The pooled session under `key`, opened with these `capabilities` if there is none.
    pub(super) async fn pooled<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        key: Key,
        capabilities: &str,
        end: u64,
    ) -> Result<Sealed, UpstreamFault> {
        // A session that a call still uses is never taken for idle.
        let idle_ms = limits::POOLED_SESSION_MS.max(u64::from(self.guards.longest_ms));
        let read = || self.pool.get(key, idle_ms, platform.now_ms());
        let work = || async {
            let opened = legacy::handshake(self, platform, &legacy::own_hello(capabilities), end).await;
            let Opened { session, about } = opened?;
            let Some(session) = session else {
                // It gave session ids once and has none now: the verdict changes, and the call is put anew.
                self.memory.learn(about, platform.now_ms());
                return Err(UpstreamFault::Session);
            };
            self.keep(platform, key, session.clone());
            Ok(session)
        };
        self.pool.flights.once(platform, key, read, work).await
    }

    /// Keeps a session under `key`; whatever it displaces is closed.
    pub(super) fn keep<P: Platform>(self: &Rc<Self>, platform: &P, key: Key, session: Sealed) {
        let retired = self.pool.keep(key, self, session, platform.now_ms());
        if let Some((link, session)) = retired {
            link.retire(platform, session);
        }
    }

    /// Keeps a pooled session until `until` (Unix ms): there is something in it that is asked for later.
    pub(crate) fn hold(&self, session: &Sealed, until: u64) {
        self.pool.hold(session, until);
    }

    /// Closes a session that came with something else.
    pub(super) fn discard<P: Platform>(self: &Rc<Self>, platform: &P, session_id: Option<String>) {
        if let Some(id) = session_id {
            self.retire(platform, Sealed { id, revision: Revision::LATEST_LEGACY });
        }
    }

    /// Closes a session that is of no further use, behind the answer.
    pub(super) fn retire<P: Platform>(self: &Rc<Self>, platform: &P, session: Sealed) {
        let (link, clone) = (Rc::clone(self), platform.clone());
        platform.defer(Box::pin(async move {
            // One that cannot be closed expires at the upstream.
            let _ = legacy::close(&link, &clone, &session).await;
        }));
    }
}
