//! Answers that come later: the settings may be others by then, or a limit used up, or a key old or retired.

use std::time::Duration;

use postern_tests::bed::{Bed, Era};
use postern_tests::client::{self, Call, Opened, Reply};
use postern_tests::host::Kind;
use postern_tests::script::SEAL_KEYS;
use postern_tests::upstream::{Answer, Piece, Seen};
use serde_json::{Value, json};

const HELLO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}}"#;
const CALL: &str =
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"a__echo","arguments":{}}}"#;
const QUESTION: &str = r#"{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object"}}}"#;
/// A key besides that of the tests.
const NEWER: &str = "k2:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

/// A legacy upstream that asks in every call, and a modern one that does.
fn asks(seen: &Seen) -> Answer {
    let id = seen.raw(&["id"]).unwrap_or_default();
    let result = |result: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
    let modern = seen.header("mcp-protocol-version") == Some("2026-07-28");
    match seen.rpc.as_str() {
        "tools/call" if modern && seen.raw(&["params", "requestState"]).is_some() => {
            Answer::json(result(r#"{"resultType":"complete","content":[]}"#))
        }
        "tools/call" if modern => Answer::json(result(
            r#"{"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object"}}}},"requestState":"s"}"#,
        )),
        "tools/call" => {
            Answer::events(vec![Piece::Bytes(format!("id: e\ndata: {QUESTION}\n\n").into()), Piece::Hang])
        }
        _ => Answer::status(202),
    }
}

/// A bed, and what sends to it one after the other.
struct Scene {
    bed: Bed,
    runtime: tokio::runtime::Runtime,
}

impl Scene {
    fn new(kind: Kind, era: Era) -> Self {
        let bed = Bed::start(kind, era, asks).expect("both start");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { bed, runtime }
    }

    fn send(&self, call: &Call) -> Reply {
        self.runtime.block_on(client::send(self.bed.host.address(), call)).expect("an answer")
    }

    /// A session of an old client.
    fn session(&self) -> String {
        let opened = self.send(&self.bed.legacy(None, HELLO.to_owned()));
        opened.header("mcp-session-id").expect("a session").to_owned()
    }

    /// The open call of an old client, and the id of what it is asked.
    fn asked(&self, session: &str) -> (Opened, String) {
        self.runtime.block_on(async {
            let call = self.bed.legacy(Some(session), CALL.to_owned());
            let mut opened = client::open(self.bed.host.address(), &call).await.expect("a stream");
            loop {
                let event = opened.event().await.expect("a stream").expect("a question");
                let message: Value = serde_json::from_str(&event.data).unwrap_or_default();
                if let Some(id) = message["id"].as_str() {
                    return (opened, id.to_owned());
                }
            }
        })
    }

    fn answer(&self, session: &str, id: &str) -> Reply {
        let answer =
            json!({"jsonrpc": "2.0", "id": id, "result": {"action": "accept", "content": {"x": "own"}}});
        self.send(&self.bed.legacy(Some(session), answer.to_string()))
    }

    /// A call of a modern client, with further members of its params.
    fn modern(&self, more: &str) -> Value {
        let params = format!(r#""name":"a__echo","arguments":{{}}{more}"#);
        let mut call = self.bed.modern("tools/call", "1", "a__echo", &params, "");
        let text = String::from_utf8_lossy(&call.body);
        let text = text.replace(r#"clientCapabilities":{}"#, r#"clientCapabilities":{"elicitation":{}}"#);
        call.body = text.into_bytes();
        self.send(&call).last()
    }

    /// The state that it is given.
    fn state(&self) -> String {
        let asked = self.modern("");
        asked["result"]["requestState"].as_str().unwrap_or_else(|| panic!("a state: {asked}")).to_owned()
    }

    fn again(&self, state: &str) -> Value {
        self.modern(&format!(r#","requestState":"{state}","inputResponses":{{"q":{{"action":"accept","content":{{"x":"own"}}}}}}"#))
    }

    /// What the upstream has heard since it forgot, without what may come at any time.
    fn heard(&self) -> Vec<(String, Value)> {
        // What is sent behind the answer may still be under way.
        std::thread::sleep(Duration::from_millis(400));
        let seen = self.bed.upstream.seen("/bed");
        let told = seen.iter().filter(|seen| {
            matches!(seen.rpc.as_str(), "tools/call" | "response" | "notifications/cancelled" | "GET")
        });
        told.map(|seen| (seen.rpc.clone(), seen.json())).collect()
    }
}

pub fn answers_after_a_change_of_the_settings(kind: Kind) {
    // An old client, asked by an old upstream: that hears that nobody answers.
    let mut scene = Scene::new(kind, Era::Legacy);
    let session = scene.session();
    let (open, id) = scene.asked(&session);
    scene.bed.asks(&["roots"]).expect("it starts again");
    // The call is not there any more: its end was that of the gateway.
    drop(open);
    std::thread::sleep(Duration::from_millis(300));
    scene.bed.upstream.forget();
    let refused = scene.answer(&session, &id);
    assert_eq!((refused.status, &refused.last()["error"]["code"]), (403, &json!(1403)), "{}", refused.text());
    let heard = scene.heard();
    let told = heard.iter().find(|(rpc, _)| rpc == "response").map(|(_, told)| told);
    let told = told.unwrap_or_else(|| panic!("it was not told: {heard:?}"));
    assert_eq!((&told["id"], &told["error"]["code"]), (&json!("q"), &json!(1403)), "{told}");

    // A modern client, asked by an old upstream: the call that waits there is cancelled.
    let mut scene = Scene::new(kind, Era::Legacy);
    let state = scene.state();
    scene.bed.asks(&["elicitation.url"]).expect("it starts again");
    scene.bed.upstream.forget();
    let refused = scene.again(&state);
    assert_eq!(refused["error"]["code"], json!(1403), "{refused}");
    let heard: Vec<String> = scene.heard().into_iter().map(|(rpc, _)| rpc).collect();
    assert_eq!(heard, ["notifications/cancelled"]);

    // Asked by a modern upstream: that hears nothing.
    let mut scene = Scene::new(kind, Era::Modern);
    let state = scene.state();
    scene.bed.asks(&[]).expect("it starts again");
    scene.bed.upstream.forget();
    let refused = scene.again(&state);
    assert_eq!(refused["error"]["code"], json!(1403), "{refused}");
    assert!(scene.heard().is_empty());
}

pub fn an_answer_that_no_limit_allows_ends_its_call(kind: Kind) {
    let mut scene = Scene::new(kind, Era::Legacy);
    scene.bed.limit("{ name = 'slow', kind = 'rate', limit = 1, per_s = 3600 }").expect("it starts again");
    let session = scene.session();
    let (open, id) = scene.asked(&session);
    let refused = scene.answer(&session, &id);
    assert_eq!((refused.status, &refused.last()["error"]["code"]), (429, &json!(1429)), "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    let heard = scene.heard();
    let told = heard.iter().find(|(rpc, _)| rpc == "response").map(|(_, told)| told);
    let told = told.unwrap_or_else(|| panic!("it was not told: {heard:?}"));
    assert_eq!((&told["id"], &told["error"]["code"]), (&json!("q"), &json!(1429)), "{told}");
    assert!(!told.to_string().contains("own"), "{told}");
    drop(open);
}

pub fn keys_are_rotated(kind: Kind) {
    let mut scene = Scene::new(kind, Era::Modern);
    let (session, state) = (scene.session(), scene.state());
    let ping = |scene: &Scene, session: &str| {
        let ping = r#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#;
        scene.send(&scene.bed.legacy(Some(session), ping.to_owned())).status
    };
    // The newer key seals, and both open.
    scene.bed.keys(&format!("{NEWER},{SEAL_KEYS}")).expect("it starts again");
    assert_eq!(ping(&scene, &session), 200);
    assert_eq!(scene.again(&state)["result"]["resultType"], json!("complete"));
    let (newer, newer_state) = (scene.session(), scene.state());
    assert!(newer.starts_with("1.k2.") && newer_state.starts_with("1.k2."), "{newer} {newer_state}");
    // The older one is retired.
    scene.bed.keys(NEWER).expect("it starts again");
    assert_eq!(ping(&scene, &session), 404);
    assert_eq!(scene.again(&state)["error"]["code"], json!(-32602));
    assert_eq!(ping(&scene, &newer), 200);
    assert_eq!(scene.again(&newer_state)["result"]["resultType"], json!("complete"));
}
