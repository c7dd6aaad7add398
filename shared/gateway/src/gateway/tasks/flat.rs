//! What a legacy server says of a task (MCP 2025-11-25, Tasks), as the extension for tasks says it (MCP 2026-07-28): the task is
//! the result and not nested in it, its times are in milliseconds by their names, and what came of it is inside. Pure.

use crate::limits;
use crate::mcp::json::{Edits, Json, Kind, Raw};
use crate::mcp::method::Method;
use crate::mcp::revisions::{self, Era, Revision, meta};

/// Members of a task by both names.
const RENAMED: [(&str, &str); 2] = [("ttl", "ttlMs"), ("pollInterval", "pollIntervalMs")];
/// Members that say something in the extension, and nothing in 2025-11-25.
const FOREIGN: [&str; 5] = ["result", "error", "inputRequests", "requestState", "resultType"];
/// Bytes of a question's id that can be a key.
const KEY_BYTES: usize = 64;
/// What keys of questions begin with.
const KEY: &str = "q-";

/// What a legacy call is asked for, as the parameter `task`, raw JSON: to be kept for so long, so that no server keeps it for
/// ever.
pub(crate) fn wish() -> String {
    format!(r#"{{"ttl":{}}}"#, limits::BRIDGED_TASK_MS)
}

/// The task that `told` is, raw JSON object, with these members besides. `around`: `_meta` of what it is nested in.
pub(super) fn task(json: &Json<'_>, told: Raw<'_>, around: Option<Raw<'_>>, more: &[(&str, &str)]) -> String {
    let mut edits = Edits::new();
    for key in FOREIGN {
        edits.remove_in(told, key);
    }
    for (old, new) in RENAMED {
        if let Some(value) = told.get(old) {
            edits.remove_in(told, old);
            edits.set_in(told, new, value.text());
        }
    }
    match around {
        Some(around) => edits.set_in(told, "_meta", unrelated(json, around)),
        None => {
            if let Some(own) = told.get("_meta") {
                edits.remove_in(own, meta::RELATED_TASK);
            }
        }
    }
    for (key, value) in more {
        edits.set_in(told, key, value);
    }
    edits.apply_within(json.text(), told.span())
}

/// `_meta` without the task that it is related to: its id is its server's own.
fn unrelated(json: &Json<'_>, own: Raw<'_>) -> String {
    let mut edits = Edits::new();
    edits.remove_in(own, meta::RELATED_TASK);
    edits.apply_within(json.text(), own.span())
}

/// The result that a task came to, as one inside of it.
pub(super) fn result(json: &Json<'_>, result: Raw<'_>) -> String {
    let mut edits = Edits::new();
    if let Some(own) = result.get("_meta") {
        edits.remove_in(own, meta::RELATED_TASK);
    }
    edits.apply_within(json.text(), result.span())
}

/// The error that a task came to, likewise, with a code that a client of `to` may see.
pub(super) fn error(json: &Json<'_>, error: Raw<'_>, to: Revision) -> String {
    let mut edits = Edits::new();
    if let Some(code) = error.get("code") {
        let number = code.integer().unwrap_or_default();
        let converted = revisions::convert_error(number, Era::Legacy, to, Method::ToolsCall);
        if converted != number {
            edits.replace(code.span(), converted.to_string());
        }
    }
    edits.apply_within(json.text(), error.span())
}

/// The key of a question, by its id at the upstream (raw JSON): the same however often it is asked, and letters alone, so that
/// nothing in it is taken for a value. None for an id that is too long.
pub(super) fn key_of(id: &str) -> Option<String> {
    let letter = |half: u8| char::from(b'a' + (half & 15));
    let letters = id.bytes().flat_map(|byte| [letter(byte >> 4), letter(byte)]);
    (id.len() <= KEY_BYTES).then(|| KEY.chars().chain(letters).collect())
}

/// The id, raw JSON, of the question with this key; none for a key of nobody's.
pub(super) fn id_of(key: &str) -> Option<String> {
    let letters = key.strip_prefix(KEY)?.as_bytes();
    let half = |letter: u8| letter.checked_sub(b'a').filter(|half| *half < 16);
    if letters.len() % 2 != 0 || letters.len() / 2 > KEY_BYTES {
        return None;
    }
    let bytes = letters.chunks(2).map(|pair| match pair {
        [high, low] => Some(half(*high)? << 4 | half(*low)?),
        _ => None,
    });
    let id = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    let json = Json::parse(id.as_bytes(), &limits::REQUEST).ok()?;
    matches!(json.kind(json.root()), Kind::String | Kind::Number).then(|| json.raw(json.root()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json<'_> {
        Json::parse(text.as_bytes(), &limits::RESPONSE).unwrap()
    }

    #[test]
    fn a_task_is_flat() {
        let text = r#"{"task":{"taskId":"t","status":"working","ttl":null,"pollInterval":5,"statusMessage":"m","x":[1],"result":{}},"_meta":{"k":1,"io.modelcontextprotocol/related-task":{"taskId":"t"}}}"#;
        let json = json(text);
        let (told, around) =
            (json.value(json.root()).get("task").unwrap(), json.value(json.root()).get("_meta"));
        assert_eq!(
            task(&json, told, around, &[("resultType", "\"task\"")]),
            r#"{"taskId":"t","status":"working","statusMessage":"m","x":[1],"ttlMs":null,"pollIntervalMs":5,"_meta":{"k":1},"resultType":"task"}"#
        );
    }

    #[test]
    fn what_came_of_it_is_inside() {
        let text = r#"{"taskId":"t","status":"failed","ttl":7,"error":"x","_meta":{"io.modelcontextprotocol/related-task":{}}}"#;
        let json = json(text);
        let more = [("status", "\"completed\""), ("result", r#"{"isError":true}"#)];
        assert_eq!(
            task(&json, json.value(json.root()), None, &more),
            r#"{"taskId":"t","status":"completed","_meta":{},"ttlMs":7,"result":{"isError":true}}"#
        );
    }

    #[test]
    fn results_and_errors_name_no_task() {
        let text = r#"{"content":[],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t"},"k":1}}"#;
        let own = json(text);
        assert_eq!(result(&own, own.value(own.root())), r#"{"content":[],"_meta":{"k":1}}"#);
        for (code, shown) in [("-32603", "-32603"), ("-32042", "-32603"), ("-32021", "-32603"), ("7", "7")] {
            let text = format!(r#"{{"code":{code},"message":"m"}}"#);
            let own = json(&text);
            let told = error(&own, own.value(own.root()), Revision::V2026_07_28);
            assert_eq!(told, text.replace(code, shown));
        }
    }

    #[test]
    fn keys_find_their_questions() {
        for id in ["0", "17", r#""q""#, r#""a b\"é""#, "12345678901234567890"] {
            let key = key_of(id).unwrap();
            assert!(key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{key}");
            assert_eq!(id_of(&key).as_deref(), Some(id));
        }
        assert_eq!(key_of(&"1".repeat(65)), None);
        // No keys of ours, no ids, and no ids of JSON-RPC.
        for key in ["", "q-", "q-a", "name", "q-zz", "q-aaaa", "q-AA"] {
            assert_eq!(id_of(key), None, "{key}");
        }
        for id in ["{}", "[1]", "null", "true", "1 2"] {
            assert_eq!(id_of(&key_of(id).unwrap()), None, "{id}");
        }
        assert_eq!(id_of(&format!("q-{}", "dd".repeat(65))), None);
    }
}
