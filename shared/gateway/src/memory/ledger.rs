//! Accounts in memory.

use super::Memory;
use crate::error::LedgerFault;
use crate::ledger::{Outcome, Transition, turn};
use crate::platform::{AccountName, Clock as _, Ledger};

impl Ledger for Memory {
    const LEDGER_REMEDY: &'static str = "call set_ledger";

    async fn has_ledger(&self) -> bool {
        self.0.ledger.get() != Err(LedgerFault::Absent)
    }

    async fn apply(
        &self,
        account: AccountName<'_>,
        transition: &Transition,
        deadline_ms: u32,
    ) -> Result<Outcome, LedgerFault> {
        let delay_ms = self.0.ledger.get()?;
        if delay_ms > 0 {
            self.sleep(delay_ms.min(deadline_ms)).await;
        }
        if delay_ms > deadline_ms {
            return Err(LedgerFault::Late);
        }
        self.0.steps.borrow_mut().push((account.name.to_owned(), transition.clone()));
        let mut accounts = self.0.accounts.borrow_mut();
        let value = accounts.get(account.name).map(Vec::as_slice);
        let turn = turn(value, transition, self.now_ms()).map_err(|_| LedgerFault::Malformed)?;
        if let Some((value, _)) = turn.value {
            accounts.insert(account.name.to_owned(), value);
        }
        Ok(turn.outcome)
    }
}
