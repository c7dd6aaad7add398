//! Sessions that their clients have ended. A session is a sealed token, which nothing can take back; but who ends one is to
//! find it unknown from then on (MCP 2025-11-25, Session Management: 404), and so its end is written down.
//!
//! The isolate that was told knows at once. Others read the store: one that is near before each request; one that is not
//! behind the request, every half minute for each session, because a read takes longer there than a call and is late by itself. A session id authenticates nobody, so a store that cannot be read ends none.

use crate::limits;
use crate::platform::Platform;
use crate::within::within;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How long a session that the store did not know as ended is believed to live, in ms, where the store is not near.
const FAR_MS: u64 = 30_000;
/// How long a store that is near may take, in ms.
const READ_MS: u32 = 500;
/// Places in a store that deletes nothing by itself, and ends in each of them. Of more the one that is over first is left out.
const PLACES: u8 = u8::MAX;
const ENDS: usize = 256;
/// An id, and until when its token would be good, in Unix ms.
const END_BYTES: usize = 24;

/// What names a session here: the first half of the SHA-256 of its token.
type Id = [u8; 16];

/// What this isolate knows of sessions.
#[derive(Default)]
pub(crate) struct Ended {
    known: RefCell<HashMap<Id, Known>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Known {
    Ended,
    /// It was not when the store was last asked, in Unix ms.
    Alive(u64),
}

impl Ended {
    /// Whether the session with this token was ended.
    pub async fn has<P: Platform>(self: &Rc<Self>, platform: &P, token: &str) -> bool {
        let id = id(token);
        let now_ms = platform.now_ms();
        let known = self.known.borrow().get(&id).copied();
        match known {
            Some(Known::Ended) => true,
            Some(Known::Alive(looked_ms)) if !P::NEAR && now_ms < looked_ms.saturating_add(FAR_MS) => false,
            _ if P::NEAR => {
                // In a box: what waits here is not to be part of every call.
                let read = Box::pin(within(platform, READ_MS, stored(platform, &id, now_ms))).await;
                read.unwrap_or_default() && self.learn(id, true, now_ms)
            }
            _ => {
                // Noted before it is known, so that one request looks, not each.
                self.learn(id, false, now_ms);
                let (ended, here) = (Rc::clone(self), platform.clone());
                platform.defer(Box::pin(async move {
                    let over = stored(&here, &id, now_ms).await;
                    ended.learn(id, over, now_ms);
                }));
                false
            }
        }
    }

    /// Writes down that the session ended, here and in the store, where it is kept until the token is worth nothing anyway.
    pub async fn end<P: Platform>(&self, platform: &P, token: &str, life_ms: u64) {
        let id = id(token);
        let now_ms = platform.now_ms();
        self.learn(id, true, now_ms);
        let ttl_s = u32::try_from(life_ms / 1_000).unwrap_or(u32::MAX);
        if P::EXPIRES {
            return platform.remember(&place::<P>(&id), vec![1], ttl_s).await;
        }
        // Another that ends in the same place at the same time may write over it: it is looked at again.
        for _ in 0..3 {
            let kept = platform.recall(&place::<P>(&id)).await.unwrap_or_default();
            if holds(&kept, &id, now_ms) {
                return;
            }
            platform
                .remember(&place::<P>(&id), with(&kept, &id, now_ms, now_ms.saturating_add(life_ms)), ttl_s)
                .await;
        }
    }

    /// Takes note, and says whether it has ended as far as is known: an end is never taken back.
    fn learn(&self, id: Id, ended: bool, now_ms: u64) -> bool {
        let mut known = self.known.borrow_mut();
        if known.len() >= limits::ENDED_SESSIONS && !known.contains_key(&id) {
            known.retain(|_, known| *known == Known::Ended);
            if known.len() >= limits::ENDED_SESSIONS {
                // The store knows.
                known.clear();
            }
        }
        let ended = ended || known.get(&id) == Some(&Known::Ended);
        known.insert(id, if ended { Known::Ended } else { Known::Alive(now_ms) });
        ended
    }
}

fn id(token: &str) -> Id {
    let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let mut id = Id::default();
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    id
}

/// Where it is kept: under a name of its own, or, where nothing is deleted, with others.
fn place<P: Platform>(id: &Id) -> String {
    if P::EXPIRES {
        return format!("ended/{:032x}", u128::from_be_bytes(*id));
    }
    let [first, ..] = *id;
    format!("ended/{}", first % PLACES)
}

async fn stored<P: Platform>(platform: &P, id: &Id, now_ms: u64) -> bool {
    match platform.recall(&place::<P>(id)).await {
        Some(_) if P::EXPIRES => true,
        Some(kept) => holds(&kept, id, now_ms),
        None => false,
    }
}

/// The ends of a place that still matter.
fn ends(kept: &[u8], now_ms: u64) -> impl Iterator<Item = (&[u8], u64)> {
    kept.chunks_exact(END_BYTES).filter_map(move |end| {
        let (id, until) = end.split_at_checked(size_of::<Id>())?;
        let until_ms = u64::from_be_bytes(until.try_into().ok()?);
        (until_ms > now_ms).then_some((id, until_ms))
    })
}

fn holds(kept: &[u8], id: &Id, now_ms: u64) -> bool {
    ends(kept, now_ms).any(|(other, _)| other == id)
}

/// The place with one more.
fn with(kept: &[u8], id: &Id, now_ms: u64, until_ms: u64) -> Vec<u8> {
    let mut all: Vec<(&[u8], u64)> = ends(kept, now_ms).collect();
    all.push((id, until_ms));
    all.sort_unstable_by_key(|(_, until_ms)| std::cmp::Reverse(*until_ms));
    all.truncate(ENDS);
    all.iter().flat_map(|(id, until_ms)| id.iter().copied().chain(until_ms.to_be_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    #[test]
    fn what_ended_here_is_over_and_nothing_else() {
        let memory = Memory::new();
        let ended = Rc::new(Ended::default());
        assert!(!memory.run(ended.has(&memory, "a")));
        memory.run(ended.end(&memory, "a", 1_000));
        assert!(memory.run(ended.has(&memory, "a")));
        assert!(!memory.run(ended.has(&memory, "b")));
    }

    #[test]
    fn what_ended_elsewhere_is_found_behind_a_request() {
        let memory = Memory::new();
        let (here, there) = (Rc::new(Ended::default()), Rc::new(Ended::default()));
        let asks = |ended: &Rc<Ended>| {
            let has = memory.run(ended.has(&memory, "a"));
            memory.take_effects().into_iter().for_each(|effect| memory.run(effect));
            has
        };
        assert!(!asks(&here));
        memory.run(there.end(&memory, "a", 1_000_000));
        assert!(!asks(&here));
        assert!(!asks(&here), "not looked at again so soon");
        memory.advance(FAR_MS);
        assert!(!asks(&here), "looks behind this one");
        assert!(asks(&here));
        memory.advance(1_000_000);
        assert!(asks(&here), "what was heard stays, whatever the store has forgotten");
    }

    #[test]
    fn a_place_keeps_the_latest_and_drops_what_is_over() {
        let ids: Vec<Id> = (0..300_u128).map(u128::to_be_bytes).collect();
        let mut kept = Vec::new();
        for (number, id) in ids.iter().enumerate() {
            kept = with(&kept, id, 10, 1_000 + number as u64);
        }
        assert_eq!(kept.len(), ENDS * END_BYTES);
        assert!(holds(&kept, &ids[299], 10) && !holds(&kept, &ids[0], 10));
        assert!(!holds(&kept, &ids[299], 2_000), "over");
        assert_eq!(with(&kept, &ids[0], 2_000, 3_000).len(), END_BYTES);
        for cut in 0..END_BYTES {
            assert!(!holds(&kept[..cut], &ids[299], 10), "half an end is none");
        }
    }

    #[test]
    fn bounded() {
        let ended = Ended::default();
        ended.learn(id("ended"), true, 1);
        for number in 0..=limits::ENDED_SESSIONS {
            ended.learn(id(&number.to_string()), false, 1);
        }
        assert!(ended.known.borrow().len() <= limits::ENDED_SESSIONS);
        assert!(ended.learn(id("ended"), false, 2), "never taken back");
    }
}
