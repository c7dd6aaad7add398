//! The answers that an isolate keeps. Bounded; what was not asked for lately leaves first.

use super::entry::Entry;
use super::key::Key;
use crate::limits;
use std::collections::HashMap;
use std::rc::Rc;

/// Two halves: what was asked for lately is in the younger one. When that is full it becomes the older one, and what was
/// in that is forgotten.
#[derive(Default)]
pub(super) struct Memory {
    young: HashMap<Key, Rc<Entry>>,
    old: HashMap<Key, Rc<Entry>>,
    /// Bytes of the younger half.
    bytes: usize,
}

impl Memory {
    pub fn get(&mut self, key: &Key) -> Option<Rc<Entry>> {
        if let Some(entry) = self.young.get(key) {
            return Some(Rc::clone(entry));
        }
        let entry = self.old.remove(key)?;
        self.put(*key, Rc::clone(&entry));
        Some(entry)
    }

    pub fn put(&mut self, key: Key, entry: Rc<Entry>) {
        let weight = entry.weight();
        if self.young.len() >= limits::CACHE_ENTRIES
            || self.bytes.saturating_add(weight) > limits::CACHE_BYTES
        {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(weight);
        if let Some(before) = self.young.insert(key, entry) {
            self.bytes = self.bytes.saturating_sub(before.weight());
        }
        self.old.remove(&key);
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}
