//! What a client was given to come back with, after its time and at another endpoint. The clock is set by hand.

use super::Gateway;
use crate::arrival::Head;
use crate::compile::check;
use crate::mcp::headers::Headers;
use crate::mcp::seal::Sealer;
use crate::memory::{Memory, Step};
use crate::reply::ReplyBody;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::rc::Rc;

const MINUTE_MS: u64 = 60_000;
const ASK: &str =
    r#"{"method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object"}}}"#;
const DISCOVER: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"public"}"#;
const INITIALIZE: &str =
    r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}"#;

/// Two endpoints with the same upstreams and the same callers: `modern` and `legacy`.
fn settings() -> String {
    let mut text = String::from("version = 1\n");
    for name in ["acme", "other"] {
        text += &format!(
            "[tenants.{name}]\nanonymous = true\nhosts = ['gw']\n\
             [tenants.{name}.agents.anonymous]\nallow = ['*']\n\
             [tenants.{name}.upstreams.modern]\nurl = 'https://modern.example/mcp'\nera = 'modern'\n\
             [tenants.{name}.upstreams.legacy]\nurl = 'https://legacy.example/mcp'\nera = 'legacy'\n"
        );
    }
    text
}

/// A gateway, and upstreams that ask in every call.
struct Scene {
    memory: Memory,
    gateway: Rc<Gateway>,
}

/// An answer: status, session id, messages.
type Got = (u16, Option<String>, Vec<Value>);

impl Scene {
    fn new() -> Self {
        let (bundle, _) = check(&settings(), &|_: &str| None).unwrap();
        let sealer = Sealer::from_keys("k:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=").unwrap();
        let memory = Memory::new();
        let world = memory.clone();
        memory.on_fetch(move |request| {
            let mut answer = answer(&world, &request.url, &request.body);
            answer.session_id = request.url.contains("legacy").then(|| "s".to_owned());
            async move { Ok(answer) }
        });
        Self { memory, gateway: Gateway::new(bundle, sealer) }
    }

    fn send(&self, tenant: &str, headers: &[(&str, &str)], body: &Value) -> Got {
        let own = [("host", "gw"), ("content-type", "application/json")];
        let headers =
            own.iter().chain(headers).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let head = Head {
            method: "POST".to_owned(),
            path: format!("/t/{tenant}/mcp"),
            query: false,
            secure: true,
            headers: Headers::from_pairs(headers),
        };
        let body = self.memory.answer_in_steps(200, "", [Step::Bytes(body.to_string().into())]).body;
        self.memory.run(async {
            let reply = self.gateway.handle(&self.memory, &(), head, body).await;
            let bytes = match reply.body {
                ReplyBody::Empty => Vec::new(),
                ReplyBody::Whole(bytes) => bytes,
                ReplyBody::Stream(stream) => stream.concat().await,
            };
            let text = String::from_utf8(bytes).unwrap();
            let texts = text.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
            let session = reply.headers.iter().find(|(name, _)| *name == "mcp-session-id");
            let messages = texts.filter_map(|text| serde_json::from_str(text).ok()).collect();
            (reply.status, session.map(|(_, id)| id.clone()), messages)
        })
    }

    /// A request of a modern client; its one answer.
    fn modern(&self, tenant: &str, method: &str, name: &str, more: Value) -> Value {
        let mut params = json!({"_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
        }});
        params.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let mut headers = vec![("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        if !name.is_empty() {
            headers.push(("mcp-name", name));
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.send(tenant, &headers, &body).2.pop().unwrap()
    }

    fn call(&self, tenant: &str, name: &str, state: Option<&str>) -> Value {
        let mut more = json!({"name": name, "arguments": {}});
        if let Some(state) = state {
            more["requestState"] = json!(state);
            more["inputResponses"] = json!({"q": {"action": "decline"}});
        }
        self.modern(tenant, "tools/call", name, more)
    }

    fn old(&self, tenant: &str, session: &str, body: &Value) -> Got {
        let headers = [("mcp-protocol-version", "2025-11-25"), ("mcp-session-id", session)];
        self.send(tenant, &headers, body)
    }

    fn initialize(&self) -> String {
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": {"name": "c", "version": "1"}});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
        self.send("acme", &[], &body).1.unwrap()
    }
}

fn answer(memory: &Memory, url: &str, body: &[u8]) -> crate::platform::Incoming<crate::memory::MemoryBody> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = &json["id"];
    let result = |result: &str| {
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
        memory.answer(200, "application/json", text)
    };
    let legacy = url.contains("legacy");
    match json["method"].as_str().unwrap_or_default() {
        "server/discover" => result(DISCOVER),
        "initialize" => result(INITIALIZE),
        "tools/list" => {
            // More than a page of the gateway's.
            let count = if legacy { 1 } else { crate::limits::PAGE_ITEMS + 1 };
            let tools: Vec<Value> = (0..count)
                .map(|n| json!({"name": format!("t{n}"), "inputSchema": {"type": "object"}}))
                .collect();
            let list = json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "public", "tools": tools});
            result(&list.to_string())
        }
        "tools/call" if legacy => {
            let ask = format!(r#"{{"jsonrpc":"2.0","id":"q",{}"#, &ASK[1..]);
            let end = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[]}}}}"#);
            // The question has been waited for when the answer comes.
            let steps = [
                Step::Bytes(format!("id: e\ndata: {ask}\n\n").into()),
                Step::Wait(100),
                Step::Bytes(format!("data: {end}\n\n").into()),
            ];
            memory.answer_in_steps(200, "text/event-stream", steps)
        }
        "tools/call" if json["params"]["requestState"].is_null() => result(&format!(
            r#"{{"resultType":"input_required","inputRequests":{{"q":{ASK}}},"requestState":"s"}}"#
        )),
        "tools/call" => result(r#"{"resultType":"complete","content":[]}"#),
        // A question that was answered; the rest of a call.
        "" if body.is_empty() => memory.answer(405, "", ""),
        _ => memory.answer(202, "", ""),
    }
}

#[test]
fn a_session_has_its_day() {
    let scene = Scene::new();
    let session = scene.initialize();
    let ping = |tenant| scene.old(tenant, &session, &json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})).0;
    assert_eq!(ping("acme"), 200);
    assert_eq!(ping("other"), 404);
    scene.memory.advance(24 * 60 * MINUTE_MS - 1_000);
    assert_eq!(ping("acme"), 200);
    scene.memory.advance(1_000);
    assert_eq!(ping("acme"), 404);
}

#[test]
fn a_state_has_a_quarter_of_an_hour() {
    for (name, goes_on) in [("modern__t0", "complete"), ("legacy__t0", "")] {
        let scene = Scene::new();
        let asked = scene.call("acme", name, None);
        let state = asked["result"]["requestState"].as_str().unwrap_or_else(|| panic!("{asked}"));
        let bad = |got: &Value| got["error"]["message"] == "Invalid requestState";
        assert!(bad(&scene.call("other", name, Some(state))));
        scene.memory.advance(15 * MINUTE_MS - 1_000);
        let got = scene.call("acme", name, Some(state));
        assert!(!bad(&got), "{got}");
        assert!(goes_on.is_empty() || got["result"]["resultType"] == goes_on, "{got}");
        scene.memory.advance(1_000);
        assert!(bad(&scene.call("acme", name, Some(state))));
    }
}

#[test]
fn a_question_has_a_quarter_of_an_hour() {
    let scene = Scene::new();
    let session = scene.initialize();
    let params = json!({"name": "legacy__t0", "arguments": {}});
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params});
    let (_, _, messages) = scene.old("acme", &session, &call);
    let id = messages.first().and_then(|ask| ask["id"].as_str()).unwrap_or_else(|| panic!("{messages:?}"));
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": {"action": "decline"}});
    let posted = || scene.old("acme", &session, &answer).0;
    assert_eq!(posted(), 202);
    scene.memory.advance(15 * MINUTE_MS - 1_000);
    assert_eq!(posted(), 202);
    scene.memory.advance(1_000);
    assert_eq!(posted(), 400);
    // In a session of the other endpoint, at once.
    let scene = Scene::new();
    let session = scene.initialize();
    let (_, _, messages) = scene.old("acme", &session, &call);
    let answer = json!({"jsonrpc": "2.0", "id": messages[0]["id"], "result": {"action": "decline"}});
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}});
    let other = scene.send("other", &[], &hello).1.unwrap();
    assert_eq!(scene.old("other", &other, &answer).0, 400);
}

#[test]
fn a_cursor_has_an_hour() {
    let scene = Scene::new();
    let page = |tenant, more| scene.modern(tenant, "tools/list", "", more);
    let first = page("acme", json!({}));
    let cursor =
        json!({"cursor": first["result"]["nextCursor"].as_str().unwrap_or_else(|| panic!("no cursor"))});
    let refused = |tenant| page(tenant, cursor.clone())["error"]["message"] == "Invalid cursor";
    assert!(refused("other"));
    scene.memory.advance(60 * MINUTE_MS - 1_000);
    assert!(!refused("acme"));
    scene.memory.advance(1_000);
    assert!(refused("acme"));
}
