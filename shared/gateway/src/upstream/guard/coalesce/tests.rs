use super::*;
use crate::memory::Memory;
use crate::platform::Clock;
use std::cell::Cell;
use std::task::Context;

/// When every caller of these tests has to have its answer, in ms from the beginning.
const END_MS: u64 = 60_000;

struct Herd {
    memory: Memory,
    sharing: Rc<Sharing>,
    /// Calls made.
    made: Rc<Cell<u32>>,
    end: u64,
}

type Caller<'a> = Pin<Box<dyn Future<Output = Result<Joined, UpstreamFault>> + 'a>>;

impl Herd {
    fn new() -> Self {
        let memory = Memory::new();
        let end = memory.now_ms() + END_MS;
        Self { memory, sharing: Rc::default(), made: Rc::default(), end }
    }

    /// A caller whose call, if it is the one that is made, takes `ms` and comes to `landed`.
    fn caller(&self, key: u8, ms: u32, landed: Landed) -> Caller<'_> {
        let (memory, made) = (self.memory.clone(), Rc::clone(&self.made));
        let work = move || {
            made.set(made.get() + 1);
            let (memory, landed) = (memory.clone(), landed.clone());
            Box::pin(async move {
                memory.sleep(ms).await;
                landed
            }) as Work
        };
        Box::pin(async move { self.sharing.join(&self.memory, [key; 32], self.end, work).await })
    }

    /// Runs them all, and what is done behind their answers.
    fn run(&self, mut callers: Vec<Caller<'_>>) -> Vec<Result<Joined, UpstreamFault>> {
        let mut outcomes = Vec::new();
        let mut behind = Vec::new();
        self.memory.run(poll_fn(|context: &mut Context<'_>| {
            callers.retain_mut(|caller| match caller.as_mut().poll(context) {
                Poll::Ready(outcome) => {
                    outcomes.push(outcome);
                    false
                }
                Poll::Pending => true,
            });
            behind.extend(self.memory.take_effects());
            behind.retain_mut(|effect| effect.as_mut().poll(context).is_pending());
            if callers.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        }));
        outcomes
    }

    /// Has them all begin.
    fn begin(callers: &mut [Caller<'_>]) {
        let mut context = Context::from_waker(Waker::noop());
        for caller in callers {
            assert!(caller.as_mut().poll(&mut context).is_pending());
        }
    }
}

fn answer(bytes: usize) -> Landed {
    let text = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"text":"{}"}}}}"#, "x".repeat(bytes));
    let json = Json::parse_owned(text.into_bytes(), &limits::RESPONSE).expect("JSON");
    let Ok(crate::mcp::Message::Response(response)) = crate::mcp::Message::read(&json, json.root()) else {
        panic!("a response")
    };
    Shared::Answer(Rc::new(json), response).into()
}

fn is_answer(outcome: &Result<Joined, UpstreamFault>) -> bool {
    matches!(outcome, Ok(Joined { landed: Landed { shared: Shared::Answer(..), .. }, .. }))
}

#[test]
fn five_thousand_calls_are_one() {
    let herd = Herd::new();
    let start = herd.memory.now_ms();
    let mut callers: Vec<Caller<'_>> = (0..5_000).map(|_| herd.caller(1, 1_200, answer(10))).collect();
    Herd::begin(&mut callers);
    let timers = herd.memory.timers();
    let outcomes = herd.run(callers);
    assert!(outcomes.iter().all(is_answer));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.as_ref().is_ok_and(|joined| joined.led)).count(), 1);
    assert_eq!(herd.made.get(), 1);
    let took = herd.memory.now_ms() - start;
    assert!(took <= 1_200 + u64::from(LONGEST_PAUSE_MS), "{took} ms");
    // A timer is a crossing into a real host.
    let each = (herd.memory.timers() - timers) as f64 / 5_000.0;
    assert!(each < 13.0, "{each} timers a caller");
    assert!(herd.sharing.calls.borrow().is_empty());
    assert!(herd.sharing.kept.borrow().iter().all(|kept| kept.flight.outcome.borrow().is_none()));
}

#[test]
fn the_first_one_leaves_and_the_others_have_their_answer() {
    let herd = Herd::new();
    let mut callers: Vec<Caller<'_>> = (0..50).map(|_| herd.caller(1, 1_200, answer(10))).collect();
    Herd::begin(&mut callers);
    drop(callers.remove(0));
    let outcomes = herd.run(callers);
    assert_eq!(outcomes.iter().filter(|outcome| is_answer(outcome)).count(), 49);
    assert_eq!(herd.made.get(), 1);
}

#[test]
fn a_worker_that_its_host_forgot_is_replaced() {
    let herd = Herd::new();
    // Its claim, and neither a heartbeat nor an end.
    herd.sharing.calls.borrow_mut().insert([1; 32], Rc::new(Flight::new(herd.memory.now_ms())));
    let start = herd.memory.now_ms();
    let outcomes = herd.run((0..50).map(|_| herd.caller(1, 1_200, answer(10))).collect());
    assert!(outcomes.iter().all(is_answer));
    assert_eq!(herd.made.get(), 1);
    let took = herd.memory.now_ms() - start;
    assert!((CLAIM_MS..CLAIM_MS + 2_000).contains(&took), "{took} ms");
}

#[test]
fn a_fault_is_everybodys_and_the_next_call_begins_anew() {
    let herd = Herd::new();
    let failed = || Landed { shared: Shared::Failed(UpstreamFault::Unreachable), retries: 2 };
    let callers = (0..20).map(|_| herd.caller(1, 300, failed())).collect();
    for outcome in herd.run(callers) {
        let landed = outcome.expect("an outcome").landed;
        assert!(matches!(landed.shared, Shared::Failed(UpstreamFault::Unreachable)));
        assert_eq!(landed.retries, 2);
    }
    assert_eq!(herd.made.get(), 1);
    assert!(herd.run(vec![herd.caller(1, 300, answer(1))]).iter().all(is_answer));
    assert_eq!(herd.made.get(), 2);
}

#[test]
fn different_calls_are_different() {
    let herd = Herd::new();
    let callers = (0..20).map(|key| herd.caller(key, 300, answer(1))).collect();
    assert!(herd.run(callers).iter().all(is_answer));
    assert_eq!(herd.made.get(), 20);
}

#[test]
fn a_long_call_keeps_its_claim() {
    let herd = Herd::new();
    let callers = (0..20).map(|_| herd.caller(1, 30_000, answer(1))).collect();
    assert!(herd.run(callers).iter().all(is_answer));
    assert_eq!(herd.made.get(), 1);
}

#[test]
fn nobody_waits_beyond_its_deadline() {
    let herd = Herd::new();
    let start = herd.memory.now_ms();
    let outcomes = herd.run(vec![herd.caller(1, u32::MAX, answer(1)), herd.caller(1, 1, answer(1))]);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(UpstreamFault::Deadline))));
    assert_eq!(herd.memory.now_ms() - start, END_MS);
}

#[test]
fn too_many_calls_are_made_by_themselves() {
    let herd = Herd::new();
    let mut callers: Vec<Caller<'_>> = Vec::new();
    for number in 0..CALLS {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        herd.sharing.calls.borrow_mut().insert(key, Rc::new(Flight::new(herd.memory.now_ms())));
    }
    callers.push(herd.caller(255, 10, answer(1)));
    let outcomes = herd.run(callers);
    assert!(matches!(&outcomes[..], [Ok(Joined { landed: Landed { shared: Shared::Apart, .. }, .. })]));
    // Claims that nobody keeps up make room.
    herd.memory.advance(CLAIM_MS);
    assert!(herd.run(vec![herd.caller(255, 10, answer(1))]).iter().all(is_answer));
}

#[test]
fn outcomes_that_nobody_fetches_are_bounded() {
    let herd = Herd::new();
    let bytes = limits::RESPONSE_BYTES - 100;
    let mut forgotten = Vec::new();
    for key in 0..6 {
        // Two callers each: the second one was forgotten by its host.
        let mut callers = vec![herd.caller(key, 10, answer(bytes)), herd.caller(key, 10, answer(bytes))];
        Herd::begin(&mut callers);
        forgotten.push(callers.pop().expect("the second"));
        assert!(herd.run(callers).iter().all(is_answer));
    }
    let held = || -> usize {
        let kept = herd.sharing.kept.borrow();
        kept.iter().filter_map(|kept| kept.flight.outcome.borrow().as_ref().map(Landed::bytes)).sum()
    };
    assert!((1..=KEPT_BYTES).contains(&held()), "{} bytes", held());
    herd.memory.advance(KEPT_MS + 1);
    let mut callers = vec![herd.caller(9, 10, answer(1)), herd.caller(9, 10, answer(1))];
    Herd::begin(&mut callers);
    assert!(herd.run(callers).iter().all(is_answer));
    assert!(held() < 200, "{} bytes", held());
    let late = herd.run(forgotten);
    assert!(late.iter().all(|outcome| {
        matches!(
            outcome,
            Ok(Joined { landed: Landed { shared: Shared::Failed(UpstreamFault::Busy), .. }, .. })
        )
    }));
}
