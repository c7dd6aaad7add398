//! What a request was charged, until it has ended.

use super::Weighed;
use super::bill::Bill;
use super::desk::{Desk, Desks, Spent};
use crate::error::LedgerFault;
use crate::ledger::{RuleKey, Settle, loops};
use crate::platform::Platform;
use crate::stage::authenticate::Caller;
use crate::tenant::{Limit, Measure, Placement, Price, Reserve, Tenant};
use crate::tokens;
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::rc::Rc;

/// The proof that a request was charged. When it is dropped, what was reserved for it is settled: with what it really
/// used, if that was told by [`Ticket::ended`]; else as it was estimated, so that who hangs up gets nothing for free.
pub struct Ticket<P: Platform> {
    platform: P,
    desks: Rc<Desks>,
    id: u64,
    /// The tool, in the isolate's table of means; empty when nobody counts tokens.
    tool: String,
    request_tokens: u32,
    price: Price,
    cap: Option<u32>,
    shares: Vec<(Rc<Paid<P>>, Share)>,
    /// What the loop breaker says, and who has to hear how the call ends.
    verdict: Option<loops::Verdict>,
    watcher: Watcher<P>,
    standings: String,
    /// Of tools whose kept answers the agent's calls have ended lately: when, by a keyed digest of the name.
    ended_tools: Vec<(u32, u64)>,
    /// Whether anything was charged, and whether an account was asked for it.
    paid: bool,
    asked: bool,
    fault: Option<LedgerFault>,
    ended: Cell<Option<Ended>>,
}

enum Watcher<P: Platform> {
    Nobody,
    Here(Rc<Desk>),
    Account(Rc<Paid<P>>),
}

/// What of a request is settled under one rule.
pub(super) struct Share {
    pub rule: Rc<Limit>,
    pub estimate: u64,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Tokens of its result.
    pub result_tokens: u32,
    /// Whether the upstream was asked, so that there is something to pay for.
    pub carried_out: bool,
    /// What the loop breaker remembers.
    pub finding: Option<loops::Finding>,
}

impl<P: Platform> Ticket<P> {
    pub(super) fn new(
        platform: &P,
        desks: &Rc<Desks>,
        caller: &Rc<Caller>,
        request: &Weighed<'_>,
        counts_tokens: bool,
    ) -> Self {
        let limits = &caller.tenant().limits;
        let name = request.name.as_deref().filter(|_| counts_tokens);
        let watched = request.sighting.is_some() && limits.breaker.is_some();
        let mut price = name.map(|name| limits.price(name)).unwrap_or_default();
        if request.begun {
            price.call = 0;
        }
        Self {
            platform: platform.clone(),
            desks: Rc::clone(desks),
            id: if watched { desks.id(platform) } else { 0 },
            tool: name.map(|name| [caller.tenant().name.as_str(), "/", name].concat()).unwrap_or_default(),
            request_tokens: if counts_tokens { tokens::estimate(request.arguments) } else { 0 },
            price,
            cap: None,
            shares: Vec::new(),
            verdict: None,
            watcher: Watcher::Nobody,
            standings: String::new(),
            ended_tools: Vec::new(),
            paid: false,
            asked: false,
            fault: None,
            ended: Cell::new(None),
        }
    }

    /// Names the call to the loop breaker.
    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    pub(super) const fn request_tokens(&self) -> u32 {
        self.request_tokens
    }

    pub(super) const fn price(&self) -> Price {
        self.price
    }

    pub(super) fn mean_result(&self) -> u32 {
        self.desks.mean(&self.tool)
    }

    pub(super) fn judged(&mut self, verdict: loops::Verdict, here: &Rc<Desk>, account: Option<&Rc<Paid<P>>>) {
        self.verdict = Some(verdict);
        self.watcher = match account {
            Some(paid) => Watcher::Account(Rc::clone(paid)),
            None => Watcher::Here(Rc::clone(here)),
        };
    }

    /// The call is not carried out, and was never judged.
    pub(super) fn forget(&mut self) {
        if let Watcher::Here(desk) = std::mem::replace(&mut self.watcher, Watcher::Nobody) {
            desk.chains.borrow_mut().forget(self.id);
        }
    }

    pub(super) fn owes(&mut self, paid: &Rc<Paid<P>>, share: Share) {
        if let Measure::Tokens(_, Reserve::Max(cap)) | Measure::Cost(_, Reserve::Max(cap)) =
            &share.rule.measure
        {
            self.cap = Some(self.cap.map_or(*cap, |known| known.min(*cap)));
        }
        self.shares.push((Rc::clone(paid), share));
    }

    /// Notes that `paid` is part of what it was charged.
    pub(super) fn charged(&mut self, paid: &Paid<P>) {
        self.paid = true;
        self.asked |= paid.id != 0;
        self.fault = self.fault.or(paid.local);
    }

    pub(super) fn told(&mut self, ended: &[(u32, u64)]) {
        self.ended_tools.extend_from_slice(ended);
    }

    /// When a call of this agent last ended what is kept of a tool, in Unix ms, or [`crate::ledger::UNDER_WAY`]; 0 when nothing is
    /// known of it.
    #[must_use]
    pub fn ended_ms(&self, tool: u32) -> u64 {
        let of = self.ended_tools.iter().filter(|(known, _)| *known == tool);
        of.map(|(_, at_ms)| *at_ms).max().unwrap_or_default()
    }

    pub(super) fn stands(&mut self, rule: &Limit, left: u64) {
        /// Of most: a name, and two numbers.
        const BYTES: usize = 64;
        let comma = if self.standings.is_empty() { "" } else { " " };
        self.standings.reserve(BYTES);
        let _ = write!(self.standings, "{comma}{}:{}/{}", rule.name, left, rule.measure.limit());
    }

    /// What the loop breaker says of the call.
    #[must_use]
    pub const fn verdict(&self) -> Option<loops::Verdict> {
        self.verdict
    }

    /// What was left of each rule after the charge, for the record: `name:left/limit`, by a space each.
    #[must_use]
    pub fn standings(&self) -> &str {
        &self.standings
    }

    /// Whether it was paid of what had been borrowed, so that no account was asked.
    #[must_use]
    pub const fn is_leased(&self) -> bool {
        self.paid && !self.asked
    }

    /// Why the rules were counted in this isolate alone, if they were.
    #[must_use]
    pub const fn fault(&self) -> Option<LedgerFault> {
        self.fault
    }

    /// Whether a result is to be weighed: somebody counts its tokens, or remembers it.
    #[must_use]
    pub fn counts_tokens(&self) -> bool {
        !self.tool.is_empty()
    }

    /// Whether the loop breaker wants to know of the result.
    #[must_use]
    pub const fn is_watched(&self) -> bool {
        !matches!(self.watcher, Watcher::Nobody)
    }

    /// The largest result, in tokens, that the rules leave room for.
    #[must_use]
    pub const fn cap(&self) -> Option<u32> {
        self.cap
    }

    /// Says how the request ended. Only the first time counts.
    pub fn ended(&self, ended: Ended) {
        if let Some(first) = self.ended.take() {
            return self.ended.set(Some(first));
        }
        if self.counts_tokens() && ended.carried_out {
            self.desks.learn(&self.tool, ended.result_tokens);
        }
        self.ended.set(Some(ended));
    }

    /// Says that the request ended and its result is still to come, by a task: that says nothing of how long results are. Only
    /// the first time counts.
    pub fn unfinished(&self, finding: Option<loops::Finding>) {
        let unfinished = Ended { result_tokens: 0, carried_out: true, finding };
        self.ended.set(Some(self.ended.take().unwrap_or(unfinished)));
    }

    /// What was really used under a rule; `None` when nobody knows.
    fn used(&self, rule: &Limit, ended: Option<&Ended>) -> Option<u64> {
        let ended = ended?;
        Some(match &rule.measure {
            Measure::Tokens(..) => u64::from(self.request_tokens) + u64::from(ended.result_tokens),
            Measure::Cost(..) if ended.carried_out => self.price.of(self.request_tokens, ended.result_tokens),
            _ => 0,
        })
    }
}

impl<P: Platform> Drop for Ticket<P> {
    fn drop(&mut self) {
        let ended = self.ended.take();
        for (paid, share) in &self.shares {
            let used = self.used(&share.rule, ended.as_ref()).unwrap_or(share.estimate);
            paid.settle(&share.rule, used);
        }
        let Some(finding) = ended.and_then(|ended| ended.finding) else { return };
        match &self.watcher {
            Watcher::Nobody => {}
            Watcher::Here(desk) => {
                desk.chains.borrow_mut().learn(self.id, &finding, self.platform.now_ms());
            }
            Watcher::Account(paid) => paid.findings.borrow_mut().push((self.id, finding)),
        }
    }
}

/// What one account charged for requests that came together. When the last of them has ended it is told.
pub(super) struct Paid<P: Platform> {
    platform: P,
    desk: Rc<Desk>,
    account: Rc<str>,
    placement: Placement,
    /// The id of the charge; 0 when the account was not asked.
    id: u64,
    /// Whether something is reserved.
    reserved: bool,
    /// Whether it is in flight.
    urgent: bool,
    /// Whether somebody waits for it to be over, to keep answers again.
    ends: bool,
    /// What was paid of what was borrowed.
    spent: Vec<Spent>,
    /// Why it was counted here and not by the account.
    local: Option<LedgerFault>,
    /// The calls that the loop breaker looked at.
    watched: Vec<u64>,
    undo: Cell<bool>,
    used: RefCell<Vec<(RuleKey, u64)>>,
    findings: RefCell<Vec<(u64, loops::Finding)>>,
}

impl<P: Platform> Paid<P> {
    pub(super) fn new(
        platform: &P,
        tenant: &Tenant,
        desk: &Rc<Desk>,
        bill: &Bill,
        id: u64,
        spent: Vec<Spent>,
        local: Option<LedgerFault>,
    ) -> Rc<Self> {
        Rc::new(Self {
            platform: platform.clone(),
            desk: Rc::clone(desk),
            account: Rc::clone(&bill.account),
            placement: tenant.limits.placement,
            id,
            reserved: bill.asks.iter().any(|ask| ask.settles),
            urgent: bill.rules.iter().any(|rule| matches!(rule.measure, Measure::Concurrency { .. })),
            ends: !bill.ends.is_empty(),
            spent,
            local,
            watched: bill.watch.iter().flat_map(|watch| &watch.sightings).map(|(id, _)| *id).collect(),
            undo: Cell::new(false),
            used: RefCell::default(),
            findings: RefCell::default(),
        })
    }

    /// Takes all of it back.
    pub(super) fn undo(&self) {
        self.undo.set(true);
    }

    /// The calls, for a settlement that takes them back.
    fn forgotten(&self) -> Vec<(u64, loops::Finding)> {
        let nothing = loops::Finding { result: 0, gist: 0, kind: loops::Finds::Nothing };
        self.watched.iter().map(|id| (*id, nothing)).collect()
    }

    fn settle(&self, rule: &Limit, used: u64) {
        let mut all = self.used.borrow_mut();
        match all.iter_mut().find(|(known, _)| *known == rule.key) {
            Some((_, sum)) => *sum = sum.saturating_add(used),
            None => all.push((rule.key, used)),
        }
    }
}

impl<P: Platform> Drop for Paid<P> {
    fn drop(&mut self) {
        let undo = self.undo.get();
        if undo {
            self.desk.give_back(&self.spent);
        }
        let findings = if undo { self.forgotten() } else { self.findings.take() };
        if self.id == 0 || !undo && !self.reserved && !self.ends && findings.is_empty() {
            return;
        }
        let settle = Settle { id: self.id, undo, amounts: self.used.take(), findings };
        if self.local.is_some() {
            self.desk.settle_here(settle.clone(), self.platform.now_ms());
        }
        // An account that was only late has charged it as well, and would else keep what is reserved until its time.
        if matches!(self.local, None | Some(LedgerFault::Late)) {
            self.desk.tell(
                &self.platform,
                &self.account,
                self.placement,
                settle,
                self.urgent || self.ends || undo,
            );
        }
    }
}
