//! What the gateway says of itself.

use super::{World, member};
use crate::error::RendezvousFault;
use crate::mcp::Revision;
use crate::platform::Clock as _;

fn surface(world: &World) -> crate::catalog::Surface {
    world.memory.run(world.catalog.surface(&world.memory, &world.links, &world.caller, Revision::V2026_07_28))
}

#[test]
fn the_union_of_what_can_be_routed() {
    for (allow, a, b, expected) in [
        (
            &["*"][..],
            r#"{"tools":{"listChanged":true}}"#,
            r#"{"prompts":{}}"#,
            r#"{"prompts":{},"tools":{"listChanged":true}}"#,
        ),
        // What is told of lists that it may not see is not promised.
        (
            &["a__x"],
            r#"{"tools":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true}}"#,
            r#"{"prompts":{"listChanged":true}}"#,
            r#"{"tools":{"listChanged":true}}"#,
        ),
        (&["a"], r#"{"tools":{}}"#, r#"{"prompts":{}}"#, r#"{"tools":{}}"#),
        (&["a__x"], r#"{"tools":{},"resources":{}}"#, "{}", r#"{"tools":{}}"#),
        (
            &["*"],
            r#"{"resources":{"subscribe":true}}"#,
            r#"{"resources":{"listChanged":true,"subscribe":false}}"#,
            r#"{"resources":{"listChanged":true,"subscribe":true}}"#,
        ),
        (&["*"], r#"{"extensions":{"x":{}},"experimental":{}}"#, "{}", "{}"),
        (
            &["*"],
            r#"{"extensions":{"io.modelcontextprotocol/ui":{"x":1},"y":{}},"tools":{}}"#,
            "{}",
            r#"{"extensions":{"io.modelcontextprotocol/ui":{}},"tools":{}}"#,
        ),
        (
            &["a__x"],
            r#"{"extensions":{"io.modelcontextprotocol/tasks":{}},"tools":{}}"#,
            "{}",
            r#"{"extensions":{"io.modelcontextprotocol/tasks":{}},"tools":{}}"#,
        ),
        (
            &["*"],
            r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#,
            r#"{"extensions":{"io.modelcontextprotocol/ui":{}}}"#,
            r#"{"extensions":{"io.modelcontextprotocol/tasks":{},"io.modelcontextprotocol/ui":{}}}"#,
        ),
        // Those of 2025-11-25 are no modern client's.
        (&["*"], r#"{"tasks":{"requests":{"tools":{"call":{}}}}}"#, "{}", "{}"),
        // Its views could not be read.
        (
            &["a__x"],
            r#"{"extensions":{"io.modelcontextprotocol/ui":{}},"tools":{}}"#,
            "{}",
            r#"{"tools":{}}"#,
        ),
        (&["*"], r#"{"extensions":{"io.modelcontextprotocol/ui":true}}"#, "{}", "{}"),
        (&["*"], r#"{"logging":{}}"#, r#"{"completions":{}}"#, r#"{"completions":{},"logging":{}}"#),
        (&[], r#"{"tools":{}}"#, r#"{"tools":{}}"#, "{}"),
    ] {
        let world = World::new(&["a", "b"], allow);
        *world.script("a").capabilities.borrow_mut() = a.to_owned();
        *world.script("b").capabilities.borrow_mut() = b.to_owned();
        let found = surface(&world);
        assert_eq!(found.capabilities, expected, "{allow:?}");
        assert!(found.whole);
    }
}

#[test]
fn never_late_and_never_a_failure() {
    let world = World::new(&["a", "b", "c"], &["*"]);
    *world.script("a").capabilities.borrow_mut() = r#"{"tools":{}}"#.to_owned();
    world.script("b").up.set(false);
    world.script("c").delay_ms.set(900_000);
    let began = world.memory.now_ms();
    let found = surface(&world);
    assert_eq!((found.capabilities.as_str(), found.whole), (r#"{"tools":{}}"#, false));
    assert!(world.memory.now_ms() - began <= 1_500);
    // Those that did not answer are not waited for again at once.
    let again = world.memory.now_ms();
    surface(&world);
    assert_eq!(world.memory.now_ms(), again);
    // Once known, an upstream stays known when it goes down.
    world.script("a").up.set(false);
    world.memory.advance(7_200_000);
    world.script("c").delay_ms.set(0);
    *world.script("c").capabilities.borrow_mut() = r#"{"prompts":{}}"#.to_owned();
    assert_eq!(surface(&world).capabilities, r#"{"prompts":{},"tools":{}}"#);
}

/// A legacy client subscribes in its sessions at legacy upstreams; a modern upstream has none, and the host has to remember.
#[test]
fn what_is_told_is_another_thing_in_another_era() {
    let world = World::new(&["a"], &["*"]);
    *world.script("a").capabilities.borrow_mut() =
        r#"{"resources":{"listChanged":true,"subscribe":true}}"#.to_owned();
    let told = |era| {
        let surface = world.catalog.surface(&world.memory, &world.links, &world.caller, era);
        world.memory.run(surface).capabilities
    };
    let subscribes = r#"{"resources":{"listChanged":true,"subscribe":true}}"#;
    assert_eq!([Revision::V2026_07_28, Revision::V2025_11_25].map(told), [subscribes; 2]);
    world.memory.set_rendezvous(Some(RendezvousFault::Absent));
    assert_eq!(told(Revision::V2026_07_28), subscribes);
    assert_eq!(told(Revision::V2025_11_25), r#"{"resources":{"listChanged":true}}"#);
}

/// Clients that connect to a fresh isolate at once: whoever is told that there is nothing keeps to it.
#[test]
fn who_comes_while_others_wait_waits_too() {
    let world = World::new(&["a", "b"], &["*"]);
    world.script("a").delay_ms.set(400);
    world.script("b").up.set(false);
    let late = async {
        world.memory.sleep(100).await;
        world.catalog.surface(&world.memory, &world.links, &world.caller, Revision::V2026_07_28).await
    };
    let first = world.catalog.surface(&world.memory, &world.links, &world.caller, Revision::V2026_07_28);
    let (first, late) = world.memory.run(futures_util::future::join(first, late));
    assert_ne!(first.capabilities, "{}");
    assert_eq!(first, late);
}

#[test]
fn results_of_both_eras() {
    let world = World::new(&["a"], &["*"]);
    *world.script("a").capabilities.borrow_mut() = r#"{"tools":{}}"#.to_owned();
    *world.script("a").instructions.borrow_mut() = Some(r#"Say \"please\"."#.to_owned());
    let info = r#"{"name":"postern","version":"0"}"#;
    let World { memory, links, catalog, caller, .. } = &world;
    let discover = memory.run(catalog.discover(memory, links, caller, info));
    assert_eq!(
        discover,
        r##"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"# a\nSay \"please\".","ttlMs":300000,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"postern","version":"0"}}}"##
    );
    let initialize = memory.run(catalog.initialize(memory, links, caller, Revision::V2025_06_18, info));
    assert_eq!(
        initialize,
        r##"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"postern","version":"0"},"instructions":"# a\nSay \"please\"."}"##
    );
}

#[test]
fn instructions_are_bounded() {
    let aliases: Vec<String> = (0..9).map(|n| format!("u{n}")).collect();
    let aliases: Vec<&str> = aliases.iter().map(String::as_str).collect();
    let world = World::new(&aliases, &["*"]);
    for alias in &aliases {
        *world.script(alias).instructions.borrow_mut() = Some("é".repeat(5_000));
    }
    let instructions = surface(&world).instructions.unwrap_or_default();
    assert!(instructions.len() <= 17 * 1024, "{}", instructions.len());
    assert!(instructions.starts_with("# u0\né"));
    assert_eq!(member(r#"{"a":"b"}"#, "a").as_deref(), Some("b"));
}

#[test]
fn the_tenants_own_instructions_come_first() {
    let world = World::new(&["a", "b"], &["*"]);
    *world.script("b").instructions.borrow_mut() = Some("Of b.".to_owned());
    let World { memory, links, catalog, caller, .. } = &world;
    let told =
        |caller| memory.run(catalog.surface(memory, links, caller, Revision::V2026_07_28)).instructions;
    assert_eq!(told(caller).as_deref(), Some("# b\nOf b."));
    let own = world.instructed("Ask before you pay.");
    assert_eq!(told(&own).as_deref(), Some("Ask before you pay.\n\n# b\nOf b."));
    let alone = World::new(&["a"], &["*"]);
    let own = alone.instructed("Ask before you pay.");
    let told = alone
        .memory
        .run(alone.catalog.surface(&alone.memory, &alone.links, &own, Revision::V2026_07_28))
        .instructions;
    assert_eq!(told.as_deref(), Some("Ask before you pay."));
}
