//! Where a listing comes from: isolate memory, then the store, then the upstream; and who fetches it.
//!
//! One request of an isolate fetches, by claim and poll ([`Flights`]); the others serve what is stale or look
//! again on their own timers. What is stale is refreshed behind the request.

use super::fetch;
use super::listing::{Fetched, Listing};
use super::slot::{Look, STALE_MS, Slot};
use super::wait::{self, Task};
use crate::codec;
use crate::error::UpstreamFault;
use crate::limits;
use crate::mcp::json::quote;
use crate::platform::Platform;
use crate::stage::redact::Tally;
use crate::upstream::Link;
use crate::upstream::flight::Flights;
use crate::within::within;
use std::fmt::Write as _;
use std::rc::Rc;

/// A store that is slower than this, in ms, is no help: the upstream is asked instead.
const RECALL_MS: u32 = 500;
/// Bytes of a stored list: the items, and a few for each of them.
const STORED_BYTES: usize = limits::LIST_BYTES * 2;

/// How long the store says that there is no list, in seconds: the next that is fetched takes its place.
const SPOILT_S: u32 = 60;

/// One list of one upstream, with all that is needed to get it. Owns its parts, so that it can go on behind
/// the request.
#[derive(Clone)]
pub(super) struct Source<P: Platform> {
    pub platform: P,
    pub link: Rc<Link>,
    pub slot: Rc<Slot>,
    pub flights: Rc<Flights<usize>>,
}

pub(super) type Listed = Result<Rc<Listing>, UpstreamFault>;

/// All lists at once: those in memory cost nothing, cold ones are fetched side by side.
pub(super) async fn all<P: Platform>(sources: Vec<Source<P>>) -> Vec<(Source<P>, Listed)> {
    let tasks = sources.into_iter().map(|source| {
        let task: Task<'_, _> = Box::pin(async move { (source.clone(), source.get().await) });
        task
    });
    wait::all(tasks.collect()).await
}

impl<P: Platform> Source<P> {
    /// The listing, as fresh as can be had without waiting when there is any at all.
    pub(super) async fn get(self) -> Listed {
        match self.slot.look(self.platform.now_ms()) {
            Look::Fresh(listing) | Look::Held(listing) => Ok(listing),
            Look::Failed(fault) => Err(fault),
            Look::Stale(listing) => {
                self.refresh_behind();
                Ok(listing)
            }
            Look::Absent => self.cold().await,
        }
    }

    /// The listing after another look at the upstream, because it lacks a name that was asked for. `None` when
    /// it was looked at lately.
    pub(super) async fn look_again(self, before: &Listing) -> Option<Rc<Listing>> {
        let now = self.platform.now_ms();
        if !self.slot.may_look_again(now) && !self.flights.busy(self.slot.number, now) {
            return None;
        }
        let newer = || self.slot.known().filter(|listing| listing.fetched_ms > before.fetched_ms);
        let work = || self.clone().patiently(self.clone().fetch());
        self.flights.once(&self.platform, self.slot.number, newer, work).await.ok()
    }

    fn refresh_behind(&self) {
        if !self.slot.order_refresh(self.platform.now_ms()) {
            return;
        }
        let this = self.clone();
        self.platform.defer(Box::pin(async move {
            let done = || match this.slot.look(this.platform.now_ms()) {
                Look::Stale(_) | Look::Absent => None,
                Look::Fresh(_) | Look::Held(_) | Look::Failed(_) => Some(()),
            };
            let work = || async { this.clone().refresh().await.map(drop) };
            // What comes of it is in the slot.
            let _ = this.flights.once(&this.platform, this.slot.number, done, work).await;
        }));
    }

    /// Nothing in memory: the store, then the upstream.
    async fn cold(self) -> Listed {
        let read = || match self.slot.look(self.platform.now_ms()) {
            Look::Fresh(listing) | Look::Held(listing) | Look::Stale(listing) => Some(Ok(listing)),
            Look::Failed(fault) => Some(Err(fault)),
            Look::Absent => None,
        };
        let work = || async {
            if let Some(listing) = self.recall().await {
                if matches!(self.slot.look(self.platform.now_ms()), Look::Stale(_)) {
                    self.refresh_behind();
                }
                return Ok(Ok(listing));
            }
            self.clone().patiently(self.clone().fetch()).await.map(Ok)
        };
        let listed = self.flights.once(&self.platform, self.slot.number, read, work).await;
        match (listed, self.slot.look(self.platform.now_ms())) {
            // What it has changed to cannot be had.
            (Err(_), Look::Held(listing)) => Ok(listing),
            (listed, _) => listed?,
        }
    }

    /// Waits for `work` as long as for the upstream's first byte. Work that takes longer goes on behind the
    /// request, so that a slow list is there for the next one.
    async fn patiently(self, work: impl Future<Output = Listed> + 'static) -> Listed {
        let mut work: Task<'static, Listed> = Box::pin(work);
        if let Some(listed) = within(&self.platform, self.link.upstream().first_byte_ms, &mut work).await {
            return listed;
        }
        self.failed(UpstreamFault::Deadline);
        self.platform.defer(Box::pin(async move {
            let _ = work.await;
        }));
        Err(UpstreamFault::Deadline)
    }

    /// What another isolate has fetched meanwhile, else the upstream's own word.
    async fn refresh(self) -> Listed {
        if self.slot.may_recall()
            && self.recall().await.is_some()
            && let Look::Fresh(listing) = self.slot.look(self.platform.now_ms())
        {
            return Ok(listing);
        }
        self.fetch().await
    }

    async fn fetch(self) -> Listed {
        let upstream = self.link.upstream();
        let (mut tally, heard) = (Tally::default(), self.slot.spoils());
        let work = fetch::fetch(&self.platform, &self.link, self.slot.kind, &mut tally);
        let fetched = match within(&self.platform, upstream.total_ms, work).await {
            Some(Ok(fetched)) => fetched,
            Some(Err(fault)) => return Err(self.failed(fault)),
            None => return Err(self.failed(UpstreamFault::Deadline)),
        };
        let listing = Rc::new(Listing::build(&upstream.alias, self.slot.kind, &fetched));
        self.note(&listing, &tally);
        self.slot.install(Rc::clone(&listing), self.jitter(), heard);
        if self.slot.worth_keeping(&listing) {
            self.slot.note_kept(&listing);
            self.keep(&fetched);
        }
        Ok(listing)
    }

    /// Puts the list into the store, behind the request: nobody waits for a write.
    fn keep(&self, fetched: &Fetched) {
        let Ok(bytes) = codec::encode(fetched, STORED_BYTES) else { return };
        let (platform, key) = (self.platform.clone(), self.store_key());
        self.platform.defer(Box::pin(async move {
            // As long as it may be used at all: the value says itself how fresh it is.
            platform.remember(&key, bytes, (STALE_MS / 1_000) as u32).await;
        }));
    }

    /// Takes what the store has, if that is newer than what is known and not too old to be used.
    async fn recall(&self) -> Option<Rc<Listing>> {
        let key = self.store_key();
        let bytes = within(&self.platform, RECALL_MS, self.platform.recall(&key)).await??;
        // A copy of another format, or one that was tampered with, is a miss.
        let fetched: Fetched = codec::decode(&bytes, STORED_BYTES).ok()?;
        let now = self.platform.now_ms();
        if fetched.at_ms > now || now >= fetched.at_ms.saturating_add(STALE_MS) {
            return None;
        }
        let heard = self.slot.known_at(fetched.at_ms)?;
        let listing = Rc::new(Listing::build(&self.link.upstream().alias, self.slot.kind, &fetched));
        self.slot.install(Rc::clone(&listing), self.jitter(), heard);
        self.slot.note_kept(&listing);
        Some(listing)
    }

    /// The upstream says that the list has changed: what is known of it is of no use any more, here and in the store.
    pub(super) fn spoil(&self) {
        // A thousand streams may hear of one change: the store is told once.
        if !self.slot.spoil(self.platform.now_ms()) {
            return;
        }
        let (platform, key) = (self.platform.clone(), self.store_key());
        // What cannot be read is a miss.
        self.platform.defer(Box::pin(async move { platform.remember(&key, Vec::new(), SPOILT_S).await }));
    }

    /// Keyed by the configuration's version too: a changed upstream starts anew.
    fn store_key(&self) -> String {
        let tenant = self.link.tenant();
        let alias = &self.link.upstream().alias;
        format!("list/{}/{}/{alias}/{}", tenant.name, tenant.version, self.slot.kind.member())
    }

    fn failed(&self, fault: UpstreamFault) -> UpstreamFault {
        self.slot.fail(fault, self.platform.now_ms(), self.jitter());
        fault
    }

    fn jitter(&self) -> u8 {
        let mut byte = [0];
        self.platform.fill(&mut byte);
        byte[0]
    }

    /// What was left out of a list goes to the audit trail: once for each content, not at every refresh.
    fn note(&self, listing: &Listing, tally: &Tally) {
        let known = self.slot.known().map(|known| known.generation);
        if known == Some(listing.generation) {
            return;
        }
        for note in &listing.notes {
            let item = note.item.get(..note.item.floor_char_boundary(256)).unwrap_or_default();
            let mut line = self.record(listing, "left_out", &[("item", item), ("reason", note.why)]);
            line.push('}');
            self.platform.append(&line);
        }
        if !tally.is_empty() {
            let mut line = self.record(listing, "redacted", &[]);
            line.push_str(&tally.members());
            line.push('}');
            self.platform.append(&line);
        }
    }

    /// A record about the list, still open at its end.
    fn record(&self, listing: &Listing, outcome: &str, more: &[(&str, &str)]) -> String {
        let mut line = format!(r#"{{"audit":1,"time_ms":{}"#, listing.fetched_ms);
        let fields = [
            ("outcome", outcome),
            ("tenant", self.link.tenant().name.as_str()),
            ("upstream", self.link.upstream().alias.as_str()),
            ("list", self.slot.kind.member()),
        ];
        for (key, value) in fields.iter().chain(more) {
            let _ = write!(line, r#","{key}":"#);
            quote(&mut line, value);
        }
        line
    }
}
