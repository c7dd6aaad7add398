//! Digests: which calls are the same, which texts are free, which results are empty, which errors are equal.

use super::digests;
use crate::ledger::loops::{Finding, Finds, Fingerprint, Rule, advice};
use crate::limits::REQUEST;
use crate::mcp::Json;

fn call(tool: &str, args: &str) -> Fingerprint {
    let json = Json::parse(args.as_bytes(), &REQUEST).unwrap();
    digests().call(tool, Some(json.value(json.root())))
}

fn answer(text: &str) -> Finding {
    let json = Json::parse(text.as_bytes(), &REQUEST).unwrap();
    digests().answer(json.value(json.root()))
}

#[test]
fn a_call_is_the_same_however_it_is_written() {
    let one = call("t", r#"{"a":1,"b":{"c":"é","d":[1,2]}}"#);
    for same in [
        r#"{ "b" : {"d":[1,2], "c":"\u00e9"}, "a":1.0 }"#,
        r#"{"a":1e0,"b":{"c":"é","d":[1,2],"e":null},"_meta":{"progressToken":3}}"#,
    ] {
        assert_eq!(call("t", same), one, "{same}");
    }
    for other in [
        r#"{"a":1,"b":{"c":"é","d":[2,1]}}"#,
        r#"{"a":"1","b":{"c":"é","d":[1,2]}}"#,
        r#"{"a":1,"b":{"c":"e","d":[1,2]}}"#,
        r#"{"b":1,"a":{"c":"é","d":[1,2]}}"#,
        r#"[{"a":1,"b":{"c":"é","d":[1,2]}}]"#,
        "{}",
    ] {
        assert_ne!(call("t", other).call, one.call, "{other}");
    }
    assert_ne!(call("u", "{}").call, call("t", "{}").call);
    assert_eq!(digests().call("t", None), call("t", "{}"));
    assert_eq!(call("t", "null"), call("t", "{}"));
    assert_ne!(call("t", r#"{"n":9007199254740993}"#), call("t", r#"{"n":9007199254740992}"#));
    let other = super::Digests::new([1; 16]).call("t", None);
    assert_ne!(other, call("t", "{}"), "the key matters");
    assert_ne!(digests().name("a"), digests().name("b"));
}

#[test]
fn members_nested_deeply_end() {
    let deep = format!("{}1{}", r#"{"a":["#.repeat(30), "]}".repeat(30));
    assert_eq!(call("t", &deep), call("t", &deep));
    assert_ne!(call("t", &deep), call("t", &deep.replace('1', "2")));
    // What is large is told by its text.
    let large = format!(r#"{{"query":"{}"}}"#, "refund ".repeat(20_000));
    assert_eq!(call("t", &large), call("t", &large));
    assert_ne!(call("t", &large).shape, call("t", &large.replace("refund", "return")).shape);
}

#[test]
fn only_free_text_leaves_the_shape_as_it_is() {
    let rows: &[(&str, &str, bool)] = &[
        (r#"{"query":"refund policy"}"#, r#"{"query":"how are refunds made"}"#, true),
        (r#"{"query":"refund"}"#, r#"{"query":"returns"}"#, true),
        (r#"{"searchTerm":"refund"}"#, r#"{"searchTerm":"Refund Policy?"}"#, true),
        (r#"{"keywords":["refund","late"]}"#, r#"{"keywords":["returns"]}"#, true),
        (r#"{"query":"tell me about returns/refunds"}"#, r#"{"query":"refunds"}"#, true),
        (r#"{"q":"order C-17 late"}"#, r#"{"q":"is C-17 delayed?"}"#, true),
        (r#"{"q":"order C-17 late"}"#, r#"{"q":"order C-18 late"}"#, false),
        (r#"{"q":"sales in 2025"}"#, r#"{"q":"sales in 2026"}"#, false),
        (r#"{"q":"meetings on Monday"}"#, r#"{"q":"meetings on Tuesday"}"#, false),
        (r#"{"q":"a@x.example"}"#, r#"{"q":"b@x.example"}"#, false),
        (r#"{"q":"get_user"}"#, r#"{"q":"set_user"}"#, false),
        (r#"{"q":"refund","limit":5}"#, r#"{"q":"returns","limit":6}"#, false),
        (r#"{"q":"refund","exact":true}"#, r#"{"q":"returns","exact":false}"#, false),
        (r#"{"q":"refund"}"#, r#"{"q":"returns","lang":"en"}"#, false),
        (r#"{"query_type":"exact"}"#, r#"{"query_type":"fuzzy"}"#, false),
        (r#"{"query_id":"a"}"#, r#"{"query_id":"b"}"#, false),
        (r#"{"status":"open"}"#, r#"{"status":"closed"}"#, false),
        (r#"{"city":"new york"}"#, r#"{"city":"los angeles"}"#, false),
        (r#"{"name":"Ada Lovelace"}"#, r#"{"name":"Alan Turing"}"#, false),
        (r#"{"name":"the refund policy"}"#, r#"{"name":"rules about refunds"}"#, true),
        (r#"{"command":"git add ."}"#, r#"{"command":"git push"}"#, false),
        (r#"{"query":"SELECT a FROM t"}"#, r#"{"query":"SELECT b FROM t"}"#, false),
        (r#"{"path":"my notes"}"#, r#"{"path":"my plans"}"#, false),
    ];
    for row in rows {
        let (one, other, same) = row;
        let (one, other) = (call("kb__search", one), call("kb__search", other));
        assert_ne!(one.call, other.call);
        assert_eq!(one.shape == other.shape, *same, "{row:?}");
    }
}

#[test]
fn a_tool_that_does_something_with_a_text_is_called_with_that_text() {
    let texts = [r#"{"text":"refund policy"}"#, r#"{"text":"how are refunds made"}"#];
    for (tool, same) in [
        ("kb__search", true),
        ("lookup", true),
        ("getNotes", true),
        ("vector_store", true),
        ("notes__find", true),
        ("memory__add_note", false),
        ("slack.postMessage", false),
        ("safety__moderate", false),
        ("browser_type", false),
        ("run", false),
    ] {
        let [one, other] = texts.map(|text| call(tool, text).shape);
        assert_eq!(one == other, same, "{tool}");
    }
}

fn said(text: &str) -> String {
    serde_json::json!({ "content": [{ "type": "text", "text": text }] }).to_string()
}

#[test]
fn empty_results_are_told_from_content() {
    let nothing = [
        "null",
        "[]",
        "{}",
        r#""""#,
        r#""  ""#,
        r#"{"content":[]}"#,
        r#"{"results":[]}"#,
        r#"{"items":[],"total":0}"#,
        r#"{"status":"ok","data":null,"took_ms":12}"#,
        r#"{"query":"refund","hits":[]}"#,
        r#"{"found":false}"#,
        r#"{"data":{"search":{"edges":[],"pageInfo":{"hasNextPage":false}}}}"#,
        r#"[[],[]]"#,
        r#"{"count":0}"#,
        r#"{"status":"no_results"}"#,
        r#"{"content":[],"structuredContent":{"rows":[]}}"#,
        r#"{"results":[],"message":"No results found"}"#,
    ];
    let texts = [
        "",
        "[]",
        "null",
        "None",
        "No results",
        "No results found.",
        "nothing found",
        "Nothing to show",
        "0 results",
        "Found 0 documents matching 'error'",
        "not found",
        "No matches for \"login problem\"",
        "(no results)",
        "Results: []",
        "<results></results>",
        "<results/>",
        "0",
        "I don't know.",
        "Total: 0",
        "Search results: none",
        "I couldn't find anything about refunds.",
        "{\"rows\": []}",
        "Your search did not match any documents.",
        "No customers found matching the criteria",
        "No open invoices",
    ];
    for text in nothing.into_iter().map(str::to_owned).chain(texts.map(said)) {
        assert_eq!(answer(&text).kind, Finds::Nothing, "{text}");
    }
    let something = [
        "1",
        "true",
        r#""pending""#,
        r#"{"ok":true}"#,
        r#"{"results":[1]}"#,
        r#"{"valid":true,"errors":[]}"#,
        r#"{"celsius":21,"alerts":[]}"#,
        r#"{"total":3,"items":[]}"#,
        r#"{"ok":true,"warnings":[]}"#,
        r#"{"results":[],"suggestion":"did you mean refunds"}"#,
        r#"{"balance":0}"#,
        r#"{"next":null,"ok":true}"#,
        r#"{"content":[{"type":"image","data":"","mimeType":"image/png"}]}"#,
    ];
    let texts = [
        "10 results",
        "ok",
        "Sunny",
        "No issues found",
        "No problems found.",
        "No changes",
        "1.0 results",
        "Nobody knows",
        "Total: 10",
        "<a>1</a>",
        "<a href=\"x\"/>",
    ];
    for text in something.into_iter().map(str::to_owned).chain(texts.map(said)) {
        assert_eq!(answer(&text).kind, Finds::Something, "{text}");
    }
    let long = said(&format!("no results found in {}", "the archive of ".repeat(40)));
    assert_eq!(answer(&long).kind, Finds::Something);
    // Equal whatever they repeat and how long it took.
    let one = answer(r#"{"query":"refund","hits":[],"took":3}"#);
    let other = answer(r#"{"query":"returns","hits":[],"took":4}"#);
    assert_ne!(one.result, other.result);
    assert_eq!(one.gist, other.gist);
}

#[test]
fn errors_are_told_apart_by_what_they_say() {
    let failed = |text: &str| {
        serde_json::json!({ "content": [{ "type": "text", "text": text }], "isError": true }).to_string()
    };
    let rows = [
        ("timed out after 30012 ms", "timed out after 29871 ms", true),
        ("attempt 3 failed", "attempt 4 failed", true),
        ("retry in 12 seconds", "retry in 5 seconds", true),
        ("request 8f3a22d1 failed", "request 77b1c0de failed", true),
        ("deadbeefcafe is locked", "abadcafefeed is locked", true),
        ("at 2026-10-01T08:00:00Z: down", "at 2026-10-02T09:10:11Z: down", true),
        ("Thu, 01 Oct 2026: down", "Fri, 02 Oct 2026: down", true),
        (r#"{"error":"down","ts":1760000000}"#, r#"{"ts":1760000444,"error":"down"}"#, true),
        (r#"{"error":"down","attempt":3}"#, r#"{"error":"down","attempt":4}"#, true),
        (r#"{"error":"tests failed","count":3}"#, r#"{"error":"tests failed","count":4}"#, false),
        ("9 tests failed", "10 tests failed", false),
        ("syntax error in line 7", "syntax error in line 9", false),
        ("missing parameter: table", "missing parameter: column", false),
        ("down", "up", false),
    ];
    for row in rows {
        let (one, other, same) = row;
        let (one, other) = (answer(&failed(one)), answer(&failed(other)));
        assert_ne!(one.result, other.result, "{row:?}");
        assert_eq!(one.gist == other.gist, same, "{row:?}");
        assert_eq!((one.kind, other.kind), (Finds::Error, Finds::Error));
    }
    for (text, kind) in [
        (failed("permission denied"), Finds::Error),
        (failed("no such customer"), Finds::Complaint),
        (failed("Not found"), Finds::Complaint),
        (r#"{"error":{"code":-32603,"message":"Internal error"}}"#.to_owned(), Finds::Error),
        (r#"{"code":-32603,"message":"Internal error"}"#.to_owned(), Finds::Error),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#.to_owned(), Finds::Error),
        (r#"{"error":"down"}"#.to_owned(), Finds::Error),
        (r#"{"isError":true}"#.to_owned(), Finds::Error),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#.to_owned(), Finds::Nothing),
        (r#"{"error":null,"rows":[1]}"#.to_owned(), Finds::Something),
        (r#"{"error":"","rows":[1]}"#.to_owned(), Finds::Something),
        (said("Error: timed out"), Finds::Complaint),
        (said(r#"{"error":"timed out"}"#), Finds::Complaint),
        (r#""Traceback (most recent call last)""#.to_owned(), Finds::Complaint),
        (said("Errors are listed below"), Finds::Something),
    ] {
        assert_eq!(answer(&text).kind, kind, "{text}");
    }
}

#[test]
fn results_are_equal_however_they_are_written() {
    for (one, other) in [
        (r#"{"a":1,"b":[2]}"#, r#"{ "b":[2], "a":1.0 }"#),
        (r#"{"content":[],"_meta":{"t":1}}"#, r#"{"content":[],"_meta":{"t":2}}"#),
        (
            r#"{"content":[{"type":"text","text":"{\"a\":1,\"b\":2}"}]}"#,
            r#"{"content":[{"text":"{ \"b\": 2, \"a\": 1 }","type":"text"}],"isError":null}"#,
        ),
    ] {
        assert_eq!(answer(one).result, answer(other).result, "{one}");
    }
    assert_ne!(answer(&said("a")).result, answer(&said("b")).result);
}

#[test]
fn advice_is_short_and_says_what_to_change() {
    for rule in [Rule::Same, Rule::Error, Rule::Empty, Rule::Cycle, Rule::Flight, Rule::Calls, Rule::Spend] {
        let text = advice(rule, 5);
        assert!(text.starts_with("This call was not carried out: ") && text.len() < 300, "{text}");
    }
    assert!(advice(Rule::Cycle, 3).contains("the same 3 calls"));
}
