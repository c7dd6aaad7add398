//! `cargo xtask demo`: stories that run on this machine, and that say themselves whether they are true.

mod options;
mod settings;
mod story;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, anyhow};
use lexopt::Parser;
use serde_json::{Map, Value, json};

use self::options::{Model, Options};
use self::settings::{Place, Settings};
use self::story::{Actor, Story};
use crate::build::{self, Mode};
use crate::dev::settings::{ISSUER, endpoint};
use crate::dev::token::{Cli, Grant};
use crate::gateway::{Gateway, Plan, Runner, random_key};
use crate::model;
use crate::paths::{Paths, hold};
use crate::process::Group;
use crate::servers::{Server, any_port};
use crate::tools::node::Node;

/// The secret that settings of a story may name: keys for redaction, made anew with each start.
const REDACT_KEYS: &str = "REDACT_KEYS";

/// Runs `cargo xtask demo STORY`.
pub(crate) fn command(paths: &Paths, parser: Parser) -> Result<ExitCode> {
    let options = Options::parse(parser)?;
    let Some(story) = options.story else {
        print!("{}", options::USAGE);
        return Ok(ExitCode::SUCCESS);
    };
    let node = build::prepare(paths, options.host, Mode::Development)?;
    let cli = Cli::build(paths)?;
    let _held = hold(&paths.dev, story.state())?;
    // What agents have used in an earlier run must not count in this one.
    let folder = paths.dev.join(story.state());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    if options.model == Model::Encoder {
        model::find_or_make(paths)?;
    }
    let servers = servers(paths, &node, story, &folder)?;
    let port = any_port()?;
    let place = Place {
        port,
        jwks: &cli.key(paths)?.jwks,
        servers: &addresses(story, &servers),
        zone: settings::zone()?,
        model: options.model.name(),
    };
    let text = fs::read_to_string(paths.root.join("deploy/demo").join(story.name()).join("settings.toml"))
        .context("the settings of the demo are missing")?;
    let settings = Settings::fill(&text, &place)?;
    let file = folder.join("settings.toml");
    fs::write(&file, &settings.text)?;
    cli.check(paths, &file)?;
    let tokens = tokens(paths, &cli, port, &settings.agents)?;
    let rebuild = if build::is_skipped() { "skip" } else { "dev" };
    let runner = Runner::find_or_install(paths, options.host, &node, rebuild)?;
    let secrets = [(REDACT_KEYS.to_owned(), format!("demo:{}", random_key()?))];
    let plan = Plan { name: story.state(), port, settings: &settings.text, secrets: &secrets };
    let _gateway = Gateway::start(paths, &runner, &plan)?;
    let demo = json!({
        "endpoint": endpoint(port),
        "host": options.host.to_string(),
        "tokens": tokens,
        "tenants": settings.tenants,
        "files": files(story, &folder),
        "log": paths.log(story.state())?,
        "release": build::is_skipped(),
        "seconds": options.seconds,
        "employees": options.employees,
        "json": options.json,
    });
    let script = paths.root.join("deploy/demo").join(story.name()).join(story.script());
    let status = Group::start(node.script(&script).env("POSTERN_DEMO", demo.to_string()))?.wait()?;
    if !status.success() {
        eprintln!("the gateway's log, with a record of each call: {}", paths.log(story.state())?.display());
    }
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts the servers of a story, all at once.
fn servers(paths: &Paths, node: &Node, story: Story, folder: &Path) -> Result<Vec<Server>> {
    let start = |actor: &Actor| {
        let written =
            written(actor, folder).map(|(option, file)| [option.to_owned(), file.display().to_string()]);
        let arguments: Vec<&str> = written.iter().flatten().map(String::as_str).collect();
        Server::start(paths, node, Path::new(actor.script), 0, &arguments)
    };
    thread::scope(|scope| {
        let started: Vec<_> = story.actors().iter().map(|actor| scope.spawn(move || start(actor))).collect();
        started
            .into_iter()
            .map(|server| server.join().map_err(|_| anyhow!("starting a server panicked"))?)
            .collect()
    })
}

/// The addresses of running servers, by alias.
fn addresses(story: Story, servers: &[Server]) -> Vec<(&'static str, &str)> {
    let aliases = story.actors().iter().map(|actor| actor.alias);
    aliases.zip(servers.iter().map(|server| server.url.as_str())).collect()
}

/// Where a server writes down what reaches it, and by which option it is told so.
fn written(actor: &Actor, folder: &Path) -> Option<(&'static str, PathBuf)> {
    actor.writes.map(|option| (option, folder.join(format!("{}.jsonl", actor.alias))))
}

/// The same for the agents' script: files by alias.
fn files(story: Story, folder: &Path) -> Map<String, Value> {
    let file = |actor: &Actor| {
        written(actor, folder).map(|(_, file)| (actor.alias.to_owned(), file.display().to_string().into()))
    };
    story.actors().iter().filter_map(file).collect()
}

/// A token of its own for each agent.
fn tokens(paths: &Paths, cli: &Cli, port: u16, agents: &[String]) -> Result<Map<String, Value>> {
    let token = |agent: &String| {
        let grant = Grant { issuer: ISSUER.into(), audience: endpoint(port), client: agent.clone() };
        Ok((agent.clone(), Value::from(cli.token(paths, &grant)?)))
    };
    agents.iter().map(token).collect()
}
