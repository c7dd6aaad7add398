//! Between floats and bytes.

use super::super::ModelError;
use super::super::room::Room;
use super::super::tensor::{Data, Kind, Tensor, axis as position};
use super::arithmetic::round;
use super::{blocks, misfit};

/// Numbers that are compared side by side.
const LANES: usize = 8;

/// Floats as unsigned bytes: the bytes, what a step is worth, and which byte means zero. The range is from the least to
/// the largest value and always includes zero.
pub(super) fn quantize(place: &str, a: &Tensor, room: &mut Room) -> Result<Vec<Tensor>, ModelError> {
    let values = a.floats(place)?;
    room.take(place, a.shape(), Kind::U8)?;
    let (least, most) = range(values);
    let step = (most - least) / 255.0;
    // An infinite range has no steps. One that is too small for them is all zeros.
    let step = if step > 0.0 { step } else { 1.0 };
    if !step.is_finite() {
        return Err(misfit(place, "its values have no finite range"));
    }
    let zero = round((-least / step).clamp(0.0, 255.0));
    let byte = |value: f32| (round((value / step).clamp(-zero, 255.0 - zero)) + zero) as u8;
    let bytes: Vec<u8> = blocks::map(values, byte);
    Ok(vec![
        Tensor::new(place, a.shape().to_vec(), Data::U8(bytes.into()))?,
        Tensor::new(place, Vec::new(), Data::F32(vec![step]))?,
        Tensor::new(place, Vec::new(), Data::U8(vec![zero as u8].into()))?,
    ])
}

/// The least and the largest of the values and zero.
fn range(values: &[f32]) -> (f32, f32) {
    // Comparisons instead of `min` and `max`: those are calls in wasm, and no four at once.
    let least = |a: f32, b: f32| if b < a { b } else { a };
    let most = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [(0f32, 0f32); LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane = (least(lane.0, *value), most(lane.1, *value));
        }
    }
    let ends = lanes.into_iter().chain(rest.iter().map(|value| (*value, *value)));
    ends.fold((0.0, 0.0), |a, b| (least(a.0, b.0), most(a.1, b.1)))
}

/// Bytes or int32 as floats: (x - zero) * step, with one step for all, or one for each place along an axis.
pub(super) fn dequantize(
    place: &str,
    a: &Tensor,
    steps: &Tensor,
    zeros: Option<&Tensor>,
    axis: i64,
    room: &mut Room,
) -> Result<Tensor, ModelError> {
    room.take(place, a.shape(), Kind::F32)?;
    let steps = steps.floats(place)?;
    let zeros = match zeros {
        Some(zeros) if zeros.kind() != a.kind() => return Err(zeros.unexpected(place)),
        Some(zeros) => numbers(place, zeros)?,
        None => vec![0; steps.len()],
    };
    let values = numbers(place, a)?;
    // How many neighbours share a step.
    let width = if let [_] = steps {
        a.len()
    } else {
        let axis = position(place, axis, a.shape().len())?;
        if a.shape().get(axis) != Some(&steps.len()) {
            return Err(misfit(place, "not one step for each place"));
        }
        a.shape().iter().skip(axis + 1).product()
    };
    if zeros.len() != steps.len() {
        return Err(misfit(place, "not one zero for each step"));
    }
    let mut out = vec![0.0; values.len()];
    let (width, scales) = (width.max(1), steps.iter().zip(&zeros).cycle());
    for ((values, out), (step, zero)) in values.chunks(width).zip(out.chunks_mut(width)).zip(scales) {
        blocks::with(out, values, |out, value| *out = value.wrapping_sub(*zero) as f32 * step);
    }
    Tensor::new(place, a.shape().to_vec(), Data::F32(out))
}

/// Integers of any width as int32.
fn numbers(place: &str, a: &Tensor) -> Result<Vec<i32>, ModelError> {
    Ok(match a.data() {
        Data::I32(values) => values.clone(),
        Data::U8(bytes) => bytes.iter().map(|byte| i32::from(*byte)).collect(),
        Data::I8(bytes) => bytes.iter().map(|byte| i32::from(byte.cast_signed())).collect(),
        _ => return Err(a.unexpected(place)),
    })
}
