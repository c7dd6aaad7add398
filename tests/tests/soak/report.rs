//! The figures of a soak, and what of them is wrong.

use std::fmt;
use std::sync::Arc;

use crate::caller::{Tally, by_method};
use crate::judge::{SLOW, Verdict};
use crate::log::Evidence;
use crate::memory::Course;
use crate::plan::{Micros, Plan, SECOND, UPSTREAMS};

/// What is left at the upstreams when all clients have gone.
#[derive(Debug)]
pub struct Left {
    pub streams: usize,
    /// Some may wait for the next request.
    pub connections: usize,
    /// Sessions that the gateway opened for modern clients that listen: those that it has not ended, and all.
    pub opened: (usize, usize),
    /// Sessions of legacy clients that listen. Most of those just go.
    pub own: (usize, usize),
    /// How long it took until no stream was left.
    pub took: Micros,
}

/// All of it.
pub struct Report {
    pub name: &'static str,
    pub plan: Arc<Plan>,
    pub verdict: Verdict,
    pub tally: Tally,
    pub left: Left,
    pub evidence: Evidence,
    /// What the gateway said beside its records.
    pub noise: Vec<String>,
    pub course: Option<Course>,
}

/// The value below which so many of a hundred lie, in ms.
fn percentile(sorted: &[Micros], percent: usize) -> u64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(0) / 1_000
}

impl Report {
    /// Everything that must not be, each kind with examples.
    pub fn wrong(&self) -> Vec<String> {
        let mut all = self.verdict.wrong();
        let some = |texts: &[String]| texts.iter().take(8).cloned().collect::<Vec<_>>().join("\n    ");
        let complaints = &self.evidence.complaints;
        if !complaints.is_empty() {
            all.push(format!("{} against the protocol:\n    {}", complaints.len(), some(complaints)));
        }
        if !self.tally.wrong.is_empty() {
            all.push(format!("{} calls:\n    {}", self.tally.wrong.len(), some(&self.tally.wrong)));
        }
        let early = |(at, upstream, _): &&(Micros, usize, String)| !self.plan.may_be_down(*upstream, *at);
        let faults: Vec<String> = self
            .tally
            .faults
            .iter()
            .filter(early)
            .map(|(at, upstream, text)| {
                format!("{} ms, upstream {}: {text}", at / 1_000, UPSTREAMS[*upstream])
            })
            .collect();
        if !faults.is_empty() {
            all.push(format!("{} faults of upstreams that were up:\n    {}", faults.len(), some(&faults)));
        }
        if self.left.streams > 0 {
            all.push(format!("{} streams are left at the upstreams", self.left.streams));
        }
        if self.verdict.delivered == 0 {
            all.push("nothing was delivered".to_owned());
        }
        let panics: Vec<String> = self.noise.iter().filter(|line| line.contains("panic")).cloned().collect();
        if !panics.is_empty() {
            all.push(some(&panics));
        }
        all
    }

    /// Whether memory grows: nothing where it is not measured long enough.
    pub fn grows(&self) -> Option<String> {
        let course = self.course.as_ref().filter(|course| !course.flat)?;
        Some(format!("memory grows: {course}"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verdict, tally, left) = (&self.verdict, &self.tally, &self.left);
        let took = |sorted: &[Micros]| {
            let last = sorted.last().copied().unwrap_or(0) / 1_000;
            format!("p50 {} ms, p99 {} ms, longest {last} ms", percentile(sorted, 50), percentile(sorted, 99))
        };
        let mut calls = tally.took.clone();
        calls.sort_unstable();
        writeln!(
            formatter,
            "soak {}: {} s, {} clients, {} outages; due {}, delivered {} ({}), made good {}, lost {}, twice {}, aside {}, over-reported {}, \
             unexplained {}, not asked for {}, silent {}; numbers {}; streams of clients ended {}; apart at most {} ms",
            self.name,
            self.plan.lasts / SECOND,
            self.plan.clients,
            self.evidence.outages.len(),
            verdict.expected,
            verdict.delivered,
            took(&verdict.took),
            verdict.made_good,
            verdict.lost.len(),
            verdict.twice.len(),
            verdict.aside,
            verdict.over_reported,
            verdict.unexplained.len(),
            verdict.foreign.len(),
            verdict.silent,
            if verdict.numbered { "came through" } else { "did not come through" },
            verdict.ended,
            verdict.longest_apart / 1_000,
        )?;
        writeln!(
            formatter,
            "  calls: {} well ({}), {} denied, {} faults of upstreams that were down, {} wrong",
            tally.well,
            took(&calls),
            tally.denied,
            tally.faults.len(),
            tally.wrong.len()
        )?;
        writeln!(
            formatter,
            "  left after {} ms: {} streams, {} connections; sessions that were not ended: {} of {} for modern clients, \
             {} of {} of legacy ones",
            left.took / 1_000,
            left.streams,
            left.connections,
            left.opened.0,
            left.opened.1,
            left.own.0,
            left.own.1
        )?;
        if let Some(course) = &self.course {
            writeln!(formatter, "  memory: {course}")?;
        }
        let slower = format!("slower than {} s", SLOW / SECOND);
        let some = [
            (slower.as_str(), &verdict.slow),
            ("twice", &verdict.twice),
            ("lines of the gateway beside its records", &self.noise),
        ];
        for (name, all) in some {
            if !all.is_empty() {
                let first = all.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
                writeln!(formatter, "  {name}: {}, such as {first}", all.len())?;
            }
        }
        write!(formatter, "  upstreams were asked: {:?}", by_method(&self.evidence.requests))
    }
}
