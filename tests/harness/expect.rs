//! Compares answers and traffic with what a case expects. Every check returns the first difference in words.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::case::{Expect, Sent, Step};
use crate::client::Reply;
use crate::json::contains;
use crate::request::fill;
use crate::upstream::Seen;

/// Headers that differ between two answers to the same request.
const OF_THE_MOMENT: [&str; 2] = ["postern-request", "date"];

/// Checks one answer. `replies` are the answers of the steps before.
///
/// # Errors
/// The first difference.
pub fn reply(
    step: &Step,
    reply: &Reply,
    replies: &[Reply],
    known: &BTreeMap<String, String>,
) -> Result<(), String> {
    let expect = &step.expect;
    if reply.status != expect.status {
        return Err(format!("status {} instead of {}", reply.status, expect.status));
    }
    if expect.empty && !reply.body.is_empty() {
        return Err("a body where none is expected".to_owned());
    }
    headers(&expect.headers, &expect.absent, |name| reply.header(name), known)?;
    let last = reply.last();
    message(step, expect, &last, known)?;
    if let Some(part) = &expect.has {
        contains(&last, &json(part, known)?)?;
    }
    if let Some(text) = &expect.text {
        let wanted = fill(text, known).map_err(|error| error.to_string())?;
        if reply.text() != wanted {
            return Err(format!("body instead of {wanted}"));
        }
    }
    if let Some(lacked) = expect.lacks.iter().find(|text| reply.text().contains(text.as_str())) {
        return Err(format!("the body contains {lacked}"));
    }
    if let Some(events) = &expect.events {
        stream(reply, events, known)?;
    }
    match expect.like {
        Some(other) => like(reply, replies.get(other).ok_or("no such step")?, &expect.swap),
        None => Ok(()),
    }
}

fn json(text: &str, known: &BTreeMap<String, String>) -> Result<Value, String> {
    let text = fill(text, known).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("the case itself: {error} in {text}"))
}

/// The JSON-RPC part of an expectation: id, error, result.
fn message(
    step: &Step,
    expect: &Expect,
    last: &Value,
    known: &BTreeMap<String, String>,
) -> Result<(), String> {
    let error = last.get("error");
    if let Some(code) = expect.code {
        let found = error.and_then(|error| error.get("code")).and_then(Value::as_i64);
        if found != Some(code) {
            return Err(format!("error code {found:?} instead of {code}"));
        }
    }
    if let Some(text) = &expect.message {
        let found = error.and_then(|error| error.get("message")).and_then(Value::as_str);
        if found != Some(text) {
            return Err(format!("error message {found:?} instead of {text:?}"));
        }
    }
    if let Some(part) = &expect.data {
        let data = error.and_then(|error| error.get("data")).ok_or("no error data")?;
        contains(data, &json(part, known)?).map_err(|why| format!("error.data{why}"))?;
    }
    let result = last.get("result");
    for (part, whole) in [(&expect.result, false), (&expect.result_is, true)] {
        let Some(part) = part else { continue };
        let wanted = json(part, known)?;
        let found = result.ok_or("no result")?;
        contains(found, &wanted).map_err(|why| format!("result{why}"))?;
        if whole && *found != wanted {
            return Err(format!("the result is not exactly {wanted}"));
        }
    }
    id(step, expect, last)
}

/// Every answer to a well-formed request carries its id, an error without a readable id carries none. Refusals
/// of the HTTP side (a case names no code for them) come before any message is read.
fn id(step: &Step, expect: &Expect, last: &Value) -> Result<(), String> {
    if expect.no_id && last.get("id").is_some() {
        return Err("an id where none could be read".to_owned());
    }
    let answers = last.get("result").is_some() || last.get("error").is_some();
    let before_reading = last.get("error").is_some() && expect.code.is_none();
    if !answers || before_reading || expect.no_id || step.rpc.is_none() || step.id.is_empty() {
        return Ok(());
    }
    let wanted: Value =
        serde_json::from_str(&step.id).map_err(|error| format!("the case itself: {error}"))?;
    if last.get("id") == Some(&wanted) {
        Ok(())
    } else {
        Err(format!("id {:?} instead of {wanted}", last.get("id")))
    }
}

/// Header expectations: exact, or `~` and a part.
fn headers<'a>(
    wanted: &BTreeMap<String, String>,
    absent: &[String],
    get: impl Fn(&str) -> Option<&'a str>,
    known: &BTreeMap<String, String>,
) -> Result<(), String> {
    for (name, value) in wanted {
        let value = fill(value, known).map_err(|error| error.to_string())?;
        let found = get(name).ok_or_else(|| format!("header {name} is missing"))?;
        let fits = match value.strip_prefix('~') {
            Some(part) => found.contains(part),
            None => found == value,
        };
        if !fits {
            return Err(format!("header {name}: {found:?} instead of {value:?}"));
        }
    }
    match absent.iter().find(|name| get(name).is_some()) {
        Some(name) => Err(format!("header {name} is there")),
        None => Ok(()),
    }
}

fn stream(reply: &Reply, events: &[String], known: &BTreeMap<String, String>) -> Result<(), String> {
    if !reply.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return Err("no event stream".to_owned());
    }
    let messages = reply.messages();
    if messages.len() != events.len() {
        return Err(format!("{} messages instead of {}", messages.len(), events.len()));
    }
    for (at, (found, wanted)) in messages.iter().zip(events).enumerate() {
        let found: Value = serde_json::from_str(found).map_err(|error| format!("message {at}: {error}"))?;
        contains(&found, &json(wanted, known)?).map_err(|why| format!("message {at}: {why}"))?;
    }
    Ok(())
}

/// Byte for byte the same answer: status, headers and body.
fn like(reply: &Reply, other: &Reply, swap: &[(String, String)]) -> Result<(), String> {
    let plain = |reply: &Reply| {
        let mut headers = reply.headers.clone();
        headers.retain(|(name, _)| !OF_THE_MOMENT.contains(&name.as_str()));
        headers.sort();
        headers
    };
    let mut wanted = other.text();
    let mut wanted_headers = format!("{:?}", plain(other));
    for (from, to) in swap {
        wanted = wanted.replace(from, to);
        wanted_headers = wanted_headers.replace(from, to);
    }
    if reply.status != other.status || reply.text() != wanted {
        return Err(format!("not like the other answer: {} {wanted}", other.status));
    }
    let headers = format!("{:?}", plain(reply));
    if headers == wanted_headers { Ok(()) } else { Err(format!("headers {headers} unlike {wanted_headers}")) }
}

/// Checks one request that an upstream saw.
///
/// # Errors
/// The first difference.
pub fn sent(wanted: &Sent, seen: &Seen, known: &BTreeMap<String, String>) -> Result<(), String> {
    headers(&wanted.headers, &wanted.absent, |name| seen.header(name), known)?;
    if let Some(part) = &wanted.has {
        contains(&seen.json(), &json(part, known)?)?;
    }
    let raw = |path: &str| seen.raw(&path.split('.').collect::<Vec<_>>());
    for (path, text) in &wanted.raw {
        if raw(path).as_ref() != Some(text) {
            return Err(format!("{path}: {:?} instead of {text:?}", raw(path)));
        }
    }
    if let Some(path) = wanted.no.iter().find(|path| raw(path).is_some()) {
        return Err(format!("{path} is there"));
    }
    let body = String::from_utf8_lossy(&seen.body);
    let somewhere =
        |text: &str| body.contains(text) || seen.headers.iter().any(|(_, value)| value.contains(text));
    if let Some(text) = wanted.lacks.iter().find(|text| somewhere(text)) {
        return Err(format!("{text} is there"));
    }
    let taken = seen.taken.load(Ordering::SeqCst);
    match wanted.taken_at_most {
        Some(most) if taken > most => Err(format!("{taken} bytes were taken, more than {most}")),
        _ => Ok(()),
    }
}
