//! Agents that are stuck.

use super::{Make, Tape, data, failed, said};
use serde_json::{Value, json};

pub const KINDS: &[(&str, Make)] = &[
    ("same call 277 times", same),
    ("same call, members in any order", reordered),
    ("same call among other work", interleaved),
    ("same call at a slow pace", slow),
    ("same call among polling that makes progress", among_polling),
    ("retry storm", storm),
    ("retry storm with volatile texts", volatile),
    ("retry storm of a protocol error", protocol),
    ("retry storm with growing pauses", growing),
    ("retry storm with volatile texts among other work", storm_among_work),
    ("retry storm of errors that take turns", turns),
    ("same error whatever the arguments", fumbling),
    ("error told as an ordinary result", told),
    ("drifting text, equal empty results", drift),
    ("drifting text among other work", drift_among_work),
    ("drifting text that the result repeats", echoed),
    ("drifting text beside a fixed id", drift_beside_id),
    ("cycle", cycle),
    ("cycle with a repeated call inside", uneven),
    ("cycle with an error inside", failing_cycle),
];

fn lookup(tape: &mut Tape) -> (Value, Value) {
    let id = tape.rng.id();
    let text = tape.rng.words(8);
    let args = json!({ "customerId": id, "fields": ["name", "status"], "depth": tape.rng.below(9) });
    match tape.rng.below(4) {
        0 => (args, said(&text)),
        1 => (args, data(&json!({ "id": id, "note": text, "open": 3 }))),
        2 => (args, data(&json!({ "results": [] }))),
        _ => (json!({}), json!(text)),
    }
}

fn same(tape: &mut Tape) {
    tape.noise(20);
    let (args, result) = lookup(tape);
    tape.begin(5);
    for _ in 0..277 {
        tape.call("crm__get_customer", args.clone(), result.clone());
    }
}

fn reordered(tape: &mut Tape) {
    tape.noise(5);
    tape.begin(5);
    for at in 0..20 {
        let args: [&str; 3] = [
            r#"{"a":1,"b":{"x":true,"y":[1,2]}}"#,
            r#"{ "b": {"y":[1, 2],"x":true}, "a":1 }"#,
            r#"{"b":{"x":true,"y":[1,2]},"\u0061":1.0}"#,
        ];
        tape.call("t", json!({}), said("unchanged"));
        tape.steps.last_mut().unwrap().args = args[at % 3].to_owned();
    }
}

fn interleaved(tape: &mut Tape) {
    let (args, result) = lookup(tape);
    tape.pace(200, 3_000);
    tape.begin(5);
    for _ in 0..60 {
        tape.call("crm__get_customer", args.clone(), result.clone());
        tape.noise(3);
    }
}

fn among_polling(tape: &mut Tape) {
    let (args, result) = lookup(tape);
    let (job, mut done) = (tape.rng.id(), 0);
    tape.begin(5);
    for at in 0..40 {
        tape.call("crm__get_customer", args.clone(), result.clone());
        if at % 3 == 0 {
            done += 1;
            tape.pattern = false;
            tape.call("jobs__status", json!({ "job": job }), data(&json!({ "rows": done })));
            tape.pattern = true;
        }
    }
}

fn slow(tape: &mut Tape) {
    let (args, result) = lookup(tape);
    tape.pace(15_000, 22_000);
    tape.begin(5);
    for _ in 0..40 {
        tape.call("crm__get_customer", args.clone(), result.clone());
    }
}

fn storm(tape: &mut Tape) {
    tape.noise(10);
    let args = json!({ "order": tape.rng.id() });
    let text = tape.rng.pick(&["connection refused", "503 Service Unavailable", "Unknown column: foo"]);
    tape.begin(5);
    for _ in 0..50 {
        tape.call("orders__ship", args.clone(), failed(text));
    }
}

fn volatile(tape: &mut Tape) {
    tape.noise(10);
    let args = json!({ "order": tape.rng.id() });
    let style = tape.rng.below(4);
    tape.pace(500, 15_000);
    tape.begin(5);
    for at in 0..50 {
        let (id, ms) = (tape.rng.uuid(), 30_000 + tape.rng.below(999));
        let hex = format!("{:08x}", tape.rng.next() >> 32);
        tape.call(
            "orders__ship",
            args.clone(),
            failed(&match style {
                0 => format!("Request {id} timed out after {ms} ms"),
                1 => {
                    format!("2026-10-01T08:{:02}:{:02}.{ms}Z upstream unavailable [trace {hex}]", at, at % 60)
                }
                2 => format!("attempt {at} failed: lock held by 0x{hex}, retry in {}s", ms % 60),
                _ => format!("Internal error (ref: {hex}{hex}) at Thu, 01 Oct 2026 08:{at:02}:11 GMT"),
            }),
        );
    }
}

fn storm_among_work(tape: &mut Tape) {
    let args = json!({ "order": tape.rng.id() });
    tape.begin(5);
    for at in 0..30 {
        let id = tape.rng.uuid();
        tape.call("orders__ship", args.clone(), failed(&format!("attempt {at}: lock is held by {id}")));
        tape.noise(3);
    }
}

fn turns(tape: &mut Tape) {
    let args = json!({ "order": tape.rng.id() });
    tape.begin(5);
    for at in 0..30 {
        tape.call("orders__ship", args.clone(), failed(["timed out", "502 Bad Gateway", "reset"][at % 3]));
    }
}

fn protocol(tape: &mut Tape) {
    tape.noise(10);
    let args = json!({ "q": tape.rng.words(2) });
    tape.begin(5);
    for _ in 0..30 {
        let id = tape.rng.uuid();
        let error = json!({ "code": -32603, "message": "Internal error", "data": { "requestId": id } });
        tape.call("kb__search", args.clone(), json!({ "error": error }));
    }
}

fn growing(tape: &mut Tape) {
    let args = json!({ "order": tape.rng.id() });
    tape.begin(5);
    for at in 0..12 {
        let pause = 1_000 << at.min(6);
        tape.pace(pause, pause + 200);
        tape.call("orders__ship", args.clone(), failed("rate limited"));
    }
}

fn fumbling(tape: &mut Tape) {
    tape.noise(10);
    tape.begin(5);
    for _ in 0..30 {
        let args = json!({ "sql": tape.rng.words(4), "timeout": tape.rng.below(100_000) });
        tape.call("db__query", args, failed("missing required parameter: database"));
    }
}

fn told(tape: &mut Tape) {
    tape.noise(10);
    let args = json!({ "order": tape.rng.id() });
    let style = tape.rng.below(3);
    tape.begin(5);
    for _ in 0..30 {
        let id = tape.rng.uuid();
        let text = format!("Error: gateway timeout, request {id}");
        tape.call(
            "orders__ship",
            args.clone(),
            match style {
                0 => said(&text),
                1 => json!(text),
                _ => data(&json!({ "error": text })),
            },
        );
    }
}

const EMPTIES: &[&str] = &[
    r#"{"content":[]}"#,
    r#"{"content":[{"type":"text","text":""}]}"#,
    r#"{"content":[{"type":"text","text":"[]"}]}"#,
    r#"{"content":[{"type":"text","text":"No results found."}]}"#,
    r#"{"content":[{"type":"text","text":"{\"results\":[],\"total\":0}"}],"structuredContent":{"results":[],"total":0}}"#,
    r#"{"content":[{"type":"text","text":"null"}],"isError":false}"#,
    r#"{"content":[{"type":"text","text":"Your search did not match any documents."}]}"#,
    "[]",
    "{}",
    "null",
    r#""""#,
    r#""nothing found""#,
    r#"{"items":[]}"#,
    r#"{"content":[{"type":"text","text":"Results: []"}]}"#,
    r#"{"content":[{"type":"text","text":"No customers found matching the criteria"}]}"#,
    r#"{"content":[{"type":"text","text":"I couldn't find anything about that."}]}"#,
    r#"{"hits":{"total":{"value":0,"relation":"eq"},"hits":[]},"took":3}"#,
    r#"{"status":"ok","documents":[],"next":null}"#,
];

/// The member that holds the text.
const KEYS: &[&str] = &[
    "query",
    "q",
    "search",
    "text",
    "keywords",
    "question",
    "prompt",
    "searchTerm",
    "search_query",
    "input",
];

fn empty(tape: &mut Tape) -> Value {
    serde_json::from_str(tape.rng.pick(EMPTIES)).unwrap()
}

fn drift(tape: &mut Tape) {
    tape.noise(10);
    let (key, result) = (tape.rng.pick(KEYS), empty(tape));
    let tool = tape.rng.pick(&["kb__search", "find_documents", "lookup", "web_search", "policies"]);
    let other = json!({ "limit": 10, "lang": "en", "exact": false });
    tape.begin(5);
    for _ in 0..40 {
        let count = 1 + tape.rng.below(7) as usize;
        let mut args = other.clone();
        args[key] = json!(tape.rng.words(count));
        tape.call(tool, args, result.clone());
    }
}

fn drift_among_work(tape: &mut Tape) {
    let result = empty(tape);
    tape.begin(5);
    for _ in 0..40 {
        let args = json!({ "query": tape.rng.words(5), "limit": 10 });
        tape.call("kb__search", args, result.clone());
        tape.noise(3);
    }
}

fn echoed(tape: &mut Tape) {
    tape.noise(10);
    let style = tape.rng.below(3);
    tape.begin(5);
    for _ in 0..40 {
        let query = tape.rng.words(4);
        let took = tape.rng.below(90);
        let result = match style {
            0 => data(&json!({ "query": query, "results": [], "took_ms": took })),
            1 => said(&format!("No results for \"{query}\".")),
            _ => said(&format!("Found 0 documents matching '{query}'")),
        };
        tape.call("kb__search", json!({ "query": query }), result);
    }
}

fn drift_beside_id(tape: &mut Tape) {
    let (id, result) = (tape.rng.id(), empty(tape));
    tape.begin(5);
    for _ in 0..40 {
        let args = json!({
            "query": format!("{} of {id} in 2026", tape.rng.words(3)),
            "filter": { "account": id, "since": "2026-01-01" },
        });
        tape.call("kb__search", args, result.clone());
    }
}

/// The calls of a round, all different.
fn round(tape: &mut Tape, length: usize) -> Vec<(String, Value, Value)> {
    (0..length)
        .map(|at| {
            let (args, result) = lookup(tape);
            (format!("t{at}__step"), args, result)
        })
        .collect()
}

/// Goes round and round. The last call of the third round must not be carried out.
fn turn(tape: &mut Tape, round: &[(String, Value, Value)]) {
    tape.begin(3 * round.len() - 1);
    for _ in 0..25 {
        for (tool, args, result) in round {
            tape.call(tool, args.clone(), result.clone());
        }
    }
}

fn cycle(tape: &mut Tape) {
    tape.noise(15);
    let length = 2 + tape.rng.below(3) as usize;
    let round = round(tape, length);
    turn(tape, &round);
}

fn uneven(tape: &mut Tape) {
    tape.noise(15);
    let mut round = round(tape, 3);
    round.insert(1 + tape.rng.below(2) as usize, round[0].clone());
    turn(tape, &round);
}

fn failing_cycle(tape: &mut Tape) {
    tape.noise(15);
    let length = 1 + tape.rng.below(3) as usize;
    let round = round(tape, length);
    let args = json!({ "order": tape.rng.id() });
    tape.begin(3 * (length + 1) - 1);
    for _ in 0..25 {
        for (tool, args, result) in &round {
            tape.call(tool, args.clone(), result.clone());
        }
        let id = tape.rng.uuid();
        tape.call("orders__ship", args.clone(), failed(&format!("conflict, see {id}")));
    }
}
