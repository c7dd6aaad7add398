//! Every way in which an upstream can fail gives one fault, within the deadline, and the link works on.

use super::*;

const JSON: &str = "application/json";
const SSE: &str = "text/event-stream";

fn bytes(text: &str) -> Step {
    Step::Bytes(text.as_bytes().to_vec())
}

/// `text` again and again, never late.
fn trickle(text: &str) -> Reply {
    let steps = (0..50).flat_map(|_| [bytes(text), Step::Wait(IDLE_MS - 1)]);
    Reply::steps(SSE, steps.collect())
}

/// (what, the server's answer, the fault, the latest time in ms)
fn table() -> Vec<(&'static str, Reply, UpstreamFault, u32)> {
    use UpstreamFault as F;
    let first = FIRST_BYTE_MS;
    let half = r#"data: {"jsonrpc":"2.0","id":$ID,"#;
    let gigabyte = || Step::Repeat(vec![b' '; 1 << 20], 1024);
    let comments = b": a comment that says nothing\n\n".repeat(40_000);
    let note = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n";
    vec![
        ("refused", Reply::status(0), F::Unreachable, 0),
        ("silence", Reply::status(200).after(u32::MAX), F::Deadline, first),
        ("late head", Reply::result("{}").after(first + 1), F::Deadline, first),
        ("late body", Reply::steps(JSON, vec![bytes("{"), Step::Wait(first + 1)]), F::Deadline, first),
        ("endless body", Reply::steps(JSON, vec![bytes("{"), Step::Hang]), F::Deadline, first),
        ("broken body", Reply::steps(JSON, vec![bytes("{"), Step::Break]), F::Unreachable, 0),
        ("half a body", Reply::json(r#"{"jsonrpc":"2.0","id":$ID,"resu"#), F::Malformed, 0),
        ("1 GB body", Reply::steps(JSON, vec![gigabyte()]), F::TooLarge, 0),
        ("HTML", Reply::new(200, "text/html", "<html>"), F::ContentType, 0),
        ("no content type", Reply::new(200, "", "{}"), F::ContentType, 0),
        ("HTML called JSON", Reply::json("<html>"), F::Malformed, 0),
        ("redirect", Reply::status(302), F::Redirect, 0),
        ("permanent redirect", Reply::error(308, -32000), F::Redirect, 0),
        ("401", Reply::error(401, -32600), F::Credential, 0),
        ("403", Reply::status(403), F::Credential, 0),
        ("429", Reply::status(429), F::Limited(None), 0),
        ("500", Reply::new(500, "text/html", "<html>"), F::Status(500), 0),
        (
            "503 with a 1 GB body",
            Reply { status: 503, ..Reply::steps(JSON, vec![gigabyte()]) },
            F::Status(503),
            0,
        ),
        (
            "503 with an endless body",
            Reply { status: 503, ..Reply::steps(JSON, vec![Step::Hang]) },
            F::Deadline,
            first,
        ),
        ("404 of a web server", Reply::new(404, "text/html", "<html>"), F::Status(404), 0),
        ("transport error", Reply::error(400, -32000), F::Status(400), 0),
        ("202", Reply::status(202), F::NoAnswer, 0),
        ("wrong id", Reply::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), F::WrongId, 0),
        ("id as string", Reply::json(r#"{"jsonrpc":"2.0","id":"$ID","result":{}}"#), F::WrongId, 0),
        ("the client's id", Reply::json(r#"{"jsonrpc":"2.0","id":"c","result":{}}"#), F::WrongId, 0),
        (
            "error without id",
            Reply::json(r#"{"jsonrpc":"2.0","error":{"code":1,"message":""}}"#),
            F::WrongId,
            0,
        ),
        ("result without id", Reply::json(r#"{"jsonrpc":"2.0","result":{}}"#), F::Malformed, 0),
        ("a number", Reply::json("7"), F::Malformed, 0),
        ("a list", Reply::json(r#"[{"jsonrpc":"2.0","id":$ID,"result":{}}]"#), F::Malformed, 0),
        ("result is a list", Reply::result("[]"), F::Malformed, 0),
        ("request for an answer", Reply::json(r#"{"jsonrpc":"2.0","id":$ID,"method":"x"}"#), F::Malformed, 0),
        ("note for an answer", Reply::json(r#"{"jsonrpc":"2.0","method":"x"}"#), F::Malformed, 0),
        ("duplicate key", Reply::json(r#"{"jsonrpc":"2.0","id":$ID,"id":$ID,"result":{}}"#), F::Malformed, 0),
        ("header mismatch", Reply::error(400, -32020), F::Revision, 0),
        ("unsupported version", Reply::error(400, -32022), F::Revision, 0),
        ("header mismatch, 200", Reply::error(200, -32020), F::Revision, 0),
        ("bad session id", Reply::result("{}").with_session("a b"), F::Malformed, 0),
        ("long session id", Reply::result("{}").with_session(&"s".repeat(513)), F::Malformed, 0),
        ("empty stream", Reply::events(&[]), F::NoAnswer, 0),
        ("stream without answer", Reply::events(&[note]), F::NoAnswer, 0),
        ("half an event", Reply::events(&[half]), F::Malformed, 0),
        ("half an event, silence", Reply::steps(SSE, vec![bytes(half), Step::Hang]), F::Deadline, IDLE_MS),
        ("half an event, broken", Reply::steps(SSE, vec![bytes(half), Step::Break]), F::Unreachable, 0),
        ("event is no JSON", Reply::events(&["data: hello\n\n"]), F::Malformed, 0),
        (
            "event is not UTF-8",
            Reply::steps(SSE, vec![Step::Bytes(b"data: \xff\n\n".to_vec())]),
            F::Malformed,
            0,
        ),
        (
            "wrong id in a stream",
            Reply::events(&["data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n"]),
            F::WrongId,
            0,
        ),
        (
            "request in a stream",
            Reply::events(&["data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n\n"]),
            F::Malformed,
            0,
        ),
        ("1 GB event", Reply::steps(SSE, vec![bytes("data: "), gigabyte()]), F::TooLarge, 0),
        ("1 GB of comments", Reply::steps(SSE, vec![Step::Repeat(comments, 1_000)]), F::TooLarge, 0),
        ("comments for ever", trickle(": x\n\n"), F::Deadline, TOTAL_MS),
        ("notes for ever", trickle(note), F::Deadline, TOTAL_MS),
        (
            "silence in a stream",
            Reply::steps(SSE, vec![bytes(note), Step::Wait(100), bytes(note), Step::Hang]),
            F::Deadline,
            100 + IDLE_MS,
        ),
    ]
}

#[test]
fn each_has_its_fault_within_the_deadline() {
    for (what, reply, fault, at_ms) in table() {
        let bench = bench(EraSetting::Modern);
        bench.serve(move |_| reply.clone());
        let start = bench.memory.now_ms();
        let outcome = bench.run(bench.call(&modern_client(), CALL));
        assert_eq!(outcome, Err(fault), "{what}");
        assert_eq!(bench.memory.now_ms() - start, u64::from(at_ms), "{what}: time");
        bench.run(bench.memory.run_effects());
        assert_eq!(bench.memory.open_bodies(), 0, "{what}: bodies");
        bench.serve(modern_server);
        assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok(), "{what}: afterwards");
    }
}

#[test]
fn a_jsonrpc_error_is_an_answer_with_any_status() {
    for (status, code) in [
        (200, -32601),
        (404, -32601),
        (400, -32602),
        (400, -32021),
        (429, 1429),
        (500, -32603),
        (503, 1503),
        (200, -32000),
    ] {
        let bench = bench(EraSetting::Modern);
        bench.serve(move |_| Reply::error(status, code));
        let heard = bench.run(bench.call(&modern_client(), CALL)).expect("an answer");
        assert!(heard.answer.contains(&format!(r#""code":{code}"#)), "{status} {code}: {}", heard.answer);
    }
}

#[test]
fn one_timer_is_enough_for_a_plain_call() {
    let bench = bench(EraSetting::Modern);
    bench.serve(|_| Reply::result("{}").after(10));
    let before = bench.memory.timers();
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    // The scripted server's own delay is one of the two.
    assert_eq!(bench.memory.timers() - before, 2);
}
