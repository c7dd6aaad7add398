//! The compiled, immutable configuration: what `compile` makes of settings and what every stage reads.

mod asks;
mod cache;
mod dlp;
mod guard;
mod limits;
mod redact;

pub use asks::{AskKind, AskKinds, Asks};
pub use cache::{CacheMode, CacheScope, Caching};
pub use dlp::{ClientCredential, Dlp, DlpCredential, DlpService, OnError, Purview, Secret};
pub use guard::{BreakerRule, PlacesRule, Tool, ToolBreaker};
pub use limits::{Breaker, Each, Limit, Limits, Measure, Placement, Price, Quota, Reserve, Selector};
pub use redact::{Broken, Depth, Inspect, Lens, Redaction, Restore, Rule, Way};

use std::collections::BTreeMap;
use std::rc::Rc;

/// One compiled configuration: swapped whole, never edited.
#[derive(Debug)]
pub struct Bundle {
    /// Every tenant; found by [`Bundle::tenant`].
    pub tenants: Vec<Rc<Tenant>>,
    /// Fail-open settings that are on, by their path, for health and warnings.
    pub open_settings: Vec<String>,
}

impl Bundle {
    /// The tenant with this name, if any.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Rc<Tenant>> {
        self.tenants.iter().find(|tenant| tenant.name == name)
    }

    /// The tenant whose endpoint has this URL path, if any.
    #[must_use]
    pub fn tenant(&self, path: &str) -> Option<&Rc<Tenant>> {
        self.tenants.iter().find(|tenant| tenant.path == path)
    }
}

/// One endpoint: a path, who may call it, and what stands behind it.
#[derive(Debug)]
pub struct Tenant {
    /// The name in `[tenants.NAME]`.
    pub name: String,
    /// URL path of the endpoint, such as `/mcp` or `/t/acme/mcp`.
    pub path: String,
    /// Accepted `Host` values, lower case, with port unless it is the scheme's own. Never empty.
    pub hosts: Vec<String>,
    /// Accepted `Origin` values. A request without `Origin` is no browser's and passes.
    pub origins: Vec<String>,
    /// `anonymous = true`: every caller is the agent `anonymous`.
    pub anonymous: bool,
    /// The issuers whose tokens are accepted. Empty only when anonymous.
    pub issuers: Vec<Rc<Issuer>>,
    /// What every client is told before its upstreams' own instructions.
    pub instructions: Option<String>,
    /// The admin API, when it is on.
    pub admin: Option<Admin>,
    /// The agents, in the order of their names.
    pub agents: Vec<Rc<Agent>>,
    /// The upstreams in the order of their aliases: the order of merged lists.
    pub upstreams: Vec<Rc<Upstream>>,
    /// What may be used of it.
    pub limits: Limits,
    /// What holds for single tools; the first one that matches a name is meant.
    pub tools: Vec<Rc<Tool>>,
    /// What is redacted; nothing without it.
    pub redaction: Option<Redaction>,
    /// External services that texts may be shown to, by name.
    pub dlp: BTreeMap<String, Rc<Dlp>>,
    /// New upstream sessions a minute that one principal may open at one upstream by `initialize`.
    pub session_openings_per_min: u32,
    /// Digest (hex, 16 characters) of all that decides what a caller sees: in cursors and cache keys.
    pub version: String,
}

impl Tenant {
    /// The upstream with this alias.
    #[must_use]
    pub fn upstream(&self, alias: &str) -> Option<&Rc<Upstream>> {
        self.upstreams.iter().find(|upstream| upstream.alias == alias)
    }

    /// What holds for the tool with this exposed name, besides the settings of its upstream.
    #[must_use]
    pub fn tool(&self, exposed: &str) -> Option<&Rc<Tool>> {
        self.tools.iter().find(|tool| tool.pattern.matches(exposed))
    }

    /// The resource identifier (RFC 9728) of this endpoint as reached at `host`.
    #[must_use]
    pub fn resource(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}{}", self.path)
    }
}

/// The admin API of a tenant: who may use it, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// What makes a caller an operator.
    pub mark: Mark,
    /// Whether its operators may replace the settings, which are those of every tenant.
    pub bundle: bool,
}

/// What an operator's token has and no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// An item of the claim `roles`.
    Role(String),
    /// A scope.
    Scope(String),
}

/// A signature algorithm (RFC 7518, RFC 8037). One key has one algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the registry's")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// Every algorithm, in the order of preference for keys that name none.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Ps256,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Rs384,
        Self::Rs512,
        Self::Ps384,
        Self::Ps512,
    ];

    /// The registered name, as in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with exactly this name. `none` and `HS*` are not among them; `Ed25519` is EdDSA's newer name
    /// (RFC 9864) for the one curve that is taken here.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// A token issuer.
#[derive(Debug)]
pub struct Issuer {
    /// The name in `[issuers.NAME]`.
    pub name: String,
    /// The expected `iss`, byte for byte.
    pub url: String,
    /// Accepted `aud` values, exact.
    pub audiences: Vec<String>,
    /// Accepted algorithms.
    pub algorithms: Vec<Algorithm>,
    /// Expected `typ`, normalised (`application/at+jwt` is `at+jwt`).
    pub typ: String,
    /// The claim that names the agent, such as `azp` or `client_id`.
    pub agent_claim: String,
    /// Scopes that every token must carry; also what challenges name. May be empty.
    pub scopes: Vec<String>,
    /// Where the keys come from.
    pub keys: KeySource,
}

/// Where an issuer's keys come from.
#[derive(Debug)]
pub enum KeySource {
    /// A JWK set inlined in the settings of a development issuer.
    Static(String),
    /// A JWK set URL (https, or http to loopback for a development issuer).
    Url(String),
    /// The issuer's discovery document names the URL (RFC 8414 / OIDC discovery).
    Discover,
}

/// An agent: a principal match, and what it may use.
#[derive(Debug)]
pub struct Agent {
    /// The name in `[tenants.T.agents.NAME]`: what policy, limits and audit use.
    pub name: String,
    /// The issuer's name; `None` for the agent `anonymous`.
    pub issuer: Option<String>,
    /// The value of the issuer's `agent_claim`; `None` for the agent `anonymous`.
    pub client: Option<String>,
    /// Group names.
    pub groups: Vec<String>,
    /// What it may use: globs over exposed names; whole upstreams as `ALIAS`, `ALIAS__*` or `*`.
    pub allow: Vec<Glob>,
    /// Types of sensitive values that it sees in clear.
    pub clearance: Vec<Glob>,
}

/// A pattern with `*` for any run of characters, compiled once. No other wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// A glob over the characters of MCP names; checked by `compile`.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether all of `text` matches. Linear in the text for each literal part: no backtracking blow-up,
    /// because only the last `*` is ever tried again.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = text.strip_prefix(first) else {
            return false;
        };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        true
    }
}

/// An upstream's era as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraSetting {
    /// Probed, cached for an hour, probed again on surprise.
    Auto,
    /// Pinned to 2026-07-28.
    Modern,
    /// Pinned to the `initialize` handshake.
    Legacy,
}

/// What the gateway shows an upstream instead of the agent's token.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// One header: `authorization: Bearer …` or an own name. The value is a secret.
    Header {
        /// Lower-case header name.
        name: String,
        /// The value as sent.
        value: String,
    },
}

// Never the value: credentials must not reach a log.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Header { name, .. } => write!(f, "Header({name})"),
        }
    }
}

/// An upstream MCP server.
#[derive(Debug)]
pub struct Upstream {
    /// At most 16 characters of `A-Za-z0-9-` (or single `_`), without `__`; may be empty when it is the only one.
    pub alias: String,
    /// Absolute URL of its MCP endpoint, from configuration only.
    pub url: String,
    /// Its era.
    pub era: EraSetting,
    /// What it is shown.
    pub credential: Credential,
    /// Deadline for the head of its answer and its first message, in ms.
    pub first_byte_ms: u32,
    /// Longest silence inside a stream, in ms.
    pub idle_ms: u32,
    /// Deadline for the whole answer, in ms.
    pub total_ms: u32,
    /// How long a list is fresh when the upstream names no `ttlMs`, in ms.
    pub list_ttl_ms: u32,
    /// How many calls may be under way at once; without it any number.
    pub places: Option<PlacesRule>,
    /// When it is not asked for a while; without it never.
    pub breaker: Option<BreakerRule>,
    /// What is inspected of its messages, where that is not as everywhere.
    pub inspect: Inspect,
    /// What it may ask of clients.
    pub asks: Asks,
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "billing__get", true),
            ("billing__*", "billing__get", true),
            ("billing__*", "billing_", false),
            ("*__get_*", "billing__get_invoice", true),
            ("*__get_*", "billing__set_invoice", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }
}
