//! Runs cells of the coverage on a host: all of one control at one gateway.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::LocalSet;

use crate::client::Reply;
use crate::converse::converse;
use crate::coverage::{Cell, Effect, Table, Way};
use crate::host::{Host, Kind};
use crate::leaks;
use crate::report::Report;
use crate::request;
use crate::runner::{SETUP, capture};
use crate::script;
use crate::suite::Suite;
use crate::upstream::{Answer, Handler, Seen, Upstream};

/// An instance on Spin that nobody asked for this long is gone.
const IDLE: Duration = Duration::from_millis(2_500);
/// Cells at once: most of them only wait.
const AT_ONCE: usize = 12;

struct Run {
    kind: Kind,
    host: Box<dyn Host>,
    /// Whether all requests meet the same memory.
    one_memory: bool,
    upstream: Upstream,
    /// Whether the upstreams have gone.
    gone: Arc<AtomicBool>,
}

/// Runs the cells of `control` on a host whose names contain `filter`, and notes each in `report`.
///
/// # Errors
/// When the table cannot be read or the gateway does not start.
pub fn run(kind: Kind, table: &Table, control: &str, filter: &str, report: &mut Report) -> Result<()> {
    let (suite, mut cells) = table.cells(control)?;
    cells.retain(|cell| cell.case.name.contains(filter));
    if cells.is_empty() {
        return Ok(());
    }
    let run = start(kind, &suite)?;
    for (name, outcome) in together(&run, cells)? {
        report.note(format!("{control} x {name} [{}]", kind.name()), outcome.map(drop));
    }
    let log: Vec<String> = run.host.records().into_iter().chain(run.host.noise()).collect();
    let panics = log.iter().find(|line| line.contains("panic")).map_or(Ok(()), |line| Err(line.clone()));
    report.note(format!("{control}: no panic in the log [{}]", kind.name()), panics);
    Ok(())
}

/// Runs cells in which `canary` arrives nowhere, and looks for it in all that the gateway has written: the whole log, and
/// what it keeps.
///
/// # Errors
/// When the gateway does not start.
pub fn sinks(kind: Kind, suite: &Suite, cells: Vec<Cell>, canary: &str) -> Result<Result<(), String>> {
    let run = start(kind, suite)?;
    let lists: Vec<Cell> = cells.iter().filter(|cell| cell.way == Way::List).cloned().collect();
    let mut firsts = BTreeMap::new();
    for (name, outcome) in together(&run, cells)? {
        match outcome {
            Ok(replies) => drop(firsts.insert(name, replies)),
            Err(why) => return Ok(Err(format!("{name}: {why}"))),
        }
    }
    let log: Vec<String> = run.host.records().into_iter().chain(run.host.noise()).collect();
    if log.is_empty() {
        return Ok(Err("there is no log".to_owned()));
    }
    if let Some(line) = log.iter().find(|line| !leaks::of(canary, line).is_empty()) {
        return Ok(Err(format!("the log has it: {line}")));
    }
    let kept = run.host.kept()?;
    for (name, value) in &kept {
        let value = format!("{name} {}", String::from_utf8_lossy(value));
        if !leaks::of(canary, &value).is_empty() {
            return Ok(Err(format!("{name} has it: {value}")));
        }
    }
    if kind.has_one_memory() {
        let missing =
            ["list/", "about/"].into_iter().find(|part| !kept.iter().any(|(key, _)| key.contains(part)));
        return Ok(missing.map_or(Ok(()), |part| Err(format!("nothing is kept as {part}"))));
    }
    // What the store keeps is told by an instance that knows nothing else, of upstreams that have gone.
    run.gone.store(true, Ordering::SeqCst);
    std::thread::sleep(IDLE);
    for cell in lists {
        let first = firsts.get(&cell.case.name).and_then(|replies| replies.last()).cloned();
        let again = block_on(ask(&run, &cell))?.map_err(anyhow::Error::msg)?;
        let (Some(first), Some(again)) = (first, again.last()) else { continue };
        let (first, again) = (first.text(), again.text());
        if first.len().abs_diff(again.len()) > 4 || !leaks::of(canary, &again).is_empty() {
            return Ok(Err(format!("{}: kept was {again} and not {first}", cell.case.name)));
        }
    }
    Ok(Ok(()))
}

fn start(kind: Kind, suite: &Suite) -> Result<Rc<Run>> {
    let gone = Arc::new(AtomicBool::new(false));
    let (answers, flag) = (script::handler(suite)?, Arc::clone(&gone));
    let handler: Handler =
        Arc::new(
            move |seen: &Seen| {
                if flag.load(Ordering::SeqCst) { Answer::status(503) } else { answers(seen) }
            },
        );
    let upstream = Upstream::start(handler)?;
    let settings = script::settings(suite, &format!("http://{}", upstream.address))?;
    Ok(Rc::new(Run { kind, host: kind.start(&settings)?, one_memory: kind.has_one_memory(), upstream, gone }))
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(LocalSet::new().block_on(&runtime, future))
}

type Outcome = Result<Vec<Reply>, String>;

fn together(run: &Rc<Run>, cells: Vec<Cell>) -> Result<Vec<(String, Outcome)>> {
    block_on(async {
        // An instance more for each request costs more than it waits.
        let at_once = if run.kind.has_lasting_instances() { AT_ONCE } else { AT_ONCE / 2 };
        let gate = Rc::new(tokio::sync::Semaphore::new(at_once));
        let mut tasks = Vec::new();
        for cell in cells {
            let (run, gate) = (Rc::clone(run), Rc::clone(&gate));
            tasks.push(tokio::task::spawn_local(async move {
                let _permit = gate.acquire().await;
                let outcome = one(&run, &cell).await;
                (cell.case.name, outcome)
            }));
        }
        let mut outcomes = Vec::new();
        for task in tasks {
            outcomes.push(task.await?);
        }
        Ok(outcomes)
    })?
}

/// The answers to the steps of a cell.
async fn ask(run: &Run, cell: &Cell) -> Outcome {
    let case = &cell.case;
    let mut known = BTreeMap::new();
    let mut replies: Vec<Reply> = Vec::new();
    for step in &case.step {
        for name in ["session", "ask", "state", "card", "event", "task"] {
            // What was not given to be kept is asked for with something else.
            known.entry(name.to_owned()).or_insert_with(|| "nothing".to_owned());
        }
        let call = request::call(case, step, &mut known).map_err(|error| error.to_string())?;
        let (meanwhile, answers) = request::beside(step, &known).map_err(|error| error.to_string())?;
        tokio::time::sleep(Duration::from_millis(step.after_ms)).await;
        let beside = (meanwhile.as_slice(), answers.as_slice());
        let came = converse(run.host.address(), &call, beside, step.leave).await;
        for reply in came.map_err(|error| format!("{error:#}"))? {
            // What is refused gives nothing to keep.
            let _ = capture(&step.capture, &reply, &mut known);
            replies.push(reply);
        }
    }
    Ok(replies)
}

async fn one(run: &Run, cell: &Cell) -> Outcome {
    let case = &cell.case;
    let replies = ask(run, cell).await?;
    let start = Instant::now();
    let behind = run.kind.behind(case.step.iter().any(|step| step.leave.is_some()));
    loop {
        let seen = run.upstream.seen(&format!("/{}/", case.name));
        let records = records(run, &replies);
        match judge(cell, run.one_memory, &replies, &seen, &records) {
            Err(why) if start.elapsed() > behind => {
                let texts: Vec<String> = replies.iter().map(|reply| reply.text()).collect();
                return Err(format!("{why}\nanswers {texts:#?}\nseen {:#?}\n{records:#?}", texts_of(&seen)));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            Ok(()) => return Ok(replies),
        }
    }
}

fn records(run: &Run, replies: &[Reply]) -> Vec<String> {
    let ids: Vec<&str> = replies.iter().filter_map(|reply| reply.header("postern-request")).collect();
    let ours = |line: &String| ids.iter().any(|id| line.contains(id));
    run.host.records().into_iter().filter(ours).collect()
}

fn texts_of(seen: &[Arc<Seen>]) -> Vec<String> {
    seen.iter().map(|seen| format!("{} {:?} {}", seen.path, seen.headers, seen.text())).collect()
}

/// Whether what came and what was written fits the cell.
fn judge(
    cell: &Cell,
    one_memory: bool,
    replies: &[Reply],
    seen: &[Arc<Seen>],
    records: &[String],
) -> Result<(), String> {
    let case = &cell.case;
    let came: Vec<String> =
        replies.iter().map(|reply| format!("{:?} {}", reply.headers, reply.text())).collect();
    let reached: Vec<String> = match cell.way {
        Way::Request => texts_of(seen).into_iter().filter(|text| !is_service(text)).collect(),
        _ => came.clone(),
    };
    let arrived = reached.iter().any(|text| !leaks::of(&cell.canary, text).is_empty());
    let expected = cell.effect == Effect::Shows;
    if arrived != expected {
        return Err(format!("it arrived: {arrived}, and that is not what {:?} means", cell.effect));
    }
    let mut all = texts_of(seen).into_iter().chain(came.iter().cloned());
    if cell.everywhere && all.any(|text| !leaks::of(&cell.canary, &text).is_empty()) {
        return Err("it arrived elsewhere".to_owned());
    }
    if let Some(record) = records.iter().find(|record| !leaks::of(&cell.canary, record).is_empty()) {
        return Err(format!("a record has it: {record}"));
    }
    let work: Vec<&str> =
        seen.iter().map(|seen| seen.rpc.as_str()).filter(|rpc| !SETUP.contains(rpc)).collect();
    let wanted = case.saw.iter().flat_map(|saw| saw.values()).flatten();
    let wanted: Vec<&String> =
        wanted.filter(|rpc| !SETUP.contains(&rpc.as_str()) && !rpc.ends_with('?')).collect();
    let blocked = came.iter().any(|text| text.contains("\"code\":1451"));
    let delivered = wanted.iter().all(|rpc| work.contains(&rpc.as_str()));
    // What is fetched behind an answer and blocked there is known to the instance that fetched it: where each has a memory
    // of its own, another one may still give the answer from before, and the record alone tells.
    let blocked_behind = records
        .iter()
        .any(|record| record.contains(r#""kind":"refresh""#) && record.contains(r#""blocked":"#));
    match cell.effect {
        Effect::Hides | Effect::Shows | Effect::Recorded | Effect::Drops if blocked => {
            Err("it is refused".to_owned())
        }
        Effect::Hides | Effect::Shows | Effect::Recorded | Effect::Drops if !delivered => {
            Err(format!("the servers saw {work:?} instead of {wanted:?}"))
        }
        Effect::Recorded if !records.iter().any(|record| counted(cell.way, record)) => {
            Err("no record counts it".to_owned())
        }
        Effect::Blocks if !blocked && (one_memory || !blocked_behind) => Err("nothing is refused".to_owned()),
        Effect::Blocks if !records.iter().any(|record| record.contains("\"blocked\":")) => {
            Err("no record says that it is blocked".to_owned())
        }
        Effect::Kept if !work.is_empty() => Err(format!("the servers saw {work:?}")),
        Effect::Refused if !seen.is_empty() || replies.iter().any(|reply| reply.status != 401) => {
            Err("it is not refused".to_owned())
        }
        _ => Ok(()),
    }
}

/// Whether a request went to the service that inspects, and not to an upstream.
fn is_service(text: &str) -> bool {
    text.split(' ').next().is_some_and(|path| path.ends_with("/guard"))
}

/// Whether a record counts a value that went this way.
fn counted(way: Way, record: &str) -> bool {
    let name = match way {
        Way::Request => "request",
        Way::Error => "error",
        Way::Response | Way::List | Way::Own => "response",
    };
    let json: serde_json::Value = serde_json::from_str(record).unwrap_or_default();
    json.pointer(&format!("/redacted/{name}/CREDIT_CARD")).is_some()
}
