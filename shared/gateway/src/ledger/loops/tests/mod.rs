//! The bars that the loop breaker has to meet, on traces from a seed.

mod chains;
mod digests;
mod traces;

use super::{Bounds, Chains, Digests, Finding, Rule, Sighting, Verdict};
use crate::limits::RESPONSE;
use crate::mcp::Json;
use traces::{Step, Trace};

/// Traces of stuck agents in a run: all kinds, twelve of each.
const STUCK: usize = 20 * 12;
/// Traces of agents at work.
const WORK: usize = 500;

/// The trace ids that an agent sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ids {
    One,
    Fresh,
    None,
}

const IDS: [Ids; 3] = [Ids::One, Ids::Fresh, Ids::None];

fn digests() -> Digests {
    Digests::new(*b"sixteen byte key")
}

fn sighting(digests: &Digests, step: &Step, trace: Option<u32>) -> Sighting {
    let args = Json::parse(step.args.as_bytes(), &RESPONSE).unwrap();
    Sighting {
        principal: 7,
        trace,
        fingerprint: digests.call(&step.tool, Some(args.value(args.root()))),
        cost: 1_000,
        exempt: false,
    }
}

fn finding(digests: &Digests, step: &Step) -> Finding {
    let answer = Json::parse(step.result.as_bytes(), &RESPONSE).unwrap();
    digests.answer(answer.value(answer.root()))
}

/// The first call that is stopped, and why. Results come `late` calls late.
fn first_stop(trace: &Trace, ids: Ids, late: usize) -> Option<(usize, Rule)> {
    let (digests, bounds, mut chains) = (digests(), Bounds::default(), Chains::default());
    for (at, step) in trace.steps.iter().enumerate() {
        if let Some(earlier) = at.checked_sub(late + 1) {
            // One that is not late comes at once.
            let then = if late == 0 { trace.steps[earlier].ms } else { step.ms };
            chains.learn(earlier as u64, &finding(&digests, &trace.steps[earlier]), then);
        }
        let id = match ids {
            Ids::One => Some(1),
            Ids::Fresh => Some(at as u32),
            Ids::None => None,
        };
        match chains.arrive(&bounds, at as u64, &sighting(&digests, step, id), step.ms) {
            Verdict::Go => {}
            Verdict::Stop { rule, .. } => return Some((at, rule)),
            Verdict::Refuse { .. } => panic!("refused before anything was stopped"),
        }
    }
    None
}

#[test]
fn the_generator_is_seeded_and_says_what_is_expected() {
    let (stuck, work) = (traces::stuck(1, STUCK), traces::work(1, WORK));
    for trace in &stuck {
        let (begins, deadline) = (trace.begins().unwrap(), trace.deadline().unwrap());
        assert!(begins < deadline && deadline < trace.steps.len(), "{}", trace.name);
    }
    for trace in &work {
        assert!(trace.deadline().is_none() && trace.steps.len() >= 6, "{}", trace.name);
    }
    let again = traces::work(1, WORK);
    assert_eq!(format!("{work:?}"), format!("{again:?}"));
    assert_ne!(format!("{work:?}"), format!("{:?}", traces::work(2, WORK)));
    for step in stuck.iter().chain(&work).flat_map(|trace| &trace.steps) {
        serde_json::from_str::<serde_json::Value>(&step.args).unwrap();
        serde_json::from_str::<serde_json::Value>(&step.result).unwrap();
    }
}

#[test]
fn stuck_agents_are_stopped_in_time_whatever_trace_ids_they_send() {
    let mut problems = Vec::new();
    for trace in traces::stuck(1, STUCK) {
        let (begins, deadline) = (trace.begins().unwrap(), trace.deadline().unwrap());
        for ids in IDS {
            match first_stop(&trace, ids, 0) {
                Some((at, _)) if (begins..=deadline).contains(&at) && at > begins => {}
                other => problems.push(format!("{} {ids:?}: {other:?}, not by {deadline}", trace.name)),
            }
        }
    }
    assert!(problems.is_empty(), "{}\n{}", problems.len(), problems.join("\n"));
}

/// A result that comes some calls late delays a stop by as many calls, and no more.
#[test]
fn late_results_delay_a_stop_by_as_many_calls() {
    let mut problems = Vec::new();
    for trace in traces::stuck(2, STUCK) {
        for late in 1..=3 {
            let later = Trace { bearable: trace.bearable.map(|bearable| bearable + late), ..trace.clone() };
            let deadline = later.deadline().unwrap_or(usize::MAX);
            for ids in IDS {
                match first_stop(&trace, ids, late) {
                    Some((at, _)) if at <= deadline => {}
                    other => problems
                        .push(format!("{} {ids:?} late {late}: {other:?}, not by {deadline}", trace.name)),
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn agents_at_work_are_never_stopped() {
    let mut problems = Vec::new();
    for trace in traces::work(1, WORK) {
        for ids in IDS {
            if let Some((at, rule)) = first_stop(&trace, ids, 0) {
                let step = &trace.steps[at];
                problems.push(format!(
                    "{} {ids:?}: call {at}, {rule:?}: {} {}",
                    trace.name, step.tool, step.args
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{}\n{}", problems.len(), problems.join("\n"));
}
