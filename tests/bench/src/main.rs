//! `postern-bench`: what a call through Postern costs, beside the same call without a gateway (`direct`) and
//! through a Worker that only passes it on (`floor`). See `tests/bench/README.md`.

mod call;
mod http;
mod load;
mod plan;
mod process;
mod report;
mod servers;
mod settings;
mod spin;
mod token;
mod upstream;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use plan::Pace;
use process::{Running, free_address};
use report::{Recorded, Report};
use servers::{Files, Host};
use spin::Components;

const USAGE: &str = "\
postern-bench --workerd PATH [--entry FILE --build FOLDER] [OPTIONS]
postern-bench --spin PATH --component FILE --floor FILE [OPTIONS]
postern-bench upstream --port N
  --entry, --build  the gateway's main module and what it imports; without them only direct and floor are measured
  --spin            the tests' Spin host, which runs the gateway (--component) and what only passes on (--floor)
  --out             for report.json, capnp files and logs; target/bench when not given
  --quick           under a minute: shows that the benchmark runs
  --only            one of: 400 B, 4 KB, 32 KB, list of 200, stream of 100, settings
  --load            one of: closed 1, closed 16, closed 64, open 200/s, chain of 10
  --record          writes the ratios of this run to tests/bench/recorded.json, or recorded-spin.json";

/// The command line of a run.
struct Options {
    host: Host,
    out: PathBuf,
    quick: bool,
    only: Option<String>,
    load: Option<String>,
    record: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut workerd, mut entry, mut build) = (None, None, None);
        let (mut spin, mut component, mut floor) = (None, None, None);
        let (mut only, mut load) = (None, None);
        let (mut out, mut quick, mut record) = (PathBuf::from("target/bench"), false, false);
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{name} needs a value\n{USAGE}"));
            match name.as_str() {
                "--workerd" => workerd = Some(PathBuf::from(value()?)),
                "--entry" => entry = Some(PathBuf::from(value()?)),
                "--build" => build = Some(PathBuf::from(value()?)),
                "--spin" => spin = Some(PathBuf::from(value()?)),
                "--component" => component = Some(PathBuf::from(value()?)),
                "--floor" => floor = Some(PathBuf::from(value()?)),
                "--out" => out = PathBuf::from(value()?),
                "--only" => only = Some(value()?),
                "--load" => load = Some(value()?),
                "--quick" => quick = true,
                "--record" => record = true,
                _ => bail!("{name} is not known\n{USAGE}"),
            }
        }
        let gateway = match (entry, build) {
            (Some(entry), Some(build)) => Some((entry, build)),
            (None, None) => None,
            _ => bail!("--entry and --build belong together\n{USAGE}"),
        };
        let host = match (workerd, spin, component, floor) {
            (Some(given), None, None, None) => {
                Host::Workerd { workerd: Files::native_workerd(&given)?, gateway }
            }
            (None, Some(host), Some(component), Some(floor)) if gateway.is_none() => {
                Host::Spin(Components { host, gateway: component, floor })
            }
            _ => bail!("name what the gateway runs on\n{USAGE}"),
        };
        Ok(Self { host, out, quick, only, load, record })
    }

    /// The ratios that `--record` writes and that every later run is held against.
    fn recorded(&self) -> &'static str {
        match self.host {
            Host::Workerd { .. } => concat!(env!("CARGO_MANIFEST_DIR"), "/recorded.json"),
            Host::Spin(_) => concat!(env!("CARGO_MANIFEST_DIR"), "/recorded-spin.json"),
        }
    }
}

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("postern-bench: {error}");
            return ExitCode::FAILURE;
        }
    };
    let work = async {
        let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            done = start() => done,
            // The processes that were started end when the run is dropped.
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
            _ = end.recv() => bail!("asked to end"),
        }
    };
    match runtime.block_on(tokio::task::LocalSet::new().run_until(work)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("postern-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|first| first == "upstream").is_some() {
        let port = match (arguments.next().as_deref(), arguments.next()) {
            (Some("--port"), Some(port)) => port.parse().context("--port takes a number")?,
            _ => bail!("{USAGE}"),
        };
        upstream::serve(port).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::parse(arguments)?;
    let pace = Pace::new(options.quick, options.only.clone(), options.load.clone())?;
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: the generator will be the limit; use --release");
    }
    let report = measure(&options, &pace).await?;
    finish(&options, &report)
}

async fn measure(options: &Options, pace: &Pace) -> Result<Report> {
    let folder = options.out.join("run");
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let files = Files { folder: folder.clone(), host: options.host.clone() };
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["upstream", "--port", &address.port().to_string()]);
    let upstream = Running::start(command, address, &folder.join("upstream.log")).await?;
    let (start, busy) = (Instant::now(), process::machine_busy()?);
    let sections = plan::run(pace, &files, &upstream).await?;
    let ours = process::cpu(upstream.pid())? + process::own_cpu()? + process::ended_children_cpu()?;
    let others = (process::machine_busy()?.saturating_sub(busy)).saturating_sub(ours);
    Ok(Report {
        quick: pace.quick,
        cores: std::thread::available_parallelism()?.get(),
        cores_used_by_others: others.as_secs_f64() / start.elapsed().as_secs_f64(),
        sections,
    })
}

/// Prints the tables, writes the JSON, and says by the exit code whether there are faults.
fn finish(options: &Options, report: &Report) -> Result<ExitCode> {
    for section in &report.sections {
        print!("{}", section.table());
    }
    println!(
        "\n{} cores, of which others used {:.2} while this ran; figures are medians of blocks (least-greatest)",
        report.cores, report.cores_used_by_others
    );
    let path = options.out.join("report.json");
    fs::write(&path, serde_json::to_string_pretty(report)?)?;
    println!("report: {}", path.display());
    let record = options.recorded();
    let recorded = match fs::read_to_string(record) {
        Ok(text) => serde_json::from_str(&text)
            .with_context(|| format!("{record} is damaged; write it anew with --record"))?,
        Err(_) => Recorded::default(),
    };
    if options.record {
        let mut newer = recorded.clone();
        newer.cpu_to_floor.extend(report.ratios().cpu_to_floor);
        fs::write(record, serde_json::to_string_pretty(&newer)? + "\n")?;
    }
    let faults = report.faults(&recorded);
    for fault in &faults {
        println!("FAULT {fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
