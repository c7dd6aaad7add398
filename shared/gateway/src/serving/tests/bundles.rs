//! Bundles: pushed, rolled back, damaged, shown late by the store.

use super::KEYS;
use crate::arrival::Head;
use crate::mcp::headers::Headers;
use crate::memory::{Memory, Step};
use crate::reply::ReplyBody;
use crate::serving::Serving;
use crate::serving::stored::{Record, digest};
use crate::stage::authenticate::tests::forge::{Forge, ec_jwk, jwks};
use serde_json::{Value, json};
use std::rc::Rc;

/// Settings whose tenant `ops` has operators, and a tenant called `mark`.
fn settings(mark: &str) -> String {
    let keys = jwks(&[ec_jwk("e1", 1)]);
    let tenant = |name: &str, admin: &str| {
        format!(
            "[tenants.{name}]\nissuers = ['idp']\nhosts = ['gw']\n{admin}\n\
             [tenants.{name}.agents.support]\nclient = 'c1'\nallow = ['*']\n\
             [tenants.{name}.upstreams.a]\nurl = 'https://up.example/mcp'\ncredential = {{ bearer = 'secret:TOKEN' }}\n"
        )
    };
    format!(
        "version = 1\n[issuers.idp]\nurl = 'https://idp.example'\naudiences = ['api://postern']\n\
         development = true\njwks = '{keys}'\n{}{}",
        tenant("ops", "admin = { bundle = true }"),
        tenant(mark, "")
    )
}

/// A store, and an isolate that serves from it.
struct Scene {
    memory: Memory,
    serving: Rc<Serving>,
}

impl Scene {
    /// From a text that was put there by hand.
    fn new() -> Self {
        let memory = Memory::new();
        memory.set_variable("POSTERN_CONFIG", "kv:bundle/active");
        memory.set_variable("POSTERN_SEAL_KEYS", KEYS);
        memory.set_variable("TOKEN", "secret-canary");
        memory.set_variable("kv:bundle/active", &settings("first"));
        Self { memory, serving: Rc::default() }
    }

    /// Another isolate with the same store.
    fn isolate(&self) -> Self {
        Self { memory: self.memory.clone(), serving: Rc::default() }
    }

    fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let token = Forge::good().claim(r#""roles":["postern.operator"]"#).token();
        let bearer = format!("Bearer {token}");
        let pairs = [("host", "gw"), ("content-type", "application/json"), ("authorization", &bearer)];
        let head = Head {
            method: method.to_owned(),
            path: path.to_owned(),
            query: false,
            secure: true,
            headers: Headers::from_pairs(pairs),
        };
        let sent = self.memory.answer_in_steps(200, "", [Step::Bytes(body.into())]).body;
        let reply = self.memory.run(self.serving.handle(&self.memory, head, sent));
        self.memory.run(self.memory.run_effects());
        let ReplyBody::Whole(bytes) = &reply.body else { return (reply.status, Value::Null) };
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(!text.contains("secret-canary"), "{text}");
        (reply.status, serde_json::from_str(&text).unwrap())
    }

    fn push(&self, text: &str, more: Value) -> (u16, Value) {
        let mut body = json!({ "text": text });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.send("POST", "/t/ops/admin/v1/bundle", &body.to_string())
    }

    fn roll_back(&self, body: Value) -> (u16, Value) {
        self.send("POST", "/t/ops/admin/v1/bundle/rollback", &body.to_string())
    }

    fn show(&self) -> Value {
        let (status, body) = self.send("GET", "/t/ops/admin/v1/bundle", "");
        assert_eq!(status, 200, "{body}");
        body
    }

    fn health(&self) -> Value {
        let (status, body) = self.send("GET", "/healthz", "");
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Whether the tenant is served: its metadata is there.
    fn serves(&self, tenant: &str) -> bool {
        self.send("GET", &format!("/.well-known/oauth-protected-resource/t/{tenant}/mcp"), "").0 == 200
    }

    fn stored(&self, key: &str) -> String {
        use crate::platform::Bindings as _;
        self.memory.run(self.memory.stored("kv", key)).unwrap().unwrap_or_default()
    }

    fn active(&self) -> Record {
        serde_json::from_str(&self.stored("bundle/active")).unwrap()
    }

    /// Lets half a minute pass, and a request that has the settings read again.
    fn later(&self) {
        self.memory.advance(30_001);
        self.health();
    }
}

#[test]
fn a_push_serves_here_at_once_and_elsewhere_within_half_a_minute() {
    let (here, second) = (Scene::new(), settings("second"));
    let there = here.isolate();
    assert!(here.serves("first") && there.serves("first"));
    assert_eq!(here.health()["bundle"], json!({ "version": 0, "sha256": digest(&settings("first")) }));
    let (status, done) = here.push(&second, json!({ "expect": 0 }));
    assert_eq!(status, 200, "{done}");
    assert_eq!(
        (&done["version"], &done["before"], &done["changed"], &done["dry_run"]),
        (&json!(1), &json!(0), &json!(true), &json!(false))
    );
    assert!(here.serves("second") && !here.serves("first"));
    assert!(there.serves("first"));
    there.later();
    assert!(there.serves("second"));
    let sha256 = digest(&second);
    for scene in [&here, &there] {
        assert_eq!(scene.health()["bundle"], json!({ "version": 1, "sha256": sha256 }));
        assert_eq!(scene.health()["bundle_problem"], Value::Null);
    }
    // The record, the text, and the text by hand that it replaced.
    let active = here.active();
    assert_eq!(
        (active.version, active.by.as_str(), active.sha256.as_str()),
        (1, "ops/user", sha256.as_str())
    );
    assert_eq!(here.stored(&active.key), second);
    let shown = there.show();
    assert_eq!((&shown["stored"], &shown["active"]), (&json!("kv:bundle/active"), &json!(active)));
    assert_eq!(shown["previous"][0]["version"], 0);
    assert_eq!(here.stored(shown["previous"][0]["key"].as_str().unwrap()), settings("first"));
    let record = here.memory.records().iter().find(|record| record.contains("admin/bundle/push")).cloned();
    let record: Value = serde_json::from_str(&record.unwrap()).unwrap();
    assert_eq!(
        (&record["outcome"], &record["bundle_version"], &record["bundle_sha256"], &record["operator"]),
        (&json!("answered"), &json!(1), &json!(sha256), &json!("user"))
    );
}

#[test]
fn what_is_refused_changes_nothing() {
    let scene = Scene::new();
    assert_eq!(scene.push(&settings("second"), json!({})).0, 200);
    let (store, good) = (scene.stored("bundle/active"), settings("third"));
    let no_secret = good.replace("secret:TOKEN", "secret:ABSENT");
    let locked = good.replace("tenants.ops", "tenants.operators");
    let demoted = good.replace("bundle = true", "bundle = false");
    let moved = good.replace("hosts = ['gw']", "hosts = ['gw.example']");
    let other_role = good.replace("bundle = true", "bundle = true, role = 'other'");
    let rows = [
        ("no TOML", json!({}), 422, "problems", "it is not TOML"),
        ("version = 1\nx = 1", json!({}), 422, "problems", "there is no such setting"),
        (&no_secret, json!({ "force": true }), 422, "problems", "the secret ABSENT does not exist"),
        (&good, json!({ "expect": 0 }), 409, "conflict", "another version is active"),
        (&good, json!({ "expect": 2 }), 409, "conflict", "another version is active"),
        (&locked, json!({}), 409, "lockout", "there is no such tenant"),
        (&demoted, json!({}), 409, "lockout", "may not change the bundle"),
        (&moved, json!({}), 409, "lockout", "not reached at this host"),
        (&other_role, json!({}), 409, "lockout", "for an operator's"),
        (&good, json!({ "dry_run": true }), 200, "", "\"dry_run\":true"),
    ];
    for (text, more, status, kind, part) in rows {
        let (found, body) = scene.push(text, more);
        let said = body.to_string();
        assert!(found == status && said.contains(part), "{found} {said}");
        assert_eq!(body["error"]["kind"].as_str().unwrap_or_default(), kind, "{said}");
        assert!(scene.stored("bundle/active") == store && scene.serves("second"), "{said}");
    }
    scene.memory.refuse_to_keep(true);
    let (status, body) = scene.push(&good, json!({}));
    assert!(status == 503 && body.to_string().contains("the store is full"), "{body}");
    assert!(scene.serves("second"));
    scene.memory.refuse_to_keep(false);
    let (status, body) = scene.push("x = 1\ny = {", json!({}));
    let problem = &body["problems"][0];
    assert_eq!((status, &problem["line"], &problem["path"]), (422, &json!(2), &json!("")), "{body}");
    assert!(problem["message"].is_string() && problem["remedy"].is_string());
    // What locks out is done when it is meant.
    assert_eq!(scene.push(&locked, json!({ "force": true })).0, 200);
    assert_eq!(scene.send("GET", "/t/ops/admin/v1", "").0, 401);
}

#[test]
fn the_same_again_is_no_new_version() {
    let scene = Scene::new();
    assert_eq!(scene.push(&settings("second"), json!({})).1["version"], 1);
    let (_, again) = scene.push(&settings("second"), json!({}));
    assert_eq!((&again["version"], &again["changed"]), (&json!(1), &json!(false)));
    // A damaged one is repaired by it.
    let key = scene.active().key;
    scene.memory.set_variable(&format!("kv:{key}"), "damaged");
    let (_, again) = scene.push(&settings("second"), json!({}));
    assert_eq!((&again["version"], &again["changed"]), (&json!(2), &json!(true)));
    assert_eq!(scene.stored(&key), settings("second"));
}

#[test]
fn a_rollback_brings_back_what_was_before_as_a_new_version() {
    let scene = Scene::new();
    for mark in ["second", "third"] {
        assert_eq!(scene.push(&settings(mark), json!({})).0, 200);
    }
    let (status, done) = scene.roll_back(json!({ "expect": 2 }));
    assert_eq!((status, &done["version"], &done["restores"]), (200, &json!(3), &json!(1)), "{done}");
    assert!(scene.serves("second") && scene.isolate().serves("second"));
    // Again: back to where it was.
    assert_eq!(scene.roll_back(json!({ "dry_run": true })).1["restores"], 2);
    assert_eq!(scene.roll_back(json!({})).1["version"], 4);
    assert!(scene.serves("third"));
    // To the text that was there by hand.
    assert_eq!(scene.roll_back(json!({ "to": 0 })).0, 200);
    assert!(scene.serves("first"));
    let versions = |shown: &Value| -> Vec<u64> {
        shown["previous"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["version"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(versions(&scene.show()), [4, 3, 2, 1, 0]);
    let (status, body) = scene.roll_back(json!({ "to": 5 }));
    assert_eq!((status, &body["known"]), (404, &json!([4, 3, 2, 1, 0])), "{body}");
    assert_eq!(scene.roll_back(json!({ "expect": 4 })).0, 409);
    // A bundle whose secret has gone cannot be brought back.
    scene.memory.set_variable("OTHER", "x");
    let other = settings("fourth").replacen("secret:TOKEN", "secret:OTHER", 1);
    assert_eq!(scene.push(&other, json!({})).0, 200);
    for mark in 0..12 {
        assert_eq!(scene.push(&settings(&format!("m{mark}")), json!({})).0, 200);
    }
    assert_eq!(versions(&scene.show()).len(), 10);
    assert_eq!(scene.roll_back(json!({ "to": 0 })).0, 404);
}

#[test]
fn a_damaged_bundle_is_not_taken_and_the_old_one_serves_on() {
    let scene = Scene::new();
    assert_eq!(scene.push(&settings("second"), json!({})).0, 200);
    let there = scene.isolate();
    assert!(there.serves("second"));
    assert_eq!(scene.push(&settings("third"), json!({})).0, 200);
    let (record, text) = (scene.stored("bundle/active"), settings("third"));
    let key = format!("kv:{}", scene.active().key);
    let bad_text = format!("{text}# one byte more");
    let other = |text: &str| record.replace(&digest(&settings("third")), &digest(text));
    // (record, text, what health says, what the log says)
    let rows = [
        (record.clone(), bad_text.clone(), "version 2 is active and not served", "has not the SHA-256"),
        ("{".to_owned(), text.clone(), "the active bundle is not served", "its record cannot be read"),
        (record.replace("bundle/", "bundle/x"), text.clone(), "version 2 is active", "there is no text at"),
        (other("no TOML"), "no TOML".to_owned(), "version 2 does not compile", "it is not TOML"),
    ];
    for (record, text, said, why) in rows {
        scene.memory.set_variable("kv:bundle/active", &record);
        let of = serde_json::from_str::<Record>(&record).map(|record| record.key).unwrap_or_default();
        let key = if of.starts_with("bundle/x") || of.is_empty() { key.clone() } else { format!("kv:{of}") };
        scene.memory.set_variable(&key, &text);
        // An isolate that serves, and one that starts.
        there.later();
        for (name, isolate) in [("old", &there), ("new", &scene.isolate())] {
            assert!(isolate.serves("second"), "{name} {said}");
            let health = isolate.health();
            assert_eq!(
                (&health["status"], &health["bundle"]["version"]),
                (&json!("ok"), &json!(1)),
                "{name}"
            );
            let problem = health["bundle_problem"].as_str().unwrap_or_default();
            assert!(problem.contains(said) && !problem.contains(why), "{name} {said}: {problem}");
            assert!(isolate.show()["problem"].as_str().unwrap().contains(why), "{name} {said}");
        }
        assert!(there.memory.warnings().iter().any(|line| line.contains(why)), "{why}");
    }
    // Mended, it is taken.
    scene.memory.set_variable("kv:bundle/active", &record);
    scene.memory.set_variable(&key, &text);
    there.later();
    assert!(there.serves("third"));
    assert_eq!(there.health()["bundle_problem"], Value::Null);
}

#[test]
fn a_push_mends_a_broken_record() {
    let scene = Scene::new();
    assert_eq!(scene.push(&settings("second"), json!({})).0, 200);
    assert_eq!(scene.push(&settings("third"), json!({})).0, 200);
    scene.memory.set_variable("kv:bundle/active", "{\"version\":");
    let there = scene.isolate();
    assert!(there.serves("second"));
    assert_eq!(there.push(&settings("fourth"), json!({ "expect": 2 })).0, 409);
    assert_eq!(there.push(&settings("fourth"), json!({})).1["version"], 2);
    assert!(there.serves("fourth"));
}

#[test]
fn what_the_store_has_not_yet_forgotten_is_no_news() {
    let scene = Scene::new();
    assert_eq!(scene.push(&settings("second"), json!({})).0, 200);
    let (old, old_history) = (scene.stored("bundle/active"), scene.stored("bundle/previous"));
    assert_eq!(scene.push(&settings("third"), json!({})).0, 200);
    scene.memory.set_variable("kv:bundle/active", &old);
    scene.memory.set_variable("kv:bundle/previous", &old_history);
    scene.later();
    assert!(scene.serves("third"));
    // Operators are told of what serves, and build upon it.
    let shown = scene.show();
    assert_eq!((&shown["active"]["version"], &shown["previous"][0]["version"]), (&json!(2), &json!(1)));
    assert_eq!(scene.push(&settings("fourth"), json!({ "expect": 2 })).1["version"], 3);
    assert_eq!(scene.show()["previous"][0]["version"], 2);
    // Who puts an older record there by hand means it.
    scene.memory.set_variable("kv:bundle/active", &old);
    scene.memory.advance(100_000);
    scene.later();
    assert!(scene.serves("second"));
}

#[test]
fn a_text_by_hand_is_still_taken() {
    let scene = Scene::new();
    assert_eq!(scene.push(&settings("second"), json!({})).0, 200);
    scene.memory.set_variable("kv:bundle/active", &settings("hand"));
    scene.memory.advance(100_000);
    scene.later();
    assert!(scene.serves("hand"));
    assert_eq!(scene.health()["bundle"]["version"], 0);
    // One that does not compile stops nothing, as long as there is something to serve.
    scene.memory.set_variable("kv:bundle/active", "no TOML");
    let there = scene.isolate();
    assert!(there.serves("first"));
    assert_eq!(there.health()["bundle_problem"], "the active settings do not compile");
    scene.memory.set_variable("kv:bundle/active", &settings("hand"));
    // It has overwritten the record of version 1, which nobody knows any more.
    assert_eq!(scene.push(&settings("third"), json!({})).1["version"], 1);
    assert!(scene.serves("third"));
}

#[test]
fn only_a_store_takes_bundles() {
    for (config, key) in [("kv:settings.toml", "kv:settings.toml"), ("", ""), ("kv:inactive", "kv:inactive")]
    {
        let scene = Scene::new();
        let config = if config.is_empty() { settings("first") } else { config.to_owned() };
        scene.memory.set_variable("POSTERN_CONFIG", &config);
        scene.memory.set_variable(key, &settings("first"));
        for (status, body) in [scene.push(&settings("second"), json!({})), scene.roll_back(json!({}))] {
            assert_eq!((status, &body["error"]["kind"]), (409, &json!("not_stored")), "{body}");
        }
        assert_eq!(scene.show()["serving"]["version"], 0);
        assert!(scene.serves("first"));
    }
    for config in ["kv:active", "kv:prod/eu/active"] {
        let scene = Scene::new();
        scene.memory.set_variable("POSTERN_CONFIG", config);
        scene.memory.set_variable(config, &settings("first"));
        assert_eq!(scene.push(&settings("second"), json!({})).0, 200);
        assert!(scene.isolate().serves("second"));
    }
}
