//! What an agent's own calls have ended in the cache. It rides on the answer to each charge, so that an agent that has just
//! changed something is not shown what was there before, wherever its next call is taken. Others hear of it by the store.

use serde::{Deserialize, Serialize};

/// What stands for the time of a change that is still under way: nothing may be read or kept until it is over.
pub const UNDER_WAY: u64 = u64::MAX;
/// How long a change is told of, in ms: until everybody knows of it by the store.
const TOLD_MS: u64 = 120_000;
/// Tools of one agent that are told of. Beyond that the oldest change is left to the store.
const TOOLS: usize = 128;
/// Changes of one tool that are under way at once. Beyond that the last one to end ends them.
const CHANGES: usize = 64;

/// By tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ends(Vec<End>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    tool: u32,
    /// When the last change was over, in Unix ms; 0 for none.
    at_ms: u64,
    /// Changes under way: the charge of each, and when it counts as over.
    open: Vec<(u64, u64)>,
}

impl Ends {
    /// A charge whose call changes what these tools answer, and is over at `until_ms` at the latest.
    pub fn begin(&mut self, tools: &[u32], charge: u64, until_ms: u64) {
        for tool in tools {
            if let Some(end) = self.0.iter_mut().find(|end| end.tool == *tool) {
                if end.open.len() < CHANGES {
                    end.open.push((charge, until_ms));
                }
                continue;
            }
            if self.0.len() >= TOOLS {
                let oldest =
                    self.0.iter().enumerate().min_by_key(|(_, end)| (!end.open.is_empty(), end.at_ms));
                oldest.map(|(at, _)| at).map(|at| self.0.swap_remove(at));
            }
            self.0.push(End { tool: *tool, at_ms: 0, open: vec![(charge, until_ms)] });
        }
    }

    /// The call of a charge is over; if it was taken back, it changed nothing.
    pub fn settle(&mut self, charge: u64, undo: bool, now_ms: u64) {
        for end in &mut self.0 {
            let before = end.open.len();
            end.open.retain(|(id, _)| *id != charge);
            if end.open.len() < before && !undo {
                end.at_ms = end.at_ms.max(now_ms);
            }
        }
    }

    /// Ends what was never settled, and forgets what everybody knows.
    pub fn sweep(&mut self, now_ms: u64) {
        for end in &mut self.0 {
            let before = end.open.len();
            end.open.retain(|(_, until_ms)| *until_ms > now_ms);
            if end.open.len() < before {
                end.at_ms = end.at_ms.max(now_ms);
            }
        }
        self.0.retain(|end| {
            !end.open.is_empty() || end.at_ms.saturating_add(TOLD_MS) > now_ms && end.at_ms > 0
        });
    }

    /// What is told: of each tool when it was last changed, in Unix ms, or [`UNDER_WAY`].
    pub fn told(&self) -> Vec<(u32, u64)> {
        let told = |end: &End| (end.tool, if end.open.is_empty() { end.at_ms } else { UNDER_WAY });
        self.0.iter().map(told).collect()
    }

    /// When nothing of it will matter any more, in Unix ms.
    pub fn over_ms(&self) -> Option<u64> {
        let open = self.0.iter().flat_map(|end| end.open.iter().map(|(_, until_ms)| *until_ms));
        open.chain(self.0.iter().map(|end| end.at_ms)).max().map(|last| last.saturating_add(TOLD_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_under_way_until_it_is_settled_or_given_up() {
        let mut ends = Ends::default();
        ends.begin(&[7, 8], 1, 500);
        ends.begin(&[7], 2, 900);
        assert_eq!(ends.told(), [(7, UNDER_WAY), (8, UNDER_WAY)]);
        ends.settle(1, false, 100);
        assert_eq!(ends.told(), [(7, UNDER_WAY), (8, 100)]);
        ends.settle(9, false, 110);
        ends.sweep(899);
        assert_eq!(ends.told(), [(7, UNDER_WAY), (8, 100)]);
        ends.sweep(900);
        assert_eq!(ends.told(), [(7, 900), (8, 100)]);
        ends.sweep(100 + TOLD_MS);
        assert_eq!(ends.told(), [(7, 900)]);
        assert_eq!(ends.over_ms(), Some(900 + TOLD_MS));
        ends.sweep(900 + TOLD_MS);
        assert_eq!((ends.told(), ends.over_ms()), (vec![], None));
    }

    #[test]
    fn what_is_taken_back_changed_nothing() {
        let mut ends = Ends::default();
        ends.begin(&[7], 1, 500);
        ends.settle(1, true, 100);
        ends.sweep(101);
        assert_eq!(ends, Ends::default());
    }

    #[test]
    fn bounded() {
        let mut ends = Ends::default();
        ends.begin(&[0], 0, 500);
        ends.settle(0, false, 1);
        for tool in 1..1_000 {
            ends.begin(&[tool], u64::from(tool), 500);
        }
        assert_eq!(ends.0.len(), TOOLS);
        for charge in 0..1_000 {
            ends.begin(&[999], charge, 500);
        }
        assert!(ends.0.iter().all(|end| end.open.len() <= CHANGES && end.tool != 0));
    }
}
