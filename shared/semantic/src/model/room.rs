//! How much a graph may use: models come from operators, texts from strangers.

use super::ModelError;
use super::tensor::{Kind, elements};

/// The most bytes of values that a graph may hold at a time, its weights aside. An encoder of six layers of 384 needs 10 MB
/// for its longest text.
const MOST_BYTES: usize = 48 << 20;
/// The most multiplications, or elements made, of one run. The same encoder needs 3 * 10^9 for its longest text.
const MOST_WORK: u64 = 1 << 34;

/// What is left.
#[derive(Debug)]
pub(super) struct Room {
    bytes: usize,
    work: u64,
    trial: bool,
}

impl Room {
    /// All of it. In a trial only types and shapes matter: what is dear may be left out.
    pub(super) fn new(trial: bool) -> Self {
        Self { bytes: MOST_BYTES, work: MOST_WORK, trial }
    }

    pub(super) fn is_trial(&self) -> bool {
        self.trial
    }

    /// Makes room for a tensor, before it is made; returns how many elements it has.
    pub(super) fn take(&mut self, place: &str, shape: &[usize], kind: Kind) -> Result<usize, ModelError> {
        let count = elements(place, shape)?;
        let bytes = count.checked_mul(kind.size()).and_then(|bytes| self.bytes.checked_sub(bytes));
        self.bytes = bytes.ok_or(ModelError::TooMuch("bytes of values at a time", MOST_BYTES as u64))?;
        self.work(count, 1)?;
        Ok(count)
    }

    /// Counts `count` times `each` steps.
    pub(super) fn work(&mut self, count: usize, each: usize) -> Result<(), ModelError> {
        let steps = (count as u64).saturating_mul(each as u64);
        self.work = self.work.checked_sub(steps).ok_or(ModelError::TooMuch("steps of a run", MOST_WORK))?;
        Ok(())
    }

    /// Says that a value is gone.
    pub(super) fn give(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }
}
