//! An upstream that is down, slow, or fails half of its calls: its breaker opens and closes as its rule says, callers
//! have their error within the deadline, and the gateway's memory does not grow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use postern_tests::bed::{Bed, Era};
use postern_tests::client;
use postern_tests::host::Kind;
use postern_tests::upstream::{Answer, Piece, Seen};
use tokio::task::JoinSet;

/// Clients that call one time after the other.
const CLIENTS: usize = 24;
/// How long each trouble lasts.
const LASTS: Duration = Duration::from_millis(2_800);
/// `first_byte_ms`, `window_s` and `open_s` of the upstream, in ms.
const FIRST_BYTE_MS: u64 = 800;
const WINDOW_MS: u64 = 1_000;
const OPEN_MS: u64 = 1_000;
/// Fewest calls that say anything, and trials.
const LEAST: usize = 20;
const TRIALS: usize = 3;
/// What an answer may take on top of its deadline, on a busy machine.
const SLACK: Duration = Duration::from_millis(2_500);
/// By how much the memory of a gateway may grow in all rounds after the first two: what its allocators move by.
const GROWTH: u64 = 24 * 1024 * 1024;
const ROUNDS: usize = 4;

/// What is wrong with the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    /// Connections break.
    Down,
    /// Nothing comes in time.
    Slow,
    /// Every second call fails.
    Half,
}

const ALL: [Trouble; 4] = [Trouble::None, Trouble::Down, Trouble::Slow, Trouble::Half];

struct Scene {
    bed: Bed,
    trouble: Arc<AtomicUsize>,
}

fn start(kind: Kind) -> Scene {
    let trouble = Arc::new(AtomicUsize::new(0));
    let (now, count) = (Arc::clone(&trouble), AtomicUsize::new(0));
    let answer = move |seen: &Seen| {
        let id = seen.raw(&["id"]).unwrap_or_default();
        let well = Answer::json(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","content":[]}}}}"#
        ));
        match ALL.get(now.load(Ordering::SeqCst)) {
            Some(Trouble::Down) => Answer { pieces: vec![Piece::Bytes(Bytes::new()), Piece::Break], ..well },
            Some(Trouble::Slow) => Answer { delay: Duration::from_secs(30), ..well },
            Some(Trouble::Half) if count.fetch_add(1, Ordering::SeqCst) % 2 == 0 => Answer::status(500),
            _ => well,
        }
    };
    let more = format!(
        "first_byte_ms = {FIRST_BYTE_MS}\ntotal_ms = 2000\n\
         breaker = {{ window_s = {}, least = {LEAST}, error_percent = 40, open_s = {}, trials = {TRIALS} }}\n\
         [loop]\nmode = \"off\"",
        WINDOW_MS / 1_000,
        OPEN_MS / 1_000
    );
    Scene { bed: Bed::with(kind, Era::Modern, &more, answer).expect("both start"), trouble }
}

/// How often each outcome came, and the longest time that one took.
#[derive(Debug, Default)]
struct Tally {
    kinds: BTreeMap<String, usize>,
    longest: Duration,
    /// Longest `retryAfterMs`.
    retry_after: u64,
}

impl Tally {
    fn of(&self, kind: &str) -> usize {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    fn add(&mut self, other: Self) {
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        self.longest = self.longest.max(other.longest);
        self.retry_after = self.retry_after.max(other.retry_after);
    }
}

impl Scene {
    fn set(&self, trouble: Trouble) {
        let at = ALL.iter().position(|one| *one == trouble).unwrap_or_default();
        self.trouble.store(at, Ordering::SeqCst);
    }

    fn call(&self) -> client::Call {
        self.bed.modern("tools/call", "1", "a__echo", r#""name":"a__echo","arguments":{}"#, "")
    }

    /// All clients call on and on for a while.
    async fn press(&self, lasts: Duration) -> Result<Tally> {
        let until = Instant::now() + lasts;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (address, call) = (self.bed.host.address(), self.call());
            clients.spawn(async move {
                let mut tally = Tally::default();
                while Instant::now() < until {
                    let start = Instant::now();
                    let reply = client::send(address, &call).await.context("an answer")?.last();
                    tally.longest = tally.longest.max(start.elapsed());
                    let data = &reply["error"]["data"];
                    let kind = match &reply["result"] {
                        serde_json::Value::Null => data["kind"].as_str().unwrap_or("?"),
                        _ => "well",
                    };
                    *tally.kinds.entry(kind.to_owned()).or_default() += 1;
                    tally.retry_after = tally.retry_after.max(data["retryAfterMs"].as_u64().unwrap_or(0));
                    // As a client would: not as fast as it can.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(tally)
            });
        }
        let mut all = Tally::default();
        for outcome in clients.join_all().await {
            let tally: Result<Tally> = outcome;
            all.add(tally?);
        }
        Ok(all)
    }

    fn calls(&self) -> usize {
        self.bed.upstream.seen("/").iter().filter(|seen| seen.rpc == "tools/call").count()
    }

    fn lines(&self, outcome: &str) -> usize {
        let wanted = format!(r#""outcome":"{outcome}""#);
        self.bed.host.records().iter().filter(|line| line.contains(&wanted)).count()
    }

    /// One trouble, and what comes after it.
    async fn trouble(&self, trouble: Trouble, kind: &str) {
        // What went well before has left the window.
        tokio::time::sleep(Duration::from_millis(WINDOW_MS + 200)).await;
        self.set(trouble);
        let (calls, opened, closed) =
            (self.calls(), self.lines("breaker_opened"), self.lines("breaker_closed"));
        let tally = self.press(LASTS).await.expect("answers");
        let asked = self.calls() - calls;
        assert!(tally.of(kind) >= LEAST / 2, "{trouble:?}: {tally:?}");
        assert!(tally.of("circuit_open") > tally.of(kind), "{trouble:?}: {tally:?}");
        assert!(tally.longest < Duration::from_millis(FIRST_BYTE_MS) + SLACK, "{trouble:?}: {tally:?}");
        assert!((1..=OPEN_MS).contains(&tally.retry_after), "{trouble:?}: {tally:?}");
        // All clients may be under way when it opens; then there are trials. One that loses half of its calls may pass
        // them, and has to be found out anew.
        let openings = LASTS.as_millis() as usize / OPEN_MS as usize + 1;
        let again = if trouble == Trouble::Half { LEAST + CLIENTS } else { TRIALS };
        let most = LEAST + CLIENTS + openings * again;
        assert!(asked <= most, "{trouble:?}: {asked} calls at the upstream, at most {most}: {tally:?}");
        assert!(self.lines("breaker_opened") > opened, "{trouble:?}: {tally:?}");
        self.set(Trouble::None);
        // Until a trial that is still under way has failed, and the breaker has been open once more.
        self.press(Duration::from_millis(OPEN_MS + FIRST_BYTE_MS + 500)).await.expect("answers");
        let well = self.press(Duration::from_millis(500)).await.expect("answers");
        // A busy machine may be late now and then; refused is nobody any more.
        assert!(well.of("well") > 10 * well.of("deadline"), "after {trouble:?}: {well:?}");
        assert_eq!(well.of("circuit_open"), 0, "after {trouble:?}: {well:?}");
        assert!(self.lines("breaker_closed") > closed, "after {trouble:?}");
    }
}

async fn all(scene: &Scene) {
    scene.trouble(Trouble::Down, "unreachable").await;
    scene.trouble(Trouble::Slow, "deadline").await;
    scene.trouble(Trouble::Half, "status").await;
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test);
}

#[test]
fn in_process() {
    let scene = start(Kind::InProcess);
    run(async {
        scene.press(Duration::from_millis(500)).await.expect("answers");
        all(&scene).await;
    });
}

#[test]
fn workerd() {
    let scene = start(Kind::Workerd);
    run(async {
        let mut memory = Vec::new();
        scene.press(Duration::from_millis(500)).await.expect("answers");
        for _ in 0..ROUNDS {
            all(&scene).await;
            memory.push(scene.bed.host.memory().expect("workerd is a process"));
        }
        println!(
            "memory after each round, in MiB: {:?}",
            memory.iter().map(|all| all >> 20).collect::<Vec<_>>()
        );
        let (second, last) = (memory[1], memory[ROUNDS - 1]);
        assert!(last < second + GROWTH, "{memory:?}");
    });
}
