//! A soak: clients that listen through the gateway to six upstreams which die and come back, with calls beside them.
//!
//! No notification is lost that an upstream sent while the client was connected, none arrives that a client did not ask for
//! or may not have, memory stays flat, and when the clients have gone no stream to an upstream is left. With
//! `POSTERN_FULL=1` that is ten minutes with 200 clients and 50 calls a second; else the short form, in which each upstream
//! dies once. `judge.rs` says exactly what "lost" means.

mod asked;
mod body;
mod caller;
mod door;
mod judge;
mod judge_tests;
mod legacy;
mod listener;
mod log;
mod memory;
mod modern;
mod plan;
mod report;
mod scene;
mod socket;
mod upstream;

use std::sync::{PoisonError, RwLock};

use postern_tests::host::Kind;

use crate::plan::{Plan, SECOND};
use crate::report::Report;
use crate::upstream::Mutant;

/// Whether it is to be the whole of it.
fn full() -> bool {
    std::env::var_os("POSTERN_FULL").is_some_and(|value| value == "1")
}

/// One whole soak at a time: each takes all of a machine. The short ones may run side by side.
static ONE: RwLock<()> = RwLock::new(());

/// Runs one of them, and prints what is to be said of it.
fn run(soak: impl Future<Output = anyhow::Result<Report>>) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let report = runtime.block_on(soak).unwrap_or_else(|error| panic!("{error:#}"));
    println!("{report}");
    report
}

fn through(kind: Kind) {
    let report = if full() {
        let _one = ONE.write().unwrap_or_else(PoisonError::into_inner);
        run(scene::through(kind, Plan::full()))
    } else {
        let _beside = ONE.read().unwrap_or_else(PoisonError::into_inner);
        run(scene::through(kind, Plan::short()))
    };
    let mut wrong = report.wrong();
    // Twenty seconds say nothing about memory.
    wrong.extend(report.grows().filter(|_| full()));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn in_process() {
    through(Kind::InProcess);
}

#[test]
fn workerd() {
    through(Kind::Workerd);
}

#[test]
fn spin() {
    through(Kind::Spin);
}

/// A few seconds without a gateway, in which four upstreams die.
fn little() -> Plan {
    let mut plan = Plan { clients: 24, lasts: 6 * SECOND, ramp: SECOND / 2, drain: SECOND, ..Plan::short() };
    plan.outages.retain(|outage| matches!(outage.upstream, 0 | 1 | 3 | 4));
    for outage in &mut plan.outages {
        (outage.down, outage.back) = (2_500_000, 3_500_000);
    }
    plan
}

/// What is wrong when something is broken on purpose.
fn broken(mutant: Mutant, leaks: bool) -> Report {
    let _beside = ONE.read().unwrap_or_else(PoisonError::into_inner);
    run(scene::direct(little(), mutant, leaks))
}

/// Clients that speak to the upstreams themselves lose nothing: what is lost through a gateway is the gateway's.
#[test]
fn nothing_is_lost_without_a_gateway() {
    let report = broken(Mutant::None, false);
    let wrong = report.wrong();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(report.verdict.delivered > 200 && report.evidence.outages.len() == 4, "{report}");
}

#[test]
fn one_lost_notification_is_seen() {
    let report = broken(Mutant::Drops(30), false);
    // One at the modern upstream that is broken, one at the legacy one.
    assert_eq!(report.verdict.lost.len(), 2, "{:?}", report.wrong());
    assert_eq!(report.wrong().len(), 1, "{:?}", report.wrong());
}

#[test]
fn one_stray_notification_is_seen() {
    let report = broken(Mutant::Strays(30), false);
    assert_eq!(report.verdict.foreign.len(), 2, "{:?}", report.wrong());
}

#[test]
fn one_leaked_stream_is_seen() {
    let report = broken(Mutant::None, true);
    assert_eq!(report.left.streams, 1, "{report}");
    assert_eq!(report.wrong().len(), 1, "{:?}", report.wrong());
}
