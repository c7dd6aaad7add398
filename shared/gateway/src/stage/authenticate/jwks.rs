//! Key sets of issuers: fetched, kept, rolled over.
//!
//! A set serves for 24 hours and is refreshed behind a request after about one. An unknown `kid` has it fetched at
//! once, though at most every five minutes an issuer: until then every unknown `kid` is refused from memory. A
//! failed fetch keeps the last good set; a good one replaces it whole, so that a withdrawn key is gone.
//!
//! One request fetches at a time. No request waits for another's future: the others look again on timers of
//! their own, and take over when the claim was given up (its request was dropped) or ran out.

use super::keys::{Key, KeySet};
use crate::address;
use crate::limits;
use crate::mcp::json::{Bounds, Json};
use crate::platform::{Body as _, HttpMethod, Outgoing, Platform};
use crate::tenant::{Issuer, KeySource};
use crate::within::within;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

/// How long a set may be used without having been fetched again, in ms.
const LIFE_MS: u64 = 24 * 3_600_000;
/// A set older than this is refreshed behind a request, in ms; less up to [`JITTER_MS`].
const REFRESH_MS: u64 = 3_600_000;
/// Spreads the refreshes of many isolates, in ms.
const JITTER_MS: u64 = 600_000;
/// Least time between two fetches for an unknown `kid`, and after a failed refresh, in ms.
const UNKNOWN_MS: u64 = 300_000;
/// Least time between two fetches while there is no set at all, in ms.
const RETRY_MS: u64 = 10_000;
/// Deadline for one document, in ms.
const DOCUMENT_MS: u32 = 4_000;
/// Life of a claim in ms: store, two discovery documents, one key set, and room.
const CLAIM_MS: u64 = 15_000;
/// Looks at a ring before giving up: more than a claim's life in waits of 50 ms.
const LOOKS: u32 = 400;

/// The key sets of all issuers of a bundle, by the issuer's name.
#[derive(Default)]
pub struct Rings(RefCell<HashMap<String, Rc<Ring>>>);

impl Rings {
    /// The key of `issuer` with this `kid`.
    ///
    /// # Errors
    /// `kid_unknown` or `keys_unavailable`, for the audit trail.
    pub async fn key<P: Platform>(
        &self,
        platform: &P,
        issuer: &Rc<Issuer>,
        kid: &str,
    ) -> Result<Rc<Key>, &'static str> {
        let ring = self.of(issuer);
        for turn in 0..LOOKS {
            match ring.look(kid, platform.now_ms()) {
                Look::Found(key) => return Ok(key),
                Look::Aging(key) => {
                    let claim = Claim::new(&ring, platform.now_ms());
                    let platform_behind = platform.clone();
                    platform.defer(Box::pin(async move {
                        refresh(&platform_behind, claim, &Want::Newer).await;
                    }));
                    return Ok(key);
                }
                Look::Refused(reason) => return Err(reason),
                Look::Busy => platform.sleep(5 << turn.min(3)).await,
                Look::Fetch(want) => {
                    let claim = Claim::new(&ring, platform.now_ms());
                    refresh(platform, claim, &want).await;
                }
            }
        }
        Err("keys_unavailable")
    }

    fn of(&self, issuer: &Rc<Issuer>) -> Rc<Ring> {
        let mut rings = self.0.borrow_mut();
        let ring = rings.entry(issuer.name.clone()).or_insert_with(|| Rc::new(Ring::new(issuer)));
        Rc::clone(ring)
    }
}

/// One issuer's keys.
struct Ring {
    issuer: Rc<Issuer>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    set: Option<Rc<KeySet>>,
    /// When `set` was fetched, in ms; `u64::MAX` for one that is part of the settings.
    fetched_ms: u64,
    /// When `set` is to be refreshed behind a request.
    refresh_ms: u64,
    /// Until when a request is fetching.
    claimed_until_ms: u64,
    /// No fetch for an unknown `kid` before.
    unknown_from_ms: u64,
    /// No fetch without a set before.
    retry_from_ms: u64,
}

/// What a request finds.
enum Look {
    Found(Rc<Key>),
    /// Usable, and this request is the one to have the set refreshed.
    Aging(Rc<Key>),
    Refused(&'static str),
    /// Another request is fetching.
    Busy,
    Fetch(Want),
}

/// What a fetch is for, and so which stored copy saves it.
enum Want {
    /// Any set.
    Any,
    /// One newer than ours.
    Newer,
    /// One with this `kid`.
    Kid(String),
}

impl Ring {
    fn new(issuer: &Rc<Issuer>) -> Self {
        let mut state = State::default();
        if let KeySource::Static(text) = &issuer.keys {
            // `compile` refused a set that does not parse; an empty one refuses every token.
            let set = KeySet::parse(text.as_bytes(), &issuer.algorithms).unwrap_or_default();
            state = State { set: Some(Rc::new(set)), fetched_ms: u64::MAX, ..state };
        }
        Self { issuer: Rc::clone(issuer), state: RefCell::new(state) }
    }

    fn look(&self, kid: &str, now_ms: u64) -> Look {
        let state = self.state.borrow();
        let busy = now_ms < state.claimed_until_ms;
        let fixed = state.fetched_ms == u64::MAX;
        let usable = state.set.as_ref().filter(|_| now_ms < state.fetched_ms.saturating_add(LIFE_MS));
        let Some(set) = usable else {
            return match () {
                () if busy => Look::Busy,
                () if now_ms < state.retry_from_ms => Look::Refused("keys_unavailable"),
                () => Look::Fetch(Want::Any),
            };
        };
        match set.find(kid) {
            Some(key) if fixed || busy || now_ms < state.refresh_ms => Look::Found(Rc::clone(key)),
            Some(key) => Look::Aging(Rc::clone(key)),
            None if fixed => Look::Refused("kid_unknown"),
            None if busy => Look::Busy,
            None if now_ms < state.unknown_from_ms => Look::Refused("kid_unknown"),
            None => Look::Fetch(Want::Kid(kid.to_owned())),
        }
    }

    fn replace(&self, set: KeySet, fetched_ms: u64, jitter_ms: u64) {
        let mut state = self.state.borrow_mut();
        state.set = Some(Rc::new(set));
        state.fetched_ms = fetched_ms;
        state.refresh_ms = fetched_ms.saturating_add(REFRESH_MS - jitter_ms);
        state.retry_from_ms = 0;
    }
}

/// Where the store keeps an issuer's set. Name and source are in it: a changed `url` or `jwks_url` must not meet the
/// old one's keys.
pub fn store_key(issuer: &Issuer) -> String {
    let mut digest = Sha256::new();
    digest.update(&issuer.url);
    if let KeySource::Url(url) = &issuer.keys {
        digest.update([0]);
        digest.update(url);
    }
    let mut key = format!("jwks/{}/", issuer.name);
    for byte in digest.finalize().iter().take(8) {
        let _ = write!(key, "{byte:02x}");
    }
    key
}

/// The right to fetch, until it is dropped or runs out.
struct Claim(Rc<Ring>);

impl Claim {
    fn new(ring: &Rc<Ring>, now_ms: u64) -> Self {
        ring.state.borrow_mut().claimed_until_ms = now_ms.saturating_add(CLAIM_MS);
        Self(Rc::clone(ring))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.state.borrow_mut().claimed_until_ms = 0;
    }
}

/// Fills the ring from the store when that is good enough, else from the issuer.
async fn refresh<P: Platform>(platform: &P, claim: Claim, want: &Want) {
    let ring = &claim.0;
    let mut random = [0; 8];
    platform.fill(&mut random);
    let jitter_ms = u64::from_le_bytes(random) % JITTER_MS;
    if from_store(platform, ring, want, jitter_ms).await {
        return;
    }
    let fetched = from_issuer(platform, &ring.issuer).await;
    let now_ms = platform.now_ms();
    match fetched {
        Some((set, text)) => {
            ring.replace(set, now_ms, jitter_ms);
            let mut stored = format!("{now_ms}\n").into_bytes();
            stored.extend_from_slice(&text);
            let life_s = u32::try_from(LIFE_MS / 1000).unwrap_or(u32::MAX);
            platform.remember(&store_key(&ring.issuer), stored, life_s).await;
        }
        None => {
            let mut state = ring.state.borrow_mut();
            state.retry_from_ms = now_ms.saturating_add(RETRY_MS);
            state.refresh_ms = now_ms.saturating_add(UNKNOWN_MS);
        }
    }
    // Only now: when this request is dropped before, the next one has to fetch.
    if matches!(want, Want::Kid(_)) {
        ring.state.borrow_mut().unknown_from_ms = now_ms.saturating_add(UNKNOWN_MS);
    }
}

/// Adopts the set that another isolate stored, when it is newer than ours and good for `want`.
async fn from_store<P: Platform>(platform: &P, ring: &Ring, want: &Want, jitter_ms: u64) -> bool {
    let store_key = store_key(&ring.issuer);
    let recall = platform.recall(&store_key);
    let Some(Some(stored)) = within(platform, DOCUMENT_MS, recall).await else {
        return false;
    };
    let Some((fetched_ms, set)) = parse_stored(&stored, &ring.issuer) else {
        return false;
    };
    let now_ms = platform.now_ms();
    let ours_ms = if ring.state.borrow().set.is_some() { ring.state.borrow().fetched_ms } else { 0 };
    // A time ahead of our clock by more than its error would never be refreshed.
    if fetched_ms <= ours_ms || fetched_ms > now_ms.saturating_add(60_000) {
        return false;
    }
    let good = match want {
        Want::Any => now_ms < fetched_ms.saturating_add(LIFE_MS),
        Want::Newer => now_ms < fetched_ms.saturating_add(REFRESH_MS - jitter_ms),
        Want::Kid(kid) => set.find(kid).is_some(),
    };
    if good {
        ring.replace(set, fetched_ms, jitter_ms);
    }
    good
}

/// `MILLISECONDS\nKEYSET`; checked like one from the issuer.
fn parse_stored(stored: &[u8], issuer: &Issuer) -> Option<(u64, KeySet)> {
    let end = stored.iter().position(|byte| *byte == b'\n')?;
    let fetched_ms = std::str::from_utf8(stored.get(..end)?).ok()?.parse().ok()?;
    Some((fetched_ms, KeySet::parse(stored.get(end + 1..)?, &issuer.algorithms).ok()?))
}

/// The issuer's key set and its text. A set without one usable key counts as a failure: it would lock everyone out.
async fn from_issuer<P: Platform>(platform: &P, issuer: &Issuer) -> Option<(KeySet, Vec<u8>)> {
    let url = match &issuer.keys {
        KeySource::Static(_) => return None,
        KeySource::Url(url) => url.clone(),
        KeySource::Discover => discover(platform, issuer).await?,
    };
    let text = document(platform, url).await?;
    let set = KeySet::parse(&text, &issuer.algorithms).ok().filter(|set| !set.is_empty())?;
    Some((set, text))
}

/// `jwks_uri` of the issuer's metadata: OpenID Connect Discovery 4 first, then RFC 8414 3. The document must name
/// this very issuer, and a key set at the issuer's own origin; another place has to be in the settings.
async fn discover<P: Platform>(platform: &P, issuer: &Issuer) -> Option<String> {
    for url in discovery_urls(&issuer.url) {
        if let Some(text) = document(platform, url).await
            && let Some(found) = jwks_uri(text, issuer)
        {
            return Some(found);
        }
    }
    None
}

fn discovery_urls(issuer: &str) -> Vec<String> {
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    let origin = address::origin(base).unwrap_or(base);
    let path = base.strip_prefix(origin).unwrap_or_default();
    vec![
        format!("{base}/.well-known/openid-configuration"),
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
    ]
}

fn jwks_uri(text: Vec<u8>, issuer: &Issuer) -> Option<String> {
    let bounds = Bounds {
        bytes: limits::JWKS_BYTES,
        depth: 16,
        nodes: 10_000,
        key_bytes: 256,
        string_bytes: 32 * 1024,
        number_chars: 64,
    };
    let json = Json::parse_owned(text, &bounds).ok()?;
    let text = |name| json.get(json.root(), name).and_then(|node| json.string(node));
    if text("issuer")? != issuer.url.as_str() {
        return None;
    }
    let uri = text("jwks_uri")?.into_owned();
    let same_origin =
        address::Address::parse(&uri).is_ok() && address::origin(&uri) == address::origin(&issuer.url);
    same_origin.then_some(uri)
}

/// One small JSON document: status 200, within the deadline, of at most [`limits::JWKS_BYTES`].
async fn document<P: Platform>(platform: &P, url: String) -> Option<Vec<u8>> {
    let request = Outgoing {
        method: HttpMethod::Get,
        url,
        headers: [("accept", "application/json")].into_iter().collect(),
        body: Vec::new(),
    };
    let answer = async {
        let incoming = platform.fetch(request).await.ok().filter(|incoming| incoming.status == 200)?;
        incoming.body.whole(limits::JWKS_BYTES).await.ok()
    };
    within(platform, DOCUMENT_MS, answer).await.flatten()
}
