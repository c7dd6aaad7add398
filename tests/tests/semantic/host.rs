//! The stream through hosts, over real connections, with real clocks.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use postern_tests::bed::{Bed, Era};
use postern_tests::client;
use postern_tests::host::Kind;
use postern_tests::upstream::{Answer, Seen};
use serde_json::{Value, json};

use crate::stream::{Call, Came, Figures, MORE, agrees, calls, holds};

/// The settings of the upstream's tool.
const CACHE: &str = "[loop]\nmode = 'off'\n[cache]\nmodel = 'static'\n[tools.a__echo]\n\
    cache = { mode = 'serve', scope = 'tenant', read_only = true, ttl_s = 3600, max_error = 0.05 }\n";
/// How long the upstream takes: longer than to look for neighbours.
const TAKES: Duration = Duration::from_millis(3);
/// As [`MORE`], where instances come and go: each has to learn anew what the record says.
const MORE_FRESH: f64 = 0.08;
/// How long the log may be behind.
const BEHIND: Duration = Duration::from_secs(10);

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn start(kind: Kind, stream: &[Call]) -> Bed {
    let answers: HashMap<String, String> =
        stream.iter().map(|call| (call.query.clone(), call.result().to_string())).collect();
    let answer = move |seen: &Seen| {
        let id = seen.raw(&["id"]).unwrap_or_default();
        let query = seen.json()["params"]["arguments"]["query"].as_str().unwrap_or_default().to_owned();
        let result = answers.get(&query).map_or("null", String::as_str);
        let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
        Answer { delay: TAKES, ..Answer::json(text) }
    };
    Bed::with(kind, Era::Modern, CACHE, answer).expect("both start")
}

fn runs_as_simulated(kind: Kind, more: f64) {
    let stream = calls();
    let bed = start(kind, &stream);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    let asked: Vec<(u64, Value, String)> = runtime.block_on(async {
        let mut asked = Vec::new();
        for (id, call) in stream.iter().enumerate() {
            let params = format!(r#""name":"a__echo","arguments":{}"#, json!({"query": call.query}));
            let ms = now_ms();
            let call = bed.modern("tools/call", &id.to_string(), "a__echo", &params, "");
            let reply = client::send(bed.host.address(), &call).await.expect("an answer");
            let request = reply.header("postern-request").unwrap_or_default().to_owned();
            asked.push((ms, reply.last(), request));
        }
        asked
    });
    println!("{}: {:.1} ms a call", kind.name(), begun.elapsed().as_secs_f64() * 1e3 / stream.len() as f64);
    let kinds = recorded(&bed, stream.len());
    let came: Vec<Came> = asked
        .iter()
        .zip(&stream)
        .map(|((ms, message, request), call)| {
            let result = &message["result"];
            let mark = result["_meta"]["dev.postern/cache"]["kind"].as_str();
            let kind = kinds.get(request).unwrap_or_else(|| panic!("no record of {request}: {message}"));
            assert_eq!(mark.is_some(), matches!(kind.as_str(), "exact" | "semantic"), "{kind}: {message}");
            assert!(mark.is_none_or(|mark| mark == kind), "{kind}: {message}");
            Came { kind: kind.clone(), right: result["content"] == call.result()["content"], ms: *ms }
        })
        .collect();
    holds(kind.name(), &came);
    let called = bed.upstream.seen("/bed").iter().filter(|seen| seen.rpc == "tools/call").count();
    let figures = Figures::of(&came);
    assert_eq!(called, figures.calls - figures.exact - figures.semantic, "who is not answered asks");
    agrees(kind.name(), &stream, &came, more);
}

/// By request id, what the records say of the cache.
fn recorded(bed: &Bed, calls: usize) -> HashMap<String, String> {
    let begun = Instant::now();
    loop {
        let records = bed.host.records();
        let one = |line: &String| {
            let record: Value = serde_json::from_str(line).ok()?;
            let kind = record["cache"]["kind"].as_str()?.to_owned();
            Some((record["request"].as_str()?.to_owned(), kind))
        };
        let kinds: HashMap<String, String> = records.iter().filter_map(one).collect();
        if kinds.len() >= calls || begun.elapsed() > BEHIND {
            return kinds;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn in_process() {
    runs_as_simulated(Kind::InProcess, MORE);
}

#[test]
fn workerd() {
    runs_as_simulated(Kind::Workerd, MORE);
}

#[test]
fn spin() {
    runs_as_simulated(Kind::Spin, MORE_FRESH);
}
