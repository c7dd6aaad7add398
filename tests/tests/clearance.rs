//! Callers of one shared call see each what they may: the upstream is asked once, and what is redacted is redacted for each.

use std::path::Path;

use postern_tests::case::Case;
use postern_tests::client;
use postern_tests::host::Kind;
use postern_tests::request;
use postern_tests::script;
use postern_tests::suite::{CANARY, Suite};
use postern_tests::upstream::Upstream;

/// Two agents who ask the same at the same time; the second one may see cards.
const CASE: &str = r#"
name = "shared"
settings = "modern"
era = "2026-07-28"
tenant = { redact = {}, tools = { a__echo = { coalesce = true } }, agents = { second = { clearance = ["CREDIT_CARD"] } } }
[[upstream.a]]
on = "tools/call"
delay_ms = 600
result = '{"resultType":"complete","content":[{"type":"text","text":"card 4539578763621486, jane@corp.example.org"}]}'
[[step]]
rpc = "tools/call"
id = "1"
params = '{"name":"a__echo","arguments":{"x":1}}'
[[step]]
who = "second"
rpc = "tools/call"
id = "2"
params = '{"name":"a__echo","arguments":{"x":1}}'
[[step]]
who = "narrow"
rpc = "tools/call"
id = "3"
params = '{"name":"a__echo","arguments":{"x":1}}'
"#;

async fn each_sees_what_it_may(kind: Kind) {
    let case: Case = toml::from_str(CASE).expect("a case");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let suite = Suite { cases: vec![case.clone()], ..Suite::read(&folder).expect("fixtures") };
    let upstream = Upstream::start(script::handler(&suite).expect("scripts")).expect("an upstream");
    let settings = script::settings(&suite, &format!("http://{}", upstream.address)).expect("settings");
    let host = kind.start(&settings).expect("a gateway");
    let mut known = std::collections::BTreeMap::new();
    let mut call = |at: usize| request::call(&case, &case.step[at], &mut known).expect("a call");
    let calls = [call(0), call(1), call(2)];
    let address = host.address();
    let [first, second, third] = &calls;
    let (first, second, third) = tokio::join!(
        client::send(address, first),
        client::send(address, second),
        client::send(address, third)
    );
    let texts = [first, second, third].map(|reply| reply.expect("an answer").text());
    for (at, cleared) in [(0, false), (1, true), (2, false)] {
        let text = &texts[at];
        assert_eq!(text.contains(CANARY), cleared, "{at}: {text}");
        assert_eq!(text.contains("[CREDIT_CARD_1]"), !cleared, "{at}: {text}");
        assert!(text.contains("[EMAIL_ADDRESS_1]") && !text.contains("jane@"), "{at}: {text}");
        assert!(text.contains(&format!("\"id\":{}", at + 1)), "{at}: {text}");
    }
    let seen = upstream.seen("/shared/a").into_iter().filter(|seen| seen.rpc == "tools/call").count();
    assert_eq!(seen, 1, "the call is shared");
    assert!(host.records().iter().all(|line| !line.contains(CANARY)));
}

fn run(kind: Kind) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(each_sees_what_it_may(kind));
}

#[test]
fn in_process() {
    run(Kind::InProcess);
}

#[test]
fn workerd() {
    run(Kind::Workerd);
}
