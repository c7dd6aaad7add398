//! Requests as revision 2026-07-28 has them: no session, everything in `_meta` and mirrored in headers.

use super::guard::Deadlines;
use super::link::Link;
use super::listen::Wish;
use super::send::Call;
use super::wanted::{Asks, Logs, Progress, Wanted};
use super::{Ask, ClientSide};
use crate::mcp::headers::encode_value;
use crate::mcp::json::quote;
use crate::mcp::revisions::meta;
use crate::mcp::{Edits, Era, Json, Request, Revision};
use crate::platform::OutgoingHeaders;
use std::rc::Rc;

/// The gateway as an MCP Implementation.
pub(super) const CLIENT_INFO: &str =
    concat!(r#"{"name":"postern","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);

/// The revision, as JSON text.
const REVISION: &str = "\"2026-07-28\"";
/// Capabilities of a client with the extension for tasks alone.
const TASKS: &str = r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;

/// `ask` as a request under `id`.
pub(super) fn call(link: &Link, ask: &Ask<'_>, id: String) -> Call {
    let (json, request) = (ask.outbound.json(), ask.outbound.request());
    let mut edits = ask.edits.clone();
    edits.replace(json.span(request.id), id.clone());
    describe(json, request, ask.client, &id, &mut edits);
    let method = json.string(request.method_name);
    let mut headers = headers(link, &encode_value(&method.unwrap_or_default()));
    if let Some(name) = &ask.name {
        headers.push("mcp-name", &encode_value(name));
    }
    for (name, value) in &ask.param_headers {
        headers.push(&name.to_ascii_lowercase(), value);
    }
    let progress = ask.client.progress_token.clone().map(|token| Progress { token, last: None });
    let logs = Logs::wanted(ask.client.log_level.as_deref(), ask.client.revision.era());
    let wanted = Wanted { id, era: Era::Modern, session: None, asks: Asks::Never, progress, logs };
    let body = edits.apply_within(json.text(), json.span(request.node));
    let (deadlines, scope) = (ask.terms.deadlines, Rc::clone(&ask.terms.scope));
    Call { headers, body, wanted, deadlines, scope, cancellable: false }
}

/// `server/discover` under `id`, to be complete by `end` (Unix ms).
pub(super) fn discover(link: &Link, id: String, end: u64) -> Call {
    let mut body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"server/discover","params":{{"_meta":{{"#);
    envelope(&mut body, "{}");
    body.push_str("}}}");
    let wanted =
        Wanted { id, era: Era::Modern, session: None, asks: Asks::Never, progress: None, logs: Logs::None };
    Call {
        headers: headers(link, "server/discover"),
        body,
        wanted,
        deadlines: Deadlines::of(link.upstream(), end),
        scope: Rc::clone(&link.guards.own),
        cancellable: false,
    }
}

/// `subscriptions/listen` under `id` for what `filter` (raw JSON) names.
pub(super) fn listen(link: &Link, id: String, wish: &Wish, deadlines: Deadlines) -> Call {
    let mut body =
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"subscriptions/listen","params":{{"_meta":{{"#);
    // Who names tasks declares that it knows them.
    envelope(&mut body, if wish.tasks.is_empty() { "{}" } else { TASKS });
    body.push_str(r#"},"notifications":"#);
    body.push_str(&wish.filter());
    body.push_str("}}");
    let wanted =
        Wanted { id, era: Era::Modern, session: None, asks: Asks::Never, progress: None, logs: Logs::None };
    let scope = Rc::clone(&link.guards.own);
    Call {
        headers: headers(link, "subscriptions/listen"),
        body,
        wanted,
        deadlines,
        scope,
        cancellable: false,
    }
}

/// The required members of `_meta`, and who asks. `capabilities`: raw JSON.
fn envelope(body: &mut String, capabilities: &str) {
    member(body, meta::PROTOCOL_VERSION, REVISION);
    body.push(',');
    member(body, meta::CLIENT_CAPABILITIES, capabilities);
    body.push(',');
    member(body, meta::CLIENT_INFO, CLIENT_INFO);
}

fn headers(link: &Link, method: &str) -> OutgoingHeaders {
    let mut headers = link.headers.clone();
    headers.push("mcp-protocol-version", Revision::V2026_07_28.as_str());
    headers.push("mcp-method", method);
    headers
}

/// The `_meta` of a request: the client as the gateway presents it. Whatever else is in it stays, trace context
/// (`traceparent`, `tracestate`) included.
fn describe(json: &Json<'_>, request: &Request, client: &ClientSide, id: &str, edits: &mut Edits) {
    let level = match (&client.log_level, client.revision.era()) {
        (Some(level), _) => Some(quoted(level)),
        // Such a client was told that its level is accepted, and nobody remembers which it was.
        (None, Era::Legacy) => Some(quoted("info")),
        (None, Era::Modern) => None,
    };
    let keys = [
        (meta::PROTOCOL_VERSION, Some(REVISION)),
        (meta::CLIENT_CAPABILITIES, Some(client.capabilities.as_str())),
        (meta::CLIENT_INFO, Some(CLIENT_INFO)),
        (meta::LOG_LEVEL, level.as_deref()),
        (meta::PROGRESS_TOKEN, client.progress_token.as_ref().map(|_| id)),
    ];
    let keys = keys.into_iter().filter_map(|(key, value)| Some((key, value?)));
    if let Some(node) = request.meta {
        for (key, value) in keys {
            // What is right already is left alone.
            if json.get(node, key).is_none_or(|old| json.raw(old) != value) {
                edits.set(json, node, key, value);
            }
        }
        return;
    }
    let mut object = String::from("{");
    for (key, value) in keys {
        if object.len() > 1 {
            object.push(',');
        }
        member(&mut object, key, value);
    }
    object.push('}');
    match request.params {
        Some(params) => edits.set(json, params, "_meta", &object),
        None => edits.set(json, request.node, "params", format!(r#"{{"_meta":{object}}}"#)),
    }
}

fn member(out: &mut String, key: &str, raw: &str) {
    quote(out, key);
    out.push(':');
    out.push_str(raw);
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(&mut out, text);
    out
}
