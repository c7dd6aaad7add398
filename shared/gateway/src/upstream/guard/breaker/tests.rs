use super::*;
use std::collections::VecDeque;

const RULE: BreakerRule = BreakerRule {
    window_ms: 10_000,
    least: 4,
    error_percent: 50,
    slow_ms: Some(100),
    slow_percent: 75,
    open_ms: 3_000,
    trials: 2,
};
/// Any time: 2026-11-23.
const NOW: u64 = 1_795_392_000_000;
const WELL: Outcome = Outcome { failed: false, slow: false };
const FAILED: Outcome = Outcome { failed: true, slow: false };
const SLOW: Outcome = Outcome { failed: false, slow: true };

fn call(breaker: &mut Breaker, outcome: Outcome, now: u64) -> Option<Change> {
    let ticket = breaker.admit(now, now + 1_000).expect("let through");
    breaker.settle(ticket, outcome, now)
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new(RULE);
    for _ in 0..3 {
        assert_eq!(call(&mut breaker, FAILED, NOW), None);
    }
    assert!(matches!(call(&mut breaker, FAILED, NOW), Some(Change::Opened(_))));
    breaker
}

#[test]
fn it_opens_at_its_share_and_not_below() {
    let mut breaker = Breaker::new(RULE);
    for outcome in [FAILED, WELL, WELL, FAILED, WELL] {
        let change = call(&mut breaker, outcome, NOW);
        // Two of four are half of them.
        if let Some(Change::Opened(tally)) = change {
            assert_eq!(tally, Tally { calls: 4, failed: 2, slow: 0 });
            assert_eq!(breaker.refuses(NOW), Some(3_000));
            return;
        }
    }
    panic!("it did not open");
}

#[test]
fn few_calls_say_nothing() {
    let mut breaker = Breaker::new(RULE);
    for at in 0..100 {
        // Three in each window.
        assert_eq!(call(&mut breaker, FAILED, NOW + at * 4_000), None, "call {at}");
    }
}

#[test]
fn slow_calls_open_it_where_the_rule_says_what_is_slow() {
    let mut breaker = Breaker::new(RULE);
    for outcome in [SLOW, SLOW, WELL] {
        assert_eq!(call(&mut breaker, outcome, NOW), None);
    }
    let tally = Tally { calls: 4, failed: 0, slow: 3 };
    assert_eq!(call(&mut breaker, SLOW, NOW), Some(Change::Opened(tally)));
    let mut breaker = Breaker::new(BreakerRule { slow_ms: None, ..RULE });
    for _ in 0..100 {
        assert_eq!(call(&mut breaker, SLOW, NOW), None);
    }
}

#[test]
fn open_lets_nobody_through_until_its_time_is_over() {
    let mut breaker = opened();
    assert_eq!(breaker.admit(NOW, NOW + 1), Err(3_000));
    assert_eq!(breaker.admit(NOW + 2_999, NOW + 3_000), Err(1));
    assert_eq!(breaker.refuses(NOW + 2_999), Some(1));
    assert_eq!(breaker.refuses(NOW + 3_000), None);
    assert!(breaker.admit(NOW + 3_000, NOW + 4_000).is_ok());
}

#[test]
fn half_open_lets_its_trials_through_and_closes_when_all_went_well() {
    let mut breaker = opened();
    let later = NOW + 3_000;
    let first = breaker.admit(later, later + 500).expect("a trial");
    let second = breaker.admit(later, later + 500).expect("another");
    assert_eq!(breaker.admit(later, later + 500), Err(1_000), "two are enough");
    assert_eq!(breaker.refuses(later), None, "the gateway's own requests pass");
    assert_eq!(breaker.settle(second, WELL, later), None);
    assert_eq!(breaker.admit(later, later + 500), Err(1_000), "one still is under way");
    assert_eq!(breaker.settle(first, WELL, later), Some(Change::Closed));
    // All that was before is forgotten.
    for _ in 0..3 {
        assert_eq!(call(&mut breaker, FAILED, later), None);
    }
}

#[test]
fn one_trial_that_fails_or_is_slow_opens_it_again() {
    for outcome in [FAILED, SLOW] {
        let mut breaker = opened();
        let later = NOW + 3_000;
        assert_eq!(call(&mut breaker, WELL, later), None);
        assert!(matches!(call(&mut breaker, outcome, later), Some(Change::Opened(_))));
        assert_eq!(breaker.admit(later + 2_999, later + 3_000), Err(1));
        assert!(breaker.admit(later + 3_000, later + 4_000).is_ok());
    }
}

#[test]
fn a_trial_whose_caller_left_gives_its_turn_to_another() {
    let mut breaker = opened();
    let later = NOW + 3_000;
    let first = breaker.admit(later, later + 500).expect("a trial");
    let _second = breaker.admit(later, later + 500).expect("another");
    breaker.forget(first);
    assert!(breaker.admit(later, later + 500).is_ok());
    assert!(breaker.admit(later, later + 500).is_err());
}

#[test]
fn trials_that_a_host_forgot_do_not_block_it_for_ever() {
    let mut breaker = opened();
    let later = NOW + 3_000;
    let lost = breaker.admit(later, later + 500).expect("a trial");
    let _lost = breaker.admit(later, later + 700).expect("another");
    assert!(breaker.admit(later + 699, later + 900).is_err());
    let third = breaker.admit(later + 700, later + 900).expect("their time is over");
    assert_eq!(breaker.settle(lost, FAILED, later + 700), None, "too late to say anything");
    assert_eq!(breaker.settle(third, WELL, later + 700), None);
    assert_eq!(call(&mut breaker, WELL, later + 701), Some(Change::Closed));
}

#[test]
fn calls_from_before_say_nothing_of_what_came_after() {
    let mut breaker = Breaker::new(RULE);
    let old: Vec<Ticket> = (0..20).map(|_| breaker.admit(NOW, NOW + 1).expect("closed")).collect();
    let mut old = old.into_iter();
    for ticket in old.by_ref().take(4) {
        breaker.settle(ticket, FAILED, NOW);
    }
    assert!(breaker.refuses(NOW).is_some());
    let later = NOW + 3_000;
    let first = breaker.admit(later, later + 1).expect("a trial");
    for ticket in old {
        assert_eq!(breaker.settle(ticket, FAILED, later), None);
    }
    breaker.settle(first, WELL, later);
    assert_eq!(call(&mut breaker, WELL, later), Some(Change::Closed));
}

#[test]
fn a_clock_that_is_set_back_does_not_shut_it_for_longer() {
    let mut breaker = opened();
    let before = NOW - 3_600_000;
    assert_eq!(breaker.refuses(before), None);
    assert!(breaker.admit(before, before + 1).is_ok());
}

/// The same rule, kept exactly: every call with its time, counted anew at each of them.
struct Model {
    rule: BreakerRule,
    calls: VecDeque<(u64, Outcome)>,
    open_until: Option<u64>,
    /// Trials under way, and those that went well.
    half: Option<(u32, u32)>,
}

impl Model {
    fn bucket(&self, at: u64) -> u64 {
        at / u64::from(self.rule.window_ms / BUCKETS as u32)
    }

    fn admit(&mut self, now: u64) -> bool {
        if self.open_until.is_some_and(|until| now < until) {
            return false;
        }
        if self.open_until.take().is_some() {
            self.half = Some((0, 0));
        }
        match &mut self.half {
            None => true,
            Some((under_way, well)) => {
                let free = *under_way + *well < self.rule.trials;
                *under_way += u32::from(free);
                free
            }
        }
    }

    fn open(&mut self, now: u64) {
        self.open_until = Some(now + u64::from(self.rule.open_ms));
        self.half = None;
        self.calls.clear();
    }

    fn settle(&mut self, outcome: Outcome, now: u64) {
        if let Some((under_way, well)) = &mut self.half {
            if outcome.failed || outcome.slow {
                return self.open(now);
            }
            (*under_way, *well) = (*under_way - 1, *well + 1);
            if *well == self.rule.trials {
                self.half = None;
            }
            return;
        }
        self.calls.push_back((now, outcome));
        let oldest = self.bucket(now).saturating_sub(BUCKETS as u64 - 1);
        let within: Vec<Outcome> = self
            .calls
            .iter()
            .filter(|(at, _)| self.bucket(*at) >= oldest)
            .map(|(_, outcome)| *outcome)
            .collect();
        let count = |of: fn(&Outcome) -> bool| within.iter().filter(|outcome| of(outcome)).count() as f64;
        let all = within.len() as f64;
        let failed = count(|outcome| outcome.failed) / all * 100.0;
        let slow = count(|outcome| outcome.slow) / all * 100.0;
        let enough = within.len() >= self.rule.least as usize;
        // Shares of small whole numbers: exact enough for the comparison.
        let reached = |share: f64, percent: u32| share + 1e-9 >= f64::from(percent);
        if enough && (reached(failed, self.rule.error_percent) || reached(slow, self.rule.slow_percent)) {
            self.open(now);
        }
    }
}

/// SplitMix64 (Steele et al. 2014).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[test]
fn it_decides_as_an_exact_count_does() {
    let (mut openings, mut refusals) = (0, 0);
    for seed in 0..300_u64 {
        let mut state = seed;
        let mut draw = |below: u64| random(&mut state) % below;
        let rule = BreakerRule {
            window_ms: 100 * (1 + draw(50) as u32),
            least: 1 + draw(12) as u32,
            error_percent: 1 + draw(100) as u32,
            slow_ms: Some(1),
            slow_percent: 1 + draw(100) as u32,
            open_ms: 1_000,
            trials: 1 + draw(3) as u32,
        };
        let (bad, slow) = (draw(100), draw(60));
        let mut breaker = Breaker::new(rule);
        let mut model = Model { rule, calls: VecDeque::new(), open_until: None, half: None };
        let mut now = NOW + draw(10_000);
        for step in 0..500 {
            let longest = if draw(20) == 0 { 6_000 } else { 60 };
            now += draw(longest);
            let ticket = breaker.admit(now, u64::MAX);
            assert_eq!(ticket.is_ok(), model.admit(now), "seed {seed}, step {step}, {rule:?}");
            let Ok(ticket) = ticket else {
                refusals += 1;
                continue;
            };
            let outcome = Outcome { failed: draw(100) < bad, slow: draw(100) < slow };
            let change = breaker.settle(ticket, outcome, now);
            model.settle(outcome, now);
            let open = matches!(change, Some(Change::Opened(_)));
            openings += u32::from(open);
            assert_eq!(open, model.open_until.is_some(), "seed {seed}, step {step}, {rule:?}");
        }
    }
    assert!(openings > 1_000 && refusals > 10_000, "{openings} openings, {refusals} refusals");
}
