//! What of a message is shown, and how it is put back.

use crate::dlp::pieces::Document;
use crate::dlp::span::Span;
use crate::dlp::{Direction, Why};

fn text(json: &str, direction: Direction) -> String {
    Document::of(json, direction).expect("JSON").text
}

#[test]
fn strings_are_lines_with_the_name_of_their_member() {
    for (json, expected) in [
        (r#""alone""#, "alone"),
        (r#"["a","b"]"#, "a\nb"),
        (r#"{"ssn":"078-05-1120"}"#, "ssn: 078-05-1120"),
        (r#"{"emails":["a@b.example","c@d.example"],"n":"x"}"#, "emails: a@b.example\nc@d.example\nn: x"),
        (r#"{"a":{"b":"c"}}"#, "b: c"),
        (r#"{"a":[{"b":"c"},"d"]}"#, "b: c\nd"),
        (r#"{"a":[],"b":"c"}"#, "b: c"),
        (r#"{"a":[true],"b":["c"]}"#, "b: c"),
        (r#"{"a\"b":"c\n\u00e9\ud83d\ude00"}"#, "a\"b\nc\né😀"),
        (r#"{"jo@x.example":{"age":"7"}}"#, "jo@x.example\nage: 7"),
        (r#"{"4111111111111111":true}"#, "4111111111111111"),
        (
            r#"{"card":4111111111111111,"n":12345,"m":-123.45,"t":true,"u":null}"#,
            "card: 4111111111111111\nm: -123.45",
        ),
        (r#"{"a":"","b":"c"}"#, "b: c"),
        (r#"{"":"c"}"#, "c"),
    ] {
        assert_eq!(text(json, Direction::Request), expected, "{json}");
        assert_eq!(text(json, Direction::Response), expected, "{json}");
    }
}

#[test]
fn the_protocol_is_not_shown() {
    let both = [Direction::Request, Direction::Response];
    for (directions, json, expected) in [
        (
            &both[..],
            r#"{"jsonrpc":"2.0","id":"abcdef","method":"tools/call","params":{"name":"find","arguments":{"q":"x","name":"y"}}}"#,
            "q: x\nname: y",
        ),
        (
            &both,
            r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"crm://jo"}}"#,
            "uri: crm://jo",
        ),
        (
            &both,
            r#"{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"name":"n"}}"#,
            "name: n",
        ),
        (
            &both,
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"who":"jo"}}}"#,
            "level: info\nwho: jo",
        ),
        (
            &both,
            r#"{"jsonrpc":"2.0","id":1,"params":{"_meta":{"progressToken":"p","io.modelcontextprotocol/protocolVersion":"v","own":"o"},"cursor":"c","requestState":"r"}}"#,
            "own: o",
        ),
        (
            &both,
            r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","nextCursor":"n","content":[{"type":"text","text":"t"}],"structuredContent":{"type":"person","requestState":"kept"}}}"#,
            "text: t\ntype: person\nrequestState: kept",
        ),
        (
            &both,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"m","data":{"q":"d"}}}"#,
            "message: m\nq: d",
        ),
        // A part of a message has no protocol but the kinds of content.
        (
            &both,
            r#"{"cursor":"c","method":"m","content":[{"type":"text","text":"t"}]}"#,
            "cursor: c\nmethod: m\ntext: t",
        ),
        (&both[1..], r#"[{"type":"image","data":"QUJD","mimeType":"image/png"}]"#, "mimeType: image/png"),
        (&both[1..], r#"[{"type":"resource","resource":{"uri":"u","blob":"QUJD"}}]"#, "uri: u"),
        (&both[1..], r#"{"data":"x","blob":"y"}"#, "data: x\nblob: y"),
        // Agents could call anything a picture.
        (&both[..1], r#"{"type":"image","data":"x"}"#, "data: x"),
        (&both[..1], r#"{"uri":"u","blob":"x"}"#, "uri: u\nblob: x"),
    ] {
        for direction in directions {
            assert_eq!(text(json, *direction), expected, "{direction:?} {json}");
        }
    }
}

/// The spans of all places of each word.
fn spans(text: &str, words: &[&str]) -> Vec<Span> {
    let mut spans: Vec<Span> = words
        .iter()
        .flat_map(|word| text.match_indices(word))
        .map(|(start, word)| Span { start, end: start + word.len(), kind: "T".to_owned(), score: 100 })
        .collect();
    spans.sort_by_key(|span| span.start);
    spans
}

#[test]
fn findings_are_replaced_in_the_strings_that_they_were_found_in() {
    for (json, words, expected) in [
        (r#"{"a":"x","b":"say x"}"#, &["x"][..], Some(r#"{"a":"[T]","b":"say [T]"}"#)),
        (r#"{ "a" : "x" , "b":1.50 }"#, &["x"], Some(r#"{ "a" : "[T]" , "b":1.50 }"#)),
        (r#"["axbxc","\u0061x\"\n"]"#, &["x"], Some(r#"["a[T]b[T]c","a[T]\"\n"]"#)),
        (r#"["é😀x😀"]"#, &["x"], Some(r#"["é😀[T]😀"]"#)),
        (r#"["one","two"]"#, &["ne\ntw"], Some(r#"["o[T]","[T]o"]"#)),
        (r#"["one","two","three"]"#, &["e\ntwo\nth"], Some(r#"["on[T]","[T]","[T]ree"]"#)),
        (r#"{"ssn":"078"}"#, &["ssn: 078"], Some(r#"{"ssn":"[T]"}"#)),
        (r#"{"ssn":"078"}"#, &["ssn"], None),
        (r#"{"a":"b"}"#, &["nothing"], None),
        (r#"{"n":4111111111111111}"#, &["1111"], Some(r#"{"n":"[T]"}"#)),
        (r#"{"jo@x.example":{"jo":1}}"#, &["jo@x.example"], Some(r#"{"[T]":{"jo":1}}"#)),
        (r#"["\ud83d\ude00 x"]"#, &["x"], Some(r#"["😀 [T]"]"#)),
    ] {
        let document = Document::of(json, Direction::Request).expect("JSON");
        let changed = document.replace(json, &spans(&document.text, words));
        assert_eq!(changed, Ok(expected.map(str::to_owned)), "{json} {words:?}");
    }
}

#[test]
fn names_that_would_meet_are_not_replaced() {
    let json = r#"{"jo@x.example":1,"al@x.example":2}"#;
    let document = Document::of(json, Direction::Request).expect("JSON");
    let spans = spans(&document.text, &["jo@x.example", "al@x.example"]);
    assert_eq!(document.replace(json, &spans), Err(Why::Unreplaceable));
}

/// Whatever a service says: the message stays one, differs in strings only, and shows nothing of what was found.
#[test]
fn any_span_leaves_a_message() {
    let json = r#"{"x":{"é\"k":"aé","n":123456.7},"list":["😀b","",{"q":"c d"}],"t":true}"#;
    let document = Document::of(json, Direction::Request).expect("JSON");
    let text = &document.text;
    let borders: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
    let mut changed = 0;
    for (at, &start) in borders.iter().enumerate() {
        for &end in &borders[at + 1..] {
            let spans = [Span { start, end, kind: "T".to_owned(), score: 100 }];
            let Some(after) = document.replace(json, &spans).expect("a message") else { continue };
            changed += 1;
            let after = Document::of(&after, Direction::Request).expect("JSON").text;
            assert!(after.contains("[T]"), "{start}..{end}: {after}");
            for (line, before) in after.lines().zip(text.lines()) {
                let whole = line == before;
                let (head, tail) = line.split_once("[T]").unwrap_or((line, ""));
                assert!(
                    whole || before.starts_with(head) && before.ends_with(tail),
                    "{start}..{end}: {line} of {before}"
                );
            }
        }
    }
    assert!(changed > 300, "{changed}");
}
