//! A thousand generated messages pass the gateway both ways byte for byte, apart from the places that are the
//! gateway's to write: id, name, uri, cursor, progressToken, requestState, the reserved keys of `_meta`,
//! resultType, ttlMs and cacheScope.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use postern_tests::bed::{Bed, Era};
use postern_tests::client::{self, Call};
use postern_tests::generate::Dice;
use postern_tests::host::Kind;
use postern_tests::request::MODERN;
use postern_tests::spans::{kept, masked};
use postern_tests::upstream::{Answer, Piece, Seen};

const MESSAGES: usize = 1_000;
/// The same between the eras, where every path has been walked after a few hundred.
const ACROSS: usize = 300;
/// Requests at once.
const AT_ONCE: usize = 16;

const FREE_IN_REQUESTS: [&str; 9] = [
    "id",
    "params/name",
    "params/uri",
    "params/cursor",
    "params/requestState",
    "params/ref/name",
    "params/ref/uri",
    "params/_meta/progressToken",
    "params/_meta/io.modelcontextprotocol/*",
];
const FREE_IN_ANSWERS: [&str; 6] = [
    "id",
    "result/resultType",
    "result/ttlMs",
    "result/cacheScope",
    "result/requestState",
    "result/_meta/io.modelcontextprotocol/*",
];
const FREE_IN_NOTIFICATIONS: [&str; 1] = ["params/progressToken"];

/// Stand for the id and the progress token that the upstream was sent.
const ITS_ID: &str = r#""the upstream's id""#;
const ITS_TOKEN: &str = r#""the upstream's token""#;

/// What is sent, and what the upstream is to answer.
struct Exchange {
    method: &'static str,
    name: &'static str,
    request: String,
    notification: Option<String>,
    answer: String,
}

fn pairs(known: &[(&str, &str)]) -> Vec<(String, String)> {
    known.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The `_meta` of a request: what the client's era demands, and what nobody knows.
fn request_meta(dice: &mut Dice, client: Era) -> String {
    let count = dice.roll(3);
    let mut meta = dice.unknown(count, 2);
    if client == Era::Modern {
        meta.extend(pairs(&[
            ("io.modelcontextprotocol/protocolVersion", &format!("\"{MODERN}\"")),
            ("io.modelcontextprotocol/clientCapabilities", "{}"),
            ("io.modelcontextprotocol/clientInfo", r#"{"name":"generated","version":"1"}"#),
        ]));
    }
    meta.extend(pairs(&[("progressToken", r#""own-token""#)]));
    dice.object(meta)
}

fn request(dice: &mut Dice, client: Era, number: usize) -> (&'static str, &'static str, String) {
    let kinds = [
        ("tools/call", "a__echo", "name"),
        ("tools/call", "a__echo", "name"),
        ("prompts/get", "a__greet", "name"),
        ("resources/read", "test://static", "uri"),
        ("completion/complete", "", "ref"),
    ];
    let (method, name, key) = kinds[number % kinds.len()];
    let count = dice.roll(4);
    let mut params = dice.unknown(count, 3);
    params.push(("x-number".to_owned(), number.to_string()));
    params.push(("_meta".to_owned(), request_meta(dice, client)));
    if key == "ref" {
        let named =
            pairs(&[("type", r#""ref/prompt""#), ("name", r#""a__greet""#), ("x-more", &dice.value(2))]);
        params.push(("ref".to_owned(), dice.object(named)));
        let argument = pairs(&[("name", r#""who""#), ("value", "\"é\"")]);
        params.push(("argument".to_owned(), dice.object(argument)));
    } else {
        params.push((key.to_owned(), format!("\"{name}\"")));
        let count = dice.roll(6);
        let arguments = dice.unknown(count, 4);
        params.push(("arguments".to_owned(), dice.object(arguments)));
    }
    let params = dice.object(params);
    let count = dice.roll(3);
    let mut root = dice.unknown(count, 2);
    root.extend(pairs(&[("jsonrpc", "\"2.0\""), ("method", &format!("\"{method}\"")), ("params", &params)]));
    root.push(("id".to_owned(), dice.id()));
    (method, name, dice.object(root))
}

/// The result of a method, as an upstream of this era gives it.
fn answer(dice: &mut Dice, upstream: Era, method: &str) -> String {
    let count = dice.roll(5);
    let mut result = dice.unknown(count, 4);
    let count = dice.roll(3);
    let mut meta = dice.unknown(count, 2);
    if upstream == Era::Modern {
        result.extend(pairs(&[("resultType", "\"complete\"")]));
        meta.extend(pairs(&[("io.modelcontextprotocol/serverInfo", r#"{"name":"up","version":"1"}"#)]));
        if method == "resources/read" {
            result.extend(pairs(&[("ttlMs", "5"), ("cacheScope", "\"private\"")]));
        }
    }
    result.push(("_meta".to_owned(), dice.object(meta)));
    let text = dice.value(0);
    let block = pairs(&[
        ("type", "\"text\""),
        ("text", &format!("\"{}\"", text.replace('"', "'").replace('\\', ""))),
    ]);
    let content = format!("[{}]", dice.object(block));
    match method {
        "tools/call" => {
            result.push(("content".to_owned(), content));
            let structured = dice.unknown(3, 3);
            result.push(("structuredContent".to_owned(), dice.object(structured)));
        }
        "prompts/get" => result.extend(pairs(&[("messages", "[ ]")])),
        "resources/read" => {
            result.push(("contents".to_owned(), r#"[{"uri":"test://static" ,"text":"é"}]"#.to_owned()))
        }
        _ => result.extend(pairs(&[("completion", r#"{"values":[ ],"x":12345678901234567890123}"#)])),
    }
    let result = dice.object(result);
    let count = dice.roll(3);
    let mut root = dice.unknown(count, 2);
    root.extend(pairs(&[("jsonrpc", "\"2.0\""), ("result", &result), ("id", ITS_ID)]));
    dice.object(root)
}

fn notification(dice: &mut Dice) -> String {
    let mut params = dice.unknown(2, 3);
    params.extend(pairs(&[("progressToken", ITS_TOKEN), ("progress", "0.50")]));
    let params = dice.object(params);
    let mut root = dice.unknown(1, 2);
    root.extend(pairs(&[
        ("jsonrpc", "\"2.0\""),
        ("method", "\"notifications/progress\""),
        ("params", &params),
    ]));
    dice.object(root)
}

fn exchange(number: usize, client: Era, upstream: Era) -> Exchange {
    let mut dice = Dice::new(number as u64 + 1);
    let (method, name, request) = request(&mut dice, client, number);
    let answer = answer(&mut dice, upstream, method);
    // A line of an event ends at any line break: inside a stream a message stands on one line.
    let line = |text: String| text.replace(['\r', '\n'], " ");
    let streamed = number.is_multiple_of(7);
    let notification = streamed.then(|| line(notification(&mut dice)));
    let answer = if streamed { line(answer) } else { answer };
    Exchange { method, name, request, notification, answer }
}

fn respond(exchange: &Exchange, seen: &Seen) -> Answer {
    let id = seen.raw(&["id"]).unwrap_or_default();
    let progress = seen.raw(&["params", "_meta", "progressToken"]).unwrap_or_default();
    let fill = |text: &str| text.replace(ITS_ID, &id).replace(ITS_TOKEN, &progress);
    match &exchange.notification {
        None => Answer::json(fill(&exchange.answer)),
        Some(notification) => {
            let event = |text: &str| Piece::Bytes(format!("data: {}\n\n", fill(text)).into());
            Answer::events(vec![event(notification), event(&exchange.answer)])
        }
    }
}

/// Compares two texts by the rule for these two eras: within one era nothing may come or go, not even a blank.
fn same(within: bool, left: &str, right: &str, free: &[&str]) -> Result<(), String> {
    let (left_kept, right_kept) = (kept(left, free), kept(right, free));
    if left_kept != right_kept {
        let lost: Vec<&String> = left_kept.iter().filter(|member| !right_kept.contains(member)).collect();
        let new: Vec<&String> = right_kept.iter().filter(|member| !left_kept.contains(member)).collect();
        return Err(format!("lost {lost:#?}\nnew {new:#?}\n(none: their order has changed)"));
    }
    if within && masked(left, free) != masked(right, free) {
        return Err(format!("{}\nbecame\n{}", masked(left, free), masked(right, free)));
    }
    Ok(())
}

fn check(exchange: &Exchange, seen: &str, messages: &[String], within: bool) -> Result<(), String> {
    same(within, &exchange.request, seen, &FREE_IN_REQUESTS).map_err(|why| format!("the request\n{why}"))?;
    let wanted = 1 + usize::from(exchange.notification.is_some());
    if messages.len() != wanted {
        return Err(format!("{} messages instead of {wanted}: {messages:?}", messages.len()));
    }
    if let (Some(notification), Some(first)) = (&exchange.notification, messages.first()) {
        same(within, notification, first, &FREE_IN_NOTIFICATIONS)
            .map_err(|why| format!("the notification\n{why}"))?;
        if !first.contains("\"own-token\"") {
            return Err(format!("the client's progress token is not back: {first}"));
        }
    }
    let last = messages.last().ok_or("no answer")?;
    same(within, &exchange.answer, last, &FREE_IN_ANSWERS).map_err(|why| format!("the answer\n{why}"))?;
    let id = |text: &str| postern_tests::json::raw(text, &["id"]);
    if id(&exchange.request) == id(last) { Ok(()) } else { Err("the id has changed".to_owned()) }
}

fn call(bed: &Bed, exchange: &Exchange, session: Option<&str>) -> Call {
    match session {
        None => bed.raw(exchange.method, exchange.name, exchange.request.clone()),
        Some(_) => bed.legacy(session, exchange.request.clone()),
    }
}

async fn session(bed: &Bed) -> String {
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
    let reply =
        client::send(bed.host.address(), &bed.legacy(None, hello.to_owned())).await.expect("initialize");
    reply.header("mcp-session-id").expect("a session id").to_owned()
}

fn pass(kind: Kind, client: Era, upstream: Era, count: usize) {
    let exchanges: Arc<Vec<Exchange>> =
        Arc::new((0..count).map(|number| exchange(number, client, upstream)).collect());
    let bodies: Arc<Mutex<HashMap<usize, String>>> = Arc::default();
    let (scripts, kept) = (Arc::clone(&exchanges), Arc::clone(&bodies));
    let bed = Bed::start(kind, upstream, move |seen| {
        let number: usize =
            seen.raw(&["params", "x-number"]).and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
        kept.lock().unwrap_or_else(PoisonError::into_inner).insert(number, seen.text());
        scripts.get(number).map_or_else(|| Answer::status(500), |exchange| respond(exchange, seen))
    })
    .expect("both start");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut failures = Vec::new();
    runtime.block_on(async {
        let session = if client == Era::Legacy { Some(session(&bed).await) } else { None };
        for (batch, some) in exchanges.chunks(AT_ONCE).enumerate() {
            let mut tasks = Vec::new();
            for exchange in some {
                let (address, call) = (bed.host.address(), call(&bed, exchange, session.as_deref()));
                tasks.push(tokio::spawn(async move { client::send(address, &call).await }));
            }
            for (at, (task, exchange)) in tasks.into_iter().zip(some).enumerate() {
                let number = batch * AT_ONCE + at;
                let reply = task.await.expect("no panic").expect("an answer");
                let seen = bodies.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
                let outcome = seen
                    .ok_or_else(|| format!("the upstream saw nothing; {} {}", reply.status, reply.text()));
                let outcome =
                    outcome.and_then(|seen| check(exchange, &seen, &reply.messages(), client == upstream));
                failures
                    .extend(outcome.err().map(|why| format!("message {number}, {}: {why}", exchange.method)));
            }
        }
    });
    let first: Vec<&String> = failures.iter().take(3).collect();
    assert!(
        failures.is_empty(),
        "{} of {count} messages:\n{}",
        failures.len(),
        first.iter().map(|why| why.as_str()).collect::<Vec<_>>().join("\n\n")
    );
}

#[test]
fn in_process_modern_to_modern() {
    pass(Kind::InProcess, Era::Modern, Era::Modern, MESSAGES);
}

#[test]
fn in_process_legacy_to_legacy() {
    pass(Kind::InProcess, Era::Legacy, Era::Legacy, MESSAGES);
}

#[test]
fn in_process_modern_to_legacy() {
    pass(Kind::InProcess, Era::Modern, Era::Legacy, ACROSS);
}

#[test]
fn in_process_legacy_to_modern() {
    pass(Kind::InProcess, Era::Legacy, Era::Modern, ACROSS);
}

#[test]
fn workerd_modern_to_modern() {
    pass(Kind::Workerd, Era::Modern, Era::Modern, MESSAGES);
}

#[test]
fn workerd_legacy_to_legacy() {
    pass(Kind::Workerd, Era::Legacy, Era::Legacy, MESSAGES);
}

#[test]
fn workerd_modern_to_legacy() {
    pass(Kind::Workerd, Era::Modern, Era::Legacy, ACROSS);
}

#[test]
fn workerd_legacy_to_modern() {
    pass(Kind::Workerd, Era::Legacy, Era::Modern, ACROSS);
}

#[test]
fn spin_modern_to_modern() {
    pass(Kind::Spin, Era::Modern, Era::Modern, MESSAGES);
}

#[test]
fn spin_legacy_to_legacy() {
    pass(Kind::Spin, Era::Legacy, Era::Legacy, MESSAGES);
}

#[test]
fn spin_modern_to_legacy() {
    pass(Kind::Spin, Era::Modern, Era::Legacy, ACROSS);
}

#[test]
fn spin_legacy_to_modern() {
    pass(Kind::Spin, Era::Legacy, Era::Modern, ACROSS);
}
