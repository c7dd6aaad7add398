//! Answers to questions that mean the same, for tools in the modes `shadow` and `serve`. What may be served is decided by
//! `postern_semantic::policy`; here is where groups and models come from, and what becomes of answers.

use super::canonical::canonical;
use super::earned;
use super::entry::Entry;
use super::groups::{self, Held};
use super::key::Key;
use super::models::Loaded;
use super::{Cache, Slot};
use crate::mcp::{Message, Outcome};
use crate::platform::{Platform, Random};
use crate::stage::redact::Clean;
use crate::tenant::CacheMode;
use postern_semantic::agreement::Band;
use postern_semantic::group::{BODY_BYTES, Body, Digest, Found, Fresh, Life};
use postern_semantic::model::Embedding;
use postern_semantic::policy::{self, Asked, Begin, Guess, Look, Mode, Rules};
use std::cell::RefCell;
use std::rc::Rc;

/// What a question has besides its slot, where its tool answers by meaning.
pub struct Meaning {
    /// The key of its group.
    pub(super) group: Key,
    /// Of its exact text.
    pub(super) text: Digest,
    /// What is embedded.
    pub(super) embedded: String,
    /// Digest of the tool as it is listed.
    pub(super) definition: [u8; 32],
}

/// What is known of a question by the time that the upstream is asked.
pub struct Pending {
    model: Rc<Loaded>,
    vector: Embedding,
    guess: Option<Guess>,
    /// Whether it could have been served, and the upstream is asked to see whether that would have been right.
    shadow: bool,
}

/// Why something is served by meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// How sure it is, 0 to 1.
    pub score: f64,
    /// The largest predicted error of its band.
    pub band: f64,
    /// The nearest question, by the digest of its text, hexadecimal.
    pub nearest: String,
}

/// What a question by meaning came to.
pub enum Alike {
    /// This answers it.
    Hit(Rc<Entry>, Score),
    /// The upstream is to be asked; the slot knows what to compare.
    Ask(Slot),
}

/// What the agent wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// A new answer.
    pub no_cache: bool,
    /// None by meaning.
    pub no_semantic: bool,
}

/// What a group has for a question, apart from the group.
struct Kept {
    answer: Digest,
    body: Body,
    created_ms: u64,
    expires_ms: u64,
}

impl Kept {
    fn of(found: Found<'_>) -> Self {
        let (entry, answer) = (found.entry, found.answer);
        let (created_ms, expires_ms) = (entry.created_ms, entry.expires_ms);
        Self { answer: answer.digest, body: answer.body.clone(), created_ms, expires_ms }
    }
}

impl Score {
    fn of(guess: &Guess) -> Self {
        let band = guess.band.map_or(1.0, Band::most);
        let nearest = guess.nearest.0.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { score: 1.0 - guess.error, band, nearest }
    }
}

impl Pending {
    /// For an answer that is fetched once more, when there is nothing to compare any longer.
    pub(super) fn again(&self) -> Self {
        let Self { model, vector, .. } = self;
        Self { model: Rc::clone(model), vector: vector.clone(), guess: None, shadow: false }
    }
}

impl Slot {
    /// Whether the upstream is asked only to see whether the cache would have been right.
    #[must_use]
    pub fn is_shadow(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.shadow)
    }

    fn rules(&self, wish: Wish) -> Rules {
        let mode = match self.caching().map(|caching| caching.mode) {
            Some(CacheMode::Exact) => Mode::Exact,
            Some(CacheMode::Shadow) => Mode::Shadow,
            Some(CacheMode::Serve) => Mode::Serve,
            None => Mode::Off,
        };
        Rules { no_cache: wish.no_cache, no_semantic: wish.no_semantic, ..Rules::of(mode) }
    }

    /// The key of an answer that is too long for its group.
    fn elsewhere(&self, meaning: &Meaning, answer: &Digest) -> Key {
        let mut parts = self.locker.parts(b'b');
        parts.part(&meaning.group);
        parts.part(&answer.0);
        parts.finish()
    }

    fn asking(self, pending: Option<Pending>) -> Alike {
        Alike::Ask(Self { pending: pending.map(Rc::new), ..self })
    }
}

impl Cache {
    /// The answer to the very same question, expired or not, from its group.
    pub(super) async fn recall_from_group<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        slot: &Slot,
        meaning: &Meaning,
    ) -> Option<Rc<Entry>> {
        let held = self.group(platform, slot, meaning).await;
        let found = {
            let held = held.borrow();
            Kept::of(held.group.exact(&meaning.text, Life::Kept, platform.now_ms())?)
        };
        // It may be known to be over, which groups do not know.
        if let Some(here) = self.here(slot).filter(|here| here.created_ms >= found.created_ms) {
            return Some(here);
        }
        let entry = self.entry(platform, slot, meaning, found).await?;
        let mut memory = self.memory.borrow_mut();
        // Of the same age, the one here knows what became of it.
        if let Some(here) = memory.get(&slot.key).filter(|here| here.created_ms >= entry.created_ms) {
            return Some(here);
        }
        memory.put(slot.key, Rc::clone(&entry));
        Some(entry)
    }

    /// Looks for an answer by meaning, when there is none to the very same question.
    ///
    /// # Errors
    /// Why its model cannot be had, for the record of the call. The upstream is to be asked.
    pub async fn alike<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        slot: Slot,
        wish: Wish,
    ) -> Result<Alike, (Slot, String)> {
        let meaning = slot.meaning.clone();
        let asset = slot.caching().and_then(|caching| caching.model.clone());
        let (Some(meaning), Some(asset)) = (meaning.as_deref(), asset) else { return Ok(slot.asking(None)) };
        let rules = slot.rules(wish);
        let (held, known) = (self.group(platform, &slot, meaning).await, self.known(&slot));
        let embeds = {
            let (held, known, coin) = (held.borrow(), known.borrow(), coin(platform));
            let group = Some(&held.group);
            let now_ms = platform.now_ms();
            matches!(policy::begin(group, &meaning.text, &rules, &known.tool, now_ms, coin), Begin::Embed)
        };
        if !embeds {
            return Ok(slot.asking(None));
        }
        let model = match self.models.get(platform, &asset).await {
            Ok(model) => model,
            Err(why) => return Err((slot, why)),
        };
        let vector = model.as_ref().and_then(|model| model.embed(&meaning.embedded));
        let (Some(model), Some(vector)) = (model, vector) else { return Ok(slot.asking(None)) };
        if let Some(terms) = earned::terms(&slot, meaning, &model) {
            self.bring(platform, &slot, &known, terms).await;
        }
        let (kept, guess, shadow) = {
            let (held, mut known, coin) = (held.borrow(), known.borrow_mut(), coin(platform));
            known.tool.embedded(model.takes_us);
            let group = held.is_of(&model.digest).then_some(&held.group);
            let asked = Asked { text: &meaning.text, vector: &vector, weights: &model.weights };
            match policy::judge(group, &asked, &rules, &mut known.tool, platform.now_ms(), coin) {
                Look::Semantic(found, guess) => (Some(Kept::of(found)), Some(guess), false),
                Look::Shadow(guess) => (None, Some(guess), true),
                Look::Miss(guess) => (None, guess, false),
            }
        };
        self.report(platform, &slot);
        if let Some((kept, guess)) = kept.zip(guess.as_ref())
            && let Some(entry) = self.entry(platform, &slot, meaning, kept).await
        {
            return Ok(Alike::Hit(entry, Score::of(guess)));
        }
        Ok(slot.asking(Some(Pending { model, vector, guess, shadow })))
    }

    /// What may stand in for an upstream that is down, where this isolate has no answer to the very same question: one that
    /// another isolate has got since this one has read; else what goes by meaning, with why.
    pub async fn stands_in<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        slot: &Slot,
        wish: Wish,
    ) -> Option<(Rc<Entry>, Option<Score>)> {
        let (meaning, caching) = slot.meaning.as_deref().zip(slot.caching())?;
        let held = self.group(platform, slot, meaning).await;
        let is_behind = held.borrow().is_behind(P::NEAR, platform.now_ms());
        if slot.locker.stores && is_behind {
            let place = slot.locker.place(&meaning.group, &slot.name, P::EXPIRES);
            groups::read(platform, &slot.locker, &meaning.group, &place, &held).await;
        }
        if !wish.no_cache
            && let Some(entry) = self.recall_from_group(platform, slot, meaning).await
        {
            return entry.stands_in(caching, platform.now_ms()).then_some((entry, None));
        }
        let (pending, known) = (slot.pending.as_deref()?, self.known(slot));
        self.bring_newest(platform, slot, &known).await;
        let (kept, guess) = {
            let (held, mut known) = (held.borrow(), known.borrow_mut());
            let group = held.is_of(&pending.model.digest).then_some(&held.group)?;
            let (vector, weights) = (&pending.vector, &pending.model.weights);
            let asked = Asked { text: &meaning.text, vector, weights };
            let (rules, now_ms) = (slot.rules(wish), platform.now_ms());
            let stale = policy::stale(group, &meaning.text, Some(&asked), &rules, &mut known.tool, now_ms);
            let (found, guess) = stale?;
            (Kept::of(found), guess?)
        };
        // It may be kept for longer, to be served while it is fetched anew.
        let until_ms = kept.expires_ms.saturating_add(slot.caching()?.stale_if_error_ms);
        if platform.now_ms() >= until_ms {
            return None;
        }
        let entry = self.entry(platform, slot, meaning, kept).await?;
        Some((entry, Some(Score::of(&guess))))
    }

    /// Learns from what the upstream has answered; `entry` is none where that may not be kept.
    pub(super) fn learn<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        slot: &Slot,
        clean: &Clean<'_>,
        entry: Option<&Rc<Entry>>,
    ) {
        let Some((meaning, caching)) = slot.meaning.as_ref().zip(slot.caching()) else { return };
        let entry = entry.zip(digest(clean, &caching.volatile));
        if let Some(pending) = &slot.pending {
            let known = self.known(slot);
            let mut known = known.borrow_mut();
            if let Some((entry, _)) = entry {
                known.tool.answered(u64::from(entry.took_ms) * 1_000);
            }
            if let Some(guess) = &pending.guess {
                let answer = entry.as_ref().map(|(_, answer)| answer);
                policy::witness(guess, answer, &mut known.tool, platform.now_ms());
            }
        }
        if let Some((entry, answer)) = entry {
            self.insert(platform, slot, meaning, entry, answer);
        }
        self.report(platform, slot);
    }

    fn insert<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        slot: &Slot,
        meaning: &Rc<Meaning>,
        entry: &Rc<Entry>,
        answer: Digest,
    ) {
        let (Some(bytes), Some(caching)) = (entry.encode(), slot.caching()) else { return };
        let now_ms = platform.now_ms();
        let (body, elsewhere) = match bytes.len() > BODY_BYTES {
            true => (Body::Elsewhere, Some(bytes)),
            false => (Body::Here(bytes), None),
        };
        let expires_ms = entry.expires_ms(caching);
        let spare_ms = caching.longest_ms().saturating_sub(caching.ttl_ms);
        let (created_ms, kept_ms) = (entry.created_ms, expires_ms.saturating_add(spare_ms));
        let vector = slot.pending.as_ref().map(|pending| pending.vector.clone());
        let fresh = Fresh { text: meaning.text, vector, answer, body, created_ms, expires_ms, kept_ms };
        let held = self.groups.borrow_mut().get_or_new(&meaning.group);
        let writes = {
            let mut held = held.borrow_mut();
            held.learn(slot.pending.as_ref().map(|pending| &pending.model.digest), fresh, now_ms);
            slot.locker.stores && held.may_write(now_ms)
        };
        self.groups.borrow_mut().weigh(&meaning.group);
        let elsewhere = elsewhere.filter(|_| slot.locker.stores);
        if !writes && elsewhere.is_none() {
            return;
        }
        let (there, slot, meaning) = (platform.clone(), slot.clone(), Rc::clone(meaning));
        platform.defer(Box::pin(async move {
            if let Some(bytes) = elsewhere {
                slot.put(&there, &slot.elsewhere(&meaning, &answer), &bytes).await;
            }
            if writes {
                let place = slot.locker.place(&meaning.group, &slot.name, P::EXPIRES);
                groups::write(&there, &slot.locker, &meaning.group, &place, &held).await;
            }
        }));
    }

    /// The group of a question: from memory, else from the store.
    async fn group<P: Platform>(
        self: &Rc<Self>,
        platform: &P,
        slot: &Slot,
        meaning: &Meaning,
    ) -> Rc<RefCell<Held>> {
        let (held, new) = {
            let mut groups = self.groups.borrow_mut();
            let known = groups.get(&meaning.group);
            let new = known.is_none();
            (known.unwrap_or_else(|| groups.get_or_new(&meaning.group)), new)
        };
        if !slot.locker.stores || !held.borrow_mut().is_due(platform.now_ms()) {
            return held;
        }
        let place = slot.locker.place(&meaning.group, &slot.name, P::EXPIRES);
        let (here, there, again) = (Rc::clone(self), platform.clone(), Rc::clone(&held));
        let (locker, key) = (Rc::clone(&slot.locker), meaning.group);
        let read = async move {
            groups::read(&there, &locker, &key, &place, &again).await;
            here.groups.borrow_mut().weigh(&key);
        };
        if new {
            read.await;
        } else {
            platform.defer(Box::pin(read));
        }
        held
    }

    /// What was kept, as an entry.
    async fn entry<P: Platform>(
        &self,
        platform: &P,
        slot: &Slot,
        meaning: &Meaning,
        kept: Kept,
    ) -> Option<Rc<Entry>> {
        let bytes = match kept.body {
            Body::Here(bytes) => bytes,
            Body::Elsewhere => {
                let key = slot.elsewhere(meaning, &kept.answer);
                let place = slot.locker.place(&key, &slot.name, P::EXPIRES);
                slot.locker.open(&key, &platform.recall(&place).await?)?
            }
        };
        Some(Rc::new(Entry::decode(&bytes)?.living(kept.created_ms, kept.expires_ms)))
    }
}

/// Members of a result that say how it came about and how long it is good for, not what it is (MCP 2026-07-28).
const BESIDE: [&str; 4] = ["_meta", "ttlMs", "cacheScope", "resultType"];

/// Of a result, in a form in which equal ones are equal.
fn digest(clean: &Clean<'_>, volatile: &[String]) -> Option<Digest> {
    let (json, Message::Response(response)) = (clean.json(), clean.message()) else { return None };
    let Outcome::Result(result) = response.outcome else { return None };
    let volatile = volatile.iter().map(String::as_str).chain(BESIDE);
    Some(Digest::of(canonical(json.value(result), volatile).as_bytes()))
}

/// A number from 0 to 1, without 1.
fn coin(platform: &impl Random) -> f64 {
    let mut bytes = [0; 4];
    platform.fill(&mut bytes);
    f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
