//! A task as an upstream tells of it, as the agent gets it. What is inside is what a call of its tool would have been answered
//! with, and is treated as that: its result, its error, its questions, each as a message of its own.

use super::{Place, Stake, Task, bridged, legacy};
use crate::error::{Error, UpstreamFault};
use crate::gateway::SERVER_INFO;
use crate::gateway::admission;
use crate::gateway::asks;
use crate::gateway::behind::Ending;
use crate::gateway::forward::internal;
use crate::gateway::scene::Scene;
use crate::gateway::view::View;
use crate::limits;
use crate::mcp::envelope::{Message, Outcome, Response};
use crate::mcp::json::{Edits, Json, Kind, Node, Raw, quote};
use crate::mcp::method::Method;
use crate::mcp::revisions::{self, Era, Own};
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::cache::Slot;
use crate::stage::redact::{Clean, Held};
use std::borrow::Cow;

/// Members of a task that are taken out before it is inspected: those that are messages by themselves, the id, which is
/// protocol and not content, and a state that no task has.
const APART: [&str; 5] = ["taskId", "requestState", "result", "error", "inputRequests"];
/// The states of a task.
const STATES: [&str; 5] = ["working", "input_required", "completed", "cancelled", "failed"];
/// Those that it does not leave any more.
pub(super) const STATES_ENDED: [&str; 3] = ["completed", "cancelled", "failed"];
/// Questions of one task at once.
const QUESTIONS: usize = 16;

impl<P: Platform> View<P> {
    /// The upstream's answer as the agent gets it, once it may see it; kept in `slot`.
    pub async fn said(
        &self,
        scene: &Scene<P>,
        json: Held<'_>,
        response: Response,
        slot: Option<&Slot>,
        trail: &mut Trail<P>,
    ) -> Result<String, Error> {
        if is_one(self, &json, &response) {
            return Box::pin(shown(self, scene, json, response, trail)).await;
        }
        let clean = self.clean(scene, json, Message::Response(response), trail).await?;
        let text = self.answer(scene, &clean)?;
        if let Some(slot) = slot {
            scene.gateway.cache.fill(&scene.platform, slot, &clean, self.from);
        }
        Ok(text)
    }
}

/// Whether an answer is a task, or is about one.
fn is_one<P: Platform>(view: &View<P>, json: &Json<'_>, response: &Response) -> bool {
    let Outcome::Result(result) = response.outcome else { return false };
    match (&view.stake, view.from) {
        (Stake::Of(_), _) => true,
        (_, Era::Modern) => result_type(json, result).as_deref() == Some("task"),
        // Also one that nobody asked for: its id is never told as the upstream has it.
        (_, Era::Legacy) => view.method == Method::ToolsCall && legacy::begun(json, result).is_some(),
    }
}

/// Whether the record is of one request. That of a stream is of all that is told on it.
fn is_request<P: Platform>(view: &View<P>) -> bool {
    view.method != Method::TasksNotification
}

fn result_type<'j>(json: &'j Json<'_>, result: Node) -> Option<Cow<'j, str>> {
    json.string(json.get(result, "resultType")?)
}

/// The answer as the agent gets it.
///
/// # Errors
/// The upstream answers a call with a task that may not have one, or with another task than it was asked about; or as for the
/// answer of a call.
async fn shown<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    json: Held<'_>,
    response: Response,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    if view.to.era() == Era::Legacy && view.from == Era::Legacy {
        return legacy::shown(view, scene, json, response, trail).await;
    }
    let (json, response) = match (&view.stake, view.from) {
        (Stake::May(..), Era::Legacy) => {
            let (json, response) = bridged::begun(view, &json, &response)?;
            (Held::Owned(json), response)
        }
        _ => (json, response),
    };
    let Outcome::Result(result) = response.outcome else { return Err(internal("a task that is none")) };
    let whole = json.value(result);
    let task = match &view.stake {
        // Nobody could ask for it (extension for tasks, Capability Negotiation).
        Stake::None => return Err(view.fault(UpstreamFault::Malformed)),
        Stake::May(tool, place) => begun(view, scene, whole, (tool, place.clone()))?,
        Stake::Of(task) => known(view, whole, task)?,
    };
    let state = state(whole);
    if let Some(state) = state.filter(|_| is_request(view)) {
        trail.note("task", state);
    }
    if state.is_some_and(|state| STATES_ENDED.contains(&state)) {
        // What its tool changes is changed by now.
        drop(Ending::of(scene, scene.caller.tenant().tool(&task.tool)));
    }
    let mut parts = Vec::new();
    for key in ["result", "error"] {
        if let Some(part) = whole.get(key) {
            parts.push((key, ended(view, scene, key, part, trail).await?));
        }
    }
    if let Some(questions) = whole.get("inputRequests") {
        parts.push(("inputRequests", asked(view, scene, questions, trail).await?));
    }
    if let Some(ticket) = &view.ticket {
        // Unless its result has said more.
        admission::unfinished(scene, ticket, &json, result);
    }
    let rest = without(&json, result)?;
    let message = Message::read(&rest, rest.root()).map_err(|_| internal("a task without its parts"))?;
    let clean = view.clean(scene, Held::Owned(rest), message, trail).await?;
    put_together(view, scene, &clean, &task, whole, &parts)
}

/// Its state, if that is one.
pub(super) fn state(told: Raw<'_>) -> Option<&'static str> {
    let state = told.get("status").and_then(Raw::string);
    STATES.into_iter().find(|known| Some(*known) == state.as_deref())
}

/// A task that the call has become.
fn begun<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    whole: Raw<'_>,
    (tool, place): (&str, Place),
) -> Result<Task, Error> {
    let own = whole.get("taskId").and_then(Raw::string);
    let own = own.ok_or_else(|| view.fault(UpstreamFault::Malformed))?;
    let task = Task::begun(scene, &view.link, &own, tool, place, ttl_ms(whole))?;
    bridged::hold(scene, view, &task);
    Ok(task)
}

/// The task that was asked about, if it is that one which is told of.
fn known<P: Platform>(view: &View<P>, whole: Raw<'_>, task: &Task) -> Result<Task, Error> {
    let named = whole.get("taskId");
    if named.is_some_and(|named| named.string().as_deref() != Some(&task.own)) {
        return Err(view.fault(UpstreamFault::Malformed));
    }
    Ok(task.clone())
}

/// How long the upstream keeps a task, in ms; none if it does not say, or has no bound.
fn ttl_ms(whole: Raw<'_>) -> Option<u64> {
    whole.get("ttlMs").and_then(Raw::integer).map(|ttl| u64::try_from(ttl).unwrap_or_default())
}

/// The answer without what is looked at by itself.
fn without(json: &Json<'_>, result: Node) -> Result<Json<'static>, Error> {
    let mut edits = Edits::new();
    for key in APART.into_iter().filter(|key| json.get(result, key).is_some()) {
        edits.remove(json, result, key);
    }
    let text = edits.apply(json.text());
    Json::parse_owned(text.into_bytes(), &limits::RESPONSE).map_err(|_| internal("a task without its parts"))
}

/// A part of a task as a message of its own, as far as the agent may see it.
async fn inspected<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    member: &str,
    text: &str,
    trail: &mut Trail<P>,
) -> Result<Clean<'static>, Error> {
    let text = format!(r#"{{"jsonrpc":"2.0","id":0,"{member}":{text}}}"#);
    let malformed = || view.fault(UpstreamFault::Malformed);
    let json = Json::parse_owned(text.into_bytes(), &limits::RESPONSE).map_err(|_| malformed())?;
    let message = Message::read(&json, json.root()).map_err(|_| malformed())?;
    view.clean(scene, Held::Owned(json), message, trail).await
}

/// What a task came to, `result` or `error`: as the answer to the call would have been.
async fn ended<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    key: &'static str,
    part: Raw<'_>,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    let malformed = || view.fault(UpstreamFault::Malformed);
    if part.kind() != Kind::Object {
        return Err(malformed());
    }
    let clean = inspected(view, scene, key, part.text(), trail).await?;
    let (json, Message::Response(response)) = (clean.json(), clean.message()) else {
        return Err(malformed());
    };
    if let Some(ticket) = &view.ticket {
        admission::answered(scene, ticket, json, response.outcome, Method::ToolsCall)
            .map_err(|kind| view.fault(kind))?;
    }
    let (viewer, catalog) = (view.viewer(scene), &scene.gateway.catalog);
    let mut edits = Edits::new();
    let node = match response.outcome {
        Outcome::Result(result) => {
            let foreign =
                view.from == Era::Modern && result_type(json, result).is_some_and(|kind| kind != "complete");
            if foreign {
                return Err(malformed());
            }
            catalog.expose_result(&viewer, Method::ToolsCall, json, result, &mut edits);
            let uri = |original: &str| catalog.expose_uri(&viewer, original);
            revisions::convert_result(
                json,
                result,
                Method::ToolsCall,
                view.from,
                view.to,
                &mut edits,
                &own(&uri),
            );
            result
        }
        Outcome::Error(error) => {
            if let Some(data) = json.get(error, "data") {
                catalog.expose_named(&viewer, json.value(data), &mut edits);
            }
            error
        }
    };
    Ok(edits.apply_within(json.text(), json.span(node)))
}

pub(super) fn own<'a>(uri: &'a dyn Fn(&str) -> String) -> Own<'a> {
    Own { server_info: SERVER_INFO, lasting: false, cache: None, uri }
}

/// What a task asks, without the kinds that the client did not declare.
async fn asked<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    questions: Raw<'_>,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    let mut requests = String::from("{");
    let (mut count, mut cut) = (0_usize, None);
    for (key, question) in questions.members() {
        let method: Method =
            question.get("method").and_then(Raw::string).unwrap_or_default().parse().unwrap_or(Method::Other);
        let kind = asks::permit(view.link.upstream(), method, question.get("params"))?;
        if !view.declares(kind) {
            cut = cut.or(Some(kind));
            continue;
        }
        count += 1;
        if count > QUESTIONS {
            return Err(view.fault(UpstreamFault::TooLarge));
        }
        if requests.len() > 1 {
            requests.push(',');
        }
        quote(&mut requests, &key);
        requests.push(':');
        requests.push_str(question.text());
    }
    requests.push('}');
    if let Some(cut) = cut.filter(|_| count == 0) {
        // Else it would wait for what the client never hears of.
        return Err(view.cannot_ask(cut));
    }
    if is_request(view) {
        trail.count("asked", count as u64);
    }
    let asking = format!(r#"{{"resultType":"input_required","inputRequests":{requests}}}"#);
    let clean = inspected(view, scene, "result", &asking, trail).await?;
    let (json, Message::Response(Response { outcome: Outcome::Result(result), .. })) =
        (clean.json(), clean.message())
    else {
        return Err(internal("questions that are none"));
    };
    let mut edits = Edits::new();
    let viewer = view.viewer(scene);
    scene.gateway.catalog.expose_result(&viewer, Method::ToolsCall, json, *result, &mut edits);
    let node = json.get(*result, "inputRequests").ok_or_else(|| internal("questions that are none"))?;
    Ok(edits.apply_within(json.text(), json.span(node)))
}

/// The whole again, with the id that the agent knows the task by.
fn put_together<P: Platform>(
    view: &View<P>,
    scene: &Scene<P>,
    clean: &Clean<'_>,
    task: &Task,
    whole: Raw<'_>,
    parts: &[(&'static str, String)],
) -> Result<String, Error> {
    let (json, Message::Response(response)) = (clean.json(), clean.message()) else {
        return Err(internal("a task that is none"));
    };
    let Outcome::Result(result) = response.outcome else { return Err(internal("a task that is none")) };
    let mut edits = Edits::new();
    if let Some(id) = response.id {
        edits.replace(json.span(id), &view.id);
    }
    let (viewer, catalog) = (view.viewer(scene), &scene.gateway.catalog);
    catalog.expose_result(&viewer, view.method, json, result, &mut edits);
    let uri = |original: &str| catalog.expose_uri(&viewer, original);
    revisions::convert_result(json, result, view.method, Era::Modern, view.to, &mut edits, &own(&uri));
    if view.method != Method::ToolsCall {
        edits.set_string(json, result, "resultType", "complete");
    }
    // An acknowledgement names nothing.
    if whole.get("taskId").is_some() || view.method == Method::TasksGet {
        edits.set_string(json, result, "taskId", &task.token);
    }
    // Longer than it can be named, it is of no use.
    if let Some(ttl) = whole.get("ttlMs") {
        let ttl = ttl.integer().and_then(|ttl| u64::try_from(ttl).ok());
        if ttl.is_none_or(|ttl| ttl > task.life_ms) {
            edits.set(json, result, "ttlMs", task.life_ms.to_string());
        }
    }
    for (key, text) in parts {
        edits.set(json, result, key, text);
    }
    Ok(edits.apply(json.text()))
}
