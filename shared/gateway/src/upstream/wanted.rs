//! What is expected of the answer to one request, and what of it the client is to hear.

use super::Sealed;
use crate::mcp::{Era, Json, Notification};

/// What is expected of the answer to one request.
pub(super) struct Wanted {
    /// The request's id, raw JSON; also its progress token.
    pub(super) id: String,
    pub(super) era: Era,
    /// The session it was sent in.
    pub(super) session: Option<Sealed>,
    /// Whether the client can be asked back.
    pub(super) asks: Asks,
    pub(super) progress: Option<Progress>,
    pub(super) logs: Logs,
}

/// Whether the client can be asked back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// No.
    Never,
    /// On the stream of the call, in the session of its own.
    Now,
    /// By its next request, which goes on with the stream after a question that has an event id.
    Later,
}

/// The client's progress token, raw JSON, and the newest progress reported with it.
pub(super) struct Progress {
    pub(super) token: String,
    pub(super) last: Option<f64>,
}

/// Which log messages pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logs {
    None,
    /// Those of this rank (see [`rank`]) or above.
    From(usize),
}

/// RFC 5424 severities as MCP names them, in rising order.
const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

impl Logs {
    /// None asked for: modern clients hear nothing (MCP 2026-07-28, logging), legacy clients everything.
    pub(super) fn wanted(level: Option<&str>, era: Era) -> Self {
        match (level.and_then(rank), era) {
            (Some(rank), _) => Self::From(rank),
            (None, Era::Legacy) => Self::From(0),
            (None, Era::Modern) => Self::None,
        }
    }

    pub(super) fn pass(self, level: &str) -> bool {
        // A level of the upstream's own making passes only where everything does.
        matches!(self, Self::From(floor) if rank(level).map_or(floor == 0, |rank| rank >= floor))
    }
}

fn rank(level: &str) -> Option<usize> {
    LEVELS.iter().position(|known| *known == level)
}

impl Wanted {
    /// The client's token for a notification of progress. `None` for progress that is not ours, or does not increase.
    pub(super) fn progress(&mut self, json: &Json<'_>, notification: &Notification) -> Option<String> {
        let params = notification.params?;
        let progress = self.progress.as_mut()?;
        json.get(params, "progressToken").filter(|node| json.raw(*node) == self.id)?;
        let now: f64 = json.raw(json.get(params, "progress")?).parse().ok()?;
        if progress.last.is_some_and(|last| now <= last) {
            return None;
        }
        progress.last = Some(now);
        Some(progress.token.clone())
    }
}
