//! Server-sent events (WHATWG HTML, 9.2), both ways, over bytes as they come.

use std::fmt;

/// A comment that keeps intermediaries from closing a quiet stream.
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// `id:` of this event, for `Last-Event-ID`.
    pub id: Option<String>,
    /// `event:`; absent means `message`.
    pub name: Option<String>,
    /// The `data:` lines joined by line feeds; empty in a priming event, which has an id only.
    pub data: String,
    /// `retry:` in milliseconds.
    pub retry_ms: Option<u32>,
}

/// Why a stream is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SseError {
    /// A line or event above the bound.
    TooLarge,
    /// Not UTF-8.
    Utf8,
    /// The stream ended inside an event.
    Half,
}

impl fmt::Display for SseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "an event is too large",
            Self::Utf8 => "the stream is not UTF-8",
            Self::Half => "the stream ended inside an event",
        })
    }
}

impl std::error::Error for SseError {}

/// Incremental decoder: push chunks, take events.
#[derive(Debug)]
pub struct Decoder {
    max_event_bytes: usize,
}

impl Decoder {
    /// A decoder that refuses events, comments included, above `max_event_bytes`.
    #[must_use]
    pub fn new(max_event_bytes: usize) -> Self {
        Self { max_event_bytes }
    }

    /// Takes the next chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        let _ = (chunk, self.max_event_bytes);
        todo!("lands with the parser")
    }

    /// The next whole event, or `None` until more is pushed.
    ///
    /// # Errors
    /// [`SseError::TooLarge`] or [`SseError::Utf8`]; the stream is then of no further use.
    #[allow(clippy::should_implement_trait, reason = "an iterator would end at the first None")]
    pub fn next(&mut self) -> Result<Option<Event>, SseError> {
        todo!("lands with the parser")
    }

    /// Says that the stream ended.
    ///
    /// # Errors
    /// [`SseError::Half`] if it ended inside an event.
    pub fn finish(self) -> Result<(), SseError> {
        todo!("lands with the parser")
    }
}

/// Appends `data` as one `message` event. Line breaks in `data` make several `data:` lines.
pub fn encode(out: &mut Vec<u8>, data: &str) {
    for line in data.split('\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.push(b'\n');
}
