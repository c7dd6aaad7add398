//! What is reserved until a call has ended.

use super::terms::RuleKey;
use serde::{Deserialize, Serialize};

/// A charge whose end is still to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hold {
    /// The id of the charge.
    pub id: u64,
    /// When it stays charged as it is, Unix ms.
    pub until_ms: u64,
    /// What it took.
    pub parts: Vec<Part>,
}

/// What a charge took of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Of which.
    pub rule: RuleKey,
    /// How much.
    pub amount: u64,
    /// How it may come back.
    pub kind: Kind,
}

/// How something comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// In flight: as soon as the call has ended, or is given up.
    Slot,
    /// An estimate in the window that began then (Unix ms): settled in that window or not at all.
    Estimate(u64),
    /// Only when the charge is undone; of the window that began then, if it is one.
    Sure(Option<u64>),
}

impl Hold {
    /// Whether it is remembered only because it may be taken back: nobody tells how its call ended.
    pub fn is_for_undo(&self) -> bool {
        self.parts.iter().all(|part| matches!(part.kind, Kind::Sure(_)))
    }

    /// Whether it keeps something in flight.
    pub fn has_slots(&self) -> bool {
        self.parts.iter().any(|part| part.kind == Kind::Slot)
    }
}
