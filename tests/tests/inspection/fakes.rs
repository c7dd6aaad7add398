//! Every fake with every script.

use std::time::{Duration, Instant};

use postern::dlp::{Verdict, Why};
use postern_tests::dlp::{FORBIDDEN, Inspector, Script, Service, TYPE, WORD};
use tokio::time::sleep;

use crate::{Bench, dlp, run};

fn json(content: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"content":[{{"type":"text","text":"é😀 {content} \"x\""}}]}}}}"#
    )
}

fn block() -> Verdict {
    Verdict::Block { by: "guard".to_owned() }
}

/// Lets what is done behind the answers be done.
async fn behind(inspector: &Inspector, content: bool, count: usize) {
    let end = Instant::now() + Duration::from_secs(10);
    while inspector.seen(content).len() < count {
        assert!(Instant::now() < end, "{} of {count}", inspector.seen(content).len());
        sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn all_do_their_work() {
    run(async {
        let inspector = Inspector::start().expect("a port");
        for service in Service::ALL {
            let (bench, dlp) = (Bench::new(), dlp(&service.settings(inspector.address(), "secret:DLP")));
            inspector.follow(Script::Work);
            for (content, found) in [("nothing", false), (WORD, true), ("again nothing", false)] {
                let (verdict, note) = bench.inspect(&dlp, &json(content)).await;
                let expected = match (found, service.finds()) {
                    (false, _) => Verdict::Pass,
                    (true, true) => Verdict::Changed(json(&format!("[{TYPE}]"))),
                    (true, false) => block(),
                };
                assert_eq!((verdict, note.why), (expected, None), "{service:?}: {content}");
            }
            if service == Service::Webhook {
                assert_eq!(bench.inspect(&dlp, &json(FORBIDDEN)).await.0, block());
            }
            for seen in inspector.seen(true) {
                assert!(!seen.text().contains("jsonrpc"), "{service:?}: {}", seen.text());
                let credential =
                    seen.header("authorization").is_some_and(|value| value.starts_with("Bearer t"));
                assert_eq!(credential, service != Service::Presidio, "{service:?}");
                let signed = seen.header("postern-signature").is_some();
                assert_eq!(signed, service == Service::Webhook, "{service:?}");
            }
        }
    });
}

#[test]
fn all_are_in_trouble() {
    run(async {
        let inspector = Inspector::start().expect("a port");
        let rows = [
            (Script::Status(402, None), Why::NotLicensed),
            (Script::Status(429, Some(7)), Why::Throttled),
            (Script::Status(503, None), Why::Unavailable),
            (Script::Status(400, None), Why::Refused),
            (Script::Stall, Why::Deadline),
            (Script::Malformed, Why::Malformed),
            (Script::Break, Why::Unreachable),
        ];
        for service in Service::ALL {
            let settings = service.settings(inspector.address(), "secret:DLP");
            for (script, why) in &rows {
                for (on_error, expected) in
                    [("block", block()), ("local_only", block()), ("allow", Verdict::Pass)]
                {
                    let (bench, dlp) = (Bench::new(), dlp(&format!("on_error = \"{on_error}\"\n{settings}")));
                    inspector.follow(script.clone());
                    let (verdict, note) = bench.inspect(&dlp, &json("nothing")).await;
                    assert_eq!(
                        (verdict, note.why),
                        (expected, Some(*why)),
                        "{service:?} {script:?} {on_error}"
                    );
                    assert!(note.ms < 2_000, "{service:?} {script:?}: {} ms", note.ms);
                }
            }
            inspector.follow(Script::Partly);
            let (verdict, note) = Bench::new().inspect(&dlp(&settings), &json("nothing")).await;
            assert_eq!(verdict, block(), "{service:?}");
            assert!(
                matches!(note.why, Some(Why::Incomplete | Why::Malformed)),
                "{service:?}: {:?}",
                note.why
            );
            // A refused token is replaced.
            inspector.follow(Script::TokenOnce);
            let (verdict, note) = Bench::new().inspect(&dlp(&settings), &json("nothing")).await;
            assert_eq!((verdict, note.why), (Verdict::Pass, None), "{service:?}");
            let times = if service == Service::Presidio { 1 } else { 2 };
            let asked =
                inspector.seen(true).into_iter().filter(|seen| !seen.path.ends_with("/contentActivities"));
            assert_eq!(asked.count(), times, "{service:?}");
        }
        // Nobody listens any more.
        let free = postern_tests::process::free_address().expect("a port");
        for service in [Service::Presidio, Service::Webhook] {
            let (verdict, note) =
                Bench::new().inspect(&dlp(&service.settings(free, "secret:DLP")), &json("x")).await;
            assert_eq!(verdict, block(), "{service:?}");
            assert!(matches!(note.why, Some(Why::Unreachable | Why::Credential)), "{:?}", note.why);
        }
    });
}

/// Scopes come by their tag, which is a header of the answer.
#[test]
fn purview_goes_by_its_scopes() {
    run(async {
        let inspector = Inspector::start().expect("a port");
        let settings =
            format!("cache_s = 0\n{}", Service::Purview.settings(inspector.address(), "secret:DLP"));
        for (script, later) in [
            (Script::Work, &["processContent inline"][..]),
            (Script::Modified, &["processContent inline", "processContent inline"]),
            (Script::Offline, &["processContent"]),
            (Script::Elsewhere, &["contentActivities"]),
        ] {
            let (bench, dlp) = (Bench::new(), dlp(&settings));
            inspector.follow(script.clone());
            assert_eq!(bench.inspect(&dlp, &json("nothing")).await.0, Verdict::Pass);
            // A token, the content, the scopes.
            behind(&inspector, false, 3).await;
            sleep(Duration::from_millis(50)).await;
            inspector.follow(script.clone());
            assert_eq!(bench.inspect(&dlp, &json("nothing")).await.0, Verdict::Pass);
            behind(&inspector, true, later.len()).await;
            let seen = inspector.seen(true);
            let steps: Vec<String> = seen
                .iter()
                .map(|seen| {
                    let what = seen.path.rsplit('/').next().unwrap_or_default();
                    format!("{what}{}", if seen.header("prefer").is_some() { " inline" } else { "" })
                })
                .collect();
            assert_eq!(steps, later, "{script:?}");
            let tag = seen[0].header("if-none-match");
            assert_eq!(tag, (script != Script::Elsewhere).then_some("\"scopes-1\""), "{script:?}");
        }
    });
}
