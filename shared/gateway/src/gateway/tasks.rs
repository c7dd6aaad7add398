//! Tasks: calls of tools that are answered before they are done (extension `io.modelcontextprotocol/tasks` of MCP 2026-07-28;
//! MCP 2025-11-25, Tasks). Both sides are of one era, or the client is of the newer one.
//! The client asks for what became of them, answers what they ask, and calls them off; each such request goes through all
//! that the call went through.

mod bridged;
mod flat;
mod legacy;
mod shown;
mod task;
mod told;
mod waiting;

#[cfg(test)]
mod tests;

use bridged::Visit;
pub(crate) use flat::wish;
pub(crate) use legacy::{hears, rename, restore, without_own};
pub(crate) use task::{Place, Task};
pub(crate) use told::{Due, due, told, wanted};

use super::admission::{self, Admitted};
use super::asks;
use super::behind::Ending;
use super::consent::Replies;
use super::forward::{self, Asked, client_side, internal};
use super::inspection::{self, Of};
use super::relay;
use super::scene::{Flow, Scene};
use super::state::Scope;
use super::target::Target;
use super::view::View;
use crate::catalog::Route;
use crate::error::{Error, Refusal};
use crate::limits;
use crate::mcp::envelope::{Message, Request};
use crate::mcp::json::{Edits, Json};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, declares_tasks, meta};
use crate::platform::Platform;
use crate::stage::admit::Ticket;
use crate::stage::audit::Trail;
use crate::stage::redact::{Outbound, Plan};
use crate::tenant::Way;
use crate::upstream::{Ask, ClientSide, Session};
use std::rc::Rc;

/// What a request has to do with tasks.
pub(crate) enum Stake {
    /// Nothing: an answer that is a task is a mistake of its upstream.
    None,
    /// It may be answered with a task of the tool with this exposed name, which is asked about there.
    May(String, Place),
    /// It is about this one.
    Of(Box<Task>),
}

/// The client declares no extension for tasks.
const REQUIRED: &str = r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;

/// Whether a modern client declared with this request that it knows tasks.
fn declared(json: &Json<'_>, request: &Request) -> bool {
    let declared = request.meta.and_then(|node| json.get(node, meta::CLIENT_CAPABILITIES));
    declared.is_some_and(|declared| declares_tasks(json.value(declared)))
}

/// Adds the extension to capabilities, raw JSON object.
fn with_tasks(capabilities: &str) -> Result<String, Error> {
    let unreadable = |_| internal("capabilities that cannot be read");
    let json = Json::parse(capabilities.as_bytes(), &limits::REQUEST).map_err(unreadable)?;
    let mut edits = Edits::new();
    match json.get(json.root(), "extensions") {
        Some(extensions) => edits.set(&json, extensions, meta::TASKS, "{}"),
        None => {
            edits.set(&json, json.root(), "extensions", format!(r#"{{"{}":{{}}}}"#, meta::TASKS));
        }
    }
    Ok(edits.apply(capabilities))
}

/// Whether a call may be answered with a task: its client knows what to do with one, and its upstream is told so.
pub(crate) async fn offer<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    route: &Route,
    era: Era,
    client: &mut ClientSide,
) -> Result<bool, Error> {
    let Asked { json, request, asker, .. } = *asked;
    let link = &route.link;
    match (asker.revision.era(), era) {
        _ if request.method != Method::ToolsCall => return Ok(false),
        (Era::Modern, Era::Modern) if declared(json, request) => {}
        (Era::Legacy, Era::Legacy) => {
            let wants = request.params.is_some_and(|params| json.get(params, "task").is_some());
            return Ok(wants && legacy::session(asker, &link.upstream().alias).is_some());
        }
        (Era::Modern, Era::Legacy) => return Ok(bridged::offer(asked, route)?),
        _ => return Ok(false),
    }
    // What cannot be asked of itself has declared nothing.
    let Ok(about) = Box::pin(link.about(&scene.platform)).await else { return Ok(false) };
    let has = Json::parse(about.capabilities.as_bytes(), &limits::RESPONSE)
        .is_ok_and(|own| declares_tasks(own.value(own.root())));
    if has {
        client.capabilities = with_tasks(&client.capabilities)?;
    }
    Ok(has)
}

/// `tasks/get`, `tasks/update` and `tasks/cancel` of a modern client; `tasks/get`, `tasks/result` and `tasks/cancel` of one of
/// 2025-11-25.
///
/// # Errors
/// [`Refusal::UnknownTask`] for whatever is no task of this caller's, without a word of why.
pub(crate) async fn ask<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    mut admitted: Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let found = find(scene, asked, &mut admitted, trail).await;
    admitted.note(trail);
    let ticket = Rc::new(admitted.ticket);
    let outcome = match found {
        Ok((task, target, route)) => send(scene, asked, task, &target, &route, &ticket, trail).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        admission::failed(scene, &ticket, error);
    }
    outcome
}

/// The task and its tool, with all that is charged for going there.
async fn find<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    admitted: &mut Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<(Task, Target, Route), Error> {
    let Asked { json, request, asker, .. } = *asked;
    let is_legacy = asker.revision.era() == Era::Legacy;
    // Before anything is said of the id (extension for tasks, Protocol Errors).
    if !is_legacy && !declared(json, request) {
        return Err(Refusal::MissingCapability(REQUIRED.to_owned()).into());
    }
    let task = Task::named(scene, json, request).filter(|task| (task.place == Place::Own) == is_legacy);
    let task = task.ok_or(Refusal::UnknownTask)?.permitted(scene)?;
    let (target, route) = tool_of(scene, &task).await?;
    target.note(scene, true, trail);
    trail.note("upstream", &task.alias);
    trail.stage("route");
    admitted.routed(scene, &task.alias).await?;
    if let Some(answers) = request.params.and_then(|params| json.get(params, "inputResponses")) {
        asks::permit_answers(route.link.upstream(), json.value(answers))?;
    }
    Ok((task, target, route))
}

/// The tool of a task, and where it is. One that is not listed any more has no tasks.
async fn tool_of<P: Platform>(scene: &Scene<P>, task: &Task) -> Result<(Target, Route), Error> {
    let target = Target::tool(&task.tool);
    match target.route(scene).await {
        Ok(route) if route.link.upstream().alias == task.alias => Ok((target, route)),
        Ok(_) | Err(Error::Refusal(Refusal::UnknownTool(_))) => Err(Refusal::UnknownTask.into()),
        Err(error) => Err(error),
    }
}

/// Asks the upstream.
async fn send<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    task: Task,
    target: &Target,
    route: &Route,
    ticket: &Rc<Ticket<P>>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Asked { json, request, asker, .. } = *asked;
    let era = route.link.era(&scene.platform).await?;
    let session = match (&task.place, era) {
        (Place::Modern, Era::Modern) => Some(Session::Pooled),
        (Place::Own, Era::Legacy) => legacy::session(asker, &task.alias).map(Session::Sealed),
        (Place::Bridged(_), Era::Legacy) => task.session().map(Session::Sealed),
        _ => None,
    };
    let session = session.ok_or(Refusal::UnknownTask)?;
    let is_result = request.method == Method::TasksResult;
    let tool = target.settings(scene);
    let plan = target.plan(scene, route, tool.map(Rc::as_ref), trail)?;
    let own = nameless(json, request)?;
    let outbound = outbound(scene, &own, &task, plan.as_deref(), trail).await?;
    let (sent, sent_request) = (outbound.json(), outbound.request());
    let mut client = client_side(scene, sent, sent_request, asker, (era, route.link.upstream()));
    if era == Era::Modern {
        client.capabilities = with_tasks(&client.capabilities)?;
    }
    let mut view = View {
        plan,
        ticket: Some(Rc::clone(ticket)),
        // What has been called off or answered may have changed something; what is only looked at, when it has ended.
        ending: if request.method == Method::TasksGet { None } else { Ending::of(scene, tool) },
        stake: Stake::Of(Box::new(task.clone())),
        ..view(asked, target, route, era)
    };
    if let (Place::Bridged(_), Session::Sealed(session)) = (&task.place, &session) {
        view.declared = forward::declared(json, request);
        let visit = Visit { scene, route, task: &task, session, client: &client, view: &view };
        return visit.carry_out(&outbound, trail).await;
    }
    let mut edits = Edits::new();
    if let Some(params) = sent_request.params {
        edits.set_string(sent, params, "taskId", &task.own);
    }
    // What waits for the end may take as long as the call; all else is the upstream's business, not the tool's.
    let (of, original) = if is_result { (tool.map(Rc::as_ref), &*route.original) } else { (None, "") };
    let terms = &route.link.terms(&scene.platform, of, original);
    let (name, param_headers) = (Some(task.own.clone()), Vec::new());
    let ask = Ask { outbound: &outbound, edits, name, param_headers, client: &client, terms };
    let exchange = forward::open(scene, route, &session, ask).await?;
    trail.stage("upstream");
    view.listed = asker.session.as_ref().and_then(|own| {
        let (link, upstream_id) = (Rc::clone(&route.link), exchange.id().to_owned());
        scene.gateway.running.enter(&own.key, json.raw(request.id), link, session, upstream_id)
    });
    view.declared = client.capabilities;
    relay::start(scene, exchange, view, trail).await
}

/// What an answer about a task is turned with, as far as the request says it.
fn view<P: Platform>(asked: &Asked<'_>, target: &Target, route: &Route, era: Era) -> View<P> {
    let Asked { json, request, asker, .. } = *asked;
    View {
        id: json.raw(request.id).to_owned(),
        // What it is answered with is what the call would have been answered with.
        method: if request.method == Method::TasksResult { Method::ToolsCall } else { request.method },
        from: era,
        to: asker.revision,
        apps: asker.client(json, request).apps,
        declared: String::new(),
        replies: Replies::None,
        link: Rc::clone(&route.link),
        plan: None,
        state: Scope::of(json, request, target.name()),
        listed: None,
        ticket: None,
        slot: None,
        mark: None,
        dialogue: None,
        ready: None,
        ending: None,
        resumable: None,
        stake: Stake::None,
    }
}

/// The request without the id, which is a token of the gateway's own: neither detectors nor services are to see one.
fn nameless(json: &Json<'_>, request: &Request) -> Result<Json<'static>, Error> {
    let mut edits = Edits::new();
    if let Some(params) = request.params {
        edits.set_string(json, params, "taskId", "");
    }
    let text = edits.apply_within(json.text(), json.span(request.node));
    Json::parse_owned(text.into_bytes(), &limits::REQUEST).map_err(|_| internal("a request without its task"))
}

/// The request as it may leave: what it answers is inspected as arguments of the task's tool are.
async fn outbound<'a, P: Platform>(
    scene: &Scene<P>,
    own: &'a Json<'a>,
    task: &Task,
    plan: Option<&Plan>,
    trail: &mut Trail<P>,
) -> Result<Outbound<'a>, Error> {
    let Ok(Message::Request(request)) = Message::read(own, own.root()) else {
        return Err(internal("a request that is none"));
    };
    let sent = Outbound::of(plan, own, &request, trail.tally())?;
    let of = Of { what: &task.tool, server: &task.alias, way: Way::Request };
    let sent = Box::pin(inspection::outbound(scene, plan, &of, sent, trail)).await?;
    match plan {
        Some(plan) => sent.restored(plan, trail.tally()),
        None => Ok(sent),
    }
}
