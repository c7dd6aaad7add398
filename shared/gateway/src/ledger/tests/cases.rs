//! Single steps.

use super::*;

const DAY: u64 = 86_400_000;

fn apply(account: &mut Account, charge: Charge, now_ms: u64) -> Outcome {
    account.apply(&Transition::Charge(charge), now_ms).0
}

#[test]
fn all_or_nothing() {
    let mut account = Account::default();
    let (wide, narrow) = (window(100, 2, NOON, DAY), window(1, 1, NOON, DAY));
    assert!(granted(&apply(&mut account, charge(1, vec![ask(1, wide, 1), ask(2, narrow, 1)]), NOON)));
    let outcome = apply(&mut account, charge(2, vec![ask(1, wide, 1), ask(2, narrow, 1)]), NOON);
    let Outcome::Refused(denial) = outcome else { panic!("{outcome:?}") };
    assert_eq!((denial.ask, denial.left), (1, 0));
    assert_eq!(denial.retry_ms, DAY - NOON % DAY);
    let shown = account.apply(&Transition::Show(vec![(RuleKey(1), wide)]), NOON).0;
    assert!(matches!(&shown, Outcome::Shown(shown) if shown[0].used == 1), "{shown:?}");
}

#[test]
fn more_than_the_limit_is_never_granted() {
    for terms in [Terms::Rate { every_ns: 1, burst: 5 }, window(5, 1, NOON, DAY), Terms::Slots { limit: 5 }] {
        let mut account = Account::default();
        let outcome = apply(&mut account, charge(1, vec![ask(1, terms, 6)]), NOON);
        assert!(matches!(outcome, Outcome::Refused(Denial { retry_ms: NEVER, .. })), "{terms:?} {outcome:?}");
        assert!(granted(&apply(&mut account, charge(1, vec![ask(1, terms, 5)]), NOON)), "{terms:?}");
        let huge = apply(&mut account, charge(2, vec![ask(1, terms, u64::MAX)]), NOON);
        assert!(!granted(&huge));
    }
    // A rule that stands twice in a charge has to give both.
    let mut account = Account::default();
    let twice = vec![ask(1, window(3, 1, NOON, DAY), 2), ask(1, window(3, 1, NOON, DAY), 2)];
    assert!(!granted(&apply(&mut account, charge(1, twice), NOON)));
}

#[test]
fn estimates_are_settled_in_their_window_once() {
    let day = |now_ms| window(1_000, 10, now_ms, DAY);
    let used = |account: &mut Account, now_ms| match account
        .apply(&Transition::Show(vec![(RuleKey(1), day(now_ms))]), now_ms)
        .0
    {
        Outcome::Shown(shown) => shown[0].used,
        other => panic!("{other:?}"),
    };
    let mut account = Account::default();
    for (id, told, expected) in [(1, Some(100), 100), (2, Some(700), 800), (3, None, 900)] {
        assert!(granted(&apply(&mut account, charge(id, vec![estimate(1, day(NOON), 100)]), NOON)));
        let amounts: Vec<(u64, u64)> = told.map(|used| (1, used)).into_iter().collect();
        for _ in 0..2 {
            account.apply(&Transition::Settle(vec![settle(id, &amounts)]), NOON);
        }
        assert_eq!(used(&mut account, NOON), expected);
    }
    // Never settled: it stays as estimated, and a settlement after its time finds nothing.
    assert!(granted(&apply(&mut account, charge(4, vec![estimate(1, day(NOON), 50)]), NOON)));
    account.apply(&Transition::Settle(vec![settle(4, &[(1, 0)])]), NOON + 10_000);
    assert_eq!(used(&mut account, NOON + 10_000), 950);
    // Settled in the next window: of no concern to it.
    let late = NOON - NOON % DAY + DAY - 1;
    assert!(granted(&apply(&mut account, charge(5, vec![estimate(1, day(late), 20)]), late)));
    assert!(granted(&apply(&mut account, charge(6, vec![ask(1, day(late + 1), 3)]), late + 1)));
    account.apply(&Transition::Settle(vec![settle(5, &[(1, 0)])]), late + 2);
    assert_eq!(used(&mut account, late + 2), 3);
}

#[test]
fn an_undone_charge_leaves_nothing() {
    let rate = Terms::Rate { every_ns: 100_000_000, burst: 2 };
    let asks = || {
        vec![ask(1, rate, 2), ask(2, window(2, 1, NOON, DAY), 2), estimate(3, Terms::Slots { limit: 2 }, 2)]
    };
    let mut account = Account::default();
    for id in 1..20 {
        let charge = Charge { undo_ms: 6_000, ..charge(id, asks()) };
        assert!(granted(&apply(&mut account, charge, NOON)), "{id}");
        account.apply(&Transition::Settle(vec![Settle { undo: true, ..settle(id, &[]) }]), NOON);
    }
}

#[test]
fn what_is_in_flight_ends_with_the_call_or_with_its_time() {
    let slots = Terms::Slots { limit: 2 };
    let mut account = Account::default();
    for (id, at_ms, expected) in [
        (1, NOON, true),
        (2, NOON + 1, true),
        (3, NOON + 9_999, false),
        (4, NOON + 10_000, true),
        (5, NOON + 10_000, false),
    ] {
        let outcome = apply(&mut account, charge(id, vec![estimate(1, slots, 1)]), at_ms);
        assert_eq!(granted(&outcome), expected, "{id}");
    }
    let freed = Charge { settled: vec![settle(4, &[])], ..charge(6, vec![estimate(1, slots, 1)]) };
    assert!(granted(&apply(&mut account, freed, NOON + 10_000)));
}

#[test]
fn loans() {
    for (terms, left, expected) in [
        (window(100, 2, NOON, DAY), 99, 9),
        (window(1_000_000, 2, NOON, DAY), 999_999, 11),
        (window(100, 2, NOON, DAY), 9, 0),
        (window(5, 1, NOON, DAY), 4, 0),
        (Terms::Rate { every_ns: 500_000, burst: 2_000 }, 1_999, 199),
        (Terms::Rate { every_ns: 100_000_000, burst: 2_000 }, 1_999, 10),
        (Terms::Slots { limit: 1_000 }, 900, 0),
    ] {
        assert_eq!(terms.loan(terms.first_loan(), left), expected, "{terms:?} {left}");
    }
    assert_eq!(window(1_000_000, 2, NOON, DAY).loan(4_000, 999_999), 4_000);
    assert_eq!(window(1_000_000, 2, NOON, DAY).loan(4_000, 10_009), 1_000);
}

/// A thousand charges a second, none of which is taken back: what is to be settled finds a place, and the last ones may
/// still be taken back.
#[test]
fn what_may_be_undone_is_bounded() {
    let mut account = Account::default();
    let (calls, tokens) = (window(u64::MAX, 1, NOON, DAY), window(1_000, 1, NOON, DAY));
    for id in 0..6_000 {
        let undoable = Charge { undo_ms: 6_000, hold_ms: 90_000, ..charge(id, vec![ask(1, calls, 1)]) };
        assert!(granted(&apply(&mut account, undoable, NOON + id)));
    }
    assert_eq!(account.holds.len(), limits::UNDOABLE);
    let now_ms = NOON + 6_000;
    let undo = |id| Settle { undo: true, ..settle(id, &[]) };
    account.apply(&Transition::Settle(vec![undo(5_935), undo(5_936), undo(5_999)]), now_ms);
    let shown = account.apply(&Transition::Show(vec![(RuleKey(1), calls)]), now_ms).0;
    assert!(
        matches!(&shown, Outcome::Shown(shown) if (shown[0].used, shown[0].open) == (5_998, 0)),
        "{shown:?}"
    );
    assert!(granted(&apply(&mut account, charge(9_000, vec![estimate(2, tokens, 1_000)]), now_ms)));
    account.apply(&Transition::Settle(vec![settle(9_000, &[(2, 10)])]), now_ms);
    assert!(granted(&apply(&mut account, charge(9_001, vec![estimate(2, tokens, 990)]), now_ms)));
}

/// Holds are bounded: beyond, an estimate stays as it is, and what is in flight is still counted.
#[test]
fn holds_are_bounded() {
    let mut account = Account::default();
    let terms = window(u64::MAX, 1, NOON, DAY);
    for id in 0..5_000 {
        assert!(granted(&apply(&mut account, charge(id, vec![estimate(1, terms, 1)]), NOON)));
    }
    assert_eq!(account.holds.len(), limits::HOLDS);
    assert!(granted(&apply(
        &mut account,
        charge(9_000, vec![estimate(2, Terms::Slots { limit: 1 }, 1)]),
        NOON
    )));
    assert!(!granted(&apply(
        &mut account,
        charge(9_001, vec![estimate(2, Terms::Slots { limit: 1 }, 1)]),
        NOON
    )));
}
