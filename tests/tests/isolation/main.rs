//! Who is answered from the cache with what: 10,000 calls by 50 agents and 200 people of 5 tenants, who ask the same
//! questions with other rights, in equal words or in their own. Each answer of the upstream is unlike all others, so that
//! it can be told whose it was.

mod question;
mod scene;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use postern_tests::behind::finish;
use postern_tests::script::issuer;
use postern_tests::token::{Flaw, Issuer};

use crate::question::{Asked, Dice, SAID};
use crate::scene::{Answer, CARD, Scene};

const CALLS: usize = 10_000;
const TENANTS: usize = 5;
/// Agents and people of one tenant.
const AGENTS: usize = 10;
const PEOPLE: usize = 40;
/// The tools, each with a scope of its own.
const TOOLS: [(&str, &str); 4] =
    [("mine", "principal"), ("ours", "agent"), ("teams", "group"), ("everybodys", "tenant")];

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
fn settings(dev: &Issuer, mode: &str) -> String {
    let mut text = format!("version = 1\n[issuers.dev]\n{}", toml::to_string(&issuer(dev).unwrap()).unwrap());
    for tenant in 0..TENANTS {
        text += &format!(
            "[tenants.t{tenant}]\nissuers = ['dev']\nhosts = ['gateway.test']\nloop = {{ mode = 'off' }}\n"
        );
        text += if tenant < 3 { "redact = {}\n" } else { "" };
        text += &format!("[tenants.t{tenant}.cache]\ngroup = 'team'\nmodel = 'static'\n");
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
            text +=
                &format!("[tenants.t{tenant}.tools.a__{tool}]\ncache = {{ {mode}, scope = '{scope}' }}\n");
        }
    }
    text
}

/// How the tools keep answers, who asks what, and what has to come of it.
struct Way {
    mode: &'static str,
    ask: fn(&mut Dice) -> Asked,
    /// Calls after which what is left for later is done, in both isolates.
    behind: usize,
    /// How a hit is marked.
    kind: &'static str,
    /// The fewest hits of each tool, and the fewest of others' answers of each that may have them.
    hits: usize,
    crossed: usize,
    /// The most hits of a hundred that may be about something else.
    wrong: usize,
    /// The fewest values in the store, and what none of them may show.
    kept: usize,
    said: &'static [&'static str],
}

#[test]
fn nobody_is_answered_with_what_is_not_theirs() {
    isolates(&Way {
        mode: "mode = 'exact', ttl_s = 600",
        ask: Asked::by_number,
        behind: 1,
        kind: "exact",
        hits: 60,
        crossed: 100,
        wrong: 0,
        kept: 1_000,
        said: &[],
    });
}

/// Evidence is a whole tenant's; what it lets be served is not. What is `volatile` tells whose an answer was.
#[test]
fn nobody_is_answered_by_meaning_with_what_is_not_theirs() {
    isolates(&Way {
        mode: "mode = 'serve', ttl_s = 86400, max_error = 0.05, volatile = ['structuredContent.serial']",
        ask: Asked::in_own_words,
        behind: 16,
        kind: "semantic",
        hits: 30,
        crossed: 50,
        wrong: 5,
        kept: 300,
        said: &SAID,
    });
}

fn isolates(way: &Way) {
    let serial = Rc::new(Cell::new(0));
    let scene = Scene::start(&serial, |dev| settings(dev, way.mode));
    let mut dice = Dice(2_026);
    let mut whose: BTreeMap<u64, Asked> = BTreeMap::new();
    let (mut hits, mut crossed) = ([0_usize; TOOLS.len()], [0_usize; TOOLS.len()]);
    let (mut denied, mut others, mut wrong) = (0, 0, 0);
    for call in 0..CALLS {
        let asked = (way.ask)(&mut dice);
        let before = serial.get();
        let Answer { text, number, kind } = scene.ask(dice.below(2), &asked);
        if call % way.behind == 0 {
            finish(&scene.world);
        }
        if is_narrow(asked.agent) && asked.tool != 0 {
            assert!(text.contains("Unknown tool") && !text.contains("canary"), "{asked:?}: {text}");
            assert_eq!(serial.get(), before, "nobody was asked for {asked:?}");
            denied += 1;
            continue;
        }
        let number = number.unwrap_or_else(|| panic!("{asked:?}: {text}"));
        assert_eq!(kind.is_some(), serial.get() == before, "{asked:?}: {text}");
        if let Some(kind) = kind {
            let first = &whose[&number];
            assert!(first.may_be_shown_to(&asked), "{asked:?} was answered with what {first:?} was answered");
            assert!(kind != "exact" || first.topic == asked.topic, "{asked:?} {first:?}: {text}");
            wrong += usize::from(first.topic != asked.topic);
            if kind == way.kind {
                hits[asked.tool] += 1;
                crossed[asked.tool] +=
                    usize::from((first.agent, first.person) != (asked.agent, asked.person));
            } else {
                others += 1;
            }
        } else {
            assert_eq!(number, serial.get());
            whose.insert(number, asked.clone());
        }
        assert_eq!(text.contains("poisoned-canary"), asked.tenant == 0, "{asked:?}: {text}");
        let clear = asked.tenant >= 3 || is_cleared(asked.agent);
        assert_eq!(text.contains(CARD), clear, "{asked:?}: {text}");
    }
    println!(
        "{CALLS} calls, {denied} denied; by scope: {} {hits:?}, of others' answers {crossed:?}",
        way.kind
    );
    println!("{others} other hits, {wrong} about something else");
    assert!(hits.iter().all(|hits| *hits > way.hits), "the test is about hits: {hits:?}");
    assert!(crossed[0] == 0 && crossed[1..].iter().all(|crossed| *crossed > way.crossed), "{crossed:?}");
    let all: usize = hits.iter().sum();
    assert!(all > 500 && wrong * 100 <= all * way.wrong, "{wrong} of {all}");
    nothing_is_in_clear(&scene, way);
}

/// What the store has of answers says nothing to who reads it.
fn nothing_is_in_clear(scene: &Scene, way: &Way) {
    let kept: Vec<_> = scene.world.kept().into_iter().filter(|(key, _)| key.starts_with("cache/")).collect();
    println!(
        "{} values are kept, {} bytes",
        kept.len(),
        kept.iter().map(|(_, value)| value.len()).sum::<usize>()
    );
    assert!(kept.len() > way.kept, "{} values are kept", kept.len());
    let names = TOOLS.map(|(name, _)| name);
    let clear =
        ["canary", "serial", "article", "content", "person-", "complete", CARD, "up.example", "key-of-"];
    for (key, value) in &kept {
        let text = format!("{key} {}", String::from_utf8_lossy(value));
        for clear in clear.iter().chain(&names).chain(way.said) {
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
        let answer = scene.send(isolate, "/t/t0/mcp", &tokens[agent], tool, "how many");
        (answer.number.unwrap_or_else(|| panic!("{}", answer.text)), answer.kind.is_some())
    };
    let read = |isolate, agent| send(isolate, agent, "a__everybodys");
    assert_eq!(read(0, 0), (1, false));
    finish(&scene.world);
    assert_eq!((read(1, 0), read(1, 1)), ((1, true), (1, true)));
    finish(&scene.world);
    assert_eq!(send(0, 0, "a__mine"), (2, false));
    // Nobody has told the account yet that it is over: the other isolate neither reads nor keeps for this agent.
    assert_eq!((read(1, 0), read(1, 0)), ((3, false), (4, false)));
    // The next charge of the isolate that made the change tells it. From then on it is exact for the agent, and what it
    // reads is kept again.
    assert_eq!(read(0, 0), (5, false));
    finish(&scene.world);
    assert_eq!((read(1, 0), read(0, 0)), ((5, true), (5, true)));
    // The account of this one is not asked, but its isolate has heard of the change by now.
    assert_eq!(read(1, 1), (5, true));
    finish(&scene.world);
    // A leased agent's change is felt where it was made, and elsewhere when the store is asked again.
    scene.world.advance(1_000);
    assert_eq!(send(0, 1, "a__mine"), (6, false));
    finish(&scene.world);
    assert_eq!(read(0, 1), (7, false));
    finish(&scene.world);
    assert_eq!(read(1, 1), (5, true), "at most a minute late");
    scene.world.advance(30_000);
    assert_eq!(read(1, 1), (7, true));
}
