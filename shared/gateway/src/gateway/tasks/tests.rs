//! The session of a task that a legacy upstream does for a modern client: it is kept for as long as the task. The clock is set by
//! hand.

use crate::arrival::Head;
use crate::compile::check;
use crate::gateway::Gateway;
use crate::mcp::headers::Headers;
use crate::mcp::seal::Sealer;
use crate::memory::Memory;
use crate::platform::{HttpMethod, Outgoing};
use crate::reply::ReplyBody;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::rc::Rc;

const MINUTE_MS: u64 = 60_000;
const SETTINGS: &str = "version = 1\n[tenants.acme]\nanonymous = true\nhosts = ['gw']\n\
    [tenants.acme.agents.anonymous]\nallow = ['*']\n\
    [tenants.acme.upstreams.a]\nurl = 'https://a.example/mcp'\nera = 'legacy'\n";
const INITIALIZE: &str = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"tasks":{"requests":{"tools":{"call":{}}}}},"serverInfo":{"name":"a","version":"1"}}"#;
const TOOLS: &str = r#"{"tools":[{"name":"slow","inputSchema":{"type":"object"},"execution":{"taskSupport":"required"}},{"name":"plain","inputSchema":{"type":"object"}}]}"#;
const TASK: &str = r#"{"taskId":"own-7","status":"working","createdAt":"2026-11-30T10:00:00Z","lastUpdatedAt":"2026-11-30T10:00:00Z","ttl":3600000}"#;

struct Scene {
    memory: Memory,
    gateway: Rc<Gateway>,
}

impl Scene {
    fn new() -> Self {
        let (bundle, _) = check(SETTINGS, &|_: &str| None).unwrap();
        let sealer = Sealer::from_keys("k:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=").unwrap();
        let memory = Memory::new();
        let world = memory.clone();
        memory.on_fetch(move |request| {
            let json: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let result = match json["method"].as_str().unwrap_or_default() {
                "initialize" => INITIALIZE.to_owned(),
                "tools/list" => TOOLS.to_owned(),
                "tools/call" if json["params"]["task"].is_object() => format!(r#"{{"task":{TASK}}}"#),
                "tools/call" => r#"{"content":[]}"#.to_owned(),
                "tasks/get" => TASK.to_owned(),
                _ => String::new(),
            };
            let text = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, json["id"]);
            let mut answer = match result.as_str() {
                "" => world.answer(202, "", ""),
                _ => world.answer(200, "application/json", text),
            };
            // Each handshake is a session of its own.
            let opens = json["method"] == "initialize";
            answer.session_id = opens.then(|| format!("s{}", world.sent().len()));
            async move { Ok(answer) }
        });
        Self { memory, gateway: Gateway::new(bundle, sealer) }
    }

    /// A request of a modern client; its one answer.
    fn ask(&self, method: &str, more: Value) -> Value {
        let mut params = json!({"_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}},
        }});
        let name = more["name"].as_str().or(more["taskId"].as_str()).unwrap().to_owned();
        params.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let headers = [
            ("host", "gw"),
            ("content-type", "application/json"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", method),
            ("mcp-name", &name),
        ];
        let head = Head {
            method: "POST".to_owned(),
            path: "/t/acme/mcp".to_owned(),
            query: false,
            secure: true,
            headers: Headers::from_pairs(headers.map(|(name, value)| (name.to_owned(), value.to_owned()))),
        };
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let body = self.memory.answer(200, "", body).body;
        self.memory.run(async {
            let bytes = match self.gateway.handle(&self.memory, &(), head, body).await.body {
                ReplyBody::Empty => Vec::new(),
                ReplyBody::Whole(bytes) => bytes,
                ReplyBody::Stream(stream) => stream.concat().await,
            };
            serde_json::from_slice(&bytes).unwrap()
        })
    }

    fn call(&self, tool: &str) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": {}}))
    }

    /// The session of the last request of the agent's, and those that were closed.
    fn sessions(&self) -> (String, Vec<String>) {
        let effects = self.memory.take_effects();
        self.memory.run(futures_util::future::join_all(effects));
        let named = |request: &Outgoing| {
            let id = request.headers.iter().find(|(name, _)| *name == "mcp-session-id");
            id.map(|(_, id)| id.to_owned()).unwrap_or_default()
        };
        let sent = self.memory.sent();
        let agents = |request: &&Outgoing| {
            let body = String::from_utf8_lossy(&request.body);
            body.contains("tools/call\"") || body.contains("tasks/get\"")
        };
        let closed = sent.iter().filter(|request| request.method == HttpMethod::Delete).map(named).collect();
        (sent.iter().rev().find(agents).map(named).unwrap_or_default(), closed)
    }
}

#[test]
fn the_session_is_kept_as_long_as_the_task() {
    let scene = Scene::new();
    let begun = scene.call("a__slow");
    let task = begun["result"]["taskId"].as_str().unwrap_or_else(|| panic!("{begun}"));
    let (session, _) = scene.sessions();
    let state = || scene.ask("tasks/get", json!({"taskId": task}));
    // Whatever is called meanwhile is called in it, and nobody closes it.
    for _ in 0..5 {
        scene.memory.advance(11 * MINUTE_MS);
        assert_eq!(scene.call("a__plain")["result"]["resultType"], "complete");
        assert_eq!(scene.sessions().0, session);
        assert_eq!(state()["result"]["status"], "working");
        let (last, closed) = scene.sessions();
        assert!(last == session && !closed.contains(&session), "{last} {closed:?}");
    }
    // When the task is over, it is a session like any other.
    scene.memory.advance(11 * MINUTE_MS);
    scene.call("a__plain");
    let (other, closed) = scene.sessions();
    assert!(other != session && closed.contains(&session), "{other} {closed:?}");
    assert_eq!(state()["error"]["message"], "Unknown task");
}
