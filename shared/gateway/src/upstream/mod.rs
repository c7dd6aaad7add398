//! The upstreams: MCP servers of both eras behind one door.
//!
//! A [`Link`] is what the gateway knows of one upstream. [`Link::open`] sends one request in the upstream's own
//! era and gives an [`Exchange`], from which the messages of the answer are read. Headers are built, never
//! copied: nothing of what an agent sent reaches an upstream but its JSON.

mod cancel;
mod era;
mod exchange;
mod fault;
pub(crate) mod flight;
pub(crate) mod guard;
mod legacy;
mod link;
mod listen;
mod modern;
mod pool;
mod send;
mod sessions;
mod stream;
mod suspend;
mod told;
mod wanted;
mod watch;

#[cfg(test)]
mod tests;

pub use exchange::{Exchange, FromUpstream};
pub use guard::{Deadlines, Terms};
pub use link::{Link, Links};
pub use listen::{Listener, Tuned, Wish};
pub use suspend::Suspended;

use crate::limits;
use crate::mcp::revisions::declares_legacy_tasks;
use crate::mcp::{Edits, Era, Json, Revision};
use crate::stage::redact::Outbound;

/// The principal of the gateway's own business with an upstream: probes, and lists that belong to nobody.
pub const GATEWAY: [u8; 32] = [0; 32];

/// What an upstream said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The era it is spoken to in.
    pub era: Era,
    /// The negotiated revision.
    pub revision: Revision,
    /// Whether it gives out session ids. Never for a modern upstream.
    pub session_bound: bool,
    /// Its ServerCapabilities, raw JSON object.
    pub capabilities: String,
    /// Its instructions for the model, as it wrote them: untrusted text of any length.
    pub instructions: Option<String>,
}

impl About {
    /// Whether it is a modern one that tells when a resource changes (`resources.subscribe`).
    #[must_use]
    pub fn tells_resources(&self) -> bool {
        let any = Wish { uris: vec![String::new()], ..Wish::default() };
        self.era == Era::Modern && !any.promised(&self.capabilities).is_empty()
    }

    /// Whether calls of its tools may be tasks of 2025-11-25: in a session, which a client of that revision has one of its own
    /// of.
    #[must_use]
    pub fn has_legacy_tasks(&self) -> bool {
        self.session_bound
            && self.revision == Revision::V2025_11_25
            && Json::parse(self.capabilities.as_bytes(), &limits::RESPONSE)
                .is_ok_and(|json| declares_legacy_tasks(json.value(json.root())))
    }
}

/// One request for an upstream: the client's message and how it is to be changed.
pub struct Ask<'a> {
    /// The message.
    pub outbound: &'a Outbound<'a>,
    /// The caller's edits (name, uri, cursor, `requestState`); id, progress token and the reserved `_meta` keys
    /// are edited here.
    pub edits: Edits,
    /// The upstream's name for what is asked for (`Mcp-Name`), if the method names anything.
    pub name: Option<String>,
    /// `Mcp-Param-*` headers with encoded values, from [`crate::mcp::headers::param_values`].
    pub param_headers: Vec<(String, String)>,
    /// Who asks.
    pub client: &'a ClientSide,
    /// By which rules it is sent, from [`Link::terms`].
    pub terms: &'a Terms,
}

/// What the upstream is told of the client, and what the client wants to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSide {
    /// The revision the client speaks.
    pub revision: Revision,
    /// The ClientCapabilities the upstream may rely on, raw JSON object.
    pub capabilities: String,
    /// The lowest log level it asked for. Without one, a modern client hears nothing and a legacy one all.
    pub log_level: Option<String>,
    /// Its progress token, raw JSON as it was sent.
    pub progress_token: Option<String>,
    /// Whose session is used at a session-bound upstream.
    pub principal: [u8; 32],
}

/// The session at a legacy upstream that a legacy client's own session stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The upstream's `Mcp-Session-Id`: 1 to 512 characters 0x21 to 0x7E.
    pub id: String,
    /// The revision negotiated in it.
    pub revision: Revision,
}

/// Where a request is sent, if the upstream turns out to be of the legacy era and session-bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Session {
    /// A session of (upstream, principal, capabilities) that this isolate keeps, opened when needed. Questions asked in it
    /// are answered by the client's next request, if it is of the modern era and declared that it can be asked. A lost one
    /// is opened anew, and the request sent again only if its method is safe.
    Pooled,
    /// The client's own. A lost one is [`crate::error::UpstreamFault::Session`].
    Sealed(Sealed),
}

/// What a legacy client said in `initialize`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The revision asked of the upstream.
    pub revision: Revision,
    /// ClientCapabilities, raw JSON object.
    pub capabilities: String,
    /// Implementation, raw JSON object.
    pub client_info: String,
}
