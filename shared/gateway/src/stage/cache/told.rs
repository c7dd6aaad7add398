//! What an operator is told of a tool that answers by meaning, or is to: why it does or does not, and what that rests on.

use super::Cache;
use super::earned::{Earned, HUNDRED};
use crate::tenant::{CacheMode, Caching};
use postern_semantic::agreement::{BANDS, Band};
use postern_semantic::evidence::{ALPHA, least, upper};

/// Why a tool answers by meaning in this isolate, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does.
    Serves,
    /// It has earned it; what the isolate knows of that is too old, and is asked for with the next question.
    Waiting,
    /// It had earned it, and a guess was wrong just now.
    Paused,
    /// Its mode is `shadow`.
    Shadow,
    /// There is not enough evidence yet.
    Learning,
    /// There is enough, and it speaks against it.
    Failing,
    /// Its record cannot be reached.
    Unreachable,
    /// Its model cannot be loaded.
    NoModel,
}

impl State {
    /// As operators read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Serves => "serves",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Shadow => "shadow",
            Self::Learning => "learning",
            Self::Failing => "failing",
            Self::Unreachable => "unreachable",
            Self::NoModel => "no_model",
        }
    }
}

/// What is told of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Why it answers by meaning, or does not.
    pub state: State,
    /// The same as a sentence without its full stop.
    pub says: String,
    /// The error rate that a band has to stay under, together with all surer ones.
    pub max_error: f64,
    /// From the surest on.
    pub bands: [OfBand; BANDS],
}

/// What is told of one band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfBand {
    /// The largest predicted error in it.
    pub band: f64,
    /// It answers here now.
    pub serves: bool,
    /// What is known of it and all surer ones suffices.
    pub open: bool,
    /// Pairs of questions that were compared.
    pub pairs: u32,
    /// Of those, wrong ones.
    pub wrong: u32,
    /// With 95 % confidence the error rate of the pairs is at most this; 1 without any.
    pub upper: f64,
}

impl Cache {
    /// What is known here of a tool with these settings; nothing where it answers equal questions only.
    #[must_use]
    pub fn told(&self, tenant: &str, tool: &str, caching: &Caching, now_ms: u64) -> Option<Told> {
        if caching.mode == CacheMode::Exact {
            return None;
        }
        let earned = self.earned(tenant, tool, now_ms).unwrap_or(Earned { blind: true, ..Earned::default() });
        let model = caching.model.as_deref().unwrap_or_default();
        let bands = bands(&earned, caching.mode);
        let [sure, ..] = bands;
        let max_error = f64::from(caching.max_error) / 1e4;
        let least = least(caching.max_error.saturating_mul(HUNDRED)).unwrap_or(u32::MAX);
        let state = if self.models.is_absent(model) {
            State::NoModel
        } else if earned.failed && earned.blind {
            State::Unreachable
        } else if caching.mode == CacheMode::Shadow {
            State::Shadow
        } else if sure.serves {
            State::Serves
        } else if sure.open {
            if earned.blind { State::Waiting } else { State::Paused }
        } else if sure.pairs < least {
            State::Learning
        } else {
            State::Failing
        };
        let OfBand { pairs, wrong, .. } = sure;
        let says = match state {
            State::Serves => format!(
                "each band that serves had, with 95 % confidence, together with all surer ones an error rate under \
                 {max_error} when it opened, and by itself one under twice that; it has been watched by shadow calls since"
            ),
            State::Waiting => {
                "it may serve; the next question asks its record whether it still may".to_owned()
            }
            State::Paused => "it may serve, but a guess was wrong within the last 30 s".to_owned(),
            State::Shadow if sure.open => "it only watches; by what it has seen it could serve".to_owned(),
            State::Shadow => format!("it only watches; {pairs} of about {least} pairs in the surest band"),
            State::Learning => format!("no evidence yet: {pairs} of about {least} pairs in the surest band"),
            State::Failing => format!("{wrong} of {pairs} pairs in the surest band were wrong"),
            State::Unreachable => "the record of its evidence cannot be reached".to_owned(),
            State::NoModel => format!("the model {model} cannot be loaded"),
        };
        Some(Told { state, says, max_error, bands })
    }
}

fn bands(earned: &Earned, mode: CacheMode) -> [OfBand; BANDS] {
    let mut serves = earned.serves.into_iter();
    Band::ALL.map(|band| {
        let seen = earned.standing.of(band);
        OfBand {
            band: band.most(),
            serves: serves.next() == Some(true) && mode == CacheMode::Serve,
            open: seen.open,
            pairs: seen.pairs,
            wrong: seen.wrong,
            upper: upper(seen.wrong, seen.pairs, ALPHA),
        }
    })
}
