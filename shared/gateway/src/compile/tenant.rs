//! `[tenants.NAME]` and its agents.

use super::{Findings, Secrets, admin, cache, dlp, limits, redact, tools, upstream};
use crate::address::{Address, check_authority, origin};
use crate::limits::TENANT_INSTRUCTIONS;
use crate::settings::{AgentSettings, TenantSettings, join};
use crate::stage::authenticate::ANONYMOUS;
use crate::stage::authorize;
use crate::tenant::{Agent, Glob, Issuer, Tenant, Upstream};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

/// A tenant's settings in their surroundings.
pub struct Scope<'a> {
    pub name: &'a str,
    pub settings: &'a TenantSettings,
    pub issuers: &'a BTreeMap<&'a str, Rc<Issuer>>,
    /// Whether it is the only tenant.
    pub single: bool,
    /// Whether nothing is answered from the cache at all.
    pub cache_off: bool,
}

pub fn compile(scope: &Scope<'_>, secrets: &dyn Secrets, findings: &mut Findings) -> Tenant {
    let settings = scope.settings;
    let path = join("tenants", scope.name);
    findings.name(&path, scope.name);
    let issuers = issuers(scope, &path, findings);
    let upstreams = upstreams(settings, &path, secrets, findings);
    let agents = agents(scope, &path, &issuers, &upstreams, findings);
    let limits = limits::compile(&path, settings, &agents, &upstreams, findings);
    let tools = tools::compile(settings, &path, &upstreams, scope.cache_off, findings);
    let dlp = dlp::compile(settings, &path, secrets, findings);
    let redaction = redact::compile(&path, settings, &agents, &upstreams, secrets, findings);
    cache::check(&path, settings, &agents, &upstreams, &tools, redaction.as_ref(), findings);
    let mut tenant = Tenant {
        name: scope.name.to_owned(),
        path: endpoint(scope, &join(&path, "path"), findings),
        hosts: hosts(settings, &join(&path, "hosts"), findings),
        origins: origins(settings, &join(&path, "origins"), findings),
        anonymous: settings.anonymous,
        instructions: instructions(settings, &join(&path, "instructions"), findings),
        admin: admin::compile(&path, settings, &issuers, findings),
        issuers,
        agents,
        upstreams,
        limits,
        tools,
        redaction,
        dlp,
        session_openings_per_min: settings.session_openings_per_min,
        version: String::new(),
    };
    tenant.version = version(&tenant);
    tenant
}

/// A digest of everything but secrets, whose `Debug` hides them.
fn version(tenant: &Tenant) -> String {
    let digest = Sha256::digest(format!("{tenant:?}"));
    digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn endpoint(scope: &Scope<'_>, path: &str, findings: &mut Findings) -> String {
    let default = format!("/t/{}/mcp", scope.name);
    let Some(chosen) = &scope.settings.path else {
        return default;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let segments = chosen.strip_prefix('/').map(|rest| rest.split('/'));
    let formed =
        segments.is_some_and(|mut segments| segments.all(|segment| !matches!(segment, "" | "." | "..")));
    if !formed || chosen.len() > 200 || !chosen.bytes().all(plain) {
        findings.problem(
            path,
            "it is no plain URL path",
            "write one such as `/mcp`, without a slash at its end",
        );
    } else if chosen == "/healthz"
        || chosen.starts_with("/.well-known")
        || chosen.starts_with(&format!("/t/{}/admin/", scope.name))
    {
        findings.problem(path, "the gateway uses this path itself", "choose another, such as `/mcp`");
    } else if !scope.single && *chosen != default {
        let remedy = format!("remove it: with several tenants it is `{default}`");
        findings.problem(path, "only a single tenant may choose its path", remedy);
    }
    chosen.clone()
}

fn hosts(settings: &TenantSettings, path: &str, findings: &mut Findings) -> Vec<String> {
    if settings.hosts.is_empty() {
        findings.problem(
            path,
            "it is empty",
            "name the hosts under which agents reach it, such as `gw.example`",
        );
    }
    let hosts: Vec<String> = settings.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    for host in &hosts {
        if let Err(error) = check_authority(host) {
            findings.problem(path, format!("{host:?} is no host: {}", error.0), "write HOST or HOST:PORT");
        } else if let Some(name) = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")) {
            let message = format!("clients do not send the port of {host:?}, as it is the default one");
            findings.problem(path, message, format!("write {name:?}"));
        }
    }
    hosts
}

fn origins(settings: &TenantSettings, path: &str, findings: &mut Findings) -> Vec<String> {
    let origins: Vec<String> = settings.origins.iter().map(|origin| origin.to_ascii_lowercase()).collect();
    for text in &origins {
        let default_port = text.starts_with("https:") && text.ends_with(":443")
            || text.starts_with("http:") && text.ends_with(":80");
        if Address::parse(text).is_err() || origin(text) != Some(text) || default_port {
            let message = format!("{text:?} is no origin of a web page");
            findings.problem(path, message, "write SCHEME://HOST or SCHEME://HOST:PORT, as browsers send it");
        }
    }
    origins
}

fn instructions(settings: &TenantSettings, path: &str, findings: &mut Findings) -> Option<String> {
    let text = settings.instructions.as_deref()?.trim();
    if text.is_empty() {
        findings.problem(path, "it is empty", "say something, or remove it");
    } else if text.len() > TENANT_INSTRUCTIONS {
        let message = format!("it has {} bytes, and at most {TENANT_INSTRUCTIONS} are taken", text.len());
        findings.problem(path, message, "shorten it: it becomes part of every model's context");
    } else if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        let remedy = "write plain text, with line feeds and tabs at most";
        findings.problem(path, "it has control characters in it", remedy);
    }
    Some(text.to_owned())
}

fn issuers(scope: &Scope<'_>, path: &str, findings: &mut Findings) -> Vec<Rc<Issuer>> {
    let settings = scope.settings;
    let at = join(path, "issuers");
    match (settings.anonymous, settings.issuers.is_empty()) {
        (false, true) => findings.problem(
            &at,
            "nobody could be authenticated",
            "name issuers (`issuers = [\"NAME\"]` and a table [issuers.NAME]), or let everybody in by `anonymous = true`",
        ),
        (true, false) => {
            findings.problem(&at, "it stands beside `anonymous = true`", "remove one of the two");
        }
        (true, true) => {
            findings.opened(&join(path, "anonymous"), "everybody is let in, as the agent `anonymous`");
        }
        (false, false) => {}
    }
    let mut found: Vec<Rc<Issuer>> = Vec::new();
    for name in &settings.issuers {
        match scope.issuers.get(name.as_str()) {
            None => findings.problem(
                &at,
                format!("there is no issuer {name:?}"),
                format!("write a table [{}]", join("issuers", name)),
            ),
            Some(issuer) if found.iter().any(|other| other.url == issuer.url) => findings.problem(
                &at,
                format!("the issuer {name:?} has the `url` of another one in this list"),
                "keep one of the two: its rules would be ambiguous",
            ),
            Some(issuer) => found.push(Rc::clone(issuer)),
        }
    }
    found
}

fn upstreams(
    settings: &TenantSettings,
    path: &str,
    secrets: &dyn Secrets,
    findings: &mut Findings,
) -> Vec<Rc<Upstream>> {
    let at = join(path, "upstreams");
    if settings.upstreams.is_empty() {
        findings.problem(&at, "there is no upstream", format!("write a table such as [{at}.billing]"));
    }
    if settings.upstreams.len() > 1 && settings.upstreams.contains_key("") {
        let message = "the empty alias leaves names as they are, which needs a single upstream";
        findings.problem(&join(&at, ""), message, "give it an alias");
    }
    let tenant = settings;
    let compile = |(alias, settings): (&String, _)| {
        Rc::new(upstream::compile(&join(&at, alias), alias, settings, tenant, secrets, findings))
    };
    settings.upstreams.iter().map(compile).collect()
}

fn agents(
    scope: &Scope<'_>,
    path: &str,
    issuers: &[Rc<Issuer>],
    upstreams: &[Rc<Upstream>],
    findings: &mut Findings,
) -> Vec<Rc<Agent>> {
    let settings = scope.settings;
    let at = join(path, "agents");
    if settings.anonymous && !settings.agents.contains_key(ANONYMOUS) {
        let remedy = format!("write `allow = [...]` in a table [{}]", join(&at, ANONYMOUS));
        findings.problem(&at, "nobody says what anonymous callers may use", remedy);
    } else if settings.agents.is_empty() {
        findings.warning(&at, "there is no agent: every token is refused");
    }
    let mut agents: Vec<Rc<Agent>> = Vec::new();
    for (name, settings) in &settings.agents {
        let at = join(&at, name);
        let agent = agent(scope, &at, name, settings, issuers, findings);
        warn_of_patterns(&at, &agent, upstreams, findings);
        let twin = |other: &&Rc<Agent>| other.issuer == agent.issuer && other.client == agent.client;
        if agent.client.is_some()
            && let Some(other) = agents.iter().find(twin)
        {
            let message = format!("it has issuer and client of the agent {:?}", other.name);
            findings.problem(&at, message, "give every agent a client of its own");
        }
        agents.push(Rc::new(agent));
    }
    agents
}

fn agent(
    scope: &Scope<'_>,
    at: &str,
    name: &str,
    settings: &AgentSettings,
    issuers: &[Rc<Issuer>],
    findings: &mut Findings,
) -> Agent {
    findings.name(at, name);
    for group in &settings.groups {
        findings.name(&join(at, "groups"), group);
    }
    let only = match issuers {
        [issuer] => Some(issuer.name.clone()),
        _ => None,
    };
    let (issuer, client) = if scope.settings.anonymous {
        anonymous(at, name, settings, findings);
        (None, None)
    } else {
        (settings.issuer.clone().or(only), settings.client.clone())
    };
    if !scope.settings.anonymous {
        check_match(scope, at, name, issuer.as_deref(), client.as_deref(), findings);
    }
    Agent {
        name: name.to_owned(),
        issuer,
        client,
        groups: settings.groups.clone(),
        allow: globs(at, settings, findings),
        clearance: settings.clearance.iter().map(|kind| Glob::new(kind)).collect(),
    }
}

fn anonymous(at: &str, name: &str, settings: &AgentSettings, findings: &mut Findings) {
    if name != ANONYMOUS {
        findings.warning(at, "it matches nobody: with `anonymous = true` everybody is the agent `anonymous`");
    } else if settings.issuer.is_some() || settings.client.is_some() {
        findings.problem(
            at,
            "anonymous callers have neither issuer nor client",
            "remove `issuer` and `client`",
        );
    }
}

fn check_match(
    scope: &Scope<'_>,
    at: &str,
    name: &str,
    issuer: Option<&str>,
    client: Option<&str>,
    findings: &mut Findings,
) {
    if name == ANONYMOUS {
        findings.problem(at, "the name is kept for `anonymous = true`", "choose another name");
    }
    if client.is_none_or(str::is_empty) {
        findings.problem(
            &join(at, "client"),
            "it is missing",
            "write the value that the issuer's `agent_claim` has in this agent's tokens",
        );
    }
    let at = join(at, "issuer");
    match issuer {
        None if scope.settings.issuers.is_empty() => {}
        None => findings.problem(&at, "it is missing", "name one of the tenant's issuers"),
        Some(issuer) if !scope.issuers.contains_key(issuer) => findings.problem(
            &at,
            format!("there is no issuer {issuer:?}"),
            format!("write a table [{}]", join("issuers", issuer)),
        ),
        Some(issuer) if !scope.settings.issuers.iter().any(|name| name == issuer) => {
            findings.warning(
                &at,
                format!("the tenant does not accept the issuer {issuer:?}: this agent never comes"),
            );
        }
        Some(_) => {}
    }
}

fn globs(at: &str, settings: &AgentSettings, findings: &mut Findings) -> Vec<Glob> {
    for pattern in &settings.allow {
        findings.pattern(&join(at, "allow"), pattern);
    }
    settings.allow.iter().map(|pattern| Glob::new(pattern)).collect()
}

fn warn_of_patterns(at: &str, agent: &Agent, upstreams: &[Rc<Upstream>], findings: &mut Findings) {
    let at = join(at, "allow");
    if agent.allow.is_empty() {
        findings.warning(&at, "it is empty: this agent may use nothing");
    }
    for pattern in &agent.allow {
        let alone = Agent {
            name: String::new(),
            issuer: None,
            client: None,
            groups: Vec::new(),
            allow: vec![pattern.clone()],
            clearance: Vec::new(),
        };
        if !upstreams.iter().any(|upstream| authorize::may_use(&alone, &upstream.alias)) {
            findings.warning(
                &at,
                format!("{:?} matches nothing: no upstream has such an alias", pattern.as_str()),
            );
        }
    }
}
