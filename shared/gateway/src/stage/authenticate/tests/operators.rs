//! Who is an operator.

use super::forge::{By, Forge, Scene, ec_jwk, jwks};
use crate::compile::check;
use crate::error::Refusal;

/// What a tenant with this `admin` says to a token.
fn verdict(admin: &str, forge: &Forge) -> Result<String, Refusal> {
    let scene = Scene::fixed();
    let text = format!(
        "version = 1\n[issuers.idp]\nurl = 'https://idp.example'\naudiences = ['api://postern']\n\
         development = true\njwks = '{}'\nscopes = []\n[tenants.acme]\nissuers = ['idp']\nhosts = ['gw']\n{admin}\n\
         [tenants.acme.agents.support]\nclient = 'c1'\nallow = []\n\
         [tenants.acme.upstreams.a]\nurl = 'https://up.example/mcp'\n",
        jwks(&[ec_jwk("e1", 1)])
    );
    let (bundle, _) = check(&text, &|_: &str| None).unwrap();
    let header = format!("Bearer {}", forge.token());
    let known = scene.authenticator.operator(&scene.memory, &bundle.tenants[0], Some(&header));
    scene.memory.run(known).map(|operator| operator.subject().to_owned())
}

#[test]
fn an_operator_has_the_role_in_the_claim_of_roles() {
    let with = |claim: &str| verdict("admin = {}", &Forge::good().claim(claim));
    assert_eq!(with(r#""roles":["a","postern.operator"]"#).as_deref(), Ok("user"));
    for claim in [
        r#""roles":[]"#,
        r#""roles":["postern.operators","Postern.operator"]"#,
        r#""roles":"postern.operator""#,
        r#""roles":[["postern.operator"]]"#,
        r#""roles":{"postern.operator":true}"#,
        r#""scope":"postern.operator""#,
        r#""groups":["postern.operator"]"#,
    ] {
        assert_eq!(with(claim), Err(Refusal::InsufficientScope), "{claim}");
    }
    for claim in [r#""Roles":["postern.operator"]"#, r#""roles":[],"ROLES":["postern.operator"]"#] {
        assert_eq!(with(claim), Err(Refusal::BadToken("claims_form")), "{claim}");
    }
}

#[test]
fn a_scope_may_be_the_mark_instead() {
    let with = |claim: &str| verdict("admin = { scope = 'gw:admin' }", &Forge::good().claim(claim));
    assert_eq!(with(r#""scope":"x gw:admin""#).as_deref(), Ok("user"));
    assert_eq!(with(r#""scp":["gw:admin"]"#).as_deref(), Ok("user"));
    assert_eq!(with(r#""roles":["gw:admin"]"#), Err(Refusal::InsufficientScope));
    assert_eq!(with(r#""scope":"gw:admins""#), Err(Refusal::InsufficientScope));
}

#[test]
fn an_operator_needs_no_agent_and_every_other_rule_holds() {
    let role = || Forge::good().claim(r#""roles":["postern.operator"]"#);
    assert_eq!(verdict("admin = {}", &role().claims(r#""c1""#, r#""nobody""#)).as_deref(), Ok("user"));
    assert_eq!(verdict("admin = {}", &role().claims(r#""client_id":"c1","#, "")).as_deref(), Ok("user"));
    for (forge, reason) in [
        (role().by(By::Es256(2)), "signature"),
        (role().claims("api://postern", "api://other"), "aud"),
        (role().claims("https://idp.example", "https://other.example"), "iss"),
        (role().header("at+jwt", "jwt"), "typ"),
        (Forge::good().claim(r#""cnf":{},"roles":["postern.operator"]"#), "cnf"),
    ] {
        assert_eq!(verdict("admin = {}", &forge), Err(Refusal::BadToken(reason)));
    }
    assert_eq!(verdict("", &role()), Err(Refusal::BadToken("no_admin")));
}

#[test]
fn a_verdict_on_an_agent_is_none_on_an_operator() {
    let scene = Scene::fixed();
    let token = Forge::good().token();
    scene.show(&token).unwrap();
    let header = format!("Bearer {token}");
    let known = scene.authenticator.operator(&scene.memory, &scene.tenants[0], Some(&header));
    assert_eq!(scene.memory.run(known).err(), Some(Refusal::BadToken("no_admin")));
}
