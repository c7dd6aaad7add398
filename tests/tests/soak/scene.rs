//! One soak: the upstreams, the clients, and what is measured meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result};
use postern_tests::host::{Host, Kind};
use postern_tests::request::HOST;
use postern_tests::script;
use postern_tests::token::{Flaw, Issuer};
use tokio::task::JoinSet;

use crate::caller::{Callers, Tally};
use crate::door::Door;
use crate::judge::judge;
use crate::listener::Listener;
use crate::log::Log;
use crate::memory::Memory;
use crate::plan::{Ask, Era, Micros, Plan, SECOND, UPSTREAMS, era_of};
use crate::report::{Left, Report};
use crate::upstream::{Mutant, Upstream};

/// Within which everything that clients left behind is to be gone.
const GONE: Micros = 10 * SECOND;
/// How much later that is where the host tells of it at the next comment only (see [`Kind::notices_leaving`]).
const COMMENT: Micros = 16 * SECOND;

/// The six upstreams. They do not listen yet.
fn upstreams(log: &Log, mutant: Mutant) -> Result<Vec<Arc<Upstream>>> {
    // One of each era alone is broken.
    let of = |number: usize| if number % 3 == 1 { mutant } else { Mutant::None };
    (0..UPSTREAMS.len()).map(|number| Upstream::new(number, log, of(number))).collect()
}

/// Lets them live, on a thread of their own that ends with the process. The time begins.
fn begin(plan: &Arc<Plan>, upstreams: &[Arc<Upstream>]) -> Result<()> {
    let (ours, plan) = (upstreams.to_vec(), Arc::clone(plan));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("upstreams".to_owned()).spawn(move || {
        runtime.block_on(async {
            let lives = ours.into_iter().map(|upstream| upstream.live(Arc::clone(&plan)));
            lives.collect::<JoinSet<()>>().join_all().await;
        });
    })?;
    // Until all of them listen.
    for upstream in upstreams {
        while std::net::TcpStream::connect(upstream.address).is_err() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(())
}

/// The settings of a gateway in front of the upstreams.
fn settings(plan: &Plan, upstreams: &[Arc<Upstream>], issuer: &Issuer) -> Result<String> {
    let mut tenant = format!("path = '/mcp'\nissuers = ['dev']\nhosts = ['{HOST}']\n");
    for agent in 0..plan.agents {
        let denied = plan.may_not(agent);
        let allow: Vec<String> = (0..UPSTREAMS.len())
            .filter(|at| !denied.contains(at))
            .map(|at| format!("'{}'", UPSTREAMS[at]))
            .collect();
        let allow = allow.join(", ");
        tenant.push_str(&format!(
            "[agents.agent-{agent}]\nissuer = 'dev'\nclient = 'agent-{agent}'\nallow = [{allow}]\n"
        ));
    }
    for upstream in upstreams {
        let era = if era_of(upstream.number) == Era::Modern { "modern" } else { "legacy" };
        tenant.push_str(&format!(
            "[upstreams.{}]\nurl = 'http://{}/mcp'\nera = '{era}'\ninsecure = true\n\
             breaker = {{ window_s = 5, least = 10, open_s = 2 }}\n",
            upstream.name(),
            upstream.address
        ));
    }
    // Clients that ask for the same again and again are what this is about.
    tenant.push_str("[loop]\nmode = 'off'\n");
    let table =
        |key: &str, value: toml::Value| toml::Value::Table(toml::Table::from_iter([(key.to_owned(), value)]));
    let mut all = toml::Table::new();
    all.insert("version".to_owned(), 1.into());
    all.insert("issuers".to_owned(), table("dev", script::issuer(issuer)?));
    all.insert("tenants".to_owned(), table("soak", toml::Value::Table(toml::from_str(&tenant)?)));
    Ok(toml::to_string(&all)?)
}

/// Everything that runs.
struct Scene {
    plan: Arc<Plan>,
    log: Log,
    upstreams: Vec<Arc<Upstream>>,
    asks: Vec<Ask>,
    /// One for each client.
    doors: Vec<Door>,
    host: Option<Box<dyn Host>>,
    callers: Option<Arc<Callers>>,
    memory: Memory,
}

/// Soaks a gateway.
///
/// # Errors
/// When something does not start.
pub async fn through(kind: Kind, plan: Plan) -> Result<Report> {
    let (plan, issuer) = (Arc::new(plan), Issuer::new("dev"));
    let log = Log::default();
    let upstreams = upstreams(&log, Mutant::None)?;
    // That may take longer than the first upstream lives.
    let host = kind.start(&settings(&plan, &upstreams, &issuer)?)?;
    begin(&plan, &upstreams)?;
    let door = |agent: usize| {
        let client = format!("agent-{agent}");
        Door { address: host.address(), token: Some(issuer.mint(&client, &client, "soak", Flaw::None)) }
    };
    let doors: Vec<Door> = (0..plan.agents).map(door).collect();
    let callers = Callers::new(&plan, &log, &doors).await.context("the callers")?;
    let asks = plan.asks();
    let doors = asks.iter().map(|ask| doors[ask.agent].clone()).collect();
    let memory = Memory::default();
    let late = if kind.notices_leaving() { 0 } else { COMMENT };
    let scene = Scene { plan, log, upstreams, asks, doors, host: Some(host), callers: Some(callers), memory };
    scene.run(kind.name(), GONE + late, false).await
}

/// Soaks the upstreams without a gateway: what is found is the test's own, or was broken on purpose.
///
/// # Errors
/// When something does not start.
pub async fn direct(plan: Plan, mutant: Mutant, leaks: bool) -> Result<Report> {
    let (plan, log) = (Arc::new(plan), Log::default());
    let upstreams = upstreams(&log, mutant)?;
    begin(&plan, &upstreams)?;
    let asks = plan.direct_asks();
    let door = |ask: &Ask| Door { address: upstreams[ask.may[0]].address, token: None };
    let doors = asks.iter().map(door).collect();
    let memory = Memory::default();
    let scene = Scene { plan, log, upstreams, asks, doors, host: None, callers: None, memory };
    scene.run("without a gateway", GONE / 5, leaks).await
}

impl Scene {
    async fn run(mut self, name: &'static str, gone: Micros, leaks: bool) -> Result<Report> {
        let mut clients = JoinSet::new();
        for (number, ask) in self.asks.iter().enumerate() {
            for (from, to) in self.plan.visits(number) {
                let (plan, log) = (Arc::clone(&self.plan), self.log.clone());
                let (ask, door) = (ask.clone(), self.doors[number].clone());
                let leaks = leaks && number == 1;
                let listener = Listener { number, ask, door, log, plan, leaks };
                clients.spawn(async move { listener.visit(from, to).await });
            }
        }
        let calls = self.callers.clone().map(|callers| tokio::spawn(callers.call_until(self.plan.lasts)));
        let mut ticks = tokio::time::interval(Duration::from_micros(self.plan.memory_every));
        let mut told = 0;
        while self.log.clock.now() < self.plan.lasts {
            ticks.tick().await;
            let now = self.log.clock.now();
            if let Some(bytes) = self.host.as_ref().and_then(|host| host.memory()) {
                self.memory.note(now, bytes);
            }
            if now / (10 * SECOND) > told {
                told = now / (10 * SECOND);
                self.tell(now);
            }
        }
        clients.join_all().await;
        self.log.left.store(true, Ordering::SeqCst);
        let left = self.left(gone).await;
        let tally = match (calls, &self.callers) {
            (Some(calls), Some(callers)) => {
                calls.await?;
                callers.take()
            }
            _ => Tally::default(),
        };
        let evidence = self.log.take();
        let verdict = judge(&evidence, &self.plan, &self.asks);
        let mut noise = self.host.as_ref().map(|host| host.noise()).unwrap_or_default();
        // What it thinks of these settings.
        noise.retain(|line| !line.starts_with("postern: "));
        Ok(Report {
            name,
            plan: self.plan,
            verdict,
            tally,
            left,
            evidence,
            noise,
            course: self.memory.course(),
        })
    }

    /// Waits until nothing is left of the clients, and says what is.
    async fn left(&self, within: Micros) -> Left {
        let from = self.log.clock.now();
        let sessions = |era: Era| {
            let of = |client: usize| self.asks.get(client).is_some_and(|ask| ask.era == era);
            let all = self.upstreams.iter().map(|upstream| upstream.sessions(of));
            all.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
        };
        let mut gone = None;
        loop {
            let open: Vec<(usize, usize)> = self.upstreams.iter().map(|upstream| upstream.open()).collect();
            let took = self.log.clock.now() - from;
            let streams = open.iter().map(|(streams, _)| streams).sum();
            if streams == 0 {
                gone.get_or_insert(took);
            }
            let opened = sessions(Era::Modern);
            if (streams == 0 && opened.0 == 0) || took > within {
                let connections = open.iter().map(|(_, connections)| connections).sum();
                let (own, took) = (sessions(Era::Legacy), gone.unwrap_or(took));
                return Left { streams, connections, opened, own, took };
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn tell(&self, now: Micros) {
        let open: Vec<(usize, usize)> = self.upstreams.iter().map(|upstream| upstream.open()).collect();
        let streams: Vec<String> = open.iter().map(|(streams, _)| streams.to_string()).collect();
        let connections: usize = open.iter().map(|(_, connections)| connections).sum();
        let (sent, heard, complaints) = {
            let evidence = self.log.evidence();
            (evidence.sent.len(), evidence.heard.len(), evidence.complaints.len())
        };
        let [well, denied, faults, wrong] =
            self.callers.as_ref().map(|callers| callers.so_far()).unwrap_or_default();
        println!(
            "{:>4} s: streams {}, connections {connections}, sent {sent}, heard {heard}; \
             calls: {well} well, {denied} denied, {faults} faults, {wrong} wrong; {} MiB; {complaints} complaints",
            now / SECOND,
            streams.join("+"),
            self.memory.last()
        );
    }
}
