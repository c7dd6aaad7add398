//! What services said a little while ago. Texts are not kept, only keyed digests of them, and findings as positions.

use super::About;
use super::span::Span;
use crate::limits;
use crate::platform::Platform;
use crate::tenant::Dlp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// What a service said of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// It must not pass.
    Block,
    /// These parts must not pass; none at all is no objection. In order, without overlaps.
    Spans(Rc<[Span]>),
}

/// HMAC-SHA-256 of all that a verdict depends on, by a key of this isolate's own.
type Key = [u8; 32];

/// Bytes of the secret key: a block of SHA-256, which HMAC takes as it is.
const SECRET_BYTES: usize = 64;

/// At most [`limits::DLP_VERDICTS`] of them, the oldest leaving first.
#[derive(Default)]
pub(super) struct Verdicts {
    secret: Option<[u8; SECRET_BYTES]>,
    map: HashMap<Key, (Kept, u64)>,
    /// The keys of `map` in the order of their arrival; exactly as many as in `map`.
    order: VecDeque<Key>,
}

impl Verdicts {
    /// The key of a text and all that is said of it. Each part comes with its length, so that two never meet.
    pub fn key<P: Platform>(&mut self, platform: &P, dlp: &Dlp, about: &About<'_>, text: &str) -> Key {
        let secret = self.secret.get_or_insert_with(|| {
            let mut secret = [0; SECRET_BYTES];
            platform.fill(&mut secret);
            secret
        });
        let mut digest = Hmac::<Sha256>::new(&(*secret).into());
        let direction = about.direction.name();
        for part in
            [about.tenant, &dlp.name, direction, about.tool, about.server, about.agent, about.user, text]
        {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
        digest.finalize().into_bytes().into()
    }

    pub fn get(&self, key: &Key, now_ms: u64) -> Option<Kept> {
        self.map.get(key).filter(|(_, until_ms)| now_ms < *until_ms).map(|(kept, _)| kept.clone())
    }

    /// Keeps a verdict for `life_ms`, unless it has too many findings.
    pub fn put(&mut self, key: Key, kept: &Kept, now_ms: u64, life_ms: u64) {
        let large = matches!(kept, Kept::Spans(spans) if spans.len() > limits::DLP_SPANS);
        if life_ms == 0 || large {
            return;
        }
        if self.map.insert(key, (kept.clone(), now_ms.saturating_add(life_ms))).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > limits::DLP_VERDICTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
        }
    }
}
