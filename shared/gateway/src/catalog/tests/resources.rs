//! Whose a resource is, and under which URI it is shown.

use super::super::Viewer;
use super::{Client, ListKind, MODERN, World, client, fault, names_in, refusal};
use crate::error::{Refusal, UpstreamFault};
use crate::limits;
use crate::mcp::{Edits, Json, Method};
use crate::platform::Clock as _;

fn resources(world: &World, alias: &str, uris: &[&str]) {
    let items: Vec<String> = uris.iter().map(|uri| format!(r#"{{"uri":"{uri}","name":"n"}}"#)).collect();
    world.script(alias).list(ListKind::Resources, &items.iter().map(String::as_str).collect::<Vec<_>>());
}

fn templates(world: &World, alias: &str, uris: &[&str]) {
    let items: Vec<String> =
        uris.iter().map(|uri| format!(r#"{{"uriTemplate":"{uri}","name":"n"}}"#)).collect();
    world.script(alias).list(ListKind::Templates, &items.iter().map(String::as_str).collect::<Vec<_>>());
}

fn at(alias: &str, original: &str) -> Result<(String, String), crate::error::Error> {
    Ok((alias.to_owned(), original.to_owned()))
}

#[test]
fn one_upstream_keeps_all_its_uris() {
    let world = World::new(&["a"], &["*"]);
    resources(&world, "a", &["x://1", "ui://app", "gw-b+x://1"]);
    templates(&world, "a", &["x://{id}", "x://{name}"]);
    assert_eq!(world.names(ListKind::Resources), ["x://1", "ui://app", "gw-b+x://1"]);
    assert_eq!(world.names(ListKind::Templates), ["x://{id}", "x://{name}"]);
    for uri in ["x://1", "x://unlisted", "ui://app", "gw-b+x://1", "anything"] {
        assert_eq!(world.resource(uri), at("a", uri));
    }
}

#[test]
fn exact_then_template_then_site() {
    let world = World::new(&["a", "b"], &["*"]);
    resources(&world, "a", &["x://one/1", "y://host/a"]);
    templates(&world, "a", &["z://{id}"]);
    resources(&world, "b", &["x://two/2"]);
    templates(&world, "b", &["z://deep/{id}"]);
    for (uri, alias) in [
        ("x://one/1", "a"),
        ("x://two/2", "b"),
        ("z://7", "a"),
        ("z://deep/7", "b"),
        ("y://host/unlisted", "a"),
        ("x://two/unlisted", "b"),
    ] {
        assert_eq!(world.resource(uri), at(alias, uri), "{uri}");
    }
    assert_eq!(refusal(world.resource("w://nobody")), Refusal::UnknownResource("w://nobody".to_owned()));
}

#[test]
fn collisions_are_shown_and_read_by_alias() {
    let world = World::new(&["a", "b_c"], &["*"]);
    for alias in ["a", "b_c"] {
        resources(&world, alias, &["x://same", &format!("x://only/{alias}"), &format!("ui://{alias}")]);
        templates(&world, alias, &["t://{id}", &format!("u://{alias}/{{id}}")]);
    }
    let shown = world.names(ListKind::Resources);
    assert_eq!(
        shown,
        ["gw-a+x://same", "x://only/a", "ui://gw-a/a", "gw-b.c+x://same", "x://only/b_c", "ui://gw-b.c/b_c"]
    );
    assert_eq!(
        world.names(ListKind::Templates),
        ["gw-a+t://{id}", "u://a/{id}", "gw-b.c+t://{id}", "u://b_c/{id}"]
    );
    assert_eq!(refusal(world.resource("x://same")), Refusal::UnknownResource("x://same".to_owned()));
    assert_eq!(world.resource("gw-a+x://same"), at("a", "x://same"));
    assert_eq!(world.resource("GW-B.C+x://same"), at("b_c", "x://same"));
    assert_eq!(world.resource("gw-b.c+t://7"), at("b_c", "t://7"));
    assert_eq!(world.resource("gw-b.c+t://{id}"), at("b_c", "t://{id}"));
    assert_eq!(world.resource("u://a/{id}"), at("a", "u://a/{id}"));
    assert!(world.page(ListKind::Resources).result.contains(r#"{"uri":"gw-a+x://same","name":"n"}"#));
}

#[test]
fn closed_schemes_keep_their_scheme_and_are_always_rewritten() {
    let world = World::new(&["a", "b_c"], &["*"]);
    resources(&world, "a", &["ui://1", "ui://gw-b.c/1"]);
    templates(&world, "a", &["skill://{name}"]);
    // Whoever has any: what is shown does not change with what is known of the other.
    assert_eq!(world.names(ListKind::Resources), ["ui://gw-a/1", "ui://gw-a/gw-b.c/1"]);
    assert_eq!(world.names(ListKind::Templates), ["skill://gw-a/{name}"]);
    assert_eq!(world.resource("skill://gw-a/{name}"), at("a", "skill://{name}"));
    // A name that was kept from elsewhere is read as long as it can only be one upstream's.
    assert_eq!(world.resource("ui://1"), at("a", "ui://1"));
    let refresh = || {
        world.memory.advance(61_000);
        world.page(ListKind::Resources);
        world.run_effects();
    };
    templates(&world, "b_c", &["ui://b/{id}"]);
    resources(&world, "b_c", &["skill://b/1"]);
    refresh();
    assert_eq!(world.names(ListKind::Resources), ["ui://gw-a/1", "ui://gw-a/gw-b.c/1", "skill://gw-b.c/b/1"]);
    assert_eq!(world.names(ListKind::Templates), ["skill://gw-a/{name}", "ui://gw-b.c/b/{id}"]);
    assert_eq!(world.resource("ui://gw-b.c/b/7"), at("b_c", "ui://b/7"));
    assert_eq!(world.resource("ui://GW-B.C/b/7"), at("b_c", "ui://b/7"), "URL parsers lower the case");
    assert_eq!(world.resource("ui://gw-a/gw-b.c/1"), at("a", "ui://gw-b.c/1"));
    assert_eq!(world.resource("gw-b.c+ui://b/7"), at("b_c", "ui://b/7"));
    for uri in ["ui://1", "ui://b/7", "skill://b/1", "ui://gw-d/1"] {
        assert_eq!(refusal(world.resource(uri)), Refusal::UnknownResource(uri.to_owned()));
    }
}

/// Whatever is shown leads back to where it is from, however the upstreams' URIs collide.
#[test]
fn what_is_shown_can_be_read() {
    let uris = [
        "x://1",
        "x://1/2",
        "y://h/1",
        "y://h/2",
        "ui://1",
        "skill://1",
        "gw-a+x://1",
        "gw-b+y://h/1",
        "plain",
        "gw-",
    ];
    let shapes = ["x://{id}", "x://{+rest}", "y://h/{id}", "gw-a+{id}", "{all}", "broken{", "ui://{id}"];
    let mut seed = 3_u64;
    let mut coin = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33).is_multiple_of(2)
    };
    for round in 0..60 {
        let world = World::new(&["a", "b", "c"], &["*"]);
        for alias in ["a", "b", "c"] {
            resources(&world, alias, &uris.into_iter().filter(|_| coin()).collect::<Vec<_>>());
            templates(&world, alias, &shapes.into_iter().filter(|_| coin()).collect::<Vec<_>>());
        }
        let mut shown = 0;
        for kind in [ListKind::Resources, ListKind::Templates] {
            let page = world.page(kind).result;
            for alias in ["a", "b", "c"] {
                let slot = world.catalog.slot(&world.tenant, alias, kind).and_then(|slot| slot.known());
                for item in &slot.expect("listed").items {
                    let uris = world.catalog.known_uris(&world.caller);
                    let (exposed, back) = match kind {
                        ListKind::Templates => {
                            let exposed = uris.expose_template(alias, &item.original).into_owned();
                            let back =
                                uris.route_template(&exposed).map(|(a, o)| (a.to_owned(), o.into_owned()));
                            (exposed, back)
                        }
                        _ => {
                            let exposed = uris.expose(alias, &item.original).into_owned();
                            let back = world.resource(&exposed).ok();
                            (exposed, back)
                        }
                    };
                    assert!(names_in(&page, kind).contains(&exposed), "round {round}: {exposed}");
                    assert_eq!(
                        back,
                        Some((alias.to_owned(), item.original.clone())),
                        "round {round}: {exposed}"
                    );
                    shown += 1;
                }
            }
            let mut names = names_in(&page, kind);
            names.sort();
            names.dedup();
            assert_eq!(names.len(), names_in(&page, kind).len(), "round {round}: shown twice");
        }
        assert!(shown > 0, "round {round}");
    }
}

#[test]
fn only_what_the_caller_may_use_counts_and_the_rest_sees_nothing() {
    let world = World::new(&["a", "b"], &["a", "b__one_tool"]);
    for alias in ["a", "b"] {
        resources(&world, alias, &["x://same"]);
    }
    assert_eq!(world.names(ListKind::Resources), ["x://same"]);
    assert_eq!(world.resource("x://same"), at("a", "x://same"));
    // For this caller there is no upstream `b`: it is a URI like any other, and goes where others go.
    assert_eq!(world.resource("gw-b+x://same"), at("a", "gw-b+x://same"));
    assert_eq!(world.seen("b", "resources/list") + world.seen("b", "resources/templates/list"), 0);

    let none = World::new(&["a", "b"], &["a__one_tool"]);
    resources(&none, "a", &["x://1"]);
    assert_eq!(refusal(none.resource("x://1")), Refusal::UnknownResource("x://1".to_owned()));
    assert!(none.names(ListKind::Resources).is_empty());
    assert!(none.memory.sent().is_empty());
}

#[test]
fn a_dead_upstream_is_not_taken_for_one_without_resources() {
    let world = World::new(&["a", "b"], &["*"]);
    resources(&world, "a", &["x://1"]);
    world.script("b").up.set(false);
    assert_eq!(world.resource("x://1"), at("a", "x://1"));
    assert_eq!(fault(world.resource("w://unlisted")), ("b".to_owned(), UpstreamFault::Unreachable));
}

fn viewer(world: &World, apps: bool) -> Viewer<'_> {
    Viewer { caller: &world.caller, client: Client { apps, ..client(MODERN) }, alias: "a" }
}

#[test]
fn uris_in_results_are_shown_alike() {
    let world = World::new(&["a", "b"], &["*"]);
    for alias in ["a", "b"] {
        resources(&world, alias, &["x://same", &format!("x://{alias}/own")]);
    }
    world.page(ListKind::Resources);
    for (method, result, expected) in [
        (
            Method::ResourcesRead,
            r#"{"contents":[{"uri":"x://same","text":"x://same"},{"uri":"x://a/own"}],"uri":"x://same"}"#,
            r#"{"contents":[{"uri":"gw-a+x://same","text":"x://same"},{"uri":"x://a/own"}],"uri":"x://same"}"#,
        ),
        (
            Method::ToolsCall,
            r#"{"content":[{"type":"resource_link","uri":"x://same"},{"type":"resource","resource":{"uri":"w:dynamic"}},{"type":"text","uri":"x://same"}]}"#,
            r#"{"content":[{"type":"resource_link","uri":"gw-a+x://same"},{"type":"resource","resource":{"uri":"gw-a+w:dynamic"}},{"type":"text","uri":"x://same"}]}"#,
        ),
        (
            Method::PromptsGet,
            r#"{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"x://same"}}}]}"#,
            r#"{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"gw-a+x://same"}}}]}"#,
        ),
        (Method::Complete, r#"{"contents":[{"uri":"x://same"}]}"#, r#"{"contents":[{"uri":"x://same"}]}"#),
        (
            Method::ToolsCall,
            r#"{"inputRequests":{"k":{"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"resource_link","uri":"x://same"}]},{"type":"text","text":"x://same"}]}]}},"l":{"method":"roots/list"},"m":7}}"#,
            r#"{"inputRequests":{"k":{"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"resource_link","uri":"gw-a+x://same"}]},{"type":"text","text":"x://same"}]}]}},"l":{"method":"roots/list"},"m":7}}"#,
        ),
    ] {
        let json = Json::parse(result.as_bytes(), &limits::RESPONSE).expect("strict JSON");
        let mut edits = Edits::new();
        world.catalog.expose_result(&viewer(&world, false), method, &json, json.root(), &mut edits);
        assert_eq!(edits.apply(result), expected);
    }
    assert_eq!(world.resource("gw-a+w:dynamic"), at("a", "w:dynamic"));
}

#[test]
fn what_names_one_resource_is_shown_alike() {
    let world = World::new(&["a", "b"], &["*"]);
    for alias in ["a", "b"] {
        resources(&world, alias, &["x://same"]);
    }
    world.page(ListKind::Resources);
    for (object, expected) in [
        (r#"{"uri":"x://same","title":"x://same"}"#, r#"{"uri":"gw-a+x://same","title":"x://same"}"#),
        (r#"{"uri":7}"#, r#"{"uri":7}"#),
        ("[]", "[]"),
    ] {
        let json = Json::parse(object.as_bytes(), &limits::RESPONSE).expect("strict JSON");
        let mut edits = Edits::new();
        world.catalog.expose_named(&viewer(&world, false), json.value(json.root()), &mut edits);
        assert_eq!(edits.apply(object), expected);
    }
    let question = r#"{"messages":[{"content":{"type":"resource","resource":{"uri":"x://same"}}}]}"#;
    let json = Json::parse(question.as_bytes(), &limits::RESPONSE).expect("strict JSON");
    let mut edits = Edits::new();
    world.catalog.expose_question(&viewer(&world, true), json.value(json.root()), &mut edits);
    assert_eq!(edits.apply(question), question.replace("x://same", "gw-a+x://same"));
}

const APP: &str = r#"{"name":"one","_meta":{"k":1,"ui":{"resourceUri":"ui://card","visibility":["app","model"]},"ui/resourceUri":"ui://card"}}"#;
const INNER: &str = r#"{"name":"two","_meta":{"ui":{"resourceUri":"ui://card","visibility":["app"]}}}"#;

fn apps_page(world: &World, apps: bool) -> String {
    let World { memory, links, catalog, sealer, caller, .. } = world;
    let to = Client { apps, ..client(MODERN) };
    memory.run(catalog.page(memory, links, sealer, caller, ListKind::Tools, None, to)).expect("a page").result
}

#[test]
fn views_are_for_clients_that_show_them() {
    for (aliases, allow, view) in [
        (&["a"][..], &["*"][..], Some("ui://card")),
        (&["a", "b"], &["*"], Some("ui://gw-a/card")),
        (&["a", "b"], &["a", "b__x"], Some("ui://card")),
        // Its tools may be used, and its resources may not be read.
        (&["a", "b"], &["a__*e", "a__two", "b"], None),
    ] {
        let world = World::new(aliases, allow);
        world.script("a").list(ListKind::Tools, &[APP, INNER]);
        let shown = apps_page(&world, true);
        let wanted = match view {
            Some(view) => APP.replace("ui://card", view),
            None => r#"{"name":"one","_meta":{"k":1,"ui":{"visibility":["app","model"]}}}"#.to_owned(),
        };
        assert!(shown.contains(&wanted.replace("one", "a__one")), "{allow:?}: {shown}");
        assert!(shown.contains("a__two"), "{shown}");
        let plain = apps_page(&world, false);
        assert!(plain.contains(r#"{"name":"a__one","_meta":{"k":1}}"#), "{plain}");
        assert!(!plain.contains("a__two"), "{plain}");
        if let Some(view) = view {
            assert_eq!(world.resource(view), at("a", "ui://card"));
        }
        assert_eq!(apps_page(&world, true), shown, "kept apart");
    }
}

#[test]
fn results_keep_views_for_clients_that_show_them() {
    let result = r#"{"_meta":{"ui":{"resourceUri":"ui://card"}},"content":[{"type":"resource","resource":{"uri":"ui://card","_meta":{"ui":{"csp":{}}}}}]}"#;
    for (aliases, apps, expected) in [
        (&["a"][..], true, result.to_owned()),
        (&["a", "b"], true, result.replace("ui://card", "ui://gw-a/card")),
        (
            &["a"],
            false,
            r#"{"_meta":{},"content":[{"type":"resource","resource":{"uri":"ui://card","_meta":{}}}]}"#
                .to_owned(),
        ),
        (
            &["a", "b"],
            false,
            r#"{"_meta":{},"content":[{"type":"resource","resource":{"uri":"ui://gw-a/card","_meta":{}}}]}"#
                .to_owned(),
        ),
    ] {
        let world = World::new(aliases, &["*"]);
        world.page(ListKind::Resources);
        let json = Json::parse(result.as_bytes(), &limits::RESPONSE).expect("strict JSON");
        let mut edits = Edits::new();
        world.catalog.expose_result(&viewer(&world, apps), Method::ToolsCall, &json, json.root(), &mut edits);
        assert_eq!(edits.apply(result), expected);
    }
}

#[test]
fn an_isolate_that_has_just_begun_shows_what_others_do() {
    let world = World::new(&["a", "b"], &["*"]);
    for alias in ["a", "b"] {
        resources(&world, alias, &["x://same", &format!("x://{alias}/own")]);
    }
    let shown = |world: &World, result: &str| {
        let json = Json::parse(result.as_bytes(), &limits::RESPONSE).expect("strict JSON");
        let unsure = world.catalog.is_unsure(&world.caller, &json);
        if unsure {
            world.memory.run(world.catalog.learn(&world.memory, &world.links, &world.caller));
        }
        let mut edits = Edits::new();
        let viewer = viewer(world, false);
        world.catalog.expose_result(&viewer, Method::ResourcesRead, &json, json.root(), &mut edits);
        (edits.apply(result), unsure)
    };
    assert!(!shown(&world, r#"{"contents":[{"text":"x"}]}"#).1, "there is nothing to be sure of");
    assert_eq!(world.seen("a", "resources/list"), 0);
    let both = r#"{"contents":[{"uri":"x://same"},{"uri":"x://a/own"}]}"#;
    let expected = both.replace("x://same", "gw-a+x://same");
    assert_eq!(shown(&world, both), (expected.clone(), true));
    assert_eq!(shown(&world, both), (expected, false), "and is so from now on");
    // One that is late: by the alias, which leads there as well.
    let late = World::new(&["a", "b"], &["*"]);
    resources(&late, "a", &["x://a/own"]);
    late.script("b").delay_ms.set(60_000);
    let began = late.memory.now_ms();
    let own = r#"{"contents":[{"uri":"y://z"}]}"#;
    assert_eq!(shown(&late, own), (own.replace("y://z", "gw-a+y://z"), true));
    assert!(late.memory.now_ms() - began <= 1_500);
}
