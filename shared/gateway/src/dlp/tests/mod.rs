//! Inspection against scripted services in memory.

mod cache;
mod pieces;
mod purview;
mod texts;
mod tokens;
mod trouble;

use super::{About, Direction, Inspectors, Note, Verdict, Why};
use crate::memory::{Answer, Memory, MemoryBody};
use crate::platform::{Clock, FetchError, Incoming, Outgoing};
use crate::tenant::{ClientCredential, Credential, Dlp, DlpCredential, DlpService, OnError, Purview, Secret};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// What every test service is asked within, in ms.
const DEADLINE_MS: u32 = 300;
const TOKEN_URL: &str = "https://login.example/token";

/// A platform, and what it knows of services.
struct Bench {
    memory: Memory,
    inspectors: Inspectors,
    /// How many tokens were given.
    tokens: Rc<Cell<usize>>,
}

/// A request as a scripted service sees it.
struct Seen {
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    /// How many came before it to the same URL, while it is answered.
    before: usize,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// What it answers.
#[derive(Clone)]
struct Reply {
    /// 0 is none at all.
    status: u16,
    body: String,
    etag: Option<&'static str>,
    retry_after: Option<&'static str>,
    delay_ms: u32,
}

impl Reply {
    fn new(status: u16, body: impl ToString) -> Self {
        Self { status, body: body.to_string(), etag: None, retry_after: None, delay_ms: 0 }
    }

    fn json(body: impl ToString) -> Self {
        Self::new(200, body)
    }

    async fn send(self, memory: Memory) -> Answer {
        if self.delay_ms > 0 {
            memory.sleep(self.delay_ms).await;
        }
        if self.status == 0 {
            return Err(FetchError::Unreachable);
        }
        let head = memory.answer(self.status, "application/json", self.body);
        let (etag, retry_after) = (self.etag.map(str::to_owned), self.retry_after.map(str::to_owned));
        Ok::<Incoming<MemoryBody>, _>(Incoming { etag, retry_after, ..head })
    }
}

fn seen(request: &Outgoing, before: usize) -> Seen {
    Seen {
        url: request.url.clone(),
        headers: request.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: String::from_utf8(request.body.clone()).expect("UTF-8"),
        before,
    }
}

/// A bench on which `service` answers, and the token endpoint with `t0`, `t1` and so on.
fn bench(service: impl Fn(&Seen) -> Reply + 'static) -> Bench {
    let bench = Bench { memory: Memory::new(), inspectors: Inspectors::new(), tokens: Rc::default() };
    bench.serve(service);
    bench
}

impl Bench {
    fn serve(&self, service: impl Fn(&Seen) -> Reply + 'static) {
        let memory = self.memory.clone();
        let tokens = Rc::clone(&self.tokens);
        let counts: RefCell<HashMap<String, usize>> = RefCell::default();
        self.memory.on_fetch(move |request| {
            let before = *counts.borrow().get(&request.url).unwrap_or(&0);
            counts.borrow_mut().insert(request.url.clone(), before + 1);
            let request = seen(&request, before);
            let reply = if request.url == TOKEN_URL {
                let token = format!("t{}", tokens.get());
                tokens.set(tokens.get() + 1);
                Reply::json(json!({ "access_token": token, "expires_in": 3600 }))
            } else {
                service(&request)
            };
            reply.send(memory.clone())
        });
    }

    fn inspect(&self, dlp: &Rc<Dlp>, about: &About<'_>, json: &str) -> (Verdict, Option<Note>) {
        self.memory.run(self.inspectors.inspect(&self.memory, dlp, about, json))
    }

    /// The verdict on a request with the argument `hello`, and why it could not be asked.
    fn hello(&self, dlp: &Rc<Dlp>) -> (Verdict, Option<Why>) {
        let (verdict, note) = self.inspect(dlp, &about(), r#"{"q":"hello"}"#);
        (verdict, note.expect("a note").why)
    }

    /// Does the work behind the answers.
    fn behind(&self) {
        self.memory.run(self.memory.run_effects());
    }

    /// What was sent to URLs that end like this.
    fn sent(&self, end: &str) -> Vec<Seen> {
        let sent = self.memory.sent();
        sent.iter().filter(|request| request.url.ends_with(end)).map(|request| seen(request, 0)).collect()
    }
}

fn about() -> About<'static> {
    About {
        tenant: "acme",
        agent: "agent-1",
        user: "user-1",
        tool: "crm__find",
        server: "crm",
        direction: Direction::Request,
        local: false,
        request: "00112233445566778899aabb",
    }
}

fn answer() -> About<'static> {
    About { direction: Direction::Response, ..about() }
}

fn service(service: DlpService) -> Dlp {
    Dlp {
        name: "guard".into(),
        service,
        url: "https://dlp.example".into(),
        credential: DlpCredential::Fixed(Credential::None),
        deadline_ms: DEADLINE_MS,
        on_error: OnError::Block,
        requests: true,
        responses: true,
        cache_ms: 60_000,
        types: Vec::new(),
    }
}

fn webhook() -> Dlp {
    service(DlpService::Webhook { signature: None })
}

fn client() -> DlpCredential {
    DlpCredential::Client(ClientCredential {
        token_url: TOKEN_URL.into(),
        client_id: "c".into(),
        client_secret: Secret("s".into()),
        scope: "x/.default".into(),
    })
}

fn purview(by_user: bool, agent_to_tool: bool) -> Dlp {
    let purview = Purview { app_id: "app-1".into(), by_user, agent_to_tool };
    Dlp { credential: client(), ..service(DlpService::Purview(purview)) }
}

fn every() -> Vec<Dlp> {
    vec![
        purview(true, false),
        service(DlpService::Presidio { language: "en".into(), score: 50 }),
        service(DlpService::Azure { language: "en".into(), score: 50 }),
        service(DlpService::Google { parent: "projects/p/locations/l".into(), likelihood: "POSSIBLE" }),
        webhook(),
    ]
}

/// The answer of a service that has nothing to say against a text.
fn fine(dlp: &Dlp) -> Value {
    match dlp.service {
        DlpService::Purview(_) => json!({ "protectionScopeState": "notModified", "policyActions": [] }),
        DlpService::Presidio { .. } => json!([]),
        DlpService::Azure { .. } => {
            json!({ "results": { "documents": [{ "id": "0", "entities": [], "warnings": [] }], "errors": [] } })
        }
        DlpService::Google { .. } => json!({ "result": {} }),
        DlpService::Webhook { .. } => json!({ "verdict": "pass" }),
    }
}

fn block() -> Verdict {
    Verdict::Block { by: "guard".into() }
}
