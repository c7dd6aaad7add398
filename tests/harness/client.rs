//! A raw HTTP client: sends what it is told, right or wrong, each request on a connection of its own, and reads
//! whole answers or event streams. Dropping a stream closes its connection.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// The longest answer that is kept.
const LONGEST: usize = 64 << 20;
/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request as it is to be sent. The `host` header is one of the headers.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers in this order, duplicates allowed.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
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

    /// The messages of the answer as texts: the events of a stream, or the body.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        if self.body.is_empty() {
            Vec::new()
        } else if self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
            let mut events = Events::default();
            events.push(&self.body);
            std::iter::from_fn(|| events.next())
                .map(|event| event.data)
                .filter(|data| !data.is_empty())
                .collect()
        } else {
            vec![self.text()]
        }
    }

    /// The id of the last event that has one.
    #[must_use]
    pub fn last_event(&self) -> Option<String> {
        let mut events = Events::default();
        events.push(&self.body);
        events.filter_map(|event| event.id).last()
    }

    /// The last message as JSON, `null` without one.
    #[must_use]
    pub fn last(&self) -> Value {
        self.messages().last().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
    }
}

/// One event of a stream (HTML standard, server-sent events).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// `id`, if any.
    pub id: Option<String>,
    /// The data lines, joined by line feeds.
    pub data: String,
    /// The comments since the last event.
    pub comments: Vec<String>,
}

/// Cuts a byte stream into events. Knows LF and CRLF only: the gateway writes LF.
#[derive(Debug, Default)]
pub struct Events {
    bytes: Vec<u8>,
}

impl Events {
    /// Takes bytes as they come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether bytes are left that make no whole event.
    #[must_use]
    pub fn half(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Comments that stand before the next whole event.
    #[must_use]
    pub fn pending_comments(&self) -> usize {
        String::from_utf8_lossy(&self.bytes).lines().filter(|line| line.starts_with(':')).count()
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            let end = self.bytes.windows(2).position(|two| two == b"\n\n")? + 2;
            let block: Vec<u8> = self.bytes.drain(..end).collect();
            let mut event = Event::default();
            let mut data = Vec::new();
            for line in String::from_utf8_lossy(&block).lines() {
                match line
                    .split_once(':')
                    .map(|(name, value)| (name, value.strip_prefix(' ').unwrap_or(value)))
                {
                    Some(("", comment)) => event.comments.push(comment.to_owned()),
                    Some(("data", value)) => data.push(value.to_owned()),
                    Some(("id", value)) => event.id = Some(value.to_owned()),
                    _ => {}
                }
            }
            event.data = data.join("\n");
            if event != Event::default() {
                return Some(event);
            }
        }
    }
}

/// An answer whose body is still coming.
pub struct Opened {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    body: Incoming,
    events: Events,
    /// Ends with it.
    _line: Line,
}

impl Opened {
    /// The next event; `None` at the end of the stream.
    ///
    /// # Errors
    /// When the stream breaks, or nothing comes for a minute.
    pub async fn event(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.events.next() {
                return Ok(Some(event));
            }
            match self.chunk().await? {
                Some(bytes) => self.events.push(&bytes),
                None if self.events.half() => bail!("the stream ends within an event"),
                None => return Ok(None),
            }
        }
    }

    /// The next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// When the connection breaks, or nothing comes for a minute.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        loop {
            match tokio::time::timeout(PATIENCE, self.body.frame()).await.context("no byte for a minute")? {
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(bytes) = frame?.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }

    /// Reads to the end.
    ///
    /// # Errors
    /// When the connection breaks or the body is longer than 64 MiB.
    pub async fn whole(mut self) -> Result<Reply> {
        let mut body = Vec::new();
        while let Some(bytes) = self.chunk().await? {
            body.extend_from_slice(&bytes);
            if body.len() > LONGEST {
                bail!("the answer is longer than {LONGEST} bytes");
            }
        }
        Ok(Reply { status: self.status, headers: std::mem::take(&mut self.headers), body })
    }
}

/// Sends `call` to `address` and returns when the head of the answer is there.
///
/// # Errors
/// When there is no connection or no answer within a minute.
pub async fn open(address: SocketAddr, call: &Call) -> Result<Opened> {
    let stream = connect(address).await?;
    open_on(stream, call).await
}

/// As [`open`], but leaving is a reset: the other side cannot take it for half a close, as it may take a FIN.
///
/// # Errors
/// As [`open`].
pub async fn open_to_reset(address: SocketAddr, call: &Call) -> Result<Opened> {
    let stream = connect(address).await?;
    stream.set_zero_linger()?;
    open_on(stream, call).await
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn open_on(stream: TcpStream, call: &Call) -> Result<Opened> {
    let mut line = Line::on(stream).await?;
    let response = line.send_request(call).await?;
    let (head, body) = response.into_parts();
    let (status, headers) = (head.status.as_u16(), texts(&head.headers));
    Ok(Opened { status, headers, body, events: Events::default(), _line: line })
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// A connection that is kept for one request after another.
pub struct Line {
    sender: SendRequest<Full<Bytes>>,
    connection: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Line {
    /// Connects to `address`.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        Self::on(connect(address).await?).await
    }

    async fn on(stream: TcpStream) -> Result<Self> {
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(async move {
            // A connection that breaks shows at the request or at the body.
            let _ = connection.await;
        });
        Ok(Self { sender, connection })
    }

    async fn send_request(&mut self, call: &Call) -> Result<Response<Incoming>> {
        let mut request = Request::new(Full::new(Bytes::from(call.body.clone())));
        *request.method_mut() = call.method.parse()?;
        *request.uri_mut() = call.path.parse()?;
        for (name, value) in &call.headers {
            let name = HeaderName::try_from(name)?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes())?);
        }
        let sent = tokio::time::timeout(PATIENCE, self.sender.send_request(request)).await;
        Ok(sent.context("no answer within a minute")??)
    }

    /// Sends `call` and reads the whole answer.
    ///
    /// # Errors
    /// When the connection has ended, or there is no answer within a minute.
    pub async fn send(&mut self, call: &Call) -> Result<Reply> {
        self.sender.ready().await?;
        let (head, body) = self.send_request(call).await?.into_parts();
        let body =
            tokio::time::timeout(PATIENCE, body.collect()).await.context("no end within a minute")??;
        let body = body.to_bytes().to_vec();
        Ok(Reply { status: head.status.as_u16(), headers: texts(&head.headers), body })
    }
}

/// Sends `call` to `address` and reads the whole answer.
///
/// # Errors
/// As [`open`] and [`Opened::whole`].
pub async fn send(address: SocketAddr, call: &Call) -> Result<Reply> {
    open(address, call).await?.whole().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_cut() {
        let mut events = Events::default();
        events.push(b": hello\n\nid: 1\ndata: {\"a\":\ndata: 1}\n\ndata: ha");
        assert_eq!(events.next().map(|event| event.comments), Some(vec!["hello".to_owned()]));
        let event = events.next();
        assert_eq!(event.as_ref().and_then(|event| event.id.as_deref()), Some("1"));
        assert_eq!(event.map(|event| event.data).as_deref(), Some("{\"a\":\n1}"));
        assert_eq!(events.next(), None);
        assert!(events.half());
    }
}
