//! Refusals (our decision) and faults (breakage, with its side), and the one table to HTTP and JSON-RPC.
//!
//! Detail for operators travels in the audit trail; what is written here reaches the agent.
//! Codes: JSON-RPC 2.0, MCP 2026-07-28 (-32020 to -32022), own codes positive.

mod rows;

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
    /// Too many streams are listened on already, by this caller or by all.
    TooManyStreams,
    /// A cursor that is not ours, not this caller's, or of an older configuration.
    BadCursor,
    /// A `requestState` that is not ours, not this caller's, expired or for another request.
    BadState,
    /// A task id that is not ours, not this caller's, expired, or of a tool that this caller may not use: they answer alike.
    UnknownTask,
    /// A posted answer to a server request that is not ours, not this caller's, or expired.
    BadAnswer,
    /// The call needs a capability that the client did not declare (-32021); the raw ClientCapabilities object.
    MissingCapability(String),
    /// A legacy request without the session id that it needs.
    NoSession,
    /// A session id that is not ours, not this caller's, or expired: the client has to initialize again.
    UnknownSession,
    /// A limit is used up.
    Limited(Box<Limited>),
    /// The agent is stuck, and went on after it was told so; when it may go on, in ms from now.
    Looping {
        /// When, in ms from now.
        retry_ms: u64,
    },
    /// Too many requests that no limit counts, such as `ping`.
    Flood,
    /// A message with something in it that is not to pass.
    Blocked {
        /// The type of the value, or the service that refused it; never the value.
        what: String,
        /// Which way the message went: `request`, `response`, `list` or `error`.
        way: &'static str,
    },
    /// A question of an upstream that its settings do not let it ask, or that nobody is to be asked: its kind, or what is wrong
    /// with it.
    AskDenied(&'static str),
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
    /// The accounts cannot be asked, and the limits say that nothing is done without them.
    Ledger(LedgerFault),
    /// What is for another request (an answer, a subscription) could not be left where it looks.
    Rendezvous(RendezvousFault),
    /// Our own: a broken invariant. Never expected, never a panic.
    Internal(&'static str),
}

/// Why an account did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerFault {
    /// The host has no ledger.
    Absent,
    /// It cannot be reached, or fails.
    Unreachable,
    /// It did not answer in time.
    Late,
    /// What it keeps, or answers, cannot be read.
    Malformed,
}

impl LedgerFault {
    /// A short, stable name for the audit trail.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unreachable => "unreachable",
            Self::Late => "late",
            Self::Malformed => "malformed",
        }
    }
}

/// Why a message could not be left at a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RendezvousFault {
    /// The host has no rendezvous.
    Absent,
    /// It cannot be reached, or fails.
    Unreachable,
    /// It did not answer in time.
    Late,
}

impl RendezvousFault {
    /// A short, stable name for the audit trail.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unreachable => "unreachable",
            Self::Late => "late",
        }
    }
}

/// A limit that is used up, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// The rule's name, for the record.
    pub rule: String,
    /// What the agent reads.
    pub message: String,
    /// `error.data`, raw JSON.
    pub data: String,
    /// Headers of the answer.
    pub headers: Vec<(&'static str, String)>,
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
    /// It asks to be left alone for a while: 429, or 503 with `Retry-After`. When it may be asked again, in ms from
    /// now, if it said so.
    Limited(Option<u32>),
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
    /// It was not asked: it failed too often lately. When it is tried again, in ms from now.
    CircuitOpen(u32),
    /// It was not asked: as many calls as may be are under way, and no place became free in time.
    Busy,
}

impl UpstreamFault {
    /// A short, stable name for `data.kind` and the audit trail.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Deadline => "deadline",
            Self::Credential => "credential",
            Self::Limited(_) => "limited",
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
            Self::CircuitOpen(_) => "circuit_open",
            Self::Busy => "busy",
        }
    }

    /// When it is worth to ask again, in ms from now, if that is known.
    #[must_use]
    pub const fn retry_after_ms(self) -> Option<u32> {
        match self {
            Self::Limited(after) => after,
            Self::CircuitOpen(after) => Some(after),
            _ => None,
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
    /// Headers of the answer.
    pub headers: Vec<(&'static str, String)>,
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

impl Refusal {
    /// Whether its text quotes what the caller wrote.
    #[must_use]
    pub const fn quotes(&self) -> bool {
        matches!(
            self,
            Self::InvalidParams(_)
                | Self::HeaderMismatch(_)
                | Self::UnsupportedVersion { .. }
                | Self::UnknownMethod(_)
                | Self::UnknownTool(_)
                | Self::UnknownPrompt(_)
                | Self::UnknownResource(_)
                | Self::MissingCapability(_)
        )
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
