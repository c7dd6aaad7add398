//! Which gateways are spoken to, and what their answers mean.

use super::{Answer, Kind, Options, base};
use crate::WrongUse;
use serde_json::{Value, json};

#[test]
fn a_token_leaves_this_machine_by_tls_alone() {
    for (url, expected) in [
        ("https://gw.example", Some("https://gw.example")),
        ("https://gw.example/", Some("https://gw.example")),
        ("https://gw.example:8443", Some("https://gw.example:8443")),
        ("http://127.0.0.1:8787", Some("http://127.0.0.1:8787")),
        ("http://localhost:8787/", Some("http://localhost:8787")),
        ("http://[::1]:8787", Some("http://[::1]:8787")),
        ("http://gw.example", None),
        ("http://10.0.0.1", None),
        ("https://gw.example/mcp", None),
        ("https://u:p@gw.example", None),
        ("gw.example", None),
        ("", None),
    ] {
        match (base(url), expected) {
            (Ok((base, _)), Some(expected)) => assert_eq!(base, expected),
            (Err(error), None) => assert!(error.is::<WrongUse>(), "{url}: {error}"),
            (found, _) => panic!("{url}: {found:?}"),
        }
    }
}

#[test]
fn what_is_missing_is_named() {
    let options = |gateway: &str, tenant: &str, token: &str| {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (gateway, tenant, token) = (some(gateway), some(tenant), some(token));
        Options { gateway, tenant, token, ..Options::default() }
    };
    let url = "http://127.0.0.1:1";
    for (options, part) in [
        (options("", "ops", "t"), "--gateway URL"),
        (options(url, "", "t"), "--tenant NAME"),
        (options(url, "a/b", "t"), "no tenant's name"),
        (options(url, "ops", " \n"), "no token"),
        (options(url, "ops", "a b"), "is none"),
    ] {
        let error = options.connect().unwrap_err().to_string();
        assert!(error.contains(part) && !error.contains("a b"), "{error}");
    }
    assert!(!format!("{:?}", options(url, "ops", "canary").connect().unwrap()).contains("canary"));
}

#[test]
fn answers_have_an_exit_status_and_a_reason() {
    let rpc = |message: &str| json!({ "jsonrpc": "2.0", "error": { "code": -32600, "message": message } });
    let own = |kind: &str| json!({ "error": { "kind": kind, "message": "because" } });
    let rows: [(u16, Value, Kind, &str); 10] = [
        (401, rpc("Unauthorized"), Kind::Denied, "does not take this token"),
        (403, rpc("Insufficient scope"), Kind::Denied, "[tenants.ops.admin]"),
        (403, rpc("Host not allowed"), Kind::Denied, "Host not allowed"),
        (404, rpc("Not found"), Kind::Denied, "no such page"),
        (404, own("no_such_version"), Kind::Conflict, "because"),
        (409, own("lockout"), Kind::Conflict, "because"),
        (413, rpc("Request too large"), Kind::Request, "Request too large"),
        (500, rpc("Internal error"), Kind::Unreachable, "failed"),
        (503, own("store"), Kind::Unreachable, "because"),
        (503, json!({ "status": "misconfigured" }), Kind::Unreachable, "its log"),
    ];
    for (status, body, kind, part) in rows {
        let failure = Answer { status, body, tenant: "ops".to_owned() }.done().unwrap_err();
        assert_eq!(failure.kind, kind, "{failure}");
        assert!(failure.message.contains(part), "{failure}");
    }
}
