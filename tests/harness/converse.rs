//! A client that says more while it reads: answers to what it is asked, and requests beside a stream that goes on.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::time::Instant;

use crate::case::Leave;
use crate::client::{Call, Events, Reply, open, open_to_reset, send};

/// Sends `call`, and reads to the end; what the other side asks on the way is answered by `answers` in their order, in
/// requests of their own. `${ask}` in them is the id of what was asked, a string.
///
/// # Errors
/// As [`open`], or when more is asked than is answered.
///
/// `leave`: before that, if the stream goes on.
///
/// `meanwhile`: bodies that are posted before that, one after another, as soon as the reply has begun.
///
/// Behind the reply come those to these bodies and to the answers. If the last of them was not accepted, nothing more was read.
pub async fn converse(
    address: SocketAddr,
    call: &Call,
    (meanwhile, answers): (&[String], &[String]),
    leave: Option<Leave>,
) -> Result<Vec<Reply>> {
    if meanwhile.is_empty() && answers.is_empty() && leave.is_none() {
        return Ok(vec![send(address, call).await?]);
    }
    let (mut told, mut refused, mut heard) = (Vec::new(), false, 0);
    // A host may see a connection that is merely closed at its next write.
    let mut opened =
        if leave.is_some() { open_to_reset(address, call).await? } else { open(address, call).await? };
    let leave = leave.unwrap_or(Leave { after: usize::MAX, ms: 600_000 });
    let (mut body, mut events, mut answers) = (Vec::new(), Events::default(), answers.iter());
    // A busy machine is slow to begin: the time counts from the first message.
    let patience = if leave.after == usize::MAX { leave.ms } else { leave.ms.max(10_000) };
    let mut end = Instant::now() + Duration::from_millis(patience);
    for body in meanwhile {
        let reply = send(address, &beside(call, body.clone())).await?;
        refused |= !matches!(reply.status, 200 | 202);
        told.push(reply);
    }
    while !refused && heard < leave.after {
        let Ok(bytes) = tokio::time::timeout_at(end, opened.chunk()).await else { break };
        let Some(bytes) = bytes? else { break };
        body.extend_from_slice(&bytes);
        events.push(&bytes);
        for event in events.by_ref() {
            if heard == 0 {
                end = Instant::now() + Duration::from_millis(leave.ms);
            }
            heard += usize::from(!event.data.is_empty());
            let message: Value = serde_json::from_str(&event.data).unwrap_or(Value::Null);
            let (Some(id), Some(method)) = (message["id"].as_str(), message["method"].as_str()) else {
                continue;
            };
            let answer = answers.next().with_context(|| format!("no answer to {method} in this step"))?;
            let reply = send(address, &beside(call, answer.replace("${ask}", id))).await?;
            refused |= reply.status != 202;
            told.push(reply);
        }
    }
    let whole = Reply { status: opened.status, headers: std::mem::take(&mut opened.headers), body };
    Ok(std::iter::once(whole).chain(told).collect())
}

/// A request of its own with the headers of another.
fn beside(call: &Call, body: String) -> Call {
    let mut beside = Call { method: "POST".to_owned(), body: body.into(), ..call.clone() };
    if call.method != "POST" {
        beside.headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    beside
}
