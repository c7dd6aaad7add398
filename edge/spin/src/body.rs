//! Bodies, in and out. Bytes are counted while they are read.

use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt;
use postern::platform::{Body, FetchError};
use postern::reply::ReplyBody;
use spin_sdk::wasip3::http_compat::{IncomingBody, IncomingMessage};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The body of a request or of an upstream's answer. Dropping it before its end closes its connection.
pub struct Inward<T>(IncomingBody<T>);

impl<T> Inward<T> {
    /// Not read yet.
    pub const fn new(body: IncomingBody<T>) -> Self {
        Self(body)
    }
}

impl<T: IncomingMessage + Unpin + 'static> Body for Inward<T> {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        loop {
            match self.0.frame().await {
                None => return Ok(None),
                Some(Err(_)) => return Err(FetchError::Unreachable),
                // Trailers mean nothing here.
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes.into()));
                    }
                }
            }
        }
    }
}

/// The body of an answer or of a request to an upstream. The host pulls it as fast as the other side reads; it is
/// dropped when that side has left, which is noticed at the next bytes.
pub struct Outward(ReplyBody);

impl Outward {
    /// No bytes.
    pub const fn empty() -> Self {
        Self(ReplyBody::Empty)
    }

    /// The body of a reply.
    pub const fn new(body: ReplyBody) -> Self {
        Self(body)
    }
}

impl http_body::Body for Outward {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match std::mem::replace(&mut self.0, ReplyBody::Empty) {
            ReplyBody::Empty => None,
            ReplyBody::Whole(bytes) => Some(bytes),
            ReplyBody::Stream(mut stream) => {
                let next = stream.as_mut().poll_next(context);
                self.0 = ReplyBody::Stream(stream);
                ready!(next)
            }
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes.into()))))
    }
}
