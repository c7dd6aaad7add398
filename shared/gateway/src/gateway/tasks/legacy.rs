//! Tasks of 2025-11-25 between a client and an upstream of that revision: `task` in the parameters of a call, a task nested in
//! its result, `tasks/result` for what became of it. The client's own session at the upstream carries them.

use super::shown::{STATES_ENDED, own, state};
use super::{Stake, Task};
use crate::error::{Error, UpstreamFault};
use crate::gateway::admission;
use crate::gateway::behind::Ending;
use crate::gateway::forward::internal;
use crate::gateway::scene::{Asker, Scene};
use crate::gateway::view::View;
use crate::limits;
use crate::mcp::envelope::{Message, Notification, Outcome, Response};
use crate::mcp::json::{Edits, Json, Node, Raw};
use crate::mcp::method::Method;
use crate::mcp::revisions::{self, Revision, meta};
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::redact::{Clean, Held};
use crate::upstream::Sealed;

/// The session at an upstream that may carry tasks: there are some in 2025-11-25 alone.
pub(super) fn session(asker: &Asker, alias: &str) -> Option<Sealed> {
    const REVISION: Revision = Revision::V2025_11_25;
    let session = asker.session.as_ref().filter(|_| asker.revision == REVISION)?;
    session.at(alias).filter(|sealed| sealed.revision == REVISION)
}

/// The capabilities of a legacy client, raw JSON, without tasks of its own: what an upstream asks it is answered at once.
pub(crate) fn without_own(json: &Json<'_>, declared: Node) -> String {
    let mut edits = Edits::new();
    if json.get(declared, "tasks").is_some() {
        edits.remove(json, declared, "tasks");
    }
    edits.apply_within(json.text(), json.span(declared))
}

/// What a call with `task` is answered with; none for a result like any other.
pub(super) fn begun<'j>(json: &'j Json<'_>, result: Node) -> Option<Raw<'j>> {
    json.value(result).get("task").filter(|task| task.get("taskId").is_some())
}

/// A task, or what became of one, as the agent gets it.
pub(super) async fn shown<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    json: Held<'_>,
    response: Response,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    let Outcome::Result(result) = response.outcome else { return Err(internal("a task that is none")) };
    let malformed = || view.fault(UpstreamFault::Malformed);
    let named = |task: Raw<'_>| task.get("taskId").and_then(Raw::string).map(std::borrow::Cow::into_owned);
    let (task, told) = match &view.stake {
        Stake::None => return Err(malformed()),
        Stake::May(tool, place) => {
            let told = begun(&json, result).ok_or_else(malformed)?;
            let id = named(told).ok_or_else(malformed)?;
            (Task::begun(scene, &view.link, &id, tool, place.clone(), ttl(told))?, Some(told))
        }
        Stake::Of(task) if view.method == Method::ToolsCall => ((**task).clone(), None),
        Stake::Of(task) => {
            let told = json.value(result);
            if named(told).as_ref() != Some(&task.own) {
                return Err(malformed());
            }
            ((**task).clone(), Some(told))
        }
    };
    let state = told.and_then(state);
    if let Some(state) = state {
        trail.note("task", state);
    }
    if told.is_none() || state.is_some_and(|state| STATES_ENDED.contains(&state)) {
        drop(Ending::of(scene, scene.caller.tenant().tool(&task.tool)));
    }
    let own = nameless(&json, result, told)?;
    let message = Message::read(&own, own.root()).map_err(|_| internal("a task without its id"))?;
    let clean = view.clean(scene, Held::Owned(own), message, trail).await?;
    turned(view, scene, &clean, &task)
}

fn ttl(told: Raw<'_>) -> Option<u64> {
    told.get("ttl").and_then(Raw::integer).map(|ttl| u64::try_from(ttl).unwrap_or_default())
}

/// The answer without the task's id, which is protocol and not content.
fn nameless(json: &Json<'_>, result: Node, told: Option<Raw<'_>>) -> Result<Json<'static>, Error> {
    let mut edits = Edits::new();
    if let Some(told) = told {
        edits.remove_in(told, "taskId");
    }
    if let Some(meta) = json.value(result).get("_meta")
        && meta.get(meta::RELATED_TASK).is_some()
    {
        edits.remove_in(meta, meta::RELATED_TASK);
    }
    let text = edits.apply(json.text());
    Json::parse_owned(text.into_bytes(), &limits::RESPONSE).map_err(|_| internal("a task without its id"))
}

fn turned<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    clean: &Clean<'_>,
    task: &Task,
) -> Result<String, Error> {
    let (json, Message::Response(Response { id, outcome: Outcome::Result(result), .. })) =
        (clean.json(), clean.message())
    else {
        return Err(internal("a task that is none"));
    };
    let mut edits = Edits::new();
    if let Some(id) = id {
        edits.replace(json.span(*id), &view.id);
    }
    let whole = json.value(*result);
    let told = if matches!(view.stake, Stake::May(..)) { whole.get("task") } else { Some(whole) };
    if view.method == Method::ToolsCall && matches!(view.stake, Stake::Of(_)) {
        if let Some(ticket) = &view.ticket {
            admission::answered(scene, ticket, json, Outcome::Result(*result), Method::ToolsCall)
                .map_err(|kind| view.fault(kind))?;
        }
        let (viewer, catalog) = (view.viewer(scene), &scene.gateway.catalog);
        catalog.expose_result(&viewer, Method::ToolsCall, json, *result, &mut edits);
        let uri = |original: &str| catalog.expose_uri(&viewer, original);
        let own = own(&uri);
        revisions::convert_result(json, *result, view.method, view.from, view.to, &mut edits, &own);
        let related = format!(r#""{}":{{"taskId":"{}"}}"#, meta::RELATED_TASK, task.token);
        match json.get(*result, "_meta") {
            Some(node) => {
                edits.set(json, node, meta::RELATED_TASK, format!(r#"{{"taskId":"{}"}}"#, task.token))
            }
            None => edits.set(json, *result, "_meta", format!("{{{related}}}")),
        }
        return Ok(edits.apply(json.text()));
    }
    if let Some(ticket) = &view.ticket {
        admission::unfinished(scene, ticket, json, *result);
    }
    if let Some(told) = told {
        name(told, task, &mut edits);
    }
    Ok(edits.apply(json.text()))
}

/// Gives a task the id that the agent knows it by, and a life in which that is of use.
fn name(told: Raw<'_>, task: &Task, edits: &mut Edits) {
    edits.set_in(told, "taskId", format!("\"{}\"", task.token));
    if ttl(told).is_none_or(|ttl| ttl > task.life_ms) {
        edits.set_in(told, "ttl", task.life_ms.to_string());
    }
}

/// Whether a notification of a stream is for its client: it knows the task that the stream is about, and no other by that id.
pub(crate) fn hears(stake: &Stake, json: &Json<'_>, notification: &Notification) -> bool {
    if notification.method != Method::TasksStatus {
        return true;
    }
    let named = notification.params.and_then(|params| json.get(params, "taskId"));
    let named = named.and_then(|node| json.string(node));
    matches!(stake, Stake::Of(task) if named.as_deref() == Some(&task.own))
}

/// Names the task in what a legacy upstream says on the stream of a request about it: a notification or a question.
pub(crate) fn rename(stake: &Stake, method: Method, params: Raw<'_>, edits: &mut Edits) {
    if let (Method::TasksStatus, Stake::Of(task)) = (method, stake) {
        name(params, task, edits);
    }
    let Some(meta) = params.get("_meta") else { return };
    let Some(related) = meta.get(meta::RELATED_TASK) else { return };
    let named = related.get("taskId").and_then(Raw::string);
    match stake {
        Stake::Of(task) if named.as_deref() == Some(&task.own) => {
            edits.set_in(related, "taskId", format!("\"{}\"", task.token));
        }
        _ => edits.remove_in(meta, meta::RELATED_TASK),
    }
}

/// Names the task in what a legacy client answers to a question of it, as its upstream does.
pub(crate) fn restore<P: Platform>(
    scene: &Scene<P>,
    alias: &str,
    json: &Json<'_>,
    response: &Response,
    edits: &mut Edits,
) {
    let Outcome::Result(result) = response.outcome else { return };
    let Some(meta) = json.value(result).get("_meta") else { return };
    let Some(related) = meta.get(meta::RELATED_TASK) else { return };
    let task = related.get("taskId").and_then(Raw::string).and_then(|token| Task::open(scene, &token));
    match task.filter(|task| task.alias == alias) {
        Some(task) => {
            let mut own = String::new();
            crate::mcp::json::quote(&mut own, &task.own);
            edits.set_in(related, "taskId", own);
        }
        None => edits.remove_in(meta, meta::RELATED_TASK),
    }
}
