use super::forge::Scene;
use crate::error::Refusal;
use crate::stage::authenticate::{challenge, metadata, unknown_tenant};

const URL: &str = "https://gw.example/.well-known/oauth-protected-resource/t/acme/mcp";

#[test]
fn challenges_follow_the_refusal_and_hide_tenants() {
    let scene = Scene::fixed();
    let tenant = &scene.tenants[0];
    let of = |tenant, refusal| challenge(tenant, URL, &refusal);
    let bare = format!(r#"Bearer resource_metadata="{URL}""#);
    let invalid = format!(r#"Bearer error="invalid_token", resource_metadata="{URL}""#);
    let scope =
        format!(r#"Bearer error="insufficient_scope", scope="mcp.use mcp.more", resource_metadata="{URL}""#);
    assert_eq!(of(Some(tenant), Refusal::NoToken), bare);
    assert_eq!(of(None, Refusal::NoToken), bare);
    assert_eq!(of(Some(tenant), Refusal::BadToken("exp")), invalid);
    assert_eq!(of(None, unknown_tenant(Some("Bearer x"))), invalid);
    assert_eq!(of(None, unknown_tenant(None)), bare);
    assert_eq!(of(Some(tenant), Refusal::InsufficientScope), scope);
    assert!(!challenge(None, "https://a/\"\r\nx: y", &Refusal::NoToken).contains(['\r', '\n']));
}

#[test]
fn the_metadata_names_issuers_and_scopes() {
    let scene = Scene::fixed();
    assert_eq!(
        metadata(&scene.tenants[0], "https://gw.example/t/acme/mcp"),
        r#"{"resource":"https://gw.example/t/acme/mcp","authorization_servers":["https://idp.example","https://other.example"],"scopes_supported":["mcp.use","mcp.more"],"bearer_methods_supported":["header"]}"#
    );
    assert!(!metadata(&scene.tenants[1], "https://gw.example/t/beta/mcp").contains("scopes"));
}
