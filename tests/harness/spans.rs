//! JSON as text: where the members of an object stand, so that two messages can be compared byte by byte apart
//! from named places. Trusts its input: it has been parsed before.

use std::ops::Range;

/// A member of an object: the places of its key (with quotes) and of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The key without quotes, as it is written.
    pub key: String,
    /// From the key's first quote to the value's end.
    pub all: Range<usize>,
    /// The value.
    pub value: Range<usize>,
}

/// The members of the object that begins at `start`; empty for anything else.
#[must_use]
pub fn members(text: &str, start: usize) -> Vec<Member> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = blank(bytes, start);
    if bytes.get(at) != Some(&b'{') {
        return found;
    }
    at = blank(bytes, at + 1);
    while bytes.get(at) == Some(&b'"') {
        let key_end = end(bytes, at);
        let colon = blank(bytes, key_end);
        let from = blank(bytes, colon + 1);
        let to = end(bytes, from);
        let key = text.get(at + 1..key_end - 1).unwrap_or_default().to_owned();
        found.push(Member { key, all: at..to, value: from..to });
        at = blank(bytes, to);
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at = blank(bytes, at + 1);
    }
    found
}

/// The place after the blanks at `at`.
fn blank(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The place after the value at `at`.
fn end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    loop {
        match bytes.get(at) {
            Some(b'"') => {
                at += 1;
                while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'"') {
                    at += if *byte == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            Some(b'{' | b'[') => {
                depth += 1;
                at += 1;
            }
            Some(b'}' | b']') => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            Some(_) if depth > 0 => at += 1,
            Some(_) => {
                while bytes.get(at).is_some_and(|byte| !b",]} \t\r\n".contains(byte)) {
                    at += 1;
                }
            }
            None => return at,
        }
        if depth == 0 {
            return at;
        }
    }
}

/// What may differ between two messages, by path (`params/_meta/progressToken`; `*` at the end stands for any rest).
fn free(path: &str, free_paths: &[&str]) -> bool {
    free_paths.iter().any(|free| match free.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => *free == path,
    })
}

/// The whole text with the values of the free places replaced by `#`: for messages in which no member may come
/// or go.
#[must_use]
pub fn masked(text: &str, free_paths: &[&str]) -> String {
    let mut out = String::new();
    let mut at = 0;
    mask(text, 0, "", free_paths, &mut |value: &Range<usize>| {
        out.push_str(text.get(at..value.start).unwrap_or_default());
        out.push('#');
        at = value.end;
    });
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn mask(text: &str, start: usize, path: &str, free_paths: &[&str], found: &mut impl FnMut(&Range<usize>)) {
    for member in members(text, start) {
        let path = format!("{path}{}", member.key);
        if free(&path, free_paths) {
            found(&member.value);
        } else {
            let below = format!("{path}/");
            if free_paths.iter().any(|free| free.starts_with(&below)) {
                mask(text, member.value.start, &below, free_paths, found);
            }
        }
    }
}

/// The texts of all members outside the free places, key and value as they stand, in their order: for messages in
/// which the free members may come and go. An object that holds free places is given member by member.
#[must_use]
pub fn kept(text: &str, free_paths: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    keep(text, 0, "", free_paths, &mut out);
    out
}

fn keep(text: &str, start: usize, path: &str, free_paths: &[&str], out: &mut Vec<String>) {
    for member in members(text, start) {
        let here = format!("{path}{}", member.key);
        let below = format!("{here}/");
        if free(&here, free_paths) {
            continue;
        }
        if free_paths.iter().any(|free| free.starts_with(&below))
            && text.as_bytes().get(member.value.start) == Some(&b'{')
        {
            keep(text, member.value.start, &below, free_paths, out);
        } else {
            out.push(format!("{path}|{}", text.get(member.all.clone()).unwrap_or_default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_places_are_masked_and_left_out() {
        let text = r#" { "id" : 1, "p":{"a" :[1, {"id":"}"}],"name":"x\"y" , "_meta":{"io/z":1,"k":2}}}"#;
        let free_paths = ["id", "p/name", "p/_meta/io*"];
        assert_eq!(
            masked(text, &free_paths),
            r##" { "id" : #, "p":{"a" :[1, {"id":"}"}],"name":# , "_meta":{"io/z":#,"k":2}}}"##
        );
        assert_eq!(kept(text, &free_paths), [r#"p/|"a" :[1, {"id":"}"}]"#, r#"p/_meta/|"k":2"#]);
    }
}
