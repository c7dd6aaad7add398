//! Subscriptions of a session at a modern upstream, whose streams end as a test says. The clock is set by hand.

use crate::arrival::Head;
use crate::compile::check;
use crate::error::RendezvousFault;
use crate::gateway::Gateway;
use crate::limits;
use crate::mcp::headers::Headers;
use crate::mcp::seal::Sealer;
use crate::memory::{Memory, Step};
use crate::platform::Clock as _;
use crate::reply::{Reply, ReplyBody};
use crate::within::within;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

const SETTINGS: &str = "version = 1
[tenants.acme]
anonymous = true
hosts = ['gw']
[tenants.acme.agents.anonymous]
allow = ['*']
[tenants.acme.upstreams.a]
url = 'https://a.example/mcp'
era = 'modern'
";

/// A gateway, and an upstream with the resources `r:0`, `r:1`...
struct World {
    memory: Memory,
    gateway: Rc<Gateway>,
    session: String,
    /// What each listen stream does behind its acknowledgement; the last one is used again.
    streams: Rc<RefCell<VecDeque<Vec<Step>>>>,
    /// The resources that each was asked for, in their order.
    asked: Rc<RefCell<Vec<Vec<String>>>>,
}

impl World {
    fn new(streams: impl IntoIterator<Item = Vec<Step>>) -> Self {
        let (bundle, _) = check(SETTINGS, &|_: &str| None).unwrap();
        let sealer = Sealer::from_keys("k:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=").unwrap();
        let memory = Memory::new();
        let mut world = Self {
            memory: memory.clone(),
            gateway: Gateway::new(bundle, sealer),
            session: String::new(),
            streams: Rc::new(RefCell::new(streams.into_iter().collect())),
            asked: Rc::default(),
        };
        let (streams, asked) = (Rc::clone(&world.streams), Rc::clone(&world.asked));
        memory.clone().on_fetch(move |request| {
            let json: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let result = |mut result: Value| {
                for (key, value) in [("resultType", json!("complete")), ("ttlMs", json!(0))] {
                    result[key] = value;
                }
                result["cacheScope"] = json!("public");
                let answer = json!({"jsonrpc": "2.0", "id": json["id"], "result": result});
                memory.answer(200, "application/json", answer.to_string())
            };
            let answer = match json["method"].as_str().unwrap_or_default() {
                "server/discover" => result(json!({
                    "supportedVersions": ["2026-07-28"],
                    "capabilities": {"tools": {"listChanged": true}, "resources": {"subscribe": true}},
                })),
                "tools/list" => result(json!({"tools": []})),
                "resources/list" => {
                    let all = (0..100).map(|n| json!({"uri": format!("r:{n}"), "name": "r"}));
                    result(json!({"resources": all.collect::<Vec<_>>()}))
                }
                "resources/templates/list" => result(json!({"resourceTemplates": []})),
                "subscriptions/listen" => {
                    let filter = &json["params"]["notifications"];
                    let uris = filter["resourceSubscriptions"].as_array().cloned().unwrap_or_default();
                    let uris = uris.iter().map(|uri| uri.as_str().unwrap().to_owned()).collect();
                    asked.borrow_mut().push(uris);
                    let mut streams = streams.borrow_mut();
                    let behind =
                        if streams.len() > 1 { streams.pop_front() } else { streams.front().cloned() };
                    let acknowledged = Step::Bytes(
                        format!(
                            "data: {}\n\n",
                            json!({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                                "params": {"notifications": filter}})
                        )
                        .into(),
                    );
                    let steps = std::iter::once(acknowledged).chain(behind.unwrap_or_default());
                    memory.answer_in_steps(200, "text/event-stream", steps)
                }
                other => panic!("{other}"),
            };
            async move { Ok(answer) }
        });
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
        let reply = world.memory.run(world.send("POST", &hello.to_string()));
        let session = reply.headers.iter().find(|(name, _)| *name == "mcp-session-id");
        world.session = session.unwrap().1.clone();
        world
    }

    async fn send(&self, method: &str, body: &str) -> Reply {
        let mut headers = vec![("host", "gw"), ("accept", "text/event-stream")];
        if method == "POST" {
            headers.push(("content-type", "application/json"));
        }
        if !self.session.is_empty() {
            headers.push(("mcp-session-id", &self.session));
        }
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let head = Head {
            method: method.to_owned(),
            path: "/t/acme/mcp".to_owned(),
            query: false,
            secure: true,
            headers: Headers::from_pairs(headers),
        };
        let body = self.memory.answer_in_steps(200, "", [Step::Bytes(body.into())]).body;
        self.gateway.handle(&self.memory, &(), head, body).await
    }

    /// The code of the error, if it is one.
    async fn change(&self, what: &str, n: usize) -> Option<i64> {
        let params = json!({"uri": format!("r:{n}")});
        let method = format!("resources/{what}");
        let body = json!({"jsonrpc": "2.0", "id": n, "method": method, "params": params});
        let ReplyBody::Whole(bytes) = self.send("POST", &body.to_string()).await.body else { panic!() };
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        answer["error"]["code"].as_i64()
    }

    /// What the session's stream says for so many ms, while something else happens: methods, with URIs.
    fn hear(&self, ms: u32, meanwhile: impl Future<Output = ()>) -> Vec<String> {
        self.memory.run(async {
            let reply = self.send("GET", "").await;
            assert_eq!(reply.status, 200);
            let ReplyBody::Stream(mut stream) = reply.body else { panic!() };
            let mut text = Vec::new();
            let hears = async {
                while let Some(bytes) = stream.next().await {
                    text.extend(bytes);
                }
            };
            futures_util::future::join(within(&self.memory, ms, hears), meanwhile).await;
            let text = String::from_utf8(text).unwrap();
            let messages = text.lines().filter_map(|line| line.strip_prefix("data: {"));
            let messages = messages.map(|line| serde_json::from_str::<Value>(&format!("{{{line}")).unwrap());
            messages
                .map(|message| {
                    let of = message["params"]["uri"].as_str().unwrap_or_default();
                    format!(
                        "{} {of}",
                        message["method"].as_str().unwrap().trim_start_matches("notifications/")
                    )
                })
                .collect()
        })
    }
}

fn updated(n: usize) -> Step {
    let message = json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": format!("r:{n}")}});
    Step::Bytes(format!("data: {message}\n\n").into())
}

#[test]
fn a_session_has_so_many_subscriptions_whoever_comes_at_once() {
    let world = World::new([vec![Step::Hang]]);
    let all = (0..limits::LISTEN_URIS).map(|n| world.change("subscribe", n));
    assert!(world.memory.run(join_all(all)).iter().all(Option::is_none));
    assert_eq!(world.memory.posted(), 1, "one message, whatever changes");
    let one_more = || world.memory.run(world.change("subscribe", 99));
    assert_eq!(one_more(), Some(-32602));
    assert_eq!(world.memory.run(world.change("subscribe", 7)), None, "it is there already");
    assert_eq!(world.memory.run(world.change("unsubscribe", 7)), None);
    assert_eq!(one_more(), None);
    let heard = world.hear(3_000, async {});
    assert_eq!(heard.len(), limits::LISTEN_URIS, "{heard:?}");
    let asked = world.asked.borrow();
    let last = asked.last().unwrap();
    assert_eq!(last.len(), limits::LISTEN_URIS);
    assert!(last.contains(&"r:99".to_owned()) && !last.contains(&"r:7".to_owned()));
}

#[test]
fn it_ends_with_the_session() {
    let world = World::new([vec![Step::Hang]]);
    assert_eq!(world.memory.run(world.change("subscribe", 1)), None);
    world.memory.advance(24 * 3_600_000 - 1_000);
    assert_eq!(world.memory.posted(), 1);
    world.memory.advance(1_000);
    assert_eq!(world.memory.posted(), 0);
}

#[test]
fn nothing_is_left_where_nobody_subscribes() {
    let world = World::new([vec![Step::Hang]]);
    assert_eq!(world.hear(2_000, async {}), [""; 0]);
    assert_eq!((world.memory.posted(), world.asked.borrow().len()), (0, 1));
}

#[test]
fn a_meeting_that_fails_is_told_and_a_host_without_one_refuses() {
    let world = World::new([vec![Step::Hang]]);
    world.memory.set_rendezvous(Some(RendezvousFault::Unreachable));
    assert_eq!(world.memory.run(world.change("subscribe", 1)), Some(1503));
    world.memory.set_rendezvous(Some(RendezvousFault::Absent));
    assert_eq!(world.memory.run(world.change("subscribe", 1)), Some(-32601));
    world.memory.set_rendezvous(None);
    assert_eq!(world.memory.run(world.change("subscribe", 1)), None);
}

/// Each change opens another stream; the one before it is read for a second more.
#[test]
fn what_was_under_way_is_heard() {
    let late = vec![Step::Wait(1_900), updated(1), Step::Hang];
    let world = World::new([vec![Step::Hang], late, vec![Step::Hang]]);
    let heard = world.hear(4_000, async {
        assert_eq!(world.change("subscribe", 1).await, None);
        world.memory.sleep(1_000).await;
        assert_eq!(world.change("subscribe", 2).await, None);
    });
    assert_eq!(heard, ["resources/updated r:1", "resources/updated r:2", "resources/updated r:1"]);
    assert_eq!(
        *world.asked.borrow(),
        [vec![], vec!["r:1".to_owned()], vec!["r:1".to_owned(), "r:2".to_owned()]]
    );
    assert_eq!(world.memory.open_bodies(), 0);
}

#[test]
fn a_stream_that_breaks_beside_its_heir_may_have_lost_something() {
    let breaks = vec![Step::Wait(1_500), Step::Break];
    let world = World::new([vec![Step::Hang], breaks, vec![Step::Hang]]);
    let heard = world.hear(4_000, async {
        assert_eq!(world.change("subscribe", 1).await, None);
        world.memory.sleep(1_000).await;
        assert_eq!(world.change("subscribe", 2).await, None);
    });
    let lost = ["tools/list_changed ", "resources/updated r:1", "resources/updated r:2"];
    assert_eq!(heard, [&["resources/updated r:1", "resources/updated r:2"], &lost[..]].concat());
}

#[test]
fn what_is_unsubscribed_from_is_heard_no_more() {
    let tells = vec![Step::Wait(1_500), updated(1), updated(2), Step::Hang];
    let world = World::new([vec![Step::Hang], vec![Step::Hang], tells, vec![Step::Hang]]);
    let heard = world.hear(4_000, async {
        assert_eq!(world.change("subscribe", 1).await, None);
        world.memory.sleep(300).await;
        assert_eq!(world.change("subscribe", 2).await, None);
        world.memory.sleep(1_000).await;
        assert_eq!(world.change("unsubscribe", 1).await, None);
    });
    assert_eq!(heard, ["resources/updated r:1", "resources/updated r:2", "resources/updated r:2"]);
}
