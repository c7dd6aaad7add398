//! What holds for every text: made of pieces at random, with seeds.
//!
//! `POSTERN_FULL=1 cargo test --release -p postern-redact --test properties` tries a million of them each.

mod random;
mod tokens;

use postern_redact::{Context, Engine, Replace, Replacement};
use random::{FEW, Random};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How many cases are tried: `few`, or a million.
fn cases(few: usize) -> usize {
    if std::env::var_os("POSTERN_FULL").is_some() { 1_000_000 } else { few }
}

fn tag(engine: &Engine, text: &str) -> Option<String> {
    engine.redact_text(text, &Context::default(), &mut |finding, _, _| {
        Replacement::Text(format!("[{}_1]", finding.entry.name))
    })
}

type Redact = fn(&Engine, &str, &Context<'_>, &mut Replace<'_>) -> Option<String>;

fn tag_json(engine: &Engine, json: &str, redact: Redact) -> Option<String> {
    redact(engine, json, &Context::default(), &mut |finding, value, path| {
        assert!(json.get(finding.start..finding.end).is_some(), "{json}: {finding:?} {value} {path}");
        Replacement::Text(format!("[{}_1]", finding.entry.name))
    })
}

#[test]
fn what_is_redacted_stays_so() {
    let (engine, mut random) = (Engine::new(None, 65), Random(1));
    let mut changed = 0;
    for _ in 0..cases(8_000) {
        let pieces = [FEW, 16][random.below(2)];
        let text = random.text(pieces);
        if let Some(once) = tag(&engine, &text) {
            changed += 1;
            assert_eq!(tag(&engine, &once), None, "{text:?} became {once:?}");
        }
    }
    assert!(changed > 2_000, "{changed}");
}

#[test]
fn findings_are_whole_characters_apart_from_each_other() {
    let (engine, mut random) = (Engine::new(None, 65), Random(2));
    for _ in 0..cases(8_000) {
        let text = if random.below(2) == 0 { random.text(16) } else { random.characters(64) };
        let mut end = 0;
        for finding in engine.find(&text, &Context::default()) {
            assert!(end <= finding.start && finding.start < finding.end, "{text:?} {finding:?}");
            assert!(text.get(finding.start..finding.end).is_some(), "{text:?} {finding:?}");
            end = finding.end;
        }
    }
}

#[test]
fn json_stays_json_and_differs_in_redacted_values_only() {
    let (engine, mut random) = (Engine::new(None, 65), Random(3));
    let mut changed = 0;
    for _ in 0..cases(4_000) {
        let before = random.value(3);
        let json = if random.below(2) == 0 { before.to_string() } else { format!("{before:#}") };
        let redact: Redact = [Engine::redact_json, Engine::redact_json_with_echoes][random.below(2)];
        let Some(redacted) = tag_json(&engine, &json, redact) else { continue };
        changed += 1;
        let after = serde_json::from_str(&redacted);
        let after: Value = after.unwrap_or_else(|error| panic!("{error}: {json} became {redacted}"));
        assert!(is_alike(&before, &after), "{json} became {redacted}");
        assert_eq!(tag_json(&engine, &redacted, redact), None, "{json} became {redacted}");
    }
    assert!(changed > 800, "{changed}");
}

#[test]
fn json_stays_json_whatever_is_asked_for() {
    let (engine, mut random) = (Engine::new(None, 65), Random(5));
    let mut changed = 0;
    for _ in 0..cases(4_000) {
        let before = random.value(3);
        let json = if random.below(2) == 0 { before.to_string() } else { format!("{before:#}") };
        let redacted = engine.redact_json_with_echoes(&json, &Context::default(), &mut |_, _, _| {
            let all = [Replacement::Zero, Replacement::Null, Replacement::Keep, Replacement::Remove];
            all.get(random.below(6)).unwrap_or(&Replacement::Remove).clone()
        });
        let Some(redacted) = redacted else { continue };
        changed += 1;
        let after = serde_json::from_str(&redacted);
        let after: Value = after.unwrap_or_else(|error| panic!("{error}: {json} became {redacted}"));
        assert!(is_less(&before, &after), "{json} became {redacted}");
    }
    assert!(changed > 800, "{changed}");
}

/// Whether a value is another one but for what has changed or gone; arrays keep their items.
fn is_less(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| is_less(before, after))
        }
        (Value::Object(before), Value::Object(after)) => {
            // A part of a name may have gone.
            let same = |name: &String, after| before.get(name).is_none_or(|it| is_less(it, after));
            after.len() <= before.len() && after.iter().all(|(name, after)| same(name, after))
        }
        (Value::String(_) | Value::Number(_), after) => !after.is_array() && !after.is_object(),
        _ => before == after,
    }
}

/// Whether a value is another one but for redacted strings, keys and numbers.
fn is_alike(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| is_alike(before, after))
        }
        (Value::Object(before), Value::Object(after)) => {
            // Two keys that become the same tag are one here.
            after.iter().all(|(key, value)| {
                key.contains('[') || before.get(key).is_some_and(|it| is_alike(it, value))
            })
        }
        (Value::String(_) | Value::Number(_), Value::String(after)) => {
            before == after || after.contains("_1]")
        }
        _ => before == after,
    }
}

#[test]
fn a_tag_is_no_finding() {
    let engine = Engine::new(None, 65);
    for entry in Engine::types() {
        for word in [""].into_iter().chain(entry.phrases()).chain(["password", "secret key"]) {
            let tag = format!("[{}_1]", entry.name);
            for text in [format!("{word}: {tag}"), format!("{word}={tag}"), format!("the {word} is {tag}")] {
                assert_eq!(engine.find(&text, &Context::default()), [], "{text}");
            }
            assert_eq!(engine.find(&tag, &Context { path: &[word], about: "" }), [], "{word}, {tag}");
        }
    }
}

#[test]
fn malformed_json_is_text() {
    let (engine, mut random) = (Engine::new(None, 65), Random(4));
    for _ in 0..cases(4_000) {
        let json = random.value(3).to_string();
        let cut = json.floor_char_boundary(random.below(json.len() + 1));
        let cut = json.get(..cut).unwrap_or("");
        if serde_json::from_str::<Value>(cut).is_err() {
            assert_eq!(tag_json(&engine, cut, Engine::redact_json), tag(&engine, cut), "{cut}");
        }
    }
}

#[test]
fn time_per_byte_is_flat() {
    let engine = Engine::new(None, 65);
    let many = [
        "1-",
        "1 ",
        "1.",
        "@",
        "a@",
        "a@b.",
        "eyJ",
        "[",
        "\"[",
        "\"[\\\"",
        "[\"4111111111111111\",",
        "{\"a\":",
        "\\",
        "\\\\\"",
        "%",
        "%3",
        "%25",
        "&",
        "&#",
        "&amp;",
        "\n",
        "1\n",
        "12\n12 ",
        "a@b\n",
        "A",
        "4",
        "a1",
        "-----BEGIN ",
        "://",
        ":",
        "=",
        "\u{200B}",
        "é",
        "О",
        "Оа1",
        "４",
        "NDExMTExMTExMTExMTExMQ",
        "3431",
        "4111111111111111 ",
        "card ",
        "card 4111111111111111\\n",
        "4111111111111111,1\n",
        "|4111111111111111|2001-02-03\n",
        "4111111111111111,2001-02-03,",
        "1|2,4111111111111111\n",
        "|city|\n|--|\n",
        " VALUES (4111111111111111,2001-02-03),",
        "[US_",
    ];
    for piece in many {
        let (short, long) = (piece.repeat(2_048 / piece.len()), piece.repeat(131_072 / piece.len()));
        let time = |text: &str| {
            let rounds = (0..3).map(|_| {
                let start = Instant::now();
                let _redacted = (tag(&engine, text), tag_json(&engine, text, Engine::redact_json));
                start.elapsed()
            });
            rounds.min().unwrap_or_default()
        };
        // 64 times the text: 4,096 times the time, were it quadratic. Clocks of busy machines are not exact.
        let (short, long) = (time(&short).max(Duration::from_millis(1)), time(&long));
        assert!(long < short * 400, "{piece:?}: {short:?}, then {long:?}");
    }
}
