use super::{Model, ModelError, Unfit};

/// A field with bytes in it.
fn block(field: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![field << 3 | 2];
    let mut length = bytes.len();
    while length > 127 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(bytes);
    out
}

fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

fn node(operator: &str, inputs: &[&str], outputs: &[&str], attributes: &[(&str, u8)]) -> Vec<u8> {
    let mut out: Vec<u8> = inputs.iter().flat_map(|name| block(1, name.as_bytes())).collect();
    out.extend(outputs.iter().flat_map(|name| block(2, name.as_bytes())));
    out.extend(block(4, operator.as_bytes()));
    for (name, value) in attributes {
        out.extend(block(5, &[block(1, name.as_bytes()), number(3, *value)].concat()));
    }
    block(1, &out)
}

fn initializer(name: &str, kind: u8, shape: &[u8], raw: &[u8]) -> Vec<u8> {
    let shape = shape.iter().flat_map(|length| number(1, *length));
    let fields = [number(2, kind), block(8, name.as_bytes()), block(9, raw)].concat();
    block(5, &shape.chain(fields).collect::<Vec<u8>>())
}

/// An input (11) or output (12) with two dimensions, of which the last one may be known.
fn slot(field: u8, name: &str, kind: u8, last: Option<u8>) -> Vec<u8> {
    let open = block(1, &block(2, b"n"));
    let last = last.map_or(open.clone(), |length| block(1, &number(1, length)));
    let kind = block(1, &[number(1, kind), block(2, &[open, last].concat())].concat());
    block(field, &[block(1, name.as_bytes()), block(2, &kind)].concat())
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A model in parts, so that a test can spoil one of them.
struct Parts {
    opset: u8,
    graph: Vec<Vec<u8>>,
    properties: Vec<(&'static str, String)>,
}

impl Parts {
    fn file(&self) -> Vec<u8> {
        let import = block(8, &[block(1, b""), number(2, self.opset)].concat());
        let pair = |(name, value): &(&str, String)| {
            block(14, &[block(1, name.as_bytes()), block(2, value.as_bytes())].concat())
        };
        let properties: Vec<u8> = self.properties.iter().flat_map(pair).collect();
        [number(1, 8), import, block(7, &self.graph.concat()), properties].concat()
    }

    fn error(&self) -> ModelError {
        match Model::load(self.file()) {
            Ok(_) => panic!("it was loaded"),
            Err(error) => error,
        }
    }
}

/// A table of four pieces, [1, 0], [0, 2], [3, 4] and [0, 0]: the sum of a text's pieces, made one long.
fn parts() -> Parts {
    let table = [1u8, 0, 0, 2, 3, 4, 0, 0];
    let graph = vec![
        slot(11, "input_ids", 7, None),
        slot(11, "attention_mask", 7, None),
        slot(12, "embedding", 1, Some(2)),
        initializer("table", 3, &[4, 2], &table),
        initializer("last", 7, &[1], &2i64.to_le_bytes()),
        initializer("over", 7, &[1], &1i64.to_le_bytes()),
        initializer("little", 1, &[], &floats(&[1e-12])),
        node("Gather", &["table", "input_ids"], &["rows"], &[("axis", 0)]),
        node("Cast", &["rows"], &["x"], &[("to", 1)]),
        node("Cast", &["attention_mask"], &["m"], &[("to", 1)]),
        node("Unsqueeze", &["m", "last"], &["m3"], &[]),
        node("Mul", &["x", "m3"], &["masked"], &[]),
        node("ReduceSum", &["masked", "over"], &["sum"], &[("keepdims", 0)]),
        node("Mul", &["sum", "sum"], &["square"], &[]),
        node("ReduceSum", &["square", "over"], &["squares"], &[("keepdims", 1)]),
        node("Add", &["squares", "little"], &["some"], &[]),
        node("Sqrt", &["some"], &["length"], &[]),
        node("Div", &["sum", "length"], &["embedding"], &[]),
    ];
    let properties = vec![
        ("postern.name", "tiny".to_owned()),
        ("postern.vocabulary", "red\ngreen\nblue\nnot".to_owned()),
        ("postern.weights", "0 1 2 3 4 5 6 7 8 9 10".to_owned()),
        ("postern.frame", String::new()),
    ];
    Parts { opset: 13, graph, properties }
}

#[test]
fn a_model_makes_vectors_of_texts() {
    let mut model = Model::load(parts().file()).unwrap();
    assert_eq!((model.name(), model.dimensions(), model.weights().constant), ("tiny", 2, 0.0));
    for (text, expected) in [
        ("red", [1.0, 0.0]),
        ("Blue", [0.6, 0.8]),
        ("green red", [1.0 / 5f32.sqrt(), 2.0 / 5f32.sqrt()]),
        ("blue blue", [0.6, 0.8]),
    ] {
        let vector = model.vector(text).unwrap();
        let near = vector.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-6);
        assert!(near && vector.len() == 2, "{text}: {vector:?}");
    }
    let (red, blue) = (model.embed("red").unwrap(), model.embed("blue").unwrap());
    assert!((red.cosine(&blue) - 0.6).abs() < 5e-3);
    for (text, unfit) in [
        ("", Unfit::Empty),
        ("not", Unfit::Empty),
        ("yellow", Unfit::Foreign),
        ("красный", Unfit::Foreign),
        (&"red ".repeat(257), Unfit::TooLong),
    ] {
        assert_eq!(model.embed(text), Err(unfit), "{text}");
    }
    assert!(model.embed(&"red ".repeat(256)).is_ok());
}

#[test]
fn models_are_told_apart() {
    let first = Model::load(parts().file()).unwrap();
    let mut other = parts();
    other.properties[0].1 = "tine".to_owned();
    let other = Model::load(other.file()).unwrap();
    assert_eq!(first.digest(), Model::load(parts().file()).unwrap().digest());
    assert_ne!(first.digest(), other.digest());
}

#[test]
fn a_text_stands_in_the_frame_of_its_model() {
    let mut framed = parts();
    framed.properties[3].1 = "cls sep".to_owned();
    assert_eq!(framed.error(), ModelError::Property("postern.vocabulary"));
    framed.properties[1].1 = "red\n[CLS]\n[SEP]\nnot".to_owned();
    let vector = Model::load(framed.file()).unwrap().vector("red").unwrap();
    // [1, 0] + [0, 2] + [3, 4]
    assert!((vector[0] - 4.0 / 52f32.sqrt()).abs() < 1e-6, "{vector:?}");
    framed.properties[3].1 = "cls".to_owned();
    assert_eq!(framed.error(), ModelError::Property("postern.frame"));
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let file = parts().file();
    for length in 0..file.len() {
        assert!(Model::load(file[..length].to_vec()).is_err(), "{length} of {} bytes", file.len());
    }
}

#[test]
fn what_is_wrong_is_named() {
    type Spoil = fn(&mut Parts);
    let cases: &[(Spoil, &str)] = &[
        (|parts| parts.opset = 12, "operator set 12"),
        (|parts| parts.opset = 22, "operator set 22"),
        (|parts| drop(parts.graph.remove(3)), "'table' is used before"),
        (|parts| parts.graph.swap(7, 8), "'rows' is used before"),
        (|parts| parts.graph[10] = node("Unsqueeze", &["m3", "last"], &["m3"], &[]), "'m3' is used before"),
        (
            |parts| parts.graph[9] = node("Cast", &["attention_mask"], &["x"], &[("to", 1)]),
            "'x' is made twice",
        ),
        (|parts| parts.graph.push(initializer("table", 3, &[1], &[1])), "'table' is made twice"),
        (|parts| parts.graph[16] = node("Exp", &["some"], &["length"], &[]), "operator Exp"),
        (|parts| parts.graph[16] = node("Sqrt", &["some", "some"], &["length"], &[]), "number of inputs"),
        (|parts| parts.graph[16] = node("Sqrt", &["some"], &["length", "more"], &[]), "number of inputs"),
        (|parts| parts.graph[8] = node("Cast", &["rows"], &["x"], &[("to", 10)]), "element type 10"),
        (|parts| parts.graph[8] = node("Cast", &["rows"], &["x"], &[("to", 1), ("how", 1)]), "attribute how"),
        (|parts| parts.graph[3] = initializer("table", 3, &[4, 3], &[0; 8]), "8 elements do not fill [4, 3]"),
        (|parts| parts.graph[3] = initializer("table", 11, &[1], &[0; 8]), "element type 11"),
        (|parts| parts.graph[5] = initializer("over", 7, &[1], &[0; 7]), "initializer is cut off"),
        (|parts| parts.graph[3] = initializer("table", 3, &[2, 2], &[1, 0, 0, 2]), "index out of range"),
        (|parts| parts.graph[4] = initializer("last", 7, &[1], &9i64.to_le_bytes()), "no axis 9"),
        (|parts| parts.graph[0] = slot(11, "ids", 7, None), "'input_ids' is used before"),
        (|parts| parts.graph[0] = slot(11, "input_ids", 6, None), "'input_ids' cannot be fed"),
        (|parts| parts.graph.insert(0, slot(11, "more", 7, None)), "'more' cannot be fed"),
        (|parts| parts.graph[2] = slot(12, "sum", 1, None), "no 'embedding'"),
        (|parts| parts.graph[2] = slot(12, "embedding", 1, Some(3)), "'embedding' is F32 [1, 2]"),
        (|parts| parts.graph.push(slot(12, "sum", 1, None)), "not one output"),
        (|parts| drop(parts.properties.remove(0)), "'postern.name'"),
        (|parts| parts.properties[1].1.push_str("\nred"), "'postern.vocabulary'"),
        (|parts| parts.properties[1].1.clear(), "'postern.vocabulary'"),
        (|parts| parts.properties[2].1.push_str(" 11"), "'postern.weights'"),
        (|parts| parts.properties.push(("postern.name", String::new())), "'postern.name' is made twice"),
    ];
    for (spoil, error) in cases {
        let mut spoiled = parts();
        spoil(&mut spoiled);
        let said = spoiled.error().to_string();
        assert!(said.contains(error), "{said}, not {error}");
    }
}

#[test]
fn sessions_do_not_mix() {
    let mut other = parts();
    other.graph[3] = initializer("table", 3, &[4, 2], &[0, 1, 2, 0, 3, 4, 0, 0]);
    let load = |parts: &Parts| Model::load(parts.file()).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|at| {
            let mut model = if at % 2 == 0 { load(&parts()) } else { load(&other) };
            std::thread::spawn(move || (0..50).map(|_| model.vector("red").unwrap()).collect::<Vec<_>>())
        })
        .collect();
    for (at, thread) in threads.into_iter().enumerate() {
        let expected = if at % 2 == 0 { vec![1.0, 0.0] } else { vec![0.0, 1.0] };
        assert!(thread.join().unwrap().iter().all(|vector| *vector == expected), "{at}");
    }
}

/// A model of one layer with all operators, quantised as the real one is, with random weights; the vectors are
/// onnxruntime's. It is also a seed of the fuzz target.
#[test]
fn an_encoder_does_what_onnxruntime_does() {
    let file = include_bytes!("../../../../tests/fuzz/seeds/semantic_model/encoder.onnx").to_vec();
    let mut model = Model::load(file).unwrap();
    for (text, expected) in [
        (
            "how to reset",
            [
                0.400_012_46,
                0.471_494_67,
                0.014_779_475,
                -0.695_168_6,
                0.036_538_713,
                -0.321_806_97,
                -0.144_759_58,
                0.091_404_76,
            ],
        ),
        (
            "bc a?",
            [
                0.510_518_67,
                0.496_528,
                0.015_162_094_5,
                -0.527_084_7,
                0.011_707_502,
                -0.347_869_22,
                -0.175_298_56,
                0.250_804_45,
            ],
        ),
    ] {
        let vector = model.vector(text).unwrap();
        let far = vector.iter().zip(expected).map(|(x, y)| (f64::from(*x) - y).abs()).fold(0.0, f64::max);
        assert!(far < 1e-6 && vector.len() == 8, "{text}: {vector:?}");
    }
    // Its table has sixteen positions.
    let long = model.vector(&"a ".repeat(20)).unwrap_err();
    assert!(
        matches!(&long, Unfit::Failed(error) if error.to_string().contains("index out of range")),
        "{long}"
    );
}
