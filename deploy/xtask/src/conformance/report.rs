//! What a run of the suite found: the checks that it writes, and which scenarios its printed summary does not score.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// What became of a check; of several with one name, the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// It said something, or was left out because there was nothing to check.
    Silent,
    Passed,
    Warned,
    Failed,
}

/// One scenario that the suite ran.
#[derive(Default)]
struct Scenario {
    /// Whether the suite counts it for conformance: extensions and later additions it runs without.
    scored: bool,
    /// By the suite's name.
    checks: BTreeMap<String, Verdict>,
    /// Checks that passed, and those that keep the scenario from holding, each by itself.
    passed: usize,
    failed: usize,
    /// Checks that gave a warning.
    warned: usize,
}

impl Scenario {
    fn held(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

/// All scenarios of one run, by name.
pub(super) struct Report(BTreeMap<String, Scenario>);

impl Report {
    /// Reads `folder/PREFIX NAME-TIME/checks.json` of each scenario, but for those with a slash in their name, and from
    /// `output`, which the suite printed, after `Not scored for` the names as in `  ✗ tasks-lifecycle (extension)`.
    pub(super) fn read(folder: &Path, prefix: &str, output: &str) -> Result<Self> {
        let (_, summary) = output.split_once("SUMMARY ===").context("there is no summary")?;
        let (_, unscored) = summary.split_once("\nNot scored for").unwrap_or_default();
        let unscored: Vec<&str> = unscored.lines().filter_map(|line| line.trim().split(' ').nth(1)).collect();
        let mut scenarios: BTreeMap<String, Scenario> = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (name, file) =
                (entry.file_name().to_string_lossy().into_owned(), entry.path().join("checks.json"));
            let Some(name) = name.strip_prefix(prefix).and_then(without_time).filter(|_| file.exists())
            else {
                continue;
            };
            let mut scenario = read_scenario(&fs::read_to_string(&file)?)
                .with_context(|| format!("{} is not a list of checks", file.display()))?;
            scenario.scored = !unscored.contains(&name);
            scenarios.insert(name.to_owned(), scenario);
        }
        ensure!(!scenarios.is_empty(), "there are no checks in {}", folder.display());
        Ok(Self(scenarios))
    }

    /// The scenarios of `wanted` alone, all of which count then; and as the suite has it where it plays a server, a warning
    /// is a failure.
    pub(super) fn only(mut self, wanted: &[&str]) -> Self {
        self.0.retain(|name, _| wanted.contains(&name.as_str()));
        for scenario in self.0.values_mut() {
            scenario.scored = true;
            scenario.failed += std::mem::take(&mut scenario.warned);
            for verdict in scenario.checks.values_mut().filter(|verdict| **verdict == Verdict::Warned) {
                *verdict = Verdict::Failed;
            }
        }
        self
    }

    /// As in `37/37 scenarios, 115/115 checks, 4/13 unscored`; checks are those of scored scenarios.
    pub(super) fn summary(&self) -> String {
        let held = |scored: bool| {
            let of: Vec<_> = self.0.values().filter(|scenario| scenario.scored == scored).collect();
            (of.iter().filter(|scenario| scenario.held()).count(), of.len())
        };
        let scored = || self.0.values().filter(|scenario| scenario.scored);
        let passed: usize = scored().map(|scenario| scenario.passed).sum();
        let failed: usize = scored().map(|scenario| scenario.failed).sum();
        let (required, unscored) = (held(true), held(false));
        let mut text =
            format!("{}/{} scenarios, {passed}/{} checks", required.0, required.1, passed + failed);
        if unscored.1 > 0 {
            text += &format!(", {}/{} unscored", unscored.0, unscored.1);
        }
        text
    }

    /// How many scenarios are scored.
    pub(super) fn scored(&self) -> usize {
        self.0.values().filter(|scenario| scenario.scored).count()
    }

    /// The checks that fail here, and those that pass `directly` and do not here: scenario, check, and why it counts.
    pub(super) fn faults(&self, directly: Option<&Self>) -> Vec<(String, String, &'static str)> {
        let mut faults = Vec::new();
        for (name, scenario) in &self.0 {
            for (check, verdict) in &scenario.checks {
                let passed_directly =
                    directly.is_some_and(|all| all.verdict(name, check) == Some(Verdict::Passed));
                let why = match (verdict, passed_directly) {
                    (Verdict::Failed, false) => "failed",
                    (Verdict::Failed, true) => "failed; it passes directly",
                    (Verdict::Warned, true) => "gave a warning; it passes directly",
                    (Verdict::Silent, true) => "was left out; it passes directly",
                    _ => continue,
                };
                faults.push((name.clone(), check.clone(), why));
            }
        }
        for (name, scenario) in directly.iter().flat_map(|all| &all.0) {
            let lost = |check: &String| self.verdict(name, check).is_none();
            let passed = scenario.checks.iter().filter(|(_, verdict)| **verdict == Verdict::Passed);
            let lost = passed.map(|(check, _)| check).filter(|check| lost(check));
            faults.extend(
                lost.map(|check| (name.clone(), check.clone(), "was not reached; it passes directly")),
            );
        }
        faults
    }

    fn verdict(&self, scenario: &str, check: &str) -> Option<Verdict> {
        self.0.get(scenario)?.checks.get(check).copied()
    }
}

/// A folder's name without the time at its end, as in `-2026-11-30T07-21-11-859Z`.
fn without_time(folder: &str) -> Option<&str> {
    let name = folder.get(..folder.len().checked_sub("-2026-11-30T07-21-11-859Z".len())?)?;
    folder[name.len()..].ends_with('Z').then_some(name)
}

/// The checks in the text of a `checks.json`.
fn read_scenario(text: &str) -> Result<Scenario> {
    let checks: Vec<Value> = serde_json::from_str(text)?;
    let mut scenario = Scenario::default();
    for check in &checks {
        let verdict = match check["status"].as_str() {
            Some("SUCCESS") => Verdict::Passed,
            Some("FAILURE") => Verdict::Failed,
            Some("WARNING") => Verdict::Warned,
            Some("SKIPPED" | "INFO") => Verdict::Silent,
            other => anyhow::bail!("there is no status {other:?}"),
        };
        scenario.passed += usize::from(verdict == Verdict::Passed);
        scenario.failed += usize::from(verdict == Verdict::Failed);
        scenario.warned += usize::from(verdict == Verdict::Warned);
        let id = check["id"].as_str().context("a check has no id")?;
        let known = scenario.checks.entry(id.to_owned()).or_insert(verdict);
        *known = verdict.max(*known);
    }
    Ok(scenario)
}

#[cfg(test)]
mod tests {
    use super::{Report, read_scenario, without_time};
    use std::collections::BTreeMap;

    type Scenarios<'a> = [(&'a str, bool, &'a [(&'a str, &'a str)])];

    /// A report of `(scenario, scored, [(check, status)])`.
    fn report(scenarios: &Scenarios<'_>) -> Report {
        let read = |checks: &[(&str, &str)]| {
            let checks: Vec<_> =
                checks.iter().map(|(id, status)| serde_json::json!({"id": id, "status": status})).collect();
            read_scenario(&serde_json::to_string(&checks).unwrap()).unwrap()
        };
        let scenarios = scenarios.iter().map(|(name, scored, checks)| {
            let mut scenario = read(checks);
            scenario.scored = *scored;
            ((*name).to_owned(), scenario)
        });
        Report(scenarios.collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn scored_scenarios_count() {
        let report = report(&[
            ("ping", true, &[("a", "SUCCESS"), ("a", "SUCCESS"), ("b", "WARNING")]),
            ("tools", true, &[("a", "SUCCESS"), ("b", "FAILURE")]),
            ("tasks", false, &[("a", "FAILURE")]),
        ]);
        assert_eq!(report.summary(), "1/2 scenarios, 3/4 checks, 0/1 unscored");
        assert_eq!(report.scored(), 2);
        assert_eq!(report.only(&["ping", "tasks"]).summary(), "0/2 scenarios, 2/4 checks");
    }

    #[test]
    fn what_fails_and_what_only_passes_directly_is_a_fault() {
        let checks = |of: &[(&'static str, &'static str)]| report(&[("ping", true, of)]);
        let statuses = ["SUCCESS", "WARNING", "SKIPPED", "INFO", "FAILURE"];
        for (through, direct, faults) in [
            ("SUCCESS", "SUCCESS", 0),
            ("WARNING", "SUCCESS", 1),
            ("SKIPPED", "SUCCESS", 1),
            ("INFO", "SUCCESS", 1),
            ("FAILURE", "SUCCESS", 1),
            ("FAILURE", "FAILURE", 1),
            ("WARNING", "WARNING", 0),
        ] {
            let found = checks(&[("a", through)]).faults(Some(&checks(&[("a", direct)])));
            assert_eq!(found.len(), faults, "{through} {direct}");
        }
        for status in statuses {
            let faults = checks(&[("a", status)]).faults(None).len();
            assert_eq!(faults, usize::from(status == "FAILURE"), "{status}");
            let missing = checks(&[("b", "SUCCESS")]).faults(Some(&checks(&[("a", status)]))).len();
            assert_eq!(missing, usize::from(status == "SUCCESS"), "{status}");
        }
        // One of two with the same name is enough.
        assert_eq!(checks(&[("a", "SUCCESS"), ("a", "FAILURE"), ("a", "SUCCESS")]).faults(None).len(), 1);
    }

    #[test]
    fn a_status_that_is_not_known_is_an_error() {
        assert!(read_scenario(r#"[{"id":"a","status":"MAYBE"}]"#).is_err());
        assert!(read_scenario(r#"[{"status":"SUCCESS"}]"#).is_err());
    }

    #[test]
    fn folders_are_named_after_scenarios() {
        assert_eq!(without_time("server-stateless-2026-11-30T07-21-11-859Z"), Some("server-stateless"));
        assert_eq!(without_time("short"), None);
    }

    #[test]
    fn a_run_is_read_from_its_folder_and_its_output() {
        let folder = std::env::temp_dir().join(format!("xtask-conformance-{}", std::process::id()));
        let write = |name: &str, checks: &str| {
            let folder = folder.join(format!("{name}-2026-11-30T07-21-11-859Z"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("checks.json"), checks).unwrap();
        };
        write("server-ping", r#"[{"id":"a","status":"SUCCESS"}]"#);
        write("server-tasks-x", r#"[{"id":"a","status":"FAILURE"}]"#);
        std::fs::create_dir_all(folder.join("auth")).unwrap();
        let output = "=== SUMMARY ===\n✓ ping: 1 passed\n\nNot scored for 2026-07-28: 1 scenario(s)\n  ✗ tasks-x (extension)\n";
        let read = |output| Report::read(&folder, "server-", output);
        assert_eq!(read(output).unwrap().summary(), "1/1 scenarios, 1/1 checks, 0/1 unscored");
        assert!(read("Error: connect ECONNREFUSED").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        assert!(read(output).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
