//! `cache` of tools, of the tenant and of the gateway.

use super::{FULL, compiled, secrets};
use crate::compile::check;
use crate::tenant::{CacheMode, CacheScope, Caching};

/// [`FULL`] with more of the tenant.
fn with(more: &str) -> String {
    format!("{FULL}{more}\n")
}

fn caching(more: &str) -> (Option<Caching>, Vec<String>) {
    let (bundle, warnings) = compiled(&with(more));
    (bundle.tenants[0].tool("billing__get").and_then(|tool| tool.cache.clone()), warnings)
}

#[test]
fn nothing_is_kept_by_default() {
    for more in [
        "",
        "[tenants.acme.cache]",
        "[tenants.acme.tools.billing__get]\ncoalesce = true",
        "[tenants.acme.tools.billing__get]\ncache = {}",
        "[tenants.acme.tools.billing__get]\ncache = { mode = 'off', ttl_s = 60 }",
        "[tenants.acme.tools.billing__get]\ncache = { mode = 'exact' }\n[tenants.acme.cache]\nenabled = false",
        "[tenants.acme.tools.billing__get]\ncache = { mode = 'exact' }\n[cache]\nenabled = false",
    ] {
        assert_eq!(caching(more), (None, Vec::new()), "{more}");
    }
}

#[test]
fn what_is_written_is_meant() {
    let exact = Caching {
        mode: CacheMode::Exact,
        scope: CacheScope::Principal,
        ttl_ms: 300_000,
        stale_if_error_ms: 0,
        stale_while_revalidate_ms: 0,
        max_bytes: 65_536,
        fold: true,
        names: true,
        free: Vec::new(),
        volatile: Vec::new(),
        read_only: false,
        max_error: 200,
        model: None,
    };
    let rows = [
        ("cache = { mode = 'exact' }\n[cache]\nenabled = true", exact.clone()),
        (
            "cache = { mode = 'shadow', scope = 'group', ttl_s = 60, stale_if_error_s = 3600, \
             stale_while_revalidate_s = 30, max_bytes = 1000, fold = false, names = false, free = ['q'], \
             volatile = ['a.b'], read_only = true }\n[tenants.acme.cache]\nmodel = 'static'\nmax_error = 0.01\n\
             group = 'care'",
            Caching {
                mode: CacheMode::Shadow,
                scope: CacheScope::Group("care".to_owned()),
                ttl_ms: 60_000,
                stale_if_error_ms: 3_600_000,
                stale_while_revalidate_ms: 30_000,
                max_bytes: 1_000,
                fold: false,
                names: false,
                free: vec!["q".to_owned()],
                volatile: vec!["a.b".to_owned()],
                read_only: true,
                max_error: 100,
                model: Some("static.onnx".to_owned()),
            },
        ),
        (
            "cache = { mode = 'serve', scope = 'tenant', max_error = 0.05 }\n[tenants.acme.cache]\nmodel = 'own.onnx'",
            Caching {
                mode: CacheMode::Serve,
                scope: CacheScope::Tenant,
                max_error: 500,
                model: Some("own.onnx".to_owned()),
                ..exact.clone()
            },
        ),
    ];
    for (written, expected) in rows {
        let more = format!("[tenants.acme.tools.'billing__*']\n{written}");
        assert_eq!(caching(&more), (Some(expected), Vec::new()), "{written}");
    }
}

const REDACT: &str = "[tenants.acme.redact]\nkeys = 'secret:KEYS'\n";
const GUARD: &str = "[tenants.acme.dlp.guard]\nkind = 'webhook'\nurl = 'https://guard.example'\n";

/// What stands in the table of the tool and behind it, the path of the one problem, and a part of it.
const PROBLEMS: &[(&str, &str, &str)] = &[
    ("cache = { mode = 'on' }", "tools.billing__get.cache.mode", "off, exact, shadow, serve"),
    (
        "cache = { mode = 'exact', scope = 'world' }",
        "tools.billing__get.cache.scope",
        "principal, agent, group, tenant",
    ),
    ("cache = { mode = 'exact', ttl = 5 }", "tools.billing__get.cache.ttl", "`ttl_s`"),
    ("cache = { mode = 'exact', ttl_s = 0 }", "tools.billing__get.cache.ttl_s", "from 1 to 604800"),
    ("cache = { mode = 'exact', max_error = 0 }", "tools.billing__get.cache.max_error", "0.02"),
    ("cache = { mode = 'exact', max_error = 0.6 }", "tools.billing__get.cache.max_error", "0.02"),
    ("cache = { mode = 'exact', max_error = 0.00001 }", "tools.billing__get.cache.max_error", "4 decimals"),
    ("cache = { mode = 'shadow' }", "tools.billing__get.cache.mode", "`model = \"static\"`"),
    ("cache = { mode = 'serve' }", "tools.billing__get.cache.mode", "there is none"),
    (
        "cache = { mode = 'exact', scope = 'group' }",
        "tools.billing__get.cache.scope",
        "nobody says which group",
    ),
    ("[tenants.acme.cache]\nmax_error = 1", "cache.max_error", "0.02"),
    ("[tenants.acme.cache]\nmodel = '../key.pem'", "cache.model", "no name of an asset"),
    ("[tenants.acme.cache]\nmodel = '/etc/passwd'", "cache.model", "no name of an asset"),
    ("[tenants.acme.cache]\nmodel = 'a b'", "cache.model", "no name of an asset"),
    ("[tenants.acme.cache]\nttl_s = 1", "cache.ttl_s", "no such setting"),
    (
        "cache = { mode = 'exact' }\ninvalidates = ['billing__get']",
        "tools.billing__get.cache",
        "is not read from",
    ),
    ("invalidates = ['billing__*']", "tools.billing__get.invalidates", "without stars"),
];

#[test]
fn every_problem_has_its_path_and_remedy() {
    for (written, path, part) in PROBLEMS {
        let problems =
            check(&with(&format!("[tenants.acme.tools.billing__get]\n{written}")), &secrets).unwrap_err();
        let [problem] = problems.0.as_slice() else { panic!("{written}: {problems}") };
        assert_eq!(problem.path, format!("tenants.acme.{path}"), "{written}");
        assert!(problem.to_string().contains(part), "{written}: {problem}");
    }
}

/// What would make answers one principal's, and whether a scope beyond that is refused for `billing__get`.
const WIDER: &[(&str, &str, bool)] = &[
    ("", "", false),
    ("", "[tenants.acme.redact]\n", false),
    ("", "[tenants.acme.redact]\nkeys = 'secret:KEYS'\noperator = 'hash'\n", false),
    ("", "[tenants.acme.redact]\nkeys = 'secret:KEYS'\noperator = 'token'\n", true),
    ("", "[tenants.acme.redact]\nkeys = 'secret:KEYS'\noperator = 'preserve'\n", true),
    (
        "inspect = 'off'\nreason = 'a test'",
        "[tenants.acme.redact]\nkeys = 'secret:KEYS'\noperator = 'token'\n",
        false,
    ),
    ("", "RULE = { types = ['CREDIT_CARD'] }", true),
    ("", "RULE = { directions = ['request'] }", false),
    ("", "RULE = { for = { upstreams = ['market'] } }", false),
    ("", "RULE = { for = { upstreams = ['bill*'] } }", true),
    ("", "RULE = { for = { tools = ['billing__pay'] } }", false),
    ("", "RULE = { for = { agents = ['trader'] } }", true),
    ("", "[tenants.acme.redact]\ndlp = 'guard'\nGUARD", true),
    ("dlp = 'none'", "[tenants.acme.redact]\ndlp = 'guard'\nGUARD", false),
];

#[test]
fn a_scope_is_refused_where_answers_are_one_principals() {
    let keys = |name: &str| match name {
        "KEYS" => Some("k1:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()),
        other => secrets(other),
    };
    for (tool, more, refused) in WIDER {
        let more = match more.strip_prefix("RULE = {") {
            Some(rule) => format!("{REDACT}rules = [{{ operator = 'token', {rule}]\n"),
            None => more.replace("GUARD", GUARD),
        };
        for scope in ["principal", "agent", "tenant"] {
            let text = with(&format!(
                "[tenants.acme.tools.billing__get]\ncache = {{ mode = 'exact', scope = '{scope}' }}\n{tool}\n{more}"
            ));
            let outcome = check(&text, &keys);
            if scope == "principal" || !refused {
                outcome.unwrap_or_else(|problems| panic!("{scope} {tool} {more}: {problems}"));
                continue;
            }
            let problems = outcome.expect_err(&more);
            let [problem] = problems.0.as_slice() else { panic!("{more}: {problems}") };
            assert_eq!(problem.path, "tenants.acme.tools.billing__get.cache.scope", "{more}");
            assert!(problem.remedy.contains("principal"), "{problem}");
        }
    }
}

#[test]
fn names_that_name_nothing_are_warned_of() {
    let (_, warnings) = caching("[tenants.acme.tools.billing__get]\ninvalidates = ['market__quote']");
    assert!(warnings[0].contains("nothing of \"market__quote\" is kept"), "{warnings:?}");
    let (_, warnings) = caching("[tenants.acme.cache]\ngroup = 'nobodies'");
    assert!(warnings[0].contains("no agent is in the group"), "{warnings:?}");
}
