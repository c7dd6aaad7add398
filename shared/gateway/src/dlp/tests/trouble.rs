//! Everything that can go wrong with a service, and what becomes of the message then.

use super::*;

/// What a service does instead of answering, why nothing came of it, and how often it is asked.
fn troubles() -> Vec<(&'static str, Reply, Why, usize)> {
    let fails = |status| Reply::new(status, r#"{"error":{"code":"x"}}"#);
    vec![
        ("no connection", fails(0), Why::Unreachable, 2),
        ("a stall", Reply { delay_ms: 5_000, ..Reply::json("[]") }, Why::Deadline, 1),
        ("no JSON", Reply::json(r#"{"verdict":"pa"#), Why::Malformed, 1),
        ("JSON of another shape", Reply::json(r#"{"ok":true}"#), Why::Malformed, 1),
        ("a name twice", Reply::json(r#"{"verdict":"block","verdict":"pass"}"#), Why::Malformed, 1),
        ("nothing", Reply::json(""), Why::Malformed, 1),
        ("too much", Reply::json("[".repeat(3_000_000)), Why::Malformed, 1),
        ("400", fails(400), Why::Refused, 1),
        ("402", fails(402), Why::NotLicensed, 1),
        ("404", fails(404), Why::Refused, 1),
        ("429", Reply { retry_after: Some("7"), ..fails(429) }, Why::Throttled, 1),
        ("500", fails(500), Why::Unavailable, 2),
        ("503", fails(503), Why::Unavailable, 1),
        ("a redirect", fails(302), Why::Refused, 1),
    ]
}

#[test]
fn what_cannot_be_asked_is_decided_by_the_setting() {
    for dlp in every() {
        for (name, reply, why, _) in troubles() {
            for (on_error, local, passes) in [
                (OnError::Block, true, false),
                (OnError::LocalOnly, false, false),
                (OnError::LocalOnly, true, true),
                (OnError::Allow, false, true),
            ] {
                // 200 with `{"ok":true}` is what Google says when it has found nothing and tells more than it did.
                if name == "JSON of another shape" && matches!(dlp.service, DlpService::Google { .. }) {
                    continue;
                }
                let (service, reply) = (dlp.service.clone(), reply.clone());
                let bench = bench(move |_| reply.clone());
                let dlp = Rc::new(Dlp { on_error, service, credential: dlp.credential.clone(), ..webhook() });
                let about = About { local, ..about() };
                let (verdict, note) = bench.inspect(&dlp, &about, r#"{"q":"hello"}"#);
                let expected = if passes { Verdict::Pass } else { block() };
                let note = note.expect("a note");
                let context = format!("{:?}: {name}, {on_error:?}", dlp.service);
                assert_eq!((verdict, note.why), (expected, Some(why)), "{context}");
                assert!(note.ms <= u64::from(DEADLINE_MS), "{context}: {} ms", note.ms);
                assert_eq!(bench.memory.open_bodies(), 0, "{context}");
            }
        }
    }
}

#[test]
fn a_service_is_asked_again_only_when_it_did_not_work_at_all() {
    for (name, reply, _, times) in troubles() {
        let bench = bench(move |_| reply.clone());
        bench.hello(&Rc::new(webhook()));
        assert_eq!(bench.memory.sent().len(), times, "{name}");
    }
    for status in [0, 500, 502, 504] {
        for dlp in every() {
            let fine = fine(&dlp);
            let bench = bench(move |seen| match seen.before {
                0 => Reply::new(status, ""),
                _ => Reply::json(&fine),
            });
            assert_eq!(bench.hello(&Rc::new(dlp)), (Verdict::Pass, None), "{status}");
        }
    }
}

#[test]
fn a_service_that_has_enough_is_left_alone() {
    for (retry_after, status, quiet_ms) in [
        (Some("7"), 429, 7_000),
        (Some("7"), 503, 7_000),
        (Some("Mon, 23 Nov 2026 00:00:12 GMT"), 429, 12_000),
        (None, 429, 1_000),
        (Some("soon"), 429, 1_000),
        (Some("99999"), 429, 600_000),
    ] {
        let bench = bench(move |seen| match seen.before {
            0 => Reply { retry_after, ..Reply::new(status, "") },
            _ => Reply::json(r#"{"verdict":"pass"}"#),
        });
        let dlp = Rc::new(webhook());
        bench.hello(&dlp);
        assert_eq!(bench.hello(&dlp).1, Some(Why::Throttled), "{retry_after:?}");
        bench.memory.advance(quiet_ms - 1);
        assert_eq!(bench.hello(&dlp).1, Some(Why::Throttled), "{retry_after:?}");
        assert_eq!(bench.memory.sent().len(), 1, "{retry_after:?}");
        bench.memory.advance(1);
        assert_eq!(bench.hello(&dlp), (Verdict::Pass, None), "{retry_after:?}");
    }
}

#[test]
fn a_customer_without_a_licence_is_remembered() {
    for dlp in every() {
        let dlp = Rc::new(dlp);
        let fine = fine(&dlp);
        let bench = bench(move |seen| match seen.before {
            0 => Reply::new(402, ""),
            _ => Reply::json(&fine),
        });
        bench.hello(&dlp);
        bench.memory.advance(3_599_000);
        assert_eq!(bench.hello(&dlp).1, Some(Why::NotLicensed));
        let other = About { tenant: "other", ..about() };
        let (verdict, note) = bench.inspect(&dlp, &other, r#"["hello"]"#);
        assert_eq!((verdict, note.and_then(|note| note.why)), (Verdict::Pass, None), "tenants are apart");
        bench.memory.advance(1_000);
        assert_eq!(bench.hello(&dlp).1, None);
    }
}

#[test]
fn a_part_is_not_the_whole() {
    let bodies = [
        json!({ "protectionScopeState": "notModified", "policyActions": [], "processingErrors": [{ "code": "x" }] }),
        json!([{ "entity_type": "A", "start": 4, "end": 99, "score": 0.9 }]),
        json!({ "results": { "documents": [], "errors": [{ "id": "0", "error": { "code": "x" } }] } }),
        json!({ "result": { "findings": [], "findingsTruncated": true } }),
        json!({ "verdict": "pass", "spans": [{ "start": 6, "end": 5, "type": "A" }] }),
    ];
    let whys = [Why::Incomplete, Why::Malformed, Why::Incomplete, Why::Incomplete, Why::Malformed];
    for ((dlp, body), why) in every().into_iter().zip(bodies).zip(whys) {
        let bench = bench(move |_| Reply::json(&body));
        assert_eq!(bench.hello(&Rc::new(dlp)), (block(), Some(why)));
    }
}

#[test]
fn what_is_too_large_or_no_json_is_not_shown() {
    let large = format!("[\"{}\"]", "a ".repeat(700_000));
    for (json, why) in
        [(large.as_str(), Why::TooLarge), ("{", Why::Unreadable), (r#"{"a":1,"a":2}"#, Why::Unreadable)]
    {
        let bench = bench(|_| Reply::json(r#"{"verdict":"pass"}"#));
        let (verdict, note) = bench.inspect(&Rc::new(webhook()), &about(), json);
        assert_eq!((verdict, note.and_then(|note| note.why)), (block(), Some(why)));
        assert!(bench.memory.sent().is_empty());
    }
}

#[test]
fn directions_that_are_not_wanted_and_messages_without_text_are_not_shown() {
    let bench = bench(|_| Reply::new(0, ""));
    let requests = Rc::new(Dlp { responses: false, ..webhook() });
    let responses = Rc::new(Dlp { requests: false, ..webhook() });
    for (dlp, about, json) in [
        (&requests, answer(), r#"["a"]"#),
        (&responses, about(), r#"["a"]"#),
        (&requests, about(), r#"{"n":12345,"ok":true,"empty":"","none":null}"#),
        (&requests, about(), r#"{"jsonrpc":"2.0","id":"4111111111111111","method":"tools/list"}"#),
    ] {
        assert_eq!(bench.inspect(dlp, &about, json), (Verdict::Pass, None), "{json}");
    }
    assert!(bench.memory.sent().is_empty());
}
