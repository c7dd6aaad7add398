//! What a merged list holds.

use super::{ListKind, MODERN, World, fault, member, names_in};
use crate::error::UpstreamFault;
use crate::mcp::Revision;

#[test]
fn merged_in_the_order_of_aliases_and_filtered() {
    for (allow, expected) in [
        (&["*"][..], &["a__one", "a__two", "b__one", "b__two"][..]),
        (&["a__*"], &["a__one", "a__two"]),
        (&["b"], &["b__one", "b__two"]),
        (&["*__one"], &["a__one", "b__one"]),
        (&["b__two", "a__one"], &["a__one", "b__two"]),
        (&["c__*"], &[]),
        (&[], &[]),
    ] {
        let world = World::new(&["a", "b"], allow);
        for alias in ["a", "b"] {
            world.script(alias).names(ListKind::Tools, &["one", "two"]);
            world.script(alias).names(ListKind::Prompts, &["one", "two"]);
        }
        assert_eq!(world.names(ListKind::Tools), expected, "{allow:?}");
        assert_eq!(world.names(ListKind::Prompts), expected, "{allow:?}");
        for alias in ["a", "b"] {
            let usable = allow.iter().any(|pattern| pattern.starts_with(alias) || pattern.starts_with('*'));
            assert_eq!(
                world.seen(alias, "tools/list") > 0,
                usable,
                "{allow:?}: {alias} is asked only if it may be used"
            );
        }
    }
}

#[test]
fn items_keep_their_bytes() {
    let world = World::new(&["a"], &["*"]);
    let item = r#"{ "x-future" : [1e400, 12345678901234567890123], "name":"t\u0069me",  "inputSchema":{"type":"object"}, "ü":"\u00fc" }"#;
    world.script("a").list(ListKind::Tools, &[item]);
    let result = world.page(ListKind::Tools).result;
    let expected = item.replace(r#""t\u0069me""#, r#""a__time""#);
    assert_eq!(
        result,
        format!(r#"{{"tools":[{expected}],"resultType":"complete","ttlMs":60000,"cacheScope":"private"}}"#)
    );
    let legacy = world.try_page(ListKind::Tools, None, Revision::V2025_11_25).map(|page| page.result);
    assert_eq!(legacy, Ok(format!(r#"{{"tools":[{expected}]}}"#)));
}

#[test]
fn the_empty_alias_changes_nothing() {
    let world = World::new(&[""], &["*"]);
    world.script("").names(ListKind::Tools, &["plain", "with__border", "any thing"]);
    assert_eq!(world.names(ListKind::Tools), ["plain", "with__border", "any thing"]);
    for name in ["plain", "with__border", "any thing"] {
        assert_eq!(world.tool(name).map(|route| route.original), Ok(name.to_owned()));
    }
}

#[test]
fn old_clients_get_what_their_revision_knows() {
    let world = World::new(&["a"], &["*"]);
    let item = |members: &str| format!(r#"{{"name":"t"{members}}}"#);
    let whole = item(r#","title":"T","icons":[],"outputSchema":{"type":"object"},"execution":{},"x":1"#);
    world.script("a").list(ListKind::Tools, &[&whole]);
    for (revision, members) in [
        (
            Revision::V2026_07_28,
            r#","title":"T","icons":[],"outputSchema":{"type":"object"},"execution":{},"x":1"#,
        ),
        (
            Revision::V2025_11_25,
            r#","title":"T","icons":[],"outputSchema":{"type":"object"},"execution":{},"x":1"#,
        ),
        (Revision::V2025_06_18, r#","title":"T","outputSchema":{"type":"object"},"x":1"#),
        (Revision::V2025_03_26, r#","x":1"#),
    ] {
        let page =
            world.try_page(ListKind::Tools, None, revision).map(|page| page.result).unwrap_or_default();
        let expected = item(members).replace(r#""t""#, r#""a__t""#);
        assert!(page.starts_with(&format!(r#"{{"tools":[{expected}]"#)), "{revision}: {page}");
    }
}

#[test]
fn what_cannot_be_offered_is_left_out_and_noted() {
    let world = World::new(&["a"], &["*"]);
    world.script("a").list(
        ListKind::Tools,
        &[
            r#"{"name":"good"}"#,
            r#"{"name":"good","description":"again"}"#,
            r#"{"name":"Good"}"#,
            r#"{"name":""}"#,
            r#"{"name":7}"#,
            r#"{"title":"nameless"}"#,
            r#""text""#,
            r#"{"name":"bell\u0007"}"#,
            r#"{"name":"mirrored","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}}"#,
            r#"{"name":"last"}"#,
        ],
    );
    assert_eq!(world.names(ListKind::Tools), ["a__good", "a__last"]);
    assert!(world.page(ListKind::Tools).result.contains(r#"{"name":"a__good"}"#), "the first wins");
    let records = world.memory.records();
    assert_eq!(records.len(), 8, "{records:?}");
    assert!(records.iter().all(|line| line.contains(r#""upstream":"a","list":"tools""#)), "{records:?}");
    assert!(records.iter().any(|line| line.contains("x-mcp-header")), "{records:?}");
    // Once for each content, not once for each refresh.
    world.memory.advance(120_000);
    world.page(ListKind::Tools);
    world.run_effects();
    assert_eq!(world.memory.records().len(), 8);
}

#[test]
fn mirrored_arguments_are_read_from_the_schema() {
    let world = World::new(&["a"], &["*"]);
    let item = r#"{"name":"t","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}"#;
    world.script("a").list(ListKind::Tools, &[item]);
    let route = world.tool("a__t").expect("a route");
    let item = route.item.expect("a tool is listed");
    assert_eq!(
        item.param_headers.iter().map(|header| header.header.as_str()).collect::<Vec<_>>(),
        ["Region"]
    );
}

#[test]
fn pages_of_the_upstream_are_read_to_the_end() {
    let world = World::new(&["a"], &["*"]);
    world.script("a").names(ListKind::Tools, &["one", "two", "three", "four", "five"]);
    world.script("a").page.set(2);
    assert_eq!(world.names(ListKind::Tools), ["a__one", "a__two", "a__three", "a__four", "a__five"]);
    assert_eq!(world.seen("a", "tools/list"), 3);
}

#[test]
fn a_cursor_that_goes_round_ends_the_list() {
    let world = World::new(&["a"], &["*"]);
    world.script("a").names(ListKind::Tools, &["one"]);
    world.script("a").loops.set(true);
    assert_eq!(world.names(ListKind::Tools), ["a__one"]);
    assert_eq!(world.seen("a", "tools/list"), 2);
    assert!(world.memory.records().iter().any(|line| line.contains("longer than the limits")));
}

#[test]
fn a_list_over_the_limits_is_cut() {
    let world = World::new(&["a"], &["*"]);
    world.script("a").names(ListKind::Tools, &vec!["x"; 200]);
    world.script("a").page.set(1);
    world.names(ListKind::Tools);
    assert_eq!(world.seen("a", "tools/list"), crate::limits::LIST_PAGES);
}

#[test]
fn what_an_upstream_does_not_offer_is_not_asked_for() {
    let world = World::new(&["a", "b"], &["*"]);
    *world.script("a").capabilities.borrow_mut() = r#"{"prompts":{}}"#.to_owned();
    world.script("a").names(ListKind::Tools, &["hidden"]);
    world.script("b").names(ListKind::Tools, &["one"]);
    assert_eq!(world.names(ListKind::Tools), ["b__one"]);
    assert_eq!(world.seen("a", "tools/list"), 0);
}

#[test]
fn a_dead_upstream_is_skipped_and_the_list_is_good_for_no_time() {
    let world = World::new(&["a", "b"], &["*"]);
    world.script("a").up.set(false);
    world.script("b").names(ListKind::Tools, &["one"]);
    let page = world.page(ListKind::Tools);
    assert_eq!(names_in(&page.result, ListKind::Tools), ["b__one"]);
    assert_eq!(page.skipped, [("a".to_owned(), UpstreamFault::Unreachable)]);
    assert_eq!(member(&page.result, "ttlMs").as_deref(), Some("0"));
}

#[test]
fn all_dead_is_a_fault_and_no_empty_list() {
    let world = World::new(&["a", "b"], &["*"]);
    world.script("a").up.set(false);
    world.script("b").up.set(false);
    let outcome = world.try_page(ListKind::Tools, None, MODERN);
    assert_eq!(fault(outcome), ("a".to_owned(), UpstreamFault::Unreachable));
}

#[test]
fn upstreams_are_asked_side_by_side_and_not_for_longer_than_their_first_byte() {
    use crate::platform::Clock as _;
    let world = World::new(&["a", "b", "c"], &["*"]);
    for (alias, delay_ms) in [("a", 400), ("b", 400), ("c", 60_000)] {
        world.script(alias).names(ListKind::Tools, &["one"]);
        world.script(alias).delay_ms.set(delay_ms);
    }
    let began = world.memory.now_ms();
    let page = world.page(ListKind::Tools);
    assert_eq!(names_in(&page.result, ListKind::Tools), ["a__one", "b__one"]);
    assert_eq!(page.skipped, [("c".to_owned(), UpstreamFault::Deadline)]);
    assert!(world.memory.now_ms() - began <= 1_100, "{} ms", world.memory.now_ms() - began);
}
