//! Stage `admit`: what a request costs under the tenant's limits is charged before it is carried out, and settled when it
//! has ended.
//!
//! The rules of one agent live in one account, which charges all of them or none in one round trip. What agents share
//! (a tool, an upstream, the tenant) has accounts of its own: they are asked at the same time, and what was granted is
//! taken back when one of them refuses.

mod bill;
mod desk;
mod free;
mod limited;
mod stopped;
mod ticket;

#[cfg(test)]
mod tests;

pub use ticket::{Ended, Ticket};

use crate::error::{Error, Fault, LedgerFault, Limited, Refusal};
use crate::ledger::{Ask, Charge, Grant, Outcome, Transition, Watch, loops};
use crate::platform::{AccountName, Platform};
use crate::stage::authenticate::Caller;
use crate::tenant::Tenant;
use bill::{Bill, Phase};
use desk::{Desk, Desks};
use futures_util::future::join_all;
use std::borrow::Cow;
use std::rc::Rc;
use ticket::Paid;

/// How long beyond an upstream's own deadline a reservation waits for its settlement, in ms.
const HOLD_SPARE_MS: u32 = 30_000;
/// How long beyond the time for a charge it may be taken back, in ms.
const UNDO_SPARE_MS: u32 = 5_000;

/// What one request asks of the rules.
#[derive(Debug, Clone, Default)]
pub struct Weighed<'a> {
    /// Whether it is a call. Anything else (a list, a completion) counts in rates only.
    pub call: bool,
    /// Whether it goes on with an earlier one: it counts in rates, and for what it costs.
    pub again: bool,
    /// Whether that one is still under way: it counts as one of those at once.
    pub held: bool,
    /// Whether the price of a call was paid when that began: only what comes of it costs.
    pub begun: bool,
    /// The exposed name of the tool or prompt.
    pub name: Option<Cow<'a, str>>,
    /// The upstream, where that is known.
    pub alias: Option<Cow<'a, str>>,
    /// Whether policy permits it: rules that agents share are charged for nothing else.
    pub permitted: bool,
    /// Whether there is such a tool: a count of its own is kept for nothing else.
    pub known: bool,
    /// Its arguments, raw JSON.
    pub arguments: &'a str,
    /// How long it may take, in ms.
    pub total_ms: u32,
    /// What the loop breaker sees; only calls of tools that are not exempt.
    pub sighting: Option<loops::Sighting>,
    /// Tools whose kept answers it ends, each by a keyed digest of its name.
    pub ends: Vec<u32>,
}

/// The stage. One per configuration.
#[derive(Default)]
pub struct Admit {
    desks: Rc<Desks>,
    free: free::Free,
}

/// Why an account did not charge.
enum Unpaid {
    Refused(Limited),
    Fault(LedgerFault),
}

impl Admit {
    /// With nothing borrowed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a request that no limit counts: clients take a refusal of those for a sign that the server is of another
    /// era, so that only a flood is refused.
    ///
    /// # Errors
    /// It is part of a flood.
    pub fn free<P: Platform>(&self, platform: &P, caller: &Caller) -> Result<(), Refusal> {
        self.free.count(caller.principal(), platform.now_ms())
    }

    /// Charges requests that come together: all of them or none. The tickets are in their order.
    ///
    /// # Errors
    /// A rule is used up, or its account cannot be asked.
    pub async fn charge<P: Platform>(
        &self,
        platform: &P,
        caller: &Rc<Caller>,
        requests: &[Weighed<'_>],
    ) -> Result<Vec<Ticket<P>>, Error> {
        let mut tickets: Vec<Ticket<P>> =
            requests.iter().map(|request| self.ticket(platform, caller, request)).collect();
        self.pay(platform, caller, requests, Phase::First, &mut tickets).await?;
        Ok(tickets)
    }

    /// Charges what was not known before the request was routed: its upstream, or that there is such a tool.
    ///
    /// # Errors
    /// As [`Admit::charge`].
    pub async fn charge_routed<P: Platform>(
        &self,
        platform: &P,
        caller: &Rc<Caller>,
        before: &Weighed<'_>,
        alias: &str,
        ticket: &mut Ticket<P>,
    ) -> Result<(), Error> {
        if caller.tenant().limits.of(caller.agent()).is_empty() {
            return Ok(());
        }
        let alias = Some(Cow::Borrowed(alias));
        let routed = Weighed {
            alias,
            permitted: true,
            known: true,
            sighting: None,
            ends: Vec::new(),
            ..before.clone()
        };
        let phase = Phase::Routed(before);
        self.pay(platform, caller, &[routed], phase, std::slice::from_mut(ticket)).await
    }

    fn ticket<P: Platform>(&self, platform: &P, caller: &Rc<Caller>, request: &Weighed<'_>) -> Ticket<P> {
        let limits = &caller.tenant().limits;
        let counts_tokens =
            request.call && limits.of(caller.agent()).iter().any(|limit| bill::counts_tokens(limit));
        Ticket::new(platform, &self.desks, caller, request, counts_tokens)
    }

    async fn pay<P: Platform>(
        &self,
        platform: &P,
        caller: &Rc<Caller>,
        requests: &[Weighed<'_>],
        phase: Phase<'_>,
        tickets: &mut [Ticket<P>],
    ) -> Result<(), Error> {
        let tenant = caller.tenant();
        let mut bills = bill::bills(caller, requests, phase, tickets, platform.now_ms());
        if matches!(phase, Phase::First) {
            self.watch(platform, caller, requests, &mut bills, tickets);
            // Only an account that is asked anyway is told: who borrows has chosen to know less.
            if let Some(own) = bills.iter_mut().find(|bill| bill.account == *caller.account()) {
                own.ends = requests.iter().flat_map(|request| request.ends.iter().copied()).collect();
            }
            stopped::keep_own(caller, tickets, &mut bills);
        }
        if bills.is_empty() {
            return Ok(());
        }
        let hold_ms = requests.iter().map(|request| request.total_ms).max().unwrap_or_default();
        let terms = Terms {
            hold_ms: hold_ms.saturating_add(HOLD_SPARE_MS),
            undo_ms: tenant.limits.charge_ms.saturating_add(UNDO_SPARE_MS),
        };
        let asked = bills.iter().map(|bill| self.ask(platform, tenant, bill, &terms));
        let outcomes = join_all(asked).await;
        let (bills, outcomes) = stopped::give_back(caller, requests.len(), bills, outcomes);
        let mut failed = None;
        for outcome in &outcomes {
            match outcome {
                Ok(_) => {}
                // That it may be tried again later says more than that something is broken.
                Err(Unpaid::Refused(limited)) => {
                    failed = Some(Refusal::Limited(Box::new(limited.clone())).into())
                }
                Err(Unpaid::Fault(fault)) => failed = failed.or(Some(Error::Fault(Fault::Ledger(*fault)))),
            }
        }
        let receipts = outcomes.into_iter().filter_map(Result::ok);
        if let Some(error) = failed {
            receipts.for_each(|receipt| receipt.paid.undo());
            tickets.iter_mut().for_each(Ticket::forget);
            return Err(error);
        }
        for (bill, receipt) in bills.into_iter().zip(receipts) {
            hand_out(bill, &receipt, tickets);
        }
        Ok(())
    }

    /// Has the loop breaker look at the calls: by the account, if that is asked anyway or has to be; else here.
    fn watch<P: Platform>(
        &self,
        platform: &P,
        caller: &Caller,
        requests: &[Weighed<'_>],
        bills: &mut Vec<Bill>,
        tickets: &mut [Ticket<P>],
    ) {
        let Some(breaker) = &caller.tenant().limits.breaker else { return };
        let watched: Vec<usize> = (0..requests.len())
            .filter(|at| requests.get(*at).is_some_and(|request| request.sighting.is_some()))
            .collect();
        if watched.is_empty() {
            return;
        }
        let sightings = watched.iter().filter_map(|at| {
            let (request, ticket) = (requests.get(*at)?, tickets.get(*at)?);
            Some((ticket.id(), request.sighting?))
        });
        let sightings: Vec<_> = sightings.collect();
        let desk = self.desks.of(caller.account());
        let asked = bills.iter().position(|bill| bill.account == *caller.account());
        let now_ms = platform.now_ms();
        // Whether the account is asked for each call like this one, lent or not: a memory in two places would see half of
        // a loop.
        let by_account = breaker.strict
            || asked
                .and_then(|at| bills.get(at))
                .is_some_and(|bill| bill.asks.iter().any(|ask| ask.lease == 0));
        if !by_account {
            for ((id, sighting), at) in sightings.iter().zip(&watched) {
                let verdict = desk.chains.borrow_mut().arrive(&breaker.bounds, *id, sighting, now_ms);
                if let Some(ticket) = tickets.get_mut(*at) {
                    ticket.judged(verdict, &desk, None);
                }
            }
            return;
        }
        let at = asked.unwrap_or_else(|| {
            bills.push(Bill::new(Rc::clone(caller.account())));
            bills.len() - 1
        });
        if let Some(bill) = bills.get_mut(at) {
            bill.watch = Some(Watch { bounds: breaker.bounds.clone(), sightings });
            bill.watched = watched;
        }
    }

    /// Asks one account, as far as what was borrowed from it does not do.
    async fn ask<P: Platform>(
        &self,
        platform: &P,
        tenant: &Rc<Tenant>,
        bill: &Bill,
        terms: &Terms,
    ) -> Result<Receipt<P>, Unpaid> {
        let desk = self.desks.of(&bill.account);
        let spent = desk.spend(bill, platform.now_ms());
        let is_spent = |ask: &Ask| spent.iter().any(|spent| spent.rule == ask.rule);
        let mut asks: Vec<Ask> = bill.asks.iter().filter(|ask| !is_spent(ask)).copied().collect();
        if asks.is_empty() && bill.watch.is_none() {
            let paid = Paid::new(platform, tenant, &desk, bill, 0, spent, None);
            return Ok(Receipt { paid, desk, asks, grant: Grant::default() });
        }
        let borrows = asks.iter().any(|ask| ask.lease > 0)
            && desk.may_borrow(platform.now_ms(), tenant.limits.charge_ms);
        for ask in &mut asks {
            ask.lease = if borrows { desk.wants(ask, platform.now_ms()) } else { 0 };
        }
        let id = self.desks.id(platform);
        let charge = Charge {
            id,
            asks: asks.clone(),
            hold_ms: terms.hold_ms,
            undo_ms: terms.undo_ms,
            watch: bill.watch.clone(),
            ends: bill.ends.clone(),
            settled: desk.settled(),
        };
        let applied = self.apply(platform, tenant, bill, &desk, charge).await;
        if borrows {
            desk.has_borrowed();
        }
        let (outcome, local) = match applied {
            Ok(outcome) => outcome,
            Err(fault) => {
                // It may have been charged all the same.
                Paid::new(platform, tenant, &desk, bill, id, spent, None).undo();
                return Err(Unpaid::Fault(fault));
            }
        };
        match outcome {
            Outcome::Granted(grant) => {
                desk.borrow(&asks, &grant.standings, platform.now_ms());
                let paid = Paid::new(platform, tenant, &desk, bill, id, spent, local);
                Ok(Receipt { paid, desk, asks, grant })
            }
            Outcome::Refused(denial) => {
                match local {
                    // The account, which was only late, may have granted it.
                    Some(_) => Paid::new(platform, tenant, &desk, bill, id, spent, local).undo(),
                    None => desk.give_back(&spent),
                }
                let ask = asks.get(usize::from(denial.ask));
                let rule = ask.and_then(|ask| bill.rules.iter().find(|rule| rule.key == ask.rule));
                Err(rule.map_or(Unpaid::Fault(LedgerFault::Malformed), |rule| {
                    Unpaid::Refused(limited::limited(rule, &denial, platform.now_ms()))
                }))
            }
            _ => Err(Unpaid::Fault(LedgerFault::Malformed)),
        }
    }

    /// The account's answer, or, where the rules say so, this isolate's own and why.
    async fn apply<P: Platform>(
        &self,
        platform: &P,
        tenant: &Tenant,
        bill: &Bill,
        desk: &Desk,
        charge: Charge,
    ) -> Result<(Outcome, Option<LedgerFault>), LedgerFault> {
        let transition = Transition::Charge(charge);
        let account = AccountName { name: &bill.account, placement: tenant.limits.placement };
        let fault = match platform.apply(account, &transition, tenant.limits.charge_ms).await {
            Ok(outcome) => return Ok((outcome, None)),
            Err(fault) => fault,
        };
        let Transition::Charge(charge) = transition else { return Err(fault) };
        desk.put_back(charge.settled);
        if !bill.rules.iter().all(|rule| rule.local_on_fault) {
            return Err(fault);
        }
        // Nothing is borrowed of what is counted here: it would be spent when the account counts again.
        let asks = charge.asks.into_iter().map(|ask| Ask { lease: 0, ..ask }).collect();
        let charge = Transition::Charge(Charge { asks, settled: Vec::new(), ..charge });
        let (outcome, _) = desk.fallback.borrow_mut().apply(&charge, platform.now_ms());
        Ok((outcome, Some(fault)))
    }
}

/// What came of asking one account.
struct Receipt<P: Platform> {
    paid: Rc<Paid<P>>,
    desk: Rc<Desk>,
    /// What the account was asked, and what it said.
    asks: Vec<Ask>,
    grant: Grant,
}

/// How charges are put.
struct Terms {
    hold_ms: u32,
    undo_ms: u32,
}

/// Writes into the tickets what one account charged.
fn hand_out<P: Platform>(bill: Bill, receipt: &Receipt<P>, tickets: &mut [Ticket<P>]) {
    for (at, verdict) in bill.watched.iter().zip(&receipt.grant.verdicts) {
        if let Some(ticket) = tickets.get_mut(*at) {
            ticket.judged(*verdict, &receipt.desk, Some(&receipt.paid));
        }
    }
    for ticket in tickets.iter_mut() {
        ticket.charged(&receipt.paid);
        ticket.told(&receipt.grant.ended);
        for rule in &bill.rules {
            let told =
                receipt.asks.iter().zip(&receipt.grant.standings).find(|(ask, _)| ask.rule == rule.key);
            ticket.stands(
                rule,
                told.map_or_else(|| receipt.desk.left(rule.key), |(_, standing)| standing.left),
            );
        }
    }
    for (at, share) in bill.shares {
        if let Some(ticket) = tickets.get_mut(at) {
            ticket.owes(&receipt.paid, share);
        }
    }
}
