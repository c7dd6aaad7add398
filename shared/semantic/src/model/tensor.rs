//! Values of a graph: shapes and the numbers that fill them.

use std::ops::Range;
use std::sync::Arc;

use super::ModelError;

/// The most dimensions of a tensor.
pub(super) const MOST_DIMENSIONS: usize = 8;

/// The element types that are known, with their numbers in ONNX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F32 = 1,
    U8 = 2,
    I8 = 3,
    I32 = 6,
    I64 = 7,
}

impl Kind {
    /// The type of a number in ONNX.
    pub(super) fn read(number: i64, place: &str) -> Result<Self, ModelError> {
        [Self::F32, Self::U8, Self::I8, Self::I32, Self::I64]
            .into_iter()
            .find(|kind| *kind as i64 == number)
            .ok_or_else(|| ModelError::Type(place.to_owned(), number))
    }

    /// Bytes of one element.
    pub(super) fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::F32 | Self::I32 => 4,
            Self::I64 => 8,
        }
    }
}

/// Bytes in memory that is shared: a weight is a place in the file, which is kept once and never copied.
#[derive(Clone, Debug)]
pub(super) struct Bytes {
    store: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Bytes {
    /// A place in `store`.
    pub(super) fn within(store: &Arc<Vec<u8>>, range: Range<usize>) -> Self {
        Self { store: Arc::clone(store), range }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        let range = 0..bytes.len();
        Self { store: Arc::new(bytes), range }
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.store.get(self.range.clone()).unwrap_or_default()
    }
}

/// The elements of a tensor, row by row.
#[derive(Clone, Debug)]
pub(super) enum Data {
    F32(Vec<f32>),
    I64(Vec<i64>),
    I32(Vec<i32>),
    /// Unsigned.
    U8(Bytes),
    /// Signed, as two's complement.
    I8(Bytes),
}

/// A value: as many elements as the product of its shape says. [`Tensor::new`] makes sure of that, so that code which
/// walks over a shape may rely on it; it indexes with checks nevertheless.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

impl Tensor {
    /// A tensor, if `data` fills `shape`. Errors call it `place`.
    pub(super) fn new(place: &str, shape: Vec<usize>, data: Data) -> Result<Self, ModelError> {
        let tensor = Self { shape, data };
        if elements(place, &tensor.shape)? != tensor.len() {
            return Err(ModelError::Shape(
                place.to_owned(),
                format!("{} elements do not fill {:?}", tensor.len(), tensor.shape),
            ));
        }
        Ok(tensor)
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    pub(super) fn data_mut(&mut self) -> &mut Data {
        &mut self.data
    }

    /// The elements' number.
    pub(super) fn len(&self) -> usize {
        match &self.data {
            Data::F32(values) => values.len(),
            Data::I64(values) => values.len(),
            Data::I32(values) => values.len(),
            Data::U8(bytes) | Data::I8(bytes) => bytes.len(),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match &self.data {
            Data::F32(_) => Kind::F32,
            Data::I64(_) => Kind::I64,
            Data::I32(_) => Kind::I32,
            Data::U8(_) => Kind::U8,
            Data::I8(_) => Kind::I8,
        }
    }

    /// The elements if they are floats.
    pub(super) fn floats(&self, place: &str) -> Result<&[f32], ModelError> {
        if let Data::F32(values) = &self.data { Ok(values) } else { Err(self.unexpected(place)) }
    }

    /// The elements if they are int64.
    pub(super) fn integers(&self, place: &str) -> Result<&[i64], ModelError> {
        if let Data::I64(values) = &self.data { Ok(values) } else { Err(self.unexpected(place)) }
    }

    /// The error for a type that does not belong there.
    #[cold]
    #[inline(never)]
    pub(super) fn unexpected(&self, place: &str) -> ModelError {
        ModelError::Type(place.to_owned(), self.kind() as i64)
    }
}

/// The most elements of a tensor, also of one that is empty in some dimension: so no product of lengths overflows.
const MOST_ELEMENTS: usize = 1 << 27;

/// How many elements a shape has.
pub(super) fn elements(place: &str, shape: &[usize]) -> Result<usize, ModelError> {
    if shape.len() > MOST_DIMENSIONS {
        return Err(ModelError::TooMuch("dimensions", MOST_DIMENSIONS as u64));
    }
    let most = shape.iter().try_fold(1usize, |product, length| {
        product.checked_mul((*length).max(1)).filter(|product| *product <= MOST_ELEMENTS)
    });
    match most {
        Some(_) if shape.contains(&0) => Ok(0),
        Some(count) => Ok(count),
        None => Err(ModelError::Shape(place.to_owned(), format!("{shape:?} is too large"))),
    }
}

/// The position of an axis, which is negative when it is counted from the end.
pub(super) fn axis(place: &str, axis: i64, rank: usize) -> Result<usize, ModelError> {
    let signed = i64::try_from(rank).unwrap_or_default();
    usize::try_from(if axis < 0 { axis.saturating_add(signed) } else { axis })
        .ok()
        .filter(|axis| *axis < rank)
        .ok_or_else(|| ModelError::Shape(place.to_owned(), format!("no axis {axis} in {rank} dimensions")))
}

/// The shape that both are stretched to, as in numpy.
pub(super) fn broadcast(place: &str, a: &[usize], b: &[usize]) -> Result<Vec<usize>, ModelError> {
    let rank = a.len().max(b.len());
    let length = |shape: &[usize], i: usize| {
        (i + shape.len()).checked_sub(rank).and_then(|i| shape.get(i).copied()).unwrap_or(1)
    };
    (0..rank)
        .map(|i| match (length(a, i), length(b, i)) {
            (p, q) if p == q || q == 1 => Ok(p),
            (1, q) => Ok(q),
            _ => Err(apart(place, a, b)),
        })
        .collect()
}

/// The error for two shapes of which one cannot be stretched to the other.
#[cold]
#[inline(never)]
pub(super) fn apart(place: &str, a: &[usize], b: &[usize]) -> ModelError {
    ModelError::Shape(place.to_owned(), format!("{a:?} and {b:?} do not fit together"))
}

/// How far apart neighbours are along each axis of `out` in a tensor of `shape` that is stretched to it: 0 along an axis
/// that is stretched. `out` must be what [`broadcast`] made of `shape`.
pub(super) fn strides(shape: &[usize], out: &[usize]) -> Vec<usize> {
    let mut strides = vec![0; out.len()];
    let mut step = 1usize;
    for (stride, length) in strides.iter_mut().rev().zip(shape.iter().rev()) {
        *stride = if *length == 1 { 0 } else { step };
        step = step.saturating_mul(*length);
    }
    strides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_stretched_as_numpy_does() {
        for (a, b, out, strides_of_b) in [
            (&[2, 3][..], &[3][..], &[2, 3][..], &[0, 1][..]),
            (&[2, 1], &[1, 3], &[2, 3], &[0, 1]),
            (&[], &[2], &[2], &[1]),
            (&[4, 1, 5], &[3, 1], &[4, 3, 5], &[0, 1, 0]),
            (&[0, 3], &[1, 3], &[0, 3], &[0, 1]),
        ] {
            assert_eq!(broadcast("x", a, b).unwrap(), out, "{a:?} {b:?}");
            assert_eq!(strides(b, out), strides_of_b, "{a:?} {b:?}");
        }
        for (a, b) in [(&[2][..], &[3][..]), (&[2, 3], &[2]), (&[0], &[2])] {
            assert!(broadcast("x", a, b).is_err(), "{a:?} {b:?}");
        }
    }

    #[test]
    fn data_fills_its_shape() {
        assert!(Tensor::new("x", vec![2, 2], Data::I64(vec![1, 2, 3, 4])).is_ok());
        assert!(Tensor::new("x", vec![], Data::F32(vec![1.0])).is_ok());
        assert!(Tensor::new("x", vec![2, 2], Data::I64(vec![1, 2, 3])).is_err());
        assert!(Tensor::new("x", vec![usize::MAX, 2], Data::F32(vec![])).is_err());
        assert!(Tensor::new("x", vec![0, usize::MAX, 2], Data::F32(vec![])).is_err());
        assert!(Tensor::new("x", vec![1; 9], Data::F32(vec![1.0])).is_err());
        assert_eq!((axis("x", -1, 3).unwrap(), axis("x", 2, 3).unwrap()), (2, 2));
        assert!(axis("x", 3, 3).is_err() && axis("x", -4, 3).is_err() && axis("x", i64::MIN, 0).is_err());
    }
}
