//! The models that questions are compared by: loaded when a question is first to be compared, and kept while the isolate
//! has this configuration.

use crate::platform::Platform;
use postern_semantic::model::{Embedding, Model, Weights};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How long somebody who loads a model is believed to do so, and how long one that cannot be had is not asked for, in ms.
const CLAIM_MS: u64 = 20_000;
const ABSENT_MS: u64 = 60_000;

/// By asset.
#[derive(Default)]
pub(super) struct Models(RefCell<HashMap<String, State>>);

enum State {
    Ready(Rc<Loaded>),
    /// Somebody loads it: not before this time, Unix ms.
    Loading(u64),
    /// It could not be loaded: not before this time, Unix ms.
    Absent(u64),
}

/// A model that is there.
pub(super) struct Loaded {
    model: RefCell<Model>,
    pub digest: [u8; 32],
    pub weights: Weights,
    /// What an embedding takes, in us, by estimate: on Workers time stands still meanwhile.
    pub takes_us: u32,
}

impl Models {
    /// The model, if it is there or can be loaded. Whoever comes while another loads it does without: nobody waits for
    /// another's request.
    ///
    /// # Errors
    /// Why it could not be loaded, for the record of the call that tried.
    pub async fn get<P: Platform>(&self, platform: &P, asset: &str) -> Result<Option<Rc<Loaded>>, String> {
        let now_ms = platform.now_ms();
        match self.0.borrow().get(asset) {
            Some(State::Ready(loaded)) => return Ok(Some(Rc::clone(loaded))),
            Some(State::Loading(until_ms) | State::Absent(until_ms)) if now_ms < *until_ms => {
                return Ok(None);
            }
            _ => {}
        }
        self.put(asset, State::Loading(now_ms + CLAIM_MS));
        let file = platform.asset(asset).await.ok_or_else(|| format!("there is no asset {asset}"));
        let loaded = file
            .and_then(|file| Model::load(file).map(Loaded::of).map_err(|error| format!("{asset}: {error}")));
        let ready = loaded.as_ref().map(|loaded| State::Ready(Rc::clone(loaded)));
        self.put(asset, ready.unwrap_or_else(|_| State::Absent(platform.now_ms() + ABSENT_MS)));
        loaded.map(Some)
    }

    /// Whether it could not be loaded when it was last tried.
    pub fn is_absent(&self, asset: &str) -> bool {
        matches!(self.0.borrow().get(asset), Some(State::Absent(_)))
    }

    fn put(&self, asset: &str, state: State) {
        self.0.borrow_mut().insert(asset.to_owned(), state);
    }
}

impl Loaded {
    fn of(model: Model) -> Rc<Self> {
        Rc::new(Self {
            digest: *model.digest(),
            weights: model.weights().clone(),
            takes_us: model.takes_us(),
            model: RefCell::new(model),
        })
    }

    /// The vector of a text; none of one that has none.
    pub fn embed(&self, text: &str) -> Option<Embedding> {
        self.model.try_borrow_mut().ok()?.embed(text).ok()
    }
}
