//! Where settings come from, what is served without them, and when they are read again.

#[cfg(feature = "jwt")]
mod bundles;
mod streams;

use super::Serving;
use crate::arrival::Head;
use crate::mcp::headers::Headers;
use crate::memory::Memory;
use crate::platform::{Body, FetchError};
use std::rc::Rc;

const KEYS: &str = "k:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

fn settings(tenant: &str, more: &str) -> String {
    format!(
        "version = 1\n[tenants.{tenant}]\npath = '/{tenant}'\nhosts = ['gw']\nanonymous = true\n\
         [tenants.{tenant}.agents.anonymous]\nallow = ['*']\n\
         [tenants.{tenant}.upstreams.a]\nurl = 'https://up.example/mcp'\n{more}"
    )
}

struct Nothing;

impl Body for Nothing {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        Ok(None)
    }
}

/// The status of a GET: 405 where there is an endpoint, 404 where there is none, 503 without settings.
fn status(memory: &Memory, serving: &Rc<Serving>, path: &str) -> u16 {
    let head = Head {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: false,
        secure: true,
        headers: Headers::from_pairs([("host", "gw")]),
    };
    let status = memory.run(serving.handle(memory, head, Nothing)).status;
    memory.run(memory.run_effects());
    status
}

#[test]
fn nothing_is_served_without_settings_that_compile() {
    let credential = "credential = { bearer = 'secret:TOKEN' }";
    // (variables, what the log says)
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[], "POSTERN_CONFIG is not set"),
        (&[("POSTERN_CONFIG", " ")], "POSTERN_CONFIG is not set"),
        (&[("POSTERN_CONFIG", "kv:a")], "POSTERN_CONFIG names kv:a, and nothing is there: set the variable"),
        (&[("POSTERN_CONFIG", "kv:a"), ("kv:a", "version = 2")], "version"),
        (&[("POSTERN_CONFIG", &settings("one", "")), ("POSTERN_SEAL_KEYS", "")], "POSTERN_SEAL_KEYS: "),
        (&[("POSTERN_CONFIG", &settings("one", credential))], "the secret TOKEN does not exist"),
        (&[("POSTERN_CONFIG", &settings("one", ""))], "POSTERN_SEAL_KEYS is not set"),
    ];
    for (variables, said) in table {
        let (memory, serving) = (Memory::new(), Rc::<Serving>::default());
        variables.iter().for_each(|(name, value)| memory.set_variable(name, value));
        assert_eq!(status(&memory, &serving, "/one"), 503, "{said}");
        let warnings = memory.warnings().join("\n");
        assert!(warnings.contains(said), "{said}: {warnings}");
    }
}

#[test]
fn settings_are_found_where_the_variable_says() {
    for (config, stored) in [("kv:a", true), ("", false)] {
        let (memory, serving) = (Memory::new(), Rc::<Serving>::default());
        let text = settings("one", "credential = { bearer = 'secret:TOKEN' }");
        memory.set_variable("POSTERN_CONFIG", if stored { config } else { &text });
        memory.set_variable("kv:a", &text);
        memory.set_variable("POSTERN_SEAL_KEYS", KEYS);
        memory.set_variable("TOKEN", "t");
        assert_eq!(status(&memory, &serving, "/one"), 405, "{:?}", memory.warnings());
        assert_eq!(status(&memory, &serving, "/two"), 404);
    }
}

#[test]
fn stored_settings_are_read_again_behind_a_request() {
    let (memory, serving) = (Memory::new(), Rc::<Serving>::default());
    memory.set_variable("POSTERN_CONFIG", "kv:a");
    memory.set_variable("POSTERN_SEAL_KEYS", KEYS);
    memory.set_variable("kv:a", &settings("one", ""));
    assert_eq!(status(&memory, &serving, "/one"), 405);
    memory.set_variable("kv:a", &settings("two", ""));
    // (time that passes, a path, what the old settings answer, what the next request is answered)
    for (ms, old, new) in [(30_000, 405, 405), (1, 405, 404)] {
        memory.advance(ms);
        assert_eq!(status(&memory, &serving, "/one"), old, "after {ms} ms");
        assert_eq!(status(&memory, &serving, "/one"), new, "after {ms} ms, behind the request");
    }
    // Bad ones are named and not taken, and neither are ones that have gone.
    for bad in ["version = 3", "no TOML"] {
        memory.set_variable("kv:a", bad);
        memory.advance(30_001);
        let before = memory.warnings().len();
        assert_eq!(status(&memory, &serving, "/two"), 405);
        assert_eq!(status(&memory, &serving, "/two"), 405);
        assert_eq!(memory.warnings().len(), before + 1, "{bad}");
        assert!(memory.warnings()[before].contains("the new settings are not taken"));
    }
}

#[test]
fn a_text_in_the_variable_itself_is_not_read_again() {
    let (memory, serving) = (Memory::new(), Rc::<Serving>::default());
    memory.set_variable("POSTERN_CONFIG", &settings("one", ""));
    memory.set_variable("POSTERN_SEAL_KEYS", KEYS);
    assert_eq!(status(&memory, &serving, "/one"), 405);
    memory.set_variable("POSTERN_CONFIG", &settings("two", ""));
    memory.advance(60_000);
    for _ in 0..2 {
        assert_eq!(status(&memory, &serving, "/one"), 405);
    }
}

#[test]
fn what_is_kept_in_accounts_is_refused_where_there_are_none() {
    let tool =
        "[tenants.one.tools.a__find]\ncache = { mode = 'serve' }\n[tenants.one.cache]\nmodel = 'static'\n";
    let limit = "[[tenants.one.limits]]\nname = 'daily'\nkind = 'quota'\nlimit = 5\nper = 'day'\n";
    for (more, said) in [
        (
            tool,
            "tenants.one.tools.a__find.cache.mode: evidence is kept in accounts, and this gateway has none; call set_ledger; or write `mode = \"exact\"`",
        ),
        (
            limit,
            "tenants.one.limits.0: limits are kept in accounts, and this gateway has none; call set_ledger; or write `on_fault = \"local\"`",
        ),
    ] {
        let (memory, serving) = (Memory::new(), Rc::<Serving>::default());
        memory.set_variable("POSTERN_CONFIG", &settings("one", more));
        memory.set_variable("POSTERN_SEAL_KEYS", KEYS);
        memory.set_ledger(Err(crate::error::LedgerFault::Absent));
        assert_eq!(status(&memory, &serving, "/one"), 503, "{more}");
        let warnings = memory.warnings().join("\n");
        assert!(warnings.contains(said), "{said}: {warnings}");
    }
}
