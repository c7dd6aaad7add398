//! Agents that wait for something, or walk along something, by calls that look alike.

use super::{Make, Tape, data, failed, said};
use serde_json::json;

pub const KINDS: &[(&str, Make)] = &[
    ("pages by number", pages),
    ("pages by cursor", cursors),
    ("pages by a tool without arguments", next),
    ("next, then read", next_and_read),
    ("polling with progress", progress),
    ("polling with a changing text", states),
    ("slow polling, equal results", slow),
    ("polling with growing pauses, equal results", growing),
    ("slow polling of two jobs, equal results", slow_pair),
    ("polling in a hurry, then ever more slowly", calming),
    ("slow polling, equal empty results", inbox),
    ("polling, empty results with a moving cursor", moving),
    ("two interleaved jobs", two_jobs),
    ("two interleaved jobs that stand still at times", halting_jobs),
    ("three interleaved jobs, one standing still for a while", three_jobs),
    ("heartbeat beside other work", heartbeat),
    ("tail of a log", tail),
    ("sleep, then look", sleep_and_look),
];

fn pages(tape: &mut Tape) {
    let (count, text) = (5 + tape.rng.below(60), tape.rng.words(3));
    for page in 1..=count {
        let rows = if page % 7 == 0 { json!([]) } else { json!([tape.rng.id(), tape.rng.id()]) };
        tape.call(
            "orders__list",
            json!({ "query": text, "page": page, "per_page": 50 }),
            data(&json!({ "orders": rows, "page": page })),
        );
    }
}

fn cursors(tape: &mut Tape) {
    let mut cursor = json!(null);
    let equal = tape.rng.below(2) == 0;
    for _ in 0..30 {
        let rows = if equal { json!([]) } else { json!([tape.rng.id()]) };
        let next = tape.rng.uuid().replace('-', "");
        let result = if equal { json!({ "rows": rows }) } else { json!({ "rows": rows, "next": next }) };
        tape.call("db__scan", json!({ "table": "orders", "cursor": cursor }), data(&result));
        cursor = json!(next);
    }
}

fn next(tape: &mut Tape) {
    for at in 0..40 {
        let text = tape.rng.words(12);
        tape.call("feed__next", json!({}), said(&format!("{at}: {text}")));
    }
}

fn next_and_read(tape: &mut Tape) {
    for _ in 0..20 {
        tape.call("browser__click", json!({ "selector": "#next" }), data(&json!({ "ok": true })));
        let text = tape.rng.words(20);
        tape.call("browser__read", json!({}), said(&text));
    }
}

fn progress(tape: &mut Tape) {
    let job = tape.rng.uuid();
    tape.call("jobs__start", json!({ "kind": "export" }), data(&json!({ "job": job })));
    tape.pace(900, 2_100);
    let mut done = 0;
    while done < 100 {
        tape.call(
            "jobs__status",
            json!({ "job": job }),
            data(&json!({ "state": "running", "percent": done })),
        );
        done += 1 + tape.rng.below(6);
    }
    tape.call("jobs__status", json!({ "job": job }), data(&json!({ "state": "done", "percent": 100 })));
}

fn states(tape: &mut Tape) {
    let build = tape.rng.id();
    for state in ["queued", "preparing", "building", "testing", "packing", "publishing", "done"] {
        for _ in 0..=tape.rng.below(4) {
            tape.call("ci__status", json!({ "build": build }), said(&format!("Build {build} is {state}.")));
        }
    }
}

fn slow(tape: &mut Tape) {
    let job = tape.rng.id();
    tape.pace(31_000, 90_000);
    for _ in 0..30 {
        tape.call("jobs__status", json!({ "job": job }), data(&json!({ "state": "running" })));
    }
}

fn slow_pair(tape: &mut Tape) {
    let jobs = [tape.rng.id(), tape.rng.id()];
    tape.pace(31_000, 60_000);
    for at in 0..24 {
        tape.call("jobs__status", json!({ "job": jobs[at % 2] }), data(&json!({ "state": "running" })));
    }
}

fn calming(tape: &mut Tape) {
    let job = tape.rng.id();
    for at in 0..8 {
        let pause = 2_500 << at;
        tape.pace(pause, pause + 100);
        tape.call("jobs__status", json!({ "job": job }), said("still running"));
    }
}

fn growing(tape: &mut Tape) {
    let job = tape.rng.id();
    for at in 0..12 {
        let pause = 10_000 << at.min(4);
        tape.pace(pause, pause + 500);
        tape.call("jobs__status", json!({ "job": job }), said("still running"));
    }
}

fn inbox(tape: &mut Tape) {
    tape.pace(40_000, 70_000);
    let args = json!({ "query": "is unread", "folder": "inbox" });
    for _ in 0..25 {
        tape.call("mail__search", args.clone(), data(&json!({ "messages": [] })));
    }
}

fn moving(tape: &mut Tape) {
    let mut at = tape.rng.below(1_000_000);
    for _ in 0..30 {
        at += 1 + tape.rng.below(50);
        tape.call("events__poll", json!({}), data(&json!({ "events": [], "cursor": at.to_string() })));
    }
}

fn two_jobs(tape: &mut Tape) {
    let (a, b) = (tape.rng.id(), tape.rng.id());
    let (mut done_a, mut done_b) = (0, 0);
    for _ in 0..25 {
        done_a += 1 + tape.rng.below(3);
        done_b += 1 + tape.rng.below(3);
        tape.call("jobs__status", json!({ "job": a }), said(&format!("{done_a} of 80 rows")));
        tape.call("jobs__status", json!({ "job": b }), said(&format!("{done_b} of 90 rows")));
    }
}

fn halting_jobs(tape: &mut Tape) {
    let jobs = [tape.rng.id(), tape.rng.id()];
    let (mut done, mut still) = ([0u64; 2], 0);
    for round in 0..30 {
        // Both stand still for up to two rounds, but not before they were seen to move.
        still = if round > 1 && still < 2 && tape.rng.below(2) == 0 { still + 1 } else { 0 };
        for (at, job) in jobs.iter().enumerate() {
            done[at] += if still > 0 { 0 } else { 1 + tape.rng.below(5) };
            let (done, job) = (done[at], job.clone());
            tape.call("jobs__status", json!({ "job": job }), said(&format!("{done} rows")));
        }
    }
}

fn three_jobs(tape: &mut Tape) {
    let jobs = [tape.rng.id(), tape.rng.id(), tape.rng.id()];
    let mut done = [0u64; 3];
    for round in 0..24 {
        for (at, job) in jobs.iter().enumerate() {
            // The third one moves every fourth round only.
            done[at] += if at < 2 || round % 4 == 0 { 1 + tape.rng.below(5) } else { 0 };
            let (done, job) = (done[at], job.clone());
            tape.call("jobs__status", json!({ "job": job }), data(&json!({ "rows": done })));
        }
    }
}

fn heartbeat(tape: &mut Tape) {
    tape.pace(5_000, 9_000);
    for _ in 0..12 {
        tape.call("agent__heartbeat", json!({}), data(&json!({ "ok": true })));
        for _ in 0..6 {
            let (id, text) = (tape.rng.id(), tape.rng.words(4));
            tape.call("crm__get_customer", json!({ "customerId": id }), said(&text));
        }
    }
}

fn tail(tape: &mut Tape) {
    let mut line = tape.rng.below(5_000);
    for _ in 0..40 {
        let count = tape.rng.below(3);
        let lines: Vec<String> = (0..count).map(|_| tape.rng.words(5)).collect();
        tape.call(
            "logs__tail",
            json!({ "service": "billing", "since": line }),
            data(&json!({ "lines": lines })),
        );
        line += count + 1;
        if tape.rng.below(12) == 0 {
            tape.call(
                "logs__tail",
                json!({ "service": "billing", "since": line }),
                failed("log is rotating"),
            );
        }
    }
}

fn sleep_and_look(tape: &mut Tape) {
    let job = tape.rng.id();
    let mut done = 0;
    tape.pace(500, 900);
    for at in 0..20 {
        tape.call("shell__sleep", json!({ "seconds": 10 }), said("done"));
        tape.ms += 10_000;
        // Two looks of three see something new.
        done += if at % 3 == 2 { 0 } else { 1 + tape.rng.below(5) };
        tape.call("jobs__status", json!({ "job": job }), data(&json!({ "rows": done })));
    }
}
