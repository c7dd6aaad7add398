//! Bodies, in and out. Bytes are counted while they are read.

use crate::host;
use futures_util::StreamExt;
use js_sys::{Promise, Uint8Array};
use postern::platform::{Body, FetchError};
use postern::reply::ByteStream;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader, Request, Response};

/// Whose body it is.
pub enum Owner {
    /// The agent's.
    Request(Request),
    /// An upstream's.
    Response(Response),
}

impl Owner {
    fn stream(&self) -> Option<ReadableStream> {
        match self {
            Self::Request(request) => request.body(),
            Self::Response(response) => response.body(),
        }
    }

    fn array_buffer(&self) -> Result<Promise, JsValue> {
        match self {
            Self::Request(request) => request.array_buffer(),
            Self::Response(response) => response.array_buffer(),
        }
    }
}

/// A body to be read. Dropping an upstream's before its end aborts the request.
pub struct Inward {
    owner: Owner,
    reader: Option<ReadableStreamDefaultReader>,
    /// Announced length, when it is the length of what is read: not of a compressed body.
    length: Option<usize>,
    /// Whether there is nothing left to cancel.
    over: bool,
}

impl Inward {
    /// The body of the agent's request, and its announced length.
    pub const fn of_request(request: Request, length: Option<usize>) -> Self {
        Self { owner: Owner::Request(request), reader: None, length, over: true }
    }

    /// The body of an upstream's answer.
    pub const fn of_response(response: Response, length: Option<usize>) -> Self {
        Self { owner: Owner::Response(response), reader: None, length, over: false }
    }

    fn reader(&mut self) -> Result<Option<&ReadableStreamDefaultReader>, FetchError> {
        if self.reader.is_none() {
            let Some(stream) = self.owner.stream() else { return Ok(None) };
            self.reader = Some(stream.get_reader().dyn_into().map_err(|_| FetchError::Unreachable)?);
        }
        Ok(self.reader.as_ref())
    }
}

impl Body for Inward {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        let chunk = match self.reader()? {
            Some(reader) => read(reader).await?,
            None => None,
        };
        if chunk.is_none() {
            self.over = true;
        }
        Ok(chunk)
    }

    async fn whole(mut self, limit: usize) -> Result<Vec<u8>, FetchError> {
        match self.length {
            Some(length) if length > limit => return Err(FetchError::TooLarge),
            // One promise instead of one a chunk. The length was announced, so the host enforces it.
            Some(_) => {
                let buffer = self.owner.array_buffer().map_err(|_| FetchError::Unreachable)?;
                let buffer = JsFuture::from(buffer).await.map_err(|_| FetchError::Unreachable)?;
                self.over = true;
                return Ok(Uint8Array::new(&buffer).to_vec());
            }
            None => {}
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if bytes.len() + chunk.len() > limit {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

impl Drop for Inward {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        // Nothing is waited for: the upstream sees its connection close, and that is all there is to it.
        let cancelled = match &self.reader {
            Some(reader) => Some(reader.cancel()),
            None => self.owner.stream().map(|stream| stream.cancel()),
        };
        if let Some(cancelled) = cancelled {
            host::ignore(&cancelled);
        }
    }
}

async fn read(reader: &ReadableStreamDefaultReader) -> Result<Option<Vec<u8>>, FetchError> {
    let result = JsFuture::from(reader.read()).await.map_err(|_| FetchError::Unreachable)?;
    let value = js_sys::Reflect::get(&result, &"value".into()).unwrap_or(JsValue::UNDEFINED);
    if value.is_undefined() {
        return Ok(None);
    }
    Ok(Some(Uint8Array::new(&value).to_vec()))
}

/// A stream to the agent: pulled as fast as it reads, dropped when it leaves.
pub fn outward(stream: ByteStream) -> ReadableStream {
    let chunks = stream.map(|bytes| Ok(Uint8Array::from(&bytes[..]).into()));
    wasm_streams::ReadableStream::from_stream(chunks).into_raw().unchecked_into()
}
