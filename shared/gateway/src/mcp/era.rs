//! Which era a message belongs to, and the checks of the 2026-07-28 envelope in the order that its table demands.

use super::envelope::{Message, Request};
use super::headers::{BadHeader, Headers, decode_value};
use super::json::{Json, Kind, Node};
use super::method::{Method, Role};
use super::revisions::{Era, Revision, meta};
use std::fmt;

/// What a message claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// 2026-07-28, envelope and headers checked except `Mcp-Param-*`.
    Modern(Modern),
    /// An older revision.
    Legacy {
        /// `MCP-Protocol-Version`; absent on `initialize` and from 2025-03-26 clients.
        header: Option<Revision>,
    },
}

/// A modern request's claims, as nodes of its `_meta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modern {
    /// The agreed revision.
    pub revision: Revision,
    /// Client capabilities, an object. Absent only on notifications.
    pub capabilities: Option<Node>,
    /// Client info, an object; unverified.
    pub client_info: Option<Node>,
    /// The wanted log level, a string.
    pub log_level: Option<Node>,
    /// The progress token, a string or number.
    pub progress_token: Option<Node>,
}

/// Why a message is refused before any policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// `_meta` or a required key of it is missing or has the wrong type: 400, -32602.
    Meta(&'static str),
    /// A header and the body differ, or a header is missing or badly encoded: 400, -32020.
    Header(HeaderMismatch),
    /// A revision that is not served: 400, -32022 with `data`.
    Version {
        /// What was asked for.
        requested: String,
    },
    /// The method does not exist in the claimed era: 404, -32601.
    Method,
    /// A posted response or array where only a request or notification may stand, or a bad legacy header:
    /// 400, -32600.
    Request(&'static str),
}

/// Which header disagrees with the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMismatch {
    /// The header's name.
    pub header: String,
    /// What is wrong with it; public.
    pub why: &'static str,
}

impl Invalid {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        if *self == Self::Method { 404 } else { 400 }
    }

    /// The JSON-RPC error code.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Meta(_) => -32602,
            Self::Header(_) => -32020,
            Self::Version { .. } => -32022,
            Self::Method => -32601,
            Self::Request(_) => -32600,
        }
    }

    /// `error.data`, JSON text.
    #[must_use]
    pub fn data(&self) -> Option<String> {
        let Self::Version { requested } = self else { return None };
        let mut data = format!("{{\"supported\":[\"{}\"],\"requested\":", Revision::LATEST_MODERN);
        super::json::quote(&mut data, requested);
        data.push('}');
        Some(data)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Meta(why) => write!(f, "Invalid params: {why}"),
            Self::Header(HeaderMismatch { header, why }) => write!(f, "Header mismatch: {header} {why}"),
            Self::Version { .. } => f.write_str("Unsupported protocol version"),
            Self::Method => f.write_str("Method not found"),
            Self::Request(why) => write!(f, "Invalid Request: {why}"),
        }
    }
}

impl std::error::Error for Invalid {}

/// The era of `message`, and for modern ones all checks before policy except `Mcp-Param-*`, which need the tool.
///
/// The body decides: the revision key in `_meta` makes a message modern, however malformed it is otherwise.
/// `Mcp-Method` and `Mcp-Name` are no claim, because bridges send them on old traffic too.
///
/// # Errors
/// The first check that fails, in the order: `_meta`, version equality, version supported, `Mcp-Method`, method
/// known, `Mcp-Name`.
pub fn classify(headers: &Headers, message: &Message, json: &Json<'_>) -> Result<Claim, Invalid> {
    let header = headers.get(VERSION_HEADER).map(trim);
    match message {
        Message::Request(request) => {
            let claim = claim(json, request.meta);
            if request.method == Method::Initialize && !is_valid_claim(request, json) {
                return initialize(header);
            }
            if claim.is_none() {
                return legacy(header, Invalid::Meta("the required `_meta` keys are missing"));
            }
            let modern = modern_meta(request, json)?;
            version(header, claim, json, true)?;
            standard_headers(headers, request, json)?;
            Ok(Claim::Modern(modern))
        }
        Message::Notification(notification) => {
            let claim = claim(json, notification.meta);
            let named = header.and_then(Revision::parse).is_some_and(|r| r.era() == Era::Modern);
            if claim.is_none() && !named {
                return legacy(header, Invalid::Meta("the required `_meta` keys are missing"));
            }
            if claim.is_some_and(|claim| json.kind(claim) != Kind::String) {
                return Err(Invalid::Meta("the protocol version must be a string"));
            }
            version(header, claim, json, false)?;
            equal_header(headers, METHOD_HEADER, json.string(notification.method_name).as_deref(), false)?;
            Ok(Claim::Modern(optional(json, notification.meta)))
        }
        Message::Response(_) => {
            legacy(header, Invalid::Request("a response cannot be posted in this revision"))
        }
    }
}

/// The same for an array of messages, which only 2025-03-26 has.
///
/// # Errors
/// [`Invalid::Request`] for an empty array, another revision, or an element that may not stand in a batch.
pub fn classify_batch(headers: &Headers, messages: &[Message], json: &Json<'_>) -> Result<Claim, Invalid> {
    let header = match headers.get(VERSION_HEADER).map(|header| Revision::parse(trim(header))) {
        None => None,
        Some(Some(Revision::V2025_03_26)) => Some(Revision::V2025_03_26),
        Some(_) => return Err(Invalid::Request("this revision has no batches")),
    };
    if messages.is_empty() {
        return Err(Invalid::Request("a batch must not be empty"));
    }
    for message in messages {
        let (method, meta) = match message {
            Message::Request(request) => (request.method, request.meta),
            Message::Notification(notification) => (notification.method, notification.meta),
            Message::Response(_) => continue,
        };
        if method == Method::Initialize {
            return Err(Invalid::Request("`initialize` must not be part of a batch"));
        }
        if claim(json, meta).is_some() {
            return Err(Invalid::Request("a request of a revision without batches must not be part of one"));
        }
    }
    Ok(Claim::Legacy { header })
}

/// The required and optional keys of a modern request's `_meta`.
///
/// # Errors
/// [`Invalid::Meta`].
pub fn modern_meta(request: &Request, json: &Json<'_>) -> Result<Modern, Invalid> {
    let found = optional(json, request.meta);
    let check = |node: Option<Node>, kinds: &[Kind], why| match node {
        Some(node) if !kinds.contains(&json.kind(node)) => Err(Invalid::Meta(why)),
        _ => Ok(()),
    };
    let version =
        claim(json, request.meta).ok_or(Invalid::Meta("the protocol version is missing in `_meta`"))?;
    check(Some(version), &[Kind::String], "the protocol version must be a string")?;
    if found.capabilities.is_none() {
        return Err(Invalid::Meta("the client capabilities are missing in `_meta`"));
    }
    check(found.capabilities, &[Kind::Object], "the client capabilities must be an object")?;
    check(found.client_info, &[Kind::Object], "the client info must be an object")?;
    check(found.log_level, &[Kind::String], "the log level must be a string")?;
    check(
        found.progress_token,
        &[Kind::String, Kind::Number],
        "`progressToken` must be a string or a number",
    )?;
    Ok(found)
}

const VERSION_HEADER: &str = "mcp-protocol-version";
const METHOD_HEADER: &str = "mcp-method";
const NAME_HEADER: &str = "mcp-name";

/// Optional whitespace around a field value (RFC 9110, 5.5) is not part of it.
fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// The revision key, whatever its value.
fn claim(json: &Json<'_>, meta: Option<Node>) -> Option<Node> {
    json.get(meta?, meta::PROTOCOL_VERSION)
}

fn optional(json: &Json<'_>, meta: Option<Node>) -> Modern {
    let key = |key| json.get(meta?, key);
    Modern {
        revision: Revision::LATEST_MODERN,
        capabilities: key(meta::CLIENT_CAPABILITIES),
        client_info: key(meta::CLIENT_INFO),
        log_level: key(meta::LOG_LEVEL),
        progress_token: key(meta::PROGRESS_TOKEN),
    }
}

/// Whether `initialize` comes in a modern envelope, in which it does not exist.
fn is_valid_claim(request: &Request, json: &Json<'_>) -> bool {
    let named = claim(json, request.meta).and_then(|claim| json.string(claim));
    let modern = named.and_then(|name| Revision::parse(&name)).is_some_and(|r| r.era() == Era::Modern);
    modern && modern_meta(request, json).is_ok()
}

fn initialize(header: Option<&str>) -> Result<Claim, Invalid> {
    let header = header.and_then(Revision::parse);
    if header.is_some_and(|revision| revision.era() == Era::Modern) {
        return Err(mismatch(VERSION_HEADER, "names a revision that has no `initialize`"));
    }
    Ok(Claim::Legacy { header })
}

/// A message without a claim: legacy, unless the header says otherwise.
fn legacy(header: Option<&str>, modern: Invalid) -> Result<Claim, Invalid> {
    match header.map(|name| (name, Revision::parse(name))) {
        None => Ok(Claim::Legacy { header: None }),
        Some((_, Some(revision))) if revision.era() == Era::Legacy => {
            Ok(Claim::Legacy { header: Some(revision) })
        }
        Some((_, Some(_))) => Err(modern),
        Some((name, None)) => Err(Invalid::Version { requested: name.to_owned() }),
    }
}

/// Header and claim agree and name a revision that is served.
fn version(
    header: Option<&str>,
    claim: Option<Node>,
    json: &Json<'_>,
    required: bool,
) -> Result<(), Invalid> {
    let claim = claim.and_then(|claim| json.string(claim));
    match (header, claim) {
        (None, _) if required => Err(mismatch(VERSION_HEADER, "is missing")),
        (Some(header), Some(claim)) if header != claim => {
            Err(mismatch(VERSION_HEADER, "differs from the version in `_meta`"))
        }
        (_, Some(claim)) if claim != Revision::LATEST_MODERN.as_str() => {
            Err(Invalid::Version { requested: claim.into_owned() })
        }
        _ => Ok(()),
    }
}

/// `Mcp-Method`, that the method exists, and `Mcp-Name`.
fn standard_headers(headers: &Headers, request: &Request, json: &Json<'_>) -> Result<(), Invalid> {
    equal_header(headers, METHOD_HEADER, json.string(request.method_name).as_deref(), true)?;
    if !request.method.known_in(Era::Modern) || request.method.role() != Some(Role::ClientRequest) {
        return Err(Invalid::Method);
    }
    let Some(param) = request.method.name_param() else { return Ok(()) };
    let name = request.params.and_then(|params| json.get(params, param)).and_then(|name| json.string(name));
    if name.is_none() {
        return Err(Invalid::Meta(match param {
            "name" => "`params.name` must be a string",
            "uri" => "`params.uri` must be a string",
            _ => "`params.taskId` must be a string",
        }));
    }
    let Some(header) = headers.get(NAME_HEADER) else { return Err(mismatch(NAME_HEADER, "is missing")) };
    match decode_value(header) {
        Err(BadHeader { why }) => Err(mismatch(NAME_HEADER, why)),
        Ok(decoded) if Some(&decoded) != name.as_ref() => Err(mismatch(NAME_HEADER, "differs from the body")),
        Ok(_) => Ok(()),
    }
}

fn equal_header(headers: &Headers, header: &str, body: Option<&str>, required: bool) -> Result<(), Invalid> {
    match headers.get(header).map(trim) {
        None if required => Err(mismatch(header, "is missing")),
        Some(value) if Some(value) != body => Err(mismatch(header, "differs from the body")),
        _ => Ok(()),
    }
}

/// The header's usual spelling is for people; names compare without case.
fn mismatch(header: &str, why: &'static str) -> Invalid {
    let header = match header {
        VERSION_HEADER => "MCP-Protocol-Version",
        METHOD_HEADER => "Mcp-Method",
        _ => "Mcp-Name",
    };
    Invalid::Header(HeaderMismatch { header: header.to_owned(), why })
}

#[cfg(test)]
mod tests;
