//! HTTP headers of the wire: a flat bag, the value encoding of 2026-07-28, and `Retry-After`.

mod after;
mod params;

pub use after::retry_after;
pub use params::{ParamHeader, ParamKind, SchemaViolation, check_params, param_headers, param_values};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// The request headers that [`Headers::get`] may be asked for. A host where each header costs a crossing hands over
/// these, and the others when they are asked for.
pub const NAMED: &[&str] = &[
    "host",
    "origin",
    "authorization",
    "content-type",
    "content-encoding",
    "mcp-protocol-version",
    "mcp-method",
    "mcp-name",
    "mcp-session-id",
    "last-event-id",
    "traceparent",
    "access-control-request-headers",
];

/// Reads a header by its lower-case name where the host has it.
pub type Rest = Box<dyn Fn(&str) -> Option<String>>;

/// Request headers; names in lower case, duplicates joined by `, `.
#[derive(Default)]
pub struct Headers {
    /// `name\nvalue\n`, repeated: one string crosses a host's border cheaper than many.
    flat: String,
    /// Where the line ends are.
    ends: Vec<usize>,
    /// Where those are that are not in `flat`.
    rest: Option<Rest>,
}

impl std::fmt::Debug for Headers {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
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
        let ends = flat.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { flat, ends, rest: None }
    }

    /// The same of the [`NAMED`] headers alone; `rest` finds the others.
    #[must_use]
    pub fn from_named(flat: String, rest: Rest) -> Self {
        Self { rest: Some(rest), ..Self::from_flat(flat) }
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
        Self::from_flat(flat)
    }

    /// The value of the header `lower_name`, which is one of [`NAMED`].
    #[must_use]
    pub fn get(&self, lower_name: &str) -> Option<&str> {
        debug_assert!(NAMED.contains(&lower_name), "{lower_name} is not handed over by every host");
        self.find(lower_name)
    }

    /// The value of any header.
    #[must_use]
    pub fn any(&self, lower_name: &str) -> Option<Cow<'_, str>> {
        let found = self.find(lower_name).map(Cow::Borrowed);
        found.or_else(|| self.rest.as_ref()?(lower_name).map(Cow::Owned))
    }

    fn find(&self, lower_name: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == lower_name).map(|(_, value)| value)
    }

    /// All (name, value) pairs that are here.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.as_chunks::<2>().0.iter().map(move |&[name, value]| {
            let pair = (self.flat.get(start..name), self.flat.get(name + 1..value));
            start = value + 1;
            (pair.0.unwrap_or_default(), pair.1.unwrap_or_default())
        })
    }
}

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// `value` as `Mcp-Name` and `Mcp-Param-*` carry it: as is, or in the base64 sentinel when it is empty, has outer
/// blanks, is not printable ASCII, or looks like the sentinel itself.
#[must_use]
pub fn encode_value(value: &str) -> Cow<'_, str> {
    let printable = value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    let outer_blank = |byte: Option<&u8>| matches!(byte, None | Some(b' ' | b'\t'));
    let bytes = value.as_bytes();
    if printable && !outer_blank(bytes.first()) && !outer_blank(bytes.last()) && sentinel(value).is_none() {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(value)))
}

/// What such a header value means; blanks around it are not part of it.
///
/// # Errors
/// [`BadHeader`] if it is not printable ASCII, or a sentinel with anything but canonical base64 of UTF-8 inside.
pub fn decode_value(value: &str) -> Result<Cow<'_, str>, BadHeader> {
    let value = value.trim_matches([' ', '\t']);
    let Some(inner) = sentinel(value) else {
        if value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
            return Ok(Cow::Borrowed(value));
        }
        return Err(BadHeader { why: "is not printable ASCII" });
    };
    let bytes = STANDARD.decode(inner).map_err(|_| BadHeader { why: "has an invalid base64 value" })?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| BadHeader { why: "has a value that is not UTF-8" })
}

/// What stands inside the markers, if both are there. They may not overlap (`=?base64?=`).
fn sentinel(value: &str) -> Option<&str> {
    value.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_by_lower_case_name() {
        let headers = Headers::from_flat("host\nexample\norigin\na, b\nmcp-name\n\n".to_owned());
        assert_eq!(headers.get("origin"), Some("a, b"));
        assert_eq!(headers.get("mcp-name"), Some(""));
        assert_eq!(headers.get("mcp-method"), None);
        assert_eq!(headers.any("b"), None);
        assert_eq!(headers.iter().count(), 3);
        let pairs = Headers::from_pairs([("Host", "example"), ("Origin", "a, b"), ("mcp-name", "")]);
        assert_eq!(pairs.flat, headers.flat);
        assert_eq!(Headers::from_pairs([("A", "x\nhost\ny")]).get("host"), None);
        assert_eq!(Headers::default().iter().count(), 0);
        assert_eq!(Headers::from_flat("cut".to_owned()).iter().count(), 0);
    }

    #[test]
    fn headers_that_were_not_handed_over_are_asked_for() {
        let rest = Box::new(|name: &str| (name == "mcp-param-a").then(|| "eu".to_owned()));
        let headers = Headers::from_named("host\nexample\n".to_owned(), rest);
        assert_eq!(headers.any("mcp-param-a").as_deref(), Some("eu"));
        assert_eq!(headers.any("mcp-param-b"), None);
        assert_eq!(headers.any("host").as_deref(), Some("example"));
        assert_eq!(format!("{headers:?}"), r#"["host"]"#);
    }

    #[test]
    fn values_travel_as_the_specification_says() {
        for plain in ["us-west1", "a b", "a\tb", "=?base64?x", "=?BASE64?eA==?=", "=?base64?="] {
            assert_eq!(encode_value(plain), plain);
            assert_eq!(decode_value(plain).unwrap(), plain);
        }
        for (value, encoded) in [
            ("", "=?base64??="),
            (" us", "=?base64?IHVz?="),
            ("日本", "=?base64?5pel5pys?="),
            ("a\nb", "=?base64?YQpi?="),
            ("=?base64?eA==?=", "=?base64?PT9iYXNlNjQ/ZUE9PT89?="),
        ] {
            assert_eq!(encode_value(value), encoded);
            assert_eq!(decode_value(encoded).unwrap(), value);
        }
        assert_eq!(decode_value(" \tx ").unwrap(), "x");
        for bad in [
            "=?base64?e?=",
            "=?base64?eA?=",
            "=?base64?eB==?=",
            "=?base64?e A=?=",
            "=?base64?/w==?=",
            "é",
            "a\u{7f}",
        ] {
            decode_value(bad).unwrap_err();
        }
    }

    #[test]
    fn any_value_round_trips() {
        for seed in 0..2000 {
            let rng = &mut crate::mcp::testing::Rng::new(seed);
            let value: String = (0..rng.below(6))
                .map(|_| rng.pick(&[' ', '\t', 'a', '=', '?', 'é', '\n', '\0', '🙂']))
                .collect();
            let encoded = encode_value(&value).into_owned();
            assert!(encoded.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~')), "seed {seed}");
            assert_eq!(decode_value(&encoded).unwrap(), value, "seed {seed}");
        }
    }
}
