//! What a call waits for: the host tells it under a number.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use web_sys::Response;

/// What the host tells.
pub enum Event {
    /// An upstream's answer: its head as lines, empty if there is none; its body if it was to be read and is not
    /// too large; otherwise the response, if its body is still to be read. Of a meeting: the turn of a message, and its bytes.
    Answered(String, Option<Vec<u8>>, Option<Response>),
    /// The outcome of a step on an account, or of a post, as text; `None` when it cannot be asked.
    Stepped(Option<String>),
    /// A chunk of a body; `None` at its end.
    Chunk(Option<Vec<u8>>),
    /// A body broke off.
    Broken,
    /// The agent reads on.
    Pulled,
    /// The agent has left.
    Left,
}

#[derive(Default)]
struct Slot {
    event: Option<Event>,
    waker: Option<Waker>,
}

thread_local! {
    static SLOTS: RefCell<HashMap<u32, Slot>> = RefCell::default();
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// Waits for an event, and when asked again for the next one. Once it is dropped, what the host tells goes nowhere.
pub struct Expected {
    number: u32,
}

/// A number under which nothing is told yet.
pub fn number() -> u32 {
    NEXT.replace(NEXT.get().wrapping_add(1))
}

impl Expected {
    /// Something that is about to be asked of the host.
    pub fn new() -> Self {
        let number = number();
        SLOTS.with_borrow_mut(|slots| slots.insert(number, Slot::default()));
        Self { number }
    }

    /// What the host is to tell it by.
    pub const fn number(&self) -> u32 {
        self.number
    }
}

impl Future for Expected {
    type Output = Event;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Event> {
        SLOTS.with_borrow_mut(|slots| {
            let slot = slots.entry(self.number).or_default();
            match slot.event.take() {
                Some(event) => Poll::Ready(event),
                None => {
                    match &mut slot.waker {
                        Some(waker) => waker.clone_from(context.waker()),
                        none => *none = Some(context.waker().clone()),
                    }
                    Poll::Pending
                }
            }
        })
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        SLOTS.with_borrow_mut(|slots| slots.remove(&self.number));
    }
}

/// The host tells `event`; whoever waits for it goes on before this returns.
pub fn told(number: u32, event: Event) {
    let waker = SLOTS.with_borrow_mut(|slots| {
        let slot = slots.get_mut(&number)?;
        slot.event = Some(event);
        slot.waker.take()
    });
    if let Some(waker) = waker {
        waker.wake();
    }
}
