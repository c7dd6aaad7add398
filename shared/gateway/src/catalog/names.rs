//! Names that agents see: `{alias}__{name}`, at most 64 characters of what clients and model vendors take.
//!
//! Pure. The way back from an exposed name to the upstream's own is always by the upstream's listing, never
//! by cutting the prefix off: a shortened name has no other way back.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Between alias and name. Aliases hold no `__` and do not end in `_`, so the first one is the border.
const BORDER: &str = "__";
/// Longest exposed name, in characters: what the conformance suite (SEP-986) and model vendors take.
const LONGEST: usize = 64;
/// Hex digits of a shortened name's digest. 48 bits: a collision within one upstream is dropped, not routed.
const DIGEST_CHARS: usize = 12;
/// Longest name that is taken from an upstream, in bytes. MCP says 128 characters.
const LONGEST_ORIGINAL: usize = 1_024;

/// The name under which `original` of the upstream `alias` is shown.
///
/// An empty alias (a single upstream) is the identity. Else a name that is over 64 characters with its
/// prefix, or that has characters outside `A-Za-z0-9_.-/` (MCP's, and SEP-986's `/`), keeps what it can and
/// ends in `_` and a short digest of the original. The same original always gives the same name.
#[must_use]
pub fn expose(alias: &str, original: &str) -> String {
    if alias.is_empty() {
        return original.to_owned();
    }
    let mut out = String::with_capacity(LONGEST);
    out.push_str(alias);
    out.push_str(BORDER);
    if out.len().saturating_add(original.len()) <= LONGEST && original.chars().all(legal) {
        out.push_str(original);
        return out;
    }
    // Aliases have at most 16 characters (`tenant::Upstream`), so there is always room.
    let room = LONGEST.saturating_sub(DIGEST_CHARS).saturating_sub(1).saturating_sub(out.len());
    out.extend(original.chars().map(|c| if legal(c) { c } else { '_' }).take(room));
    out.push('_');
    for byte in Sha256::digest(original.as_bytes()).iter().take(DIGEST_CHARS / 2) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The alias in front of an exposed name, if it has one. Which upstream that is, and whether it lists the
/// name, is for the caller to see.
#[must_use]
pub fn alias_of(exposed: &str) -> Option<&str> {
    exposed.split_once(BORDER).map(|(alias, _)| alias).filter(|alias| !alias.is_empty())
}

/// Whether a name may be taken from an upstream at all: not empty, not over 1 KB, without control characters
/// (they have no business in a name, a header or a log).
#[must_use]
pub fn acceptable(original: &str) -> bool {
    !original.is_empty() && original.len() <= LONGEST_ORIGINAL && !original.chars().any(char::is_control)
}

/// What two names that look alike to a person have in common: here, that they differ in case only.
#[must_use]
pub fn folded(exposed: &str) -> String {
    exposed.to_lowercase()
}

const fn legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposed_names() {
        let long = "x".repeat(70);
        let stem = "x".repeat(42);
        for (alias, original, expected) in [
            ("billing", "get_invoice", "billing__get_invoice".to_owned()),
            ("", "get_invoice", "get_invoice".to_owned()),
            ("", "any thing", "any thing".to_owned()),
            ("", &long, long.clone()),
            ("a", "__b", "a____b".to_owned()),
            ("a", "v1/list.all-x", "a__v1/list.all-x".to_owned()),
            ("a", &"x".repeat(61), format!("a__{}", "x".repeat(61))),
            // The digests are what `printf NAME | sha256sum` says.
            ("a", "Get weather", "a__Get_weather_498ebfb0fbe6".to_owned()),
            ("a", "ü", "a____607474ca475a".to_owned()),
            ("billing", &long, format!("billing__{stem}_c71bd109227e")),
        ] {
            assert_eq!(expose(alias, original), expected);
        }
        assert_ne!(expose("billing", &long), expose("billing", &"x".repeat(71)));
    }

    #[test]
    fn exposed_names_fit_model_vendors() {
        for original in ["a b", "ключ", &"é".repeat(200), "a\u{202e}b", "emoji🙂"] {
            let exposed = expose("sixteen-chars-al", original);
            assert!(exposed.len() <= LONGEST, "{exposed}");
            assert!(exposed.chars().all(legal), "{exposed}");
            assert_eq!(alias_of(&exposed), Some("sixteen-chars-al"));
        }
    }

    #[test]
    fn borders() {
        for (exposed, alias) in [
            ("a__b", Some("a")),
            ("a__b__c", Some("a")),
            ("a___b", Some("a")),
            ("__b", None),
            ("ab", None),
            ("", None),
            ("a_b", None),
        ] {
            assert_eq!(alias_of(exposed), alias, "{exposed}");
        }
    }

    #[test]
    fn acceptable_names() {
        for (name, expected) in [
            ("a", true),
            ("", false),
            ("a\nb", false),
            ("a\u{0}", false),
            ("a b", true),
            (&"x".repeat(1_024), true),
            (&"x".repeat(1_025), false),
        ] {
            assert_eq!(acceptable(name), expected, "{}", name.len());
        }
    }
}
