//! Accounts: which rules they have, what is done to them, and what is answered when that fails.

use super::{Asked, ask_of, get, operator, post, settings, text};
use crate::error::LedgerFault;
use crate::ledger::{Ask, Charge, Outcome, Transition, loops};
use crate::memory::Memory;
use crate::platform::{AccountName, Ledger as _};
use crate::tenant::Placement;
use serde_json::{Value, json};

const LIMITS: &str = r#"limits = [
    { name = "day", kind = "quota", limit = 100, window = "day" },
    { name = "slow", kind = "rate", limit = 10, per_s = 60, burst = 20 },
    { name = "budget", kind = "cost", limit = "1.50", window = "month" },
    { name = "others", kind = "quota", limit = 5, window = "day", for = { agents = ["else*"] } },
    { name = "slots", kind = "concurrency", limit = 4 },
    { name = "echo", kind = "quota", limit = 7, window = "day", each = "tool", for = { tools = ["a__e*"] } },
    { name = "far", kind = "tokens", limit = 9, window = "day", each = "tool", for = { upstreams = ["b"] } },
    { name = "back", kind = "concurrency", limit = 3, each = "upstream", for = { upstreams = ["a"] } },
    { name = "all", kind = "quota", limit = 1000, window = "month", each = "tenant" },
]
prices."*" = { call = 0.1 }
"#;

/// The tenant `ops` has limits, and a second upstream.
fn limited() -> String {
    let second = "[tenants.ops.upstreams.b]\nurl = 'https://up.example/b'\n";
    settings().replacen("[tenants.ops]\n", &format!("[tenants.ops]\n{LIMITS}"), 1) + second
}

/// The answer as JSON, its status in front, and the record.
fn asked(memory: &Memory, asked: &Asked<'_>) -> (u16, Value, Value) {
    let (reply, record) = ask_of(memory, &limited(), asked);
    (reply.status, serde_json::from_str(&text(&reply)).unwrap(), record)
}

fn show(memory: &Memory, account: &str) -> (u16, Value, Value) {
    asked(memory, &get(&format!("/t/ops/admin/v1/accounts/{account}"), &operator()))
}

fn change(memory: &Memory, account: &str, body: &str) -> (u16, Value, Value) {
    asked(memory, &post(&format!("/t/ops/admin/v1/accounts/{account}"), body))
}

fn used(body: &Value) -> Vec<(&str, u64)> {
    let rules = body["rules"].as_array().unwrap().iter();
    rules.map(|rule| (rule["name"].as_str().unwrap(), rule["used"].as_u64().unwrap())).collect()
}

#[test]
fn an_account_has_the_rules_whose_count_it_keeps() {
    let memory = Memory::new();
    for (account, status, name, rules) in [
        ("agent/support", 200, "ops/agent/support", &["day", "slow", "budget", "slots"][..]),
        ("agent/nobody", 404, "ops/agent/nobody", &[]),
        ("agent/", 404, "ops/agent/", &[]),
        ("agent/support/x", 404, "ops/agent/support/x", &[]),
        ("tool/a__echo", 200, "ops/tool/a__echo", &["echo"]),
        ("tool/a__e%2Fx%20%C3%BC", 200, "ops/tool/a__e/x ü", &["echo"]),
        ("tool/a__e/x", 200, "ops/tool/a__e/x", &["echo"]),
        ("tool/b__any", 200, "ops/tool/b__any", &["far"]),
        ("tool/a__other", 404, "ops/tool/a__other", &[]),
        ("tool/c__any", 404, "ops/tool/c__any", &[]),
        ("tool/a__e%0A", 404, "ops/tool/a__e\n", &[]),
        ("tool/", 404, "ops/tool/", &[]),
        ("upstream/a", 200, "ops/upstream/a", &["back"]),
        ("upstream/b", 200, "ops/upstream/b", &[]),
        ("upstream/c", 404, "ops/upstream/c", &[]),
        ("tenant", 200, "ops/tenant", &["all"]),
    ] {
        let (found, body, record) = show(&memory, account);
        assert_eq!(
            (found, &record["method"], &record["name"]),
            (status, &json!("admin/accounts/show"), &json!(name)),
            "{account} {body}"
        );
        if status == 404 {
            assert_eq!(
                (&body["error"]["kind"], &record["reason"]),
                (&json!("no_such_account"), &json!("no_such_account"))
            );
            continue;
        }
        let shown: Vec<(&str, u64)> = rules.iter().map(|rule| (*rule, 0)).collect();
        assert_eq!((&body["account"], used(&body)), (&json!(name), shown), "{body}");
        assert_eq!((&record["outcome"], &record["operator"]), (&json!("answered"), &json!("user")));
    }
    // What is no page of an account is none, whatever follows.
    for page in [
        "",
        "agent",
        "tool",
        "tenant/",
        "tenants",
        "agents/support",
        "tool/%",
        "tool/%4",
        "tool/%zz",
        "tool/%ff",
    ] {
        let (status, _, record) = show(&memory, page);
        assert_eq!(
            (status, &record["reason"], &record["method"]),
            (404, &json!("not_found"), &json!("admin")),
            "{page}"
        );
    }
    let path = "/t/ops/admin/v1/accounts/tenant";
    let (reply, record) = ask_of(&memory, &limited(), &Asked { method: "DELETE", ..get(path, &operator()) });
    assert_eq!((reply.status, &record["name"]), (405, &json!("accounts/tenant")));
}

#[test]
fn what_was_used_is_shown_with_its_unit() {
    let memory = Memory::new();
    for (rule, amount) in [("day", 3), ("slow", 2), ("budget", 2_000_000)] {
        let (status, body, _) =
            change(&memory, "agent/support", &json!({ "set": { rule: amount } }).to_string());
        assert_eq!(status, 200, "{body}");
    }
    let (_, body, _) = show(&memory, "agent/support");
    let month_ms = 8 * 86_400_000_u64;
    let expected = json!([
        { "name": "day", "kind": "quota", "unit": "calls", "limit": 100, "used": 3, "left": 97, "reset_ms": 86_400_000, "open": 0 },
        { "name": "slow", "kind": "rate", "unit": "calls", "limit": 10, "per_s": 60, "burst": 20, "used": 2, "left": 18, "reset_ms": 12_000, "open": 0 },
        // More than there is: as much was used all the same.
        { "name": "budget", "kind": "cost", "unit": "micro-units", "limit": 1_500_000, "used": 2_000_000, "left": 0, "reset_ms": month_ms, "open": 0 },
        { "name": "slots", "kind": "concurrency", "unit": "calls", "limit": 4, "used": 0, "left": 4, "reset_ms": 0, "open": 0 },
    ]);
    assert_eq!(body["rules"], expected);
}

#[test]
fn changes_are_done_shown_and_recorded() {
    let memory = Memory::new();
    let (status, body, record) = change(&memory, "agent/support", r#"{"set":{"day":42}}"#);
    assert_eq!((status, used(&body)), (200, vec![("day", 42), ("slow", 0), ("budget", 0), ("slots", 0)]));
    for (key, value) in [
        ("method", json!("admin/accounts/set")),
        ("outcome", json!("answered")),
        ("name", json!("ops/agent/support")),
        ("rules", json!("day")),
        ("used", json!(42)),
    ] {
        assert_eq!(record[key], value, "{record}");
    }
    change(&memory, "agent/support", r#"{"set":{"budget":7}}"#);
    change(&memory, "agent/support", r#"{"set":{"slow":20}}"#);
    let (_, body, record) = change(&memory, "agent/support", r#"{"reset":["day","slow"]}"#);
    assert_eq!(used(&body), [("day", 0), ("slow", 0), ("budget", 7), ("slots", 0)]);
    assert_eq!((&record["method"], &record["rules"]), (&json!("admin/accounts/reset"), &json!("day,slow")));
    let (_, body, record) = change(&memory, "agent/support", r#"{"reset":true}"#);
    assert_eq!(used(&body), [("day", 0), ("slow", 0), ("budget", 0), ("slots", 0)]);
    assert_eq!((&record["method"], &record["rules"]), (&json!("admin/accounts/reset"), &json!("*")));
}

#[test]
fn what_is_no_change_changes_nothing() {
    let memory = Memory::new();
    change(&memory, "agent/support", r#"{"set":{"day":42}}"#);
    let steps = memory.steps().len();
    let (set, reset, neither) = ("admin/accounts/set", "admin/accounts/reset", "admin/accounts/change");
    for (body, part, method) in [
        ("{}", "one of `reset` and `set`", neither),
        (r#"{"reset":true,"set":{"day":1}}"#, "one of `reset` and `set`", neither),
        (r#"{"reset":false}"#, "`reset` is not true or a list of names", neither),
        (r#"{"reset":[]}"#, "`reset` is not", neither),
        (r#"{"reset":"day"}"#, "`reset` is not", neither),
        (r#"{"reset":["day",1]}"#, "`reset` is not", neither),
        (r#"{"reset":["day","dya"]}"#, r#"no rule "dya"; it has day, slow, budget, slots"#, reset),
        (r#"{"reset":["others"]}"#, r#"no rule "others""#, reset),
        (r#"{"set":{"all":1}}"#, r#"no rule "all""#, set),
        (r#"{"set":{}}"#, "`set` is not an object with one name", neither),
        (r#"{"set":{"day":1,"slow":1}}"#, "`set` is not", neither),
        (r#"{"set":{"day":-1}}"#, "`set` is not", neither),
        (r#"{"set":{"day":1.5}}"#, "`set` is not", neither),
        (r#"{"set":{"day":9007199254740992}}"#, "`set` is not", neither),
        (r#"{"set":["day",1]}"#, "`set` is not", neither),
        (r#"{"set":{"slots":0}}"#, "in flight", set),
        (r#"{"set":{"slow":21}}"#, "at most 20 at once", set),
        (r#"{"reset":true,"all":true}"#, r#"no member "all""#, neither),
        (r#"{"reset":true,"reset":true}"#, "", neither),
        ("[]", "", neither),
        ("", "", neither),
    ] {
        let (status, answer, record) = change(&memory, "agent/support", body);
        assert_eq!(status, 400, "{body}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(part), "{body}: {message}");
        assert_eq!((&record["outcome"], &record["method"]), (&json!("refused"), &json!(method)), "{body}");
    }
    let (status, answer, _) = change(&memory, "upstream/b", r#"{"reset":["back"]}"#);
    assert_eq!(status, 400);
    assert!(answer.to_string().contains("it has none"), "{answer}");
    assert_eq!(change(&memory, "agent/nobody", r#"{"reset":true}"#).0, 404);
    assert_eq!(memory.steps().len(), steps);
    assert_eq!(used(&show(&memory, "agent/support").1)[0], ("day", 42));
}

/// One step on the agent's account, past the API.
fn apply(memory: &Memory, transition: &Transition) -> Outcome {
    let account = AccountName { name: "ops/agent/support", placement: Placement::default() };
    memory.run(memory.apply(account, transition, 1_000)).unwrap()
}

#[test]
fn what_is_in_flight_is_shown_and_its_end_changes_nothing_after_a_reset() {
    let memory = Memory::new();
    show(&memory, "agent/support");
    let Some((_, Transition::Show(rules))) = memory.steps().pop() else { panic!("{:?}", memory.steps()) };
    let asks = [(0, 1), (2, 500), (3, 1)].map(|(at, amount): (usize, u64)| {
        let (rule, terms) = rules[at];
        Ask { rule, terms, amount, settles: at > 0, lease: 0 }
    });
    let charge = Charge {
        id: 5,
        asks: asks.to_vec(),
        hold_ms: 60_000,
        undo_ms: 0,
        watch: None,
        ends: vec![],
        settled: vec![],
    };
    let outcome = apply(&memory, &Transition::Charge(charge));
    assert!(matches!(outcome, Outcome::Granted(_)), "{outcome:?}");
    let (_, body, _) = show(&memory, "agent/support");
    let open: Vec<u64> =
        body["rules"].as_array().unwrap().iter().map(|rule| rule["open"].as_u64().unwrap()).collect();
    assert_eq!(
        (used(&body), open),
        (vec![("day", 1), ("slow", 0), ("budget", 500), ("slots", 1)], vec![0, 0, 1, 1])
    );
    change(&memory, "agent/support", r#"{"reset":["slots"]}"#);
    change(&memory, "agent/support", r#"{"set":{"budget":9}}"#);
    let ended = crate::ledger::Settle { id: 5, undo: true, amounts: vec![], findings: vec![] };
    apply(&memory, &Transition::Settle(vec![ended]));
    assert_eq!(
        used(&show(&memory, "agent/support").1),
        [("day", 1), ("slow", 0), ("budget", 9), ("slots", 0)]
    );
}

#[test]
fn a_reset_of_everything_clears_the_loop_breaker_too() {
    let memory = Memory::new();
    let bounds = loops::Bounds { hard: 3, ..loops::Bounds::default() };
    let call = |id: u64| {
        let sighting = loops::Sighting {
            principal: 1,
            trace: Some(1),
            fingerprint: loops::Digests::new([0; 16]).call("a__x", None),
            cost: 0,
            exempt: false,
        };
        let watch = crate::ledger::Watch { bounds: bounds.clone(), sightings: vec![(id, sighting)] };
        let charge = Charge {
            id,
            asks: vec![],
            hold_ms: 1_000,
            undo_ms: 0,
            watch: Some(watch),
            ends: vec![],
            settled: vec![],
        };
        match apply(&memory, &Transition::Charge(charge)) {
            Outcome::Granted(grant) => grant.verdicts[0],
            other => panic!("{other:?}"),
        }
    };
    let stopped = (1..50).find(|id| call(*id) != loops::Verdict::Go).expect("it is stopped");
    assert_ne!(call(99), loops::Verdict::Go);
    // Of single rules it is none.
    change(&memory, "agent/support", r#"{"reset":["day","slow","budget","slots"]}"#);
    assert_ne!(call(100), loops::Verdict::Go);
    change(&memory, "agent/support", r#"{"reset":true}"#);
    assert!((1..stopped).all(|id| call(200 + id) == loops::Verdict::Go));
}

#[test]
fn a_ledger_that_fails_is_named() {
    for (ledger, fault, part) in [
        (Err(LedgerFault::Absent), "absent", "no ledger: call set_ledger"),
        (Err(LedgerFault::Unreachable), "unreachable", "cannot be reached"),
        (Ok(5_001), "late", "in time"),
        (Err(LedgerFault::Malformed), "malformed", "a reset of everything heals it"),
    ] {
        let memory = Memory::new();
        memory.set_ledger(ledger);
        for (status, body, record) in
            [show(&memory, "agent/support"), change(&memory, "tenant", r#"{"reset":true}"#)]
        {
            assert_eq!(
                (status, &body["error"]["kind"], &body["error"]["fault"]),
                (503, &json!("ledger"), &json!(fault)),
                "{body}"
            );
            let message = body["error"]["message"].as_str().unwrap();
            assert!(message.contains(part), "{message}");
            let unknown =
                record["method"] == "admin/accounts/reset" && matches!(fault, "unreachable" | "late");
            assert_eq!(message.contains("not known"), unknown, "{message}");
            assert_eq!(
                (&record["outcome"], &record["reason"], &record["ledger"]),
                (&json!("broken"), &json!("ledger"), &json!(fault))
            );
        }
    }
}

#[test]
fn a_reset_of_everything_heals() {
    let memory = Memory::new();
    memory.spoil("ops/agent/support");
    let malformed = |(status, body, _): (u16, Value, Value)| (status, body["error"]["fault"].clone());
    assert_eq!(malformed(show(&memory, "agent/support")), (503, json!("malformed")));
    assert_eq!(
        malformed(change(&memory, "agent/support", r#"{"reset":["day"]}"#)),
        (503, json!("malformed"))
    );
    assert_eq!(
        malformed(change(&memory, "agent/support", r#"{"set":{"day":1}}"#)),
        (503, json!("malformed"))
    );
    let (status, body, _) = change(&memory, "agent/support", r#"{"reset":true}"#);
    assert_eq!((status, used(&body).len()), (200, 4));
    assert_eq!(show(&memory, "agent/support").0, 200);
}

#[test]
fn operators_reach_the_accounts_of_their_own_tenant_without_bundle() {
    let memory = Memory::new();
    let mut asked = get("/t/acme/admin/v1/accounts/agent/support", &operator());
    asked.headers[0].1 = "gw2".to_owned();
    let (reply, _) = ask_of(&memory, &limited(), &asked);
    assert_eq!(
        (reply.status, text(&reply)),
        (200, r#"{"account":"acme/agent/support","rules":[]}"#.to_owned())
    );
    let (reply, record) =
        ask_of(&memory, &limited(), &get("/t/ops/admin/v1/accounts/tenant", &super::agent()));
    assert_eq!((reply.status, &record["method"]), (403, &json!("admin/accounts/show")));
    for (name, tenant) in [("ops", "/t/ops"), ("plain", "/t/plain"), ("none", "/t/none")] {
        let (reply, record) =
            ask_of(&memory, &limited(), &get(&format!("{tenant}/admin/v1/accounts/tenant"), ""));
        assert_eq!((reply.status, &record["method"]), (401, &json!("admin/accounts/show")), "{name}");
    }
}
