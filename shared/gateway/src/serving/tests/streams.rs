//! Streams that are listened on: what ends them, and what is left of them then.

use super::{KEYS, settings};
use crate::arrival::Head;
use crate::limits;
use crate::mcp::headers::Headers;
use crate::mcp::{Json, Raw};
use crate::memory::{Memory, Step};
use crate::platform::{Clock as _, Incoming};
use crate::reply::{ByteStream, Reply, ReplyBody};
use crate::serving::Serving;
use futures_util::stream::StreamExt as _;
use std::cell::RefCell;
use std::rc::Rc;

/// What the upstream says when it is listened to, and then.
fn world(then: Vec<Step>) -> (Memory, Rc<Serving>) {
    let (memory, serving, _) = world_of(then, |_| None);
    (memory, serving)
}

/// The same, when each request to listen came, in Unix ms, and what is answered in place of so many (from 0) of them:
/// 503, to be tried again after so many seconds.
fn world_of(
    then: Vec<Step>,
    refused: impl Fn(usize) -> Option<&'static str> + 'static,
) -> (Memory, Rc<Serving>, Rc<RefCell<Vec<u64>>>) {
    let (memory, serving) = (Memory::new(), Rc::<Serving>::default());
    memory.set_variable("POSTERN_CONFIG", "kv:a");
    memory.set_variable("POSTERN_SEAL_KEYS", KEYS);
    memory.set_variable("kv:a", &settings("one", "era = 'modern'"));
    let (then, refused, listens) = (Rc::new(then), Rc::new(refused), Rc::<RefCell<Vec<u64>>>::default());
    let (network, noted) = (memory.clone(), Rc::clone(&listens));
    memory.on_fetch(move |request| {
        let (memory, then) = (network.clone(), Rc::clone(&then));
        let (refused, noted) = (Rc::clone(&refused), Rc::clone(&noted));
        async move {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let json = Json::parse(body.as_bytes(), &limits::REQUEST).expect("JSON");
            let id = json.value(json.root()).get("id").map_or("0", Raw::text);
            if !body.contains("subscriptions/listen") {
                let result = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"ttlMs":0,"cacheScope":"public"}"#;
                let answer = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
                return Ok(memory.answer(200, "application/json", answer));
            }
            noted.borrow_mut().push(memory.now_ms());
            if let Some(after) = refused(noted.borrow().len() - 1) {
                let retry_after = Some(after.to_owned());
                return Ok(Incoming { retry_after, ..memory.answer(503, "text/plain", String::new()) });
            }
            let ack = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":{\"toolsListChanged\":true}}}\n\n";
            let mut steps = vec![Step::Bytes(ack.into())];
            steps.extend(then.iter().cloned());
            Ok(memory.answer_in_steps(200, "text/event-stream", steps))
        }
    });
    (memory, serving, listens)
}

fn listen(memory: &Memory, serving: &Rc<Serving>) -> Reply {
    let head = Head {
        method: "POST".to_owned(),
        path: "/one".to_owned(),
        query: false,
        secure: true,
        headers: Headers::from_pairs([
            ("host", "gw"),
            ("content-type", "application/json"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "subscriptions/listen"),
        ]),
    };
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"notifications":{"toolsListChanged":true}}}"#;
    let sent = memory.answer_in_steps(200, "", [Step::Bytes(body.into())]).body;
    memory.run(serving.handle(memory, head, sent))
}

fn stream(reply: Reply) -> ByteStream {
    match reply.body {
        ReplyBody::Stream(stream) => stream,
        _ => panic!("status {}", reply.status),
    }
}

fn next(memory: &Memory, stream: &mut ByteStream) -> Option<String> {
    let bytes = memory.run(stream.next())?;
    memory.run(memory.run_effects());
    Some(String::from_utf8(bytes).expect("text"))
}

#[test]
fn ends_when_other_settings_serve() {
    let (memory, serving) = world(vec![Step::Hang]);
    let mut stream = stream(listen(&memory, &serving));
    assert!(next(&memory, &mut stream).is_some_and(|text| text.contains("acknowledged")));
    let before = memory.now_ms();
    memory.set_variable("kv:a", &settings("one", "era = 'modern'\nfirst_byte_ms = 7000"));
    let mut last = String::new();
    // There is no other request all the while.
    while let Some(text) = next(&memory, &mut stream) {
        last = text;
    }
    assert!(last.contains(r#""resultType":"complete""#), "{last}");
    let took = memory.now_ms() - before;
    assert!(took <= 60_000, "{took} ms");
    assert!(memory.records().iter().any(|line| line.contains(r#""ended":"settings""#)));
    assert_eq!(memory.open_bodies(), 0);
}

#[test]
fn ends_after_an_hour() {
    let (memory, serving) = world(vec![Step::Hang]);
    let mut stream = stream(listen(&memory, &serving));
    let before = memory.now_ms();
    let mut comments = 0;
    while let Some(text) = next(&memory, &mut stream) {
        comments += u32::from(text.starts_with(':'));
    }
    let took = memory.now_ms() - before;
    assert!(
        (u64::from(limits::LISTEN_MS)..u64::from(limits::LISTEN_MS) + 1_000).contains(&took),
        "{took} ms"
    );
    assert!(comments >= 200, "{comments} comments");
    assert!(memory.records().iter().any(|line| line.contains(r#""ended":"life""#)));
}

#[test]
fn whoever_leaves_leaves_nothing_behind() {
    let (memory, serving) = world(vec![Step::Hang]);
    let mut stream = stream(listen(&memory, &serving));
    next(&memory, &mut stream);
    assert_eq!(memory.open_bodies(), 1);
    drop(stream);
    assert_eq!(memory.open_bodies(), 0);
    let left = r#""ended":"left","passed":0,"dropped":0,"reopened":0"#;
    assert!(memory.records().iter().any(|line| line.contains(left)), "{:?}", memory.records());
}

/// An upstream that takes each stream and breaks it at once is not asked all the time.
#[test]
fn an_upstream_that_breaks_off_is_left_alone_for_longer_and_longer() {
    let (memory, serving) = world(vec![Step::Break]);
    let mut stream = stream(listen(&memory, &serving));
    let before = memory.now_ms();
    while memory.now_ms() - before < 600_000 {
        next(&memory, &mut stream);
    }
    let asked =
        memory.sent().iter().filter(|sent| String::from_utf8_lossy(&sent.body).contains("listen")).count();
    assert!((10..=30).contains(&asked), "{asked} times in ten minutes");
}

/// The pauses between requests to listen, in ms, within so many minutes.
fn pauses(
    then: Vec<Step>,
    refused: impl Fn(usize) -> Option<&'static str> + 'static,
    minutes: u64,
) -> Vec<u64> {
    let (memory, serving, listens) = world_of(then, refused);
    let mut stream = stream(listen(&memory, &serving));
    let before = memory.now_ms();
    while memory.now_ms() - before < minutes * 60_000 {
        next(&memory, &mut stream);
    }
    let listens = listens.borrow();
    listens.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// While nothing may be sent to an upstream, nothing fails there: it is asked soon after it may be.
#[test]
fn what_is_not_sent_is_no_failure() {
    let then = vec![Step::Wait(70_000), Step::Break];
    let pauses = pauses(then, |at| (at == 1).then_some("50"), 4);
    assert!((70_500..=70_800).contains(&pauses[0]), "{pauses:?}");
    assert!((50_000..=53_100).contains(&pauses[1]), "{pauses:?}");
    assert!((70_500..=70_800).contains(&pauses[2]), "{pauses:?}");
}

#[test]
fn a_stream_that_lasted_or_told_something_is_opened_again_soon() {
    let changed = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n";
    for (then, ms) in [
        (vec![Step::Wait(10_000), Step::Break], 10_000),
        (vec![Step::Bytes(changed.into()), Step::Wait(2_000), Step::Break], 2_000),
    ] {
        let pauses = pauses(then, |_| None, 5);
        assert!(pauses.len() > 20, "{pauses:?}");
        assert!(pauses.iter().all(|pause| (ms + 500..=ms + 800).contains(pause)), "{pauses:?}");
    }
}

#[test]
fn a_principal_has_so_many_and_no_more() {
    let (memory, serving) = world(vec![Step::Hang]);
    let mut open: Vec<ByteStream> =
        (0..limits::LISTENERS_OF_ONE).map(|_| stream(listen(&memory, &serving))).collect();
    assert_eq!(listen(&memory, &serving).status, 429);
    open.pop();
    assert_eq!(listen(&memory, &serving).status, 200);
}
