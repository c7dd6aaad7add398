//! `cargo xtask conformance`: the official suite against the gateway, in front of a modern and of a legacy upstream.

mod report;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};

use self::report::Report;
use crate::build::{self, Mode};
use crate::dev::settings::{Callers, generate};
use crate::gateway::{Gateway, Plan, Runner};
use crate::host::Host;
use crate::paths::Paths;
use crate::process;
use crate::progress::step;
use crate::servers::{Server, any_port};
use crate::tools::node::{self, Node};

const USAGE: &str = "\
usage: cargo xtask conformance [--upstream modern|legacy] [--revision R] [--host workerd|spin]
";

/// The upstreams: name, script, arguments.
const UPSTREAMS: [(&str, &str, &[&str]); 2] = [
    ("modern", "tests/upstreams/modern.mjs", &["--era", "modern"]),
    ("legacy", "tests/upstreams/legacy.mjs", &[]),
];
/// The revisions, each with the number of scenarios that the suite requires of a server.
const REVISIONS: [(&str, usize); 2] = [("2026-07-28", 37), ("2025-11-25", 30)];

/// One run of the suite.
pub(crate) struct Cell {
    /// As in "modern upstream, 2026-07-28: 37/37 required, 90/90 checks", with `spin: ` in front on Spin.
    pub(crate) line: String,
    /// What was not as expected; empty when the cell holds.
    pub(crate) wrong: Vec<String>,
}

/// Runs `cargo xtask conformance`.
pub(crate) fn command(paths: &Paths, mut parser: Parser) -> Result<ExitCode> {
    let (mut host, mut upstream, mut revision) = (Host::default(), None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("upstream") => upstream = Some(one_of(&mut parser, &UPSTREAMS.map(|(name, ..)| name))?),
            Arg::Long("revision") => revision = Some(one_of(&mut parser, &REVISIONS.map(|(name, _)| name))?),
            Arg::Long("host") => host = parser.value()?.string()?.parse()?,
            Arg::Long("help") | Arg::Short('h') => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let node = build::prepare(paths, host, Mode::Development)?;
    node::install_packages(paths, "tests")?;
    let cells = run(paths, &node, host, upstream.as_deref(), revision.as_deref())?;
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

/// Runs the cells of `upstream` and `revision`; without a name, of all. The gateway must have been built.
pub(crate) fn run(
    paths: &Paths,
    node: &Node,
    host: Host,
    upstream: Option<&str>,
    revision: Option<&str>,
) -> Result<Vec<Cell>> {
    let runner = Runner::find_or_install(paths, host, node, "skip")?;
    let mut cells = Vec::new();
    for (name, script, arguments) in
        UPSTREAMS.iter().filter(|(name, ..)| upstream.is_none_or(|one| one == *name))
    {
        let server = Server::start(paths, node, Path::new(script), 0, arguments)?;
        let port = any_port()?;
        let upstreams = [(String::new(), server.url.clone())];
        let settings = generate(port, &Callers::Anonymous, &upstreams);
        let folder = format!("conformance-{host}-{name}");
        // Yesterday's cached lists are not what is to be tried.
        let _ = fs::remove_dir_all(paths.dev.join(&folder));
        let plan = Plan { name: &folder, port, settings: &settings, secrets: &[] };
        let _gateway = Gateway::start(paths, &runner, &plan)?;
        for (revision, required) in
            REVISIONS.iter().filter(|(one, _)| revision.is_none_or(|wanted| wanted == *one))
        {
            cells.push(cell(paths, node, host, name, revision, *required, port)?);
        }
    }
    Ok(cells)
}

/// One run of the suite against the gateway on `port`.
fn cell(
    paths: &Paths,
    node: &Node,
    host: Host,
    upstream: &str,
    revision: &str,
    required: usize,
    port: u16,
) -> Result<Cell> {
    let on_host = if host == Host::Spin { "spin: " } else { "" };
    let name = format!("{on_host}{upstream} upstream, {revision}");
    let log = paths.log(&format!("conformance-{host}-{upstream}-{revision}"))?;
    let checks = paths.dev.join(format!("conformance-{host}-{upstream}")).join(revision);
    let report = step(&name, "10 s", || {
        let mut suite = node
            .script(&paths.root.join("tests/node_modules/@modelcontextprotocol/conformance/dist/index.js"));
        suite.args(["server", "--url", &format!("http://localhost:{port}/mcp"), "--requirements", revision]);
        suite.arg("-o").arg(&checks).env("NO_COLOR", "1");
        // Its status is left aside: it fails on every failure, also on those that are expected.
        let _ = process::run(&mut suite, &log);
        Report::read(&fs::read_to_string(&log)?)
            .with_context(|| format!("the suite ended early: see {}", log.display()))
    })?;
    // What the gateway cannot do yet, it can do on no host.
    let expected =
        expected_failures(&paths.root.join(format!("tests/conformance/{upstream}-{revision}.yml")))?;
    let mut wrong = report.differences(&expected, required);
    if !wrong.is_empty() {
        wrong.push(format!(
            "the checks are in {}, the suite's output in {}",
            checks.display(),
            log.display()
        ));
    }
    Ok(Cell { line: format!("{name}: {}", report.summary()), wrong })
}

/// The scenarios of a file in the suite's form for expected failures; none when there is no file.
fn expected_failures(file: &Path) -> Result<Vec<String>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(file)?;
    Ok(text.lines().filter_map(|line| line.trim().strip_prefix("- ")).map(str::to_owned).collect())
}
