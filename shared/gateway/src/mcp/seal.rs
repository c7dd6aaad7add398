//! Sealed tokens: state that the gateway hands out and takes back unread and unchanged.
//!
//! `1.<kid>.<base64url(nonce || box)>`, XChaCha20-Poly1305; key = HKDF-SHA-256(master of kid,
//! info = `postern/seal/1` | purpose | tenant), associated data = purpose | endpoint, fields length-prefixed. The
//! sealed body names principal, times, upstream alias and payload.

use crate::codec;
use crate::limits;
use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;

/// What a token is for; one purpose's token never opens as another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A legacy session id: 24 h, 2 KB.
    Session,
    /// A posted answer on its way to the request that waits for it: 15 min.
    Answer,
    /// What a session is subscribed to at modern upstreams, at its meeting: 24 h, 44 KB.
    Subscriptions,
    /// `requestState`: 15 min, 22 KB (16 KB of the upstream's).
    State,
    /// A list cursor: 1 h, 4 KB.
    Cursor,
    /// The id of a server request: 15 min, 2 KB.
    Ask,
    /// An event id: 1 h, 2 KB.
    Event,
    /// A task id: 7 days at most, 4 KB.
    Task,
    /// Questions of a task that are open, in the store: 15 min, 22 KB.
    Asked,
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

impl Purpose {
    /// Longest life in ms, whatever the caller asks.
    #[must_use]
    pub const fn max_life_ms(self) -> u64 {
        const MINUTE: u64 = 60_000;
        match self {
            Self::Session | Self::Subscriptions => 24 * 60 * MINUTE,
            Self::State | Self::Ask | Self::Answer | Self::Asked => 15 * MINUTE,
            Self::Cursor | Self::Event => 60 * MINUTE,
            Self::Task => 7 * 24 * 60 * MINUTE,
        }
    }

    /// Longest token in bytes. A session id and an event id are headers, an ask is a request id.
    #[must_use]
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Session | Self::Ask | Self::Event => 2048,
            Self::Cursor | Self::Task => 4096,
            Self::State | Self::Asked => 22 * 1024,
            Self::Subscriptions => 44 * 1024,
            Self::Answer => limits::MEETING_BYTES,
        }
    }

    /// Its name in keys and associated data.
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Session => b"session",
            Self::State => b"state",
            Self::Subscriptions => b"subscriptions",
            Self::Cursor => b"cursor",
            Self::Ask => b"ask",
            Self::Answer => b"answer",
            Self::Event => b"event",
            Self::Task => b"task",
            Self::Asked => b"asked",
        }
    }
}

const FORMAT: &str = "1";
const NONCE_BYTES: usize = 24;
/// More keys than a rotation needs are a mistake.
const KEYS_MAX: usize = 4;

/// Seals with the first key, opens with every key.
pub struct Sealer {
    keys: Vec<(String, [u8; 32])>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

/// What is inside the box.
#[derive(Serialize, Deserialize)]
struct Body {
    principal: [u8; 32],
    issued_ms: u64,
    expires_ms: u64,
    alias: String,
    payload: Vec<u8>,
}

impl Sealer {
    /// From `kid:base64-of-32-bytes,kid:...`, the value of `POSTERN_SEAL_KEYS`. The first key seals, all open.
    ///
    /// # Errors
    /// [`SealKeyError`] for no key, a malformed or repeated kid, a key that is not 32 bytes, or one of equal bytes.
    pub fn from_keys(keys: &str) -> Result<Self, SealKeyError> {
        let mut parsed: Vec<(String, [u8; 32])> = Vec::new();
        for (i, item) in keys.split(',').map(str::trim).filter(|item| !item.is_empty()).enumerate() {
            let (kid, key) = parse_key(item)
                .map_err(|why| SealKeyError { why: format!("POSTERN_SEAL_KEYS: key {} {why}", i + 1) })?;
            if parsed.iter().any(|(known, _)| *known == kid) {
                return Err(SealKeyError {
                    why: format!("POSTERN_SEAL_KEYS: the key id `{kid}` occurs twice"),
                });
            }
            parsed.push((kid, key));
        }
        match parsed.len() {
            0 => Err(SealKeyError {
                why: "POSTERN_SEAL_KEYS: no key; set it to `k1:` and the output of `openssl rand -base64 32`"
                    .into(),
            }),
            n if n > KEYS_MAX => Err(SealKeyError {
                why: format!("POSTERN_SEAL_KEYS: {n} keys; keep the newest and its predecessor"),
            }),
            _ => Ok(Self { keys: parsed }),
        }
    }

    /// A key for digests that mean nothing outside: of the newest master key, and for no sealed token.
    #[must_use]
    pub fn digest_key(&self) -> [u8; 16] {
        let mut key = [0; 16];
        if let Some((_, master)) = self.keys.first() {
            // Fails for keys of more than 8 KB only.
            let _ = Hkdf::<Sha256>::new(None, master).expand(b"postern/digest/1", &mut key);
        }
        key
    }

    /// A key of a tenant's for `purpose`, which is no token's: of the newest master key. `None` when it is too long.
    #[must_use]
    pub fn derive<const BYTES: usize>(&self, purpose: &[u8], tenant: &str) -> Option<[u8; BYTES]> {
        let (_, master) = self.keys.first()?;
        let mut key = [0; BYTES];
        let info = fields(&[purpose, tenant.as_bytes()]);
        Hkdf::<Sha256>::new(None, master).expand(&info, &mut key).ok()?;
        Some(key)
    }

    /// Seals `payload`. `nonce` must come from the platform's random source. The life is cut to the purpose's.
    ///
    /// # Errors
    /// [`TooLarge`] if the token would exceed [`Purpose::max_bytes`].
    pub fn seal(
        &self,
        purpose: Purpose,
        binding: &Binding<'_>,
        now_ms: u64,
        life_ms: u64,
        nonce: [u8; NONCE_BYTES],
        payload: &[u8],
    ) -> Result<String, TooLarge> {
        let body = Body {
            principal: binding.principal,
            issued_ms: now_ms,
            expires_ms: now_ms.saturating_add(life_ms.min(purpose.max_life_ms())),
            alias: binding.alias.to_owned(),
            payload: payload.to_owned(),
        };
        let body = codec::encode(&body, purpose.max_bytes()).map_err(|_| TooLarge)?;
        let (kid, master) = self.keys.first().ok_or(TooLarge)?;
        let cipher = cipher(master, purpose, binding.tenant).ok_or(TooLarge)?;
        let aad = fields(&[purpose.name(), binding.endpoint.as_bytes()]);
        let sealed =
            cipher.encrypt(&XNonce::from(nonce), Payload { msg: &body, aad: &aad }).map_err(|_| TooLarge)?;
        let mut token = format!("{FORMAT}.{kid}.");
        URL_SAFE_NO_PAD.encode_string([&nonce[..], &sealed].concat(), &mut token);
        if token.len() > purpose.max_bytes() { Err(TooLarge) } else { Ok(token) }
    }

    /// Opens a token for the caller who presents it. Purpose, tenant, endpoint and principal must be those it was
    /// sealed for.
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
        if token.len() > purpose.max_bytes() {
            return Err(SealError::Malformed);
        }
        let mut parts = token.splitn(3, '.');
        let (Some(FORMAT), Some(kid), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SealError::Malformed);
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Malformed)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Malformed)?;
        let master = self.keys.iter().find(|(known, _)| known == kid).map(|(_, key)| key);
        let cipher = master.and_then(|key| cipher(key, purpose, tenant)).ok_or(SealError::UnknownKey)?;
        let aad = fields(&[purpose.name(), endpoint.as_bytes()]);
        let body = cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad })
            .map_err(|_| SealError::Forged)?;
        let body: Body = codec::decode(&body, purpose.max_bytes()).map_err(|_| SealError::Malformed)?;
        if body.principal != *principal {
            return Err(SealError::Foreign);
        }
        if now_ms >= body.expires_ms {
            return Err(SealError::Expired);
        }
        let Body { issued_ms, expires_ms, alias, payload, .. } = body;
        Ok(Opened { alias, payload, issued_ms, expires_ms })
    }
}

fn parse_key(item: &str) -> Result<(String, [u8; 32]), &'static str> {
    let (kid, key) = item.split_once(':').ok_or("is not of the form `kid:base64`")?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if kid.is_empty() || kid.len() > 16 || !kid.bytes().all(legal) {
        return Err("has an id that is not 1 to 16 of A-Z, a-z, 0-9, - and _");
    }
    // `openssl rand -base64 32` pads, other tools do not.
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, lenient).decode(key).map_err(|_| "is not base64")?;
    let key: [u8; 32] = bytes.try_into().map_err(|_| "is not 32 bytes long")?;
    if key.iter().all(|byte| Some(byte) == key.first()) {
        return Err("is not random");
    }
    Ok((kid.to_owned(), key))
}

/// The cipher of one purpose and tenant. `None` cannot happen: HKDF-SHA-256 gives up to 8,160 bytes.
fn cipher(master: &[u8; 32], purpose: Purpose, tenant: &str) -> Option<XChaCha20Poly1305> {
    let mut key = [0; 32];
    let info = fields(&[b"postern/seal/1", purpose.name(), tenant.as_bytes()]);
    Hkdf::<Sha256>::new(None, master).expand(&info, &mut key).ok()?;
    Some(XChaCha20Poly1305::new(&Key::from(key)))
}

/// Fields with their lengths before them, so that no two lists give the same bytes.
fn fields(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests;
