use serde_json::Value;

use super::super::ModelError;
use super::super::room::Room;
use super::super::tensor::{Data, Tensor};
use super::kernel::{Weights, multiply, plain};
use super::{Attribute, Inputs, Operator};

/// A tensor as it stands in `cases.json`.
fn tensor(value: &Value) -> Tensor {
    let shape: Vec<usize> =
        value["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let values = value["values"].as_array().unwrap();
    let integers = || values.iter().map(|n| n.as_i64().unwrap());
    let data = match value["kind"].as_str().unwrap() {
        "f32" => Data::F32(values.iter().map(|n| n.as_f64().unwrap() as f32).collect()),
        "i64" => Data::I64(integers().collect()),
        "i32" => Data::I32(integers().map(|n| n.try_into().unwrap()).collect()),
        "u8" => Data::U8(integers().map(|n| u8::try_from(n).unwrap()).collect::<Vec<_>>().into()),
        "i8" => Data::I8(integers().map(|n| i8::try_from(n).unwrap() as u8).collect::<Vec<_>>().into()),
        other => panic!("{other}"),
    };
    Tensor::new("case", shape, data).unwrap()
}

fn attributes(value: &Value) -> Vec<(String, Attribute)> {
    let read = |value: &Value| match value {
        Value::Array(values) => Attribute::Integers(values.iter().map(|n| n.as_i64().unwrap()).collect()),
        value => Attribute::Integer(value.as_i64().unwrap()),
    };
    value.as_object().unwrap().iter().map(|(name, value)| (name.clone(), read(value))).collect()
}

fn run(operator: &str, given: &Value, inputs: &[Tensor]) -> Result<Vec<Tensor>, ModelError> {
    let operator = Operator::read(operator, attributes(given), "case")?;
    let inputs = Inputs { values: inputs.iter().map(Some).collect(), place: "case" };
    operator.run(&inputs, &mut Room::new(false))
}

/// Integers are equal; floats are as close as two orders of adding them up.
fn same(made: &Tensor, expected: &Tensor) -> bool {
    made.shape() == expected.shape()
        && match (made.data(), expected.data()) {
            (Data::F32(made), Data::F32(expected)) => {
                let most = expected.iter().fold(0f32, |most, x| most.max(x.abs()));
                made.iter().zip(expected).all(|(x, y)| (x - y).abs() <= 3e-7 * y.abs() + 2e-7 * most)
            }
            (Data::I64(made), Data::I64(expected)) => made == expected,
            (Data::I32(made), Data::I32(expected)) => made == expected,
            (Data::U8(made), Data::U8(expected)) | (Data::I8(made), Data::I8(expected)) => {
                made[..] == expected[..]
            }
            _ => false,
        }
}

#[test]
fn operators_do_what_onnxruntime_does() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    for case in &cases {
        let name = case["operator"].as_str().unwrap();
        let inputs: Vec<Tensor> = case["inputs"].as_array().unwrap().iter().map(tensor).collect();
        let expected: Vec<Tensor> = case["outputs"].as_array().unwrap().iter().map(tensor).collect();
        let made = run(name, &case["attributes"], &inputs).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(made.len(), expected.len(), "{case}");
        for (made, expected) in made.iter().zip(&expected) {
            assert!(same(made, expected), "{name} {}: {made:?}, not {expected:?}", case["attributes"]);
        }
    }
    let names = cases.iter().map(|case| case["operator"].as_str().unwrap());
    assert_eq!(names.collect::<std::collections::HashSet<_>>().len(), 19, "an operator has no case");
}

fn floats(shape: &[usize]) -> Tensor {
    Tensor::new("x", shape.to_vec(), Data::F32(vec![1.0; shape.iter().product()])).unwrap()
}

fn of(values: &[f32]) -> Tensor {
    Tensor::new("x", vec![values.len()], Data::F32(values.to_vec())).unwrap()
}

fn integers(values: &[i64]) -> Tensor {
    Tensor::new("x", vec![values.len()], Data::I64(values.to_vec())).unwrap()
}

fn bytes(shape: &[usize], signed: bool) -> Tensor {
    let bytes = vec![3u8; shape.iter().product()].into();
    Tensor::new("x", shape.to_vec(), if signed { Data::I8(bytes) } else { Data::U8(bytes) }).unwrap()
}

#[test]
fn what_does_not_fit_is_an_error() {
    for (name, given, inputs, error) in [
        ("Add", "{}", vec![floats(&[2]), floats(&[3])], "do not fit together"),
        ("Add", "{}", vec![floats(&[2]), integers(&[1, 2])], "element type 7"),
        ("Add", "{}", vec![floats(&[2])], "number of inputs"),
        ("Add", r#"{"axis": 1}"#, vec![], "attribute axis"),
        ("Div", "{}", vec![integers(&[2]), integers(&[0])], "element type 7"),
        ("Mul", "{}", vec![floats(&[9_000, 1]), floats(&[9_000])], "bytes of values"),
        ("Sqrt", "{}", vec![integers(&[2])], "element type 7"),
        ("Cast", "{}", vec![], "attribute to"),
        ("Cast", r#"{"to": 11}"#, vec![], "element type 11"),
        ("Cast", r#"{"to": 3}"#, vec![floats(&[1])], "element type 3"),
        ("Gather", "{}", vec![floats(&[3, 2]), integers(&[3])], "index out of range"),
        ("Gather", "{}", vec![floats(&[3, 2]), integers(&[-4])], "index out of range"),
        ("Gather", "{}", vec![floats(&[0, 2]), integers(&[0])], "index out of range"),
        ("Gather", r#"{"axis": 2}"#, vec![floats(&[3, 2]), integers(&[0])], "no axis 2"),
        ("Unsqueeze", "{}", vec![floats(&[3]), integers(&[1, 1])], "named twice"),
        ("Unsqueeze", "{}", vec![floats(&[3]), integers(&[2])], "no axis 2"),
        ("Reshape", "{}", vec![floats(&[3]), integers(&[2, 2])], "do not fill"),
        ("Reshape", "{}", vec![floats(&[3]), integers(&[-1, -1])], "negative dimension"),
        ("Reshape", "{}", vec![floats(&[3]), integers(&[3, 0])], "no dimension is to keep"),
        ("Reshape", "{}", vec![floats(&[0]), integers(&[0, -1])], "-1 beside 0"),
        ("Transpose", r#"{"perm": [0, 0]}"#, vec![floats(&[2, 2])], "order of axes"),
        ("Transpose", r#"{"perm": [0]}"#, vec![floats(&[2, 2])], "order of axes"),
        ("CumSum", r#"{"reverse": 1}"#, vec![], "attribute reverse"),
        ("ReduceSum", "{}", vec![floats(&[2]), integers(&[1])], "no axis 1"),
        ("Softmax", r#"{"axis": 0}"#, vec![floats(&[2, 2])], "attribute axis"),
        ("MatMul", "{}", vec![floats(&[2, 3]), floats(&[2, 3])], "do not fit together"),
        ("MatMul", "{}", vec![floats(&[3]), floats(&[3])], "no matrix"),
        ("MatMulInteger", "{}", vec![bytes(&[2, 3], false), bytes(&[2, 3], true)], "do not fit together"),
        ("MatMulInteger", "{}", vec![floats(&[2, 3]), bytes(&[3, 2], true)], "element type 1"),
        (
            "MatMulInteger",
            "{}",
            vec![bytes(&[2, 3], false), bytes(&[3, 2], true), bytes(&[], true)],
            "element type 2",
        ),
        ("MatMulInteger", "{}", vec![bytes(&[1, 40_000], false), bytes(&[40_000, 1], true)], "in a sum"),
        ("DequantizeLinear", "{}", vec![bytes(&[2, 3], true), floats(&[2])], "one step for each"),
        ("DynamicQuantizeLinear", "{}", vec![of(&[f32::NEG_INFINITY, f32::INFINITY])], "no finite range"),
        ("DynamicQuantizeLinear", "{}", vec![of(&[f32::MIN, f32::MAX])], "no finite range"),
        ("Loop", "{}", vec![], "operator Loop"),
    ] {
        let said = run(name, &serde_json::from_str(given).unwrap(), &inputs).unwrap_err().to_string();
        assert!(said.contains(error), "{name} {given}: {said}");
    }
}

#[test]
fn a_range_without_steps_is_zeros() {
    for values in [&[][..], &[0.0], &[1e-45], &[-1e-45, 1e-45], &[f32::NAN], &[f32::NAN, 0.0]] {
        let made = run("DynamicQuantizeLinear", &serde_json::from_str("{}").unwrap(), &[of(values)]).unwrap();
        assert_eq!(made[1].floats("").unwrap(), [1.0], "{values:?}");
        assert!(
            matches!(made[0].data(), Data::U8(bytes) if bytes.iter().all(|byte| *byte == 0)),
            "{values:?}"
        );
    }
}

#[test]
fn products_of_any_size_are_exact() {
    let mut state = 1u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for (rows, depth, columns) in [(1, 1, 1), (4, 2, 8), (5, 3, 9), (3, 259, 71), (9, 600, 130), (0, 4, 4)] {
        let left: Vec<i16> = (0..rows * depth).map(|_| i16::from(byte()) - 100).collect();
        let weights: Vec<u8> = (0..depth * columns).map(|_| byte()).collect();
        let zeros: Vec<i16> = (0..columns as i16).map(|at| at % 7 - 3).collect();
        for (signed, zeros) in [(true, &[][..]), (true, &zeros), (false, &[]), (false, &zeros)] {
            let given = Weights { bytes: &weights, signed, columns, zeros };
            let made = multiply(&left, rows, depth, &given);
            assert_eq!(made, plain(&left, rows, depth, &given), "{rows} {depth} {columns} {signed}");
            for row in 0..rows {
                for column in 0..columns {
                    let sum: i32 = (0..depth)
                        .map(|at| {
                            let byte = weights[at * columns + column];
                            let weight = if signed { i32::from(byte as i8) } else { i32::from(byte) };
                            let zero = zeros.get(column).copied().map_or(0, i32::from);
                            i32::from(left[row * depth + at]) * (weight - zero)
                        })
                        .sum();
                    assert_eq!(made[row * columns + column], sum, "{rows} {depth} {columns} {signed}");
                }
            }
        }
    }
}

#[test]
fn the_largest_sums_fit() {
    let depth = 1 << 15;
    let (left, weights) = (vec![255i16; depth], vec![0u8; depth]);
    let given = Weights { bytes: &weights, signed: false, columns: 1, zeros: &[255] };
    for multiply in [multiply, plain] {
        assert_eq!(multiply(&left, 1, depth, &given), [-255 * 255 * (1 << 15)]);
    }
}

/// Else the comparisons of `multiply` with `plain` would be of one with itself.
#[cfg(target_arch = "x86_64")]
#[test]
fn avx2_is_used_where_it_is() {
    let given = Weights { bytes: &[3, 253], signed: true, columns: 1, zeros: &[] };
    let made = super::kernel::avx2::multiply(&[10, 2], 1, 2, &given);
    assert_eq!(made, is_x86_feature_detected!("avx2").then(|| vec![24]));
}
