//! A labelled corpus of short mixed documents, and what the engine finds in it.
//!
//! `cargo test -p postern-redact --test corpus -- --nocapture` prints the report. Variables of the environment:
//! `CORPUS_SEED`, `CORPUS_EACH` (documents per type), `CORPUS_SHOW` (examples per type in the report),
//! `CORPUS_ONLY` (kinds whose name contains this).

mod again;
mod digits;
mod documents;
mod noise;
mod rng;
mod score;
mod styles;
mod values;

use documents::corpus;
use postern_redact::Engine;
use score::{Look, Score, as_text, walked};

/// What must be reached, of typed recall and of precision, by the profile `standard`.
const FLOOR: f64 = 0.97;

fn variable(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn recall_and_precision() {
    let only = std::env::var("CORPUS_ONLY").unwrap_or_default();
    let mut kinds = values::kinds();
    kinds.retain(|kind| kind.name.contains(&only));
    let documents = corpus(variable("CORPUS_SEED", 7) as u64, variable("CORPUS_EACH", 60), &kinds);
    let (strict, standard) = (Engine::new(None, 65), Engine::new(None, 75));
    // As the gateway and the command line do it.
    let score = Score::of(walked, &standard, &documents);
    println!("{}", score.report(&documents, variable("CORPUS_SHOW", 3)));
    for (name, engine, look) in [
        ("strict (65), as text", &strict, as_text as Look),
        ("strict (65)", &strict, walked),
        ("standard (75), as text", &standard, as_text),
    ] {
        println!("profile {name:<23} {}", Score::of(look, engine, &documents).line());
    }
    println!("profile {:<23} {}", "standard (75)", score.line());
    assert!(score.recall() >= FLOOR, "typed recall {:.4}", score.recall());
    assert!(score.precision() >= FLOOR, "precision {:.4}", score.precision());
}

#[test]
fn the_same_seed_makes_the_same_corpus() {
    let kinds = values::kinds();
    let (one, two) = (corpus(1, 2, &kinds), corpus(1, 2, &kinds));
    assert!(one.iter().zip(&two).all(|(one, two)| one.text == two.text));
    assert!(one.iter().all(|document| document.labels.iter().all(|label| label.end <= document.text.len())));
}
