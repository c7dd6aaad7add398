//! What changes in a result on its way from an upstream of one era to a client of another. Everything else stays
//! as it came.

use super::{Era, Revision, drop_task_support, meta};
use crate::mcp::json::{Edits, Json, Kind, Node, Raw, quote};
use crate::mcp::method::Method;

/// What the gateway puts into results of its own accord.
#[derive(Clone, Copy)]
pub struct Own<'a> {
    /// The gateway's Implementation object, JSON text.
    pub server_info: &'a str,
    /// Whether the upstream's `ttlMs` holds for what has become of its result; else it is 0.
    pub lasting: bool,
    /// What it says of a result that it had kept, JSON text: for every revision.
    pub cache: Option<&'a str>,
    /// How a URI of the upstream is shown.
    pub uri: &'a dyn Fn(&str) -> String,
}

impl std::fmt::Debug for Own<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Own").finish_non_exhaustive()
    }
}

/// Adds to `edits` what turns `result` of `method`, received in era `from`, into a result of revision `to`.
///
/// Towards 2026-07-28: `resultType`, the gateway's `serverInfo`, and `ttlMs` and `cacheScope` where the method has
/// them. The scope is always `private`, whatever the upstream says: what an agent is shown depends on what it may see. Towards older revisions: those are dropped, and so is what the revision does not know (`structuredContent`
/// that is no object; for 2025-03-26 all of it, output schemas, titles, and resource links, which become text).
pub fn convert_result(
    json: &Json<'_>,
    result: Node,
    method: Method,
    from: Era,
    to: Revision,
    edits: &mut Edits,
    own: &Own<'_>,
) {
    if to.era() == Era::Modern {
        modernise(json, result, method, from, edits, own);
        return;
    }
    if from == Era::Modern {
        for key in ["resultType", "ttlMs", "cacheScope"] {
            edits.remove(json, result, key);
        }
        drop_meta(json, result, edits);
    }
    if let Some(mark) = own.cache {
        put_mark(json, result, mark, from, edits);
    }
    match method {
        Method::ToolsCall => {
            structured(json, result, to, edits);
            links(json.value(result).get("content"), to, edits, own);
        }
        Method::PromptsGet => {
            let messages = json.value(result).get("messages");
            for message in messages.into_iter().flat_map(Raw::elements) {
                link(message.get("content"), to, edits, own);
            }
        }
        _ => {
            let items = list_member(method).and_then(|member| json.get(result, member));
            for item in items.into_iter().flat_map(|items| json.value(items).elements()) {
                convert_item(item, to, edits);
            }
        }
    }
}

/// Adds to `edits` what turns one listed tool, prompt, resource or template into one of revision `to`.
pub fn convert_item(item: Raw<'_>, to: Revision, edits: &mut Edits) {
    // Whether a tool may be a task of 2025-11-25: clients of that revision alone could begin one.
    match (item.get("execution"), to) {
        (Some(_), Revision::V2026_07_28) => drop_task_support(item, edits),
        (Some(_), Revision::V2025_03_26 | Revision::V2025_06_18) => edits.remove_in(item, "execution"),
        (_, Revision::V2025_11_25) | (None, _) => {}
    }
    if to.era() == Era::Modern {
        return;
    }
    let schema = item.get("outputSchema");
    let is_object =
        |schema: Raw<'_>| schema.get("type").and_then(Raw::string).is_some_and(|kind| kind == "object");
    if schema.is_some_and(|schema| to == Revision::V2025_03_26 || !is_object(schema)) {
        edits.remove_in(item, "outputSchema");
    }
    if to == Revision::V2025_03_26 && item.get("title").is_some() {
        edits.remove_in(item, "title");
    }
}

/// The error code that `code`, received in era `from`, has in revision `to` for `method`.
///
/// A missing resource has a code of its own in the old era only. Codes that 2026-07-28 reserves (-32099 to -32020)
/// steer a modern client's own negotiation, so they never pass from an old upstream.
#[must_use]
pub fn convert_error(code: i64, from: Era, to: Revision, method: Method) -> i64 {
    const MISSING_RESOURCE: i64 = -32002;
    const INVALID_PARAMS: i64 = -32602;
    const INTERNAL: i64 = -32603;
    // URL mode elicitation came with 2025-11-25.
    if code == -32042 && to < Revision::V2025_11_25 {
        return INTERNAL;
    }
    match (code, from, to.era(), method) {
        (MISSING_RESOURCE, Era::Legacy, Era::Modern, _) => INVALID_PARAMS,
        (INVALID_PARAMS, Era::Modern, Era::Legacy, Method::ResourcesRead) => MISSING_RESOURCE,
        (-32099..=-32020, Era::Legacy, Era::Modern, _) => INTERNAL,
        _ => code,
    }
}

/// The member of a list result that holds the items.
fn list_member(method: Method) -> Option<&'static str> {
    match method {
        Method::ToolsList => Some("tools"),
        Method::PromptsList => Some("prompts"),
        Method::ResourcesList => Some("resources"),
        Method::ResourcesTemplatesList => Some("resourceTemplates"),
        _ => None,
    }
}

fn modernise(json: &Json<'_>, result: Node, method: Method, from: Era, edits: &mut Edits, own: &Own<'_>) {
    let kind =
        json.get(result, "resultType").filter(|_| from == Era::Modern).and_then(|kind| json.string(kind));
    if kind.is_none() {
        edits.set_string(json, result, "resultType", "complete");
    }
    let members = [(meta::SERVER_INFO, Some(own.server_info)), (meta::OWN_CACHE, own.cache)];
    let members = members.into_iter().filter_map(|(key, value)| Some((key, value?)));
    match json.get(result, "_meta").filter(|&meta| json.kind(meta) == Kind::Object) {
        Some(meta) => members.for_each(|(key, value)| edits.set(json, meta, key, value)),
        None => {
            let members: Vec<_> = members.map(|(key, value)| format!("\"{key}\":{value}")).collect();
            edits.set(json, result, "_meta", format!("{{{}}}", members.join(",")));
        }
    }
    if !method.cacheable() {
        return;
    }
    if kind.is_some_and(|kind| kind != "complete") {
        edits.remove(json, result, "ttlMs");
        edits.remove(json, result, "cacheScope");
        return;
    }
    let lasting = own.lasting && from == Era::Modern;
    let ttl = json.get(result, "ttlMs").filter(|_| lasting).and_then(|ttl| json.integer(ttl));
    if ttl.is_none_or(|ttl| ttl < 0) {
        edits.set(json, result, "ttlMs", "0");
    }
    edits.set_string(json, result, "cacheScope", "private");
}

/// Removes the modern keys of `_meta`, and `_meta` itself if nothing else is in it.
fn drop_meta(json: &Json<'_>, result: Node, edits: &mut Edits) {
    let Some(meta) = json.get(result, "_meta") else { return };
    let own = |name: &str| name == meta::SERVER_INFO || name == meta::SUBSCRIPTION_ID;
    let (dropped, kept) =
        json.members(meta).fold(
            (0, 0),
            |(dropped, kept), (name, _)| {
                if own(&name) { (dropped + 1, kept) } else { (dropped, kept + 1) }
            },
        );
    match (dropped, kept) {
        (0, _) => {}
        (_, 0) => edits.remove(json, result, "_meta"),
        _ => {
            edits.remove(json, meta, meta::SERVER_INFO);
            edits.remove(json, meta, meta::SUBSCRIPTION_ID);
        }
    }
}

/// Puts what the gateway says of a kept result into `_meta`, beside what stays there.
fn put_mark(json: &Json<'_>, result: Node, mark: &str, from: Era, edits: &mut Edits) {
    let dropped =
        |name: &str| from == Era::Modern && (name == meta::SERVER_INFO || name == meta::SUBSCRIPTION_ID);
    let meta = json.get(result, "_meta").filter(|&meta| json.members(meta).any(|(name, _)| !dropped(&name)));
    match meta {
        Some(meta) => edits.set(json, meta, meta::OWN_CACHE, mark),
        None => edits.set(json, result, "_meta", format!("{{\"{}\":{mark}}}", meta::OWN_CACHE)),
    }
}

/// Drops `structuredContent` that `to` does not know. If no content stands beside it, its text takes that place.
fn structured(json: &Json<'_>, result: Node, to: Revision, edits: &mut Edits) {
    let Some(structured) = json.get(result, "structuredContent") else { return };
    if to != Revision::V2025_03_26 && json.kind(structured) == Kind::Object {
        return;
    }
    edits.remove(json, result, "structuredContent");
    if json.get(result, "content").is_none_or(|content| json.value(content).elements().next().is_none()) {
        edits.set(json, result, "content", format!("[{}]", text_content(json.raw(structured))));
    }
}

fn links(content: Option<Raw<'_>>, to: Revision, edits: &mut Edits, own: &Own<'_>) {
    for item in content.into_iter().flat_map(Raw::elements) {
        link(Some(item), to, edits, own);
    }
}

/// Turns a resource link into text that names it, for 2025-03-26.
fn link(content: Option<Raw<'_>>, to: Revision, edits: &mut Edits, own: &Own<'_>) {
    let Some(content) = content.filter(|_| to == Revision::V2025_03_26) else { return };
    if content.get("type").and_then(Raw::string).as_deref() != Some("resource_link") {
        return;
    }
    let member = |key| content.get(key).and_then(Raw::string).unwrap_or_default();
    edits
        .replace(content.span(), text_content(&format!("{}: {}", member("name"), (own.uri)(&member("uri")))));
}

fn text_content(text: &str) -> String {
    let mut out = "{\"type\":\"text\",\"text\":".to_owned();
    quote(&mut out, text);
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::RESPONSE;
    use Revision::{V2025_03_26, V2025_06_18, V2025_11_25, V2026_07_28};

    const OWN: Own<'static> = Own {
        server_info: r#"{"name":"postern"}"#,
        lasting: true,
        cache: None,
        uri: &|original| original.to_owned(),
    };

    fn convert(text: &str, method: Method, from: Era, to: Revision) -> String {
        let whole = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{text}}}"#);
        let json = Json::parse(whole.as_bytes(), &RESPONSE).unwrap();
        let result = json.get(json.root(), "result").unwrap();
        let mut edits = Edits::new();
        convert_result(&json, result, method, from, to, &mut edits, &OWN);
        edits.apply_within(&whole, json.span(result))
    }

    #[test]
    fn an_old_result_becomes_modern() {
        let info = r#""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"postern"}}"#;
        assert_eq!(
            convert(
                r#"{"content":[], "n":12345678901234567890123}"#,
                Method::ToolsCall,
                Era::Legacy,
                V2026_07_28
            ),
            format!(r#"{{"content":[], "n":12345678901234567890123,"resultType":"complete",{info}}}"#)
        );
        assert_eq!(
            convert(r#"{"tools":[]}"#, Method::ToolsList, Era::Legacy, V2026_07_28),
            format!(r#"{{"tools":[],"resultType":"complete",{info},"ttlMs":0,"cacheScope":"private"}}"#)
        );
        assert_eq!(
            convert(r#"{"resultType":7,"_meta":{"a":1}}"#, Method::Complete, Era::Legacy, V2026_07_28),
            r#"{"resultType":"complete","_meta":{"a":1,"io.modelcontextprotocol/serverInfo":{"name":"postern"}}}"#
        );
    }

    #[test]
    fn a_modern_result_keeps_what_it_says_but_the_server_info() {
        let text = r#"{"contents":[],"resultType":"complete","ttlMs":5,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"x"}}}"#;
        let converted = convert(text, Method::ResourcesRead, Era::Modern, V2026_07_28);
        let private = text.replace(r#"{"name":"x"}"#, OWN.server_info).replace("public", "private");
        assert_eq!(converted, private);
        let asked = r#"{"resultType":"input_required","requestState":"s","_meta":{}}"#;
        let converted = convert(asked, Method::ResourcesRead, Era::Modern, V2026_07_28);
        assert_eq!(
            converted,
            asked.replace("{}", r#"{"io.modelcontextprotocol/serverInfo":{"name":"postern"}}"#)
        );
        let broken =
            convert(r#"{"ttlMs":-1,"cacheScope":"all"}"#, Method::PromptsList, Era::Modern, V2026_07_28);
        assert!(
            broken.starts_with(r#"{"ttlMs":0,"cacheScope":"private","resultType":"complete""#),
            "{broken}"
        );
    }

    #[test]
    fn a_kept_result_says_so_in_every_revision() {
        let mark = r#"{"kind":"exact","ageMs":5}"#;
        let own = Own { cache: Some(mark), ..OWN };
        let info = r#""io.modelcontextprotocol/serverInfo":{}"#;
        let served = r#""io.modelcontextprotocol/serverInfo":{"name":"postern"}"#;
        let said = format!(r#""dev.postern/cache":{mark}"#);
        let rows = [
            (String::new(), Era::Legacy, V2025_03_26, format!("{{{said}}}")),
            (r#","_meta":{"k":1}"#.to_owned(), Era::Legacy, V2025_11_25, format!(r#"{{"k":1,{said}}}"#)),
            (r#","_meta":7"#.to_owned(), Era::Legacy, V2025_11_25, format!("{{{said}}}")),
            (format!(r#","_meta":{{{info}}}"#), Era::Modern, V2025_06_18, format!("{{{said}}}")),
            (
                format!(r#","_meta":{{{info},"k":1}}"#),
                Era::Modern,
                V2025_06_18,
                format!(r#"{{"k":1,{said}}}"#),
            ),
            (String::new(), Era::Legacy, V2026_07_28, format!("{{{served},{said}}}")),
            (format!(r#","_meta":{{{info}}}"#), Era::Modern, V2026_07_28, format!("{{{served},{said}}}")),
        ];
        for (meta, from, to, expected) in rows {
            let text = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[]{meta}}}}}"#);
            let json = Json::parse(text.as_bytes(), &RESPONSE).unwrap();
            let result = json.get(json.root(), "result").unwrap();
            let mut edits = Edits::new();
            convert_result(&json, result, Method::ToolsCall, from, to, &mut edits, &own);
            let converted = edits.apply_within(&text, json.span(result));
            assert!(converted.contains(&format!(r#""_meta":{expected}"#)), "{converted}");
            assert_eq!(converted.matches("_meta").count(), 1, "{converted}");
        }
    }

    #[test]
    fn a_modern_result_becomes_old() {
        let text = r#"{"resultType":"complete","content":[{"type":"text","text":"x"}],"structuredContent":{"a":1},"_meta":{"io.modelcontextprotocol/serverInfo":{}}}"#;
        let kept = r#"{"content":[{"type":"text","text":"x"}],"structuredContent":{"a":1}}"#;
        assert_eq!(convert(text, Method::ToolsCall, Era::Modern, V2025_11_25), kept);
        assert_eq!(convert(kept, Method::ToolsCall, Era::Legacy, V2025_06_18), kept);
        let list = text.replace(r#"{"a":1}"#, "[1]");
        let plain = r#"{"content":[{"type":"text","text":"x"}]}"#;
        assert_eq!(convert(&list, Method::ToolsCall, Era::Modern, V2025_11_25), plain);
        assert_eq!(convert(text, Method::ToolsCall, Era::Modern, V2025_03_26), plain);
        let alone = r#"{"content":[],"structuredContent":["é"]}"#;
        let text = r#"{"content":[{"type":"text","text":"[\"é\"]"}]}"#;
        assert_eq!(convert(alone, Method::ToolsCall, Era::Modern, V2025_06_18), text);
        let meta =
            r#"{"_meta":{"io.modelcontextprotocol/serverInfo":{},"k":1},"ttlMs":1,"cacheScope":"public"}"#;
        assert_eq!(convert(meta, Method::ResourcesRead, Era::Modern, V2025_11_25), r#"{"_meta":{"k":1}}"#);
    }

    #[test]
    fn the_oldest_revision_gets_text_for_links_and_no_titles() {
        let call =
            r#"{"content":[{"type":"resource_link","uri":"a:b","name":"n\""},{"type":"text","text":"t"}]}"#;
        let converted = r#"{"content":[{"type":"text","text":"n\": a:b"},{"type":"text","text":"t"}]}"#;
        assert_eq!(convert(call, Method::ToolsCall, Era::Legacy, V2025_03_26), converted);
        assert_eq!(convert(call, Method::ToolsCall, Era::Legacy, V2025_06_18), call);
        let prompt =
            r#"{"messages":[{"role":"user","content":{"type":"resource_link","uri":"u","name":"n"}}]}"#;
        let converted = r#"{"messages":[{"role":"user","content":{"type":"text","text":"n: u"}}]}"#;
        assert_eq!(convert(prompt, Method::PromptsGet, Era::Modern, V2025_03_26), converted);
        let list = r#"{"tools":[{"title":"T","name":"a","outputSchema":{"type":"object"}},{"name":"b","outputSchema":{"type":"array"}}]}"#;
        let old = r#"{"tools":[{"name":"a"},{"name":"b"}]}"#;
        assert_eq!(convert(list, Method::ToolsList, Era::Legacy, V2025_03_26), old);
        let newer = list.replace(r#","outputSchema":{"type":"array"}"#, "");
        assert_eq!(convert(list, Method::ToolsList, Era::Modern, V2025_11_25), newer);
        let tasks = r#"{"tools":[{"name":"a","execution":{"taskSupport":"optional","x":1}}]}"#;
        assert_eq!(convert(tasks, Method::ToolsList, Era::Legacy, V2025_11_25), tasks);
        let none = r#"{"tools":[{"name":"a"}]}"#;
        assert_eq!(convert(tasks, Method::ToolsList, Era::Legacy, V2025_06_18), none);
        let resources = r#"{"resources":[{"uri":"u","title":"T"}]}"#;
        assert_eq!(
            convert(resources, Method::ResourcesList, Era::Legacy, V2025_03_26),
            r#"{"resources":[{"uri":"u"}]}"#
        );
    }

    #[test]
    fn tasks_of_2025_11_25_are_of_that_revision_alone() {
        let (both, none) =
            (r#"{"name":"a","execution":{"taskSupport":"required","x":1}}"#, r#"{"name":"a"}"#);
        let alone = r#"{"name":"a","execution":{"taskSupport":"required"}}"#;
        for (item, to, expected) in [
            (both, V2026_07_28, r#"{"name":"a","execution":{"x":1}}"#),
            (alone, V2026_07_28, none),
            (alone, V2025_11_25, alone),
            (both, V2025_06_18, none),
        ] {
            let json = Json::parse(item.as_bytes(), &RESPONSE).unwrap();
            let mut edits = Edits::new();
            convert_item(json.value(json.root()), to, &mut edits);
            assert_eq!(edits.apply(item), expected, "{to} {item}");
        }
    }

    #[test]
    fn error_codes_follow_the_era() {
        use Era::{Legacy, Modern};
        let read = Method::ResourcesRead;
        assert_eq!(convert_error(-32002, Legacy, V2026_07_28, read), -32602);
        assert_eq!(convert_error(-32602, Modern, V2025_11_25, read), -32002);
        assert_eq!(convert_error(-32602, Modern, V2025_11_25, Method::ToolsCall), -32602);
        assert_eq!(convert_error(-32002, Legacy, V2025_03_26, read), -32002);
        assert_eq!(convert_error(-32042, Legacy, V2026_07_28, Method::ToolsCall), -32603);
        assert_eq!(convert_error(-32042, Legacy, V2025_11_25, Method::ToolsCall), -32042);
        assert_eq!(convert_error(-32042, Legacy, V2025_06_18, Method::ToolsCall), -32603);
        assert_eq!(convert_error(0, Legacy, V2026_07_28, Method::ToolsCall), 0);
    }
}
