//! JSON in one form, so that equal values have equal texts.

use crate::mcp::json::quote;
use crate::mcp::{Kind, Raw};
use postern_semantic::order::order;

/// Nesting down to which members may come in any order. Each level is walked again; what is deeper counts as it came.
const DEPTH: usize = 16;

/// The one form of a value: members by name, no blanks, strings without needless escapes, and numbers as they are written.
/// RFC 8785 says the same but of numbers, which it reads as doubles: two that differ would be one.
///
/// Left out is what `volatile` names: paths of member names with dots between, such as `structuredContent.requestId`; what
/// they name in an array, they name in each element.
#[must_use]
pub fn canonical<'v>(value: Raw<'_>, volatile: impl IntoIterator<Item = &'v str>) -> String {
    let mut out = String::with_capacity(value.text().len());
    let paths: Vec<&str> = volatile.into_iter().collect();
    write(value, &paths, 0, &mut out);
    out
}

fn write(value: Raw<'_>, volatile: &[&str], depth: usize, out: &mut String) {
    match value.kind() {
        Kind::Object | Kind::Array if depth >= DEPTH => out.push_str(value.text()),
        Kind::Object => object(value, volatile, depth, out),
        Kind::Array => {
            out.push('[');
            for (at, element) in value.elements().enumerate() {
                separate(at, out);
                write(element, volatile, depth + 1, out);
            }
            out.push(']');
        }
        Kind::String => quote(out, &value.string().unwrap_or_default()),
        Kind::Number | Kind::True | Kind::False | Kind::Null => out.push_str(value.text()),
    }
}

fn object(value: Raw<'_>, volatile: &[&str], depth: usize, out: &mut String) {
    let members: Vec<_> =
        value.members().filter(|(name, _)| !volatile.iter().any(|path| path == name)).collect();
    let name = |at: usize| members.get(at).map(|(name, _)| name);
    let places = order(members.len(), &|one, other| name(one).cmp(&name(other)));
    out.push('{');
    for (at, (name, value)) in places.into_iter().filter_map(|at| members.get(at)).enumerate() {
        separate(at, out);
        quote(out, name);
        out.push(':');
        let below = volatile.iter().filter_map(|path| path.strip_prefix(&**name)?.strip_prefix('.'));
        let below: Vec<&str> = below.collect();
        write(*value, &below, depth + 1, out);
    }
    out.push('}');
}

fn separate(at: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::RESPONSE;
    use crate::mcp::Json;

    fn of(text: &str, volatile: &[&str]) -> String {
        let json = Json::parse(text.as_bytes(), &RESPONSE).unwrap();
        canonical(json.value(json.root()), volatile.iter().copied())
    }

    #[test]
    fn equal_values_have_one_form() {
        for (text, expected) in [
            (
                r#" { "b" : [ 1 , {"y":null,"x":true} ], "a" : "\u0041\/" } "#,
                r#"{"a":"A/","b":[1,{"x":true,"y":null}]}"#,
            ),
            ("1.0", "1.0"),
            ("9007199254740993", "9007199254740993"),
            (r#""é\n""#, r#""é\n""#),
            ("{}", "{}"),
            ("[]", "[]"),
        ] {
            assert_eq!(of(text, &[]), expected);
        }
        let deep = ["[".repeat(20), r#"{"b":1, "a":2}"#.to_owned(), "]".repeat(20)].concat();
        assert!(of(&deep, &[]).contains(r#"{"b":1, "a":2}"#));
    }

    #[test]
    fn what_is_volatile_is_left_out() {
        let text = r#"{"s":{"id":1,"n":2},"id":3,"list":[{"id":4,"v":5},6],"x.y":7}"#;
        for (volatile, expected) in [
            (vec![], r#"{"id":3,"list":[{"id":4,"v":5},6],"s":{"id":1,"n":2},"x.y":7}"#),
            (vec!["s.id", "list.id"], r#"{"id":3,"list":[{"v":5},6],"s":{"n":2},"x.y":7}"#),
            (vec!["id", "x.y", "s.nothing"], r#"{"list":[{"id":4,"v":5},6],"s":{"id":1,"n":2}}"#),
            (vec!["s", "list", "id"], r#"{"x.y":7}"#),
            (vec!["", "."], r#"{"id":3,"list":[{"id":4,"v":5},6],"s":{"id":1,"n":2},"x.y":7}"#),
        ] {
            assert_eq!(of(text, &volatile), expected, "{volatile:?}");
        }
    }
}
