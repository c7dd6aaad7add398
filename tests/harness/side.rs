//! Several gateways at once: what is tried at one mostly waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::report::Report;

/// Does `work` for each job, `at_once` of them at a time; what it notes comes into `report`.
pub fn by_side<J: Sync>(
    jobs: &[J],
    at_once: usize,
    report: &mut Report,
    work: impl Fn(&J, &mut Report) + Sync,
) {
    let (next, report) = (AtomicUsize::new(0), Mutex::new(report));
    let some = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut own = Report::default();
            work(job, &mut own);
            report.lock().unwrap_or_else(PoisonError::into_inner).take(own);
        }
    };
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(some);
        }
    });
}
