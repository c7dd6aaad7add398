//! What an operator writes (TOML). Names carry units, unknown keys are problems, secrets are named, never held.
//!
//! This module knows shapes: keys, types, ranges of numbers. What the values mean is `compile`'s.

mod asks;
mod cache;
mod dlp;
mod guard;
mod limits;
mod problem;
mod reader;
mod redact;
mod tools;

pub use asks::AskSettings;
pub use cache::{CacheSettings, ToolCacheSettings};
pub use dlp::{DlpCredentialSettings, DlpSettings};
pub use guard::{BreakerSettings, GuardSettings};
pub use limits::{LimitSettings, LoopSettings, PriceSettings, SelectorSettings};
pub use problem::{Problem, Problems, join};
pub use reader::Switch;
pub use redact::{
    DetectorSettings, InspectSettings, MaskSettings, RedactSettings, RestoreSettings, RuleSettings,
};
pub use tools::ToolSettings;

use reader::{Reader, Source};
use std::collections::BTreeMap;

/// The settings of one gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `[issuers.NAME]`.
    pub issuers: BTreeMap<String, IssuerSettings>,
    /// `[tenants.NAME]`.
    pub tenants: BTreeMap<String, TenantSettings>,
    /// `[cache] enabled = false`: nothing is answered from the cache, whatever tenants and tools say.
    pub cache_off: bool,
    /// The line of every key, by its path; for messages.
    lines: BTreeMap<String, u32>,
}

/// `[issuers.NAME]`: whose tokens are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSettings {
    /// `url`: the expected `iss`, byte for byte; also where discovery documents are looked for.
    pub url: String,
    /// `audiences`: accepted `aud` values, exact.
    pub audiences: Vec<String>,
    /// `algorithms`: accepted signature algorithms; by default RS256, PS256, ES256, ES384, EdDSA.
    pub algorithms: Vec<String>,
    /// `typ`: of the token's header; by default `at+jwt` (RFC 9068). Entra: `JWT`.
    pub typ: String,
    /// `agent_claim`: the claim that names the client; by default `client_id` (RFC 9068). Entra: `azp`.
    pub agent_claim: String,
    /// `scopes`: all must be in the token; by default none.
    pub scopes: Vec<String>,
    /// `jwks_url`: where the keys are; by default the discovery document says.
    pub jwks_url: Option<String>,
    /// `jwks`: the keys themselves, as JSON text; only with `development = true`.
    pub jwks: Option<String>,
    /// `development`: allows `jwks`, http and private addresses; a warning at start.
    pub development: bool,
    /// `private_network`: the issuer is in a private network.
    pub private_network: bool,
}

/// `[tenants.NAME]`: an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSettings {
    /// `path`: of the endpoint; by default `/t/NAME/mcp`. Only a single tenant may choose.
    pub path: Option<String>,
    /// `issuers`: by name; not with `anonymous`.
    pub issuers: Vec<String>,
    /// `anonymous`: every caller is the agent `anonymous`; a warning at start.
    pub anonymous: bool,
    /// `hosts`: accepted `Host` values.
    pub hosts: Vec<String>,
    /// `origins`: accepted `Origin` values of browsers; by default none.
    pub origins: Vec<String>,
    /// `session_openings_per_min`: sessions one principal may open at one upstream in a minute; by default 60.
    pub session_openings_per_min: u32,
    /// `instructions`: what every client is told before its upstreams' own instructions; by default nothing.
    pub instructions: Option<String>,
    /// `[tenants.NAME.admin]`: the admin API; off without it.
    pub admin: Option<AdminSettings>,
    /// `jurisdiction`: where accounts have to stay, on Cloudflare: `eu` or `fedramp`.
    pub jurisdiction: Option<String>,
    /// `location`: where accounts are placed when they are first used, on Cloudflare, such as `weur`.
    pub location: Option<String>,
    /// `charge_ms`: how long a charge may take; by default 1,000.
    pub charge_ms: u32,
    /// `[[tenants.NAME.limits]]`.
    pub limits: Vec<LimitSettings>,
    /// `[tenants.NAME.prices."TOOL"]`, by exposed name or pattern.
    pub prices: BTreeMap<String, PriceSettings>,
    /// `[tenants.NAME.loop]`.
    pub breaker: LoopSettings,
    /// `[tenants.NAME.agents.AGENT]`.
    pub agents: BTreeMap<String, AgentSettings>,
    /// `[tenants.NAME.upstreams.ALIAS]`.
    pub upstreams: BTreeMap<String, UpstreamSettings>,
    /// `[tenants.NAME.tools.PATTERN]`.
    pub tools: BTreeMap<String, ToolSettings>,
    /// `[tenants.NAME.cache]`.
    pub cache: CacheSettings,
    /// `[tenants.NAME.redact]`: nothing is redacted without it.
    pub redact: Option<RedactSettings>,
    /// `[tenants.NAME.dlp.NAME]`.
    pub dlp: BTreeMap<String, DlpSettings>,
}

/// `[tenants.NAME.admin]`: who is an operator of the tenant, and what operators may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminSettings {
    /// `role`: in the claim `roles` of an operator's token; by default `postern.operator`, unless there is `scope`.
    pub role: Option<String>,
    /// `scope`: instead of a role, a scope of an operator's token.
    pub scope: Option<String>,
    /// `bundle`: operators may replace the settings, of every tenant.
    pub bundle: bool,
}

/// `[tenants.NAME.agents.AGENT]`: who it is, and what it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSettings {
    /// `issuer`: by name; by default the tenant's only one.
    pub issuer: Option<String>,
    /// `client`: the value of the issuer's `agent_claim`.
    pub client: Option<String>,
    /// `groups`: by default none.
    pub groups: Vec<String>,
    /// `allow`: patterns over exposed names (`*` is any run of characters), or aliases of whole upstreams.
    pub allow: Vec<String>,
    /// `clearance`: types of sensitive values, or patterns over them, that it sees in clear; by default none.
    pub clearance: Vec<String>,
}

/// `[tenants.NAME.upstreams.ALIAS]`: an MCP server behind the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamSettings {
    /// `url`: of its MCP endpoint.
    pub url: String,
    /// `era`: `auto` (default), `modern` or `legacy`.
    pub era: String,
    /// `insecure`: allows http and private addresses; a warning at start.
    pub insecure: bool,
    /// `private_network`: allows private addresses with https.
    pub private_network: bool,
    /// `credential`: what the gateway shows the upstream; by default nothing.
    pub credential: CredentialSettings,
    /// `first_byte_ms`: until the head of its answer, and all of an answer that is no stream; by default
    /// 30,000, or `total_ms` when that is less.
    pub first_byte_ms: u32,
    /// `idle_ms`: longest silence in a stream; by default 30,000.
    pub idle_ms: u32,
    /// `total_ms`: for a whole answer; by default 60,000.
    pub total_ms: u32,
    /// `list_ttl_ms`: how long a list is fresh when the upstream does not say; by default 60,000.
    pub list_ttl_ms: u32,
    /// `concurrency`, `queue`, `queue_ms`, `breaker`.
    pub guard: GuardSettings,
    /// `inspect`, `inspect_requests`, `reason`, `profile`, `level`, `dlp`.
    pub inspect: InspectSettings,
    /// `asks`, `ask_hosts`, `ask_secrets`.
    pub asks: AskSettings,
}

/// `credential`: `{ bearer = "secret:NAME" }` or `{ header = "x-api-key", value = "secret:NAME" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSettings {
    /// No credential.
    None,
    /// `authorization: Bearer …`.
    Bearer(String),
    /// A header of its own.
    Header {
        /// Its name.
        header: String,
        /// `secret:NAME`.
        value: String,
    },
}

impl CredentialSettings {
    /// `secret:NAME`, as written.
    fn reference(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Bearer(value) | Self::Header { value, .. } => Some(value),
        }
    }
}

/// What is kept in accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounted {
    /// What agents have used.
    Limits,
    /// How often answers by meaning would have been right.
    Evidence,
}

impl Settings {
    /// Parses settings.
    ///
    /// # Errors
    /// Every problem of syntax and shape.
    pub fn parse(toml: &str) -> Result<Self, Problems> {
        let (settings, problems) = Self::read(toml);
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    /// Reads as much as can be read, with every problem of syntax and shape.
    #[must_use]
    pub fn read(toml: &str) -> (Self, Problems) {
        let source = Source::new(toml);
        let mut settings = Self::default();
        if let Some(root) = source.parse() {
            let root = Reader::root(&source, root.get_ref());
            root.version();
            settings.issuers = root.tables("issuers", issuer);
            settings.tenants = root.tables("tenants", tenant);
            settings.cache_off = root.table("cache", cache::is_off).unwrap_or_default();
            root.finish();
        }
        let (problems, lines) = source.finish();
        settings.lines = lines;
        (settings, problems)
    }

    /// The names of the secrets that the settings mention as `secret:NAME`, each as often as it is mentioned.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let upstreams = self.tenants.values().flat_map(|tenant| tenant.upstreams.values());
        let references = upstreams.filter_map(|upstream| upstream.credential.reference());
        let services = self.tenants.values().flat_map(|tenant| tenant.dlp.values());
        let keys = self.tenants.values().filter_map(|tenant| tenant.redact.as_ref()?.keys.as_deref());
        references
            .chain(keys)
            .filter_map(|value| value.strip_prefix("secret:"))
            .chain(services.flat_map(DlpSettings::secrets))
    }

    /// A setting that cannot be kept without a ledger, if there is one: its path, and what would be in an account.
    #[must_use]
    pub fn needs_ledger(&self) -> Option<(String, Accounted)> {
        self.tenants.iter().find_map(|(name, tenant)| {
            let at = |keys: &[&str]| keys.iter().fold(join("tenants", name), |path, key| join(&path, key));
            if tenant.breaker.mode != "off" && tenant.breaker.precision == "strict" {
                return Some((at(&["loop", "precision"]), Accounted::Limits));
            }
            if let Some(limit) = tenant.limits.iter().position(|limit| limit.on_fault != "local") {
                return Some((at(&["limits", &limit.to_string()]), Accounted::Limits));
            }
            let on = !self.cache_off && tenant.cache.enabled != Some(false);
            let (pattern, _) = tenant.tools.iter().filter(|_| on).find(|(_, tool)| {
                tool.cache.as_ref().is_some_and(|cache| ["shadow", "serve"].contains(&cache.mode.as_str()))
            })?;
            Some((at(&["tools", pattern, "cache", "mode"]), Accounted::Evidence))
        })
    }

    /// The line of the key at `path`, or of the nearest table around it.
    #[must_use]
    pub fn line(&self, path: &str) -> Option<u32> {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Some(*line);
            }
            path = path.rsplit_once('.')?.0;
        }
    }
}

fn issuer(reader: &Reader<'_, '_>) -> IssuerSettings {
    let default_algorithms = || ["RS256", "PS256", "ES256", "ES384", "EdDSA"].map(str::to_owned).to_vec();
    IssuerSettings {
        url: reader
            .required_text("url", "write the issuer's URL, exactly as in the `iss` claim of its tokens"),
        audiences: reader.required_texts("audiences", "write the `aud` values of tokens for this gateway"),
        algorithms: reader.texts("algorithms").unwrap_or_else(default_algorithms),
        typ: reader.text("typ").unwrap_or_else(|| "at+jwt".to_owned()),
        agent_claim: reader.text("agent_claim").unwrap_or_else(|| "client_id".to_owned()),
        scopes: reader.texts("scopes").unwrap_or_default(),
        jwks_url: reader.text("jwks_url"),
        jwks: reader.text("jwks"),
        development: reader.flag("development"),
        private_network: reader.flag("private_network"),
    }
}

fn tenant(reader: &Reader<'_, '_>) -> TenantSettings {
    TenantSettings {
        path: reader.text("path"),
        issuers: reader.texts("issuers").unwrap_or_default(),
        anonymous: reader.flag("anonymous"),
        hosts: reader.required_texts("hosts", "write the host names under which agents reach this endpoint"),
        origins: reader.texts("origins").unwrap_or_default(),
        session_openings_per_min: reader.number("session_openings_per_min", 1..=100_000, 60),
        instructions: reader.text("instructions"),
        admin: reader.table("admin", admin),
        jurisdiction: reader.text("jurisdiction"),
        location: reader.text("location"),
        charge_ms: reader.number("charge_ms", 50..=10_000, 1_000),
        limits: reader.list("limits", limits::limit),
        prices: reader.tables("prices", limits::price),
        breaker: reader.table("loop", limits::breaker).unwrap_or_default(),
        agents: reader.tables("agents", agent),
        upstreams: reader.tables("upstreams", upstream),
        tools: reader.tables("tools", ToolSettings::read),
        cache: reader.table("cache", CacheSettings::read).unwrap_or_default(),
        redact: reader.table("redact", RedactSettings::read),
        dlp: reader.tables("dlp", DlpSettings::read),
    }
}

fn admin(reader: &Reader<'_, '_>) -> AdminSettings {
    AdminSettings { role: reader.text("role"), scope: reader.text("scope"), bundle: reader.flag("bundle") }
}

fn agent(reader: &Reader<'_, '_>) -> AgentSettings {
    AgentSettings {
        issuer: reader.text("issuer"),
        client: reader.text("client"),
        groups: reader.texts("groups").unwrap_or_default(),
        allow: reader
            .required_texts("allow", "list what it may use, such as `billing__*`, or `[]` for nothing"),
        clearance: reader.texts("clearance").unwrap_or_default(),
    }
}

fn upstream(reader: &Reader<'_, '_>) -> UpstreamSettings {
    let total_ms = reader.number("total_ms", 100..=3_600_000, 60_000);
    UpstreamSettings {
        url: reader.required_text("url", "write the absolute URL of its MCP endpoint"),
        era: reader.text("era").unwrap_or_else(|| "auto".to_owned()),
        insecure: reader.flag("insecure"),
        private_network: reader.flag("private_network"),
        credential: reader.table("credential", credential_of).flatten().unwrap_or(CredentialSettings::None),
        // What was not written follows from what was: it is no contradiction to name a short `total_ms` alone.
        first_byte_ms: reader.number("first_byte_ms", 100..=300_000, total_ms.min(30_000)),
        idle_ms: reader.number("idle_ms", 100..=600_000, 30_000),
        total_ms,
        list_ttl_ms: reader.number("list_ttl_ms", 1_000..=86_400_000, 60_000),
        guard: GuardSettings::read(reader),
        inspect: InspectSettings::read(reader),
        asks: AskSettings::read(reader),
    }
}

fn credential_of(reader: &Reader<'_, '_>) -> Option<CredentialSettings> {
    let (bearer, header, value) = (reader.text("bearer"), reader.text("header"), reader.text("value"));
    match (bearer, header, value) {
        (Some(secret), None, None) => Some(CredentialSettings::Bearer(secret)),
        (None, Some(header), Some(value)) => Some(CredentialSettings::Header { header, value }),
        _ => {
            reader.problem(
                "it is neither a bearer token nor a header with a value",
                r#"write { bearer = "secret:NAME" } or { header = "x-api-key", value = "secret:NAME" }"#,
            );
            None
        }
    }
}

#[cfg(test)]
mod tests;
