//! `[issuers.NAME]`.

use super::{Findings, Reach};
use crate::settings::{IssuerSettings, join};
use crate::stage::authenticate::{KeySet, normal_typ};
use crate::tenant::{Algorithm, Issuer, KeySource};

pub fn compile(name: &str, settings: &IssuerSettings, findings: &mut Findings) -> Issuer {
    let path = join("issuers", name);
    findings.name(&path, name);
    let reach = Reach {
        insecure: settings.development,
        private: settings.private_network,
        insecure_key: "development",
    };
    if settings.development {
        findings.opened(&join(&path, "development"), "a development issuer: never in production");
    } else if settings.private_network {
        findings.opened(&join(&path, "private_network"), "private addresses are allowed for this issuer");
    }
    findings.url(&join(&path, "url"), &settings.url, reach);
    if settings.url.contains('?') {
        findings.problem(&join(&path, "url"), "it has a query", "write it as in the `iss` claim");
    }
    texts(&path, "audiences", &settings.audiences, findings);
    if settings.audiences.is_empty() {
        let remedy = "name what tokens for this gateway carry as `aud`: a token for anyone would be accepted";
        findings.problem(&join(&path, "audiences"), "it is empty", remedy);
    }
    for scope in &settings.scopes {
        // RFC 6749 3.3
        if scope.is_empty() || !scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
        {
            let message = format!("{scope:?} is no scope");
            findings.problem(
                &join(&path, "scopes"),
                message,
                "write one scope an item, without spaces and quotes",
            );
        }
    }
    for (key, value) in [("typ", &settings.typ), ("agent_claim", &settings.agent_claim)] {
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            findings.problem(&join(&path, key), "it is empty or has spaces", "leave it out for the default");
        }
    }
    let algorithms = algorithms(&join(&path, "algorithms"), &settings.algorithms, findings);
    Issuer {
        name: name.to_owned(),
        url: settings.url.clone(),
        audiences: settings.audiences.clone(),
        keys: keys(&path, settings, &algorithms, reach, findings),
        algorithms,
        typ: normal_typ(&settings.typ),
        agent_claim: settings.agent_claim.clone(),
        scopes: settings.scopes.clone(),
    }
}

fn algorithms(path: &str, names: &[String], findings: &mut Findings) -> Vec<Algorithm> {
    let mut algorithms = Vec::new();
    for name in names {
        match Algorithm::from_name(name) {
            Some(algorithm) if !algorithms.contains(&algorithm) => algorithms.push(algorithm),
            Some(_) => {}
            None if name.starts_with("HS") => {
                let message = format!("{name} shares one secret between issuer and gateway");
                findings.problem(path, message, "have the issuer sign with RS256, PS256, ES256 or EdDSA");
            }
            None => {
                let known = Algorithm::ALL.map(Algorithm::name).join(", ");
                findings.problem(
                    path,
                    format!("{name:?} is no known algorithm"),
                    format!("use some of {known}"),
                );
            }
        }
    }
    if names.is_empty() {
        findings.problem(path, "it is empty", "leave it out for the default");
    }
    algorithms
}

fn keys(
    path: &str,
    settings: &IssuerSettings,
    algorithms: &[Algorithm],
    reach: Reach,
    findings: &mut Findings,
) -> KeySource {
    let jwks_path = join(path, "jwks");
    match (&settings.jwks, &settings.jwks_url) {
        (Some(_), Some(_)) => {
            findings.problem(&jwks_path, "both `jwks` and `jwks_url` are given", "keep one of them");
            KeySource::Discover
        }
        (Some(text), None) => {
            if !settings.development {
                let remedy = "write `jwks_url`, or `development = true` if this is for development";
                findings.problem(&jwks_path, "keys in the settings cannot be rolled over", remedy);
            }
            match KeySet::parse(text.as_bytes(), algorithms) {
                Err(error) => {
                    findings.problem(&jwks_path, error.0, "paste what `postern token --new-key` printed")
                }
                Ok(set) if set.is_empty() => findings.problem(
                    &jwks_path,
                    "no key in it is fit: type, size, `use`, `alg` and `kid` are checked",
                    "compare it with `algorithms`",
                ),
                Ok(_) => {}
            }
            KeySource::Static(text.clone())
        }
        (None, Some(url)) => {
            findings.url(&join(path, "jwks_url"), url, reach);
            KeySource::Url(url.clone())
        }
        (None, None) => KeySource::Discover,
    }
}

fn texts(path: &str, key: &str, items: &[String], findings: &mut Findings) {
    if items.iter().any(|item| item.is_empty() || item.chars().any(char::is_control)) {
        findings.problem(&join(path, key), "an item is empty or has control characters", "remove it");
    }
}
