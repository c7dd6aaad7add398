//! A timer over the host's.

use crate::event::{Event, Expected};
use crate::host::{self, Call};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use wasm_bindgen::JsValue;

/// Completes when its time has passed, counted from its first poll. Dropping it clears it.
pub struct Timer {
    call: Call,
    ms: u32,
    expected: Expected,
    /// The host's name of it, while it runs.
    set: Option<JsValue>,
}

impl Timer {
    /// After `ms` milliseconds.
    pub fn new(call: &Call, ms: u32) -> Self {
        Self { call: Clone::clone(call), ms, expected: Expected::new(), set: None }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.set.is_none() {
            self.set = Some(host::ring(&self.call, self.expected.number(), self.ms));
        }
        Pin::new(&mut self.expected).poll(context).map(|event| {
            debug_assert!(matches!(event, Event::Rung), "timers ring");
        })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // One that has rung is cleared to no effect.
        if let Some(id) = &self.set {
            host::clear_timeout(id);
        }
    }
}
