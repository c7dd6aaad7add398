//! Sums along axes.

use super::super::ModelError;
use super::super::room::Room;
use super::super::tensor::{Data, Kind, Tensor, axis as position};
use super::arithmetic::exp;
use super::{blocks, misfit};

/// Numbers that are added up side by side: the order of additions is fixed, and four of them are done at once.
const LANES: usize = 8;

/// Sum or mean along some axes; along all when none is named.
pub(super) fn reduce(
    place: &str,
    a: &Tensor,
    axes: &[i64],
    keep: bool,
    mean: bool,
    room: &mut Room,
) -> Result<Tensor, ModelError> {
    let rank = a.shape().len();
    let named = axes.iter().map(|axis| position(place, *axis, rank)).collect::<Result<Vec<_>, _>>()?;
    let axes: Vec<usize> = (0..rank).filter(|axis| named.is_empty() || named.contains(axis)).collect();
    let mut left: Vec<usize> = a.shape().to_vec();
    for axis in axes.iter().rev() {
        if !keep {
            left.remove(*axis);
        } else if let Some(length) = left.get_mut(*axis) {
            *length = 1;
        }
    }
    let count = room.take(place, &left, Kind::F32)?;
    let mut values = a.floats(place)?.to_vec();
    room.work(values.len(), axes.len())?;
    if values.is_empty() {
        let nothing = if mean { f32::NAN } else { 0.0 };
        return Tensor::new(place, left, Data::F32(vec![nothing; count]));
    }
    let mut shape = a.shape().to_vec();
    for axis in axes.iter().rev() {
        let length = shape.get(*axis).copied().unwrap_or(1);
        values = sum(&values, length, shape.iter().skip(axis + 1).product());
        if mean {
            blocks::each(&mut values, |value| *value /= length as f32);
        }
        if let Some(length) = shape.get_mut(*axis) {
            *length = 1;
        }
    }
    Tensor::new(place, left, Data::F32(values))
}

/// The sums of blocks of `length` times `width` numbers, over `length`; neither is 0.
fn sum(values: &[f32], length: usize, width: usize) -> Vec<f32> {
    if width == 1 {
        return values.chunks_exact(length).map(total).collect();
    }
    let mut out = vec![0.0; values.len() / length];
    for (out, block) in out.chunks_exact_mut(width).zip(values.chunks_exact(length * width)) {
        for row in block.chunks_exact(width) {
            blocks::with(out, row, |out, value| *out += value);
        }
    }
    out
}

fn total(values: &[f32]) -> f32 {
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0f32; LANES];
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// Each number with all before it along an axis.
pub(super) fn running_sum(
    place: &str,
    a: &Tensor,
    axis: &Tensor,
    room: &mut Room,
) -> Result<Tensor, ModelError> {
    let axis = match axis.data() {
        Data::I64(axis) => axis.first().copied(),
        Data::I32(axis) => axis.first().map(|axis| i64::from(*axis)),
        _ => return Err(axis.unexpected(place)),
    };
    let axis = axis.ok_or_else(|| misfit(place, "no axis"))?;
    let axis = position(place, axis, a.shape().len())?;
    let mut values = a.integers(place)?.to_vec();
    room.take(place, a.shape(), Kind::I64)?;
    let width = a.shape().iter().skip(axis + 1).product::<usize>();
    let block = a.shape().get(axis).map_or(0, |length| length * width);
    if block > 0 {
        for block in values.chunks_exact_mut(block) {
            for at in width..block.len() {
                let before = block.get(at - width).copied().unwrap_or_default();
                if let Some(value) = block.get_mut(at) {
                    *value = value.wrapping_add(before);
                }
            }
        }
    }
    Tensor::new(place, a.shape().to_vec(), Data::I64(values))
}

/// Shares of e^x, along the last axis.
pub(super) fn softmax(place: &str, a: &Tensor, axis: i64, room: &mut Room) -> Result<Tensor, ModelError> {
    let rank = a.shape().len();
    if position(place, axis, rank)? + 1 != rank {
        return Err(ModelError::Attribute(place.to_owned(), "axis".to_owned()));
    }
    let mut values = a.floats(place)?.to_vec();
    room.take(place, a.shape(), Kind::F32)?;
    room.work(values.len(), 8)?;
    let width = a.shape().last().copied().unwrap_or(1);
    if width > 0 {
        for row in values.chunks_exact_mut(width) {
            let most =
                row.iter().fold(f32::NEG_INFINITY, |most, value| if *value > most { *value } else { most });
            blocks::each(row, |value| *value = exp(*value - most));
            let total = total(row);
            blocks::each(row, |value| *value /= total);
        }
    }
    Tensor::new(place, a.shape().to_vec(), Data::F32(values))
}
