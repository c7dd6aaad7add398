use super::tests::BOUNDS;
use super::*;
use crate::mcp::testing::{self, Rng};
use std::collections::BTreeMap;

fn edit(text: &str, with: impl FnOnce(&Json<'_>, &mut Edits)) -> String {
    let json = Json::parse(text.as_bytes(), &BOUNDS).unwrap();
    let mut edits = Edits::new();
    with(&json, &mut edits);
    let out = edits.apply(text);
    Json::parse(out.as_bytes(), &BOUNDS).unwrap_or_else(|e| panic!("{e}: {text} became {out}"));
    out
}

#[test]
fn set_replaces_or_appends() {
    let text = r#"{ "id" : 1 , "b":2 }"#;
    assert_eq!(edit(text, |j, e| e.set(j, j.root(), "id", "\"x\"")), r#"{ "id" : "x" , "b":2 }"#);
    assert_eq!(edit(text, |j, e| e.set(j, j.root(), "c", "3")), r#"{ "id" : 1 , "b":2,"c":3 }"#);
    assert_eq!(edit("{ }", |j, e| e.set_string(j, j.root(), "c\"", "\n")), r#"{"c\"":"\n" }"#);
    let twice = edit(text, |j, e| {
        e.set(j, j.root(), "c", "3");
        e.set(j, j.root(), "d", "4");
        e.set(j, j.root(), "c", "5");
    });
    assert_eq!(twice, r#"{ "id" : 1 , "b":2,"c":5,"d":4 }"#);
    assert_eq!(edit(r#"{"\u0069d":1}"#, |j, e| e.set(j, j.root(), "id", "2")), r#"{"\u0069d":2}"#);
    assert_eq!(edit("[1]", |j, e| e.set(j, j.root(), "id", "2")), "[1]");
}

#[test]
fn remove_takes_the_right_comma() {
    let text = r#"{"a":1, "b":2 ,"c":3}"#;
    let without =
        |names: &[&str]| edit(text, |j, e| names.iter().for_each(|name| e.remove(j, j.root(), name)));
    assert_eq!(without(&["a"]), r#"{"b":2 ,"c":3}"#);
    assert_eq!(without(&["b"]), r#"{"a":1 ,"c":3}"#);
    assert_eq!(without(&["c"]), r#"{"a":1, "b":2}"#);
    assert_eq!(without(&["a", "b"]), r#"{"c":3}"#);
    assert_eq!(without(&["b", "c"]), r#"{"a":1}"#);
    assert_eq!(without(&["c", "a"]), r#"{"b":2}"#);
    assert_eq!(without(&["a", "b", "c"]), "{}");
    assert_eq!(without(&["d"]), text);
}

#[test]
fn the_outer_edit_wins() {
    let text = r#"{"m":{"k":1},"n":{"k":1}}"#;
    let out = edit(text, |j, e| {
        let inner = j.get(j.root(), "m").unwrap();
        e.set(j, inner, "k", "2");
        e.set(j, inner, "l", "3");
        e.remove(j, j.root(), "m");
        let other = j.get(j.root(), "n").unwrap();
        e.replace_string(j.span(other), "gone");
        e.set(j, other, "k", "2");
    });
    assert_eq!(out, r#"{"n":"gone"}"#);
}

#[test]
fn one_message_of_a_batch_is_cut_out_with_its_own_edits() {
    let text = r#" [ {"id":1} , {"id":2} ] "#;
    let json = Json::parse(text.as_bytes(), &BOUNDS).unwrap();
    let nodes: Vec<Node> = json.elements(json.root()).collect();
    let mut edits = Edits::new();
    assert!(edits.is_empty());
    for &node in &nodes {
        edits.set(&json, node, "id", "\"own\"");
    }
    assert!(!edits.is_empty());
    assert_eq!(edits.clone().apply_within(text, json.span(nodes[1])), r#"{"id":"own"}"#);
    assert_eq!(edits.apply(text), r#" [ {"id":"own"} , {"id":"own"} ] "#);
}

/// Name -> raw text of each member, the order of the names, and the raw texts of nested members.
fn members(raw: Raw<'_>) -> Vec<(String, String)> {
    raw.members().map(|(name, value)| (name.into_owned(), value.text().to_owned())).collect()
}

#[test]
fn any_mix_of_edits_leaves_the_rest_byte_for_byte() {
    for seed in 0..6000 {
        let rng = &mut Rng::new(seed);
        let mut text = String::new();
        testing::object(rng, 3, &mut text);
        let json = Json::parse(text.as_bytes(), &BOUNDS).unwrap();
        let before = members(json.value(json.root()));
        let mut expected: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut edits = Edits::new();
        for i in 0..rng.below(8) {
            let name = match rng.below(before.len() + 2) {
                at if at < before.len() => before[at].0.clone(),
                at => format!("new {}", at - before.len()),
            };
            if rng.chance(50) {
                edits.remove(&json, json.root(), &name);
                expected.insert(name, None);
            } else {
                let value = format!("[{i}]");
                edits.set(&json, json.root(), &name, &value);
                expected.insert(name, Some(value));
            }
        }
        let out = edits.apply(&text);
        if expected.is_empty() {
            assert_eq!(out, text);
        }
        let after = Json::parse(out.as_bytes(), &BOUNDS)
            .unwrap_or_else(|e| panic!("seed {seed}: {e}: {text} -> {out}"));
        let after = members(after.value(after.root()));
        let mut wanted: Vec<(String, String)> = before
            .iter()
            .filter_map(|(name, value)| match expected.remove(name) {
                None => Some((name.clone(), value.clone())),
                Some(changed) => changed.map(|value| (name.clone(), value)),
            })
            .collect();
        let kept = wanted.len();
        wanted.extend(expected.into_iter().filter_map(|(name, value)| Some((name, value?))));
        assert_eq!(after[..kept], wanted[..kept], "seed {seed}: {text} -> {out}");
        let (mut new, mut wanted_new) = (after[kept..].to_vec(), wanted[kept..].to_vec());
        new.sort();
        wanted_new.sort();
        assert_eq!(new, wanted_new, "seed {seed}: {text} -> {out}");
    }
}

#[test]
fn deep_values_are_edited_where_they_lie() {
    let text = r#"{"result":{"content":[{"uri":"a"},{"x":1,"uri" : "b"}]}}"#;
    let out = edit(text, |j, e| {
        let content = j.value(j.root()).get("result").unwrap().get("content").unwrap();
        for item in content.elements() {
            e.replace_string(item.get("uri").unwrap().span(), "c");
            e.remove_in(item, "x");
            e.set_in(item, "new", "0");
        }
    });
    assert_eq!(out, r#"{"result":{"content":[{"uri":"c","new":0},{"uri" : "c","new":0}]}}"#);
}
