//! What an operator is told of an error rate: an upper bound of it, and how much evidence one takes.

use super::{ALPHA, FRACTIONS};

/// Largest number of wrong ones that is summed over. Beyond it, both counts are taken for smaller ones, which makes the bound
/// larger.
const SUMMED: u32 = 2_000;

/// The error rate under which the true one is with confidence `1 - alpha`, when `wrong` of `pairs` were wrong: the bound
/// of Clopper and Pearson (Biometrika 26, 1934), one-sided. 1 when nothing is known.
#[inline(never)]
#[must_use]
pub fn upper(wrong: u32, pairs: u32, alpha: f64) -> f64 {
    if wrong >= pairs {
        return 1.0;
    }
    let (mut wrong, mut pairs) = (wrong, f64::from(pairs));
    if wrong > SUMMED {
        pairs *= f64::from(SUMMED) / f64::from(wrong);
        wrong = SUMMED;
    }
    // The probability of so few falls as the rate rises.
    let (mut low, mut high) = (f64::from(wrong) / pairs, 1.0);
    for _ in 0..50 {
        let rate = f64::midpoint(low, high);
        if at_most(wrong, pairs, rate) > alpha { low = rate } else { high = rate }
    }
    high
}

/// Pairs after which a band opens if all of them are right, `max_error` being the bound in millionths. None for a bound that
/// can never be shown.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn least(max_error: u32) -> Option<u32> {
    let delta = f64::from(max_error) / 1e6;
    if !(delta > 0.0 && delta < 1.0) {
        return None;
    }
    let gains = FRACTIONS.map(|fraction| (fraction / (1.0 - delta) * delta).ln_1p());
    let enough = |pairs: u32| {
        gains.iter().map(|gain| (gain * f64::from(pairs)).exp()).sum::<f64>() / 2.0 >= 1.0 / ALPHA
    };
    // The larger gain alone would be enough there.
    let best = gains.into_iter().fold(0.0, f64::max);
    let (mut low, mut high) = (0, ((2.0 / ALPHA).ln() / best).ceil() as u32);
    while low + 1 < high {
        let middle = u32::midpoint(low, high);
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// The probability that at most `wrong` of `pairs` are, each with probability `rate`.
fn at_most(wrong: u32, pairs: f64, rate: f64) -> f64 {
    let odds = (rate / (1.0 - rate)).ln();
    let mut term = pairs * (-rate).ln_1p();
    let mut sum = term.exp();
    for one in 1..=wrong {
        let one = f64::from(one);
        term += ((pairs - one + 1.0) / one).ln() + odds;
        sum += term.exp();
    }
    sum
}
