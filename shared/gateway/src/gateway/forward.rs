//! The straight path of a call: authorize, route, upstream, relay.

use super::admission::{self, Admitted};
use super::relay::{self, View};
use super::serve::{Asker, Flow, Scene, result_message};
use super::state::{self, Scope};
use crate::arrival::Head;
use crate::catalog::{Catalog, Route};
use crate::error::{Error, Fault, Refusal, UpstreamFault};
use crate::mcp::envelope::Request;
use crate::mcp::headers;
use crate::mcp::json::{Edits, Json, Node};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, meta};
use crate::platform::Platform;
use crate::stage::admit::Ticket;
use crate::stage::audit::Trail;
use crate::upstream::{Ask, ClientSide, Exchange, Session};
use std::rc::Rc;

/// One request, and who asks.
pub(crate) struct Errand<'a> {
    pub head: &'a Head,
    pub json: &'a Json<'a>,
    pub request: &'a Request,
    pub asker: &'a Asker,
}

/// `tools/call`, `prompts/get`, `resources/read`, `completion/complete`.
pub(crate) async fn call<P: Platform>(
    scene: &Scene<P>,
    errand: &Errand<'_>,
    mut admitted: Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let outcome = find(scene, errand, &mut admitted, trail).await;
    let ticket = Rc::new(admitted.ticket);
    let outcome = match outcome {
        Ok((target, route)) => carry_out(scene, errand, &target, route, &ticket, trail).await,
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
    errand: &Errand<'_>,
    admitted: &mut Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<(Target, Route), Error> {
    let Errand { json, request, .. } = errand;
    // A 2025-11-25 task would be created, and nothing could ask for it.
    if request.params.is_some_and(|params| json.get(params, "task").is_some()) {
        return Err(Refusal::NotSupported("tasks").into());
    }
    let target = Target::read(json, request, request.method)?;
    trail.note("name", &target.name);
    let route = target.route(scene).await?;
    let alias = &route.link.upstream().alias;
    trail.note("upstream", alias);
    trail.stage("route");
    admitted.routed(scene, alias).await?;
    Ok((target, route))
}

async fn carry_out<P: Platform>(
    scene: &Scene<P>,
    errand: &Errand<'_>,
    target: &Target,
    route: Route,
    ticket: &Rc<Ticket<P>>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Errand { head, json, request, asker } = errand;
    let method = request.method;
    let arguments = request.params.and_then(|params| json.get(params, "arguments"));
    let arguments = arguments.map(|node| json.value(node));
    if asker.revision.era() == Era::Modern && method == Method::ToolsCall {
        headers::check_params(&head.headers, annotations(&route), arguments).map_err(Refusal::from)?;
    }
    let state = Scope::of(json, request, &target.name);
    let era = route.link.era(&scene.platform).await?;
    let client = client_side(scene, json, request, asker, era);
    let session = session_for(asker, &route.link.upstream().alias);
    let ask = |route: &Route| -> Result<Ask<'_>, Error> {
        let mut edits = Edits::new();
        target.rename(json, &route.original, &mut edits);
        state::unseal(scene, json, request, &state, route, &mut edits)?;
        let param_headers = headers::param_values(annotations(route), arguments);
        Ok(Ask { json, request, edits, name: Some(route.original.clone()), param_headers, client: &client })
    };
    let exchange = match open(scene, &route, &session, ask(&route)?).await {
        // The upstream's annotations may have changed since it was listed. Its complaint never reaches the
        // agent, whose own headers are right by the list that it was given.
        Err(error) if target.kind == Kind::Tool && about_headers(&error) => {
            let newer = Box::pin(target.tool_anew(scene)).await.ok_or(error)?;
            Box::pin(open(scene, &newer, &session, ask(&newer)?)).await?
        }
        outcome => outcome?,
    };
    trail.stage("upstream");
    let id = json.raw(request.id);
    let listed = asker.session.as_ref().and_then(|own| {
        let upstream_id = exchange.id().to_owned();
        scene.gateway.running.enter(&own.key, id, route.link.clone(), session.clone(), upstream_id)
    });
    let view = View {
        id: id.to_owned(),
        method,
        from: era,
        to: asker.revision,
        declared: declared(json, request),
        link: route.link.clone(),
        state,
        listed,
        ticket: Some(Rc::clone(ticket)),
    };
    relay::start(scene, exchange, view).await
}

/// Whether the upstream complained of what the gateway wrote in the headers.
const fn about_headers(error: &Error) -> bool {
    matches!(error, Error::Fault(Fault::Upstream { kind: UpstreamFault::Revision, .. }))
}

/// The arguments of the route's tool that are mirrored in headers.
fn annotations(route: &Route) -> &[headers::ParamHeader] {
    route.item.as_ref().map(|item| item.param_headers.as_slice()).unwrap_or_default()
}

/// `resources/subscribe` and `resources/unsubscribe` of a legacy client: relayed into its own session at the
/// upstream; updates ride on the streams of that session's calls. An upstream without a session has nowhere to
/// send updates: the subscription to a resource that exists is accepted and stays silent, which is why
/// `resources.subscribe` is not advertised.
pub(crate) async fn subscribe<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    asker: &Asker,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let target = Target::read(json, request, Method::ResourcesRead)?;
    trail.note("name", &target.name);
    let route = target.route(scene).await?;
    let session = session_for(asker, &route.link.upstream().alias);
    if session == Session::Pooled {
        return Ok(Flow::Message(200, result_message(json.raw(request.id), "{}")));
    }
    let mut edits = Edits::new();
    target.rename(json, &route.original, &mut edits);
    let client = client_side(scene, json, request, asker, Era::Legacy);
    let ask = Ask { json, request, edits, name: None, param_headers: Vec::new(), client: &client };
    let exchange = open(scene, &route, &session, ask).await?;
    let view = View {
        id: json.raw(request.id).to_owned(),
        method: request.method,
        from: Era::Legacy,
        to: asker.revision,
        declared: String::new(),
        link: route.link.clone(),
        state: Scope::of(json, request, &target.name),
        listed: None,
        ticket: None,
    };
    relay::start(scene, exchange, view).await
}

/// Sends the call. A session that the upstream has lost ends the client's own, so that it initializes anew.
async fn open<P: Platform>(
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

/// The capabilities that a modern client declared with this request, raw JSON, without its extensions: what an
/// upstream would answer to one of those cannot be followed up through the gateway yet.
fn declared(json: &Json<'_>, request: &Request) -> String {
    let Some(declared) = request.meta.and_then(|node| json.get(node, meta::CLIENT_CAPABILITIES)) else {
        return "{}".to_owned();
    };
    if json.get(declared, "extensions").is_none() && json.value(declared).get("extensions").is_none() {
        return json.raw(declared).to_owned();
    }
    let mut edits = Edits::new();
    edits.remove(json, declared, "extensions");
    edits.apply_within(json.text(), json.span(declared))
}

/// What the upstream may know of the client. Capabilities are declared only when the upstream's questions can
/// reach the client: within one era.
fn client_side<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    asker: &Asker,
    upstream: Era,
) -> ClientSide {
    let own = |key: &str| request.meta.and_then(|node| json.get(node, key));
    let same_era = asker.revision.era() == upstream;
    let capabilities = if same_era { declared(json, request) } else { "{}".to_owned() };
    ClientSide {
        revision: asker.revision,
        capabilities,
        log_level: own(meta::LOG_LEVEL).and_then(|node| json.string(node)).map(|level| level.into_owned()),
        progress_token: own("progressToken").map(|node| json.raw(node).to_owned()),
        principal: *scene.caller.principal(),
    }
}

/// What a call names.
pub(crate) struct Target {
    kind: Kind,
    name: String,
    /// The object whose member names it, and that member.
    place: (Node, &'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Prompt,
    Resource,
}

impl Target {
    pub fn read(json: &Json<'_>, request: &Request, method: Method) -> Result<Self, Refusal> {
        let missing = |what: &str| Refusal::InvalidParams(format!("{what} is missing or no string"));
        let params = request.params.ok_or_else(|| missing("params"))?;
        let (kind, object, key) = match method {
            Method::ToolsCall => (Kind::Tool, params, "name"),
            Method::PromptsGet => (Kind::Prompt, params, "name"),
            Method::Complete => {
                let reference = json.get(params, "ref").ok_or_else(|| missing("ref"))?;
                let what = json.get(reference, "type").and_then(|node| json.string(node));
                match what.as_deref() {
                    Some("ref/prompt") => (Kind::Prompt, reference, "name"),
                    Some("ref/resource") => (Kind::Resource, reference, "uri"),
                    _ => return Err(missing("ref.type")),
                }
            }
            _ => (Kind::Resource, params, "uri"),
        };
        let node = json.get(object, key).ok_or_else(|| missing(key))?;
        let name = json.string(node).ok_or_else(|| missing(key))?.into_owned();
        Ok(Self { kind, name, place: (object, key) })
    }

    /// Where it is. Denied and unknown are one answer, and a denied upstream is not even asked for its list.
    async fn route<P: Platform>(&self, scene: &Scene<P>) -> Result<Route, Error> {
        let Scene { gateway, platform, caller } = scene;
        let catalog: &Catalog = &gateway.catalog;
        match self.kind {
            Kind::Tool => catalog.tool(platform, &gateway.links, caller, &self.name).await,
            Kind::Prompt => catalog.prompt(platform, &gateway.links, caller, &self.name).await,
            Kind::Resource => catalog.resource(platform, &gateway.links, caller, &self.name).await,
        }
    }

    /// Where the tool is by a newer list, if there is one.
    async fn tool_anew<P: Platform>(&self, scene: &Scene<P>) -> Option<Route> {
        let Scene { gateway, platform, caller } = scene;
        gateway.catalog.tool_anew(platform, &gateway.links, caller, &self.name).await
    }

    /// The exposed name of a tool or prompt.
    pub fn exposed(&self) -> Option<&str> {
        (self.kind != Kind::Resource).then_some(&self.name)
    }

    /// Puts the upstream's own name in its place; an equal one keeps its bytes.
    fn rename(&self, json: &Json<'_>, original: &str, edits: &mut Edits) {
        if original != self.name {
            edits.set_string(json, self.place.0, self.place.1, original);
        }
    }
}

/// An upstream that asks across eras: there is a way, and it is not built yet.
pub(crate) fn across_eras() -> Error {
    Refusal::NotSupported("an upstream that asks the user across protocol eras; use a client of its era")
        .into()
}

/// A broken invariant.
pub(crate) fn internal(what: &'static str) -> Error {
    Fault::Internal(what).into()
}
