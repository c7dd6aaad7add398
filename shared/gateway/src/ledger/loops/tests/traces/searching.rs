//! Agents that search, and agents that look many things up.

use super::{Make, Tape, data, said};
use serde_json::json;

pub const KINDS: &[(&str, Make)] = &[
    ("different queries, different results", different),
    ("different queries, some of them in vain", some_in_vain),
    ("queries in vain, then another way", another_way),
    ("fan-out over ids, own results", ids),
    ("fan-out over ids, equal empty results", ids_in_vain),
    ("fan-out over numbers, equal empty results", numbers_in_vain),
    ("fan-out over dates, equal empty results", dates_in_vain),
    ("fan-out over names, equal empty results", names_in_vain),
    ("fan-out over files, equal empty results", files_in_vain),
    ("fan-out over kinds, equal empty results", kinds_in_vain),
    ("fan-out by text with an id, equal empty results", text_with_id),
    ("forecasts of many places", places),
    ("texts checked one by one", checked),
];

fn different(tape: &mut Tape) {
    for _ in 0..25 {
        let (query, found) = (tape.rng.words(4), tape.rng.words(15));
        tape.call("kb__search", json!({ "query": query }), data(&json!({ "results": [{ "text": found }] })));
    }
}

fn some_in_vain(tape: &mut Tape) {
    let mut vain = 0;
    for _ in 0..40 {
        let query = tape.rng.words(4);
        vain = if vain < 3 && tape.rng.below(2) == 0 { vain + 1 } else { 0 };
        let found = if vain > 0 { json!([]) } else { json!([tape.rng.words(9)]) };
        tape.call("kb__search", json!({ "query": query }), data(&json!({ "results": found })));
    }
}

fn another_way(tape: &mut Tape) {
    for tool in ["kb__search", "wiki__search", "tickets__search", "mail__search"] {
        for _ in 0..4 {
            let query = tape.rng.words(3);
            tape.call(tool, json!({ "query": query, "limit": 5 }), said("No results found."));
        }
    }
    let query = tape.rng.words(3);
    tape.call("web__search", json!({ "query": query }), said("1. example"));
}

fn ids(tape: &mut Tape) {
    for _ in 0..60 {
        let (id, text) = (tape.rng.id(), tape.rng.words(5));
        tape.call("crm__get_customer", json!({ "customerId": id }), data(&json!({ "id": id, "note": text })));
    }
}

fn ids_in_vain(tape: &mut Tape) {
    let key = tape.rng.pick(&["customerId", "id", "ticket", "query", "email"]);
    for _ in 0..40 {
        let id = match key {
            "email" => format!("{}@acme.example", tape.rng.words(1)),
            _ => tape.rng.id(),
        };
        tape.call("crm__open_invoices", json!({ key: id }), data(&json!({ "invoices": [] })));
    }
}

fn numbers_in_vain(tape: &mut Tape) {
    for number in 0..30 {
        tape.call("db__shard_errors", json!({ "shard": number, "query": "all errors" }), json!([]));
    }
}

fn dates_in_vain(tape: &mut Tape) {
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    for day in days {
        tape.call("calendar__search", json!({ "query": format!("meetings on {day}") }), said("[]"));
    }
    for day in 1..=28 {
        let date = format!("2026-02-{day:02}");
        tape.call("calendar__list", json!({ "date": date }), data(&json!({ "events": [] })));
    }
}

fn names_in_vain(tape: &mut Tape) {
    let key = tape.rng.pick(&["city", "customer", "author", "name"]);
    let names = [
        "Berlin",
        "New York",
        "Los Angeles",
        "San Francisco",
        "Frankfurt am Main",
        "Rio de Janeiro",
        "Oslo",
        "Cape Town",
        "Buenos Aires",
        "Hong Kong",
        "The Hague",
        "Acme Corp",
        "Globex Inc",
    ];
    for name in names {
        tape.call(
            "crm__find",
            json!({ key: name, "open": true }),
            data(&json!({ "results": [], "count": 0 })),
        );
    }
}

fn files_in_vain(tape: &mut Tape) {
    for _ in 0..30 {
        let path = format!("src/{}/{}.rs", tape.rng.words(1), tape.rng.words(1));
        tape.call("files__grep", json!({ "pattern": "fn main", "path": path }), said("no matches"));
    }
}

fn kinds_in_vain(tape: &mut Tape) {
    for kind in ["open", "closed", "draft", "overdue", "disputed", "paid", "void", "refunded", "pending"] {
        tape.call("billing__list", json!({ "status": kind, "customer": "acme" }), json!({ "items": [] }));
    }
}

fn text_with_id(tape: &mut Tape) {
    for _ in 0..25 {
        let query = format!("complaints about order {}", tape.rng.id());
        tape.call("kb__search", json!({ "query": query }), said("Nothing found"));
    }
}

fn places(tape: &mut Tape) {
    let names =
        ["new york", "los angeles", "san diego", "santa fe", "el paso", "las vegas", "salt lake city"];
    for name in names {
        let heat = tape.rng.below(40);
        tape.call(
            "weather__now",
            json!({ "location": name }),
            data(&json!({ "celsius": heat, "alerts": [] })),
        );
    }
}

fn checked(tape: &mut Tape) {
    let style = tape.rng.below(3);
    for _ in 0..30 {
        let text = tape.rng.words(12);
        let (tool, result) = match style {
            0 => ("json__validate", json!({ "valid": true, "errors": [] })),
            1 => ("safety__moderate", json!({ "flagged": false, "categories": [] })),
            _ => ("prose__lint", json!({ "ok": true, "warnings": [] })),
        };
        tape.call(tool, json!({ "text": text }), data(&result));
    }
}
