//! Agents that read, write and build.

use super::{Make, Tape, data, said};
use serde_json::json;

pub const KINDS: &[(&str, Make)] = &[
    ("fan-out of writes, equal results", writes),
    ("texts written, nothing answered", notes),
    ("messages sent, equal results", messages),
    ("read and write in turn", read_and_write),
    ("repeated reads between writes", reads_between),
    ("two rounds of the same, then something else", two_rounds),
    ("a cycle that makes progress", progress),
    ("the same few reads all day", all_day),
    ("a long mixed session", mixed),
];

fn writes(tape: &mut Tape) {
    for _ in 0..50 {
        let id = tape.rng.id();
        tape.call("orders__close", json!({ "order": id }), data(&json!({ "ok": true })));
    }
}

fn notes(tape: &mut Tape) {
    let result =
        tape.rng.pick(&["null", "{}", r#"{"content":[]}"#, r#"{"content":[{"type":"text","text":""}]}"#]);
    let (tool, key) = tape.rng.pick(&[
        ("memory__add_note", "text"),
        ("slack__post_message", "message"),
        ("tickets__create", "description"),
        ("docs__append", "content"),
    ]);
    for _ in 0..25 {
        let text = tape.rng.words(9);
        tape.call(tool, json!({ key: text, "in": "general" }), serde_json::from_str(result).unwrap());
    }
}

fn messages(tape: &mut Tape) {
    for _ in 0..25 {
        let text = tape.rng.words(9);
        tape.call("chat__send", json!({ "channel": "general", "message": text }), said("sent"));
    }
}

fn read_and_write(tape: &mut Tape) {
    for at in 0..20 {
        let text = tape.rng.words(20);
        tape.call("files__read", json!({ "path": "notes.md" }), said(&format!("{at} {text}")));
        tape.call("files__write", json!({ "path": "notes.md", "content": text }), said("ok"));
    }
}

fn reads_between(tape: &mut Tape) {
    for at in 0..8 {
        for _ in 0..=tape.rng.below(4) {
            tape.call("files__read", json!({ "path": "plan.md" }), said(&format!("plan, revision {at}")));
            tape.noise(1);
        }
        let text = tape.rng.words(9);
        tape.call("files__write", json!({ "path": "plan.md", "content": text }), said("ok"));
    }
}

fn two_rounds(tape: &mut Tape) {
    for _ in 0..6 {
        let ids = [tape.rng.id(), tape.rng.id(), tape.rng.id()];
        let length = 2 + tape.rng.below(2) as usize;
        for _ in 0..2 {
            for id in ids.iter().take(length) {
                tape.call("crm__get_customer", json!({ "customerId": id }), said(id));
            }
        }
        tape.noise(5);
        tape.call("crm__update", json!({ "customerId": ids[0] }), data(&json!({ "ok": true })));
    }
}

fn progress(tape: &mut Tape) {
    let mut left = 40;
    while left > 0 {
        left -= 1 + tape.rng.below(3).min(left - 1);
        let item = tape.rng.id();
        tape.call("queue__take", json!({ "queue": "in" }), data(&json!({ "item": item })));
        tape.call("queue__work", json!({}), data(&json!({ "ok": true })));
        tape.call("queue__size", json!({ "queue": "in" }), data(&json!({ "left": left })));
    }
}

fn all_day(tape: &mut Tape) {
    tape.pace(8_000, 30_000);
    for _ in 0..30 {
        for tool in ["todo__list", "calendar__today", "git__status"] {
            tape.call(tool, json!({}), said(tool));
            for _ in 0..2 {
                let (id, text) = (tape.rng.id(), tape.rng.words(5));
                tape.call("crm__get_customer", json!({ "customerId": id }), said(&text));
            }
        }
    }
}

fn mixed(tape: &mut Tape) {
    let mut left = 120;
    while left > 0 {
        left -= 1;
        let (id, text) = (tape.rng.id(), tape.rng.words(7));
        match tape.rng.below(6) {
            0 => tape.call("kb__search", json!({ "query": text }), data(&json!({ "results": [id] }))),
            1 => tape.call("files__read", json!({ "path": format!("{id}.md") }), said(&text)),
            2 => {
                tape.call("files__write", json!({ "path": format!("{id}.md"), "content": text }), said("ok"))
            }
            3 => tape.call("orders__list", json!({ "customer": id }), json!({ "orders": [] })),
            4 => tape.call("mail__send", json!({ "to": "a@b.example", "body": text }), json!(null)),
            _ => tape.call(
                "sql__run",
                json!({ "sql": format!("select * from t where id = '{id}'") }),
                json!([]),
            ),
        }
    }
}
