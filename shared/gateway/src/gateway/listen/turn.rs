//! From what an upstream tells to what its listener hears.

use super::feed::{Feed, State};
use crate::catalog::{Catalog, ListKind};
use crate::gateway::scene::Scene;
use crate::gateway::tasks::{self, Due, Stake};
use crate::gateway::view::View;
use crate::mcp::envelope::{Message, Notification};
use crate::mcp::json::{Edits, Json, quote};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, meta};
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::redact::{Clean, Cleared, Held};
use crate::upstream::{FromUpstream, Link, Wish};
use std::rc::Rc;

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
    trail: &mut Trail<P>,
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
    } else if !heard(scene, &feed.share.link, method, wants(honours, method)).await {
        return None;
    }
    let message = Message::Notification(notification);
    // What may not pass is nothing that anybody waits for; the record counts it.
    let clean = feed.view.clean(scene, Held::Owned(json), message, trail).await.ok()?;
    Some(tagged(scene, feed, &clean, known.as_deref()))
}

/// What an upstream tells of a task, once for each id that the client listens for it by; nothing of any other task.
pub(super) async fn tasks<P: Platform>(
    scene: &Scene<P>,
    feed: &Feed<P>,
    json: &Json<'_>,
    notification: &Notification,
    trail: &mut Trail<P>,
) -> Vec<String> {
    let (State::Open(honours), Some(params)) = (&feed.state, notification.params) else {
        return Vec::new();
    };
    let own = json.get(params, "taskId").and_then(|node| json.string(node));
    let own = own.filter(|own| honours.tasks.iter().any(|known| known == own));
    let mut texts = Vec::new();
    for known in feed.share.tasks.iter().filter(|task| Some(task.own.as_str()) == own.as_deref()) {
        // What is not the client's any more, or may not pass, is not told; the record counts it.
        let Ok(Due { task, plan, ticket }) = tasks::due(scene, &known.token).await else { continue };
        let Feed { share, view, .. } = feed;
        let view = View {
            method: Method::TasksNotification,
            plan,
            ticket: Some(ticket),
            declared: view.declared.clone(),
            apps: view.apps,
            stake: Stake::Of(Box::new(task)),
            ..super::view(share, &view.id, view.to)
        };
        texts.extend(tasks::told(&view, scene, json, params, trail).await);
    }
    texts
}

/// A message on the stream of a client's own session, as the client gets it; none if it does not.
pub(super) async fn own<P: Platform>(
    scene: &Scene<P>,
    feed: &Feed<P>,
    message: FromUpstream,
    trail: &mut Trail<P>,
) -> Option<String> {
    let question = match &message {
        FromUpstream::Ask { json, request, session: Some(session) } => {
            Some((json.raw(request.id).to_owned(), session.clone()))
        }
        _ => None,
    };
    let turned = feed.view.turn(scene, Ok(Some(message)), trail).await?.ok();
    if let (None, Some((id, session))) = (&turned, question) {
        // It may not be shown, and no call ends with it: the upstream is not to wait.
        let refused = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"The client cannot be asked this"}}}}"#
        );
        let (link, platform) = (Rc::clone(&feed.share.link), scene.platform.clone());
        scene.platform.defer(Box::pin(async move {
            // A lost answer is the upstream's to time out.
            let _ = link.post(&platform, &session, Cleared::own(refused)).await;
        }));
    }
    turned
}

/// Takes note of a list that has changed, whoever listens. Whether the client is to hear of it, and of anything else that is
/// `wanted`.
pub(crate) async fn heard<P: Platform>(
    scene: &Scene<P>,
    link: &Rc<Link>,
    method: Method,
    wanted: bool,
) -> bool {
    let Some(kind) = ListKind::changed_by(method).first() else { return wanted };
    // On the heap: it is no part of most streams.
    Box::pin(changed(scene, link, method, *kind, wanted)).await
}

async fn changed<P: Platform>(
    scene: &Scene<P>,
    link: &Rc<Link>,
    method: Method,
    kind: ListKind,
    wanted: bool,
) -> bool {
    let Scene { gateway, platform, caller } = scene;
    let kinds = ListKind::changed_by(method);
    let concerns = wanted && gateway.catalog.concerns(platform, link, caller, kind).await;
    gateway.catalog.changed(platform, link, kinds);
    concerns
}

/// What may have been missed while an upstream's stream was down: nobody can tell, so all that was listened for may have
/// changed.
pub(super) async fn missed<P: Platform>(scene: &Scene<P>, feed: &Feed<P>) -> Vec<String> {
    let State::Open(honours) = &feed.state else { return Vec::new() };
    let mut notices = Vec::new();
    for method in LISTS {
        if heard(scene, &feed.share.link, method, wants(honours, method)).await {
            notices.push(notice(method, "", &feed.view));
        }
    }
    notices.extend(updated(feed, &[]));
    notices
}

/// Resources that are listened for, as if each had changed, without those that are `known` not to.
pub(super) fn updated<P: Platform>(feed: &Feed<P>, known: &[String]) -> Vec<String> {
    let State::Open(honours) = &feed.state else { return Vec::new() };
    let is_new = |original: &String| honours.uris.contains(original) && !known.contains(original);
    let uris = feed.share.uris.iter().filter(|(original, _)| is_new(original)).map(|(_, shown)| {
        let mut uri = String::from(r#""uri":"#);
        quote(&mut uri, shown);
        uri.push(',');
        notice(Method::ResourcesUpdated, &uri, &feed.view)
    });
    uris.collect()
}

/// A notification of our own. `members`: of its parameters, raw JSON, each with a comma behind it.
fn notice<P: Platform>(method: Method, members: &str, view: &View<P>) -> String {
    if view.to.era() == Era::Modern {
        return tagged_notice(method, members, &view.id);
    }
    let (name, members) = (method.name(), members.trim_end_matches(','));
    format!(r#"{{"jsonrpc":"2.0","method":"{name}","params":{{{members}}}}}"#)
}

/// The same for the subscription `id`, raw JSON.
pub(super) fn tagged_notice(method: Method, members: &str, id: &str) -> String {
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
        // The upstream's own means nothing to a client that has none.
        (_, Some(meta)) if feed.view.to.era() == Era::Legacy => edits.remove(json, meta, key),
        _ if feed.view.to.era() == Era::Legacy => {}
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
