//! A deadline on any future.

use crate::platform::Clock;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Runs `future` for at most `ms` milliseconds; `None` when it took longer, and then it is dropped.
/// The future is polled first, so that one which is ready wins over a deadline which has passed.
pub async fn within<C: Clock, F: Future>(clock: &C, ms: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer = pin!(clock.sleep(ms));
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        timer.as_mut().poll(context).map(|()| None)
    })
    .await
}
