//! An answer that is kept, and which answers may be.

use super::Slot;
use crate::codec;
use crate::limits;
use crate::mcp::revisions::{Era, meta};
use crate::mcp::{Json, Message, Node, Outcome, Response};
use crate::stage::redact::{Clean, Held};
use crate::tenant::Caching;
use crate::tokens;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// Bytes beside the result in what is kept of it.
const SPARE_BYTES: usize = 1_024;

/// An answer as the isolate keeps it: read, clean, and as the upstream's era has it. It is turned for each client that
/// gets it, as an answer of the upstream would be.
pub struct Entry {
    json: Json<'static>,
    response: Response,
    /// The upstream's era.
    pub era: Era,
    /// When it came, in Unix ms.
    pub created_ms: u64,
    /// How long it is fresh, in ms.
    life_ms: u64,
    /// How long the upstream took, in ms.
    pub took_ms: u32,
    /// Tokens of the result, by estimate.
    pub tokens: u32,
    /// Until when somebody is about to fetch a new one, in Unix ms.
    pub(super) refreshing_ms: Cell<u64>,
    /// Whether the upstream has said something else since, that may not be kept.
    overtaken: Cell<bool>,
}

/// The same in the store, sealed.
#[derive(Serialize, Deserialize)]
struct Stored {
    modern: bool,
    created_ms: u64,
    life_ms: u64,
    took_ms: u32,
    tokens: u32,
    result: String,
}

/// What may be done with an entry now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is the answer.
    Fresh,
    /// It is the answer, and a new one is to be fetched.
    Revalidate,
    /// It may stand in if the upstream fails.
    OnError,
    /// Nothing.
    Over,
}

impl Entry {
    /// What may be kept of an answer, if anything.
    pub(super) fn of(clean: &Clean<'_>, slot: &Slot, era: Era, now_ms: u64) -> Option<Self> {
        let (json, Message::Response(response)) = (clean.json(), clean.message()) else { return None };
        let Outcome::Result(result) = response.outcome else { return None };
        let caching = slot.caching()?;
        let text = json.raw(result);
        let fits = text.len() <= caching.max_bytes;
        let life_ms = life_ms(json, result, caching, slot.private)?.min(slot.ends_ms.saturating_sub(now_ms));
        if !fits || life_ms == 0 || !is_complete(json, result) {
            return None;
        }
        let stored = Stored {
            modern: era == Era::Modern,
            created_ms: now_ms,
            life_ms,
            took_ms: u32::try_from(now_ms.saturating_sub(slot.asked_ms)).unwrap_or(u32::MAX),
            tokens: tokens::estimate(text),
            result: text.to_owned(),
        };
        stored.read()
    }

    /// The bytes of it.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let Outcome::Result(result) = self.response.outcome else { return None };
        let stored = Stored {
            modern: self.era == Era::Modern,
            created_ms: self.created_ms,
            life_ms: self.life_ms,
            took_ms: self.took_ms,
            tokens: self.tokens,
            result: self.json.raw(result).to_owned(),
        };
        codec::encode(&stored, stored.result.len() + SPARE_BYTES).ok()
    }

    /// What [`Entry::encode`] wrote.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        codec::decode::<Stored>(bytes, limits::RESPONSE_BYTES).ok()?.read()
    }

    /// The answer, which was clean when it was taken in.
    #[must_use]
    pub fn clean(&self) -> Clean<'_> {
        Clean::kept(Held::Lent(&self.json), Message::Response(self.response))
    }

    /// The same answer, as that to a question which was asked at another time.
    pub(super) fn living(mut self, created_ms: u64, expires_ms: u64) -> Self {
        self.created_ms = created_ms;
        self.life_ms = expires_ms.saturating_sub(created_ms);
        self
    }

    /// When it is no longer fresh, in Unix ms.
    pub(super) fn expires_ms(&self, caching: &Caching) -> u64 {
        self.created_ms.saturating_add(self.life_ms.min(caching.ttl_ms))
    }

    /// Bytes of the text.
    pub(super) fn weight(&self) -> usize {
        self.json.text().len()
    }

    /// Its age, in ms.
    #[must_use]
    pub const fn age_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.created_ms)
    }

    /// What may be done with it. The settings may say less by now than when it was taken in.
    #[must_use]
    pub fn usable(&self, caching: &Caching, now_ms: u64) -> Use {
        let (age, life) = (self.age_ms(now_ms), self.life_ms.min(caching.ttl_ms));
        match age {
            age if age < life => Use::Fresh,
            _ if self.overtaken.get() => Use::Over,
            age if age < life.saturating_add(caching.stale_while_revalidate_ms) => Use::Revalidate,
            age if age < life.saturating_add(caching.stale_if_error_ms) => Use::OnError,
            _ => Use::Over,
        }
    }

    /// Whether it may stand in for an upstream that fails.
    #[must_use]
    pub fn stands_in(&self, caching: &Caching, now_ms: u64) -> bool {
        let life = self.life_ms.min(caching.ttl_ms);
        !self.overtaken.get() && self.age_ms(now_ms) < life.saturating_add(caching.stale_if_error_ms)
    }

    /// Whether somebody in this isolate is about to fetch a new one.
    #[must_use]
    pub fn is_being_refreshed(&self, now_ms: u64) -> bool {
        self.refreshing_ms.get() > now_ms
    }

    /// From its time on it is good for nothing: the upstream has said something else, that may not be kept.
    pub fn overtake(&self) {
        self.overtaken.set(true);
    }
}

impl Stored {
    fn read(self) -> Option<Entry> {
        let text = [r#"{"jsonrpc":"2.0","id":0,"result":"#, &self.result, "}"].concat();
        let json = Json::parse_owned(text.into_bytes(), &limits::RESPONSE).ok()?;
        let Ok(Message::Response(response)) = Message::read(&json, json.root()) else { return None };
        Some(Entry {
            json,
            response,
            era: if self.modern { Era::Modern } else { Era::Legacy },
            created_ms: self.created_ms,
            life_ms: self.life_ms,
            took_ms: self.took_ms,
            tokens: self.tokens,
            refreshing_ms: Cell::new(0),
            overtaken: Cell::new(false),
        })
    }
}

/// Whether a result is one: no error of the tool, no question, no task, and nothing that another gateway had kept, whose
/// age nobody here knows.
fn is_complete(json: &Json<'_>, result: Node) -> bool {
    let value = json.value(result);
    let kind = value.get("resultType").map(|kind| kind.string());
    let failed = value.get("isError").is_some_and(|error| error.bool() != Some(false));
    let kept = value
        .get("_meta")
        .is_some_and(|own| own.get(meta::OWN_CACHE).is_some() || own.get(meta::RELATED_TASK).is_some());
    let complete = kind.is_none_or(|kind| kind.is_some_and(|kind| kind == "complete"));
    complete && !failed && !kept && value.get("task").is_none() && value.get("inputRequests").is_none()
}

/// How long a result is fresh, by the settings and by what the upstream says of it (MCP 2026-07-28, Caching); none if it
/// may not be kept. What cannot be read of that is no permission.
fn life_ms(json: &Json<'_>, result: Node, caching: &Caching, private: bool) -> Option<u64> {
    let own = json.get(result, "ttlMs").map(|ttl| json.integer(ttl).and_then(|ttl| u64::try_from(ttl).ok()));
    let life = own.map_or(Some(caching.ttl_ms), |own| own.map(|own| own.min(caching.ttl_ms)));
    let scope = json.get(result, "cacheScope").map(|scope| json.string(scope));
    let public = scope.is_none_or(|scope| scope.is_some_and(|scope| scope == "public"));
    life.filter(|life| *life > 0 && (public || private))
}
