//! External inspection over real connections: every fake of the harness, and the analyzer of Presidio itself.

mod fakes;
mod presidio;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use postern::compile::check;
use postern::dlp::{About, Direction, Inspectors, Note, Verdict};
use postern::tenant::Dlp;
use postern_tests::native::Native;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

/// The service that these lines describe.
fn dlp(settings: &str) -> Rc<Dlp> {
    let text = format!(
        "version = 1\n[tenants.acme]\nanonymous = true\nhosts = [\"gw.example\"]\n\
         [tenants.acme.agents.anonymous]\nallow = [\"*\"]\n\
         [tenants.acme.upstreams.crm]\nurl = \"https://crm.example/mcp\"\n[tenants.acme.dlp.guard]\n{settings}"
    );
    let secrets = |name: &str| (name == "DLP").then(|| "dlp-canary".to_owned());
    let (bundle, _) = check(&text, &secrets).unwrap_or_else(|problems| panic!("{settings}\n{problems}"));
    Rc::clone(&bundle.tenants[0].dlp["guard"])
}

/// What is inspected for whom, on the native platform.
struct Bench {
    platform: Native,
    inspectors: Inspectors,
}

impl Bench {
    fn new() -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        Self { platform: Native::new(log, HashMap::new(), HashMap::new()), inspectors: Inspectors::new() }
    }

    async fn inspect(&self, dlp: &Rc<Dlp>, json: &str) -> (Verdict, Note) {
        let about = About {
            tenant: "acme",
            agent: "agent-1",
            user: "user-1",
            tool: "crm__find",
            server: "crm",
            direction: Direction::Response,
            local: false,
            request: "00112233445566778899aabb",
        };
        let (verdict, note) = self.inspectors.inspect(&self.platform, dlp, &about, json).await;
        (verdict, note.expect("a note"))
    }
}

/// Runs a test on one thread, as an edge does.
fn run<F: Future>(test: F) -> F::Output {
    LocalSet::new().block_on(&Builder::new_current_thread().enable_all().build().expect("a runtime"), test)
}
