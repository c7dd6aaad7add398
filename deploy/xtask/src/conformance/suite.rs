//! Runs of the official suite.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::report::Report;
use crate::paths::Paths;
use crate::process;
use crate::tools::node::Node;

/// The suite, which plays a client or a server of its scenarios.
const PROGRAM: &str = "tests/node_modules/@modelcontextprotocol/conformance/dist/index.js";

/// A revision of the protocol, as far as the suite knows it.
pub(super) struct Revision {
    pub(super) name: &'static str,
    /// Whether the suite has a list of what the revision requires; else all scenarios that are of its time count.
    pub(super) listed: bool,
    /// Scenarios for servers that count.
    pub(super) scenarios: usize,
}

impl Revision {
    /// How the suite is told to run all of it.
    fn arguments(&self) -> Vec<&'static str> {
        if self.listed {
            vec!["--requirements", self.name]
        } else {
            vec!["--suite", "all", "--spec-version", self.name]
        }
    }
}

/// What all runs share.
#[derive(Clone, Copy)]
pub(super) struct Suite<'a> {
    pub(super) paths: &'a Paths,
    pub(super) node: &'a Node,
}

impl Suite<'_> {
    /// Plays the clients of `revision` against the server at `url`. `name` names its log and its folder of checks.
    pub(super) fn against_server(&self, name: &str, url: &str, revision: &Revision) -> Result<Report> {
        self.run(name, "server-", revision, &["server".into(), "--url".into(), url.into()], &[])
    }

    /// Plays the servers of `revision`, each against a client that `command` starts with `variables`.
    pub(super) fn against_client(
        &self,
        name: &str,
        command: OsString,
        revision: &Revision,
        variables: &[(&str, &str)],
    ) -> Result<Report> {
        self.run(name, "", revision, &["client".into(), "--command".into(), command], variables)
    }

    /// Where the checks of the run `name` are, and what the suite printed.
    pub(super) fn places(&self, name: &str) -> Result<(PathBuf, PathBuf)> {
        let log = self.paths.log(&format!("conformance-{name}"))?;
        Ok((self.paths.dev.join("conformance").join(name), log))
    }

    fn run(
        &self,
        name: &str,
        prefix: &str,
        revision: &Revision,
        arguments: &[OsString],
        variables: &[(&str, &str)],
    ) -> Result<Report> {
        let (checks, log) = self.places(name)?;
        // The suite adds to the folder.
        let _ = fs::remove_dir_all(&checks);
        fs::create_dir_all(&checks)?;
        let mut suite = self.node.script(&self.paths.root.join(PROGRAM));
        suite.args(arguments).args(revision.arguments()).arg("-o").arg(&checks);
        suite.env("NO_COLOR", "1").envs(variables.iter().copied());
        // Its status is left aside: it fails on every failure, also on those that are expected.
        let _ = process::run(&mut suite, &log);
        Report::read(&checks, prefix, &fs::read_to_string(&log)?)
            .with_context(|| format!("the suite ended early: see {}", log.display()))
    }
}
