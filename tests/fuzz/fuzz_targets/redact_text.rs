//! Any text: findings are whole characters in their order, apart from each other, and a tag in a value's place is none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_redact::{Context, Engine, Profile, Replacement};
use std::sync::LazyLock;

static STRICT: LazyLock<Engine> = LazyLock::new(|| Engine::new(None, 65));
static SECRETS: LazyLock<Engine> = LazyLock::new(|| Engine::new(Some(Profile::Secrets), 65));

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    // A line of its own names the field that the rest stands in.
    let (field, text) = text.split_once('\n').unwrap_or(("", &text));
    let path = [field];
    let context = Context { path: &path, about: "" };
    for engine in [&*STRICT, &*SECRETS] {
        let mut end = 0;
        for finding in engine.find(text, &context) {
            assert!(finding.start >= end && finding.end > finding.start, "{finding:?}");
            assert!(text.get(finding.start..finding.end).is_some(), "{finding:?}");
            end = finding.end;
        }
        let mut values = 0;
        let redacted = engine.redact_text(text, &context, &mut |finding, _, _| {
            values += 1;
            Replacement::Text(format!("[{}_{values}]", finding.entry.name))
        });
        assert_eq!(redacted.is_some(), values > 0);
    }
});
