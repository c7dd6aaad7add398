//! An agent that is stuck: the same call, again and again, each time under a new trace.

use anyhow::{Result, ensure};
use postern_tests::client::Line;

use crate::field::{Field, Plan, Said, Tally};
use crate::ground::Ground;

/// How often the agent calls.
const CALLS: usize = 277;
/// How often it is let, with the default settings.
const LET: usize = 5;
/// How many more at most where the account hears of results late: so many equal calls may be under way.
const UNDER_WAY: usize = 12;

pub async fn a_stuck_agent_is_stopped(ground: Ground) -> Result<()> {
    // Where nobody shares memory, only the account sees all calls, and is told of a result with the isolate's next
    // call or after a while.
    let apart = !ground.has_one_memory();
    let (rules, most) = if apart { ("[loop]\nprecision = 'strict'", LET + UNDER_WAY) } else { ("", LET) };
    let field = Field::start(ground, Plan { rules, ..Plan::default() })?;
    let mut lines = Vec::new();
    for address in field.gateway.addresses() {
        lines.push(Line::open(address).await?);
    }
    let (parts, mut refused, mut tally) = (lines.len(), 0, Tally::default());
    for number in 0..CALLS {
        let mut call = field.caller(0, "one").call(r#"{"order":4711}"#);
        call.headers
            .push(("traceparent".to_owned(), format!("00-{:032x}-{:016x}-01", number + 1, number + 1)));
        let reply = lines[number % parts].send(&call).await?;
        match Said::of(&reply) {
            Said::Other(429, text) if text.contains("1430") => refused += 1,
            said => tally.add(said),
        }
    }
    tally.all_well()?;
    let reached = field.reached().len();
    ensure!((LET..=most).contains(&reached), "{reached} of {CALLS} calls reached the upstream");
    ensure!(refused > CALLS / 2, "{refused} were refused outright: {tally:?}");
    Ok(())
}
