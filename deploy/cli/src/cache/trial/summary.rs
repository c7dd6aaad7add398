//! What came of a simulation.

use super::simulate::Kind;
use postern_semantic::agreement::Band;
use postern_semantic::evidence::{ALPHA, Standing, upper};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// Calls, by how they came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub calls: u64,
    pub exact: u64,
    pub semantic: u64,
    pub shadow: u64,
    pub miss: u64,
    /// Served, and not what the tool answered.
    pub wrong_exact: u64,
    pub wrong_semantic: u64,
}

impl Counts {
    pub fn count(&mut self, kind: Kind, right: Option<bool>) {
        self.calls += 1;
        let wrong = u64::from(right == Some(false));
        match kind {
            Kind::Exact => (self.exact, self.wrong_exact) = (self.exact + 1, self.wrong_exact + wrong),
            Kind::Semantic => {
                (self.semantic, self.wrong_semantic) = (self.semantic + 1, self.wrong_semantic + wrong);
            }
            Kind::Shadow => self.shadow += 1,
            Kind::Miss => self.miss += 1,
        }
    }

    /// Share of the calls that was served by meaning, and the share of wrong ones in it.
    fn shares(&self) -> (f64, f64) {
        (share(self.semantic, self.calls), share(self.wrong_semantic, self.semantic))
    }
}

/// The summary of a run.
#[derive(Debug, Serialize)]
pub struct Summary {
    #[serde(flatten)]
    total: Counts,
    max_error: f64,
    /// Of all calls, served by meaning.
    served: f64,
    /// The same of the last third.
    served_last_third: f64,
    /// Of those served by meaning, wrong.
    errors: f64,
    tools: BTreeMap<String, OfTool>,
}

#[derive(Debug, Serialize)]
struct OfTool {
    #[serde(flatten)]
    counts: Counts,
    served: f64,
    errors: f64,
    bands: Vec<OfBand>,
}

#[derive(Debug, Serialize)]
struct OfBand {
    /// Its largest predicted error.
    band: f64,
    /// Whether it and all surer ones are open at the end.
    serves: bool,
    pairs: u32,
    wrong: u32,
    /// With 95 % confidence, the error rate of the pairs is under this.
    upper: f64,
}

impl Summary {
    pub fn new<'a>(
        total: Counts,
        by_meaning: &[bool],
        max_error: f64,
        tools: impl Iterator<Item = (&'a str, Counts, Standing)>,
    ) -> Self {
        let last = by_meaning.get(by_meaning.len() - by_meaning.len() / 3..).unwrap_or_default();
        let hits = last.iter().filter(|served| **served).count();
        let (served, errors) = total.shares();
        let tools = tools.map(|(name, counts, standing)| {
            let (served, errors) = counts.shares();
            let bands = Band::ALL.into_iter().map(|band| of_band(band, &standing)).collect();
            (name.to_owned(), OfTool { counts, served, errors, bands })
        });
        Self {
            total,
            max_error,
            served,
            served_last_third: share(hits as u64, last.len() as u64),
            errors,
            tools: tools.collect(),
        }
    }

    /// The same in lines.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn tell(&self, output: &mut dyn Write) -> std::io::Result<()> {
        let Counts { calls, exact, semantic, shadow, miss, wrong_semantic, .. } = self.total;
        writeln!(output, "{calls} calls: {exact} exact, {semantic} semantic, {shadow} shadow, {miss} miss")?;
        writeln!(
            output,
            "served by meaning: {:.3} of all calls, {:.3} of the last third; {wrong_semantic} wrong: {:.4} of them, at most {}",
            self.served, self.served_last_third, self.errors, self.max_error
        )?;
        for (name, tool) in &self.tools {
            let Counts { calls, semantic, wrong_semantic, .. } = tool.counts;
            writeln!(output, "{name}: {calls} calls, {semantic} semantic, {wrong_semantic} wrong")?;
            for OfBand { band, serves, pairs, wrong, upper } in &tool.bands {
                let state = if *serves { "serves" } else { "closed" };
                writeln!(output, "  band {band}: {state}, {wrong} of {pairs} pairs wrong, under {upper:.4}")?;
            }
        }
        Ok(())
    }
}

fn of_band(band: Band, standing: &Standing) -> OfBand {
    let seen = standing.of(band);
    OfBand {
        band: band.most(),
        serves: standing.serves(band),
        pairs: seen.pairs,
        wrong: seen.wrong,
        upper: upper(seen.wrong, seen.pairs, ALPHA),
    }
}

#[allow(clippy::cast_precision_loss)]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
