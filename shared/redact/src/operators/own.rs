//! Knows what this crate put in a text, so that a second pass leaves it alone: tags, hashes, tokens and masks.

use super::mask::{FEWEST, MARKS};
use super::token::{Token, is_part};
use super::{base32, hash};

/// How far before a place its word may begin: longer ones are no tags or hashes, and a token's beginning is enough.
const LONGEST: usize = 512;

/// Whether a range lies within a tag, hash or token of a type that `known` has, by its name, or has a mask within it.
pub(crate) fn is_within(text: &str, start: usize, end: usize, known: &dyn Fn(&str) -> bool) -> bool {
    if text.get(start..end).is_some_and(is_masked) {
        return true;
    }
    let bytes = text.as_bytes();
    // The brackets of a tag may have been taken for a part of it.
    let start = if bytes.get(start) == Some(&b'[') { start + 1 } else { start };
    let end = if end > start && bytes.get(end - 1) == Some(&b']') { end - 1 } else { end };
    let before = bytes.get(start.saturating_sub(LONGEST)..start).unwrap_or(&[]);
    let begins = start - before.iter().rev().take_while(|byte| is_part(**byte)).count();
    let begins = (begins + escape(bytes, begins)).min(start);
    let behind = bytes.get(end..).unwrap_or(&[]);
    let ends = end + behind.iter().take(LONGEST).take_while(|byte| is_part(**byte)).count();
    let Some(word) = text.get(begins..ends) else { return false };
    is_tag(text, begins, ends, word, known) || is_hash(word, known) || is_token(word, known)
}

/// Whether a range has such a thing in it.
pub(crate) fn has(text: &str, start: usize, end: usize, known: &dyn Fn(&str) -> bool) -> bool {
    let mut at = start;
    while let Some(rest) = text.as_bytes().get(at..end).filter(|rest| !rest.is_empty()) {
        let length = rest.iter().take_while(|byte| is_part(**byte)).count();
        if length > 0 && is_within(text, at, at + length, known) {
            return true;
        }
        at += length + 1;
    }
    false
}

/// How many bytes of a word belong to an escape that it begins with: `\nUS_SSN_...`, `\u003dtok_...`, `%3Dtok_...`.
fn escape(bytes: &[u8], begins: usize) -> usize {
    let before = begins.checked_sub(1).and_then(|at| bytes.get(at));
    match (before, bytes.get(begins)) {
        (Some(b'\\'), Some(b'n' | b'r' | b't' | b'b' | b'f')) => 1,
        (Some(b'\\'), Some(b'u')) => 5,
        (Some(b'\\'), Some(b'x')) => 3,
        (Some(b'%'), Some(first)) if first.is_ascii_hexdigit() => 2,
        _ => 0,
    }
}

/// `[US_SSN_1]`, `[US_SSN]`
fn is_tag(text: &str, begins: usize, ends: usize, word: &str, known: &dyn Fn(&str) -> bool) -> bool {
    let bytes = text.as_bytes();
    let opened = begins.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'[');
    let numbered = word
        .rsplit_once('_')
        .is_some_and(|(kind, number)| number.bytes().all(|byte| byte.is_ascii_digit()) && known(kind));
    opened && bytes.get(ends) == Some(&b']') && (numbered || known(word))
}

/// `***-**-1120`: three of the same in a row
fn is_masked(value: &str) -> bool {
    let mut last = ('\0', 0_u8);
    value.chars().any(|c| {
        last = (c, if c == last.0 { last.1.saturating_add(1) } else { 1 });
        last.1 >= FEWEST && MARKS.contains(&c)
    })
}

/// `US_SSN_` and a hash
fn is_hash(word: &str, known: &dyn Fn(&str) -> bool) -> bool {
    word.rsplit_once('_').is_some_and(|(kind, hash)| {
        hash.len() == hash::CHARACTERS && hash.bytes().all(base32::is_character) && known(kind)
    })
}

/// `tok_us-ssn_k1_` and what is sealed
fn is_token(word: &str, known: &dyn Fn(&str) -> bool) -> bool {
    Token::read(word).is_some_and(|token| known(&token.kind.to_ascii_uppercase().replace('-', "_")))
}

#[cfg(test)]
#[test]
fn what_is_known() {
    let known = |kind: &str| matches!(kind, "US_SSN" | "MINE");
    for (text, expected) in [
        ("a [US_SSN_12] b", true),
        ("a [US_SSN_x] b", false),
        ("a [UK_NHS_1] b", false),
        ("a US_SSN_12 b", false),
        ("key=US_SSN_abcdefghijklmnopqr27", true),
        ("key=US_SSN_abcdefghijklmnopqr2", false),
        ("key=US_SSN_abcdefghijklmnopqr12", false),
        ("tok_us-ssn_k1_AAAAAAAAAAAAAAAAAAAA_-A1", true),
        ("tok_us-ssn_k1_AAAAAAAAAAAAAAAAAAAA", false),
        ("tok_uk-nhs_k1_AAAAAAAAAAAAAAAAAAAAAAAA", false),
        ("tok_mine_k1_AAAAAAAAAAAAAAAAAAAAAAAA", true),
        ("\\ntok_mine_k1_AAAAAAAAAAAAAAAAAAAAAAAA", true),
        ("x%3Dtok_mine_k1_AAAAAAAAAAAAAAAAAAAAAAAA", true),
        ("ntok_mine_k1_AAAAAAAAAAAAAAAAAAAAAAAA", false),
        ("\\u003dUS_SSN_abcdefghijklmnopqr27", true),
    ] {
        let at = text.rfind('1').or(text.rfind('A')).or(text.rfind('_')).unwrap();
        assert_eq!(is_within(text, at, at + 1, &known), expected, "{text}");
    }
    for (text, expected) in
        [("***-**-1120", true), ("•••", true), ("a**b**c", false), ("aaaa", false), ("", false)]
    {
        assert_eq!(is_within(text, 0, text.len(), &known), expected, "{text}");
    }
    let long = "a".repeat(1000);
    assert!(!is_within(&long, 0, long.len(), &known));
}
