//! The catalog over the in-memory platform and scripted upstreams.

mod cursors;
mod freshness;
mod lists;
mod resources;
mod routes;
mod surface;

use super::{Catalog, Client, ListKind, Page, Route};
use crate::error::{Error, Fault, Refusal, UpstreamFault};
use crate::limits;
use crate::mcp::seal::Sealer;
use crate::mcp::{Json, Revision};
use crate::memory::Memory;
use crate::platform::FetchError;
use crate::stage::authenticate::{Authenticator, Caller};
use crate::tenant::{Agent, Bundle, Credential, EraSetting, Glob, Tenant, Upstream};
use crate::upstream::Links;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

pub(super) const MODERN: Revision = Revision::V2026_07_28;

/// A client without MCP Apps.
pub(super) const fn client(revision: Revision) -> Client {
    Client { revision, apps: false }
}

/// What one upstream does.
pub(super) struct Script {
    pub(super) up: Cell<bool>,
    /// Before each answer, in ms.
    pub(super) delay_ms: Cell<u32>,
    pub(super) capabilities: RefCell<String>,
    pub(super) instructions: RefCell<Option<String>>,
    pub(super) ttl_ms: Cell<Option<i64>>,
    /// Items of each page.
    pub(super) page: Cell<usize>,
    /// Every page names itself as the next one.
    pub(super) loops: Cell<bool>,
    lists: RefCell<HashMap<&'static str, Vec<String>>>,
}

impl Script {
    fn new() -> Self {
        Self {
            up: Cell::new(true),
            delay_ms: Cell::new(0),
            capabilities: RefCell::new(r#"{"tools":{},"prompts":{},"resources":{}}"#.to_owned()),
            instructions: RefCell::new(None),
            ttl_ms: Cell::new(Some(60_000)),
            page: Cell::new(1_000),
            loops: Cell::new(false),
            lists: RefCell::default(),
        }
    }

    pub(super) fn list(&self, kind: ListKind, items: &[&str]) {
        let items = items.iter().map(|item| (*item).to_owned()).collect();
        self.lists.borrow_mut().insert(kind.method().name(), items);
    }

    /// Tools (or prompts) with these names and nothing else.
    pub(super) fn names(&self, kind: ListKind, names: &[&str]) {
        let items: Vec<String> =
            names.iter().map(|name| serde_like(&[(kind.key(), name), ("description", "d")])).collect();
        self.list(kind, &items.iter().map(String::as_str).collect::<Vec<_>>());
    }

    fn answer(&self, body: &[u8]) -> String {
        let json = Json::parse(body, &limits::REQUEST).expect("the gateway sends strict JSON");
        let root = json.root();
        let id = json.raw(json.get(root, "id").expect("a request has an id"));
        let method = json.string(json.get(root, "method").expect("a method")).expect("a string").into_owned();
        let cursor = json.get(root, "params").and_then(|params| json.get(params, "cursor"));
        let start: usize =
            cursor.and_then(|node| json.string(node)).map_or(0, |at| at.parse().expect("a place"));
        let result = match ListKind::ALL.into_iter().find(|kind| kind.method().name() == method) {
            Some(kind) => self.page_from(kind, start),
            None if method == "server/discover" => self.discover(),
            None => {
                return format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"no"}}}}"#);
            }
        };
        format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
    }

    fn discover(&self) -> String {
        let instructions = self.instructions.borrow();
        let instructions = instructions.as_ref().map(|text| format!(r#","instructions":"{text}""#));
        format!(
            r#"{{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":0,"cacheScope":"public"{}}}"#,
            self.capabilities.borrow(),
            instructions.unwrap_or_default()
        )
    }

    fn page_from(&self, kind: ListKind, start: usize) -> String {
        let lists = self.lists.borrow();
        let items = lists.get(kind.method().name()).map_or(&[][..], Vec::as_slice);
        let end = items.len().min(start + self.page.get());
        let mut out = format!(r#"{{"{}":[{}]"#, kind.member(), items[start..end].join(","));
        if self.loops.get() {
            out.push_str(&format!(r#","nextCursor":"{start}""#));
        } else if end < items.len() {
            out.push_str(&format!(r#","nextCursor":"{end}""#));
        }
        if let Some(ttl) = self.ttl_ms.get() {
            out.push_str(&format!(r#","ttlMs":{ttl}"#));
        }
        out + r#","resultType":"complete","cacheScope":"public"}"#
    }
}

fn serde_like(members: &[(&str, &str)]) -> String {
    let members: Vec<String> = members.iter().map(|(key, value)| format!(r#""{key}":"{value}""#)).collect();
    format!("{{{}}}", members.join(","))
}

/// A gateway's catalog with its surroundings; the caller is the anonymous agent.
pub(super) struct World {
    pub(super) memory: Memory,
    pub(super) scripts: HashMap<String, Rc<Script>>,
    pub(super) tenant: Rc<Tenant>,
    pub(super) links: Links,
    pub(super) catalog: Catalog,
    pub(super) sealer: Sealer,
    pub(super) caller: Rc<Caller>,
}

impl World {
    /// With these upstreams, in the order of their aliases, of which the caller may use what `allow` says.
    pub(super) fn new(aliases: &[&str], allow: &[&str]) -> Self {
        let memory = Memory::new();
        let scripts: HashMap<String, Rc<Script>> =
            aliases.iter().map(|alias| ((*alias).to_owned(), Rc::new(Script::new()))).collect();
        network(&memory, &scripts);
        Self::over(memory, scripts, aliases, allow, "v1")
    }

    /// Another isolate with the same store, network and clock.
    pub(super) fn another(&self, allow: &[&str], version: &str) -> Self {
        let mut aliases: Vec<&str> = self.scripts.keys().map(String::as_str).collect();
        aliases.sort_unstable();
        Self::over(self.memory.clone(), self.scripts.clone(), &aliases, allow, version)
    }

    fn over(
        memory: Memory,
        scripts: HashMap<String, Rc<Script>>,
        aliases: &[&str],
        allow: &[&str],
        version: &str,
    ) -> Self {
        let tenant = Rc::new(tenant(aliases, allow, version));
        let bundle = Bundle { tenants: vec![Rc::clone(&tenant)], open_settings: Vec::new() };
        let caller =
            memory.run(Authenticator::new().authenticate(&memory, &tenant, None)).expect("anonymous");
        Self {
            links: Links::new(&bundle),
            catalog: Catalog::new(&bundle),
            sealer: Sealer::from_keys("k:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=").expect("a key"),
            memory,
            scripts,
            tenant,
            caller,
        }
    }

    /// The caller of a tenant that is the same but for its instructions.
    pub(super) fn instructed(&self, text: &str) -> Rc<Caller> {
        let aliases: Vec<&str> =
            self.tenant.upstreams.iter().map(|upstream| upstream.alias.as_str()).collect();
        let own = Some(text.to_owned());
        let tenant = Rc::new(Tenant { instructions: own, ..tenant(&aliases, &["*"], "v1") });
        let authenticator = Authenticator::new();
        self.memory.run(authenticator.authenticate(&self.memory, &tenant, None)).expect("anonymous")
    }

    pub(super) fn script(&self, alias: &str) -> &Script {
        &self.scripts[alias]
    }

    pub(super) fn try_page(&self, kind: ListKind, cursor: Option<&str>, to: Revision) -> Result<Page, Error> {
        let Self { memory, links, catalog, sealer, caller, .. } = self;
        memory.run(catalog.page(memory, links, sealer, caller, kind, cursor, client(to)))
    }

    pub(super) fn page(&self, kind: ListKind) -> Page {
        self.try_page(kind, None, MODERN).expect("a page")
    }

    /// The names (or URIs) of the first page.
    pub(super) fn names(&self, kind: ListKind) -> Vec<String> {
        names_in(&self.page(kind).result, kind)
    }

    pub(super) fn tool(&self, exposed: &str) -> Result<Route, Error> {
        self.memory.run(self.catalog.tool(&self.memory, &self.links, &self.caller, exposed))
    }

    pub(super) fn prompt(&self, exposed: &str) -> Result<Route, Error> {
        self.memory.run(self.catalog.prompt(&self.memory, &self.links, &self.caller, exposed))
    }

    /// (alias, original) of the upstream that a resource is read from.
    pub(super) fn resource(&self, uri: &str) -> Result<(String, String), Error> {
        let found = self.memory.run(self.catalog.resource(&self.memory, &self.links, &self.caller, uri));
        found.map(|route| (route.link.upstream().alias.clone(), route.original))
    }

    /// How many requests of this method the upstream has seen.
    pub(super) fn seen(&self, alias: &str, method: &str) -> usize {
        let needle = format!(r#""method":"{method}""#);
        let sent = self.memory.sent().into_iter();
        sent.filter(|request| request.url == url(alias))
            .filter(|request| String::from_utf8_lossy(&request.body).contains(&needle))
            .count()
    }

    pub(super) fn run_effects(&self) {
        self.memory.run(self.memory.run_effects());
    }
}

fn network(memory: &Memory, scripts: &HashMap<String, Rc<Script>>) {
    let scripts: HashMap<String, Rc<Script>> =
        scripts.iter().map(|(alias, script)| (url(alias), Rc::clone(script))).collect();
    let world = memory.clone();
    memory.on_fetch(move |request| {
        let script = Rc::clone(&scripts[&request.url]);
        let memory = world.clone();
        async move {
            use crate::platform::Clock as _;
            if !script.up.get() {
                return Err(FetchError::Unreachable);
            }
            let answer = script.answer(&request.body);
            memory.sleep(script.delay_ms.get()).await;
            Ok(memory.answer(200, "application/json", answer))
        }
    });
}

fn url(alias: &str) -> String {
    format!("http://{alias}.invalid/mcp")
}

fn tenant(aliases: &[&str], allow: &[&str], version: &str) -> Tenant {
    let agent = Agent {
        name: "anonymous".to_owned(),
        issuer: None,
        client: None,
        groups: Vec::new(),
        allow: allow.iter().map(|pattern| Glob::new(pattern)).collect(),
        clearance: Vec::new(),
    };
    let upstream = |alias: &&str| {
        Rc::new(Upstream {
            alias: (*alias).to_owned(),
            url: url(alias),
            era: EraSetting::Modern,
            credential: Credential::None,
            first_byte_ms: 1_000,
            idle_ms: 30_000,
            total_ms: 60_000,
            list_ttl_ms: 300_000,
            places: None,
            breaker: None,
            inspect: Default::default(),
            asks: Default::default(),
        })
    };
    Tenant {
        name: "acme".to_owned(),
        path: "/mcp".to_owned(),
        hosts: vec!["gw.example".to_owned()],
        origins: Vec::new(),
        anonymous: true,
        instructions: None,
        admin: None,
        issuers: Vec::new(),
        agents: vec![Rc::new(agent)],
        upstreams: aliases.iter().map(upstream).collect(),
        limits: Default::default(),
        tools: Vec::new(),
        redaction: None,
        dlp: Default::default(),
        session_openings_per_min: 10,
        version: version.to_owned(),
    }
}

pub(super) fn names_in(result: &str, kind: ListKind) -> Vec<String> {
    let json = Json::parse(result.as_bytes(), &limits::RESPONSE).expect("strict JSON");
    let list = json.get(json.root(), kind.member()).expect("a list");
    let name = |item: crate::mcp::Raw<'_>| item.get(kind.key())?.string().map(Into::into);
    json.value(list).elements().map(|item| name(item).expect("a name")).collect()
}

/// A string or integer member of a result.
pub(super) fn member(result: &str, key: &str) -> Option<String> {
    let json = Json::parse(result.as_bytes(), &limits::RESPONSE).expect("strict JSON");
    let node = json.get(json.root(), key)?;
    Some(json.string(node).map_or_else(|| json.raw(node).to_owned(), Into::into))
}

pub(super) fn refusal<T>(outcome: Result<T, Error>) -> Refusal {
    match outcome {
        Err(Error::Refusal(refusal)) => refusal,
        Err(Error::Fault(fault)) => panic!("a fault: {fault:?}"),
        Ok(_) => panic!("no refusal"),
    }
}

pub(super) fn fault<T>(outcome: Result<T, Error>) -> (String, UpstreamFault) {
    match outcome {
        Err(Error::Fault(Fault::Upstream { alias, kind })) => (alias, kind),
        Err(other) => panic!("another error: {other:?}"),
        Ok(_) => panic!("no fault"),
    }
}
