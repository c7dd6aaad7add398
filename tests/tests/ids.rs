//! A thousand clients at once, all with the request id 0: every one gets its own answer, with its own nonce, however
//! long the upstream takes for each.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use postern_tests::bed::{Bed, Era};
use postern_tests::client;
use postern_tests::host::Kind;
use postern_tests::upstream::{Answer, Seen};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const CLIENTS: usize = 1_000;
/// How many come at once on Spin: its engine has room for a thousand modules, of which each instance of a component
/// has several, and answers 500 when it is full.
const AT_ONCE_ON_SPIN: usize = 150;
/// The longest that the upstream takes, in ms.
const LATENCY_MS: u64 = 300;

/// Gives back the arguments and the id, each after a time of its own.
fn echo(seen: &Seen) -> Answer {
    let id = seen.raw(&["id"]).unwrap_or_default();
    let nonce = seen.raw(&["params", "arguments", "nonce"]).unwrap_or_default();
    let mix = nonce.bytes().fold(17_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut answer = Answer::json(format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","content":[],"structuredContent":{{"nonce":{nonce}}}}}}}"#
    ));
    answer.delay = Duration::from_millis(mix % LATENCY_MS);
    answer
}

async fn one(address: std::net::SocketAddr, call: client::Call, nonce: usize) -> Result<()> {
    let reply = client::send(address, &call).await.with_context(|| format!("client {nonce}"))?;
    let last = reply.last();
    let got = last.pointer("/result/structuredContent/nonce").and_then(serde_json::Value::as_u64);
    ensure!(
        reply.status == 200 && got == Some(nonce as u64),
        "client {nonce} got {} {}",
        reply.status,
        reply.text()
    );
    ensure!(last.get("id") == Some(&serde_json::json!(0)), "client {nonce} got the id {:?}", last.get("id"));
    Ok(())
}

fn all_get_their_own(kind: Kind, era: Era) {
    let bed = Bed::start(kind, era, echo).expect("both start");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let failures: Vec<String> = runtime.block_on(async {
        let mut clients = JoinSet::new();
        let at_once = if matches!(kind, Kind::Spin) { AT_ONCE_ON_SPIN } else { CLIENTS };
        let room = Arc::new(Semaphore::new(at_once));
        for nonce in 0..CLIENTS {
            let params = format!(r#""name":"a__echo","arguments":{{"nonce":{nonce}}}"#);
            let call = bed.modern("tools/call", "0", "a__echo", &params, "");
            let (address, room) = (bed.host.address(), Arc::clone(&room));
            clients.spawn(async move {
                let _place = room.acquire().await?;
                one(address, call, nonce).await
            });
        }
        let outcomes = clients.join_all().await;
        outcomes.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect()
    });
    assert!(
        failures.is_empty(),
        "{} of {CLIENTS} clients: {:#?}",
        failures.len(),
        failures.iter().take(5).collect::<Vec<_>>()
    );
    let calls: Vec<_> = bed.upstream.seen("/").into_iter().filter(|seen| seen.rpc == "tools/call").collect();
    assert_eq!(calls.len(), CLIENTS);
    let ids: HashSet<_> = calls.iter().filter_map(|seen| seen.raw(&["id"])).collect();
    assert_eq!(ids.len(), CLIENTS, "two calls had one id at the upstream");
}

#[test]
fn in_process_modern() {
    all_get_their_own(Kind::InProcess, Era::Modern);
}

#[test]
fn in_process_legacy() {
    all_get_their_own(Kind::InProcess, Era::Legacy);
}

#[test]
fn workerd_modern() {
    all_get_their_own(Kind::Workerd, Era::Modern);
}

#[test]
fn workerd_legacy() {
    all_get_their_own(Kind::Workerd, Era::Legacy);
}

#[test]
fn spin_modern() {
    all_get_their_own(Kind::Spin, Era::Modern);
}

#[test]
fn spin_legacy() {
    all_get_their_own(Kind::Spin, Era::Legacy);
}
