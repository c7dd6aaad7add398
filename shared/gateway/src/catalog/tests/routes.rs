//! From a name to the upstream that has it.

use super::{ListKind, World, fault, refusal};
use crate::error::{Refusal, UpstreamFault};

/// Everything that is listed can be called, and nothing else: over generated upstreams and allow lists.
#[test]
fn callable_is_what_is_listed() {
    let names = ["get", "set", "get_all", "x__y", "Get weather", "ü", &"long".repeat(20), "a/b.c-d"];
    let patterns = ["*", "a", "b__*", "*get*", "a__x__y", "c*", "*__set", "b__get", "a__Get_*", "c__*_all"];
    let mut seed = 7_u64;
    let mut draw = |most: usize| {
        // Knuth's MMIX generator: reproducible is all it has to be.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most
    };
    for round in 0..60 {
        let allow: Vec<&str> = (0..draw(4)).map(|_| patterns[draw(patterns.len())]).collect();
        let world = World::new(&["a", "b", "c"], &allow);
        let mut tried = vec!["get".to_owned(), "__get".to_owned(), "d__get".to_owned(), String::new()];
        for alias in ["a", "b", "c"] {
            let mine: Vec<&str> = names.into_iter().filter(|_| draw(2) == 0).collect();
            world.script(alias).names(ListKind::Tools, &mine);
            tried.extend(names.iter().map(|name| crate::catalog::names::expose(alias, name)));
            tried.extend(names.iter().map(|name| format!("{alias}__{name}")));
        }
        let listed = world.names(ListKind::Tools);
        tried.sort();
        tried.dedup();
        assert!(listed.iter().all(|name| tried.contains(name)), "round {round}: {listed:?}");
        for name in &tried {
            let found = world.tool(name);
            assert_eq!(found.is_ok(), listed.contains(name), "round {round}, allow {allow:?}: {name}");
            if let Ok(route) = found {
                let exposed = crate::catalog::names::expose(&route.link.upstream().alias, &route.original);
                assert_eq!(&exposed, name, "round {round}");
            }
        }
    }
}

#[test]
fn unknown_and_not_allowed_are_one_answer_and_the_upstream_sees_nothing() {
    let world = World::new(&["a", "b"], &["a__allowed"]);
    for alias in ["a", "b"] {
        world.script(alias).names(ListKind::Tools, &["allowed", "denied"]);
        world.script(alias).names(ListKind::Prompts, &["allowed", "denied"]);
    }
    for name in ["a__denied", "a__missing", "b__allowed", "b__denied", "c__allowed", "allowed", "", "__"] {
        assert_eq!(refusal(world.tool(name)), Refusal::UnknownTool(name.to_owned()));
        assert_eq!(refusal(world.prompt(name)), Refusal::UnknownPrompt(name.to_owned()));
    }
    assert!(world.memory.sent().is_empty());
    let route = world.tool("a__allowed").expect("a route");
    assert_eq!((route.link.upstream().alias.as_str(), route.original.as_str()), ("a", "allowed"));
}

#[test]
fn a_name_that_is_not_listed_has_the_list_read_again_once_in_ten_seconds() {
    let world = World::new(&["a"], &["*"]);
    world.script("a").names(ListKind::Tools, &["old"]);
    assert!(world.tool("a__old").is_ok());
    world.script("a").names(ListKind::Tools, &["old", "new"]);
    assert_eq!(refusal(world.tool("a__new")), Refusal::UnknownTool("a__new".to_owned()), "read just now");
    world.memory.advance(10_000);
    assert!(world.tool("a__new").is_ok());
    assert_eq!(world.seen("a", "tools/list"), 2);
    for _ in 0..5 {
        world.memory.advance(1_000);
        refusal(world.tool("a__never"));
    }
    assert_eq!(world.seen("a", "tools/list"), 2, "an agent cannot make the gateway ask and ask");
    world.memory.advance(5_000);
    refusal(world.tool("a__never"));
    refusal(world.tool("a__never"));
    assert_eq!(world.seen("a", "tools/list"), 3);
}

#[test]
fn names_that_are_not_listed_do_not_hammer_an_upstream_that_fails() {
    let world = World::new(&["a"], &["*"]);
    world.script("a").names(ListKind::Tools, &["old"]);
    assert!(world.tool("a__old").is_ok());
    world.script("a").up.set(false);
    world.memory.advance(20_000);
    let before = world.memory.sent().len();
    for _ in 0..9 {
        refusal(world.tool("a__new"));
        world.memory.advance(1_100);
    }
    assert_eq!(world.memory.sent().len(), before + 1);
    assert!(world.tool("a__old").is_ok(), "what is known stays callable");
}

#[test]
fn an_upstream_that_cannot_be_listed_is_a_fault() {
    let world = World::new(&["a", "b"], &["*"]);
    world.script("a").up.set(false);
    assert_eq!(fault(world.tool("a__one")), ("a".to_owned(), UpstreamFault::Unreachable));
    assert_eq!(fault(world.prompt("a__one")), ("a".to_owned(), UpstreamFault::Unreachable));
    refusal(world.tool("b__one"));
}

#[test]
fn shortened_names_find_their_way_back() {
    let world = World::new(&["a"], &["*"]);
    let long = "tool_".repeat(20);
    world.script("a").names(ListKind::Tools, &[&long, "Get the weather"]);
    let listed = world.names(ListKind::Tools);
    assert!(listed.iter().all(|name| name.len() <= 64), "{listed:?}");
    let back: Vec<String> =
        listed.iter().map(|name| world.tool(name).map(|route| route.original).unwrap_or_default()).collect();
    assert_eq!(back, [long.as_str(), "Get the weather"]);
    refusal(world.tool("a__Get the weather"));
}
