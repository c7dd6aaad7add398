//! An upstream of 2026-07-28: what it answers, and what its listen streams carry.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use hyper::Response;
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::body::{Body, Line, Piece};
use crate::log::NAMELESS;
use crate::plan::{self, LISTS, SHARED, What};
use crate::upstream::{Stream, Upstream};

/// The revision.
pub const REVISION: &str = "2026-07-28";
/// Where a stream's messages name its listen request.
pub const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
/// Where notifications have their number, `ALIAS-NUMBER`.
pub const TAG: &str = "soak.test/number";

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// What both eras can do.
pub fn capabilities() -> Value {
    let list = json!({"listChanged": true});
    json!({"tools": list, "prompts": list, "resources": {"listChanged": true, "subscribe": true}})
}

/// An answer with a JSON body.
pub fn whole(status: u16, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Bytes::from(body.to_string())));
    set(&mut response, status, "application/json");
    response
}

/// An answer without a body.
pub fn empty(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::Whole(Bytes::new()));
    *response.status_mut() = status.try_into().unwrap_or_default();
    response
}

/// An answer that is a stream.
pub fn streaming(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    set(&mut response, 200, "text/event-stream");
    response
}

fn set(response: &mut Response<Body>, status: u16, kind: &'static str) {
    *response.status_mut() = status.try_into().unwrap_or_default();
    response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static(kind));
}

/// The members of a result that both eras have in common; `None` for an unknown method.
pub fn result(upstream: &Upstream, method: &str, params: &Value) -> Option<Value> {
    let alias = upstream.name();
    Some(match method {
        "tools/list" => json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}),
        "prompts/list" => json!({"prompts": [{"name": "greet"}]}),
        "resources/list" => {
            json!({"resources": [{"uri": plan::uri(upstream.number, SHARED), "name": SHARED}]})
        }
        "resources/templates/list" => {
            let template = plan::uri(upstream.number, "{client}");
            json!({"resourceTemplates": [{"uriTemplate": template, "name": "own"}]})
        }
        "resources/read" => json!({"contents": [{"uri": params["uri"], "text": alias}]}),
        "tools/call" => {
            let text = format!("{alias} {}", params["arguments"]["n"]);
            json!({"content": [{"type": "text", "text": text}]})
        }
        _ => return None,
    })
}

/// The first rule of the revision that a request breaks.
fn broken(asked: &Asked) -> Option<&'static str> {
    let (body, meta) = (&asked.body, &asked.body["params"]["_meta"]);
    let accepts = |kind: &str| asked.header("accept").is_some_and(|accept| accept.contains(kind));
    let name = match asked.method() {
        "tools/call" | "prompts/get" => body["params"]["name"].as_str(),
        "resources/read" => body["params"]["uri"].as_str(),
        _ => None,
    };
    let rules = [
        (asked.http == "POST", "not a POST"),
        (body["jsonrpc"] == "2.0" && body["method"].is_string(), "not JSON-RPC"),
        (body["id"].is_string() || body["id"].is_i64(), "no id"),
        (accepts("application/json") && accepts("text/event-stream"), "Accept"),
        (asked.header("content-type") == Some("application/json"), "Content-Type"),
        (asked.header("mcp-protocol-version") == Some(REVISION), "MCP-Protocol-Version"),
        (meta[META_VERSION] == REVISION, "_meta protocolVersion"),
        (meta[META_CAPABILITIES].is_object(), "_meta clientCapabilities"),
        (asked.header("mcp-method") == body["method"].as_str(), "Mcp-Method"),
        (asked.header("mcp-name") == name, "Mcp-Name"),
        (asked.header("mcp-session-id").is_none(), "Mcp-Session-Id"),
        (asked.header("last-event-id").is_none(), "Last-Event-ID"),
    ];
    rules.iter().find(|(kept, _)| !kept).map(|(_, rule)| *rule)
}

/// Answers a request.
pub fn answer(upstream: &Arc<Upstream>, asked: &Asked) -> Response<Body> {
    if let Some(rule) = broken(asked) {
        upstream.complain(asked, rule);
        return empty(400);
    }
    let (id, method, params) = (&asked.body["id"], asked.method(), &asked.body["params"]);
    if method == "subscriptions/listen" {
        return listen(upstream, asked);
    }
    let result = match method {
        "server/discover" => Some(json!({
            "supportedVersions": [REVISION], "capabilities": capabilities(),
            "serverInfo": {"name": upstream.name(), "version": "1"},
        })),
        _ => result(upstream, method, params),
    };
    let Some(mut result) = result else {
        let error = json!({"code": -32601, "message": "Method not found"});
        return whole(404, &json!({"jsonrpc": "2.0", "id": id, "error": error}));
    };
    result["resultType"] = "complete".into();
    if method != "tools/call" {
        result["ttlMs"] = 60_000.into();
        result["cacheScope"] = "public".into();
    }
    whole(200, &json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

fn listen(upstream: &Arc<Upstream>, asked: &Asked) -> Response<Body> {
    let id = &asked.body["id"];
    let Some((uris, lists)) = filter(&asked.body["params"]["notifications"]) else {
        upstream.complain(asked, "not a filter");
        let error = json!({"code": -32602, "message": "notifications"});
        return whole(200, &json!({"jsonrpc": "2.0", "id": id, "error": error}));
    };
    let mut honoured = serde_json::Map::new();
    if !uris.is_empty() {
        honoured.insert("resourceSubscriptions".to_owned(), json!(uris));
    }
    honoured.extend(lists.iter().filter_map(What::member).map(|member| (member.to_owned(), true.into())));
    let params = json!({"notifications": honoured, "_meta": {SUBSCRIPTION: id}});
    let first = message("notifications/subscriptions/acknowledged", &params);
    let nothing = honoured.is_empty();
    let mut owners: Vec<usize> = uris.iter().filter_map(|uri| plan::owner_of(uri)).collect();
    if owners.is_empty() {
        owners.push(NAMELESS);
    }
    let mut state = upstream.state();
    let (stream, body) = upstream.open_stream(&mut state, |lines| {
        let stream = Stream { lines, uris, lists, subscription: id.clone() };
        // The other end is there: it was made in this moment.
        let _ = stream.lines.send(Line::Event(Piece { text: first, sent: None }));
        if nothing {
            let _ = stream.lines.send(Line::End(end(&stream)));
        }
        stream
    });
    owners.into_iter().for_each(|client| upstream.log.holds(upstream.number, client, stream));
    drop(state);
    streaming(body)
}

/// The URIs and lists of a filter; `None` when it is none.
fn filter(filter: &Value) -> Option<(BTreeSet<String>, Vec<What>)> {
    let (mut uris, mut lists) = (BTreeSet::new(), Vec::new());
    for (name, value) in filter.as_object()? {
        match LISTS.iter().find(|list| list.member() == Some(name)) {
            Some(list) if value.as_bool()? => lists.push(list.clone()),
            Some(_) => {}
            None if name == "resourceSubscriptions" => {
                for uri in value.as_array()? {
                    uris.insert(uri.as_str()?.to_owned());
                }
            }
            None => return None,
        }
    }
    Some((uris, lists))
}

fn message(method: &str, params: &Value) -> String {
    format!("event: message\ndata: {}\n\n", json!({"jsonrpc": "2.0", "method": method, "params": params}))
}

/// A notification on a stream.
pub fn event(upstream: &Upstream, stream: &Stream, number: u64, what: &What) -> String {
    let mut params = json!({"_meta": {SUBSCRIPTION: stream.subscription, TAG: tag(upstream, number)}});
    if let What::Updated(uri) = what {
        params["uri"] = uri.as_str().into();
    }
    message(what.method(), &params)
}

/// The number of a notification as clients see it.
pub fn tag(upstream: &Upstream, number: u64) -> String {
    format!("{}-{number}", upstream.name())
}

/// What a stream is told at an orderly end: the answer to the listen request. A legacy one is only closed.
pub fn end(stream: &Stream) -> String {
    let id = &stream.subscription;
    if id.is_null() {
        return String::new();
    }
    let result = json!({"resultType": "complete", "_meta": {SUBSCRIPTION: id}});
    format!("event: message\ndata: {}\n\n", json!({"jsonrpc": "2.0", "id": id, "result": result}))
}
