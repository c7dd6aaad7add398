//! `cargo xtask conformance`: the official suite against the gateway, in front of a modern and of a legacy upstream,
//! and behind the gateway, in front of which is an official client. Each cell is also run without the gateway, so that
//! what the gateway loses is told from what was not there.

mod baseline;
mod clients;
mod report;
mod suite;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use lexopt::{Arg, Parser, ValueExt};

use self::baseline::Baseline;
use self::report::Report;
use self::suite::{Revision, Suite};
use crate::build::{self, Mode};
use crate::dev::settings::{Callers, generate};
use crate::gateway::{self, Gateway, Plan, Runner};
use crate::host::Host;
use crate::paths::Paths;
use crate::progress::step;
use crate::servers::{Server, any_port, until};
use crate::tools::node::{self, Node};

const USAGE: &str = "\
usage: cargo xtask conformance [--upstream modern|legacy|suite] [--revision R] [--host workerd|spin]
";

/// A server with the fixtures of the suite.
struct Upstream {
    name: &'static str,
    script: &'static str,
    /// Arguments behind the gateway, where it has to speak one era.
    behind: &'static [&'static str],
    /// The newest revision that it speaks to a client of its own.
    newest: &'static str,
}

const UPSTREAMS: [Upstream; 2] = [
    Upstream {
        name: "modern",
        script: "tests/upstreams/modern.mjs",
        behind: &["--era", "modern"],
        newest: "2026-07-28",
    },
    Upstream { name: "legacy", script: "tests/upstreams/legacy.mjs", behind: &[], newest: "2025-11-25" },
];
/// The name of the suite's own servers, which its scenarios for clients bring along.
const SUITE: &str = "suite";
const REVISIONS: [Revision; 4] = [
    Revision { name: "2026-07-28", listed: true, scenarios: 37 },
    Revision { name: "2025-11-25", listed: true, scenarios: 30 },
    Revision { name: "2025-06-18", listed: false, scenarios: 27 },
    Revision { name: "2025-03-26", listed: false, scenarios: 1 },
];

/// Within this a gateway knows what its upstream can do.
const KNOWN_LIMIT: Duration = Duration::from_secs(20);

/// One run of the suite.
pub(crate) struct Cell {
    /// As in "workerd: modern upstream, 2026-07-28: 37/37 scenarios, 115/115 checks, 4/13 unscored | directly: ...".
    pub(crate) line: String,
    /// What was not as expected; empty when the cell holds.
    pub(crate) wrong: Vec<String>,
}

/// What to run; without a name, all.
pub(crate) struct Wanted<'a> {
    pub(crate) hosts: &'a [Host],
    pub(crate) upstream: Option<&'a str>,
    pub(crate) revision: Option<&'a str>,
}

impl Wanted<'_> {
    fn upstream(&self, name: &str) -> bool {
        self.upstream.is_none_or(|wanted| wanted == name)
    }

    fn revisions(&self) -> impl Iterator<Item = &'static Revision> {
        REVISIONS.iter().filter(|one| self.revision.is_none_or(|wanted| wanted == one.name))
    }
}

/// Runs `cargo xtask conformance`.
pub(crate) fn command(paths: &Paths, mut parser: Parser) -> Result<ExitCode> {
    let (mut host, mut upstream, mut revision) = (Host::default(), None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("upstream") => {
                upstream = Some(one_of(&mut parser, &[UPSTREAMS[0].name, UPSTREAMS[1].name, SUITE])?);
            }
            Arg::Long("revision") => {
                revision = Some(one_of(&mut parser, &REVISIONS.each_ref().map(|one| one.name))?);
            }
            Arg::Long("host") => host = parser.value()?.string()?.parse()?,
            Arg::Long("help") | Arg::Short('h') => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let node = build::prepare(paths, host, Mode::Development)?;
    let wanted = Wanted { hosts: &[host], upstream: upstream.as_deref(), revision: revision.as_deref() };
    let cells = run(paths, &node, &wanted)?;
    for cell in &cells {
        println!("{}", cell.line);
        cell.wrong.iter().for_each(|wrong| eprintln!("    {wrong}"));
    }
    let held = cells.iter().all(|cell| cell.wrong.is_empty());
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn one_of(parser: &mut Parser, known: &[&str]) -> Result<String> {
    let value = parser.value()?.string()?;
    if !known.contains(&value.as_str()) {
        bail!("'{value}' is not known here: choose one of {}\n\n{USAGE}", known.join(", "));
    }
    Ok(value)
}

/// Runs what is wanted. The gateway must have been built for the hosts.
pub(crate) fn run(paths: &Paths, node: &Node, wanted: &Wanted<'_>) -> Result<Vec<Cell>> {
    node::install_packages(paths, "tests")?;
    let suite = Suite { paths, node };
    let runners: Vec<_> = (wanted.hosts.iter())
        .map(|host| Ok((*host, Runner::find_or_install(paths, *host, node, "skip")?)))
        .collect::<Result<_>>()?;
    // Most of the time of a run is spent waiting.
    thread::scope(|scope| {
        let runners = &runners;
        let mut runs: Vec<_> = (UPSTREAMS.iter().filter(|upstream| wanted.upstream(upstream.name)))
            .map(|upstream| scope.spawn(move || servers(suite, runners, upstream, wanted)))
            .collect();
        if wanted.upstream(SUITE) {
            runs.push(scope.spawn(move || clients(suite, runners, wanted)));
        }
        let mut cells = Vec::new();
        for run in runs {
            cells.extend(run.join().map_err(|_| anyhow!("a run panicked"))??);
        }
        Ok(cells)
    })
}

/// The cells of `upstream`.
fn servers(
    suite: Suite<'_>,
    runners: &[(Host, Runner<'_>)],
    upstream: &Upstream,
    wanted: &Wanted<'_>,
) -> Result<Vec<Cell>> {
    let name = upstream.name;
    let mut directly = BTreeMap::new();
    let server = Server::start(suite.paths, suite.node, Path::new(upstream.script), 0, &[])?;
    for revision in wanted.revisions().filter(|revision| revision.name <= upstream.newest) {
        let name = format!("direct-{name}-{}", revision.name);
        // The suite wants a name, where the server says a number.
        let url = server.url.replace("127.0.0.1", "localhost");
        directly.insert(revision.name, step(&name, "3 s", || suite.against_server(&name, &url, revision))?);
    }
    drop(server);
    let server = Server::start(suite.paths, suite.node, Path::new(upstream.script), 0, upstream.behind)?;
    let mut cells = Vec::new();
    for (host, runner) in runners {
        let port = any_port()?;
        let settings = generate(port, &Callers::Anonymous, &[(String::new(), server.url.clone())]);
        let _gateway = start(suite.paths, *host, runner, name, port, &settings)?;
        // It says what it knows at once, and on a busy machine it knows an upstream a little later.
        until(KNOWN_LIMIT, "the upstream behind the gateway", || {
            Ok(gateway::discover(port)?.contains(r#""tools":"#).then_some(()))
        })?;
        for revision in wanted.revisions() {
            let run = format!("{host}-{name}-{}", revision.name);
            let url = format!("http://localhost:{port}/mcp");
            let report = step(&run, "3 s", || suite.against_server(&run, &url, revision))?;
            let title = format!("{host}: {name} upstream, {}", revision.name);
            let cell = Judge { suite, title, run: &run, count: revision.scenarios };
            cells.push(cell.judge(
                &format!("{name}-{}", revision.name),
                &report,
                directly.get(revision.name),
            )?);
        }
    }
    Ok(cells)
}

/// The cells in which the suite plays the upstream.
fn clients(suite: Suite<'_>, runners: &[(Host, Runner<'_>)], wanted: &Wanted<'_>) -> Result<Vec<Cell>> {
    let command = clients::driver(suite.paths, suite.node);
    let played = |run: &str, revision: &Revision, variables: &[(&str, &str)]| {
        let report = step(run, "5 s", || suite.against_client(run, command.clone(), revision, variables))?;
        anyhow::Ok(report.only(clients::scenarios(revision)))
    };
    let revisions: Vec<_> =
        wanted.revisions().filter(|revision| !clients::scenarios(revision).is_empty()).collect();
    let mut directly = BTreeMap::new();
    for revision in &revisions {
        let run = format!("direct-{SUITE}-{}", revision.name);
        directly.insert(revision.name, played(&run, revision, &[])?);
    }
    let mut cells = Vec::new();
    let relay = Server::start(suite.paths, suite.node, Path::new(clients::RELAY), 0, &[])?;
    for (host, runner) in runners.iter().filter(|_| !revisions.is_empty()) {
        let port = any_port()?;
        let gateway = format!("http://127.0.0.1:{port}");
        let settings = clients::settings(port, &relay.url);
        let _gateway = start(suite.paths, *host, runner, SUITE, port, &settings)?;
        for revision in &revisions {
            let run = format!("{host}-{SUITE}-{}", revision.name);
            let variables = [("POSTERN_GATEWAY", gateway.as_str()), ("POSTERN_RELAY", &relay.url)];
            let report = played(&run, revision, &variables)?;
            let title = format!("{host}: the suite's upstreams, {}", revision.name);
            let cell = Judge { suite, title, run: &run, count: clients::scenarios(revision).len() };
            let baseline = format!("{SUITE}-{}", revision.name);
            cells.push(cell.judge(&baseline, &report, directly.get(revision.name))?);
        }
    }
    Ok(cells)
}

/// A gateway on `port` in front of the upstream of that name, which has forgotten what it knew yesterday.
fn start(
    paths: &Paths,
    host: Host,
    runner: &Runner<'_>,
    upstream: &str,
    port: u16,
    settings: &str,
) -> Result<Gateway> {
    let name = format!("conformance-{host}-{upstream}");
    let _ = fs::remove_dir_all(paths.dev.join(&name));
    Gateway::start(paths, runner, &Plan { name: &name, port, settings, secrets: &[] })
}

/// What makes a cell of a report.
struct Judge<'a> {
    suite: Suite<'a>,
    title: String,
    /// The run's name.
    run: &'a str,
    /// Scored scenarios.
    count: usize,
}

impl Judge<'_> {
    /// Compares with the file `baseline`: what the gateway cannot do yet, it can do on no host.
    fn judge(self, baseline: &str, report: &Report, directly: Option<&Report>) -> Result<Cell> {
        let file = self.suite.paths.root.join(format!("tests/conformance/{baseline}.yml"));
        let mut wrong = Baseline::read(&file)?.differences(report, directly);
        if report.scored() != self.count {
            wrong.push(format!("the suite has {} scenarios, {} were expected", report.scored(), self.count));
        }
        if !wrong.is_empty() {
            let (checks, log) = self.suite.places(self.run)?;
            wrong.push(format!("the checks are in {}, the output in {}", checks.display(), log.display()));
        }
        let without = directly.map_or("does not speak it".to_owned(), Report::summary);
        Ok(Cell { line: format!("{}: {} | directly: {without}", self.title, report.summary()), wrong })
    }
}
