//! What stands in front of an upstream: its breaker, and its word that it wants to be left alone.

use super::*;
use crate::stage::redact::Cleared;
use crate::tenant::{Glob, ToolBreaker};
use crate::upstream::Sealed;
use std::task::{Context, Waker};

pub(super) const BREAKER: BreakerRule = BreakerRule {
    window_ms: 30_000,
    least: 5,
    error_percent: 50,
    slow_ms: None,
    slow_percent: 80,
    open_ms: 10_000,
    trials: 1,
};

pub(super) fn tool() -> Tool {
    Tool {
        pattern: Glob::new("up__t"),
        first_byte_ms: None,
        idle_ms: None,
        total_ms: None,
        places: None,
        breaker: ToolBreaker::Upstreams,
        idempotent: false,
        coalesce: false,
        cache: None,
        invalidates: Vec::new(),
        inspect: Default::default(),
    }
}

fn with_breaker(era: EraSetting) -> Bench {
    guarded(era, None, Some(BREAKER), Vec::new())
}

pub(super) fn outcome(bench: &Bench) -> Result<Heard, UpstreamFault> {
    bench.run(bench.call(&modern_client(), CALL))
}

/// Calls until the breaker is open; the calls that it took.
fn break_down(bench: &Bench) -> usize {
    for calls in 0..50 {
        if matches!(outcome(bench), Err(UpstreamFault::CircuitOpen(_))) {
            return calls;
        }
    }
    panic!("it does not open");
}

#[test]
fn it_opens_is_tried_and_closes() {
    let bench = with_breaker(EraSetting::Modern);
    bench.serve(|_| Reply::status(500));
    assert_eq!(break_down(&bench), 5);
    let sent = bench.seen().len();
    assert_eq!(outcome(&bench), Err(UpstreamFault::CircuitOpen(10_000)));
    bench.memory.advance(9_999);
    assert_eq!(outcome(&bench), Err(UpstreamFault::CircuitOpen(1)));
    assert_eq!(bench.seen().len(), sent, "nothing is sent while it is open");
    bench.memory.advance(1);
    assert_eq!(outcome(&bench), Err(UpstreamFault::Status(500)), "a trial");
    assert_eq!(outcome(&bench), Err(UpstreamFault::CircuitOpen(10_000)), "which failed");
    bench.memory.advance(10_000);
    bench.serve(modern_server);
    assert!(outcome(&bench).is_ok());
    assert!(outcome(&bench).is_ok());
    let lines = bench.memory.records();
    let lines: Vec<&str> =
        lines.iter().map(|line| line.split(r#""outcome":"#).nth(1).unwrap_or(line)).collect();
    assert_eq!(
        lines,
        [
            r#""breaker_opened","tenant":"acme","upstream":"up","calls":5,"failed":5,"slow":0}"#,
            r#""breaker_opened","tenant":"acme","upstream":"up","calls":1,"failed":1,"slow":0}"#,
            r#""breaker_closed","tenant":"acme","upstream":"up"}"#,
        ]
    );
}

#[test]
fn what_an_upstream_refuses_in_good_health_does_not_count() {
    let half = Reply::events(&["data: {\"jsonrpc\":\"2.0\",\"id\":$ID,"]);
    for (what, reply, counts) in [
        ("its own error", Reply::error(200, -32602), false),
        ("its own error and a status", Reply::error(500, -32602), false),
        ("a result that says isError", Reply::result(r#"{"isError":true,"content":[]}"#), false),
        ("its credential", Reply::status(401), false),
        ("a page that is not there", Reply::status(404), false),
        ("a redirect", Reply::status(302), false),
        ("a session", Reply::error(400, -32001), false),
        ("the revision", Reply::error(400, -32020), false),
        ("too much", Reply::steps("application/json", vec![Step::Repeat(vec![b' '; 1 << 20], 9)]), false),
        ("no connection", Reply::status(0), true),
        ("no answer in time", Reply::status(200).after(u32::MAX), true),
        ("a status", Reply::status(503), true),
        ("too many calls", Reply::status(429), true),
        ("another page", Reply::new(200, "text/html", "<html>"), true),
        ("no JSON", Reply::json("<html>"), true),
        ("another's answer", Reply::json(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), true),
        ("half an answer", half, true),
        ("no answer", Reply::events(&[]), true),
    ] {
        let bench = with_breaker(EraSetting::Modern);
        bench.serve(move |_| reply.clone());
        for _ in 0..5 {
            let _ = outcome(&bench);
        }
        let refused = matches!(outcome(&bench), Err(UpstreamFault::CircuitOpen(_)));
        assert_eq!(refused, counts, "{what}");
    }
}

#[test]
fn a_caller_that_leaves_does_not_count() {
    let bench = with_breaker(EraSetting::Modern);
    bench.serve(|_| Reply::result("{}").after(100));
    let client = modern_client();
    for _ in 0..20 {
        let mut call = Box::pin(bench.call(&client, CALL));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert!(outcome(&bench).is_ok());
}

#[test]
fn a_trial_that_leaves_lets_another_try() {
    let bench = with_breaker(EraSetting::Modern);
    bench.serve(|_| Reply::status(500));
    break_down(&bench);
    bench.memory.advance(10_000);
    bench.serve(|_| Reply::result("{}").after(100));
    let client = modern_client();
    let mut trial = Box::pin(bench.call(&client, CALL));
    assert!(trial.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(outcome(&bench), Err(UpstreamFault::CircuitOpen(1_000)));
    drop(trial);
    assert!(outcome(&bench).is_ok());
}

#[test]
fn what_the_gateway_asks_for_itself_does_not_count() {
    let bench = with_breaker(EraSetting::Modern);
    bench.serve(|_| Reply::status(500));
    let (own, client) = (bench.link.own_terms(&bench.memory), modern_client());
    let list = || bench.run(bench.call_by(&own, &Session::Pooled, &client, LIST));
    for _ in 0..20 {
        assert_eq!(list(), Err(UpstreamFault::Status(500)));
    }
    assert_eq!(break_down(&bench), 5, "calls alone are counted");
    assert!(matches!(list(), Err(UpstreamFault::CircuitOpen(_))));
}

#[test]
fn slow_is_what_begins_late() {
    let rule = BreakerRule { slow_ms: Some(400), ..BREAKER };
    let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n\n";
    let note = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n\n";
    let stream = |steps| Reply::steps("text/event-stream", steps);
    let bytes = |text: &str| Step::Bytes(text.as_bytes().to_vec());
    for (what, reply, slow) in [
        ("at once", Reply::result("{}"), false),
        ("late", Reply::result("{}").after(400), true),
        ("a head at once, and nothing for long", stream(vec![Step::Wait(400), bytes(answer)]), true),
        ("a message at once", stream(vec![bytes(note), Step::Wait(1_000), bytes(answer)]), false),
    ] {
        let bench = guarded(EraSetting::Modern, None, Some(rule), Vec::new());
        bench.serve(move |_| reply.clone());
        for _ in 0..5 {
            assert!(outcome(&bench).is_ok(), "{what}");
        }
        let refused = matches!(outcome(&bench), Err(UpstreamFault::CircuitOpen(_)));
        assert_eq!(refused, slow, "{what}");
    }
}

#[test]
fn nothing_else_is_sent_while_it_is_open() {
    let rule = BreakerRule { open_ms: 60_000, ..BREAKER };
    let bench = guarded(EraSetting::Auto, None, Some(rule), Vec::new());
    let server = session_server();
    let healthy = server.clone();
    bench.serve(move |seen| match seen.method.as_str() {
        "server/discover" => Reply::error(400, -32000),
        "tools/call" => Reply::status(500),
        _ => healthy(seen),
    });
    break_down(&bench);
    bench.run(bench.memory.run_effects());
    let sent = bench.seen().len();
    let sealed = Sealed { id: "s9".into(), revision: Revision::V2025_11_25 };
    let refused = |fault: Fault| kind(fault);
    let posted = bench.run(bench.link.post(&bench.memory, &sealed, Cleared::own("{}".into())));
    assert_eq!(posted.map_err(refused), Err(UpstreamFault::CircuitOpen(60_000)));
    assert!(bench.run(bench.link.close(&bench.memory, &sealed)).is_err());
    let hello = crate::upstream::legacy::own_hello("{}");
    assert!(bench.run(bench.link.initialize(&bench.memory, [7; 32], &hello)).is_err());
    // What is known of it stays known, even when it should be asked again.
    bench.memory.advance(59_000);
    bench.link.doubt(&bench.memory);
    assert!(bench.run(bench.link.about(&bench.memory)).is_ok());
    assert_eq!(outcome(&bench), Err(UpstreamFault::CircuitOpen(1_000)));
    assert_eq!(bench.seen().len(), sent);
    // A trial may need a handshake of its own, and gets it.
    bench.memory.advance(3_600_000);
    bench.serve(move |seen| match seen.method.as_str() {
        "server/discover" => Reply::error(400, -32000),
        _ => server(seen),
    });
    assert!(outcome(&bench).is_ok());
    assert!(outcome(&bench).is_ok());
    let new: Vec<String> = bench.methods().split_off(sent);
    assert!(new.contains(&"initialize".to_owned()), "{new:?}");
}

#[test]
fn an_upstream_that_asks_for_it_is_left_alone() {
    let error = |status| Reply { retry_after: Some("7"), ..Reply::error(status, -32602) };
    let status = |status| Reply { retry_after: Some("7"), ..Reply::status(status) };
    for (what, reply, first, asked) in [
        ("429", status(429), Some(UpstreamFault::Limited(Some(7_000))), true),
        ("503", status(503), Some(UpstreamFault::Limited(Some(7_000))), true),
        ("429 with an answer", error(429), None, true),
        ("500", status(500), Some(UpstreamFault::Status(500)), false),
        (
            "429 with nonsense",
            Reply { retry_after: Some("soon"), ..Reply::status(429) },
            Some(UpstreamFault::Limited(None)),
            false,
        ),
    ] {
        let bench = bench(EraSetting::Modern);
        bench.serve(move |_| reply.clone());
        assert_eq!(outcome(&bench).err(), first, "{what}");
        bench.serve(modern_server);
        if !asked {
            assert!(outcome(&bench).is_ok(), "{what}");
            continue;
        }
        bench.memory.advance(6_500);
        assert_eq!(outcome(&bench), Err(UpstreamFault::Limited(Some(500))), "{what}");
        assert_eq!(bench.seen().len(), 1, "{what}");
        bench.memory.advance(500);
        assert!(outcome(&bench).is_ok(), "{what}");
    }
}

#[test]
fn a_tool_has_deadlines_of_its_own() {
    let tool = Rc::new(Tool { first_byte_ms: Some(5_000), total_ms: Some(20_000), ..tool() });
    let bench = guarded(EraSetting::Modern, None, None, vec![Rc::clone(&tool)]);
    bench.serve(|_| Reply::result("{}").after(4_000));
    assert_eq!(outcome(&bench), Err(UpstreamFault::Deadline));
    let terms = bench.link.terms(&bench.memory, Some(&tool), "t");
    let client = modern_client();
    assert!(bench.run(bench.call_by(&terms, &Session::Pooled, &client, CALL)).is_ok());
}

#[test]
fn a_tool_has_a_breaker_of_its_own() {
    let own = Rc::new(Tool { breaker: ToolBreaker::Own(Some(BREAKER)), ..tool() });
    let off = Rc::new(Tool { breaker: ToolBreaker::Own(None), ..tool() });
    let tools = vec![Rc::clone(&own), Rc::clone(&off)];
    let bench = guarded(EraSetting::Modern, None, Some(BREAKER), tools);
    bench.serve(|_| Reply::status(500));
    let client = modern_client();
    let call = |tool: Option<&Tool>, name: &str| {
        let terms = bench.link.terms(&bench.memory, tool, name);
        bench.run(bench.call_by(&terms, &Session::Pooled, &client, CALL))
    };
    for _ in 0..5 {
        assert_eq!(call(Some(&own), "own"), Err(UpstreamFault::Status(500)));
    }
    assert!(matches!(call(Some(&own), "own"), Err(UpstreamFault::CircuitOpen(_))));
    assert_eq!(call(Some(&own), "sibling"), Err(UpstreamFault::Status(500)), "each tool by itself");
    for _ in 0..20 {
        assert_eq!(call(Some(&off), "off"), Err(UpstreamFault::Status(500)));
    }
    assert_eq!(break_down(&bench), 5, "the upstream's has counted none of them");
    assert_eq!(call(Some(&off), "off"), Err(UpstreamFault::Status(500)), "and stops none of them");
    assert!(bench.memory.records()[0].contains(r#""tool":"own""#), "{:?}", bench.memory.records());
}
