use super::{Accounted, CredentialSettings, Settings};

const SMALL: &str = r#"
version = 1
[issuers.idp]
url = "https://idp.example"
audiences = ["api://postern"]
[tenants.acme]
issuers = ["idp"]
hosts = ["gw.example"]
[tenants.acme.agents.support]
client = "c1"
allow = ["billing__*"]
[tenants.acme.upstreams.billing]
url = "https://billing.example/mcp"
"#;

#[test]
fn defaults_are_those_of_the_documentation() {
    let settings = Settings::parse(SMALL).unwrap();
    let issuer = &settings.issuers["idp"];
    assert_eq!(issuer.algorithms, ["RS256", "PS256", "ES256", "ES384", "EdDSA"]);
    assert_eq!((issuer.typ.as_str(), issuer.agent_claim.as_str()), ("at+jwt", "client_id"));
    let tenant = &settings.tenants["acme"];
    assert_eq!((tenant.session_openings_per_min, tenant.anonymous), (60, false));
    assert_eq!(tenant.instructions, None);
    let upstream = &tenant.upstreams["billing"];
    assert_eq!(upstream.era, "auto");
    assert_eq!(upstream.credential, CredentialSettings::None);
    let times = (upstream.first_byte_ms, upstream.idle_ms, upstream.total_ms, upstream.list_ttl_ms);
    assert_eq!(times, (30_000, 30_000, 60_000, 60_000));
    assert_eq!(upstream.guard, super::GuardSettings::default());
    assert!(tenant.tools.is_empty());
}

#[test]
fn every_problem_of_shape_is_found_at_once_with_its_line() {
    let text = SMALL.replace("version = 1", "version = 2").replace("hosts", "host").replace(
        r#"url = "https://billing.example/mcp""#,
        "first_bite_ms = 5\ntotal_ms = 5\ninsecure = \"yes\"\nera = 3\ncredential = { bearer = 1, token = \"x\" }",
    );
    let problems = Settings::parse(&text).unwrap_err();
    let found: Vec<(Option<u32>, &str, &str)> =
        problems.0.iter().map(|p| (p.line, p.path.as_str(), p.remedy.as_str())).collect();
    let expected = [
        (Some(2), "version", "write `version = 1`"),
        (Some(6), "tenants.acme.hosts", "write the host names under which agents reach this endpoint"),
        (Some(12), "tenants.acme.upstreams.billing.url", "write the absolute URL of its MCP endpoint"),
        (Some(16), "tenants.acme.upstreams.billing.era", "write a string"),
        (Some(15), "tenants.acme.upstreams.billing.insecure", "write true or false"),
        (Some(17), "tenants.acme.upstreams.billing.credential.bearer", "write a string"),
        (Some(17), "tenants.acme.upstreams.billing.credential", ""),
        (
            Some(17),
            "tenants.acme.upstreams.billing.credential.token",
            "here may stand: bearer, header, value",
        ),
        (Some(14), "tenants.acme.upstreams.billing.total_ms", "write a number from 100 to 3600000"),
        (Some(13), "tenants.acme.upstreams.billing.first_bite_ms", "did you mean `first_byte_ms`?"),
        (Some(8), "tenants.acme.host", "did you mean `hosts`?"),
    ];
    for (line, path, remedy) in expected {
        assert!(
            found.iter().any(|(at, name, text)| (*at, *name) == (line, path) && text.contains(remedy)),
            "{line:?} {path} {remedy} not in {found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn what_is_no_toml_is_one_problem_a_fault() {
    for text in ["version = ", "a = 1\na = 2", "[x", "\u{0}", "version = 1\nversion = 1"] {
        let problems = Settings::parse(text).unwrap_err();
        assert!(
            problems.0.iter().all(|problem| problem.path.is_empty() && problem.line.is_some()),
            "{problems}"
        );
    }
}

#[test]
fn wrong_tables_are_named() {
    for (text, path) in [
        ("version = 1\nissuers = 3", "issuers"),
        ("version = 1\ntenants.acme = true", "tenants.acme"),
        ("version = 1\n[tenants.\"a b\"]\nhosts = [1]", "tenants.\"a b\".hosts"),
        ("version = 1\n[limits]", "limits"),
        ("version = '1'", "version"),
        ("", "version"),
    ] {
        let problems = Settings::parse(text).unwrap_err();
        assert!(problems.0.iter().any(|problem| problem.path == path), "{text}: {problems}");
    }
}

#[test]
fn what_is_kept_in_accounts_needs_a_ledger() {
    let tool = |mode: &str| format!("[tenants.acme.tools.\"a__*\"]\ncache = {{ mode = '{mode}' }}\n");
    let limit = |fault: &str| format!("[[tenants.acme.limits]]\nname = 'l'\non_fault = '{fault}'\n");
    let evidence = Some(("tenants.acme.tools.\"a__*\".cache.mode", Accounted::Evidence));
    for (text, expected) in [
        (String::new(), None),
        (
            "[tenants.acme.loop]\nprecision = 'strict'".to_owned(),
            Some(("tenants.acme.loop.precision", Accounted::Limits)),
        ),
        (limit("deny"), Some(("tenants.acme.limits.0", Accounted::Limits))),
        (limit("local"), None),
        (tool("exact"), None),
        (tool("off"), None),
        (tool("shadow"), evidence),
        (tool("serve"), evidence),
        (limit("local") + &tool("serve"), evidence),
        (limit("deny") + &tool("serve"), Some(("tenants.acme.limits.0", Accounted::Limits))),
        (tool("serve") + "[tenants.acme.cache]\nenabled = false", None),
        (tool("serve") + "[cache]\nenabled = false", None),
    ] {
        let (settings, _) = Settings::read(&format!("version = 1\n[tenants.other]\n{text}"));
        let expected = expected.map(|(path, what)| (path.to_owned(), what));
        assert_eq!(settings.needs_ledger(), expected, "{text}");
    }
}
