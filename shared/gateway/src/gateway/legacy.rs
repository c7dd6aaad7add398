//! What only legacy clients have (MCP 2025-03-26 to 2025-11-25): sessions, their notifications, and answers
//! posted to questions of legacy upstreams. A session is a sealed token: nothing is stored.

use super::SERVER_INFO;
use super::asks;
use super::capabilities::Capabilities;
use super::forward::internal;
use super::inspection::{self, Of};
use super::scene::{Asker, Flow, Scene, result_message};
use super::state::sealed;
use super::tasks;
use crate::arrival::Head;
use crate::codec;
use crate::error::{Error, Refusal};
use crate::limits;
use crate::mcp::envelope::{Message, Notification, Request};
use crate::mcp::json::{Edits, Json, Kind};
use crate::mcp::method::Method;
use crate::mcp::revisions::Revision;
use crate::mcp::seal::Purpose;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::authorize;
use crate::stage::redact::{Cleared, Outbound, Plan};
use crate::tenant::Way;
use crate::upstream::{self, Ask, ClientSide, FromUpstream, Hello, Link, Sealed};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Life of a session in ms: a working day and a night.
const SESSION_MS: u64 = 24 * 60 * 60 * 1000;

#[derive(Serialize, Deserialize)]
struct Payload {
    revision: String,
    /// Bits of [`Capabilities`].
    capabilities: u8,
    /// Alias, session id and negotiated revision of each session-bound upstream.
    sessions: Vec<(String, String, String)>,
}

/// An opened `Mcp-Session-Id`.
pub(crate) struct Session {
    pub revision: Revision,
    /// What the client can be asked.
    pub capabilities: Capabilities,
    sessions: Vec<(String, Sealed)>,
    /// When it is over at the latest, in Unix ms.
    pub until_ms: u64,
    /// Tells sessions of one principal apart; part of the token, so no secret beyond it.
    pub key: String,
}

impl Session {
    /// Opens the session that the request names, unless its client has ended it.
    pub async fn open<P: Platform>(scene: &Scene<P>, head: &Head) -> Result<Self, Refusal> {
        let token = head.headers.get("mcp-session-id").ok_or(Refusal::NoSession)?;
        let tenant = scene.caller.tenant();
        let principal = scene.caller.principal();
        let opened = scene
            .gateway
            .sealer
            .open(Purpose::Session, &tenant.name, &tenant.path, principal, scene.platform.now_ms(), token)
            .map_err(|_| Refusal::UnknownSession)?;
        let payload: Payload =
            codec::decode(&opened.payload, limits::SEALED_BYTES).map_err(|_| Refusal::UnknownSession)?;
        let revision = Revision::parse(&payload.revision).ok_or(Refusal::UnknownSession)?;
        let mut sessions = Vec::with_capacity(payload.sessions.len());
        for (alias, id, revision) in payload.sessions {
            let revision = Revision::parse(&revision).ok_or(Refusal::UnknownSession)?;
            sessions.push((alias, Sealed { id, revision }));
        }
        if scene.gateway.ended.has(&scene.platform, token).await {
            return Err(Refusal::UnknownSession);
        }
        let key = token.get(..48).unwrap_or(token).to_owned();
        let capabilities = Capabilities::from_bits(payload.capabilities);
        Ok(Self { revision, capabilities, sessions, until_ms: opened.expires_ms, key })
    }

    /// The session at this upstream, if there is one.
    pub fn at(&self, alias: &str) -> Option<Sealed> {
        self.sessions.iter().find(|(own, _)| own == alias).map(|(_, session)| session.clone())
    }

    fn links<'a, P: Platform>(
        &'a self,
        scene: &'a Scene<P>,
    ) -> impl Iterator<Item = (Rc<Link>, &'a Sealed)> + 'a {
        let (tenant, agent) = (scene.caller.tenant(), scene.caller.agent());
        // A session outlives a change of the settings; the permission for its upstream does not.
        let allowed = |(alias, _): &&(String, Sealed)| authorize::may_use(agent, alias);
        self.sessions
            .iter()
            .filter(allowed)
            .filter_map(move |(alias, session)| Some((scene.gateway.links.of(tenant, alias)?, session)))
    }
}

/// Whether this client may send an array: 2025-03-26 only.
pub(crate) async fn may_batch<P: Platform>(scene: &Scene<P>, head: &Head) -> Result<(), Refusal> {
    let refused = Refusal::InvalidRequest("batches are part of 2025-03-26 only");
    match Session::open(scene, head).await {
        Ok(session) if session.revision == Revision::V2025_03_26 => Ok(()),
        Ok(_) | Err(Refusal::NoSession) => Err(refused),
        Err(other) => Err(other),
    }
}

/// `initialize`: answered here, with sessions opened at the session-bound upstreams that the caller may use.
pub(crate) async fn initialize<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    scene.gateway.admit.free(&scene.platform, &scene.caller)?;
    let missing =
        || Refusal::InvalidParams("initialize needs protocolVersion, capabilities and clientInfo".into());
    let params = request.params.ok_or_else(missing)?;
    let object = |key| json.get(params, key).filter(|node| json.kind(*node) == Kind::Object);
    let asked = json.get(params, "protocolVersion").and_then(|node| json.string(node)).ok_or_else(missing)?;
    let capabilities = object("capabilities").ok_or_else(missing)?;
    let client_info = object("clientInfo").ok_or_else(missing)?;
    // A version that is not served is answered with the newest of this era (Lifecycle, Version Negotiation).
    let revision = Revision::parse(&asked)
        .filter(|asked| *asked <= Revision::LATEST_LEGACY)
        .unwrap_or(Revision::LATEST_LEGACY);
    trail.note("revision", revision.as_str());
    let hello = Hello {
        revision,
        capabilities: tasks::without_own(json, capabilities),
        client_info: json.raw(client_info).to_owned(),
    };
    let sessions = open_sessions(scene, &hello, trail).await;
    trail.stage("sessions");
    let Scene { gateway, platform, caller } = scene;
    let told = gateway.catalog.initialize(platform, &gateway.links, caller, revision, SERVER_INFO).await;
    let result = inspection::told(scene, request.method.name(), told, trail).await?;
    let token = seal_session(scene, revision, Capabilities::of(json, capabilities, revision), sessions)?;
    Ok(Flow::Opened(result_message(json.raw(request.id), &result), token))
}

/// Opens sessions side by side, each within its time. An upstream that fails is left out: `initialize` itself
/// is never refused, because clients take a refusal for another era.
async fn open_sessions<P: Platform>(
    scene: &Scene<P>,
    hello: &Hello,
    trail: &mut Trail<P>,
) -> Vec<(String, String, String)> {
    let tenant = scene.caller.tenant();
    let agent = scene.caller.agent();
    let links = scene.gateway.links.all(tenant).iter();
    let usable = links.filter(|link| authorize::may_use(agent, &link.upstream().alias));
    let mut hellos: Vec<(&Rc<Link>, Hello)> = Vec::new();
    for link in usable {
        // An upstream that may not hear it has no session of this client's.
        if let Ok(hello) = introduced(scene, link, hello, trail).await {
            hellos.push((link, hello));
        }
    }
    let openings = hellos.iter().map(|(link, hello)| async move {
        let opened = link.initialize(&scene.platform, *scene.caller.principal(), hello).await;
        let Sealed { id, revision } = opened.ok().flatten()?;
        Some((link.upstream().alias.clone(), id, revision.as_str().to_owned()))
    });
    join_all(openings).await.into_iter().flatten().collect()
}

/// What an upstream is told of the client: that may be anything as well.
async fn introduced<P: Platform>(
    scene: &Scene<P>,
    link: &Link,
    hello: &Hello,
    trail: &mut Trail<P>,
) -> Result<Hello, Error> {
    let capabilities = asks::shown(&link.upstream().asks, hello.capabilities.clone());
    let Hello { revision, client_info, .. } = hello;
    let Some(plan) = Plan::of(&scene.caller, link.upstream(), None, None)? else {
        return Ok(Hello { capabilities, ..hello.clone() });
    };
    let text = format!(r#"{{"params":{{"capabilities":{capabilities},"clientInfo":{client_info}}}}}"#);
    let mut text = plan.json(&text, Way::Request, trail.tally())?.unwrap_or(text);
    let of = Of { what: "initialize", server: &link.upstream().alias, way: Way::Request };
    if let Some(changed) = inspection::by_plan(scene, Some(&plan), &of, &text, trail).await? {
        text = changed;
    }
    let unreadable = || internal("an introduction that was redacted cannot be read");
    let json = Json::parse(text.as_bytes(), &limits::REQUEST).map_err(|_| unreadable())?;
    let member = |key| Some(json.value(json.get(json.root(), "params")?).get(key)?.text().to_owned());
    Ok(Hello {
        revision: *revision,
        capabilities: member("capabilities").ok_or_else(unreadable)?,
        client_info: member("clientInfo").ok_or_else(unreadable)?,
    })
}

fn seal_session<P: Platform>(
    scene: &Scene<P>,
    revision: Revision,
    capabilities: Capabilities,
    sessions: Vec<(String, String, String)>,
) -> Result<String, Error> {
    let mut payload =
        Payload { revision: revision.as_str().to_owned(), capabilities: capabilities.bits(), sessions };
    loop {
        let bytes =
            codec::encode(&payload, limits::SEALED_BYTES).map_err(|_| internal("session does not encode"))?;
        match sealed(scene, Purpose::Session, "", SESSION_MS, &bytes) {
            Ok(token) => return Ok(token),
            // Too many upstream sessions for 2 KB: the last ones are left to the pool.
            Err(error) => {
                if payload.sessions.pop().is_none() {
                    return Err(error);
                }
            }
        }
    }
}

/// A legacy client's notification. Whether it went anywhere: what is not for an upstream is accepted, and counted.
pub(crate) fn notice<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    notification: &Notification,
    session: &Session,
) -> bool {
    match notification.method {
        Method::RootsListChanged => {
            for (link, at) in session.links(scene) {
                let (platform, at) = (scene.platform.clone(), at.clone());
                // It says nothing else: whatever an agent puts into it stays here.
                let text = Cleared::own(ROOTS_CHANGED.to_owned());
                let effect = async move {
                    // The client is not told either way: it sent a notification.
                    let _ = link.post(&platform, &at, text).await;
                };
                scene.platform.defer(Box::pin(effect));
            }
            true
        }
        Method::Cancelled => {
            let named = notification.params.and_then(|params| json.get(params, "requestId"));
            let found = named.and_then(|node| scene.gateway.running.cancel(&session.key, json.raw(node)));
            found.map(|cancelled| cancelled.tell(&scene.platform)).is_some()
        }
        // The end of the handshake, which was the gateway's.
        Method::Initialized => true,
        _ => false,
    }
}

/// A legacy client's roots are others now.
const ROOTS_CHANGED: &str = r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#;

/// RFC 5424 severities as MCP names them.
const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// `logging/setLevel`: told to every upstream session of this client.
pub(crate) async fn set_level<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    asker: &Asker,
) -> Result<(), Error> {
    let level =
        request.params.and_then(|params| json.get(params, "level")).and_then(|node| json.string(node));
    if !level.as_ref().is_some_and(|level| LEVELS.contains(&level.as_ref())) {
        return Err(
            Refusal::InvalidParams("level is not one of the syslog severities (RFC 5424)".into()).into()
        );
    }
    let Some(session) = &asker.session else { return Ok(()) };
    let client = ClientSide {
        revision: asker.revision,
        capabilities: "{}".to_owned(),
        log_level: None,
        progress_token: None,
        principal: *scene.caller.principal(),
    };
    let client = &client;
    // Nothing but the level: whatever else an agent puts into it stays here.
    let text = format!(
        r#"{{"jsonrpc":"2.0","id":0,"method":"logging/setLevel","params":{{"level":"{}"}}}}"#,
        level.unwrap_or_default()
    );
    let own = Json::parse(text.as_bytes(), &limits::REQUEST).map_err(|_| internal("a level"))?;
    let Ok(Message::Request(own_request)) = Message::read(&own, own.root()) else {
        return Err(internal("a level"));
    };
    let outbound = &Outbound::own(&own, own_request);
    let tellings = session.links(scene).map(|(link, at)| async move {
        let terms = &link.terms(&scene.platform, None, "");
        let (edits, param_headers) = (Edits::new(), Vec::new());
        let ask = Ask { outbound, edits, name: None, param_headers, client, terms };
        let at = upstream::Session::Sealed(at.clone());
        let mut exchange = link.open(&scene.platform, &at, ask).await.ok()?;
        while let Some(message) = exchange.next().await.ok()? {
            if matches!(message, FromUpstream::Answer { .. }) {
                break;
            }
        }
        Some(())
    });
    // An upstream without logging answers an error: the others have the level all the same.
    join_all(tellings).await;
    Ok(())
}

/// DELETE: the session is unknown from now on; its upstream sessions end behind the answer.
pub(crate) async fn end<P: Platform>(scene: &Scene<P>, head: &Head) -> Result<(), Refusal> {
    let session = Session::open(scene, head).await?;
    for (link, at) in session.links(scene) {
        let (platform, at) = (scene.platform.clone(), at.clone());
        scene.platform.defer(Box::pin(async move {
            // An upstream session that cannot be closed expires there.
            let _ = link.close(&platform, &at).await;
        }));
    }
    if let Some(token) = head.headers.get("mcp-session-id") {
        scene.gateway.ended.end(&scene.platform, token, SESSION_MS).await;
    }
    Ok(())
}
