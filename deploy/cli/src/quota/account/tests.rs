use super::{amount, micro, page, span, table};
use serde_json::json;

#[test]
fn accounts_have_pages() {
    for (account, expected) in [
        ("support", "accounts/agent/support"),
        ("agent:tenant", "accounts/agent/tenant"),
        ("tool:a__v1/list.all-x", "accounts/tool/a__v1%2Flist.all-x"),
        ("tool:a ü%?#:", "accounts/tool/a%20%C3%BC%25%3F%23%3A"),
        ("upstream:billing", "accounts/upstream/billing"),
        ("upstream:", "accounts/upstream/"),
        ("tenant", "accounts/tenant"),
        ("other:x", "accounts/agent/other%3Ax"),
    ] {
        assert_eq!(page(account), expected);
    }
}

#[test]
fn money_has_decimals() {
    for (value, text) in
        [(0, "0.00"), (12_500_000, "12.50"), (1, "0.000001"), (400_000, "0.40"), (1_234_500, "1.2345")]
    {
        assert_eq!(amount(value, "micro-units"), text);
        assert_eq!(micro(text), Some(value), "{text}");
    }
    assert_eq!(amount(12_500_000, "tokens"), "12500000");
    assert_eq!((micro("12"), micro("12.5")), (Some(12_000_000), Some(12_500_000)));
    for text in ["", ".", "1.", ".5", "-1", "+1", "1.0000001", "1,5", "1e3", "18446744073710"] {
        assert_eq!(micro(text), None, "{text}");
    }
}

#[test]
fn times_have_two_units() {
    for (ms, text) in [
        (0, "-"),
        (1, "1 s"),
        (59_001, "1 min"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (43_920_000, "12 h 12 min"),
        (788_400_000, "9 d 3 h"),
    ] {
        assert_eq!(span(ms), text);
    }
}

#[test]
fn accounts_are_tables() {
    let rule = |name: &str, kind: &str, unit: &str, used: u64, limit: u64, reset_ms: u64| {
        json!({ "name": name, "kind": kind, "unit": unit, "limit": limit, "used": used,
            "left": limit.saturating_sub(used), "reset_ms": reset_ms, "open": 0 })
    };
    let mut rate = rule("slow", "rate", "calls", 1, 10, 6_000);
    rate["per_s"] = 60.into();
    rate["burst"] = 20.into();
    let rules = [
        rule("budget", "cost", "micro-units", 12_500_000, 100_000_000, 788_400_000),
        rate,
        rule("side-by-side", "concurrency", "calls", 2, 4, 0),
    ];
    let expected = "\
        acme/agent/support\n\
        rule          kind          used                 limit   left  resets in\n\
        budget        cost         12.50                100.00  87.50    9 d 3 h\n\
        slow          rate             1  10 in 60 s, burst 20      9        6 s\n\
        side-by-side  concurrency      2                     4      2          -\n";
    assert_eq!(table(&json!({ "account": "acme/agent/support", "rules": rules })), expected);
    let none = table(&json!({ "account": "acme/tenant", "rules": [] }));
    assert_eq!(none, "acme/tenant\nno limit keeps a count here\n");
}
