//! What an upstream said of itself, in the store: an isolate or instance that has just begun need not ask again.

use super::About;
use super::link::Link;
use crate::codec;
use crate::limits;
use crate::mcp::{Json, Kind, Revision};
use crate::platform::Platform;
use crate::within::within;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Reading the store must not cost more than asking the upstream would.
const RECALL_MS: u32 = 500;
/// Longest stored value, in bytes: capabilities and instructions come in one answer.
const STORED_BYTES: usize = limits::RESPONSE_BYTES;

/// An [`About`] with the time, in Unix ms, at which it was told.
#[derive(Serialize, Deserialize)]
struct Told {
    at_ms: u64,
    revision: String,
    session_bound: bool,
    capabilities: String,
    instructions: Option<String>,
}

/// Keeps `about` for `ttl_ms`, behind the request: nobody waits for a write.
pub(super) fn keep<P: Platform>(link: &Link, platform: &P, about: &About, at_ms: u64, ttl_ms: u64) {
    let told = Told {
        at_ms,
        revision: about.revision.as_str().to_owned(),
        session_bound: about.session_bound,
        capabilities: about.capabilities.clone(),
        instructions: about.instructions.clone(),
    };
    let Ok(bytes) = codec::encode(&told, STORED_BYTES) else { return };
    let (here, key) = (platform.clone(), key(link));
    let ttl_s = u32::try_from(ttl_ms / 1_000).unwrap_or(u32::MAX);
    platform.defer(Box::pin(async move { here.remember(&key, bytes, ttl_s).await }));
}

/// What the store has, with the time at which it was told. What is no such value is a miss.
pub(super) async fn recall<P: Platform>(link: &Rc<Link>, platform: &P) -> Option<(About, u64)> {
    let key = key(link);
    let bytes = within(platform, RECALL_MS, platform.recall(&key)).await??;
    let told: Told = codec::decode(&bytes, STORED_BYTES).ok()?;
    let revision = Revision::parse(&told.revision)?;
    let capabilities = Json::parse(told.capabilities.as_bytes(), &limits::RESPONSE).ok()?;
    if capabilities.kind(capabilities.root()) != Kind::Object {
        return None;
    }
    let about = About {
        era: revision.era(),
        revision,
        session_bound: told.session_bound,
        capabilities: told.capabilities,
        instructions: told.instructions,
    };
    Some((about, told.at_ms.min(platform.now_ms())))
}

/// Keyed by the configuration's version too: a changed upstream starts anew.
fn key(link: &Link) -> String {
    let tenant = link.tenant();
    format!("about/{}/{}/{}", tenant.name, tenant.version, link.upstream().alias)
}
