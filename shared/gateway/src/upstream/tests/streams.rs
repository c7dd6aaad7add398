//! Streams: progress, logs, server requests, reconnection, cancellation.

use super::*;
use crate::upstream::Sealed;

fn event(message: &str) -> String {
    format!("event: message\ndata: {message}\n\n")
}

fn note(method: &str, params: &str) -> String {
    event(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{params}}}"#))
}

fn answer() -> String {
    event(r#"{"jsonrpc":"2.0","id":$ID,"result":{}}"#)
}

fn stream(events: &[String]) -> Reply {
    Reply::events(&[&events.concat()])
}

/// The link, its answer to `tools/call`, and a session to send it in.
fn serving(era: EraSetting, reply: Reply) -> Bench {
    let bench = bench(era);
    let server = session_server();
    bench.serve(move |seen| match seen.method.as_str() {
        "tools/call" => reply.clone(),
        _ => server(seen),
    });
    bench
}

fn sealed() -> Session {
    Session::Sealed(Sealed { id: "s9".into(), revision: Revision::V2025_11_25 })
}

#[test]
fn progress_bears_the_clients_token_and_increases() {
    let progress = |token: &str, value: &str| {
        note("progress", &format!(r#"{{"progress":{value}, "progressToken":{token},"total":1e2,"x":[1.0]}}"#))
    };
    let events = [
        progress("$ID", "0"),
        progress("$ID", "50.50"),
        progress("$ID", "50.5"),
        progress("$ID", "3"),
        progress("\"$ID\"", "60"),
        progress("7", "60"),
        progress("$ID", "\"61\""),
        note("progress", "{}"),
        note("progress", "null").replace(r#","params":null"#, ""),
        progress("$ID", "100"),
        answer(),
        progress("$ID", "200"),
    ];
    let text = CALL.replace(r#""_meta":{"#, r#""_meta":{"progressToken":"tök","#);
    let client = ClientSide { progress_token: Some(r#""tök""#.into()), ..modern_client() };
    let bench = serving(EraSetting::Modern, stream(&events));
    let heard = bench.run(bench.call(&client, &text)).expect("an answer");
    let expected = ["0", "50.50", "100"].map(|value| {
        format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progress":{value}, "progressToken":"tök","total":1e2,"x":[1.0]}}}}"#
        )
    });
    assert_eq!(heard.notes, expected);
    // Nobody asked.
    let bench = serving(EraSetting::Modern, stream(&events));
    assert_eq!(bench.run(bench.call(&modern_client(), CALL)).expect("an answer").notes, [""; 0]);
}

#[test]
fn log_messages_pass_from_the_level_asked_for() {
    let log = |level: &str| note("message", &format!(r#"{{"level":"{level}","data":"x"}}"#));
    let events: Vec<String> = ["debug", "info", "warning", "error", "emergency", "own"]
        .map(log)
        .into_iter()
        .chain([answer()])
        .collect();
    for (client, level, passed) in [
        (modern_client(), None, 0),
        (modern_client(), Some("warning"), 3),
        (modern_client(), Some("debug"), 6),
        (modern_client(), Some("nonsense"), 0),
        (legacy_client(), None, 6),
        (legacy_client(), Some("error"), 2),
    ] {
        for era in [EraSetting::Modern, EraSetting::Legacy] {
            let client = ClientSide { log_level: level.map(str::to_owned), ..client.clone() };
            let bench = serving(era, stream(&events));
            let heard = bench.run(bench.call(&client, CALL)).expect("an answer");
            assert_eq!(heard.notes.len(), passed, "{era:?} {:?} {level:?}", client.revision);
        }
    }
}

#[test]
fn other_notes_pass_and_cancellations_do_not() {
    let events = [note("tools/list_changed", "{}"), note("cancelled", r#"{"requestId":1}"#), answer()];
    let bench = serving(EraSetting::Legacy, stream(&events));
    let heard = bench.run(bench.call(&modern_client(), CALL)).expect("an answer");
    assert_eq!(heard.notes, [r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{}}"#]);
}

#[test]
fn priming_comments_and_foreign_events_are_passed_over() {
    let chunks = [
        "id: 1\nretry: 5\ndata: \n\n",
        ": x\n\nevent: ping\ndata: {}\n\nda",
        "ta: {\"jsonrpc\":\"2.0\",\r\ndata: \"id\":$ID,\"result\":{}}\r",
        "\n\r\n",
    ];
    let bench = serving(EraSetting::Modern, Reply::events(&chunks));
    let heard = bench.run(bench.call(&modern_client(), CALL)).expect("an answer");
    assert!(heard.notes.is_empty() && heard.answer.contains("\n\"id\":"), "{}", heard.answer);
}

const SAMPLE: &str = r#"{"method":"sampling/createMessage","params":{"maxTokens":5},"jsonrpc":"2.0","id":0}"#;

#[test]
fn a_server_request_reaches_the_client_whose_session_it_is() {
    let bench = serving(EraSetting::Legacy, stream(&[event(SAMPLE), answer()]));
    let heard = bench.run(bench.call_in(&sealed(), &legacy_client(), CALL)).expect("an answer");
    assert_eq!(heard.asks, [(SAMPLE.to_owned(), Some("s9".to_owned()))]);
    assert_eq!(bench.methods(), ["tools/call"], "nothing is answered for the client");
}

#[test]
fn a_server_request_in_a_pooled_session_is_declined_and_shown() {
    let steps =
        vec![Step::Bytes(event(SAMPLE).into_bytes()), Step::Wait(50), Step::Bytes(answer().into_bytes())];
    let bench = serving(EraSetting::Legacy, Reply::steps("text/event-stream", steps));
    let heard = bench.run(bench.call(&modern_client(), CALL)).expect("an answer");
    assert_eq!(heard.asks, [(SAMPLE.to_owned(), None)]);
    // It is posted while the stream is still read: the upstream waits for it.
    let seen = bench.seen().pop().expect("a post");
    assert_eq!(seen.body, r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"Method not found"}}"#);
    assert_eq!(seen.header("mcp-session-id"), Some("s2"));
}

#[test]
fn a_ping_is_answered_in_every_session() {
    let ping = event(r#"{"jsonrpc":"2.0","id":"p-1","method":"ping"}"#);
    for session in [Session::Pooled, sealed()] {
        let bench = serving(EraSetting::Legacy, stream(&[ping.clone(), answer()]));
        let heard = bench.run(bench.call_in(&session, &legacy_client(), CALL)).expect("an answer");
        assert!(heard.asks.is_empty());
        bench.run(bench.memory.run_effects());
        let seen = bench.seen().pop().expect("a post");
        assert_eq!(seen.body, r#"{"jsonrpc":"2.0","id":"p-1","result":{}}"#);
    }
}

#[test]
fn a_flood_of_pings_ends_the_call() {
    let ping = event(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
    let bench = bench(EraSetting::Legacy);
    bench.serve(move |seen| match (seen.method.as_str(), seen.body.contains("result")) {
        ("tools/call", _) => Reply::events(&[&ping.repeat(1_000)]),
        (_, true) => Reply::status(202).after(u32::MAX),
        _ => sessionless_server(seen),
    });
    assert_eq!(bench.run(bench.call(&modern_client(), CALL)), Err(UpstreamFault::Malformed));
}

#[test]
fn a_closed_legacy_stream_is_resumed_after_its_last_event() {
    let bench = bench(EraSetting::Legacy);
    let server = session_server();
    let gets = Rc::new(std::cell::Cell::new(0));
    let id = Rc::new(std::cell::RefCell::new(String::new()));
    bench.serve(move |seen| match (seen.method.as_str(), seen.header("last-event-id")) {
        ("tools/call", _) => {
            id.replace(seen.id.clone());
            Reply::events(&["id: e1\nretry: 300\ndata: \n\n"])
        }
        ("Get", Some("e1")) => {
            gets.set(gets.get() + 1);
            Reply::events(&["id: e2\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n"])
        }
        ("Get", Some("e2")) => Reply::events(&[&answer().replace("$ID", &id.borrow())]),
        _ => server(seen),
    });
    let start = bench.memory.now_ms();
    let heard = bench.run(bench.call(&modern_client(), CALL)).expect("an answer");
    assert_eq!(heard.notes.len(), 1);
    assert_eq!(bench.memory.now_ms() - start, 600);
    let seen = bench.seen().pop().expect("a GET");
    assert_eq!(
        (seen.header("mcp-session-id"), seen.header("accept")),
        (Some("s2"), Some("text/event-stream"))
    );
    assert_eq!(seen.header("content-type"), None);
}

#[test]
fn a_stream_that_closes_for_ever_is_given_up() {
    let bench = bench(EraSetting::Legacy);
    let server = session_server();
    bench.serve(move |seen| match seen.method.as_str() {
        "tools/call" | "Get" => Reply::events(&["id: e\nretry: 0\ndata: \n\n"]),
        _ => server(seen),
    });
    assert_eq!(bench.run(bench.call(&modern_client(), CALL)), Err(UpstreamFault::NoAnswer));
    assert_eq!(bench.methods().iter().filter(|method| *method == "Get").count(), 16);
}

/// Opens `CALL` and drops it: before the head when there is none yet, else after the first message.
fn open_and_leave(bench: &Bench) {
    let client = modern_client();
    let mut call = Box::pin(bench.call(&client, CALL));
    let deadline = bench.memory.sleep(500);
    bench.run(std::future::poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    }));
    let mut deadline = std::pin::pin!(deadline);
    bench.run(std::future::poll_fn(|context| {
        let _ = call.as_mut().poll(context);
        deadline.as_mut().poll(context)
    }));
    drop(call);
    bench.run(bench.memory.run_effects());
}

#[test]
fn who_leaves_cancels() {
    let silent = Reply::status(200).after(u32::MAX);
    let hangs =
        Reply::steps("text/event-stream", vec![Step::Bytes(note("x", "{}").into_bytes()), Step::Hang]);
    for reply in [silent, hangs] {
        let bench = serving(EraSetting::Legacy, reply.clone());
        open_and_leave(&bench);
        let seen = bench.seen();
        let [.., call, cancel] = seen.as_slice() else { panic!("too few requests") };
        assert_eq!(call.method, "tools/call");
        let expected = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{},"reason":"The client left"}}}}"#,
            call.id
        );
        assert_eq!(cancel.body, expected);
        assert_eq!(cancel.header("mcp-session-id"), Some("s2"));
        assert_eq!(bench.memory.open_bodies(), 0);

        // To a modern upstream the end of the connection says it.
        let bench = serving(EraSetting::Modern, reply);
        open_and_leave(&bench);
        assert_eq!(bench.methods(), ["tools/call"]);
        assert_eq!(bench.memory.open_bodies(), 0);
    }
}

#[test]
fn who_gives_up_waiting_cancels_and_who_has_an_answer_does_not() {
    let bench = serving(EraSetting::Legacy, Reply::status(200).after(u32::MAX));
    assert_eq!(bench.run(bench.call(&modern_client(), CALL)), Err(UpstreamFault::Deadline));
    bench.run(bench.memory.run_effects());
    assert_eq!(bench.methods().last().map(String::as_str), Some("notifications/cancelled"));
    for reply in [Reply::result("{}"), stream(&[answer()]), Reply::error(500, -32603), Reply::status(500)] {
        let bench = serving(EraSetting::Legacy, reply);
        let _ = bench.run(bench.call(&modern_client(), CALL));
        bench.run(bench.memory.run_effects());
        assert_eq!(bench.methods().last().map(String::as_str), Some("tools/call"));
    }
}

#[test]
fn a_stream_is_read_to_its_end_behind_the_answer_but_not_for_ever() {
    for (rest, ms) in [(Step::Wait(100), 100), (Step::Hang, 1_000)] {
        let steps = vec![Step::Bytes(answer().into_bytes()), rest];
        let bench = serving(EraSetting::Modern, Reply::steps("text/event-stream", steps));
        let start = bench.memory.now_ms();
        assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
        assert_eq!(bench.memory.now_ms(), start, "the answer does not wait for it");
        assert_eq!(bench.memory.open_bodies(), 1);
        bench.run(bench.memory.run_effects());
        assert_eq!(bench.memory.open_bodies(), 0);
        assert_eq!(bench.memory.now_ms() - start, ms);
    }
}
