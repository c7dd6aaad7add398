//! Figures from blocks: medians with their spread, differences to `direct` and ratios to `floor` taken round by
//! round, a table for people and JSON for machines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::load::{Block, Target};
use crate::plan::{Load, lagged, saturated};

/// A figure over the blocks of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Its median.
    pub median: f64,
    /// The smallest of a block.
    pub min: f64,
    /// The largest of a block.
    pub max: f64,
}

impl Figure {
    /// Median, least and greatest of `values`; nothing when there are none.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let half = values.len() / 2;
        let upper = *values.get(half)?;
        let lower = if values.len().is_multiple_of(2) { *values.get(half - 1)? } else { upper };
        Some(Self { median: (lower + upper) / 2.0, min, max })
    }
}

/// One target under one load. Times of a call, or of a chain, are in milliseconds.
#[derive(Serialize)]
pub struct Row {
    /// Name of the load.
    pub load: String,
    /// Name of the target.
    pub target: String,
    /// Calls of all blocks that count.
    pub calls: u64,
    /// How many of them failed.
    pub failures: u64,
    /// Blocks whose figures were thrown away because the generator lagged.
    pub void_blocks: usize,
    /// No block is left, or the target was not the limit: the figures named here say nothing.
    pub void: Option<&'static str>,
    /// CPU of the target's process in microseconds a call (`direct`: of the upstream).
    pub cpu_us: Option<Figure>,
    /// CPU of the load generator in microseconds a call.
    pub generator_us: Option<Figure>,
    /// Calls a second.
    pub rate: Option<Figure>,
    /// Median time.
    pub p50_ms: Option<Figure>,
    /// 99th percentile.
    pub p99_ms: Option<Figure>,
    /// Median time less that of `direct` in the same round.
    pub added_p50_ms: Option<Figure>,
    /// 99th percentile less that of `direct` in the same round.
    pub added_p99_ms: Option<Figure>,
    /// CPU a call over that of `floor` in the same round.
    pub cpu_to_floor: Option<Figure>,
    /// Added median over that of `floor`.
    pub added_to_floor: Option<f64>,
    /// 99th percentile of how late the requests of an open loop were sent, in milliseconds.
    pub lag_p99_ms: Option<f64>,
}

/// The value below which `share` of the sorted `times` lie, in milliseconds (nearest rank).
fn percentile(times: &[Duration], share: f64) -> Option<f64> {
    let mut times = times.to_vec();
    times.sort();
    let rank = (times.len() as f64 * share).ceil() as usize;
    times.get(rank.saturating_sub(1)).map(|time| time.as_secs_f64() * 1e3)
}

/// One figure of two blocks of the same round.
fn pairs(
    blocks: &[Block],
    others: &[Block],
    figure: impl Fn(&Block, &Block) -> Option<f64>,
) -> Option<Figure> {
    let both = blocks.iter().zip(others).filter(|(block, other)| !lagged(block) && !lagged(other));
    Figure::of(both.filter_map(|(block, other)| figure(block, other)).collect())
}

impl Row {
    /// The rows of one load: `blocks` and `void` are per target, the first target is `direct`, the second `floor`.
    pub fn of(load: Load, targets: &[Target], blocks: &[Vec<Block>], void: &[usize]) -> Vec<Self> {
        let none = Vec::new();
        let direct = blocks.first().unwrap_or(&none);
        let floor = blocks.get(1).unwrap_or(&none);
        let mut rows = Vec::new();
        for ((target, blocks), void) in targets.iter().zip(blocks).zip(void) {
            let mut row = Self::single(load, target, blocks, *void);
            if target.name != "direct" {
                row.compare(blocks, direct, floor);
            }
            rows.push(row);
        }
        let added = |row: &Self| row.added_p50_ms.map(|figure| figure.median).filter(|added| *added > 0.0);
        let of_floor = rows.iter().find(|row| row.target == "floor").and_then(added);
        for row in &mut rows {
            row.added_to_floor = added(row).zip(of_floor).map(|(own, floor)| own / floor);
        }
        rows
    }

    fn single(load: Load, target: &Target, blocks: &[Block], void_blocks: usize) -> Self {
        let good: Vec<&Block> = blocks.iter().filter(|block| !lagged(block)).collect();
        let figure = |of: &dyn Fn(&Block) -> Option<f64>| {
            Figure::of(good.iter().filter_map(|block| of(block)).collect())
        };
        let lags: Vec<Duration> = good.iter().flat_map(|block| block.lags.iter().copied()).collect();
        let busy = good.iter().filter(|block| saturated(block)).count() * 2 > good.len();
        let void = match (good.is_empty(), busy) {
            (true, _) => Some("all: the generator lagged in every block"),
            (_, true) => Some("rate: the generator was the limit"),
            _ => None,
        };
        let closed = matches!(load, Load::Closed(_));
        Self {
            load: load.name(),
            target: target.name.clone(),
            calls: blocks.iter().map(|block| block.calls).sum(),
            failures: blocks.iter().map(|block| block.failures).sum(),
            void_blocks,
            void,
            cpu_us: figure(&|block| Some(block.cpu_us())),
            generator_us: figure(&|block| Some(block.own_us())),
            rate: figure(&|block| Some(block.rate())).filter(|_| closed),
            p50_ms: figure(&|block| percentile(&block.times, 0.5)),
            p99_ms: figure(&|block| percentile(&block.times, 0.99)),
            added_p50_ms: None,
            added_p99_ms: None,
            cpu_to_floor: None,
            added_to_floor: None,
            lag_p99_ms: percentile(&lags, 0.99),
        }
    }

    fn compare(&mut self, blocks: &[Block], direct: &[Block], floor: &[Block]) {
        let added = |share| {
            pairs(blocks, direct, |block, direct| {
                Some(percentile(&block.times, share)? - percentile(&direct.times, share)?)
            })
        };
        self.added_p50_ms = added(0.5);
        self.added_p99_ms = added(0.99);
        // A process that did not use one tick of CPU in a block gives no ratio.
        self.cpu_to_floor = pairs(blocks, floor, |block, floor| {
            Some(block.cpu_us() / floor.cpu_us()).filter(|ratio| ratio.is_finite())
        });
    }

    /// One line for people.
    fn line(&self) -> String {
        let show = |figure: Option<Figure>, digits: usize| match figure {
            Some(Figure { median, min, max }) => format!("{median:.digits$} ({min:.digits$}-{max:.digits$})"),
            None => "-".to_owned(),
        };
        let ratio = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
        let mut line = format!(
            "{:<12} {:<26} {:>20} {:>16} {:>20} {:>7} {:>20} {:>20} {:>20} {:>6} {:>8}",
            self.load,
            self.target,
            show(self.cpu_us, 0),
            show(self.cpu_to_floor, 2),
            show(self.rate, 0),
            ratio(self.generator_us.map(|figure| figure.median)),
            show(self.p50_ms, 2),
            show(self.added_p50_ms, 2),
            show(self.added_p99_ms, 2),
            ratio(self.added_to_floor),
            self.calls,
        );
        if self.failures > 0 {
            let _ = write!(line, "  FAILED {}", self.failures);
        }
        if self.void_blocks > 0 {
            let _ = write!(line, "  void blocks {}", self.void_blocks);
        }
        if let Some(void) = self.void {
            let _ = write!(line, "  VOID {void}");
        }
        line
    }
}

/// What a process used until it had answered its first call.
#[derive(Serialize)]
pub struct Start {
    /// Name of the target.
    pub target: String,
    /// Time of that call in milliseconds.
    pub first_call_ms: f64,
    /// CPU of the process since its start in milliseconds; the upstream's, which is shared, says nothing.
    pub cpu_to_first_answer_ms: f64,
}

/// The rows of one kind of work.
#[derive(Serialize)]
pub struct Section {
    /// Its name, as `--only` takes it.
    pub name: String,
    /// Load by load, target by target.
    pub rows: Vec<Row>,
    /// Target by target, `direct` first.
    pub starts: Vec<Start>,
    /// Resident memory at the end in bytes, target by target without `direct`.
    pub memory_bytes: BTreeMap<String, u64>,
}

impl Section {
    /// Joins the parts; `memory` is of the targets after `direct`.
    pub fn new(name: &str, rows: Vec<Row>, starts: Vec<Start>, memory: Vec<u64>) -> Self {
        let names = starts.iter().skip(1).map(|start| start.target.clone());
        let memory_bytes = names.zip(memory).collect();
        Self { name: name.to_owned(), rows, starts, memory_bytes }
    }

    /// The table of this section.
    pub fn table(&self) -> String {
        let mut table = format!(
            "\n## {}\n{:<12} {:<26} {:>20} {:>16} {:>20} {:>7} {:>20} {:>20} {:>20} {:>6} {:>8}\n",
            self.name,
            "load",
            "target",
            "CPU us/call",
            "CPU / floor",
            "calls/s",
            "gen us",
            "p50 ms",
            "added p50 ms",
            "added p99 ms",
            "/floor",
            "calls"
        );
        for row in &self.rows {
            table += &row.line();
            table.push('\n');
        }
        for start in self.starts.iter().skip(1) {
            let memory = self.memory_bytes.get(&start.target).copied().unwrap_or(0) as f64 / 1048576.0;
            let _ = writeln!(
                table,
                "{:<26} first call {:.1} ms, CPU from start to first answer {:.0} ms, memory at the end {memory:.0} MB",
                start.target, start.first_call_ms, start.cpu_to_first_answer_ms
            );
        }
        table
    }
}

/// Everything that `report.json` holds.
#[derive(Serialize)]
pub struct Report {
    /// A short run that only shows that the benchmark works.
    pub quick: bool,
    /// CPU cores that this machine offers.
    pub cores: usize,
    /// Cores, on average, that something else than the benchmark used while it ran.
    pub cores_used_by_others: f64,
    /// In the order of the run.
    pub sections: Vec<Section>,
}

/// The ratios of an earlier run: section -> load -> CPU of the gateway over that of the floor.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Recorded {
    /// See above; only loads whose ratio is firm.
    pub cpu_to_floor: BTreeMap<String, BTreeMap<String, f64>>,
}

/// A ratio may be so many times the recorded one before it counts as a fault: runs on shared machines differ.
const MARGIN: f64 = 1.5;

impl Report {
    /// The ratios of this run, to be recorded.
    pub fn ratios(&self) -> Recorded {
        let mut recorded = Recorded::default();
        for section in &self.sections {
            for row in
                section.rows.iter().filter(|row| row.target == "gateway" && row.load.starts_with("closed"))
            {
                if let Some(ratio) = row.cpu_to_floor {
                    let loads = recorded.cpu_to_floor.entry(section.name.clone()).or_default();
                    loads.insert(row.load.clone(), (ratio.median * 100.0).round() / 100.0);
                }
            }
        }
        recorded
    }

    /// All faults of this run: failed calls, and ratios far above the recorded ones.
    pub fn faults(&self, recorded: &Recorded) -> Vec<String> {
        let mut faults = Vec::new();
        for section in &self.sections {
            for row in section.rows.iter().filter(|row| row.failures > 0) {
                let Row { load, target, failures, calls, .. } = row;
                faults
                    .push(format!("{}, {load}, {target}: {failures} of {calls} calls failed", section.name));
            }
        }
        for (section, loads) in self.ratios().cpu_to_floor {
            for (load, ratio) in loads {
                let before = recorded.cpu_to_floor.get(&section).and_then(|loads| loads.get(&load));
                if let Some(before) = before.filter(|before| ratio > **before * MARGIN) {
                    faults.push(format!(
                        "{section}, {load}: {ratio:.2} x the floor, recorded are {before:.2} x"
                    ));
                }
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles() {
        let figure = Figure::of(vec![3.0, 1.0, 2.0, 10.0]).unwrap();
        assert_eq!(figure, Figure { median: 2.5, min: 1.0, max: 10.0 });
        assert!(Figure::of(Vec::new()).is_none());
        let times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 0.5), Some(100.0));
        assert_eq!(percentile(&times, 0.99), Some(198.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
