//! `requestState` of multi-round requests (MCP 2026-07-28, MRTR): the upstream's state travels to the agent
//! and back inside a sealed token bound to principal, endpoint, upstream, method, name and arguments.

use super::asks;
use super::forward::internal;
use super::scene::Scene;
use crate::catalog::Route;
use crate::codec;
use crate::error::{Error, Refusal};
use crate::limits;
use crate::mcp::envelope::Request;
use crate::mcp::json::{Edits, Json, Node};
use crate::mcp::seal::{Binding, Purpose};
use crate::platform::Platform;
use crate::tenant::AskKinds;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Life of a sealed state: long enough for a person to answer, short enough to be of no other use.
pub(crate) const LIFE_MS: u64 = 15 * 60 * 1000;

/// What a state is good for. Hashed only when there is a state to open or to seal.
pub(crate) struct Scope {
    method: &'static str,
    name: String,
    arguments: String,
}

impl Scope {
    /// That of a request for the exposed `name`.
    pub fn of(json: &Json<'_>, request: &Request, name: &str) -> Self {
        let arguments = request.params.and_then(|params| json.get(params, "arguments"));
        let arguments = arguments.map_or("", |node| json.raw(node)).to_owned();
        Self { method: request.method.name(), name: name.to_owned(), arguments }
    }

    /// The name, as the client has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Of an answer that has no state.
    pub const fn unused() -> Self {
        Self { method: "", name: String::new(), arguments: String::new() }
    }

    /// SHA-256 of method, name and arguments, each with its length in front.
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [self.method, &self.name, &self.arguments] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }
}

#[derive(Serialize, Deserialize)]
struct Payload {
    scope: [u8; 32],
    kept: Kept,
}

/// What a state stands for.
#[derive(Serialize, Deserialize)]
pub(crate) enum Kept {
    /// The modern upstream's own state, and the bits of what it asked.
    Upstream(String, u8),
    /// A call that waits at a legacy upstream.
    Asked(Asked),
}

/// What a legacy upstream asked in a call, and where the call waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// The session, and the revision negotiated in it.
    pub session: (String, String),
    /// The call's id at the upstream, raw JSON.
    pub id: String,
    /// The last event that was read of its answer.
    pub last_event: String,
    /// What is still to be answered.
    pub open: Vec<Open>,
    /// The questions as the client has them: raw JSON object by those keys. Empty if they are too long to be asked again.
    pub questions: String,
}

/// A question of a legacy upstream that nobody has answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open {
    /// Its name for the client.
    pub key: String,
    /// Its id at the upstream, raw JSON.
    pub id: String,
    /// The bits of its kind.
    pub kinds: u8,
}

/// Opens the request's `requestState`, if it has one, and puts the upstream's own in its place.
pub(crate) fn unseal<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    scope: &Scope,
    route: &Route,
    edits: &mut Edits,
) -> Result<(), Refusal> {
    let Some(params) = request.params else { return Ok(()) };
    if let Some(node) = json.get(params, "requestState") {
        // An upstream that was of the other era when it asked knows nothing of it.
        let upstream = route.link.upstream();
        let Kept::Upstream(own, kinds) = open(scene, json, node, &upstream.alias, scope)? else {
            return Err(Refusal::BadState);
        };
        asks::permit_kinds(upstream, AskKinds::from_bits(kinds))?;
        edits.set_string(json, params, "requestState", &own);
    }
    Ok(())
}

/// The call at a legacy upstream that the request goes on with, if it has a state.
pub(crate) fn asked<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    scope: &Scope,
    route: &Route,
) -> Result<Option<Asked>, Refusal> {
    let Some(node) = request.params.and_then(|params| json.get(params, "requestState")) else {
        return Ok(None);
    };
    match open(scene, json, node, &route.link.upstream().alias, scope)? {
        Kept::Asked(asked) => Ok(Some(asked)),
        Kept::Upstream(..) => Err(Refusal::BadState),
    }
}

fn open<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    node: Node,
    alias: &str,
    scope: &Scope,
) -> Result<Kept, Refusal> {
    let token = json.string(node).ok_or(Refusal::BadState)?;
    let tenant = scene.caller.tenant();
    let principal = scene.caller.principal();
    let opened = scene
        .gateway
        .sealer
        .open(Purpose::State, &tenant.name, &tenant.path, principal, scene.platform.now_ms(), &token)
        .map_err(|_| Refusal::BadState)?;
    let payload: Payload =
        codec::decode(&opened.payload, limits::SEALED_BYTES).map_err(|_| Refusal::BadState)?;
    if opened.alias == alias && payload.scope == scope.digest() {
        Ok(payload.kept)
    } else {
        Err(Refusal::BadState)
    }
}

/// Seals the `requestState` of an upstream's `input_required` result in place, with the kinds of what it asks.
pub(crate) fn seal<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    result: Node,
    (alias, kinds): (&str, AskKinds),
    scope: &Scope,
    edits: &mut Edits,
) -> Result<(), Error> {
    let Some(node) = json.get(result, "requestState") else { return Ok(()) };
    let upstream = json.string(node).ok_or_else(|| internal("requestState is no string"))?.into_owned();
    let token = token(scene, Kept::Upstream(upstream, kinds.bits()), alias, scope)?;
    edits.set_string(json, result, "requestState", &token);
    Ok(())
}

/// A state of this caller for the request of `scope`.
pub(crate) fn token<P: Platform>(
    scene: &Scene<P>,
    kept: Kept,
    alias: &str,
    scope: &Scope,
) -> Result<String, Error> {
    let payload = Payload { scope: scope.digest(), kept };
    let payload =
        codec::encode(&payload, limits::SEALED_BYTES).map_err(|_| internal("state does not encode"))?;
    sealed(scene, Purpose::State, alias, LIFE_MS, &payload)
}

/// An answer that another request of this caller left at a meeting: a JSON-RPC response. What is none is nothing.
pub(crate) fn open_answer<P: Platform>(scene: &Scene<P>, message: &[u8]) -> Option<String> {
    let (tenant, principal) = (scene.caller.tenant(), scene.caller.principal());
    let token = std::str::from_utf8(message).ok()?;
    let now_ms = scene.platform.now_ms();
    let opened = scene
        .gateway
        .sealer
        .open(Purpose::Answer, &tenant.name, &tenant.path, principal, now_ms, token)
        .ok()?;
    String::from_utf8(opened.payload).ok()
}

/// Seals a payload for this caller. The token's alphabet needs no escaping in JSON or in a header.
pub(crate) fn sealed<P: Platform>(
    scene: &Scene<P>,
    purpose: Purpose,
    alias: &str,
    life_ms: u64,
    payload: &[u8],
) -> Result<String, Error> {
    let tenant = scene.caller.tenant();
    let binding =
        Binding { tenant: &tenant.name, endpoint: &tenant.path, principal: *scene.caller.principal(), alias };
    let mut nonce = [0_u8; 24];
    scene.platform.fill(&mut nonce);
    scene
        .gateway
        .sealer
        .seal(purpose, &binding, scene.platform.now_ms(), life_ms, nonce, payload)
        .map_err(|_| internal("sealed token too large"))
}
