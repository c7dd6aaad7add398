//! Agents that meet errors and deal with them.

use super::{Make, Tape, data, failed, said};
use serde_json::json;

pub const KINDS: &[(&str, Make)] = &[
    ("retries with backoff, then success", backoff),
    ("retries that are given up", given_up),
    ("errors of many ids", missing),
    ("errors that teach", taught),
    ("edit and test", edit_and_test),
    ("edit and test, the count of failures in the error", counted),
    ("the same error after a long pause", seldom),
    ("flaky tool", flaky),
    ("tests that fail less each time, edited elsewhere", elsewhere),
    ("equal errors about many ids", absent),
];

fn pauses(tape: &mut Tape, at: u64) {
    let pause = 1_000 << at;
    tape.pace(pause, pause + 300);
}

fn backoff(tape: &mut Tape) {
    for _ in 0..8 {
        let args = json!({ "order": tape.rng.id() });
        let text = tape.rng.pick(&["503 Service Unavailable", "rate limited", "timed out after 30000 ms"]);
        let failures = tape.rng.below(4);
        for at in 0..failures {
            pauses(tape, at);
            tape.call("orders__ship", args.clone(), failed(text));
        }
        pauses(tape, failures);
        tape.call("orders__ship", args, data(&json!({ "ok": true })));
        tape.noise(3);
    }
}

fn given_up(tape: &mut Tape) {
    for tool in ["orders__ship", "billing__charge", "mail__send", "crm__merge", "db__vacuum"] {
        let args = json!({ "id": tape.rng.id() });
        for at in 0..3 {
            pauses(tape, at);
            tape.call(tool, args.clone(), failed("connection refused"));
        }
        tape.noise(4);
    }
}

fn missing(tape: &mut Tape) {
    for _ in 0..30 {
        let id = tape.rng.id();
        let error = json!({ "error": { "code": -32602, "message": format!("no customer {id}") } });
        let result = if tape.rng.below(3) == 0 { said("found") } else { error };
        tape.call("crm__get_customer", json!({ "customerId": id }), result);
    }
}

fn taught(tape: &mut Tape) {
    let names = ["database", "table", "columns", "order", "limit", "format", "timezone", "locale"];
    let mut args = json!({});
    for name in names {
        tape.call("db__export", args.clone(), failed(&format!("missing required parameter: {name}")));
        args[name] = json!(tape.rng.words(1));
    }
    tape.call("db__export", args, data(&json!({ "ok": true })));
}

fn edit_and_test(tape: &mut Tape) {
    let mut failing: Vec<String> = (0..12).map(|_| tape.rng.words(2).replace(' ', "_")).collect();
    while !failing.is_empty() {
        tape.call("shell__test", json!({}), failed(&format!("failed: {}", failing.join(", "))));
        for _ in 0..=tape.rng.below(2) {
            let text = tape.rng.words(9);
            tape.call("files__edit", json!({ "path": "src/lib.rs", "text": text }), said("ok"));
        }
        failing.pop();
    }
    tape.call("shell__test", json!({}), said("all passed"));
}

fn counted(tape: &mut Tape) {
    tape.pace(4_000, 15_000);
    for left in (1..=14).rev() {
        tape.call("shell__test", json!({ "all": true }), failed(&format!("{left} tests failed")));
        let text = tape.rng.words(9);
        tape.call("files__edit", json!({ "path": format!("src/{left}.rs"), "text": text }), said("ok"));
    }
    tape.call("shell__test", json!({ "all": true }), said("0 tests failed"));
}

fn seldom(tape: &mut Tape) {
    for _ in 0..12 {
        tape.pace(150_000, 600_000);
        tape.call("backup__run", json!({ "target": "nightly" }), failed("target is not mounted"));
        tape.pace(500, 900);
        tape.noise(2);
    }
}

fn flaky(tape: &mut Tape) {
    for _ in 0..40 {
        let id = tape.rng.id();
        for _ in 0..tape.rng.below(3) {
            tape.call("web__fetch", json!({ "url": format!("https://x.example/{id}") }), failed("reset"));
        }
        tape.call("web__fetch", json!({ "url": format!("https://x.example/{id}") }), said("<html>"));
    }
}

fn elsewhere(tape: &mut Tape) {
    let mut failing: Vec<String> = (0..9).map(|_| tape.rng.words(2).replace(' ', "_")).collect();
    while !failing.is_empty() {
        for _ in 0..=tape.rng.below(2) {
            tape.call(
                "ci__run",
                json!({ "suite": "all" }),
                failed(&format!("failed: {}", failing.join(", "))),
            );
        }
        failing.pop();
    }
}

fn absent(tape: &mut Tape) {
    let text = tape.rng.pick(&["not found", "404", "No such customer", "customer does not exist"]);
    for _ in 0..30 {
        let id = tape.rng.id();
        tape.call("crm__get_customer", json!({ "customerId": id }), failed(text));
    }
}
