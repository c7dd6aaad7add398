use super::*;
use crate::limits::REQUEST;
use crate::mcp::headers::encode_value;

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

fn ask(headers: &[(&str, &str)], body: &str) -> Result<Claim, Invalid> {
    let json = Json::parse(body.as_bytes(), &REQUEST).unwrap();
    let message = Message::read(&json, json.root()).unwrap();
    classify(&Headers::from_pairs(headers.iter().copied()), &message, &json)
}

fn request(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":0,"method":"{method}","params":{{{params}}}}}"#)
}

/// The headers of a good modern call of the tool `t`.
const GOOD: [(&str, &str); 3] =
    [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "t")];

/// A good modern call with one header replaced or, with `None`, left out.
fn call_with(name: &str, value: Option<&str>) -> Result<Claim, Invalid> {
    let headers: Vec<_> =
        GOOD.into_iter().filter(|(n, _)| *n != name).chain(value.map(|value| (name, value))).collect();
    ask(&headers, &request("tools/call", &format!(r#""name":"t",{META}"#)))
}

fn header_of(result: Result<Claim, Invalid>) -> String {
    match result.unwrap_err() {
        Invalid::Header(HeaderMismatch { header, .. }) => header,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_good_modern_call_passes() {
    let claim = call_with("Mcp-Name", Some(" t ")).unwrap();
    let Claim::Modern(modern) = claim else { panic!("{claim:?}") };
    assert_eq!(modern.revision, Revision::V2026_07_28);
    assert!(modern.capabilities.is_some() && modern.log_level.is_none());
    call_with("Mcp-Name", Some("=?base64?dA==?=")).unwrap();
}

#[test]
fn headers_that_disagree_with_the_body_are_refused() {
    for (header, bad) in [
        ("MCP-Protocol-Version", "2025-11-25"),
        ("MCP-Protocol-Version", "2026-07-28, 2026-07-28"),
        ("Mcp-Method", "Tools/Call"),
        ("Mcp-Method", "tools/list"),
        ("Mcp-Name", "u"),
        ("Mcp-Name", "T"),
        ("Mcp-Name", "=?base64?dA?="),
        ("Mcp-Name", "=?base64?dQ==?="),
    ] {
        let error = call_with(header, Some(bad));
        assert_eq!(error.as_ref().unwrap_err().code(), -32020);
        assert_eq!(error.as_ref().unwrap_err().status(), 400);
        assert_eq!(header_of(error), header, "{bad}");
    }
    for (header, _) in GOOD {
        assert_eq!(header_of(call_with(header, None)), header);
    }
}

#[test]
fn names_of_every_kind_are_compared() {
    let encoded = encode_value("日本 ").into_owned();
    for (method, param) in [("prompts/get", "name"), ("resources/read", "uri"), ("tasks/get", "taskId")] {
        let body = request(method, &format!(r#""{param}":"日本 ",{META}"#));
        let headers = [GOOD[0], ("Mcp-Method", method), ("Mcp-Name", encoded.as_str())];
        ask(&headers, &body).unwrap();
        assert_eq!(header_of(ask(&headers[..2], &body)), "Mcp-Name");
        let without = request(method, META);
        assert_eq!(ask(&headers, &without).unwrap_err().code(), -32602);
    }
    ask(&[GOOD[0], ("mcp-method", "tools/list")], &request("tools/list", META)).unwrap();
}

#[test]
fn a_broken_modern_envelope_never_falls_back() {
    let version =
        |version: &str| format!(r#""_meta":{{"io.modelcontextprotocol/protocolVersion":{version}}}"#);
    let both = |rest: &str| META.replace("{}}", &format!("{{}},{rest}}}"));
    for params in [
        version("\"2026-07-28\""),
        version("7"),
        META.replace("{}}", "[]}"),
        both(r#""io.modelcontextprotocol/clientInfo":"x""#),
        both(r#""io.modelcontextprotocol/logLevel":7"#),
        both(r#""progressToken":true"#),
    ] {
        let error = ask(&GOOD, &request("tools/list", &params)).unwrap_err();
        assert!(matches!(error, Invalid::Meta(_)), "{params}: {error:?}");
        assert_eq!((error.status(), error.code()), (400, -32602));
    }
    // No claim in the body, but in the header.
    for params in ["", r#""_meta":{}"#] {
        assert_eq!(ask(&GOOD, &request("tools/list", params)).unwrap_err().code(), -32602);
    }
}

#[test]
fn revisions_that_are_not_served_are_named() {
    for named in ["2027-01-01", "2025-11-25", "x\""] {
        let quoted = named.replace('"', "\\\"");
        let body = request("tools/list", &META.replace("2026-07-28", &quoted));
        let error = ask(&[("mcp-protocol-version", named), ("mcp-method", "wrong")], &body).unwrap_err();
        assert_eq!((error.status(), error.code()), (400, -32022));
        assert_eq!(
            error.data().unwrap(),
            format!(r#"{{"supported":["2026-07-28"],"requested":"{quoted}"}}"#)
        );
    }
    let error = ask(&[("mcp-protocol-version", "2027-01-01")], &request("tools/list", "")).unwrap_err();
    assert_eq!(error, Invalid::Version { requested: "2027-01-01".to_owned() });
}

#[test]
fn methods_that_modern_lacks_are_unknown_there() {
    for method in [
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
        "tasks/list",
        "sampling/createMessage",
        "elicitation/create",
        "notifications/progress",
        "tools/Call",
        "nope",
    ] {
        let error = ask(&[GOOD[0], ("Mcp-Method", method)], &request(method, META)).unwrap_err();
        assert_eq!((error.clone(), error.status(), error.code()), (Invalid::Method, 404, -32601), "{method}");
        // `Mcp-Method` is checked first.
        let wrong = ask(&[GOOD[0], ("Mcp-Method", "wrong")], &request(method, META));
        assert_eq!(header_of(wrong), "Mcp-Method", "{method}");
    }
}

#[test]
fn what_claims_nothing_is_old() {
    let bridge = [("mcp-method", "tools/call"), ("mcp-name", "other")];
    assert_eq!(ask(&bridge, &request("tools/call", r#""name":"t""#)), Ok(Claim::Legacy { header: None }));
    let header = Some(Revision::V2025_06_18);
    let headers = [("mcp-protocol-version", " 2025-06-18 ")];
    assert_eq!(ask(&headers, &request("ping", "")), Ok(Claim::Legacy { header }));
    assert_eq!(ask(&headers, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), Ok(Claim::Legacy { header }));
    assert_eq!(ask(&GOOD, r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).unwrap_err().code(), -32600);
    // The handshake, with and without the revision it asks for.
    let initialize = request("initialize", r#""protocolVersion":"2025-11-25","capabilities":{}"#);
    assert_eq!(ask(&[], &initialize), Ok(Claim::Legacy { header: None }));
    assert_eq!(ask(&[("mcp-protocol-version", "x")], &initialize), Ok(Claim::Legacy { header: None }));
    assert_eq!(header_of(ask(&GOOD, &initialize)), "MCP-Protocol-Version");
    let old_claim = request("initialize", &META.replace("2026-07-28", "2025-11-25"));
    assert_eq!(ask(&[], &old_claim), Ok(Claim::Legacy { header: None }));
}

#[test]
fn notifications_need_no_headers() {
    let modern = format!(r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{{META}}}}}"#);
    assert!(matches!(ask(&[], &modern), Ok(Claim::Modern(_))));
    let plain = r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#;
    assert!(matches!(ask(&[GOOD[0]], plain), Ok(Claim::Modern(_))));
    assert_eq!(ask(&[], plain), Ok(Claim::Legacy { header: None }));
    assert_eq!(header_of(ask(&GOOD, &modern)), "Mcp-Method");
    assert_eq!(header_of(ask(&[("mcp-protocol-version", "2025-11-25")], &modern)), "MCP-Protocol-Version");
    let number = modern.replace("\"2026-07-28\"", "1");
    assert_eq!(ask(&[], &number).unwrap_err().code(), -32602);
}

#[test]
fn batches_are_for_the_oldest_revision() {
    let batch = |header: Option<&str>, body: &str| {
        let json = Json::parse(body.as_bytes(), &REQUEST).unwrap();
        let messages: Vec<_> =
            json.elements(json.root()).map(|element| Message::read(&json, element).unwrap()).collect();
        let headers = Headers::from_pairs(header.map(|value| ("mcp-protocol-version", value)));
        classify_batch(&headers, &messages, &json)
    };
    let list = request("tools/list", "");
    let two = format!("[{list},{}]", r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    assert_eq!(batch(None, &two), Ok(Claim::Legacy { header: None }));
    let header = Some(Revision::V2025_03_26);
    assert_eq!(batch(Some("2025-03-26"), &two), Ok(Claim::Legacy { header }));
    for header in ["2025-06-18", "2026-07-28", "x"] {
        assert_eq!(batch(Some(header), &two).unwrap_err().code(), -32600);
    }
    for body in [
        "[]".to_owned(),
        format!("[{}]", request("initialize", "")),
        format!("[{list},{}]", request("tools/list", META)),
    ] {
        assert_eq!(batch(None, &body).unwrap_err().code(), -32600, "{body}");
    }
}
