//! Paging through a merged list.

use super::{ListKind, MODERN, World, member, names_in, refusal};
use crate::error::Refusal;
use crate::limits::PAGE_ITEMS;

fn large(allow: &[&str]) -> World {
    let world = World::new(&["a", "b", "c"], allow);
    let names: Vec<String> = (0..PAGE_ITEMS).map(|n| format!("t{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.script("a").names(ListKind::Tools, &names[..10]);
    world.script("b").names(ListKind::Tools, &names);
    world.script("c").names(ListKind::Tools, &names);
    world
}

fn all(world: &World) -> (Vec<String>, usize) {
    let (mut names, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = world.try_page(ListKind::Tools, cursor.as_deref(), MODERN).expect("a page");
        names.extend(names_in(&page.result, ListKind::Tools));
        pages += 1;
        cursor = member(&page.result, "nextCursor");
        if cursor.is_none() {
            return (names, pages);
        }
    }
}

#[test]
fn every_item_comes_once() {
    for (allow, expected) in
        [(&["*"][..], 2 * PAGE_ITEMS + 10), (&["c__*", "a"], PAGE_ITEMS + 10), (&["b"], PAGE_ITEMS)]
    {
        let (names, pages) = all(&large(allow));
        assert_eq!((names.len(), pages), (expected, expected.div_ceil(PAGE_ITEMS)), "{allow:?}");
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), names.len());
    }
}

#[test]
fn cursors_of_others_are_refused_and_no_upstream_is_asked() {
    let world = large(&["*"]);
    let cursor = member(&world.page(ListKind::Tools).result, "nextCursor").expect("a second page");
    let asked = world.memory.sent().len();
    for bad in ["", "x", &cursor[..cursor.len() - 1], &format!("{cursor}A"), &cursor.to_uppercase()] {
        let outcome = world.try_page(ListKind::Tools, Some(bad), MODERN);
        assert_eq!(refusal(outcome), Refusal::BadCursor, "{bad}");
    }
    assert_eq!(
        refusal(world.try_page(ListKind::Prompts, Some(&cursor), MODERN)),
        Refusal::BadCursor,
        "another list"
    );
    let changed = world.another(&["*"], "v2");
    assert_eq!(
        refusal(changed.try_page(ListKind::Tools, Some(&cursor), MODERN)),
        Refusal::BadCursor,
        "another configuration"
    );
    world.memory.advance(3_600_001);
    assert_eq!(
        refusal(world.try_page(ListKind::Tools, Some(&cursor), MODERN)),
        Refusal::BadCursor,
        "too old"
    );
    assert_eq!(world.memory.sent().len(), asked);
}

#[test]
fn a_place_that_is_gone_is_a_bad_cursor() {
    let world = large(&["*"]);
    let cursor = member(&world.page(ListKind::Tools).result, "nextCursor").expect("a second page");
    world.script("b").names(ListKind::Tools, &["only"]);
    world.memory.advance(61_000);
    world.page(ListKind::Tools);
    world.run_effects();
    assert_eq!(refusal(world.try_page(ListKind::Tools, Some(&cursor), MODERN)), Refusal::BadCursor);
}
