//! What the cache does for a tenant, as operators read it, and how they end what it keeps.

use super::bundles::Settled;
use super::order::{Fields, Which};
use crate::error::Refusal;
use crate::gateway::Gateway;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::cache::{Counts, OfBand, Told};
use crate::tenant::{CacheMode, CacheScope, Caching, Tenant};
use serde_json::{Map, Value};

/// The page, as the index lists it.
pub(super) const PAGE: &str = "cache";

/// What was counted, in the isolate that answers, what tools have earned as far as it knows, and what settings say.
pub(super) fn show(gateway: &Gateway, tenant: &Tenant, now_ms: u64) -> Settled {
    let counts = gateway.cache.counts(&tenant.name);
    let told = |tool: &str| {
        let caching = tenant.tool(tool)?.cache.as_ref()?;
        let told = gateway.cache.told(&tenant.name, tool, caching, now_ms)?;
        Some(meaning(&told, caching))
    };
    let of = |(tool, counts): &(String, Counts)| (tool.clone(), figures(counts, told(tool)));
    let tools = object(counts.iter().map(of).collect());
    let kept = tenant.tools.iter().filter_map(|tool| Some((tool.pattern.as_str(), tool.cache.as_ref()?)));
    let settings = object(kept.map(|(pattern, caching)| (pattern.to_owned(), said(caching))).collect());
    Settled::done(named(vec![
        ("tenant", Value::from(tenant.name.as_str())),
        ("since_ms", Value::from(gateway.cache.since_ms())),
        ("settings", settings),
        ("tools", tools),
    ]))
}

/// An object with these members. Written once, and not collected: each kind of that has a sort of its own in wasm.
#[inline(never)]
fn object(members: Vec<(String, Value)>) -> Value {
    let mut object = Map::new();
    object.extend(members);
    Value::Object(object)
}

/// The same with names that are known beforehand. `json!` writes out each member.
#[inline(never)]
fn named(members: Vec<(&'static str, Value)>) -> Value {
    object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn figures(counts: &Counts, meaning: Option<Value>) -> Value {
    let figures = [
        ("exact", counts.exact),
        ("semantic", counts.semantic),
        ("stale", counts.stale),
        ("shadow", counts.shadow),
        ("misses", counts.misses),
        ("refreshes", counts.refreshes),
        ("saved_calls", counts.saved_calls()),
        ("saved_ms", counts.saved_ms),
        ("tokens", counts.tokens),
    ];
    let mut members: Vec<_> = figures.into_iter().map(|(name, count)| (name, Value::from(count))).collect();
    members.extend(meaning.map(|meaning| ("meaning", meaning)));
    named(members)
}

/// Of a tool in mode `shadow` or `serve`.
fn meaning(told: &Told, caching: &Caching) -> Value {
    let band = |band: &OfBand| {
        named(vec![
            ("band", Value::from(band.band)),
            ("serves", Value::from(band.serves)),
            ("open", Value::from(band.open)),
            ("pairs", Value::from(band.pairs)),
            ("wrong", Value::from(band.wrong)),
            // Rounded to more: it is an upper bound.
            ("upper", Value::from((band.upper * 1e4).ceil() / 1e4)),
        ])
    };
    named(vec![
        ("state", Value::from(told.state.name())),
        ("says", Value::from(told.says.as_str())),
        ("mode", Value::from(mode(caching.mode))),
        ("model", Value::from(caching.model.as_deref())),
        ("max_error", Value::from(told.max_error)),
        ("bands", Value::Array(told.bands.iter().map(band).collect())),
    ])
}

const fn mode(mode: CacheMode) -> &'static str {
    match mode {
        CacheMode::Exact => "exact",
        CacheMode::Shadow => "shadow",
        CacheMode::Serve => "serve",
    }
}

fn said(caching: &Caching) -> Value {
    let scope = match &caching.scope {
        CacheScope::Principal => "principal",
        CacheScope::Agent => "agent",
        CacheScope::Group(_) => "group",
        CacheScope::Tenant => "tenant",
    };
    named(vec![
        ("mode", Value::from(mode(caching.mode))),
        ("scope", Value::from(scope)),
        ("ttl_s", Value::from(caching.ttl_ms / 1_000)),
    ])
}

/// Ends what is kept: of these tools, or of all.
///
/// # Errors
/// [`Refusal::InvalidParams`], which names a tool of which nothing is kept.
pub(super) async fn purge<P: Platform>(
    gateway: &Gateway,
    platform: &P,
    tenant: &Tenant,
    fields: &Fields,
    trail: &mut Trail<P>,
) -> Result<Settled, Refusal> {
    fields.only(&["purge"])?;
    let missing = || Refusal::InvalidParams("write `purge`: the names of tools, or true for all".to_owned());
    let names = match fields.which("purge")?.ok_or_else(missing)? {
        Which::All => vec![String::new()],
        Which::Named(names) => names,
    };
    let kept = |name: &str| tenant.tool(name).is_some_and(|tool| tool.cache.is_some());
    if let Some(name) = names.iter().find(|name| !name.is_empty() && !kept(name)) {
        let name: String = name.chars().take(64).collect();
        return Err(Refusal::InvalidParams(format!("nothing of {name:?} is kept")));
    }
    let said = names.iter().map(|name| if name.is_empty() { "*" } else { name.as_str() });
    trail.note("purged", &said.collect::<Vec<_>>().join(","));
    for name in &names {
        gateway.cache.purge(platform, &tenant.name, name).await;
    }
    Ok(show(gateway, tenant, platform.now_ms()))
}
