//! The vector of a text, small enough to keep a thousand of them in one value.

/// A unit vector in int8. The cosine of two texts is [`Embedding::cosine`] of theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// What one step of `values` is worth.
    pub scale: f32,
    /// The components, -127..=127, as many as the model has dimensions.
    pub values: Vec<i8>,
}

impl Embedding {
    /// Rounds a vector of any length but zero to int8, symmetrically: the largest component becomes 127 or -127. None for
    /// a vector without direction: all zeros, or not finite.
    pub fn new(vector: &[f32]) -> Option<Self> {
        let norm = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        let most = vector.iter().fold(0f32, |most, value| most.max(value.abs()));
        if !norm.is_finite() || norm <= 0.0 || most <= 0.0 {
            return None;
        }
        let step = most / 127.0;
        // Rounding keeps each value within -127..=127, because `most` is the largest.
        let values: Vec<i8> = vector.iter().map(|value| (value / step).round() as i8).collect();
        Some(Self { scale: (f64::from(step) / norm) as f32, values })
    }

    /// The cosine of the angle between two vectors of the same model; 0 when their lengths differ.
    pub fn cosine(&self, other: &Self) -> f32 {
        if self.values.len() != other.values.len() {
            return 0.0;
        }
        self.scale * other.scale * dot(&self.values, &other.values) as f32
    }
}

/// The sum of products. In blocks, so that many are done at once in code for size too, and apart, because it is what
/// looking for neighbours is.
#[inline(never)]
fn dot(a: &[i8], b: &[i8]) -> i32 {
    let product = |(a, b): (&i8, &i8)| i32::from(*a) * i32::from(*b);
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
    let blocks = a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(product).sum::<i32>());
    blocks.sum::<i32>() + rest_a.iter().zip(rest_b).map(product).sum::<i32>()
}

#[cfg(test)]
mod tests {
    use super::Embedding;

    #[test]
    fn rounding_keeps_the_angle() {
        let a: Vec<f32> = (0..384).map(|i| ((i * 37 % 101) as f32 - 50.0) * 3.0).collect();
        let b: Vec<f32> = (0..384).map(|i| (i * 53 % 89) as f32 - 30.0).collect();
        let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(p, q)| f64::from(p * q)).sum::<f64>();
        let (x, y) = (Embedding::new(&a).unwrap(), Embedding::new(&b).unwrap());
        let exact = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
        assert!((f64::from(x.cosine(&y)) - exact).abs() < 1e-3, "{} is not {exact}", x.cosine(&y));
        assert!((x.cosine(&x) - 1.0).abs() < 1e-3);
        assert_eq!(x.values.iter().map(|value| value.unsigned_abs()).max(), Some(127));
    }

    #[test]
    fn a_vector_without_direction_is_none() {
        for vector in [vec![], vec![0.0; 8], vec![1.0, f32::NAN], vec![f32::INFINITY, 0.0]] {
            assert_eq!(Embedding::new(&vector), None, "{vector:?}");
        }
    }

    #[test]
    fn vectors_of_two_models_have_nothing_in_common() {
        let (x, y) = (Embedding::new(&[1.0, 2.0]).unwrap(), Embedding::new(&[1.0, 2.0, 0.0]).unwrap());
        assert_eq!(x.cosine(&y), 0.0);
    }
}
