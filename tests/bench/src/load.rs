//! The three loads: closed loops (CPU and throughput), an open loop at a fixed rate (latency), chains of ten.
//! Each runs for one block against one target; `plan` alternates blocks of all targets.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use crate::call::Template;
use crate::http::Connection;
use crate::process;

/// Calls a second of the open loop.
pub const RATE: u32 = 200;
/// Calls of a chain.
pub const CHAIN: usize = 10;
/// The pause between two chains, so that the load stays low.
const PAUSE: Duration = Duration::from_millis(20);
/// An answer that takes longer counts as a failure.
const PATIENCE: Duration = Duration::from_secs(10);
/// Failures that are told one by one; of the rest only the number.
const TOLD: u64 = 3;

/// Who is loaded: an address, and the process whose CPU is charged.
#[derive(Clone)]
pub struct Target {
    /// Name in the report: `direct`, `floor`, `gateway`.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// The process whose CPU counts; for `direct` the upstream's own.
    pub pid: u32,
    /// The request to send.
    pub template: Template,
}

/// What one block showed.
#[derive(Default)]
pub struct Block {
    /// Calls answered, failures included.
    pub calls: u64,
    /// Calls that were not answered, or answered with something else than what was asked.
    pub failures: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// CPU of the target's process in that time.
    pub cpu: Duration,
    /// CPU of this process in that time.
    pub own_cpu: Duration,
    /// Time of each answered call, or of each chain.
    pub times: Vec<Duration>,
    /// How late each request of an open loop was sent.
    pub lags: Vec<Duration>,
}

impl Block {
    /// CPU of the target in microseconds a call.
    pub fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.calls.max(1) as f64
    }

    /// CPU of the generator in microseconds a call.
    pub fn own_us(&self) -> f64 {
        self.own_cpu.as_secs_f64() * 1e6 / self.calls.max(1) as f64
    }

    /// Calls a second.
    pub fn rate(&self) -> f64 {
        self.calls as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The share of one core that the generator used.
    pub fn own_share(&self) -> f64 {
        self.own_cpu.as_secs_f64() / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// Counts of a block while it runs.
#[derive(Default)]
struct Tally {
    calls: Cell<u64>,
    failures: Cell<u64>,
    times: RefCell<Vec<Duration>>,
    lags: RefCell<Vec<Duration>>,
}

impl Tally {
    fn failed(&self, target: &str, problem: &anyhow::Error) {
        self.failures.set(self.failures.get() + 1);
        if self.failures.get() <= TOLD {
            eprintln!("  {target}: {problem:#}");
        }
    }
}

/// Sends the next request of `template` and checks its answer; returns the time from sending to the last byte.
pub async fn call(connection: &mut Connection, template: &mut Template) -> Result<Duration> {
    let (id, bytes) = template.next();
    let start = Instant::now();
    let Ok(status) = tokio::time::timeout(PATIENCE, connection.exchange(bytes)).await else {
        bail!("no answer within {PATIENCE:?}");
    };
    let took = start.elapsed();
    template.check(id, status?, &connection.body)?;
    Ok(took)
}

/// One counted call; after a failure the connection is opened anew, because its state is unknown.
async fn counted(
    connection: &mut Connection,
    template: &mut Template,
    target: &Target,
    tally: &Tally,
) -> Result<()> {
    tally.calls.set(tally.calls.get() + 1);
    match call(connection, template).await {
        Ok(took) => tally.times.borrow_mut().push(took),
        Err(problem) => {
            tally.failed(&target.name, &problem);
            *connection = Connection::open(target.address).await?;
        }
    }
    Ok(())
}

async fn connections(target: &Target, count: usize) -> Result<Vec<Connection>> {
    let mut open = Vec::with_capacity(count);
    for _ in 0..count {
        open.push(Connection::open(target.address).await?);
    }
    Ok(open)
}

/// Takes the time and the CPU of both processes around a block.
struct Meter {
    start: Instant,
    cpu: Duration,
    own: Duration,
    pid: u32,
}

impl Meter {
    fn start(target: &Target) -> Result<Self> {
        let own = process::own_cpu()?;
        Ok(Self { cpu: process::cpu(target.pid)?, own, pid: target.pid, start: Instant::now() })
    }

    fn stop(self, tally: Rc<Tally>) -> Result<Block> {
        let elapsed = self.start.elapsed();
        Ok(Block {
            calls: tally.calls.get(),
            failures: tally.failures.get(),
            elapsed,
            cpu: process::cpu(self.pid)?.saturating_sub(self.cpu),
            own_cpu: process::own_cpu()?.saturating_sub(self.own),
            times: tally.times.take(),
            lags: tally.lags.take(),
        })
    }
}

/// `count` connections, each sending its next request when the last is answered, for `time`.
pub async fn closed(target: &Target, count: usize, time: Duration) -> Result<Block> {
    let open = connections(target, count).await?;
    let tally = Rc::new(Tally::default());
    let meter = Meter::start(target)?;
    let end = meter.start + time;
    let mut tasks = JoinSet::new();
    for mut connection in open {
        let (target, tally) = (target.clone(), tally.clone());
        tasks.spawn_local(async move {
            let mut template = target.template.clone();
            while Instant::now() < end {
                counted(&mut connection, &mut template, &target, &tally).await?;
            }
            Ok(())
        });
    }
    finish(tasks).await?;
    meter.stop(tally)
}

/// [`RATE`] requests a second whether or not earlier ones are answered, for `time`. A request takes an idle
/// connection, or a new one. Its time counts from its sending; how late that was is in `lags`.
pub async fn open(target: &Target, time: Duration) -> Result<Block> {
    let idle = Rc::new(RefCell::new(connections(target, 4).await?));
    let tally = Rc::new(Tally::default());
    let meter = Meter::start(target)?;
    let step = Duration::from_secs(1) / RATE;
    let mut tasks = JoinSet::new();
    for tick in 0..u32::try_from(time.as_nanos() / step.as_nanos())? {
        let due = meter.start + step * tick;
        tokio::time::sleep_until(due.into()).await;
        tally.lags.borrow_mut().push(due.elapsed());
        let (target, tally, idle) = (target.clone(), tally.clone(), idle.clone());
        tasks.spawn_local(async move {
            let waiting = idle.borrow_mut().pop();
            let mut connection = match waiting {
                Some(connection) => connection,
                None => Connection::open(target.address).await?,
            };
            counted(&mut connection, &mut target.template.clone(), &target, &tally).await?;
            idle.borrow_mut().push(connection);
            Ok(())
        });
        while let Some(done) = tasks.try_join_next() {
            done??;
        }
    }
    finish(tasks).await?;
    meter.stop(tally)
}

/// Chains of [`CHAIN`] calls, one after another on one connection, for `time`; `times` are those of the chains.
pub async fn chains(target: &Target, time: Duration) -> Result<Block> {
    let mut connection = Connection::open(target.address).await?;
    let mut template = target.template.clone();
    let tally = Rc::new(Tally::default());
    let meter = Meter::start(target)?;
    let mut chains = Vec::new();
    while meter.start.elapsed() < time {
        let (start, failures) = (Instant::now(), tally.failures.get());
        for _ in 0..CHAIN {
            counted(&mut connection, &mut template, target, &tally).await?;
        }
        if tally.failures.get() == failures {
            chains.push(start.elapsed());
        }
        tokio::time::sleep(PAUSE).await;
    }
    tally.times.replace(chains);
    meter.stop(tally)
}

async fn finish(mut tasks: JoinSet<Result<()>>) -> Result<()> {
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}
