//! Accounts against a slow exact model, and the properties that must hold whatever happens.

mod cases;
mod kept;
mod model;

use super::*;
use crate::calendar::Span;

/// Numbers that are the same in every run (SplitMix64).
pub(super) struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// A window of `length_ms` around `now_ms`.
pub(super) fn span(now_ms: u64, length_ms: u64) -> Span {
    let start_ms = now_ms - now_ms % length_ms;
    Span { start_ms, end_ms: start_ms + length_ms, next_end_ms: start_ms + 2 * length_ms }
}

pub(super) fn window(limit: u64, block: u64, now_ms: u64, length_ms: u64) -> Terms {
    Terms::Window { limit, block, span: span(now_ms, length_ms) }
}

pub(super) fn ask(rule: u64, terms: Terms, amount: u64) -> Ask {
    Ask { rule: RuleKey(rule), terms, amount, settles: false, lease: 0 }
}

pub(super) fn estimate(rule: u64, terms: Terms, amount: u64) -> Ask {
    Ask { settles: true, ..ask(rule, terms, amount) }
}

pub(super) fn charge(id: u64, asks: Vec<Ask>) -> Charge {
    Charge { id, asks, hold_ms: 10_000, undo_ms: 0, watch: None, ends: Vec::new(), settled: Vec::new() }
}

pub(super) fn settle(id: u64, amounts: &[(u64, u64)]) -> Settle {
    let amounts = amounts.iter().map(|(rule, used)| (RuleKey(*rule), *used)).collect();
    Settle { id, undo: false, amounts, findings: Vec::new() }
}

pub(super) fn granted(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Granted(_) => true,
        Outcome::Refused(_) => false,
        other => panic!("{other:?}"),
    }
}

/// An instant well inside a window of any length that tests use.
pub(super) const NOON: u64 = 1_795_392_000_000 + 500;

#[test]
fn what_is_encoded_is_read_back() {
    let charge = Charge {
        watch: None,
        undo_ms: 6_000,
        settled: vec![settle(7, &[(1, 2)])],
        ..charge(
            9,
            vec![ask(1, Terms::Rate { every_ns: 5, burst: 6 }, 1), estimate(2, Terms::Slots { limit: 3 }, 1)],
        )
    };
    for transition in [
        Transition::Charge(charge),
        Transition::Settle(vec![settle(1, &[])]),
        Transition::Show(vec![(RuleKey(1), window(1, 2, NOON, 1000))]),
        Transition::Reset(vec![]),
        Transition::Set(RuleKey(1), Terms::Slots { limit: 1 }, 4),
    ] {
        assert_eq!(Transition::decode(&transition.encode().unwrap()), Ok(transition));
    }
    let denial = Denial { ask: 1, left: 2, retry_ms: NEVER };
    for outcome in [
        Outcome::Granted(Grant { standings: vec![Standing::default()], verdicts: vec![], ended: vec![] }),
        Outcome::Refused(denial),
        Outcome::Shown(vec![]),
        Outcome::Done,
    ] {
        assert_eq!(Outcome::decode(&outcome.encode().unwrap()), Ok(outcome));
    }
}
