//! What is expected to fail, one file for each cell in `tests/conformance`.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::report::Report;

/// The entries of a file in the suite's form for expected failures: `- SCENARIO` stands for all checks of a scenario,
/// `- SCENARIO:CHECK` for one. Comments say why.
pub(super) struct Baseline(Vec<String>);

impl Baseline {
    /// Reads `file`; nothing is expected to fail when there is none.
    pub(super) fn read(file: &Path) -> Result<Self> {
        Ok(Self::parse(&if file.exists() { fs::read_to_string(file)? } else { String::new() }))
    }

    fn parse(text: &str) -> Self {
        let entries = text.lines().filter_map(|line| line.trim().strip_prefix("- "));
        Self(entries.map(|entry| entry.trim().to_owned()).collect())
    }

    /// What of `report` is not as expected: faults without an entry, and entries without a fault.
    pub(super) fn differences(&self, report: &Report, directly: Option<&Report>) -> Vec<String> {
        self.compare(&report.faults(directly))
    }

    fn compare(&self, faults: &[(String, String, &str)]) -> Vec<String> {
        let covers = |entry: &str, scenario: &str, check: &str| match entry.split_once(':') {
            Some((of, one)) => of == scenario && one == check,
            None => entry == scenario,
        };
        let unexpected = faults
            .iter()
            .filter(|(scenario, check, _)| !self.0.iter().any(|entry| covers(entry, scenario, check)))
            .map(|(scenario, check, why)| format!("{scenario}:{check} {why}"));
        let stale = self
            .0
            .iter()
            .filter(|entry| !faults.iter().any(|(scenario, check, _)| covers(entry, scenario, check)))
            .map(|entry| format!("{entry} holds: take it off the list of expected failures"));
        unexpected.chain(stale).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Baseline;

    #[test]
    fn faults_without_an_entry_and_entries_without_a_fault_are_wrong() {
        let faults: Vec<_> = [("ping", "a"), ("ping", "b"), ("tools", "a")]
            .map(|(scenario, check)| (scenario.to_owned(), check.to_owned(), "failed"))
            .into();
        for (text, wrong) in [
            ("server:\n  # A reason.\n  - ping\n  - tools\n", 0),
            ("  - ping:a\n  - ping:b\n  - tools:a\n", 0),
            ("  - ping:a\n  - tools\n", 1),
            ("  - ping\n  - tools\n  - gone\n", 1),
            ("  - ping\n  - tools:b\n", 2),
            ("", 3),
        ] {
            assert_eq!(Baseline::parse(text).compare(&faults).len(), wrong, "{text}");
        }
    }
}
