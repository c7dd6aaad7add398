//! What was asked and answered under one key: entries, and each distinct answer once.
//!
//! A host keeps a group as one value, and the last writer wins there: who writes reads, [merges](Group::merge) and writes.
//! What is lost in between is lost to later hits and makes nothing wrong.

mod codec;
#[cfg(test)]
mod tests;

pub use codec::{GroupError, MOST_BYTES};

use crate::model::Embedding;
use crate::order::order;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Entries with a vector in a group: a thousand dot products of 256 numbers take 12 us.
pub const VECTORS: usize = 1_000;
/// Entries without one: they only find the same text again, and cost 40 bytes.
pub const TEXTS: usize = 1_000;
/// Numbers that a vector may have.
pub const DIMENSIONS: usize = 1_024;
/// Entries with a vector that an answer may have.
pub const VECTORS_OF_ANSWER: usize = 24;
/// From this cosine on, an entry says nothing that another of the same answer does not.
pub const SAME: f32 = 0.97;
/// How many neighbours a prediction is made of.
pub const NEIGHBOURS: usize = 8;
/// Longest answer that a group holds, in bytes. Longer ones are kept under a key of their own.
pub const BODY_BYTES: usize = 8 * 1024;
/// All answers that a group holds, in bytes: it is read whole on every miss.
pub const BODIES_BYTES: usize = 1024 * 1024;

/// The first half of a SHA-256: of a question's exact text, or of a canonical answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 16]);

impl Digest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut half = [0; 16];
        half.iter_mut().zip(Sha256::digest(bytes)).for_each(|(to, from)| *to = from);
        Self(half)
    }
}

/// One question, and which answer it got. Times are Unix ms.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Of the question's exact text.
    pub text: Digest,
    /// Of the text that is embedded. None: the entry answers the same text only.
    pub vector: Option<Embedding>,
    /// When the upstream answered.
    pub created_ms: u64,
    /// Until when the answer is served as it is.
    pub expires_ms: u64,
    /// Until when it is kept, to be served marked as stale.
    pub kept_ms: u64,
    /// Place of the answer.
    answer: usize,
}

/// One distinct answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Of its canonical form, without what is volatile.
    pub digest: Digest,
    /// The latest form in which it came.
    pub body: Body,
}

/// Where an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// In the group.
    Here(Vec<u8>),
    /// Under a key of its own, because it is longer than [`BODY_BYTES`].
    Elsewhere,
}

/// What [`Group::insert`] takes. Times are Unix ms, as in [`Entry`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    /// Of the question's exact text.
    pub text: Digest,
    /// Of the text that is embedded, if it was.
    pub vector: Option<Embedding>,
    /// Of the answer.
    pub answer: Digest,
    /// The answer. One in [`Body::Here`] that is longer than [`BODY_BYTES`] counts as being elsewhere.
    pub body: Body,
    /// When the upstream answered.
    pub created_ms: u64,
    /// Until when it is served as it is.
    pub expires_ms: u64,
    /// Until when it is kept, to be served marked as stale.
    pub kept_ms: u64,
}

/// How old an entry may be that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Not expired.
    Fresh,
    /// Still kept: expired ones too, for when the upstream is down.
    Kept,
}

/// An entry with its answer.
#[derive(Debug, Clone, Copy)]
pub struct Found<'g> {
    /// The entry.
    pub entry: &'g Entry,
    /// Its answer.
    pub answer: &'g Answer,
}

/// An entry near a question.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour<'g> {
    /// The cosine.
    pub similarity: f32,
    /// Entry and answer.
    pub found: Found<'g>,
}

/// Entries of one key, and their answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    entries: Vec<Entry>,
    /// Each is the answer of some entry.
    answers: Vec<Answer>,
}

impl Entry {
    fn is(&self, life: Life, now_ms: u64) -> bool {
        now_ms
            < match life {
                Life::Fresh => self.expires_ms,
                Life::Kept => self.kept_ms,
            }
    }
}

impl Group {
    /// Nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries with their answers.
    pub fn iter(&self) -> impl Iterator<Item = Found<'_>> {
        self.entries.iter().filter_map(|entry| self.found(entry))
    }

    /// When the last entry leaves, Unix ms; 0 when there is none. So long a host has to keep the group.
    #[must_use]
    pub fn kept_ms(&self) -> u64 {
        self.entries.iter().map(|entry| entry.kept_ms).max().unwrap_or(0)
    }

    /// Bytes that it takes in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let vector = |entry: &Entry| entry.vector.as_ref().map_or(0, |vector| vector.values.len());
        let entries = self.entries.iter().map(|entry| size_of::<Entry>() + vector(entry)).sum::<usize>();
        entries + self.answers.len() * size_of::<Answer>() + self.body_bytes()
    }

    /// The entry of this very text.
    #[must_use]
    pub fn exact(&self, text: &Digest, life: Life, now_ms: u64) -> Option<Found<'_>> {
        let entry = self.entries.iter().find(|entry| entry.text == *text)?;
        if entry.is(life, now_ms) { self.found(entry) } else { None }
    }

    /// The vector of this very text, if it has one.
    #[must_use]
    pub fn vector(&self, text: &Digest) -> Option<&Embedding> {
        self.entries.iter().find(|entry| entry.text == *text)?.vector.as_ref()
    }

    /// The answer with this digest.
    #[must_use]
    pub fn answer(&self, digest: &Digest) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.digest == *digest)
    }

    /// The nearest entries, nearest first; at most [`NEIGHBOURS`], and never that of `text` itself.
    #[inline(never)]
    #[must_use]
    pub fn nearest(&self, text: &Digest, vector: &Embedding, life: Life, now_ms: u64) -> Vec<Neighbour<'_>> {
        let mut nearest: Vec<(f32, &Entry)> = Vec::with_capacity(NEIGHBOURS + 1);
        for entry in &self.entries {
            let Some(known) = entry.vector.as_ref().filter(|_| entry.is(life, now_ms)) else { continue };
            let similarity = vector.cosine(known);
            let last = nearest.last().filter(|_| nearest.len() == NEIGHBOURS);
            if last.is_some_and(|(last, _)| similarity <= *last) || entry.text == *text {
                continue;
            }
            let at = nearest.iter().position(|(other, _)| similarity > *other).unwrap_or(nearest.len());
            nearest.insert(at, (similarity, entry));
            nearest.truncate(NEIGHBOURS);
        }
        let found = |(similarity, entry)| Some(Neighbour { similarity, found: self.found(entry)? });
        nearest.into_iter().filter_map(found).collect()
    }

    /// Takes an answer in, in place of an older one to the same text. Its vector is not kept beside one that is nearly
    /// the same ([`SAME`]) with the same answer; of an answer that has [`VECTORS_OF_ANSWER`] already, the entry
    /// that expires first loses its own. Entries without vector stay, for the same text.
    #[inline(never)]
    pub fn insert(&mut self, new: Fresh, now_ms: u64) {
        self.put(new, now_ms);
        self.prune(now_ms);
    }

    /// Takes in what another copy of the group has: of two entries of one text the later one.
    #[inline(never)]
    pub fn merge(&mut self, other: Self, now_ms: u64) {
        for entry in other.entries {
            let Some(answer) = other.answers.get(entry.answer) else { continue };
            let known = self.entries.iter().find(|known| known.text == entry.text);
            if known.is_some_and(|known| known.created_ms >= entry.created_ms) {
                continue;
            }
            let Entry { text, vector, created_ms, expires_ms, kept_ms, .. } = entry;
            let (answer, body) = (answer.digest, answer.body.clone());
            self.put(Fresh { text, vector, answer, body, created_ms, expires_ms, kept_ms }, now_ms);
        }
        self.prune(now_ms);
    }

    /// Whether it has an entry to each text of `other`, none of them older.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.entries.iter().all(|entry| {
            let known = self.entries.iter().find(|known| known.text == entry.text);
            known.is_some_and(|known| known.created_ms >= entry.created_ms)
        })
    }

    /// Drops what is no longer kept, and what is beyond the bounds: what expired first, then the oldest.
    pub fn prune(&mut self, now_ms: u64) {
        self.entries.retain(|entry| entry.is(Life::Kept, now_ms));
        let vectors = self.entries.iter().filter(|entry| entry.vector.is_some()).count();
        let texts = self.entries.len() - vectors;
        if vectors > VECTORS || texts > TEXTS {
            // Latest first, so that of each kind the first ones stay.
            let age = |at: usize| {
                let entry = self.entries.get(at)?;
                Some((entry.is(Life::Fresh, now_ms), entry.created_ms, entry.text))
            };
            let places = order(self.entries.len(), &|one, other| age(other).cmp(&age(one)));
            let (mut with, mut without) = (VECTORS, TEXTS);
            let mut stay = vec![false; places.len()];
            for at in places {
                let Some((entry, stays)) = self.entries.get(at).zip(stay.get_mut(at)) else { continue };
                let left = if entry.vector.is_some() { &mut with } else { &mut without };
                *stays = *left > 0;
                *left = left.saturating_sub(1);
            }
            let mut stay = stay.into_iter();
            self.entries.retain(|_| stay.next().unwrap_or(false));
        }
        self.forget_answers();
        while self.body_bytes() > BODIES_BYTES && !self.entries.is_empty() {
            let oldest = self.entries.iter().enumerate().min_by_key(|(_, entry)| {
                let fresh = entry.is(Life::Fresh, now_ms);
                (fresh, entry.created_ms, entry.text)
            });
            // All entries of the answer: else dropping one frees nothing.
            let Some(answer) = oldest.map(|(_, entry)| entry.answer) else { return };
            self.entries.retain(|entry| entry.answer != answer);
            self.forget_answers();
        }
    }

    fn put(&mut self, mut new: Fresh, now_ms: u64) {
        self.entries.retain(|entry| entry.text != new.text);
        if matches!(&new.body, Body::Here(bytes) if bytes.len() > BODY_BYTES) {
            new.body = Body::Elsewhere;
        }
        let answer = self.place(new.answer, new.body);
        let vector = new.vector.filter(|vector| self.room(vector, answer, now_ms));
        self.entries.push(Entry {
            text: new.text,
            vector,
            created_ms: new.created_ms,
            expires_ms: new.expires_ms,
            kept_ms: new.kept_ms.max(new.expires_ms),
            answer,
        });
    }

    /// The place of an answer, made if need be.
    fn place(&mut self, digest: Digest, body: Body) -> usize {
        let known = self.answers.iter_mut().enumerate().find(|(_, answer)| answer.digest == digest);
        if let Some((at, answer)) = known {
            answer.body = body;
            return at;
        }
        self.answers.push(Answer { digest, body });
        self.answers.len() - 1
    }

    /// Whether the answer gets this vector too; makes room for it.
    fn room(&mut self, vector: &Embedding, answer: usize, now_ms: u64) -> bool {
        // Vectors of one group are of one model. One that is not would never be near anything.
        let foreign = |known: &Embedding| known.values.len() != vector.values.len();
        let mut vectors = self.entries.iter().filter_map(|entry| entry.vector.as_ref());
        if vectors.next().is_some_and(foreign) || !(1..=DIMENSIONS).contains(&vector.values.len()) {
            return false;
        }
        let same = |entry: &Entry| {
            let near = |known: &Embedding| known.cosine(vector) >= SAME;
            entry.answer == answer && entry.is(Life::Fresh, now_ms) && entry.vector.as_ref().is_some_and(near)
        };
        if self.entries.iter().any(same) {
            return false;
        }
        let mut its: Vec<&mut Entry> = self
            .entries
            .iter_mut()
            .filter(|entry| entry.answer == answer && entry.vector.is_some())
            .collect();
        if its.len() >= VECTORS_OF_ANSWER {
            let first = its.iter_mut().min_by_key(|entry| (entry.expires_ms, entry.created_ms, entry.text));
            first.map(|entry| entry.vector.take());
        }
        true
    }

    /// Drops answers that no entry has.
    fn forget_answers(&mut self) {
        let mut used = vec![false; self.answers.len()];
        for entry in &self.entries {
            if let Some(used) = used.get_mut(entry.answer) {
                *used = true;
            }
        }
        if used.iter().all(|used| *used) {
            return;
        }
        // Where each answer is once the others have left.
        let before = |left: &mut usize, used: &bool| {
            let place = *left;
            *left += usize::from(*used);
            Some(place)
        };
        let places: Vec<usize> = used.iter().scan(0, before).collect();
        for entry in &mut self.entries {
            entry.answer = places.get(entry.answer).copied().unwrap_or(usize::MAX);
        }
        let mut used = used.into_iter();
        self.answers.retain(|_| used.next().unwrap_or(false));
    }

    fn body_bytes(&self) -> usize {
        let bytes = |answer: &Answer| match &answer.body {
            Body::Here(bytes) => bytes.len(),
            Body::Elsewhere => 0,
        };
        self.answers.iter().map(bytes).sum()
    }

    fn found<'g>(&'g self, entry: &'g Entry) -> Option<Found<'g>> {
        Some(Found { entry, answer: self.answers.get(entry.answer)? })
    }
}
