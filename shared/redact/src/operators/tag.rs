//! Numbered tags.

use super::canonical;
use std::collections::HashMap;

/// The numbers that the values of a message have, by type and value; and how many values a type has, by the type alone.
#[derive(Debug, Default)]
pub struct Numbers(HashMap<String, usize>);

impl Numbers {
    /// The tag of a value: `[US_SSN_1]`. The same number however it is written is the same value.
    pub fn tag(&mut self, kind: &str, value: &str) -> String {
        // Types have no blanks in their names.
        let whole = [kind, " ", &canonical(value)].concat();
        let number = match self.0.get(&whole) {
            Some(number) => *number,
            None => {
                let number = self.0.get(kind).map_or(1, |count| count.saturating_add(1));
                self.0.insert(kind.to_owned(), number);
                self.0.insert(whole, number);
                number
            }
        };
        format!("[{kind}_{number}]")
    }
}
