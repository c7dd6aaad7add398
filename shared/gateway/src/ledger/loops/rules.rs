//! What counts as stuck: pure rules over the calls that a chain keeps and the one that arrives.
//!
//! A pattern is only held against an agent while it goes on: its calls must follow each other at its own pace. What
//! an agent does once every few minutes is patience.

use super::chain::{Chain, Entry, Fate};
use super::{Bounds, Fingerprint, Rule};

/// Lengths of cycles. A cycle of one is the same call; longer ones are made of calls that are the same often enough.
const CYCLE: std::ops::RangeInclusive<usize> = 2..=4;
/// Wordings that must be different among empty results. Fewer are an agent that asks again, which is another rule's.
const WORDINGS: usize = 3;
/// Errors that may take turns.
const TURNS: usize = 3;
/// Parts of the window. With five times in two minutes, calls are less than a quarter of it apart.
const PACE: u64 = 4;

/// A chain as one arriving call sees it.
struct Look<'a> {
    chain: &'a Chain,
    ring: &'a [Entry],
    call: &'a Fingerprint,
    window_ms: u64,
}

/// The first rule that applies to the arriving call, with how often its pattern was seen.
pub(super) fn pattern(
    chain: &Chain,
    bounds: &Bounds,
    window_ms: u64,
    call: &Fingerprint,
) -> Option<(Rule, u8)> {
    let look = Look { chain, ring: chain.ring(), call, window_ms };
    let counts = [
        (Rule::Error, look.same_trouble().max(look.same_error()), bounds.errors),
        (Rule::Same, look.same(bounds.same), bounds.same),
        (Rule::Empty, look.empty(bounds.empty), bounds.empty),
        (Rule::Flight, look.flight(), bounds.flight),
    ];
    for (rule, seen, bound) in counts {
        // A bound of less than two would stop calls that nothing like them came before.
        if seen >= usize::from(bound.max(2)) {
            return Some((rule, u8::try_from(seen).unwrap_or(u8::MAX)));
        }
    }
    let length = look.cycle(usize::from(bounds.rounds.max(2)))?;
    Some((Rule::Cycle, u8::try_from(length).unwrap_or(u8::MAX)))
}

impl<'a> Look<'a> {
    fn age_ms(&self, entry: &Entry) -> u64 {
        self.chain.age_ms(entry)
    }

    /// The calls that fit and whose result is known, latest first, as long as no pause of a window lies between them,
    /// nor between the latest and now. The time that a call takes is no pause of the agent's.
    fn row(&self, fits: impl Fn(&Entry) -> bool) -> impl Iterator<Item = (usize, &'a Entry)> {
        let mut later_ms = 0;
        self.ring
            .iter()
            .enumerate()
            .rev()
            .filter(move |(_, entry)| fits(entry) && entry.fate().result().is_some())
            .take_while(move |(_, entry)| {
                let age_ms = self.age_ms(entry);
                let ended_ms = age_ms.saturating_sub(entry.took_ms());
                let pause_ms = ended_ms.saturating_sub(later_ms);
                later_ms = age_ms;
                pause_ms < self.window_ms
            })
    }

    /// The same call with the same result, up to `bound` times within the window; 0 if most of them were followed by
    /// progress.
    fn same(&self, bound: u8) -> usize {
        let mut latest: Option<&Entry> = None;
        let mut upper = self.ring.len();
        let (mut count, mut moved) = (0, 0);
        for (at, entry) in self.row(|entry| entry.is_call(self.call)) {
            let latest = *latest.get_or_insert(entry);
            let age_ms = self.age_ms(entry);
            // All within a window, and the arriving call follows at the same pace. A late result is not held in favour.
            let within = age_ms.saturating_sub(self.age_ms(latest)) < self.window_ms
                && age_ms.saturating_sub(latest.took_ms()) < self.window_ms + self.window_ms / PACE;
            if count >= usize::from(bound) || entry.fate().result() != latest.fate().result() || !within {
                break;
            }
            count += 1;
            moved += usize::from(self.moved(at, upper));
            upper = at;
        }
        if moved * 2 > count { 0 } else { count }
    }

    /// Whether a call between two others was made before them with another result: the agent looks at something
    /// that changes, so that the same call around it (next, work, click) is progress.
    fn moved(&self, from: usize, to: usize) -> bool {
        let is_known = |entry: &&Entry| entry.fate().result().is_some();
        let (before, between) = self.part(from, to);
        between.iter().filter(is_known).any(|entry| {
            let mut earlier = before.iter().rev().filter(|earlier| earlier.call() == entry.call());
            earlier.find(is_known).is_some_and(|earlier| !agree(earlier.fate(), entry.fate()))
        })
    }

    /// What lies before the entry `from`, and what lies between it and `to`.
    fn part(&self, from: usize, to: usize) -> (&'a [Entry], &'a [Entry]) {
        let between = self.ring.get(from.saturating_add(1)..to).unwrap_or_default();
        (self.ring.get(..from).unwrap_or_default(), between)
    }

    /// The same call with the same error each time, but for times and ids in its text. If nothing else was called in
    /// between, a few errors may take turns (a timeout, a reset, the timeout again): then nothing is being mended.
    fn same_trouble(&self) -> usize {
        let mut gists: Vec<[u8; 4]> = Vec::new();
        let (mut upper, mut turns) = (self.ring.len(), 0);
        for (at, entry) in self.row(|entry| entry.is_call(self.call)) {
            let Some(gist) = entry.fate().trouble() else { break };
            let changed = gists.last().is_some_and(|later| *later != gist);
            if changed && !self.adjacent(at, upper) {
                break;
            }
            turns += usize::from(changed);
            gists.push(gist);
            upper = at;
        }
        let alike = gists.iter().take_while(|gist| Some(*gist) == gists.first()).count();
        let all = gists.len();
        gists.sort_unstable();
        gists.dedup();
        let take_turns = gists.len() <= TURNS && turns >= gists.len();
        if take_turns { all } else { alike }
    }

    /// Whether nothing was carried out between two calls.
    fn adjacent(&self, from: usize, to: usize) -> bool {
        self.part(from, to).1.iter().all(|entry| entry.fate() == Fate::Stopped)
    }

    /// Calls of the same tool with the same error, digit by digit. Whatever their arguments, unless the error is about
    /// what was asked for: that is an answer, and only other wordings of the same question count.
    fn same_error(&self) -> usize {
        let mut row = self.row(|entry| entry.is_tool(self.call)).peekable();
        let Some(&(_, latest)) = row.peek() else { return 0 };
        let fate = latest.fate();
        let fits = |entry: &Entry| match fate {
            Fate::Error(..) => true,
            Fate::Complaint(..) => entry.is_shape(self.call),
            _ => false,
        };
        row.take_while(|(_, entry)| entry.fate() == fate && fits(entry)).count()
    }

    /// Calls of the same tool that differ in free text only and find nothing.
    fn empty(&self, bound: u8) -> usize {
        let mut row = self.row(|entry| entry.is_shape(self.call)).peekable();
        let Some(gist) = row.peek().and_then(|(_, latest)| latest.fate().nothing()) else { return 0 };
        let mut wordings = vec![self.call.call.to_le_bytes()];
        let mut count = 0;
        for (_, entry) in row.take_while(|(_, entry)| entry.fate().nothing() == Some(gist)) {
            count += 1;
            if !wordings.contains(&entry.call()) {
                wordings.push(entry.call());
            }
            // Later wordings are not needed, and earlier ones may belong to what was asked before.
            if count >= usize::from(bound) && wordings.len() >= WORDINGS {
                return count;
            }
        }
        0
    }

    /// The same call without a result, within the window.
    fn flight(&self) -> usize {
        let running = |entry: &&Entry| entry.is_call(self.call) && matches!(entry.fate(), Fate::Running(_));
        self.ring.iter().filter(running).filter(|entry| self.age_ms(entry) < self.window_ms).count()
    }

    /// The length of the cycle whose last round the arriving call would complete.
    fn cycle(&self, rounds: usize) -> Option<usize> {
        CYCLE.into_iter().find(|&length| self.is_cycle(length, rounds).unwrap_or(false))
    }

    fn is_cycle(&self, length: usize, rounds: usize) -> Option<bool> {
        // Two rounds (of three) must have results. Late ones are waited for by as many calls.
        let running = |entry: &&Entry| matches!(entry.fate(), Fate::Running(_));
        let late = self.ring.iter().rev().take_while(running).count();
        let count = rounds.checked_mul(length)?.checked_sub(1)? + late.saturating_sub(length.checked_sub(1)?);
        let turns = self.ring.get(self.ring.len().checked_sub(count)?..)?;
        let arriving = self.call.call.to_le_bytes();
        // The arriving call is the last of its round, as this one was of the round before.
        let (first, same) = (turns.first()?, turns.get(count.checked_sub(length)?)?);
        if same.call() != arriving || turns.iter().all(|entry| entry.call() == arriving) {
            return Some(false);
        }
        let known = count.checked_sub(late)?;
        let again = turns.iter().zip(turns.get(length..)?).enumerate().all(|(at, (one, next))| {
            one.call() == next.call() && (at + length >= known || agree(one.fate(), next.fate()))
        });
        let before = self.ring.get(..self.ring.len().checked_sub(count)?)?;
        let again = again && !turns.iter().any(|entry| changed_before(before, entry));
        // The agent's own pace, on average: calls of different length belong to one round.
        let pace_ms = self.window_ms / PACE * u64::try_from(count).ok()?;
        let took_ms = turns.iter().map(Entry::took_ms).sum();
        Some(again && self.age_ms(first).saturating_sub(took_ms) < pace_ms)
    }
}

/// Whether a call of a cycle had another result before. Then the agent looks at things that change now and then, and
/// two rounds that are alike say nothing yet: such a cycle ends when its calls are the same often enough.
fn changed_before(before: &[Entry], entry: &Entry) -> bool {
    let result = entry.fate().result();
    before.iter().any(|earlier| {
        earlier.call() == entry.call()
            && earlier.fate().trouble().is_none()
            && earlier.fate().result().is_some_and(|earlier| result.is_some_and(|result| result != earlier))
    })
}

/// Whether two calls had the same result, or the same error but for times and ids. One that was stopped has none that could differ; one whose result
/// is unknown may have.
fn agree(one: Fate, next: Fate) -> bool {
    match (one, next) {
        (Fate::Stopped, _) | (_, Fate::Stopped) => true,
        (Fate::Running(_), _) | (_, Fate::Running(_)) => false,
        _ => match (one.trouble(), next.trouble()) {
            (Some(one), Some(next)) => one == next,
            _ => one.result() == next.result(),
        },
    }
}
