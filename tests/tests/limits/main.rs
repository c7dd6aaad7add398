//! Limits against reality: races, leases, crashes and broken ledgers, on gateways as they are deployed.
//!
//! What must hold is that no limit is ever exceeded by what the upstream sees, whatever comes together and whatever
//! is killed, and that what is lost by that is no more than was promised. Without `POSTERN_FULL=1` each is tried a few
//! times.

mod fault;
mod field;
mod ground;
mod kill;
mod lease;
mod on_spin;
mod race;
mod repeat;

use std::sync::{Mutex, PoisonError};

use postern_tests::spin::Instances;

use crate::ground::{Ground, Store};

/// Whether everything is to be tried as often, and as long, as it takes to believe it.
fn full() -> bool {
    std::env::var_os("POSTERN_FULL").is_some_and(|value| value == "1")
}

/// How often something is tried: in full, or else.
fn times(in_full: usize, else_: usize) -> usize {
    if full() { in_full } else { else_ }
}

/// Runs a test by itself: some of them are about time, and each takes all of a machine.
fn alone(test: impl Future<Output = anyhow::Result<()>>) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if let Err(error) = runtime.block_on(test) {
        panic!("{error:#}");
    }
}

/// Each of these tests on each of these grounds.
macro_rules! on_grounds {
    ($($ground:ident = $value:expr => $tests:tt;)*) => {
        $(mod $ground {
            use super::*;

            on_grounds!(@ $value => $tests);
        })*
    };
    (@ $value:expr => { $($module:ident: $($name:ident),+;)* }) => {
        $($(
            #[test]
            fn $name() {
                crate::alone(crate::$module::$name($value));
            }
        )+)*
    };
}

on_grounds!(
    workerd = Ground::Workerd => {
        race: a_quota, a_rate, places, tokens, a_budget;
        kill: nothing_is_counted_too_little;
        repeat: a_stuck_agent_is_stopped;
    };
    isolates = Ground::Isolates => {
        race: a_quota, a_rate, places, tokens, a_budget;
        lease: borrowing_never_exceeds, borrowing_asks_seldom, what_a_crash_costs;
        kill: nothing_is_counted_too_little;
        fault: closed_without_a_ledger, closed_with_a_late_one, by_itself_where_a_rule_says_so,
            what_came_too_late_is_settled;
        repeat: a_stuck_agent_is_stopped;
    };
    redis = Ground::Spin(Store::Redis, Instances::Shared) => {
        race: a_quota, a_rate, places, tokens, a_budget;
        lease: borrowing_never_exceeds, borrowing_asks_seldom;
        kill: nothing_is_counted_too_little;
        fault: closed_without_a_ledger, closed_with_a_late_one;
        repeat: a_stuck_agent_is_stopped;
    };
    redis_fresh = Ground::Spin(Store::Redis, Instances::Fresh) => {
        race: a_quota, a_rate, places, tokens, a_budget;
        kill: nothing_is_counted_too_little;
        fault: closed_without_a_ledger, closed_with_a_late_one;
        repeat: a_stuck_agent_is_stopped;
    };
    sqlite = Ground::Spin(Store::Sqlite, Instances::Shared) => {
        race: a_quota, a_rate, places, tokens, a_budget;
        kill: nothing_is_counted_too_little;
        repeat: a_stuck_agent_is_stopped;
    };
    sqlite_fresh = Ground::Spin(Store::Sqlite, Instances::Fresh) => {
        race: a_quota, a_rate, places, tokens, a_budget;
        kill: nothing_is_counted_too_little;
        repeat: a_stuck_agent_is_stopped;
    };
);
