//! The policy against its form in Python: predictions and evidence that `deploy/model/cases.py` wrote down.

use postern_semantic::agreement::{BANDS, Band, predict};
use postern_semantic::evidence::{Evidence, Terms, Witness};
use postern_semantic::group::{Body, Digest, Fresh, Group, Life};
use postern_semantic::model::{Embedding, Weights};
use serde_json::{Value, json};

const CASES: &str = include_str!("cases/reference.json");
const WEIGHTS: [(&str, &str); 2] = [
    ("encoder", "4.833 -7.707 -7.695 3.473 -4.694 -11.536 -2.221 8.109 10.456 2.012 1.955"),
    ("static", "3.578 0.603 -17.347 3.419 -2.0 -10.94 5.445 -1.802 15.757 1.874 0.679"),
];

fn cases(of: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(CASES).expect("JSON");
    let cases = all[of].as_array().expect("cases").clone();
    assert!(cases.len() >= 30, "{} {of}", cases.len());
    cases
}

/// The numbers of a list.
fn list(case: &Value, key: &str) -> Vec<f64> {
    case[key].as_array().expect(key).iter().map(|one| one.as_f64().expect(key)).collect()
}

/// A vector of one dimension; the product of two is that of their sizes.
fn vector(size: f64) -> Embedding {
    #[allow(clippy::cast_possible_truncation)]
    Embedding { scale: (size / 127.0) as f32, values: vec![127] }
}

#[test]
fn predictions_are_those_of_the_reference() {
    for case in cases("predictions") {
        let (_, weights) = WEIGHTS.iter().find(|(name, _)| case["model"] == *name).expect("a model");
        let weights = Weights::read(weights).expect("weights");
        let mut group = Group::default();
        for (at, (similar, answer)) in
            list(&case, "similar").into_iter().zip(list(&case, "answers")).enumerate()
        {
            let answer = Digest::of(answer.to_string().as_bytes());
            let (text, vector, body) =
                (Digest::of(&[at as u8]), Some(vector(similar)), Body::Here(Vec::new()));
            let fresh = Fresh { text, vector, answer, body, created_ms: 0, expires_ms: 9, kept_ms: 9 };
            group.insert(fresh, 0);
        }
        let nearest = group.nearest(&Digest::of(b"another"), &vector(1.0), Life::Fresh, 1);
        let got = predict(&nearest, &weights).expect("a prediction");
        let predicted = case["predicted"].to_string();
        assert_eq!(got.found.answer.digest, Digest::of(predicted.as_bytes()), "{case}");
        let error = case["error"].as_f64().expect("an error");
        assert!((got.error - error).abs() < 1e-5, "{} is not {error}: {case}", got.error);
    }
}

#[test]
fn bands_open_and_close_where_those_of_the_reference_do() {
    for case in cases("evidence") {
        let bound = case["bound"].as_f64().expect("a bound");
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let terms = Terms { max_error: (bound * 1e6).round() as u32, basis: 1 };
        let (mut changes, mut open) = (vec![Vec::new(); BANDS], [false; BANDS]);
        let mut evidence = Evidence::default();
        for (pair, code) in (1..).zip(case["pairs"].as_str().expect("pairs").bytes()) {
            let code = usize::from(code - b'0');
            let (band, wrong) = (Band::ALL[code % BANDS], code >= BANDS);
            let standing = evidence.apply(&terms, &[Witness { band, pair, wrong }]);
            for ((changes, open), seen) in changes.iter_mut().zip(&mut open).zip(standing.bands) {
                if seen.open != *open {
                    *open = seen.open;
                    changes.push(pair);
                }
            }
        }
        assert_eq!(json!(changes), case["changes"], "at {bound}");
    }
}
