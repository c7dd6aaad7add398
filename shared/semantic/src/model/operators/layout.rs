//! Where elements stand, and which are taken.

use super::super::ModelError;
use super::super::room::Room;
use super::super::tensor::{Data, Tensor, axis as position};
use super::misfit;

/// Applies one way of copying to elements of whatever type.
macro_rules! copy {
    ($data:expr, $function:ident, $($argument:expr),+) => {
        match $data {
            Data::F32(values) => Data::F32($function(values, $($argument),+)),
            Data::I64(values) => Data::I64($function(values, $($argument),+)),
            Data::I32(values) => Data::I32($function(values, $($argument),+)),
            Data::U8(bytes) => Data::U8($function(bytes, $($argument),+).into()),
            Data::I8(bytes) => Data::I8($function(bytes, $($argument),+).into()),
        }
    };
}

/// Slices of `a` along an axis. An index below zero counts from the end.
pub(super) fn gather(
    place: &str,
    a: &Tensor,
    indices: &Tensor,
    axis: i64,
    room: &mut Room,
) -> Result<Tensor, ModelError> {
    let axis = position(place, axis, a.shape().len())?;
    let (before, after) = a.shape().split_at(axis);
    let (length, after) = after.split_first().ok_or_else(|| misfit(place, "no such axis"))?;
    let shape: Vec<usize> = before.iter().chain(indices.shape()).chain(after).copied().collect();
    let count = room.take(place, &shape, a.kind())?;
    let range = i64::try_from(*length).unwrap_or(i64::MAX);
    let indices = indices
        .integers(place)?
        .iter()
        .map(|index| {
            let index = if *index < 0 { index.saturating_add(range) } else { *index };
            usize::try_from(index).ok().filter(|index| index < length)
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| ModelError::Index(place.to_owned()))?;
    let width = after.iter().product::<usize>();
    let data = copy!(a.data(), take, *length, width, &indices, count);
    Tensor::new(place, shape, data)
}

#[inline(never)] // So that it is there once for all types of four bytes.
fn take<T: Copy>(values: &[T], length: usize, width: usize, indices: &[usize], count: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(count);
    let block = length * width;
    if block == 0 || count == 0 {
        return out;
    }
    for block in values.chunks_exact(block) {
        for index in indices {
            out.extend_from_slice(block.get(index * width..(index + 1) * width).unwrap_or_default());
        }
    }
    out
}

/// New dimensions of length 1.
pub(super) fn unsqueeze(
    place: &str,
    a: &Tensor,
    axes: &Tensor,
    room: &mut Room,
) -> Result<Tensor, ModelError> {
    let axes = axes.integers(place)?;
    let rank = a.shape().len() + axes.len();
    room.take(place, a.shape(), a.kind())?;
    let new = axes.iter().map(|axis| position(place, *axis, rank)).collect::<Result<Vec<_>, _>>()?;
    let mut old = a.shape().iter();
    let shape: Vec<usize> = (0..rank)
        .map(|axis| if new.contains(&axis) { 1 } else { old.next().copied().unwrap_or(0) })
        .collect();
    if shape.len() - a.shape().len() != (0..rank).filter(|axis| new.contains(axis)).count() {
        return Err(misfit(place, "an axis is named twice"));
    }
    Tensor::new(place, shape, a.data().clone())
}

/// The same elements in another shape: 0 keeps a dimension, and one -1 takes what is left.
pub(super) fn reshape(
    place: &str,
    a: &Tensor,
    shape: &Tensor,
    room: &mut Room,
) -> Result<Tensor, ModelError> {
    let wanted = shape.integers(place)?;
    room.take(place, a.shape(), a.kind())?;
    let mut known = 1usize;
    let mut lengths = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (at, length) in wanted.iter().enumerate() {
        let length = match length {
            0 => *a.shape().get(at).ok_or_else(|| misfit(place, "0 where no dimension is to keep"))?,
            -1 if open.is_none() => {
                open = Some(at);
                1
            }
            length => usize::try_from(*length).map_err(|_| misfit(place, "a negative dimension"))?,
        };
        known = known.checked_mul(length).ok_or_else(|| misfit(place, "too large"))?;
        lengths.push(length);
    }
    if let Some(open) = open.and_then(|at| lengths.get_mut(at)) {
        *open = a.len().checked_div(known).ok_or_else(|| misfit(place, "-1 beside 0"))?;
    }
    Tensor::new(place, lengths, a.data().clone())
}

/// The axes in another order; without one, in the opposite order.
pub(super) fn transpose(
    place: &str,
    a: &Tensor,
    order: &[i64],
    room: &mut Room,
) -> Result<Tensor, ModelError> {
    let rank = a.shape().len();
    let order: Vec<usize> = if order.is_empty() {
        (0..rank).rev().collect()
    } else {
        order.iter().map(|axis| position(place, *axis, rank)).collect::<Result<_, _>>()?
    };
    let mut steps = vec![0usize; rank];
    let mut step = 1usize;
    for (stride, length) in steps.iter_mut().zip(a.shape()).rev() {
        *stride = step;
        step = step.saturating_mul(*length);
    }
    let mut axes: Vec<(usize, usize)> = Vec::with_capacity(rank);
    for (at, axis) in order.iter().enumerate() {
        if order.len() != rank || order.iter().take(at).any(|other| other == axis) {
            return Err(misfit(place, "the order of axes is none"));
        }
        axes.extend(a.shape().get(*axis).copied().zip(steps.get(*axis).copied()));
    }
    let shape: Vec<usize> = axes.iter().map(|(length, _)| *length).collect();
    let count = room.take(place, &shape, a.kind())?;
    let data = copy!(a.data(), walk, &axes, count);
    Tensor::new(place, shape, data)
}

/// The elements along `axes`, of each of which length and step are given, the last one fastest.
#[inline(never)]
fn walk<T: Copy>(values: &[T], axes: &[(usize, usize)], count: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(count);
    let Some(((width, step), outer)) = axes.split_last() else { return values.to_vec() };
    for row in 0..count.checked_div(*width).unwrap_or(0) {
        let (mut rest, mut at) = (row, 0);
        for (length, step) in outer.iter().rev() {
            at += rest % length * step;
            rest /= length;
        }
        // A row of one element could have a step beyond the end; a step of 0 only stands beside an empty dimension.
        let row = values.get(at..).unwrap_or_default();
        out.extend(row.iter().step_by((*step).max(1)).take(*width));
    }
    out
}
