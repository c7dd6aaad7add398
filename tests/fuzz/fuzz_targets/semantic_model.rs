//! Any file as a model: never a panic, and a model that loads makes vectors or says why not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_semantic::model::Model;

fuzz_target!(|file: &[u8]| {
    let Ok(mut model) = Model::load(file.to_vec()) else { return };
    for text in ["how to reset", "a", "a a a a a a a a a a a a a a a a a"] {
        if let Ok(embedding) = model.embed(text) {
            assert_eq!(embedding.values.len(), model.dimensions());
            let length = embedding.cosine(&embedding);
            assert!((0.9..1.1).contains(&length), "a vector of length {length}");
        }
    }
});
