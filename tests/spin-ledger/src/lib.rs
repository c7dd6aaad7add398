//! The storage of accounts and the meetings of `edge/spin` as a component of its own, so that tests reach them without a
//! gateway, and the calls of `spin:redis` and `spin:sqlite` one by one, so that they see what the host makes of them.

mod calls;
#[path = "../../../edge/spin/src/ledger/mod.rs"]
pub mod ledger;
mod meetings;
#[path = "../../../edge/spin/src/rendezvous/mod.rs"]
pub mod rendezvous;

use ledger::{Fault, Store};
use postern::platform::{Clock, Random};
use spin_sdk::http::{Request, Response, StatusCode};
use spin_sdk::{time, variables, wasip3};
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The clock and random numbers of the host's.
struct Here;

impl Clock for Here {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static {
        time::sleep(Duration::from_millis(u64::from(ms)))
    }
}

impl Random for Here {
    fn fill(&self, out: &mut [u8]) {
        let bytes = wasip3::random::random::get_random_bytes(out.len() as u64);
        for (to, from) in out.iter_mut().zip(bytes) {
            *to = from;
        }
    }
}

/// The parameters of a page. `+` is a space.
struct Query(Vec<(String, String)>);

impl Query {
    fn of(request: &Request) -> Self {
        let pairs = request.uri().query().unwrap_or_default().split('&');
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.replace('+', " "))).collect())
    }

    fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> T {
        self.text(name).parse().unwrap_or(default)
    }
}

/// A status and what is said.
type Page = (u16, String);

/// Answers a page.
#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<String> {
    let query = Query::of(&request);
    let (status, text) = match request.uri().path() {
        "/add" => add(&query).await,
        "/count" => count(&query).await,
        "/held" => held(&query).await,
        "/post" => meetings::post(&query).await,
        "/wait" => meetings::wait(&query).await,
        "/redis/open" => calls::open_redis(query.text("address")).await,
        "/redis/commands" => calls::redis_commands(query.text("address")).await,
        "/sqlite/open" => calls::open_sqlite(query.text("name")).await,
        "/sqlite/execute" => calls::execute(query.text("statement")).await,
        "/healthz" => (200, String::new()),
        _ => (404, String::new()),
    };
    let mut response = Response::new(text);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// One more under `key`, up to `limit`: the count, or 429. 504 is a fault by the deadline, 502 any other.
async fn add(query: &Query) -> Page {
    let (limit, keep_ms) = (query.number("limit", u64::MAX), query.number("keep", 3_600_000));
    let step = |value: Option<&[u8]>| {
        let count = number(value);
        if count >= limit {
            return (None, None);
        }
        let more = count.saturating_add(1);
        (Some(more), Some((more.to_be_bytes().to_vec(), keep_ms)))
    };
    match changed(query, step).await {
        Ok(Some(count)) => (200, count.to_string()),
        Ok(None) => (429, String::new()),
        Err(page) => page,
    }
}

/// The count under `key`.
async fn count(query: &Query) -> Page {
    match changed(query, |value| (number(value), None)).await {
        Ok(count) => (200, count.to_string()),
        Err(page) => page,
    }
}

/// A change of `key`.
async fn changed<T>(
    query: &Query,
    step: impl FnMut(Option<&[u8]>) -> (T, Option<(Vec<u8>, u64)>),
) -> Result<T, Page> {
    let changed = store().await?.change(&Here, query.text("key"), query.number("deadline", 250), step).await;
    changed.map_err(|fault| (if fault == Fault::Late { 504 } else { 502 }, fault.to_string()))
}

async fn store() -> Result<Rc<Store>, Page> {
    match ledger::store(async { variables::get("postern_ledger").await.ok() }).await {
        Ok(Some(store)) => Ok(store),
        Ok(None) => Err((404, "there is no ledger".to_owned())),
        Err(error) => Err((500, error)),
    }
}

/// What lies under `key`, with its version.
async fn held(query: &Query) -> Page {
    let store = match store().await {
        Ok(store) => store,
        Err(page) => return page,
    };
    match store.load(&Here, query.text("key")).await {
        Ok(Some((value, version))) => (200, format!("{} {version}", number(Some(&value)))),
        Ok(None) => (200, "absent".to_owned()),
        Err(error) => (502, error),
    }
}

fn number(value: Option<&[u8]>) -> u64 {
    value.and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
