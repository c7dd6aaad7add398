//! The timers of a request, over one of the host's: setting and clearing one costs more than most of what is done while
//! it runs. A later deadline waits behind an earlier one, which is left to ring even if nobody waits for it any more.

use crate::event;
use crate::host::{self, Call};
use crate::task;
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use wasm_bindgen::JsValue;

/// All timers of one request.
pub struct Timers {
    call: Call,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// The host's timer: when it rings (Unix ms), its number, and the host's name of it.
    set: Option<(u64, u32, JsValue)>,
    /// Who waits, by number, and until when.
    waiting: Vec<(u32, u64, Waker)>,
}

thread_local! {
    /// By the number that a timer rings under.
    static RINGING: RefCell<HashMap<u32, Weak<Timers>>> = RefCell::default();
}

/// The timer with this number rings.
pub fn ring(number: u32) {
    let timers = RINGING.with_borrow_mut(|ringing| ringing.remove(&number));
    if let Some(timers) = timers.and_then(|timers| timers.upgrade()) {
        timers.wake();
    }
}

impl Timers {
    /// Of this request; none is set yet.
    pub fn new(call: &Call) -> Rc<Self> {
        Rc::new(Self { call: Clone::clone(call), state: RefCell::default() })
    }

    /// Completes `ms` milliseconds after its first poll.
    pub fn sleep(self: &Rc<Self>, ms: u32) -> Sleep {
        Sleep { timers: Rc::clone(self), ms, until: None, number: event::number() }
    }

    /// Has the host's timer ring at `due_ms` or before.
    fn set(self: &Rc<Self>, due_ms: u64) {
        if self.state.borrow().set.as_ref().is_some_and(|(set_ms, ..)| *set_ms <= due_ms) {
            return;
        }
        self.clear();
        let number = event::number();
        let ms = due_ms.saturating_sub(task::now_ms());
        let name = host::ring(&self.call, number, u32::try_from(ms).unwrap_or(u32::MAX));
        RINGING.with_borrow_mut(|ringing| ringing.insert(number, Rc::downgrade(self)));
        self.state.borrow_mut().set = Some((due_ms, number, name));
    }

    fn clear(&self) {
        if let Some((_, number, name)) = self.state.borrow_mut().set.take() {
            host::clear_timeout(&name);
            RINGING.with_borrow_mut(|ringing| ringing.remove(&number));
        }
    }

    /// Wakes whose time has come, and sets the timer for the others.
    fn wake(self: &Rc<Self>) {
        let now_ms = task::now_ms();
        let mut state = self.state.borrow_mut();
        state.set = None;
        let (due, later) =
            std::mem::take(&mut state.waiting).into_iter().partition(|(_, until_ms, _)| *until_ms <= now_ms);
        state.waiting = later;
        let next = state.waiting.iter().map(|(_, until_ms, _)| *until_ms).min();
        drop(state);
        if let Some(next) = next {
            self.set(next);
        }
        let due: Vec<(u32, u64, Waker)> = due;
        due.into_iter().for_each(|(_, _, waker)| waker.wake());
    }
}

impl Drop for Timers {
    fn drop(&mut self) {
        self.clear();
    }
}

/// One who waits.
pub struct Sleep {
    timers: Rc<Timers>,
    ms: u32,
    /// Unix ms, from the first poll on.
    until: Option<u64>,
    number: u32,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let now_ms = task::now_ms();
        let ms = u64::from(self.ms);
        let until_ms = *self.until.get_or_insert(now_ms.saturating_add(ms));
        if now_ms >= until_ms {
            return Poll::Ready(());
        }
        let mut state = self.timers.state.borrow_mut();
        match state.waiting.iter_mut().find(|(number, ..)| *number == self.number) {
            Some((_, _, waker)) => waker.clone_from(context.waker()),
            None => state.waiting.push((self.number, until_ms, context.waker().clone())),
        }
        drop(state);
        self.timers.set(until_ms);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.timers.state.borrow_mut().waiting.retain(|(number, ..)| *number != self.number);
    }
}
