//! Ledgers that fail: closed, unless a rule says otherwise; and open again, with nothing lost, when they are back.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use crate::field::{Field, Plan, Said, until};
use crate::ground::{Ground, LATE_MS, Ledger};

const LIMIT: usize = 10;
/// How long a charge may take, in ms, and how much longer an answer then: it is waited for on a busy machine.
const CHARGE_MS: u64 = 200;
const LITTLE_MS: u64 = 1_000;
/// How long it takes until a late ledger has done what it was asked, and what it was told then.
const BACK: Duration = Duration::from_millis(2 * LATE_MS as u64);

fn field(ground: Ground, rule: &str) -> Result<Field> {
    let rules = format!("charge_ms = {CHARGE_MS}\nlimits = [{rule}]\n[loop]\nmode = 'off'");
    let takes = |_: &str| Duration::from_millis(50);
    Field::start(ground, Plan { rules: &rules, takes, ..Plan::default() })
}

/// So many calls at once to one part of the gateway, and how long each took.
async fn at_once(field: &Field, part: usize, calls: usize) -> Result<Vec<(Said, Duration)>> {
    let addresses = field.gateway.addresses();
    let address = addresses[part % addresses.len()];
    let mut open = JoinSet::new();
    for number in 0..calls {
        let call = field.caller(0, "one").call(&format!(r#"{{"n":{number}}}"#));
        open.spawn(async move {
            let start = Instant::now();
            let said = Said::of(&postern_tests::client::send(address, &call).await?);
            anyhow::Ok((said, start.elapsed()))
        });
    }
    open.join_all().await.into_iter().collect()
}

fn granted(said: &[(Said, Duration)]) -> usize {
    said.iter().filter(|(said, _)| *said == Said::Granted).count()
}

/// Calls one after another until the limit refuses one: how many passed.
async fn exhaust(field: &Field) -> Result<usize> {
    for passed in 0..=LIMIT {
        match field.one(0, "one", passed % field.gateway.addresses().len(), r#"{"n":1}"#).await? {
            Said::Granted => {}
            Said::Limited(_) => return Ok(passed),
            Said::Other(status, text) => anyhow::bail!("{status} {text}"),
        }
    }
    anyhow::bail!("more than the limit passed")
}

/// Calls while the ledger fails, and what must be said of each, here and in the record.
async fn closed(field: &Field, ledger: Ledger, reason: &str) -> Result<()> {
    // The first call learns what the upstream has.
    ensure!(field.one(0, "one", 0, "{}").await? == Said::Granted, "the first call");
    field.gateway.set_ledger(ledger)?;
    for (said, took) in at_once(field, 0, LIMIT).await? {
        let Said::Other(503, text) = said else { anyhow::bail!("{said:?}") };
        ensure!(text.contains(r#""code":1503"#), "{text}");
        ensure!(took < Duration::from_millis(CHARGE_MS + LITTLE_MS), "answered after {took:?}");
    }
    ensure!(field.reached().len() == 1, "a call that was not charged reached the upstream");
    let refused = [r#""outcome":"broken""#, r#""reason":"ledger""#, &format!(r#""ledger":"{reason}""#)];
    field.until_records(&refused, LIMIT).await?;
    field.gateway.set_ledger(Ledger::Works)
}

const CALLS: &str = r#"{ name = "q", kind = "quota", limit = 10, window = "month" }"#;

pub async fn closed_without_a_ledger(ground: Ground) -> Result<()> {
    let field = field(ground, CALLS)?;
    closed(&field, Ledger::Fails, "unreachable").await?;
    let passed = exhaust(&field).await?;
    ensure!(passed == LIMIT - 1, "{passed} passed when it was back");
    Ok(())
}

/// What it has charged too late is taken back.
pub async fn closed_with_a_late_one(ground: Ground) -> Result<()> {
    let field = field(ground, CALLS)?;
    closed(&field, Ledger::Late, "late").await?;
    // The charges come to their end, and then what takes them back, which was told when their time was over.
    tokio::time::sleep(BACK).await;
    let passed = exhaust(&field).await?;
    ensure!(passed == LIMIT - 1, "{passed} passed when it was back");
    Ok(())
}

pub async fn by_itself_where_a_rule_says_so(ground: Ground) -> Result<()> {
    let rule = r#"{ name = "q", kind = "quota", limit = 10, window = "month", on_fault = "local" }"#;
    for (ledger, reason) in [(Ledger::Fails, "unreachable"), (Ledger::Late, "late")] {
        let field = field(ground, rule)?;
        ensure!(field.one(0, "one", 0, "{}").await? == Said::Granted, "the first call");
        field.gateway.set_ledger(ledger)?;
        let parts = 2;
        for part in 0..parts {
            let said = at_once(&field, part, 2 * LIMIT).await?;
            ensure!(granted(&said) == LIMIT, "part {part}: {said:?}");
            let refused = said.iter().filter(|(said, _)| matches!(said, Said::Limited(_))).count();
            ensure!(refused == LIMIT, "part {part}: {said:?}");
        }
        ensure!(field.reached().len() == 1 + parts * LIMIT, "{}", field.reached().len());
        let local = [
            r#""outcome":"answered""#,
            r#""counted":"local""#,
            &format!(r#""ledger":"{reason}""#),
            r#""quota":"q:"#,
        ];
        field.until_records(&local, parts * LIMIT).await?;
        field.gateway.set_ledger(Ledger::Works)?;
        if ledger == Ledger::Fails {
            let passed = exhaust(&field).await?;
            ensure!(passed == LIMIT - 1, "{passed} passed when it was back");
        } else {
            // The account has counted what was carried out, in its own time, and counts on.
            tokio::time::sleep(BACK).await;
            ensure!(exhaust(&field).await? == 0, "it has forgotten what came late");
        }
    }
    Ok(())
}

/// Places that a late account has given all the same are free again when the calls have ended.
pub async fn what_came_too_late_is_settled(ground: Ground) -> Result<()> {
    let places = r#"{ name = "c", kind = "concurrency", limit = 4, on_fault = "local" }"#;
    let field = field(ground, places)?;
    ensure!(field.one(0, "one", 0, "{}").await? == Said::Granted, "the first call");
    field.gateway.set_ledger(Ledger::Late)?;
    let said = at_once(&field, 0, 8).await?;
    ensure!(granted(&said) == 4, "{said:?}");
    // What is told of their end takes as long as they did.
    tokio::time::sleep(Duration::from_millis(100)).await;
    field.gateway.set_ledger(Ledger::Works)?;
    until("all places are free", Duration::from_secs(10), || async {
        Ok(granted(&at_once(&field, 1, 4).await?) == 4)
    })
    .await?;
    ensure!(crate::field::at_once(&field.reached()) == 4, "more than its places were taken");
    Ok(())
}
