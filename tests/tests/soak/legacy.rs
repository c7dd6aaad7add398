//! An upstream of 2025-11-25 with sessions, one listening stream for each, and events that can be had again by
//! `Last-Event-ID`, also after it was down.

use std::sync::Arc;

use hyper::Response;
use hyper::header::HeaderValue;
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::body::{Body, Line, Piece};
use crate::modern::{TAG, capabilities, empty, result, streaming, tag, whole};
use crate::plan::{self, What};
use crate::upstream::{Session, State, Stream, Upstream};

/// The revision.
pub const REVISION: &str = "2025-11-25";

/// Answers a request.
pub fn answer(upstream: &Arc<Upstream>, asked: &Asked) -> Response<Body> {
    if asked.method() == "initialize" {
        return initialize(upstream, asked);
    }
    let Some(id) = asked.header("mcp-session-id") else {
        // How a caller finds out the era: a modern request, which is none here.
        if asked.method() != "server/discover" {
            upstream.complain(asked, "no session");
        }
        return error(400, &asked.body["id"], -32600, "Mcp-Session-Id header is required");
    };
    let mut state = upstream.state();
    let State { sessions, streams, .. } = &mut *state;
    let Some(session) = sessions.get_mut(id).filter(|session| !session.deleted) else {
        return error(404, &asked.body["id"], -32001, "Session not found");
    };
    if let Some(rule) = broken(asked, session) {
        upstream.complain(asked, rule);
        return empty(400);
    }
    if asked.http == "GET" {
        return listen(upstream, asked, &mut state, id);
    }
    match (asked.http.as_str(), asked.method()) {
        ("DELETE", _) => {
            session.deleted = true;
            if let Some(stream) = session.stream.and_then(|stream| streams.get(&stream)) {
                // It may have ended by itself.
                let _ = stream.lines.send(Line::End(String::new()));
            }
            empty(200)
        }
        (_, "notifications/initialized") => {
            session.initialized = true;
            empty(202)
        }
        (_, method) if method.starts_with("notifications/") => empty(202),
        (_, method) => {
            let (id, params) = (&asked.body["id"], &asked.body["params"]);
            let result = match method {
                "ping" => Some(json!({})),
                "resources/subscribe" | "resources/unsubscribe" => {
                    subscribe(upstream, session, method, &params["uri"])
                }
                _ => result(upstream, method, params),
            };
            match result {
                Some(result) => whole(200, &json!({"jsonrpc": "2.0", "id": id, "result": result})),
                None => error(200, id, -32601, "Method not found"),
            }
        }
    }
}

fn error(status: u16, id: &Value, code: i64, message: &str) -> Response<Body> {
    let error = json!({"code": code, "message": message});
    let id = if id.is_null() { json!("server-error") } else { id.clone() };
    whole(status, &json!({"jsonrpc": "2.0", "id": id, "error": error}))
}

/// The first rule that a request within a session breaks.
fn broken(asked: &Asked, session: &Session) -> Option<&'static str> {
    let accepts = |kind: &str| asked.header("accept").is_some_and(|accept| accept.contains(kind));
    let posted = asked.http == "POST";
    let method = asked.method();
    let rules = [
        (asked.header("mcp-protocol-version") == Some(REVISION), "MCP-Protocol-Version"),
        (asked.http != "GET" || accepts("text/event-stream"), "Accept"),
        (!posted || (accepts("application/json") && accepts("text/event-stream")), "Accept"),
        (!posted || asked.body["jsonrpc"] == "2.0", "not JSON-RPC"),
        (
            session.initialized || method == "notifications/initialized" || method == "DELETE",
            "not initialized",
        ),
        (
            asked.body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"].is_null(),
            "a modern envelope",
        ),
    ];
    rules.iter().find(|(kept, _)| !kept).map(|(_, rule)| *rule)
}

fn initialize(upstream: &Arc<Upstream>, asked: &Asked) -> Response<Body> {
    let mut state = upstream.state();
    let number = state.sessions.len() + 1;
    let id = format!("session-{}-{number}", upstream.name());
    state.sessions.insert(id.clone(), Session { number, ..Session::default() });
    let result = json!({
        "protocolVersion": REVISION, "capabilities": capabilities(),
        "serverInfo": {"name": upstream.name(), "version": "1"},
    });
    let mut response = whole(200, &json!({"jsonrpc": "2.0", "id": asked.body["id"], "result": result}));
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert("mcp-session-id", id);
    }
    response
}

fn subscribe(upstream: &Upstream, session: &mut Session, method: &str, uri: &Value) -> Option<Value> {
    let uri = uri.as_str()?;
    if method == "resources/unsubscribe" {
        session.uris.remove(uri);
    } else if session.uris.insert(uri.to_owned())
        && let (Some(client), Some(stream)) = (plan::owner_of(uri), session.stream)
    {
        upstream.log.holds(upstream.number, client, stream);
    }
    Some(json!({}))
}

/// The stream of a session: from its end on, or behind the event that is named.
fn listen(upstream: &Arc<Upstream>, asked: &Asked, state: &mut State, id: &str) -> Response<Body> {
    let Some(session) = state.sessions.get_mut(id) else { return empty(404) };
    if session.stream.is_some() {
        // As the official package does.
        return error(409, &Value::Null, -32000, "Conflict: Only one SSE stream is allowed per session");
    }
    let from = match asked.header("last-event-id") {
        None => session.events.len(),
        Some(last) => match place(session, last) {
            Some(place) => place,
            None => {
                upstream.complain(asked, "an event id of nobody's");
                return empty(400);
            }
        },
    };
    session.listens = true;
    let uris = session.uris.clone();
    let (owners, events): (Vec<usize>, Vec<(u64, What)>) = (
        uris.iter().filter_map(|uri| plan::owner_of(uri)).collect(),
        session.events.get(from..).unwrap_or_default().to_vec(),
    );
    let priming = format!("id: {}-{from}\nretry: 500\ndata: \n\n", session.number);
    let (stream, body) = upstream.open_stream(state, |lines| Stream {
        lines,
        uris: std::collections::BTreeSet::new(),
        lists: Vec::new(),
        subscription: Value::Null,
    });
    owners.into_iter().for_each(|client| upstream.log.holds(upstream.number, client, stream));
    let State { streams, sessions, .. } = state;
    if let (Some(open), Some(session)) = (streams.get(&stream), sessions.get_mut(id)) {
        session.stream = Some(stream);
        // The other end is there: it was made in this moment.
        let _ = open.lines.send(Line::Event(Piece { text: priming, sent: None }));
        for (at, (number, what)) in events.iter().enumerate() {
            let text = event(upstream, session, from + at + 1, *number, what);
            upstream.write(open, stream, &uris, *number, what, text);
        }
    }
    streaming(body)
}

/// How many events lie before and at this id of the session's.
fn place(session: &Session, id: &str) -> Option<usize> {
    let (number, place) = id.split_once('-')?;
    let (number, place): (usize, usize) = (number.parse().ok()?, place.parse().ok()?);
    (number == session.number && place <= session.events.len()).then_some(place)
}

/// A notification on a stream; `place` is how many events of the session there are with it.
pub fn event(upstream: &Upstream, session: &Session, place: usize, number: u64, what: &What) -> String {
    let mut params = json!({"_meta": {TAG: tag(upstream, number)}});
    if let What::Updated(uri) = what {
        params["uri"] = uri.as_str().into();
    }
    let message = json!({"jsonrpc": "2.0", "method": what.method(), "params": params});
    format!("id: {}-{place}\nevent: message\ndata: {message}\n\n", session.number)
}
