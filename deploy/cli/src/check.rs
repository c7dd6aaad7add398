//! `postern check`: what the gateway would say to these settings at its start.

use postern::compile::check;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

/// What is to be said about a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Problems, each with line, path and remedy. The gateway does not start with one.
    pub problems: Vec<String>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Secrets that the settings name, where they were not looked up.
    pub secrets: Vec<String>,
}

/// What a secret is taken for where it is not looked up: good for all that settings take secrets for, also as a key of 32
/// bytes for redaction.
const UNKNOWN: &str = "unknown:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Checks a text. With `secrets_from_env` each secret must be an environment variable of its name; without, the
/// secrets are only listed, as files are often checked where no secret is.
#[must_use]
pub fn findings(toml: &str, secrets_from_env: bool) -> Findings {
    let named = RefCell::new(BTreeSet::new());
    let secrets = |name: &str| {
        if secrets_from_env {
            return std::env::var(name).ok();
        }
        named.borrow_mut().insert(name.to_owned());
        Some(UNKNOWN.to_owned())
    };
    let outcome = check(toml, &secrets);
    let mut findings = Findings { secrets: named.take().into_iter().collect(), ..Findings::default() };
    match outcome {
        Ok((_, warnings)) => findings.warnings = warnings.iter().map(ToString::to_string).collect(),
        Err(problems) => findings.problems = problems.0.iter().map(ToString::to_string).collect(),
    }
    findings
}

/// Prints problems on standard error, a line each, and how many there are.
pub fn print_problems(file: &Path, problems: &[String]) {
    for problem in problems {
        eprintln!("{}: {problem}", file.display());
    }
    let count = problems.len();
    eprintln!("{count} problem{}", if count == 1 { "" } else { "s" });
}
