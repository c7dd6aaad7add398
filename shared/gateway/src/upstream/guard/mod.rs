//! What stands between calls and an upstream: its circuit breaker, its places, and its word that it wants to be left
//! alone.
//!
//! Every call passes here ([`enter`]) and holds its [`Pass`] until its exchange has ended. What the gateway sends on
//! its own account (probes, handshakes, notifications) is not counted, because it is made once for all who wait for
//! it and would thin the shares; but it is not sent either while nothing may be sent ([`Guard::refuses`]).
//! All of it is counted in one isolate: no two of them share memory.

mod breaker;
mod coalesce;
mod places;
mod retry;
mod terms;

pub(crate) use coalesce::{Joined, Key, Landed, Shared, Sharing};
pub(crate) use retry::Tries;
pub(crate) use terms::Guards;
pub use terms::{Deadlines, Terms};

use super::link::Link;
use crate::error::UpstreamFault;
use crate::mcp::json::quote;
use crate::platform::Platform;
use crate::tenant::{BreakerRule, PlacesRule};
use breaker::{Breaker, Change, Outcome, Ticket};
use places::{Look, Places};
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::rc::Rc;

/// How long a place, or a trial of a breaker, outlives the deadline of its call at most, in ms.
const GRACE_MS: u64 = 5_000;
/// Longest time for which an upstream is left alone at its word, in ms: a wrong word must not shut it out for hours.
const QUIET_MS: u64 = 60_000;

/// The guard of an upstream, or of one of its tools.
pub struct Guard {
    /// The tool's name at the upstream; `None` for the upstream's own guard.
    tool: Option<String>,
    breaker: Option<RefCell<Breaker>>,
    places: Option<RefCell<Places>>,
    /// Nothing is sent before, in Unix ms.
    quiet_until: Cell<u64>,
}

impl Guard {
    pub(super) fn new(
        tool: Option<String>,
        breaker: Option<BreakerRule>,
        places: Option<PlacesRule>,
    ) -> Self {
        Self {
            tool,
            breaker: breaker.map(|rule| RefCell::new(Breaker::new(rule))),
            places: places.map(|rule| RefCell::new(Places::new(rule))),
            quiet_until: Cell::new(0),
        }
    }

    /// Why nothing may be sent now, if so.
    pub(super) fn refuses(&self, now: u64) -> Option<UpstreamFault> {
        // More than can have been asked for: the clock was set back.
        let quiet = self.quiet_until.get().saturating_sub(now);
        if (1..=QUIET_MS).contains(&quiet) {
            return Some(UpstreamFault::Limited(u32::try_from(quiet).ok()));
        }
        let breaker = self.breaker.as_ref()?;
        breaker.borrow().refuses(now).map(UpstreamFault::CircuitOpen)
    }

    /// It asked to be left alone for `ms`; gives how long it is.
    pub(super) fn quiet(&self, now: u64, ms: u64) -> u32 {
        let ms = ms.min(QUIET_MS);
        let (until, before) = (now.saturating_add(ms), self.quiet_until.get());
        // It may have asked for longer before, unless the clock was set back since.
        let longer = (until..=now.saturating_add(QUIET_MS)).contains(&before);
        self.quiet_until.set(if longer { before } else { until });
        u32::try_from(ms).unwrap_or(u32::MAX)
    }

    /// Leave for one call, where there is a breaker to count it.
    fn ticket(&self, now: u64, terms: &Terms) -> Result<Option<Ticket>, UpstreamFault> {
        if let Some(fault) = self.refuses(now) {
            return Err(fault);
        }
        match &self.breaker {
            Some(breaker) if !terms.own => {
                breaker.borrow_mut().admit(now, until(terms)).map(Some).map_err(UpstreamFault::CircuitOpen)
            }
            _ => Ok(None),
        }
    }
}

/// Leave to send one call, from then until its exchange has ended or is dropped.
pub(crate) struct Pass {
    scope: Rc<Guard>,
    ticket: Option<Ticket>,
    /// Its places, the tool's and the upstream's; only held.
    _places: [Option<Place>; 2],
    /// When it was given, in Unix ms.
    since: u64,
    /// Whether the answer began late; `None` before it has.
    late: Option<bool>,
}

/// A place that is taken.
struct Place {
    guard: Rc<Guard>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(places) = &self.guard.places {
            places.borrow_mut().leave(self.number);
        }
    }
}

/// Leave to send a call by `terms` to `link`'s upstream, as soon as there is a place for it.
///
/// # Errors
/// The upstream is not to be asked now, or is busy.
pub(crate) async fn enter<P: Platform>(
    link: &Rc<Link>,
    platform: &P,
    terms: &Terms,
) -> Result<Pass, UpstreamFault> {
    let mut now = platform.now_ms();
    if let Some(fault) = terms.scope.refuses(now) {
        return Err(fault);
    }
    let guards = [terms.tool.as_ref(), Some(&link.guards.own)];
    let mut taken = [None, None];
    for (place, guard) in taken.iter_mut().zip(guards) {
        let Some(guard) = guard.filter(|guard| guard.places.is_some()) else { continue };
        *place = try_place(guard, now, terms);
        if place.is_none() {
            // On the heap: it is rare, and this is a part of every call.
            *place = Some(Box::pin(wait(guard, platform, terms)).await?);
            now = platform.now_ms();
        }
    }
    let ticket = terms.scope.ticket(now, terms)?;
    Ok(Pass { scope: Rc::clone(&terms.scope), ticket, _places: taken, since: now, late: None })
}

const fn until(terms: &Terms) -> u64 {
    terms.deadlines.end.saturating_add(GRACE_MS)
}

fn try_place(guard: &Rc<Guard>, now: u64, terms: &Terms) -> Option<Place> {
    let number = guard.places.as_ref()?.borrow_mut().enter(now, until(terms))?;
    Some(Place { guard: Rc::clone(guard), number })
}

/// Leaves the line when it is dropped: the caller may go away.
struct InLine<'a> {
    places: &'a RefCell<Places>,
    number: u64,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.places.borrow_mut().leave_line(self.number);
    }
}

/// Waits in line for a place.
async fn wait<P: Platform>(guard: &Rc<Guard>, platform: &P, terms: &Terms) -> Result<Place, UpstreamFault> {
    let places = guard.places.as_ref().ok_or(UpstreamFault::Busy)?;
    let now = platform.now_ms();
    let patience = u64::from(places.borrow().patience_ms());
    let late = terms.deadlines.end.min(now.saturating_add(patience));
    let number = places.borrow_mut().join(now, !terms.own).ok_or(UpstreamFault::Busy)?;
    let line = InLine { places, number };
    // Ends: the wait has a deadline.
    loop {
        let now = platform.now_ms();
        if let Some(fault) = terms.scope.refuses(now) {
            return Err(fault);
        }
        let look = line.places.borrow_mut().look(number, !terms.own, now, until(terms));
        match look {
            Look::Place(number) => return Ok(Place { guard: Rc::clone(guard), number }),
            Look::Again(_) if now >= late => return Err(UpstreamFault::Busy),
            Look::Again(pause) => {
                let left = u32::try_from(late.saturating_sub(now)).unwrap_or(u32::MAX);
                platform.sleep(pause.min(left)).await;
            }
        }
    }
}

impl Pass {
    /// The answer has begun.
    pub(super) fn heard<P: Platform>(&mut self, platform: &P) {
        if self.late.is_none() {
            self.late = Some(self.slow_ms().is_some_and(|slow_ms| self.is_late(slow_ms, platform.now_ms())));
        }
    }

    /// The answer is there, or a fault in its place.
    pub(super) fn settle<P: Platform>(&mut self, link: &Link, platform: &P, fault: Option<UpstreamFault>) {
        let (Some(ticket), Some(breaker)) = (self.ticket.take(), &self.scope.breaker) else { return };
        let now = platform.now_ms();
        let late = || self.slow_ms().is_some_and(|slow_ms| self.is_late(slow_ms, now));
        let slow = self.late.unwrap_or_else(late);
        let outcome = Outcome { failed: fault.is_some_and(is_failure), slow };
        let change = breaker.borrow_mut().settle(ticket, outcome, now);
        if let Some(change) = change {
            note(link, platform, &self.scope, change, now);
        }
    }

    fn slow_ms(&self) -> Option<u32> {
        self.scope.breaker.as_ref().and_then(|breaker| breaker.borrow().slow_ms())
    }

    fn is_late(&self, slow_ms: u32, now: u64) -> bool {
        now.saturating_sub(self.since) >= u64::from(slow_ms)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let (Some(ticket), Some(breaker)) = (self.ticket.take(), &self.scope.breaker) {
            breaker.borrow_mut().forget(ticket);
        }
    }
}

/// Whether a fault says that the upstream does not do its work. What it refuses (a credential, a session, a request
/// that it does not like) it refuses in good health; and how large its answer is, the caller decides.
pub(crate) const fn is_failure(fault: UpstreamFault) -> bool {
    match fault {
        UpstreamFault::Status(status) => status >= 500,
        UpstreamFault::Unreachable
        | UpstreamFault::Deadline
        | UpstreamFault::Limited(_)
        | UpstreamFault::ContentType
        | UpstreamFault::Malformed
        | UpstreamFault::WrongId
        | UpstreamFault::NoAnswer => true,
        UpstreamFault::Credential
        | UpstreamFault::Redirect
        | UpstreamFault::TooLarge
        | UpstreamFault::Revision
        | UpstreamFault::Session
        | UpstreamFault::Error
        | UpstreamFault::CircuitOpen(_)
        | UpstreamFault::Busy => false,
    }
}

/// A breaker that opens or closes goes to the audit trail.
fn note<P: Platform>(link: &Link, platform: &P, scope: &Guard, change: Change, now: u64) {
    let outcome = if change == Change::Closed { "breaker_closed" } else { "breaker_opened" };
    let mut line = format!(r#"{{"audit":1,"time_ms":{now},"outcome":"{outcome}""#);
    let tool =
        scope.tool.as_deref().map(|tool| tool.get(..tool.floor_char_boundary(256)).unwrap_or_default());
    let fields = [
        ("tenant", Some(link.tenant().name.as_str())),
        ("upstream", Some(link.upstream().alias.as_str())),
        ("tool", tool),
    ];
    for (key, value) in fields {
        let Some(value) = value else { continue };
        let _ = write!(line, r#","{key}":"#);
        quote(&mut line, value);
    }
    if let Change::Opened(tally) = change {
        let _ = write!(line, r#","calls":{},"failed":{},"slow":{}"#, tally.calls, tally.failed, tally.slow);
    }
    line.push('}');
    platform.append(&line);
}
