//! The legacy handshake and what becomes of sessions.

use super::*;
use crate::stage::redact::Cleared;
use crate::upstream::{Hello, Sealed};

fn trace(bench: &Bench) -> Vec<(String, Option<String>)> {
    let session = |seen: &Seen| seen.header("mcp-session-id").map(str::to_owned);
    bench.seen().iter().map(|seen| (seen.method.clone(), session(seen))).collect()
}

fn steps(expected: &[(&str, &str)]) -> Vec<(String, Option<String>)> {
    let some = |id: &str| (!id.is_empty()).then(|| id.to_owned());
    expected.iter().map(|(method, id)| ((*method).to_owned(), some(id))).collect()
}

fn hello() -> Hello {
    Hello {
        revision: Revision::V2025_03_26,
        capabilities: r#"{"sampling":{}}"#.into(),
        client_info: r#"{"name":"agent"}"#.into(),
    }
}

const LOST: &str = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#;

#[test]
fn a_session_is_opened_per_principal_and_used_again() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(session_server());
    let other = ClientSide { principal: [2; 32], ..modern_client() };
    for client in [&modern_client(), &modern_client(), &other] {
        assert!(bench.run(bench.call(client, CALL)).is_ok());
    }
    let expected = [
        ("initialize", ""),
        ("notifications/initialized", "s1"),
        ("initialize", ""),
        ("notifications/initialized", "s2"),
        ("tools/call", "s2"),
        ("tools/call", "s2"),
        ("initialize", ""),
        ("notifications/initialized", "s3"),
        ("tools/call", "s3"),
    ];
    assert_eq!(trace(&bench), steps(&expected));
    let seen = bench.seen();
    // MCP 2025-06-18: the version header follows the negotiation, and is not on `initialize`.
    let versions: Vec<_> = seen.iter().take(2).map(|seen| seen.header("mcp-protocol-version")).collect();
    assert_eq!(versions, [None, Some("2025-06-18")]);
    assert!(
        seen[0].body.contains(r#""protocolVersion":"2025-11-25","capabilities":{},"#),
        "{}",
        seen[0].body
    );
    assert!(seen.iter().all(|seen| seen.header("authorization") == Some("Bearer upstream-secret")));
}

#[test]
fn without_sessions_a_call_is_one_request() {
    let bench = bench(EraSetting::Auto);
    bench.serve(sessionless_server);
    for _ in 0..2 {
        assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    }
    assert_eq!(
        bench.methods(),
        ["server/discover", "initialize", "notifications/initialized", "tools/call", "tools/call"]
    );
}

#[test]
fn a_lost_session_is_opened_anew_and_only_safe_methods_are_repeated() {
    let lost = [
        Reply::new(404, "application/json", LOST),
        Reply::new(404, "text/plain", "gone"),
        Reply::new(
            400,
            "application/json",
            r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"No valid session ID provided"}}"#,
        ),
        Reply::error(400, -32000),
    ];
    for (at, reply) in lost.into_iter().enumerate() {
        for (text, safe) in [(LIST, true), (CALL, false)] {
            let bench = bench(EraSetting::Auto);
            let server = session_server();
            bench.serve(server.clone());
            assert!(bench.run(bench.call(&modern_client(), text)).is_ok());
            let before = bench.seen().len();
            let reply = reply.clone();
            bench.serve(move |seen| match seen.header("mcp-session-id") {
                Some("s2") => reply.clone(),
                _ => server(seen),
            });
            let outcome = bench.run(bench.call(&modern_client(), text));
            assert_eq!(outcome.is_ok(), safe, "{at} {outcome:?}");
            if !safe {
                assert_eq!(outcome, Err(UpstreamFault::Session));
                // The next call does not trip over it again.
                assert!(bench.run(bench.call(&modern_client(), text)).is_ok());
            }
            let method = if safe { "tools/list" } else { "tools/call" };
            let expected =
                [(method, "s2"), ("initialize", ""), ("notifications/initialized", "s3"), (method, "s3")];
            assert_eq!(trace(&bench)[before..], steps(&expected), "{at} {method}");
        }
    }
}

#[test]
fn an_error_inside_a_session_is_an_answer() {
    for (status, code) in [(200, -32601), (404, -32601), (400, -32602), (200, -32000)] {
        let bench = bench(EraSetting::Legacy);
        let server = session_server();
        bench.serve(move |seen| match seen.method.as_str() {
            "tools/call" => Reply::error(status, code),
            _ => server(seen),
        });
        let heard = bench.run(bench.call(&modern_client(), CALL)).expect("an answer");
        assert!(heard.answer.contains(&code.to_string()));
    }
}

#[test]
fn an_upstream_that_gives_up_sessions_is_called_without() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(session_server());
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    bench.memory.advance(limits::POOLED_SESSION_MS + 1);
    bench.serve(sessionless_server);
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    assert_eq!(trace(&bench).last(), Some(&("tools/call".to_owned(), None)));
}

#[test]
fn an_idle_session_is_replaced_and_closed() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(session_server());
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    bench.memory.advance(limits::POOLED_SESSION_MS + 1);
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    bench.run(bench.memory.run_effects());
    let expected =
        [("initialize", ""), ("notifications/initialized", "s3"), ("tools/call", "s3"), ("Delete", "s2")];
    assert_eq!(trace(&bench)[5..], steps(&expected));
}

#[test]
fn pooled_sessions_are_bounded() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(session_server());
    assert!(bench.run(bench.link.about(&bench.memory)).is_ok());
    for number in 0..limits::POOLED_SESSIONS + 5 {
        bench.memory.advance(1);
        let mut client = modern_client();
        client.principal[..8].copy_from_slice(&number.to_be_bytes());
        client.principal[31] = 1;
        assert!(bench.run(bench.call(&client, LIST)).is_ok());
    }
    bench.run(bench.memory.run_effects());
    let closed: Vec<_> = trace(&bench).into_iter().filter(|(method, _)| method == "Delete").collect();
    // The gateway's own was the oldest.
    let expected = ["s1", "s2", "s3", "s4", "s5", "s6"].map(|id| ("Delete".to_owned(), Some(id.to_owned())));
    assert_eq!(closed, expected);
}

#[test]
fn a_session_opened_by_the_probe_is_closed() {
    let bench = bench(EraSetting::Auto);
    bench.serve(|seen| match seen.method.as_str() {
        // The Python SDK opens a session for whatever comes first.
        "server/discover" => Reply::error(200, -32602).with_session("stray"),
        _ => sessionless_server(seen),
    });
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    bench.run(bench.memory.run_effects());
    assert_eq!(trace(&bench).last(), Some(&("Delete".to_owned(), Some("stray".to_owned()))));
}

#[test]
fn a_client_initializes() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(session_server());
    let open = || bench.run(bench.link.initialize(&bench.memory, [7; 32], &hello()));
    assert_eq!(open(), Ok(Some(Sealed { id: "s2".into(), revision: Revision::V2025_06_18 })));
    let seen = bench.seen();
    let params = r#""params":{"protocolVersion":"2025-03-26","capabilities":{"sampling":{}},"clientInfo":{"name":"agent"}}"#;
    assert!(seen[2].body.contains(params), "{}", seen[2].body);
    assert_eq!(seen[3].method, "notifications/initialized");
    // Two a minute, says the tenant.
    assert!(matches!(open(), Ok(Some(_))));
    assert_eq!(open(), Ok(None));
    assert!(matches!(bench.run(bench.link.initialize(&bench.memory, [8; 32], &hello())), Ok(Some(_))));
    bench.memory.advance(60_000);
    assert!(matches!(open(), Ok(Some(_))));
}

#[test]
fn a_client_needs_no_session_where_there_is_none() {
    for server in [modern_server, sessionless_server] {
        let bench = bench(EraSetting::Auto);
        bench.serve(server);
        assert_eq!(bench.run(bench.link.initialize(&bench.memory, [7; 32], &hello())), Ok(None));
    }
}

#[test]
fn an_opening_waits_two_seconds_at_most() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(|seen| sessionless_server(seen).after(900));
    let start = bench.memory.now_ms();
    assert_eq!(bench.run(bench.link.initialize(&bench.memory, [7; 32], &hello())), Ok(None));
    assert_eq!(bench.memory.now_ms() - start, 1_800);

    let bench = super::bench(EraSetting::Legacy);
    let server = session_server();
    bench.serve(move |seen| server(seen).after(900));
    let start = bench.memory.now_ms();
    let outcome = bench.run(bench.link.initialize(&bench.memory, [7; 32], &hello()));
    assert_eq!(outcome.map_err(kind), Err(UpstreamFault::Deadline));
    assert_eq!(bench.memory.now_ms() - start, 2_000);
}

#[test]
fn a_clients_session_is_used_posted_into_and_closed() {
    let bench = bench(EraSetting::Auto);
    bench.serve(session_server());
    let sealed = Sealed { id: "s9".into(), revision: Revision::V2025_11_25 };
    bench.run(async {
        let session = Session::Sealed(sealed.clone());
        assert!(bench.call_in(&session, &legacy_client(), LIST).await.is_ok());
        let note = r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#;
        assert_eq!(bench.link.post(&bench.memory, &sealed, Cleared::own(note.into())).await, Ok(()));
        assert_eq!(bench.link.close(&bench.memory, &sealed).await, Ok(()));
    });
    // No probe: a sealed session says all that is needed.
    let expected = [("tools/list", "s9"), ("notifications/roots/list_changed", "s9"), ("Delete", "s9")];
    assert_eq!(trace(&bench), steps(&expected));
    assert_eq!(bench.seen()[0].header("mcp-protocol-version"), Some("2025-11-25"));
    assert_eq!(bench.seen()[2].http, HttpMethod::Delete);
}

#[test]
fn a_clients_session_that_is_lost_is_for_the_client_to_open_anew() {
    let bench = bench(EraSetting::Legacy);
    bench.serve(|_| Reply::new(404, "application/json", LOST));
    let sealed = Sealed { id: "s9".into(), revision: Revision::V2025_11_25 };
    bench.run(async {
        let outcome = bench.call_in(&Session::Sealed(sealed.clone()), &legacy_client(), LIST).await;
        assert_eq!(outcome, Err(UpstreamFault::Session));
        let outcome = bench.link.post(&bench.memory, &sealed, Cleared::own("{}".into())).await;
        assert_eq!(outcome.map_err(kind), Err(UpstreamFault::Session));
        assert_eq!(bench.link.close(&bench.memory, &sealed).await, Ok(()));
    });
    assert_eq!(bench.methods().len(), 3);
}
