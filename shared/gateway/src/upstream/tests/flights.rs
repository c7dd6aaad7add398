//! Many cold callers, one probe.

use super::*;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

type Caller<'a> = Pin<Box<dyn Future<Output = Result<Heard, UpstreamFault>> + 'a>>;

/// What becomes of the first caller after its first step.
enum First {
    Stays,
    /// Its future is dropped.
    Leaves,
    /// Its future is neither polled nor dropped any more: what a host does that just cancels a request.
    IsForgotten,
}

/// Calls fifty times at once; gives what the callers that stayed heard.
fn fifty(bench: &Bench, first: First) -> Vec<Result<Heard, UpstreamFault>> {
    let client = modern_client();
    let mut callers: Vec<Caller<'_>> =
        (0..50).map(|_| Box::pin(bench.call(&client, CALL)) as Caller<'_>).collect();
    let mut context = Context::from_waker(Waker::noop());
    for caller in &mut callers {
        assert!(caller.as_mut().poll(&mut context).is_pending());
    }
    match first {
        First::Stays => {}
        First::Leaves => drop(callers.remove(0)),
        First::IsForgotten => std::mem::forget(callers.remove(0)),
    }
    let mut outcomes = Vec::new();
    bench.run(std::future::poll_fn(|context| {
        callers.retain_mut(|caller| match caller.as_mut().poll(context) {
            Poll::Ready(outcome) => {
                outcomes.push(outcome);
                false
            }
            Poll::Pending => true,
        });
        if callers.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }));
    outcomes
}

fn count(bench: &Bench, method: &str) -> usize {
    bench.methods().iter().filter(|seen| *seen == method).count()
}

fn slow_modern(seen: &Seen) -> Reply {
    modern_server(seen).after(300)
}

#[test]
fn fifty_cold_callers_probe_once() {
    let bench = bench(EraSetting::Auto);
    bench.serve(slow_modern);
    let start = bench.memory.now_ms();
    let outcomes = fifty(&bench, First::Stays);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 50);
    assert_eq!(count(&bench, "server/discover"), 1);
    assert_eq!(count(&bench, "tools/call"), 50);
    assert!(bench.memory.now_ms() - start <= 700);
}

#[test]
fn the_first_one_leaves() {
    let bench = bench(EraSetting::Auto);
    bench.serve(slow_modern);
    let start = bench.memory.now_ms();
    let outcomes = fifty(&bench, First::Leaves);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 49);
    // Its own, cut off, and one more for all others.
    assert_eq!(count(&bench, "server/discover"), 2);
    assert!(bench.memory.now_ms() - start <= 700);
}

#[test]
fn the_first_one_is_forgotten_by_its_host() {
    let bench = bench(EraSetting::Auto);
    bench.serve(slow_modern);
    let start = bench.memory.now_ms();
    let outcomes = fifty(&bench, First::IsForgotten);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 49);
    assert_eq!(count(&bench, "server/discover"), 2);
    assert!(bench.memory.now_ms() - start <= 1_700);
}

#[test]
fn a_fault_is_shared_by_who_waited_and_by_nobody_else() {
    let bench = bench(EraSetting::Auto);
    bench.serve(|_| Reply::status(503).after(300));
    let outcomes = fifty(&bench, First::Stays);
    assert!(outcomes.iter().all(|outcome| *outcome == Err(UpstreamFault::Status(503))));
    assert_eq!(count(&bench, "server/discover"), 1);
    bench.serve(modern_server);
    assert!(bench.run(bench.call(&modern_client(), CALL)).is_ok());
}

#[test]
fn fifty_calls_of_one_principal_open_one_session() {
    let bench = bench(EraSetting::Legacy);
    let server = session_server();
    bench.serve(move |seen| server(seen).after(20));
    let outcomes = fifty(&bench, First::Leaves);
    assert!(outcomes.iter().all(Result::is_ok));
    // One cut off, one of the gateway's own, one of the principal.
    assert_eq!(count(&bench, "initialize"), 3);
}
