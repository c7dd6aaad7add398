//! What `run.mjs` measures: redaction as a wasm module.

#[allow(dead_code, reason = "the native benchmark uses all of it")]
#[path = "../../../../shared/redact/benches/texts/mod.rs"]
mod texts;

use postern_redact::{Context, Engine, Replacement};
use regex_lite::Regex;
use std::sync::LazyLock;

struct Work {
    engine: Engine,
    /// Clean text, clean JSON, text with a value per 200 bytes, such JSON.
    texts: [String; 4],
    patterns: Vec<Regex>,
}

static WORK: LazyLock<Work> = LazyLock::new(|| Work {
    engine: Engine::new(None, 65),
    texts: [texts::prose(false), texts::json(false), texts::prose(true), texts::json(true)],
    patterns: texts::patterns(),
});

/// The beginning of a text: `bytes` of it, or all.
fn beginning(which: usize, bytes: usize) -> &'static str {
    let text = WORK.texts.get(which).map_or("", String::as_str);
    text.get(..text.floor_char_boundary(bytes.min(text.len()))).unwrap_or("")
}

/// Bytes of a text; makes all of them at the first call.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn size(which: usize) -> usize {
    beginning(which, usize::MAX).len()
}

/// Redacts the beginning of a text; returns how many values were replaced.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn redact(which: usize, bytes: usize) -> usize {
    let mut found = 0;
    let mut replace = |finding: &postern_redact::Finding<'_>, _: &str, _: &postern_redact::Path<'_>| {
        found += 1;
        Replacement::Text(format!("[{}_{found}]", finding.entry.name))
    };
    let (text, context) = (beginning(which, bytes), Context::default());
    // A beginning of JSON is none.
    let redacted = if which % 2 == 1 && bytes >= text.len() {
        WORK.engine.redact_json(text, &context, &mut replace)
    } else {
        WORK.engine.redact_text(text, &context, &mut replace)
    };
    std::hint::black_box(redacted);
    found
}

/// Looks for forty patterns with regex-lite, one after the other.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn patterns(which: usize, bytes: usize) -> usize {
    WORK.patterns.iter().map(|pattern| pattern.find_iter(beginning(which, bytes)).count()).sum()
}
