//! `cargo xtask demo`: a story that runs on this machine, and that says itself whether it is true.

mod options;
mod settings;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, anyhow};
use lexopt::Parser;
use serde_json::{Map, Value, json};

use self::options::Options;
use self::settings::{Place, Settings};
use crate::build::{self, Mode};
use crate::dev::settings::{ISSUER, endpoint};
use crate::dev::token::{Cli, Grant};
use crate::gateway::{Gateway, Plan, Runner};
use crate::paths::{Paths, hold};
use crate::process::Group;
use crate::servers::{Server, any_port};
use crate::tools::node::Node;

/// The one story there is, and its folder in `deploy/demo`. Names the gateway's folder and log, too.
const TRADING: &str = "trading";
/// The ledger and the market, whose aliases are their names.
const LEDGER: &str = "deploy/demo/trading/ledger.mjs";
const MARKET: &str = "deploy/demo/market.mjs";

/// Runs `cargo xtask demo trading`.
pub(crate) fn command(paths: &Paths, parser: Parser) -> Result<ExitCode> {
    let options = Options::parse(parser)?;
    if options.help {
        print!("{}", options::USAGE);
        return Ok(ExitCode::SUCCESS);
    }
    let node = build::prepare(paths, options.host, Mode::Development)?;
    let cli = Cli::build(paths)?;
    let _held = hold(&paths.dev, TRADING)?;
    // What agents have used in an earlier run must not count in this one.
    let folder = paths.dev.join(TRADING);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let seen = folder.join("seen.jsonl");
    let (ledger, market) = servers(paths, &node, &seen)?;
    let port = any_port()?;
    let place = Place {
        port,
        jwks: &cli.key(paths)?.jwks,
        ledger: &ledger.url,
        market: &market.url,
        zone: settings::zone()?,
    };
    let text = fs::read_to_string(paths.root.join("deploy/demo/trading/settings.toml"))
        .context("the settings of the demo are missing")?;
    let settings = Settings::fill(&text, &place)?;
    let file = folder.join("settings.toml");
    fs::write(&file, &settings.text)?;
    cli.check(paths, &file)?;
    let tokens = tokens(paths, &cli, port, &settings.agents)?;
    let rebuild = if build::is_skipped() { "skip" } else { "dev" };
    let runner = Runner::find_or_install(paths, options.host, &node, rebuild)?;
    let _gateway = Gateway::start(paths, &runner, &Plan { name: TRADING, port, settings: &settings.text })?;
    let fleet = json!({
        "endpoint": endpoint(port),
        "host": options.host.to_string(),
        "tokens": tokens,
        "tenant": settings.tenant,
        "seen": seen,
        "log": paths.log(TRADING)?,
        "seconds": options.seconds,
        "json": options.json,
    });
    let mut script = node.script(&paths.root.join("deploy/demo/trading/fleet.mjs"));
    let status = Group::start(script.env("POSTERN_FLEET", fleet.to_string()))?.wait()?;
    if !status.success() {
        eprintln!("the gateway's log, with a record of each call: {}", paths.log(TRADING)?.display());
    }
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts the ledger, which writes what it sees into the file `seen`, and the market; both at once.
fn servers(paths: &Paths, node: &Node, seen: &Path) -> Result<(Server, Server)> {
    let seen = seen.to_str().context("the checkout's path is no text")?;
    thread::scope(|scope| {
        let ledger = scope.spawn(|| Server::start(paths, node, Path::new(LEDGER), 0, &["--seen", seen]));
        let market = Server::start(paths, node, Path::new(MARKET), 0, &[]);
        let ledger = ledger.join().map_err(|_| anyhow!("starting a server panicked"))?;
        Ok((ledger?, market?))
    })
}

/// A token of its own for each agent.
fn tokens(paths: &Paths, cli: &Cli, port: u16, agents: &[String]) -> Result<Map<String, Value>> {
    let token = |agent: &String| {
        let grant = Grant { issuer: ISSUER.into(), audience: endpoint(port), client: agent.clone() };
        Ok((agent.clone(), Value::from(cli.token(paths, &grant)?)))
    };
    agents.iter().map(token).collect()
}
