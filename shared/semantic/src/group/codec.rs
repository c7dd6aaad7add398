//! A group as bytes: one version byte, then bincode. What is read is checked whole before anything of it is used.

use super::{Answer, BODIES_BYTES, BODY_BYTES, Body, DIMENSIONS, Digest, Entry, Group, TEXTS, VECTORS};
use crate::model::Embedding;
use crate::order::order;
use bincode::Options;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The first byte.
const VERSION: u8 = 1;
/// The largest group, in bytes: vectors of the largest model, answers, and 64 bytes for each entry and answer.
pub const MOST_BYTES: usize = VECTORS * DIMENSIONS + BODIES_BYTES + 2 * 64 * (VECTORS + TEXTS);

/// Why bytes are no group, or a group is too large for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupError {
    /// More than [`MOST_BYTES`].
    TooLarge,
    /// Written by another version.
    Version,
    /// Not what was expected.
    Malformed,
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the group of answers is too large",
            Self::Version => "the group of answers is of another version",
            Self::Malformed => "the group of answers is malformed",
        })
    }
}

impl std::error::Error for GroupError {}

/// What is written.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// Numbers in a vector; 0 without any.
    dimensions: u16,
    /// All vectors, one behind the other.
    vectors: Bytes,
    entries: Vec<StoredEntry>,
    answers: Vec<(Digest, Option<Bytes>)>,
}

#[derive(Serialize, Deserialize)]
struct StoredEntry {
    text: Digest,
    answer: u16,
    /// The scale of its vector, which is the next of all.
    scale: Option<f32>,
    created_ms: u64,
    /// From then on.
    fresh_ms: u64,
    /// From the end of that on.
    stale_ms: u64,
}

/// Bytes that are copied as a whole, not one by one.
struct Bytes(Vec<u8>);

impl Group {
    /// Bytes of the group.
    ///
    /// # Errors
    /// [`GroupError::TooLarge`], which no group is that [`Group::prune`] has seen.
    #[inline(never)]
    pub fn encode(&self) -> Result<Vec<u8>, GroupError> {
        let vectors = || self.entries.iter().filter_map(|entry| entry.vector.as_ref());
        let dimensions = vectors().next().map_or(0, |vector| vector.values.len());
        let entry = |entry: &Entry| {
            Ok(StoredEntry {
                text: entry.text,
                answer: u16::try_from(entry.answer).map_err(|_| GroupError::TooLarge)?,
                scale: entry.vector.as_ref().map(|vector| vector.scale),
                created_ms: entry.created_ms,
                fresh_ms: entry.expires_ms.saturating_sub(entry.created_ms),
                stale_ms: entry.kept_ms.saturating_sub(entry.expires_ms),
            })
        };
        let answer = |answer: &Answer| {
            let body = match &answer.body {
                Body::Here(bytes) => Some(Bytes(bytes.clone())),
                Body::Elsewhere => None,
            };
            (answer.digest, body)
        };
        let stored = Stored {
            dimensions: u16::try_from(dimensions).map_err(|_| GroupError::TooLarge)?,
            vectors: Bytes(
                vectors().flat_map(|vector| &vector.values).map(|value| value.cast_unsigned()).collect(),
            ),
            entries: self.entries.iter().map(entry).collect::<Result<_, GroupError>>()?,
            answers: self.answers.iter().map(answer).collect(),
        };
        let mut out = vec![VERSION];
        options().serialize_into(&mut out, &stored).map_err(|_| GroupError::TooLarge)?;
        Ok(out)
    }

    /// Reads what [`Group::encode`] wrote.
    ///
    /// # Errors
    /// [`GroupError`], for anything that no group has: what is read may be served.
    #[inline(never)]
    pub fn decode(bytes: &[u8]) -> Result<Self, GroupError> {
        let stored: Stored = match bytes.split_first() {
            _ if bytes.len() > MOST_BYTES => return Err(GroupError::TooLarge),
            Some((&VERSION, body)) => options().deserialize(body).map_err(|_| GroupError::Malformed)?,
            Some(_) => return Err(GroupError::Version),
            None => return Err(GroupError::Malformed),
        };
        stored.check().ok_or(GroupError::Malformed)
    }
}

impl Stored {
    /// The group, if every part is as [`Group::insert`] leaves it.
    fn check(self) -> Option<Group> {
        let dimensions = usize::from(self.dimensions);
        let count = self.entries.iter().filter(|entry| entry.scale.is_some()).count();
        let fits = count <= VECTORS
            && self.entries.len() - count <= TEXTS
            && dimensions <= DIMENSIONS
            && (dimensions > 0) == (count > 0)
            && self.vectors.0.len() == count * dimensions;
        if !fits {
            return None;
        }
        let answers: Vec<Answer> = self.answers.into_iter().map(answer).collect::<Option<_>>()?;
        let mut rows = self.vectors.0.chunks_exact(dimensions.max(1));
        let entries: Vec<Entry> =
            self.entries.into_iter().map(|stored| entry(stored, &mut rows)).collect::<Option<_>>()?;
        let mut used = vec![false; answers.len()];
        for entry in &entries {
            *used.get_mut(entry.answer)? = true;
        }
        let whole = used.iter().all(|used| *used)
            && are_distinct(entries.len(), &|at| entries.get(at).map(|entry| entry.text))
            && are_distinct(answers.len(), &|at| answers.get(at).map(|answer| answer.digest));
        let group = Group { entries, answers };
        (whole && group.body_bytes() <= BODIES_BYTES).then_some(group)
    }
}

/// Whether no two of so many digests are the same.
fn are_distinct(count: usize, digest: &dyn Fn(usize) -> Option<Digest>) -> bool {
    let places = order(count, &|one, other| digest(one).cmp(&digest(other)));
    places.iter().zip(places.iter().skip(1)).all(|(one, next)| digest(*one) != digest(*next))
}

fn answer((digest, body): (Digest, Option<Bytes>)) -> Option<Answer> {
    let body = body.map_or(Body::Elsewhere, |bytes| Body::Here(bytes.0));
    let fits = !matches!(&body, Body::Here(bytes) if bytes.len() > BODY_BYTES);
    fits.then_some(Answer { digest, body })
}

fn entry<'a>(stored: StoredEntry, rows: &mut impl Iterator<Item = &'a [u8]>) -> Option<Entry> {
    let vector = match stored.scale {
        None => None,
        Some(scale) if scale.is_finite() && scale > 0.0 => {
            let values: Vec<i8> = rows.next()?.iter().map(|value| value.cast_signed()).collect();
            Some(Embedding { scale, values })
        }
        Some(_) => return None,
    };
    let expires_ms = stored.created_ms.checked_add(stored.fresh_ms)?;
    let kept_ms = expires_ms.checked_add(stored.stale_ms)?;
    Some(Entry {
        text: stored.text,
        vector,
        created_ms: stored.created_ms,
        expires_ms,
        kept_ms,
        answer: usize::from(stored.answer),
    })
}

/// Variable-length integers, and no byte too many; the limit bounds what a forged length can make bincode allocate.
fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(MOST_BYTES as u64)
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Read)
    }
}
