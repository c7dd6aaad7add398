//! What is stored covers what was answered, wherever it is cut.

use super::*;

const DAY: u64 = 86_400_000;

struct Object {
    disk: Option<Vec<u8>>,
    kept: Kept,
    writes: u32,
}

impl Object {
    fn new() -> Self {
        Self { disk: None, kept: Kept::wake(None, NOON).unwrap(), writes: 0 }
    }

    fn apply(&mut self, transition: &Transition, now_ms: u64) -> Outcome {
        let (outcome, bytes) = self.kept.apply(transition, now_ms);
        if bytes.is_some() {
            self.writes += 1;
            self.disk = bytes;
        }
        outcome
    }

    fn charge(&mut self, id: u64, asks: Vec<Ask>, now_ms: u64) -> Outcome {
        self.apply(&Transition::Charge(charge(id, asks)), now_ms)
    }

    fn rest(&mut self, now_ms: u64) {
        if let Some(bytes) = self.kept.rest(now_ms) {
            self.disk = bytes;
        }
    }

    fn crash(&mut self, now_ms: u64) {
        self.kept = Kept::wake(self.disk.as_deref(), now_ms).unwrap();
    }

    fn used(&mut self, rule: u64, terms: Terms, now_ms: u64) -> u64 {
        match self.apply(&Transition::Show(vec![(RuleKey(rule), terms)]), now_ms) {
            Outcome::Shown(shown) => shown[0].used,
            other => panic!("{other:?}"),
        }
    }
}

/// Calls: admitted <= counted <= admitted + a block for each crash; and never above the limit.
#[test]
fn crashes_lose_a_block_at_most() {
    for seed in 0..50 {
        let mut numbers = Numbers(seed);
        let mut object = Object::new();
        let terms = window(1_000, 20, NOON, DAY);
        let (mut admitted, mut crashes) = (0, 0);
        let mut now_ms = NOON;
        for id in 0..1_500 {
            now_ms += numbers.below(50);
            match numbers.below(100) {
                0..3 => {
                    object.crash(now_ms);
                    crashes += 1;
                }
                3..6 => object.rest(now_ms),
                _ => {}
            }
            admitted += u64::from(granted(&object.charge(id, vec![ask(1, terms, 1)], now_ms)));
            let counted = object.used(1, terms, now_ms);
            assert!(
                admitted <= counted && counted <= admitted + 20 * crashes,
                "seed {seed}: {admitted} {counted}"
            );
            assert!(counted <= 1_000);
        }
        assert!(object.writes < 200, "{} writes", object.writes);
    }
}

/// Several rules: what one of them refuses was charged to none, and what was stored for one is no licence for another.
#[test]
fn several_rules_survive_together() {
    for seed in 0..30 {
        let mut numbers = Numbers(seed);
        let mut object = Object::new();
        let (small, large) = (window(60, 1, NOON, DAY), window(500, 10, NOON, DAY));
        let mut admitted = [0, 0];
        for id in 0..900 {
            if numbers.one_in(40) {
                object.crash(NOON);
            }
            let asks = if numbers.one_in(8) {
                vec![ask(1, small, 1), ask(2, large, 1)]
            } else {
                vec![ask(2, large, 1)]
            };
            if granted(&object.charge(id, asks.clone(), NOON)) {
                asks.iter().for_each(|ask| admitted[ask.rule.0 as usize - 1] += 1);
            }
            for (at, terms) in [small, large].into_iter().enumerate() {
                let counted = object.used(at as u64 + 1, terms, NOON);
                assert!(admitted[at] <= counted && counted <= terms.capacity(), "seed {seed}, rule {at}");
            }
        }
    }
}

/// A new window begins with nothing, and is written at its first charge; a crash right after it does not bring the old
/// one back.
#[test]
fn windows_roll_over_a_crash() {
    let mut object = Object::new();
    for id in 0..5 {
        assert!(granted(&object.charge(id, vec![ask(1, window(5, 1, NOON, 1_000), 1)], NOON)));
    }
    assert!(!granted(&object.charge(5, vec![ask(1, window(5, 1, NOON, 1_000), 1)], NOON)));
    let next = NOON + 1_000;
    assert!(granted(&object.charge(6, vec![ask(1, window(5, 1, next, 1_000), 1)], next)));
    object.crash(next);
    assert!(object.used(1, window(5, 1, next, 1_000), next) >= 1);
    // An asker whose clock is late does not open the old window again.
    let late = ask(1, window(5, 1, NOON, 1_000), 1);
    let grants = (0..10).filter(|id| granted(&object.charge(100 + id, vec![late], NOON))).count();
    assert!(grants <= 4, "{grants}");
    // Nor does a clock that went back while nobody was there.
    object.crash(NOON - 60_000);
    let back = ask(1, window(5, 1, NOON - 60_000, 1_000), 1);
    let grants = (0..10).filter(|id| granted(&object.charge(200 + id, vec![back], NOON - 60_000))).count();
    assert_eq!(grants, 0);
}

/// A rate wakes full when it was quiet, and owes at most a second's worth more after a crash.
#[test]
fn a_rate_survives_a_crash() {
    let rate = Terms::Rate { every_ns: 100_000_000, burst: 20 };
    let mut object = Object::new();
    for id in 0..20 {
        assert!(granted(&object.charge(id, vec![ask(1, rate, 1)], NOON)));
    }
    object.crash(NOON);
    assert!(!granted(&object.charge(20, vec![ask(1, rate, 1)], NOON)));
    // Quiet for two seconds, and written back: as if there had been no crash.
    let mut object = Object::new();
    assert!(granted(&object.charge(0, vec![ask(1, rate, 1)], NOON)));
    object.rest(NOON + 2_000);
    object.crash(NOON + 2_000);
    assert!(granted(&object.charge(1, vec![ask(1, rate, 20)], NOON + 2_000)));
}

/// What is in flight at a crash is taken to be so until its time is over.
#[test]
fn what_is_in_flight_survives_a_crash() {
    let slots = Terms::Slots { limit: 4 };
    let mut object = Object::new();
    for id in 0..4 {
        assert!(granted(&object.charge(id, vec![estimate(1, slots, 1)], NOON)));
    }
    object.crash(NOON + 5_000);
    assert!(!granted(&object.charge(4, vec![estimate(1, slots, 1)], NOON + 5_000)));
    // A late settlement of one of them changes nothing: nobody knows it.
    object.apply(&Transition::Settle(vec![settle(1, &[])]), NOON + 5_000);
    assert!(!granted(&object.charge(5, vec![estimate(1, slots, 1)], NOON + 14_999)));
    assert!(granted(&object.charge(6, vec![estimate(1, slots, 4)], NOON + 15_000)));
}

/// Settled after what was stored, and told again after a crash: nothing is given back that was used since.
#[test]
fn a_settlement_told_again_after_a_crash_gives_nothing_back() {
    let tokens = window(100, 2, NOON, DAY);
    let mut object = Object::new();
    assert!(granted(&object.charge(1, vec![estimate(1, tokens, 50)], NOON)));
    object.rest(NOON);
    let told = Transition::Settle(vec![settle(1, &[(1, 0)])]);
    object.apply(&told, NOON);
    assert!(granted(&object.charge(2, vec![ask(1, tokens, 50)], NOON)));
    object.crash(NOON);
    object.apply(&told, NOON);
    assert!(object.used(1, tokens, NOON) >= 50);
    assert!(!granted(&object.charge(3, vec![ask(1, tokens, 51)], NOON)));
}

/// What an operator sets holds at once and after a crash, also where it lies below what was stored.
#[test]
fn what_an_operator_sets_is_stored() {
    let terms = window(100, 10, NOON, DAY);
    let mut object = Object::new();
    assert!(granted(&object.charge(1, vec![ask(1, terms, 90)], NOON)));
    object.apply(&Transition::Set(RuleKey(1), terms, 7), NOON);
    object.crash(NOON);
    assert_eq!(object.used(1, terms, NOON), 7);
    object.apply(&Transition::Reset(vec![]), NOON);
    object.crash(NOON);
    assert_eq!(object.used(1, terms, NOON), 0);
}

/// An account that nobody has asked for a while keeps nothing.
#[test]
fn an_idle_account_is_forgotten() {
    let mut object = Object::new();
    let rate = Terms::Rate { every_ns: 100_000_000, burst: 20 };
    assert!(granted(&object.charge(
        1,
        vec![ask(1, rate, 1), estimate(2, window(5, 1, NOON, 1_000), 1)],
        NOON
    )));
    assert!(object.disk.is_some() && object.kept.is_open());
    object.rest(NOON + 60_000);
    assert_eq!(object.disk, None);
    assert!(!object.kept.is_open());
    assert_eq!(object.kept.rest(NOON + 60_000), None);
}

/// What is stored is deleted when it no longer matters: from then on it covers nothing.
#[test]
fn what_was_deleted_covers_nothing() {
    let slot = || vec![estimate(1, Terms::Slots { limit: 1 }, 1)];
    let mut object = Object::new();
    assert!(granted(&object.charge(1, slot(), NOON)));
    object.rest(NOON);
    assert_eq!(object.kept.over_ms(NOON + 60_000), None);
    object.disk = None;
    assert!(granted(&object.charge(2, slot(), NOON + 60_000)));
    object.crash(NOON + 60_000);
    assert!(!granted(&object.charge(3, slot(), NOON + 60_000)), "it is in flight");
}

/// A stored value that cannot be read keeps the account closed, and a reset of everything opens it.
#[test]
fn a_value_that_cannot_be_read_is_an_error() {
    assert!(Kept::wake(Some(b"nonsense"), NOON).is_err());
    let charge = Transition::Charge(charge(1, vec![]));
    assert!(turn(Some(b"nonsense"), &charge, NOON).is_err());
    assert!(turn(Some(b"nonsense"), &Transition::Reset(vec![]), NOON).unwrap().value.is_some());
}
