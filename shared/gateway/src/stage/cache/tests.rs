//! Isolates that share a store, and everything that a key depends on.

use super::entry::Use;
use super::*;
use crate::compile;
use crate::limits;
use crate::mcp::Json;
use crate::memory::Memory as World;
use crate::platform::{Clock as _, Store as _};
use crate::stage::authenticate::{Authenticator, Caller};
use crate::stage::redact::{Held, Plan, Tally};
use crate::tenant::Way;

mod meaning;

const KEYS: &str = "k1:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const NAME: &str = "a__find";

/// One isolate at a tenant `acme`, that everybody is let in to.
struct Isolate {
    world: World,
    cache: Rc<Cache>,
    caller: Rc<Caller>,
}

fn settings(cache: &str, tenant: &str) -> String {
    format!(
        "version = 1\n[tenants.acme]\nanonymous = true\nhosts = ['gw.example']\n{tenant}\n\
         [tenants.acme.agents.anonymous]\nallow = ['*']\ngroups = ['care']\n\
         [tenants.acme.upstreams.a]\nurl = 'https://a.example/mcp'\n\
         [tenants.acme.tools.a__find]\ncache = {{ mode = 'exact', {cache} }}\n"
    )
}

fn isolate(world: &World, keys: &str, settings: &str) -> Isolate {
    let secrets = |_: &str| Some("k1:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned());
    let (bundle, _) = compile::check(settings, &secrets).unwrap_or_else(|problems| panic!("{problems}"));
    let tenant = Rc::clone(&bundle.tenants[0]);
    let caller = world.run(Authenticator::new().authenticate(world, &tenant, None)).expect("anonymous");
    Isolate {
        world: world.clone(),
        cache: Rc::new(Cache::new(&bundle, &Sealer::from_keys(keys).unwrap())),
        caller,
    }
}

impl Isolate {
    fn slot_for(&self, arguments: &str, more: &str) -> Slot {
        let tenant = self.caller.tenant();
        let tool = tenant.tool(NAME).unwrap();
        let upstream = tenant.upstream("a").unwrap();
        let plan = Plan::of(&self.caller, upstream, Some(NAME), Some(tool)).unwrap();
        let json = Json::parse(arguments.as_bytes(), &limits::REQUEST).unwrap();
        let call = Call {
            caller: &self.caller,
            caching: tool.cache.as_ref().unwrap(),
            upstream,
            name: NAME,
            definition: &[7; 32],
            shape: &question::Shape::default(),
            plan: plan.as_ref(),
            arguments: Some(json.value(json.root())),
            sent: None,
        };
        let slot = self.cache.slot(&self.world, &call, tool, 0, |parts| parts.part(more.as_bytes()));
        self.world.run(slot).expect("something is kept")
    }

    fn slot(&self) -> Slot {
        self.slot_for("{}", "")
    }

    /// Keeps a result, here and in the store.
    fn keep(&self, slot: &Slot, result: &str) {
        let text = format!(r#"{{"jsonrpc":"2.0","id":5,"result":{result}}}"#);
        let json = Json::parse_owned(text.into_bytes(), &limits::RESPONSE).unwrap();
        let message = crate::mcp::Message::read(&json, json.root()).unwrap();
        let clean =
            Clean::of(None, Held::Owned(json), message, Way::Response, &mut Tally::default()).unwrap();
        self.cache.fill(&self.world, slot, &clean, Era::Modern);
        self.world.run(self.world.run_effects());
    }

    fn here(&self, slot: &Slot) -> Option<String> {
        self.cache.here(slot).map(|entry| result_of(&entry))
    }

    fn recalled(&self, slot: &Slot) -> Option<String> {
        self.world.run(self.cache.recall(&self.world, slot)).map(|entry| result_of(&entry))
    }
}

fn result_of(entry: &Entry) -> String {
    let clean = entry.clean();
    let json = clean.json();
    json.raw(json.get(json.root(), "result").unwrap()).to_owned()
}

const RESULT: &str = r#"{"content":[{"type":"text","text":"clear-text"}],"n":12345678901234567890123}"#;

#[test]
fn what_one_isolate_keeps_another_finds_and_nobody_else_reads() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", ""));
    let slot = one.slot();
    one.keep(&slot, RESULT);
    assert_eq!(one.here(&slot).as_deref(), Some(RESULT));
    let other = isolate(&world, KEYS, &settings("", ""));
    assert_eq!(other.here(&other.slot()), None, "memories are not shared");
    assert_eq!(other.recalled(&other.slot()).as_deref(), Some(RESULT));
    assert_eq!(other.here(&other.slot()).as_deref(), Some(RESULT), "and is kept here then");
    let place = slot.locker.place(&slot.key, NAME, true);
    let sealed = world.run(world.recall(&place)).expect("it is in the store");
    for clear in ["clear-text", "content", "a__find", "acme"] {
        assert!(!String::from_utf8_lossy(&sealed).contains(clear) && !place.contains(clear), "{clear}");
    }
    // Another master key names and seals otherwise.
    let rotated = isolate(&world, &KEYS.replace("AQID", "CQID"), &settings("", ""));
    assert_eq!(rotated.recalled(&rotated.slot()), None);
}

#[test]
fn what_lies_under_another_key_or_was_changed_is_nothing() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", ""));
    let (slot, other) = (one.slot(), one.slot_for(r#"{"q":1}"#, ""));
    one.keep(&slot, RESULT);
    let place = |slot: &Slot| slot.locker.place(&slot.key, NAME, true);
    let sealed = world.run(world.recall(&place(&slot))).unwrap();
    world.run(world.remember(&place(&other), sealed.clone(), 60));
    assert_eq!(one.recalled(&other), None, "it is sealed for its own key");
    for at in 0..sealed.len() {
        let mut forged = sealed.clone();
        forged[at] ^= 1;
        world.run(world.remember(&place(&slot), forged, 60));
        assert_eq!(one.recalled(&slot), None, "byte {at}");
    }
    for length in [0, 1, 23, 24, 39, 40] {
        world.run(world.remember(&place(&slot), sealed[..length].to_vec(), 60));
        assert_eq!(one.recalled(&slot), None, "{length} bytes");
    }
}

#[test]
fn where_nothing_is_deleted_a_tool_has_so_many_places() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", ""));
    let place = |n: u32| {
        let slot = one.slot_for(&format!("{{\"n\":{n}}}"), "");
        slot.locker.place(&slot.key, NAME, false)
    };
    let places: std::collections::BTreeSet<String> = (0..500).map(place).collect();
    assert!(places.len() > 400, "{}", places.len());
    let number = |place: &str| place.rsplit('/').next().unwrap().parse::<u16>().unwrap();
    assert!(places.iter().all(|place| place.starts_with("cache/") && number(place) < 4_096));
    let slot = one.slot();
    let of_others = slot.locker.place(&slot.key, "a__other", false);
    assert_ne!(of_others, slot.locker.place(&slot.key, NAME, false), "tools do not push each other out");
}

#[test]
fn everything_that_an_answer_depends_on_is_in_the_key() {
    let world = World::new();
    let key = |cache: &str, tenant: &str, arguments: &str, more: &str| {
        isolate(&world, KEYS, &settings(cache, tenant)).slot_for(arguments, more).key
    };
    let plain = key("", "", r#"{"a":1,"b":[1,{"c":"x","d":null}]}"#, "");
    let same = [
        key("", "", r#"{ "b":[1,{"d":null,"c":"\u0078"}], "a":1 }"#, ""),
        key(
            "ttl_s = 7, max_bytes = 1000, stale_if_error_s = 9",
            "",
            r#"{"a":1,"b":[1,{"c":"x","d":null}]}"#,
            "",
        ),
    ];
    assert!(same.iter().all(|key| *key == plain), "order, blanks, escapes and lives make no difference");
    let arguments = r#"{"a":1,"b":[1,{"c":"x","d":null}]}"#;
    let outside = key("scope = 'group'", "cache = { group = 'other' }", arguments, "");
    assert_eq!(outside, plain, "who is not in the group shares with nobody");
    let others = [
        key("scope = 'agent'", "", arguments, ""),
        key("scope = 'group'", "cache = { group = 'care' }", arguments, ""),
        key("scope = 'tenant'", "", arguments, ""),
        key("fold = false", "", arguments, ""),
        key("", "path = '/mcp'", arguments, ""),
        key("", "redact = {}", arguments, ""),
        key("", "redact = { inspect = 'strict' }", arguments, ""),
        key("", "redact = { operator = 'mask' }", arguments, ""),
        key("", "redact = { level = 90 }", arguments, ""),
        key("", "redact = { profile = 'pci' }", arguments, ""),
        key("", "redact = { keys = 'secret:K' }", arguments, ""),
        key("", "redact = { rules = [{ types = ['EMAIL*'], operator = 'drop' }] }", arguments, ""),
        key("", "", arguments, "x"),
        key("", "", r#"{"a":1,"b":[1,{"c":"x"}]}"#, ""),
        key("", "", r#"{"a":1,"b":[{"c":"x","d":null},1]}"#, ""),
        key("", "", r#"{"a":"1","b":[1,{"c":"x","d":null}]}"#, ""),
        key("", "", r#"{"a":1.0,"b":[1,{"c":"x","d":null}]}"#, ""),
        key("", "", r#"{"a":1,"b":[1,{"c":"X","d":null}]}"#, ""),
        key("", "", r#"{"a":1,"b":1,"c":{"c":"x","d":null}}"#, ""),
    ];
    for (at, other) in others.iter().enumerate() {
        assert_ne!(*other, plain, "{at}");
        assert!(others.iter().take(at).all(|before| before != other), "{at} is like one before");
    }
}

#[test]
fn lives() {
    let world = World::new();
    let one = isolate(
        &world,
        KEYS,
        &settings("ttl_s = 10, stale_while_revalidate_s = 5, stale_if_error_s = 20", ""),
    );
    let usable = |result: &str, after_ms: u64| {
        let slot = one.slot_for(&format!("[{after_ms},{}]", result.len()), "");
        one.keep(&slot, result);
        let entry = one.cache.here(&slot)?;
        let caching = one.caller.tenant().tool(NAME).unwrap().cache.clone().unwrap();
        Some(entry.usable(&caching, world.now_ms() + after_ms))
    };
    let rows = [
        (r#"{"a":1}"#, 9_999, Some(Use::Fresh)),
        (r#"{"a":1}"#, 10_000, Some(Use::Revalidate)),
        (r#"{"a":1}"#, 15_000, Some(Use::OnError)),
        (r#"{"a":1}"#, 30_000, Some(Use::Over)),
        (r#"{"ttlMs":2000}"#, 1_999, Some(Use::Fresh)),
        (r#"{"ttlMs":2000}"#, 2_000, Some(Use::Revalidate)),
        (r#"{"ttlMs":999999}"#, 10_000, Some(Use::Revalidate)),
        (r#"{"ttlMs":0}"#, 0, None),
        (r#"{"ttlMs":-1}"#, 0, None),
        (r#"{"ttlMs":1.5}"#, 0, None),
        (r#"{"ttlMs":"9"}"#, 0, None),
        (r#"{"cacheScope":"private"}"#, 1, Some(Use::Fresh)),
        (r#"{"isError":true}"#, 0, None),
        (r#"{"isError":false}"#, 1, Some(Use::Fresh)),
        (r#"{"isError":1}"#, 0, None),
        (r#"{"resultType":"complete"}"#, 1, Some(Use::Fresh)),
        (r#"{"resultType":"input_required"}"#, 0, None),
        (r#"{"resultType":7}"#, 0, None),
        (r#"{"inputRequests":{}}"#, 0, None),
        (r#"{"task":{"taskId":"1"}}"#, 0, None),
        (r#"{"_meta":{"dev.postern/cache":{"kind":"exact"}}}"#, 0, None),
        (r#"{"_meta":{"io.modelcontextprotocol/related-task":{}}}"#, 0, None),
    ];
    for (result, after_ms, expected) in rows {
        assert_eq!(usable(result, after_ms), expected, "{result} after {after_ms}");
    }
    let shared = isolate(&world, KEYS, &settings("scope = 'tenant'", ""));
    for (result, kept) in [
        (r#"{"cacheScope":"private"}"#, false),
        (r#"{"cacheScope":"public"}"#, true),
        (r#"{"cacheScope":1}"#, false),
    ] {
        let slot = shared.slot_for(result, "");
        shared.keep(&slot, result);
        assert_eq!(shared.cache.here(&slot).is_some(), kept, "{result}");
    }
}

#[test]
fn callers_who_share_a_call_keep_its_answer_once_and_a_later_one_replaces_it() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", ""));
    let (slot, joined) = (one.slot(), one.slot());
    one.keep(&slot, r#"{"n":1}"#);
    one.keep(&joined, r#"{"n":2}"#);
    assert_eq!(one.here(&slot).as_deref(), Some(r#"{"n":1}"#));
    world.advance(1);
    one.keep(&slot.again(world.now_ms()), r#"{"n":3}"#);
    assert_eq!(one.recalled(&slot).as_deref(), Some(r#"{"n":3}"#));
}

#[test]
fn an_end_is_felt_here_at_once_and_elsewhere_within_half_a_minute() {
    let world = World::new();
    let (one, other) = (isolate(&world, KEYS, &settings("", "")), isolate(&world, KEYS, &settings("", "")));
    let before = one.slot();
    one.keep(&before, RESULT);
    assert_eq!(other.recalled(&other.slot()).as_deref(), Some(RESULT));
    for tool in [NAME, ""] {
        let before = one.slot();
        one.cache.end(&world, "acme", tool);
        assert_ne!(one.slot().key, before.key, "here at once");
        assert_eq!(one.here(&one.slot()), None);
        assert_eq!(other.slot().key, before.key, "the other does not know yet");
        world.run(world.run_effects());
        world.advance(15_000);
        assert_eq!(other.slot().key, before.key, "it asks behind the request");
        world.run(world.run_effects());
        assert_eq!(other.slot().key, one.slot().key);
    }
    one.cache.end(&world, "acme", "a__other");
    assert_eq!(one.slot().key, other.slot().key, "another tool's");
    one.cache.end(&world, "nobody", NAME);
}

#[test]
fn an_epoch_that_was_not_told_is_told_later() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", ""));
    let before = one.slot();
    one.cache.end(&world, "acme", NAME);
    drop(world.take_effects());
    world.advance(30_000);
    let after = one.slot();
    let other = isolate(&world, KEYS, &settings("", ""));
    assert_ne!(after.key, before.key);
    assert_eq!(other.slot().key, after.key);
}

#[test]
fn data_that_has_to_stay_is_in_no_store() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", "jurisdiction = 'eu'"));
    let slot = one.slot();
    one.keep(&slot, RESULT);
    assert_eq!(one.here(&slot).as_deref(), Some(RESULT));
    assert_eq!(one.recalled(&slot), None);
    assert_eq!(world.run(world.recall(&slot.locker.place(&slot.key, NAME, true))), None);
}

#[test]
fn memory_is_bounded_and_what_is_used_stays() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", "jurisdiction = 'eu'"));
    let slot = |n: usize| one.slot_for(&n.to_string(), "");
    one.keep(&slot(0), RESULT);
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(60_000));
    for n in 1..200 {
        one.keep(&slot(n), &large);
        assert!(one.here(&slot(0)).is_some(), "it was asked for all the time: {n}");
    }
    assert!(one.cache.memory.borrow().len() < 2 * limits::CACHE_BYTES / 60_000 + 4);
    assert_eq!(one.here(&slot(1)), None);
}

#[test]
fn arguments_of_any_depth_and_size_are_read() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", ""));
    let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(40), "]".repeat(40));
    let key = |text: &str| one.slot_for(text, "").key;
    assert_ne!(key(&nested("1")), key(&nested("2")));
    let large = format!(r#"{{"a":"{}","b":1}}"#, "x".repeat(70_000));
    assert_ne!(key(&large), key(&large.replace("\"b\":1", "\"b\":2")));
}

#[test]
fn a_question_about_today_is_another_one_tomorrow() {
    let world = World::new();
    let one = isolate(&world, KEYS, &settings("", ""));
    let asked = || one.slot_for(r#"{"q":"which tickets came today"}"#, "");
    world.advance(86_400_000 - 10_000);
    let slot = asked();
    one.keep(&slot, RESULT);
    let entry = one.cache.here(&slot).unwrap();
    let caching = one.caller.tenant().tool(NAME).unwrap().cache.clone().unwrap();
    assert_eq!(entry.usable(&caching, world.now_ms() + 9_999), Use::Fresh);
    assert_eq!(entry.usable(&caching, world.now_ms() + 10_000), Use::Over, "the day is over");
    world.advance(10_000);
    assert_ne!(asked().key, slot.key);
    let other = one.slot_for(r#"{"q":"which tickets came"}"#, "");
    one.keep(&other, RESULT);
    assert_eq!(one.cache.here(&other).unwrap().usable(&caching, world.now_ms() + 299_999), Use::Fresh);
}
