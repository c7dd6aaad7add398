//! `cargo xtask dev`: everything that is needed, running on this machine, until Ctrl-C.

mod clients;
mod config;
mod options;
pub(crate) mod settings;
pub(crate) mod token;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use lexopt::Parser;

use self::clients::{Access, DEMO_IDEAS};
use self::options::Options;
use self::settings::{CLIENT, Callers, ISSUER, endpoint};
use self::token::{Cli, Grant};
use crate::build::{self, Mode};
use crate::gateway::{self, Gateway, Plan, Runner};
use crate::host::Host;
use crate::model;
use crate::paths::Paths;
use crate::process;
use crate::servers::{Server, free_or_any};
use crate::tools::node::Node;

/// The demo's servers, whose aliases are their names: script, and port unless it is taken.
const DEMO: [(&str, u16); 3] =
    [("deploy/demo/billing.mjs", 8791), ("deploy/demo/helpdesk.mjs", 8792), ("deploy/demo/market.mjs", 8793)];

/// Runs `cargo xtask dev`.
pub(crate) fn command(paths: &Paths, parser: Parser) -> Result<ExitCode> {
    let options = Options::parse(parser)?;
    if options.help {
        print!("{}", options::USAGE);
        return Ok(ExitCode::SUCCESS);
    }
    let start = Instant::now();
    gateway::check_port(options.port)?;
    let node = build::prepare(paths, options.host, Mode::Development)?;
    let cli = if options.anonymous { None } else { Some(Cli::build(paths)?) };
    let demo = options.config.is_none() && options.upstreams.is_empty();
    let mut servers = if demo { demo_servers(paths, &node)? } else { Vec::new() };
    let (settings, access) = settings_and_access(paths, &options, cli.as_ref(), &servers)?;
    fs::write(paths.dev.join("settings.toml"), &settings)?;
    let rebuild = if build::is_skipped() { "skip" } else { "dev" };
    let runner = Runner::find_or_install(paths, options.host, &node, rebuild)?;
    let plan = Plan { name: "gateway", port: options.port, settings: &settings, secrets: &[] };
    let mut gateway = Gateway::start(paths, &runner, &plan)?;
    eprintln!("ok  serving after {:.1} s", start.elapsed().as_secs_f64());
    if options.json {
        println!("{}", access.line());
    }
    if options.once {
        return agent(paths, &node, &access, &gateway, options.json);
    }
    if !options.json {
        greet(paths, &access, demo, options.host);
    }
    process::serving();
    loop {
        gateway.check()?;
        servers.iter_mut().try_for_each(|server| server.check(paths))?;
        thread::sleep(Duration::from_millis(200));
    }
}

/// Starts the demo's servers, all at once: each takes half a second.
fn demo_servers(paths: &Paths, node: &Node) -> Result<Vec<Server>> {
    thread::scope(|scope| {
        let starting = DEMO.map(|(script, port)| {
            scope.spawn(move || Server::start(paths, node, Path::new(script), free_or_any(port), &[]))
        });
        let started =
            starting.map(|server| server.join().map_err(|_| anyhow!("starting a server panicked"))?);
        started.into_iter().collect()
    })
}

/// The settings' text, and how an agent gets in. `cli` is there unless everybody may.
fn settings_and_access(
    paths: &Paths,
    options: &Options,
    cli: Option<&Cli>,
    servers: &[Server],
) -> Result<(String, Access)> {
    let own = format!("http://127.0.0.1:{}", options.port);
    let key = cli.map(|cli| cli.key(paths)).transpose()?;
    if let (Some(file), Some(cli), Some(key)) = (&options.config, cli, &key) {
        let text = fs::read_to_string(file).with_context(|| format!("--config {}", file.display()))?;
        cli.check(paths, file)?;
        if config::takes_encoder(&text)? {
            model::find_or_make(paths)?;
        }
        let grant = config::grant(&text, key)?;
        let token = grant.map(|grant| cli.token(paths, &grant)).transpose()?;
        let endpoints = config::endpoints(&text)?;
        for path in endpoints.iter().skip(1) {
            eprintln!("    also serving {own}{path}");
        }
        let path = endpoints.first().context("the settings have no tenant")?;
        return Ok((text, Access { endpoint: format!("{own}{path}"), token }));
    }
    let mut upstreams = options.upstreams.clone();
    upstreams.extend(servers.iter().map(|server| (server.name.clone(), server.url.clone())));
    let (callers, token) = match (cli, &key) {
        (Some(cli), Some(key)) => {
            let grant =
                Grant { issuer: ISSUER.into(), audience: endpoint(options.port), client: CLIENT.into() };
            (Callers::Developer(&key.jwks), Some(cli.token(paths, &grant)?))
        }
        _ => (Callers::Anonymous, None),
    };
    let text = settings::generate(options.port, &callers, &upstreams);
    Ok((text, Access { endpoint: endpoint(options.port), token }))
}

/// Lets the scripted agent try the gateway; its exit status is ours.
fn agent(paths: &Paths, node: &Node, access: &Access, gateway: &Gateway, quiet: bool) -> Result<ExitCode> {
    let mut script = node.script(&paths.root.join("deploy/demo/agent.mjs"));
    script
        .env("POSTERN_ENDPOINT", &access.endpoint)
        .env("POSTERN_TOKEN", access.token.as_deref().unwrap_or_default());
    let passed = if quiet {
        let log = paths.log("agent")?;
        let outcome = process::run(&mut script, &log);
        eprintln!("{}", process::tail(&log));
        outcome.is_ok()
    } else {
        process::Group::start(&mut script)?.wait()?.success()
    };
    if !passed {
        eprintln!("the gateway's log ends:\n{}", gateway.tail());
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a person needs now.
fn greet(paths: &Paths, access: &Access, demo: bool, host: Host) {
    println!("\nPostern serves {}\n", access.endpoint);
    match &access.token {
        Some(token) => println!("Token, good for 8 hours (another with the next start):\n  {token}\n"),
        None => println!("No token was made: the settings admit everybody, or know other issuers only.\n"),
    }
    println!("Settings for clients:\n{}", access.clients());
    if demo {
        println!("Ask your agent:\n{DEMO_IDEAS}");
    }
    println!("Its settings: {}", paths.dev.join("settings.toml").display());
    println!("Its log, with a record of each call: {}", paths.dev.join("log/gateway.log").display());
    let changes = match host {
        Host::Workerd => "is built and taken over",
        Host::Spin => "is built and taken over by the next start",
    };
    println!("A change in edge/ or shared/ {changes}. Ctrl-C ends everything.");
}
