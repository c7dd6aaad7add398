//! `[tenants.NAME.tools.PATTERN]`.

use super::{Findings, cache, guard, redact};
use crate::settings::{TenantSettings, ToolSettings, join};
use crate::tenant::{Glob, Tool, ToolBreaker, Upstream};
use std::cmp::Reverse;
use std::rc::Rc;

/// Longest name of a tool behind an alias, in characters (`catalog::names`).
const NAME: usize = 64;

/// All of them, the one first that is meant when several match.
pub fn compile(
    tenant: &TenantSettings,
    path: &str,
    upstreams: &[Rc<Upstream>],
    cache_off: bool,
    findings: &mut Findings,
) -> Vec<Rc<Tool>> {
    let at = join(path, "tools");
    let mut tools: Vec<Rc<Tool>> = Vec::new();
    for (pattern, settings) in &tenant.tools {
        let path = join(&at, pattern);
        findings.pattern(&path, pattern);
        if !upstreams.iter().any(|upstream| can_match(pattern, &upstream.alias)) {
            findings.warning(
                &path,
                "it matches nothing: tools are called ALIAS__NAME, and none can be called so",
            );
        }
        tools.push(Rc::new(tool(&path, pattern, settings, tenant, cache_off, findings)));
    }
    // Equal ranks stay in the order of their patterns, so that the same one is always meant.
    tools.sort_by_key(|tool| Reverse(tool.rank()));
    tools
}

fn tool(
    path: &str,
    pattern: &str,
    settings: &ToolSettings,
    tenant: &TenantSettings,
    cache_off: bool,
    findings: &mut Findings,
) -> Tool {
    if let (Some(first), Some(total)) = (settings.first_byte_ms, settings.total_ms)
        && first > total
    {
        let remedy = "make `total_ms` the larger of the two";
        findings.problem(&join(path, "first_byte_ms"), "it is more than `total_ms`", remedy);
    }
    Tool {
        pattern: Glob::new(pattern),
        first_byte_ms: settings.first_byte_ms,
        idle_ms: settings.idle_ms,
        total_ms: settings.total_ms,
        places: guard::places(path, &settings.guard, findings),
        breaker: guard::breaker(path, &settings.guard, findings)
            .map_or(ToolBreaker::Upstreams, ToolBreaker::Own),
        idempotent: settings.idempotent,
        coalesce: settings.coalesce,
        cache: cache::compile(path, settings, tenant, cache_off, findings),
        invalidates: settings.invalidates.clone(),
        inspect: redact::inspect(path, &settings.inspect, tenant, findings),
    }
}

/// Whether a tool of the upstream `alias` can have a name that `pattern` matches.
pub fn can_match(pattern: &str, alias: &str) -> bool {
    if alias.is_empty() {
        return true;
    }
    let prefix = format!("{alias}__");
    match pattern.split_once('*') {
        None => pattern.len() <= NAME && pattern.len() > prefix.len() && pattern.starts_with(&prefix),
        Some((literal, _)) => prefix.starts_with(literal) || literal.starts_with(&prefix),
    }
}
