//! HTTP headers of the wire: a flat bag, and the value encoding of 2026-07-28.

mod params;

pub use params::{ParamHeader, ParamKind, SchemaViolation, check_params, param_headers, param_values};

use std::borrow::Cow;

/// Request or response headers; names in lower case, duplicates joined by `, `.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// `name\nvalue\n`, repeated: one string crosses a host's border cheaper than many.
    flat: String,
}

/// A header value that is not what it claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadHeader {
    /// What is wrong with it; public.
    pub why: &'static str,
}

impl Headers {
    /// From `name\nvalue\n` pairs with lower-case names, as a host hands them over.
    #[must_use]
    pub fn from_flat(flat: String) -> Self {
        Self { flat }
    }

    /// From pairs; names are lower-cased, line ends in values become blanks.
    #[must_use]
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut flat = String::new();
        for (name, value) in pairs {
            flat.push_str(&name.as_ref().to_ascii_lowercase());
            flat.push('\n');
            flat.push_str(&value.as_ref().replace(['\n', '\r'], " "));
            flat.push('\n');
        }
        Self { flat }
    }

    /// The value of the header `lower_name`.
    #[must_use]
    pub fn get(&self, lower_name: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == lower_name).map(|(_, value)| value)
    }

    /// All (name, value) pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut lines = self.flat.split('\n');
        std::iter::from_fn(move || Some((lines.next()?, lines.next()?)))
    }
}

/// `value` as `Mcp-Name` and `Mcp-Param-*` carry it.
#[must_use]
pub fn encode_value(value: &str) -> Cow<'_, str> {
    let _ = value;
    todo!("lands with the encoding")
}

/// What such a header value means; blanks around it are not part of it.
///
/// # Errors
/// [`BadHeader`] if it is not visible ASCII, or a sentinel with bad base64 or bad UTF-8 inside.
pub fn decode_value(value: &str) -> Result<Cow<'_, str>, BadHeader> {
    let _ = value;
    todo!("lands with the encoding")
}
