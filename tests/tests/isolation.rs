//! Who is answered from the cache with what: 10,000 calls by 50 agents and 200 people of 5 tenants, who ask the same
//! questions with other rights. Each answer of the upstream is unlike all others, so that it can be told whose it was.

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
use postern_tests::script::issuer;
use postern_tests::token::{Flaw, Issuer};
use serde_json::{Value, json};

const CALLS: usize = 10_000;
const TENANTS: usize = 5;
/// Agents and people of one tenant.
const AGENTS: usize = 10;
const PEOPLE: usize = 40;
const QUESTIONS: usize = 16;
/// The tools, each with a scope of its own.
const TOOLS: [(&str, &str); 4] =
    [("mine", "principal"), ("ours", "agent"), ("teams", "group"), ("everybodys", "tenant")];
const CARD: &str = "4539578763621486";
const KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Of what an agent is, by its number: every third one is in the group, every second one may see cards, and each fifth one
/// may use nothing but the first tool.
const fn is_in_group(agent: usize) -> bool {
    agent.is_multiple_of(3)
}
const fn is_cleared(agent: usize) -> bool {
    agent.is_multiple_of(2)
}
const fn is_narrow(agent: usize) -> bool {
    agent % 5 == 4
}

/// All tenants share the address and the alias of one server, and the names of agents and people; each has a credential
/// of its own. Three of them redact.
fn settings(dev: &Issuer) -> String {
    let mut text = format!("version = 1\n[issuers.dev]\n{}", toml::to_string(&issuer(dev).unwrap()).unwrap());
    for tenant in 0..TENANTS {
        text += &format!(
            "[tenants.t{tenant}]\nissuers = ['dev']\nhosts = ['gateway.test']\nloop = {{ mode = 'off' }}\n"
        );
        text += if tenant < 3 { "redact = {}\n" } else { "" };
        text += &format!("[tenants.t{tenant}.cache]\ngroup = 'team'\n");
        for agent in 0..AGENTS {
            let groups = if is_in_group(agent) { "'team'" } else { "" };
            let allow = if is_narrow(agent) { "a__mine" } else { "*" };
            let clearance =
                if is_cleared(agent) && tenant < 3 { "clearance = ['CREDIT_CARD']\n" } else { "" };
            text += &format!(
                "[tenants.t{tenant}.agents.g{agent}]\nclient = 'g{agent}'\ngroups = [{groups}]\nallow = ['{allow}']\n{clearance}"
            );
        }
        text += &format!(
            "[tenants.t{tenant}.upstreams.a]\nurl = 'https://up.example/mcp'\nera = 'modern'\n\
             credential = {{ header = 'x-api-key', value = 'secret:KEY{tenant}' }}\n"
        );
        for (tool, scope) in TOOLS {
            text += &format!(
                "[tenants.t{tenant}.tools.a__{tool}]\ncache = {{ mode = 'exact', scope = '{scope}', ttl_s = 600 }}\n"
            );
        }
    }
    text
}

/// Who asked, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    tenant: usize,
    agent: usize,
    person: usize,
    tool: usize,
    question: usize,
}

impl Asked {
    /// Whether an answer to `other` may be the answer to this.
    fn may_share(&self, other: &Self) -> bool {
        let same = (self.tenant, self.tool, self.question) == (other.tenant, other.tool, other.question);
        let principal = (self.agent, self.person) == (other.agent, other.person);
        let cleared = is_cleared(self.agent) == is_cleared(other.agent) || self.tenant >= 3;
        let scope = match TOOLS[self.tool].1 {
            "principal" => principal,
            "agent" => self.agent == other.agent,
            "group" => principal || is_in_group(self.agent) && is_in_group(other.agent),
            _ => true,
        };
        same && scope && cleared
    }
}

/// SplitMix64: the same calls each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % most as u64) as usize
    }
}

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
                let poison = if key.as_deref() == Some("key-of-0") { "poisoned-canary " } else { "" };
                let text = format!("{poison}serial {} for card {CARD}, answer-canary", serial.get());
                json!({"resultType": "complete", "content": [{"type": "text", "text": text}]})
            }
        };
        let text = json!({"jsonrpc": "2.0", "id": body["id"], "result": result}).to_string();
        let answer = host.answer(200, "application/json", text);
        async move { Ok(answer) }
    });
}

/// Two isolates that share a store, and everybody's tokens.
struct Scene {
    world: Memory,
    isolates: [Rc<Gateway>; 2],
    dev: Issuer,
    tokens: RefCell<BTreeMap<(usize, usize), String>>,
}

impl Scene {
    fn start(serial: &Rc<Cell<u64>>, settings: impl Fn(&Issuer) -> String) -> Self {
        let world = Memory::new();
        world.set_now_ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64);
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

    fn ask(&self, isolate: usize, asked: &Asked) -> String {
        let mut tokens = self.tokens.borrow_mut();
        let token = tokens.entry((asked.agent, asked.person)).or_insert_with(|| {
            let (agent, person) = (format!("g{}", asked.agent), format!("person-{}", asked.person));
            self.dev.mint(&agent, &person, "isolation", Flaw::None)
        });
        let question = format!("question-canary {}", asked.question);
        let (path, tool) = (format!("/t/t{}/mcp", asked.tenant), format!("a__{}", TOOLS[asked.tool].0));
        let text = self.send(isolate, &path, token, &tool, &question);
        self.behind();
        text
    }

    /// What is left for after answers is done.
    fn behind(&self) {
        self.world.run(self.world.run_effects());
    }

    fn send(&self, isolate: usize, path: &str, token: &str, tool: &str, question: &str) -> String {
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
        String::from_utf8(bytes).unwrap()
    }
}

#[test]
fn nobody_is_answered_with_what_is_not_theirs() {
    let serial = Rc::new(Cell::new(0));
    let scene = Scene::start(&serial, settings);
    let mut dice = Dice(2_026);
    let mut whose: BTreeMap<u64, Asked> = BTreeMap::new();
    let (mut hits, mut crossed) = ([0_usize; TOOLS.len()], [0_usize; TOOLS.len()]);
    let mut denied = 0;
    for _ in 0..CALLS {
        let asked = Asked {
            tenant: dice.below(TENANTS),
            agent: dice.below(AGENTS),
            person: dice.below(PEOPLE),
            tool: dice.below(TOOLS.len()),
            // Some questions are asked far more often than others.
            question: dice.below(QUESTIONS).min(dice.below(QUESTIONS)),
        };
        let before = serial.get();
        let text = scene.ask(dice.below(2), &asked);
        if is_narrow(asked.agent) && asked.tool != 0 {
            assert!(text.contains("Unknown tool") && !text.contains("canary"), "{asked:?}: {text}");
            assert_eq!(serial.get(), before, "nobody was asked for {asked:?}");
            denied += 1;
            continue;
        }
        let number = text.split("serial ").nth(1).and_then(|rest| rest.split(' ').next());
        let number: u64 =
            number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{asked:?}: {text}"));
        let hit = text.contains("dev.postern/cache");
        assert_eq!(hit, serial.get() == before, "{asked:?}: {text}");
        if hit {
            let first = &whose[&number];
            assert!(asked.may_share(first), "{asked:?} was answered with what {first:?} was answered");
            hits[asked.tool] += 1;
            crossed[asked.tool] += usize::from((first.agent, first.person) != (asked.agent, asked.person));
        } else {
            assert_eq!(number, serial.get());
            whose.insert(number, asked.clone());
        }
        assert_eq!(text.contains("poisoned-canary"), asked.tenant == 0, "{asked:?}: {text}");
        let clear = asked.tenant >= 3 || is_cleared(asked.agent);
        assert_eq!(text.contains(CARD), clear, "{asked:?}: {text}");
    }
    println!("{CALLS} calls, {denied} denied, hits by scope {hits:?}, of others' answers {crossed:?}");
    assert!(hits.iter().all(|hits| *hits > 60), "the test is about hits: {hits:?}");
    assert!(crossed[0] == 0 && crossed[1..].iter().all(|crossed| *crossed > 100), "{crossed:?}");
    nothing_is_in_clear(&scene);
}

/// What the store has of answers says nothing to who reads it.
fn nothing_is_in_clear(scene: &Scene) {
    let kept: Vec<_> = scene.world.kept().into_iter().filter(|(key, _)| key.starts_with("cache/")).collect();
    assert!(kept.len() > 1_000, "{} answers are kept", kept.len());
    let names = TOOLS.map(|(name, _)| name);
    for (key, value) in &kept {
        let text = format!("{key} {}", String::from_utf8_lossy(value));
        for clear in ["canary", "serial", "content", "person-", "complete", CARD, "up.example", "key-of-"]
            .iter()
            .chain(&names)
        {
            assert!(!text.contains(clear), "{clear} is in {key}");
        }
    }
}

/// An agent `g0` whose rules are strict and one whose are leased, and a tool that changes what another one answers.
fn writers(dev: &Issuer) -> String {
    let mut text = format!("version = 1\n[issuers.dev]\n{}", toml::to_string(&issuer(dev).unwrap()).unwrap());
    text += "[tenants.t0]\nissuers = ['dev']\nhosts = ['gateway.test']\nloop = { mode = 'off' }\n\
        limits = [{ name = 'rate', kind = 'rate', limit = 1000, per_s = 1, burst = 1000, for = { agents = ['g0'] } },\n\
        { name = 'lent', kind = 'rate', limit = 1000, per_s = 1, burst = 1000, for = { agents = ['g1'] }, precision = 'lease' }]\n\
        [tenants.t0.upstreams.a]\nurl = 'https://up.example/mcp'\nera = 'modern'\n\
        [tenants.t0.tools.a__everybodys]\ncache = { mode = 'exact', scope = 'tenant', ttl_s = 600 }\n\
        [tenants.t0.tools.a__mine]\ninvalidates = ['a__everybodys']\n";
    for agent in 0..2 {
        text += &format!("[tenants.t0.agents.g{agent}]\nclient = 'g{agent}'\nallow = ['*']\n");
    }
    text
}

#[test]
fn an_agent_that_has_changed_something_is_not_shown_what_was_there_before() {
    let serial = Rc::new(Cell::new(0));
    let scene = Scene::start(&serial, writers);
    let tokens = [0, 1].map(|agent| scene.dev.mint(&format!("g{agent}"), "alice", "writers", Flaw::None));
    let send = |isolate: usize, agent: usize, tool: &str| {
        let text = scene.send(isolate, "/t/t0/mcp", &tokens[agent], tool, "how many");
        let number = text.split("serial ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned);
        (number.unwrap_or_else(|| panic!("{text}")), text.contains("dev.postern/cache"))
    };
    let read = |isolate, agent| send(isolate, agent, "a__everybodys");
    let of = |number: &str, hit: bool| (number.to_owned(), hit);
    assert_eq!(read(0, 0), of("1", false));
    scene.behind();
    assert_eq!((read(1, 0), read(1, 1)), (of("1", true), of("1", true)));
    scene.behind();
    assert_eq!(send(0, 0, "a__mine"), of("2", false));
    // Nobody has told the account yet that it is over: the other isolate neither reads nor keeps for this agent.
    assert_eq!((read(1, 0), read(1, 0)), (of("3", false), of("4", false)));
    // The next charge of the isolate that made the change tells it. From then on it is exact for the agent, and what it
    // reads is kept again.
    assert_eq!(read(0, 0), of("5", false));
    scene.behind();
    assert_eq!((read(1, 0), read(0, 0)), (of("5", true), of("5", true)));
    // The account of this one is not asked, but its isolate has heard of the change by now.
    assert_eq!(read(1, 1), of("5", true));
    scene.behind();
    // A leased agent's change is felt where it was made, and elsewhere when the store is asked again.
    scene.world.advance(1_000);
    assert_eq!(send(0, 1, "a__mine"), of("6", false));
    scene.behind();
    assert_eq!(read(0, 1), of("7", false));
    scene.behind();
    assert_eq!(read(1, 1), of("5", true), "at most a minute late");
    scene.world.advance(30_000);
    assert_eq!(read(1, 1), of("7", true));
}
