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

#[test]
fn in_process() {
    nothing_is_sent_into_a_session_at_an_upstream_that_was_taken_away(Kind::InProcess);
}

#[test]
fn workerd() {
    nothing_is_sent_into_a_session_at_an_upstream_that_was_taken_away(Kind::Workerd);
}

#[test]
fn spin() {
    nothing_is_sent_into_a_session_at_an_upstream_that_was_taken_away(Kind::Spin);
}
