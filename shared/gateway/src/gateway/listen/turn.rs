//! From what an upstream tells to what its listener hears.

use super::feed::{Feed, State};
use super::record::Record;
use crate::catalog::{Catalog, ListKind};
use crate::gateway::scene::Scene;
use crate::mcp::envelope::{Message, Notification};
use crate::mcp::json::{Edits, Json, quote};
use crate::mcp::method::Method;
use crate::mcp::revisions::meta;
use crate::platform::Platform;
use crate::stage::redact::{Clean, Held};
use crate::upstream::Wish;

/// The kinds of lists that are listened for one by one.
const LISTS: [Method; 3] =
    [Method::ToolsListChanged, Method::PromptsListChanged, Method::ResourcesListChanged];

/// Whether a list that changes is listened for.
const fn wants(wish: &Wish, method: Method) -> bool {
    match method {
        Method::ToolsListChanged => wish.tools,
        Method::PromptsListChanged => wish.prompts,
        Method::ResourcesListChanged => wish.resources,
        _ => false,
    }
}

/// Whether an update of `uri` is one of what was subscribed to: the resource itself, or a part of it (MCP,
/// ResourceUpdatedNotification: a sub-resource).
fn is_part(subscribed: &str, uri: &str) -> bool {
    uri.strip_prefix(subscribed)
        .is_some_and(|rest| rest.is_empty() || subscribed.ends_with('/') || rest.starts_with(['/', '?', '#']))
}

/// A notification as the client hears it; none if it is not for it.
pub(super) async fn turn<P: Platform>(
    scene: &Scene<P>,
    feed: &Feed<P>,
    json: Json<'static>,
    notification: Notification,
    record: &mut Record<P>,
) -> Option<String> {
    let State::Open(honours) = &feed.state else { return None };
    let method = notification.method;
    let mut known = None;
    if method == Method::ResourcesUpdated {
        let uri = json.string(json.get(notification.params?, "uri")?)?;
        let subscribed = |original: &str| honours.uris.iter().any(|known| known == original);
        let uris = || feed.share.uris.iter().filter(|(original, _)| subscribed(original));
        if !uris().any(|(original, _)| is_part(original, &uri))
            || !Catalog::may_read(&feed.view.viewer(scene))
        {
            return None;
        }
        known = uris().find(|(original, _)| *original == uri).map(|(_, shown)| shown.clone());
    } else if !changed(scene, feed, method, wants(honours, method)).await {
        return None;
    }
    let message = Message::Notification(notification);
    // What may not pass is nothing that anybody waits for; the record counts it.
    let clean = feed.view.clean(scene, Held::Owned(json), message, &mut record.trail).await.ok()?;
    Some(tagged(scene, feed, &clean, known.as_deref()))
}

/// Takes note of a list that has changed, whoever listens. Whether the client is to hear of it.
async fn changed<P: Platform>(scene: &Scene<P>, feed: &Feed<P>, method: Method, wanted: bool) -> bool {
    let Scene { gateway, platform, caller } = scene;
    let (kinds, link) = (ListKind::changed_by(method), &feed.share.link);
    let Some(kind) = kinds.first() else { return false };
    let concerns = wanted && gateway.catalog.concerns(platform, link, caller, *kind).await;
    gateway.catalog.changed(platform, link, kinds);
    concerns
}

/// What may have been missed while an upstream's stream was down: nobody can tell, so all that was listened for may have
/// changed.
pub(super) async fn missed<P: Platform>(scene: &Scene<P>, feed: &Feed<P>) -> Vec<String> {
    let State::Open(honours) = &feed.state else { return Vec::new() };
    let mut notices = Vec::new();
    for method in LISTS {
        if changed(scene, feed, method, wants(honours, method)).await {
            notices.push(notice(method, "", &feed.view.id));
        }
    }
    for (_, shown) in feed.share.uris.iter().filter(|(original, _)| honours.uris.contains(original)) {
        let mut uri = String::from(r#""uri":"#);
        quote(&mut uri, shown);
        uri.push(',');
        notices.push(notice(Method::ResourcesUpdated, &uri, &feed.view.id));
    }
    notices
}

/// A notification of our own. `members`: of its parameters, raw JSON, each with a comma behind it.
pub(super) fn notice(method: Method, members: &str, id: &str) -> String {
    let (name, key) = (method.name(), meta::SUBSCRIPTION_ID);
    format!(r#"{{"jsonrpc":"2.0","method":"{name}","params":{{{members}"_meta":{{"{key}":{id}}}}}}}"#)
}

/// The upstream's own words, with the client's names for things and the id of its subscription.
fn tagged<P: Platform>(scene: &Scene<P>, feed: &Feed<P>, clean: &Clean<'_>, known: Option<&str>) -> String {
    let (json, Message::Notification(notification)) = (clean.json(), clean.message()) else {
        return String::new();
    };
    let (mut edits, id, key) = (Edits::new(), &feed.view.id, meta::SUBSCRIPTION_ID);
    match (notification.params, notification.meta) {
        (None, _) => {
            edits.set(json, notification.node, "params", format!(r#"{{"_meta":{{"{key}":{id}}}}}"#));
        }
        (Some(params), None) => edits.set(json, params, "_meta", format!(r#"{{"{key}":{id}}}"#)),
        (_, Some(meta)) => edits.set(json, meta, key, id),
    }
    if let (Some(params), Method::ResourcesUpdated) = (notification.params, notification.method) {
        match known {
            // As it was acknowledged.
            Some(shown) => edits.set_string(json, params, "uri", shown),
            None => {
                let viewer = feed.view.viewer(scene);
                scene.gateway.catalog.expose_named(&viewer, json.value(params), &mut edits);
            }
        }
    }
    edits.apply(json.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_resource() {
        for (subscribed, uri) in [
            ("file:///a", "file:///a"),
            ("file:///a", "file:///a/b"),
            ("file:///a/", "file:///a/b"),
            ("db://t", "db://t?row=1"),
            ("db://t", "db://t#1"),
        ] {
            assert!(is_part(subscribed, uri), "{subscribed} {uri}");
        }
        for (subscribed, uri) in [
            ("file:///a", "file:///ab"),
            ("file:///a/b", "file:///a"),
            ("file:///a", "FILE:///a"),
            ("", "file:///a"),
        ] {
            assert!(!is_part(subscribed, uri), "{subscribed} {uri}");
        }
    }
}
