//! Any bytes as a message: never a panic, never laxer than serde_json, and edits leave valid JSON in which only
//! the edited members changed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern::limits::REQUEST;
use postern::mcp::headers::Headers;
use postern::mcp::json::{Edits, Json, Kind, Raw};
use postern::mcp::revisions::{Own, convert_result};
use postern::mcp::{Era, Message, Method, Outcome, Revision, era};
use serde::de::IgnoredAny;

fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = Json::parse(bytes, &REQUEST) else { return };
    serde_json::from_slice::<IgnoredAny>(bytes).expect("laxer than serde_json");
    let root = json.value(json.root());
    assert!(values(root) <= REQUEST.nodes);
    for node in json.elements(json.root()).chain([json.root()]) {
        if let Ok(message) = Message::read(&json, node) {
            read(&json, &message);
        }
    }
    if root.kind() == Kind::Object {
        edit(&json);
    }
});

/// Counts the values by walking, which must end.
fn values(raw: Raw<'_>) -> usize {
    1 + raw.members().map(|(_, value)| values(value)).sum::<usize>() + raw.elements().map(values).sum::<usize>()
}

fn read(json: &Json<'_>, message: &Message) {
    for headers in [
        Headers::default(),
        Headers::from_pairs([
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", "test"),
        ]),
    ] {
        let _ = era::classify(&headers, message, json);
    }
    let Message::Response(response) = message else { return };
    let Outcome::Result(result) = response.outcome else { return };
    for method in [Method::ToolsCall, Method::PromptsGet, Method::ToolsList, Method::ResourcesRead] {
        for (from, lasting) in [(Era::Legacy, false), (Era::Modern, false), (Era::Modern, true)] {
            for to in Revision::ALL {
                let mut edits = Edits::new();
                let uri = |uri: &str| ["gw-a+", uri].concat();
                let own = Own { server_info: "{}", lasting, cache: None, uri: &uri };
                convert_result(json, result, method, from, to, &mut edits, &own);
                valid(&edits.apply(json.text()));
            }
        }
    }
}

fn edit(json: &Json<'_>) {
    let root = json.root();
    let names: Vec<String> = json.members(root).map(|(name, _)| name.into_owned()).collect();
    let mut edits = Edits::new();
    for (i, name) in names.iter().enumerate() {
        match i % 3 {
            0 => edits.remove(json, root, name),
            1 => edits.set_string(json, root, name, "new \" value"),
            _ => {}
        }
    }
    edits.set(json, root, "added by the test", "[1]");
    let text = edits.apply(json.text());
    let after = valid(&text);
    for (i, name) in names.iter().enumerate().filter(|(_, name)| *name != "added by the test") {
        let (before, after) = (json.value(root).get(name), after.value(after.root()).get(name));
        match i % 3 {
            0 => assert!(after.is_none()),
            1 => assert_eq!(after.and_then(Raw::string).as_deref(), Some("new \" value")),
            _ => assert_eq!(after.map(Raw::text), before.map(Raw::text)),
        }
    }
}

fn valid(text: &str) -> Json<'_> {
    let roomy = postern::mcp::Bounds { bytes: usize::MAX, nodes: usize::MAX, ..REQUEST };
    Json::parse(text.as_bytes(), &roomy).expect("an edit broke the text")
}
