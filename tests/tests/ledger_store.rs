//! Accounts on Spin, in a real Redis and in SQLite: no limit is passed and nothing is lost, however many ask at once,
//! whoever ends in between; and a store that does not answer is a fault within the deadline.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use postern_tests::ledger::{Ledger, folder};
use postern_tests::redis::{Durable, Redis};
use postern_tests::spin::Instances;
use tokio::task::JoinSet;

/// Longer than a busy machine needs: who is late is another test's subject.
const LONG_MS: u32 = 30_000;
/// How much later than its deadline an answer may come on a busy machine.
const LEEWAY: Duration = Duration::from_millis(2_000);
/// A server where nobody listens.
const NOBODY: &str = "redis://127.0.0.1:1";

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

/// Where a test's accounts are, and what is started again in between.
struct Bed {
    place: String,
    redis: Option<Redis>,
    folder: PathBuf,
    instances: Instances,
    ledger: Option<Arc<Ledger>>,
}

impl Bed {
    fn redis(name: &str, instances: Instances) -> Self {
        let redis = Redis::start(Durable::Yes).expect("a Redis server");
        Self::start(name, redis.url(), Some(redis), instances)
    }

    fn sqlite(name: &str, instances: Instances) -> Self {
        Self::start(name, "sqlite:default".to_owned(), None, instances)
    }

    fn start(name: &str, place: String, redis: Option<Redis>, instances: Instances) -> Self {
        let folder = folder(name).expect("a folder");
        let mut bed = Self { place, redis, folder, instances, ledger: None };
        bed.restart();
        bed
    }

    /// Kills the host and starts it again.
    fn restart(&mut self) {
        self.ledger = None;
        let redis = self.redis.as_ref().map_or(NOBODY.to_owned(), Redis::url);
        let ledger = Ledger::start(&self.place, &redis, &self.folder, self.instances).expect("the component");
        self.ledger = Some(Arc::new(ledger));
    }

    fn server(&mut self) -> &mut Redis {
        self.redis.as_mut().expect("a test with Redis")
    }

    fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(self.ledger.as_ref().expect("a running host"))
    }

    /// One page: status and text.
    fn get(&self, page: &str) -> (u16, String) {
        let reply = run(self.ledger().get(page)).expect("an answer");
        (reply.status, reply.text())
    }

    /// Adds one: status and text.
    fn add(&self, key: &str) -> (u16, String) {
        self.get(&format!("/add?key={key}&deadline={LONG_MS}"))
    }

    /// The count that is kept.
    fn count(&self, key: &str) -> u64 {
        let (status, text) = self.get(&format!("/count?key={key}"));
        assert_eq!(status, 200, "{text}");
        text.parse().expect("a number")
    }

    /// So many requests at once, by status. A request that gets no answer, because its host ends, is status 0.
    fn at_once(&self, requests: usize, page: &str) -> BTreeMap<u16, usize> {
        run(by_status(self.ledger(), requests, page.to_owned()))
    }

    /// Neither the host nor the component had anything to say.
    fn end(self) {
        assert_eq!(self.ledger().noise(), [""; 0]);
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.ledger = None;
        // Best effort: the folder lies among temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

async fn by_status(ledger: Arc<Ledger>, requests: usize, page: String) -> BTreeMap<u16, usize> {
    let mut all = JoinSet::new();
    for _ in 0..requests {
        let (ledger, page) = (Arc::clone(&ledger), page.clone());
        all.spawn(async move { ledger.get(&page).await.map_or(0, |reply| reply.status) });
    }
    let mut counted = BTreeMap::new();
    while let Some(status) = all.join_next().await {
        *counted.entry(status.expect("no panic")).or_default() += 1;
    }
    counted
}

/// The same of clients that ask again and again.
async fn by_clients(
    ledger: Arc<Ledger>,
    clients: usize,
    requests: usize,
    page: String,
) -> BTreeMap<u16, usize> {
    let mut all = JoinSet::new();
    for _ in 0..clients {
        let (ledger, page) = (Arc::clone(&ledger), page.clone());
        all.spawn(async move {
            let mut counted: BTreeMap<u16, usize> = BTreeMap::new();
            for _ in 0..requests {
                let status = ledger.get(&page).await.map_or(0, |reply| reply.status);
                *counted.entry(status).or_default() += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            counted
        });
    }
    let mut counted = BTreeMap::new();
    while let Some(one) = all.join_next().await {
        for (status, count) in one.expect("no panic") {
            *counted.entry(status).or_default() += count;
        }
    }
    counted
}

/// 300 at once, of which 100 are allowed; then the host is killed, and what it knew is kept.
fn holds_a_limit(mut bed: Bed) {
    let page = format!("/add?key=hot&limit=100&deadline={LONG_MS}");
    assert_eq!(bed.at_once(300, &page), BTreeMap::from([(200, 100), (429, 200)]));
    bed.restart();
    assert_eq!(bed.at_once(20, &page), BTreeMap::from([(429, 20)]));
    assert_eq!(bed.count("hot"), 100);
    bed.end();
}

/// The host is killed while it counts: what was answered is kept, and nothing else but what was asked for.
fn keeps_what_it_answered(mut bed: Bed) {
    let ledger = bed.ledger();
    let page = format!("/add?key=cut&deadline={LONG_MS}");
    let asking = std::thread::spawn(move || run(by_status(ledger, 200, page)));
    std::thread::sleep(Duration::from_millis(100));
    // The thread's hold would keep the host alive.
    bed.ledger().kill();
    let answered = asking.join().expect("no panic");
    bed.restart();
    let (count, kept) = (bed.count("cut"), answered.get(&200).copied().unwrap_or_default() as u64);
    assert!((kept..=200).contains(&count), "{count} counted, answered {answered:?}");
    assert_eq!(bed.add("cut"), (200, (count + 1).to_string()));
    bed.end();
}

/// What has expired is absent, and its place is taken by a version of its own.
fn forgets_in_time(bed: Bed) {
    let add = |keep: u32| bed.get(&format!("/add?key=short&keep={keep}&deadline={LONG_MS}"));
    assert_eq!(add(300), (200, "1".to_owned()));
    let first = bed.get("/held?key=short");
    // Each change sets the time anew.
    assert_eq!(add(60_000), (200, "2".to_owned()));
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(add(1), (200, "3".to_owned()));
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(bed.get("/held?key=short"), (200, "absent".to_owned()));
    assert_eq!(add(60_000), (200, "1".to_owned()));
    let again = bed.get("/held?key=short");
    assert!(first.1.starts_with("1 ") && again.1.starts_with("1 ") && first != again, "{first:?} {again:?}");
    bed.end();
}

#[test]
fn redis_holds_a_limit() {
    holds_a_limit(Bed::redis("limit-redis", Instances::Shared));
}

#[test]
fn redis_holds_a_limit_of_fresh_instances() {
    holds_a_limit(Bed::redis("limit-redis-fresh", Instances::Fresh));
}

#[test]
fn sqlite_holds_a_limit() {
    holds_a_limit(Bed::sqlite("limit-sqlite", Instances::Shared));
}

#[test]
fn sqlite_holds_a_limit_of_fresh_instances() {
    holds_a_limit(Bed::sqlite("limit-sqlite-fresh", Instances::Fresh));
}

#[test]
fn redis_keeps_what_was_answered() {
    keeps_what_it_answered(Bed::redis("kill-redis", Instances::Shared));
}

#[test]
fn sqlite_keeps_what_was_answered() {
    keeps_what_it_answered(Bed::sqlite("kill-sqlite", Instances::Shared));
}

#[test]
fn redis_forgets_in_time() {
    forgets_in_time(Bed::redis("expiry-redis", Instances::Shared));
}

#[test]
fn sqlite_forgets_in_time() {
    forgets_in_time(Bed::sqlite("expiry-sqlite", Instances::Shared));
}

#[test]
fn a_redis_that_is_gone_is_a_fault_until_it_is_back() {
    for instances in [Instances::Shared, Instances::Fresh] {
        let mut bed = Bed::redis("gone", instances);
        assert_eq!(bed.add("a"), (200, "1".to_owned()));
        bed.server().kill();
        let start = Instant::now();
        let (status, text) = bed.get("/add?key=a");
        assert_eq!(status, 502, "{text}");
        assert!(text.contains("Connection refused"), "{text}");
        assert!(start.elapsed() < LEEWAY, "{:?}", start.elapsed());
        bed.server().start_again().expect("the same port");
        // At once: the old connection costs no fault.
        assert_eq!(bed.add("a"), (200, "2".to_owned()));
        bed.end();
    }
}

#[test]
fn a_connection_that_broke_unseen_costs_no_fault() {
    let mut bed = Bed::redis("broke", Instances::Shared);
    assert_eq!(bed.add("a"), (200, "1".to_owned()));
    bed.server().kill();
    bed.server().start_again().expect("the same port");
    let page = format!("/add?key=a&deadline={LONG_MS}");
    assert_eq!(bed.at_once(10, &page), BTreeMap::from([(200, 10)]));
    assert_eq!(bed.count("a"), 11);
    bed.end();
}

#[test]
fn a_redis_that_does_not_answer_is_a_fault_in_time() {
    let mut bed = Bed::redis("silent", Instances::Shared);
    assert_eq!(bed.add("a"), (200, "1".to_owned()));
    bed.server().pause().expect("it runs");
    // The first is on an old connection, the others on new ones, which are accepted and not answered either.
    for requests in [1, 20, 20] {
        let start = Instant::now();
        assert_eq!(bed.at_once(requests, "/add?key=a"), BTreeMap::from([(504, requests)]));
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(240) && took < LEEWAY, "{took:?}");
    }
    bed.server().resume().expect("it runs");
    let (status, text) = bed.add("a");
    assert_eq!(status, 200, "{text}");
    bed.end();
}

#[test]
fn a_limit_holds_while_redis_comes_and_goes() {
    let mut bed = Bed::redis("storm", Instances::Shared);
    let ledger = bed.ledger();
    let page = format!("/add?key=storm&limit=100&deadline={LONG_MS}");
    let again = page.clone();
    let asking = std::thread::spawn(move || run(by_clients(ledger, 8, 60, again)));
    while !asking.is_finished() {
        std::thread::sleep(Duration::from_millis(60));
        bed.server().kill();
        bed.server().start_again().expect("the same port");
    }
    let answered = asking.join().expect("no panic");
    assert!(answered.keys().all(|status| [200, 429, 502].contains(status)), "{answered:?}");
    let (count, allowed) = (bed.count("storm"), answered.get(&200).copied().unwrap_or_default() as u64);
    assert!(0 < allowed && allowed <= count && count <= 100, "{count} counted, answered {answered:?}");
    // What is left is still there for others.
    let left = usize::try_from(100 - count).expect("a small number");
    assert_eq!(bed.at_once(150, &page).get(&200).copied().unwrap_or_default(), left);
    assert_eq!(bed.count("storm"), 100);
    bed.end();
}

#[test]
fn rows_that_have_expired_are_swept_away() {
    let bed = Bed::sqlite("sweep", Instances::Shared);
    run(async {
        let mut all = JoinSet::new();
        // One swap in 256 sweeps, at random: that none of 4,000 does happens once in six million runs.
        for client in 0..8 {
            let ledger = bed.ledger();
            all.spawn(async move {
                for number in 0..500 {
                    let page = format!("/add?key={client}-{number}&keep=1&deadline={LONG_MS}");
                    assert_eq!(ledger.get(&page).await.expect("an answer").status, 200);
                }
            });
        }
        while let Some(ended) = all.join_next().await {
            ended.expect("no panic");
        }
    });
    let (_, text) = bed.get("/sqlite/execute?statement=SELECT+COUNT(*)+FROM+postern_accounts");
    let rows = text.split("Integer(").nth(1).and_then(|rest| rest.split(')').next()?.parse::<usize>().ok());
    assert!(rows.is_some_and(|rows| rows < 3_900), "{text}");
    bed.end();
}

#[test]
fn a_place_that_is_none_is_named_with_its_reason() {
    let rows = [
        ("redis://127.0.0.1:2", 502, "allowed_outbound_hosts does not list it"),
        ("sqlite:other", 502, "sqlite_databases does not list the database"),
        ("http://db.example", 500, "POSTERN_LEDGER names no store that this build has; write redis://"),
        ("", 404, "there is no ledger"),
    ];
    for (place, status, part) in rows {
        let bed = Bed::start("place", place.to_owned(), None, Instances::Shared);
        for _ in 0..2 {
            let (got, text) = bed.get("/add?key=a");
            assert!(got == status && text.contains(part), "{place}: {got} {text}");
        }
    }
}
