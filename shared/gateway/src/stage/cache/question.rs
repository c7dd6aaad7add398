//! The arguments of a call, as questions are made of them.

use super::canonical::canonical;
use crate::mcp::{Kind, Raw};
use postern_semantic::order::order;
use postern_semantic::text::{Argument, Free, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// What a schema may say of a string that is no free text, or perhaps none.
const BOUND: [&str; 7] = ["enum", "const", "format", "pattern", "contentEncoding", "$ref", "not"];
/// Schemas of one argument that are looked into: alternatives in alternatives.
const DEPTH: usize = 4;

/// One argument, for as long as a question is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<'a> {
    name: Cow<'a, str>,
    /// A string's content; of anything else its canonical form.
    value: Cow<'a, str>,
    is_text: bool,
    free: Free,
}

impl Item<'_> {
    /// As questions take it.
    #[must_use]
    pub fn argument(&self) -> Argument<'_> {
        let value = if self.is_text { Value::Text(&self.value) } else { Value::Literal(&self.value) };
        Argument { name: &self.name, value, free: self.free }
    }
}

/// What a tool's input schema says of its arguments: their order, and which of them are no free text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape(HashMap<String, (usize, bool)>);

impl Shape {
    /// Of this schema.
    #[must_use]
    pub fn of(schema: Option<Raw<'_>>) -> Self {
        let properties = schema.and_then(|schema| schema.get("properties"));
        let members = properties.into_iter().flat_map(Raw::members).enumerate();
        Self(members.map(|(at, (name, own))| (name.into_owned(), (at, is_bound(own, 0)))).collect())
    }
}

/// The arguments in the order of the tool's input schema, and behind them, by name, those that it does not have. What is no
/// object has none. `free` names arguments that the operator says are free text; of what a schema that names any does not
/// name, nothing is.
#[must_use]
pub fn items<'a>(arguments: Option<Raw<'a>>, shape: &Shape, free: &[String]) -> Vec<Item<'a>> {
    let mut items: Vec<(usize, Option<Item<'a>>)> = arguments
        .into_iter()
        .flat_map(Raw::members)
        .map(|(name, value)| {
            let own = shape.0.get(&*name);
            let free = if free.iter().any(|free| *free == *name) {
                Free::Always
            } else if own.map_or(!shape.0.is_empty(), |(_, bound)| *bound) {
                Free::Never
            } else {
                Free::Perhaps
            };
            let text = if value.kind() == Kind::String { value.string() } else { None };
            let is_text = text.is_some();
            let value = text.unwrap_or_else(|| Cow::Owned(canonical(value, [])));
            (own.map_or(usize::MAX, |(at, _)| *at), Some(Item { name, value, is_text, free }))
        })
        .collect();
    let key = |at: usize| items.get(at).map(|(at, item)| (*at, item.as_ref().map(|item| &item.name)));
    let places = order(items.len(), &|one, other| key(one).cmp(&key(other)));
    places.into_iter().filter_map(|at| items.get_mut(at)?.1.take()).collect()
}

/// Whether a schema says more of a string than that it is one, itself or in one of its alternatives. What it refers to is not
/// looked for.
fn is_bound(schema: Raw<'_>, depth: usize) -> bool {
    let parts = || ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|name| schema.get(name));
    schema.kind() == Kind::Object
        && (schema.get("type").is_some_and(|kind| !may_be_string(kind))
            || BOUND.iter().any(|name| schema.get(name).is_some())
            || parts().any(|list| depth >= DEPTH || list.elements().any(|one| is_bound(one, depth + 1))))
}

/// Whether `type` has strings: one name, or a list of them.
fn may_be_string(kind: Raw<'_>) -> bool {
    let is = |kind: Raw<'_>| kind.string().is_some_and(|kind| kind == "string" || kind == "null");
    is(kind) || (kind.kind() == Kind::Array && kind.elements().any(is))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::REQUEST;
    use crate::mcp::Json;

    const SCHEMA: &str = r#"{"type":"object","properties":{
        "query":{"type":"string","maxLength":99},
        "lang":{"type":"string","enum":["en","de"]},
        "since":{"type":"string","format":"date"},
        "code":{"type":"string","pattern":"^A"},
        "kind":{"const":"x"},
        "note":{"anyOf":[{"type":"string"},{"type":"null"}]},
        "state":{"anyOf":[{"type":"null"},{"oneOf":[{"enum":["a"]}]}]},
        "number":{"type":"integer"},"perhaps":{"type":["string","null"]},
        "place":{"$ref":"/x"}}}"#;

    fn of(arguments: &str, free: &[&str]) -> Vec<(String, String, bool, Free)> {
        let arguments = Json::parse(arguments.as_bytes(), &REQUEST).unwrap();
        let schema = Json::parse(SCHEMA.as_bytes(), &REQUEST).unwrap();
        let free: Vec<String> = free.iter().map(|&name| name.to_owned()).collect();
        let shape = Shape::of(Some(schema.value(schema.root())));
        let items = items(Some(arguments.value(arguments.root())), &shape, &free);
        items.into_iter().map(|item| (item.name.into(), item.value.into(), item.is_text, item.free)).collect()
    }

    #[test]
    fn arguments_come_in_the_order_of_the_schema() {
        let text = r#"{"z":1e2,"b":{"y":1,"x":[2.50]},"lang":"de","query":"a\u0042c"}"#;
        let expected = [
            ("query", "aBc", true, Free::Perhaps),
            ("lang", "de", true, Free::Never),
            ("b", r#"{"x":[2.50],"y":1}"#, false, Free::Never),
            ("z", "1e2", false, Free::Never),
        ];
        let expected =
            expected.map(|(name, value, is_text, free)| (name.to_owned(), value.to_owned(), is_text, free));
        assert_eq!(of(text, &[]), expected);
        assert_eq!(of("[1]", &[]), []);
        assert_eq!(items(None, &Shape::default(), &[]), []);
    }

    #[test]
    fn a_schema_says_what_is_no_free_text_and_an_operator_knows_better() {
        for (name, expected) in [
            ("query", Free::Perhaps),
            ("lang", Free::Never),
            ("since", Free::Never),
            ("code", Free::Never),
            ("kind", Free::Never),
            ("note", Free::Perhaps),
            ("state", Free::Never),
            ("place", Free::Never),
            ("number", Free::Never),
            ("perhaps", Free::Perhaps),
            ("other", Free::Never),
        ] {
            let text = format!(r#"{{"{name}":"some words"}}"#);
            assert_eq!(of(&text, &[])[0].3, expected, "{name}");
            assert_eq!(of(&text, &[name])[0].3, Free::Always, "{name}");
        }
    }
}
