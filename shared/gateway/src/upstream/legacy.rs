//! Requests as the revisions up to 2025-11-25 have them: a handshake, and perhaps a session.

use super::fault::{self, Failure};
use super::guard::Deadlines;
use super::link::Link;
use super::modern::{CLIENT_INFO, quoted};
use super::send::{self, Call};
use super::wanted::{Asks, Logs, Progress, Wanted};
use super::watch::Watch;
use super::{About, Ask, Hello, Sealed};
use crate::error::UpstreamFault;
use crate::mcp::revisions::meta;
use crate::mcp::{Era, Json, Kind, Node, Outcome, Revision};
use crate::platform::{HttpMethod, Outgoing, OutgoingHeaders, Platform};
use std::rc::Rc;

/// Keys that only a modern upstream understands.
const MODERN_KEYS: [&str; 4] =
    [meta::PROTOCOL_VERSION, meta::CLIENT_CAPABILITIES, meta::CLIENT_INFO, meta::LOG_LEVEL];

/// A session as it was opened, and what the upstream said of itself.
pub(super) struct Opened {
    /// `None`: the upstream gives no session ids.
    pub(super) session: Option<Sealed>,
    pub(super) about: About,
}

/// What the gateway says for itself, with the capabilities of the client that it speaks for; none where nobody is there to be
/// asked back.
pub(super) fn own_hello(capabilities: &str) -> Hello {
    Hello {
        revision: Revision::LATEST_LEGACY,
        capabilities: capabilities.to_owned(),
        client_info: CLIENT_INFO.to_owned(),
    }
}

/// `initialize`, then `notifications/initialized`; complete by `end` (Unix ms).
pub(super) async fn handshake<P: Platform>(
    link: &Rc<Link>,
    platform: &P,
    hello: &Hello,
    end: u64,
) -> Result<Opened, Failure> {
    let id = link.next_id(platform);
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"initialize","params":{{"protocolVersion":{},"capabilities":{},"clientInfo":{}}}}}"#,
        quoted(hello.revision.as_str()),
        hello.capabilities,
        hello.client_info
    );
    let wanted =
        Wanted { id, era: Era::Legacy, session: None, asks: Asks::Never, progress: None, logs: Logs::None };
    // Initialization must not be cancelled (MCP 2025-11-25, lifecycle).
    let call = Call {
        headers: link.headers.clone(),
        body,
        wanted,
        deadlines: Deadlines::of(link.upstream(), end),
        scope: Rc::clone(&link.guards.own),
        cancellable: false,
    };
    let mut exchange = send::send(link, platform, call).await?;
    let session_id = exchange.session_id.take();
    let (json, response) = exchange.answer().await?;
    let result = match response.outcome {
        Outcome::Result(result) => result,
        Outcome::Error(_) => {
            let error = fault::error_in(&json, "").map(|(error, _)| error);
            return Err(Failure { status: 200, error, session_id, ..UpstreamFault::Revision.into() });
        }
    };
    let about = read(&json, result, session_id.is_some())?;
    let session = session_id.map(|id| Sealed { id, revision: about.revision });
    let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned();
    let told = tell(link, platform, session.as_ref(), about.revision, ready).await;
    match (told, session) {
        // Without a session there is nobody to take note; some such servers refuse it.
        (_, None) => Ok(Opened { session: None, about }),
        (Ok(()), session) => Ok(Opened { session, about }),
        (Err(kind), Some(session)) => {
            link.retire(platform, session);
            Err(kind.into())
        }
    }
}

fn read(json: &Json<'_>, result: Node, session_bound: bool) -> Result<About, UpstreamFault> {
    let version = json.get(result, "protocolVersion").and_then(|node| json.string(node));
    // A revision that is not ours is for example 2024-11-05, which has another transport.
    let revision = version
        .and_then(|version| Revision::parse(&version))
        .filter(|revision| revision.era() == Era::Legacy)
        .ok_or(UpstreamFault::Revision)?;
    let capabilities = json.get(result, "capabilities").filter(|node| json.kind(*node) == Kind::Object);
    Ok(About {
        era: Era::Legacy,
        revision,
        session_bound,
        capabilities: json.raw(capabilities.ok_or(UpstreamFault::Malformed)?).to_owned(),
        instructions: json
            .get(result, "instructions")
            .and_then(|node| json.string(node))
            .map(std::borrow::Cow::into_owned),
    })
}

/// Members of a request's parameters that only a modern upstream understands (MCP 2026-07-28, multi-round requests).
const MODERN_PARAMS: [&str; 2] = ["requestState", "inputResponses"];

/// `ask` as a request under `id`.
pub(super) fn call(
    link: &Link,
    session: Option<&Sealed>,
    revision: Revision,
    ask: &Ask<'_>,
    id: String,
    asks: Asks,
) -> Call {
    let (json, request) = (ask.outbound.json(), ask.outbound.request());
    let mut edits = ask.edits.clone();
    edits.replace(json.span(request.id), id.clone());
    if let Some(params) = request.params {
        for key in MODERN_PARAMS {
            if json.get(params, key).is_some() {
                edits.remove(json, params, key);
            }
        }
    }
    if let Some(node) = request.meta {
        for key in MODERN_KEYS {
            if json.get(node, key).is_some() {
                edits.remove(json, node, key);
            }
        }
        if ask.client.progress_token.is_some() {
            edits.set(json, node, meta::PROGRESS_TOKEN, &id);
        }
    }
    let progress = ask.client.progress_token.clone().map(|token| Progress { token, last: None });
    let logs = Logs::wanted(ask.client.log_level.as_deref(), ask.client.revision.era());
    let wanted = Wanted { id, era: Era::Legacy, session: session.cloned(), asks, progress, logs };
    Call {
        headers: headers(link, session, revision),
        body: edits.apply_within(json.text(), json.span(request.node)),
        wanted,
        deadlines: ask.terms.deadlines,
        scope: Rc::clone(&ask.terms.scope),
        cancellable: true,
    }
}

/// A request of the gateway's own in `session`; `params`: raw JSON.
pub(super) fn own<P: Platform>(
    link: &Link,
    platform: &P,
    session: &Sealed,
    method: &str,
    params: &str,
) -> Call {
    let id = link.next_id(platform);
    Call {
        headers: headers(link, Some(session), session.revision),
        body: format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#),
        wanted: Wanted {
            id,
            era: Era::Legacy,
            session: Some(session.clone()),
            asks: Asks::Never,
            progress: None,
            logs: Logs::None,
        },
        deadlines: Deadlines::of(link.upstream(), link.deadline(platform)),
        scope: Rc::clone(&link.guards.own),
        cancellable: false,
    }
}

fn headers(link: &Link, session: Option<&Sealed>, revision: Revision) -> OutgoingHeaders {
    let mut headers = link.headers.clone();
    bind(&mut headers, session, revision);
    headers
}

fn bind(headers: &mut OutgoingHeaders, session: Option<&Sealed>, revision: Revision) {
    // The header came with 2025-06-18.
    if revision >= Revision::V2025_06_18 {
        headers.push("mcp-protocol-version", revision.as_str());
    }
    if let Some(session) = session {
        headers.push("mcp-session-id", &session.id);
    }
}

/// Posts an answer or a notification, which gives 202 and no message back.
pub(super) async fn post<P: Platform>(
    link: &Rc<Link>,
    platform: &P,
    session: Option<&Sealed>,
    text: String,
) -> Result<(), UpstreamFault> {
    let revision = session.map_or_else(|| link.legacy_revision(), |session| session.revision);
    tell(link, platform, session, revision, text).await
}

async fn tell<P: Platform>(
    link: &Rc<Link>,
    platform: &P,
    session: Option<&Sealed>,
    revision: Revision,
    text: String,
) -> Result<(), UpstreamFault> {
    let outgoing = Outgoing {
        method: HttpMethod::Post,
        url: link.upstream().url.clone(),
        headers: headers(link, session, revision),
        body: text.into(),
    };
    let status = status(link, platform, outgoing).await?;
    match status {
        200..=299 => Ok(()),
        _ => {
            Err(fault::of_status(status, None, session.is_some(), None)
                .unwrap_or(UpstreamFault::Status(status)))
        }
    }
}

/// Ends a session. Servers may decline (405), and one that is gone is as good.
pub(super) async fn close<P: Platform>(
    link: &Rc<Link>,
    platform: &P,
    session: &Sealed,
) -> Result<(), UpstreamFault> {
    let outgoing = Outgoing {
        method: HttpMethod::Delete,
        url: link.upstream().url.clone(),
        headers: headers(link, Some(session), session.revision),
        body: Vec::new(),
    };
    match status(link, platform, outgoing).await? {
        200..=299 | 400 | 404 | 405 => Ok(()),
        status => Err(fault::of_status(status, None, false, None).unwrap_or(UpstreamFault::Status(status))),
    }
}

/// The rest of a stream after the event `last`.
pub(super) fn resumption(link: &Link, session: &Sealed, last: &str) -> Outgoing {
    listening(link, session, Some(last))
}

/// The session's own stream, or the rest of a stream after the event `last`.
pub(super) fn listening(link: &Link, session: &Sealed, last: Option<&str>) -> Outgoing {
    let fixed = [("accept", "text/event-stream"), ("accept-encoding", "identity")];
    let mut headers = send::with_credential(&fixed, link.upstream());
    if let Some(last) = last {
        headers.push("last-event-id", last);
    }
    bind(&mut headers, Some(session), session.revision);
    Outgoing { method: HttpMethod::Get, url: link.upstream().url.clone(), headers, body: Vec::new() }
}

async fn status<P: Platform>(
    link: &Rc<Link>,
    platform: &P,
    outgoing: Outgoing,
) -> Result<u16, UpstreamFault> {
    let (upstream, now) = (link.upstream(), platform.now_ms());
    if let Some(fault) = link.guards.own.refuses(now) {
        return Err(fault);
    }
    let end = now.saturating_add(u64::from(upstream.total_ms));
    let mut watch = Watch::new(platform, upstream.first_byte_ms, end);
    let incoming = watch.race(platform.fetch(outgoing)).await?.map_err(fault::fetch)?;
    Ok(incoming.status)
}
