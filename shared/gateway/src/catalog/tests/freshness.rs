//! When a list is asked for again, and what is served meanwhile.

use super::super::wait::{Task, all};
use super::{ListKind, MODERN, World, client, fault, member};
use crate::error::UpstreamFault;
use crate::platform::Clock as _;

fn ttl(world: &World) -> String {
    member(&world.page(ListKind::Tools).result, "ttlMs").unwrap_or_default()
}

fn one(aliases: &[&str]) -> World {
    let world = World::new(aliases, &["*"]);
    for alias in aliases {
        world.script(alias).names(ListKind::Tools, &["one"]);
    }
    world
}

#[test]
fn fresh_is_served_from_memory_and_its_time_runs_out() {
    let world = one(&["a"]);
    assert_eq!(ttl(&world), "60000");
    world.memory.advance(20_000);
    assert_eq!(ttl(&world), "40000");
    assert_eq!(world.seen("a", "tools/list"), 1);
}

#[test]
fn stale_is_served_and_refreshed_behind_once() {
    let world = one(&["a"]);
    world.page(ListKind::Tools);
    world.memory.advance(61_000);
    world.script("a").names(ListKind::Tools, &["one", "two"]);
    for _ in 0..5 {
        assert_eq!(world.names(ListKind::Tools), ["a__one"]);
        assert_eq!(ttl(&world), "0", "what is served stale is good for no time");
    }
    assert_eq!(world.seen("a", "tools/list"), 1, "nobody waits for the upstream");
    world.run_effects();
    assert_eq!(world.seen("a", "tools/list"), 2);
    assert_eq!(world.names(ListKind::Tools), ["a__one", "a__two"]);
    assert_eq!(ttl(&world), "60000");
}

#[test]
fn the_least_time_of_all_parts_counts() {
    let world = one(&["a", "b"]);
    world.script("b").ttl_ms.set(Some(7_000));
    assert_eq!(ttl(&world), "7000");
}

#[test]
fn what_upstreams_say_of_time() {
    for (said, told) in [
        (None, "300000"),
        (Some(0), "0"),
        (Some(-5), "0"),
        (Some(1), "1"),
        (Some(i64::MAX), "9223372036854775807"),
    ] {
        let world = one(&["a"]);
        world.script("a").ttl_ms.set(said);
        assert_eq!(ttl(&world), told, "{said:?}");
        // Used by the gateway itself for some seconds all the same, and never for more than an hour.
        world.memory.advance(4_000);
        ttl(&world);
        assert_eq!(world.seen("a", "tools/list"), 1, "{said:?}");
        world.memory.advance(3_600_000);
        ttl(&world);
        world.run_effects();
        assert_eq!(world.seen("a", "tools/list"), 2, "{said:?}");
    }
}

#[test]
fn a_refresh_that_fails_leaves_the_old_list_for_a_day() {
    let world = one(&["a"]);
    world.page(ListKind::Tools);
    world.script("a").up.set(false);
    for _ in 0..23 {
        world.memory.advance(3_600_000);
        assert_eq!(world.names(ListKind::Tools), ["a__one"]);
        world.run_effects();
        assert!(world.tool("a__one").is_ok());
    }
    world.memory.advance(3_600_000);
    world.memory.advance(3_600_000);
    assert_eq!(
        fault(world.try_page(ListKind::Tools, None, MODERN)),
        ("a".to_owned(), UpstreamFault::Unreachable)
    );
}

#[test]
fn failures_are_followed_by_growing_pauses() {
    let world = World::new(&["a"], &["*"]);
    world.script("a").up.set(false);
    let mut tries = Vec::new();
    let began = world.memory.now_ms();
    let mut seen = 0;
    for _ in 0..1_200 {
        assert!(world.try_page(ListKind::Tools, None, MODERN).is_err());
        if world.memory.sent().len() > seen {
            seen = world.memory.sent().len();
            tries.push(world.memory.now_ms() - began);
        }
        world.memory.advance(100);
    }
    let pauses: Vec<u64> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(tries.len() <= 15, "two minutes: {tries:?}");
    assert!(pauses[0] >= 1_000 && pauses[0] <= 1_600, "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= 15_100), "{pauses:?}");
    world.script("a").up.set(true);
    world.script("a").names(ListKind::Tools, &["one"]);
    world.memory.advance(15_000);
    assert_eq!(world.names(ListKind::Tools), ["a__one"]);
}

#[test]
fn another_isolate_takes_the_list_from_the_store() {
    let world = one(&["a"]);
    world.page(ListKind::Tools);
    world.run_effects();
    world.memory.advance(10_000);
    let other = world.another(&["*"], "v1");
    assert_eq!(other.names(ListKind::Tools), ["a__one"]);
    assert_eq!(ttl(&other), "50000");
    assert_eq!(world.seen("a", "tools/list"), 1);
    // Stale in the store, and the upstream is down: served all the same.
    world.script("a").up.set(false);
    world.memory.advance(7_200_000);
    let third = world.another(&["*"], "v1");
    assert_eq!(third.names(ListKind::Tools), ["a__one"]);
    assert_eq!(ttl(&third), "0");
    // And refreshed, once it can be.
    world.script("a").up.set(true);
    let fourth = world.another(&["*"], "v1");
    fourth.page(ListKind::Tools);
    fourth.run_effects();
    assert_eq!(ttl(&fourth), "60000");
    world.script("a").up.set(false);
    // Not for another configuration.
    let changed = world.another(&["*"], "v2");
    assert!(changed.try_page(ListKind::Tools, None, MODERN).is_err());
}

#[test]
fn many_cold_callers_make_one_request_and_survive_the_first_one_leaving() {
    let world = one(&["a"]);
    world.script("a").delay_ms.set(200);
    let World { memory, links, catalog, sealer, caller, .. } = &world;
    let page =
        || Box::pin(catalog.page(memory, links, sealer, caller, ListKind::Tools, None, client(MODERN)));
    let mut first = page();
    assert!(memory.step(first.as_mut()).is_pending());
    let mut others: Vec<_> = (0..49).map(|_| page()).collect();
    for other in &mut others {
        assert!(memory.step(other.as_mut()).is_pending());
    }
    drop(first);
    type Outcome = Result<super::Page, crate::error::Error>;
    let others: Vec<Task<'_, Outcome>> = others.into_iter().map(|other| other as Task<'_, Outcome>).collect();
    let pages = memory.run(all(others));
    assert_eq!(pages.len(), 49);
    for page in pages {
        assert_eq!(super::names_in(&page.expect("a page").result, ListKind::Tools), ["a__one"]);
    }
    // The one that left, and the one that took over.
    assert!(world.seen("a", "tools/list") <= 2);
}

#[test]
fn a_list_that_is_late_is_there_for_the_next_request() {
    let world = one(&["a"]);
    world.script("a").delay_ms.set(900);
    // The probe and the list together take longer than the first byte may.
    assert_eq!(
        fault(world.try_page(ListKind::Tools, None, MODERN)),
        ("a".to_owned(), UpstreamFault::Deadline)
    );
    world.run_effects();
    assert_eq!(world.names(ListKind::Tools), ["a__one"]);
    assert_eq!(world.seen("a", "tools/list"), 1);
}

#[test]
fn assembled_pages_are_kept_until_a_list_changes() {
    let world = one(&["a", "b"]);
    let first = world.page(ListKind::Tools).result;
    world.memory.advance(61_000);
    world.page(ListKind::Tools);
    world.run_effects();
    assert_eq!(world.page(ListKind::Tools).result, first, "refreshed, and the same");
    world.script("b").names(ListKind::Tools, &["two"]);
    world.memory.advance(61_000);
    world.page(ListKind::Tools);
    world.run_effects();
    assert_eq!(world.names(ListKind::Tools), ["a__one", "b__two"]);
}

fn changed(world: &World) {
    let link = world.links.of(&world.tenant, "a").expect("a link");
    world.catalog.changed(&world.memory, &link, &[ListKind::Tools]);
    world.run_effects();
}

#[test]
fn a_list_that_has_changed_is_asked_for_at_once() {
    let world = one(&["a"]);
    world.page(ListKind::Tools);
    world.run_effects();
    world.memory.advance(1_000);
    world.script("a").names(ListKind::Tools, &["two"]);
    changed(&world);
    // Nobody takes the old one from the store, in this isolate or another.
    assert_eq!(world.another(&["*"], "v1").names(ListKind::Tools), ["a__two"]);
    assert_eq!(world.names(ListKind::Tools), ["a__two"]);
    let seen = world.seen("a", "tools/list");
    assert_eq!(world.names(ListKind::Tools), ["a__two"]);
    assert_eq!(world.seen("a", "tools/list"), seen, "once is enough");
    assert_eq!(world.seen("a", "prompts/list"), 0);
}

#[test]
fn a_list_that_has_changed_and_cannot_be_had_is_served_as_it_was() {
    let world = one(&["a"]);
    world.page(ListKind::Tools);
    world.script("a").up.set(false);
    changed(&world);
    assert_eq!(world.names(ListKind::Tools), ["a__one"]);
    world.script("a").up.set(true);
    world.script("a").names(ListKind::Tools, &["two"]);
    world.memory.advance(15_000);
    assert_eq!(world.names(ListKind::Tools), ["a__two"], "not once more as it was");
}

#[test]
fn whom_a_change_concerns() {
    let concerns = |allow: &[&str], kind| {
        let world = one(&["a"]).another(allow, "v1");
        world.script("a").names(ListKind::Prompts, &["greet"]);
        let link = world.links.of(&world.tenant, "a").expect("a link");
        world.memory.run(world.catalog.concerns(&world.memory, &link, &world.caller, kind))
    };
    for (allow, tools, prompts, resources) in [
        (&["*"][..], true, true, true),
        (&["a"], true, true, true),
        (&["a__*"], true, true, true),
        (&["a__gr*"], true, true, false),
        (&["a__one"], true, false, false),
        (&["a__greet"], false, true, false),
        (&["a__gone"], false, false, false),
        (&["b__*"], false, false, false),
    ] {
        let found =
            [ListKind::Tools, ListKind::Prompts, ListKind::Resources].map(|kind| concerns(allow, kind));
        assert_eq!(found, [tools, prompts, resources], "{allow:?}");
    }
}
