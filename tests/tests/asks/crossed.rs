//! 32 calls at once, four of each of eight people, that all ask back: each gets what became of its own answer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use postern_tests::bed::{Bed, Era};
use postern_tests::client::{self, Call};
use postern_tests::converse::converse as conversation;
use postern_tests::host::Kind;
use postern_tests::upstream::{Answer, Piece, Seen};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const PEOPLE: usize = 8;
const CALLS_EACH: usize = 4;
/// The longest that the upstream takes for an answer, in ms.
const LATENCY_MS: u64 = 200;
/// What the client declares.
const FORMS: &str = r#""capabilities":{"elicitation":{}}"#;

/// A time of its own for each call.
fn latency(nonce: u64) -> Duration {
    Duration::from_millis(nonce.wrapping_mul(7_919) % LATENCY_MS)
}

/// The question of a call: params of `elicitation/create`.
fn question(nonce: u64) -> Value {
    json!({"message": format!("for {nonce}"), "requestedSchema": {"type": "object", "properties": {"value": {"type": "string"}}}})
}

/// What the person is told to answer, and nobody else would.
fn value(person: usize, nonce: u64) -> String {
    format!("{nonce} of person {person}")
}

fn nonce_of(seen: &Seen) -> u64 {
    seen.raw(&["params", "arguments", "nonce"]).and_then(|raw| raw.parse().ok()).unwrap_or_default()
}

/// Fails with all that went wrong.
fn settle(kind: Kind, outcomes: Vec<Result<()>>) {
    let failures: Vec<String> =
        outcomes.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    assert!(failures.is_empty(), "{} on {}: {failures:#?}", failures.len(), kind.name());
}

fn in_time() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Asks for a value, and gives back state and value.
fn modern(seen: &Seen) -> Answer {
    let id = seen.raw(&["id"]).unwrap_or_default();
    let nonce = nonce_of(seen);
    let params = &seen.json()["params"];
    let result = match params.get("inputResponses") {
        None => json!({
            "resultType": "input_required",
            "inputRequests": {"q": {"method": "elicitation/create", "params": question(nonce)}},
            "requestState": format!("state of {nonce}"),
        }),
        Some(answers) => json!({
            "resultType": "complete", "content": [],
            "structuredContent": {"state": params["requestState"], "value": answers["q"]["content"]["value"]},
        }),
    };
    let mut answer = Answer::json(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#));
    answer.delay = latency(nonce);
    answer
}

async fn initialize(bed: &Bed, person: usize) -> Result<String> {
    let hello = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"protocolVersion":"2025-11-25",{FORMS},"clientInfo":{{"name":"c","version":"1"}}}}}}"#
    );
    let call = bed.of(&format!("person-{person}"), bed.legacy(None, hello));
    let opened = client::send(bed.host.address(), &call).await?;
    Ok(opened.header("mcp-session-id").context("a session")?.to_owned())
}

/// One call of an old client: the question that comes on its stream is answered in a request of its own.
async fn converse(address: SocketAddr, call: Call, person: usize, nonce: u64) -> Result<()> {
    let answer = json!({"jsonrpc": "2.0", "id": "${ask}", "result": {"action": "accept", "content": {"value": value(person, nonce)}}});
    let replies = conversation(address, &call, (&[], &[answer.to_string()]), None).await?;
    let texts = replies.first().context("an answer")?.messages();
    let messages: Vec<Value> =
        texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
    let asked = messages.first().and_then(|message| message["params"]["message"].as_str());
    ensure!(asked == Some(&format!("for {nonce}")), "{nonce} was asked {texts:?}");
    let last = messages.last().context("a result")?;
    let got = &last["result"]["structuredContent"];
    let wanted = json!({"state": format!("state of {nonce}"), "value": value(person, nonce)});
    ensure!(last["id"] == json!(nonce) && *got == wanted, "{nonce} of person {person} got {last}");
    Ok(())
}

pub fn an_old_client_and_a_modern_upstream(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, modern).expect("both start");
    let outcomes = in_time().block_on(async {
        let mut calls = JoinSet::new();
        for person in 0..PEOPLE {
            let session = initialize(&bed, person).await.expect("a session");
            for number in 0..CALLS_EACH {
                let nonce = (person * CALLS_EACH + number + 1) as u64;
                let body = format!(
                    r#"{{"jsonrpc":"2.0","id":{nonce},"method":"tools/call","params":{{"name":"a__echo","arguments":{{"nonce":{nonce}}}}}}}"#
                );
                let call = bed.of(&format!("person-{person}"), bed.legacy(Some(&session), body));
                calls.spawn(converse(bed.host.address(), call, person, nonce));
            }
        }
        calls.join_all().await
    });
    settle(kind, outcomes);
    let calls = bed.upstream.seen("/").into_iter().filter(|seen| seen.rpc == "tools/call").count();
    assert_eq!(calls, 2 * PEOPLE * CALLS_EACH);
}

/// Asks on the stream of the call, which never goes on; and tells by GET what it was answered. Events are named by the call.
fn old() -> impl Fn(&Seen) -> Answer + Send + Sync + 'static {
    /// Of each nonce the call's id, and what its question was answered.
    type Told = HashMap<u64, (String, Value)>;
    let told = Mutex::new(Told::new());
    let event =
        |nonce: u64, message: &Value| Piece::Bytes(format!("id: {nonce}\ndata: {message}\n\n").into());
    move |seen| {
        let mut told = told.lock().expect("nobody panics with it");
        match seen.rpc.as_str() {
            "tools/call" => {
                let nonce = nonce_of(seen);
                told.insert(nonce, (seen.raw(&["id"]).unwrap_or_default(), Value::Null));
                let ask = json!({"jsonrpc": "2.0", "id": format!("q-{nonce}"), "method": "elicitation/create", "params": question(nonce)});
                let mut answer = Answer::events(vec![event(nonce, &ask), Piece::Hang]);
                answer.delay = latency(nonce);
                answer
            }
            "response" => {
                let message = seen.json();
                let nonce = message["id"].as_str().and_then(|id| id.strip_prefix("q-")?.parse().ok());
                if let Some((_, answered)) = nonce.and_then(|nonce: u64| told.get_mut(&nonce)) {
                    *answered = message["result"]["content"]["value"].clone();
                }
                Answer::status(202)
            }
            "GET" => {
                let nonce = seen.header("last-event-id").and_then(|id| id.parse().ok()).unwrap_or_default();
                let Some((id, answered)) = told.get(&nonce) else { return Answer::status(404) };
                let result = json!({"content": [], "structuredContent": {"value": answered}});
                let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
                Answer::events(vec![Piece::Bytes(format!("data: {text}\n\n").into())])
            }
            _ => Answer::status(404),
        }
    }
}

/// One call of a modern client: it is repeated with the answer.
async fn repeat(address: SocketAddr, calls: [Call; 2], person: usize, nonce: u64) -> Result<()> {
    let [first, again] = calls;
    let asked = client::send(address, &first).await?.last();
    let key = format!("q-{nonce}");
    let requests = &asked["result"]["inputRequests"];
    let message = &requests[&key]["params"]["message"];
    ensure!(*message == json!(format!("for {nonce}")), "{nonce} was asked {asked}");
    let state = asked["result"]["requestState"].as_str().context("a state")?;
    let body = String::from_utf8(again.body.clone())?.replace("${state}", state);
    let again = Call { body: body.into(), ..again };
    let last = client::send(address, &again).await?.last();
    let got = &last["result"]["structuredContent"]["value"];
    ensure!(*got == json!(value(person, nonce)), "{nonce} of person {person} got {last}");
    Ok(())
}

pub fn a_modern_client_and_an_old_upstream(kind: Kind) {
    let bed = Bed::start(kind, Era::Legacy, old()).expect("both start");
    let outcomes = in_time().block_on(async {
        let mut calls = JoinSet::new();
        for person in 0..PEOPLE {
            for number in 0..CALLS_EACH {
                let nonce = (person * CALLS_EACH + number + 1) as u64;
                let answers = json!({format!("q-{nonce}"): {"action": "accept", "content": {"value": value(person, nonce)}}});
                let more = format!(r#","requestState":"${{state}}","inputResponses":{answers}"#);
                let call = |more: &str| {
                    let params = format!(r#""name":"a__echo","arguments":{{"nonce":{nonce}}}{more}"#);
                    let mut call = bed.modern("tools/call", &nonce.to_string(), "a__echo", &params, "");
                    call.body = String::from_utf8_lossy(&call.body)
                        .replace(r#"clientCapabilities":{}"#, r#"clientCapabilities":{"elicitation":{}}"#)
                        .into();
                    bed.of(&format!("person-{person}"), call)
                };
                calls.spawn(repeat(bed.host.address(), [call(""), call(&more)], person, nonce));
            }
        }
        calls.join_all().await
    });
    settle(kind, outcomes);
}
