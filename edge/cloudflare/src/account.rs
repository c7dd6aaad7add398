//! The wasm side of the Durable Object `Account` (entry.mjs): an account in memory, and the bytes that are stored of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use postern::codec::CodecError;
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

    /// Does a step. The first character is `1` if [`Account::stored`] has to be stored before the outcome leaves.
    ///
    /// # Errors
    /// The transition, or what is stored of the account, cannot be read.
    pub fn apply(&mut self, transition: &str, now: f64) -> Result<String, JsError> {
        let transition = STANDARD_NO_PAD.decode(transition).map_err(|_| CodecError::Malformed)?;
        let transition = Transition::decode(&transition)?;
        if self.kept.is_none() && transition.heals() {
            self.kept = Kept::wake(None, now as u64).ok();
        }
        let kept =
            self.kept.as_mut().ok_or_else(|| JsError::new("what is stored cannot be read: reset it"))?;
        let (outcome, stored) = kept.apply(&transition, now as u64);
        let changed = stored.is_some();
        self.stored = stored.unwrap_or_default();
        let mut text = String::from(if changed { "1" } else { "0" });
        STANDARD_NO_PAD.encode_string(outcome.encode()?, &mut text);
        Ok(text)
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

/// A step as the text that it is sent as: text costs a call from object to object less than bytes.
pub fn text_of(transition: &Transition) -> Result<String, CodecError> {
    Ok(STANDARD_NO_PAD.encode(transition.encode()?))
}

/// The outcome that [`Account::apply`] wrote.
pub fn outcome_of(text: &str) -> Result<Outcome, CodecError> {
    let text = text.get(1..).unwrap_or_default();
    Outcome::decode(&STANDARD_NO_PAD.decode(text).map_err(|_| CodecError::Malformed)?)
}
