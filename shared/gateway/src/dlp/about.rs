//! What callers say of a text, and what they are told.

use crate::tenant::Dlp;
use std::collections::BTreeMap;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From an agent to an upstream.
    Request,
    /// From an upstream to an agent.
    Response,
}

impl Direction {
    /// As settings, records and services have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// What a text is of.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The tenant's name.
    pub tenant: &'a str,
    /// Client id of the agent, or its name.
    pub agent: &'a str,
    /// Subject of the token; may be empty.
    pub user: &'a str,
    /// Exposed name of a tool or prompt, URI of a resource, or the method.
    pub tool: &'a str,
    /// Alias of the upstream.
    pub server: &'a str,
    /// Which way it goes.
    pub direction: Direction,
    /// Whether the gateway's own engine has inspected it.
    pub local: bool,
    /// Id of the agent's request.
    pub request: &'a str,
}

/// What is to become of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on as it is.
    Pass,
    /// It goes on as this JSON text.
    Changed(String),
    /// It does not go on.
    Block {
        /// The service's name, never a value.
        by: String,
    },
}

/// Why a service has said nothing of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The message is no strict JSON.
    Unreadable,
    /// There is more text than may be shown.
    TooLarge,
    /// It did not answer in time.
    Deadline,
    /// There was no connection, or it broke.
    Unreachable,
    /// There is no access token, or it takes none of ours.
    Credential,
    /// It wants to be left alone for a while (429, 503).
    Throttled,
    /// The customer has not paid for it (402).
    NotLicensed,
    /// It said that it cannot (5xx).
    Unavailable,
    /// It did not understand the request (another status).
    Refused,
    /// Its answer is none that it could give.
    Malformed,
    /// It looked at a part only.
    Incomplete,
    /// It judges content of users, and there is none.
    NoUser,
    /// What it had replaced is no message any more.
    Unreplaceable,
}

impl Why {
    /// As records have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
            Self::Deadline => "deadline",
            Self::Unreachable => "unreachable",
            Self::Credential => "credential",
            Self::Throttled => "throttled",
            Self::NotLicensed => "not_licensed",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::Incomplete => "incomplete",
            Self::NoUser => "no_user",
            Self::Unreplaceable => "unreplaceable",
        }
    }
}

/// For the record: what was asked and came of it. Never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The service's name in the settings.
    pub service: String,
    /// `pass`, `changed` or `block`.
    pub verdict: &'static str,
    /// Why it has said nothing; then `on_error` has decided.
    pub why: Option<Why>,
    /// Whether it was not asked, because it had been a little while ago.
    pub cached: bool,
    /// Its findings by type, as it calls them.
    pub types: BTreeMap<String, u32>,
    /// How long it took, in ms.
    pub ms: u64,
}

impl Note {
    pub(super) fn new(dlp: &Dlp) -> Self {
        Self {
            service: dlp.name.clone(),
            verdict: "pass",
            why: None,
            cached: false,
            types: BTreeMap::new(),
            ms: 0,
        }
    }
}
