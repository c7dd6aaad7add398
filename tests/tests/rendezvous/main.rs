//! Meetings on each host, in a real Redis, in SQLite and in real objects: what was posted is told, in order, to whoever
//! waits in whichever instance, whatever broke in between; every wait ends; and what nobody fetches vanishes.

mod bed;

use std::time::{Duration, Instant};

use bed::{Bed, LONG_MS, On, Pages, get, pause, told};
use postern_tests::spin::Instances;
use tokio::task::JoinSet;

/// How much later than it should an answer may come on a busy machine.
const LEEWAY: Duration = Duration::from_millis(2_000);

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

/// All that holds on each host.
fn all_holds(on: On) {
    let mut bed = Bed::new(on, "all");
    run(async {
        first_comes_first(&bed).await;
        whoever_waits_is_told_at_once(&bed).await;
        a_wait_that_was_left_takes_nothing_with_it(&bed).await;
        many_meet_at_once(&bed).await;
        what_nobody_fetches_vanishes(&bed).await;
        so_much_and_no_more(&bed).await;
        one_takes_the_place_of_another(&bed).await;
        bed.post(900, "kept").await;
    });
    bed.restart();
    run(async {
        assert_eq!(told(bed.get(0, "/wait?id=900").await).1, "kept");
    });
    bed.end();
}

async fn first_comes_first(bed: &Bed) {
    let start = Instant::now();
    assert_eq!(bed.get(0, "/wait?id=100&deadline=300").await, (404, String::new()));
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(290) && took < LEEWAY, "{took:?}");
    for text in ["a", "b", "c"] {
        bed.post(100, text).await;
    }
    bed.post(101, "another").await;
    let mut after = 0;
    for expected in ["a", "b", "c"] {
        let (turn, message) = told(bed.get(0, &format!("/wait?id=100&after={after}")).await);
        assert_eq!(message, expected);
        assert!(turn > after);
        after = turn;
    }
    assert_eq!(bed.get(0, &format!("/wait?id=100&after={after}")).await.0, 404);
    // Nothing was taken away.
    assert_eq!(told(bed.get(1, "/wait?id=100").await).1, "a");
}

async fn whoever_waits_is_told_at_once(bed: &Bed) {
    let (one, two, other) = (bed.waits(200, 0), bed.waits(200, 0), bed.waits(201, 0));
    pause(300).await;
    bed.post(200, "a").await;
    let start = Instant::now();
    let (one, two) = (told(one.await.expect("no panic")), told(two.await.expect("no panic")));
    assert!(start.elapsed() < LEEWAY, "{:?}", start.elapsed());
    assert_eq!(one, two);
    assert_eq!(one.1, "a");
    // The next answer to the same request.
    let next = bed.waits(200, one.0);
    pause(100).await;
    assert!(!other.is_finished() && !next.is_finished());
    bed.post(200, "b").await;
    bed.post(201, "c").await;
    assert_eq!(told(next.await.expect("no panic")).1, "b");
    assert_eq!(told(other.await.expect("no panic")).1, "c");
}

/// By its client, of which a host is told late or never, and by its deadline.
async fn a_wait_that_was_left_takes_nothing_with_it(bed: &Bed) {
    let left = bed.waits(300, 0);
    pause(300).await;
    left.abort();
    assert_eq!(bed.get(0, "/wait?id=300&deadline=200").await.0, 404);
    bed.post(300, "a").await;
    assert_eq!(told(bed.get(0, "/wait?id=300").await).1, "a");
    // On Spin nobody is told of a client that leaves: such a wait ends with its message here, else with its deadline.
    let start = Instant::now();
    while bed.holds(300).await.1 > 0 {
        assert!(start.elapsed() < LEEWAY, "somebody still waits");
        pause(20).await;
    }
}

async fn many_meet_at_once(bed: &Bed) {
    let (mut waits, mut posts) = (JoinSet::new(), JoinSet::new());
    for id in 400..440_u32 {
        let (waiter, poster) = (bed.pages(), bed.pages());
        waits.spawn(async move {
            let page = format!("/wait?id={id}&deadline={LONG_MS}");
            (id, told(get(&waiter, 0, &page).await).1)
        });
        posts.spawn(async move {
            // Some come first, and some later.
            pause(u64::from(id % 7) * 40).await;
            get(&poster, 1, &format!("/post?id={id}&text=for-{id}")).await
        });
    }
    assert!(posts.join_all().await.iter().all(|page| page.0 == 200));
    for (id, message) in waits.join_all().await {
        assert_eq!(message, format!("for-{id}"));
    }
}

async fn what_nobody_fetches_vanishes(bed: &Bed) {
    let before = bed.holds(500).await.0.expect("a number");
    for text in ["a", "b"] {
        assert_eq!(bed.get(0, &format!("/post?id=500&text={text}&keep=400")).await.0, 200);
    }
    let turn = told(bed.get(0, "/wait?id=500").await).0;
    assert!(bed.holds(500).await.0 > Some(before));
    pause(600).await;
    assert_eq!(bed.get(0, "/wait?id=500").await.0, 404);
    assert_eq!(bed.holds(500).await.0, Some(before));
    // What comes later has a later turn all the same.
    bed.post(500, "c").await;
    assert_eq!(told(bed.get(0, &format!("/wait?id=500&after={turn}")).await).1, "c");
}

async fn so_much_and_no_more(bed: &Bed) {
    let large = 1024 * 1024;
    assert_eq!(bed.get(0, &format!("/post?id=600&size={large}")).await.0, 200);
    let (_, message) = told(bed.get(0, &format!("/wait?id=600&deadline={LONG_MS}")).await);
    assert_eq!(message.len(), large);
    for _ in 1..32 {
        bed.post(600, "a").await;
    }
    assert_eq!(bed.get(0, "/post?id=600&text=a").await.0, 409);
    bed.post(601, "a").await;
    if let Pages::Spin(_) = *bed.pages() {
        assert_eq!(bed.get(0, &format!("/post?id=602&size={}", large + 1)).await.0, 409);
    }
}

async fn one_takes_the_place_of_another(bed: &Bed) {
    let page = |text: &str, turn: u64| format!("/post?id=700&text={text}&instead={turn}");
    assert_eq!(bed.get(0, &page("a", 0)).await.0, 200);
    let before = bed.holds(700).await.0;
    assert_eq!(bed.get(1, &page("b", 0)).await.0, 409);
    let (turn, message) = told(bed.get(1, "/wait?id=700").await);
    assert_eq!(message, "a");
    let next = bed.waits(700, turn);
    pause(100).await;
    assert_eq!(bed.get(1, &page("b", turn)).await.0, 200);
    assert_eq!(bed.get(0, &page("c", turn)).await.0, 409);
    let (later, message) = told(next.await.expect("no panic"));
    assert_eq!(message, "b");
    assert!(later > turn);
    // The first is gone.
    assert_eq!(told(bed.get(0, "/wait?id=700").await), (later, "b".to_owned()));
    assert_eq!(bed.holds(700).await.0, before);
    // Ten who each add a letter to what is there: none of them is lost.
    let mut adds = JoinSet::new();
    for letter in 'a'..='j' {
        let pages = bed.pages();
        adds.spawn(async move {
            let (mut turn, mut text) = (0, String::new());
            while get(&pages, 0, &format!("/post?id=701&text={text}{letter}&instead={turn}")).await.0 != 200 {
                (turn, text) = told(get(&pages, 1, &format!("/wait?id=701&after={turn}")).await);
            }
        });
    }
    adds.join_all().await;
    let mut letters: Vec<char> = told(bed.get(0, "/wait?id=701").await).1.chars().collect();
    letters.sort_unstable();
    assert_eq!(letters.into_iter().collect::<String>(), "abcdefghij");
    // A meeting that was over has nothing in it.
    assert_eq!(bed.get(0, "/post?id=702&text=a&instead=0&keep=300").await.0, 200);
    pause(500).await;
    assert_eq!(bed.get(0, "/post?id=702&text=b&instead=0").await.0, 200);
}

#[test]
fn redis_keeps_the_contract() {
    all_holds(On::Redis(Instances::Shared));
}

#[test]
fn redis_keeps_the_contract_for_fresh_instances() {
    all_holds(On::Redis(Instances::Fresh));
}

#[test]
fn sqlite_keeps_the_contract() {
    all_holds(On::Sqlite(Instances::Shared));
}

#[test]
fn sqlite_keeps_the_contract_for_fresh_instances() {
    all_holds(On::Sqlite(Instances::Fresh));
}

#[test]
fn objects_keep_the_contract() {
    all_holds(On::Workerd);
}

/// A wait that is dropped half-way.
fn ends_with_its_asker(on: On) {
    let bed = Bed::new(on, "left");
    run(async {
        let pages = bed.pages();
        let page = format!("/wait?id=1&deadline={LONG_MS}&left=900");
        let left = tokio::spawn(async move { get(&pages, 1, &page).await });
        pause(400).await;
        assert_eq!(bed.holds(1).await, (Some(0), 1));
        assert_eq!(left.await.expect("no panic"), (502, String::new()));
        let start = Instant::now();
        while bed.holds(1).await.1 > 0 {
            assert!(start.elapsed() < LEEWAY, "the place was not told");
            pause(20).await;
        }
        bed.post(1, "a").await;
        assert_eq!(told(bed.get(1, "/wait?id=1").await).1, "a");
    });
    bed.end();
}

#[test]
fn redis_is_told_that_an_asker_left() {
    ends_with_its_asker(On::Redis(Instances::Shared));
}

#[test]
fn an_object_is_told_that_its_asker_left() {
    ends_with_its_asker(On::Workerd);
}

#[test]
fn a_wait_outlives_a_redis_that_comes_and_goes() {
    let mut bed = Bed::new(On::Redis(Instances::Shared), "gone");
    let pages = bed.pages();
    let page = format!("/wait?id=1&deadline={LONG_MS}");
    let wait = std::thread::spawn(move || run(get(&pages, 0, &page)));
    std::thread::sleep(Duration::from_millis(300));
    bed.server().kill();
    let (status, text) = run(bed.get(0, "/post?id=1&text=a"));
    assert!(status == 502 && text.contains("Connection refused"), "{status} {text}");
    let (status, text) = run(bed.get(0, "/wait?id=2&deadline=400"));
    assert!(status == 404 && text.contains("Connection refused"), "{status} {text}");
    bed.server().start_again().expect("the same port");
    run(bed.post(1, "b"));
    assert_eq!(told(wait.join().expect("no panic")).1, "b");
    bed.end();
}

#[test]
fn a_redis_that_does_not_answer_holds_nobody_up() {
    let bed = Bed::new(On::Redis(Instances::Shared), "silent");
    bed.redis.as_ref().expect("a server").pause().expect("it runs");
    let start = Instant::now();
    assert_eq!(run(bed.get(0, "/wait?id=1&deadline=300")).0, 404);
    assert!(start.elapsed() < LEEWAY, "{:?}", start.elapsed());
    assert_eq!(run(bed.get(0, "/post?id=1&text=a")).0, 504);
    assert!(start.elapsed() < 2 * LEEWAY + Duration::from_secs(1), "{:?}", start.elapsed());
    bed.redis.as_ref().expect("a server").resume().expect("it runs");
    run(bed.post(2, "a"));
    assert_eq!(told(run(bed.get(0, "/wait?id=2"))).1, "a");
    bed.end();
}
