//! A herd: thousands of equal calls within a second to a tool with `coalesce = true`. The upstream is called once, the
//! first client leaves half-way, and every other one gets its answer, under its own id.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use postern_tests::bed::{Bed, Era};
use postern_tests::client::Call;
use postern_tests::host::Kind;
use postern_tests::token::{Flaw, Issuer};
use postern_tests::upstream::{Answer, Seen};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

/// Clients, and the time within which they call.
const CLIENTS: usize = 5_000;
const WITHIN: Duration = Duration::from_millis(1_000);
/// How long the upstream takes.
const LATENCY: Duration = Duration::from_millis(1_200);
/// When the first client leaves.
const LEAVES: Duration = Duration::from_millis(600);
/// How long the last answer may take from the first call on: what a busy machine of two cores needs for writing them.
const BOUND: Duration = Duration::from_secs(20);

/// Gives back the arguments, late.
fn late(seen: &Seen) -> Answer {
    let id = seen.raw(&["id"]).unwrap_or_default();
    let arguments = seen.raw(&["params", "arguments"]).unwrap_or_default();
    let mut answer = Answer::json(format!(
        r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","content":[],"structuredContent":{arguments}}}}}"#
    ));
    answer.delay = LATENCY;
    answer
}

fn call(bed: &Bed, id: usize, topic: &str) -> Call {
    let params = format!(r#""name":"a__echo","arguments":{{"topic":"{topic}"}}"#);
    bed.modern("tools/call", &id.to_string(), "a__echo", &params, "")
}

/// A connection that is there before the herd begins, as clients have them.
struct Client(TcpStream);

impl Client {
    async fn connect(address: SocketAddr) -> Result<Self> {
        Ok(Self(TcpStream::connect(address).await?))
    }

    async fn send(&self, call: &Call) -> Result<()> {
        let mut text = format!("{} {} HTTP/1.1\r\n", call.method, call.path);
        for (name, value) in &call.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", call.body.len()));
        let mut rest: &[u8] = &[text.as_bytes(), &call.body].concat();
        while !rest.is_empty() {
            self.0.writable().await?;
            match self.0.try_write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// All that comes until the other side closes.
    async fn answer(self) -> Result<String> {
        let mut all = Vec::new();
        let mut chunk = [0; 4_096];
        loop {
            self.0.readable().await?;
            match self.0.try_read(&mut chunk) {
                Ok(0) => return Ok(String::from_utf8(all)?),
                Ok(read) => all.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Leaves without a word.
    fn leave(self) -> Result<()> {
        self.0.set_zero_linger()?;
        Ok(())
    }
}

/// One client of the herd, which calls at `at`; gives when it had called.
async fn member(client: Client, call: Call, id: usize, at: tokio::time::Instant) -> Result<Instant> {
    sleep_until(at).await;
    client.send(&call).await.with_context(|| format!("client {id} calls"))?;
    let called = Instant::now();
    let answer = client.answer().await.with_context(|| format!("client {id} waits"))?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "client {id}: {answer}");
    ensure!(
        answer.contains(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"#))
            && answer.contains(r#""topic":"herd""#),
        "client {id}: {answer}"
    );
    Ok(called)
}

/// How long it took until the last client had called, and until it had its answer.
struct Took {
    calling: Duration,
    all: Duration,
}

async fn herd(beds: &[Bed], count: usize) -> Result<Took> {
    let address = |id: usize| beds[id % beds.len()].host.address();
    for bed in beds {
        let client = Client::connect(bed.host.address()).await?;
        client.send(&call(bed, 0, "alone")).await?;
        ensure!(client.answer().await?.contains(r#""topic":"alone""#), "no answer to a single call");
    }
    let mut clients = Vec::new();
    for id in 0..count {
        clients.push(Client::connect(address(id)).await?);
    }
    let start = Instant::now();
    let from = tokio::time::Instant::now();
    let mut members = JoinSet::new();
    for (id, client) in clients.into_iter().enumerate() {
        let call = call(&beds[id % beds.len()], id, "herd");
        if id == 0 {
            members.spawn(async move {
                client.send(&call).await?;
                sleep(LEAVES).await;
                client.leave()?;
                Ok(start)
            });
        } else {
            let at = from + WITHIN * u32::try_from(id)? / u32::try_from(count)?;
            members.spawn(member(client, call, id, at));
        }
    }
    let outcomes = members.join_all().await;
    let all = start.elapsed();
    let mut calling = Duration::ZERO;
    let mut failures = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(called) => calling = calling.max(called - start),
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    let some = failures.iter().take(5).collect::<Vec<_>>();
    ensure!(failures.is_empty(), "{} of {count} clients: {some:#?}", failures.len());
    Ok(Took { calling, all })
}

/// One herd at a time: a machine of two cores has enough to do with one.
static ALONE: Mutex<()> = Mutex::new(());

fn run(kind: Kind, isolates: usize, count: usize) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let more = "[tools.a__echo]\ncoalesce = true";
    let beds: Vec<Bed> =
        (0..isolates).map(|_| Bed::with(kind, Era::Modern, more, late).expect("both start")).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let took = runtime.block_on(herd(&beds, count)).expect("every client but the first one has its answer");
    println!(
        "{}: the last of {count} calls after {:?}, answers after {:?}",
        kind.name(),
        took.calling,
        took.all
    );
    // One, unless this machine is so busy that the herd does not come within its second.
    let most = 1 + took.calling.saturating_sub(WITHIN).as_millis() / LATENCY.as_millis();
    for bed in &beds {
        let calls: Vec<_> =
            bed.upstream.seen("/").into_iter().filter(|seen| seen.rpc == "tools/call").collect();
        let of_herd = calls.iter().filter(|seen| seen.text().contains("herd")).count();
        assert!((1..=most as usize).contains(&of_herd), "{of_herd} calls at the upstream, at most {most}");
        let ids: HashSet<_> = calls.iter().filter_map(|seen| seen.raw(&["id"])).collect();
        assert_eq!(ids.len(), calls.len(), "two calls had one id at the upstream");
    }
    assert!(took.all < BOUND, "the last answer came after {:?}", took.all);
}

#[test]
fn in_process() {
    // Fewer: its listener lets only so many wait to be accepted.
    run(Kind::InProcess, 1, 1_000);
}

#[test]
fn workerd() {
    run(Kind::Workerd, 1, CLIENTS);
}

#[test]
fn three_workerds() {
    run(Kind::Workerd, 3, CLIENTS);
}

/// Ten calls each of two people, all equal: how many of them the upstream saw.
fn of_two_people(era: Era) -> usize {
    let bed = Bed::with(Kind::InProcess, era, "[tools.a__echo]\ncoalesce = true", late).expect("both start");
    let people = ["alice", "bob"].map(|who| {
        let token = Issuer::new("dev").mint("developer", who, "bed", Flaw::None);
        let mut call = call(&bed, 1, "people");
        for (name, value) in &mut call.headers {
            if name == "authorization" {
                *value = format!("Bearer {token}");
            }
        }
        call
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut members = JoinSet::new();
        for at in 0..20 {
            let client = Client::connect(bed.host.address()).await.expect("a connection");
            let call = people.get(at % 2).cloned().expect("two people");
            members.spawn(async move {
                client.send(&call).await?;
                client.answer().await
            });
        }
        for answer in members.join_all().await {
            let answer = answer.expect("an answer");
            assert!(answer.contains(r#""topic":"people""#), "{answer}");
        }
    });
    bed.upstream.seen("/").into_iter().filter(|seen| seen.rpc == "tools/call").count()
}

#[test]
fn people_share_a_call_but_never_a_session() {
    assert_eq!(of_two_people(Era::Modern), 1);
    assert_eq!(of_two_people(Era::Legacy), 2);
}
