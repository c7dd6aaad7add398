//! A tenant's keys, and what is derived from them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Separates what is derived here from what anybody else derives from the same secret.
const DOMAIN: &str = "postern-redact/1";
/// Longest name of a key.
const ID_BYTES: usize = 16;
/// Shortest secret.
const SECRET_BYTES: usize = 32;
/// The block of SHA-256.
const BLOCK_BYTES: usize = 64;

/// A secret with a name.
#[derive(Clone)]
pub struct Key {
    id: String,
    /// As HMAC takes it: with zeros up to a block, which is what it makes of a shorter one itself.
    block: [u8; BLOCK_BYTES],
}

/// Keys by name, the newest first: it seals, all of them open.
#[derive(Debug, Clone)]
pub struct Keys {
    newest: Key,
    older: Vec<Key>,
}

/// What is wrong with keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// A name is no 1 to 16 small letters and digits.
    Id,
    /// A secret has not 32 to 64 bytes.
    Secret,
    /// Two have the same name.
    Twice,
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Id => "a key's name has 1 to 16 small letters and digits",
            Self::Secret => "a key has 32 to 64 bytes",
            Self::Twice => "two keys have the same name",
        })
    }
}

impl std::error::Error for KeyError {}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Key {
    /// A key of 32 to 64 random bytes.
    ///
    /// # Errors
    /// When the name or the length is wrong.
    pub fn new(id: &str, secret: &[u8]) -> Result<Self, KeyError> {
        if !is_id(id) {
            return Err(KeyError::Id);
        }
        let mut block = [0; BLOCK_BYTES];
        match block.get_mut(..secret.len()) {
            Some(head) if secret.len() >= SECRET_BYTES => head.copy_from_slice(secret),
            _ => return Err(KeyError::Secret),
        }
        Ok(Self { id: id.to_owned(), block })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// A key for one purpose: HMAC-SHA-256 of all parts, each with its length, so that no two lists look alike.
    pub(super) fn derive(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new(&self.block.into());
        for part in [DOMAIN, purpose].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

impl Keys {
    /// Keys of a tenant: the newest, and older ones that may still open.
    ///
    /// # Errors
    /// When two have the same name.
    pub fn new(newest: Key, older: Vec<Key>) -> Result<Self, KeyError> {
        let ids: Vec<&str> = older.iter().map(Key::id).chain([newest.id()]).collect();
        if ids.iter().enumerate().any(|(at, id)| ids.iter().take(at).any(|other| other == id)) {
            return Err(KeyError::Twice);
        }
        Ok(Self { newest, older })
    }

    /// The name of the newest one.
    #[must_use]
    pub fn id(&self) -> &str {
        self.newest.id()
    }

    pub(super) const fn newest(&self) -> &Key {
        &self.newest
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.newest).chain(&self.older).find(|key| key.id == id)
    }
}

/// HMAC-SHA-256 by a derived key.
pub(super) fn mac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK_BYTES];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(data);
    mac.finalize().into_bytes().into()
}

pub(super) fn is_id(id: &str) -> bool {
    (1..=ID_BYTES).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
