//! Bodies, in and out. Bytes are counted while they are read.

use crate::host;
use futures_util::StreamExt;
use js_sys::Uint8Array;
use postern::platform::{Body, FetchError};
use postern::reply::ByteStream;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader, Request, Response};

/// A body to be read. Dropping it before its end cancels it: an upstream sees its connection close.
pub enum Inward {
    /// In memory already.
    Read(Vec<u8>),
    /// Larger than it may be.
    TooLarge,
    /// Still to come.
    Stream(Option<Reader>),
}

impl Inward {
    /// A body that the host has read.
    pub fn read(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::TooLarge, Self::Read)
    }

    /// The body of an agent's request.
    pub fn of_request(request: &Request) -> Self {
        Self::Stream(request.body().and_then(Reader::of))
    }

    /// The body of an upstream's answer.
    pub fn of_response(response: Response) -> Self {
        Self::Stream(response.body().and_then(Reader::of))
    }
}

impl Body for Inward {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        let chunk = match self {
            Self::Read(bytes) => return Ok(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty())),
            Self::TooLarge => return Err(FetchError::TooLarge),
            Self::Stream(None) => return Ok(None),
            Self::Stream(Some(reader)) => reader.chunk().await?,
        };
        if chunk.is_none() {
            *self = Self::Read(Vec::new());
        }
        Ok(chunk)
    }

    async fn whole(mut self, limit: usize) -> Result<Vec<u8>, FetchError> {
        if let Self::Read(bytes) = self {
            return if bytes.len() <= limit { Ok(bytes) } else { Err(FetchError::TooLarge) };
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if bytes.len().saturating_add(chunk.len()) > limit {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// Reads a stream chunk by chunk.
pub struct Reader(ReadableStreamDefaultReader);

impl Reader {
    fn of(stream: ReadableStream) -> Option<Self> {
        stream.get_reader().dyn_into().ok().map(Self)
    }

    async fn chunk(&self) -> Result<Option<Vec<u8>>, FetchError> {
        let result = JsFuture::from(self.0.read()).await.map_err(|_| FetchError::Unreachable)?;
        let value = js_sys::Reflect::get(&result, &"value".into()).unwrap_or(JsValue::UNDEFINED);
        if value.is_undefined() {
            return Ok(None);
        }
        Ok(Some(Uint8Array::new(&value).to_vec()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // At the end of the stream this does nothing; and nobody waits for it.
        host::ignore(&self.0.cancel());
    }
}

/// A stream to the agent: pulled as fast as it reads, dropped when it leaves.
pub fn outward(stream: ByteStream) -> ReadableStream {
    let chunks = stream.map(|bytes| Ok(Uint8Array::from(&bytes[..]).into()));
    wasm_streams::ReadableStream::from_stream(chunks).into_raw().unchecked_into()
}
