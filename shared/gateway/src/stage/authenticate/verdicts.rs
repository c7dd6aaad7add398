//! Verdicts on tokens that were accepted, so that a signature is verified once a minute and not once a call.

use super::Caller;
use crate::limits;
use crate::tenant::Tenant;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// SHA-256 of the tenant's name (with its length) and the token: tokens of two tenants never meet.
pub type TokenDigest = [u8; 32];

/// The cache key of `token` at `tenant`.
pub fn digest(tenant: &Tenant, token: &str) -> TokenDigest {
    let mut digest = Sha256::new();
    digest.update((tenant.name.len() as u64).to_le_bytes());
    digest.update(&tenant.name);
    digest.update(token);
    digest.finalize().into()
}

/// At most [`limits::VERDICTS`] of them, the oldest leaving first. Verdicts live a minute at most, so the order of
/// arrival is nearly the order of expiry, and leaving costs O(1).
#[derive(Default)]
pub struct Verdicts {
    map: HashMap<TokenDigest, (Rc<Caller>, u64)>,
    /// The keys of `map` in the order of their arrival; exactly as many as in `map`.
    order: VecDeque<TokenDigest>,
}

impl Verdicts {
    /// The caller of a token accepted before, while that holds.
    pub fn get(&self, key: &TokenDigest, now_ms: u64) -> Option<Rc<Caller>> {
        self.map.get(key).filter(|(_, until_ms)| now_ms < *until_ms).map(|(caller, _)| Rc::clone(caller))
    }

    /// Keeps a verdict until `expires_ms` or for [`limits::VERDICT_MS`], whatever ends first.
    pub fn put(&mut self, key: TokenDigest, caller: Rc<Caller>, now_ms: u64, expires_ms: u64) {
        let until_ms = expires_ms.min(now_ms.saturating_add(limits::VERDICT_MS));
        if self.map.insert(key, (caller, until_ms)).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > limits::VERDICTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
        }
    }
}
