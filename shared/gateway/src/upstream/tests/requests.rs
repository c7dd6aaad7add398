//! What exactly is sent.

use super::*;
use crate::mcp::json::Kind;

fn names(seen: &Seen) -> Vec<&str> {
    seen.headers.iter().map(|(name, _)| name.as_str()).collect()
}

/// `text` with the given raw id and `_meta`.
fn expected(seen: &Seen, text: &str, meta: &str) -> String {
    let start = text.find(r#","_meta""#).expect("_meta");
    format!("{},\"_meta\":{meta}}}}}", &text[..start]).replace(r#""id":"c""#, &format!(r#""id":{}"#, seen.id))
}

#[test]
fn a_modern_request_by_a_modern_client() {
    let bench = bench(EraSetting::Modern);
    bench.serve(modern_server);
    let meta = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","traceparent":"00-a-b-01", "io.modelcontextprotocol/clientCapabilities":{ },"tracestate":"k=v","io.modelcontextprotocol/clientInfo":{"name":"agent"},"progressToken":1.50,"x":{"y":10000000000000000000000}}"#;
    let text =
        CALL.replace(&CALL[CALL.find(r#""_meta":"#).expect("_meta")..], &format!(r#""_meta":{meta}}}}}"#));
    let client =
        ClientSide { progress_token: Some("1.50".into()), capabilities: "{ }".into(), ..modern_client() };
    assert!(bench.run(bench.call(&client, &text)).is_ok());
    let seen = bench.seen().remove(0);
    let own = format!(r#"{{"name":"postern","version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
    let sent_meta = meta.replace(r#"{"name":"agent"}"#, &own).replace("1.50", &seen.id);
    assert_eq!(seen.body, expected(&seen, &text, &sent_meta));
    assert_eq!(
        names(&seen),
        ["content-type", "accept", "accept-encoding", "authorization", "mcp-protocol-version", "mcp-method"]
    );
    assert_eq!(seen.header("mcp-protocol-version"), Some("2026-07-28"));
    assert_eq!(seen.header("mcp-method"), Some("tools/call"));
    assert_eq!(seen.header("authorization"), Some("Bearer upstream-secret"));
    assert_eq!(seen.header("accept"), Some("application/json, text/event-stream"));
}

#[test]
fn a_modern_request_by_a_legacy_client() {
    for (params, level, token) in [
        ("", None, false),
        (r#","params":{}"#, Some("error"), false),
        (r#","params":{"cursor":"x","_meta":{"progressToken":"p"}}"#, None, true),
    ] {
        let bench = bench(EraSetting::Modern);
        bench.serve(modern_server);
        let client = ClientSide {
            log_level: level.map(str::to_owned),
            progress_token: token.then(|| r#""p""#.to_owned()),
            ..legacy_client()
        };
        let text = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/list"{params}}}"#);
        assert!(bench.run(bench.call(&client, &text)).is_ok());
        let seen = bench.seen().remove(0);
        let json = Json::parse(seen.body.as_bytes(), &limits::REQUEST).expect("JSON");
        let params = json.get(json.root(), "params").expect("params");
        let meta = json.get(params, "_meta").expect("_meta");
        let raw = |key| json.get(meta, key).map(|node| json.raw(node));
        assert_eq!(raw("io.modelcontextprotocol/protocolVersion"), Some(r#""2026-07-28""#));
        assert_eq!(raw("io.modelcontextprotocol/clientCapabilities"), Some(r#"{"elicitation":{}}"#));
        assert_eq!(
            raw("io.modelcontextprotocol/logLevel"),
            Some(level.map_or(r#""info""#, |_| r#""error""#))
        );
        assert_eq!(raw("progressToken"), token.then_some(seen.id.as_str()));
        assert_eq!(
            json.get(meta, "io.modelcontextprotocol/clientInfo").map(|n| json.kind(n)),
            Some(Kind::Object)
        );
    }
}

#[test]
fn a_legacy_request_by_a_modern_client() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(session_server());
    let text = CALL.replace(
        r#""io.modelcontextprotocol/clientCapabilities":{}"#,
        r#""io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"info","io.modelcontextprotocol/clientInfo":{"name":"a"},"traceparent":"t","x.y/z":null"#,
    );
    assert!(bench.run(bench.call(&modern_client(), &text)).is_ok());
    let seen = bench.seen().pop().expect("a request");
    assert_eq!(seen.body, expected(&seen, &text, r#"{"traceparent":"t","x.y/z":null}"#));
    assert_eq!(
        names(&seen),
        [
            "content-type",
            "accept",
            "accept-encoding",
            "authorization",
            "mcp-protocol-version",
            "mcp-session-id"
        ]
    );
    assert_eq!(seen.header("mcp-protocol-version"), Some("2025-06-18"));
}

#[test]
fn names_and_parameters_are_mirrored_and_encoded() {
    let bench = bench(EraSetting::Modern);
    bench.serve(modern_server);
    let json = Json::parse(CALL.as_bytes(), &limits::REQUEST).expect("JSON");
    let Ok(Message::Request(request)) = Message::read(&json, json.root()) else { panic!("no request") };
    let mut edits = Edits::new();
    let params = request.params.expect("params");
    edits.set_string(&json, params, "name", "größe");
    let terms = bench.link.terms(&bench.memory, None, "");
    let ask = Ask {
        outbound: &Outbound::own(&json, request),
        edits,
        name: Some("größe".into()),
        param_headers: vec![("Mcp-Param-Region".into(), "eu".into())],
        client: &modern_client(),
        terms: &terms,
    };
    assert!(bench.run(bench.link.open(&bench.memory, &Session::Pooled, ask)).is_ok());
    let seen = bench.seen().remove(0);
    assert_eq!(seen.header("mcp-name"), Some("=?base64?Z3LDtsOfZQ==?="));
    assert_eq!(seen.header("mcp-param-region"), Some("eu"));
    assert!(
        seen.body.contains(r#""name":"größe","arguments":{"n":12345678901234567890123}"#),
        "{}",
        seen.body
    );
}

#[test]
fn one_message_of_a_batch_is_sent_alone() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(sessionless_server);
    let text = format!("[ {LIST} , {CALL} ]");
    let json = Json::parse(text.as_bytes(), &limits::REQUEST).expect("JSON");
    let node = json.elements(json.root()).nth(1).expect("two");
    let Ok(Message::Request(request)) = Message::read(&json, node) else { panic!("no request") };
    let client = ClientSide { revision: Revision::V2025_03_26, ..legacy_client() };
    let terms = bench.link.terms(&bench.memory, None, "");
    let ask = Ask {
        outbound: &Outbound::own(&json, request),
        edits: Edits::new(),
        name: None,
        param_headers: Vec::new(),
        client: &client,
        terms: &terms,
    };
    assert!(bench.run(bench.link.open(&bench.memory, &Session::Pooled, ask)).is_ok());
    let seen = bench.seen().pop().expect("a request");
    assert_eq!(seen.body, expected(&seen, CALL, "{}"));
}

#[test]
fn ids_never_repeat() {
    let bench = bench(EraSetting::Modern);
    bench.serve(modern_server);
    for _ in 0..100 {
        assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    }
    let mut ids: Vec<u64> = bench.seen().iter().map(|seen| seen.id.parse().expect("a number")).collect();
    assert!(ids.iter().all(|id| *id < 1 << 53));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100);
    // Another isolate starts elsewhere.
    let other = super::bench(EraSetting::Modern);
    other.memory.seed(99);
    other.serve(modern_server);
    assert!(other.run(other.call(&modern_client(), CALL)).is_ok());
    let first: u64 = other.seen()[0].id.parse().expect("a number");
    assert!(!ids.contains(&first));
}
