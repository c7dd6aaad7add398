//! Chains: their memory, their time, their stops.

use super::traces::{self, Rng};
use super::{digests, finding, sighting};
use crate::codec::{decode, encode};
use crate::ledger::loops::{
    Bounds, CHAINS, Chains, Finding, Finds, Fingerprint, PRINCIPAL_CALLS, Rule, STATE_BYTES, Sighting,
    TRACE_CALLS, Verdict,
};

const SECOND: u64 = 1_000;
const WINDOW: u64 = 120 * SECOND;

fn call(principal: u32, trace: Option<u32>, call: u32) -> Sighting {
    let fingerprint = Fingerprint { tool: call, call, shape: call };
    Sighting { principal, trace, fingerprint, cost: 10, exempt: false }
}

fn something(result: u32) -> Finding {
    Finding { result, gist: result, kind: Finds::Something }
}

/// Drives chains with a clock and an id of its own.
struct Drive {
    chains: Chains,
    bounds: Bounds,
    now: u64,
    id: u64,
}

impl Drive {
    fn new() -> Self {
        Self { chains: Chains::default(), bounds: Bounds::default(), now: 1_700_000_000_000, id: 0 }
    }

    /// A second later, a call that is given this result if it is carried out.
    fn step(&mut self, sighting: &Sighting, result: u32) -> Verdict {
        self.now += SECOND;
        let verdict = self.begin(sighting);
        if verdict == Verdict::Go || self.bounds.dry_run {
            self.chains.learn(self.id, &something(result), self.now);
        }
        verdict
    }

    fn begin(&mut self, sighting: &Sighting) -> Verdict {
        self.id += 1;
        self.chains.arrive(&self.bounds, self.id, sighting, self.now)
    }

    fn steps(&mut self, sighting: &Sighting, result: u32, count: usize) -> Vec<Verdict> {
        (0..count).map(|_| self.step(sighting, result)).collect()
    }
}

fn stop(rule: Rule, seen: u8) -> Verdict {
    Verdict::Stop { rule, seen }
}

#[test]
fn the_sixth_equal_result_is_not_fetched() {
    let mut drive = Drive::new();
    let verdicts = drive.steps(&call(1, None, 1), 7, 6);
    assert_eq!(verdicts[..5], [Verdict::Go; 5]);
    assert_eq!(verdicts[5], stop(Rule::Same, 5));
}

#[test]
fn another_result_begins_the_count_anew() {
    let mut drive = Drive::new();
    let one = call(1, None, 1);
    for result in [7, 8, 7] {
        assert_eq!(drive.steps(&one, result, 4), [Verdict::Go; 4]);
    }
    assert_eq!(drive.step(&one, 7), Verdict::Go);
    assert_eq!(drive.step(&one, 7), stop(Rule::Same, 5));
}

#[test]
fn the_window_slides() {
    for (pause, stopped) in [(20, true), (29, true), (30, false), (45, false)] {
        let mut drive = Drive::new();
        let mut verdicts = Vec::new();
        for _ in 0..12 {
            drive.now += (pause - 1) * SECOND;
            verdicts.push(drive.step(&call(1, None, 1), 7));
        }
        assert_eq!(
            verdicts.iter().any(|verdict| *verdict != Verdict::Go),
            stopped,
            "{pause} s: {verdicts:?}"
        );
    }
}

#[test]
fn five_calls_in_more_than_a_window_are_not_five_in_a_window() {
    let mut drive = Drive::new();
    for pause in [30, 30, 30, 30, 30, 5] {
        drive.now += (pause - 1) * SECOND;
        assert_eq!(drive.step(&call(1, None, 1), 7), Verdict::Go);
    }
}

#[test]
fn a_call_that_was_stopped_may_be_tried_again_after_a_while() {
    let mut drive = Drive::new();
    let one = call(1, None, 1);
    drive.steps(&one, 7, 5);
    drive.now += 60 * SECOND;
    assert_eq!(drive.step(&one, 7), stop(Rule::Same, 5));
    drive.now += 100 * SECOND;
    assert_eq!(drive.step(&one, 7), Verdict::Go);
}

#[test]
fn parallel_calls_are_no_equal_results_until_they_are_a_flood() {
    let mut drive = Drive::new();
    let one = call(1, Some(1), 1);
    let verdicts: Vec<Verdict> = (0..13).map(|_| drive.begin(&one)).collect();
    assert_eq!(verdicts[..12], [Verdict::Go; 12]);
    assert_eq!(verdicts[12], stop(Rule::Flight, 12));
    // Once some have a result, it is none, whatever came back.
    assert!(drive.chains.learn(3, &something(7), drive.now));
    assert!(drive.chains.learn(1, &something(7), drive.now));
    assert_eq!(drive.begin(&one), Verdict::Go);
}

#[test]
fn a_second_result_is_ignored() {
    let mut drive = Drive::new();
    let one = call(1, Some(1), 1);
    drive.begin(&one);
    assert!(drive.chains.learn(1, &something(7), drive.now));
    let before = drive.chains.clone();
    assert!(!drive.chains.learn(1, &something(8), drive.now + 1));
    assert!(!drive.chains.learn(77, &something(8), drive.now + 1));
    assert_eq!(drive.chains, before);
}

#[test]
fn results_in_any_order_count_by_the_order_of_calls() {
    let mut drive = Drive::new();
    let one = call(1, None, 1);
    for _ in 0..6 {
        drive.now += SECOND;
        assert_eq!(drive.begin(&one), Verdict::Go);
    }
    // The latest call had another result, although that came first.
    drive.chains.learn(6, &something(8), drive.now);
    for id in [5, 3, 1, 2, 4] {
        drive.chains.learn(id, &something(7), drive.now);
    }
    assert_eq!(drive.step(&one, 8), Verdict::Go);
}

#[test]
fn stops_harden_and_soften() {
    let mut drive = Drive::new();
    let (one, other) = (call(1, None, 1), call(1, None, 2));
    drive.steps(&one, 7, 5);
    let verdicts = drive.steps(&one, 7, 6);
    assert_eq!(verdicts, [stop(Rule::Same, 5); 6]);
    // One, and five more: now nothing of this principal is carried out, and trying does not prolong it.
    let until_ms = drive.now + WINDOW;
    for sighting in [&one, &other, &call(1, Some(3), 2)] {
        assert_eq!(drive.step(sighting, 7), Verdict::Refuse { rule: Rule::Same, until_ms });
    }
    assert_eq!(drive.step(&call(2, None, 2), 7), Verdict::Go);
    drive.now = until_ms - SECOND;
    assert_eq!(drive.step(&one, 7), Verdict::Go);
}

#[test]
fn a_loop_of_one_trace_is_that_traces_alone() {
    let mut drive = Drive::new();
    let (stuck, other) = (call(1, Some(1), 1), call(1, Some(2), 2));
    let verdicts = drive.steps(&stuck, 7, 14);
    assert!(matches!(verdicts.last(), Some(Verdict::Refuse { .. })));
    assert_eq!(drive.step(&other, 1), Verdict::Go);
    // With another trace id the same loop is seen by the principal's chain.
    assert_eq!(drive.step(&call(1, Some(9), 1), 7), stop(Rule::Same, 5));
    // Another principal with the same trace id is another chain.
    assert_eq!(drive.step(&call(2, Some(1), 1), 7), Verdict::Go);
}

#[test]
fn a_dry_run_says_and_does_nothing() {
    let mut drive = Drive::new();
    drive.bounds.dry_run = true;
    let verdicts = drive.steps(&call(1, None, 1), 7, 20);
    assert_eq!(verdicts[..5], [Verdict::Go; 5]);
    assert!(verdicts[5..11].iter().all(|verdict| matches!(verdict, Verdict::Stop { rule: Rule::Same, .. })));
    assert!(verdicts[11..].iter().all(|verdict| matches!(verdict, Verdict::Refuse { .. })));
    // What was carried out counts: another result is seen.
    drive.now += 2 * WINDOW;
    assert_eq!(drive.step(&call(1, None, 1), 7), Verdict::Go);
}

#[test]
fn exempt_tools_are_no_part_of_a_pattern() {
    let mut drive = Drive::new();
    let poll = Sighting { exempt: true, ..call(1, Some(1), 1) };
    assert_eq!(drive.steps(&poll, 7, 50), [Verdict::Go; 50]);
    // But they count: 50 calls were made.
    drive.bounds.calls = Some(50);
    assert_eq!(drive.step(&poll, 7), stop(Rule::Calls, 50));
}

#[test]
fn calls_and_spend_are_bounded_for_each_chain() {
    let mut drive = Drive::new();
    drive.bounds.calls = Some(20);
    for at in 0..20 {
        assert_eq!(drive.step(&call(1, Some(1), at), at), Verdict::Go);
    }
    assert_eq!(drive.step(&call(1, Some(1), 99), 1), stop(Rule::Calls, 20));
    // The principal's window slides; the trace is over for good.
    drive.now += 2 * WINDOW;
    assert_eq!(drive.step(&call(1, None, 98), 1), Verdict::Go);
    assert_eq!(drive.step(&call(1, Some(1), 97), 1), stop(Rule::Calls, 20));

    let mut drive = Drive::new();
    drive.bounds.spend = Some(95);
    for at in 0..9 {
        assert_eq!(drive.step(&call(1, None, at), at), Verdict::Go);
    }
    assert_eq!(drive.step(&call(1, None, 99), 1), stop(Rule::Spend, 9));
    // Half a window after it ended, half of it still counts: 45, and 10 for each call.
    drive.now = 1_700_000_000_000 + WINDOW + WINDOW / 2;
    let verdicts: Vec<Verdict> = (200..206).map(|at| drive.step(&call(1, None, at), at)).collect();
    assert_eq!(verdicts[..5], [Verdict::Go; 5]);
    assert_eq!(verdicts[5], stop(Rule::Spend, 9));
}

#[test]
fn the_time_that_a_call_takes_is_no_pause() {
    let mut drive = Drive::new();
    let one = call(1, None, 1);
    let error = Finding { result: 7, gist: 7, kind: Finds::Error };
    for _ in 0..5 {
        assert_eq!(drive.begin(&one), Verdict::Go);
        // Longer than any pause may be.
        drive.now += 2 * WINDOW;
        drive.chains.learn(drive.id, &error, drive.now);
        drive.now += SECOND;
    }
    assert_eq!(drive.begin(&one), stop(Rule::Error, 5));
}

#[test]
fn time_that_jumps_back_stands_still() {
    let mut drive = Drive::new();
    let one = call(1, Some(1), 1);
    drive.steps(&one, 7, 3);
    drive.now -= 100 * SECOND;
    assert_eq!(drive.steps(&one, 7, 2), [Verdict::Go; 2]);
    assert_eq!(drive.step(&one, 7), stop(Rule::Same, 5));
}

#[test]
fn a_clock_that_was_far_ahead_is_forgotten() {
    let mut drive = Drive::new();
    let one = call(1, Some(1), 1);
    let present = drive.now;
    drive.now += 1_000_000 * SECOND;
    drive.steps(&one, 7, 11);
    assert!(matches!(drive.step(&one, 7), Verdict::Refuse { .. }));
    drive.now = present;
    let Verdict::Refuse { until_ms, .. } = drive.step(&one, 7) else { panic!("forgot the stops as well") };
    assert!(until_ms <= present + WINDOW + SECOND);
    // Slow polling is no loop, as time passes again.
    drive.now += WINDOW;
    for _ in 0..10 {
        drive.now += 45 * SECOND;
        assert_eq!(drive.step(&one, 7), Verdict::Go);
    }
}

#[test]
fn a_result_at_an_absurd_time_moves_no_clock() {
    let mut drive = Drive::new();
    let one = call(1, None, 1);
    assert_eq!(drive.begin(&one), Verdict::Go);
    assert!(drive.chains.learn(1, &something(7), u64::MAX));
    assert_eq!(drive.steps(&one, 7, 4), [Verdict::Go; 4]);
    assert_eq!(drive.step(&one, 7), stop(Rule::Same, 5));
}

#[test]
fn memory_is_bounded_whatever_comes() {
    for seed in 0..20 {
        let mut rng = Rng::new(seed);
        let (mut chains, mut now) = (Chains::default(), 0u64);
        let bounds = Bounds { hard: u8::MAX, ..Bounds::default() };
        for id in 0..3_000u64 {
            now = match rng.below(50) {
                0 => rng.next(),
                1 => now.wrapping_sub(rng.below(1_000_000)),
                _ => now.saturating_add(rng.below(5_000)),
            };
            let any = |rng: &mut Rng| rng.next() as u32;
            let fingerprint = Fingerprint {
                tool: any(&mut rng),
                call: if rng.below(2) == 0 { any(&mut rng) } else { rng.below(4) as u32 },
                shape: any(&mut rng),
            };
            let trace = (rng.below(3) > 0).then(|| rng.below(30) as u32 + u32::MAX / 2);
            let sighting = Sighting {
                principal: rng.below(20) as u32 + u32::MAX / 2,
                trace,
                fingerprint,
                cost: rng.next(),
                exempt: rng.below(9) == 0,
            };
            chains.arrive(&bounds, id, &sighting, now);
            let kind = rng.pick(&[Finds::Something, Finds::Nothing, Finds::Error, Finds::Complaint]);
            let finding = Finding { result: any(&mut rng), gist: any(&mut rng), kind };
            chains.learn(id.saturating_sub(rng.below(9)), &finding, now);
        }
        let bytes = encode(&chains, STATE_BYTES).unwrap();
        assert_eq!(decode::<Chains>(&bytes, STATE_BYTES), Ok(chains));
    }
}

#[test]
fn the_largest_state_fits_its_bound_and_a_usual_one_is_small() {
    let size = |kind: Finds, principals: u32, traces: u32| {
        let mut drive = Drive::new();
        drive.bounds = Bounds { hard: u8::MAX, errors: u8::MAX, ..Bounds::default() };
        for at in 0..PRINCIPAL_CALLS as u32 * 2 * principals.max(1) {
            let wide = u32::MAX - at;
            let trace = (traces > 0).then(|| u32::MAX - at % traces);
            let sighting =
                Sighting { cost: u64::from(u32::MAX), ..call(u32::MAX - at % principals, trace, wide) };
            drive.now += 100;
            assert_eq!(drive.begin(&sighting), Verdict::Go);
            drive.chains.learn(drive.id, &Finding { result: wide, gist: wide, kind }, drive.now);
        }
        encode(&drive.chains, STATE_BYTES).unwrap().len()
    };
    let one = size(Finds::Something, 1, 0);
    let usual = size(Finds::Something, 1, 1);
    let largest = size(Finds::Error, CHAINS as u32, CHAINS as u32);
    println!("one principal: {one} bytes; with one trace: {usual}; all chains, all errors: {largest}");
    assert!(one <= PRINCIPAL_CALLS * 20 + 80, "{one}");
    assert!(usual <= (PRINCIPAL_CALLS + TRACE_CALLS) * 20 + 160, "{usual}");
    assert!(largest <= STATE_BYTES, "{largest}");
}

#[test]
fn a_state_goes_on_where_it_was_left() {
    for trace in traces::stuck(3, 40) {
        let (digests, bounds) = (digests(), Bounds::default());
        let (mut whole, mut stored) = (Chains::default(), Chains::default());
        for (at, step) in trace.steps.iter().enumerate().take(60) {
            let (id, sighting, finding) =
                (at as u64, sighting(&digests, step, Some(1)), finding(&digests, step));
            let bytes = encode(&stored, STATE_BYTES).unwrap();
            stored = decode(&bytes, STATE_BYTES).unwrap();
            assert_eq!(
                whole.arrive(&bounds, id, &sighting, step.ms),
                stored.arrive(&bounds, id, &sighting, step.ms),
                "{} {at}",
                trace.name
            );
            whole.learn(id, &finding, step.ms);
            stored.learn(id, &finding, step.ms);
        }
        assert_eq!(whole, stored);
    }
}
