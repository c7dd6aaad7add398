//! Bodies, in and out. Bytes are counted while they are read.

use crate::event::{Event, Expected};
use crate::host::{self, Call, Reader};
use futures_util::StreamExt;
use futures_util::future::{Either, poll_fn, select};
use futures_util::stream::Fuse;
use postern::platform::{Body, FetchError};
use postern::reply::ByteStream;
use std::pin::pin;
use std::task::Poll;
use wasm_bindgen::JsValue;

/// Bytes that are handed to an agent at once, at most about.
const CHUNK: usize = 64 * 1024;

/// A body to be read. Dropping it before its end cancels it: an upstream sees its connection close.
pub enum Inward {
    /// In memory already.
    Read(Vec<u8>),
    /// Larger than it may be.
    TooLarge,
    /// Still to come.
    Stream(Call, Source),
}

impl Inward {
    /// A body that the host has read, unless it is too large.
    pub fn read(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::TooLarge, Self::Read)
    }

    /// The body of a request or response.
    pub fn of(call: &Call, message: &JsValue) -> Self {
        match host::reader(message) {
            Some(reader) => Self::Stream(Clone::clone(call), Source(reader)),
            None => Self::Read(Vec::new()),
        }
    }
}

impl Body for Inward {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        let (call, source) = match self {
            Self::Read(bytes) => return Ok(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty())),
            Self::TooLarge => return Err(FetchError::TooLarge),
            Self::Stream(call, source) => (call, source),
        };
        let expected = Expected::new();
        host::read(call, expected.number(), &source.0);
        match expected.await {
            Event::Chunk(Some(bytes)) => Ok(Some(bytes)),
            Event::Chunk(None) => {
                *self = Self::Read(Vec::new());
                Ok(None)
            }
            _ => Err(FetchError::Unreachable),
        }
    }
}

/// Where a body is read from.
pub struct Source(Reader);

impl Drop for Source {
    fn drop(&mut self) {
        // At the end of the stream this does nothing; and nobody waits for it.
        host::cancel(&self.0);
    }
}

/// Hands `stream` to the agent as fast as it reads, and drops it when the agent leaves.
pub async fn outward(call: Call, stream: ByteStream, mut expected: Expected) {
    let mut stream = stream.fuse();
    while let Event::Pulled = (&mut expected).await {
        match select(pin!(ready(&mut stream)), &mut expected).await {
            Either::Left((bytes, _)) => host::push(&call, bytes.as_deref()),
            Either::Right(_) => return,
        }
    }
}

/// What is there to be sent, joined: each chunk costs more than its bytes. `None` at the end.
async fn ready(stream: &mut Fuse<ByteStream>) -> Option<Vec<u8>> {
    let mut joined = stream.next().await?;
    poll_fn(|context| {
        while joined.len() < CHUNK {
            match stream.poll_next_unpin(context) {
                Poll::Ready(Some(bytes)) => joined.extend_from_slice(&bytes),
                // The end is found again at the next pull.
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Poll::Ready(())
    })
    .await;
    Some(joined)
}
