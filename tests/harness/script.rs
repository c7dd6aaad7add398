//! From the rules of the cases to the answers of the scripted upstream, and to the settings of the gateway.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;

use crate::case::{Case, Emit, Rule, Then};
use crate::suite::Suite;
use crate::token::{AUDIENCE, Issuer};
use crate::upstream::{Answer, Handler, Piece, Seen};

/// Status of an answer that no rule gave: the runner fails the case.
pub const UNSCRIPTED: u16 = 599;

/// The credential that the gateway shows the scripted upstreams, by the secret's name.
pub const SECRETS: &[(&str, &str)] = &[
    ("UPSTREAM_TOKEN", "upstream-credential-4711"),
    ("UPSTREAM_KEY", "upstream-key-4712"),
    ("REDACT_KEYS", REDACT_KEYS),
];

/// The keys of redaction of the tests: the newest, and an older one.
const REDACT_KEYS: &str =
    "k2:AgECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,k1:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The seal keys of the tests.
pub const SEAL_KEYS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Answers requests to `/CASE/ALIAS...` by the rules of that case.
///
/// # Errors
/// When a fixture is missing.
pub fn handler(suite: &Suite) -> Result<Handler> {
    let mut all: HashMap<(String, String), Vec<(Rule, AtomicUsize)>> = HashMap::new();
    for case in &suite.cases {
        for rules in [&case.upstream, &suite.fixture(case)?.upstream] {
            for (alias, rules) in rules {
                let place = all.entry((case.name.clone(), alias.clone())).or_default();
                place.extend(rules.iter().map(|rule| (rule.clone(), AtomicUsize::new(0))));
            }
        }
    }
    Ok(std::sync::Arc::new(move |seen: &Seen| {
        let mut parts = seen.path.split('/').skip(1);
        let key = (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned());
        let rules = all.get(&key).map(Vec::as_slice).unwrap_or_default();
        match rules.iter().find(|(rule, used)| fits(rule, used, seen)) {
            Some((rule, used)) => {
                used.fetch_add(1, Ordering::SeqCst);
                answer(rule, seen)
            }
            None => Answer::status(UNSCRIPTED),
        }
    }))
}

fn fits(rule: &Rule, used: &AtomicUsize, seen: &Seen) -> bool {
    rule.on.as_ref().is_none_or(|on| *on == seen.rpc)
        && rule.times.is_none_or(|times| used.load(Ordering::SeqCst) < times)
        && rule.has.as_ref().is_none_or(|text| seen.text().contains(text))
        && rule.needs.iter().all(|(name, value)| seen.header(name) == Some(value))
}

fn answer(rule: &Rule, seen: &Seen) -> Answer {
    let fill = |text: &str| fill(text, seen);
    let message = |kind: &str, text: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":{},"{kind}":{}}}"#, fill("${id}"), fill(text))
    };
    let mut pieces = Vec::new();
    let mut kind = "application/json";
    if let Some(text) = &rule.result {
        pieces.push(Piece::Bytes(message("result", text).into()));
    } else if let Some(text) = &rule.error {
        pieces.push(Piece::Bytes(message("error", text).into()));
    } else if let Some(text) = &rule.body {
        pieces.push(Piece::Bytes(fill(text).into()));
    } else if let Some(many) = &rule.many {
        let items: Vec<String> = (0..many.count).map(|n| many.item.replace("${n}", &n.to_string())).collect();
        let head = r#""resultType":"complete","ttlMs":60000,"cacheScope":"public""#;
        pieces.push(Piece::Bytes(
            message("result", &format!(r#"{{{head},"{}":[{}]}}"#, many.key, items.join(","))).into(),
        ));
    } else if let Some(events) = &rule.events {
        kind = "text/event-stream";
        let event = |text: String| Piece::Bytes(Bytes::from(format!("event: message\ndata: {text}\n\n")));
        pieces.extend(events.iter().map(|emit| match emit {
            Emit::Data(text) => event(fill(text)),
            Emit::Result(text) => event(message("result", text)),
            Emit::Error(text) => event(message("error", text)),
            Emit::Raw(text) => Piece::Bytes(fill(text).into()),
            Emit::WaitMs(ms) => Piece::Wait(Duration::from_millis(*ms)),
        }));
    }
    if rule.zeros > 0 {
        pieces.push(Piece::Zeros(rule.zeros));
    }
    match rule.then {
        // Time for what came before to leave the machine's buffers: it is to be seen, then the break.
        Some(Then::Break) => pieces.extend([Piece::Wait(Duration::from_millis(20)), Piece::Break]),
        Some(Then::Hang) => pieces.push(Piece::Hang),
        None => {}
    }
    let mut headers: Vec<(String, String)> =
        rule.headers.iter().map(|(name, value)| (name.clone(), fill(value))).collect();
    if !rule.headers.contains_key("content-type") && !pieces.is_empty() {
        headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    let status = rule.status.unwrap_or(if pieces.is_empty() { 202 } else { 200 });
    Answer { status, headers, delay: Duration::from_millis(rule.delay_ms), pieces }
}

/// Replaces `${...}` by parts of the request that is answered.
fn fill(text: &str, seen: &Seen) -> String {
    if !text.contains("${") {
        return text.to_owned();
    }
    let part = |path: &[&str]| seen.raw(path).unwrap_or_else(|| "null".to_owned());
    text.replace("${id}", &part(&["id"]))
        .replace("${progress}", &part(&["params", "_meta", "progressToken"]))
        .replace("${arguments}", &part(&["params", "arguments"]))
        .replace("${uri}", &part(&["params", "uri"]))
        .replace("${params}", &part(&["params"]))
        .replace("${notifications}", &part(&["params", "notifications"]))
        .replace("${last-event-id}", seen.header("last-event-id").unwrap_or_default())
        .replace("${words 3000}", &"word ".repeat(3_000))
}

/// The settings of a gateway that serves every case as a tenant of its own, with upstreams below `upstream`
/// (`http://127.0.0.1:PORT`).
///
/// # Errors
/// When a fixture is missing or settings cannot be written as TOML.
pub fn settings(suite: &Suite, upstream: &str) -> Result<String> {
    let mut issuers = toml::Table::new();
    for issuer in [Issuer::new("dev"), Issuer::new("other")] {
        issuers.insert(issuer.name.to_owned(), self::issuer(&issuer)?);
    }
    let mut scoped = issuer(&Issuer::new("scoped"))?;
    if let Some(scoped) = scoped.as_table_mut() {
        scoped.insert("scopes".to_owned(), vec!["mcp:call", "mcp:list"].into());
    }
    issuers.insert("scoped".to_owned(), scoped);
    let mut tenants = toml::Table::new();
    for case in &suite.cases {
        tenants.insert(case.name.clone(), tenant(suite, case, upstream)?.into());
    }
    let mut all = toml::Table::new();
    all.insert("version".to_owned(), 1.into());
    all.insert("issuers".to_owned(), issuers.into());
    all.insert("tenants".to_owned(), tenants.into());
    Ok(toml::to_string(&all)?)
}

/// The settings of a development issuer.
///
/// # Errors
/// Never for the tests' issuers.
pub fn issuer(issuer: &Issuer) -> Result<toml::Value> {
    let text = format!(
        "development = true\njwks = '{}'\nurl = '{}'\naudiences = ['{AUDIENCE}']\nalgorithms = ['EdDSA']\n\
         typ = 'at+jwt'\nagent_claim = 'client_id'\n",
        issuer.jwks(),
        issuer.url(),
    );
    Ok(toml::Value::Table(toml::from_str(&text).context("settings of an issuer")?))
}

fn tenant(suite: &Suite, case: &Case, upstream: &str) -> Result<toml::Table> {
    let mut tenant = suite.fixture(case)?.tenant.clone();
    merge(&mut tenant, &case.tenant);
    tenant.entry("path").or_insert_with(|| format!("/t/{}/mcp", case.name).into());
    let mut value = toml::Value::Table(tenant);
    substitute(&mut value, &[("${upstream}", &format!("{upstream}/{}", case.name)), ("${case}", &case.name)]);
    match value {
        toml::Value::Table(tenant) => Ok(tenant),
        _ => anyhow::bail!("a tenant is a table"),
    }
}

/// Lays `over` over `base`: tables member by member, anything else replaced; the text `none` removes.
pub(crate) fn merge(base: &mut toml::Table, over: &toml::Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, toml::Value::String(none)) if none == "none" => drop(base.remove(key)),
            _ => drop(base.insert(key.clone(), value.clone())),
        }
    }
}

fn substitute(value: &mut toml::Value, pairs: &[(&str, &str)]) {
    match value {
        toml::Value::String(text) => {
            for (from, to) in pairs {
                *text = text.replace(from, to);
            }
        }
        toml::Value::Array(items) => items.iter_mut().for_each(|item| substitute(item, pairs)),
        toml::Value::Table(table) => table.iter_mut().for_each(|(_, item)| substitute(item, pairs)),
        _ => {}
    }
}
