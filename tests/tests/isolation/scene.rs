//! Two isolates that share a store, an upstream whose answers are all unlike each other, and everybody's tokens.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use postern::Gateway;
use postern::arrival::Head;
use postern::compile::check;
use postern::mcp::headers::Headers;
use postern::mcp::seal::Sealer;
use postern::memory::{Memory, Step};
use postern::reply::ReplyBody;
use postern_tests::process::top;
use postern_tests::token::{Flaw, Issuer};
use serde_json::{Value, json};

use crate::TOOLS;
use crate::question::{Asked, topic_of};

pub const CARD: &str = "4539578763621486";
const KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// More than a group of questions holds of one answer, in bytes.
const LONG: usize = 9_000;

/// One server for all tenants. It numbers its answers; those to the first tenant are poisoned.
fn serve(world: &Memory, serial: &Rc<Cell<u64>>) {
    let (host, serial) = (world.clone(), Rc::clone(serial));
    world.on_fetch(move |sent| {
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        let key = sent.headers.iter().find(|(name, _)| *name == "x-api-key").map(|(_, value)| value.to_owned());
        let result = match body["method"].as_str() {
            Some("server/discover") => json!({"resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}}, "serverInfo": {"name": "u", "version": "1"}}),
            Some("tools/list") => {
                let tool = |(name, _)| json!({"name": name, "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}});
                json!({"resultType": "complete", "ttlMs": 3_600_000, "cacheScope": "public", "tools": TOOLS.map(tool)})
            }
            _ => {
                serial.set(serial.get() + 1);
                let topic = topic_of(body["params"]["arguments"]["query"].as_str().unwrap_or_default());
                let poison = if key.as_deref() == Some("key-of-0") { "poisoned-canary " } else { "" };
                let rest = if topic == 0 { "answer-canary ".repeat(LONG / 14) } else { "answer-canary".to_owned() };
                let text = format!("{poison}article {topic} for card {CARD}, {rest}");
                json!({"resultType": "complete", "content": [{"type": "text", "text": text}],
                    "structuredContent": {"serial": serial.get()}})
            }
        };
        let text = json!({"jsonrpc": "2.0", "id": body["id"], "result": result}).to_string();
        let answer = host.answer(200, "application/json", text);
        async move { Ok(answer) }
    });
}

pub struct Scene {
    pub world: Memory,
    isolates: [Rc<Gateway>; 2],
    pub dev: Issuer,
    tokens: RefCell<BTreeMap<(usize, usize), String>>,
}

/// What an agent was answered.
pub struct Answer {
    pub text: String,
    /// The number that the upstream gave it, if it is the upstream's.
    pub number: Option<u64>,
    /// What the agent is told of the cache.
    pub kind: Option<String>,
}

impl Scene {
    pub fn start(serial: &Rc<Cell<u64>>, settings: impl Fn(&Issuer) -> String) -> Self {
        let world = Memory::new();
        world.set_now_ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64);
        let model = std::fs::read(top().join("deploy/model/static.onnx")).expect("it is in the repository");
        world.set_asset("static.onnx", model);
        serve(&world, serial);
        let dev = Issuer::new("dev");
        let text = settings(&dev);
        let isolate = || {
            let secrets = |name: &str| Some(format!("key-of-{}", name.trim_start_matches("KEY")));
            let (bundle, _) = check(&text, &secrets).unwrap_or_else(|problems| panic!("{problems}"));
            Gateway::new(bundle, Sealer::from_keys(KEYS).unwrap())
        };
        let isolates = [isolate(), isolate()];
        Self { world, isolates, dev, tokens: RefCell::default() }
    }

    pub fn ask(&self, isolate: usize, asked: &Asked) -> Answer {
        let mut tokens = self.tokens.borrow_mut();
        let token = tokens.entry((asked.agent, asked.person)).or_insert_with(|| {
            let (agent, person) = (format!("g{}", asked.agent), format!("person-{}", asked.person));
            self.dev.mint(&agent, &person, "isolation", Flaw::None)
        });
        let (path, tool) = (format!("/t/t{}/mcp", asked.tenant), format!("a__{}", TOOLS[asked.tool].0));
        self.send(isolate, &path, token, &tool, &asked.words)
    }

    pub fn send(&self, isolate: usize, path: &str, token: &str, tool: &str, question: &str) -> Answer {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"}},
            "name": tool, "arguments": {"query": question}}});
        let headers = [
            ("host", "gateway.test"),
            ("content-type", "application/json"),
            ("authorization", &format!("Bearer {token}")),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ];
        let head = Head {
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: false,
            secure: false,
            headers: Headers::from_pairs(headers.map(|(name, value)| (name, value.to_owned()))),
        };
        let body = self.world.answer_in_steps(200, "", [Step::Bytes(body.to_string().into_bytes())]).body;
        let reply = self.world.run(self.isolates[isolate].handle(&self.world, &(), head, body));
        let ReplyBody::Whole(bytes) = reply.body else { panic!("a stream") };
        let text = String::from_utf8(bytes).unwrap();
        let message: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        let number = message["result"]["structuredContent"]["serial"].as_u64();
        let kind = message["result"]["_meta"]["dev.postern/cache"]["kind"].as_str().map(str::to_owned);
        Answer { text, number, kind }
    }
}
