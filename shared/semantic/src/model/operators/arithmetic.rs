//! What is done element by element.

use super::super::ModelError;
use super::super::room::Room;
use super::super::tensor::{Data, Kind, Tensor, broadcast, strides};
use super::blocks;

pub(super) fn add(place: &str, a: &Tensor, b: &Tensor, room: &mut Room) -> Result<Tensor, ModelError> {
    both(place, a, b, room, |x, y| x + y, Some(i64::wrapping_add))
}

pub(super) fn subtract(place: &str, a: &Tensor, b: &Tensor, room: &mut Room) -> Result<Tensor, ModelError> {
    both(place, a, b, room, |x, y| x - y, Some(i64::wrapping_sub))
}

pub(super) fn multiply(place: &str, a: &Tensor, b: &Tensor, room: &mut Room) -> Result<Tensor, ModelError> {
    both(place, a, b, room, |x, y| x * y, Some(i64::wrapping_mul))
}

/// Division, of floats only.
pub(super) fn divide(place: &str, a: &Tensor, b: &Tensor, room: &mut Room) -> Result<Tensor, ModelError> {
    both(place, a, b, room, |x, y| x / y, None)
}

/// Two tensors of the same type, stretched to one shape.
fn both(
    place: &str,
    a: &Tensor,
    b: &Tensor,
    room: &mut Room,
    floats: impl Fn(f32, f32) -> f32,
    integers: Option<fn(i64, i64) -> i64>,
) -> Result<Tensor, ModelError> {
    let shape = broadcast(place, a.shape(), b.shape())?;
    let count = room.take(place, &shape, a.kind())?;
    let data = match (a.data(), b.data(), integers) {
        (Data::F32(x), Data::F32(y), _) => {
            Data::F32(zip(count, &shape, (x, a.shape()), (y, b.shape()), floats))
        }
        (Data::I64(x), Data::I64(y), Some(f)) => {
            Data::I64(zip(count, &shape, (x, a.shape()), (y, b.shape()), f))
        }
        (Data::F32(_), ..) => return Err(b.unexpected(place)),
        _ => return Err(a.unexpected(place)),
    };
    Tensor::new(place, shape, data)
}

/// Row by row of the result; a row of an operand is either as long, or one element.
#[inline(always)] // The outer loops are little; see `blocks` for the inner ones.
fn zip<T: Copy>(
    count: usize,
    shape: &[usize],
    (x, shape_x): (&[T], &[usize]),
    (y, shape_y): (&[T], &[usize]),
    f: impl Fn(T, T) -> T,
) -> Vec<T> {
    let mut out = if shape_x == shape { x.to_vec() } else { stretched(count, shape, x, shape_x) };
    if shape_y == shape {
        blocks::with(&mut out, y, |x, y| *x = f(*x, y));
        return out;
    }
    let (steps, width) = (strides(shape_y, shape), shape.last().copied().unwrap_or(1));
    let is_wide = steps.last().is_some_and(|step| *step > 0);
    for (row, out) in out.chunks_exact_mut(width.max(1)).enumerate() {
        let y = y.get(start(row, shape, &steps)..).unwrap_or_default();
        if is_wide {
            blocks::with(out, y, |x, y| *x = f(*x, y));
        } else if let Some(y) = y.first() {
            blocks::each(out, |x| *x = f(*x, *y));
        }
    }
    out
}

/// Where a row of a tensor begins that is stretched to `shape`, with these steps along its axes.
fn start(row: usize, shape: &[usize], steps: &[usize]) -> usize {
    let (mut rest, mut at) = (row, 0);
    for (length, step) in shape.iter().zip(steps).rev().skip(1) {
        at += rest % length * step;
        rest /= length;
    }
    at
}

/// A tensor stretched to `shape`, which has `count` elements.
#[inline(never)]
fn stretched<T: Copy>(count: usize, shape: &[usize], values: &[T], own: &[usize]) -> Vec<T> {
    let mut out = Vec::with_capacity(count);
    let (steps, width) = (strides(own, shape), shape.last().copied().unwrap_or(1));
    let is_wide = steps.last().is_some_and(|step| *step > 0);
    for row in 0..count.checked_div(width).unwrap_or(0) {
        let values = values.get(start(row, shape, &steps)..).unwrap_or_default();
        match values.first() {
            Some(_) if is_wide => out.extend_from_slice(values.get(..width).unwrap_or_default()),
            Some(value) => out.resize(out.len() + width, *value),
            None => {}
        }
    }
    out
}

/// A function of each element.
pub(super) fn each(
    place: &str,
    a: &Tensor,
    room: &mut Room,
    f: impl Fn(f32) -> f32,
) -> Result<Tensor, ModelError> {
    let values = a.floats(place)?;
    room.take(place, a.shape(), Kind::F32)?;
    Tensor::new(place, a.shape().to_vec(), Data::F32(blocks::map(values, f)))
}

/// Numbers as another type: to floats, or the type that they have.
pub(super) fn cast(place: &str, a: &Tensor, to: Kind, room: &mut Room) -> Result<Tensor, ModelError> {
    room.take(place, a.shape(), to)?;
    let data = match (a.data(), to) {
        (data, to) if a.kind() == to => data.clone(),
        (Data::I64(values), Kind::F32) => Data::F32(blocks::map(values, |x| x as f32)),
        (Data::I32(values), Kind::F32) => Data::F32(blocks::map(values, |x| x as f32)),
        (Data::U8(bytes), Kind::F32) => Data::F32(blocks::map(bytes, f32::from)),
        (Data::I8(bytes), Kind::F32) => Data::F32(blocks::map(bytes, |x| f32::from(x.cast_signed()))),
        (Data::I32(values), Kind::I64) => Data::I64(values.iter().map(|x| i64::from(*x)).collect()),
        _ => return Err(ModelError::Type(place.to_owned(), to as i64)),
    };
    Tensor::new(place, a.shape().to_vec(), data)
}

/// The nearest integer, halves to even, of a number of less than 2^22. One addition and one subtraction, which every
/// target has for four numbers at once.
#[inline(always)]
pub(super) fn round(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0; // 1.5 * 2^23: above it, the distance between neighbours is 1.
    (x + MAGIC) - MAGIC
}

/// e^x, exact to 2 units in the last place where the result is normal; without branches, so that four are done at once.
/// The polynomial is that of Cephes' `expf`.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.3, 88.3);
    let n = round(x * std::f32::consts::LOG2_E);
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_2e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    y * f32::from_bits(((n as i32 + 127) << 23).cast_unsigned())
}

/// The error function, exact to about 2 units in the last place; both branches are always computed. The polynomials are
/// N. Juffa's.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    // Comparisons instead of `min`: that one is a call in wasm, and no four at once.
    let t = if x.abs() < 4.0 { x.abs() } else { 4.0 };
    let q = -1.728_534_7e-5 * t + 3.831_971_3e-4;
    let q = q * t * t + (-3.883_964_4e-3 * t + 2.425_462_2e-2);
    let q = q * t - 1.067_778_8e-1;
    let q = q * t - 6.348_467e-1;
    let q = q * t - 1.287_175_1e-1;
    let q = q * t - t;
    let far = (1.0 - exp(q)).copysign(x);
    let s = if t < 1.0 { x * x } else { 1.0 };
    let p = -5.967_617e-4;
    let p = p * s + 4.991_194_2e-3;
    let p = p * s - 2.676_813_5e-2;
    let p = p * s + 1.128_199_25e-1;
    let p = p * s - 3.761_253_4e-1;
    let p = p * s + 1.283_791_7e-1;
    let near = p * x + x;
    if t > 0.927_734_4 { far } else { near }
}
