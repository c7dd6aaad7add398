//! `[tenants.NAME.upstreams.ALIAS]`.

use super::{Findings, Reach, Secrets, asks, guard, redact, secret};
use crate::settings::{BreakerSettings, CredentialSettings, TenantSettings, UpstreamSettings, join};
use crate::tenant::{Credential, EraSetting, Upstream};

/// Headers that the gateway sets itself, or that steer connections.
const OWN_HEADERS: [&str; 12] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub fn compile(
    path: &str,
    alias: &str,
    settings: &UpstreamSettings,
    tenant: &TenantSettings,
    secrets: &dyn Secrets,
    findings: &mut Findings,
) -> Upstream {
    let reach =
        Reach { insecure: settings.insecure, private: settings.private_network, insecure_key: "insecure" };
    check_alias(path, alias, findings);
    findings.url(&join(path, "url"), &settings.url, reach);
    if settings.insecure {
        findings.opened(&join(path, "insecure"), "http and private addresses are allowed for this upstream");
    } else if settings.private_network {
        findings.opened(&join(path, "private_network"), "private addresses are allowed for this upstream");
    }
    if settings.first_byte_ms > settings.total_ms {
        let remedy = "make `total_ms` the larger of the two";
        findings.problem(&join(path, "first_byte_ms"), "it is more than `total_ms`", remedy);
    }
    Upstream {
        alias: alias.to_owned(),
        url: settings.url.clone(),
        era: era(&join(path, "era"), &settings.era, findings),
        credential: credential(&join(path, "credential"), &settings.credential, secrets, findings),
        first_byte_ms: settings.first_byte_ms,
        idle_ms: settings.idle_ms,
        total_ms: settings.total_ms,
        list_ttl_ms: settings.list_ttl_ms,
        places: guard::places(path, &settings.guard, findings),
        breaker: guard::breaker(path, &settings.guard, findings)
            .unwrap_or_else(|| Some(guard::rule(&BreakerSettings::default()))),
        inspect: redact::inspect(path, &settings.inspect, tenant, findings),
        asks: asks::compile(path, settings, findings),
    }
}

/// Names are `ALIAS__NAME`, so an alias has no `__` and does not end in `_`.
fn check_alias(path: &str, alias: &str, findings: &mut Findings) {
    let fits = alias.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let parts = !alias.contains("__") && !alias.starts_with('_') && !alias.ends_with('_');
    if !fits || !parts || alias.len() > 16 {
        let remedy = "use at most 16 of A-Z a-z 0-9 - and single _ inside";
        findings.problem(path, "its alias cannot stand in front of tool names", remedy);
    }
}

fn era(path: &str, name: &str, findings: &mut Findings) -> EraSetting {
    match name {
        "modern" => EraSetting::Modern,
        "legacy" => EraSetting::Legacy,
        "auto" => EraSetting::Auto,
        _ => {
            findings.problem(path, format!("{name:?} is no era"), "write `auto`, `modern` or `legacy`");
            EraSetting::Auto
        }
    }
}

pub fn credential(
    path: &str,
    settings: &CredentialSettings,
    secrets: &dyn Secrets,
    findings: &mut Findings,
) -> Credential {
    match settings {
        CredentialSettings::None => Credential::None,
        CredentialSettings::Bearer(reference) => {
            let token = secret(&join(path, "bearer"), reference, secrets, findings);
            Credential::Header { name: "authorization".to_owned(), value: format!("Bearer {token}") }
        }
        CredentialSettings::Header { header, value } => {
            let name = header.to_ascii_lowercase();
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if name.is_empty() || name.len() > 64 || !name.bytes().all(token) {
                findings.problem(
                    &join(path, "header"),
                    "it is no header name",
                    "write a name such as x-api-key",
                );
            } else if OWN_HEADERS.contains(&name.as_str()) || name.starts_with("mcp-") {
                findings.problem(
                    &join(path, "header"),
                    "the gateway sets this header itself",
                    "use the header that the upstream documents for its key",
                );
            }
            Credential::Header { name, value: secret(&join(path, "value"), value, secrets, findings) }
        }
    }
}
