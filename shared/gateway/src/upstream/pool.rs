//! What an isolate keeps of sessions: a bounded cache that may vanish at any time.

use super::Sealed;
use super::flight::Flights;
use super::link::Link;
use crate::limits;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// No capabilities.
pub(super) const NONE: &str = "{}";

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The link's number.
    pub link: usize,
    pub principal: [u8; 32],
    /// Of the capabilities that were declared in it; zero of none.
    pub capabilities: [u8; 8],
}

impl Key {
    /// `capabilities`: raw JSON object.
    pub(super) fn new(link: usize, principal: [u8; 32], capabilities: &str) -> Self {
        let mut digest = [0; 8];
        if capabilities != NONE {
            let hash = Sha256::digest(capabilities);
            digest.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        }
        Self { link, principal, capabilities: digest }
    }
}

/// The sessions that the gateway opened for itself, over all upstreams and principals; never shared between
/// principals.
pub(super) struct Pool {
    entries: RefCell<HashMap<Key, Pooled>>,
    pub(super) flights: Flights<Key>,
}

struct Pooled {
    session: Sealed,
    link: Weak<Link>,
    /// When it was last used, in Unix ms.
    used: u64,
}

/// A session that is kept no longer and should be closed at its upstream.
pub(super) type Retired = (Rc<Link>, Sealed);

impl Pool {
    pub(super) fn new() -> Self {
        Self { entries: RefCell::new(HashMap::new()), flights: Flights::new() }
    }

    /// The session under `key`, used now, unless it has been idle so long that the upstream may have dropped it.
    pub(super) fn get(&self, key: Key, idle_ms: u64, now: u64) -> Option<Sealed> {
        let mut entries = self.entries.borrow_mut();
        let entry = entries.get_mut(&key)?;
        if now.saturating_sub(entry.used) > idle_ms {
            return None;
        }
        entry.used = entry.used.max(now);
        Some(entry.session.clone())
    }

    /// Keeps `session`; what has to make room for it is given back.
    pub(super) fn keep(&self, key: Key, link: &Rc<Link>, session: Sealed, now: u64) -> Option<Retired> {
        let mut entries = self.entries.borrow_mut();
        let entry = Pooled { session, link: Rc::downgrade(link), used: now };
        if let Some(old) = entries.insert(key, entry) {
            return old.retire();
        }
        if entries.len() <= limits::POOLED_SESSIONS {
            return None;
        }
        let oldest = entries.iter().filter(|(other, _)| **other != key).min_by_key(|(_, entry)| entry.used);
        let oldest = oldest.map(|(key, _)| *key)?;
        entries.remove(&oldest)?.retire()
    }

    /// Keeps `session` until `until` (Unix ms) whatever comes, if it is still there: a question was asked in it.
    pub(super) fn hold(&self, session: &Sealed, until: u64) {
        for entry in self.entries.borrow_mut().values_mut().filter(|entry| entry.session == *session) {
            entry.used = entry.used.max(until);
        }
    }

    /// Forgets `session`, unless another has taken its place.
    pub(super) fn lose(&self, key: Key, session: &Sealed) {
        let mut entries = self.entries.borrow_mut();
        if entries.get(&key).is_some_and(|entry| entry.session == *session) {
            entries.remove(&key);
        }
    }
}

impl Pooled {
    fn retire(self) -> Option<Retired> {
        Some((self.link.upgrade()?, self.session))
    }
}

/// Counts the sessions opened for clients, per principal and minute.
pub(super) struct Openings(RefCell<HashMap<[u8; 32], (u64, u32)>>);

/// The window, in ms.
const WINDOW_MS: u64 = 60_000;

impl Openings {
    pub(super) fn new() -> Self {
        Self(RefCell::new(HashMap::new()))
    }

    /// Counts one more, unless `per_minute` were opened in this principal's minute.
    pub(super) fn admit(&self, principal: [u8; 32], per_minute: u32, now: u64) -> bool {
        let mut windows = self.0.borrow_mut();
        if windows.len() >= limits::POOLED_SESSIONS {
            windows.retain(|_, (start, _)| now.saturating_sub(*start) < WINDOW_MS);
            if windows.len() >= limits::POOLED_SESSIONS {
                return false;
            }
        }
        let (start, count) = windows.entry(principal).or_insert((now, 0));
        if now.saturating_sub(*start) >= WINDOW_MS {
            (*start, *count) = (now, 0);
        }
        let admitted = *count < per_minute;
        *count += u32::from(admitted);
        admitted
    }
}
