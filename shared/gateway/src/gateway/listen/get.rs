//! GET of a legacy client (MCP 2025-11-25, Streamable HTTP): the stream of its session, fanned in from its sessions at legacy
//! upstreams and from what modern ones tell; or the rest of a call's stream that it has lost.

use super::event::{self, Left, Resumable};
use super::feed::Feed;
use super::filter::{self, Share};
use super::stream::{Listening, Voice};
use super::view;
use crate::arrival::Head;
use crate::error::{Error, Refusal};
use crate::gateway::forward::{internal, session_for};
use crate::gateway::legacy::Session;
use crate::gateway::relay;
use crate::gateway::scene::{Asker, Flow, Scene};
use crate::gateway::serve::{fail, settle};
use crate::gateway::state::Scope;
use crate::gateway::target::Target;
use crate::gateway::tasks::{Place, Stake};
use crate::gateway::view::View;
use crate::limits;
use crate::mcp::envelope::Message;
use crate::mcp::json::{Json, quote};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, Revision};
use crate::platform::Platform;
use crate::reply::Reply;
use crate::stage::admit::Weighed;
use crate::stage::audit::Trail;
use crate::stage::authorize::may_use;
use crate::upstream::{ClientSide, Suspended, Wish};
use std::rc::Rc;

/// Answers a GET. `Err`: nothing is offered there, which is no matter of the session.
pub(crate) async fn get<P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    mut trail: Trail<P>,
) -> Result<Reply, Trail<P>> {
    let accepts = head.headers.any("accept").is_some_and(|accept| accept.contains("text/event-stream"));
    let version = head.headers.get("mcp-protocol-version").and_then(Revision::parse);
    let modern = version.is_some_and(|version| version.era() == Era::Modern);
    // MCP 2026-07-28 has no GET; and without a session nobody can tell whose stream is meant.
    if !accepts || modern || head.headers.get("mcp-session-id").is_none() {
        return Err(trail);
    }
    trail.note("method", "(get)");
    match begin(scene, head, &mut trail).await {
        Ok(Some(flow)) => Ok(Reply::of(settle(flow, trail))),
        Ok(None) => Err(trail),
        Err(error) => Ok(Reply::of(fail(scene, trail, None, Revision::LATEST_LEGACY, &error))),
    }
}

async fn begin<P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    trail: &mut Trail<P>,
) -> Result<Option<Flow<P>>, Error> {
    let session = Session::open(scene, head).await?;
    trail.note("revision", session.revision.as_str());
    let left = head.headers.get("last-event-id").map(|token| event::open(scene, &session, token));
    let left = left.transpose()?;
    let Scene { gateway, platform, caller } = scene;
    gateway.admit.charge(platform, caller, &[Weighed { permitted: true, ..Weighed::default() }]).await?;
    trail.stage("admit");
    match left {
        Some(Left::Call(call, last)) => resume(scene, session, call, last, trail).await.map(Some),
        Some(Left::Own(events)) => listen(scene, session, Some(events), trail).await,
        None => listen(scene, session, None, trail).await,
    }
}

/// The stream of the session. `None`: none of the upstreams has anything to tell.
async fn listen<P: Platform>(
    scene: &Scene<P>,
    session: Session,
    left: Option<Vec<(String, String)>>,
    trail: &mut Trail<P>,
) -> Result<Option<Flow<P>>, Error> {
    let Scene { gateway, platform, caller } = scene;
    let seat = gateway.seats.take(*caller.principal()).ok_or(Refusal::TooManyStreams)?;
    let (agent, apps) = (caller.agent(), session.capabilities.apps());
    let mut feeds = Vec::new();
    let usable = gateway.links.all(caller.tenant()).iter();
    for link in usable.filter(|link| may_use(agent, &link.upstream().alias)) {
        let alias = &link.upstream().alias;
        let share = filter::lists(scene, link)?;
        let sealed = session.at(alias);
        let view = View {
            from: if sealed.is_some() { Era::Legacy } else { Era::Modern },
            apps,
            ..view(&share, "0", session.revision)
        };
        let last = left.iter().flatten().find(|(known, _)| known == alias).map(|(_, last)| last.clone());
        feeds.push(Feed::new(platform, share, view, sealed, last));
    }
    let voice = Voice::Session { key: session.key, revision: session.revision, apps, again: left.is_some() };
    let mut listening = Listening::new(scene.again(), voice, feeds, seat);
    listening.prepare(trail).await;
    trail.stage("upstreams");
    Ok((!listening.is_mute()).then(|| Flow::Listening(Box::new(listening))))
}

/// The rest of a call's stream.
async fn resume<P: Platform>(
    scene: &Scene<P>,
    session: Session,
    call: Resumable,
    last_event: String,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let (revision, key, apps) = (session.revision, session.key.clone(), session.capabilities.apps());
    let asker = Asker { revision, session: Some(session) };
    // It was inspected when it was sent, and nothing of it is sent again: only its name counts.
    let text = request(&call);
    let json =
        Json::parse(text.as_bytes(), &limits::REQUEST).map_err(|_| internal("a call that was left"))?;
    let Ok(Message::Request(asked)) = Message::read(&json, json.root()) else {
        return Err(internal("a call that was left"));
    };
    let target = Target::read(&json, &asked, asked.method)?;
    target.note(scene, false, trail);
    // What the caller may use may have changed since.
    let route = target.route(scene).await?;
    let alias = route.link.upstream().alias.clone();
    let at = asker.session.as_ref().and_then(|session| session.at(&alias));
    let at = at.filter(|_| alias == call.alias).ok_or(Refusal::UnknownSession)?;
    trail.note("upstream", &alias);
    let tool = target.settings(scene).map(Rc::clone);
    let plan = target.plan(scene, &route, tool.as_deref(), trail)?;
    let terms = route.link.terms(&scene.platform, tool.as_deref(), &route.original);
    let client = ClientSide {
        revision,
        capabilities: "{}".to_owned(),
        log_level: None,
        progress_token: None,
        principal: *scene.caller.principal(),
    };
    let suspended = Suspended { session: at, id: call.upstream_id.clone(), last_event };
    let mut exchange = route.link.take_up(&scene.platform, suspended, &client, &terms).await?;
    if revision >= Revision::V2025_11_25 {
        exchange.hand_over();
    }
    trail.stage("upstream");
    let (link, wish) = (Rc::clone(&route.link), Wish::default());
    let share = Share { link, wish, uris: Vec::new(), tasks: Vec::new(), plan };
    let at = session_for(&asker, &alias);
    let running = &scene.gateway.running;
    let listed = running.enter(&key, &call.id, Rc::clone(&route.link), at, call.upstream_id.clone());
    let view = View {
        method: asked.method,
        from: Era::Legacy,
        apps,
        state: Scope::of(&json, &asked, target.name()),
        listed,
        resumable: Some(Rc::new((key, call.clone()))),
        // Whether the call asked for a task is not known any more.
        stake: if asked.method == Method::ToolsCall {
            Stake::May(call.name.clone(), Place::Own)
        } else {
            Stake::None
        },
        ..view(&share, &call.id, revision)
    };
    Ok(relay::begin(scene, exchange, view))
}

/// As much of the request as says what it named.
fn request(call: &Resumable) -> String {
    let mut name = String::new();
    quote(&mut name, &call.name);
    let (id, method) = (&call.id, &call.method);
    let params = match method.parse() {
        Ok(Method::ResourcesRead) => format!(r#""uri":{name}"#),
        Ok(Method::ToolsCall | Method::PromptsGet) => format!(r#""name":{name}"#),
        // A completion: its reference is a prompt or a resource, and nothing of it is asked again.
        _ => format!(r#""ref":{{"type":"ref/prompt","name":{name}}}"#),
    };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{{params}}}}}"#)
}
