//! Accounts: one value each, kept where all instances see it, and changed by compare-and-swap alone. A change is load, a
//! pure step, swap; whoever was overtaken loads and steps again. Nothing waits for another request.

// Without a place the rest has nothing to do.
#![cfg_attr(not(any(feature = "redis", feature = "sqlite")), allow(unused))]

#[cfg(any(feature = "redis", feature = "sqlite"))]
mod connection;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(test)]
mod tests;

use postern::platform::{Clock, Random};
use postern::within::within;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::rc::Rc;

/// The variable that says where accounts are kept.
pub const VARIABLE: &str = "POSTERN_LEDGER";
/// The longest pause between two tries.
const LONGEST_PAUSE_MS: u32 = 20;
/// By how much the longest pause grows with each try.
const PAUSE_STEP_MS: u32 = 2;

/// Where accounts are kept. An engine refuses a component if it lacks one import, so that each place is a feature.
pub enum Store {
    /// A Redis or Valkey server.
    #[cfg(feature = "redis")]
    Redis(redis::Redis),
    /// A SQLite database of the host's.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Sqlite),
}

/// Why a change has no outcome. None of these is a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The deadline passed. The change may have been made.
    Late,
    /// The store failed; the text is for the operator. The change may have been made.
    Broken(String),
}

/// A value with its version, which is never 0 and never comes back.
pub type Held = (Vec<u8>, u64);

/// A value to be put in the place of another.
struct Swap<'a> {
    key: &'a str,
    /// The version that must be there; 0 for none.
    expected: u64,
    /// The version of the new value.
    next: u64,
    value: &'a [u8],
    keep_ms: u64,
}

/// What each place is able to do.
trait Accounts {
    /// What is kept, unless it has expired.
    async fn load(&self, on: &impl Clock, key: &str) -> Result<Option<Held>, String>;
    /// Whether the swap was made.
    async fn swap(&self, on: &impl Clock, swap: Swap<'_>) -> Result<bool, String>;
    /// Has the next call open a new connection.
    fn forget(&self);
}

thread_local! {
    /// What the variable says, once it is known. The connection inside is shared by the instance's requests.
    static STORE: RefCell<Option<Option<Rc<Store>>>> = const { RefCell::new(None) };
}

/// The store that `named`, the value of [`VARIABLE`], says; `None` when it says none. Read once in each instance.
///
/// # Errors
/// It says something else; the text is for the operator.
pub async fn store(named: impl Future<Output = Option<String>>) -> Result<Option<Rc<Store>>, String> {
    if let Some(known) = STORE.with_borrow(Clone::clone) {
        return Ok(known);
    }
    let place = named.await.filter(|place| !place.is_empty());
    let said = place.map(|place| Store::new(&place)).transpose()?.map(Rc::new);
    // Another request may have been faster: its connection is the one to share.
    Ok(STORE.with_borrow_mut(|store| store.get_or_insert(said).clone()))
}

impl Store {
    /// A store at `redis://HOST:PORT`, `rediss://HOST:PORT` or `sqlite:NAME`. It is reached for at the first use only.
    ///
    /// # Errors
    /// No such place. The text does not repeat it, because a password may be in it.
    pub fn new(place: &str) -> Result<Self, String> {
        #[cfg(feature = "redis")]
        if place.starts_with("redis://") || place.starts_with("rediss://") {
            return Ok(Self::Redis(redis::Redis::new(place)));
        }
        #[cfg(feature = "sqlite")]
        if let Some(name) = place.strip_prefix("sqlite:").filter(|name| !name.starts_with('/')) {
            return Ok(Self::Sqlite(sqlite::Sqlite::new(if name.is_empty() { "default" } else { name })));
        }
        let _ = place;
        Err(format!("{VARIABLE} names no store that this build has; {PLACES}"))
    }

    /// The value of `key` and its version.
    ///
    /// # Errors
    /// The store failed; the text is for the operator.
    pub async fn load(&self, on: &impl Clock, key: &str) -> Result<Option<Held>, String> {
        Accounts::load(self, on, key).await
    }

    /// Puts `value` in the place of version `expected`, or of nothing (0), and keeps it for `keep_ms`; `false` when
    /// something else is there.
    ///
    /// # Errors
    /// The store failed, and the swap may have been made; the text is for the operator.
    pub async fn swap(
        &self,
        on: &(impl Clock + Random),
        key: &str,
        expected: u64,
        value: &[u8],
        keep_ms: u64,
    ) -> Result<bool, String> {
        let next = version(on);
        Accounts::swap(self, on, Swap { key, expected, next, value, keep_ms }).await
    }

    /// Changes `key` by `step`, which gets the value and answers an outcome, and a new value with the time to keep it
    /// unless nothing changes. It is called again whenever another was faster, so that only the last call counts.
    ///
    /// # Errors
    /// The store failed, or `deadline_ms` passed.
    pub async fn change<T>(
        &self,
        on: &(impl Clock + Random),
        key: &str,
        deadline_ms: u32,
        step: impl FnMut(Option<&[u8]>) -> (T, Option<(Vec<u8>, u64)>),
    ) -> Result<T, Fault> {
        change(self, on, key, deadline_ms, step).await
    }
}

#[cfg(all(feature = "redis", feature = "sqlite"))]
const PLACES: &str = "write redis://HOST:PORT, rediss://HOST:PORT or sqlite:NAME";
#[cfg(all(feature = "redis", not(feature = "sqlite")))]
const PLACES: &str = "write redis://HOST:PORT or rediss://HOST:PORT";
#[cfg(all(feature = "sqlite", not(feature = "redis")))]
const PLACES: &str = "write sqlite:NAME";
#[cfg(not(any(feature = "redis", feature = "sqlite")))]
const PLACES: &str = "build it with the feature `redis` or `sqlite`";

async fn change<T>(
    accounts: &impl Accounts,
    on: &(impl Clock + Random),
    key: &str,
    deadline_ms: u32,
    step: impl FnMut(Option<&[u8]>) -> (T, Option<(Vec<u8>, u64)>),
) -> Result<T, Fault> {
    let answered = Cell::new(false);
    if let Some(outcome) = within(on, deadline_ms, tries(accounts, on, key, &answered, step)).await {
        return outcome;
    }
    // A store that said nothing at all may be at the end of a connection that is dead without knowing it.
    if !answered.get() {
        accounts.forget();
    }
    Err(Fault::Late)
}

/// Tries until a swap is made. An error is forgiven once: a connection breaks when its server starts anew.
async fn tries<T>(
    accounts: &impl Accounts,
    on: &(impl Clock + Random),
    key: &str,
    answered: &Cell<bool>,
    mut step: impl FnMut(Option<&[u8]>) -> (T, Option<(Vec<u8>, u64)>),
) -> Result<T, Fault> {
    let (mut overtaken, mut failed) = (0_u32, false);
    // A swap whose answer was lost: the versions before and after it, and its outcome.
    let mut unsure: Option<(u64, u64, T)> = None;
    loop {
        let held = match accounts.load(on, key).await {
            Ok(held) => held,
            Err(error) if failed => return Err(Fault::Broken(error)),
            Err(_) => {
                failed = true;
                continue;
            }
        };
        answered.set(true);
        let expected = held.as_ref().map_or(0, |(_, version)| *version);
        if let Some((before, after, outcome)) = unsure.take() {
            if expected == after {
                return Ok(outcome);
            }
            // Overtaken: that it was made before cannot be told any more, and nothing may be counted twice.
            if expected != before {
                return Err(Fault::Broken("the answer to a swap was lost".to_owned()));
            }
        }
        let (outcome, new) = step(held.as_ref().map(|(value, _)| value.as_slice()));
        let Some((value, keep_ms)) = new else { return Ok(outcome) };
        let next = version(on);
        match accounts.swap(on, Swap { key, expected, next, value: &value, keep_ms }).await {
            Ok(true) => return Ok(outcome),
            Ok(false) => {
                overtaken = overtaken.saturating_add(1);
                on.sleep(pause_ms(on, overtaken)).await;
            }
            Err(error) if failed => return Err(Fault::Broken(error)),
            Err(_) => {
                failed = true;
                unsure = Some((expected, next, outcome));
            }
        }
    }
}

/// A random version, so that none comes back: not after an expiry, and not when a server has lost its last second. 63
/// bits, because SQLite's integers have a sign.
fn version(on: &impl Random) -> u64 {
    let mut bytes = [0; 8];
    on.fill(&mut bytes);
    (u64::from_be_bytes(bytes) >> 1).max(1)
}

/// Longer for who was overtaken more often, and random so that those who met do not meet again.
fn pause_ms(on: &impl Random, overtaken: u32) -> u32 {
    let mut bytes = [0; 4];
    on.fill(&mut bytes);
    let longest = overtaken.saturating_mul(PAUSE_STEP_MS).min(LONGEST_PAUSE_MS);
    u32::from_be_bytes(bytes) % longest.saturating_add(1)
}

impl Accounts for Store {
    async fn load(&self, on: &impl Clock, key: &str) -> Result<Option<Held>, String> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref redis) => redis.load(on, key).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ref sqlite) => sqlite.load(on, key).await,
        }
    }

    async fn swap(&self, on: &impl Clock, swap: Swap<'_>) -> Result<bool, String> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref redis) => redis.swap(on, swap).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ref sqlite) => sqlite.swap(on, swap).await,
        }
    }

    fn forget(&self) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref redis) => redis.forget(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ref sqlite) => sqlite.forget(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late => text.write_str("the ledger did not answer in time"),
            Self::Broken(why) => write!(text, "the ledger failed: {why}"),
        }
    }
}
