//! Isolates over the platform in memory, whose clock is set by hand.

use std::cell::RefCell;
use std::rc::Rc;

use postern::Gateway;
use postern::arrival::Head;
use postern::compile::check;
use postern::mcp::headers::Headers;
use postern::mcp::seal::Sealer;
use postern::memory::{Memory, Step};
use postern::platform::{Clock as _, FetchError};
use postern::reply::ReplyBody;
use postern_tests::behind::finish;
use postern_tests::process::top;
use serde_json::{Value, json};

use crate::stream::{Came, MAX_ERROR};

const KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// What the upstream does with a call.
#[derive(Debug, Clone)]
pub enum Does {
    /// It answers, after some ms.
    Answers(Value),
    /// It cannot be reached.
    Down,
    /// It answers with an HTTP status and nothing else.
    Status(u16),
    /// It answers with an error of JSON-RPC.
    Fails,
}

/// A store, a clock, and the upstream.
pub struct World {
    pub memory: Memory,
    pub does: Rc<RefCell<Does>>,
}

impl World {
    pub fn start() -> Self {
        let memory = Memory::new();
        let model = std::fs::read(top().join("deploy/model/static.onnx")).expect("it is in the repository");
        memory.set_asset("static.onnx", model);
        let does = Rc::new(RefCell::new(Does::Down));
        let (here, now) = (memory.clone(), Rc::clone(&does));
        memory.on_fetch(move |sent| {
            let body: Value = serde_json::from_slice(&sent.body).unwrap();
            let does = match body["method"].as_str() {
                Some("server/discover") => {
                    Does::Answers(json!({"resultType": "complete", "supportedVersions": ["2026-07-28"],
                    "capabilities": {"tools": {}}, "serverInfo": {"name": "u", "version": "1"}}))
                }
                Some("tools/list") => {
                    let tool = json!({"name": "echo", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}});
                    Does::Answers(
                        json!({"resultType": "complete", "ttlMs": 604_800_000, "cacheScope": "public", "tools": [tool]}),
                    )
                }
                _ => now.borrow().clone(),
            };
            let here = here.clone();
            async move {
                here.sleep(20).await;
                let answer = |status, body: Value| {
                    Ok(here.answer(status, "application/json", body.to_string()))
                };
                match does {
                    Does::Answers(result) => answer(200, json!({"jsonrpc": "2.0", "id": body["id"], "result": result})),
                    Does::Fails => {
                        let error = json!({"code": -32000, "message": "no"});
                        answer(200, json!({"jsonrpc": "2.0", "id": body["id"], "error": error}))
                    }
                    Does::Status(status) => answer(status, Value::Null),
                    Does::Down => Err(FetchError::Unreachable),
                }
            }
        });
        Self { memory, does }
    }

    /// An isolate that keeps answers of `a__echo`, with these settings besides.
    pub fn isolate(&self, cache: &str) -> Isolate {
        let settings = format!(
            "version = 1\n[tenants.t]\nanonymous = true\nhosts = ['gateway.test']\nloop = {{ mode = 'off' }}\n\
             [tenants.t.cache]\nmodel = 'static'\n[tenants.t.agents.anonymous]\nallow = ['*']\n\
             [tenants.t.upstreams.a]\nurl = 'https://up.example/mcp'\nera = 'modern'\n\
             [tenants.t.tools.a__echo]\ncache = {{ mode = 'serve', max_error = {MAX_ERROR}, {cache} }}\n"
        );
        let (bundle, _) = check(&settings, &|_: &str| None).unwrap_or_else(|problems| panic!("{problems}"));
        let gateway = Gateway::new(bundle, Sealer::from_keys(KEYS).unwrap());
        Isolate { memory: self.memory.clone(), does: Rc::clone(&self.does), gateway }
    }
}

pub struct Isolate {
    memory: Memory,
    does: Rc<RefCell<Does>>,
    gateway: Rc<Gateway>,
}

/// An answer as the agent gets it, and the record of the call.
pub struct Answer {
    pub message: Value,
    pub record: Value,
    /// Groups and answers that the store was asked for, before the answer and behind it; epochs, before the answer.
    pub reads: (usize, usize, usize),
}

impl Answer {
    /// What the agent is told of the cache.
    pub fn mark(&self) -> &Value {
        &self.message["result"]["_meta"]["dev.postern/cache"]
    }
}

impl Isolate {
    /// One call, and all that is done behind its answer.
    pub fn ask(&self, query: &str, does: Does) -> Answer {
        self.ask_with(query, does, json!({}))
    }

    pub fn ask_with(&self, query: &str, does: Does, meta: Value) -> Answer {
        self.does.replace(does);
        let start = self.memory.recalled().len();
        let records = self.memory.records().len();
        let message = self.send(query, meta);
        let before = self.memory.recalled().split_off(start);
        finish(&self.memory);
        let behind = self.memory.recalled().split_off(start + before.len());
        let count = |keys: &[String], epoch: bool| {
            let ours = |key: &&String| key.starts_with("cache/") && key.starts_with("cache/epoch/") == epoch;
            keys.iter().filter(ours).count()
        };
        // A breaker that opens has a record of its own.
        let records = self.memory.records().split_off(records);
        let record = records.iter().find(|record| record.contains("tools/call")).cloned().unwrap_or_default();
        Answer {
            message: serde_json::from_str(&message).unwrap_or_else(|_| panic!("{message}")),
            record: serde_json::from_str(&record).unwrap_or_else(|_| panic!("{record}")),
            reads: (count(&before, false), count(&behind, false), count(&before, true)),
        }
    }

    /// A call of a stream. What is no hit was asked.
    pub fn call(&self, query: &str, result: &Value) -> (Came, Answer) {
        let ms = self.memory.now_ms();
        let answer = self.ask(query, Does::Answers(result.clone()));
        let kind = answer.record["cache"]["kind"].as_str().unwrap_or_default().to_owned();
        let mark = answer.mark()["kind"].as_str();
        assert_eq!(mark.is_some(), matches!(kind.as_str(), "exact" | "semantic"), "{}", answer.record);
        assert!(mark.is_none_or(|mark| mark == kind), "{mark:?} and {}", answer.record);
        let right = answer.message["result"]["content"] == result["content"];
        (Came { kind, right, ms }, answer)
    }

    fn send(&self, query: &str, more: Value) -> String {
        let mut meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"}});
        meta.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"_meta": meta, "name": "a__echo", "arguments": {"query": query}}});
        let headers = [
            ("host", "gateway.test"),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "a__echo"),
        ];
        let head = Head {
            method: "POST".to_owned(),
            path: "/t/t/mcp".to_owned(),
            query: false,
            secure: false,
            headers: Headers::from_pairs(headers.map(|(name, value)| (name, value.to_owned()))),
        };
        let body = self.memory.answer_in_steps(200, "", [Step::Bytes(body.to_string().into_bytes())]).body;
        let reply = self.memory.run(self.gateway.handle(&self.memory, &(), head, body));
        let ReplyBody::Whole(bytes) = reply.body else { panic!("a stream") };
        String::from_utf8(bytes).unwrap()
    }
}
