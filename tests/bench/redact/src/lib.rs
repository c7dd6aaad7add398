//! Redaction as a wasm module: what `run.mjs` measures, and what `same.mjs` compares with native code.

#[allow(dead_code, reason = "the native benchmark uses all of it")]
#[path = "../../../../shared/redact/benches/texts/mod.rs"]
mod texts;

#[path = "../../../../edge/allocator.rs"]
mod allocator;

#[cfg(feature = "rivals")]
mod rivals;
mod same;

use postern_redact::operators::{
    Direction, Key, Keys, Mask, Operator, Outcome, Replacer, Scope, restore, restore_digits,
};
use postern_redact::{Context, Custom, Engine, Replacement};
use std::sync::{LazyLock, Mutex, PoisonError};

struct Work {
    engine: Engine,
    /// Clean text, clean JSON, text with a value per 200 bytes, such JSON.
    texts: [String; 4],
}

static WORK: LazyLock<Work> = LazyLock::new(|| Work {
    engine: Engine::new(None, 65),
    texts: [texts::prose(false), texts::json(false), texts::prose(true), texts::json(true)],
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

/// Redacts a document with echoes and everything that a tenant may ask for, and restores it; returns the bytes of that.
/// Nobody measures it: it is here so that the module has all of redaction, as a gateway has.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn everything(which: usize, bytes: usize) -> usize {
    let text = beginning(which, bytes);
    let custom = Custom { name: "MINE".to_owned(), pattern: text.to_owned(), ..Custom::default() };
    let (Ok(engine), Ok(key)) = (Engine::new(None, 65).with(&[custom]), Key::new("k", text.as_bytes()))
    else {
        return 0;
    };
    let Ok(keys) = Keys::new(key, Vec::new()) else { return 0 };
    let scope = Scope { tenant: text, agent: text, direction: Direction::Response };
    let mut replacer = Replacer::new(Some(&keys), scope);
    let operators = [
        Operator::Mask(Mask::LAST_FOUR),
        Operator::Tag,
        Operator::Hash,
        Operator::Token,
        Operator::Preserve,
        Operator::Synthetic,
        Operator::Drop,
    ];
    let mut turns = operators.iter().cycle();
    let redacted = engine.redact_json_with_echoes(text, &Context::default(), &mut |finding, value, _| {
        let operator = turns.next().unwrap_or(&Operator::Tag);
        match replacer.apply(operator, finding.entry.name, value) {
            Outcome::Replace(text) => Replacement::Text(text),
            _ => Replacement::Remove,
        }
    });
    let redacted = redacted.unwrap_or_default();
    restore(&keys, &scope, &redacted).0.len()
        + restore_digits(&keys, &scope, "CREDIT_CARD", text).map_or(0, |text| text.len())
}

/// A text of others.
static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Makes room for a text of so many bytes, all zero; returns where to put it.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    let mut input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
    *input = vec![0; bytes];
    input.as_mut_ptr()
}

/// How many bytes of a word are looked at together: 16 with SIMD.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn block() -> usize {
    same::BLOCK
}

/// The digest of the words of the text; 0 if this module itself has two opinions.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn words() -> u64 {
    same::words(&INPUT.lock().unwrap_or_else(PoisonError::into_inner)).unwrap_or(0)
}

/// The digest of the findings in the text.
#[allow(unsafe_code, reason = "the name is the interface")]
#[unsafe(no_mangle)]
pub extern "C" fn findings() -> u64 {
    same::findings(&INPUT.lock().unwrap_or_else(PoisonError::into_inner)).0
}
