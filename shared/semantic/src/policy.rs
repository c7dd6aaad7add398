//! The whole decision for one call, as gateways make it and simulations repeat it. Time and chance are arguments.
//!
//! [`begin`] looks for the same text and says whether to embed it; [`judge`] looks for the same meaning. What went to
//! the upstream with a guess is compared by [`witness`]. When [`Tool::wants`] says so, what was witnessed goes to the
//! record of the tool, and its standing comes back.

#[cfg(test)]
mod tests;
mod tool;

pub use tool::{COPY_HITS, COPY_MS, Tool};

use crate::agreement::{Band, predict};
use crate::evidence::{self, Witness};
use crate::group::{Digest, Found, Group, Life};
use crate::model::{Embedding, Weights};

/// What an operator lets the cache do with a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Mode {
    /// Nothing.
    #[default]
    Off,
    /// Serve the same text.
    Exact,
    /// That, and gather evidence without serving by it.
    Shadow,
    /// Serve by meaning what has earned it.
    Serve,
}

/// What holds for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The tool's mode.
    pub mode: Mode,
    /// All kill switches: the tool's, the tenant's and the gateway's. When one is thrown, nothing is served.
    pub enabled: bool,
    /// The agent asks for a fresh answer: nothing is served. It is still kept.
    pub no_cache: bool,
    /// The agent asks for nothing by meaning.
    pub no_semantic: bool,
}

impl Rules {
    /// Of a tool in this mode, nothing being switched off.
    #[must_use]
    pub fn of(mode: Mode) -> Self {
        Self { mode, enabled: true, no_cache: false, no_semantic: false }
    }

    /// Whether the same text may be served.
    #[must_use]
    pub fn exact(&self) -> bool {
        self.keeps() && !self.no_cache
    }

    /// Whether answers are kept.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.enabled && self.mode >= Mode::Exact
    }

    /// Whether texts are embedded: to serve by it, to learn from it, or to be found by it later.
    #[must_use]
    pub fn embeds(&self) -> bool {
        self.keeps() && self.mode >= Mode::Shadow
    }

    fn serves_meaning(&self) -> bool {
        self.embeds() && self.mode == Mode::Serve && !self.no_cache && !self.no_semantic
    }
}

/// What is to be done first.
#[derive(Debug, Clone, Copy)]
pub enum Begin<'g> {
    /// Serve this: it answers the same text.
    Exact(Found<'g>),
    /// Embed the text, and [`judge`].
    Embed,
    /// Ask the upstream.
    Miss,
}

/// A question whose text was embedded.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Of its exact text.
    pub text: &'a Digest,
    /// Of the text that is embedded.
    pub vector: &'a Embedding,
    /// The model's.
    pub weights: &'a Weights,
}

/// What is expected to be the answer. It says nothing of texts but digests, and may be kept in records.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// Of the answer.
    pub answer: Digest,
    /// The nearest entry with that answer.
    pub nearest: Digest,
    /// Its cosine.
    pub similarity: f32,
    /// Predicted error.
    pub error: f64,
    /// None: never served, and no evidence either.
    pub band: Option<Band>,
    /// Of question and nearest entry, see [`evidence::pair`].
    pub pair: u32,
}

impl Guess {
    /// How sure it is, 0 to 1.
    #[must_use]
    pub fn score(&self) -> f64 {
        1.0 - self.error
    }
}

/// What is to be done with a question whose text was embedded.
#[derive(Debug, Clone)]
pub enum Look<'g> {
    /// Serve this.
    Semantic(Found<'g>, Guess),
    /// It could be served; ask the upstream, and compare.
    Shadow(Guess),
    /// Ask the upstream; if there is a guess, compare.
    Miss(Option<Guess>),
}

/// The first step, `coin` being drawn from 0..1. None stands for a group that is not there.
#[inline(never)]
#[must_use]
pub fn begin<'g>(
    group: Option<&'g Group>,
    text: &Digest,
    rules: &Rules,
    tool: &Tool,
    now_ms: u64,
    coin: f64,
) -> Begin<'g> {
    let group = group.filter(|_| rules.exact());
    match group.and_then(|group| group.exact(text, Life::Fresh, now_ms)) {
        Some(found) => Begin::Exact(found),
        None if rules.embeds() && tool.pays(coin) => Begin::Embed,
        None => Begin::Miss,
    }
}

/// The second step, `coin` being another one. What it serves is counted in `tool`.
#[inline(never)]
#[must_use]
pub fn judge<'g>(
    group: Option<&'g Group>,
    asked: &Asked<'_>,
    rules: &Rules,
    tool: &mut Tool,
    now_ms: u64,
    coin: f64,
) -> Look<'g> {
    let Some((found, guess)) = group.and_then(|group| guess(group, asked, Life::Fresh, now_ms)) else {
        return Look::Miss(None);
    };
    if !rules.serves_meaning() || !guess.band.is_some_and(|band| tool.serves(band, now_ms)) {
        return Look::Miss(Some(guess));
    }
    if tool.shadows(coin) {
        return Look::Shadow(guess);
    }
    tool.hit();
    Look::Semantic(found, guess)
}

/// What may be served, marked as stale, when the upstream is down: an entry to the same text, else what a band that
/// serves says of the question, expired entries among its neighbours. What it serves is counted in `tool`.
#[inline(never)]
#[must_use]
pub fn stale<'g>(
    group: &'g Group,
    text: &Digest,
    asked: Option<&Asked<'_>>,
    rules: &Rules,
    tool: &mut Tool,
    now_ms: u64,
) -> Option<(Found<'g>, Option<Guess>)> {
    if !rules.exact() {
        return None;
    }
    if let Some(found) = group.exact(text, Life::Kept, now_ms) {
        return Some((found, None));
    }
    let (found, guess) = guess(group, asked?, Life::Kept, now_ms)?;
    if !rules.serves_meaning() || !tool.serves(guess.band?, now_ms) {
        return None;
    }
    tool.hit();
    Some((found, Some(guess)))
}

/// What a guess was worth, `fresh` being the upstream's answer, or none after an error. `tool` keeps it for the record, and
/// a wrong guess closes bands in it at once.
#[inline(never)]
pub fn witness(guess: &Guess, fresh: Option<&Digest>, tool: &mut Tool, now_ms: u64) {
    let Some(band) = guess.band else { return };
    tool.witnessed(Witness { band, pair: guess.pair, wrong: fresh != Some(&guess.answer) }, now_ms);
}

fn guess<'g>(group: &'g Group, asked: &Asked<'_>, life: Life, now_ms: u64) -> Option<(Found<'g>, Guess)> {
    let nearest = group.nearest(asked.text, asked.vector, life, now_ms);
    let prediction = predict(&nearest, asked.weights)?;
    let guess = Guess {
        answer: prediction.found.answer.digest,
        nearest: prediction.found.entry.text,
        similarity: prediction.similarity,
        error: prediction.error,
        band: prediction.band,
        pair: evidence::pair(asked.text, &prediction.found.entry.text),
    };
    Some((prediction.found, guess))
}
