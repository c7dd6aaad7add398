//! `cache` of tools, and what of it may not be.

use super::{Findings, limits, tools};
use crate::settings::{CacheSettings, TenantSettings, ToolCacheSettings, ToolSettings, join};
use crate::tenant::{
    Agent, CacheMode, CacheScope, Caching, Credential, Depth, Glob, Redaction, Rule, Tool, Upstream, Way,
};
use postern_redact::operators::Operator;
use std::rc::Rc;

/// Highest `max_error` that is taken, and the default, in ten-thousandths.
const MAX_ERROR: (u64, u64) = (5_000, 200);
/// Arguments or fields that one tool may name.
const NAMES: usize = 64;

/// What a tool's settings say; none where nothing of it is kept.
pub fn compile(
    path: &str,
    settings: &ToolSettings,
    tenant: &TenantSettings,
    off: bool,
    findings: &mut Findings,
) -> Option<Caching> {
    let settings = settings.cache.as_ref()?;
    let path = join(path, "cache");
    let modes = ["off", "exact", "shadow", "serve"];
    let mode = match limits::one_of(&join(&path, "mode"), &settings.mode, &modes, findings) {
        "exact" => Some(CacheMode::Exact),
        "shadow" => Some(CacheMode::Shadow),
        "serve" => Some(CacheMode::Serve),
        _ => None,
    };
    let scope = scope(&path, settings, &tenant.cache, mode.is_some(), findings);
    let max_error = max_error(&join(&path, "max_error"), settings.max_error, findings)
        .or_else(|| tenant.cache.max_error.and_then(|error| u32::try_from(error).ok()))
        .unwrap_or(MAX_ERROR.1 as u32);
    for (key, names) in [("free", &settings.free), ("volatile", &settings.volatile)] {
        if names.len() > NAMES {
            let message = format!("there are {}", names.len());
            findings.problem(&join(&path, key), message, format!("write at most {NAMES}"));
        }
    }
    let mode = mode?;
    if mode != CacheMode::Exact && tenant.cache.model.as_ref().is_none_or(String::is_empty) {
        findings.problem(
            &join(&path, "mode"),
            format!("`{}` compares questions by a model, and there is none", settings.mode),
            "write `model = \"static\"` (or `encoder`, or the name of an asset) in the tenant's `[...cache]`",
        );
    }
    let ms = |seconds: u32| u64::from(seconds) * 1_000;
    let caching = Caching {
        mode,
        scope,
        ttl_ms: ms(settings.ttl_s),
        stale_if_error_ms: ms(settings.stale_if_error_s),
        stale_while_revalidate_ms: ms(settings.stale_while_revalidate_s),
        max_bytes: settings.max_bytes as usize,
        fold: settings.fold.unwrap_or(true),
        names: settings.names.unwrap_or(true),
        free: settings.free.clone(),
        volatile: settings.volatile.clone(),
        read_only: settings.read_only,
        max_error,
        model: tenant.cache.model.as_deref().map(asset),
    };
    (!off && tenant.cache.enabled != Some(false)).then_some(caching)
}

/// The file that a model is in, below the folder of assets.
fn asset(model: &str) -> String {
    match model {
        "encoder" => "build/encoder.onnx".to_owned(),
        "static" => "static.onnx".to_owned(),
        path => path.to_owned(),
    }
}

fn scope(
    path: &str,
    settings: &ToolCacheSettings,
    tenant: &CacheSettings,
    on: bool,
    findings: &mut Findings,
) -> CacheScope {
    let path = join(path, "scope");
    match limits::one_of(&path, &settings.scope, &["principal", "agent", "group", "tenant"], findings) {
        "agent" => CacheScope::Agent,
        "tenant" => CacheScope::Tenant,
        "group" => {
            let group = tenant.group.clone().unwrap_or_default();
            if on && group.is_empty() {
                let remedy = "name it by `group = \"...\"` in the tenant's `[...cache]`";
                findings.problem(&path, "nobody says which group is meant", remedy);
            }
            CacheScope::Group(group)
        }
        _ => CacheScope::Principal,
    }
}

fn max_error(path: &str, written: Option<u64>, findings: &mut Findings) -> Option<u32> {
    let written = written?;
    if written == 0 || written > MAX_ERROR.0 {
        let remedy = "write a share from 0.0001 to 0.5, such as 0.02";
        findings.problem(path, "it is no share of errors that could be promised", remedy);
    }
    u32::try_from(written).ok()
}

/// What only the whole tenant shows: whether a scope is wider than it may be, and names that name nothing.
pub fn check(
    path: &str,
    settings: &TenantSettings,
    agents: &[Rc<Agent>],
    upstreams: &[Rc<Upstream>],
    compiled: &[Rc<Tool>],
    redaction: Option<&Redaction>,
    findings: &mut Findings,
) {
    let cache = join(path, "cache");
    max_error(&join(&cache, "max_error"), settings.cache.max_error, findings);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let outside = |part: &str| part.is_empty() || part.starts_with('.');
    if let Some(model) = &settings.cache.model
        && (!model.bytes().all(plain) || model.len() > 200 || model.split('/').any(outside))
    {
        let remedy = "write `encoder`, `static`, or the path of a file in `deploy/model`, such as `own.onnx`";
        findings.problem(&join(&cache, "model"), "it is no name of an asset", remedy);
    }
    if let Some(group) = &settings.cache.group
        && !agents.iter().any(|agent| agent.groups.contains(group))
    {
        findings.warning(&join(&cache, "group"), format!("no agent is in the group {group:?}"));
    }
    for tool in compiled {
        let at = join(&join(path, "tools"), tool.pattern.as_str());
        invalidates(&join(&at, "invalidates"), tool, compiled, findings);
        let Some(caching) = &tool.cache else { continue };
        let at = join(&at, "cache");
        if tool.invalidates.iter().any(|name| tool.pattern.matches(name)) {
            let message =
                "it ends what is kept of itself: a tool whose calls change something is not read from";
            findings.problem(&at, message, "remove one of `cache` and `invalidates`");
        }
        if caching.scope == CacheScope::Principal {
            continue;
        }
        let reached = |upstream: &&Rc<Upstream>| tools::can_match(tool.pattern.as_str(), &upstream.alias);
        for upstream in upstreams.iter().filter(reached) {
            if let Some(why) = one_principals(tool, upstream, redaction) {
                let message = format!("it is wider than what {} gives may be shared: {why}", upstream.alias);
                findings.problem(&join(&at, "scope"), message, "write `scope = \"principal\"`");
                break;
            }
        }
    }
}

fn invalidates(path: &str, tool: &Tool, compiled: &[Rc<Tool>], findings: &mut Findings) {
    for name in &tool.invalidates {
        if name.contains('*') {
            let message = format!("{name:?} is a pattern");
            findings.problem(path, message, "name each tool as agents see it, without stars");
            continue;
        }
        let meant = compiled.iter().find(|other| other.pattern.matches(name));
        if meant.is_none_or(|other| other.cache.is_none()) {
            findings.warning(path, format!("nothing of {name:?} is kept"));
        }
    }
    if tool.invalidates.len() > NAMES {
        let message = format!("there are {}", tool.invalidates.len());
        findings.problem(path, message, format!("write at most {NAMES}"));
    }
}

/// Why what the upstream answers belongs to the one who asked, if it does.
fn one_principals(tool: &Tool, upstream: &Upstream, redaction: Option<&Redaction>) -> Option<&'static str> {
    match upstream.credential {
        // The gateway's own, whoever asks.
        Credential::None | Credential::Header { .. } => {}
    }
    let redaction = redaction?;
    let said = [&tool.inspect, &upstream.inspect, &redaction.inspect];
    if said.iter().find_map(|inspect| inspect.dlp.as_ref()).is_some_and(Option::is_some) {
        return Some("an external service judges it for each user");
    }
    let inspected = said.iter().find_map(|inspect| inspect.responses) != Some(Depth::Off);
    let reversible = is_reversible(&redaction.operator)
        || redaction
            .rules
            .iter()
            .any(|rule| is_reversible(&rule.operator) && may_concern(rule, tool, upstream));
    (inspected && reversible).then_some("redaction puts tokens into it that only one principal can restore")
}

const fn is_reversible(operator: &Operator) -> bool {
    matches!(operator, Operator::Token | Operator::Preserve)
}

/// Whether a rule may be about an answer of the tool. A pattern is taken to overlap with every other.
fn may_concern(rule: &Rule, tool: &Tool, upstream: &Upstream) -> bool {
    let pattern = tool.pattern.as_str();
    let ways = rule.ways.as_ref().is_none_or(|ways| ways.contains(&Way::Response));
    let fits = |globs: &Option<Vec<Glob>>, text: &str| {
        globs.as_ref().is_none_or(|globs| globs.iter().any(|glob| glob.matches(text)))
    };
    let named = pattern.contains('*') || fits(&rule.selector.tools, pattern);
    ways && named && fits(&rule.selector.upstreams, &upstream.alias)
}
