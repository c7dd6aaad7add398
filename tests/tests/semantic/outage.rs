//! Upstreams that fail: what may stand in by meaning, and what their failing says of predictions.

use postern::ledger::Transition;
use postern_semantic::evidence::Witness;
use serde_json::json;

use crate::stream::{Call, calls};
use crate::world::{Answer, Does, Isolate, World};

/// Calls of the stream after which bands are open, and calls that are tried then.
const LEARNT: usize = 900;
const TRIED: usize = 120;
/// Right predictions that wait to be told together.
const WAITING: usize = 8;
const HOUR_MS: u64 = 3_600_000;

/// An isolate that has learnt from the first calls, and the next ones.
fn learnt(world: &World, cache: &str) -> (Isolate, Vec<Call>) {
    let isolate = world.isolate(&format!("scope = 'tenant', {cache}"));
    let mut calls = calls();
    let rest = calls.split_off(LEARNT);
    let mut served = 0;
    for call in &calls {
        let (came, _) = isolate.call(&call.query, &call.result());
        served += usize::from(came.kind == "semantic");
        world.memory.advance(900);
    }
    assert!(served > 100, "{served} of {LEARNT}");
    (isolate, rest.into_iter().take(TRIED).collect())
}

/// What the record was told so far: right and wrong ones.
fn told(world: &World) -> (usize, usize) {
    let steps = world.memory.steps();
    let witnesses = steps.iter().filter_map(|(_, step)| match step {
        Transition::Witness(_, witnesses) => Some(witnesses),
        _ => None,
    });
    let (wrong, right): (Vec<Witness>, Vec<Witness>) =
        witnesses.flatten().copied().partition(|one| one.wrong);
    (right.len(), wrong.len())
}

fn is(answer: &Answer, call: &Call) -> bool {
    answer.message["result"]["content"] == call.result()["content"]
}

#[test]
fn an_expired_neighbour_stands_in_for_an_upstream_that_is_down() {
    // By settings: whether anything may stand in.
    for (cache, may) in [
        ("ttl_s = 3600, stale_if_error_s = 7200", true),
        ("ttl_s = 3600", false),
        // What is kept for another purpose may not.
        ("ttl_s = 3600, stale_while_revalidate_s = 7200", false),
    ] {
        let world = World::start();
        let (isolate, calls) = learnt(&world, cache);
        world.memory.advance(HOUR_MS);
        let (mut stood_in, mut right, mut failed, before) = (0, 0, 0, told(&world));
        for (at, call) in calls.iter().enumerate() {
            let does = if at % 2 == 0 { Does::Down } else { Does::Status(503) };
            let answer = isolate.ask(&call.query, does);
            let mark = answer.mark();
            if mark.is_null() {
                assert_eq!(answer.message["error"]["code"], 1502, "{}", answer.message);
                assert_eq!(answer.record["cache"]["kind"], "miss", "{}", answer.record);
                failed += 1;
                continue;
            }
            assert_eq!(mark["kind"], "stale");
            assert!(mark["ageMs"].as_u64().unwrap() > HOUR_MS, "{mark}");
            assert_eq!(answer.record["cache"]["kind"], "stale", "{}", answer.record);
            // The same question is no guess.
            if !mark["band"].is_null() {
                assert!(!answer.record["upstream_fault"].is_null(), "{}", answer.record);
                stood_in += 1;
                right += usize::from(is(&answer, call));
                assert_eq!(mark["band"], answer.record["cache"]["band"]);
            }
            world.memory.advance(1_000);
        }
        println!("{cache}: {stood_in} stood in by meaning, {right} of them right; {failed} failed");
        assert!(if may { stood_in > 20 && right * 20 >= stood_in * 19 } else { stood_in == 0 }, "{cache}");
        // What was right before may have waited.
        let after = told(&world);
        assert!(after.1 == before.1 && after.0 <= before.0 + WAITING, "{before:?} {after:?}");
    }
}

#[test]
fn when_it_is_over_nothing_stands_in_any_more() {
    let world = World::start();
    let (isolate, calls) = learnt(&world, "ttl_s = 3600, stale_if_error_s = 3600");
    world.memory.advance(2 * HOUR_MS + LEARNT as u64 * 1_000);
    for call in &calls {
        let answer = isolate.ask(&call.query, Does::Down);
        assert_eq!(answer.message["error"]["code"], 1502, "{}", answer.message);
    }
}

#[test]
fn an_outage_is_no_wrong_prediction_and_an_error_is_one() {
    let failed = json!({"resultType": "complete", "content": [], "isError": true});
    for (does, wrong) in [
        (Does::Down, false),
        (Does::Status(503), false),
        (Does::Status(429), false),
        (Does::Fails, true),
        (Does::Answers(failed), true),
    ] {
        let world = World::start();
        let (isolate, calls) = learnt(&world, "ttl_s = 86400");
        let before = told(&world);
        let mut semantic = 0;
        for call in &calls {
            let answer = isolate.ask(&call.query, does.clone());
            semantic += usize::from(answer.record["cache"]["kind"] == "semantic");
            world.memory.advance(100);
        }
        let after = told(&world);
        println!("{does:?}: {semantic} of {TRIED} served, told {before:?}, then {after:?}");
        if wrong {
            assert!(after.1 > before.1 + 10, "{before:?} {after:?}");
            // All bands have closed: the tool itself may have changed.
            assert!(semantic < 30, "{semantic}");
        } else {
            assert!(after.1 == before.1 && after.0 <= before.0 + WAITING, "{before:?} {after:?}");
            assert!(semantic > 30, "{semantic}");
        }
    }
}

#[test]
fn wishes_are_granted() {
    let world = World::start();
    let (isolate, calls) = learnt(&world, "ttl_s = 86400");
    for call in &calls {
        for wish in ["no-semantic", "no-cache"] {
            let answer = isolate.ask_with(
                &call.query,
                Does::Answers(call.result()),
                json!({"dev.postern/cache": wish}),
            );
            let kind = answer.record["cache"]["kind"].as_str().unwrap_or_default();
            // The first one keeps what it fetched; the second wants another.
            assert!(kind == "miss" || (wish == "no-semantic" && kind == "exact"), "{wish}: {kind}");
        }
        world.memory.advance(1_000);
    }
}

#[test]
fn what_the_upstream_has_answered_otherwise_since_stands_in_no_more() {
    let world = World::start();
    let isolate = world.isolate("scope = 'tenant', ttl_s = 60, stale_if_error_s = 3600");
    let answers = || Does::Answers(json!({"resultType": "complete", "content": []}));
    for (then, stands_in) in [(Does::Status(503), true), (Does::Fails, false)] {
        let query = format!("what is left of it after {then:?}");
        isolate.ask(&query, answers());
        world.memory.advance(61_000);
        isolate.ask(&query, then);
        let answer = isolate.ask(&query, Does::Down);
        assert_eq!(answer.mark()["kind"] == "stale", stands_in, "{}", answer.message);
    }
}
