//! Numbered tags.

use super::canonical;
use std::collections::HashMap;

/// The numbers that the values of a message have, by type.
#[derive(Debug, Default)]
pub struct Numbers {
    by_kind: HashMap<String, HashMap<String, usize>>,
}

impl Numbers {
    /// The tag of a value: `[US_SSN_1]`. The same number however it is written is the same value.
    pub fn tag(&mut self, kind: &str, value: &str) -> String {
        if !self.by_kind.contains_key(kind) {
            self.by_kind.insert(kind.to_owned(), HashMap::new());
        }
        let number = self.by_kind.get_mut(kind).map_or(0, |known| {
            let next = known.len().saturating_add(1);
            *known.entry(canonical(value).into_owned()).or_insert(next)
        });
        format!("[{kind}_{number}]")
    }
}
