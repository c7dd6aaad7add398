//! What is peculiar to Spin: instances that requests of all tenants share, end together by one trap, and are told
//! late or never that a client has left; headers that the host adds and clients can forge.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use postern_tests::bed::{Bed, Era, SESSION, set_up};
use postern_tests::client::{self, Call};
use postern_tests::host::{Host as _, Kind};
use postern_tests::request::{HOST, MODERN};
use postern_tests::script;
use postern_tests::spin::{Instances, Place, Spin};
use postern_tests::token::{Flaw, Issuer};
use postern_tests::upstream::{Answer, Piece, Seen, Upstream};
use tokio::task::JoinSet;

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

/// Two tenants in one gateway, each with a server `a` that lists a tool of its own: `of_TENANT`.
struct Pair {
    upstream: Upstream,
    gateway: Spin,
    issuer: Issuer,
}

/// The settings of two tenants whose servers are at `upstream`.
fn settings(tenants: [&str; 2], issuer: &Issuer, upstream: SocketAddr) -> String {
    let known = toml::to_string(&script::issuer(issuer).expect("settings")).expect("TOML");
    let mut text = format!("version = 1\n[issuers.dev]\n{known}");
    for tenant in tenants {
        let _ = write!(
            text,
            "\n[tenants.{tenant}]\nissuers = ['dev']\nhosts = ['{HOST}']\nloop = {{ mode = 'off' }}\n\
             [tenants.{tenant}.agents.developer]\nissuer = 'dev'\nclient = 'developer'\nallow = ['*']\n\
             [tenants.{tenant}.upstreams.a]\nurl = 'http://{upstream}/{tenant}'\nera = 'modern'\ninsecure = true\n"
        );
    }
    text
}

impl Pair {
    /// Lists take `list_ms`; a call is answered by `answer`.
    fn start(
        tenants: [&str; 2],
        instances: Instances,
        list_ms: u64,
        more: &[&str],
        answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start_from(Place::Variable, tenants, instances, list_ms, more, answer)
    }

    fn start_from(
        place: Place,
        tenants: [&str; 2],
        instances: Instances,
        list_ms: u64,
        more: &[&str],
        answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let upstream = Upstream::start(Arc::new(move |seen: &Seen| match seen.rpc.as_str() {
            "tools/list" => {
                let tenant = seen.path.trim_start_matches('/');
                let id = seen.raw(&["id"]).unwrap_or_default();
                let mut list = Answer::json(format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","ttlMs":600000,"cacheScope":"public","tools":[{{"name":"of_{tenant}","inputSchema":{{"type":"object"}}}}]}}}}"#
                ));
                list.delay = Duration::from_millis(list_ms);
                list
            }
            _ => set_up(Era::Modern, seen).unwrap_or_else(|| answer(seen)),
        }))
        .expect("the upstream starts");
        let issuer = Issuer::new("dev");
        let text = settings(tenants, &issuer, upstream.address);
        let gateway = Spin::start_from(place, &text, instances, more).expect("the gateway starts");
        Self { upstream, gateway, issuer }
    }

    /// A request to a tenant; `params` are what its params have besides `_meta`.
    fn call(&self, tenant: &str, method: &str, name: &str, params: &str) -> Call {
        let token = self.issuer.mint("developer", "alice", tenant, Flaw::None);
        let comma = if params.is_empty() { "" } else { "," };
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}},"progressToken":1}}{comma}{params}}}}}"#
        );
        let mut headers = vec![
            ("host", HOST.to_owned()),
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
            ("authorization", format!("Bearer {token}")),
            ("mcp-protocol-version", MODERN.to_owned()),
            ("mcp-method", method.to_owned()),
        ];
        if !name.is_empty() {
            headers.push(("mcp-name", name.to_owned()));
        }
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Call { method: "POST".to_owned(), path: format!("/t/{tenant}/mcp"), headers, body: body.into_bytes() }
    }

    fn tool(&self, tenant: &str, of: &str) -> Call {
        let name = format!("a__of_{of}");
        self.call(tenant, "tools/call", &name, &format!(r#""name":"{name}","arguments":{{}}"#))
    }

    async fn send(&self, call: &Call) -> client::Reply {
        client::send(self.gateway.address(), call).await.expect("an answer")
    }
}

/// Says whose server answered.
fn whose(seen: &Seen) -> Answer {
    let (id, path) = (seen.raw(&["id"]).unwrap_or_default(), &seen.path);
    Answer::json(format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","content":[{{"type":"text","text":"{path}"}}]}}}}"#
    ))
}

/// An instance draws the first 16 digits of its requests' names once.
fn instance(reply: &client::Reply) -> String {
    reply.header("postern-request").and_then(|name| name.get(..16)).expect("a name").to_owned()
}

#[test]
fn tenants_share_an_instance_and_nothing_else() {
    let pair = Pair::start(["one", "two"], Instances::Shared, 0, &[], whose);
    run(async {
        let mut instances = [BTreeSet::new(), BTreeSet::new()];
        for round in 0..20 {
            let (own, other, seen) = if round % 2 == 0 { ("one", "two", 0) } else { ("two", "one", 1) };
            let list = pair.send(&pair.call(own, "tools/list", "", "")).await;
            assert!(list.text().contains(&format!("a__of_{own}")), "{}", list.text());
            assert!(!list.text().contains(other), "{}", list.text());
            let answer = pair.send(&pair.tool(own, own)).await;
            assert_eq!(answer.last()["result"]["content"][0]["text"], format!("/{own}"));
            let foreign = pair.send(&pair.tool(own, other)).await;
            assert_eq!(foreign.last()["error"]["code"], -32602, "{}", foreign.text());
            instances[seen].extend([&list, &answer, &foreign].map(instance));
        }
        assert!(!instances[0].is_disjoint(&instances[1]), "no instance served both: {instances:?}");
    });
}

#[test]
fn a_trap_beside_a_stream_ends_both_and_no_more() {
    let hangs = |seen: &Seen| {
        let note = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":TOKEN,"progress":1}}"#;
        let token = seen.raw(&["params", "_meta", "progressToken"]).unwrap_or_default();
        let event = format!("data: {}\n\n", note.replace("TOKEN", &token));
        Answer::events(vec![Piece::Bytes(Bytes::from(event)), Piece::Hang])
    };
    // The host ends the instance when the list of the tenant `trap` is looked for in the store.
    let pair = Pair::start(["one", "trap"], Instances::Shared, 0, &["--trap-on-key", "list/trap/"], hangs);
    run(async {
        let mut stream =
            client::open(pair.gateway.address(), &pair.tool("one", "one")).await.expect("a head");
        stream.event().await.expect("no break").expect("an event");
        let called = pair.upstream.seen("/one").into_iter().find(|seen| seen.rpc == "tools/call");
        let called = called.expect("the call");
        assert_eq!(pair.send(&pair.call("trap", "tools/list", "", "")).await.status, 500);
        // Broken off, not ended: the agent must not take it for complete.
        let end = tokio::time::timeout(Duration::from_secs(5), stream.event()).await.expect("an end");
        assert!(end.is_err(), "{end:?}");
        let start = Instant::now();
        while !called.left.load(Ordering::SeqCst) {
            assert!(start.elapsed() < Duration::from_secs(5), "the upstream is still asked");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The next instance serves.
        let list = pair.send(&pair.call("one", "tools/list", "", "")).await;
        assert_eq!(list.status, 200, "{}", list.text());
    });
}

/// As long as the gateway waits for something that another request is fetching, the other may go away.
fn the_first_of_fifty_leaves(instances: Instances) {
    let pair = Pair::start(["one", "two"], instances, 300, &[], whose);
    run(async {
        // The instance that answered the first question about health is dropped: these requests find nothing.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let (address, call) = (pair.gateway.address(), pair.call("one", "tools/list", "", ""));
        let first = call.clone();
        let first = tokio::spawn(async move { client::open_to_reset(address, &first).await.map(drop) });
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut others = JoinSet::new();
        for _ in 0..49 {
            let call = call.clone();
            others.spawn(async move { client::send(address, &call).await });
        }
        tokio::time::sleep(Duration::from_millis(80)).await;
        first.abort();
        let answers = others.join_all().await;
        let good = |answer: &&anyhow::Result<client::Reply>| {
            answer.as_ref().is_ok_and(|reply| reply.status == 200 && reply.text().contains("a__of_one"))
        };
        assert_eq!(answers.iter().filter(good).count(), 49, "{answers:?}");
    });
}

#[test]
fn the_first_of_fifty_cold_requests_leaves_a_shared_instance() {
    the_first_of_fifty_leaves(Instances::Shared);
}

#[test]
fn the_first_of_fifty_cold_requests_leaves_an_instance_of_its_own() {
    the_first_of_fifty_leaves(Instances::Fresh);
}

#[test]
fn what_the_host_adds_is_neither_believed_nor_passed_on() {
    let pair = Pair::start(["one", "two"], Instances::Shared, 0, &[], whose);
    run(async {
        let mut call = pair.tool("one", "one");
        for (name, value) in [
            ("spin-client-addr", "192.0.2.66:1"),
            ("spin-full-url", "http://elsewhere.test/t/two/mcp"),
            ("spin-path-info", "/t/two/mcp"),
            ("spin-of-mine", "canary"),
        ] {
            call.headers.push((name.to_owned(), value.to_owned()));
        }
        let reply = pair.send(&call).await;
        assert_eq!(reply.last()["result"]["content"][0]["text"], "/one");
        for seen in pair.upstream.seen("/") {
            assert!(seen.headers.iter().all(|(name, _)| !name.starts_with("spin-")), "{:?}", seen.headers);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let said = [pair.gateway.records(), pair.gateway.noise()].concat().join("\n");
        assert!(said.contains(r#""tenant":"one""#));
        for forged in ["192.0.2.66", "elsewhere.test", "canary"] {
            assert!(!said.contains(forged), "{said}");
        }
    });
}

#[test]
fn settings_are_a_variable_a_value_of_the_store_or_a_file() {
    for place in [Place::Variable, Place::Store, Place::File] {
        let pair = Pair::start_from(place, ["one", "two"], Instances::Shared, 0, &[], whose);
        run(async {
            let answer = pair.send(&pair.tool("one", "one")).await;
            assert_eq!(answer.last()["result"]["content"][0]["text"], "/one", "{place:?}");
            if place == Place::File {
                let newer = settings(["two", "three"], &pair.issuer, pair.upstream.address);
                pair.gateway.write_settings(&newer).expect("it is written");
                // The instances that know the older ones end for want of requests.
                tokio::time::sleep(Duration::from_millis(1_500)).await;
                let answer = pair.send(&pair.tool("three", "three")).await;
                assert_eq!(answer.last()["result"]["content"][0]["text"], "/three", "{}", answer.text());
                assert_eq!(pair.send(&pair.tool("one", "one")).await.status, 401);
            }
        });
    }
}

#[test]
fn an_operator_says_that_tls_ends_in_front() {
    for (said, scheme) in [("https", "https"), ("", "http")] {
        let more = ["--variable", &format!("postern_scheme={said}")];
        let pair = Pair::start(["one", "two"], Instances::Shared, 0, &more, whose);
        let metadata = Call {
            method: "GET".to_owned(),
            path: "/.well-known/oauth-protected-resource/t/one/mcp".to_owned(),
            // Nobody believes this.
            headers: [("host", HOST), ("x-forwarded-proto", "https")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            body: Vec::new(),
        };
        let found = run(pair.send(&metadata)).last();
        assert_eq!(found["resource"], format!("{scheme}://{HOST}/t/one/mcp"));
    }
}

#[test]
fn work_goes_on_behind_the_answer() {
    let bed = Bed::start(Kind::SpinFresh, Era::Legacy, |_| Answer::status(500)).expect("both start");
    run(async {
        let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
        let opened = client::send(bed.host.address(), &bed.legacy(None, hello.to_owned())).await;
        let session = opened.expect("initialize").header("mcp-session-id").expect("a session").to_owned();
        let mut end = bed.legacy(Some(&session), String::new());
        end.method = "DELETE".to_owned();
        assert_eq!(client::send(bed.host.address(), &end).await.expect("an answer").status, 200);
        // The session of the client was answered for; the upstream's own is ended behind it.
        let start = Instant::now();
        let ended = |seen: &Arc<Seen>| {
            seen.rpc == "DELETE"
                && seen.header("mcp-session-id") == Some(SESSION)
                && seen.status.load(Ordering::SeqCst) == 200
        };
        while !bed.upstream.seen("/").iter().any(ended) {
            assert!(start.elapsed() < Duration::from_secs(3), "the upstream's session was not ended");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}
