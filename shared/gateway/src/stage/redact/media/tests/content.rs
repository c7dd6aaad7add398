//! Texts in binary content, and where content is in messages.

use super::files::*;
use crate::limits::RESPONSE;
use crate::mcp::Json;
use crate::stage::redact::media::{Blobs, as_text};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

#[test]
fn texts_are_told_from_other_bytes() {
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(unit).collect()
    };
    let controls = |count: usize| [vec![1; count], vec![b'a'; 100 - count]].concat();
    for (bytes, expected) in [
        (b"".to_vec(), Some("")),
        ("a,b\r\n\u{1b}[1mé🙂\t".into(), Some("a,b\r\n\u{1b}[1mé🙂\t")),
        (b"\xEF\xBB\xBFa".to_vec(), Some("a")),
        (utf16("aé🙂", u16::to_le_bytes), Some("aé🙂")),
        (utf16("aé🙂", u16::to_be_bytes), Some("aé🙂")),
        (utf16("a\0", u16::to_be_bytes), None),
        (b"\xFF\xFEa".to_vec(), None),
        (b"\xFE\xFF\xD8\0".to_vec(), None),
        (b"caf\xE9 \x80".to_vec(), Some("café \u{80}")),
        (b"caf\xE9 \x01".to_vec(), None),
        (b"a\0b".to_vec(), None),
        (controls(1), std::str::from_utf8(&controls(1)).ok()),
        (controls(2), None),
        (jpeg(&[]), None),
        (png(&[]), None),
        (wav(&[]), None),
    ] {
        let text = as_text(&bytes);
        assert_eq!(text.as_ref().map(|text| &*text.content), expected, "{bytes:?}");
        if let Some(text) = text {
            assert_eq!(text.encode(&text.content), bytes);
        }
    }
    assert_eq!(as_text(b"\xE9").unwrap().encode("ü\u{20AC}"), b"\xFC?");
}

/// Puts content, in base64, in the place of its names.
fn filled(template: &str) -> String {
    let photo = jpeg(&[segment(0xE1, SECRET)]);
    // Has both characters in which the alphabets differ.
    let letters = "mail ann@example.org ~~~>>>?????".as_bytes();
    let lines = STANDARD.encode(letters).replace('m', "m\\r\\n");
    [
        ("PHOTO", STANDARD.encode(&photo)),
        ("PLAIN", STANDARD.encode(jpeg(&[]))),
        ("LETTER", STANDARD.encode(letters)),
        ("BARE", STANDARD_NO_PAD.encode(letters)),
        ("LINES", lines),
        ("URL", URL_SAFE.encode(letters)),
        ("REDACTED", STANDARD.encode("mail [X] ~~~>>>?????")),
        ("PDF", STANDARD.encode(b"%PDF\0")),
    ]
    .iter()
    .fold(template.to_owned(), |text, (name, content)| {
        text.replace(&format!("\"{name}\""), &format!("\"{content}\""))
    })
}

/// Message, what becomes of it (`=` for nothing), and whether some of its content is unreadable.
const CASES: &[(&str, &str, bool)] = &[
    (
        r#"{"result":{"content":[{"type":"image","data":"PHOTO"}, {"type":"audio" , "data": "PDF"},{"type":"text","text":"PHOTO"}]}}"#,
        r#"{"result":{"content":[{"type":"image","data":"PLAIN"}, {"type":"audio" , "data": "PDF"},{"type":"text","text":"PHOTO"}]}}"#,
        true,
    ),
    (
        r#"{"result":{"content":[{"type":"resource","resource":{"uri":"a:b","blob":"LETTER"}}]}}"#,
        r#"{"result":{"content":[{"type":"resource","resource":{"uri":"a:b","blob":"REDACTED"}}]}}"#,
        false,
    ),
    (
        r#"{"result":{"contents":[{"blob":"LETTER"},{"blob":"BARE"},{"blob":"LINES"},{"blob":"URL"},{"blob":""}]}}"#,
        r#"{"result":{"contents":[{"blob":"REDACTED"},{"blob":"REDACTED"},{"blob":"REDACTED"},{"blob":"REDACTED"},{"blob":""}]}}"#,
        false,
    ),
    (
        r#"{"result":{"messages":[{"role":"user","content":{"type":"image","data":"PHOTO"}}]}}"#,
        r#"{"result":{"messages":[{"role":"user","content":{"type":"image","data":"PLAIN"}}]}}"#,
        false,
    ),
    (
        r#"{"method":"sampling/createMessage","params":{"messages":[{"content":[{"type":"tool_result","content":[{"mimeType":"video/mp4","data":"PHOTO"}]}]}]}}"#,
        r#"{"method":"sampling/createMessage","params":{"messages":[{"content":[{"type":"tool_result","content":[{"mimeType":"video/mp4","data":"PLAIN"}]}]}]}}"#,
        false,
    ),
    (
        r#"{"result":{"inputRequests":{"k":{"method":"m","params":{"messages":[{"content":{"type":"image","data":"PHOTO"}}]}}}}}"#,
        r#"{"result":{"inputRequests":{"k":{"method":"m","params":{"messages":[{"content":{"type":"image","data":"PLAIN"}}]}}}}}"#,
        false,
    ),
    (
        r#"{"params":{"inputResponses":{"k":{"role":"assistant","content":{"type":"image","data":"PHOTO"}}}}}"#,
        r#"{"params":{"inputResponses":{"k":{"role":"assistant","content":{"type":"image","data":"PLAIN"}}}}}"#,
        false,
    ),
    // A result alone, and names with escapes.
    (r#"{"contents":[{"\u0062lob":"PHOTO"}]}"#, r#"{"contents":[{"\u0062lob":"PLAIN"}]}"#, false),
    (
        r#"{"content":[{"type":"im\u0061ge","d\u0061ta":"PHOTO"}]}"#,
        r#"{"content":[{"type":"im\u0061ge","d\u0061ta":"PLAIN"}]}"#,
        false,
    ),
    (r#"{"contents":[{"blob":"PLAIN"}]}"#, "=", false),
    // No base64.
    (r#"{"contents":[{"blob":"!"}]}"#, "=", true),
    (r#"{"contents":[{"blob":7}]}"#, "=", true),
    // Nobody's blobs.
    (r#"{"params":{"name":"t","arguments":{"content":{"blob":"PDF"},"blob":"!"}}}"#, "=", false),
    (r#"{"result":{"structuredContent":{"contents":[{"blob":"PHOTO"}]},"content":[]}}"#, "=", false),
    (r#"{"result":{"action":"accept","content":{"data":"!"}}}"#, "=", false),
    (r#"{"method":"notifications/message","params":{"data":"PDF"}}"#, "=", false),
    (r#"["blob","data"]"#, "=", false),
];

#[test]
fn content_is_found_where_messages_have_it() {
    for &(template, expected, unreadable) in CASES {
        let text = filled(template);
        let json = Json::parse(text.as_bytes(), &RESPONSE).unwrap();
        let mut redact = |text: &str| text.contains("ann@").then(|| text.replace("ann@example.org", "[X]"));
        let blobs = Blobs::of(json.value(json.root()), &mut redact);
        assert_eq!(blobs.unreadable, unreadable, "{template}");
        assert_eq!(blobs.edits.is_empty(), expected == "=", "{template}");
        let expected = if expected == "=" { text.clone() } else { filled(expected) };
        assert_eq!(blobs.edits.apply(&text), expected, "{template}");
    }
}
