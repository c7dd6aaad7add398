//! The predicted answer, and how sure it is: the nearest questions already answered have to agree on one.

use crate::group::{Found, NEIGHBOURS, Neighbour};
use crate::model::Weights;
use serde::{Deserialize, Serialize};

/// How many bands there are.
pub const BANDS: usize = 3;

/// Predictions that are about equally sure. What is less sure than the last band is never served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Band {
    /// Predicted error up to 0.01.
    Sure,
    /// Up to 0.03.
    Likely,
    /// Up to 0.08.
    Fair,
}

impl Band {
    /// All, from the surest on.
    pub const ALL: [Self; BANDS] = [Self::Sure, Self::Likely, Self::Fair];

    /// The band of a predicted error.
    #[must_use]
    pub fn of(error: f64) -> Option<Self> {
        Self::ALL.into_iter().find(|band| error <= band.most())
    }

    /// The largest predicted error in it.
    #[must_use]
    pub fn most(self) -> f64 {
        match self {
            Self::Sure => 0.01,
            Self::Likely => 0.03,
            Self::Fair => 0.08,
        }
    }
}

/// What the nearest entries say.
#[derive(Debug, Clone, Copy)]
pub struct Prediction<'g> {
    /// The nearest entry with the predicted answer.
    pub found: Found<'g>,
    /// Its cosine.
    pub similarity: f32,
    /// Predicted error: the probability that the answer is another one. It orders calls; whether it is true is a matter of
    /// evidence.
    pub error: f64,
    /// Its band, if it has one.
    pub band: Option<Band>,
}

/// Predicts from the nearest entries, nearest first; nothing from none.
#[must_use]
pub fn predict<'g>(nearest: &[Neighbour<'g>], weights: &Weights) -> Option<Prediction<'g>> {
    let top = f64::from(nearest.first()?.similarity);
    let weight = |one: &Neighbour<'_>| (12.0 * (f64::from(one.similarity) - top)).exp();
    let is =
        |one: &Neighbour<'_>, other: &Neighbour<'_>| one.found.answer.digest == other.found.answer.digest;
    let share =
        |one: &Neighbour<'_>| -> f64 { nearest.iter().filter(|other| is(one, other)).map(weight).sum() };
    // Of equal shares the nearer one counts: the first, as `max_by` would take the last.
    let mut best = nearest.first()?;
    for one in nearest {
        if share(one) > share(best) {
            best = one;
        }
    }
    let others = nearest.iter().find(|other| !is(best, other)).map(|other| f64::from(other.similarity));
    let last = nearest.last()?;
    // Where there are fewer than eight it says little that none of them disagrees: each that is missing counts as one with
    // another answer, as near as the last.
    let missing = NEIGHBOURS.saturating_sub(nearest.len());
    let beyond = f64::from(last.similarity) - if missing > 0 { 0.0 } else { 0.1 };
    let agreeing = nearest.iter().filter(|other| is(best, other)).count();
    #[allow(clippy::cast_precision_loss)]
    let [all, missing, agreeing] = [NEIGHBOURS, missing, agreeing].map(|number| number as f64);
    let b = f64::from(best.similarity);
    let m = b - others.unwrap_or(beyond);
    let a = share(best) / (nearest.iter().map(weight).sum::<f64>() + missing * weight(last));
    let c = agreeing / all;
    let features = [b, m, a, c, b * a, m * a, b * b, m * m, a * a, c * c];
    let sum = features.iter().zip(&weights.features).map(|(feature, weight)| feature * weight).sum::<f64>();
    let error = 1.0 / (1.0 + (-(weights.constant + sum)).exp());
    Some(Prediction { found: best.found, similarity: best.similarity, error, band: Band::of(error) })
}
