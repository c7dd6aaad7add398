//! The table: each refusal and fault with its status, code and public text.

use super::{Fault, Refusal, Row, UpstreamFault};
use crate::mcp::json::quote;
use std::fmt::Write as _;

fn row(status: u16, code: i32, message: impl Into<String>, kind: &'static str, at_http: bool) -> Row {
    Row { status, code, message: message.into(), data: None, kind, at_http, headers: Vec::new() }
}

/// HTTP-level rows keep their status for every era.
const HTTP: bool = true;
/// JSON-RPC rows answer a legacy client with 200.
const RPC: bool = false;

impl Refusal {
    pub(super) fn row(&self) -> Row {
        match self {
            Self::BadHost => row(403, -32600, "Host not allowed", "bad_host", HTTP),
            Self::BadOrigin => row(403, -32600, "Origin not allowed", "bad_origin", HTTP),
            Self::NoToken => row(401, -32600, "Unauthorized", "no_token", HTTP),
            Self::BadToken(_) => row(401, -32600, "Unauthorized", "bad_token", HTTP),
            Self::InsufficientScope => row(403, -32600, "Insufficient scope", "insufficient_scope", HTTP),
            Self::NotFound => row(404, -32600, "Not found", "not_found", HTTP),
            Self::MethodNotAllowed => row(405, -32600, "Method not allowed", "method_not_allowed", HTTP),
            Self::MediaType(why) => row(415, -32600, *why, "media_type", HTTP),
            Self::TooLarge => row(413, 1413, "Request too large", "too_large", HTTP),
            Self::Parse(why) => row(400, -32700, format!("Parse error: {why}"), "parse", HTTP),
            Self::InvalidRequest(why) => {
                row(400, -32600, format!("Invalid request: {why}"), "invalid_request", HTTP)
            }
            Self::InvalidParams(why) => {
                row(400, -32602, format!("Invalid params: {why}"), "invalid_params", RPC)
            }
            Self::HeaderMismatch(why) => {
                row(400, -32020, format!("Header mismatch: {why}"), "header_mismatch", HTTP)
            }
            Self::UnsupportedVersion { requested, supported } => unsupported(requested, supported),
            Self::UnknownMethod(method) => {
                row(404, -32601, format!("Method not found: {method}"), "unknown_method", RPC)
            }
            Self::UnknownTool(name) => row(200, -32602, format!("Unknown tool: {name}"), "unknown_tool", RPC),
            Self::UnknownPrompt(name) => {
                row(200, -32602, format!("Unknown prompt: {name}"), "unknown_prompt", RPC)
            }
            Self::UnknownResource(uri) => {
                let mut found = row(200, -32602, "Resource not found", "unknown_resource", RPC);
                found.data = Some(object("uri", uri));
                found
            }
            Self::BadCursor => row(200, -32602, "Invalid cursor", "bad_cursor", RPC),
            Self::BadState => row(200, -32602, "Invalid requestState", "bad_state", RPC),
            Self::UnknownTask => row(200, -32602, "Unknown task", "unknown_task", RPC),
            Self::BadAnswer => row(400, -32600, "No such request", "bad_answer", HTTP),
            Self::MissingCapability(required) => {
                let mut missing =
                    row(400, -32021, "Missing required client capability", "missing_capability", RPC);
                missing.data = Some(format!(r#"{{"requiredCapabilities":{required}}}"#));
                missing
            }
            Self::NoSession => row(400, -32600, "Mcp-Session-Id header is required", "no_session", HTTP),
            Self::UnknownSession => {
                row(404, -32600, "Session not found: initialize again", "unknown_session", HTTP)
            }
            Self::Limited(limited) => {
                let mut found = row(429, 1429, &*limited.message, "limited", RPC);
                (found.data, found.headers) = (Some(limited.data.clone()), limited.headers.clone());
                found
            }
            Self::TooManyStreams => too_many_streams(),
            Self::Looping { retry_ms } => looping(*retry_ms),
            Self::Flood => flood(),
            Self::Blocked { what, way } => blocked(what, way),
            Self::AskDenied(what) => ask_denied(what),
            Self::NotSupported(feature) => row(
                200,
                -32601,
                format!("Not supported by this gateway yet: {feature}"),
                "not_supported",
                RPC,
            ),
        }
    }
}

fn too_many_streams() -> Row {
    let mut many = row(429, 1429, "Too many streams are open", "streams", RPC);
    many.data = Some(r#"{"kind":"streams"}"#.to_owned());
    many
}

fn looping(retry_ms: u64) -> Row {
    let text = "Stopped: the same calls were made again and again, also after being told to stop. Do something else, \
        or wait";
    Row {
        data: Some(format!(r#"{{"kind":"loop","retryAfterMs":{retry_ms}}}"#)),
        headers: vec![("retry-after", retry_ms.div_ceil(1000).to_string())],
        ..row(429, 1430, text, "looping", RPC)
    }
}

/// MCP: own codes are positive; 451 as in RFC 7725.
fn blocked(what: &str, way: &str) -> Row {
    let mut data = object("type", what);
    data.pop();
    let _ = write!(data, r#","kind":"redaction","direction":"{way}"}}"#);
    let message = format!("Blocked: the {way} has something in it that may not pass ({what})");
    Row { data: Some(data), ..row(200, 1451, message, "blocked", RPC) }
}

/// No -32021: the client may well have declared it.
fn ask_denied(what: &str) -> Row {
    let mut data = object("asks", what);
    data.pop();
    data.push_str(r#","kind":"ask"}"#);
    let message = format!("The server asks what it may not ask here ({what})");
    Row { data: Some(data), ..row(200, 1403, message, "ask_denied", RPC) }
}

/// No 429: clients take one for a sign that the server is of another era.
fn flood() -> Row {
    Row {
        headers: vec![("retry-after", "1".to_owned())],
        ..row(503, 1503, "Too many requests", "flood", HTTP)
    }
}

fn unsupported(requested: &str, supported: &[&str]) -> Row {
    let mut data = String::from(r#"{"supported":["#);
    for (at, version) in supported.iter().enumerate() {
        if at > 0 {
            data.push(',');
        }
        quote(&mut data, version);
    }
    data.push_str(r#"],"requested":"#);
    quote(&mut data, requested);
    data.push('}');
    Row { data: Some(data), ..row(400, -32022, "Unsupported protocol version", "unsupported_version", HTTP) }
}

fn object(key: &str, value: &str) -> String {
    let mut out = String::from("{");
    quote(&mut out, key);
    out.push(':');
    quote(&mut out, value);
    out.push('}');
    out
}

impl Fault {
    pub(super) fn row(&self) -> Row {
        match self {
            Self::Upstream { alias, kind } => {
                let (code, text) = match kind {
                    UpstreamFault::Deadline => (1504, "Upstream did not answer in time"),
                    _ => (1502, "Upstream failed"),
                };
                let mut fault = row(200, code, text, "upstream", RPC);
                let mut data = object("kind", kind.name());
                data.pop();
                if !alias.is_empty() {
                    data.push_str(r#","upstream":"#);
                    quote(&mut data, alias);
                }
                if let Some(after) = kind.retry_after_ms() {
                    let _ = write!(data, r#","retryAfterMs":{after}"#);
                }
                data.push('}');
                fault.data = Some(data);
                fault
            }
            Self::Ledger(_) => {
                let mut fault =
                    row(503, 1503, "Limits cannot be checked right now: retry later", "ledger", RPC);
                fault.data = Some(r#"{"kind":"ledger","retryAfterMs":1000}"#.to_owned());
                fault.headers = vec![("retry-after", "1".to_owned())];
                fault
            }
            Self::Rendezvous(_) => {
                let text = "This cannot be handed on right now: retry later";
                let mut fault = row(503, 1503, text, "rendezvous", RPC);
                fault.data = Some(r#"{"kind":"rendezvous","retryAfterMs":1000}"#.to_owned());
                fault.headers = vec![("retry-after", "1".to_owned())];
                fault
            }
            Self::Internal(_) => row(500, -32603, "Internal error", "internal", RPC),
        }
    }
}
