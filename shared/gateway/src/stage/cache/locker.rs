//! A tenant's keys: for digests that name what is kept, and for sealing it.

use super::key::{Key, Parts};
use crate::mcp::seal::Sealer;
use crate::tenant::{Redaction, Tenant};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use hmac::Hmac;
use sha2::{Digest as _, Sha256};
use std::cell::OnceCell;

/// Bytes of a nonce of XChaCha20: random ones never meet.
pub(super) const NONCE_BYTES: usize = 24;
/// In front of everything of this stage in the store.
const PREFIX: &str = "cache/";
/// Places of one tool's answers in a store that deletes nothing by itself.
const PLACES: u16 = 4_096;

/// The keys of one tenant.
pub struct Locker {
    /// With its key taken in: each digest begins with a copy.
    digest: Hmac<Sha256>,
    cipher: XChaCha20Poly1305,
    /// What fingerprints are keyed by.
    pub(super) facts: [u8; 16],
    /// Whether answers may lie in the store: not where the tenant's data has to stay in a jurisdiction.
    pub(super) stores: bool,
    /// Digest of what the tenant's settings say of redaction.
    settings: OnceCell<[u8; 32]>,
}

impl Locker {
    /// From the newest master key, so that a new one leaves what was kept unread. None is never expected.
    pub(super) fn new(sealer: &Sealer, tenant: &Tenant) -> Option<Self> {
        let keys = sealer.derive::<96>(b"postern/cache/1", &tenant.name)?;
        let (digest, cipher) = keys.split_first_chunk::<64>()?;
        let digest = Hmac::<Sha256>::new(&(*digest).into());
        let mut facts = Parts::new(digest.clone());
        facts.part(b"f");
        Some(Self {
            facts: *facts.finish().first_chunk()?,
            digest,
            cipher: XChaCha20Poly1305::new_from_slice(cipher).ok()?,
            stores: tenant.limits.placement.jurisdiction.is_empty(),
            settings: OnceCell::new(),
        })
    }

    /// Begins a digest; `purpose` tells apart what it names.
    pub(super) fn parts(&self, purpose: u8) -> Parts {
        let mut parts = Parts::new(self.digest.clone());
        parts.part(&[purpose]);
        parts
    }

    /// Digest of the tenant's redaction, made once. There is one redaction in a tenant.
    pub(super) fn settings(&self, redaction: &Redaction) -> [u8; 32] {
        *self.settings.get_or_init(|| Sha256::digest(format!("{redaction:?}")).into())
    }

    /// What is sealed is good under this key only.
    pub(super) fn seal(&self, key: &Key, nonce: [u8; NONCE_BYTES], plain: &[u8]) -> Option<Vec<u8>> {
        let sealed = self.cipher.encrypt(&nonce.into(), Payload { msg: plain, aad: key }).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    pub(super) fn open(&self, key: &Key, value: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = value.split_first_chunk::<NONCE_BYTES>()?;
        self.cipher.decrypt(&(*nonce).into(), Payload { msg: sealed, aad: key }).ok()
    }

    /// Where the answer under `key` of the tool `name` lies in the store. Where nothing is deleted by itself, what a
    /// tool keeps is bounded: two keys may have one place, and whoever opens the other's finds nothing.
    pub(super) fn place(&self, key: &Key, name: &str, expires: bool) -> String {
        let mut place = PREFIX.to_owned();
        if expires {
            URL_SAFE_NO_PAD.encode_string(key, &mut place);
            return place;
        }
        self.of_tool(b's', name, &mut place);
        let [high, low, ..] = *key;
        place.push_str(&format!("/{}", u16::from_be_bytes([high, low]) % PLACES));
        place
    }

    /// Where the epoch of a tool lies; of the whole tenant without a name.
    pub(super) fn epoch_place(&self, name: &str) -> String {
        let mut place = [PREFIX, "epoch/"].concat();
        self.of_tool(b'e', name, &mut place);
        place
    }

    fn of_tool(&self, purpose: u8, name: &str, out: &mut String) {
        let mut parts = self.parts(purpose);
        parts.part(name.as_bytes());
        URL_SAFE_NO_PAD.encode_string(parts.finish(), out);
    }
}
