use super::*;
use crate::input;
use serde_json::{Value, json};

fn text(input: &[u8], mode: text::Mode) -> Result<String> {
    let mut output = Vec::new();
    text::run(&engine(None, None)?, &mut &*input, &mut output, mode)?;
    Ok(String::from_utf8(output)?)
}

const PLAIN: text::Mode = text::Mode { lines: false, explain: false };
const EXPLAIN: text::Mode = text::Mode { lines: false, explain: true };

#[test]
fn text_json_and_json_lines() {
    for (input, expected) in [
        ("card 4111 1111 1111 1111.\n", "card [CREDIT_CARD_1].\n"),
        ("a\nb 4111111111111111\nagain 4111-1111-1111-1111", "a\nb [CREDIT_CARD_1]\nagain [CREDIT_CARD_1]"),
        (
            "\n{\n  \"card\": 4111111111111111,\n  \"n\": 1\n}\n",
            "\n{\n  \"card\": \"[CREDIT_CARD_1]\",\n  \"n\": 1\n}\n",
        ),
        (
            "{\"card\":\"4111111111111111\"}\n{\"card\":\"5555555555554444\"}\n",
            "{\"card\":\"[CREDIT_CARD_1]\"}\n{\"card\":\"[CREDIT_CARD_2]\"}\n",
        ),
        ("{ no JSON, card 4111111111111111\n", "{ no JSON, card [CREDIT_CARD_1]\n"),
        ("", ""),
        ("\n\n", "\n\n"),
        ("nothing\r\n", "nothing\r\n"),
    ] {
        assert_eq!(text(input.as_bytes(), PLAIN).unwrap(), expected, "{input}");
    }
    let long = "x ".repeat(60_000) + "\ncard 4111111111111111\n";
    assert_eq!(text(long.as_bytes(), PLAIN).unwrap(), long.replace("4111111111111111", "[CREDIT_CARD_1]"));
}

/// Lines without their fifth column: levels are the detectors' matter.
fn without_levels(lines: &str) -> String {
    let shorter = lines.lines().map(|line| {
        let mut columns: Vec<_> = line.split('\t').collect();
        let level: u8 = columns.remove(4).parse().unwrap();
        assert!(level >= 75);
        columns.join("\t") + "\n"
    });
    shorter.collect()
}

#[test]
fn findings_say_where_and_why_but_not_what() {
    let input = "é\nüü card 4111 1111 1111 1111, 5555555555554444\n";
    let explained = text(input.as_bytes(), EXPLAIN).unwrap();
    assert_eq!(
        without_levels(&explained),
        "2\t9\t19\tCREDIT_CARD\tby \"card\"\n2\t30\t16\tCREDIT_CARD\tby \"card\"\n"
    );
    let json = text(b"{\"a\": [\n  {\"card\": \"4111111111111111\"}]}", EXPLAIN).unwrap();
    assert_eq!(without_levels(&json), "2\t13\t16\tCREDIT_CARD\tby \"card\" in a.card\n");
}

#[test]
fn a_batch_is_answered_line_by_line() {
    let input: Vec<&[u8]> = vec![
        br#"{"id": 7, "text": "\u00e9 card 4111111111111111"}"#,
        b"",
        br#"{"id": "b", "text": "nothing", "more": 1}"#,
        b"no JSON",
        b"{\"id\": 1, \"text\": \"\xFF\"}",
        br#"{"id": 2}"#,
        br#"{"text": "{\"card\": \"4111111111111111\"}"}"#,
    ];
    let mut output = Vec::new();
    let input = input.join(&b"\n"[..]);
    assert_eq!(batch::run(&engine(None, None).unwrap(), &mut &*input, &mut output).unwrap(), 3);
    let output = String::from_utf8(output).unwrap();
    let mut answers: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for finding in
        answers.iter_mut().filter_map(|answer| answer.get_mut("findings")).filter_map(|it| it.get_mut(0))
    {
        assert!(finding["level"].take().as_u64().unwrap() >= 75);
    }
    let finding = |start: usize, why: &str| json!([{ "start": start, "end": start + 16, "type": "CREDIT_CARD", "level": null, "why": why }]);
    assert_eq!(
        answers[0],
        json!({ "id": 7, "findings": finding(7, "by \"card\""), "text": "é card [CREDIT_CARD_1]" })
    );
    assert_eq!(answers[1], json!({ "id": "b", "findings": [], "text": "nothing" }));
    for (at, line, problem) in
        [(2, 4, "it is no {"), (3, 5, "it is no UTF-8 at byte 20"), (4, 6, "missing field `text`")]
    {
        assert_eq!(answers[at]["line"], line);
        assert!(answers[at]["error"].as_str().unwrap().contains(problem), "{}", answers[at]);
    }
    assert_eq!(answers[5]["findings"], finding(10, "by \"card\" in card"));
    assert_eq!(answers[5]["text"], r#"{"card": "[CREDIT_CARD_1]"}"#);
}

#[test]
fn what_cannot_be_read() {
    let broken = text(b"fine\nbroken \xC3\x28\n", PLAIN).unwrap_err();
    assert_eq!(format!("{broken:#}"), "line 2: it is no UTF-8 at byte 8");
    let mut input: &[u8] = b"short\nlonger than that\n";
    let mut lines = input::Lines::of(&mut input, 8);
    assert_eq!(lines.next().unwrap().as_deref(), Some(&b"short\n"[..]));
    assert_eq!(format!("{:#}", lines.next().unwrap_err()), "line 2: it has more than 8 bytes");
    for (profile, level) in [(Some("none"), None), (None, Some(64)), (None, Some(101))] {
        assert!(engine(profile, level).is_err_and(|error| error.is::<WrongUse>()));
    }
}

#[test]
fn types_are_listed() {
    let mut output = Vec::new();
    types(&mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    assert!(
        output.lines().any(|line| line.starts_with("CREDIT_CARD\t") && line.contains("strict,standard,pci"))
    );
}
