use super::*;
use crate::engine::{Context, Engine};

fn badge() -> Custom {
    Custom {
        name: "ACME_BADGE".to_owned(),
        pattern: r"\bACME-\d{6}\b".to_owned(),
        words: vec!["badge".to_owned()],
        bare: 65,
        context: 85,
        matches: vec!["see ACME-123456.".to_owned()],
        silent: vec!["ACME-1234567".to_owned()],
        ..Custom::default()
    }
}

fn found(custom: &Custom, text: &str) -> Vec<(usize, usize, u8)> {
    let engine = Engine::new(None, 65).with(std::slice::from_ref(custom)).unwrap();
    let found = engine.find(text, &Context::default());
    found.iter().filter(|it| it.entry.name == custom.name).map(|it| (it.start, it.end, it.level)).collect()
}

#[test]
fn values_are_found_and_weighed() {
    for (text, expected) in [
        ("ACME-123456", vec![(0, 11, 65)]),
        ("badge ACME-123456", vec![(6, 17, 85)]),
        ("ACME-123456 ACME-654321", vec![(0, 11, 65), (12, 23, 65)]),
        ("ACME-12345 ACME-ACME-123456", vec![(16, 27, 65)]),
        ("order ACME-123456", vec![]),
        ("ACME", vec![]),
        ("", vec![]),
        ("é😀ACME-123456😀", vec![(6, 17, 65)]),
    ] {
        assert_eq!(found(&badge(), text), expected, "{text}");
    }
    // Far apart, and near to where a look ends.
    for gap in [1, 150, 180, 190, 195, 200, 205, 210, 250, 400, 5000] {
        let text = format!("ACME-{}ACME-123456", "x ".repeat(gap));
        assert_eq!(found(&badge(), &text).len(), 1, "{gap}");
    }
}

#[test]
fn a_group_may_be_the_value_and_checked() {
    let custom = Custom {
        pattern: r"member=(?P<value>\d{4,12})".to_owned(),
        check: Some("luhn".to_owned()),
        matches: Vec::new(),
        silent: Vec::new(),
        ..badge()
    };
    assert_eq!(found(&custom, "member=79927398713"), [(7, 18, 65)]);
    assert_eq!(found(&custom, "member=79927398714"), []);
}

#[test]
fn a_slow_one_reads_short_texts() {
    let custom = Custom { pattern: r"\bQ[0-9]{5}\b".to_owned(), slow: true, matches: Vec::new(), ..badge() };
    assert_eq!(found(&custom, "a Q12345"), [(2, 8, 65)]);
    assert_eq!(found(&custom, &"Q12345 ".repeat(SLOW_BYTES / 7 + 1)), []);
}

#[test]
fn what_is_not_read_is_taken_for_a_value() {
    let text = "ACME- ".repeat(1_000_000);
    let found = found(&badge(), &text);
    assert_eq!(found.len(), 1);
    assert_eq!(found.first().map(|it| it.1), Some(text.len()));
}

#[test]
fn what_is_refused() {
    type Change = fn(&mut Custom);
    let cases: &[(&str, Change)] = &[
        ("a name is 2 to 40", |it| it.name = "acme".to_owned()),
        ("there is a type of this name", |it| it.name = "CREDIT_CARD".to_owned()),
        ("pattern: ", |it| it.pattern = "ACME-(".to_owned()),
        ("pattern: ", |it| it.pattern = format!("ACME-{}", "(a{50}){50}".repeat(20))),
        ("matches an empty text", |it| it.pattern = "(ACME)?".to_owned()),
        ("name a literal", |it| it.pattern = r"\d{9}".to_owned()),
        ("name a literal", |it| it.pattern = "(?i)acme-[0-9]+".to_owned()),
        ("literal: \"AC\" is shorter", |it| it.literal = Some("AC".to_owned())),
        ("check: \"crc\" is none of luhn, ", |it| it.check = Some("crc".to_owned())),
        ("levels are 0 to 100", |it| it.bare = 101),
        ("words: \"Badge\"", |it| it.words = vec!["Badge".to_owned()]),
        ("words: \"a  b\"", |it| it.words = vec!["a  b".to_owned()]),
        ("finds nothing in its example \"ACME\"", |it| it.matches.push("ACME".to_owned())),
        ("finds a value in its example \"ACME-000000\"", |it| it.silent.push("ACME-000000".to_owned())),
        ("finds nothing", |it| it.literal = Some("badge".to_owned())),
    ];
    for (expected, change) in cases {
        let mut custom = badge();
        change(&mut custom);
        let error =
            Engine::new(None, 65).with(&[custom]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(expected) && error.starts_with("detector \""), "{expected}: {error}");
    }
    assert!(Engine::new(None, 65).with(&[badge(), badge()]).is_err());
}
