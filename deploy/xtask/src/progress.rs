//! Says what goes on, on standard error.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

/// How often a step that takes long says that it is still at work.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// Runs `work` between a line that says what it does and how long that usually takes, and one with the time it took.
pub(crate) fn step<T>(what: &str, usually: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("... {what} (usually {usually})");
    let start = Instant::now();
    let outcome = thread::scope(|scope| {
        let (done, at_work) = channel::<()>();
        scope.spawn(move || {
            while at_work.recv_timeout(HEARTBEAT) == Err(RecvTimeoutError::Timeout) {
                eprintln!("    {what}: {} s so far", start.elapsed().as_secs());
            }
        });
        let outcome = work();
        drop(done);
        outcome
    })?;
    eprintln!("ok  {what}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(outcome)
}
