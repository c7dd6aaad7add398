//! Derived values kept in the isolate as long as what they were made of stays the same. Bounded; may forget.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// One value for each key, made of sources of certain generations.
pub(super) struct Kept<V> {
    entries: RefCell<Entries<V>>,
    /// Most entries, and most weight of all together.
    entries_max: usize,
    weight_max: usize,
}

struct Entries<V> {
    by_key: HashMap<String, (Vec<u64>, Rc<V>)>,
    weight: usize,
}

impl<V> Kept<V> {
    pub(super) fn new(entries_max: usize, weight_max: usize) -> Self {
        let entries = Entries { by_key: HashMap::new(), weight: 0 };
        Self { entries: RefCell::new(entries), entries_max, weight_max }
    }

    /// The value under `key` if it was made of `generations`, else the one that `make` makes now with its weight.
    pub(super) fn get_or(&self, key: &str, generations: &[u64], make: impl FnOnce() -> (V, usize)) -> Rc<V> {
        if let Some((made_of, value)) = self.entries.borrow().by_key.get(key)
            && made_of == generations
        {
            return Rc::clone(value);
        }
        let (value, weight) = make();
        let value = Rc::new(value);
        let mut entries = self.entries.borrow_mut();
        // Replaced values count until the next clearing: the bound is kept from above, without bookkeeping.
        if entries.by_key.len() >= self.entries_max || entries.weight.saturating_add(weight) > self.weight_max
        {
            entries.by_key.clear();
            entries.weight = 0;
        }
        entries.weight = entries.weight.saturating_add(weight);
        entries.by_key.insert(key.to_owned(), (generations.to_vec(), Rc::clone(&value)));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_for_the_same_sources() {
        let kept = Kept::new(2, 100);
        let first = kept.get_or("a", &[1, 2], || (1, 10));
        assert!(Rc::ptr_eq(&first, &kept.get_or("a", &[1, 2], || (2, 10))));
        assert_eq!(*kept.get_or("a", &[1, 3], || (3, 10)), 3, "a source has changed");
        assert_eq!(*kept.get_or("b", &[1, 3], || (4, 10)), 4, "another key");
    }

    #[test]
    fn bounded() {
        let kept = Kept::new(2, 100);
        for (key, weight) in [("a", 10), ("b", 10), ("c", 10)] {
            kept.get_or(key, &[], || (0, weight));
        }
        assert_eq!(kept.entries.borrow().by_key.len(), 1, "the third clears the two before");
        kept.get_or("d", &[], || (0, 95));
        assert_eq!(kept.entries.borrow().by_key.len(), 1, "too heavy beside the other");
    }
}
