//! Which era a message belongs to, and the checks of the 2026-07-28 envelope in the order that its table demands.

use super::envelope::{Message, Request};
use super::headers::Headers;
use super::json::{Json, Node};
use super::revisions::Revision;
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

/// The era of `message`, and for modern ones all checks before policy.
///
/// # Errors
/// The first check that fails, in the order: `_meta`, version equality, version supported, `Mcp-Method`, method
/// known, `Mcp-Name`.
pub fn classify(headers: &Headers, message: &Message, json: &Json<'_>) -> Result<Claim, Invalid> {
    let _ = (headers, message, json);
    todo!("lands with the checks")
}

/// The checks of a request whose claim is known to be modern, without headers: what an upstream or a batch gave.
///
/// # Errors
/// [`Invalid::Meta`].
pub fn modern_meta(request: &Request, json: &Json<'_>) -> Result<Modern, Invalid> {
    let _ = (request, json);
    todo!("lands with the checks")
}
