//! Any question: no panic, folding settles at once, pieces are within bounds, and what is exactly the same has the same facts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_semantic::facts::{self, Kind};
use postern_semantic::fold;
use postern_semantic::text::{Argument, Free, Options, Question, Value};
use postern_semantic::token::Vocabulary;
use std::sync::LazyLock;

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let pieces = include_str!("../../../shared/semantic/tests/cases/vocabulary.txt");
    Vocabulary::new(pieces.to_owned()).expect("a vocabulary")
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    // A line of its own is another argument.
    let (a, b) = text.split_once('\n').unwrap_or((&text, ""));
    let folded = fold::fold(a);
    assert_eq!(fold::fold(&folded), folded);
    if let Ok(ids) = VOCABULARY.pieces(a, 256) {
        assert!(
            !ids.is_empty() && ids.len() <= 256 && ids.iter().all(|id| (*id as usize) < VOCABULARY.len())
        );
    }
    let _ = Vocabulary::new(text.clone().into_owned()).map(|vocabulary| vocabulary.pieces(a, 64));
    assert_eq!(facts::read(a, true), facts::read(a, true));
    assert!(facts::read(a, false).iter().all(|fact| fact.kind != Kind::Name));
    let options = Options { fold: true, names: true, day: "2026-11-29" };
    let argument = |name, value, free| Argument { name, value: Value::Text(value), free };
    let one = [argument("a", a, Free::Perhaps), argument("b", b, Free::Always)];
    let two = [argument("b", b, Free::Always), argument("a", a, Free::Perhaps)];
    let (first, second) = (Question::read(&one, &options), Question::read(&two, &options));
    assert_eq!(first.exact(), second.exact());
    // Where a value ends is part of what is equal.
    let literal =
        |a, b| Question::read(&[argument("a", a, Free::Never), argument("b", b, Free::Never)], &options);
    assert!(b.is_empty() || literal(&format!("{a}{b}"), "").exact() != literal(a, b).exact());
});
