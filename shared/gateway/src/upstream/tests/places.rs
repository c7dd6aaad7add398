//! Places at an upstream, and the line for them.

use super::guards::{BREAKER, outcome, tool};
use super::*;
use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

const PLACES: PlacesRule = PlacesRule { most: 2, queue: 2, queue_ms: 500 };

type Caller<'a> = Pin<Box<dyn Future<Output = Result<Heard, UpstreamFault>> + 'a>>;
/// An outcome, and when it came, in ms.
type Timed = (Result<Heard, UpstreamFault>, u64);

/// Runs all of them at once; gives their outcomes by their places.
fn at_once(bench: &Bench, callers: Vec<Caller<'_>>) -> Vec<Timed> {
    let start = bench.memory.now_ms();
    let mut callers: Vec<(Caller<'_>, Option<Timed>)> =
        callers.into_iter().map(|caller| (caller, None)).collect();
    bench.run(std::future::poll_fn(|context| {
        let mut pending = false;
        for (caller, outcome) in callers.iter_mut().filter(|(_, outcome)| outcome.is_none()) {
            match caller.as_mut().poll(context) {
                Poll::Ready(heard) => *outcome = Some((heard, bench.memory.now_ms() - start)),
                Poll::Pending => pending = true,
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    }));
    callers.into_iter().map(|(_, outcome)| outcome.expect("an outcome")).collect()
}

/// A server that counts how many requests it has at once.
fn crowded(bench: &Bench, ms: u32) -> Rc<Cell<(u32, u32)>> {
    let crowd: Rc<Cell<(u32, u32)>> = Rc::default();
    let (memory, seen) = (bench.memory.clone(), Rc::clone(&crowd));
    bench.memory.on_fetch(move |request| {
        let (memory, crowd) = (memory.clone(), Rc::clone(&seen));
        let (now, most) = crowd.get();
        crowd.set((now + 1, most.max(now + 1)));
        let id = Seen::new(&request).id;
        async move {
            memory.sleep(ms).await;
            let (now, most) = crowd.get();
            crowd.set((now - 1, most));
            Reply::result("{}").send(memory, id).await
        }
    });
    crowd
}

#[test]
fn so_many_calls_at_once_and_the_others_in_line() {
    let bench = guarded(EraSetting::Modern, Some(PLACES), None, Vec::new());
    let crowd = crowded(&bench, 300);
    let client = modern_client();
    let callers = (0..5).map(|_| Box::pin(bench.call(&client, CALL)) as Caller<'_>).collect();
    let outcomes = at_once(&bench, callers);
    assert_eq!(crowd.get(), (0, 2));
    let times: Vec<u64> = outcomes.iter().map(|(_, at)| *at).collect();
    assert_eq!(times[..2], [300, 300]);
    assert!(outcomes[..4].iter().all(|(outcome, _)| outcome.is_ok()), "two and two");
    assert!(times[2..4].iter().all(|at| (600..=620).contains(at)), "{times:?}");
    assert_eq!(outcomes[4], (Err(UpstreamFault::Busy), 0), "the line is full");
}

#[test]
fn nobody_waits_in_line_for_longer_than_it_may() {
    let bench = guarded(EraSetting::Modern, Some(PLACES), None, Vec::new());
    crowded(&bench, 900);
    let client = modern_client();
    let callers = (0..4).map(|_| Box::pin(bench.call(&client, CALL)) as Caller<'_>).collect();
    let outcomes = at_once(&bench, callers);
    assert!(outcomes[..2].iter().all(|(outcome, _)| outcome.is_ok()));
    assert_eq!(outcomes[2..], [(Err(UpstreamFault::Busy), 500), (Err(UpstreamFault::Busy), 500)]);
}

#[test]
fn a_caller_that_leaves_gives_its_place_and_its_turn_away() {
    let bench = guarded(EraSetting::Modern, Some(PLACES), None, Vec::new());
    crowded(&bench, 400);
    let client = modern_client();
    let mut context = Context::from_waker(Waker::noop());
    let mut leaving: Vec<Caller<'_>> =
        (0..4).map(|_| Box::pin(bench.call(&client, CALL)) as Caller<'_>).collect();
    for caller in &mut leaving {
        assert!(caller.as_mut().poll(&mut context).is_pending());
    }
    drop(leaving);
    let callers = (0..2).map(|_| Box::pin(bench.call(&client, CALL)) as Caller<'_>).collect();
    assert!(at_once(&bench, callers).iter().all(|(outcome, at)| outcome.is_ok() && *at == 400));
}

#[test]
fn a_place_is_held_until_the_stream_has_ended() {
    let bench = guarded(EraSetting::Modern, Some(PlacesRule { most: 1, ..PLACES }), None, Vec::new());
    let answer = "data: {\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{}}\n\n".as_bytes().to_vec();
    bench.serve(move |_| {
        Reply::steps("text/event-stream", vec![Step::Wait(300), Step::Bytes(answer.clone())])
    });
    let client = modern_client();
    let callers = (0..2).map(|_| Box::pin(bench.call(&client, CALL)) as Caller<'_>).collect();
    let times: Vec<u64> = at_once(&bench, callers).into_iter().map(|(_, at)| at).collect();
    assert!(times[0] == 300 && (600..620).contains(&times[1]), "{times:?}");
}

#[test]
fn one_place_is_enough_for_a_call_with_its_handshake() {
    let bench = guarded(EraSetting::Auto, Some(PlacesRule { most: 1, ..PLACES }), None, Vec::new());
    let server = session_server();
    bench.serve(move |seen| match seen.method.as_str() {
        "server/discover" => Reply::error(400, -32000),
        _ => server(seen),
    });
    assert!(outcome(&bench).is_ok());
    assert_eq!(bench.methods().iter().filter(|method| *method == "initialize").count(), 2);
}

#[test]
fn a_tool_has_places_of_its_own_within_its_upstreams() {
    let rule = PlacesRule { most: 1, queue: 9, queue_ms: 5_000 };
    let tool = Rc::new(Tool { places: Some(rule), ..tool() });
    let upstream = PlacesRule { most: 2, queue: 9, queue_ms: 5_000 };
    let bench = guarded(EraSetting::Modern, Some(upstream), None, vec![Rc::clone(&tool)]);
    let client = modern_client();
    for (name, other, most) in [("t", "t", 1), ("t", "u", 2), ("t", "", 2), ("", "", 2)] {
        let crowd = crowded(&bench, 100);
        let terms = [name, other].map(|name| {
            let tool = Some(tool.as_ref()).filter(|_| !name.is_empty());
            bench.link.terms(&bench.memory, tool, name)
        });
        let callers = (0..6)
            .map(|at| {
                let call = bench.call_by(&terms[at % 2], &Session::Pooled, &client, CALL);
                Box::pin(call) as Caller<'_>
            })
            .collect();
        assert!(at_once(&bench, callers).iter().all(|(outcome, _)| outcome.is_ok()));
        assert_eq!(crowd.get(), (0, most), "{name:?} and {other:?}");
    }
}

#[test]
fn who_waits_in_line_hears_at_once_that_it_is_closed() {
    let breaker = BreakerRule { least: 1, ..BREAKER };
    let places = PlacesRule { most: 1, queue: 5, queue_ms: 5_000 };
    let tool = Rc::new(Tool { places: Some(places), ..tool() });
    let bench = guarded(EraSetting::Modern, None, Some(breaker), vec![Rc::clone(&tool)]);
    let count = Cell::new(0);
    // The tool's call is at work for long when another one fails.
    bench.serve(move |_| match count.replace(count.get() + 1) {
        0 => Reply::result("{}").after(900),
        _ => Reply::status(500).after(100),
    });
    let client = modern_client();
    let [of_tool, other] = [Some(tool.as_ref()), None].map(|tool| bench.link.terms(&bench.memory, tool, "t"));
    let call = |terms| Box::pin(bench.call_by(terms, &Session::Pooled, &client, CALL)) as Caller<'_>;
    let outcomes = at_once(&bench, vec![call(&of_tool), call(&other), call(&of_tool), call(&of_tool)]);
    assert!(outcomes[0].0.is_ok());
    for (outcome, at) in &outcomes[2..] {
        assert!(
            matches!(outcome, Err(UpstreamFault::CircuitOpen(_))) && *at < 150,
            "{outcome:?} after {at} ms"
        );
    }
    assert_eq!(bench.seen().len(), 2);
}
