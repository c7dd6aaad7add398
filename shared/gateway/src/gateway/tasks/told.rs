//! `notifications/tasks` on streams that listen (extension for tasks, Task Status Notifications): the client names tasks by the
//! ids that it has, and hears of them what `tasks/get` would say.

use super::{Place, REQUIRED, Stake, Task, declared, tool_of};
use crate::error::{Error, Refusal, UpstreamFault};
use crate::gateway::admission;
use crate::gateway::forward::internal;
use crate::gateway::scene::Scene;
use crate::gateway::view::View;
use crate::limits;
use crate::mcp::envelope::{Message, Outcome, Request, Response};
use crate::mcp::json::{Edits, Json, Node};
use crate::mcp::method::Method;
use crate::mcp::revisions::meta;
use crate::platform::Platform;
use crate::stage::admit::Ticket;
use crate::stage::audit::Trail;
use crate::stage::redact::{Held, Plan};
use std::rc::Rc;

/// The tasks that a listen request names (`ids`, its `params.notifications.taskIds`), each with its own id at its upstream. What is
/// no task of this caller's is left out, without a word of why: it is not among those that are acknowledged.
///
/// # Errors
/// [`Refusal::MissingCapability`] for a client that names some and did not declare the extension.
pub(crate) async fn wanted<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    ids: Option<&[String]>,
) -> Result<Vec<Task>, Refusal> {
    let Some(ids) = ids else { return Ok(Vec::new()) };
    if !declared(json, request) {
        return Err(Refusal::MissingCapability(REQUIRED.to_owned()));
    }
    let mut tasks = Vec::new();
    for id in ids {
        let Some(task) = still(scene, id) else { continue };
        // A tool that is not listed any more has no tasks. Of what a legacy upstream does with one nobody is told.
        if task.place == Place::Modern && tool_of(scene, &task).await.is_ok() {
            tasks.push(task);
        }
    }
    Ok(tasks)
}

/// The task with this id, if it is still this caller's.
fn still<P: Platform>(scene: &Scene<P>, id: &str) -> Option<Task> {
    Task::open(scene, id)?.permitted(scene).ok()
}

/// What a task that is told of goes through.
pub(crate) struct Due<P: Platform> {
    pub task: Task,
    /// What is inspected of it: as of a call of its tool.
    pub plan: Option<Rc<Plan>>,
    /// What it was charged.
    pub ticket: Rc<Ticket<P>>,
}

/// Looks at a task anew, since a stream may outlive it, and charges what is told of it as a request for it.
///
/// # Errors
/// [`Refusal::UnknownTask`] for one that is not this caller's any more; the limits leave no room.
pub(crate) async fn due<P: Platform>(scene: &Scene<P>, id: &str) -> Result<Due<P>, Error> {
    let task = still(scene, id).ok_or(Refusal::UnknownTask)?;
    let (target, route) = tool_of(scene, &task).await?;
    let plan = target.inspects(scene, &route, target.settings(scene).map(Rc::as_ref))?;
    let ticket = admission::admit_told(scene, route.link.upstream(), &task.tool).await?;
    Ok(Due { task, plan, ticket: Rc::new(ticket) })
}

/// The notification as the agent gets it. `params` are the upstream's. `view` is of its task (`Stake::Of`), with the method of the
/// notification, the plan of its tool, what the client declared when it began to listen, and the id of that subscription.
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
    let told = shown(view, scene, json, params, trail).await;
    if let (Err(error), Some(ticket)) = (&told, &view.ticket) {
        admission::failed(scene, ticket, error);
    }
    told
}

async fn shown<P: Platform>(
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
    let mut edits = Edits::new();
    // Of an answer, and of no notification.
    edits.remove(&shown, result, "resultType");
    match shown.get(result, "_meta") {
        Some(node) => {
            edits.remove(&shown, node, meta::SERVER_INFO);
            edits.set(&shown, node, meta::SUBSCRIPTION_ID, &view.id);
        }
        None => {
            edits.set(&shown, result, "_meta", format!(r#"{{"{}":{}}}"#, meta::SUBSCRIPTION_ID, view.id));
        }
    }
    let params = edits.apply_within(shown.text(), shown.span(result));
    Ok(format!(r#"{{"jsonrpc":"2.0","method":"{}","params":{params}}}"#, Method::TasksNotification.name()))
}
