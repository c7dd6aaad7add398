//! From requests and rules to what each account is asked. Pure.

use super::Weighed;
use super::ticket::{Share, Ticket};
use crate::ledger::{Ask, Watch};
use crate::platform::Platform;
use crate::stage::authenticate::Caller;
use crate::tenant::{Each, Limit, Measure, Price, Reserve};
use std::rc::Rc;

/// What one account is asked.
pub(super) struct Bill {
    /// Its name.
    pub account: Rc<str>,
    /// The rules, and what is asked of each.
    pub rules: Vec<Rc<Limit>>,
    pub asks: Vec<Ask>,
    /// What of it is settled, and by which of the requests.
    pub shares: Vec<(usize, Share)>,
    /// The loop breaker's part, and which of the requests it looks at.
    pub watch: Option<Watch>,
    pub watched: Vec<usize>,
    /// Tools whose kept answers its calls end.
    pub ends: Vec<u32>,
}

/// When in the course of a request it is charged.
#[derive(Clone, Copy)]
pub(super) enum Phase<'a> {
    /// Before anything else.
    First,
    /// When its upstream is known: rules that concern it now and did not, as it was weighed before.
    Routed(&'a Weighed<'a>),
}

impl Bill {
    pub fn new(account: Rc<str>) -> Self {
        Self {
            account,
            rules: Vec::new(),
            asks: Vec::new(),
            shares: Vec::new(),
            watch: None,
            watched: Vec::new(),
            ends: Vec::new(),
        }
    }
}

/// Whether a rule needs to know tokens.
pub(super) fn counts_tokens(limit: &Limit) -> bool {
    matches!(limit.measure, Measure::Tokens(..) | Measure::Cost(..))
}

/// One bill for each account that is concerned, the agent's own first.
pub(super) fn bills<P: Platform>(
    caller: &Caller,
    requests: &[Weighed<'_>],
    phase: Phase<'_>,
    tickets: &[Ticket<P>],
    now_ms: u64,
) -> Vec<Bill> {
    let mut bills: Vec<Bill> = Vec::new();
    for rule in caller.tenant().limits.of(caller.agent()) {
        for (at, (request, ticket)) in requests.iter().zip(tickets).enumerate() {
            let Some(account) = account(caller, rule, request) else { continue };
            if let Phase::Routed(before) = phase
                && self::account(caller, rule, before).is_some()
            {
                continue;
            }
            let Some(amount) = amount(rule, request, ticket) else { continue };
            let bill = match bills.iter().position(|bill| bill.account == account) {
                Some(at) => at,
                None => {
                    bills.push(Bill::new(account));
                    bills.len() - 1
                }
            };
            if let Some(bill) = bills.get_mut(bill) {
                bill.add(at, rule, amount, now_ms);
            }
        }
    }
    bills
}

impl Bill {
    fn add(&mut self, request: usize, rule: &Rc<Limit>, amount: u64, now_ms: u64) {
        match self.asks.iter_mut().find(|ask| ask.rule == rule.key) {
            Some(ask) => ask.amount = ask.amount.saturating_add(amount),
            None => {
                let terms = rule.measure.terms(now_ms);
                let settles = rule.measure.settles();
                let lease = if rule.lease { terms.first_loan() } else { 0 };
                self.asks.push(Ask { rule: rule.key, terms, amount, settles, lease });
                self.rules.push(Rc::clone(rule));
            }
        }
        if rule.measure.settles() {
            self.shares.push((request, Share { rule: Rc::clone(rule), estimate: amount }));
        }
    }
}

/// Whose account a rule charges for this request; `None` when it does not concern it.
fn account(caller: &Caller, rule: &Limit, request: &Weighed<'_>) -> Option<Rc<str>> {
    let (name, alias) = (request.name.as_deref(), request.alias.as_deref());
    if !rule.selector.concerns(name, alias) {
        return None;
    }
    let tenant = caller.tenant().name.as_str();
    match rule.each {
        Each::Agent => Some(Rc::clone(caller.account())),
        // What agents share is charged for nothing that one of them may not do.
        _ if !request.permitted => None,
        Each::Tool if !request.known => None,
        Each::Tool => Some([tenant, "/tool/", name?].concat().into()),
        Each::Upstream => Some([tenant, "/upstream/", alias?].concat().into()),
        Each::Tenant => Some([tenant, "/tenant"].concat().into()),
    }
}

/// What a rule counts of this request; `None` for nothing.
fn amount<P: Platform>(rule: &Limit, request: &Weighed<'_>, ticket: &Ticket<P>) -> Option<u64> {
    let amount = match &rule.measure {
        Measure::Rate { .. } => 1,
        _ if !request.call => 0,
        Measure::Calls(_) => u64::from(!request.again),
        Measure::Concurrency { .. } => u64::from(!request.held),
        Measure::Tokens(_, reserve) => {
            u64::from(ticket.request_tokens()) + u64::from(expected(*reserve, ticket))
        }
        Measure::Cost(_, reserve) => ticket.price().of(ticket.request_tokens(), expected(*reserve, ticket)),
    };
    // What costs nothing is not asked for: it may be that the tool has no price.
    let free = amount == 0 && ticket.price() == Price::default();
    (amount > 0 || matches!(rule.measure, Measure::Cost(..)) && !free && request.call).then_some(amount)
}

fn expected<P: Platform>(reserve: Reserve, ticket: &Ticket<P>) -> u32 {
    match reserve {
        Reserve::Mean => ticket.mean_result(),
        Reserve::Max(tokens) => tokens,
    }
}
