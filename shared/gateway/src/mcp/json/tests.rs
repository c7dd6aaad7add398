use super::*;
use crate::mcp::testing::{self, Rng};
use serde::de::IgnoredAny;
use serde_json::Value;

pub(crate) const BOUNDS: Bounds = Bounds {
    bytes: 1 << 20,
    depth: 64,
    nodes: 100_000,
    key_bytes: 1024,
    string_bytes: 1 << 20,
    number_chars: 64,
};

fn parse(text: &str) -> Result<Json<'_>, JsonError> {
    Json::parse(text.as_bytes(), &BOUNDS)
}

fn refused(text: &str) -> JsonError {
    parse(text).expect_err(text)
}

#[test]
fn finds_outer_members_and_keeps_their_text() {
    let json =
        parse(r#" {"id" : 1.50 ,"params":{"name":"a\u0062","_meta":{"k":[1, 2],"n":{"deep":1}}}} "#).unwrap();
    let params = json.get(json.root(), "params").unwrap();
    assert_eq!(json.raw(json.get(json.root(), "id").unwrap()), "1.50");
    let name = json.get(params, "name").unwrap();
    assert_eq!(json.raw(name), r#""a\u0062""#);
    assert_eq!(json.string(name).unwrap(), "ab");
    let meta = json.get(params, "_meta").unwrap();
    let list = json.get(meta, "k").unwrap();
    assert_eq!(json.kind(list), Kind::Array);
    assert_eq!(json.raw(list), "[1, 2]");
    assert_eq!(json.value(list).elements().map(|e| e.integer().unwrap()).collect::<Vec<_>>(), [1, 2]);
    let deep = json.value(meta).get("n").unwrap().get("deep").unwrap();
    assert_eq!(json.text().get(deep.span().range()), Some("1"));
    assert_eq!(json.get(json.root(), "PARAMS"), None);
    assert_eq!(json.get(name, "x"), None);
}

#[test]
fn an_escaped_name_is_found_by_its_meaning() {
    let json = parse(r#"{"\u006dethod":"x","a":{"\u0062":{"\u0063":2}}}"#).unwrap();
    assert!(json.get(json.root(), "method").is_some());
    assert_eq!(
        json.value(json.root()).get("a").unwrap().get("b").unwrap().get("c").unwrap().integer(),
        Some(2)
    );
    assert_eq!(
        json.members(json.root()).map(|(name, _)| name.into_owned()).collect::<Vec<_>>(),
        ["method", "a"]
    );
}

#[test]
fn a_batch_has_its_elements_on_the_tape() {
    let json = parse(r#"[{"id":1,"params":{"_meta":{"k":true}}},[3],{"id":2}]"#).unwrap();
    let elements: Vec<Node> = json.elements(json.root()).collect();
    assert_eq!(elements.len(), 3);
    let params = json.get(elements[0], "params").unwrap();
    let meta = json.get(params, "_meta").unwrap();
    assert_eq!(json.get(meta, "k").and_then(|k| json.bool(k)), Some(true));
    assert_eq!(json.integer(json.get(elements[2], "id").unwrap()), Some(2));
    assert_eq!(json.elements(elements[1]).count(), 0);
    assert_eq!(json.elements(elements[0]).count(), 0);
}

#[test]
fn refuses_what_two_parsers_could_read_differently() {
    assert_eq!(refused(r#"{"a":1,"b":2,"a":3}"#), JsonError::DuplicateKey { at: 13 });
    assert_eq!(refused(r#"{"a":1,"\u0061":3}"#), JsonError::DuplicateKey { at: 7 });
    assert_eq!(refused(r#"{"\u0061":1,"\u0061":3}"#), JsonError::DuplicateKey { at: 12 });
    assert_eq!(refused(r#"{"x":[{"y":{"a":1,"a":2}}]}"#), JsonError::DuplicateKey { at: 18 });
    assert_eq!(refused(r#"["\ud800"]"#), JsonError::LoneSurrogate { at: 2 });
    assert_eq!(refused(r#"["\udc00\ud800"]"#), JsonError::LoneSurrogate { at: 2 });
    assert_eq!(refused(r#"["\ud800\u0041"]"#), JsonError::LoneSurrogate { at: 2 });
    assert_eq!(refused(r#"{"\ud800":1}"#), JsonError::LoneSurrogate { at: 2 });
    assert_eq!(refused(r#"["a\u0000"]"#), JsonError::Nul { at: 3 });
    assert_eq!(refused(r#"{"a\u0000":1}"#), JsonError::Nul { at: 3 });
    assert_eq!(refused("[\"\0\"]"), JsonError::Syntax { at: 2 });
    assert_eq!(refused("\u{feff}{}"), JsonError::Bom);
    assert_eq!(refused(" \n"), JsonError::Empty);
    assert_eq!(refused("{} {}"), JsonError::Trailing { at: 3 });
    assert_eq!(Json::parse(b"[\"\xff\"]", &BOUNDS).unwrap_err(), JsonError::Utf8 { at: 2 });
    assert_eq!(
        Json::parse_owned(b"[\"\xc0\x80\"]".to_vec(), &BOUNDS).unwrap_err(),
        JsonError::Utf8 { at: 2 }
    );
}

#[test]
fn equal_names_in_different_objects_are_no_duplicates() {
    parse(r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}],"\u0063":{"\u0061":1,"c":2},"d":{"c":1}}"#).unwrap();
    let many: Vec<String> = (0..500).map(|i| format!("\"k{i}\":{{\"k{}\":0}}", i + 1)).collect();
    parse(&format!("{{{}}}", many.join(","))).unwrap();
}

#[test]
fn a_duplicate_among_many_is_found() {
    for n in [2, 12, 13, 14, 100, 5000] {
        let mut names: Vec<String> = (0..n).map(|i| format!("\"k{i}\":0")).collect();
        parse(&format!("{{{}}}", names.join(","))).unwrap();
        names.push(format!("\"k{}\":1", n / 2));
        let text = format!("{{{}}}", names.join(","));
        let at = text.rfind("\"k").unwrap();
        assert_eq!(refused(&text), JsonError::DuplicateKey { at });
    }
}

#[test]
fn refuses_what_is_no_json() {
    for text in [
        "{",
        "[",
        "\"",
        "\"\\",
        "\"\\u12",
        "\"\\u12g4\"",
        "\"\\x\"",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{a:1}",
        "{\"a\" 1}",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "tru",
        "True",
        "nul",
        "'a'",
        "{\"a\":1]",
        "[1}",
        "\"\n\"",
        "\"\t\"",
        "/**/1",
        "-01",
        "1.e1",
        "{1:2}",
    ] {
        let error = refused(text);
        assert!(matches!(error, JsonError::Syntax { .. } | JsonError::Trailing { .. }), "{text}: {error:?}");
    }
}

#[test]
fn every_bound_holds_exactly() {
    let tight = Bounds { bytes: 100, depth: 3, nodes: 5, key_bytes: 4, string_bytes: 6, number_chars: 5 };
    let check = |text: &str| Json::parse(text.as_bytes(), &tight).map(|_| ());
    assert_eq!(check("[[[]]]"), Ok(()));
    assert_eq!(check("[[{}]]"), Ok(()));
    assert_eq!(check("[[[[]]]]"), Err(JsonError::TooDeep));
    assert_eq!(check(r#"{"a":{"b":{"c":{}}}}"#), Err(JsonError::TooDeep));
    assert_eq!(check("[1,2,3,4]"), Ok(()));
    assert_eq!(check("[1,2,3,4,5]"), Err(JsonError::TooManyNodes));
    assert_eq!(check(r#"{"abcd":1}"#), Ok(()));
    assert_eq!(check(r#"{"abcde":1}"#), Err(JsonError::KeyTooLong));
    assert_eq!(check(r#""abcdef""#), Ok(()));
    assert_eq!(check(r#""abcdefg""#), Err(JsonError::StringTooLong));
    assert_eq!(check("-1.25"), Ok(()));
    assert_eq!(check("-1.255"), Err(JsonError::NumberTooLong));
    assert_eq!(check(&" ".repeat(101)), Err(JsonError::TooLarge));
    let deep = "[".repeat(1_000_000);
    let unbounded = Bounds { bytes: usize::MAX, depth: usize::MAX, ..BOUNDS };
    assert_eq!(Json::parse(deep.as_bytes(), &unbounded).unwrap_err(), JsonError::TooDeep);
}

#[test]
fn control_characters_are_seen_at_every_offset_of_a_long_string() {
    let plain = "abcdefgh\u{7f}éhijklmnopqrstuv".to_owned();
    for at in (0..plain.len()).filter(|&at| plain.is_char_boundary(at)) {
        for byte in ['\u{1}', '\u{1f}', '\n'] {
            let mut text = plain.clone();
            text.insert(at, byte);
            assert_eq!(refused(&format!("\"{text}\"")), JsonError::Syntax { at: at + 1 });
        }
        let mut text = plain.clone();
        text.insert(at, '"');
        assert_eq!(refused(&format!("\"{text}\"")), JsonError::Trailing { at: at + 2 });
    }
    parse(&format!("\"{plain}\"")).unwrap();
}

#[test]
fn integers_are_read_only_where_nothing_is_lost() {
    let read = |text: &str| parse(text).unwrap().integer(Node(0));
    assert_eq!(read("9223372036854775807"), Some(i64::MAX));
    assert_eq!(read("-9223372036854775808"), Some(i64::MIN));
    assert_eq!(read("9223372036854775808"), None);
    assert_eq!(read("42.0"), None);
    assert_eq!(read("\"42\""), None);
    assert_eq!(read("-0"), Some(0));
}

#[test]
fn quoting_round_trips() {
    let all: String = (0..0x300u32).filter_map(char::from_u32).chain("🙂\u{2028}".chars()).collect();
    let mut literal = String::new();
    quote(&mut literal, &all);
    assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), all);
    let tail = all.trim_start_matches('\0');
    let mut literal = String::new();
    quote(&mut literal, tail);
    assert_eq!(parse(&literal).unwrap().string(Node(0)).unwrap(), tail);
}

/// The value as serde_json would have it, read through [`Raw`] only.
fn model(raw: Raw<'_>) -> Value {
    match raw.kind() {
        Kind::Object => Value::Object(raw.members().map(|(name, v)| (name.into_owned(), model(v))).collect()),
        Kind::Array => Value::Array(raw.elements().map(model).collect()),
        Kind::String => Value::String(raw.string().unwrap().into_owned()),
        Kind::Number => serde_json::from_str(raw.text()).unwrap(),
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Null => Value::Null,
    }
}

#[test]
fn reads_what_serde_json_reads() {
    for seed in 0..4000 {
        let rng = &mut Rng::new(seed);
        let mut text = String::new();
        testing::value(rng, 5, &mut text);
        let json = parse(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}: {text}"));
        let expected: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(model(json.value(json.root())), expected, "seed {seed}: {text}");
        for (name, node) in json.members(json.root()) {
            assert_eq!(model(json.value(node)), expected[&*name], "seed {seed}");
            assert_eq!(json.get(json.root(), &name), Some(node), "seed {seed}");
        }
    }
}

/// Mutated texts: we may be stricter than serde_json, by our own rules only, and never laxer.
#[test]
fn accepts_no_more_than_serde_json() {
    const SPLICES: &[&str] = &[
        "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "\\ud800", "\\u0000", "\n", "\0", "t",
        "true", "é", "",
    ];
    let (mut accepted, mut stricter) = (0, 0);
    for seed in 0..12_000 {
        let rng = &mut Rng::new(seed);
        let mut text = String::new();
        testing::value(rng, 4, &mut text);
        for _ in 0..=rng.below(2) {
            let (a, b) = (rng.below(text.len() + 1), rng.below(4));
            let b = (a + b).min(text.len());
            if text.is_char_boundary(a) && text.is_char_boundary(b) {
                text.replace_range(a..b, rng.pick(SPLICES));
            }
        }
        let theirs = serde_json::from_str::<IgnoredAny>(&text);
        match (parse(&text), theirs) {
            (Ok(json), Ok(_)) => {
                accepted += 1;
                if let Ok(value) = serde_json::from_str::<Value>(&text) {
                    assert_eq!(model(json.value(json.root())), value, "seed {seed}: {text}");
                }
            }
            (Err(_), Err(_)) => {}
            (Ok(_), Err(e)) => panic!("seed {seed}: accepted, but {e}: {text}"),
            (Err(ours), Ok(_)) => {
                stricter += 1;
                assert!(
                    matches!(
                        ours,
                        JsonError::DuplicateKey { .. }
                            | JsonError::LoneSurrogate { .. }
                            | JsonError::Nul { .. }
                    ) || text.len() > 64 && ours == JsonError::NumberTooLong,
                    "seed {seed}: {ours:?}: {text}"
                );
            }
        }
    }
    assert!(accepted > 800 && stricter > 40, "{accepted} accepted, {stricter} stricter");
}

/// A name whose text equals the content of another's is still another name.
#[test]
fn escaped_names_are_compared_by_what_they_mean() {
    let text = r#"{"a\\":1,"a\\\\":2,"\u0061b":3}"#;
    let json = Json::parse(text.as_bytes(), &BOUNDS).unwrap();
    for (key, expected) in
        [(r"a\", Some("1")), (r"a\\", Some("2")), ("ab", Some("3")), (r"\u0061b", None), (r"a\\\\", None)]
    {
        assert_eq!(json.get(json.root(), key).map(|node| json.raw(node)), expected, "{key}");
        assert_eq!(json.value(json.root()).get(key).map(Raw::text), expected, "{key}");
    }
}
