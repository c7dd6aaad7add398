//! Event streams through the gateway: as they come, cut anywhere, kept alive, cancelled when the agent leaves, and
//! no faster than the agent reads.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use postern_tests::bed::{Bed, Era};
use postern_tests::client::{self, Call};
use postern_tests::host::Kind;
use postern_tests::upstream::{Answer, Piece, Seen};

/// Each of these functions is a test on every host.
macro_rules! on_every_host {
    ($($name:ident),* $(,)?) => {
        mod in_process {
            $(#[test] fn $name() { super::run(super::$name(super::Kind::InProcess)); })*
        }
        mod workerd {
            $(#[test] fn $name() { super::run(super::$name(super::Kind::Workerd)); })*
        }
        mod spin {
            $(#[test] fn $name() { super::run(super::$name(super::Kind::Spin)); })*
        }
    };
}

on_every_host!(
    events_pass_as_they_come,
    streams_may_be_cut_anywhere,
    redaction_sees_whole_events_wherever_they_are_cut,
    a_hundred_events_keep_their_order,
    silence_is_kept_alive,
    leaving_a_stream_cancels_it,
    leaving_before_the_head_ends_the_call,
    leaving_tells_a_legacy_upstream,
    leaving_without_a_reset_is_noticed_too,
    a_legacy_client_cancels_by_notification,
    a_slow_reader_slows_the_upstream,
    a_flood_of_events_is_cut_off,
);

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test);
}

fn id(seen: &Seen) -> String {
    seen.raw(&["id"]).unwrap_or_default()
}

fn event(text: &str) -> Piece {
    Piece::Bytes(Bytes::from(format!("event: message\ndata: {text}\n\n")))
}

fn progress(seen: &Seen, step: usize, padding: &str) -> String {
    let token = seen.raw(&["params", "_meta", "progressToken"]).unwrap_or_default();
    format!(
        r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":{step},"message":"{padding}"}}}}"#
    )
}

fn result(seen: &Seen) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{"resultType":"complete","content":[]}}}}"#, id(seen))
}

fn call(bed: &Bed) -> Call {
    let params = r#""name":"a__echo","arguments":{}"#;
    bed.modern("tools/call", "1", "a__echo", params, r#""progressToken":"own""#)
}

fn wait(ms: u64) -> Piece {
    Piece::Wait(Duration::from_millis(ms))
}

/// The one tool call that the upstream saw, as soon as it has.
async fn the_call(bed: &Bed) -> Arc<Seen> {
    the_request(bed, "tools/call").await
}

async fn the_request(bed: &Bed, rpc: &str) -> Arc<Seen> {
    let start = Instant::now();
    loop {
        if let Some(seen) = bed.upstream.seen("/").into_iter().find(|seen| seen.rpc == rpc) {
            return seen;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "the upstream saw no {rpc}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until the upstream notes that its caller has gone: at once, or at the next comment of a silent stream
/// where the host says no sooner that the agent has left.
async fn has_left(kind: Kind, seen: &Seen, within: Duration) {
    let within = if kind.notices_leaving() { within } else { within + Duration::from_secs(16) };
    let start = Instant::now();
    while !seen.left.load(Ordering::SeqCst) {
        assert!(start.elapsed() < within, "the upstream's answer was not given up within {within:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn audited(bed: &Bed, part: &str) {
    let start = Instant::now();
    while !bed.host.records().iter().any(|line| line.contains(part)) {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "no record with {part} in {:?}",
            bed.host.records()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn events_pass_as_they_come(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, |seen| {
        Answer::events(vec![event(&progress(seen, 1, "")), wait(3_000), event(&result(seen))])
    })
    .expect("both start");
    let mut stream = client::open(bed.host.address(), &call(&bed)).await.expect("a head");
    let first = stream.event().await.expect("no break").expect("an event");
    let at = Instant::now();
    assert!(first.data.contains(r#""progressToken":"own""#), "{first:?}");
    let second = stream.event().await.expect("no break").expect("an answer");
    assert!(second.data.contains(r#""id":1"#), "{second:?}");
    // The first was here long before the second was sent.
    assert!(at.elapsed() > Duration::from_millis(1_500), "the first event was held back: {:?}", at.elapsed());
    assert_eq!(stream.event().await.expect("no break"), None);
}

async fn streams_may_be_cut_anywhere(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, |seen| {
        let (note, answer) = (progress(seen, 1, "é😀"), result(seen));
        let (front, back) = answer.split_at(17);
        // Byte order mark, CRLF, CR, comments, an unknown field, an event of two data lines, each byte by itself.
        let text = format!(
            "\u{feff}: hello\r\n\r\nid: 1\r\nevent: message\r\ndata: {note}\r\n\r\nretry: 5\nfoo: bar\n\ndata:{front}\rdata: {back}\r\r"
        );
        let bytes = text.into_bytes();
        Answer::events(bytes.chunks(1).map(|byte| Piece::Bytes(Bytes::copy_from_slice(byte))).collect())
    })
    .expect("both start");
    let reply = client::send(bed.host.address(), &call(&bed)).await.expect("an answer");
    let messages = reply.messages();
    assert_eq!(messages.len(), 2, "{}", reply.text());
    assert!(messages[0].contains("é😀"), "{messages:?}");
    assert_eq!(reply.last()["id"], 1);
    assert_eq!(reply.last()["result"]["resultType"], "complete", "{}", reply.text());
}

/// The same body, cut in two at each of its bytes: what is sensitive in it is found as if it had come whole.
async fn redaction_sees_whole_events_wherever_they_are_cut(kind: Kind) {
    let body = |seen: &Seen| {
        let note = progress(seen, 1, "é😀 card 4539 5787 6362 1486, jane@corp.example.org");
        let answer = format!(
            r#"{{"jsonrpc":"2.0","id":{},"result":{{"resultType":"complete","content":[{{"type":"text","text":"é 4539578763621486 \u0034539578763621486"}}]}}}}"#,
            id(seen)
        );
        let (front, back) = answer.split_at(17);
        format!(
            "\u{feff}: hello\r\n\r\nid: 1\r\nevent: message\r\ndata: {note}\r\n\r\nretry: 5\n\ndata:{front}\rdata: {back}\r\r"
        )
        .into_bytes()
    };
    let bed = Bed::with(kind, Era::Modern, "[redact]", move |seen| {
        let bytes = body(seen);
        let at = seen.raw(&["params", "arguments", "at"]).and_then(|at| at.parse().ok()).unwrap_or(0);
        let (front, back) = bytes.split_at(bytes.len().min(at));
        Answer::events([front, back].map(|part| Piece::Bytes(Bytes::copy_from_slice(part))).to_vec())
    })
    .expect("both start");
    let mut first = None;
    for at in 0..500 {
        let params = format!(r#""name":"a__echo","arguments":{{"at":{at}}}"#);
        let call = bed.modern("tools/call", "1", "a__echo", &params, r#""progressToken":"own""#);
        let reply = client::send(bed.host.address(), &call).await.expect("an answer");
        let first = first.get_or_insert_with(|| reply.text()).clone();
        assert_eq!(reply.text(), first, "cut at {at}");
    }
    let text = first.expect("an answer");
    for wanted in [
        "é😀 card [CREDIT_CARD_1], [EMAIL_ADDRESS_1]",
        r#""text":"é [CREDIT_CARD_1] [CREDIT_CARD_1]""#,
        r#""progressToken":"own""#,
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
}

async fn a_hundred_events_keep_their_order(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, |seen| {
        let mut pieces: Vec<Piece> = (1..=100).map(|step| event(&progress(seen, step, "x"))).collect();
        pieces.push(event(&result(seen)));
        Answer::events(pieces)
    })
    .expect("both start");
    let reply = client::send(bed.host.address(), &call(&bed)).await.expect("an answer");
    let messages = reply.messages();
    assert_eq!(messages.len(), 101);
    for (at, message) in messages.iter().take(100).enumerate() {
        assert!(message.contains(&format!(r#""progress":{},"#, at + 1)), "event {at} is {message}");
    }
}

async fn silence_is_kept_alive(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, |seen| {
        Answer::events(vec![event(&progress(seen, 1, "")), wait(16_500), event(&result(seen))])
    })
    .expect("both start");
    let mut stream = client::open(bed.host.address(), &call(&bed)).await.expect("a head");
    let start = Instant::now();
    let mut comments = 0;
    let mut messages = 0;
    while let Some(event) = stream.event().await.expect("no break") {
        comments += event.comments.len();
        messages += usize::from(!event.data.is_empty());
        if comments > 0 && messages == 1 {
            assert!(
                start.elapsed() < Duration::from_secs(16),
                "the comment came after {:?}",
                start.elapsed()
            );
        }
    }
    assert_eq!((comments, messages), (1, 2));
}

async fn leaving_a_stream_cancels_it(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, |seen| {
        Answer::events(vec![event(&progress(seen, 1, "")), Piece::Hang])
    })
    .expect("both start");
    let mut stream = client::open_to_reset(bed.host.address(), &call(&bed)).await.expect("a head");
    stream.event().await.expect("no break").expect("an event");
    let seen = the_call(&bed).await;
    assert!(!seen.left.load(Ordering::SeqCst));
    drop(stream);
    has_left(kind, &seen, Duration::from_secs(3)).await;
    audited(&bed, r#""outcome":"abandoned""#).await;
}

async fn leaving_before_the_head_ends_the_call(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, move |seen| {
        let mut answer = Answer::json(result(seen));
        // Where leaving is not noticed before the head, the call goes on to its end.
        answer.delay = Duration::from_secs(if kind.notices_leaving() { 60 } else { 1 });
        answer
    })
    .expect("both start");
    let (address, call) = (bed.host.address(), call(&bed));
    let waiting = tokio::spawn(async move { client::open_to_reset(address, &call).await.map(drop) });
    let seen = the_call(&bed).await;
    waiting.abort();
    if kind.notices_leaving() {
        has_left(kind, &seen, Duration::from_secs(3)).await;
    }
    audited(&bed, r#""method":"tools/call""#).await;
}

async fn leaving_without_a_reset_is_noticed_too(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, hanging).expect("both start");
    let mut stream = client::open(bed.host.address(), &call(&bed)).await.expect("a head");
    stream.event().await.expect("no break").expect("an event");
    let seen = the_call(&bed).await;
    drop(stream);
    // A close alone may be half of one: the second keep-alive comment is sure to fail.
    has_left(kind, &seen, Duration::from_secs(33)).await;
}

async fn session(bed: &Bed) -> String {
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
    let reply =
        client::send(bed.host.address(), &bed.legacy(None, hello.to_owned())).await.expect("initialize");
    reply.header("mcp-session-id").expect("a session id").to_owned()
}

fn old_call(bed: &Bed, session: &str) -> Call {
    let body = r#"{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":"a__echo","arguments":{},"_meta":{"progressToken":1}}}"#;
    bed.legacy(Some(session), body.to_owned())
}

fn hanging(seen: &Seen) -> Answer {
    Answer::events(vec![event(&progress(seen, 1, "")), Piece::Hang])
}

async fn leaving_tells_a_legacy_upstream(kind: Kind) {
    let bed = Bed::start(kind, Era::Legacy, hanging).expect("both start");
    let mut stream = client::open_to_reset(bed.host.address(), &call(&bed)).await.expect("a head");
    stream.event().await.expect("no break").expect("an event");
    let called = the_call(&bed).await;
    drop(stream);
    has_left(kind, &called, Duration::from_secs(3)).await;
    // Closing a stream is no cancellation in that era: it has to be told.
    let told = the_request(&bed, "notifications/cancelled").await;
    assert_eq!(told.raw(&["params", "requestId"]), called.raw(&["id"]));
}

async fn a_legacy_client_cancels_by_notification(kind: Kind) {
    let bed = Bed::start(kind, Era::Legacy, hanging).expect("both start");
    let session = session(&bed).await;
    let mut stream = client::open(bed.host.address(), &old_call(&bed, &session)).await.expect("a head");
    stream.event().await.expect("no break").expect("an event");
    let called = the_call(&bed).await;
    let note = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"mine"}}"#;
    let reply = client::send(bed.host.address(), &bed.legacy(Some(&session), note.to_owned())).await;
    assert_eq!(reply.expect("an answer").status, 202);
    let told = the_request(&bed, "notifications/cancelled").await;
    assert_eq!(told.raw(&["params", "requestId"]), called.raw(&["id"]));
}

/// Bytes of one event, and events: far more than all buffers on the way can hold.
const LARGE: usize = 64 * 1024;
const MANY: usize = 900;

async fn a_slow_reader_slows_the_upstream(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, |seen| {
        let padding = "x".repeat(LARGE);
        let mut pieces: Vec<Piece> = (1..=MANY).map(|step| event(&progress(seen, step, &padding))).collect();
        pieces.push(event(&result(seen)));
        Answer::events(pieces)
    })
    .expect("both start");
    let mut stream = client::open(bed.host.address(), &call(&bed)).await.expect("a head");
    stream.event().await.expect("no break").expect("an event");
    let seen = the_call(&bed).await;
    // Until the buffers of four sockets are full.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let early = seen.taken.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let late = seen.taken.load(Ordering::SeqCst);
    assert!(late < 32 * 1024 * 1024, "{late} bytes were taken for a reader that does not read");
    assert_eq!(early, late, "the upstream is read on and on for a reader that does not read");
    let mut events = 1;
    while let Some(event) = stream.event().await.expect("no break") {
        events += usize::from(!event.data.is_empty());
    }
    assert_eq!(events, MANY + 1);
}

/// Events that are one too many (`limits::STREAM_EVENTS`).
const FLOOD: usize = 100_001;

async fn a_flood_of_events_is_cut_off(kind: Kind) {
    let bed = Bed::start(kind, Era::Modern, |seen| {
        // Log messages that nobody asked for go no further; they are counted all the same.
        let note = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
        let block = format!("data: {note}\n\n").repeat(1_000);
        let mut pieces = vec![Piece::Bytes(Bytes::from(block)); FLOOD / 1_000 + 1];
        pieces.push(event(&result(seen)));
        Answer::events(pieces)
    })
    .expect("both start");
    let reply = client::send(bed.host.address(), &call(&bed)).await.expect("an answer");
    assert_eq!(reply.last()["error"]["data"]["kind"], "too_large", "{}", reply.text());
    assert_eq!(reply.last()["id"], 1);
}
