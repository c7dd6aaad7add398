//! Calls that the loop breaker stops. They are not carried out: who repeats himself pays for it, and hears of the loop;
//! what agents share is neither used up by it nor in its way.

use super::bill::Bill;
use super::{Receipt, Ticket, Unpaid};
use crate::ledger::loops::Verdict;
use crate::platform::Platform;
use crate::stage::authenticate::Caller;

/// Leaves the agent's own bill alone when this isolate has stopped all of the calls.
pub(super) fn keep_own<P: Platform>(caller: &Caller, tickets: &[Ticket<P>], bills: &mut Vec<Bill>) {
    let verdicts = tickets.iter().filter_map(Ticket::verdict);
    if all_stopped(caller, tickets.len(), verdicts) {
        bills.retain(|bill| bill.account == *caller.account());
    }
}

/// Gives back what other accounts have charged, and forgets what they have refused, when the agent's own has stopped all
/// of the calls.
pub(super) fn give_back<P: Platform>(
    caller: &Caller,
    calls: usize,
    bills: Vec<Bill>,
    outcomes: Vec<Result<Receipt<P>, Unpaid>>,
) -> (Vec<Bill>, Vec<Result<Receipt<P>, Unpaid>>) {
    let verdicts = outcomes.iter().flatten().flat_map(|receipt| receipt.grant.verdicts.iter().copied());
    if !all_stopped(caller, calls, verdicts) {
        return (bills, outcomes);
    }
    let (own, others): (Vec<_>, Vec<_>) =
        bills.into_iter().zip(outcomes).partition(|(bill, _)| bill.account == *caller.account());
    others.into_iter().filter_map(|(_, outcome)| outcome.ok()).for_each(|receipt| receipt.paid.undo());
    own.into_iter().unzip()
}

/// Whether there is a verdict on each of so many calls, and none lets it go.
fn all_stopped(caller: &Caller, calls: usize, verdicts: impl Iterator<Item = Verdict>) -> bool {
    let enforced = caller.tenant().limits.breaker.as_ref().is_some_and(|breaker| !breaker.dry_run);
    let (mut judged, mut going) = (0, false);
    for verdict in verdicts {
        judged += 1;
        going |= verdict == Verdict::Go;
    }
    enforced && calls > 0 && judged == calls && !going
}
