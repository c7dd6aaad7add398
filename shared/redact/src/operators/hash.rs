//! Keyed hashes: the same value has the same one within a tenant and type. Without the key nobody can try all nine-digit
//! numbers.

use super::keys::{Key, mac};
use super::{base32, canonical};

/// Characters of the hash: 100 bits.
pub(super) const CHARACTERS: usize = 20;

/// `US_SSN_` and the hash.
pub(super) fn of(key: &Key, tenant: &str, kind: &str, value: &str) -> String {
    let hash = mac(&key.derive("hash", &[tenant, kind]), canonical(value).as_bytes());
    format!("{kind}_{}", base32::encode(&hash, CHARACTERS))
}
