//! `notifications/tasks` on streams that listen (extension for tasks, Task Status Notifications): the client names tasks by the
//! ids that it has, and hears of them what `tasks/get` would say.

use super::{REQUIRED, Stake, Task, declared};
use crate::error::{Error, Refusal, UpstreamFault};
use crate::gateway::forward::internal;
use crate::gateway::scene::Scene;
use crate::gateway::view::View;
use crate::limits;
use crate::mcp::envelope::{Message, Outcome, Request, Response};
use crate::mcp::json::{Edits, Json, Node, Raw};
use crate::mcp::revisions::meta;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::redact::Held;

/// Tasks that one stream listens for: each is a name in a request to its upstream.
const MOST: usize = 64;

/// The tasks that a listen request names (`params.notifications.taskIds`), each with its own id at its upstream. What is no task
/// of this caller's is left out, without a word of why: it is not among those that are acknowledged.
///
/// # Errors
/// [`Refusal::MissingCapability`] for a client that names some and did not declare the extension.
pub(crate) fn wanted<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
) -> Result<Vec<Task>, Refusal> {
    let filter = request.params.and_then(|params| json.get(params, "notifications"));
    let Some(ids) = filter.and_then(|filter| json.value(filter).get("taskIds")) else {
        return Ok(Vec::new());
    };
    if !declared(json, request) {
        return Err(Refusal::MissingCapability(REQUIRED.to_owned()));
    }
    let tasks = ids.elements().take(MOST).filter_map(Raw::string);
    let tasks = tasks.filter_map(|id| Task::open(scene, &id)).filter(|task| !task.legacy);
    Ok(tasks.filter_map(|task| task.permitted(scene).ok()).collect())
}

/// The parameters of a notification as the agent gets them, raw JSON, but for what the stream adds (`subscriptionId`). `view` is of
/// its task (`Stake::Of`), with method `tasks/get`, the plan of its tool and what the client declared when it began to listen. Which
/// task it is of follows from `params.taskId`, the upstream's own id.
///
/// # Errors
/// As for the answer to `tasks/get`.
pub(crate) async fn told<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    json: &Json<'_>,
    params: Node,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    if !matches!(view.stake, Stake::Of(_)) {
        return Err(internal("a notification of no task"));
    }
    let malformed = || view.fault(UpstreamFault::Malformed);
    let answer = format!(r#"{{"jsonrpc":"2.0","id":0,"result":{}}}"#, json.raw(params));
    let own = Json::parse_owned(answer.into_bytes(), &limits::RESPONSE).map_err(|_| malformed())?;
    let message = Message::read(&own, own.root()).map_err(|_| malformed())?;
    let Message::Response(response) = message else { return Err(malformed()) };
    let text = view.said(scene, Held::Owned(own), response, None, trail).await?;
    let shown =
        Json::parse(text.as_bytes(), &limits::RESPONSE).map_err(|_| internal("a task that was shown"))?;
    let Ok(Message::Response(Response { outcome: Outcome::Result(result), .. })) =
        Message::read(&shown, shown.root())
    else {
        return Err(internal("a task that was shown"));
    };
    // Of an answer, and of no notification.
    let mut edits = Edits::new();
    edits.remove(&shown, result, "resultType");
    if let Some(node) = shown.get(result, "_meta") {
        edits.remove(&shown, node, meta::SERVER_INFO);
    }
    Ok(edits.apply_within(shown.text(), shown.span(result)))
}
