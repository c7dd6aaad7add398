//! The weights by which a prediction from a model's neighbours is believed.

use super::ModelError;

/// How many numbers they are: the constant, and one for each feature.
const NUMBERS: usize = 11;

/// What a model's file says about the worth of its similarities: the constant `w0`, and one weight for each of `b m a c
/// ba ma b^2 m^2 a^2 c^2` (see `agreement`).
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// `w0`, the constant.
    pub constant: f64,
    /// `w`, in the order above.
    pub features: [f64; NUMBERS - 1],
}

impl Weights {
    /// Reads eleven finite numbers between blanks.
    pub fn read(text: &str) -> Result<Self, ModelError> {
        const WRONG: ModelError = ModelError::Property("postern.weights");
        let mut numbers = text
            .split_ascii_whitespace()
            .map(|word| word.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or(WRONG));
        let constant = numbers.next().ok_or(WRONG)??;
        let features = numbers.collect::<Result<Vec<f64>, _>>()?;
        Ok(Self { constant, features: features.try_into().map_err(|_| WRONG)? })
    }
}

#[cfg(test)]
mod tests {
    use super::Weights;

    #[test]
    fn eleven_numbers_are_read_and_nothing_else() {
        let read = Weights::read("4.833 -7.707 -7.695 3.473 -4.694 -11.536 -2.221 8.109 10.456 2.012 1.955")
            .unwrap();
        assert_eq!((read.constant, read.features[0], read.features[9]), (4.833, -7.707, 1.955));
        for wrong in
            ["", "1 2 3", "1 2 3 4 5 6 7 8 9 10 11 12", "1 2 3 4 5 6 7 8 9 10 x", "1 2 3 4 5 6 7 8 9 10 inf"]
        {
            assert!(Weights::read(wrong).is_err(), "{wrong}");
        }
    }
}
