//! What an upstream's answer means when it is not what was asked for.

use crate::error::UpstreamFault;
use crate::mcp::{Json, Message, Outcome};
use crate::platform::FetchError;

/// A request that got no answer, and what the upstream said to it.
#[derive(Debug)]
pub(super) struct Failure {
    /// For the agent and the audit trail.
    pub(super) kind: UpstreamFault,
    /// HTTP status, 0 when there was none.
    pub(super) status: u16,
    /// The JSON-RPC error that came with it, whatever its id.
    pub(super) error: Option<RpcError>,
    /// A session id that came with it: some legacy servers open a session for any first request.
    pub(super) session_id: Option<String>,
}

/// The parts of a JSON-RPC error that decide something here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RpcError {
    pub(super) code: i64,
    /// `data.supported`, as -32022 has it.
    pub(super) supported: Vec<String>,
}

impl From<UpstreamFault> for Failure {
    fn from(kind: UpstreamFault) -> Self {
        Self { kind, status: 0, error: None, session_id: None }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        fetch(error).into()
    }
}

impl From<Failure> for UpstreamFault {
    fn from(failure: Failure) -> Self {
        failure.kind
    }
}

impl Failure {
    /// Whether the upstream refused the request unread, in a way that another era might not: a 4xx, a page
    /// instead of a message, or a complaint about the revision.
    pub(super) fn is_surprise(&self) -> bool {
        match self.kind {
            UpstreamFault::Status(status) => (400..500).contains(&status),
            UpstreamFault::Revision => true,
            UpstreamFault::ContentType => self.status == 200,
            _ => false,
        }
    }
}

/// -32020 HeaderMismatch and -32022 UnsupportedProtocolVersion (MCP 2026-07-28) are about what the gateway sent
/// and never an agent's business: they would steer its own negotiation.
pub(super) const fn about_revision(code: i64) -> bool {
    matches!(code, -32020 | -32022)
}

/// The SDKs' transports answer like this before they look at the message.
const fn of_transport(status: u16, code: i64) -> bool {
    matches!(status, 400 | 404 | 405 | 406 | 415) && matches!(code, -32000 | -32001)
}

pub(super) const fn fetch(error: FetchError) -> UpstreamFault {
    match error {
        FetchError::Unreachable => UpstreamFault::Unreachable,
        FetchError::TooLarge => UpstreamFault::TooLarge,
    }
}

/// The forms in which an answer may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One message.
    Json,
    /// Server-sent events, one message each.
    Events,
}

/// The form that a `Content-Type` announces.
pub(super) fn form(content_type: &str) -> Option<Form> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Some(Form::Json)
    } else if essence.eq_ignore_ascii_case("text/event-stream") {
        Some(Form::Events)
    } else {
        None
    }
}

/// What a status other than 200 means. `error` is the JSON-RPC error in its body and whether it has our id, `after` the
/// time in ms for which it asks to be left alone. `None`: it is an answer, as a JSON-RPC error may come with any status.
pub(super) fn of_status(
    status: u16,
    error: Option<(&RpcError, bool)>,
    in_session: bool,
    after: Option<u32>,
) -> Option<UpstreamFault> {
    match (status, error) {
        (300..=399, _) => Some(UpstreamFault::Redirect),
        (401 | 403, _) => Some(UpstreamFault::Credential),
        (_, Some((error, _))) if about_revision(error.code) => Some(UpstreamFault::Revision),
        (_, Some((error, true))) if !of_transport(status, error.code) => None,
        // 404 by the specification; servers made after the SDK's example say 400.
        (400 | 404, _) if in_session => Some(UpstreamFault::Session),
        (429, _) => Some(UpstreamFault::Limited(after)),
        (503, _) if after.is_some() => Some(UpstreamFault::Limited(after)),
        (200..=299, _) => Some(UpstreamFault::NoAnswer),
        _ => Some(UpstreamFault::Status(status)),
    }
}

/// The JSON-RPC error in `json`, and whether it answers the request `id` (raw JSON).
pub(super) fn error_in(json: &Json<'_>, id: &str) -> Option<(RpcError, bool)> {
    let Ok(Message::Response(response)) = Message::read(json, json.root()) else {
        return None;
    };
    let Outcome::Error(error) = response.outcome else {
        return None;
    };
    let code = json.integer(json.get(error, "code")?)?;
    let listed = json.get(error, "data").and_then(|data| json.value(data).get("supported"));
    let supported =
        listed.map(|list| list.elements().take(32).filter_map(|e| e.string().map(Into::into)).collect());
    let ours = response.id.is_some_and(|node| json.raw(node) == id);
    Some((RpcError { code, supported: supported.unwrap_or_default() }, ours))
}
