//! The model of the repository, against what onnxruntime makes of it: components 0, 1, 2, 100, 254 and 255 of a text's
//! vector, from `deploy/model/embed.py`.

use postern_semantic::model::Model;

const EXPECTED: [(&str, [f32; 6]); 4] = [
    (
        "How do I reset my password?",
        [0.196_517_07, 0.444_950_37, -0.136_618_33, 0.034_103_64, -0.057_867_99, 0.009_611_288],
    ),
    (
        "book a meeting room for 12 people on the 3rd floor",
        [-0.208_660_08, 0.199_077_89, -0.207_375_44, 0.099_385_38, -0.021_227_641, 0.023_484_25],
    ),
    (
        "Überprüfung der Rechnung",
        [0.481_487_57, 0.210_226_64, -0.077_637_51, 0.008_065_265, -0.035_004_422, -0.011_337_258],
    ),
    ("refund", [0.292_593_75, 0.245_999_92, -0.143_890_46, -0.082_473_435, -0.019_793_509, -0.054_521_453]),
];

#[test]
fn the_static_model_makes_onnxruntimes_vectors() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/model/static.onnx");
    let mut model = Model::load(std::fs::read(path).unwrap()).unwrap();
    assert_eq!((model.name(), model.dimensions()), ("static", 256));
    for (text, expected) in EXPECTED {
        let vector = model.vector(text).unwrap();
        let made = [0, 1, 2, 100, 254, 255].map(|at| vector[at]);
        let far = made.iter().zip(expected).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
        assert!(far < 1e-6, "{text}: {made:?}, not {expected:?}");
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-5, "{text}: {length}");
    }
    let mut cosine = |a: &str, b: &str| model.embed(a).unwrap().cosine(&model.embed(b).unwrap());
    let (near, far) = (cosine("reset my password", "password reset"), cosine("reset my password", "refund"));
    assert!(near > far + 0.3, "{near} {far}");
}
