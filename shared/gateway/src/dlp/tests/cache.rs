//! Verdicts that are used again.

use super::*;
use crate::limits;

/// Finds `secret`, and blocks `forbidden`.
fn finder(seen: &Seen) -> Reply {
    let body = seen.json();
    let text = body["text"].as_str().expect("a text");
    let spans: Vec<Value> = text
        .match_indices("secret")
        .map(|(at, found)| json!({ "start": at, "end": at + found.len(), "type": "WORD" }))
        .collect();
    let verdict = if text.contains("forbidden") { "block" } else { "pass" };
    Reply::json(json!({ "verdict": verdict, "spans": spans, "unit": "byte" }))
}

#[test]
fn a_verdict_holds_for_a_while() {
    let changed = Verdict::Changed(r#"["a [WORD]"]"#.to_owned());
    for (json, expected) in
        [(r#"["fine"]"#, Verdict::Pass), (r#"["a secret"]"#, changed), (r#"["forbidden"]"#, block())]
    {
        let bench = bench(finder);
        let dlp = Rc::new(webhook());
        let (first, note) = bench.inspect(&dlp, &about(), json);
        assert_eq!((first, note.expect("a note").cached), (expected.clone(), false));
        bench.memory.advance(59_999);
        let (second, note) = bench.inspect(&dlp, &about(), json);
        let note = note.expect("a note");
        assert_eq!((second, note.cached, note.why), (expected.clone(), true, None));
        assert_eq!(bench.memory.sent().len(), 1);
        bench.memory.advance(1);
        assert_eq!(bench.inspect(&dlp, &about(), json).0, expected);
        assert_eq!(bench.memory.sent().len(), 2);
    }
}

#[test]
fn a_verdict_is_of_one_text_in_one_place() {
    let bench = bench(finder);
    let dlp = Rc::new(webhook());
    let other = Rc::new(Dlp { name: "other".into(), ..webhook() });
    let all = [
        (&dlp, about(), "fine"),
        (&dlp, about(), "fine "),
        (&dlp, answer(), "fine"),
        (&dlp, About { tenant: "other", ..about() }, "fine"),
        (&dlp, About { agent: "other", ..about() }, "fine"),
        (&dlp, About { user: "other", ..about() }, "fine"),
        (&dlp, About { tool: "other", ..about() }, "fine"),
        (&dlp, About { server: "other", ..about() }, "fine"),
        // Parts may not run into each other.
        (&dlp, About { agent: "agent-1u", user: "ser-1", ..about() }, "fine"),
        (&other, about(), "fine"),
    ];
    for (dlp, about, text) in &all {
        let (_, note) = bench.inspect(dlp, about, &format!("[{text:?}]"));
        assert!(!note.expect("a note").cached, "{about:?} {text:?}");
    }
    // What does not concern the verdict does not part it.
    let same = About { request: "other", local: true, ..about() };
    assert!(bench.inspect(&dlp, &same, "[ \"fine\" ]").1.expect("a note").cached);
    assert_eq!(bench.memory.sent().len(), all.len());
}

#[test]
fn what_went_wrong_is_not_kept_and_neither_is_anything_with_cache_0() {
    let once = |cache_ms, status: u16| {
        let bench = bench(move |_| Reply::new(status, r#"{"verdict":"pass"}"#));
        let dlp = Rc::new(Dlp { cache_ms, ..webhook() });
        bench.hello(&dlp);
        bench.hello(&dlp);
        bench.memory.sent().len()
    };
    assert_eq!((once(60_000, 200), once(60_000, 400), once(0, 200)), (1, 2, 2));
}

#[test]
fn there_is_an_end_to_what_is_kept() {
    let bench = bench(finder);
    let dlp = Rc::new(webhook());
    let inspect =
        |text: &str| bench.inspect(&dlp, &about(), &format!("[{text:?}]")).1.expect("a note").cached;
    for number in 0..=limits::DLP_VERDICTS {
        assert!(!inspect(&number.to_string()));
    }
    assert!(inspect("1"));
    assert!(!inspect("0"), "the oldest has left");
    let many = "secret ".repeat(limits::DLP_SPANS + 1);
    assert!(!inspect(&many) && !inspect(&many), "too many findings");
    let fewer = "secret ".repeat(limits::DLP_SPANS);
    assert!(!inspect(&fewer) && inspect(&fewer));
}

#[test]
fn notes_have_no_values() {
    let bench = bench(finder);
    let json = r#"{"a":"one secret","b":["canary secret"]}"#;
    let (verdict, note) = bench.inspect(&Rc::new(webhook()), &about(), json);
    assert_eq!(verdict, Verdict::Changed(r#"{"a":"one [WORD]","b":["canary [WORD]"]}"#.into()));
    let note = note.expect("a note");
    assert_eq!((note.verdict, note.types.get("WORD")), ("changed", Some(&2)));
    assert!(!format!("{note:?}").contains("canary"));
}
