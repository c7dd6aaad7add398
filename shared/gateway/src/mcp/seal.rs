//! Sealed tokens: state that the gateway hands out and takes back unread and unchanged.
//!
//! `1.<kid>.<base64url(nonce || box)>`, XChaCha20-Poly1305; key = HKDF-SHA-256(master of kid,
//! info = `postern/seal/1` | purpose | tenant), associated data = purpose | endpoint, fields length-prefixed. The
//! sealed body names principal, times, upstream alias and payload.

use std::fmt;

/// What a token is for; one purpose's token never opens as another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A legacy session id: 24 h, 2 KB.
    Session,
    /// `requestState`: 15 min, 16 KB.
    State,
    /// A list cursor: 1 h, 4 KB.
    Cursor,
    /// The id of a server request: 15 min, 2 KB.
    Ask,
    /// An event id: 1 h, 2 KB.
    Event,
    /// A task id: 7 days at most, 4 KB.
    Task,
}

/// What a token is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The tenant's name.
    pub tenant: &'a str,
    /// The endpoint's path.
    pub endpoint: &'a str,
    /// Digest of issuer, tenant, agent and subject.
    pub principal: [u8; 32],
    /// The upstream it belongs to; empty for none.
    pub alias: &'a str,
}

/// The content of a token that opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The upstream it belongs to.
    pub alias: String,
    /// What was sealed.
    pub payload: Vec<u8>,
    /// Unix time in ms.
    pub issued_ms: u64,
    /// Unix time in ms.
    pub expires_ms: u64,
}

/// Why a token does not open. The caller is told one thing for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealError {
    /// Not a token, or longer than its purpose allows.
    Malformed,
    /// Sealed by a key that is not (or no longer) configured.
    UnknownKey,
    /// Changed, or sealed for another purpose, tenant or endpoint.
    Forged,
    /// Sealed for somebody else.
    Foreign,
    /// Its life is over.
    Expired,
}

/// The token would be longer than its purpose allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// Why seal keys are refused; public to the operator, and never repeats a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealKeyError {
    /// What is wrong and how to right it.
    pub why: String,
}

impl fmt::Display for SealKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for SealKeyError {}

/// Seals with the first key, opens with every key.
pub struct Sealer {}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// From `kid:base64-of-32-bytes,kid:...`, the value of `POSTERN_SEAL_KEYS`.
    ///
    /// # Errors
    /// [`SealKeyError`] for no key, a malformed or repeated kid, a key that is not 32 bytes, or an all-zero key.
    pub fn from_keys(keys: &str) -> Result<Self, SealKeyError> {
        let _ = keys;
        todo!("lands with the cipher")
    }

    /// Seals `payload`. `nonce` must come from the platform's random source. The life is cut to the purpose's.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn seal(
        &self,
        purpose: Purpose,
        binding: &Binding<'_>,
        now_ms: u64,
        life_ms: u64,
        nonce: [u8; 24],
        payload: &[u8],
    ) -> Result<String, TooLarge> {
        let _ = (purpose, binding, now_ms, life_ms, nonce, payload);
        todo!("lands with the cipher")
    }

    /// Opens a token for the caller who presents it.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(
        &self,
        purpose: Purpose,
        tenant: &str,
        endpoint: &str,
        principal: &[u8; 32],
        now_ms: u64,
        token: &str,
    ) -> Result<Opened, SealError> {
        let _ = (purpose, tenant, endpoint, principal, now_ms, token);
        todo!("lands with the cipher")
    }
}
