//! A timer that whoever polls it last is woken by. `worker::Delay` wakes the task that polled it first, which
//! for a stream is one that has ended: each pull of its reader is a task of its own.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut()>, ms: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
}

#[derive(Default)]
struct Shared {
    over: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// Completes when its time has passed, counted from its first poll. Dropping it clears it.
pub struct Timer {
    ms: u32,
    shared: Rc<Shared>,
    /// The host's name of it, and what it calls.
    set: Option<(JsValue, Closure<dyn FnMut()>)>,
}

impl Timer {
    /// After `ms` milliseconds.
    pub fn new(ms: u32) -> Self {
        Self { ms, shared: Rc::default(), set: None }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.shared.over.get() {
            return Poll::Ready(());
        }
        self.shared.waker.replace(Some(context.waker().clone()));
        if self.set.is_none() {
            let shared = Rc::clone(&self.shared);
            let callback = Closure::new(move || {
                shared.over.set(true);
                if let Some(waker) = shared.waker.take() {
                    waker.wake();
                }
            });
            let id = set_timeout(&callback, self.ms);
            self.set = Some((id, callback));
        }
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some((id, _)) = self.set.as_ref().filter(|_| !self.shared.over.get()) {
            clear_timeout(id);
        }
    }
}
