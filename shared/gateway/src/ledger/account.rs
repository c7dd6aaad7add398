//! One account, and the steps that change it.

use super::counter::Counter;
use super::ends::Ends;
use super::hold::{Hold, Kind, Part};
use super::loops::{Chains, Verdict};
use super::terms::{RuleKey, Terms};
use super::{Ask, Charge, Denial, Grant, Outcome, Settle, Shown, Standing, Transition, Watch};
use crate::limits;
use postern_semantic::evidence::Evidence;
use serde::{Deserialize, Serialize};

/// How long evidence is kept after the last of it came, in ms: 30 days. A tool that nobody asks for as long begins anew.
const EVIDENCE_MS: u64 = 30 * 86_400_000;

/// What was used of each rule, and what is reserved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The latest time that was seen, in Unix ms: a clock that jumps back is not followed.
    pub(super) seen_ms: u64,
    /// By rule. Few: they are searched one by one.
    pub(super) counters: Vec<(RuleKey, Counter)>,
    /// What is reserved.
    pub(super) holds: Vec<Hold>,
    /// What the loop breaker remembers.
    pub(super) chains: Chains,
    /// What is known of a tool's predictions, and until when (Unix ms).
    pub(super) evidence: Option<(Evidence, u64)>,
    /// What its calls have ended in the cache.
    pub(super) ends: Ends,
}

impl Account {
    /// Does one step at `now_ms` (Unix). Also says whether anything of the account changed that has to be kept.
    pub fn apply(&mut self, transition: &Transition, now_ms: u64) -> (Outcome, bool) {
        let now_ms = self.clock(now_ms);
        let ended = self.end_holds(now_ms);
        match transition {
            Transition::Charge(charge) => {
                charge.settled.iter().for_each(|settle| self.settle(settle, now_ms));
                let outcome = self.charge(charge, now_ms);
                let changed = !matches!(outcome, Outcome::Refused(_)) || !charge.settled.is_empty() || ended;
                (outcome, changed)
            }
            Transition::Settle(settles) => {
                settles.iter().for_each(|settle| self.settle(settle, now_ms));
                (Outcome::Done, !settles.is_empty())
            }
            Transition::Show(rules) => (
                Outcome::Shown(rules.iter().map(|(rule, terms)| self.show(*rule, terms, now_ms)).collect()),
                ended,
            ),
            Transition::Reset(rules) => {
                self.reset(rules);
                (Outcome::Done, true)
            }
            Transition::Set(rule, terms, used) => {
                self.set(*rule, terms, *used, now_ms);
                (Outcome::Done, true)
            }
            Transition::Witness(terms, witnesses) => {
                let (evidence, until_ms) = self.evidence.get_or_insert_default();
                let standing = evidence.apply(terms, witnesses);
                if !witnesses.is_empty() {
                    *until_ms = now_ms.saturating_add(EVIDENCE_MS);
                }
                (Outcome::Evidence(standing), !witnesses.is_empty())
            }
        }
    }

    fn charge(&mut self, charge: &Charge, now_ms: u64) -> Outcome {
        // All rules are looked at before any is charged.
        if let Some(denial) = self.denial(&charge.asks, now_ms) {
            return Outcome::Refused(denial);
        }
        let verdicts = charge.watch.as_ref().map(|watch| self.watch(watch, now_ms)).unwrap_or_default();
        let mut parts = Vec::new();
        for ask in &charge.asks {
            let counter = self.counter(ask.rule, &ask.terms, now_ms);
            counter.take(ask.amount, now_ms, charge.hold_ms);
            let kind = match (ask.terms, counter.window()) {
                (Terms::Slots { .. }, _) => Kind::Slot,
                (_, Some(start_ms)) if ask.settles => Kind::Estimate(start_ms),
                (_, window) => Kind::Sure(window),
            };
            if charge.undo_ms > 0 || ask.settles {
                parts.push(Part { rule: ask.rule, amount: ask.amount, kind });
            }
        }
        self.hold(charge, parts, now_ms);
        self.ends.sweep(now_ms);
        let ended = self.ends.told();
        self.ends.begin(&charge.ends, charge.id, now_ms.saturating_add(u64::from(charge.hold_ms)));
        let standings = charge.asks.iter().map(|ask| self.standing(ask, now_ms)).collect();
        Outcome::Granted(Grant { standings, verdicts, ended })
    }

    fn watch(&mut self, watch: &Watch, now_ms: u64) -> Vec<Verdict> {
        let calls = watch.sightings.iter();
        calls.map(|(id, sighting)| self.chains.arrive(&watch.bounds, *id, sighting, now_ms)).collect()
    }

    /// The rule that keeps this charge waiting longest, if any does.
    fn denial(&mut self, asks: &[Ask], now_ms: u64) -> Option<Denial> {
        let mut worst: Option<Denial> = None;
        for (at, ask) in asks.iter().enumerate() {
            // A rule stands in a charge once. Were it there twice, it would have to give both.
            let before = asks.iter().take(at).filter(|other| other.rule == ask.rule);
            let amount = before.fold(ask.amount, |sum, other| sum.saturating_add(other.amount));
            let counter = self.counter(ask.rule, &ask.terms, now_ms);
            let retry_ms = counter.wait_ms(&ask.terms, amount, now_ms);
            if retry_ms > worst.map_or(0, |denial| denial.retry_ms) {
                let left = counter.read(&ask.terms, now_ms).left;
                worst = Some(Denial { ask: u16::try_from(at).unwrap_or(u16::MAX), left, retry_ms });
            }
        }
        worst
    }

    /// Where a rule stands after its charge, with what is lent of it.
    fn standing(&mut self, ask: &Ask, now_ms: u64) -> Standing {
        let counter = self.counter(ask.rule, &ask.terms, now_ms);
        let lent = ask.terms.loan(ask.lease, counter.read(&ask.terms, now_ms).left);
        if lent > 0 {
            // Debited at once: what is lent is used, whether or not it will be.
            counter.take(lent, now_ms, 0);
        }
        let reading = counter.read(&ask.terms, now_ms);
        Standing { left: reading.left, reset_ms: reading.reset_ms, lent, lent_ms: counter.loan_ms(now_ms) }
    }

    fn hold(&mut self, charge: &Charge, parts: Vec<Part>, now_ms: u64) {
        let mut hold =
            Hold { id: charge.id, until_ms: now_ms.saturating_add(u64::from(charge.hold_ms)), parts };
        if hold.parts.is_empty() {
            return;
        }
        if hold.is_for_undo() {
            hold.until_ms = now_ms.saturating_add(u64::from(charge.undo_ms));
            self.forget_undoable();
        }
        // Beyond the bound an estimate stays as it is. What is in flight is bounded by its own rule.
        if self.holds.len() < limits::HOLDS || hold.has_slots() {
            self.holds.push(hold);
        }
    }

    /// Makes room for one more that may be taken back. Nobody tells that it will not: a busy account would be full of
    /// them, and have no place for what is to be settled.
    fn forget_undoable(&mut self) {
        let undoable = || self.holds.iter().enumerate().filter(|(_, hold)| hold.is_for_undo());
        if undoable().count() < limits::UNDOABLE {
            return;
        }
        let oldest = undoable().min_by_key(|(_, hold)| hold.until_ms).map(|(at, _)| at);
        oldest.map(|at| self.holds.swap_remove(at));
    }

    /// What the call really used. A second settlement of the same charge, and one that comes after its time, do nothing.
    fn settle(&mut self, settle: &Settle, now_ms: u64) {
        self.ends.settle(settle.id, settle.undo, now_ms);
        for (id, finding) in &settle.findings {
            if settle.undo {
                self.chains.forget(*id);
            } else {
                self.chains.learn(*id, finding, now_ms);
            }
        }
        let Some(at) = self.holds.iter().position(|hold| hold.id == settle.id) else { return };
        for part in self.holds.swap_remove(at).parts {
            let used = settle.amounts.iter().find(|(rule, _)| *rule == part.rule).map(|(_, used)| *used);
            self.close(part, if settle.undo { Some(0) } else { used }, settle.undo, now_ms);
        }
    }

    /// Closes one part: `used` is what it comes to, if that is known.
    fn close(&mut self, part: Part, used: Option<u64>, undo: bool, now_ms: u64) {
        let Some((_, counter)) = self.counters.iter_mut().find(|(rule, _)| *rule == part.rule) else {
            return;
        };
        // What was taken of a window belongs to it, or to nothing once it is over.
        let current = counter.window();
        let same_window = |start| current == Some(start);
        match part.kind {
            Kind::Slot => counter.give(part.amount),
            Kind::Estimate(start) if same_window(start) => match used {
                Some(used) if used < part.amount => counter.give(part.amount - used),
                Some(used) => counter.take(used - part.amount, now_ms, 0),
                None => {}
            },
            Kind::Sure(window) if undo && window.is_none_or(same_window) => counter.give(part.amount),
            Kind::Estimate(_) | Kind::Sure(_) => {}
        }
    }

    /// Ends what was not settled in time: estimates stay, and what was in flight no longer counts as such.
    fn end_holds(&mut self, now_ms: u64) -> bool {
        if self.holds.iter().all(|hold| hold.until_ms > now_ms) {
            return false;
        }
        let (over, open) =
            std::mem::take(&mut self.holds).into_iter().partition(|hold| hold.until_ms <= now_ms);
        self.holds = open;
        let over: Vec<Hold> = over;
        for part in over.into_iter().flat_map(|hold| hold.parts) {
            self.close(part, None, false, now_ms);
        }
        true
    }

    fn show(&mut self, rule: RuleKey, terms: &Terms, now_ms: u64) -> Shown {
        let concerns = |hold: &&Hold| hold.parts.iter().any(|part| part.rule == rule);
        let open = self.holds.iter().filter(|hold| !hold.is_for_undo()).filter(concerns).count();
        let reading = self.counter(rule, terms, now_ms).read(terms, now_ms);
        Shown {
            used: reading.used,
            left: reading.left,
            reset_ms: reading.reset_ms,
            open: u32::try_from(open).unwrap_or(u32::MAX),
        }
    }

    /// What calls in flight have reserved is forgotten as well: their settlement finds nothing.
    fn reset(&mut self, rules: &[RuleKey]) {
        if rules.is_empty() {
            *self = Self { seen_ms: self.seen_ms, ..Self::default() };
        }
        self.counters.retain(|(rule, _)| !rules.contains(rule));
        for hold in &mut self.holds {
            hold.parts.retain(|part| !rules.contains(&part.rule));
        }
        self.holds.retain(|hold| !hold.parts.is_empty());
    }

    fn set(&mut self, rule: RuleKey, terms: &Terms, used: u64, now_ms: u64) {
        self.reset(&[rule]);
        self.counter(rule, terms, now_ms).take(used, now_ms, 0);
    }

    /// The counter of a rule, brought to `now_ms` and to the rule as it is.
    fn counter(&mut self, rule: RuleKey, terms: &Terms, now_ms: u64) -> &mut Counter {
        let found = self.counters.iter().position(|(known, _)| *known == rule);
        let at = found.unwrap_or_else(|| {
            self.counters.push((rule, Counter::fresh(terms)));
            self.counters.len() - 1
        });
        #[allow(clippy::indexing_slicing, reason = "found, or pushed just now")]
        let counter = &mut self.counters[at].1;
        counter.renew(terms, now_ms);
        counter
    }

    /// Time never goes back: neither a clock that jumps nor a host that wakes elsewhere opens a window again.
    fn clock(&mut self, now_ms: u64) -> u64 {
        self.seen_ms = self.seen_ms.max(now_ms);
        self.seen_ms
    }

    /// Forgets what no longer matters, and says when the rest will not (Unix ms); `None` when nothing is left.
    pub fn sweep(&mut self, now_ms: u64) -> Option<u64> {
        let now_ms = self.clock(now_ms);
        self.end_holds(now_ms);
        self.counters.retain(|(_, counter)| counter.over_ms() > now_ms);
        self.chains.sweep(now_ms);
        self.ends.sweep(now_ms);
        let holds = self.holds.iter().map(|hold| hold.until_ms);
        // What is in flight ends with its hold.
        let counters =
            self.counters.iter().map(|(_, counter)| counter.over_ms()).filter(|over| *over < u64::MAX);
        self.evidence.take_if(|(_, until_ms)| *until_ms <= now_ms);
        let evidence = self.evidence.as_ref().map(|(_, until_ms)| *until_ms);
        holds.chain(counters).chain(self.chains.over_ms()).chain(self.ends.over_ms()).chain(evidence).max()
    }
}
