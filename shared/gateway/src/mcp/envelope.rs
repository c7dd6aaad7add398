//! JSON-RPC 2.0 envelopes as MCP uses them: requests with string or number ids, no `null` ids, object params.

use super::fold::is_lookalike;
use super::json::{Json, JsonError, Kind, Node};
use super::method::Method;
use super::revisions::meta;
use std::fmt;

/// Members of the envelope itself.
const ROOT_KEYS: &[&str] = &["jsonrpc", "id", "method", "params", "result", "error"];

/// Members of `params` that some revision gives a meaning the gateway acts on.
const PARAM_KEYS: &[&str] = &[
    "name",
    "arguments",
    "uri",
    "cursor",
    "_meta",
    "requestState",
    "inputResponses",
    "ref",
    "argument",
    "context",
    "level",
    "task",
    "taskId",
    "protocolVersion",
    "capabilities",
    "clientInfo",
    "progressToken",
    "requestId",
];

/// One message, as nodes of the document it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// Has a method and an id.
    Request(Request),
    /// Has a method and no id.
    Notification(Notification),
    /// Has a result or an error.
    Response(Response),
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The whole message: the root, or one element of a batch.
    pub node: Node,
    /// A string or a number; its text is kept, fractions included.
    pub id: Node,
    /// What [`Request::method_name`] means.
    pub method: Method,
    /// The method's name, a string.
    pub method_name: Node,
    /// `params`, an object.
    pub params: Option<Node>,
    /// `params._meta`, an object.
    pub meta: Option<Node>,
}

/// A notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notification {
    /// The whole message.
    pub node: Node,
    /// What [`Notification::method_name`] means.
    pub method: Method,
    /// The method's name, a string.
    pub method_name: Node,
    /// `params`, an object.
    pub params: Option<Node>,
    /// `params._meta`, an object.
    pub meta: Option<Node>,
}

/// A response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response {
    /// The whole message.
    pub node: Node,
    /// A string or a number; absent (or `null`) only on errors about a request that could not be read.
    pub id: Option<Node>,
    /// Exactly one of the two.
    pub outcome: Outcome,
}

/// What a response says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `result`, an object.
    Result(Node),
    /// `error`, an object with an integer `code` and a string `message`.
    Error(Node),
}

/// Why a text is no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvelopeError {
    /// Not acceptable JSON: -32700.
    Json(JsonError),
    /// JSON, but no valid message: -32600.
    Invalid {
        /// The raw id, where one could be read.
        id: Option<String>,
        /// What is wrong; public.
        why: &'static str,
    },
}

impl EnvelopeError {
    /// The JSON-RPC error code.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Json(_) => -32700,
            Self::Invalid { .. } => -32600,
        }
    }
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "Parse error: {error}"),
            Self::Invalid { why, .. } => write!(f, "Invalid Request: {why}"),
        }
    }
}

impl std::error::Error for EnvelopeError {}

impl From<JsonError> for EnvelopeError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl Message {
    /// Reads `node` of `json` (the root, or an element of a root array) as one message.
    ///
    /// # Errors
    /// [`EnvelopeError::Invalid`] with the first rule that is broken.
    pub fn read(json: &Json<'_>, node: Node) -> Result<Self, EnvelopeError> {
        let id = json.get(node, "id");
        let valid_id = id.filter(|&id| matches!(json.kind(id), Kind::String | Kind::Number));
        read(json, node, id, valid_id)
            .map_err(|why| EnvelopeError::Invalid { id: valid_id.map(|id| json.raw(id).to_owned()), why })
    }
}

fn read(
    json: &Json<'_>,
    node: Node,
    id: Option<Node>,
    valid_id: Option<Node>,
) -> Result<Message, &'static str> {
    if json.kind(node) != Kind::Object {
        return Err("a message is an object");
    }
    if json.members(node).any(|(name, _)| is_lookalike(&name, ROOT_KEYS)) {
        return Err("a member name looks like one of the envelope's but is not");
    }
    if json.get(node, "jsonrpc").and_then(|v| json.string(v)).is_none_or(|version| version != "2.0") {
        return Err("`jsonrpc` must be \"2.0\"");
    }
    let (result, error) = (json.get(node, "result"), json.get(node, "error"));
    let Some(method_name) = json.get(node, "method") else {
        return response(json, node, id, valid_id, result, error).map(Message::Response);
    };
    if result.is_some() || error.is_some() {
        return Err("a message has either a method or an outcome");
    }
    let Some(name) = json.string(method_name) else { return Err("`method` must be a string") };
    let Ok(method) = name.parse();
    let (params, meta) = params(json, node)?;
    match (id, valid_id) {
        (None, _) => Ok(Message::Notification(Notification { node, method, method_name, params, meta })),
        (Some(_), Some(id)) => Ok(Message::Request(Request { node, id, method, method_name, params, meta })),
        (Some(_), None) => Err("`id` must be a string or a number"),
    }
}

/// `params` and `params._meta`, both objects where present and free of look-alike names.
fn params(json: &Json<'_>, message: Node) -> Result<(Option<Node>, Option<Node>), &'static str> {
    let Some(params) = json.get(message, "params") else { return Ok((None, None)) };
    if json.kind(params) != Kind::Object {
        return Err("`params` must be an object");
    }
    if json.members(params).any(|(name, _)| is_lookalike(&name, PARAM_KEYS)) {
        return Err("a member name in `params` looks like one that has a meaning but is not");
    }
    let Some(meta) = json.get(params, "_meta") else { return Ok((Some(params), None)) };
    if json.kind(meta) != Kind::Object {
        return Err("`_meta` must be an object");
    }
    if json.members(meta).any(|(name, _)| is_lookalike(&name, meta::RESERVED)) {
        return Err("a member name in `_meta` looks like a reserved one but is not");
    }
    Ok((Some(params), Some(meta)))
}

fn response(
    json: &Json<'_>,
    node: Node,
    id: Option<Node>,
    valid_id: Option<Node>,
    result: Option<Node>,
    error: Option<Node>,
) -> Result<Response, &'static str> {
    let outcome = match (result, error) {
        (Some(result), None) if json.kind(result) == Kind::Object => Outcome::Result(result),
        (Some(_), None) => return Err("`result` must be an object"),
        (None, Some(error)) => {
            let code = json.get(error, "code").and_then(|code| json.integer(code));
            let message = json.get(error, "message").map(|message| json.kind(message));
            if code.is_none() || message != Some(Kind::String) {
                return Err("`error` must have an integer `code` and a string `message`");
            }
            Outcome::Error(error)
        }
        _ => return Err("a message has a method, a result or an error"),
    };
    let unread = id.is_none_or(|id| json.kind(id) == Kind::Null) && matches!(outcome, Outcome::Error(_));
    if valid_id.is_none() && !unread {
        return Err("`id` must be a string or a number");
    }
    Ok(Response { node, id: valid_id, outcome })
}

#[cfg(test)]
mod tests;
