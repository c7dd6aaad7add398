//! `[[tenants.NAME.limits]]`, `[tenants.NAME.prices]`, `[tenants.NAME.loop]`.

use super::Findings;
use crate::calendar::{Calendar, Every, Zone};
use crate::ledger::{RuleKey, loops};
use crate::settings::{LimitSettings, LoopSettings, PriceSettings, SelectorSettings, TenantSettings, join};
use crate::tenant::{
    Agent, Breaker, Each, Glob, Limit, Limits, Measure, Placement, Price, Quota, Reserve, Selector, Upstream,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Rules of one tenant: each is looked at with every call.
const MOST: usize = 64;
/// The largest limit of a window: far beyond any use, far from where sums overflow.
const LARGEST: u64 = 1_000_000_000_000_000;
/// The largest rate, of calls in its period: one a nanosecond is the unit.
const FASTEST: u64 = 1_000_000_000;
/// Calls in flight under one rule: each is a reservation of its account.
const SLOTS: u64 = 1_000;
/// The largest result under `reserve = "max"`, in tokens: what common clients take.
const RESULT_TOKENS: u32 = 25_000;
/// Cloudflare's jurisdictions and location hints (Durable Objects, Data location).
const JURISDICTIONS: [&str; 2] = ["eu", "fedramp"];
const LOCATIONS: [&str; 9] = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"];

pub fn compile(
    path: &str,
    settings: &TenantSettings,
    agents: &[Rc<Agent>],
    upstreams: &[Rc<Upstream>],
    findings: &mut Findings,
) -> Limits {
    let at = join(path, "limits");
    if settings.limits.len() > MOST {
        let message = format!("there are {}", settings.limits.len());
        findings.problem(&at, message, format!("write at most {MOST}: each is looked at with every call"));
    }
    let mut rules: Vec<Rc<Limit>> = Vec::new();
    for (number, settings) in settings.limits.iter().enumerate() {
        let at = join(&at, &number.to_string());
        let rule = limit(&at, settings, findings);
        if rules.iter().any(|other| other.name == rule.name) {
            findings.problem(
                &join(&at, "name"),
                "another limit has this name",
                "give each a name of its own",
            );
        }
        warn(&at, &rule, agents, upstreams, findings);
        rules.push(Rc::new(rule));
    }
    let by_agent: BTreeMap<String, Vec<Rc<Limit>>> = agents
        .iter()
        .map(|agent| {
            (agent.name.clone(), rules.iter().filter(|rule| rule.selector.takes(agent)).cloned().collect())
        })
        .collect();
    let costs = rules.iter().position(|rule| matches!(rule.measure, Measure::Cost(..)));
    if let Some(number) = costs.filter(|_| settings.prices.is_empty()) {
        let message = format!("nothing has a price: write a table such as [{}.\"*\"]", join(path, "prices"));
        findings.warning(&join(&at, &number.to_string()), message);
    }
    Limits {
        rules,
        by_agent,
        prices: prices(&settings.prices),
        breaker: breaker(&join(path, "loop"), &settings.breaker, findings),
        charge_ms: settings.charge_ms,
        placement: Placement {
            jurisdiction: place(
                &join(path, "jurisdiction"),
                settings.jurisdiction.as_deref(),
                &JURISDICTIONS,
                findings,
            ),
            location: place(&join(path, "location"), settings.location.as_deref(), &LOCATIONS, findings),
        },
    }
}

fn place<const N: usize>(
    path: &str,
    name: Option<&str>,
    known: &[&'static str; N],
    findings: &mut Findings,
) -> &'static str {
    let Some(name) = name else { return "" };
    let found = known.iter().find(|known| **known == name);
    if found.is_none() {
        findings.problem(path, format!("{name:?} is none"), format!("write one of {}", known.join(", ")));
    }
    found.copied().unwrap_or_default()
}

fn limit(at: &str, settings: &LimitSettings, findings: &mut Findings) -> Limit {
    findings.name(&join(at, "name"), &settings.name);
    let measure = measure(at, settings, findings);
    let lease =
        one_of(&join(at, "precision"), &settings.precision, &["strict", "lease"], findings) == "lease";
    if lease && measure.settles() {
        let message =
            format!("what `{}` charges is settled after the call, which needs the account", settings.kind);
        findings.problem(&join(at, "precision"), message, "leave it strict: leases are for rate and quota");
    }
    let local = one_of(&join(at, "on_fault"), &settings.on_fault, &["refuse", "local"], findings) == "local";
    if local {
        findings.opened(&join(at, "on_fault"), "without the ledger each isolate counts by itself");
    }
    Limit {
        key: key(settings),
        name: settings.name.clone(),
        selector: selector(&join(at, "for"), &settings.selector, findings),
        each: match one_of(
            &join(at, "each"),
            &settings.each,
            &["agent", "tool", "upstream", "tenant"],
            findings,
        ) {
            "tool" => Each::Tool,
            "upstream" => Each::Upstream,
            "tenant" => Each::Tenant,
            _ => Each::Agent,
        },
        measure,
        lease,
        local_on_fault: local,
    }
}

/// A digest of what the rule is called and what it counts: a count is kept when the limit alone changes.
fn key(settings: &LimitSettings) -> RuleKey {
    let mut digest = Sha256::new();
    let window = settings.window.as_deref().unwrap_or_default();
    let zone = settings.time_zone.as_deref().unwrap_or("UTC");
    for part in [&settings.name, &settings.kind, window, zone] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    RuleKey(digest.finalize().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
}

fn measure(at: &str, settings: &LimitSettings, findings: &mut Findings) -> Measure {
    let kind = one_of(
        &join(at, "kind"),
        &settings.kind,
        &["quota", "rate", "tokens", "cost", "concurrency"],
        findings,
    );
    check_keys(at, kind, settings, findings);
    let most = match kind {
        "rate" => FASTEST,
        "concurrency" => SLOTS,
        _ => LARGEST,
    };
    let limit = settings.limit.unwrap_or_default();
    if limit == 0 || limit > most {
        findings.problem(&join(at, "limit"), "it is missing or out of range", format!("write 1 to {most}"));
    }
    let limit = limit.clamp(1, most);
    let reserve = reserve(at, settings, findings);
    match kind {
        "rate" => {
            let per_s = settings.per_s.unwrap_or(1);
            // Rounded up: never more than was written.
            let every_ns = (u64::from(per_s) * 1_000_000_000).div_ceil(limit);
            Measure::Rate { every_ns, burst: settings.burst.map_or(limit, u64::from), limit, per_s }
        }
        "concurrency" => Measure::Concurrency { limit },
        // A single call may be a large part of a budget, so that a block of one is no use there.
        "tokens" => Measure::Tokens(quota(at, limit, (limit / 50).max(1), settings, findings), reserve),
        "cost" => Measure::Cost(quota(at, limit, (limit / 50).max(1), settings, findings), reserve),
        _ => Measure::Calls(quota(at, limit, (limit / 50).clamp(1, 1_000), settings, findings)),
    }
}

fn quota(at: &str, limit: u64, block: u64, settings: &LimitSettings, findings: &mut Findings) -> Quota {
    let every = settings.window.as_deref().and_then(Every::from_name);
    if every.is_none() {
        let remedy = "write minute, hour, day, week or month";
        findings.problem(&join(at, "window"), "it is missing or unknown", remedy);
    }
    let zone = settings.time_zone.as_deref().map_or(Ok(Zone::UTC), Zone::named).unwrap_or_else(|why| {
        let (why, remedy) = why.split_once(": ").unwrap_or((&why, "write UTC, or an offset such as +02:00"));
        findings.problem(&join(at, "time_zone"), why, remedy);
        Zone::UTC
    });
    Quota { limit, block, calendar: Calendar { every: every.unwrap_or(Every::Day), zone } }
}

fn reserve(at: &str, settings: &LimitSettings, findings: &mut Findings) -> Reserve {
    let name = settings.reserve.as_deref().unwrap_or("mean");
    match one_of(&join(at, "reserve"), name, &["mean", "max"], findings) {
        "max" => Reserve::Max(settings.result_tokens.unwrap_or(RESULT_TOKENS)),
        _ => {
            if settings.result_tokens.is_some() {
                let message = "it says nothing without `reserve = \"max\"`";
                findings.problem(&join(at, "result_tokens"), message, "write both, or none");
            }
            Reserve::Mean
        }
    }
}

/// Keys that another kind has are problems: who writes them believes that they do something.
fn check_keys(at: &str, kind: &str, settings: &LimitSettings, findings: &mut Findings) {
    let windows = matches!(kind, "quota" | "tokens" | "cost");
    let reserves = matches!(kind, "tokens" | "cost");
    for (key, written, meant) in [
        ("per_s", settings.per_s.is_some(), kind == "rate"),
        ("burst", settings.burst.is_some(), kind == "rate"),
        ("window", settings.window.is_some(), windows),
        ("time_zone", settings.time_zone.is_some(), windows),
        ("reserve", settings.reserve.is_some(), reserves),
        ("result_tokens", settings.result_tokens.is_some(), reserves),
    ] {
        if written && !meant {
            findings.problem(&join(at, key), format!("a limit of the kind {kind:?} has none"), "remove it");
        }
    }
}

pub fn selector(at: &str, settings: &SelectorSettings, findings: &mut Findings) -> Selector {
    let mut globs = |key: &str, list: &Option<Vec<String>>| {
        let list = list.as_ref()?;
        if list.is_empty() {
            findings.problem(
                &join(at, key),
                "it is empty: nothing would be concerned",
                "remove it, or name some",
            );
        }
        Some(list.iter().map(|pattern| Glob::new(pattern)).collect())
    };
    Selector {
        agents: globs("agents", &settings.agents),
        tools: globs("tools", &settings.tools),
        upstreams: globs("upstreams", &settings.upstreams),
        groups: {
            globs("groups", &settings.groups);
            settings.groups.clone()
        },
    }
}

/// Rules that can never match.
fn warn(at: &str, rule: &Limit, agents: &[Rc<Agent>], upstreams: &[Rc<Upstream>], findings: &mut Findings) {
    let at = join(at, "for");
    if !agents.iter().any(|agent| rule.selector.takes(agent)) {
        findings.warning(&at, "no agent matches: the limit never counts");
    }
    let named = |globs: &[Glob]| {
        upstreams.iter().any(|upstream| globs.iter().any(|glob| glob.matches(&upstream.alias)))
    };
    if rule.selector.upstreams.as_ref().is_some_and(|globs| !named(globs)) {
        findings.warning(&join(&at, "upstreams"), "no upstream matches: the limit never counts");
    }
}

fn prices(settings: &BTreeMap<String, PriceSettings>) -> Vec<(Glob, Price)> {
    let price = |(pattern, settings): (&String, &PriceSettings)| {
        let price = Price {
            call: settings.call,
            request_1k: settings.request_1k_tokens,
            result_1k: settings.result_1k_tokens,
        };
        (Glob::new(pattern), price)
    };
    let mut prices: Vec<(Glob, Price)> = settings.iter().map(price).collect();
    // What says more comes first: names before patterns, longer patterns before shorter ones.
    prices.sort_by_key(|(glob, _)| {
        let pattern = glob.as_str();
        (pattern.contains('*'), std::cmp::Reverse(pattern.len()))
    });
    prices
}

fn breaker(at: &str, settings: &LoopSettings, findings: &mut Findings) -> Option<Breaker> {
    let mode = one_of(&join(at, "mode"), &settings.mode, &["enforce", "dry_run", "off"], findings);
    if mode != "enforce" {
        findings.opened(&join(at, "mode"), "agents that are stuck in a loop are not stopped");
    }
    let strict =
        one_of(&join(at, "precision"), &settings.precision, &["lease", "strict"], findings) == "strict";
    (mode != "off").then(|| Breaker {
        bounds: loops::Bounds {
            window_ms: settings.window_s.saturating_mul(1_000),
            same: settings.same,
            errors: settings.same,
            empty: settings.same,
            hard: settings.hard,
            calls: settings.calls,
            spend: settings.spend,
            dry_run: mode == "dry_run",
            ..loops::Bounds::default()
        },
        dry_run: mode == "dry_run",
        strict,
        exempt: settings.exempt.iter().map(|pattern| Glob::new(pattern)).collect(),
    })
}

/// The one of `known` that was written; the first, with a problem, when it is none.
pub fn one_of<'k>(path: &str, written: &str, known: &[&'k str], findings: &mut Findings) -> &'k str {
    if let Some(found) = known.iter().find(|known| **known == written) {
        return found;
    }
    findings.problem(path, format!("{written:?} is none"), format!("write one of {}", known.join(", ")));
    known.first().copied().unwrap_or_default()
}
