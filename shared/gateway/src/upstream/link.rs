//! What the gateway knows of each upstream, and the door to it.

use super::exchange::Exchange;
use super::fault::Failure;
use super::guard::{self, Guards, Sharing};
use super::pool::{Key, NONE, Openings, Pool};
use super::wanted::Asks;
use super::{About, Ask, Hello, Sealed, Session};
use super::{era, legacy, modern, send};
use crate::error::{Fault, UpstreamFault};
use crate::mcp::{Era, Revision};
use crate::platform::{OutgoingHeaders, Platform};
use crate::stage::redact::Cleared;
use crate::tenant::{Bundle, EraSetting, Tenant, Upstream};
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

/// Longest time that `initialize` of a client may wait for an upstream, in ms: it answers without one rather
/// than late.
const OPENING_MS: u32 = 2_000;

/// Every link of one configuration.
pub struct Links {
    tenants: HashMap<String, Vec<Rc<Link>>>,
}

impl Links {
    /// The links of `bundle`. Nothing is asked of any upstream yet.
    #[must_use]
    pub fn new(bundle: &Bundle) -> Self {
        let (pool, sharing) = (Rc::new(Pool::new()), Rc::default());
        let mut number = 0;
        let mut links = |tenant: &Rc<Tenant>| {
            let link = |upstream: &Rc<Upstream>| {
                number += 1;
                Rc::new(Link::new(number, upstream, tenant, &pool, &sharing))
            };
            (tenant.name.clone(), tenant.upstreams.iter().map(link).collect())
        };
        Self { tenants: bundle.tenants.iter().map(&mut links).collect() }
    }

    /// The link to `tenant`'s upstream `alias`.
    #[must_use]
    pub fn of(&self, tenant: &Tenant, alias: &str) -> Option<Rc<Link>> {
        self.all(tenant).iter().find(|link| link.upstream.alias == alias).cloned()
    }

    /// The links of `tenant` in the order of their aliases.
    #[must_use]
    pub fn all(&self, tenant: &Tenant) -> &[Rc<Link>] {
        self.tenants.get(&tenant.name).map_or(&[], Vec::as_slice)
    }
}

/// One upstream and what this isolate knows of it.
pub struct Link {
    pub(super) number: usize,
    upstream: Rc<Upstream>,
    tenant: Rc<Tenant>,
    pub(super) memory: era::Memory,
    pub(super) pool: Rc<Pool>,
    openings: Openings,
    /// Whether a question of it came without an event id: the rest of its answer could not be had later.
    pub(super) forgets: Cell<bool>,
    pub(super) guards: Guards,
    /// What every POST to the upstream has: nothing of the agent's is among it.
    pub(super) headers: OutgoingHeaders,
    /// The next request id; 0 before the first.
    next_id: Cell<u64>,
}

/// How a request is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speech {
    Modern,
    Legacy { revision: Revision, session_bound: bool },
}

impl Link {
    fn new(
        number: usize,
        upstream: &Rc<Upstream>,
        tenant: &Rc<Tenant>,
        pool: &Rc<Pool>,
        sharing: &Rc<Sharing>,
    ) -> Self {
        Self {
            number,
            upstream: Rc::clone(upstream),
            tenant: Rc::clone(tenant),
            memory: era::Memory::new(),
            pool: Rc::clone(pool),
            openings: Openings::new(),
            forgets: Cell::new(false),
            guards: Guards::new(upstream, tenant, sharing),
            headers: send::with_credential(
                &[
                    ("content-type", "application/json"),
                    ("accept", "application/json, text/event-stream"),
                    ("accept-encoding", "identity"),
                ],
                upstream,
            ),
            next_id: Cell::new(0),
        }
    }

    /// Its settings.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Whose it is.
    #[must_use]
    pub fn tenant(&self) -> &Rc<Tenant> {
        &self.tenant
    }

    /// Tells it from all others.
    #[must_use]
    pub const fn number(&self) -> usize {
        self.number
    }

    /// `kind` as this upstream's fault.
    #[must_use]
    pub fn fault(&self, kind: UpstreamFault) -> Fault {
        Fault::Upstream { alias: self.upstream.alias.clone(), kind }
    }

    /// What the upstream says of itself: asked once an hour, or again after a surprise.
    ///
    /// # Errors
    /// The upstream cannot be reached, does not let the gateway in, or speaks no revision that it knows.
    pub async fn about<P: Platform>(self: &Rc<Self>, platform: &P) -> Result<Rc<About>, Fault> {
        era::about(self, platform).await.map_err(|kind| self.fault(kind))
    }

    /// The era that it is spoken to in: known without asking where it is pinned to the modern one.
    ///
    /// # Errors
    /// As [`Link::about`].
    pub async fn era<P: Platform>(self: &Rc<Self>, platform: &P) -> Result<Era, Fault> {
        match self.upstream.era {
            EraSetting::Modern => Ok(Era::Modern),
            _ => Ok(self.about(platform).await?.era),
        }
    }

    /// Sends `ask`. If the upstream turns out to be of another era than was thought, or has lost a pooled
    /// session, it is sent once more the right way; the latter only for safe methods.
    ///
    /// # Errors
    /// No answer, or none that is one. A JSON-RPC error of the upstream is an answer; only those about headers
    /// and revision (-32020, -32022) are faults, [`UpstreamFault::Revision`]: the list that the parameter
    /// headers came from may have changed.
    pub async fn open<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        session: &Session,
        ask: Ask<'_>,
    ) -> Result<Exchange<P>, Fault> {
        let mut pass = match guard::enter(self, platform, ask.terms).await {
            Ok(pass) => pass,
            Err(kind) => return Err(self.fault(kind)),
        };
        let outcome = match session {
            Session::Sealed(sealed) => {
                let id = self.next_id(platform);
                let call = legacy::call(self, Some(sealed), sealed.revision, &ask, id, Asks::Now);
                send::send(self, platform, call).await.map_err(|failure| failure.kind)
            }
            Session::Pooled => self.open_pooled(platform, &ask).await,
        };
        match outcome {
            Ok(exchange) => Ok(exchange.under(pass)),
            Err(kind) => {
                pass.settle(self, platform, Some(kind));
                Err(self.fault(kind))
            }
        }
    }

    async fn open_pooled<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        ask: &Ask<'_>,
    ) -> Result<Exchange<P>, UpstreamFault> {
        let speech = self.speech(platform).await?;
        let failure = match self.attempt(platform, speech, ask).await {
            Ok(exchange) => return Ok(exchange),
            Err(failure) => failure,
        };
        // Lost, and forgotten by now: a new one may do, if nothing can happen twice.
        let lost = failure.kind == UpstreamFault::Session && ask.outbound.request().method.safe();
        if !lost && !Box::pin(self.is_other_now(platform, speech, &failure)).await {
            return Err(failure.kind);
        }
        let speech = self.speech(platform).await?;
        Box::pin(self.attempt(platform, speech, ask)).await.map_err(|failure| failure.kind)
    }

    /// Whether `failure` is explained by the upstream not being what `speech` took it for. Then it did not read
    /// the request, and it can be sent again.
    async fn is_other_now<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        speech: Speech,
        failure: &Failure,
    ) -> bool {
        if failure.is_surprise() {
            self.doubt(platform);
        }
        self.speech(platform).await.is_ok_and(|now| now != speech)
    }

    async fn speech<P: Platform>(self: &Rc<Self>, platform: &P) -> Result<Speech, UpstreamFault> {
        // Pinned, and nothing to negotiate.
        if self.upstream.era == EraSetting::Modern {
            return Ok(Speech::Modern);
        }
        let about = era::about(self, platform).await?;
        Ok(match about.era {
            Era::Modern => Speech::Modern,
            Era::Legacy => Speech::Legacy { revision: about.revision, session_bound: about.session_bound },
        })
    }

    async fn attempt<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        speech: Speech,
        ask: &Ask<'_>,
    ) -> Result<Exchange<P>, Failure> {
        let id = self.next_id(platform);
        let principal = ask.client.principal;
        match speech {
            Speech::Modern => send::send(self, platform, modern::call(self, ask, id)).await,
            Speech::Legacy { revision, session_bound: false } => {
                let call = legacy::call(self, None, revision, ask, id, Asks::Never);
                send::send(self, platform, call).await
            }
            Speech::Legacy { session_bound: true, .. } => {
                let capabilities = self.declares(ask);
                let key = Key::new(self.number, principal, capabilities);
                let session =
                    Box::pin(self.pooled(platform, key, capabilities, ask.terms.deadlines.end)).await?;
                let asks = if capabilities == NONE { Asks::Never } else { Asks::Later };
                let call = legacy::call(self, Some(&session), session.revision, ask, id, asks);
                let outcome = send::send(self, platform, call).await;
                if outcome.as_ref().is_err_and(|failure| failure.kind == UpstreamFault::Session) {
                    self.pool.lose(key, &session);
                }
                outcome
            }
        }
    }

    /// Opens a session for a legacy client that initializes. `None`: this upstream needs none, or the client
    /// opened too many within a minute; calls then go by [`Session::Pooled`].
    ///
    /// # Errors
    /// The upstream fails, or does not answer within two seconds.
    pub async fn initialize<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        principal: [u8; 32],
        hello: &Hello,
    ) -> Result<Option<Sealed>, Fault> {
        let end = platform.now_ms().saturating_add(u64::from(OPENING_MS));
        let mut watch = super::watch::Watch::new(platform, OPENING_MS, end);
        let work = async {
            if !era::about(self, platform).await?.session_bound {
                return Ok(None);
            }
            if let Some(fault) = self.guards.own.refuses(platform.now_ms()) {
                return Err(fault);
            }
            let per_minute = self.tenant.session_openings_per_min;
            if !self.openings.admit(principal, per_minute, platform.now_ms()) {
                return Ok(None);
            }
            let opened =
                legacy::handshake(self, platform, hello, end).await.map_err(|failure| failure.kind)?;
            Ok(opened.session)
        };
        watch.race(work).await.and_then(|outcome| outcome).map_err(|kind| self.fault(kind))
    }

    /// Posts an answer to a server request, or a notification, into a client's session.
    ///
    /// # Errors
    /// It is not taken.
    pub async fn post<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        session: &Sealed,
        text: Cleared,
    ) -> Result<(), Fault> {
        legacy::post(self, platform, Some(session), text.into_inner()).await.map_err(|kind| self.fault(kind))
    }

    /// Ends a client's session.
    ///
    /// # Errors
    /// The upstream fails. That it declines, or knows the session no more, is no error.
    pub async fn close<P: Platform>(self: &Rc<Self>, platform: &P, session: &Sealed) -> Result<(), Fault> {
        legacy::close(self, platform, session).await.map_err(|kind| self.fault(kind))
    }

    /// When a call that starts now must be over, in Unix ms.
    pub(super) fn deadline<P: Platform>(&self, platform: &P) -> u64 {
        platform.now_ms().saturating_add(u64::from(self.upstream.total_ms))
    }

    /// A request id that no other isolate uses on the same session: 32 random bits, then a count. Below 2^53, so
    /// that a JavaScript server gives it back as it was.
    pub(super) fn next_id<P: Platform>(&self, platform: &P) -> String {
        const COUNT_BITS: u32 = 20;
        let mut id = self.next_id.get();
        if id.trailing_zeros() >= COUNT_BITS {
            let mut random = [0; 4];
            platform.fill(&mut random);
            id = (u64::from(u32::from_be_bytes(random)) << COUNT_BITS) + 1;
        }
        self.next_id.set(id + 1);
        id.to_string()
    }

    /// The revision last negotiated without a session.
    pub(super) fn legacy_revision(&self) -> Revision {
        let known = self.memory.last().map(|about| about.revision);
        known.filter(|revision| revision.era() == Era::Legacy).unwrap_or(Revision::LATEST_LEGACY)
    }

    /// Whether a request of a pooled session may be sent in one: not known to be without sessions.
    pub(crate) fn may_be_session_bound(&self) -> bool {
        self.memory.last().is_none_or(|about| about.session_bound)
    }

    /// Something does not fit the era: the next call finds out, unless it is pinned to the modern one, where
    /// there is nothing to find out.
    pub(super) fn doubt<P: Platform>(&self, platform: &P) {
        if self.upstream.era != EraSetting::Modern {
            self.memory.doubt(platform.now_ms());
        }
    }
}
