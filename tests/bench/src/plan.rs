//! What is measured: sections of loads, and the alternation of their blocks (ABCABC...), so that a neighbour who
//! wakes up in the middle disturbs all targets alike.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::call::{Address, Template, Work};
use crate::http::Connection;
use crate::load::{self, Block, Target};
use crate::process::Running;
use crate::report::{Row, Section, Start};
use crate::servers::Files;
use crate::settings::{SETTINGS, Setting};
use crate::upstream::TOOLS;

/// Connections of the warm-up, in which workerd compiles anew what is hot, in the background and for seconds.
const WARM_UP: usize = 16;
const WARM_UP_TIME: Duration = Duration::from_secs(4);
const FILL_TIME: Duration = Duration::from_secs(1);
/// A void block is repeated so many times in a row at most.
const REPEATS: usize = 2;
/// A request of the open loop is late when it leaves one interval after its time; more late ones make it void.
const LATE_SHARE: f64 = 0.01;
/// A generator that uses more of its core than this is what limits the throughput.
const BUSY_SHARE: f64 = 0.9;

/// One kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// So many connections in closed loops.
    Closed(usize),
    /// The open loop.
    Open,
    /// Chains of ten.
    Chain,
}

impl Load {
    /// Name in the report.
    pub fn name(self) -> String {
        match self {
            Self::Closed(count) => format!("closed {count}"),
            Self::Open => format!("open {}/s", load::RATE),
            Self::Chain => format!("chain of {}", load::CHAIN),
        }
    }
}

/// Where the gateways of a section come from.
#[derive(Clone, Copy)]
enum Gateways {
    /// One, with the setting of this name.
    One(&'static str),
    /// Those with the settings of these names, in their order among [`SETTINGS`].
    These(&'static [&'static str]),
}

/// A section before it ran.
struct Plan {
    name: &'static str,
    work: Work,
    /// Tools in the list of the called upstream.
    tools: usize,
    loads: &'static [Load],
    gateways: Gateways,
    /// Part of `--quick`.
    quick: bool,
}

const CALLS: &[Load] = &[Load::Closed(1), Load::Closed(16), Load::Closed(64), Load::Open, Load::Chain];

const fn text(name: &'static str, size: usize, quick: bool) -> Plan {
    Plan { name, work: Work::Text(size), tools: TOOLS, loads: CALLS, gateways: Gateways::One("token"), quick }
}

const PLANS: &[Plan] = &[
    text("400 B", 400, true),
    text("4 KB", 4096, false),
    text("32 KB", 32768, true),
    Plan {
        name: "list of 200",
        work: Work::Tools(200),
        tools: 200,
        loads: &[Load::Closed(1), Load::Closed(16), Load::Open],
        gateways: Gateways::One("token, 200 tools"),
        quick: true,
    },
    Plan {
        name: "stream of 100",
        work: Work::Stream(100),
        tools: TOOLS,
        loads: &[Load::Closed(1), Load::Closed(16)],
        gateways: Gateways::One("token"),
        quick: true,
    },
    Plan {
        name: "settings",
        work: Work::Text(400),
        tools: TOOLS,
        loads: &[Load::Closed(16)],
        gateways: Gateways::These(&[
            "token",
            "anonymous",
            "token, narrow allow list",
            "token, 200 tools",
            "token, 10 upstreams",
        ]),
        quick: false,
    },
    Plan {
        name: "limits",
        work: Work::Text(400),
        tools: TOOLS,
        loads: &[Load::Closed(1), Load::Closed(16)],
        gateways: Gateways::These(&[
            "no loop breaker",
            "token",
            "two limits",
            "two limits, leased",
            "tokens",
        ]),
        quick: false,
    },
    Plan {
        name: "redaction",
        work: Work::Text(4_096),
        tools: TOOLS,
        loads: &[Load::Closed(1), Load::Closed(16)],
        gateways: Gateways::These(&["token", "redact off", "redact secrets", "redact"]),
        quick: false,
    },
    Plan {
        name: "cache",
        work: Work::Same(400),
        tools: TOOLS,
        loads: &[Load::Closed(1), Load::Closed(16)],
        gateways: Gateways::These(&["no loop breaker", "kept", "kept in KV"]),
        quick: false,
    },
];

/// How long and how often.
pub struct Pace {
    /// Only what shows that the benchmark runs.
    pub quick: bool,
    /// Only the section of this name.
    pub only: Option<String>,
    /// Only the load of this name.
    pub load: Option<String>,
}

impl Pace {
    /// The pace of a full run, about 12 minutes, or of a quick one, under a minute.
    pub fn new(quick: bool, only: Option<String>, load: Option<String>) -> Result<Self> {
        let names: Vec<&str> = PLANS.iter().map(|plan| plan.name).collect();
        if let Some(only) = &only {
            ensure!(names.contains(&only.as_str()), "--only {only}: the sections are {}", names.join(", "));
        }
        let loads: Vec<String> = CALLS.iter().map(|load| load.name()).collect();
        if let Some(load) = &load {
            ensure!(loads.contains(load), "--load {load}: the loads are {}", loads.join(", "));
        }
        Ok(Self { quick, only, load })
    }

    /// Blocks of each target under `load`, and the length of one. Closed loops alternate fast, because a neighbour
    /// comes and goes within seconds; latencies need blocks with enough calls for a 99th percentile.
    fn blocks(&self, load: Load) -> (usize, Duration) {
        let (rounds, ms) = match (load, self.quick) {
            (Load::Closed(_), false) => (40, 250),
            (Load::Closed(_), true) => (8, 250),
            (_, false) => (5, 2_000),
            (_, true) => (2, 500),
        };
        (rounds, Duration::from_millis(ms))
    }

    fn wants(&self, plan: &Plan) -> bool {
        match &self.only {
            Some(only) => only == plan.name,
            None => plan.quick || !self.quick,
        }
    }

    /// A quick run measures one closed loop of each section, and the latencies only of the first.
    fn loads(&self, plan: &Plan) -> Vec<Load> {
        let named = |load: &Load| self.load.as_ref().is_none_or(|name| load.name() == *name);
        let wanted = |load: &Load| match load {
            Load::Closed(count) => !self.quick || *count == 16,
            Load::Open | Load::Chain => !self.quick || plan.work == Work::Text(400),
        };
        plan.loads.iter().copied().filter(named).filter(wanted).collect()
    }
}

/// The processes of one section; they end with it.
struct Stage {
    targets: Vec<Target>,
    /// Of floor and gateways, in the order of `targets` without `direct`.
    running: Vec<Running>,
    /// Their stores, which are measured with nobody, with the names of the targets.
    stores: Vec<(String, Running)>,
}

impl Stage {
    /// What is asked in rounds has to come from the store, or something else was measured.
    async fn reads(&self) -> Result<()> {
        for target in self.targets.iter().filter(|target| target.template.is_round()) {
            let Some((_, store)) = self.stores.iter().find(|(name, _)| *name == target.name) else {
                continue;
            };
            let mut connection = Connection::open(store.address).await?;
            connection.exchange(b"GET /?reads HTTP/1.1\r\nHost: kv\r\n\r\n").await?;
            let reads: u64 = std::str::from_utf8(&connection.body)?.parse()?;
            let asked = target.template.asked();
            ensure!(reads >= asked, "{}: the store was asked {reads} times for {asked} calls", target.name);
        }
        Ok(())
    }
}

/// Runs all sections that `pace` wants.
pub async fn run(pace: &Pace, files: &Files, upstream: &Running) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    for plan in PLANS.iter().filter(|plan| pace.wants(plan)) {
        if matches!(plan.gateways, Gateways::These(_)) && !files.has_gateway() {
            continue;
        }
        eprintln!("{}", plan.name);
        let (stage, starts) = stage(plan, files, upstream, WARM_UP_TIME)
            .await
            .with_context(|| format!("section {}", plan.name))?;
        let mut rows = Vec::new();
        for load in pace.loads(plan) {
            eprintln!("  {}", load.name());
            rows.extend(measure(pace, load, &stage.targets).await?);
        }
        stage.reads().await?;
        let memory = stage.running.iter().map(|running| crate::process::memory(running.pid())).collect();
        sections.push(Section::new(plan.name, rows, starts, memory));
    }
    Ok(sections)
}

/// Starts what a section needs and warms it up.
async fn stage(
    plan: &Plan,
    files: &Files,
    upstream: &Running,
    warm_up_time: Duration,
) -> Result<(Stage, Vec<Start>)> {
    let path = format!("/mcp/{}/1", plan.tools);
    let plain = |running: &Running| Address {
        host: running.address.to_string(),
        path: path.clone(),
        prefix: String::new(),
        token: None,
    };
    let target = |name: &str, work: Work, running: &Running, address: &Address| Target {
        name: name.to_owned(),
        address: running.address,
        pid: running.pid(),
        template: Template::new(work, address),
    };
    let mut targets = vec![target("direct", plan.work, upstream, &plain(upstream))];
    let floor = files.floor(upstream.address).await?;
    targets.push(target("floor", plan.work, &floor, &plain(&floor)));
    let (mut running, mut stores) = (vec![floor], Vec::new());
    for (name, from_kv) in [("answers", false), ("answers from KV", true)] {
        if !matches!(plan.work, Work::Same(_)) {
            continue;
        }
        let Some((answering, store)) = files.answering(from_kv, upstream.address).await? else { continue };
        targets.push(target(name, plan.work, &answering, &plain(&answering)));
        running.push(answering);
        stores.extend(store.map(|store| (name.to_owned(), store)));
    }
    for setting in settings(plan.gateways).filter(|_| files.has_gateway()) {
        let (gateway, store, address) = files.gateway(setting, upstream.address).await?;
        let name = match plan.gateways {
            Gateways::One(_) => "gateway",
            Gateways::These(_) => setting.name,
        };
        let work = match plan.work {
            Work::Same(size) if setting.rounds => Work::Round(size),
            work => work,
        };
        targets.push(target(name, work, &gateway, &address));
        running.push(gateway);
        stores.extend(store.map(|store| (name.to_owned(), store)));
    }
    let mut starts = Vec::new();
    for target in &mut targets {
        starts.push(
            warm_up(target, warm_up_time)
                .await
                .with_context(|| format!("{} does not answer", target.name))?,
        );
    }
    Ok((Stage { targets, running, stores }, starts))
}

fn settings(gateways: Gateways) -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(move |setting| match gateways {
        Gateways::One(name) => setting.name == name,
        Gateways::These(names) => names.contains(&setting.name),
    })
}

/// The first call, whose cost since the start of the process is noted, then load for `time`.
async fn warm_up(target: &mut Target, time: Duration) -> Result<Start> {
    let mut connection = Connection::open(target.address).await?;
    let first = load::call(&mut connection, &mut target.template).await?;
    let cpu = crate::process::cpu(target.pid)?;
    load::closed(target, WARM_UP, time).await?;
    while target.template.fills() {
        load::closed(target, WARM_UP, FILL_TIME).await?;
    }
    Ok(Start {
        target: target.name.clone(),
        first_call_ms: first.as_secs_f64() * 1e3,
        cpu_to_first_answer_ms: cpu.as_secs_f64() * 1e3,
    })
}

/// Blocks of one load against all targets, alternating; one row for each target.
async fn measure(pace: &Pace, load: Load, targets: &[Target]) -> Result<Vec<Row>> {
    let mut blocks: Vec<Vec<Block>> = targets.iter().map(|_| Vec::new()).collect();
    let mut void = vec![0; targets.len()];
    let (rounds, time) = pace.blocks(load);
    for _ in 0..rounds {
        for ((target, blocks), void) in targets.iter().zip(&mut blocks).zip(&mut void) {
            let mut block = one(load, time, target).await?;
            for _ in 0..REPEATS {
                if !lagged(&block) {
                    break;
                }
                *void += 1;
                block = one(load, time, target).await?;
            }
            *void += usize::from(lagged(&block));
            blocks.push(block);
        }
    }
    Ok(Row::of(load, targets, &blocks, &void))
}

async fn one(load: Load, time: Duration, target: &Target) -> Result<Block> {
    match load {
        Load::Closed(count) => load::closed(target, count, time).await,
        Load::Open => load::open(target, time).await,
        Load::Chain => load::chains(target, time).await,
    }
}

/// The generator did not keep the rate of an open loop: its latencies say nothing about the target.
pub fn lagged(block: &Block) -> bool {
    let interval = Duration::from_secs(1) / load::RATE;
    let late = block.lags.iter().filter(|lag| **lag > interval).count();
    late as f64 > block.lags.len() as f64 * LATE_SHARE
}

/// The generator was the limit of a closed loop: its throughput is a lower bound.
pub fn saturated(block: &Block) -> bool {
    block.own_share() > BUSY_SHARE
}
