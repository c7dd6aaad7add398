//! Runs futures where the host calls in: what a call waits for is looked at at once, in the turn of the event loop
//! that brought it. wasm-bindgen's own executor needs a promise, a closure and a microtask for each step, which
//! together cost more than the gateway's work on a call.

use crate::host::{self, Call};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

/// Polls in one turn of the event loop. Whatever wakes itself all the time must let others run.
const TURN: u32 = 1_000;

struct Task {
    call: Call,
    work: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

/// Wakes a task by its number: a waker must be `Send`, and tasks are not.
struct Woken(u32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        WOKEN.with_borrow_mut(|woken| {
            if !woken.contains(&self.0) {
                woken.push_back(self.0);
            }
        });
        if !RUNNING.get() {
            run();
        }
    }
}

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
    static TASKS: RefCell<HashMap<u32, Task>> = RefCell::default();
    static WOKEN: RefCell<VecDeque<u32>> = RefCell::default();
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// Starts work of `call` now; returns when it waits for something.
pub fn spawn(call: &Call, work: impl Future<Output = ()> + 'static) {
    let number = NEXT.replace(NEXT.get().wrapping_add(1));
    let waker: Waker = Arc::new(Woken(number)).into();
    let task = Task { call: Clone::clone(call), work: Box::pin(work), waker: waker.clone() };
    TASKS.with_borrow_mut(|tasks| tasks.insert(number, task));
    waker.wake();
}

/// Polls what was woken. All of it belongs to the request that the host speaks of: none waits for another's.
pub fn run() {
    RUNNING.set(true);
    NOW.set(0);
    let mut last = None;
    for _ in 0..TURN {
        let Some(number) = WOKEN.with_borrow_mut(VecDeque::pop_front) else { break };
        // Out of the map while it is polled: it may start another.
        let Some(mut task) = TASKS.with_borrow_mut(|tasks| tasks.remove(&number)) else { continue };
        let waker = task.waker.clone();
        if task.work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            last = Some(Clone::clone(&task.call));
            TASKS.with_borrow_mut(|tasks| tasks.insert(number, task));
        }
    }
    RUNNING.set(false);
    NOW.set(0);
    if let Some(call) = last.filter(|_| WOKEN.with_borrow(|woken| !woken.is_empty())) {
        // Nobody waits for this number: what counts is that `run` is called in another turn.
        host::ring(&call, u32::MAX, 0);
    }
}

/// The wall clock in Unix ms. On Workers it stands still within a turn of the event loop, so that it is read once
/// in each.
pub fn now_ms() -> u64 {
    if NOW.get() == 0 || !RUNNING.get() {
        NOW.set(js_sys::Date::now() as u64);
    }
    NOW.get()
}
