//! Crashes under load: whatever was admitted is counted when the accounts are back, and little else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use postern::tokens;
use postern_tests::client::Line;

use crate::field::{Caller, Field, Plan, Reached, Said, at_once, until};
use crate::ground::Ground;
use crate::lease::left;
use crate::{full, times};

/// Agents that go through all crashes, each under rules of its own; `every` is under one of each kind.
const STEADY: &[&str] = &["counted", "every", "few", "paced", "weighed"];
/// Agents whose accounts write at every other call. For each crash there are new ones, of a tenant of their own.
const SMALL: &[&str] = &["small1", "small2", "small3", "small4", "small5", "small6"];
/// Connections of each agent.
const LINES: usize = 3;

const RULES: &str = r#"
    limits = [
        { name = "calls", kind = "quota", limit = 20000, window = "month", for = { agents = ["counted", "every"] } },
        { name = "small", kind = "quota", limit = 99, window = "month", for = { agents = ["small*"] } },
        { name = "pace", kind = "rate", limit = 20, for = { agents = ["paced"] } },
        { name = "gentle", kind = "rate", limit = 1000, for = { agents = ["every"] } },
        { name = "context", kind = "tokens", limit = 4000000, window = "month", reserve = "max", result_tokens = 200, for = { agents = ["weighed", "every"] } },
        { name = "places", kind = "concurrency", limit = 4, for = { agents = ["few"] } },
        { name = "wide", kind = "concurrency", limit = 1000, for = { agents = ["every"] } },
    ]
    [loop]
    mode = "off"
"#;
const CALLS: usize = 20_000;
const FEW_CALLS: usize = 99;
const PLACES: usize = 4;
const PER_S: f64 = 20.0;
const CONTEXT: u64 = 4_000_000;

const TEXT: &str =
    "Whoever reads this has called a tool, and knows by now that it says the same to everybody.";
const SET_ASIDE: u32 = 200;

/// Calls of `few` last as long as a restart takes and longer: those before it are still under way after it.
const LONG: Duration = Duration::from_millis(1_500);
const TOTAL_MS: u64 = 2_500;
/// How long beyond that a reservation is kept.
const SPARE: Duration = Duration::from_secs(30);

fn takes(arguments: &str) -> Duration {
    if arguments.contains("few") { LONG } else { Duration::from_millis(5) }
}

/// Calls of all agents, until they are told to stop or cannot go on.
struct Load {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Load {
    /// On a thread of its own: it must go on while another kills.
    fn start(field: &Field, tenant: usize) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(100_000);
        let stop = Arc::new(AtomicBool::new(false));
        let addresses = field.gateway.addresses();
        let agents = STEADY.iter().map(|agent| (0, *agent)).chain(SMALL.iter().map(|agent| (tenant, *agent)));
        let callers =
            agents.flat_map(|(tenant, agent)| (0..LINES).map(move |_| (field.caller(tenant, agent), agent)));
        let lines: Vec<_> = callers.zip(addresses.into_iter().cycle()).collect();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async move {
                let mut open = tokio::task::JoinSet::new();
                for ((caller, agent), address) in lines {
                    open.spawn(line(address, caller, agent, &NUMBER, Arc::clone(&stopped)));
                }
                open.join_all().await.into_iter().collect()
            })
        });
        Self { stop, thread }
    }

    fn end(self) -> Result<()> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().map_err(|_| anyhow::anyhow!("the load panicked"))?
    }
}

/// Calls of one agent on one connection. That it breaks is what a crash does; an answer that is neither a result nor a
/// refusal by a limit is not.
async fn line(
    address: SocketAddr,
    caller: Caller,
    agent: &str,
    numbers: &AtomicUsize,
    stop: Arc<AtomicBool>,
) -> Result<()> {
    let mut line = Line::open(address).await?;
    while !stop.load(Ordering::SeqCst) {
        let number = numbers.fetch_add(1, Ordering::SeqCst);
        let call = caller.call(&format!(r#"{{"who":"{agent}","n":{number}}}"#));
        let Ok(reply) = line.send(&call).await else { return Ok(()) };
        match Said::of(&reply) {
            Said::Granted => {}
            // Who is refused comes again, but not at once.
            Said::Limited(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            Said::Other(status, text) => anyhow::bail!("{agent}: {status} {text}"),
        }
    }
    Ok(())
}

/// Numbers that are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

pub async fn nothing_is_counted_too_little(ground: Ground) -> Result<()> {
    let kills = times(20, 3);
    let plan = Plan {
        tenants: 1 + kills,
        agents: &[STEADY, SMALL].concat(),
        rules: RULES,
        upstream: &format!("total_ms = {TOTAL_MS}"),
        text: TEXT,
        takes,
    };
    let mut field = Field::start(ground, plan)?;
    let start = Instant::now();
    let mut killed = Vec::new();
    let seed = field.gateway.addresses().len() as u64;
    let mut numbers = Numbers(seed);
    for kill in 1..=kills {
        let load = Load::start(&field, kill);
        let while_ms = 300 + numbers.below(if full() { 3_000 } else { 2_000 });
        tokio::time::sleep(Duration::from_millis(while_ms)).await;
        field.gateway.kill();
        killed.push(Instant::now());
        load.end()?;
        field.gateway.start_again()?;
        let context = || format!("seed {seed}, kill {kill}");
        check(ground, &field, &killed, start).await.with_context(context)?;
        check_small(ground, &field, kill).await.with_context(context)?;
    }
    if full() {
        let back = Instant::now();
        let expiry = Duration::from_millis(TOTAL_MS) + SPARE;
        // The account woke a little before the first answer. A try that is refused takes no place.
        until("all places are free", expiry + Duration::from_secs(5), || async {
            Ok(field.flood_of(0, "few", PLACES, PLACES).await?.granted == PLACES)
        })
        .await?;
        println!("places were free {:?} after the last crash", back.elapsed());
    }
    let reached = field.reached();
    let counts: Vec<_> = STEADY.iter().map(|agent| (agent, of(&reached, agent).len())).collect();
    println!("{kills} kills in {:?}, admitted: {counts:?}", start.elapsed());
    Ok(())
}

/// The calls of one agent.
fn of(reached: &[Reached], agent: &str) -> Vec<Reached> {
    let who = format!(r#""who":"{agent}""#);
    reached.iter().filter(|call| call.arguments.contains(&who)).cloned().collect()
}

fn weight(call: &Reached, result: u32) -> u64 {
    u64::from(tokens::estimate(&call.arguments) + result)
}

/// How long before a crash a call may have ended without its account knowing what it took: the patience with what is to
/// be told, and as much for a busy machine.
const UNTOLD: Duration = Duration::from_millis(500);

/// After these crashes: admitted <= counted <= admitted + a block for each + what was open at each.
async fn check(ground: Ground, field: &Field, killed: &[Instant], start: Instant) -> Result<()> {
    let result = tokens::estimate(TEXT);
    let kills = killed.len() as u64;
    let open = kills * LINES as u64;
    for agent in ["counted", "weighed", "every"] {
        let quota = probe(field, 0, agent).await?.context("it is refused")?;
        // The probe itself is among them.
        let reached = of(&field.reached(), agent);
        if agent != "weighed" {
            let (admitted, counted) = (reached.len(), CALLS - left(&quota, "calls")?);
            let most = admitted as u64 + kills * ground.block(CALLS as u64) + open;
            ensure!(
                admitted <= counted && counted as u64 <= most,
                "{agent}: {admitted} calls admitted, {counted} counted, {most} at most"
            );
        }
        if agent != "counted" {
            let last = reached.last().context("the probe")?;
            let aside = weight(last, SET_ASIDE);
            // What the probe has set aside is not settled yet.
            let counted = CONTEXT - left(&quota, "context")? as u64 - aside + weight(last, result);
            let admitted: u64 = reached.iter().map(|call| weight(call, result)).sum();
            let untold =
                |at: &Instant| reached.iter().filter(|call| call.at < *at && *at < call.at + UNTOLD).count();
            let open = open + killed.iter().map(untold).sum::<usize>() as u64;
            let most = admitted + kills * ground.block(CONTEXT) + open * (aside + 10);
            ensure!(
                admitted <= counted && counted <= most,
                "{agent}: {admitted} tokens admitted, {counted} counted, {most} at most"
            );
        }
    }
    let reached = field.reached();
    let paced = of(&reached, "paced");
    let span = paced.last().map_or(Duration::ZERO, |last| last.at - start);
    let most = PER_S + PER_S * span.as_secs_f64();
    ensure!(paced.len() as f64 <= most, "{} calls in {span:?}, {most} at most", paced.len());
    let few = at_once(&of(&reached, "few"));
    ensure!(few <= PLACES, "{few} calls at once, where there are {PLACES} places");
    Ok(())
}

/// The same for accounts that have seen no other crash.
async fn check_small(ground: Ground, field: &Field, tenant: usize) -> Result<()> {
    let (mut all, mut used) = (0, 0);
    for agent in SMALL {
        let left = match probe(field, tenant, agent).await? {
            Some(quota) => left(&quota, "small")?,
            None => 0,
        };
        let (admitted, counted) = (of(&field.reached_by(tenant), agent).len(), FEW_CALLS - left);
        let most = admitted + ground.block(FEW_CALLS as u64) as usize + LINES;
        ensure!(
            admitted <= counted && counted <= most,
            "{agent}: {admitted} calls admitted, {counted} counted, {most} at most"
        );
        (all, used) = (all + admitted, used + counted);
    }
    println!("kill {tenant}: {all} calls of small accounts admitted, {used} counted");
    Ok(())
}

/// One call of an agent, while no others of it are under way, and what its record says of its rules; nothing when it is
/// refused by a rule of which nothing is left.
async fn probe(field: &Field, tenant: usize, agent: &str) -> Result<Option<serde_json::Value>> {
    let tenant_part = format!(r#""tenant":"t{tenant}""#);
    let parts = [&*tenant_part, &*format!(r#""agent":"{agent}""#), r#""outcome":"answered""#];
    let before = field.records(&parts).len();
    match field.one(tenant, agent, 0, &format!(r#"{{"who":"{agent}","n":999999}}"#)).await? {
        Said::Granted => {
            let records = field.until_records(&parts, before + 1).await?;
            Ok(Some(records[before]["quota"].clone()))
        }
        Said::Limited(Some(0)) => Ok(None),
        other => anyhow::bail!("{agent}: {other:?}"),
    }
}
