//! Reversible tokens: `tok_us-ssn_k1_` and the sealed value in base64url.
//!
//! AES-256-SIV (RFC 5297) is deterministic: the same value is the same token within a scope, so that joins work, and nothing
//! else is told but its length. Tenant, type, agent and direction are associated data: a token opens in its scope only.

use super::Scope;
use super::keys::{Key, Keys, is_id};
use aes_siv::KeyInit as _;
use aes_siv::siv::Aes256Siv;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::borrow::Cow;

/// What every token begins with.
const PREFIX: &str = "tok_";
/// The shortest that can be sealed in base64url: the tag of an empty value.
const SHORTEST: usize = 22;

/// The parts of a token.
pub(super) struct Token<'t> {
    /// Its type as tokens write it.
    pub kind: &'t str,
    key: &'t str,
    sealed: &'t str,
}

impl<'t> Token<'t> {
    /// Reads a token; one that is cut off or has other characters is none.
    pub fn read(text: &'t str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.splitn(3, '_');
        let (kind, key, sealed) = (parts.next()?, parts.next()?, parts.next()?);
        let good = !kind.is_empty() && is_id(key) && sealed.len() >= SHORTEST && sealed.bytes().all(is_part);
        good.then_some(Self { kind, key, sealed })
    }
}

/// How a type is written in tokens: `us-ssn`.
fn written(kind: &str) -> String {
    kind.to_ascii_lowercase().replace('_', "-")
}

/// Whether a byte may be in a token.
pub(super) const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn cipher(key: &Key, tenant: &str) -> Aes256Siv {
    let mut whole = [0; 64];
    let halves = [key.derive("token mac", &[tenant]), key.derive("token cipher", &[tenant])];
    for (to, from) in whole.iter_mut().zip(halves.as_flattened()) {
        *to = *from;
    }
    Aes256Siv::new(&whole.into())
}

fn associated<'a>(key: &'a Key, scope: &Scope<'a>, kind: &'a str) -> [&'a [u8]; 5] {
    [scope.tenant, kind, scope.agent, scope.direction.name(), key.id()].map(str::as_bytes)
}

/// The token of a value.
pub(super) fn seal(key: &Key, scope: &Scope<'_>, kind: &str, value: &str) -> Option<String> {
    let kind = written(kind);
    let sealed = cipher(key, scope.tenant).encrypt(associated(key, scope, &kind), value.as_bytes()).ok()?;
    Some(format!("{PREFIX}{kind}_{}_{}", key.id(), URL_SAFE_NO_PAD.encode(sealed)))
}

/// What a token stands for. All that can be wrong with it looks the same from outside.
fn open(keys: &Keys, scope: &Scope<'_>, text: &str) -> Option<String> {
    let token = Token::read(text)?;
    let key = keys.by_id(token.key)?;
    let sealed = URL_SAFE_NO_PAD.decode(token.sealed).ok()?;
    let value = cipher(key, scope.tenant).decrypt(associated(key, scope, token.kind), &sealed).ok()?;
    String::from_utf8(value).ok()
}

/// Puts values where their tokens are.
pub(super) fn restore<'t>(keys: &Keys, scope: &Scope<'_>, text: &'t str) -> (Cow<'t, str>, usize) {
    let (mut restored, mut count, mut copied, mut at) = (String::new(), 0, 0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(PREFIX)) {
        let start = at + found;
        let bytes = text.as_bytes().get(start..).unwrap_or(&[]);
        let longest = start + bytes.iter().take_while(|byte| is_part(**byte)).count();
        at = longest;
        // A letter before it may be an escape's: `\\ntok_...`. A hyphen or underscore behind it may be the sentence's.
        for end in (start..=longest).rev().take(3) {
            if let Some(value) = text.get(start..end).and_then(|token| open(keys, scope, token)) {
                restored.push_str(text.get(copied..start).unwrap_or(""));
                restored.push_str(&value);
                (copied, count) = (end, count + 1);
                break;
            }
            if !matches!(text.as_bytes().get(end.saturating_sub(1)), Some(b'_' | b'-')) {
                break;
            }
        }
    }
    if count == 0 {
        return (Cow::Borrowed(text), 0);
    }
    restored.push_str(text.get(copied..).unwrap_or(""));
    (Cow::Owned(restored), count)
}
