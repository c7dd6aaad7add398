//! Meetings where accounts are: messages that requests of any instance leave for one that waits. Redis tells when one
//! comes; SQLite is looked at again and again. Nothing is taken away by reading, so that a connection that breaks, or a
//! wait that is dropped, loses nothing; what is left there has an end.

// Without a place the rest has nothing to do.
#![cfg_attr(not(any(feature = "redis", feature = "sqlite")), allow(unused))]

#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;

use crate::ledger::{Fault, Store};
use postern::limits;
use postern::platform::{Clock, Meeting, Posted};
use postern::within::within;

/// How much longer than it was told to a place may wait.
const LEEWAY_MS: u32 = 2_000;

/// What each place is able to do.
trait Meetings {
    /// The first message behind the turn `after`: now, or within `ms` where the place can wait.
    async fn look(
        &self,
        on: &impl Clock,
        meeting: Meeting,
        after: u64,
        ms: u32,
    ) -> Result<Option<Posted>, String>;
    /// Leaves a message for so many ms, unless there are too many; or in the place of all, if the last has that turn.
    async fn post(
        &self,
        on: &impl Clock,
        meeting: Meeting,
        message: &[u8],
        keep: (u32, Option<u64>),
    ) -> Result<bool, String>;
    /// Deletes what is over, where the place does not.
    async fn sweep(&self, on: &impl Clock);
    /// How long to pause after a look that found nothing, by how long the wait has lasted.
    fn pause_ms(&self, waited_ms: u64) -> u32;
}

/// As `Rendezvous::wait`. `trouble` is told the first fault, for the operator.
pub async fn wait(
    store: &Store,
    on: &impl Clock,
    (meeting, after): (Meeting, u64),
    deadline_ms: u32,
    trouble: impl FnOnce(String),
) -> Option<Posted> {
    let start_ms = on.now_ms();
    let mut trouble = Some(trouble);
    let looks = async {
        Meetings::sweep(store, on).await;
        loop {
            let ms = deadline_ms.min(limits::MEETING_LOOK_MS);
            let look = Meetings::look(store, on, meeting, after, ms);
            let fault = match within(on, ms.saturating_add(LEEWAY_MS), look).await {
                Some(Ok(Some(posted))) => return posted,
                Some(Ok(None)) => {
                    on.sleep(store.pause_ms(on.now_ms().saturating_sub(start_ms))).await;
                    continue;
                }
                Some(Err(why)) => Fault::Broken(why),
                None => Fault::Late,
            };
            if let Some(trouble) = trouble.take() {
                trouble(fault.to_string());
            }
            on.sleep(limits::MEETING_PAUSE_MS).await;
        }
    };
    within(on, deadline_ms, looks).await
}

/// As `Rendezvous::post`.
///
/// # Errors
/// The store failed, or did not answer in time.
pub async fn post(
    store: &Store,
    on: &impl Clock,
    meeting: Meeting,
    message: &[u8],
    (keep_ms, instead_of): (u32, Option<u64>),
) -> Result<bool, Fault> {
    if message.len() > limits::MEETING_BYTES {
        return Ok(false);
    }
    let post = Meetings::post(store, on, meeting, message, (keep_ms.max(1), instead_of));
    within(on, limits::MEETING_POST_MS, post).await.ok_or(Fault::Late)?.map_err(Fault::Broken)
}

impl Meetings for Store {
    async fn look(
        &self,
        on: &impl Clock,
        meeting: Meeting,
        after: u64,
        ms: u32,
    ) -> Result<Option<Posted>, String> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref redis) => redis.look(on, meeting, after, ms).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ref sqlite) => sqlite.look(on, meeting, after, ms).await,
        }
    }

    async fn post(
        &self,
        on: &impl Clock,
        meeting: Meeting,
        message: &[u8],
        keep: (u32, Option<u64>),
    ) -> Result<bool, String> {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref redis) => redis.post(on, meeting, message, keep).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ref sqlite) => sqlite.post(on, meeting, message, keep).await,
        }
    }

    async fn sweep(&self, on: &impl Clock) {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref redis) => redis.sweep(on).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ref sqlite) => sqlite.sweep(on).await,
        }
    }

    fn pause_ms(&self, waited_ms: u64) -> u32 {
        match *self {
            #[cfg(feature = "redis")]
            Self::Redis(ref redis) => redis.pause_ms(waited_ms),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(ref sqlite) => sqlite.pause_ms(waited_ms),
        }
    }
}
