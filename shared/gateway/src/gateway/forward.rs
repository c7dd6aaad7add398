//! The straight path of a call: authorize, route, upstream, relay.

use super::admission::{self, Admitted};
use super::asking::{self, Answers};
use super::asks;
use super::behind::Ending;
use super::cached::{Leaving, Looked, Missed};
use super::consent::Replies;
use super::dialogue::{self, Dialogue};
use super::errand::Errand;
use super::listen;
use super::patient;
use super::relay;
use super::scene::{Asker, Flow, Scene, result_message};
use super::shared;
use super::state::{self, Scope};
use super::target::{Kind, Target};
use super::tasks::{self, Stake};
use super::view::View;
use crate::arrival::Head;
use crate::catalog::Route;
use crate::error::{Error, Fault, Refusal, UpstreamFault};
use crate::mcp::envelope::Request;
use crate::mcp::headers;
use crate::mcp::json::{Edits, Json, Raw};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, Revision, meta};
use crate::platform::Platform;
use crate::stage::admit::Ticket;
use crate::stage::audit::Trail;
use crate::tenant::Upstream;
use crate::upstream::{Ask, ClientSide, Exchange, Link, Session};
use std::rc::Rc;

/// One request, and who asks.
pub(crate) struct Asked<'a> {
    pub head: &'a Head,
    pub json: &'a Json<'a>,
    pub request: &'a Request,
    pub asker: &'a Asker,
}

/// `tools/call`, `prompts/get`, `resources/read`, `completion/complete`.
pub(crate) async fn call<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    mut admitted: Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let outcome = find(scene, asked, &mut admitted, trail).await;
    admitted.note(trail);
    let ticket = Rc::new(admitted.ticket);
    let outcome = match outcome {
        Ok((target, route)) => carry_out(scene, asked, &target, route, &ticket, trail).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        admission::failed(scene, &ticket, error);
    }
    outcome
}

/// Where the call goes, with all that is charged for going there.
async fn find<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    admitted: &mut Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<(Target, Route), Error> {
    let Asked { json, request, .. } = asked;
    let target = Target::read(json, request, request.method)?;
    target.note(scene, admitted.weighed.known, trail);
    let route = target.route(scene).await?;
    let alias = &route.link.upstream().alias;
    trail.note("upstream", alias);
    trail.stage("route");
    admitted.routed(scene, alias).await?;
    Ok((target, route))
}

async fn carry_out<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    target: &Target,
    route: Route,
    ticket: &Rc<Ticket<P>>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Asked { head, json, request, asker } = *asked;
    if asker.revision.era() == Era::Modern && request.method == Method::ToolsCall {
        let sent = arguments(json, request);
        headers::check_params(&head.headers, annotations(&route), sent).map_err(Refusal::from)?;
    }
    let tool = target.settings(scene);
    let plan = target.plan(scene, &route, tool.map(Rc::as_ref), trail)?;
    let (outbound, uri) = target.outbound(scene, json, request, &route, plan.as_deref(), trail).await?;
    let (route, plan, outbound) = (&route, plan.as_ref(), &outbound);
    let leaving = Leaving { scene, asked, target, route, tool, plan, outbound, ticket };
    // After redaction: what the agent may see decides what it may be shown again.
    let missed = match leaving.look(trail).await? {
        Looked::Answered(flow) => return Ok(flow),
        Looked::Missed(missed) => missed,
    };
    let outcome = send(&leaving, uri, &missed, trail).await;
    missed.settle(&leaving, outcome, trail).await
}

/// Asks the upstream.
async fn send<P: Platform>(
    leaving: &Leaving<'_, P>,
    uri: Option<String>,
    missed: &Missed,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Leaving { scene, asked, target, route, tool, outbound, .. } = *leaving;
    let Asked { json, request, asker, .. } = *asked;
    let era = route.link.era(&scene.platform).await?;
    let upstream = route.link.upstream();
    let mut client = client_side(scene, outbound.json(), outbound.request(), asker, (era, upstream));
    let mut can_be_asked = false;
    if let (Some(session), Era::Modern, true) = (&asker.session, era, request.method.may_ask_back()) {
        let shown = dialogue::shown(scene, json, session.capabilities).await.cut(&upstream.asks);
        can_be_asked = !shown.asks_nothing();
        client.capabilities = shown.json();
    }
    let tasks = tasks::offer(scene, asked, route, era, &mut client).await?;
    let errand = Errand {
        scene,
        json,
        request,
        outbound,
        uri,
        asker,
        target,
        era,
        client,
        session: session_for(asker, &route.link.upstream().alias),
        dialogue: is_bridged_dialogue(json, request, asker, era),
        can_be_asked,
        plan: leaving.plan.cloned(),
        ticket: Rc::clone(leaving.ticket),
        slot: missed.slot.clone(),
        ending: Ending::of(scene, tool),
        tasks,
    };
    let tool = tool.map(Rc::as_ref);
    if errand.dialogue {
        let state = Scope::of(json, request, target.name());
        if let Some(asked) = state::asked(scene, json, request, &state, route)? {
            let terms = route.link.terms(&scene.platform, tool, &route.original);
            return Box::pin(asking::resume(&errand, route, &terms, state, asked, trail)).await;
        }
        // Before anything is sent.
        Answers::of(outbound)?;
    }
    if let Some(tool) = tool.filter(|tool| tool.idempotent || tool.coalesce) {
        return Box::pin(patient::call(&errand, tool, route.clone(), trail)).await;
    }
    let terms = route.link.terms(&scene.platform, tool, &route.original);
    let state = Scope::of(json, request, target.name());
    let mut exchange = match errand.open(route, &terms, &state).await {
        // The upstream's annotations may have changed since it was listed. Its complaint never reaches the
        // agent, whose own headers are right by the list that it was given.
        Err(error) if target.kind == Kind::Tool && about_headers(&error) => {
            let newer = Box::pin(target.tool_anew(scene)).await.ok_or(error)?;
            Box::pin(errand.open(&newer, &terms, &state)).await?
        }
        outcome => outcome?,
    };
    trail.stage("upstream");
    let mut view = errand.view(route, state, Some(&exchange));
    view.dialogue = Dialogue::of(&errand, route, &terms);
    // Before 2025-11-25 a client does not expect its stream to end early.
    if view.resumable.is_some() && asker.revision >= Revision::V2025_11_25 {
        exchange.hand_over();
    }
    relay::start(scene, exchange, view, trail).await
}

/// Whether a request of a modern client has answers to what a legacy upstream asks.
fn is_bridged_dialogue(json: &Json<'_>, request: &Request, asker: &Asker, upstream: Era) -> bool {
    let bridged = upstream == Era::Legacy && asker.revision.era() == Era::Modern;
    bridged && request.params.is_some_and(|params| shared::is_part_of_dialogue(json, params))
}

/// Whether the upstream complained of what the gateway wrote in the headers.
pub(crate) const fn about_headers(error: &Error) -> bool {
    matches!(error, Error::Fault(Fault::Upstream { kind: UpstreamFault::Revision, .. }))
}

/// The arguments of a request.
pub(crate) fn arguments<'j>(json: &'j Json<'_>, request: &Request) -> Option<Raw<'j>> {
    let arguments = request.params.and_then(|params| json.get(params, "arguments"));
    arguments.map(|node| json.value(node))
}

/// The arguments of the route's tool that are mirrored in headers.
pub(crate) fn annotations(route: &Route) -> &[headers::ParamHeader] {
    route.item.as_ref().map(|item| item.param_headers.as_slice()).unwrap_or_default()
}

/// `resources/subscribe` and `resources/unsubscribe` of a legacy client: relayed into its own session at the
/// upstream; updates ride on the stream of that session, which the client asks for by GET, and on those of its calls. At a
/// modern upstream it is remembered for the stream of the client's session ([`listen::change`]). A legacy
/// upstream without sessions has nowhere to send updates: the subscription to a resource that exists is accepted and stays
/// silent, and `resources.subscribe` is not advertised for it.
///
/// # Errors
/// [`Refusal::NotSupported`] for a subscription at an upstream that has sessions and none of this client's: it was out of reach at
/// `initialize`; and at a modern one that tells of no resources, or where there is no rendezvous.
pub(crate) async fn subscribe<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    asker: &Asker,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let target = Target::read(json, request, Method::ResourcesRead)?;
    target.note(scene, false, trail);
    let route = target.route(scene).await?;
    trail.note("upstream", &route.link.upstream().alias);
    let session = session_for(asker, &route.link.upstream().alias);
    let subscribes = request.method == Method::ResourcesSubscribe;
    let era = route.link.era(&scene.platform).await?;
    if session == Session::Pooled && (subscribes || era == Era::Modern) {
        may_hear(scene, &route.link, era).await?;
    }
    let plan = target.plan(scene, &route, None, trail)?;
    let (outbound, uri) = target.outbound(scene, json, request, &route, plan.as_deref(), trail).await?;
    if session == Session::Pooled {
        if let (Some(session), Era::Modern) = (&asker.session, era) {
            listen::change(scene, session, target.name(), subscribes).await?;
        }
        return Ok(Flow::Message(200, result_message(json.raw(request.id), "{}")));
    }
    let mut edits = Edits::new();
    let state = Scope::of(json, request, target.name());
    let (sent, sent_request) = (outbound.json(), outbound.request());
    target.rename(sent, sent_request, uri.as_deref().unwrap_or(&route.original), &mut edits);
    // No state was sealed for it.
    state::unseal(scene, sent, sent_request, &state, &route, &mut edits)?;
    let client = client_side(scene, sent, sent_request, asker, (Era::Legacy, route.link.upstream()));
    let terms = &route.link.terms(&scene.platform, None, "");
    let ask =
        Ask { outbound: &outbound, edits, name: None, param_headers: Vec::new(), client: &client, terms };
    let exchange = open(scene, &route, &session, ask).await?;
    let view = View {
        id: json.raw(request.id).to_owned(),
        method: request.method,
        from: Era::Legacy,
        to: asker.revision,
        apps: false,
        declared: String::new(),
        replies: Replies::None,
        link: route.link.clone(),
        plan,
        state,
        listed: None,
        ticket: None,
        slot: None,
        mark: None,
        dialogue: None,
        ready: None,
        ending: None,
        resumable: None,
        stake: Stake::None,
    };
    relay::start(scene, exchange, view, trail).await
}

/// Whether a client without a session of its own at this upstream is told of its resources, or of nothing that would ever be
/// told.
async fn may_hear<P: Platform>(scene: &Scene<P>, link: &Rc<Link>, era: Era) -> Result<(), Refusal> {
    let why = match era {
        Era::Modern if listen::is_told(scene, link).await => return Ok(()),
        Era::Modern => "subscriptions at an upstream that does not tell when its resources change",
        Era::Legacy if link.about(&scene.platform).await.is_ok_and(|about| about.session_bound) => {
            "subscriptions at an upstream that this session has no session at; initialize again"
        }
        Era::Legacy => return Ok(()),
    };
    Err(Refusal::NotSupported(why))
}

/// Sends the call. A session that the upstream has lost ends the client's own, so that it initializes anew.
pub(crate) async fn open<P: Platform>(
    scene: &Scene<P>,
    route: &Route,
    session: &Session,
    ask: Ask<'_>,
) -> Result<Exchange<P>, Error> {
    route.link.open(&scene.platform, session, ask).await.map_err(|fault| match (session, fault) {
        (Session::Sealed(_), Fault::Upstream { kind: UpstreamFault::Session, .. }) => {
            Refusal::UnknownSession.into()
        }
        (_, fault) => fault.into(),
    })
}

/// The caller's own session at this upstream, else one of the gateway's pool.
pub(crate) fn session_for(asker: &Asker, alias: &str) -> Session {
    let sealed = asker.session.as_ref().and_then(|session| session.at(alias));
    sealed.map_or(Session::Pooled, Session::Sealed)
}

/// The capabilities that a modern client declared with this request, raw JSON. Of its extensions only MCP Apps: what an
/// upstream would answer to another cannot be followed up through the gateway yet.
pub(crate) fn declared(json: &Json<'_>, request: &Request) -> String {
    let Some(declared) = request.meta.and_then(|node| json.get(node, meta::CLIENT_CAPABILITIES)) else {
        return "{}".to_owned();
    };
    if json.get(declared, "extensions").is_none() && json.value(declared).get("extensions").is_none() {
        return json.raw(declared).to_owned();
    }
    let apps = json.value(declared).get("extensions").and_then(|extensions| extensions.get(meta::APPS));
    let mut edits = Edits::new();
    match apps {
        Some(apps) => {
            edits.set(json, declared, "extensions", format!(r#"{{"{}":{}}}"#, meta::APPS, apps.text()));
        }
        None => edits.remove(json, declared, "extensions"),
    }
    edits.apply_within(json.text(), json.span(declared))
}

/// The capabilities that the upstream is shown: those that the client declared and the upstream may use, if its questions can
/// reach the client. A legacy upstream understands those of three.
pub(crate) fn shown(declared: String, revision: Revision, (era, upstream): (Era, &Upstream)) -> String {
    let declared = match (revision.era(), era) {
        (Era::Modern, Era::Legacy) if declared != "{}" => asking::legacy_capabilities(&declared),
        (own, era) if own == era => declared,
        _ => return "{}".to_owned(),
    };
    asks::shown(&upstream.asks, declared)
}

/// What the upstream may know of the client.
pub(crate) fn client_side<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    asker: &Asker,
    (era, upstream): (Era, &Upstream),
) -> ClientSide {
    let own = |key: &str| request.meta.and_then(|node| json.get(node, key));
    // Across the eras only what may answer with questions can bring them to the client.
    let asks = asker.revision.era() == era || request.method.may_ask_back();
    let capabilities =
        if asks { shown(declared(json, request), asker.revision, (era, upstream)) } else { "{}".to_owned() };
    ClientSide {
        revision: asker.revision,
        capabilities,
        log_level: own(meta::LOG_LEVEL).and_then(|node| json.string(node)).map(|level| level.into_owned()),
        progress_token: own("progressToken").map(|node| json.raw(node).to_owned()),
        principal: *scene.caller.principal(),
    }
}

/// A modern upstream that asks a legacy client, where there is no rendezvous or the client did not declare that it can be
/// asked.
pub(crate) fn across_eras() -> Error {
    Refusal::NotSupported(
        "an upstream that asks what this client cannot be asked; use a client of 2026-07-28",
    )
    .into()
}

/// A broken invariant.
pub(crate) fn internal(what: &'static str) -> Error {
    Fault::Internal(what).into()
}
