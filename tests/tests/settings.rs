//! Settings that change under a session: what a client holds outlives them, what it may do does not.

use postern_tests::bed::{Bed, Era, SESSION};
use postern_tests::client;
use postern_tests::host::Kind;
use postern_tests::upstream::Answer;

const HELLO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;

/// What a client may send into its session besides calls. Each would reach every upstream of the session.
const MESSAGES: [(&str, &str); 3] = [
    ("POST", r#"{"jsonrpc":"2.0","id":2,"method":"logging/setLevel","params":{"level":"debug"}}"#),
    ("POST", r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#),
    ("DELETE", ""),
];

fn nothing_is_sent_into_a_session_at_an_upstream_that_was_taken_away(kind: Kind) {
    let mut bed = Bed::start(kind, Era::Legacy, |seen| match seen.raw(&["id"]) {
        Some(id) => Answer::json(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)),
        None => Answer::status(202),
    })
    .expect("both start");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let send = |bed: &Bed, session: Option<&str>, method: &str, body: &str| {
        let mut call = bed.legacy(session, body.to_owned());
        call.method = method.to_owned();
        runtime.block_on(client::send(bed.host.address(), &call)).expect("an answer")
    };
    let in_session = |bed: &Bed| {
        // What is sent behind the answer may still be under way.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let seen = bed.upstream.seen("/bed");
        seen.iter().filter(|seen| seen.header("mcp-session-id") == Some(SESSION)).count()
    };
    let opened = send(&bed, None, "POST", HELLO);
    let session = opened.header("mcp-session-id").expect("a session").to_owned();

    // As long as it may be used, all of them arrive: the test would notice if none ever did.
    for (method, body) in MESSAGES {
        bed.upstream.forget();
        let answer = send(&bed, Some(&session), method, body);
        assert!(answer.status < 300, "{method} {body}: {}", answer.status);
        assert_eq!(in_session(&bed), 1, "{method} {body}");
    }
    bed.allow("elsewhere__*").expect("it starts again");
    for (method, body) in MESSAGES {
        bed.upstream.forget();
        let answer = send(&bed, Some(&session), method, body);
        assert!(answer.status < 300, "{method} {body}: {}", answer.status);
        assert_eq!(bed.upstream.seen("/bed").len(), in_session(&bed));
        assert_eq!(in_session(&bed), 0, "{method} {body}");
    }
}

fn a_task_is_unknown_to_whom_its_tool_was_taken_away(kind: Kind) {
    let mut bed = Bed::start(kind, Era::Modern, |seen| {
        let id = seen.raw(&["id"]).unwrap_or_default();
        let kind = if seen.rpc == "tools/call" { "task" } else { "complete" };
        Answer::json(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"{kind}","taskId":"own","status":"working","createdAt":"2026-11-30T10:00:00Z","lastUpdatedAt":"2026-11-30T10:00:00Z","ttlMs":null}}}}"#
        ))
    })
    .expect("both start");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let send = |bed: &Bed, method: &str, name: &str, params: &str| {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{"extensions":{{"io.modelcontextprotocol/tasks":{{}}}}}}}},{params}}}}}"#
        );
        let call = bed.raw(method, name, body);
        let answer = runtime.block_on(client::send(bed.host.address(), &call)).expect("an answer");
        serde_json::from_str::<serde_json::Value>(&answer.text()).expect("a message")
    };
    let begun = send(&bed, "tools/call", "a__echo", r#""name":"a__echo","arguments":{}"#);
    let task = begun["result"]["taskId"].as_str().expect("a task").to_owned();
    let named = format!(r#""taskId":"{task}""#);
    assert_eq!(send(&bed, "tasks/get", &task, &named)["result"]["status"], "working");
    bed.allow("a__another").expect("it starts again");
    bed.upstream.forget();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let answer = send(&bed, method, &task, &named);
        assert_eq!(answer["error"]["code"], -32602, "{method}: {answer}");
        assert_eq!(answer["error"]["message"], "Unknown task", "{method}");
    }
    assert!(bed.upstream.seen("/bed").iter().all(|seen| !seen.rpc.starts_with("tasks/")));
}

fn all(kind: Kind) {
    nothing_is_sent_into_a_session_at_an_upstream_that_was_taken_away(kind);
    a_task_is_unknown_to_whom_its_tool_was_taken_away(kind);
}

#[test]
fn in_process() {
    all(Kind::InProcess);
}

#[test]
fn workerd() {
    all(Kind::Workerd);
}

#[test]
fn spin() {
    all(Kind::Spin);
}
