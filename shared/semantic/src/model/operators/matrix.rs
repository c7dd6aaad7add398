//! Products of matrices.

use super::super::ModelError;
use super::super::room::Room;
use super::super::tensor::{Data, Kind, Tensor, apart, broadcast, strides};
use super::{blocks, kernel, misfit};

/// The longest sum of products of bytes: it stays below 2^31.
const DEEPEST: usize = 1 << 15;

/// Products of float matrices, which are the last two dimensions; those before are stretched to each other.
pub(super) fn multiply(place: &str, a: &Tensor, b: &Tensor, room: &mut Room) -> Result<Tensor, ModelError> {
    let ([before_a @ .., rows, depth], [before_b @ .., depth_b, columns]) = (a.shape(), b.shape()) else {
        return Err(misfit(place, "an operand is no matrix"));
    };
    if depth != depth_b {
        return Err(apart(place, a.shape(), b.shape()));
    }
    let before = broadcast(place, before_a, before_b)?;
    let shape: Vec<usize> = before.iter().chain([rows, columns]).copied().collect();
    let count = room.take(place, &shape, Kind::F32)?;
    room.work(count, *depth)?;
    let (x, y) = (a.floats(place)?, b.floats(place)?);
    let mut out = vec![0f32; count];
    if count == 0 || *depth == 0 {
        return Tensor::new(place, shape, Data::F32(out));
    }
    let (steps_a, steps_b) = (strides(before_a, &before), strides(before_b, &before));
    for (block, out) in out.chunks_exact_mut(rows * columns).enumerate() {
        let (mut rest, mut at_a, mut at_b) = (block, 0, 0);
        for ((length, step_a), step_b) in before.iter().zip(&steps_a).zip(&steps_b).rev() {
            let i = rest % length;
            rest /= length;
            at_a += i * step_a;
            at_b += i * step_b;
        }
        let x = x.get(at_a * rows * depth..).unwrap_or_default();
        let y = y.get(at_b * depth * columns..).unwrap_or_default();
        for (row, out) in x.chunks_exact(*depth).zip(out.chunks_exact_mut(*columns)) {
            for (left, line) in row.iter().zip(y.chunks_exact(*columns)) {
                blocks::with(out, line, |out, right| *out += left * right);
            }
        }
    }
    Tensor::new(place, shape, Data::F32(out))
}

/// The product of bytes, of any dimensions before the last two, with one matrix of bytes, as int32. `zeros` says which
/// bytes mean zero: one on the left, one or one for each column on the right.
pub(super) fn multiply_integers(
    place: &str,
    a: &Tensor,
    b: &Tensor,
    zeros: (Option<&Tensor>, Option<&Tensor>),
    room: &mut Room,
) -> Result<Tensor, ModelError> {
    let ([before @ .., depth], [depth_b, columns]) = (a.shape(), b.shape()) else {
        return Err(misfit(place, "the right operand is no matrix"));
    };
    if depth != depth_b || before.is_empty() {
        return Err(apart(place, a.shape(), b.shape()));
    }
    if *depth > DEEPEST {
        return Err(ModelError::TooMuch("products of bytes in a sum", DEEPEST as u64));
    }
    let shape: Vec<usize> = before.iter().chain([columns]).copied().collect();
    let count = room.take(place, &shape, Kind::I32)?;
    room.work(count, *depth)?;
    let trial = room.is_trial();
    let left = match zeros_of(place, zeros.0, a)?.as_slice() {
        [] => centred(place, a, 0)?,
        [zero] => centred(place, a, *zero)?,
        _ => return Err(misfit(place, "more than one zero on the left")),
    };
    let mut right = zeros_of(place, zeros.1, b)?;
    match right.as_slice() {
        [] | [0] => right.clear(),
        [zero] => right = vec![*zero; *columns],
        each if each.len() == *columns => {}
        _ => return Err(misfit(place, "not one zero for each column")),
    }
    let (bytes, signed) = match b.data() {
        Data::U8(bytes) => (bytes, false),
        Data::I8(bytes) => (bytes, true),
        _ => return Err(b.unexpected(place)),
    };
    let weights = kernel::Weights { bytes, signed, columns: *columns, zeros: &right };
    // A trial is about shapes, and this is where nearly all of the time goes.
    let out = if trial {
        vec![0; count]
    } else {
        kernel::multiply(&left, before.iter().product(), *depth, &weights)
    };
    Tensor::new(place, shape, Data::I32(out))
}

/// The bytes that mean zero in `of`, whose type they must have; none when they are left out.
fn zeros_of(place: &str, zeros: Option<&Tensor>, of: &Tensor) -> Result<Vec<i16>, ModelError> {
    match (zeros.map(Tensor::data), of.data()) {
        (None, _) => Ok(Vec::new()),
        (Some(Data::U8(bytes)), Data::U8(_)) => Ok(bytes.iter().map(|byte| i16::from(*byte)).collect()),
        (Some(Data::I8(bytes)), Data::I8(_)) => {
            Ok(bytes.iter().map(|byte| i16::from(byte.cast_signed())).collect())
        }
        _ => Err(of.unexpected(place)),
    }
}

/// Bytes as their distance from zero, at most 255 in size.
fn centred(place: &str, a: &Tensor, zero: i16) -> Result<Vec<i16>, ModelError> {
    // A zero is a byte, so the difference has 9 bits and a sign.
    match a.data() {
        Data::U8(bytes) => Ok(blocks::map(bytes, |byte| i16::from(byte) - zero)),
        Data::I8(bytes) => Ok(blocks::map(bytes, |byte| i16::from(byte.cast_signed()) - zero)),
        _ => Err(a.unexpected(place)),
    }
}
