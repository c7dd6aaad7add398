//! A scripted upstream: an HTTP/1.1 server on a thread of its own that answers as told, also badly, and keeps
//! every request that it saw.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::time::Sleep;

/// One request that an upstream saw.
#[derive(Debug)]
pub struct Seen {
    /// `GET`, `POST`...
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header names in lower case with their values, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The JSON-RPC method, `response` for a posted answer, or the HTTP method when the body holds none.
    pub rpc: String,
    /// Set when the caller went away before the answer's end.
    pub left: AtomicBool,
    /// Bytes of the answer's body that were taken off.
    pub taken: AtomicU64,
    /// Status of the answer; 0 before it is given.
    pub status: AtomicU16,
}

impl Seen {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, `null` when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The raw text of the member at `path` from the body's root, such as `["params", "arguments"]`.
    #[must_use]
    pub fn raw(&self, path: &[&str]) -> Option<String> {
        crate::json::raw(std::str::from_utf8(&self.body).ok()?, path)
    }
}

/// A part of an answer's body.
#[derive(Debug, Clone)]
pub enum Piece {
    /// These bytes.
    Bytes(Bytes),
    /// Nothing for this long.
    Wait(Duration),
    /// This many NUL bytes, made as they are read.
    Zeros(u64),
    /// The connection breaks.
    Break,
    /// Nothing, for ever.
    Hang,
}

/// What the upstream answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers; a content length is made when the body is a single piece of bytes.
    pub headers: Vec<(String, String)>,
    /// Time before the head is sent.
    pub delay: Duration,
    /// The body.
    pub pieces: Vec<Piece>,
}

impl Answer {
    /// Status 200 with a JSON body.
    #[must_use]
    pub fn json(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            delay: Duration::ZERO,
            pieces: vec![Piece::Bytes(Bytes::from(body.into()))],
        }
    }

    /// Status 200 with an event stream.
    #[must_use]
    pub fn events(pieces: Vec<Piece>) -> Self {
        let headers = vec![("content-type".to_owned(), "text/event-stream".to_owned())];
        Self { status: 200, headers, delay: Duration::ZERO, pieces }
    }

    /// A bare status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), delay: Duration::ZERO, pieces: Vec::new() }
    }
}

/// Decides what is answered.
pub type Handler = Arc<dyn Fn(&Seen) -> Answer + Send + Sync>;

/// The running server. It ends with the process.
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Arc<Seen>>>>,
}

impl Upstream {
    /// Starts the server on a free port.
    ///
    /// # Errors
    /// When no port or thread can be had.
    pub fn start(handler: Handler) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("upstream".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                while let Ok((stream, _)) = listener.accept().await {
                    // Best effort: without it small chunks only leave later.
                    let _ = stream.set_nodelay(true);
                    let (handler, kept) = (Arc::clone(&handler), Arc::clone(&kept));
                    let service =
                        service_fn(move |request| serve(request, Arc::clone(&handler), Arc::clone(&kept)));
                    // A broken connection is what some scripts ask for.
                    tokio::spawn(
                        hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service),
                    );
                }
            });
        })?;
        Ok(Self { address, seen })
    }

    /// Every request so far whose path starts with `prefix`, in the order of arrival.
    #[must_use]
    pub fn seen(&self, prefix: &str) -> Vec<Arc<Seen>> {
        lock(&self.seen).iter().filter(|seen| seen.path.starts_with(prefix)).cloned().collect()
    }

    /// Forgets all requests so far.
    pub fn forget(&self) {
        lock(&self.seen).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The JSON-RPC method of a body, for matching and for expectations.
fn rpc(method: &str, body: &[u8]) -> String {
    let message: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match message.get("method").and_then(Value::as_str) {
        Some(rpc) => rpc.to_owned(),
        None if message.get("result").is_some() || message.get("error").is_some() => "response".to_owned(),
        None => method.to_owned(),
    }
}

async fn serve(
    request: Request<Incoming>,
    handler: Handler,
    kept: Arc<Mutex<Vec<Arc<Seen>>>>,
) -> Result<Response<BoxBody<Bytes, std::io::Error>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let seen = Arc::new(Seen {
        rpc: rpc(head.method.as_str(), &body),
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body,
        left: AtomicBool::new(false),
        taken: AtomicU64::new(0),
        status: AtomicU16::new(0),
    });
    lock(&kept).push(Arc::clone(&seen));
    let answer = handler(&seen);
    seen.status.store(answer.status, Ordering::SeqCst);
    let mut guard = Guard { seen, done: false };
    if answer.delay > Duration::ZERO {
        tokio::time::sleep(answer.delay).await;
    }
    Ok(respond(answer, &mut guard))
}

fn respond(answer: Answer, guard: &mut Guard) -> Response<BoxBody<Bytes, std::io::Error>> {
    let whole = match answer.pieces.as_slice() {
        [] => Some(Bytes::new()),
        [Piece::Bytes(bytes)] => Some(bytes.clone()),
        _ => None,
    };
    let seen = Arc::clone(&guard.seen);
    guard.done = true;
    let body = match whole {
        Some(bytes) => Full::new(bytes).map_err(|never| match never {}).boxed(),
        None => {
            Pieces { rest: answer.pieces.into(), sleep: None, guard: Guard { seen, done: false } }.boxed()
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Notes when the caller went away: it is dropped before it is done.
struct Guard {
    seen: Arc<Seen>,
    done: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.done {
            self.seen.left.store(true, Ordering::SeqCst);
        }
    }
}

/// A body made of pieces.
struct Pieces {
    rest: std::collections::VecDeque<Piece>,
    sleep: Option<Pin<Box<Sleep>>>,
    guard: Guard,
}

/// Size of a chunk of NUL bytes.
static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                std::task::ready!(sleep.as_mut().poll(context));
                self.sleep = None;
            }
            let bytes = match self.rest.pop_front() {
                None => {
                    self.guard.done = true;
                    return Poll::Ready(None);
                }
                Some(Piece::Bytes(bytes)) => bytes,
                Some(Piece::Wait(time)) => {
                    self.sleep = Some(Box::pin(tokio::time::sleep(time)));
                    continue;
                }
                Some(Piece::Zeros(0)) => continue,
                Some(Piece::Zeros(left)) => {
                    let now = left.min(ZEROS.len() as u64);
                    self.rest.push_front(Piece::Zeros(left - now));
                    Bytes::from_static(ZEROS.get(..usize::try_from(now).unwrap_or(0)).unwrap_or(&ZEROS))
                }
                Some(Piece::Break) => {
                    self.guard.done = true;
                    return Poll::Ready(Some(Err(std::io::Error::other("the script breaks the connection"))));
                }
                Some(Piece::Hang) => {
                    self.rest.push_front(Piece::Hang);
                    return Poll::Pending;
                }
            };
            self.guard.seen.taken.fetch_add(bytes.len() as u64, Ordering::SeqCst);
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
    }
}
