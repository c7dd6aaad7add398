//! What an isolate knows of a tool.

use crate::agreement::Band;
use crate::evidence::{Standing, Witness};
use serde::{Deserialize, Serialize};

/// How long an isolate's copy of a record is good for, in ms.
pub const COPY_MS: u64 = 30_000;
/// Semantic hits for which it is: a tool that has changed is served wrongly that often at most before the record is asked.
pub const COPY_HITS: u32 = 20;
/// From when on it is asked behind a request, so that none has to wait: half of both.
const ASK_MS: u64 = COPY_MS / 2;
const ASK_HITS: u32 = COPY_HITS / 2;

/// Of a thousand calls that could be served, so many go to the upstream all the same, to watch the bands; more while a
/// band has fewer than [`YOUNG_PAIRS`].
const SHADOWS: u32 = 30;
const SHADOWS_YOUNG: u32 = 50;
const YOUNG_PAIRS: u32 = 300;
const THOUSAND: u32 = 1_000;

/// Guesses that have to be right in a row until a band that was shut here serves again before its time: a tool that has
/// changed makes none.
const CLEARED: u32 = 16;

/// Witnesses that wait for each other, so that not every miss asks the record. A wrong one does not wait.
const TOGETHER: usize = 8;
/// Witnesses that are kept while the record cannot be reached.
const WAITING: usize = 64;

/// Embeddings before they are asked to pay.
const TRIED: u32 = 256;
/// Embeddings after which all counts are halved: what was long ago fades.
const FADES: u32 = 1_024;
/// Share of the calls that are embedded where it does not pay, to see whether it would.
const SAMPLED: f64 = 0.05;
/// Pairs of a band, up to which a right guess counts as the time that it could have saved: until it may serve, it cannot pay.
const PROMISING_PAIRS: u32 = 2_000;
/// What an answer of the upstream takes, until one is known, in us.
const UPSTREAM_US: u64 = 100_000;

/// One tool of one tenant, as an isolate knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tool {
    /// The copy of its record, and when it was asked for, Unix ms.
    copy: Option<(Standing, u64)>,
    /// Semantic hits since then.
    hits: u32,
    /// How far the present thousand of [`SHADOWS`] is, and at which point of it one is due.
    watched: u32,
    due: Option<u32>,
    /// Since when a band is closed here, and all less sure ones: a guess was wrong. And how many were right in a row since.
    shut: Option<(Band, u64)>,
    right: u32,
    /// What the record has not been told yet.
    waiting: Vec<Witness>,
    /// Embeddings, what they took in us, and what hits saved in us.
    embedded: u32,
    spent_us: u64,
    saved_us: u64,
    /// What an answer of the upstream takes, in us; 0 when none came.
    upstream_us: u64,
}

impl Tool {
    /// What to tell the record, and the copy that it answers with comes by [`Tool::refresh`]. What could not be told
    /// comes back by [`Tool::keep`].
    pub fn take(&mut self) -> Vec<Witness> {
        std::mem::take(&mut self.waiting)
    }

    /// Keeps what the record has to be told. When there is no more room, the oldest leaves; wrong ones last, as without them
    /// the record would be better than the truth.
    pub fn keep(&mut self, witnesses: Vec<Witness>) {
        for witness in witnesses {
            if self.waiting.len() >= WAITING {
                let right = self.waiting.iter().position(|witness| !witness.wrong).unwrap_or(0);
                self.waiting.remove(right);
            }
            self.waiting.push(witness);
        }
    }

    /// Takes a copy of the record, which was asked for at `asked_ms`.
    pub fn refresh(&mut self, standing: Standing, asked_ms: u64) {
        self.copy = Some((standing, asked_ms));
        self.hits = 0;
    }

    /// Whether the record should be told and asked behind this request; with any witness where they are not to wait for
    /// each other.
    #[must_use]
    pub fn wants(&self, now_ms: u64, at_once: bool) -> bool {
        let together = if at_once { 1 } else { TOGETHER };
        let told = self.waiting.len() < together && !self.waiting.iter().any(|witness| witness.wrong);
        !told || self.hits >= ASK_HITS || self.age_ms(now_ms) >= ASK_MS
    }

    /// Whether nothing can be decided by the copy of the record any more, so that a call may wait for a new one.
    #[must_use]
    pub fn is_blind(&self, now_ms: u64) -> bool {
        self.hits >= COPY_HITS || self.age_ms(now_ms) >= COPY_MS
    }

    /// How long ago the record was asked for the copy, in ms.
    #[must_use]
    pub fn age_ms(&self, now_ms: u64) -> u64 {
        self.copy.map_or(u64::MAX, |(_, asked_ms)| now_ms.abs_diff(asked_ms))
    }

    /// The copy of the record.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.copy.map(|(standing, _)| standing)
    }

    /// Whether a band serves here. A copy that could not be refreshed in time closes all.
    #[must_use]
    pub fn serves(&self, band: Band, now_ms: u64) -> bool {
        // Clocks may jump back: a copy from the future is as old as it is far.
        let shut = self.shut.is_some_and(|(from, at)| band >= from && now_ms.abs_diff(at) < COPY_MS);
        let good = |(standing, asked_ms): &(Standing, u64)| {
            now_ms.abs_diff(*asked_ms) < COPY_MS && self.hits < COPY_HITS && standing.serves(band)
        };
        !shut && self.copy.as_ref().is_some_and(good)
    }

    /// Pairs that counted in a band, as far as is known here.
    #[must_use]
    pub fn pairs(&self, band: Band) -> u32 {
        self.copy.map_or(0, |(standing, _)| standing.of(band).pairs)
    }

    /// A text was embedded, which took this long. Where time stands still while work is done, it is an estimate.
    pub fn embedded(&mut self, took_us: u32) {
        if self.embedded >= FADES {
            self.embedded /= 2;
            self.spent_us /= 2;
            self.saved_us /= 2;
        }
        self.embedded += 1;
        self.spent_us = self.spent_us.saturating_add(u64::from(took_us));
    }

    /// The upstream answered after this long.
    pub fn answered(&mut self, took_us: u64) {
        self.upstream_us = match self.upstream_us {
            0 => took_us,
            // Follows the last 16 or so.
            known => known - known / 16 + took_us / 16,
        };
    }

    /// Whether to embed a text: where that takes more time than it saves, only some are.
    pub(super) fn pays(&self, coin: f64) -> bool {
        self.embedded < TRIED || self.saved_us >= self.spent_us || coin < SAMPLED
    }

    /// Whether this call, which could be served, is to be a shadow call. Each is one with the same probability, but they
    /// are spread: one falls into each stretch of 20, or of 33, calls, so that a tool which has changed is never
    /// served for long by bad luck.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn shadows(&mut self, coin: f64) -> bool {
        let drawn = ((coin * f64::from(THOUSAND)) as u32).min(THOUSAND - 1);
        let due = *self.due.get_or_insert(drawn);
        let share = if self.pairs(Band::Sure) < YOUNG_PAIRS { SHADOWS_YOUNG } else { SHADOWS };
        let end = self.watched.min(THOUSAND) + share;
        let shadow = (self.watched..end).contains(&due);
        if end < THOUSAND {
            self.watched = end;
            return shadow;
        }
        // The next stretch has begun within this call.
        self.watched = end - THOUSAND;
        self.due = Some(drawn);
        shadow || drawn < self.watched
    }

    /// Something was served by meaning.
    pub(super) fn hit(&mut self) {
        self.hits = self.hits.saturating_add(1);
        self.save();
    }

    /// A guess was compared. A wrong one closes its band and all less sure ones for as long as a copy is good. If it could
    /// have been served, the tool itself may have changed: it closes all of them, and all calls then bear witness. Those open
    /// them again before that, if enough are right.
    pub(super) fn witnessed(&mut self, witness: Witness, now_ms: u64) {
        self.keep(vec![witness]);
        if !witness.wrong && self.shut.is_some_and(|(from, _)| witness.band >= from) {
            self.right += 1;
            if self.right >= CLEARED {
                self.shut = None;
            }
        }
        if witness.wrong {
            let from = if self.serves(witness.band, now_ms) { Band::Sure } else { witness.band };
            let before = self.shut.filter(|(_, at)| now_ms.abs_diff(*at) < COPY_MS);
            // While a band is shut all its calls bear witness, and of many some are wrong: that would keep it shut for ever, where
            // there are many calls. By the end of the time the record knows of all of them.
            if before.is_none_or(|(before, _)| from < before) {
                self.shut = Some((from, now_ms));
            }
            self.right = 0;
        } else if self.pairs(witness.band) < PROMISING_PAIRS {
            self.save();
        }
    }

    fn save(&mut self) {
        let saved = if self.upstream_us == 0 { UPSTREAM_US } else { self.upstream_us };
        self.saved_us = self.saved_us.saturating_add(saved);
    }
}
