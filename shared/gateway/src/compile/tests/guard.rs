//! What protects upstreams and tools.

use super::{FULL, compiled, secrets};
use crate::compile::check;
use crate::tenant::{BreakerRule, PlacesRule, ToolBreaker};

/// [`FULL`] with lines of the upstream `billing`.
fn upstream(lines: &str) -> String {
    FULL.replace("era = \"legacy\"", &format!("era = \"legacy\"\n{lines}"))
}

/// [`FULL`] with tables of tools.
fn tools(tables: &str) -> String {
    format!("{FULL}{tables}\n")
}

#[test]
fn an_upstream_has_a_breaker_for_errors_and_no_cap() {
    let (bundle, _) = compiled(FULL);
    let market = bundle.tenants[0].upstream("market").unwrap();
    assert_eq!(market.places, None);
    let rule = BreakerRule {
        window_ms: 30_000,
        least: 20,
        error_percent: 50,
        slow_ms: None,
        slow_percent: 80,
        open_ms: 10_000,
        trials: 3,
    };
    assert_eq!(market.breaker, Some(rule));
    assert!(bundle.tenants[0].tools.is_empty());
}

#[test]
fn what_is_written_is_meant() {
    let text = upstream("concurrency = 4\nbreaker = { slow_ms = 900, slow_percent = 70, open_s = 2 }");
    let (bundle, warnings) = compiled(&text);
    let billing = bundle.tenants[0].upstream("billing").unwrap();
    assert_eq!(billing.places, Some(PlacesRule { most: 4, queue: 4, queue_ms: 1_000 }));
    let rule = billing.breaker.unwrap();
    assert_eq!((rule.slow_ms, rule.slow_percent, rule.open_ms, rule.least), (Some(900), 70, 2_000, 20));
    assert!(warnings.is_empty(), "{warnings:?}");
    let (bundle, _) = compiled(&upstream("breaker = false\nconcurrency = 4\nqueue = 0\nqueue_ms = 50"));
    let billing = bundle.tenants[0].upstream("billing").unwrap();
    assert_eq!(billing.breaker, None);
    assert_eq!(billing.places, Some(PlacesRule { most: 4, queue: 0, queue_ms: 50 }));
    let (bundle, _) = compiled(&upstream("concurrency = 10000"));
    assert_eq!(bundle.tenants[0].upstream("billing").unwrap().places.unwrap().queue, 1_000);
}

#[test]
fn the_most_exact_table_holds_for_a_tool() {
    let text = tools(
        r#"
[tenants.acme.tools."*"]
total_ms = 1000
[tenants.acme.tools."billing__*"]
total_ms = 2000
[tenants.acme.tools."*__get_invoice"]
total_ms = 3000
[tenants.acme.tools.billing__get_invoice]
coalesce = true
[tenants.acme.tools.market__quote]
breaker = {}
idempotent = true
[tenants.acme.tools."market__*"]
breaker = false
concurrency = 2
"#,
    );
    let (bundle, warnings) = compiled(&text);
    assert!(warnings.is_empty(), "{warnings:?}");
    let tenant = &bundle.tenants[0];
    let total = |name: &str| tenant.tool(name).and_then(|tool| tool.total_ms);
    assert_eq!(total("billing__set"), Some(2_000));
    assert_eq!(total("market__get_invoice"), Some(3_000));
    assert_eq!(total("other"), Some(1_000));
    let exact = tenant.tool("billing__get_invoice").unwrap();
    assert_eq!(
        (exact.coalesce, exact.idempotent, exact.total_ms),
        (true, false, None),
        "a table stands alone"
    );
    assert_eq!(exact.breaker, ToolBreaker::Upstreams);
    let quote = tenant.tool("market__quote").unwrap();
    assert!(matches!(quote.breaker, ToolBreaker::Own(Some(rule)) if rule.least == 20));
    let market = tenant.tool("market__other").unwrap();
    assert_eq!(market.breaker, ToolBreaker::Own(None));
    assert_eq!(market.places, Some(PlacesRule { most: 2, queue: 2, queue_ms: 1_000 }));
}

#[test]
fn contradictions_are_problems() {
    let at = "tenants.acme.upstreams.billing";
    let table = |lines: &str| tools(&format!("[tenants.acme.tools.\"billing__*\"]\n{lines}"));
    let tool = r#"tenants.acme.tools."billing__*""#;
    for (text, path, part) in [
        (upstream("queue = 3"), format!("{at}.queue"), "`concurrency`"),
        (upstream("queue_ms = 30"), format!("{at}.queue_ms"), "`concurrency`"),
        (upstream("concurrency = 0"), format!("{at}.concurrency"), "from 1 to 10000"),
        (upstream("breaker = true"), format!("{at}.breaker"), "`false` or a table"),
        (upstream("breaker = { slow_percent = 3 }"), format!("{at}.breaker.slow_percent"), "`slow_ms`"),
        (upstream("breaker = { windows_s = 3 }"), format!("{at}.breaker.windows_s"), "`window_s`"),
        (upstream("breaker = { error_percent = 0 }"), format!("{at}.breaker.error_percent"), "from 1 to 100"),
        (table("queue = 3"), format!("{tool}.queue"), "`concurrency`"),
        (table("first_byte_ms = 500\ntotal_ms = 400"), format!("{tool}.first_byte_ms"), "more than"),
        (table("coalesce = 1"), format!("{tool}.coalesce"), "true or false"),
        (table("idempotant = true"), format!("{tool}.idempotant"), "`idempotent`"),
        (tools("[tenants.acme.tools.\"a b\"]"), r#"tenants.acme.tools."a b""#.to_owned(), "no tool's name"),
    ] {
        let problems = check(&text, &secrets).unwrap_err();
        let [problem] = &problems.0[..] else { panic!("{path}:\n{problems}") };
        assert_eq!(problem.path, path, "{problem}");
        assert!(problem.line.is_some() && problem.to_string().contains(part), "{problem}");
    }
}

#[test]
fn a_pattern_that_can_match_nothing_is_a_warning() {
    let long = format!("billing__{}", "x".repeat(60));
    for (pattern, matches) in [
        ("billing__get", true),
        ("billing__*", true),
        ("*", true),
        ("*__get", true),
        ("bill*", true),
        ("billing__a*b", true),
        ("billing", false),
        ("billing__", false),
        ("biling__*", false),
        ("get", false),
        (long.as_str(), false),
    ] {
        let (_, warnings) = compiled(&tools(&format!("[tenants.acme.tools.\"{pattern}\"]\ntotal_ms = 500")));
        assert_eq!(warnings.is_empty(), matches, "{pattern}: {warnings:?}");
    }
    // Without an alias, names are whatever the upstream calls them.
    let (first, _) = FULL.split_once("[tenants.acme.upstreams.market]").unwrap();
    let text = first.replace("upstreams.billing", "upstreams.\"\"").replace("billing__*", "*");
    let (_, warnings) = compiled(&format!("{text}[tenants.acme.tools.get]\ntotal_ms = 500"));
    assert!(warnings.is_empty(), "{warnings:?}");
}
