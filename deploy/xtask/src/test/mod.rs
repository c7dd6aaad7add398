//! `cargo xtask test`: everything that must hold. One list of steps, in an order that fails fast; a step that fails
//! shows its output, and the rest goes on.

mod checks;
mod steps;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};

use self::steps::STEPS;
use crate::paths::Paths;
use crate::progress::step;
use crate::tools::node::Node;

const USAGE: &str = "\
usage: cargo xtask test [--only STEP]...
";

/// What the steps share. A step may need what an earlier one made.
pub(crate) struct Run<'a> {
    pub(crate) paths: &'a Paths,
    node: Option<Node>,
    worker: bool,
    component: bool,
}

impl Run<'_> {
    /// Node and its packages, made by the step `tools`.
    pub(crate) fn node(&self) -> Result<&Node> {
        self.node.as_ref().context("not run: the step 'tools' failed")
    }

    /// The same, once the Worker is built.
    pub(crate) fn node_and_worker(&self) -> Result<&Node> {
        if !self.worker {
            bail!("not run: the step 'worker' failed");
        }
        self.node()
    }

    /// The same, once the gateway is built for both hosts.
    pub(crate) fn node_and_both(&self) -> Result<&Node> {
        if !self.component {
            bail!("not run: the step 'component' failed");
        }
        self.node_and_worker()
    }
}

/// What a step found.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    /// Figures for a person, and what went wrong.
    pub(crate) notes: Vec<String>,
}

impl Outcome {
    /// One check that holds.
    pub(crate) fn held(note: Option<String>) -> Self {
        Self { passed: 1, notes: note.into_iter().collect(), ..Self::default() }
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// The last line of a run.
    fn summary(&self) -> String {
        let skipped = if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        format!("{} passed, {} failed{skipped}", self.passed, self.failed)
    }
}

/// One entry of the list: a name, how long it usually takes, and what it does.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) usually: &'static str,
    pub(crate) run: fn(&mut Run<'_>) -> Result<Outcome>,
}

/// Runs `cargo xtask test`.
pub(crate) fn command(paths: &Paths, mut parser: Parser) -> Result<ExitCode> {
    let mut only: Vec<String> = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("only") => {
                let name = parser.value()?.string()?;
                let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
                if !names.contains(&name.as_str()) {
                    bail!("there is no step '{name}': choose among {}", names.join(", "));
                }
                only.push(name);
            }
            Arg::Long("help") | Arg::Short('h') => {
                print!("{USAGE}\nsteps: {}\n", STEPS.map(|step| step.name).join(", "));
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    // These make what others need.
    let chosen = |step: &Step| only.is_empty() || only.iter().any(|name| name == step.name);
    let needed = |step: &Step| chosen(step) || ["tools", "worker", "component"].contains(&step.name);
    let start = Instant::now();
    let mut run = Run { paths, node: None, worker: false, component: false };
    let mut total = Outcome::default();
    let mut failed = Vec::new();
    for step in STEPS.iter().filter(|step| needed(step)) {
        let outcome = carry_out(step, &mut run);
        if outcome.failed > 0 {
            failed.push(step.name);
        }
        total.add(&outcome);
    }
    println!();
    if !failed.is_empty() {
        println!("failed: {}", failed.join(", "));
    }
    println!("{:.1} minutes", start.elapsed().as_secs_f64() / 60.0);
    println!("{}", total.summary());
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a step and says what came of it; an error counts as one failure.
fn carry_out(this: &Step, run: &mut Run<'_>) -> Outcome {
    let start = Instant::now();
    let outcome = step(this.name, this.usually, || Ok((this.run)(run))).and_then(|outcome| outcome);
    let outcome = outcome.unwrap_or_else(|error| Outcome {
        failed: 1,
        notes: vec![format!("{error:#}")],
        ..Outcome::default()
    });
    println!("{:12} {} ({:.1} s)", this.name, outcome.summary(), start.elapsed().as_secs_f64());
    for line in outcome.notes.iter().flat_map(|note| note.lines()) {
        println!("    {line}");
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn the_last_line_names_what_was_skipped_only_if_something_was() {
        let mut total = Outcome { passed: 3, ..Outcome::default() };
        assert_eq!(total.summary(), "3 passed, 0 failed");
        total.add(&Outcome { failed: 1, skipped: 2, ..Outcome::default() });
        assert_eq!(total.summary(), "3 passed, 1 failed, 2 skipped");
    }
}
