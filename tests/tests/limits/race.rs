//! What comes together is counted as if it came one after another: exactly the limit passes, whoever wins.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use postern::tenant::Price;
use postern::tokens;

use crate::field::{Field, Plan, Reached, Said, at_once};
use crate::ground::Ground;
use crate::times;

/// Calls of one run, and the connections that they come on: few that are kept, or one for each.
const CALLS: usize = 500;
const LINES: [usize; 2] = [16, CALLS];
const LIMIT: usize = 100;

/// Runs with few connections and with many, in turn; each has a tenant, and so an account, of its own.
fn runs() -> usize {
    times(20 * LINES.len(), 3)
}

fn lines(ground: Ground, run: usize) -> usize {
    LINES[run % LINES.len()].min(ground.most_at_once())
}

pub async fn a_quota(ground: Ground) -> Result<()> {
    let rules = r#"
        charge_ms = 10000
        limits = [{ name = "q", kind = "quota", limit = 100, window = "month" }]
        [loop]
        mode = "off"
    "#;
    let field = Field::start(ground, Plan { tenants: runs(), rules, ..Plan::default() })?;
    for run in 0..runs() {
        let tally = field.flood(run, lines(ground, run), CALLS).await?;
        tally.all_well()?;
        let reached = field.reached_by(run).len();
        ensure!(
            (tally.granted, tally.limited, reached) == (LIMIT, CALLS - LIMIT, LIMIT),
            "run {run}: {tally:?}, {reached} reached the upstream"
        );
    }
    Ok(())
}

pub async fn a_rate(ground: Ground) -> Result<()> {
    let rules = r#"
        charge_ms = 10000
        limits = [{ name = "r", kind = "rate", limit = 100, per_s = 3600 }]
        [loop]
        mode = "off"
    "#;
    let field = Field::start(ground, Plan { tenants: runs(), rules, ..Plan::default() })?;
    for run in 0..runs() {
        let start = Instant::now();
        let tally = field.flood(run, lines(ground, run), CALLS).await?;
        tally.all_well()?;
        // One more for each 36 s that pass meanwhile.
        let most = LIMIT + (start.elapsed().as_secs() / 36) as usize;
        let reached = field.reached_by(run).len();
        ensure!(
            (LIMIT..=most).contains(&tally.granted) && reached == tally.granted,
            "run {run}: {tally:?}, {reached} reached the upstream"
        );
    }
    Ok(())
}

pub async fn places(ground: Ground) -> Result<()> {
    const PLACES: usize = 4;
    let rules = r#"
        charge_ms = 10000
        limits = [{ name = "c", kind = "concurrency", limit = 4 }]
        [loop]
        mode = "off"
    "#;
    let takes = |_: &str| Duration::from_millis(50);
    let field = Field::start(ground, Plan { tenants: runs(), rules, takes, ..Plan::default() })?;
    let mut most = 0;
    for run in 0..runs() {
        let tally = field.flood(run, lines(ground, run), CALLS).await?;
        tally.all_well()?;
        let reached = field.reached_by(run);
        ensure!(reached.len() == tally.granted, "run {run}: {tally:?}, {} reached", reached.len());
        ensure!(at_once(&reached) <= PLACES, "run {run}: {} at once", at_once(&reached));
        most = most.max(at_once(&reached));
        // All are free again as soon as the account was told, which is behind the answers; and none too many is.
        crate::field::until("all places are free", Duration::from_secs(3), || async {
            Ok(field.flood(run, PLACES, PLACES).await?.granted == PLACES)
        })
        .await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let more = field.flood(run, 2 * PLACES, 2 * PLACES).await?;
        ensure!(at_once(&field.reached_by(run)) <= PLACES, "run {run}: {more:?}");
    }
    ensure!(most == PLACES, "never more than {most} at once: all places were never taken");
    Ok(())
}

/// What a result says, and what is set aside for it, in tokens.
const TEXT: &str = "The order has left the warehouse in Rotterdam and will be with the customer on Tuesday, if the \
    weather holds and nobody goes on strike. Its number is 4711, and there are three parcels in it.";
const SET_ASIDE: u32 = 200;

fn weight(call: &Reached) -> u32 {
    tokens::estimate(&call.arguments)
}

pub async fn tokens(ground: Ground) -> Result<()> {
    let rules = r#"
        charge_ms = 10000
        limits = [{ name = "t", kind = "tokens", limit = 5000, window = "month", reserve = "max", result_tokens = 200 }]
        [loop]
        mode = "off"
    "#;
    let result = tokens::estimate(TEXT);
    settled_to_the_last(ground, rules, 5_000, |call| {
        (u64::from(weight(call) + result), u64::from(weight(call) + SET_ASIDE))
    })
    .await
}

pub async fn a_budget(ground: Ground) -> Result<()> {
    let rules = r#"
        charge_ms = 10000
        limits = [{ name = "b", kind = "cost", limit = "1.00", window = "month", reserve = "max", result_tokens = 200 }]
        [loop]
        mode = "off"
        [prices."a__*"]
        call = 0.01
        request_1k_tokens = 0.1
        result_1k_tokens = 0.2
    "#;
    let price = Price { call: 10_000, request_1k: 100_000, result_1k: 200_000 };
    let result = tokens::estimate(TEXT);
    settled_to_the_last(ground, rules, 1_000_000, |call| {
        (price.of(weight(call), result), price.of(weight(call), SET_ASIDE))
    })
    .await
}

/// Reserves of the largest results never add up to more than the limit; and when all calls are settled, what is used is
/// what they really took, to the last unit. `takes` says what a call takes, and what is set aside for it.
async fn settled_to_the_last(
    ground: Ground,
    rules: &str,
    limit: u64,
    takes: impl Fn(&Reached) -> (u64, u64),
) -> Result<()> {
    let field = Field::start(ground, Plan { tenants: runs(), rules, text: TEXT, ..Plan::default() })?;
    for run in 0..runs() {
        let tally = field.flood(run, lines(ground, run), CALLS).await?;
        tally.all_well()?;
        let mut granted = tally.granted;
        // What was set aside for the last ones is given back when they are settled, and is there for more.
        let start = Instant::now();
        let (reached, used, left) = loop {
            let more = field.flood(run, LINES[0], LINES[0]).await?;
            more.all_well()?;
            granted += more.granted;
            let said = field.one(run, "one", 0, r#"{"n":999999}"#).await?;
            granted += usize::from(said == Said::Granted);
            let reached = field.reached_by(run);
            let used: u64 = reached.iter().map(|call| takes(call).0).sum();
            ensure!(used <= limit, "run {run}: {used} of {limit} used");
            match said {
                Said::Limited(Some(left)) if left == limit - used => break (reached, used, left),
                said => {
                    let patient = start.elapsed() < Duration::from_secs(20);
                    ensure!(patient, "run {run}: {said:?}, where {used} of {limit} were used");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        };
        let next = reached.last().map_or(0, |call| takes(call).1);
        ensure!(reached.len() == granted, "run {run}: {granted} granted, {} reached", reached.len());
        ensure!(
            left < next,
            "run {run}: refused with {left} left of {limit}, {used} used, where {next} would do"
        );
    }
    Ok(())
}
