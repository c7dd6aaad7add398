//! What is asked and what must come back: the bytes of a modern request (MCP 2026-07-28) with a fresh id each
//! time, and the check of its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::upstream::{REVISION, text};

/// Ids are ten digits, so that every request of a template has the same length.
static NEXT: AtomicU64 = AtomicU64::new(1_000_000_000);
const DIGITS: usize = 10;
/// Questions of a round: more than the two halves of an isolate's memory hold (`CACHE_ENTRIES` of `shared/gateway`), so
/// that none is there any more when it comes again, and fewer than the KV in memory holds (`workers/kv.mjs`).
pub const ROUND: u64 = 9_000;
/// The first of them, as many digits as an id and never one.
const FIRST: u64 = 5_000_000_000;
/// What an answer from the cache says of itself.
const KEPT: &[u8] = b"\"dev.postern/cache\":{\"kind\":\"exact\"";
/// What the envelope around a text may take, a gateway's own `_meta` included, in bytes.
const ENVELOPE: usize = 1024;
/// One answer in so many is parsed whole and compared; of the others id, size and status are checked.
const THOROUGH: u64 = 64;

/// What one request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// `tools/call` whose result is a text of so many bytes.
    Text(usize),
    /// The same with the same arguments each time.
    Same(usize),
    /// The same with each of [`ROUND`] arguments in turn; from the second round on the answer has to be one that was kept.
    Round(usize),
    /// `tools/list` that must name so many tools.
    Tools(usize),
    /// `tools/call` answered by an SSE stream of so many progress events, then the result.
    Stream(usize),
}

/// Where a request goes and as whom.
#[derive(Clone, Debug)]
pub struct Address {
    /// Value of `Host`.
    pub host: String,
    /// Path of the endpoint.
    pub path: String,
    /// Stands before each tool name: empty, or `alias__` at the gateway.
    pub prefix: String,
    /// Bearer token, where one is needed.
    pub token: Option<String>,
}

/// The bytes of a request; [`Template::next`] gives it the next id.
#[derive(Clone)]
pub struct Template {
    work: Work,
    bytes: Vec<u8>,
    /// Where the digits of the id stand: also in the arguments, because agents that repeat themselves are stopped, and
    /// in the progress token when there is one.
    places: Vec<usize>,
    /// Where the digits of the question stand, and how many were asked by this template and its clones.
    question: Option<usize>,
    asked: Arc<AtomicU64>,
}

impl Template {
    /// Builds the request for `work` at `address`.
    pub fn new(work: Work, address: &Address) -> Self {
        let id = NEXT.load(Ordering::Relaxed);
        let mut meta = json!({
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "postern-bench", "version": "1" },
        });
        if let (Work::Stream(_), Some(meta)) = (work, meta.as_object_mut()) {
            meta.insert("progressToken".to_owned(), json!(id));
        }
        let (method, name) = match work {
            Work::Text(size) | Work::Same(size) | Work::Round(size) => {
                ("tools/call", Some(format!("{}result_{size}", address.prefix)))
            }
            Work::Stream(count) => ("tools/call", Some(format!("{}stream_{count}", address.prefix))),
            Work::Tools(_) => ("tools/list", None),
        };
        let customer = match work {
            Work::Same(_) => "C-1001".to_owned(),
            Work::Round(_) => format!("C-{FIRST}"),
            _ => format!("C-{id}"),
        };
        let params = match &name {
            Some(name) => {
                json!({ "_meta": meta, "name": name, "arguments": { "customer": customer, "limit": 10 } })
            }
            None => json!({ "_meta": meta }),
        };
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
        let mut head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAccept: application/json, \
             text/event-stream\r\nMCP-Protocol-Version: {REVISION}\r\nMcp-Method: {method}\r\n",
            address.path, address.host
        );
        if let Some(name) = &name {
            head += &format!("Mcp-Name: {name}\r\n");
        }
        if let Some(token) = &address.token {
            head += &format!("Authorization: Bearer {token}\r\n");
        }
        let bytes = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes();
        let places = memchr::memmem::find_iter(&bytes, id.to_string().as_bytes()).collect();
        let question = memchr::memmem::find(&bytes, FIRST.to_string().as_bytes());
        Self { work, bytes, places, question, asked: Arc::default() }
    }

    /// How many were asked by this template and its clones.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether each question comes again only after so many others that memory has forgotten it.
    pub fn is_round(&self) -> bool {
        self.question.is_some()
    }

    /// Whether the first round of questions is under way: calls that fill what is measured afterwards.
    pub fn fills(&self) -> bool {
        self.is_round() && self.asked() < 2 * ROUND
    }

    /// The request with an id that was not used before; returns both.
    pub fn next(&mut self) -> (u64, &[u8]) {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let question = FIRST + self.asked.fetch_add(1, Ordering::Relaxed) % ROUND;
        let places = self.places.iter().map(|place| (*place, id));
        for (place, number) in places.chain(self.question.map(|place| (place, question))) {
            if let Some(slot) = self.bytes.get_mut(place..place + DIGITS) {
                slot.copy_from_slice(number.to_string().as_bytes());
            }
        }
        (id, &self.bytes)
    }

    /// Checks the answer to the request with `id`.
    pub fn check(&self, id: u64, status: u16, body: &[u8]) -> Result<()> {
        if status != 200 {
            bail!("status {status}: {}", excerpt(body));
        }
        let thorough = id.is_multiple_of(THOROUGH);
        match self.work {
            Work::Text(size) | Work::Same(size) | Work::Round(size) => {
                let kept = self.fills() || memchr::memmem::find(body, KEPT).is_some();
                ensure!(kept || !self.is_round(), "it was not kept: {}", excerpt(body));
                let fits = (size..=size + ENVELOPE).contains(&body.len());
                ensure!(fits, "{} bytes for a text of {size}: {}", body.len(), excerpt(body));
                if thorough { same_text(id, size, body) } else { names_id(id, body) }
            }
            Work::Tools(count) if thorough => {
                let answer = parse(id, body)?;
                let found = answer.pointer("/result/tools").and_then(Value::as_array).map_or(0, Vec::len);
                ensure!(found == count, "{found} tools instead of {count}");
                Ok(())
            }
            Work::Tools(_) => names_id(id, body),
            Work::Stream(count) if thorough => whole_stream(id, count, body),
            Work::Stream(count) => counted_stream(id, count, body),
        }
    }
}

/// The answer must hold `"id":ID`, near its beginning or its end.
fn names_id(id: u64, body: &[u8]) -> Result<()> {
    let needle = format!("\"id\":{id}");
    let start = body.get(..body.len().min(256)).unwrap_or_default();
    let end = body.get(body.len().saturating_sub(256)..).unwrap_or_default();
    let found = [start, end].iter().any(|part| memchr::memmem::find(part, needle.as_bytes()).is_some());
    ensure!(found, "no {needle} in {}", excerpt(body));
    Ok(())
}

fn parse(id: u64, body: &[u8]) -> Result<Value> {
    let answer: Value = serde_json::from_slice(body).with_context(|| excerpt(body))?;
    ensure!(
        answer.get("id").and_then(Value::as_u64) == Some(id),
        "not the answer to {id}: {}",
        excerpt(body)
    );
    Ok(answer)
}

fn same_text(id: u64, size: usize, body: &[u8]) -> Result<()> {
    let answer = parse(id, body)?;
    let found = answer.pointer("/result/content/0/text").and_then(Value::as_str);
    ensure!(found == Some(&*text(size)), "another text than the upstream's: {}", excerpt(body));
    Ok(())
}

/// `count` progress tokens and the id of the result: what can be seen without parsing.
fn counted_stream(id: u64, count: usize, body: &[u8]) -> Result<()> {
    let steps = memchr::memmem::find_iter(body, &format!("\"progressToken\":{id}")).count();
    let done = memchr::memmem::find(body, format!("\"id\":{id}").as_bytes()).is_some();
    ensure!(done && steps == count, "{steps} events of {count}, result: {done}: {}", excerpt(body));
    Ok(())
}

/// `count` progress events that carry the token (which is the id), in order, then the result.
fn whole_stream(id: u64, count: usize, body: &[u8]) -> Result<()> {
    let body = std::str::from_utf8(body).context("the stream is not UTF-8")?;
    let mut steps = 0;
    let mut done = false;
    for data in body.lines().filter_map(|line| line.strip_prefix("data:")) {
        ensure!(!done, "an event after the result");
        let message: Value = serde_json::from_str(data).with_context(|| excerpt(data.as_bytes()))?;
        if message.get("method").is_none() {
            ensure!(message.get("id").and_then(Value::as_u64) == Some(id), "not the answer to {id}");
            ensure!(message.get("result").is_some(), "an error: {}", excerpt(data.as_bytes()));
            done = true;
            continue;
        }
        steps += 1;
        let number = |path| message.pointer(path).and_then(Value::as_u64);
        let in_order =
            number("/params/progressToken") == Some(id) && number("/params/progress") == Some(steps);
        ensure!(in_order, "not step {steps} of {id}: {}", excerpt(data.as_bytes()));
    }
    ensure!(done && steps == count as u64, "{steps} events of {count}, result: {done}");
    Ok(())
}

fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(work: Work) -> Template {
        let address = Address {
            host: "h".to_owned(),
            path: "/mcp".to_owned(),
            prefix: "bench__".to_owned(),
            token: Some("t".to_owned()),
        };
        Template::new(work, &address)
    }

    fn answer(id: u64, text: &str) -> Vec<u8> {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":"{text}"}}]}}}}"#)
            .into_bytes()
    }

    #[test]
    fn every_request_has_its_own_id_and_the_stated_length() {
        for (work, places) in
            [(Work::Text(400), 2), (Work::Same(400), 1), (Work::Tools(9), 1), (Work::Stream(3), 3)]
        {
            let mut template = template(work);
            assert_eq!(template.places.len(), places, "{work:?}");
            let (first, _) = template.next();
            let (second, bytes) = template.next();
            assert!(second > first);
            let request = String::from_utf8(bytes.to_vec()).unwrap();
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
            let sent: Value = serde_json::from_str(body).unwrap();
            assert_eq!(sent["id"], second);
            if work == Work::Stream(3) {
                assert_eq!(sent["params"]["_meta"]["progressToken"], second);
            }
        }
    }

    #[test]
    fn wrong_answers_are_failures() {
        let template = template(Work::Text(400));
        let id = NEXT.fetch_add(THOROUGH, Ordering::Relaxed) / THOROUGH * THOROUGH;
        let other = text(400).replace("router", "modems");
        assert!(template.check(id, 200, &answer(id, &text(400))).is_ok());
        assert!(template.check(id, 500, &answer(id, &text(400))).is_err(), "status");
        assert!(template.check(id, 200, &answer(id + 1, &text(400))).is_err(), "id");
        assert!(template.check(id + 1, 200, &answer(id, &text(400))).is_err(), "id, without parsing");
        assert!(template.check(id, 200, &answer(id, &other)).is_err(), "text");
        assert!(template.check(id, 200, &answer(id, "short")).is_err(), "size");
    }

    #[test]
    fn a_stream_is_whole_in_order_and_ends_with_the_result() {
        let template = template(Work::Stream(2));
        let step = |n: u64| {
            let params = json!({ "progressToken": THOROUGH, "progress": n });
            format!("data: {}\n\n", json!({ "method": "notifications/progress", "params": params }))
        };
        let result = "data: {\"id\":64,\"result\":{}}\n\n";
        let check = |body: String| template.check(THOROUGH, 200, body.as_bytes());
        assert!(check(step(1) + &step(2) + result).is_ok());
        assert!(check(step(2) + &step(1) + result).is_err(), "order");
        assert!(check(step(1) + result).is_err(), "one is missing");
        assert!(check(step(1) + &step(2)).is_err(), "no result");
        assert!(check(step(1) + &step(2) + result + result).is_err(), "two results");
        let light = |body: String| counted_stream(THOROUGH, 2, body.as_bytes());
        assert!(light(step(1) + &step(2) + result).is_ok());
        assert!(light(step(1) + result).is_err(), "one is missing, without parsing");
        assert!(light(step(1) + &step(2)).is_err(), "no result, without parsing");
    }
}
