//! Stage `cache`: an answer that a tool has given already is given again, to whom it may be given.
//!
//! It comes after authorization and admission, which run for every call, and after redaction: what is kept is what the
//! agent was allowed to see, under a key of everything that it depends on. Only a [`Clean`] answer can be kept, and only
//! for a [`Slot`], which only this module makes. A doubtful cache is a miss: nothing here fails a call.

pub mod canonical;
mod counts;
mod earned;
mod entry;
mod epochs;
mod groups;
mod key;
mod locker;
mod meaning;
mod memory;
mod models;
pub mod question;
#[cfg(test)]
mod tests;
mod told;

pub use counts::{Counts, Kind};
pub use earned::Earned;
pub use entry::{Entry, Use};
pub use key::{Call, Parts};
pub use locker::Locker;
pub use meaning::{Alike, Meaning, Pending, Score, Wish};
pub use told::{OfBand, State, Told};

use crate::ledger::UNDER_WAY;
use crate::mcp::revisions::Era;
use crate::mcp::seal::Sealer;
use crate::platform::Platform;
use crate::stage::redact::Clean;
use crate::tenant::{Bundle, Caching, Tenant, Tool};
use counts::Book;
use earned::Tools;
use epochs::{Epochs, Look};
use groups::Groups;
use key::Key;
use memory::Memory;
use models::Models;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// How long somebody who is about to fetch a new answer is believed to do so, beyond the time that a call may take, in ms.
const REFRESH_SPARE_MS: u64 = 5_000;

/// A day of UTC, in ms: `today` and the like mean that one.
const DAY_MS: u64 = 86_400_000;

/// The stage. One per configuration.
pub struct Cache {
    lockers: HashMap<String, Rc<Locker>>,
    memory: RefCell<Memory>,
    groups: RefCell<Groups>,
    models: Models,
    tools: Tools,
    epochs: Epochs,
    book: Book,
    since_ms: Cell<u64>,
}

/// The place of one call's answer: the proof that the answer may be kept, if it is one that may.
#[derive(Clone)]
pub struct Slot {
    key: Key,
    locker: Rc<Locker>,
    tenant: Rc<Tenant>,
    tool: Rc<Tool>,
    /// The tool's exposed name.
    name: String,
    /// What it is compared by, where its tool answers by meaning.
    meaning: Option<Rc<Meaning>>,
    /// What was expected before the upstream was asked.
    pending: Option<Rc<Pending>>,
    /// When the day ends that the question means, in Unix ms; never for one that means none.
    ends_ms: u64,
    /// Whether one principal alone gets it again.
    private: bool,
    /// When the upstream is asked, in Unix ms.
    asked_ms: u64,
}

impl Slot {
    /// What the tool's settings say. There is no slot without them.
    fn caching(&self) -> Option<&Caching> {
        self.tool.cache.as_ref()
    }

    /// The same for a call that is made now.
    #[must_use]
    pub fn again(&self, now_ms: u64) -> Self {
        let pending = self.pending.as_ref().map(|pending| Rc::new(pending.again()));
        Self { asked_ms: now_ms, pending, ..self.clone() }
    }

    /// Writes under `key`, sealed, for as long as it may be of use.
    async fn put<P: Platform>(&self, platform: &P, key: &Key, plain: &[u8]) {
        let mut nonce = [0; locker::NONCE_BYTES];
        platform.fill(&mut nonce);
        let (Some(sealed), Some(caching)) = (self.locker.seal(key, nonce, plain), self.caching()) else {
            return;
        };
        let ttl_s = u32::try_from(caching.longest_ms().div_ceil(1_000)).unwrap_or(u32::MAX);
        platform.remember(&self.locker.place(key, &self.name, P::EXPIRES), sealed, ttl_s).await;
    }
}

impl Cache {
    /// With nothing kept. Tenants that keep nothing need no keys.
    #[must_use]
    pub fn new(bundle: &Bundle, sealer: &Sealer) -> Self {
        let keeps = |tenant: &&Rc<Tenant>| {
            tenant.tools.iter().any(|tool| tool.cache.is_some() || !tool.invalidates.is_empty())
        };
        let locker = |tenant: &Rc<Tenant>| Some((tenant.name.clone(), Rc::new(Locker::new(sealer, tenant)?)));
        Self {
            lockers: bundle.tenants.iter().filter(keeps).filter_map(locker).collect(),
            memory: RefCell::default(),
            groups: RefCell::default(),
            models: Models::default(),
            tools: Tools::default(),
            epochs: Epochs::default(),
            book: Book::default(),
            since_ms: Cell::new(0),
        }
    }

    /// The place of a call's answer. `more` adds what else the upstream could act on; `least_ms` is when a call of this agent
    /// last ended what is kept of the tool, in Unix ms, as far as it was told. None while that is under way.
    pub async fn slot<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        call: &Call<'_>,
        tool: &Rc<Tool>,
        least_ms: u64,
        more: impl FnOnce(&mut Parts),
    ) -> Option<Slot> {
        let tenant = &call.caller.tenant().name;
        let locker = Rc::clone(self.lockers.get(tenant)?);
        if least_ms == UNDER_WAY {
            return None;
        }
        if least_ms > 0 && self.epochs.raise(tenant, call.name, least_ms, platform.now_ms()) {
            self.tell_behind(platform, &locker, tenant, call.name);
        }
        let epoch = self.epoch(platform, &locker, tenant, call.name).await;
        let asked_ms = platform.now_ms();
        let day = asked_ms / DAY_MS;
        let (key, meaning, today) = call.keys(&locker, epoch, &day.to_string(), more);
        Some(Slot {
            key,
            locker,
            tenant: Rc::clone(call.caller.tenant()),
            tool: Rc::clone(tool),
            name: call.name.to_owned(),
            meaning: meaning.map(Rc::new),
            pending: None,
            ends_ms: if today { (day + 1).saturating_mul(DAY_MS) } else { u64::MAX },
            private: call.is_private(),
            asked_ms,
        })
    }

    /// The later of the tool's epoch and the tenant's.
    async fn epoch<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        locker: &Rc<Locker>,
        tenant: &str,
        name: &str,
    ) -> u64 {
        let mut latest = 0;
        for tool in [name, ""] {
            let epoch = match self.epochs.look(tenant, tool, platform.now_ms()) {
                Look::Known(epoch) => epoch,
                Look::Due(epoch) => {
                    let (here, platform) = (Rc::clone(self), platform.clone());
                    let (locker, tenant, tool) = (Rc::clone(locker), tenant.to_owned(), tool.to_owned());
                    let effect = (platform.clone(), async move {
                        here.read_epoch(&platform, &locker, &tenant, &tool).await;
                    });
                    effect.0.defer(Box::pin(effect.1));
                    epoch
                }
                Look::Unknown => Box::pin(self.read_epoch(platform, locker, tenant, tool)).await,
            };
            latest = epoch.max(latest);
        }
        latest
    }

    /// Asks the store, and tells it where it is behind.
    async fn read_epoch<P: Platform>(&self, platform: &P, locker: &Locker, tenant: &str, tool: &str) -> u64 {
        let place = locker.epoch_place(tool);
        let stored = platform.recall(&place).await;
        let stored = stored.and_then(|bytes| Some(u64::from_be_bytes(*bytes.first_chunk()?))).unwrap_or(0);
        let (epoch, tell) = self.epochs.learn(tenant, tool, stored, platform.now_ms());
        if tell {
            self.tell(platform, locker, tenant, tool).await;
        }
        epoch
    }

    async fn tell<P: Platform>(&self, platform: &P, locker: &Locker, tenant: &str, tool: &str) {
        let epoch = self.epochs.told(tenant, tool);
        platform.remember(&locker.epoch_place(tool), epoch.to_be_bytes().to_vec(), EPOCH_S).await;
    }

    /// Ends what is kept of a tool, or of the whole tenant without a name: here at once, elsewhere within a minute.
    pub fn end<P: Platform>(self: &Rc<Self>, platform: &P, tenant: &str, tool: &str) {
        let Some(locker) = self.lockers.get(tenant) else { return };
        if self.epochs.advance(tenant, tool, platform.now_ms()) {
            self.tell_behind(platform, locker, tenant, tool);
        }
    }

    fn tell_behind<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        locker: &Rc<Locker>,
        tenant: &str,
        tool: &str,
    ) {
        let (here, there, locker) = (Rc::clone(self), platform.clone(), Rc::clone(locker));
        let (tenant, tool) = (tenant.to_owned(), tool.to_owned());
        platform.defer(Box::pin(async move { here.tell(&there, &locker, &tenant, &tool).await }));
    }

    /// The same, as an operator wants it: the store knows of it when this is done.
    pub async fn purge<P: Platform>(&self, platform: &P, tenant: &str, tool: &str) {
        let Some(locker) = self.lockers.get(tenant) else { return };
        self.epochs.advance(tenant, tool, platform.now_ms());
        self.tell(platform, locker, tenant, tool).await;
    }

    /// What the isolate keeps in this place.
    #[must_use]
    pub fn here(&self, slot: &Slot) -> Option<Rc<Entry>> {
        self.memory.borrow_mut().get(&slot.key)
    }

    /// What the store keeps in this place, unless something newer is kept here; it is kept here then.
    pub async fn recall<P: Platform>(self: &Rc<Self>, platform: &P, slot: &Slot) -> Option<Rc<Entry>> {
        if let Some(meaning) = &slot.meaning {
            return self.recall_from_group(platform, slot, meaning).await;
        }
        if !slot.locker.stores {
            return None;
        }
        let sealed = platform.recall(&slot.locker.place(&slot.key, &slot.name, P::EXPIRES)).await?;
        let entry = Rc::new(Entry::decode(&slot.locker.open(&slot.key, &sealed)?)?);
        let mut memory = self.memory.borrow_mut();
        match memory.get(&slot.key).filter(|here| here.created_ms >= entry.created_ms) {
            Some(here) => Some(here),
            None => {
                memory.put(slot.key, Rc::clone(&entry));
                Some(entry)
            }
        }
    }

    /// Whether the caller is to fetch a new answer in the place of `entry`, within `total_ms`: one in this isolate does.
    #[must_use]
    pub fn may_refresh(&self, entry: &Entry, total_ms: u32, now_ms: u64) -> bool {
        let free = !entry.is_being_refreshed(now_ms);
        if free {
            entry
                .refreshing_ms
                .set(now_ms.saturating_add(u64::from(total_ms)).saturating_add(REFRESH_SPARE_MS));
        }
        free
    }

    /// Keeps an answer, if it is one that may be kept: here now, in the store behind the answer. Says whether it is kept.
    pub fn fill<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        slot: &Slot,
        clean: &Clean<'_>,
        era: Era,
    ) -> bool {
        // Of callers who share a call each comes here with the same answer.
        let same = |entry: Rc<Entry>| entry.created_ms >= slot.asked_ms && entry.created_ms > 0;
        if self.here(slot).is_some_and(same) {
            return true;
        }
        let entry = Entry::of(clean, slot, era, platform.now_ms()).map(Rc::new);
        if let Some(entry) = &entry {
            self.memory.borrow_mut().put(slot.key, Rc::clone(entry));
        }
        if slot.meaning.is_some() {
            self.learn(platform, slot, clean, entry.as_ref());
            return entry.is_some();
        }
        let Some(entry) = entry else { return false };
        if slot.locker.stores {
            let (there, slot) = (platform.clone(), slot.clone());
            platform.defer(Box::pin(async move {
                let Some(plain) = entry.encode() else { return };
                slot.put(&there, &slot.key, &plain).await;
            }));
        }
        true
    }

    /// Counts a call, with the entry that it was answered by.
    pub fn count<P: Platform>(
        &self,
        platform: &P,
        tenant: &str,
        tool: &str,
        kind: Kind,
        entry: Option<&Entry>,
    ) {
        if self.since_ms.get() == 0 {
            self.since_ms.set(platform.now_ms());
        }
        let (saved_ms, tokens) = entry.map_or((0, 0), |entry| (entry.took_ms, entry.tokens));
        self.book.count(tenant, tool, kind, saved_ms, tokens);
    }

    /// What was counted of each tool of a tenant since this isolate began.
    #[must_use]
    pub fn counts(&self, tenant: &str) -> Vec<(String, Counts)> {
        self.book.of(tenant)
    }

    /// When this isolate began to count, in Unix ms; 0 before it has.
    #[must_use]
    pub fn since_ms(&self) -> u64 {
        self.since_ms.get()
    }
}

/// How long the store keeps an epoch, in seconds: beyond any answer from before it.
const EPOCH_S: u32 = 3 * 604_800;
