//! The body of an upstream's answer: whole, or a stream that notes when each notification is written.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::Frame;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::log::Sent;
use crate::upstream::Upstream;

/// An event, with what is to be noted when it is written.
pub struct Piece {
    pub text: String,
    pub sent: Option<Sent>,
}

/// What a stream is told to write.
pub enum Line {
    Event(Piece),
    /// This text, and then the orderly end.
    End(String),
}

/// A body.
pub enum Body {
    Whole(Bytes),
    Stream(Streaming),
}

/// An open stream; its end is noted.
pub struct Streaming {
    lines: UnboundedReceiver<Line>,
    of: Arc<Upstream>,
    number: u64,
    ended: bool,
}

impl Body {
    pub fn stream(lines: UnboundedReceiver<Line>, of: Arc<Upstream>, number: u64) -> Self {
        Self::Stream(Streaming { lines, of, number, ended: false })
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.of.closed(self.number);
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let stream = match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Self::Whole(bytes) => return Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream(stream) if stream.ended => return Poll::Ready(None),
            Self::Stream(stream) => stream,
        };
        let text = match ready!(stream.lines.poll_recv(context)) {
            Some(Line::Event(piece)) => {
                if let Some(sent) = piece.sent {
                    let log = &stream.of.log;
                    let at = log.clock.now();
                    log.evidence().sent.push(Sent { at, ..sent });
                }
                piece.text
            }
            Some(Line::End(text)) => {
                stream.ended = true;
                text
            }
            None => String::new(),
        };
        Poll::Ready((!text.is_empty()).then(|| Ok(Frame::data(Bytes::from(text)))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Self::Whole(bytes) => hyper::body::SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(_) => hyper::body::SizeHint::default(),
        }
    }
}
