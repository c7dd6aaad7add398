//! Any bytes as an event stream: never a panic, and the same events however the bytes are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern::mcp::sse::{Decoder, Event, SseError, encode_event};

const LIMIT: usize = 4096;

fuzz_target!(|input: (Vec<u8>, u8)| {
    let (bytes, size) = input;
    let whole = decode([bytes.as_slice()]);
    assert_eq!(whole, decode(bytes.chunks(usize::from(size).max(1))));
    if let Ok(data) = String::from_utf8(bytes) {
        round_trip(&data);
    }
});

fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, Result<(), SseError>) {
    let mut decoder = Decoder::new(LIMIT);
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(chunk);
        loop {
            match decoder.next() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                // Which bound breaks first may depend on the cut, as a part of a line counts too.
                Err(_) => return (events, Err(SseError::TooLarge)),
            }
        }
    }
    (events, decoder.finish())
}

/// What is encoded is decoded, line ends made alike.
fn round_trip(data: &str) {
    let mut out = Vec::new();
    encode_event(&mut out, Some("id"), None, data);
    let mut decoder = Decoder::new(usize::MAX);
    decoder.push(&out);
    let event = decoder.next().expect("valid").expect("whole");
    assert_eq!(event.data, data.replace("\r\n", "\n").replace('\r', "\n"));
    assert_eq!(event.id.as_deref(), Some("id"));
    assert_eq!(decoder.next(), Ok(None));
    assert_eq!(decoder.finish(), Ok(()));
}
