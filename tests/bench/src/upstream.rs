//! The upstream of every measurement: a small MCP server of revision 2026-07-28 on hyper, in a process of its
//! own, cheap enough that it is never the bottleneck.
//!
//! The path sets the length of its tool list: `/mcp` has [`TOOLS`] tools, `/mcp/200` has 200, and `/mcp/N/K` is
//! a further server of N tools with an address of its own. A tool call of `result_N` answers a text of N bytes,
//! `stream_N` answers an SSE stream of N progress events and then the result.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Tools of the list at the plain path `/mcp`.
pub const TOOLS: usize = 10;
/// The most tools a path may ask for, and the most bytes or events a tool name may ask for.
const MOST: usize = 4 << 20;
/// The revision served, and the `_meta` key that names it in every request (MCP 2026-07-28, basic).
pub const REVISION: &str = "2026-07-28";

/// One JSON-RPC request, borrowed from the body; only what is answered on.
#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    revision: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "progressToken")]
    progress: Option<&'a RawValue>,
}

type Answer = Response<Either<Full<Bytes>, Events>>;

/// Serves on 127.0.0.1:`port` (0 picks one) until the process ends; prints one `listening URL` line.
pub async fn serve(port: u16) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("the upstream cannot listen on port {port}; choose another with --port"))?;
    println!("listening http://{}/mcp", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let served = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
            if let Err(error) = served {
                eprintln!("upstream: {error}");
            }
        });
    }
}

thread_local! {
    /// Tool lists by length, so that the upstream does not write one anew for each call.
    static LISTS: RefCell<HashMap<usize, String>> = RefCell::default();
}

/// Answers one HTTP request; it never fails, because every problem is an answer.
async fn answer(request: Request<Incoming>) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let Some(tools) = tools_of(head.uri.path()) else {
        return Ok(plain(StatusCode::NOT_FOUND, Vec::new()));
    };
    if head.method != Method::POST {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, Vec::new()));
    }
    let Ok(body) = http_body_util::BodyExt::collect(http_body_util::Limited::new(body, 1 << 20)).await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, Vec::new()));
    };
    let body = body.to_bytes();
    Ok(match serde_json::from_slice::<Call>(&body) {
        Ok(call) => dispatch(&head.headers, &call, tools),
        Err(error) => fault(StatusCode::BAD_REQUEST, None, -32700, &error.to_string()),
    })
}

/// The number of tools that a path names, or nothing for a path that is not served.
fn tools_of(path: &str) -> Option<usize> {
    let rest = path.strip_prefix("/mcp")?;
    if rest.is_empty() {
        return Some(TOOLS);
    }
    let count = rest.strip_prefix('/')?.split('/').next()?;
    count.parse().ok().filter(|count| *count <= MOST)
}

fn dispatch(headers: &HeaderMap, call: &Call, tools: usize) -> Answer {
    let Some(id) = call.id else {
        return plain(StatusCode::ACCEPTED, Vec::new());
    };
    if let Err(problem) = headers_agree(headers, call) {
        return fault(StatusCode::BAD_REQUEST, Some(id), -32020, problem);
    }
    let name = call.params.as_ref().and_then(|params| params.name.as_deref());
    match (&*call.method, name) {
        ("server/discover", _) => result(id, DISCOVER),
        ("tools/list", _) => {
            LISTS.with_borrow_mut(|lists| result(id, lists.entry(tools).or_insert_with(|| list(tools))))
        }
        ("tools/call", Some(name)) => call_tool(id, name, call),
        ("tools/call", None) => fault(StatusCode::OK, Some(id), -32602, "params.name is missing"),
        _ => fault(StatusCode::NOT_FOUND, Some(id), -32601, "Method not found"),
    }
}

/// The header rules of MCP 2026-07-28 (Streamable HTTP): a gateway that sends wrong ones must not look fast.
fn headers_agree(headers: &HeaderMap, call: &Call) -> Result<(), &'static str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let meta = call.params.as_ref().and_then(|params| params.meta.as_ref());
    let revision = meta.and_then(|meta| meta.revision.as_deref());
    if text("mcp-protocol-version") != Some(REVISION) || revision != Some(REVISION) {
        return Err("MCP-Protocol-Version and _meta must both say 2026-07-28");
    }
    if text("mcp-method") != Some(&*call.method) {
        return Err("Mcp-Method does not equal method");
    }
    let name = call.params.as_ref().and_then(|params| params.name.as_deref());
    if call.method == "tools/call" && text("mcp-name") != name {
        return Err("Mcp-Name does not equal params.name");
    }
    Ok(())
}

fn call_tool(id: &RawValue, name: &str, call: &Call) -> Answer {
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number <= MOST);
    if let Some(size) = name.strip_prefix("result_").and_then(number) {
        return result(id, &text_result(&text(size)));
    }
    if let Some(count) = name.strip_prefix("stream_").and_then(number) {
        let token = call.params.as_ref().and_then(|params| params.meta.as_ref()?.progress);
        let events = Events {
            id: id.get().to_owned(),
            token: token.map(|token| token.get().to_owned()),
            count,
            sent: 0,
            rest: true,
        };
        let mut answer = Response::new(Either::Right(events));
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        return answer;
    }
    fault(StatusCode::OK, Some(id), -32602, &format!("Unknown tool: {name}"))
}

/// Clean English text of exactly `size` bytes without a character that JSON escapes.
pub fn text(size: usize) -> String {
    const SENTENCE: &str =
        "The engineer checked the line at the customer's house, replaced the router and closed the ticket. ";
    let mut text = SENTENCE.repeat(size / SENTENCE.len() + 1);
    text.truncate(size);
    text
}

fn text_result(text: &str) -> String {
    format!(r#"{{"content":[{{"type":"text","text":"{text}"}}],"isError":false,"resultType":"complete"}}"#)
}

const DISCOVER: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":3600000,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"postern-bench","version":"1"}}}"#;

/// The result of `tools/list`: the measured tools first, then `other_N` up to `count`; about 0.5 KB a tool.
fn list(count: usize) -> String {
    let measured = ["result_400", "result_4096", "result_32768", "stream_100"].map(str::to_owned);
    let names = measured.into_iter().chain((0..).map(|n| format!("other_{n}"))).take(count);
    let tools: Vec<String> = names
        .map(|name| {
            format!(
                r#"{{"name":"{name}","title":"Tool {name}","description":"{}","inputSchema":{{"type":"object","properties":{{"customer":{{"type":"string","description":"Number of the customer"}},"since":{{"type":"string","format":"date"}},"limit":{{"type":"integer","minimum":1,"maximum":100}}}}}},"annotations":{{"readOnlyHint":true}}}}"#,
                text(180)
            )
        })
        .collect();
    format!(
        r#"{{"tools":[{}],"resultType":"complete","ttlMs":600000,"cacheScope":"public"}}"#,
        tools.join(",")
    )
}

fn result(id: &RawValue, result: &str) -> Answer {
    plain(StatusCode::OK, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#).into_bytes())
}

fn fault(status: StatusCode, id: Option<&RawValue>, code: i32, message: &str) -> Answer {
    let id = id.map(|id| format!(r#""id":{id},"#)).unwrap_or_default();
    let message = serde_json::Value::from(message);
    plain(
        status,
        format!(r#"{{"jsonrpc":"2.0",{id}"error":{{"code":{code},"message":{message}}}}}"#).into_bytes(),
    )
}

fn plain(status: StatusCode, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(Bytes::from(body))));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// `count` progress events and the result, each a frame of its own: between two frames the body is pending once,
/// so that hyper writes each to the socket, as a real server does that reports progress while it works.
struct Events {
    id: String,
    token: Option<String>,
    count: usize,
    sent: usize,
    rest: bool,
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.sent > self.count {
            return Poll::Ready(None);
        }
        self.rest = !self.rest;
        if self.rest {
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.sent += 1;
        let (sent, count) = (self.sent, self.count);
        let message = match (&self.token, sent > count) {
            (_, true) => {
                format!(r#"{{"jsonrpc":"2.0","id":{},"result":{}}}"#, self.id, text_result(&text(400)))
            }
            (Some(token), false) => format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":{sent},"total":{count},"message":"step {sent} of {count}"}}}}"#
            ),
            (None, false) => {
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b": no token\n\n")))));
            }
        };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(format!("event: message\ndata: {message}\n\n"))))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
