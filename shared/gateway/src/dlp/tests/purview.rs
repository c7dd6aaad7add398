//! Microsoft Purview, step by step: what Graph is asked in which order, and what follows from its answers.

use super::*;

const USER: &str = "https://dlp.example/v1.0/users/user-1/dataSecurityAndGovernance";
const AGENTS: &str = "https://dlp.example/beta/security/dataSecurityAndGovernance";

/// A scripted Graph: how scopes are, and what content comes to.
#[derive(Clone)]
struct Graph {
    mode: &'static str,
    location: &'static str,
    activities: &'static str,
    /// What scopes themselves want done.
    scoped: Value,
    etags: &'static [&'static str],
    /// What `processContent` answers, the last one again and again.
    answers: Vec<Value>,
}

fn graph() -> Graph {
    Graph {
        mode: "evaluateInline",
        location: "app-1",
        activities: "uploadText,downloadText",
        scoped: json!([]),
        etags: &["e1", "e2"],
        answers: vec![
            json!({ "protectionScopeState": "notModified", "policyActions": [], "processingErrors": [] }),
        ],
    }
}

fn forbidding() -> Value {
    json!([{ "@odata.type": "#microsoft.graph.restrictAccessAction", "action": "restrictAccess", "restrictionAction": "block" }])
}

fn modified() -> Value {
    json!({ "protectionScopeState": "modified", "policyActions": [] })
}

impl Graph {
    fn bench(self) -> Bench {
        bench(move |seen| {
            if seen.url.ends_with("/compute") {
                let etag = self.etags.get(seen.before).or(self.etags.last()).copied();
                let scope = json!({
                    "activities": self.activities, "executionMode": self.mode,
                    "locations": [{ "@odata.type": "#microsoft.graph.policyLocationApplication", "value": self.location }],
                    "policyActions": self.scoped,
                });
                return Reply { etag, ..Reply::json(json!({ "value": [scope] })) };
            }
            if seen.url.ends_with("/contentActivities") {
                return Reply::new(201, json!({ "id": "1" }));
            }
            Reply::json(self.answers.get(seen.before).or(self.answers.last()).expect("an answer"))
        })
    }
}

/// What was sent after the tokens, as the last segment of the URL and the headers that steer.
fn log(bench: &Bench) -> Vec<String> {
    let line = |request: &Outgoing| {
        let seen = seen(request, 0);
        let what = seen.url.rsplit('/').next().unwrap_or_default().to_owned();
        let inline = if seen.header("prefer") == Some("evaluateInline") { " inline" } else { "" };
        let tag = seen.header("if-none-match").map(|tag| format!(" {tag}")).unwrap_or_default();
        format!("{what}{inline}{tag}")
    };
    bench.memory.sent().iter().filter(|request| request.url != TOKEN_URL).map(line).collect()
}

fn user() -> Rc<Dlp> {
    Rc::new(Dlp { cache_ms: 0, ..purview(true, false) })
}

fn agents() -> Rc<Dlp> {
    Rc::new(Dlp { cache_ms: 0, ..purview(false, true) })
}

#[test]
fn content_is_judged_inline_before_scopes_are_known_and_with_their_tag_after() {
    let bench = graph().bench();
    for _ in 0..2 {
        assert_eq!(bench.hello(&user()), (Verdict::Pass, None));
    }
    assert_eq!(log(&bench), ["processContent inline"; 2]);
    bench.behind();
    assert_eq!(log(&bench).pop().as_deref(), Some("compute"), "asked for once");
    assert_eq!(bench.hello(&user()), (Verdict::Pass, None));
    assert_eq!(log(&bench).pop().as_deref(), Some("processContent inline e1"));
    bench.memory.advance(4 * 3_600_000 - 1_000);
    bench.hello(&user());
    assert_eq!(log(&bench).pop().as_deref(), Some("processContent inline e1"));
    bench.memory.advance(1_000);
    bench.hello(&user());
    assert_eq!(log(&bench).pop().as_deref(), Some("processContent inline"), "four hours are over");
    bench.behind();
    bench.hello(&user());
    assert_eq!(log(&bench)[5..], ["processContent inline", "compute", "processContent inline e2"]);
}

#[test]
fn what_blocks_and_what_does_not() {
    let none = json!([]);
    for (scoped, answered, blocks) in [
        (&none, forbidding(), true),
        (&none, json!([{ "action": "blockAccess" }]), true),
        (&none, json!([{ "action": "restrictAccess", "restrictionAction": "Block" }]), true),
        (&none, json!([{ "action": "audit" }, { "action": "blockAccess" }]), true),
        (&none, json!([{ "action": "restrictAccess", "restrictionAction": "warn" }]), false),
        (&none, json!([{ "action": "restrictAccess", "restrictionAction": "audit" }]), false),
        (&none, json!([{ "action": "notifyUser" }, { "later": 1 }]), false),
        (&none, json!([]), false),
        (&none, json!(null), false),
        (&forbidding(), json!([]), true),
        (&json!([{ "action": "audit" }]), json!([]), false),
    ] {
        let answer = json!({ "protectionScopeState": "notModified", "policyActions": answered });
        let bench = Graph { scoped: scoped.clone(), answers: vec![answer], ..graph() }.bench();
        bench.hello(&user());
        bench.behind();
        let expected = if blocks { block() } else { Verdict::Pass };
        assert_eq!(bench.hello(&user()), (expected, None), "{scoped} {answered}");
    }
    // Scopes that forbid need no verdict, and content is shown all the same.
    for mode in ["evaluateInline", "evaluateOffline"] {
        let answers = vec![graph().answers[0].clone(), json!("none")];
        let bench = Graph { mode, scoped: forbidding(), answers, ..graph() }.bench();
        bench.hello(&user());
        bench.behind();
        assert_eq!(bench.hello(&user()), (block(), None), "{mode}");
        bench.behind();
        assert_eq!(log(&bench), ["processContent inline", "compute", "processContent e1"], "{mode}");
    }
    // Whatever else went wrong.
    let answer = json!({ "policyActions": forbidding(), "processingErrors": [{ "code": "x" }] });
    assert_eq!(Graph { answers: vec![answer], ..graph() }.bench().hello(&user()), (block(), None));
}

#[test]
fn scopes_that_do_not_hold_any_more_are_dropped_and_content_is_judged_once_more() {
    let clear = graph().answers[0].clone();
    for (second, expected) in [
        (clear.clone(), Verdict::Pass),
        (json!({ "protectionScopeState": "notModified", "policyActions": forbidding() }), block()),
        // Once more is enough.
        (modified(), Verdict::Pass),
    ] {
        let bench =
            Graph { answers: vec![clear.clone(), modified(), second, clear.clone()], ..graph() }.bench();
        bench.hello(&user());
        bench.behind();
        assert_eq!(bench.hello(&user()), (expected, None));
        // Dropped at once, not only when there are others.
        bench.hello(&user());
        bench.behind();
        bench.hello(&user());
        let expected = [
            "processContent inline",
            "compute",
            "processContent inline e1",
            "processContent inline",
            "processContent inline",
            "compute",
            "processContent inline e2",
        ];
        assert_eq!(log(&bench), expected);
    }
    // Without a tag nothing was said of any scopes.
    let bench = Graph { answers: vec![modified()], etags: &[], ..graph() }.bench();
    bench.hello(&user());
    bench.behind();
    assert_eq!(bench.hello(&user()), (Verdict::Pass, None));
    assert_eq!(log(&bench), ["processContent inline", "compute", "processContent inline"]);
}

#[test]
fn nobody_waits_for_offline_scopes() {
    let forbids = json!({ "protectionScopeState": "modified", "policyActions": forbidding() });
    let answers = vec![graph().answers[0].clone(), forbids];
    // Its verdict is kept by nobody, so that the same content is shown again.
    let dlp = Rc::new(Dlp { cache_ms: 60_000, ..purview(true, false) });
    let bench = Graph { mode: "evaluateOffline", answers, ..graph() }.bench();
    bench.inspect(&dlp, &about(), r#"["first"]"#);
    bench.behind();
    for _ in 0..2 {
        assert_eq!(bench.hello(&dlp), (Verdict::Pass, None));
    }
    assert_eq!(log(&bench), ["processContent inline", "compute"]);
    bench.behind();
    let behind = ["processContent e1", "processContent", "processContent e1", "processContent"];
    assert_eq!(log(&bench)[2..], behind, "modified: once more");
    // What is shown there says what it is of.
    let shown = bench.sent("/processContent").pop().expect("a request").json();
    assert_eq!(shown["contentToProcess"]["contentEntries"][0]["content"]["data"], "q: hello");
    bench.hello(&dlp);
    assert_eq!(log(&bench).pop().as_deref(), Some("processContent inline"), "the scopes were dropped");
}

#[test]
fn content_of_no_scope_is_recorded_behind_the_answer() {
    for graph in [
        Graph { location: "another-app", ..graph() },
        Graph { activities: "downloadText, uploadFile", ..graph() },
        Graph { activities: "none", scoped: forbidding(), ..graph() },
    ] {
        let bench = graph.bench();
        bench.hello(&user());
        bench.behind();
        assert_eq!(bench.hello(&user()), (Verdict::Pass, None));
        assert_eq!(log(&bench), ["processContent inline", "compute"]);
        bench.behind();
        let recorded = bench.sent("/activities/contentActivities").pop().expect("a record");
        assert_eq!(recorded.url, format!("{USER}/activities/contentActivities"));
        let body = recorded.json();
        assert_eq!(body["userId"], "user-1");
        assert_eq!(body["contentMetadata"]["contentEntries"][0]["content"]["data"], "q: hello");
    }
}

#[test]
fn scopes_are_read_with_care() {
    for (mode, location, activities, expected) in [
        ("evaluateInline", "APP-1", "uploadtext", "processContent inline e1"),
        ("evaluateSomehow", "app-1", "uploadText", "processContent inline e1"),
        ("", "app-1", "uploadText", "processContent inline e1"),
        ("evaluateInline", "All", " uploadText ", "processContent inline e1"),
    ] {
        let bench = Graph { mode, location, activities, ..graph() }.bench();
        bench.hello(&user());
        bench.behind();
        bench.hello(&user());
        assert_eq!(log(&bench).pop().as_deref(), Some(expected), "{mode} {location} {activities}");
    }
}

#[test]
fn scopes_that_cannot_be_had_are_not_asked_for_all_the_time() {
    for reply in [Reply::new(500, ""), Reply::json("[]"), Reply { delay_ms: 60_000, ..Reply::json("{}") }] {
        let bench = bench(move |seen| match seen.url.ends_with("/compute") {
            true => reply.clone(),
            false => Reply::json(r#"{"policyActions":[]}"#),
        });
        for _ in 0..3 {
            assert_eq!(bench.hello(&user()), (Verdict::Pass, None));
            bench.behind();
        }
        let asked = bench.sent("/compute").len();
        assert!((1..=2).contains(&asked), "{asked}: once, and once more if it did not work");
        bench.memory.advance(10_000);
        bench.hello(&user());
        bench.behind();
        assert_eq!(bench.sent("/compute").len(), 2 * asked);
    }
}

#[test]
fn users_are_apart() {
    let bench = graph().bench();
    bench.hello(&user());
    bench.behind();
    let other = About { user: "jo/../x?y", ..about() };
    bench.inspect(&user(), &other, r#"["a"]"#);
    let last = bench.memory.sent().pop().expect("a request").url;
    assert_eq!(
        last,
        "https://dlp.example/v1.0/users/jo%2F..%2Fx%3Fy/dataSecurityAndGovernance/processContent"
    );
    assert_eq!(log(&bench).pop().as_deref(), Some("processContent inline"), "no scopes of another");
    let nobody = About { user: "", ..about() };
    let (verdict, note) = bench.inspect(&user(), &nobody, r#"["a"]"#);
    assert_eq!((verdict, note.and_then(|note| note.why)), (block(), Some(Why::NoUser)));
}

#[test]
fn agents_and_tools_are_places_of_their_own() {
    for (location, expected) in [
        ("agent-1", "processContent inline e1"),
        ("find@crm", "processContent inline e1"),
        ("crm__find@crm", "processContent inline"),
        ("app-1", "processContent inline e1"),
        ("another@crm", "processContent inline"),
    ] {
        let bench = Graph { location, ..graph() }.bench();
        let about = About { user: "", ..about() };
        bench.inspect(&agents(), &about, r#"["a"]"#);
        bench.behind();
        let (verdict, note) = bench.inspect(&agents(), &about, r#"["a"]"#);
        assert_eq!((verdict, note.and_then(|note| note.why)), (Verdict::Pass, None));
        bench.behind();
        let judged = log(&bench).into_iter().rfind(|line| line.starts_with("process"));
        assert_eq!(judged.as_deref(), Some(expected), "{location}");
        // Records belong to users.
        assert!(bench.sent("/contentActivities").is_empty(), "{location}");
        let urls: Vec<String> = bench.memory.sent().into_iter().map(|request| request.url).collect();
        assert!(urls.contains(&format!("{AGENTS}/processContent")), "{urls:?}");
        assert!(urls.contains(&format!("{AGENTS}/protectionScopes/compute")), "{urls:?}");
    }
}

#[test]
fn the_first_request_has_the_token_to_itself() {
    let bench = bench(|seen| match seen.header("authorization") {
        Some("Bearer t0") => Reply::new(401, ""),
        _ => Reply::json(r#"{"policyActions":[],"value":[]}"#),
    });
    assert_eq!(bench.hello(&user()), (Verdict::Pass, None));
    bench.behind();
    assert_eq!(bench.sent("/token").len(), 2, "one, and one more for the refused one");
}
