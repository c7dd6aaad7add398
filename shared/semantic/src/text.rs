//! Questions: what is embedded, and what is equal.
