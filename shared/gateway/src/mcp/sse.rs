//! Server-sent events (WHATWG HTML, 9.2), both ways, over bytes as they come.

use super::swar;
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
    /// An event, its comments and field names included, above the bound.
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

/// Incremental decoder: push chunks, take events until there is none.
#[derive(Debug)]
pub struct Decoder {
    max_event_bytes: usize,
    buffer: Vec<u8>,
    /// Where the next line starts.
    at: usize,
    /// How far the search for that line's end has come.
    searched: usize,
    /// Bytes of the current event's finished lines.
    event_bytes: usize,
    /// The last line ended with CR: a following LF belongs to it.
    after_cr: bool,
    /// Nothing was read yet: a byte order mark may come.
    start: bool,
    event: Partial,
}

/// The event being read.
#[derive(Debug, Default)]
struct Partial {
    event: Event,
    data: Option<String>,
    /// A line of it was read, so that a stream may not end here.
    open: bool,
}

impl Decoder {
    /// A decoder that refuses events, comments included, above `max_event_bytes`.
    #[must_use]
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            max_event_bytes,
            buffer: Vec::new(),
            at: 0,
            searched: 0,
            event_bytes: 0,
            after_cr: false,
            start: true,
            event: Partial::default(),
        }
    }

    /// Takes the next chunk. Take all events before the next, so that the buffer holds one event at most.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.drain(..self.at.min(self.buffer.len()));
        self.searched = self.searched.saturating_sub(self.at);
        self.at = 0;
        self.buffer.extend_from_slice(chunk);
    }

    /// The next whole event, or `None` until more is pushed. An event has data or an id; a `retry:` alone comes too.
    ///
    /// # Errors
    /// [`SseError::TooLarge`] or [`SseError::Utf8`]; the stream is then of no further use.
    #[allow(clippy::should_implement_trait, reason = "an iterator would end at the first None")]
    pub fn next(&mut self) -> Result<Option<Event>, SseError> {
        while let Some((start, end)) = self.line()? {
            if start == end {
                self.event_bytes = 0;
                match std::mem::take(&mut self.event).finish() {
                    Some(event) => return Ok(Some(event)),
                    None => continue,
                }
            }
            let line = self.buffer.get(start..end).unwrap_or(b"");
            self.event_bytes += line.len() + 1;
            if self.event_bytes > self.max_event_bytes {
                return Err(SseError::TooLarge);
            }
            self.event.field(std::str::from_utf8(line).map_err(|_| SseError::Utf8)?);
        }
        Ok(None)
    }

    /// Says that the stream ended.
    ///
    /// # Errors
    /// [`SseError::Half`] if it ended inside an event.
    pub fn finish(self) -> Result<(), SseError> {
        let rest = self.buffer.get(self.at..).unwrap_or(b"");
        let rest = if self.after_cr { rest.strip_prefix(b"\n").unwrap_or(rest) } else { rest };
        // A comment cut off in the middle was to keep the connection alive; nothing is lost with it.
        let half_line = !rest.is_empty() && rest.first() != Some(&b':');
        if self.event.open || half_line { Err(SseError::Half) } else { Ok(()) }
    }

    /// The next line as a range of the buffer, without its end.
    fn line(&mut self) -> Result<Option<(usize, usize)>, SseError> {
        if self.start {
            let bom = b"\xEF\xBB\xBF";
            if self.buffer.len() < bom.len() && bom.starts_with(&self.buffer) {
                return Ok(None);
            }
            if self.buffer.starts_with(bom) {
                self.at = bom.len();
            }
            self.start = false;
        }
        if self.after_cr {
            match self.buffer.get(self.at) {
                None => return Ok(None),
                Some(b'\n') => self.at += 1,
                Some(_) => {}
            }
            self.after_cr = false;
        }
        let from = self.searched.max(self.at);
        let end = line_end(&self.buffer, from);
        let Some(&byte) = self.buffer.get(end) else {
            self.searched = self.buffer.len();
            if self.event_bytes + self.searched.saturating_sub(self.at) > self.max_event_bytes {
                return Err(SseError::TooLarge);
            }
            return Ok(None);
        };
        let line = (self.at, end);
        self.after_cr = byte == b'\r';
        self.at = line.1 + 1;
        Ok(Some(line))
    }
}

impl Partial {
    /// One line that is not empty. Unknown fields are ignored, as the standard says.
    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        if name.is_empty() {
            return;
        }
        self.open = true;
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "event" => self.event.name = Some(value.to_owned()).filter(|name| !name.is_empty()),
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.event.retry_ms = value.parse().ok();
            }
            _ => {}
        }
    }

    /// The event at its empty line; none if nothing but comments and unknown fields came.
    fn finish(self) -> Option<Event> {
        let complete = self.data.is_some() || self.event.id.is_some() || self.event.retry_ms.is_some();
        complete.then(|| Event { data: self.data.unwrap_or_default(), ..self.event })
    }
}

/// The first CR or LF from `from` on, or the end.
fn line_end(bytes: &[u8], from: usize) -> usize {
    swar::find(bytes, from, |word| swar::equal(word, b'\n') | swar::equal(word, b'\r'))
}

/// Appends `data` as one `message` event. Line ends in `data` make several `data:` lines, as JSON allows them
/// between its tokens only.
pub fn encode(out: &mut Vec<u8>, data: &str) {
    encode_event(out, None, None, data);
}

/// As [`encode`], with an id for resumption, and the time before it in ms (legacy eras). An id with a line end or NUL in it is
/// left out.
pub fn encode_event(out: &mut Vec<u8>, id: Option<&str>, retry_ms: Option<u32>, data: &str) {
    out.reserve(data.len() + 32);
    out.extend_from_slice(b"event: message\n");
    if let Some(id) = id.filter(|id| !id.contains(['\n', '\r', '\0'])) {
        out.extend_from_slice(b"id: ");
        out.extend_from_slice(id.as_bytes());
        out.push(b'\n');
    }
    if let Some(retry_ms) = retry_ms {
        out.extend_from_slice(format!("retry: {retry_ms}\n").as_bytes());
    }
    // CR, LF and CRLF all end a line for the reader, so each becomes a line of its own.
    let mut rest = data;
    loop {
        let end = line_end(rest.as_bytes(), 0);
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(rest.get(..end).unwrap_or("").as_bytes());
        out.push(b'\n');
        let Some(tail) = rest.get(end..).filter(|tail| !tail.is_empty()) else { break };
        rest = tail.strip_prefix("\r\n").or_else(|| tail.get(1..)).unwrap_or("");
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::testing::Rng;

    fn decode(chunks: &[&[u8]]) -> (Vec<Event>, Result<(), SseError>) {
        let mut decoder = Decoder::new(1000);
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.push(chunk);
            loop {
                match decoder.next() {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => break,
                    Err(error) => return (events, Err(error)),
                }
            }
        }
        (events, decoder.finish())
    }

    fn event(data: &str) -> Event {
        Event { data: data.to_owned(), ..Event::default() }
    }

    #[test]
    fn reads_what_the_standard_shows() {
        let text =
            b"\xEF\xBB\xBF: a comment\n\ndata: YHOO\ndata: +2\ndata:10\n\nid: 1\nevent: add\ndata:  two\n\n\
            data\n\ndata\ndata\n\nid\ndata:test\n\nretry: 250\n\nfoo: bar\n\nretry: 2x\ndata: x\n\n";
        let (events, end) = decode(&[text]);
        assert_eq!(end, Ok(()));
        let (id, name) = (Some("1".to_owned()), Some("add".to_owned()));
        let expected = [
            event("YHOO\n+2\n10"),
            Event { id, name, data: " two".into(), retry_ms: None },
            event(""),
            event("\n"),
            Event { id: Some(String::new()), ..event("test") },
            Event { retry_ms: Some(250), ..event("") },
            event("x"),
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn a_priming_event_has_an_id_and_no_data() {
        let (events, end) = decode(&[b"id: stream_1\nretry: 500\ndata: \n\n"]);
        assert_eq!(end, Ok(()));
        assert_eq!(events, [Event { id: Some("stream_1".into()), retry_ms: Some(500), ..event("") }]);
        assert_eq!(decode(&[b"id: 7\n\n"]).0, [Event { id: Some("7".into()), ..event("") }]);
    }

    #[test]
    fn every_way_of_cutting_gives_the_same_events() {
        let text =
            "\u{feff}data: a\r\ndata: é\r\rid: 1\ndata: b\n\r\n: c\r\ndata: 🙂\n\ndata: d\r\n\r".as_bytes();
        let whole = decode(&[text]);
        assert_eq!(
            whole.0,
            [event("a\né"), Event { id: Some("1".into()), ..event("b") }, event("🙂"), event("d")]
        );
        assert_eq!(whole.1, Ok(()));
        for a in 0..=text.len() {
            for b in a..=text.len() {
                assert_eq!(decode(&[&text[..a], &text[a..b], &text[b..]]), whole, "{a} {b}");
            }
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(decode(&bytes), whole);
    }

    #[test]
    fn a_stream_that_ends_inside_an_event_is_half() {
        for half in ["data: x", "data: x\n", "data: x\r", "id: 1\r\n", "data: {}\n\ndata", "d"] {
            assert_eq!(decode(&[half.as_bytes()]).1, Err(SseError::Half), "{half:?}");
        }
        for whole in [
            "",
            "\n",
            ": comment",
            ": comment\n",
            "data: x\n\n",
            "data: x\r\r",
            "data: x\r\n\r\n",
            "\u{feff}",
        ] {
            assert_eq!(decode(&[whole.as_bytes()]).1, Ok(()), "{whole:?}");
        }
    }

    #[test]
    fn an_event_above_the_bound_ends_the_stream() {
        let fits = format!("data: {}\n\n", "x".repeat(993));
        assert_eq!(decode(&[fits.as_bytes()]).0.len(), 1);
        let over = format!("data: {}\n\n", "x".repeat(994));
        assert_eq!(decode(&[over.as_bytes()]).1, Err(SseError::TooLarge));
        let endless = "x".repeat(1001);
        assert_eq!(decode(&[endless.as_bytes()]).1, Err(SseError::TooLarge));
        let lines = "data: x\n".repeat(126);
        assert_eq!(decode(&[lines.as_bytes()]).1, Err(SseError::TooLarge));
        let comments = ":\n".repeat(501);
        assert_eq!(decode(&[comments.as_bytes()]).1, Err(SseError::TooLarge));
        let spaced = "data: x\n\n".repeat(1000);
        assert_eq!(decode(&[spaced.as_bytes()]).0.len(), 1000);
        assert_eq!(decode(&[b"data: \xff\n\n"]).1, Err(SseError::Utf8));
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for seed in 0..2000 {
            let rng = &mut Rng::new(seed);
            let data: String =
                (0..rng.below(9)).map(|_| rng.pick(&["\n", "\r", "a", " ", ":", "é", "\r\n"])).collect();
            let mut out = KEEP_ALIVE.to_vec();
            encode_event(&mut out, Some("7"), Some(9), &data);
            let cut = rng.below(out.len());
            let (events, end) = decode(&[&out[..cut], &out[cut..]]);
            let expected = data.replace("\r\n", "\n").replace('\r', "\n");
            let name = Some("message".to_owned());
            assert_eq!(
                events,
                [Event { id: Some("7".into()), name, retry_ms: Some(9), ..event(&expected) }],
                "seed {seed}"
            );
            assert_eq!(end, Ok(()));
        }
        let mut out = Vec::new();
        encode_event(&mut out, Some("a\ndata: forged"), None, "{}");
        assert_eq!(out, b"event: message\ndata: {}\n\n");
    }
}
