//! The upstream side against scripted servers in memory.

mod eras;
mod faults;
mod fidelity;
mod flights;
mod guards;
mod places;
mod requests;
mod sessions;
mod streams;

use super::{Ask, ClientSide, FromUpstream, Link, Links, Session, Terms};
use crate::error::{Fault, UpstreamFault};
use crate::limits;
use crate::mcp::{Edits, Json, Message, Revision};
use crate::memory::{Answer, Memory, MemoryBody, Step};
use crate::platform::{Clock, FetchError, HttpMethod, Incoming, Outgoing};
use crate::stage::redact::Outbound;
use crate::tenant::{BreakerRule, Bundle, Credential, EraSetting, PlacesRule, Tenant, Tool, Upstream};
use std::future::Future;
use std::rc::Rc;

/// What every test link allows, in ms.
const FIRST_BYTE_MS: u32 = 1_000;
const IDLE_MS: u32 = 2_000;
const TOTAL_MS: u32 = 9_000;

/// A platform and a link on it.
struct Bench {
    memory: Memory,
    link: Rc<Link>,
}

/// A request as a scripted server sees it.
struct Seen {
    http: HttpMethod,
    headers: Vec<(String, String)>,
    body: String,
    /// JSON-RPC method; for GET and DELETE the HTTP method.
    method: String,
    /// JSON-RPC id, raw; empty when there is none.
    id: String,
}

impl Seen {
    fn new(request: &Outgoing) -> Self {
        let body = String::from_utf8(request.body.clone()).expect("UTF-8");
        let mut seen = Self {
            http: request.method,
            headers: request
                .headers
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            method: format!("{:?}", request.method),
            id: String::new(),
            body,
        };
        if request.method == HttpMethod::Post {
            let json = Json::parse(seen.body.as_bytes(), &limits::REQUEST).expect("JSON");
            let member = |key| json.get(json.root(), key);
            seen.method = member("method").and_then(|n| json.string(n)).unwrap_or_default().into_owned();
            seen.id = member("id").map(|n| json.raw(n).to_owned()).unwrap_or_default();
        }
        seen
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a scripted server answers; `$ID` in it stands for the request's id.
#[derive(Clone)]
struct Reply {
    status: u16,
    content_type: &'static str,
    session: Option<String>,
    retry_after: Option<&'static str>,
    steps: Vec<Step>,
    /// Before the head, in ms; `u32::MAX` is for ever.
    delay_ms: u32,
}

impl Reply {
    fn new(status: u16, content_type: &'static str, body: &str) -> Self {
        let steps = vec![Step::Bytes(body.as_bytes().to_vec())];
        Self { status, content_type, session: None, retry_after: None, steps, delay_ms: 0 }
    }

    fn json(body: &str) -> Self {
        Self::new(200, "application/json; charset=utf-8", body)
    }

    fn result(result: &str) -> Self {
        Self::json(&format!(r#"{{"jsonrpc":"2.0","id":$ID,"result":{result}}}"#))
    }

    fn error(status: u16, code: i32) -> Self {
        let body = format!(r#"{{"jsonrpc":"2.0","id":$ID,"error":{{"code":{code},"message":"m"}}}}"#);
        Self::new(status, "application/json", &body)
    }

    /// Each text is one chunk of an event stream.
    fn events(chunks: &[&str]) -> Self {
        let steps = chunks.iter().map(|chunk| Step::Bytes(chunk.as_bytes().to_vec())).collect();
        Self { steps, ..Self::new(200, "text/event-stream", "") }
    }

    fn steps(content_type: &'static str, steps: Vec<Step>) -> Self {
        Self { steps, ..Self::new(200, content_type, "") }
    }

    fn status(status: u16) -> Self {
        Self { steps: Vec::new(), ..Self::new(status, "", "") }
    }

    fn with_session(self, id: &str) -> Self {
        Self { session: Some(id.to_owned()), ..self }
    }

    fn after(self, delay_ms: u32) -> Self {
        Self { delay_ms, ..self }
    }

    async fn send(self, memory: Memory, id: String) -> Answer {
        match self.delay_ms {
            0 => {}
            u32::MAX => std::future::pending().await,
            ms => memory.sleep(ms).await,
        }
        if self.status == 0 {
            return Err(FetchError::Unreachable);
        }
        let fill = |step| match step {
            Step::Bytes(bytes) => Step::Bytes(match String::from_utf8(bytes) {
                Ok(text) => text.replace("$ID", &id).into_bytes(),
                Err(error) => error.into_bytes(),
            }),
            other => other,
        };
        let steps: Vec<Step> = self.steps.into_iter().map(fill).collect();
        let head = memory.answer_in_steps(self.status, self.content_type, steps);
        let retry_after = self.retry_after.map(str::to_owned);
        Ok::<Incoming<MemoryBody>, _>(Incoming { session_id: self.session, retry_after, ..head })
    }
}

/// A bench whose upstream has this era setting.
fn bench(era: EraSetting) -> Bench {
    guarded(era, None, None, Vec::new())
}

/// Likewise with what protects the upstream, and with settings of single tools.
fn guarded(
    era: EraSetting,
    places: Option<PlacesRule>,
    breaker: Option<BreakerRule>,
    tools: Vec<Rc<Tool>>,
) -> Bench {
    let credential =
        Credential::Header { name: "authorization".into(), value: "Bearer upstream-secret".into() };
    let upstream = Upstream {
        alias: "up".into(),
        url: "https://up.example/mcp".into(),
        era,
        credential,
        first_byte_ms: FIRST_BYTE_MS,
        idle_ms: IDLE_MS,
        total_ms: TOTAL_MS,
        list_ttl_ms: 60_000,
        places,
        breaker,
        inspect: Default::default(),
        asks: Default::default(),
    };
    let tenant = Rc::new(Tenant {
        name: "acme".into(),
        path: "/mcp".into(),
        hosts: vec!["gw.example".into()],
        origins: Vec::new(),
        anonymous: true,
        instructions: None,
        admin: None,
        issuers: Vec::new(),
        agents: Vec::new(),
        upstreams: vec![Rc::new(upstream)],
        limits: Default::default(),
        tools,
        redaction: None,
        dlp: Default::default(),
        session_openings_per_min: 2,
        version: "0".into(),
    });
    let links = Links::new(&Bundle { tenants: vec![Rc::clone(&tenant)], open_settings: Vec::new() });
    let link = links.of(&tenant, "up").expect("a link");
    Bench { memory: Memory::new(), link }
}

impl Bench {
    fn serve(&self, server: impl Fn(&Seen) -> Reply + 'static) {
        let memory = self.memory.clone();
        self.memory.on_fetch(move |request| {
            let seen = Seen::new(&request);
            server(&seen).send(memory.clone(), seen.id.clone())
        });
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        self.memory.run(future)
    }

    /// What was sent so far.
    fn seen(&self) -> Vec<Seen> {
        self.memory.sent().iter().map(Seen::new).collect()
    }

    /// The methods sent so far.
    fn methods(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.method).collect()
    }

    /// Sends `text` in a pooled session.
    async fn call(&self, client: &ClientSide, text: &str) -> Result<Heard, UpstreamFault> {
        self.call_in(&Session::Pooled, client, text).await
    }

    async fn call_in(
        &self,
        session: &Session,
        client: &ClientSide,
        text: &str,
    ) -> Result<Heard, UpstreamFault> {
        let terms = self.link.terms(&self.memory, None, "");
        self.call_by(&terms, session, client, text).await
    }

    async fn call_by(
        &self,
        terms: &Terms,
        session: &Session,
        client: &ClientSide,
        text: &str,
    ) -> Result<Heard, UpstreamFault> {
        let json = Json::parse(text.as_bytes(), &limits::REQUEST).expect("JSON");
        let Ok(Message::Request(request)) = Message::read(&json, json.root()) else { panic!("no request") };
        let ask = Ask {
            outbound: &Outbound::own(&json, request),
            edits: Edits::new(),
            name: None,
            param_headers: Vec::new(),
            client,
            terms,
        };
        let mut exchange = self.link.open(&self.memory, session, ask).await.map_err(kind)?;
        let mut heard = Heard::default();
        while let Some(message) = exchange.next().await.map_err(kind)? {
            match message {
                FromUpstream::Notification { json, notification, token } => {
                    let mut edits = Edits::new();
                    if let (Some(token), Some(params)) = (token, notification.params) {
                        edits.set(&json, params, "progressToken", token);
                    }
                    heard.notes.push(edits.apply(json.text()));
                }
                FromUpstream::Ask { json, session, .. } => {
                    heard.asks.push((json.text().to_owned(), session.map(|session| session.id)));
                }
                FromUpstream::Answer { json, .. } => heard.answer = json.text().to_owned(),
                FromUpstream::Paused(_) => panic!("nobody asked for the end to be told"),
            }
        }
        Ok(heard)
    }
}

/// All that came back.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    notes: Vec<String>,
    asks: Vec<(String, Option<String>)>,
    answer: String,
}

fn kind(fault: Fault) -> UpstreamFault {
    match fault {
        Fault::Upstream { alias, kind } => {
            assert_eq!(alias, "up");
            kind
        }
        Fault::Ledger(fault) => panic!("{fault:?}"),
        Fault::Rendezvous(fault) => panic!("{fault:?}"),
        Fault::Internal(why) => panic!("{why}"),
    }
}

fn modern_client() -> ClientSide {
    ClientSide {
        revision: Revision::V2026_07_28,
        capabilities: r#"{"elicitation":{}}"#.into(),
        log_level: None,
        progress_token: None,
        principal: [1; 32],
    }
}

fn legacy_client() -> ClientSide {
    ClientSide { revision: Revision::V2025_11_25, ..modern_client() }
}

/// A `tools/call` by a modern client.
const CALL: &str = r#"{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"t","arguments":{"n":12345678901234567890123},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
/// A `tools/list` by a modern client.
const LIST: &str = r#"{"jsonrpc":"2.0","id":0,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;

const DISCOVERED: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"x":1}},"instructions":"Be kind.","ttlMs":0,"cacheScope":"private"}"#;
const INITIALIZED: &str =
    r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}"#;

/// A modern server that answers every request with an empty result.
fn modern_server(seen: &Seen) -> Reply {
    match seen.method.as_str() {
        "server/discover" => Reply::result(DISCOVERED),
        "initialize" => Reply::error(400, -32022),
        _ => Reply::result("{}"),
    }
}

/// A legacy server without sessions.
fn sessionless_server(seen: &Seen) -> Reply {
    match seen.method.as_str() {
        "server/discover" => Reply::error(400, -32000),
        "initialize" => Reply::result(INITIALIZED),
        _ if seen.id.is_empty() => Reply::status(202),
        _ => Reply::result("{}"),
    }
}

/// A legacy server with one session after the other: `s1`, `s2`, ...
fn session_server() -> impl Fn(&Seen) -> Reply + Clone {
    let count = Rc::new(std::cell::Cell::new(0));
    move |seen| match (seen.method.as_str(), seen.header("mcp-session-id")) {
        ("initialize", None) => {
            count.set(count.get() + 1);
            Reply::result(INITIALIZED).with_session(&format!("s{}", count.get()))
        }
        (_, None) => Reply::new(
            400,
            "application/json",
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}}"#,
        ),
        _ if seen.id.is_empty() => Reply::status(202),
        _ => Reply::result("{}"),
    }
}
