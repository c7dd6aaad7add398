//! What tools have earned: an isolate's copies of their records, which are accounts, and what those have to be told.

use super::groups::URGENT_MS;
use super::models::Loaded;
use super::{Cache, Meaning, Slot};
use crate::ledger::{Outcome, Transition};
use crate::platform::{AccountName, Platform};
use postern_semantic::agreement::{BANDS, Band};
use postern_semantic::evidence::{Standing, Terms};
use postern_semantic::policy::Tool;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How long a record may take to answer, where a call waits for it and where none does, in ms.
const ASK_MS: u32 = 250;
const TELL_MS: u32 = 5_000;
/// How long somebody who is about to ask is believed to do so, in ms.
const CLAIM_MS: u64 = 6_000;
/// `max_error` of the settings is in ten-thousandths, that of evidence in millionths.
pub(super) const HUNDRED: u32 = 100;

/// By the names of accounts.
pub(super) type Tools = RefCell<HashMap<String, Rc<RefCell<Known>>>>;

/// What an isolate knows of a tool.
#[derive(Default)]
pub(super) struct Known {
    pub tool: Tool,
    terms: Option<Terms>,
    asking_ms: u64,
    /// Its record could not be asked the last time.
    failed: bool,
}

impl Known {
    /// Whether the caller is to ask the record, as nobody else is about to.
    fn claims(&mut self, now_ms: u64) -> bool {
        let free = self.terms.is_some() && self.asking_ms <= now_ms;
        if free {
            self.asking_ms = now_ms.saturating_add(CLAIM_MS);
        }
        free
    }
}

/// What an isolate knows of a tool's bands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Earned {
    /// As of its last copy of the record; nothing without one.
    pub standing: Standing,
    /// Which bands may serve here now, from the surest on.
    pub serves: [bool; BANDS],
    /// Nothing can be decided by the copy: it is too old, or has served for too many.
    pub blind: bool,
    /// The record could not be asked the last time.
    pub failed: bool,
}

/// `TENANT/evidence/TOOL`.
fn account(tenant: &str, tool: &str) -> String {
    [tenant, "/evidence/", tool].concat()
}

/// What evidence is held against. It is of a model, of a tool as it is listed, and of what counts as the same answer.
pub(super) fn terms(slot: &Slot, meaning: &Meaning, model: &Loaded) -> Option<Terms> {
    let caching = slot.caching()?;
    let mut hash = Sha256::new();
    hash.update(model.digest);
    hash.update(meaning.definition);
    for path in &caching.volatile {
        hash.update((path.len() as u64).to_be_bytes());
        hash.update(path);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let basis = u64::from_be_bytes(*digest.first_chunk()?);
    Some(Terms { max_error: caching.max_error.saturating_mul(HUNDRED), basis })
}

impl Cache {
    /// What this isolate knows of the slot's tool.
    pub(super) fn known(&self, slot: &Slot) -> Rc<RefCell<Known>> {
        Rc::clone(self.tools.borrow_mut().entry(account(&slot.tenant.name, &slot.name)).or_default())
    }

    /// What a tool of a tenant has earned, if questions to it were ever compared here.
    #[must_use]
    pub fn earned(&self, tenant: &str, tool: &str, now_ms: u64) -> Option<Earned> {
        let tools = self.tools.borrow();
        let known = tools.get(&account(tenant, tool))?.borrow();
        Some(Earned {
            standing: known.tool.standing().unwrap_or_default(),
            serves: Band::ALL.map(|band| known.tool.serves(band, now_ms)),
            blind: known.tool.is_blind(now_ms),
            failed: known.failed,
        })
    }

    /// Brings the copy up to date before something is decided by it. One that is too old to be used is asked for at once.
    pub(super) async fn bring<P: Platform>(
        &self,
        platform: &P,
        slot: &Slot,
        known: &Rc<RefCell<Known>>,
        terms: Terms,
    ) {
        let now_ms = platform.now_ms();
        {
            let mut known = known.borrow_mut();
            if known.terms != Some(terms) {
                *known = Known { terms: Some(terms), ..Known::default() };
            }
            if !known.tool.is_blind(now_ms) || !known.claims(now_ms) {
                return;
            }
        }
        exchange(platform, slot, known, ASK_MS).await;
    }

    /// The same for a question that has nowhere else to go, which a copy of a moment ago may say too little for.
    pub(super) async fn bring_newest<P: Platform>(
        &self,
        platform: &P,
        slot: &Slot,
        known: &Rc<RefCell<Known>>,
    ) {
        let now_ms = platform.now_ms();
        {
            let mut known = known.borrow_mut();
            let old = P::NEAR || known.tool.age_ms(now_ms) >= URGENT_MS;
            if !old || !known.claims(now_ms) {
                return;
            }
        }
        exchange(platform, slot, known, ASK_MS).await;
    }

    /// Has the record told behind the answer what was seen, and asked what holds, where that is due.
    pub(super) fn report<P: Platform>(&self, platform: &P, slot: &Slot) {
        let known = self.known(slot);
        let now_ms = platform.now_ms();
        {
            let mut known = known.borrow_mut();
            if !known.tool.wants(now_ms, P::NEAR) || !known.claims(now_ms) {
                return;
            }
        }
        let (there, slot) = (platform.clone(), slot.clone());
        platform.defer(Box::pin(async move { exchange(&there, &slot, &known, TELL_MS).await }));
    }
}

/// Tells the record what waits, and takes a copy of it.
async fn exchange<P: Platform>(platform: &P, slot: &Slot, known: &RefCell<Known>, deadline_ms: u32) {
    let asked_ms = platform.now_ms();
    let (terms, witnesses) = {
        let mut known = known.borrow_mut();
        let Some(terms) = known.terms else { return };
        (terms, known.tool.take())
    };
    let name = account(&slot.tenant.name, &slot.name);
    let account = AccountName { name: &name, placement: slot.tenant.limits.placement };
    let transition = Transition::Witness(terms, witnesses);
    let outcome = platform.apply(account, &transition, deadline_ms).await;
    let mut known = known.borrow_mut();
    known.asking_ms = 0;
    known.failed = outcome.is_err();
    match outcome {
        // Others may have begun anew under other terms meanwhile.
        Ok(Outcome::Evidence(standing)) if known.terms == Some(terms) => {
            known.tool.refresh(standing, asked_ms)
        }
        Ok(_) => {}
        // A wrong one that is told twice closes no less; a right one counts once by its pair.
        Err(_) => {
            if let Transition::Witness(_, witnesses) = transition {
                known.tool.keep(witnesses);
            }
        }
    }
}
