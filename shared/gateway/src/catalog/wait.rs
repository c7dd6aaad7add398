//! Waiting for several things at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// A future that can be kept in a list, or handed on.
pub(super) type Task<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// All results in the order of the tasks, which run side by side.
pub(super) async fn all<T>(tasks: Vec<Task<'_, T>>) -> Vec<T> {
    let mut running: Vec<(Task<'_, T>, Option<T>)> = tasks.into_iter().map(|task| (task, None)).collect();
    poll_fn(|context| {
        let mut pending = false;
        for (task, done) in &mut running {
            if done.is_none() {
                match task.as_mut().poll(context) {
                    Poll::Ready(value) => *done = Some(value),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}
