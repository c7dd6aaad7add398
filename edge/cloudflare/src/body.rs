//! Bodies, in and out. Bytes are counted while they are read.

use futures_util::StreamExt;
use postern::platform::{Body, FetchError};
use postern::reply::ByteStream;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStream, ReadableStreamDefaultReader};

/// The body of the agent's request.
pub struct Inbound(web_sys::Request);

impl Inbound {
    pub const fn new(request: web_sys::Request) -> Self {
        Self(request)
    }
}

impl Body for Inbound {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        Ok(None)
    }

    async fn whole(self, limit: usize) -> Result<Vec<u8>, FetchError> {
        let announced = self.0.headers().get("content-length").ok().flatten().and_then(|length| length.parse().ok());
        match announced {
            Some(length) if length <= limit => take(self.0.array_buffer()).await,
            Some(_) => Err(FetchError::TooLarge),
            None => counted(self.0.body(), limit).await,
        }
    }
}

/// The body of an upstream's answer. Dropping it unread aborts the request.
pub struct Outbound {
    response: web_sys::Response,
    reader: Option<ReadableStreamDefaultReader>,
    /// Announced length, when it is the length of what is read: not of a compressed body.
    length: Option<usize>,
    abort: Option<AbortController>,
}

impl Outbound {
    pub const fn new(response: web_sys::Response, length: Option<usize>, abort: AbortController) -> Self {
        Self { response, reader: None, length, abort: Some(abort) }
    }

    fn done(&mut self) {
        self.abort = None;
    }
}

impl Body for Outbound {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        if self.reader.is_none() {
            let Some(body) = self.response.body() else {
                self.done();
                return Ok(None);
            };
            self.reader = Some(reader(&body)?);
        }
        let Some(reader) = &self.reader else { return Ok(None) };
        let chunk = read(reader).await?;
        if chunk.is_none() {
            self.done();
        }
        Ok(chunk)
    }

    async fn whole(mut self, limit: usize) -> Result<Vec<u8>, FetchError> {
        let bytes = match self.length {
            Some(length) if length <= limit => take(self.response.array_buffer()).await,
            Some(_) => Err(FetchError::TooLarge),
            None => counted(self.response.body(), limit).await,
        }?;
        self.done();
        Ok(bytes)
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        if let Some(abort) = self.abort.take() {
            abort.abort();
        }
    }
}

async fn take(promise: Result<js_sys::Promise, JsValue>) -> Result<Vec<u8>, FetchError> {
    let promise = promise.map_err(|_| FetchError::Unreachable)?;
    let buffer = JsFuture::from(promise).await.map_err(|_| FetchError::Unreachable)?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}

async fn counted(body: Option<ReadableStream>, limit: usize) -> Result<Vec<u8>, FetchError> {
    let Some(body) = body else { return Ok(Vec::new()) };
    let reader = reader(&body)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = read(&reader).await? {
        if bytes.len() + chunk.len() > limit {
            // Not awaited: nothing depends on how the cancelling went.
            drop(reader.cancel());
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn reader(body: &ReadableStream) -> Result<ReadableStreamDefaultReader, FetchError> {
    body.get_reader().dyn_into().map_err(|_| FetchError::Unreachable)
}

async fn read(reader: &ReadableStreamDefaultReader) -> Result<Option<Vec<u8>>, FetchError> {
    let result = JsFuture::from(reader.read()).await.map_err(|_| FetchError::Unreachable)?;
    let value = js_sys::Reflect::get(&result, &"value".into()).unwrap_or(JsValue::UNDEFINED);
    if value.is_undefined() {
        return Ok(None);
    }
    Ok(Some(js_sys::Uint8Array::new(&value).to_vec()))
}

/// A stream to the agent: pulled as fast as it reads, dropped when it leaves.
pub fn outbound(stream: ByteStream) -> ReadableStream {
    let chunks = stream.map(|bytes| Ok(js_sys::Uint8Array::from(&bytes[..]).into()));
    wasm_streams::ReadableStream::from_stream(chunks).into_raw().unchecked_into()
}
