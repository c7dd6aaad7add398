//! Settings and secrets become an immutable [`Bundle`], or every problem at once.
//!
//! The same function runs in `postern check`, at build and at start.

mod admin;
mod asks;
mod cache;
mod dlp;
mod guard;
mod issuer;
mod limits;
mod redact;
mod secret;
mod tenant;
mod tools;
mod upstream;

use crate::address::{Address, Place};
use crate::settings::{Problem, Problems, Settings, join};
use crate::tenant::{Bundle, Issuer};
use secret::secret;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// Where secrets come from: a binding of the platform, an environment variable.
pub trait Secrets {
    /// The secret with this name, if it exists.
    fn get(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Secrets for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// Something that is allowed, and probably not meant or not safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The key.
    pub path: String,
    /// What is to be known.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// All warnings, in the order of the settings.
pub type Warnings = Vec<Warning>;

/// Compiles settings.
///
/// # Errors
/// Every problem, with path and remedy.
pub fn compile(settings: &Settings, secrets: &dyn Secrets) -> Result<(Bundle, Warnings), Problems> {
    let mut findings = Findings::default();
    let bundle = bundle(settings, secrets, &mut findings);
    if findings.problems.is_empty() {
        return Ok((bundle, findings.warnings));
    }
    for problem in &mut findings.problems {
        problem.line = settings.line(&problem.path);
    }
    Err(Problems(findings.problems))
}

/// Parses and compiles a text: problems of its shape and of its meaning together, one a key.
///
/// # Errors
/// Every problem, in the order of its lines.
pub fn check(toml: &str, secrets: &dyn Secrets) -> Result<(Bundle, Warnings), Problems> {
    let (settings, problems) = Settings::read(toml);
    check_read(&settings, problems, secrets)
}

/// As [`check`], of what was read.
///
/// # Errors
/// As [`check`].
pub fn check_read(
    settings: &Settings,
    Problems(mut problems): Problems,
    secrets: &dyn Secrets,
) -> Result<(Bundle, Warnings), Problems> {
    let compiled = compile(settings, secrets);
    if problems.iter().any(|problem| problem.path.is_empty()) {
        // Not TOML: nothing was read, so nothing that follows from it is worth saying.
        return Err(Problems(problems));
    }
    match compiled {
        Ok(compiled) if problems.is_empty() => Ok(compiled),
        Ok(_) => Err(Problems(problems)),
        Err(Problems(found)) => {
            let shape: Vec<String> = problems.iter().map(|problem| problem.path.clone()).collect();
            problems.extend(found.into_iter().filter(|problem| !shape.contains(&problem.path)));
            problems.sort_by_key(|problem| problem.line);
            Err(Problems(problems))
        }
    }
}

fn bundle(settings: &Settings, secrets: &dyn Secrets, findings: &mut Findings) -> Bundle {
    let issuers: BTreeMap<&str, Rc<Issuer>> = settings
        .issuers
        .iter()
        .map(|(name, settings)| (name.as_str(), Rc::new(issuer::compile(name, settings, findings))))
        .collect();
    if settings.tenants.is_empty() {
        findings.problem("tenants", "there is no tenant", "write a table such as [tenants.acme]");
    }
    let single = settings.tenants.len() == 1;
    let mut tenants = Vec::new();
    for (name, tenant) in &settings.tenants {
        let scope = tenant::Scope {
            name,
            settings: tenant,
            issuers: &issuers,
            single,
            cache_off: settings.cache_off,
        };
        tenants.push(Rc::new(tenant::compile(&scope, secrets, findings)));
    }
    for name in settings.issuers.keys() {
        if !settings.tenants.values().any(|tenant| tenant.issuers.contains(name)) {
            findings.warning(&join("issuers", name), "no tenant names it: none of its tokens is accepted");
        }
    }
    Bundle { tenants, open_settings: std::mem::take(&mut findings.open) }
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    warnings: Warnings,
    /// Paths of settings that open something.
    open: Vec<String>,
}

impl Findings {
    fn problem(&mut self, path: &str, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(path, message.into(), remedy.into());
    }

    /// Apart, because it would be inlined into a hundred callers that run once.
    #[inline(never)]
    fn add(&mut self, path: &str, message: String, remedy: String) {
        self.problems.push(Problem { path: path.to_owned(), line: None, message, remedy });
    }

    fn warning(&mut self, path: &str, message: impl Into<String>) {
        self.warnings.push(Warning { path: path.to_owned(), message: message.into() });
    }

    /// A setting that opens something is on: a warning, and shown in health.
    fn opened(&mut self, path: &str, message: impl Into<String>) {
        self.warning(path, message);
        self.open.push(path.to_owned());
    }

    /// A name that stands in paths, store keys and records.
    fn name(&mut self, path: &str, name: &str) {
        let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if name.is_empty() || name.len() > 64 || !fits {
            self.problem(path, "its name is not fit for paths and records", "use 1 to 64 of A-Z a-z 0-9 _ -");
        }
    }

    /// A pattern over exposed names: the characters of MCP tool names (2025-11-25, "Tool Names") and the star.
    fn pattern(&mut self, path: &str, pattern: &str) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./*".contains(&byte);
        if pattern.is_empty() || pattern.len() > 200 || !pattern.bytes().all(plain) {
            let message = format!("{pattern:?} can be no tool's name");
            self.problem(path, message, "use A-Z a-z 0-9 _ - . / and * for any run of characters");
        }
    }

    /// A URL that the gateway will fetch: https and public, unless `reach` says otherwise.
    fn url(&mut self, path: &str, url: &str, reach: Reach) {
        let address = match Address::parse(url) {
            Ok(address) => address,
            Err(error) => {
                return self.problem(
                    path,
                    error.0,
                    "write it in its plainest form, such as https://mcp.example/mcp",
                );
            }
        };
        if !address.secure && !reach.insecure {
            let remedy = format!("use https, or write `{} = true` beside it", reach.insecure_key);
            self.problem(path, "it is not https", remedy);
        }
        match address.place {
            Place::LinkLocal => self.problem(
                path,
                "it is a link-local, multicast or broadcast address",
                "give the server an address of its own: cloud metadata services live there",
            ),
            Place::Loopback | Place::Private if !reach.insecure && !reach.private => {
                self.problem(
                    path,
                    "it is a private address",
                    "write `private_network = true` beside it, if that is meant",
                );
            }
            _ => {}
        }
    }
}

/// Which URLs may be used.
#[derive(Clone, Copy)]
struct Reach {
    /// http, and private addresses.
    insecure: bool,
    /// Private addresses.
    private: bool,
    /// The setting that allows http here.
    insecure_key: &'static str,
}

#[cfg(test)]
mod tests;
