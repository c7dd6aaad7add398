//! Calls beside the listening clients: so many a second, over all upstreams, of both eras.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use postern_tests::client;
use serde_json::{Value, json};

use crate::door::Door;
use crate::log::Log;
use crate::plan::{Era, Micros, Plan, SHARED, UPSTREAMS, uri};

/// Calls, by what came of them.
#[derive(Debug, Default)]
pub struct Tally {
    pub well: usize,
    /// Refused, as they should be.
    pub denied: usize,
    /// Faults of an upstream (1502, 1503): when, whose, and what was answered.
    pub faults: Vec<(Micros, usize, String)>,
    /// Anything else.
    pub wrong: Vec<String>,
    /// How long each that went well took.
    pub took: Vec<Micros>,
}

/// A principal that calls.
struct Caller {
    agent: usize,
    door: Door,
    era: Era,
    session: Option<String>,
}

/// All of them.
pub struct Callers {
    callers: Vec<Caller>,
    plan: Arc<Plan>,
    log: Log,
    next: AtomicU64,
    tally: Mutex<Tally>,
}

impl Callers {
    /// One of each era for each principal.
    ///
    /// # Errors
    /// When a session does not begin.
    pub async fn new(plan: &Arc<Plan>, log: &Log, doors: &[Door]) -> Result<Arc<Self>> {
        let mut callers = Vec::new();
        for (agent, door) in doors.iter().enumerate() {
            let reply = client::send(door.address, &door.hello()).await?;
            let session = reply.header("mcp-session-id").with_context(|| reply.text())?.to_owned();
            let note = door.legacy(Some(&session), &Value::Null, "notifications/initialized", &json!({}));
            client::send(door.address, &note).await?;
            callers.push(Caller { agent, door: door.clone(), era: Era::Legacy, session: Some(session) });
            callers.push(Caller { agent, door: door.clone(), era: Era::Modern, session: None });
        }
        let (plan, log) = (Arc::clone(plan), log.clone());
        Ok(Arc::new(Self { callers, plan, log, next: AtomicU64::new(0), tally: Mutex::default() }))
    }

    /// Calls until a time.
    pub async fn call_until(self: Arc<Self>, to: Micros) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / self.plan.calls_per_s.max(1));
        let mut calls = tokio::task::JoinSet::new();
        while self.log.clock.now() < to {
            ticks.tick().await;
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            calls.spawn(Arc::clone(&self).call(number));
            while calls.try_join_next().is_some() {}
        }
        calls.join_all().await;
        for caller in &self.callers {
            if let Some(session) = &caller.session {
                // Its sessions are not what this is about.
                drop(client::send(caller.door.address, &caller.door.ending(session)).await);
            }
        }
    }

    /// Calls so far: well, denied, faults, wrong.
    pub fn so_far(&self) -> [usize; 4] {
        let tally = self.tally();
        [tally.well, tally.denied, tally.faults.len(), tally.wrong.len()]
    }

    /// Takes what came of them.
    pub fn take(&self) -> Tally {
        std::mem::take(&mut self.tally())
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call(self: Arc<Self>, number: u64) {
        let place = usize::try_from(number).unwrap_or(0);
        let upstream = place % UPSTREAMS.len();
        let caller = &self.callers[place / UPSTREAMS.len() % self.callers.len()];
        let reads = number % 7 == 3;
        let (method, name, params) = if reads {
            let uri = uri(upstream, SHARED);
            ("resources/read", uri.clone(), json!({"uri": uri}))
        } else {
            let name = format!("{}__echo", UPSTREAMS[upstream]);
            ("tools/call", name.clone(), json!({"name": name, "arguments": {"n": number}}))
        };
        let id = json!(number);
        let call = match caller.era {
            Era::Modern => caller.door.modern(&id, method, &name, params),
            Era::Legacy => caller.door.legacy(caller.session.as_deref(), &id, method, &params),
        };
        let from = self.log.clock.now();
        let reply = client::send(caller.door.address, &call).await;
        let now = self.log.clock.now();
        let may_not = self.plan.may_not(caller.agent);
        let may = !may_not.contains(&upstream);
        let mut tally = self.tally();
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return tally.wrong.push(format!("{} ms, {name}: {error:#}", now / 1_000)),
        };
        let message = reply.last();
        let told = if reads {
            &message["result"]["contents"][0]["text"]
        } else {
            &message["result"]["content"][0]["text"]
        };
        let alias = UPSTREAMS[upstream];
        let wanted = if reads { alias.to_owned() } else { format!("{alias} {number}") };
        let code = message["error"]["code"].as_i64().unwrap_or(0);
        // A resource that no list in hand names could be of any upstream: one that is down cannot say that it is not its own.
        let named = message["error"]["data"]["upstream"].as_str();
        let named = named.and_then(|alias| UPSTREAMS.iter().position(|known| *known == alias));
        let faulty = named.unwrap_or(upstream);
        let blamed = !may_not.contains(&faulty) && (reads || faulty == upstream);
        if may && message["id"] == id && *told == wanted {
            tally.well += 1;
            tally.took.push(now - from);
        } else if !may && matches!(code, -32602 | -32002) {
            tally.denied += 1;
        } else if blamed && message["id"] == id && matches!(code, 1502 | 1503) {
            tally.faults.push((now, faulty, reply.text()));
            // Its own cannot have been in hand either.
            tally.faults.extend(may.then(|| (now, upstream, reply.text())));
        } else {
            let who = format!("{:?} agent {}", caller.era, caller.agent);
            let text = format!("{} ms, {who}, {name}: {} {}", now / 1_000, reply.status, reply.text());
            tally.wrong.push(text);
        }
    }
}

/// How many calls went to what, for the summary.
pub fn by_method(requests: &BTreeMap<(usize, String), usize>) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for ((_, method), count) in requests {
        *all.entry(method.clone()).or_default() += count;
    }
    all
}
