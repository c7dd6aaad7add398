//! What goes back to the agent: messages, whole or as a stream, and the HTTP answer made of them.

use crate::mcp::sse;
use futures_util::stream::{Stream, StreamExt};
use std::pin::Pin;

/// A byte stream to the agent. Dropping it means that the agent has left.
pub type ByteStream = Pin<Box<dyn Stream<Item = Vec<u8>>>>;

/// An HTTP answer.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case with their values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: ReplyBody,
}

/// The body of a [`Reply`].
pub enum ReplyBody {
    /// None at all.
    Empty,
    /// All of it.
    Whole(Vec<u8>),
    /// An event stream.
    Stream(ByteStream),
}

/// What a stream of messages gives: never a chunk of bytes, so that stages map over messages.
#[derive(Debug)]
pub enum Item {
    /// One JSON-RPC message.
    Message(String),
    /// The same with an id, by which a legacy client takes the stream up again; empty for an event that says no more than
    /// that, and after how many ms, if the upstream has said so.
    Event {
        /// A sealed token.
        id: String,
        /// The message.
        text: String,
        /// Before it comes back, in ms.
        retry_ms: Option<u32>,
    },
    /// Nothing came for a while: a comment shows whether the agent is still there.
    KeepAlive,
}

/// A stream of messages, the answer last.
pub type MessageStream = Pin<Box<dyn Stream<Item = Item>>>;

/// The answer to one message.
pub enum Answer {
    /// A notification or posted answer was accepted.
    Accepted,
    /// One message, with the HTTP status for it.
    Message(u16, String),
    /// An error, with its HTTP status and headers.
    Failed(u16, String, Vec<(&'static str, String)>),
    /// The answer to `initialize`, and the session id.
    Opened(String, String),
    /// Several messages.
    Stream(MessageStream),
}

impl Reply {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: ReplyBody::Empty }
    }

    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, text: String) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status, headers, body: ReplyBody::Whole(text.into_bytes()) }
    }

    /// The HTTP answer for the answer to one message.
    #[must_use]
    pub fn of(answer: Answer) -> Self {
        match answer {
            Answer::Accepted => Self::empty(202),
            Answer::Message(status, text) => Self::json(status, text),
            Answer::Failed(status, text, headers) => {
                let mut reply = Self::json(status, text);
                reply.headers.extend(headers);
                reply
            }
            Answer::Opened(text, session) => Self::json(200, text).with("mcp-session-id", session),
            Answer::Stream(messages) => Self::events(messages),
        }
    }

    /// An event stream (HTML Living Standard, server-sent events; MCP, Streamable HTTP).
    #[must_use]
    pub fn events(messages: MessageStream) -> Self {
        let bytes = messages.map(|item| match item {
            Item::Message(text) => {
                let mut out = Vec::with_capacity(text.len() + 32);
                sse::encode(&mut out, &text);
                out
            }
            Item::Event { id, text, retry_ms } => {
                let mut out = Vec::with_capacity(text.len() + id.len() + 64);
                sse::encode_event(&mut out, Some(&id), retry_ms, &text);
                out
            }
            Item::KeepAlive => sse::KEEP_ALIVE.to_vec(),
        });
        Self {
            status: 200,
            headers: vec![
                ("content-type", "text/event-stream".to_owned()),
                ("cache-control", "no-cache, no-transform".to_owned()),
                // Buffering proxies would hold progress back until the end.
                ("x-accel-buffering", "no".to_owned()),
            ],
            body: ReplyBody::Stream(Box::pin(bytes)),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}
