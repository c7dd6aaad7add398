//! What a bridged task asks and nobody has answered yet, sealed in the store: a server may tell a question once, and a client that
//! asks again is told of all that are open (extension for tasks, Task Polling). What the store has late, or has lost, is told as
//! the server tells it.

use super::Task;
use crate::gateway::asking::QUESTIONS;
use crate::gateway::scene::Scene;
use crate::gateway::state::{LIFE_MS, sealed};
use crate::limits;
use crate::mcp::json::{Edits, Json};
use crate::mcp::seal::Purpose;
use crate::platform::Platform;
use crate::within::within;
use sha2::{Digest as _, Sha256};

/// How long the store may take, in ms: without it the answer is late by that, and is one all the same.
const STORE_MS: u32 = 500;
/// Places in a store that deletes nothing by itself. Of two tasks in one of them the later is kept.
const PLACES: u16 = 1_024;

/// The first half of the SHA-256 of a task's id.
type Id = [u8; 16];

fn id(task: &Task) -> Id {
    let digest: [u8; 32] = Sha256::digest(task.token.as_bytes()).into();
    let mut id = Id::default();
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    id
}

/// Where they are kept: under a name of their own, or, where nothing is deleted, in one of a few places.
fn place<P: Platform>(id: &Id) -> String {
    if P::EXPIRES {
        return format!("asked/{:032x}", u128::from_be_bytes(*id));
    }
    let [first, second, ..] = *id;
    format!("asked/{}", u16::from_be_bytes([first, second]) % PLACES)
}

/// The open questions with those that were `asked` just now, raw JSON objects by their keys. As many as may be asked at once.
pub(super) async fn with<P: Platform>(scene: &Scene<P>, task: &Task, asked: String) -> String {
    match recall(scene, task).await {
        Some(known) => merged(&known, &asked).unwrap_or(asked),
        None => asked,
    }
}

/// Takes out what was answered.
pub(super) async fn answered<P: Platform>(scene: &Scene<P>, task: &Task, keys: &[String]) {
    let Some(known) = recall(scene, task).await.filter(|_| !keys.is_empty()) else { return };
    if let Some(left) = without(&known, keys).filter(|left| *left != known) {
        keep(scene, task, &left).await;
    }
}

/// Keeps what is open. What is too long is told once.
pub(super) async fn keep<P: Platform>(scene: &Scene<P>, task: &Task, questions: &str) {
    let id = id(task);
    let payload = [&id[..], questions.as_bytes()].concat();
    let Ok(token) = sealed(scene, Purpose::Asked, &task.alias, LIFE_MS, &payload) else { return };
    let ttl_s = u32::try_from(LIFE_MS / 1_000).unwrap_or(u32::MAX);
    let platform = &scene.platform;
    within(platform, STORE_MS, platform.remember(&place::<P>(&id), token.into_bytes(), ttl_s)).await;
}

async fn recall<P: Platform>(scene: &Scene<P>, task: &Task) -> Option<String> {
    let (id, platform) = (id(task), &scene.platform);
    let kept = within(platform, STORE_MS, platform.recall(&place::<P>(&id))).await??;
    let token = std::str::from_utf8(&kept).ok()?;
    let (tenant, principal) = (scene.caller.tenant(), scene.caller.principal());
    let (now_ms, sealer) = (platform.now_ms(), &scene.gateway.sealer);
    let opened = sealer.open(Purpose::Asked, &tenant.name, &tenant.path, principal, now_ms, token).ok()?;
    own(&opened.payload, &id)
}

/// The questions of the task with this id; those of another of the caller's may be in its place.
fn own(payload: &[u8], id: &Id) -> Option<String> {
    String::from_utf8(payload.strip_prefix(id)?.to_vec()).ok()
}

/// None if they are more than may be asked at once.
fn merged(known: &str, asked: &str) -> Option<String> {
    let json = Json::parse(known.as_bytes(), &limits::RESPONSE).ok()?;
    let newer = Json::parse(asked.as_bytes(), &limits::RESPONSE).ok()?;
    let mut edits = Edits::new();
    let mut count = json.members(json.root()).count();
    for (key, node) in newer.members(newer.root()) {
        count += usize::from(json.get(json.root(), &key).is_none());
        edits.set(&json, json.root(), &key, newer.raw(node));
    }
    (count <= QUESTIONS).then(|| edits.apply(known))
}

fn without(known: &str, keys: &[String]) -> Option<String> {
    let json = Json::parse(known.as_bytes(), &limits::RESPONSE).ok()?;
    let mut edits = Edits::new();
    for key in keys {
        edits.remove(&json, json.root(), key);
    }
    Some(edits.apply(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_may_be_taken() {
        let payload = [&[7; 16], &b"{}"[..]].concat();
        assert_eq!(own(&payload, &[7; 16]).as_deref(), Some("{}"));
        assert_eq!(own(&payload, &[8; 16]), None);
        assert_eq!(own(b"{}", &[7; 16]), None);
    }

    #[test]
    fn questions_are_added_and_taken_out() {
        for (known, asked, all) in [
            ("{}", r#"{"a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1}"#, "{}", r#"{"a":1}"#),
            (r#"{"a":1}"#, r#"{"b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1}"#, r#"{"a":2,"b":2}"#, r#"{"a":2,"b":2}"#),
        ] {
            assert_eq!(merged(known, asked).as_deref(), Some(all), "{known} {asked}");
        }
        let many: Vec<String> = (0..QUESTIONS).map(|n| format!(r#""k{n}":{n}"#)).collect();
        let many = format!("{{{}}}", many.join(","));
        assert!(merged(&many, r#"{"k0":7}"#).is_some());
        assert_eq!(merged(&many, r#"{"one more":1}"#), None);
        let keys = ["b".to_owned(), "x".to_owned()];
        assert_eq!(without(r#"{"a":1,"b":2}"#, &keys).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(without(r#"{"b":2}"#, &keys).as_deref(), Some("{}"));
    }
}
