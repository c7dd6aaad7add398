//! Access tokens: asked for once, renewed in time, and once more when one is refused.

use super::*;
use crate::memory::Step;
use std::pin::pin;

fn dlp() -> Rc<Dlp> {
    Rc::new(Dlp { credential: client(), cache_ms: 0, ..webhook() })
}

fn fine(_: &Seen) -> Reply {
    Reply::json(r#"{"verdict":"pass"}"#)
}

#[test]
fn a_token_is_asked_for_once_and_shown() {
    let bench = bench(fine);
    for _ in 0..3 {
        assert_eq!(bench.hello(&dlp()), (Verdict::Pass, None));
    }
    let asked = bench.sent("/token");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    let body = "grant_type=client_credentials&client_id=c&client_secret=s&scope=x%2F.default";
    assert_eq!(asked[0].body, body);
    let shown: Vec<_> = bench
        .sent("dlp.example")
        .iter()
        .map(|seen| seen.header("authorization").map(str::to_owned))
        .collect();
    assert_eq!(shown, vec![Some("Bearer t0".to_owned()); 3]);
}

#[test]
fn a_refused_token_is_replaced_once() {
    for status in [401, 403] {
        let bench = bench(move |seen| match seen.header("authorization") {
            Some("Bearer t0") => Reply::new(status, ""),
            _ => Reply::json(r#"{"verdict":"pass"}"#),
        });
        assert_eq!(bench.hello(&dlp()), (Verdict::Pass, None));
        assert_eq!((bench.sent("/token").len(), bench.sent("dlp.example").len()), (2, 2));
        bench.serve(move |_| Reply::new(status, ""));
        assert_eq!(bench.hello(&dlp()), (block(), Some(Why::Credential)));
        assert_eq!((bench.sent("/token").len(), bench.sent("dlp.example").len()), (3, 4));
        // A fixed credential is all that there is.
        let credential = Credential::Header { name: "x-key".into(), value: "k".into() };
        let fixed = Rc::new(Dlp { credential: DlpCredential::Fixed(credential), ..webhook() });
        bench.hello(&fixed);
        let sent = bench.sent("dlp.example");
        assert_eq!((sent.len(), sent[4].header("x-key")), (5, Some("k")));
    }
}

#[test]
fn a_token_is_renewed_behind_a_request_before_it_runs_out() {
    let bench = bench(fine);
    bench.hello(&dlp());
    bench.memory.advance(3_299_000);
    bench.hello(&dlp());
    bench.behind();
    assert_eq!(bench.sent("/token").len(), 1);
    bench.memory.advance(2_000);
    bench.hello(&dlp());
    bench.hello(&dlp());
    assert_eq!(bench.sent("/token").len(), 1, "no request waits");
    bench.behind();
    assert_eq!(bench.sent("/token").len(), 2, "and one is enough");
    bench.hello(&dlp());
    assert_eq!(
        bench.sent("dlp.example").last().and_then(|seen| seen.header("authorization").map(str::to_owned)),
        Some("Bearer t1".into())
    );
    bench.memory.advance(3_600_000);
    bench.hello(&dlp());
    assert_eq!(bench.sent("/token").len(), 3);
}

#[test]
fn many_requests_at_once_ask_once() {
    let bench = bench(fine);
    let memory = bench.memory.clone();
    let (dlp, about) = (dlp(), about());
    let all = (0..20).map(|number| {
        let json = format!("[\"{number}\"]");
        let (bench, dlp) = (&bench, &dlp);
        async move { bench.inspectors.inspect(&bench.memory, dlp, &about, &json).await.0 }
    });
    let verdicts = memory.run(futures_util::future::join_all(all));
    assert_eq!(verdicts, vec![Verdict::Pass; 20]);
    assert_eq!(bench.sent("/token").len(), 1);
}

/// A token endpoint that is slower than an inspection may take.
#[test]
fn a_slow_token_costs_some_requests_and_not_all() {
    let bench = bench(fine);
    let memory = bench.memory.clone();
    bench.memory.on_fetch(move |request| {
        let memory = memory.clone();
        async move {
            if request.url == TOKEN_URL {
                memory.sleep(2_000).await;
                let body = r#"{"access_token":"slow","expires_in":"3600"}"#;
                return Ok(memory.answer_in_steps(200, "application/json", [Step::Bytes(body.into())]));
            }
            Ok(memory.answer(200, "application/json", r#"{"verdict":"pass"}"#))
        }
    });
    assert_eq!(bench.hello(&dlp()), (block(), Some(Why::Deadline)));
    assert_eq!(bench.hello(&dlp()), (block(), Some(Why::Deadline)), "another asks already");
    bench.behind();
    assert_eq!(bench.hello(&dlp()), (Verdict::Pass, None));
    assert_eq!(bench.sent("/token").len(), 2);
}

#[test]
fn an_agent_that_leaves_does_not_take_the_token_with_it() {
    let bench = bench(fine);
    let memory = bench.memory.clone();
    bench.memory.on_fetch(move |_| {
        let memory = memory.clone();
        async move {
            memory.sleep(100).await;
            Ok(memory.answer(200, "application/json", r#"{"access_token":"t","verdict":"pass"}"#))
        }
    });
    let (dlp, about) = (dlp(), about());
    {
        let mut left = pin!(bench.inspectors.inspect(&bench.memory, &dlp, &about, r#"["a"]"#));
        assert!(bench.memory.step(left.as_mut()).is_pending());
    }
    bench.behind();
    assert_eq!(bench.hello(&dlp), (Verdict::Pass, None));
}

#[test]
fn what_is_no_token_is_none() {
    for body in [
        "",
        "[]",
        r#"{"access_token":""}"#,
        r#"{"access_token":7}"#,
        r#"{"access_token":"a\nb"}"#,
        r#"{"error":"invalid_client"}"#,
    ] {
        let bench = bench(fine);
        let memory = bench.memory.clone();
        bench.memory.on_fetch(move |_| {
            let memory = memory.clone();
            async move { Ok(memory.answer(200, "application/json", body)) }
        });
        assert_eq!(bench.hello(&dlp()), (block(), Some(Why::Credential)), "{body}");
        bench.hello(&dlp());
        assert_eq!(bench.memory.sent().len(), 1, "not asked for again at once");
        bench.memory.advance(1_000);
        bench.hello(&dlp());
        assert_eq!(bench.memory.sent().len(), 2, "{body}");
    }
}
