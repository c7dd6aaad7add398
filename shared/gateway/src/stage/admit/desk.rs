//! What an isolate knows of accounts: what it has borrowed, what it has still to tell, and what it counts by itself. May
//! vanish at any time: what was borrowed is lost then, and what was reserved stays as estimated.

use super::bill::Bill;
use crate::ledger::loops::Chains;
use crate::ledger::{Account, Ask, RuleKey, Settle, Standing, Transition};
use crate::limits;
use crate::platform::{AccountName, Platform};
use crate::tenant::Placement;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// How long a block is to last, in ms.
const BLOCK_MS: u64 = 1_000;
/// The part of a limit that a block is at most, unless its first block is larger.
const LARGEST_SHARE: u64 = 100;
/// How long what has ended may wait for a charge that takes it along, in ms.
const PATIENCE_MS: u32 = 250;
/// How long telling it may take, in ms; and how long it is believed that somebody is about to: his request may have
/// been cut off.
const TELLING_MS: u32 = 2_000;

/// Every account that this isolate deals with.
#[derive(Default)]
pub(super) struct Desks {
    desks: RefCell<HashMap<String, Rc<Desk>>>,
    /// The last id; 0 before the first.
    ids: Cell<u64>,
    /// Mean size of results in tokens, by account of the tool's tenant and its name.
    means: RefCell<HashMap<String, f32>>,
}

/// One account.
#[derive(Default)]
pub(super) struct Desk {
    loans: RefCell<Vec<Loan>>,
    /// Until when somebody is about to borrow, Unix ms.
    borrowing_ms: Cell<u64>,
    ended: RefCell<Vec<Settle>>,
    /// Until when somebody is about to tell what has ended, Unix ms.
    telling_ms: Cell<u64>,
    /// The loop breaker's memory, for calls that no account is asked for.
    pub chains: RefCell<Chains>,
    /// What is counted here while the ledger cannot be asked, for rules that say so.
    pub fallback: RefCell<Account>,
}

/// What was paid of a block.
pub(super) struct Spent {
    pub rule: RuleKey,
    amount: u64,
    /// When the block ends, Unix ms.
    until_ms: u64,
}

/// A block that was borrowed.
#[derive(Clone, Copy)]
struct Loan {
    rule: RuleKey,
    /// How much was lent, and since when it is being spent, Unix ms.
    lent: u64,
    since_ms: u64,
    left: u64,
    until_ms: u64,
}

impl Desks {
    /// What names a charge: unlike all others of an account. It is no secret, so that it need not be random each time,
    /// which would be a crossing into the host.
    pub fn id<P: Platform>(&self, platform: &P) -> u64 {
        /// Odd, so that all ids come before the first comes again; large, so that isolates do not walk side by side.
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut last = self.ids.get();
        if last == 0 {
            let mut bytes = [0; 8];
            platform.fill(&mut bytes);
            last = u64::from_le_bytes(bytes);
        }
        // 0 is what was never asked for.
        let id = last.wrapping_add(STEP).max(1);
        self.ids.set(id);
        id
    }

    /// The desk of an account.
    pub fn of(&self, account: &str) -> Rc<Desk> {
        let mut desks = self.desks.borrow_mut();
        if let Some(desk) = desks.get(account) {
            return Rc::clone(desk);
        }
        if desks.len() >= limits::DESKS {
            // Whoever is in use, or has something to tell, stays. Should all of them, nothing is kept of this one.
            desks.retain(|_, desk| Rc::strong_count(desk) > 1 || !desk.ended.borrow().is_empty());
        }
        let desk = Rc::<Desk>::default();
        if desks.len() < limits::DESKS {
            desks.insert(account.to_owned(), Rc::clone(&desk));
        }
        desk
    }

    /// The mean size of a tool's results, in tokens.
    pub fn mean(&self, tool: &str) -> u32 {
        self.means.borrow().get(tool).map_or(limits::MEAN_TOKENS, |mean| *mean as u32)
    }

    /// Takes a result into the mean: the newest of them count most.
    pub fn learn(&self, tool: &str, tokens: u32) {
        let mut means = self.means.borrow_mut();
        if means.len() >= limits::DESKS && !means.contains_key(tool) {
            means.clear();
        }
        let tokens = tokens as f32;
        means.entry(tool.to_owned()).and_modify(|mean| *mean += (tokens - *mean) / 8.0).or_insert(tokens);
    }
}

impl Desk {
    /// Pays from what was borrowed, and says what.
    pub fn spend(&self, bill: &Bill, now_ms: u64) -> Vec<Spent> {
        let mut loans = self.loans.borrow_mut();
        let mut spend = |ask: &Ask| {
            let loan = loans.iter_mut().find(|loan| ask.lease > 0 && loan.pays(ask, now_ms))?;
            loan.left -= ask.amount;
            Some(Spent { rule: ask.rule, amount: ask.amount, until_ms: loan.until_ms })
        };
        bill.asks.iter().filter_map(&mut spend).collect()
    }

    /// Puts back what was spent of a charge that was refused: into its own block, which may be gone by now. In a later
    /// one it would outlive its window.
    pub fn give_back(&self, spent: &[Spent]) {
        let mut loans = self.loans.borrow_mut();
        for Spent { rule, amount, until_ms } in spent {
            let own = |loan: &&mut Loan| loan.rule == *rule && loan.until_ms == *until_ms;
            if let Some(loan) = loans.iter_mut().find(own) {
                loan.left = loan.left.saturating_add(*amount);
            }
        }
    }

    /// Whether to borrow with a charge that may take so long. One does so at a time: else everybody who comes at once would,
    /// and all of it lie here where others ask in vain.
    pub fn may_borrow(&self, now_ms: u64, charge_ms: u32) -> bool {
        let free = self.borrowing_ms.get() <= now_ms;
        if free {
            self.borrowing_ms.set(now_ms.saturating_add(u64::from(charge_ms)));
        }
        free
    }

    /// Whoever was about to borrow has, or has not.
    pub fn has_borrowed(&self) {
        self.borrowing_ms.set(0);
    }

    /// How much to borrow with a charge, which asks for a first block: as much as is used here in a second. That may be
    /// lost, so it is a hundredth of the limit at most.
    pub fn wants(&self, ask: &Ask, now_ms: u64) -> u64 {
        let loans = self.loans.borrow();
        let before = loans.iter().find(|loan| loan.rule == ask.rule && ask.lease > 0);
        before.map_or(ask.lease, |loan| {
            loan.next(now_ms).min(ask.terms.capacity() / LARGEST_SHARE).max(ask.lease)
        })
    }

    /// Takes what was lent to a charge that asked for `asks`.
    pub fn borrow(&self, asks: &[Ask], standings: &[Standing], now_ms: u64) {
        let mut loans = self.loans.borrow_mut();
        for (ask, standing) in asks.iter().zip(standings).filter(|(_, standing)| standing.lent > 0) {
            let until_ms = now_ms.saturating_add(u64::from(standing.lent_ms));
            let lent = standing.lent;
            let loan = Loan { rule: ask.rule, lent, since_ms: now_ms, left: lent, until_ms };
            match loans.iter_mut().find(|known| known.rule == ask.rule) {
                // A little was left of the one before: both end with the earlier one.
                Some(known) if known.until_ms > now_ms => {
                    let until_ms = known.until_ms.min(until_ms);
                    *known = Loan { left: lent.saturating_add(known.left), until_ms, ..loan };
                }
                Some(known) => *known = loan,
                None => loans.push(loan),
            }
        }
    }

    /// What is left of a block of this rule.
    pub fn left(&self, rule: RuleKey) -> u64 {
        self.loans.borrow().iter().find(|loan| loan.rule == rule).map_or(0, |loan| loan.left)
    }

    /// Settles what was counted here.
    pub fn settle_here(&self, settle: Settle, now_ms: u64) {
        self.fallback.borrow_mut().apply(&Transition::Settle(vec![settle]), now_ms);
    }

    /// What has ended and was not told yet: for a charge to take along.
    pub fn settled(&self) -> Vec<Settle> {
        let mut ended = self.ended.borrow_mut();
        let many = ended.len().min(limits::SETTLES);
        ended.drain(..many).collect()
    }

    /// Keeps for later what could not be told.
    pub fn put_back(&self, mut settled: Vec<Settle>) {
        let mut ended = self.ended.borrow_mut();
        settled.append(&mut ended);
        // What is not told stays charged as estimated.
        let excess = settled.len().saturating_sub(limits::SETTLES);
        *ended = settled.split_off(excess);
    }

    /// Tells the account how a call ended: with the next charge, or behind an answer, whichever comes first.
    pub fn tell<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        account: &str,
        placement: Placement,
        settle: Settle,
        urgent: bool,
    ) {
        self.put_back(vec![settle]);
        let now_ms = platform.now_ms();
        if !urgent && self.telling_ms.get() > now_ms {
            return;
        }
        self.telling_ms.set(now_ms.saturating_add(u64::from(TELLING_MS)));
        let (desk, here, account) = (Rc::clone(self), platform.clone(), account.to_owned());
        platform.defer(Box::pin(async move {
            if !urgent {
                here.sleep(PATIENCE_MS).await;
            }
            desk.telling_ms.set(0);
            let settled = desk.settled();
            if settled.is_empty() {
                return;
            }
            let transition = Transition::Settle(settled);
            let account = AccountName { name: &account, placement };
            let told = here.apply(account, &transition, TELLING_MS).await;
            if let (Err(_), Transition::Settle(settled)) = (told, transition) {
                desk.put_back(settled);
            }
        }));
    }
}

impl Loan {
    /// What would have lasted for [`BLOCK_MS`]; twice what was spent at most, since a moment's haste proves little.
    fn next(&self, now_ms: u64) -> u64 {
        let spent = self.lent.saturating_sub(self.left);
        let lasted_ms = now_ms.saturating_sub(self.since_ms).max(BLOCK_MS / 2);
        spent.saturating_mul(BLOCK_MS) / lasted_ms
    }

    fn pays(&self, ask: &Ask, now_ms: u64) -> bool {
        self.rule == ask.rule && self.left >= ask.amount && now_ms < self.until_ms
    }
}
