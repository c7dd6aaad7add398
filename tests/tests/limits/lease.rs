//! Isolates that borrow: never more than the limit, hardly ever a question, and a bounded loss.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use postern_tests::client::Line;
use tokio::task::JoinSet;

use crate::field::{Field, Plan, Said, Tally};
use crate::ground::Ground;
use crate::{full, times};

/// Connections of each load.
const LINES: usize = 32;
/// The largest loan of a limit of a hundred or a thousand calls a month.
const LOAN: usize = 10;

const RULES: &str = r#"
    limits = [
        { name = "hundred", kind = "quota", limit = 100, window = "month", precision = "lease", for = { agents = ["few"] } },
        { name = "thousand", kind = "quota", limit = 1000, window = "month", precision = "lease", for = { agents = ["many"] } },
        { name = "fast", kind = "rate", limit = 2000, precision = "lease", for = { agents = ["fast"] } },
    ]
    [loop]
    mode = "off"
"#;
const AGENTS: &[&str] = &["fast", "few", "many"];

fn field(ground: Ground, tenants: usize) -> Result<Field> {
    Field::start(ground, Plan { tenants, agents: AGENTS, rules: RULES, ..Plan::default() })
}

pub async fn borrowing_never_exceeds(ground: Ground) -> Result<()> {
    let runs = times(20, 3);
    let field = field(ground, runs)?;
    for run in 0..runs {
        let mut before = 0;
        for (agent, limit) in [("few", 100), ("many", 1_000)] {
            let tally = field.flood_of(run, agent, LINES, limit * 3 / 2).await?;
            tally.all_well()?;
            let reached = field.reached_by(run).len() - before;
            before += reached;
            ensure!(tally.granted == reached, "run {run}: {tally:?}, {reached} reached the upstream");
            // What is lost lies in parts that were asked no more.
            let lost = ground.borrowers().map_or(limit, |parts| parts * LOAN.min(limit / 10));
            ensure!((limit - lost..=limit).contains(&reached), "run {run}: {reached} of {limit}");
        }
    }
    Ok(())
}

/// Calls a second that are asked for, and for how long.
const CALLS_PER_S: u32 = 1_000;

pub async fn borrowing_asks_seldom(ground: Ground) -> Result<()> {
    let field = Arc::new(field(ground, 1)?);
    let calls = (if full() { 10 } else { 2 }) * CALLS_PER_S as usize;
    let steps = field.gateway.steps()?.unwrap_or_default();
    let start = Instant::now();
    let mut open = JoinSet::new();
    for (line, address) in crate::field::spread(&field.gateway.addresses(), LINES).enumerate() {
        let caller = field.caller(0, "fast");
        open.spawn(async move {
            let mut tally = Tally::default();
            let mut connection = Line::open(address).await?;
            for number in (line..calls).step_by(LINES) {
                // Each call has its time; who is late does not wait.
                let due = start + Duration::from_secs(1) * number as u32 / CALLS_PER_S;
                tokio::time::sleep_until(due.into()).await;
                let call = caller.call(&format!(r#"{{"n":{number}}}"#));
                tally.add(Said::of(&connection.send(&call).await?));
            }
            anyhow::Ok(tally)
        });
    }
    let mut sum = Tally::default();
    for tally in open.join_all().await {
        sum.merge(tally?);
    }
    let took = start.elapsed();
    sum.all_well()?;
    ensure!(sum.granted == calls, "{sum:?} at half of the limit");
    let parts = [r#""agent":"fast""#];
    let records = field.until_records(&parts, calls).await?;
    let asked = records.iter().filter(|record| record["paid"] != "lease").count() as u64;
    println!(
        "{calls} calls at {:.0} calls/s: the account was asked {asked} times",
        calls as f64 / took.as_secs_f64()
    );
    ensure!(asked * 20 < calls as u64, "{asked} of {calls} calls asked the account");
    // The account says the same.
    if let Some(now) = field.gateway.steps()? {
        ensure!(now - steps == asked, "{asked} by the records, {} steps", now - steps);
    }
    Ok(())
}

/// All isolates, and the account, end while loans are out: what is lost are those loans, and a block of the account.
pub async fn what_a_crash_costs(ground: Ground) -> Result<()> {
    const LIMIT: usize = 1_000;
    let block = ground.block(LIMIT as u64) as usize;
    let loans = ground.borrowers().context("it is known what may be lost")? * LOAN;
    let runs = times(20, 2);
    let mut field = field(ground, runs)?;
    for run in 0..runs {
        let before = field.flood_of(run, "many", LINES, 500 + 10 * run).await?;
        before.all_well()?;
        field.gateway.kill();
        field.gateway.start_again()?;
        let reached = field.reached_by(run).len();
        let records = field.records(&[&format!(r#""tenant":"t{run}""#)]).len();
        ensure!(field.one(run, "many", 0, "{}").await? == Said::Granted, "run {run}");
        let parts = [&*format!(r#""tenant":"t{run}""#)];
        let found = field.until_records(&parts, records + 1).await?;
        let left = left(&found[records]["quota"], "thousand")?;
        // That call itself, and what was lent with it.
        let counted = LIMIT - left;
        let most = reached + block + loans + 1 + LOAN;
        ensure!((reached + 1..=most).contains(&counted), "run {run}: {counted} counted of {reached}");
        let after = field.flood_of(run, "many", LINES, LIMIT * 3 / 5).await?;
        after.all_well()?;
        let all = field.reached_by(run).len();
        let least = LIMIT - block - 2 * loans;
        ensure!((least..=LIMIT).contains(&all), "run {run}: {all} of {LIMIT}");
    }
    Ok(())
}

/// What a record says is left of a rule: `name:left/limit`, by a space each.
pub fn left(quota: &serde_json::Value, rule: &str) -> Result<usize> {
    let text = quota.as_str().unwrap_or_default();
    let mut words = text.split(' ').filter_map(|word| word.split_once(':'));
    let found = words.find(|(name, _)| *name == rule).and_then(|(_, figures)| figures.split_once('/'));
    let Some((left, _)) = found else { anyhow::bail!("{text:?} says nothing of {rule}") };
    Ok(left.parse()?)
}
