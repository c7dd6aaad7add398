//! The wasm side of the Durable Object `Account` (entry.mjs): an account in memory, and the bytes that are stored of it.

use postern::ledger::{Kept, Outcome, Transition};
use wasm_bindgen::prelude::*;

/// An account.
#[wasm_bindgen]
pub struct Account {
    /// `None` when what is stored cannot be read: closed, until it is reset.
    kept: Option<Kept>,
    stored: Vec<u8>,
}

#[wasm_bindgen]
impl Account {
    /// Wakes an account from what is stored of it, at `now` (Unix ms).
    #[wasm_bindgen(constructor)]
    pub fn new(stored: Option<Vec<u8>>, now: f64) -> Self {
        Self { kept: Kept::wake(stored.as_deref(), now as u64).ok(), stored: stored.unwrap_or_default() }
    }

    /// Does a step. The first byte says whether [`Account::stored`] has to be stored before the outcome leaves.
    ///
    /// # Errors
    /// The transition, or what is stored of the account, cannot be read.
    pub fn apply(&mut self, transition: &[u8], now: f64) -> Result<Vec<u8>, JsError> {
        let transition = Transition::decode(transition)?;
        if self.kept.is_none() && transition.heals() {
            self.kept = Kept::wake(None, now as u64).ok();
        }
        let kept =
            self.kept.as_mut().ok_or_else(|| JsError::new("what is stored cannot be read: reset it"))?;
        let (outcome, stored) = kept.apply(&transition, now as u64);
        let changed = stored.is_some();
        self.stored = stored.unwrap_or_default();
        encode(changed, &outcome)
    }

    /// What has to be stored.
    pub fn stored(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.stored)
    }

    /// Whether anything has changed, so that [`Account::stored`] is to be stored.
    pub fn rest(&mut self, now: f64) -> bool {
        let rested = self.kept.as_mut().and_then(|kept| kept.rest(now as u64));
        let stored = rested.flatten();
        let changed = stored.is_some();
        self.stored = stored.unwrap_or_default();
        changed
    }

    /// When it no longer matters, in Unix ms; 0 when it does not now.
    pub fn over(&mut self, now: f64) -> f64 {
        match &mut self.kept {
            Some(kept) => kept.over_ms(now as u64).unwrap_or_default() as f64,
            // What cannot be read is kept until somebody decides about it.
            None => f64::MAX,
        }
    }

    /// Whether calls are open.
    pub fn open(&self) -> bool {
        self.kept.as_ref().is_some_and(Kept::is_open)
    }
}

fn encode(changed: bool, outcome: &Outcome) -> Result<Vec<u8>, JsError> {
    let outcome = outcome.encode()?;
    let mut bytes = Vec::with_capacity(outcome.len() + 1);
    bytes.push(u8::from(changed));
    bytes.extend_from_slice(&outcome);
    Ok(bytes)
}
