//! The id of a task as the agent has it: a sealed token with the upstream's own inside. Nothing is stored, so any isolate finds
//! the task, and nobody but its principal does (extension for tasks, Security Considerations: auth binding).

use crate::codec;
use crate::error::{Error, Refusal, UpstreamFault};
use crate::gateway::forward::internal;
use crate::gateway::scene::Scene;
use crate::gateway::state::sealed;
use crate::limits;
use crate::mcp::envelope::Request;
use crate::mcp::json::Json;
use crate::mcp::revisions::Revision;
use crate::mcp::seal::Purpose;
use crate::platform::Platform;
use crate::stage::authorize;
use crate::upstream::{Link, Sealed};
use serde::{Deserialize, Serialize};

/// Where a task is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// At a modern upstream.
    Modern,
    /// In the session that a client of 2025-11-25 has of its own.
    Own,
    /// In the session of 2025-11-25 with this id, which the gateway opened for a modern client.
    Bridged(String),
}

/// A task of this caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// Alias of its upstream.
    pub alias: String,
    /// Its id at that upstream.
    pub own: String,
    /// The exposed name of the tool that was called: what is permitted, inspected and charged follows from it.
    pub tool: String,
    pub place: Place,
    /// The id as the agent has it.
    pub token: String,
    /// How long the agent can name it, from its beginning, in ms.
    pub life_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    own: String,
    tool: String,
    place: Place,
}

impl Task {
    /// One that `link` has begun. `ttl_ms`: how long it keeps the task; none for as long as it likes.
    ///
    /// # Errors
    /// The upstream's id is too long.
    pub fn begun<P: Platform>(
        scene: &Scene<P>,
        link: &Link,
        own: &str,
        tool: &str,
        place: Place,
        ttl_ms: Option<u64>,
    ) -> Result<Self, Error> {
        if own.is_empty() || own.len() > limits::TASK_ID_BYTES {
            return Err(link.fault(UpstreamFault::TooLarge).into());
        }
        let longest = Purpose::Task.max_life_ms();
        let life_ms = ttl_ms.unwrap_or(longest).min(longest);
        let payload = Payload { own: own.to_owned(), tool: tool.to_owned(), place };
        let bytes =
            codec::encode(&payload, limits::SEALED_BYTES).map_err(|_| internal("a task does not encode"))?;
        let alias = link.upstream().alias.clone();
        let token = sealed(scene, Purpose::Task, &alias, life_ms, &bytes)?;
        let Payload { own, tool, place } = payload;
        Ok(Self { alias, own, tool, place, token, life_ms })
    }

    /// The one that a request names by `params.taskId`. None for an id that is not ours, not this caller's, or expired.
    pub fn named<P: Platform>(scene: &Scene<P>, json: &Json<'_>, request: &Request) -> Option<Self> {
        let token = json.string(json.get(request.params?, "taskId")?)?;
        Self::open(scene, &token)
    }

    /// The one with this id; likewise.
    pub fn open<P: Platform>(scene: &Scene<P>, token: &str) -> Option<Self> {
        let (tenant, principal) = (scene.caller.tenant(), scene.caller.principal());
        let (now_ms, sealer) = (scene.platform.now_ms(), &scene.gateway.sealer);
        let opened = sealer.open(Purpose::Task, &tenant.name, &tenant.path, principal, now_ms, token).ok()?;
        let Payload { own, tool, place } = codec::decode(&opened.payload, limits::SEALED_BYTES).ok()?;
        let life_ms = opened.expires_ms.saturating_sub(opened.issued_ms);
        Some(Self { alias: opened.alias, own, tool, place, token: token.to_owned(), life_ms })
    }

    /// The session of a legacy upstream that the gateway asks about it in.
    pub fn session(&self) -> Option<Sealed> {
        let Place::Bridged(id) = &self.place else { return None };
        Some(Sealed { id: id.clone(), revision: Revision::V2025_11_25 })
    }

    /// The same for who may still use its tool: a task outlives neither the permission nor the upstream.
    ///
    /// # Errors
    /// [`Refusal::UnknownTask`].
    pub fn permitted<P: Platform>(self, scene: &Scene<P>) -> Result<Self, Refusal> {
        let allowed = authorize::allows(scene.caller.agent(), &self.alias, &self.tool);
        if allowed { Ok(self) } else { Err(Refusal::UnknownTask) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids live longer than a deployment.
    #[test]
    fn ids_that_were_sealed_before_there_were_bridged_ones_still_open() {
        for (legacy, place) in [(false, Place::Modern), (true, Place::Own)] {
            let earlier = codec::encode(&("t", "a__slow", legacy), limits::SEALED_BYTES).unwrap();
            let Payload { own, tool, place: read } = codec::decode(&earlier, limits::SEALED_BYTES).unwrap();
            assert_eq!((own.as_str(), tool.as_str(), read), ("t", "a__slow", place));
        }
    }
}
