//! What an agent is told about how to get a token: challenges (RFC 6750 3, RFC 9728 5.1) and the metadata document
//! of a protected resource (RFC 9728 2).

use super::token;
use crate::error::Refusal;
use crate::mcp::json::quote;
use crate::tenant::Tenant;

/// The `WWW-Authenticate` value for a refusal.
///
/// A 401 is the same for every tenant, also for one that does not exist: it names no scopes; the metadata does.
/// A 403 is only seen with a good token and names all scopes that are needed.
#[must_use]
pub fn challenge(tenant: Option<&Tenant>, metadata_url: &str, refusal: &Refusal) -> String {
    let mut out = String::from("Bearer ");
    match refusal {
        Refusal::InsufficientScope => out.push_str(r#"error="insufficient_scope", "#),
        Refusal::NoToken => {}
        _ => out.push_str(r#"error="invalid_token", "#),
    }
    if *refusal == Refusal::InsufficientScope
        && let Some(scopes) = tenant.map(scopes).filter(|scopes| !scopes.is_empty())
    {
        out.push_str("scope=\"");
        out.push_str(&scopes.join(" "));
        out.push_str("\", ");
    }
    out.push_str("resource_metadata=\"");
    // A quote would end the string; none is in a URL that was formed from settings and a path.
    out.extend(metadata_url.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\')));
    out.push('"');
    out
}

/// The refusal for a path that is no tenant's: what a tenant would have said to the same header.
#[must_use]
pub fn unknown_tenant(authorization: Option<&str>) -> Refusal {
    match token::bearer(authorization) {
        Ok(_) => Refusal::BadToken("tenant"),
        Err(refusal) => refusal,
    }
}

/// The metadata document of `tenant` as the protected resource `resource` (its absolute URL), as JSON.
#[must_use]
pub fn metadata(tenant: &Tenant, resource: &str) -> String {
    let mut out = String::from(r#"{"resource":"#);
    quote(&mut out, resource);
    out.push_str(r#","authorization_servers":"#);
    list(&mut out, tenant.issuers.iter().map(|issuer| issuer.url.as_str()));
    let scopes = scopes(tenant);
    if !scopes.is_empty() {
        out.push_str(r#","scopes_supported":"#);
        list(&mut out, scopes.into_iter());
    }
    out.push_str(r#","bearer_methods_supported":["header"]}"#);
    out
}

/// Every scope that an issuer of the tenant requires, once, in the order of the settings.
fn scopes(tenant: &Tenant) -> Vec<&str> {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in tenant.issuers.iter().flat_map(|issuer| &issuer.scopes) {
        if !scopes.contains(&scope.as_str()) {
            scopes.push(scope);
        }
    }
    scopes
}

fn list<'a>(out: &mut String, items: impl Iterator<Item = &'a str>) {
    out.push('[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        quote(out, item);
    }
    out.push(']');
}
