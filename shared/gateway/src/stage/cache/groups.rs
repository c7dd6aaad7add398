//! The groups that an isolate keeps: questions with equal hard facts, and what they were answered. What is learnt is
//! written behind answers; where the store takes one write of a key in a second, a while later and together.

use super::key::Key;
use super::locker::{Locker, NONCE_BYTES};
use crate::limits;
use crate::platform::Platform;
use postern_semantic::group::{Fresh, Group, MOST_BYTES};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How long what was read is used, before it is read again behind a request, in ms.
const DUE_MS: u64 = 30_000;
/// How long it is used when an upstream is down and it has no answer, in ms: another isolate may have one since.
pub(super) const URGENT_MS: u64 = 1_000;
/// How long somebody who is about to read or to write is believed to do so, in ms.
const CLAIM_MS: u64 = 10_000;
/// A write to a store that is not near waits for at least this long, and up to twice, in ms: isolates that learnt together
/// do not write together.
const PAUSE_MS: u32 = 500;
/// A store that is near is looked at again this long after a write, and up to twice, in ms: who wrote at the same time has
/// read what was there before, and so writes without this.
const LOOK_MS: u32 = 60;
/// How often a group is written until the store is seen to have it.
const WRITES: u32 = 3;
/// Bytes in front of a stored group: the digest of the model that its vectors are of.
const DIGEST_BYTES: usize = 32;

/// Two halves, as in `memory`.
#[derive(Default)]
pub(super) struct Groups {
    young: HashMap<Key, Rc<RefCell<Held>>>,
    old: HashMap<Key, Rc<RefCell<Held>>>,
    /// Bytes of the younger half, by what each weighed last.
    bytes: usize,
}

/// A group in memory.
#[derive(Default)]
pub(super) struct Held {
    pub group: Group,
    /// Of the model that its vectors are of.
    model: Option<[u8; DIGEST_BYTES]>,
    read_ms: u64,
    reading_ms: u64,
    writing_ms: u64,
    weight: usize,
}

impl Held {
    /// Whether its vectors may be compared with those of this model; without any yet they may.
    pub fn is_of(&self, model: &[u8; DIGEST_BYTES]) -> bool {
        self.model.is_none_or(|own| own == *model)
    }

    /// Whether it is to be read again behind a request, by the caller.
    pub fn is_due(&mut self, now_ms: u64) -> bool {
        let due = now_ms.abs_diff(self.read_ms) >= DUE_MS && self.reading_ms <= now_ms;
        if due {
            self.reading_ms = now_ms + CLAIM_MS;
        }
        due
    }

    /// Whether the store may know more by now, for somebody who has nowhere else to go.
    pub const fn is_behind(&self, near: bool, now_ms: u64) -> bool {
        near || now_ms.abs_diff(self.read_ms) >= URGENT_MS
    }

    /// Whether it is to be written, by the caller.
    pub fn may_write(&mut self, now_ms: u64) -> bool {
        let free = self.writing_ms <= now_ms;
        if free {
            self.writing_ms = now_ms + CLAIM_MS;
        }
        free
    }

    /// Takes in an answer. Vectors of another model leave: nothing can be compared with them any more.
    pub fn learn(&mut self, model: Option<&[u8; DIGEST_BYTES]>, mut fresh: Fresh, now_ms: u64) {
        if let (Some(model), Some(_)) = (model, &fresh.vector) {
            if !self.is_of(model) {
                self.group = Group::default();
            }
            self.model = Some(*model);
        }
        // Who fetched it anew did not embed it anew.
        if fresh.vector.is_none() {
            fresh.vector = self.group.vector(&fresh.text).cloned();
        }
        self.group.insert(fresh, now_ms);
    }

    /// Takes in what the store has.
    fn merge(&mut self, model: [u8; DIGEST_BYTES], group: Group, now_ms: u64) {
        self.read_ms = now_ms;
        self.reading_ms = 0;
        let stored = (model != [0; DIGEST_BYTES]).then_some(model);
        match (self.model, stored) {
            // What this isolate has is of the model that it has.
            (Some(own), Some(stored)) if own != stored => {}
            (own, stored) => {
                self.model = own.or(stored);
                self.group.merge(group, now_ms);
            }
        }
    }

    fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = self.model.unwrap_or_default().to_vec();
        bytes.extend(self.group.encode().ok()?);
        Some(bytes)
    }
}

impl Groups {
    pub fn get(&mut self, key: &Key) -> Option<Rc<RefCell<Held>>> {
        if let Some(held) = self.young.get(key) {
            return Some(Rc::clone(held));
        }
        let held = self.old.remove(key)?;
        self.put(*key, Rc::clone(&held));
        Some(held)
    }

    /// The group, an empty one if it is not there.
    pub fn get_or_new(&mut self, key: &Key) -> Rc<RefCell<Held>> {
        self.get(key).unwrap_or_else(|| {
            let held = Rc::<RefCell<Held>>::default();
            self.put(*key, Rc::clone(&held));
            held
        })
    }

    /// Counts what a group weighs by now.
    pub fn weigh(&mut self, key: &Key) {
        let Some(held) = self.young.get(key) else { return };
        let mut held = held.borrow_mut();
        let weight = held.group.bytes();
        self.bytes = self.bytes.saturating_sub(held.weight).saturating_add(weight);
        held.weight = weight;
    }

    fn put(&mut self, key: Key, held: Rc<RefCell<Held>>) {
        if self.young.len() >= limits::CACHE_GROUPS || self.bytes > limits::CACHE_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(held.borrow().weight);
        self.young.insert(key, held);
    }
}

/// Reads the group at `place` into memory. Says of a store that is near whether it has all that was in memory.
pub(super) async fn read<P: Platform>(
    platform: &P,
    locker: &Locker,
    key: &Key,
    place: &str,
    held: &RefCell<Held>,
) -> bool {
    let stored = platform.recall(place).await;
    let stored = stored.and_then(|sealed| open(locker, key, &sealed));
    let now_ms = platform.now_ms();
    let (model, group) = stored.unwrap_or_default();
    let mut held = held.borrow_mut();
    let whole = P::NEAR && group.covers(&held.group);
    held.merge(model, group, now_ms);
    whole
}

/// Writes what is in memory, with what others have written meanwhile.
pub(super) async fn write<P: Platform>(
    platform: &P,
    locker: &Locker,
    key: &Key,
    place: &str,
    held: &RefCell<Held>,
) {
    if !P::NEAR {
        pause(platform, PAUSE_MS).await;
    }
    read(platform, locker, key, place, held).await;
    for _ in 0..WRITES {
        put(platform, locker, key, place, held).await;
        if !P::NEAR {
            return;
        }
        pause(platform, LOOK_MS).await;
        if read(platform, locker, key, place, held).await {
            return;
        }
    }
}

/// Waits for at least so long, and less than twice.
async fn pause<P: Platform>(platform: &P, least_ms: u32) {
    let mut random = [0; 2];
    platform.fill(&mut random);
    platform.sleep(least_ms + u32::from(u16::from_be_bytes(random)) % least_ms).await;
}

/// Writes what is in memory.
async fn put<P: Platform>(platform: &P, locker: &Locker, key: &Key, place: &str, held: &RefCell<Held>) {
    let mut nonce = [0; NONCE_BYTES];
    platform.fill(&mut nonce);
    let now_ms = platform.now_ms();
    let (plain, kept_ms) = {
        let mut held = held.borrow_mut();
        // What is learnt from here on is written by whoever learns it.
        held.writing_ms = 0;
        (held.encode(), held.group.kept_ms())
    };
    let ttl_s = u32::try_from(kept_ms.saturating_sub(now_ms).div_ceil(1_000)).unwrap_or(u32::MAX);
    if ttl_s > 0
        && let Some(sealed) = plain.and_then(|plain| locker.seal(key, nonce, &plain))
    {
        platform.remember(place, sealed, ttl_s).await;
    }
}

fn open(locker: &Locker, key: &Key, sealed: &[u8]) -> Option<([u8; DIGEST_BYTES], Group)> {
    // Before anything is copied.
    if sealed.len() > MOST_BYTES + DIGEST_BYTES + 64 {
        return None;
    }
    let plain = locker.open(key, sealed)?;
    let (model, group) = plain.split_first_chunk::<DIGEST_BYTES>()?;
    Some((*model, Group::decode(group).ok()?))
}
