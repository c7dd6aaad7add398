//! Which era an upstream is taken for, and what that costs.

use super::*;
use crate::mcp::Era;
use crate::platform::Store;

#[test]
fn verdicts() {
    use UpstreamFault as F;
    let html = || Reply::new(200, "text/html", "<html>");
    let versions = |versions: &str| {
        Reply::result(&format!(r#"{{"supportedVersions":[{versions}],"capabilities":{{}}}}"#))
    };
    let unsupported = |versions: &str| {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":$ID,"error":{{"code":-32022,"message":"","data":{{"supported":[{versions}]}}}}}}"#
        );
        Reply::new(400, "application/json", &body)
    };
    let event = "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{}}}\n\n";
    type Verdict = Result<(Era, bool), F>;
    let legacy: Verdict = Ok((Era::Legacy, false));
    let modern: Verdict = Ok((Era::Modern, false));
    // (what, answer to server/discover, verdict, whether `initialize` was sent)
    let table: Vec<(&str, Reply, Verdict, bool)> = vec![
        ("modern", Reply::result(DISCOVERED), modern, false),
        ("modern, as a stream", Reply::events(&[event]), modern, false),
        ("modern among others", versions(r#""2027-01-01","2026-07-28""#), modern, false),
        ("modern, wants a capability", Reply::error(400, -32021), modern, false),
        ("other versions", versions(r#""2027-01-01""#), legacy, true),
        ("unsupported, speaks legacy", unsupported(r#""2025-11-25""#), legacy, true),
        ("unsupported, too new", unsupported(r#""2027-01-01""#), Err(F::Revision), false),
        ("unsupported, names it all the same", unsupported(r#""2026-07-28""#), Err(F::Revision), false),
        ("no such method", Reply::error(200, -32601), legacy, true),
        ("no such method, 404", Reply::error(404, -32601), legacy, true),
        ("legacy transport", Reply::error(400, -32000), legacy, true),
        ("400 without body", Reply::status(400), legacy, true),
        ("404", Reply::new(404, "text/html", "<html>"), legacy, true),
        ("405", Reply::status(405), legacy, true),
        ("406", Reply::error(406, -32000), legacy, true),
        ("HTML", html(), legacy, true),
        ("202", Reply::status(202), legacy, true),
        ("500", Reply::new(500, "text/html", "<html>"), Err(F::Status(500)), false),
        ("503", Reply::status(503), Err(F::Status(503)), false),
        ("401", Reply::status(401), Err(F::Credential), false),
        ("403", Reply::status(403), Err(F::Credential), false),
        ("429", Reply::status(429), Err(F::Limited(None)), false),
        ("redirect", Reply::status(307), Err(F::Redirect), false),
        ("refused", Reply::status(0), Err(F::Unreachable), false),
        ("silence", Reply::status(0).after(u32::MAX), Err(F::Deadline), false),
    ];
    for (what, reply, expected, initializes) in table {
        let bench = bench(EraSetting::Auto);
        bench.serve(move |seen| match seen.method.as_str() {
            "server/discover" => reply.clone(),
            _ => sessionless_server(seen),
        });
        let about = bench.run(bench.link.about(&bench.memory));
        let verdict =
            about.as_ref().map(|about| (about.era, about.session_bound)).map_err(|f| kind(f.clone()));
        assert_eq!(verdict, expected, "{what}");
        assert_eq!(bench.methods().contains(&"initialize".to_owned()), initializes, "{what}");
        // A verdict is remembered, a fault is not.
        let before = bench.methods().len();
        bench.serve(modern_server);
        let again = bench.run(bench.link.about(&bench.memory)).expect("a verdict");
        assert_eq!(bench.methods().len() == before, expected.is_ok(), "{what}: remembered");
        assert_eq!(again.era, expected.map_or(Era::Modern, |(era, _)| era), "{what}: again");
    }
}

#[test]
fn what_an_upstream_says_of_itself() {
    let bench = bench(EraSetting::Auto);
    bench.serve(modern_server);
    let about = bench.run(bench.link.about(&bench.memory)).expect("a verdict");
    assert_eq!(about.capabilities, r#"{"tools":{"x":1}}"#);
    assert_eq!(about.instructions.as_deref(), Some("Be kind."));
    assert_eq!(about.revision, Revision::V2026_07_28);

    let bench = super::bench(EraSetting::Auto);
    bench.serve(session_server());
    let about = bench.run(bench.link.about(&bench.memory)).expect("a verdict");
    assert_eq!((about.revision, about.session_bound), (Revision::V2025_06_18, true));
    assert_eq!((about.capabilities.as_str(), &about.instructions), (r#"{"tools":{}}"#, &None));
}

#[test]
fn pinned_eras_are_not_probed() {
    let bench = bench(EraSetting::Modern);
    bench.serve(modern_server);
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    assert_eq!(bench.methods(), ["tools/call"]);

    let bench = super::bench(EraSetting::Legacy);
    bench.serve(sessionless_server);
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
    assert_eq!(bench.methods(), ["initialize", "notifications/initialized", "tools/call"]);
}

#[test]
fn a_pinned_modern_upstream_need_not_discover() {
    for reply in
        [Reply::error(404, -32601), Reply::error(200, -32601), Reply::status(405), Reply::status(500)]
    {
        let bench = bench(EraSetting::Modern);
        bench.serve(move |seen| match seen.method.as_str() {
            "server/discover" => reply.clone(),
            _ => Reply::result("{}"),
        });
        let about = bench.run(bench.link.about(&bench.memory)).expect("a verdict");
        assert_eq!(about.era, Era::Modern);
        assert!(about.capabilities.contains(r#""tools":{}"#));
        assert_eq!(bench.methods(), ["server/discover"]);
    }
}

#[test]
fn a_refusal_that_names_the_revision_is_followed_once() {
    for (named, asked) in [("2026-07-28", 2), ("2027-01-01", 1)] {
        let bench = bench(EraSetting::Modern);
        let refused = std::cell::Cell::new(false);
        bench.serve(move |seen| {
            if refused.replace(true) {
                return modern_server(seen);
            }
            let error = format!(r#"{{"code":-32022,"message":"","data":{{"supported":["{named}"]}}}}"#);
            Reply::new(400, "application/json", &format!(r#"{{"jsonrpc":"2.0","id":$ID,"error":{error}}}"#))
        });
        let about = bench.run(bench.link.about(&bench.memory));
        assert_eq!(about.is_ok(), asked == 2, "{named}");
        assert_eq!(bench.methods(), vec!["server/discover"; asked], "{named}");
    }
}

#[test]
fn one_that_cannot_discover_may_say_so_to_initialize() {
    for (named, era) in [("2026-07-28", Ok(Era::Modern)), ("2027-01-01", Err(UpstreamFault::Revision))] {
        let bench = bench(EraSetting::Auto);
        bench.serve(move |seen| match seen.method.as_str() {
            "server/discover" => Reply::error(404, -32601),
            _ => Reply::new(
                400,
                "application/json",
                &format!(
                    r#"{{"jsonrpc":"2.0","id":$ID,"error":{{"code":-32022,"message":"","data":{{"supported":["{named}"]}}}}}}"#
                ),
            ),
        });
        let about = bench.run(bench.link.about(&bench.memory));
        assert_eq!(about.map(|about| about.era).map_err(kind), era);
    }
}

#[test]
fn only_2024_11_05_is_no_revision_of_ours() {
    let bench = bench(EraSetting::Auto);
    bench.serve(|seen| match seen.method.as_str() {
        "initialize" => Reply::result(r#"{"protocolVersion":"2024-11-05","capabilities":{}}"#),
        _ => sessionless_server(seen),
    });
    let fault = bench.run(bench.link.about(&bench.memory)).expect_err("a fault");
    assert_eq!(kind(fault), UpstreamFault::Revision);
}

#[test]
fn a_verdict_holds_for_an_hour() {
    let bench = bench(EraSetting::Auto);
    bench.serve(modern_server);
    for (wait_ms, probes) in [(0, 1), (3_599_000, 1), (2_000, 2)] {
        bench.memory.advance(wait_ms);
        assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
        let discoveries = bench.methods().iter().filter(|method| *method == "server/discover").count();
        assert_eq!(discoveries, probes, "after {wait_ms} ms");
    }
}

#[test]
fn what_an_upstream_said_is_known_to_others() {
    let servers: [fn(&Seen) -> Reply; 2] = [modern_server, sessionless_server];
    for server in servers {
        let first = bench(EraSetting::Auto);
        first.serve(server);
        let told = first.run(first.link.about(&first.memory)).expect("a verdict");
        first.run(first.memory.run_effects());
        let asked = first.methods().len();
        let other = || Bench { memory: first.memory.clone(), link: bench(EraSetting::Auto).link };
        let second = other();
        let known = second.run(second.link.about(&second.memory)).expect("a verdict");
        assert_eq!((&*known, second.methods().len()), (&*told, asked), "it was asked again");
        // What is no such value is a miss.
        let key = "about/acme/0/up";
        let kept = first.run(first.memory.recall(key)).expect("it is kept");
        for broken in [b"".to_vec(), b"\x01garbage".to_vec(), kept[..kept.len() - 3].to_vec()] {
            first.run(first.memory.remember(key, broken, 60));
            let third = other();
            let before = third.methods().len();
            assert_eq!(third.run(third.link.about(&third.memory)).expect("a verdict"), told);
            assert!(third.methods().len() > before, "it was not asked");
        }
        // No longer than the verdict holds.
        first.memory.advance(3_600_001);
        let late = other();
        let before = late.methods().len();
        assert!(late.run(late.link.about(&late.memory)).is_ok());
        assert!(late.methods().len() > before, "an old verdict was taken");
    }
}

#[test]
fn an_upstream_that_changed_its_era_is_found_out_and_asked_again() {
    let servers: [fn(&Seen) -> Reply; 2] = [modern_server, sessionless_server];
    for turned in [false, true] {
        let [before, after] = if turned { [servers[1], servers[0]] } else { servers };
        let bench = bench(EraSetting::Auto);
        bench.serve(before);
        assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
        bench.memory.advance(60_000);
        bench.serve(move |seen| {
            let modern = seen.header("mcp-protocol-version") == Some("2026-07-28");
            match (turned, modern) {
                // The new one refuses what was meant for the old one.
                (false, true) if seen.method != "server/discover" => Reply::error(400, -32000),
                (true, false) if seen.method != "initialize" => Reply::error(400, -32020),
                _ => after(seen),
            }
        });
        assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok(), "turned: {turned}");
        let calls = bench.methods().iter().filter(|method| *method == "tools/call").count();
        assert_eq!(calls, 3, "one before, one refused, one right");
    }
}

#[test]
fn an_upstream_that_refuses_everything_is_not_probed_every_time() {
    let bench = bench(EraSetting::Auto);
    bench.serve(|seen| match seen.method.as_str() {
        "server/discover" => Reply::result(DISCOVERED),
        _ => Reply::error(400, -32020),
    });
    for _ in 0..5 {
        assert_eq!(bench.run(bench.call(&modern_client(), CALL)), Err(UpstreamFault::Revision));
        bench.memory.advance(1_000);
    }
    let discoveries = bench.methods().iter().filter(|method| *method == "server/discover").count();
    assert_eq!(discoveries, 1);
    bench.memory.advance(10_000);
    assert_eq!(bench.run(bench.call(&modern_client(), CALL)), Err(UpstreamFault::Revision));
    assert_eq!(bench.methods().iter().filter(|method| *method == "server/discover").count(), 2);
}
