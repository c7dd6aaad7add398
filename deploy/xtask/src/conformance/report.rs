//! What the suite prints, read.

use anyhow::{Context, Result};

/// One scenario that the suite ran.
struct Scenario {
    name: String,
    held: bool,
    /// Checks that passed and that failed.
    passed: usize,
    failed: usize,
}

/// The suite's summary: the scenarios that its revision requires.
pub(crate) struct Report {
    required: Vec<Scenario>,
}

impl Report {
    /// Reads the suite's output. After `=== SUMMARY ===` stands a line for each scenario, as in
    /// `✓ tools-list: 4 passed, 0 failed`, and after `Not scored for` those that do not count, as in
    /// `✗ tasks-lifecycle (extension)`.
    pub(crate) fn read(output: &str) -> Result<Self> {
        let (_, summary) = output.split_once("=== SUMMARY ===").context("there is no summary")?;
        let (scored, unscored) = summary.split_once("\nNot scored for").unwrap_or((summary, ""));
        let unscored: Vec<&str> =
            unscored.lines().filter_map(|line| mark(line)?.1.split(' ').next()).collect();
        let scenarios = scored.lines().filter_map(scenario);
        let required: Vec<_> =
            scenarios.filter(|scenario| !unscored.contains(&scenario.name.as_str())).collect();
        if required.is_empty() {
            Err(anyhow::anyhow!("the summary names no scenario"))
        } else {
            Ok(Self { required })
        }
    }

    /// As in `37/37 required, 90/90 checks`.
    pub(crate) fn summary(&self) -> String {
        let held = self.required.iter().filter(|scenario| scenario.held).count();
        let passed: usize = self.required.iter().map(|scenario| scenario.passed).sum();
        let failed: usize = self.required.iter().map(|scenario| scenario.failed).sum();
        format!("{held}/{} required, {passed}/{} checks", self.required.len(), passed + failed)
    }

    /// What is not as expected: failures that are not in `expected`, successes that are, and another number of
    /// scenarios than `count`.
    pub(crate) fn differences(&self, expected: &[String], count: usize) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.required.len() != count {
            wrong
                .push(format!("the suite requires {} scenarios, {count} were expected", self.required.len()));
        }
        for Scenario { name, held, passed, failed } in &self.required {
            match (held, expected.contains(name)) {
                (false, false) => {
                    wrong.push(format!("{name} failed: {passed} checks passed, {failed} failed"))
                }
                (true, true) => {
                    wrong.push(format!("{name} passed: take it off the list of expected failures"))
                }
                _ => {}
            }
        }
        let known = |name: &&String| !self.required.iter().any(|scenario| &scenario.name == *name);
        wrong.extend(
            expected.iter().filter(known).map(|name| format!("{name} is expected to fail and did not run")),
        );
        wrong
    }
}

/// Whether a line is marked as held, and the rest of it.
fn mark(line: &str) -> Option<(bool, &str)> {
    let line = line.trim();
    line.strip_prefix("✓ ")
        .map(|rest| (true, rest))
        .or_else(|| line.strip_prefix("✗ ").map(|rest| (false, rest)))
}

fn scenario(line: &str) -> Option<Scenario> {
    let (held, rest) = mark(line)?;
    let (name, counts) = rest.split_once(": ")?;
    let mut counts =
        counts.split(", ").map(|count| count.split(' ').next().and_then(|number| number.parse().ok()));
    Some(Scenario { name: name.to_owned(), held, passed: counts.next()??, failed: counts.next()?? })
}

#[cfg(test)]
mod tests {
    use super::Report;

    const OUTPUT: &str = "\
Running client scenario 'tools-list'
=== SUMMARY ===
✓ tools-list: 4 passed, 0 failed
✗ ping: 1 passed, 2 failed
✗ tasks-lifecycle: 1 passed, 8 failed

Total: 6 passed, 10 failed

Not scored for 2026-07-28: 1 scenario(s) run, 1 failing. These do not affect conformance.
  ✗ tasks-lifecycle (extension)
";

    #[test]
    fn only_required_scenarios_count() {
        assert_eq!(Report::read(OUTPUT).unwrap().summary(), "1/2 required, 5/7 checks");
    }

    #[test]
    fn new_failures_and_stale_expectations_are_wrong() {
        let report = Report::read(OUTPUT).unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(report.differences(&names(&["ping"]), 2).is_empty());
        assert_eq!(report.differences(&[], 2).len(), 1);
        assert_eq!(report.differences(&names(&["ping", "tools-list"]), 2).len(), 1);
        assert_eq!(report.differences(&names(&["ping", "gone"]), 2).len(), 1);
        assert_eq!(report.differences(&names(&["ping"]), 3).len(), 1);
    }

    #[test]
    fn a_suite_that_ended_early_is_an_error() {
        assert!(Report::read("Error: connect ECONNREFUSED").is_err());
        assert!(Report::read("=== SUMMARY ===\nTotal: 0 passed").is_err());
    }
}
