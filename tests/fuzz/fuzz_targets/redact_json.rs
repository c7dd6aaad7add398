//! Any JSON: what was JSON stays JSON, and only what was found has changed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_redact::{Context, Engine, Replacement};
use serde_json::Value;
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(None, 65));

fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = std::str::from_utf8(bytes) else { return };
    let parses = serde_json::from_str::<Value>(json);
    let mut values = 0;
    let redacted = ENGINE.redact_json(json, &Context::default(), &mut |finding, _, _| {
        values += 1;
        Replacement::Text(format!("[{}_{values}]", finding.entry.name))
    });
    let Ok(before) = parses else { return };
    let all = [Replacement::Remove, Replacement::Null, Replacement::Remove, Replacement::Zero];
    let mut turns = all.iter().cycle();
    let removed = ENGINE.redact_json_with_echoes(json, &Context::default(), &mut |_, _, _| {
        turns.next().cloned().unwrap_or(Replacement::Keep)
    });
    if let Some(removed) = removed {
        serde_json::from_str::<Value>(&removed).expect("it was JSON");
    }
    let Some(redacted) = redacted else { return };
    let after = serde_json::from_str::<Value>(&redacted).expect("it was JSON");
    assert!(alike(&before, &after), "{json} became {redacted}");
});

/// Whether two values are the same but for strings, numbers that have become strings, and names.
fn alike(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(before, after)| alike(before, after))
        }
        // Two names may have the same tag, of which the last counts.
        (Value::Object(before), Value::Object(after)) => {
            let same = |name: &String| match (before.get(name), after.get(name)) {
                (Some(before), Some(after)) => alike(before, after),
                _ => true,
            };
            after.len() <= before.len() && before.keys().all(same)
        }
        (Value::String(_) | Value::Number(_), Value::String(_)) => true,
        (before, after) => before == after,
    }
}
