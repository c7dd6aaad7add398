//! Texts of all sizes and scripts, through every service that tells where its findings are.

use super::*;

const WORD: &str = "geheim";

/// A service that finds every [`WORD`] of what it is sent, and counts as the real one does.
fn finder(dlp: &Dlp) -> impl Fn(&Seen) -> Reply + 'static {
    let kind = dlp.service.clone();
    move |seen| {
        let body = seen.json();
        match &kind {
            DlpService::Presidio { .. } => {
                let found = found(text(&body["text"]), points);
                let item = |(start, end): &(usize, usize)| json!({ "entity_type": "W", "start": start, "end": end, "score": 0.9 });
                Reply::json(Value::Array(found.iter().map(item).collect()))
            }
            DlpService::Azure { .. } => {
                let document = |document: &Value| {
                    let entity = |(start, end): &(usize, usize)| json!({ "category": "W", "offset": start, "length": end - start, "confidenceScore": 0.9 });
                    let found = found(text(&document["text"]), points);
                    json!({ "id": document["id"], "entities": found.iter().map(entity).collect::<Vec<_>>() })
                };
                let documents = body["analysisInput"]["documents"].as_array().expect("documents");
                assert!(documents.len() <= 5);
                // In another order than they were sent.
                Reply::json(
                    json!({ "results": { "documents": documents.iter().rev().map(document).collect::<Vec<_>>(), "errors": [] } }),
                )
            }
            DlpService::Google { .. } => {
                let found = found(text(&body["item"]["value"]), points);
                let finding = |(start, end): &(usize, usize)| {
                    let range = if *start == 0 {
                        json!({ "end": end.to_string() })
                    } else {
                        json!({ "start": start.to_string(), "end": end.to_string() })
                    };
                    json!({ "infoType": { "name": "W" }, "likelihood": "LIKELY", "location": { "codepointRange": range } })
                };
                Reply::json(
                    json!({ "result": { "findings": found.iter().map(finding).collect::<Vec<_>>() } }),
                )
            }
            _ => {
                let found = found(text(&body["text"]), |text| text.encode_utf16().count());
                let span = |(start, end): &(usize, usize)| json!({ "start": start, "end": end, "type": "W" });
                Reply::json(
                    json!({ "verdict": "pass", "unit": "utf16", "spans": found.iter().map(span).collect::<Vec<_>>() }),
                )
            }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn points(text: &str) -> usize {
    text.chars().count()
}

fn found(text: &str, count: impl Fn(&str) -> usize) -> Vec<(usize, usize)> {
    let place = |(at, word): (usize, &str)| {
        let start = count(&text[..at]);
        (start, start + count(word))
    };
    text.match_indices(WORD).map(place).collect()
}

#[test]
fn every_finding_is_replaced_wherever_it_is() {
    for dlp in every().into_iter().skip(1) {
        let context = format!("{:?}", dlp.service);
        let bench = bench(finder(&dlp));
        let dlp = Rc::new(dlp);
        for filler in ["ab ", "é ", "😀 ", "\" \\ \n"] {
            for lead in [0, 1, 5_110, 5_118, 5_121, 9_990, 25_590, 30_000] {
                let chars: String = filler.chars().cycle().take(lead).collect();
                let content = format!("{chars}{WORD}{filler}{WORD}");
                let json = json!({ "other": filler, "q": content }).to_string();
                let (verdict, note) = bench.inspect(&dlp, &about(), &json);
                let expected = json!({ "other": filler, "q": content.replace(WORD, "[W]") });
                let Verdict::Changed(changed) = verdict else {
                    panic!("{context} {lead} {filler:?}: {verdict:?} {note:?}")
                };
                assert_eq!(
                    serde_json::from_str::<Value>(&changed).expect("JSON"),
                    expected,
                    "{context} {lead} {filler:?}"
                );
            }
        }
    }
}

#[test]
fn large_texts_go_in_several_requests_up_to_a_bound() {
    for (dlp, bytes, requests) in every()
        .into_iter()
        .skip(1)
        .zip([
            // Presidio 100,000 code points, Azure 5 times 5,120, Google and webhooks 256 KiB.
            (250_000, Some(3)),
            (60_000, Some(3)),
            (600_000, Some(3)),
            (600_000, Some(3)),
        ])
        .map(|(dlp, (bytes, requests))| (dlp, bytes, requests))
    {
        let context = format!("{:?}", dlp.service);
        let bench = bench(finder(&dlp));
        let dlp = Rc::new(dlp);
        let json = format!("[\"{}\"]", "a".repeat(bytes));
        assert_eq!(bench.inspect(&dlp, &about(), &json).0, Verdict::Pass, "{context}");
        assert_eq!(Some(bench.memory.sent().len()), requests, "{context}");
        let json = format!("[\"{}\"]", "a".repeat(1_100_000));
        let (verdict, note) = bench.inspect(&dlp, &about(), &json);
        assert_eq!((verdict, note.and_then(|note| note.why)), (block(), Some(Why::TooLarge)), "{context}");
    }
}

#[test]
fn one_cut_that_fails_is_the_whole_that_fails() {
    for status in [400, 0] {
        let bench = bench(move |seen| {
            let last = !seen.json()["text"].as_str().expect("a text").starts_with("aa");
            if last { Reply::new(status, "") } else { Reply::json(r#"{"verdict":"pass"}"#) }
        });
        let json = format!("[\"{}{}\"]", "a".repeat(300_000), "b".repeat(100_000));
        let why = bench.inspect(&Rc::new(webhook()), &about(), &json).1.and_then(|note| note.why);
        assert_eq!(why, None, "both begin with a");
        let json = format!("[\"{}{}\"]", "a".repeat(262_144 - 256), "b".repeat(100_000));
        let why = bench.inspect(&Rc::new(webhook()), &about(), &json).1.and_then(|note| note.why);
        assert!(matches!(why, Some(Why::Refused | Why::Unreachable)), "{why:?}");
    }
}

#[test]
fn a_word_against_one_cut_is_one_against_the_message_whatever_becomes_of_the_others() {
    for (status, delay_ms) in [(200, 0), (500, 0), (0, 0), (200, 5_000)] {
        for cut in ["first", "last"] {
            let bench = bench(move |seen| {
                let body = seen.json();
                let text = body["text"].as_str().expect("a text");
                if text.contains('b') {
                    Reply::json(r#"{"verdict":"block"}"#)
                } else {
                    Reply { delay_ms, ..Reply::new(status, r#"{"verdict":"pass"}"#) }
                }
            });
            let many = "a".repeat(600_000);
            let json = if cut == "first" { format!("[\"b{many}\"]") } else { format!("[\"{many}b\"]") };
            let dlp = Rc::new(Dlp { on_error: OnError::Allow, ..webhook() });
            let (verdict, note) = bench.inspect(&dlp, &about(), &json);
            let why = note.and_then(|note| note.why);
            assert_eq!((verdict, why), (block(), None), "{cut} {status} {delay_ms}");
        }
    }
}

#[test]
fn only_types_that_were_asked_for_are_replaced() {
    for (types, expected) in [
        (vec![], Verdict::Changed(r#"["[A] [B]"]"#.into())),
        (vec!["B".to_owned()], Verdict::Changed(r#"["one [B]"]"#.into())),
        (vec!["C".to_owned()], Verdict::Pass),
    ] {
        let spans = json!([{ "start": 0, "end": 3, "type": "A" }, { "start": 4, "end": 7, "type": "B" }]);
        let bench = bench(move |_| Reply::json(json!({ "verdict": "pass", "spans": spans })));
        let dlp = Rc::new(Dlp { types, ..webhook() });
        assert_eq!(bench.inspect(&dlp, &about(), r#"["one two"]"#).0, expected);
    }
}
