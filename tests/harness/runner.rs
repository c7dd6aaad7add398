//! Runs all cases on one host: one gateway, one scripted upstream, several cases at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value;
use tokio::task::LocalSet;

use crate::case::{Case, Step};
use crate::client::{self, Call, Reply};
use crate::converse::converse;
use crate::host::{Host, Kind};
use crate::json::contains;
use crate::report::Report;
use crate::script::{self, SECRETS, UNSCRIPTED};
use crate::suite::Suite;
use crate::upstream::{Seen, Upstream};
use crate::{expect, request};

/// Cases at once: many of them only wait.
const AT_ONCE: usize = 8;
/// Cases of one gateway whose instances serve one request each: every one of them compiles the settings of all.
const PER_GATEWAY: usize = 64;
/// How long after the last case it is looked at what the upstreams saw in all.
const LATE: Duration = Duration::from_millis(700);
/// Stands in arguments and results of some cases, and in no audit record.
const PAYLOAD: &str = "payload-canary";

/// Traffic that a gateway makes on its own account and that cases need not name.
pub(crate) const SETUP: [&str; 7] = [
    "server/discover",
    "initialize",
    "notifications/initialized",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
];

struct Run {
    kind: Kind,
    host: Box<dyn Host>,
    upstream: Upstream,
}

/// Runs the cases whose names contain one of `filters` (all without any) on a host and notes each in `report`.
///
/// # Errors
/// When the gateway or the upstream cannot be started.
pub fn run(kind: Kind, suite: &Suite, filters: &[String], report: &mut Report) -> Result<()> {
    let chosen: Vec<Case> = suite
        .cases
        .iter()
        .filter(|case| !case.one_memory || kind.has_one_memory())
        .filter(|case| filters.is_empty() || filters.iter().any(|part| case.name.contains(part.as_str())))
        .cloned()
        .collect();
    if kind.has_lasting_instances() {
        return together(kind, suite, chosen, report);
    }
    for cases in chosen.chunks(PER_GATEWAY) {
        let part = Suite { cases: cases.to_vec(), fixtures: suite.fixtures.clone() };
        together(kind, &part, part.cases.clone(), report)?;
    }
    Ok(())
}

/// Some cases of a suite in front of one gateway, which has the tenants of all of it.
fn together(kind: Kind, suite: &Suite, chosen: Vec<Case>, report: &mut Report) -> Result<()> {
    let upstream = Upstream::start(script::handler(suite)?)?;
    let settings = script::settings(suite, &format!("http://{}", upstream.address))?;
    let run = Rc::new(Run { kind, host: kind.start(&settings)?, upstream });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcomes = LocalSet::new().block_on(&runtime, all(Rc::clone(&run), chosen));
    for (name, outcome) in outcomes {
        report.note(format!("{name} [{}]", kind.name()), outcome);
    }
    let noise = run.host.noise();
    let panics: Vec<&String> = noise.iter().filter(|line| line.contains("panic")).collect();
    let outcome = if panics.is_empty() { Ok(()) } else { Err(format!("{panics:?}")) };
    report.note(format!("no panic in the log [{}]", kind.name()), outcome);
    Ok(())
}

/// What earlier steps of a case captured, and its tokens.
pub(crate) type Known = BTreeMap<String, String>;

async fn all(run: Rc<Run>, cases: Vec<Case>) -> Vec<(String, Result<(), String>)> {
    let gate = Rc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut tasks = Vec::new();
    for case in cases {
        let (run, gate) = (Rc::clone(&run), Rc::clone(&gate));
        tasks.push(tokio::task::spawn_local(async move {
            let _permit = gate.acquire().await;
            let outcome = one(&run, &case).await;
            (case, outcome)
        }));
    }
    let mut outcomes = Vec::new();
    for task in tasks {
        if let Ok(outcome) = task.await {
            outcomes.push(outcome);
        }
    }
    // What comes late is seen too: a request behind the answer that no case expects.
    tokio::time::sleep(LATE).await;
    let again = |(case, outcome): (Case, Result<Known, String>)| {
        let outcome = outcome.and_then(|known| settled(&run, &case, &known));
        (case.name, outcome)
    };
    outcomes.into_iter().map(again).collect()
}

/// Checks once what the upstreams saw in all.
fn settled(run: &Run, case: &Case, known: &Known) -> Result<(), String> {
    let seen = saw(run, case);
    no_token(&seen, known)?;
    traffic(run.kind, case, &seen, known).map_err(|why| format!("{why}\nthe upstreams saw {}", listed(&seen)))
}

async fn one(run: &Run, case: &Case) -> Result<Known, String> {
    let mut known = Known::new();
    let mut replies: Vec<Reply> = Vec::new();
    for (at, step) in case.step.iter().enumerate() {
        let call = request::call(case, step, &mut known).map_err(|error| format!("step {at}: {error}"))?;
        tokio::time::sleep(Duration::from_millis(step.after_ms)).await;
        let start = Instant::now();
        let reply = send(run, step, &call, &known).await.map_err(|error| format!("step {at}: {error:#}"))?;
        let took = start.elapsed();
        expect::reply(step, &reply, &replies, &known)
            .and_then(|()| in_time(step.expect.within_ms, took))
            .and_then(|()| nothing_leaks(&reply))
            .and_then(|()| capture(&step.capture, &reply, &mut known))
            .map_err(|why| format!("step {at}: {why}\n{}", shown(&call, &reply, &saw(run, case))))?;
        replies.push(reply);
    }
    let start = Instant::now();
    let behind = behind(run.kind, case);
    // Some of it leaves behind the answer.
    while let Err(why) = settled(run, case, &known) {
        if start.elapsed() > behind {
            return Err(why);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    records(run, case, &known, &replies).await?;
    Ok(known)
}

fn behind(kind: Kind, case: &Case) -> Duration {
    kind.behind(case.step.iter().any(|step| step.leave.is_some()))
}

/// A body that is refused before it has been read: whether the client sees the answer or the broken connection
/// first is a matter of luck (RFC 9110, 15.5.14), so it tries again.
async fn send(run: &Run, step: &Step, call: &Call, known: &Known) -> Result<Reply> {
    if !step.answers.is_empty() || !step.meanwhile.is_empty() || step.leave.is_some() {
        let (meanwhile, answers) = request::beside(step, known)?;
        let beside = (meanwhile.as_slice(), answers.as_slice());
        let mut replies = converse(run.host.address(), call, beside, step.leave).await?;
        let (posted, answered) = replies.split_at(replies.len().min(1 + meanwhile.len()));
        let failed = posted.iter().skip(1).find(|reply| !reply.last()["error"].is_null());
        if let Some(refused) = failed.or_else(|| answered.iter().find(|reply| reply.status != 202)) {
            bail!("what was posted got {}: {}", refused.status, refused.text());
        }
        return Ok(replies.remove(0));
    }
    let tries = if step.expect.status == 413 { 20 } else { 1 };
    let mut outcome = client::send(run.host.address(), call).await;
    for _ in 1..tries {
        if outcome.is_ok() {
            break;
        }
        outcome = client::send(run.host.address(), call).await;
    }
    outcome
}

fn in_time(limit: Option<u64>, took: Duration) -> Result<(), String> {
    match limit {
        Some(limit) if took > Duration::from_millis(limit) => Err(format!("{took:?} instead of {limit} ms")),
        _ => Ok(()),
    }
}

/// What the gateway shows upstreams never reaches an agent.
fn nothing_leaks(reply: &Reply) -> Result<(), String> {
    let all = format!("{:?}{}", reply.headers, reply.text());
    match SECRETS.iter().find(|(_, secret)| all.contains(secret)) {
        Some((name, _)) => Err(format!("the answer contains the secret {name}")),
        None => Ok(()),
    }
}

pub(crate) fn capture(wanted: &Known, reply: &Reply, known: &mut Known) -> Result<(), String> {
    for (name, from) in wanted {
        let last = reply.last();
        let at = |json: &Value, pointer: &str| {
            json.pointer(pointer).map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned))
        };
        let value = match from.split_once(' ') {
            None if from == "event" => reply.last_event(),
            Some(("header", name)) => reply.header(name).map(str::to_owned),
            Some(("first", pointer)) => {
                let first = reply.messages().first().and_then(|text| serde_json::from_str(text).ok());
                first.and_then(|first: Value| at(&first, pointer))
            }
            _ => at(&last, from),
        };
        known.insert(name.clone(), value.ok_or_else(|| format!("nothing at {from} to capture"))?);
    }
    Ok(())
}

fn saw(run: &Run, case: &Case) -> Vec<Arc<Seen>> {
    run.upstream.seen(&format!("/{}/", case.name))
}

fn listed(seen: &[Arc<Seen>]) -> String {
    let mut out = String::new();
    for seen in seen {
        let _ =
            write!(out, "\n  {} {} {} {:?} {}", seen.method, seen.path, seen.rpc, seen.headers, seen.text());
    }
    if out.is_empty() { "nothing".to_owned() } else { out }
}

fn shown(call: &Call, reply: &Reply, seen: &[Arc<Seen>]) -> String {
    let cut = |text: String| text.chars().take(2_000).collect::<String>();
    format!(
        "sent {} {} {:?}\n{}\ngot {} {:?}\n{}\nthe upstreams saw {}",
        call.method,
        call.path,
        call.headers,
        cut(String::from_utf8_lossy(&call.body).into_owned()),
        reply.status,
        reply.headers,
        cut(reply.text()),
        listed(seen),
    )
}

/// Compares what the upstreams saw with `saw` and `sent`.
fn traffic(kind: Kind, case: &Case, seen: &[Arc<Seen>], known: &Known) -> Result<(), String> {
    if seen.iter().any(|seen| seen.status.load(Ordering::SeqCst) == UNSCRIPTED) {
        return Err("an upstream was asked something that its script does not know".to_owned());
    }
    let Some(wanted) = &case.saw else {
        return if seen.is_empty() { Ok(()) } else { Err("an upstream saw something".to_owned()) };
    };
    let of = |alias: &str| -> Vec<&Arc<Seen>> {
        let named = wanted.get(alias).map(Vec::as_slice).unwrap_or_default();
        let ours = |seen: &&Arc<Seen>| seen.path.split('/').nth(2) == Some(alias);
        let work = |seen: &&Arc<Seen>| !SETUP.contains(&seen.rpc.as_str()) || named.contains(&seen.rpc);
        let mut found: Vec<&Arc<Seen>> = seen.iter().filter(ours).filter(work).collect();
        if !kind.has_one_memory() {
            found = without_repeated_set_up(found, named);
        }
        if case.any_order {
            found.sort_by_key(|seen| named.iter().position(|name| *name == seen.rpc));
        }
        found
    };
    for alias in seen.iter().filter_map(|seen| seen.path.split('/').nth(2)) {
        let found: Vec<&str> = of(alias).iter().map(|seen| seen.rpc.as_str()).collect();
        let named = wanted.get(alias).map(Vec::as_slice).unwrap_or_default();
        if !fits_list(&found, named) {
            return Err(format!("upstream {alias:?} saw {found:?} instead of {named:?}"));
        }
    }
    for (alias, named) in wanted {
        if of(alias).is_empty() && !fits_list(&[], named) {
            return Err(format!("upstream {alias:?} saw nothing instead of {named:?}"));
        }
    }
    for (alias, requests) in &case.sent {
        for (at, wanted) in requests.iter().enumerate() {
            let found =
                of(alias).get(at).copied().ok_or_else(|| format!("upstream {alias:?}: no request {at}"))?;
            expect::sent(wanted, found, known)
                .map_err(|why| format!("upstream {alias:?}, request {at}: {why}"))?;
        }
    }
    Ok(())
}

/// Whether these were seen, in this order. A name with `?` behind it may be missing.
fn fits_list(found: &[&str], named: &[String]) -> bool {
    let mut found = found.iter().peekable();
    let fits = |name: &String| match name.strip_suffix('?') {
        Some(name) => {
            found.next_if(|found| **found == name);
            true
        }
        None => found.next().is_some_and(|found| found == name),
    };
    named.iter().all(fits) && found.next().is_none()
}

/// What is named, in its order, and all that is no set-up: an instance repeats what another has already done.
fn without_repeated_set_up<'a>(found: Vec<&'a Arc<Seen>>, named: &[String]) -> Vec<&'a Arc<Seen>> {
    let mut named = named.iter().peekable();
    let kept = |seen: &&Arc<Seen>| {
        named.next_if(|name| **name == seen.rpc).is_some() || !SETUP.contains(&seen.rpc.as_str())
    };
    found.into_iter().filter(kept).collect()
}

/// The agent's token reaches no upstream, in no header and no body, in no case at all; nor does its signature.
fn no_token(seen: &[Arc<Seen>], known: &Known) -> Result<(), String> {
    for token in known.iter().filter_map(|(name, value)| name.starts_with("token ").then_some(value)) {
        let parts = token.split('.').filter(|part| part.len() > 20);
        for part in parts.chain([token.as_str()]) {
            if let Some(leak) = seen.iter().find(|seen| listed(std::slice::from_ref(seen)).contains(part)) {
                return Err(format!(
                    "the agent's token reached an upstream: {}",
                    listed(std::slice::from_ref(leak))
                ));
            }
        }
    }
    Ok(())
}

/// The audit records of the case: those with the ids of its answers. Waits for those that are expected, and for
/// one of each message. None may contain a token, a secret, or what a message carried.
async fn records(run: &Run, case: &Case, known: &Known, replies: &[Reply]) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let all = run.host.records();
        let tokens =
            known.iter().filter(|(name, _)| name.starts_with("token ")).map(|(_, token)| token.as_str());
        for secret in tokens.chain(SECRETS.iter().map(|(_, secret)| *secret)).chain([PAYLOAD]) {
            if all.iter().any(|line| line.contains(secret)) {
                return Err("an audit record contains a token, a secret or a payload".to_owned());
            }
        }
        match complete(case, &all, replies) {
            Err(why) if start.elapsed() > behind(run.kind, case) => return Err(why),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            Ok(()) => return Ok(()),
        }
    }
}

fn complete(case: &Case, all: &[String], replies: &[Reply]) -> Result<(), String> {
    let of = |reply: &Reply| -> Vec<&String> {
        let request = reply.header("postern-request").unwrap_or("without an id");
        all.iter().filter(|line| line.contains(request)).collect()
    };
    let ours: Vec<&String> = replies.iter().flat_map(of).collect();
    if let Some(wanted) = case.audit.iter().find(|wanted| !ours.iter().any(|line| fits(line, wanted))) {
        return Err(format!("no audit record {wanted} among {ours:#?}"));
    }
    for (step, reply) in case.step.iter().zip(replies) {
        let found = of(reply);
        if step.method == "POST" && (found.is_empty() || found.len() > 1 && !case.together) {
            return Err(format!("{} audit records of one message: {found:#?}", found.len()));
        }
    }
    Ok(())
}

fn fits(line: &str, wanted: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text);
    matches!((parse(line), parse(wanted)), (Ok(all), Ok(part)) if contains(&all, &part).is_ok())
}
