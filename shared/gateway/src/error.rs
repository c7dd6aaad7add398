//! Refusals (our decision) and faults (breakage, with its side), and the one table to HTTP and JSON-RPC.
//!
//! Detail for operators travels in the audit trail; what is written here reaches the agent.
//! Codes: JSON-RPC 2.0, MCP 2026-07-28 (-32020 to -32022), own codes positive.

use crate::mcp::era::HeaderMismatch;
use crate::mcp::json::quote;
use crate::mcp::revisions::Era;
use std::fmt::Write as _;

/// A request that the gateway decided not to carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// `Host` is not one of the endpoint's.
    BadHost,
    /// `Origin` is present and not allowed.
    BadOrigin,
    /// No token. Also the answer for a tenant that does not exist.
    NoToken,
    /// A token that is not accepted; the reason is for the audit trail only.
    BadToken(&'static str),
    /// The token lacks one of the scopes of this endpoint.
    InsufficientScope,
    /// No such page below the host.
    NotFound,
    /// HTTP method not offered at the endpoint.
    MethodNotAllowed,
    /// `Content-Type` is not `application/json`, or the request body is encoded.
    MediaType(&'static str),
    /// The body is over the limit.
    TooLarge,
    /// The body is not strict JSON.
    Parse(String),
    /// Strict JSON, but no message of this protocol.
    InvalidRequest(&'static str),
    /// A required `_meta` key or parameter is missing or has the wrong type.
    InvalidParams(String),
    /// A header is missing or differs from the body (-32020).
    HeaderMismatch(String),
    /// A revision that is not served (-32022).
    UnsupportedVersion {
        /// What was asked for.
        requested: String,
        /// What is served in this era.
        supported: &'static [&'static str],
    },
    /// A method that is unknown in this era.
    UnknownMethod(String),
    /// An unknown tool, or one that this caller may not use: they answer alike.
    UnknownTool(String),
    /// Likewise a prompt.
    UnknownPrompt(String),
    /// Likewise a resource.
    UnknownResource(String),
    /// A cursor that is not ours, not this caller's, or of an older configuration.
    BadCursor,
    /// A `requestState` that is not ours, not this caller's, expired or for another request.
    BadState,
    /// A posted answer to a server request that is not ours, not this caller's, or expired.
    BadAnswer,
    /// The call needs a capability that the client did not declare (-32021); the raw ClientCapabilities object.
    MissingCapability(String),
    /// A legacy request without the session id that it needs.
    NoSession,
    /// A session id that is not ours, not this caller's, or expired: the client has to initialize again.
    UnknownSession,
    /// A feature that is not there yet, by name.
    NotSupported(&'static str),
}

/// Breakage, with its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The upstream with this alias failed.
    Upstream {
        /// Its alias.
        alias: String,
        /// What went wrong.
        kind: UpstreamFault,
    },
    /// Our own: a broken invariant. Never expected, never a panic.
    Internal(&'static str),
}

/// What went wrong at an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamFault {
    /// No connection, or it broke before a whole answer.
    Unreachable,
    /// No answer within the deadline.
    Deadline,
    /// 401 or 403: the gateway's own credential is not accepted.
    Credential,
    /// 429.
    Limited,
    /// Any other status that carries no JSON-RPC message.
    Status(u16),
    /// A redirect: never followed.
    Redirect,
    /// Neither JSON nor an event stream.
    ContentType,
    /// Not strict JSON, no JSON-RPC message, or half an event.
    Malformed,
    /// An answer with an id that was not asked for.
    WrongId,
    /// Larger than the limit.
    TooLarge,
    /// The stream ended without the answer.
    NoAnswer,
    /// It speaks no revision that the gateway does.
    Revision,
    /// It refuses the session that it gave.
    Session,
    /// It answered a request of the gateway's own (a list) with a JSON-RPC error.
    Error,
}

impl UpstreamFault {
    /// A short, stable name for `data.kind` and the audit trail.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Deadline => "deadline",
            Self::Credential => "credential",
            Self::Limited => "limited",
            Self::Status(_) => "status",
            Self::Redirect => "redirect",
            Self::ContentType => "content_type",
            Self::Malformed => "malformed",
            Self::WrongId => "wrong_id",
            Self::TooLarge => "too_large",
            Self::NoAnswer => "no_answer",
            Self::Revision => "revision",
            Self::Session => "session",
            Self::Error => "error",
        }
    }
}

/// Why a call has no result of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Our decision.
    Refusal(Refusal),
    /// Breakage.
    Fault(Fault),
}

impl From<HeaderMismatch> for Refusal {
    fn from(mismatch: HeaderMismatch) -> Self {
        Self::HeaderMismatch(format!("{} {}", mismatch.header, mismatch.why))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// One row of the table: what an error looks like outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// HTTP status for a request of the modern era.
    pub status: u16,
    /// JSON-RPC code.
    pub code: i32,
    /// Public text.
    pub message: String,
    /// Raw JSON of `error.data`, if any.
    pub data: Option<String>,
    /// A short, stable name for the audit trail.
    pub kind: &'static str,
    /// Whether a legacy client gets `status` too; else 200, as SDKs of that era throw on any other status.
    pub at_http: bool,
}

impl Row {
    /// The row for a client of this era. Legacy SDKs throw on any status but 200, so what is no matter of
    /// HTTP comes with 200; and a missing resource has a code of its own there (MCP 2025-11-25, Resources).
    #[must_use]
    pub fn for_era(mut self, era: Era) -> Self {
        if era == Era::Legacy {
            if !self.at_http {
                self.status = 200;
            }
            if self.kind == "unknown_resource" {
                self.code = -32002;
            }
        }
        self
    }

    /// The JSON-RPC error message with this id (raw JSON), or without one when it could not be read.
    #[must_use]
    pub fn message(&self, id: Option<&str>) -> String {
        let mut out = String::with_capacity(128);
        out.push_str(r#"{"jsonrpc":"2.0","#);
        if let Some(id) = id {
            let _ = write!(out, r#""id":{id},"#);
        }
        let _ = write!(out, r#""error":{{"code":{},"message":"#, self.code);
        quote(&mut out, &self.message);
        if let Some(data) = &self.data {
            let _ = write!(out, r#","data":{data}"#);
        }
        out.push_str("}}");
        out
    }
}

impl Error {
    /// The table.
    #[must_use]
    pub fn row(&self) -> Row {
        match self {
            Self::Refusal(refusal) => refusal.row(),
            Self::Fault(fault) => fault.row(),
        }
    }
}

fn row(status: u16, code: i32, message: impl Into<String>, kind: &'static str, at_http: bool) -> Row {
    Row { status, code, message: message.into(), data: None, kind, at_http }
}

/// HTTP-level rows keep their status for every era.
const HTTP: bool = true;
/// JSON-RPC rows answer a legacy client with 200.
const RPC: bool = false;

impl Refusal {
    fn row(&self) -> Row {
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
    fn row(&self) -> Row {
        match self {
            Self::Upstream { alias, kind } => {
                let (code, text) = match kind {
                    UpstreamFault::Deadline => (1504, "Upstream did not answer in time"),
                    _ => (1502, "Upstream failed"),
                };
                let mut fault = row(200, code, text, "upstream", RPC);
                let mut data = object("kind", kind.name());
                if !alias.is_empty() {
                    data.pop();
                    data.push_str(r#","upstream":"#);
                    quote(&mut data, alias);
                    data.push('}');
                }
                fault.data = Some(data);
                fault
            }
            Self::Internal(_) => row(500, -32603, "Internal error", "internal", RPC),
        }
    }
}
