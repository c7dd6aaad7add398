//! Event ids towards legacy clients (MCP 2025-11-25, Streamable HTTP, resumability): sealed tokens that say how far each
//! upstream was read. Nothing is stored: whoever comes back with one is taken on from there.

use crate::codec;
use crate::error::Refusal;
use crate::gateway::legacy::Session;
use crate::gateway::scene::Scene;
use crate::gateway::state::sealed;
use crate::limits;
use crate::mcp::seal::Purpose;
use crate::platform::Platform;
use serde::{Deserialize, Serialize};

/// Life of an event id in ms.
const EVENT_MS: u64 = 60 * 60 * 1000;

/// Where a stream was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Left {
    /// That of the session itself: the last event of each upstream that gives its events ids, by alias.
    Own(Vec<(String, String)>),
    /// That of a call, behind this event of its upstream.
    Call(Resumable, String),
}

/// A call whose stream can be taken up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resumable {
    pub alias: String,
    /// Its request id at the upstream, and the client's; raw JSON.
    pub upstream_id: String,
    pub id: String,
    pub method: String,
    /// What it names, as the client does.
    pub name: String,
}

/// The id of an event behind which the stream of `session` (its key) goes on as `left` says; none if that is too much for one.
pub(crate) fn seal<P: Platform>(scene: &Scene<P>, session: &str, left: &Left) -> Option<String> {
    let payload = codec::encode(&(session, left), limits::SEALED_BYTES).ok()?;
    sealed(scene, Purpose::Event, "", EVENT_MS, &payload).ok()
}

/// The same for as many upstreams as it has room for: of the others the client is told that it may have missed something.
pub(crate) fn seal_own<P: Platform>(
    scene: &Scene<P>,
    session: &str,
    mut events: Vec<(String, String)>,
) -> Option<String> {
    loop {
        let token = seal(scene, session, &Left::Own(events.clone()));
        if token.is_some() || events.pop().is_none() {
            return token;
        }
    }
}

/// What the client's `Last-Event-ID` stands for.
///
/// # Errors
/// It is none of ours, of another session, or too old.
pub(crate) fn open<P: Platform>(scene: &Scene<P>, session: &Session, token: &str) -> Result<Left, Refusal> {
    let bad = || Refusal::InvalidRequest("Last-Event-ID is not of this session, or too old");
    let (tenant, principal) = (scene.caller.tenant(), scene.caller.principal());
    let now_ms = scene.platform.now_ms();
    let opened = scene
        .gateway
        .sealer
        .open(Purpose::Event, &tenant.name, &tenant.path, principal, now_ms, token)
        .map_err(|_| bad())?;
    let (key, left): (String, Left) =
        codec::decode(&opened.payload, limits::SEALED_BYTES).map_err(|_| bad())?;
    if key == session.key { Ok(left) } else { Err(bad()) }
}
