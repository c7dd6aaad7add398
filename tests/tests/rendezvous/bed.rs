//! The hosts with meetings, and how they are asked.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use postern_tests::client::Reply;
use postern_tests::ledger::{Ledger, folder};
use postern_tests::meetings::Meetings;
use postern_tests::redis::{Durable, Redis};
use postern_tests::spin::Instances;

/// Longer than any test waits for what is to come.
pub const LONG_MS: u32 = 30_000;

/// What answers pages.
pub enum Pages {
    Spin(Ledger),
    Workerd(Meetings),
}

/// A host with meetings.
pub struct Bed {
    pages: Option<Arc<Pages>>,
    pub redis: Option<Redis>,
    instances: Instances,
    folder: PathBuf,
}

/// A host that a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Redis(Instances),
    Sqlite(Instances),
    Workerd,
}

impl Bed {
    pub fn new(on: On, name: &str) -> Self {
        let folder = folder(&format!("meeting-{name}-{on:?}").replace(['(', ')'], "-")).expect("a folder");
        let mut bed = Self { pages: None, redis: None, instances: Instances::Shared, folder };
        match on {
            On::Redis(instances) => {
                bed.redis = Some(Redis::start(Durable::Yes).expect("a Redis server"));
                bed.instances = instances;
            }
            On::Sqlite(instances) => bed.instances = instances,
            On::Workerd => {
                let meetings = Meetings::start(&bed.folder).expect("workerd");
                bed.pages = Some(Arc::new(Pages::Workerd(meetings)));
                return bed;
            }
        }
        bed.start_spin();
        bed
    }

    pub fn start_spin(&mut self) {
        let redis = self.redis.as_ref().map_or("redis://127.0.0.1:1".to_owned(), Redis::url);
        let place = if self.redis.is_some() { &redis } else { "sqlite:default" };
        let ledger = Ledger::start(place, &redis, &self.folder, self.instances).expect("the component");
        self.pages = Some(Arc::new(Pages::Spin(ledger)));
    }

    /// Kills the host and starts it again.
    pub fn restart(&mut self) {
        let pages = self.pages.take().map(Arc::try_unwrap).expect("a running host");
        let Ok(pages) = pages else { panic!("a request is still open") };
        match pages {
            Pages::Workerd(mut meetings) => {
                meetings.start_again().expect("workerd");
                self.pages = Some(Arc::new(Pages::Workerd(meetings)));
            }
            Pages::Spin(ledger) => {
                drop(ledger);
                self.start_spin();
            }
        }
    }

    pub fn pages(&self) -> Arc<Pages> {
        Arc::clone(self.pages.as_ref().expect("a running host"))
    }

    pub fn server(&mut self) -> &mut Redis {
        self.redis.as_mut().expect("a test with Redis")
    }

    /// One page of one isolate: status and text.
    pub async fn get(&self, isolate: usize, page: &str) -> (u16, String) {
        get(&self.pages(), isolate, page).await
    }

    pub async fn post(&self, id: u32, text: &str) {
        assert_eq!(self.get(1, &format!("/post?id={id}&text={text}")).await, (200, String::new()));
    }

    /// Begins a wait, which others run beside.
    pub fn waits(&self, id: u32, after: u64) -> tokio::task::JoinHandle<(u16, String)> {
        let page = format!("/wait?id={id}&after={after}&deadline={LONG_MS}");
        let pages = self.pages();
        tokio::spawn(async move { get(&pages, 0, &page).await })
    }

    /// How many messages are kept, and how many requests wait, where that can be seen.
    pub async fn holds(&self, id: u32) -> (Option<usize>, usize) {
        let number = |text: &str| text.trim().parse::<usize>().ok();
        if let Some(redis) = &self.redis {
            let keys = redis.ask("DBSIZE").expect("an answer");
            let clients = redis.ask("CLIENT LIST").expect("an answer");
            let keys = keys.lines().find_map(|line| number(line.strip_prefix(':')?));
            return (keys, clients.matches("cmd=xread").count());
        }
        if let Pages::Spin(_) = *self.pages() {
            let (_, text) =
                self.get(0, "/sqlite/execute?statement=SELECT+COUNT(*)+FROM+postern_meetings").await;
            let rows = text.split("Integer(").nth(1).and_then(|rest| number(rest.split(')').next()?));
            return (rows, 0);
        }
        let (_, text) = self.get(0, &format!("/holds?id={id}")).await;
        let (waits, messages) = text.split_once(" waits, ").expect("what it holds");
        (messages.split(' ').next().and_then(number), number(waits).expect("a number"))
    }

    pub fn end(self) {
        let noise = match *self.pages() {
            Pages::Spin(ref ledger) => ledger.noise(),
            Pages::Workerd(ref meetings) => meetings.noise(),
        };
        assert_eq!(noise, [""; 0]);
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.pages = None;
        // Best effort: the folder lies among temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub async fn get(pages: &Pages, isolate: usize, page: &str) -> (u16, String) {
    let reply: Reply = match pages {
        Pages::Spin(ledger) => ledger.get(page).await,
        Pages::Workerd(meetings) => meetings.get(isolate, page).await,
    }
    .expect("an answer");
    (reply.status, reply.text())
}

/// The turn and the message of a page.
pub fn told(page: (u16, String)) -> (u64, String) {
    assert_eq!(page.0, 200, "{}", page.1);
    let (turn, message) = page.1.split_once(' ').expect("a turn and a message");
    (turn.parse().expect("a turn"), message.to_owned())
}

pub async fn pause(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
