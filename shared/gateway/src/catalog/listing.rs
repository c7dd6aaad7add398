//! One upstream's list of one kind, whole, as it was last fetched. Pure.

use super::item::Item;
use super::{ListKind, names};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Notes kept for one listing: enough to see what is wrong, bounded against an upstream that is all wrong.
const NOTES: usize = 32;

/// A list as it came from the upstream: what is kept in the store and read back by other isolates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fetched {
    /// When, in ms since the epoch.
    pub at_ms: u64,
    /// How long the upstream lets it be used, in ms.
    pub ttl_ms: u64,
    /// Whether the upstream offers this kind at all.
    pub offered: bool,
    /// Whether there was more than the limits let in.
    pub truncated: bool,
    /// Items that are not shown, because their names or URIs have something sensitive in them.
    pub withheld: u32,
    /// The items' raw JSON in the upstream's order, as agents may see it.
    pub items: Vec<String>,
}

/// Something that the upstream listed and the gateway does not offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its name or URI as far as that could be read, else its place in the list.
    pub item: String,
    /// Why.
    pub why: &'static str,
}

/// An upstream's list with its index.
#[derive(Debug)]
pub struct Listing {
    /// The items in the upstream's order.
    pub items: Vec<Rc<Item>>,
    /// What was left out.
    pub notes: Vec<Note>,
    /// Whether the upstream offers this kind at all.
    pub offered: bool,
    /// When it was fetched, in ms since the epoch.
    pub fetched_ms: u64,
    /// How long the upstream lets it be used, in ms.
    pub ttl_ms: u64,
    /// Whether any item says something to clients with MCP Apps.
    pub(super) apps: bool,
    /// The same for the same content, whenever it was fetched: what derived texts are cached by.
    pub generation: u64,
    by_exposed: HashMap<String, usize>,
}

impl Listing {
    pub(super) fn build(alias: &str, kind: ListKind, fetched: &Fetched) -> Self {
        let mut listing = Self {
            items: Vec::with_capacity(fetched.items.len()),
            notes: Vec::new(),
            offered: fetched.offered,
            fetched_ms: fetched.at_ms,
            ttl_ms: fetched.ttl_ms,
            apps: false,
            generation: generation(fetched),
            by_exposed: HashMap::with_capacity(fetched.items.len()),
        };
        let mut seen = HashSet::with_capacity(fetched.items.len());
        for (place, text) in fetched.items.iter().enumerate() {
            match Item::read(alias, kind, text) {
                // The first wins: a later one that an agent could take for it is never called in its place.
                Ok(item) if !seen.insert(identity(kind, &item.exposed)) => {
                    listing.note(item.original, "listed twice, or differs from another in case only");
                }
                Ok(item) => {
                    listing.apps |= item.apps;
                    listing.by_exposed.insert(item.exposed.clone(), listing.items.len());
                    listing.items.push(Rc::new(item));
                }
                Err(why) => listing.note(format!("#{place}"), why),
            }
        }
        if fetched.withheld > 0 {
            let why = "not shown: something sensitive is in their names or URIs, or is blocked";
            listing.note(format!("{} items", fetched.withheld), why);
        }
        if fetched.truncated {
            listing.note(format!("#{}", fetched.items.len()), "the list is longer than the limits");
        }
        listing
    }

    /// The item with this exposed name (resources and templates: the upstream's own URI).
    #[must_use]
    pub fn get(&self, exposed: &str) -> Option<&Rc<Item>> {
        self.by_exposed.get(exposed).and_then(|&place| self.items.get(place))
    }

    /// How long an agent may still use it, in ms: never longer than the upstream said.
    #[must_use]
    pub fn left_ms(&self, now_ms: u64) -> u64 {
        self.fetched_ms.saturating_add(self.ttl_ms).saturating_sub(now_ms)
    }

    fn note(&mut self, item: String, why: &'static str) {
        if self.notes.len() < NOTES {
            self.notes.push(Note { item, why });
        }
    }
}

/// What two items must not share. URIs are compared as they are (RFC 3986: case matters).
fn identity(kind: ListKind, exposed: &str) -> String {
    match kind {
        ListKind::Tools | ListKind::Prompts => names::folded(exposed),
        ListKind::Resources | ListKind::Templates => exposed.to_owned(),
    }
}

fn generation(fetched: &Fetched) -> u64 {
    let mut digest = Sha256::new();
    digest.update([u8::from(fetched.offered)]);
    for item in &fetched.items {
        digest.update((item.len() as u64).to_le_bytes());
        digest.update(item);
    }
    let head = digest.finalize();
    head.iter().take(8).fold(0, |value, &byte| (value << 8) | u64::from(byte))
}
