//! A call at a legacy upstream that waits for answers of the client, between two requests of that client.

use super::cancel::Cancel;
use super::exchange::Exchange;
use super::guard::{self, Terms};
use super::link::Link;
use super::wanted::{Asks, Logs, Progress, Wanted};
use super::watch::Watch;
use super::{ClientSide, Sealed, legacy, send};
use crate::error::{Fault, UpstreamFault};
use crate::mcp::Era;
use crate::platform::Platform;
use std::rc::Rc;

/// Where such a call is found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspended {
    /// The session it was sent in.
    pub session: Sealed,
    /// Its request id at the upstream, raw JSON.
    pub id: String,
    /// The last event that was read of its answer.
    pub last_event: String,
}

impl Link {
    /// Goes on with a call after its last event (MCP 2025-11-25, Streamable HTTP, resumability); its questions must have been
    /// answered.
    ///
    /// # Errors
    /// As [`Link::open`]. [`UpstreamFault::NoAnswer`] where the upstream kept nothing of it.
    pub async fn resume<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        suspended: Suspended,
        client: &ClientSide,
        terms: &Terms,
    ) -> Result<Exchange<P>, Fault> {
        self.go_on(platform, suspended, client, terms, Asks::Later).await
    }

    /// The same for the client's own session, which is asked at once.
    ///
    /// # Errors
    /// As [`Link::resume`].
    pub async fn take_up<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        suspended: Suspended,
        client: &ClientSide,
        terms: &Terms,
    ) -> Result<Exchange<P>, Fault> {
        self.go_on(platform, suspended, client, terms, Asks::Now).await
    }

    async fn go_on<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        suspended: Suspended,
        client: &ClientSide,
        terms: &Terms,
        asks: Asks,
    ) -> Result<Exchange<P>, Fault> {
        let mut pass = match guard::enter(self, platform, terms).await {
            Ok(pass) => pass,
            Err(kind) => return Err(self.fault(kind)),
        };
        match self.follow(platform, suspended, client, terms, asks).await {
            Ok(exchange) => Ok(exchange.under(pass)),
            Err(kind) => {
                pass.settle(self, platform, Some(kind));
                Err(self.fault(kind))
            }
        }
    }

    /// Cancels a call that waits for answers which nobody will give, behind the answer.
    pub fn abandon<P: Platform>(self: &Rc<Self>, platform: &P, session: &Sealed, id: &str) {
        let (id, session) = (id.to_owned(), Some(session.clone()));
        let wanted =
            Wanted { id, era: Era::Legacy, session, asks: Asks::Never, progress: None, logs: Logs::None };
        drop(Cancel::armed(self, platform, &wanted));
    }

    async fn follow<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        suspended: Suspended,
        client: &ClientSide,
        terms: &Terms,
        asks: Asks,
    ) -> Result<Exchange<P>, UpstreamFault> {
        let Suspended { session, id, last_event } = suspended;
        let progress = client.progress_token.clone().map(|token| Progress { token, last: None });
        let logs = Logs::wanted(client.log_level.as_deref(), client.revision.era());
        let outgoing = legacy::resumption(self, &session, &last_event);
        let wanted = Wanted { id, era: Era::Legacy, session: Some(session), asks, progress, logs };
        let deadlines = terms.deadlines;
        let mut watch = Watch::new(platform, deadlines.first_byte_ms, deadlines.end);
        // From here on nobody else goes on with it.
        let mut cancel = Cancel::armed(self, platform, &wanted);
        match send::events(platform, &mut watch, outgoing).await {
            Ok(body) => {
                let exchange = Exchange::new(self, platform, watch, wanted, cancel, None);
                Ok(exchange.streaming(body, deadlines.idle_ms).after(last_event))
            }
            Err(kind) => {
                cancel.end(kind);
                Err(kind)
            }
        }
    }
}
