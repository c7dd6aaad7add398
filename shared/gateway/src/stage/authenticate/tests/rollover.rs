//! Key sets over time: fetched once, kept, rolled over, withdrawn, unreachable.

use super::forge::{By, Forge, NOW_S, Scene, ec_jwk, jwks};
use crate::error::Refusal;
use crate::memory::Step;
use crate::platform::{Clock as _, FetchError, Store as _};
use crate::stage::authenticate::Authenticator;
use futures_util::future::join_all;
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

const KEYS: &str = "https://idp.example/keys";

/// What the issuer answers: URL, status, body, and how long it takes in ms.
type Pages = Rc<RefCell<Vec<(&'static str, u16, String, u32)>>>;

/// A scene whose issuer has these pages.
fn scene(sources: &str, pages: &[(&'static str, u16, String, u32)]) -> (Scene, Pages) {
    let scene = Scene::new(sources);
    let pages: Pages = Rc::new(RefCell::new(pages.to_vec()));
    let (shown, memory) = (Rc::clone(&pages), scene.memory.clone());
    scene.memory.on_fetch(move |request| {
        let (shown, memory) = (Rc::clone(&shown), memory.clone());
        async move {
            let page = shown.borrow().iter().find(|page| page.0 == request.url).cloned();
            let (_, status, body, wait_ms) = page.ok_or(FetchError::Unreachable)?;
            memory.sleep(wait_ms).await;
            Ok(memory.answer(status, "application/json", body))
        }
    });
    (scene, pages)
}

fn with_keys(keys: &[String]) -> (Scene, Pages) {
    scene(&format!("jwks_url = '{KEYS}'"), &[(KEYS, 200, jwks(keys), 100)])
}

fn sent(scene: &Scene) -> Vec<String> {
    scene.memory.sent().into_iter().map(|request| request.url).collect()
}

/// A token of the key `kid`, made by `seed`, good for an hour from now.
fn token(scene: &Scene, kid: &str, seed: u8) -> String {
    let now_s = scene.memory.now_ms() / 1000;
    Forge::good()
        .header(r#""e1""#, &format!("\"{kid}\""))
        .claims(
            &format!(r#""iat":{NOW_S},"exp":{}"#, NOW_S + 3600),
            &format!(r#""iat":{now_s},"exp":{}"#, now_s + 3600),
        )
        .by(By::Es256(seed))
        .token()
}

fn show(scene: &Scene, kid: &str, seed: u8) -> Result<(), Refusal> {
    scene.show(&token(scene, kid, seed)).map(drop)
}

const UNKNOWN: Result<(), Refusal> = Err(Refusal::BadToken("kid_unknown"));
const UNAVAILABLE: Result<(), Refusal> = Err(Refusal::BadToken("keys_unavailable"));
const MINUTE_MS: u64 = 60_000;

#[test]
fn fifty_cold_requests_fetch_once() {
    let (scene, _) = with_keys(&[ec_jwk("a", 1)]);
    let header = format!("Bearer {}", token(&scene, "a", 1));
    let ask = || scene.authenticator.authenticate(&scene.memory, &scene.tenants[0], Some(&header));
    let answers = scene.memory.run(join_all((0..50).map(|_| ask())));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 50);
    assert_eq!(sent(&scene), [KEYS]);
}

#[test]
fn when_the_first_of_fifty_leaves_forty_nine_are_answered() {
    let (scene, _) = with_keys(&[ec_jwk("a", 1)]);
    let header = format!("Bearer {}", token(&scene, "a", 1));
    let ask = || scene.authenticator.authenticate(&scene.memory, &scene.tenants[0], Some(&header));
    let mut first = Box::pin(ask());
    assert!(scene.memory.step(first.as_mut()).is_pending());
    let mut others = pin!(join_all((0..49).map(|_| ask())));
    assert!(scene.memory.step(others.as_mut()).is_pending());
    drop(first);
    let answers = scene.memory.run(others);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 49);
    assert_eq!(sent(&scene).len(), 2, "the second fetch took the place of the one given up");
}

#[test]
fn a_new_key_is_found_at_once_but_unknown_ones_cost_one_fetch_in_five_minutes() {
    let (scene, pages) = with_keys(&[ec_jwk("a", 1)]);
    assert_eq!(show(&scene, "a", 1), Ok(()));
    pages.borrow_mut()[0].2 = jwks(&[ec_jwk("a", 1), ec_jwk("b", 2)]);
    assert_eq!(show(&scene, "b", 2), Ok(()), "rolled over a moment later");
    assert_eq!(sent(&scene).len(), 2);
    for kid in ["x", "y", "x"] {
        assert_eq!(show(&scene, kid, 3), UNKNOWN);
    }
    scene.memory.advance(5 * MINUTE_MS - 1_000);
    assert_eq!(show(&scene, "z", 3), UNKNOWN);
    assert_eq!(sent(&scene).len(), 2, "refused from memory");
    scene.memory.advance(1_000);
    assert_eq!(show(&scene, "x", 3), UNKNOWN);
    assert_eq!(sent(&scene).len(), 3);
}

#[test]
fn a_set_is_refreshed_behind_a_request_and_replaced_whole() {
    let (scene, pages) = with_keys(&[ec_jwk("a", 1), ec_jwk("b", 2)]);
    assert_eq!(show(&scene, "a", 1), Ok(()));
    pages.borrow_mut()[0].2 = jwks(&[ec_jwk("b", 2)]);
    scene.memory.advance(49 * MINUTE_MS);
    assert_eq!(show(&scene, "a", 1), Ok(()));
    scene.memory.run(scene.memory.run_effects());
    assert_eq!(sent(&scene).len(), 1, "fresh for an hour less its jitter");
    scene.memory.advance(11 * MINUTE_MS);
    assert_eq!(show(&scene, "a", 1), Ok(()), "served while it is refreshed");
    assert_eq!(sent(&scene).len(), 1, "not on this request's time");
    scene.memory.run(scene.memory.run_effects());
    assert_eq!(sent(&scene).len(), 2);
    assert_eq!(show(&scene, "b", 2), Ok(()));
    scene.memory.advance(MINUTE_MS);
    assert_eq!(show(&scene, "a", 1), UNKNOWN, "withdrawn");
}

#[test]
fn a_failed_fetch_keeps_the_last_good_set_for_a_day() {
    let (scene, pages) = with_keys(&[ec_jwk("a", 1)]);
    assert_eq!(show(&scene, "a", 1), Ok(()));
    let secret = r#"{"kty":"oct","kid":"h","k":"AAAA"}"#.to_owned();
    for (status, body) in [
        (500, String::new()),
        (302, jwks(&[ec_jwk("b", 2)])),
        (200, "<html>".to_owned()),
        (200, jwks(&[])),
        (200, jwks(&[ec_jwk("b", 2), secret])),
    ] {
        pages.borrow_mut()[0] = (KEYS, status, body.clone(), 0);
        scene.memory.advance(2 * 60 * MINUTE_MS);
        assert_eq!(show(&scene, "a", 1), Ok(()), "{status} {body}");
        scene.memory.run(scene.memory.run_effects());
        assert_eq!(show(&scene, "b", 2), UNKNOWN, "{status} {body}");
    }
    scene.memory.advance(14 * 60 * MINUTE_MS);
    assert_eq!(show(&scene, "a", 1), UNAVAILABLE, "24 hours are the end");
}

#[test]
fn an_issuer_that_is_silent_is_asked_again_after_a_while() {
    let (scene, pages) = with_keys(&[ec_jwk("a", 1)]);
    pages.borrow_mut()[0].3 = 60_000;
    let before_ms = scene.memory.now_ms();
    assert_eq!(show(&scene, "a", 1), UNAVAILABLE);
    assert_eq!(scene.memory.now_ms() - before_ms, 4_000, "the deadline of a document");
    assert_eq!(show(&scene, "a", 1), UNAVAILABLE);
    assert_eq!(sent(&scene).len(), 1, "not asked by every request");
    pages.borrow_mut()[0].3 = 0;
    scene.memory.advance(10_000);
    assert_eq!(show(&scene, "a", 1), Ok(()));
    assert_eq!(scene.memory.open_bodies(), 0);
}

#[test]
fn a_huge_or_endless_key_set_is_given_up() {
    for steps in
        [vec![Step::Repeat(vec![b' '; 65_536], 16_384)], vec![Step::Bytes(b"{".to_vec()), Step::Hang]]
    {
        let scene = Scene::new(&format!("jwks_url = '{KEYS}'"));
        let memory = scene.memory.clone();
        scene.memory.on_fetch(move |_| {
            let answer = memory.answer_in_steps(200, "application/json", steps.clone());
            async move { Ok(answer) }
        });
        assert_eq!(show(&scene, "a", 1), UNAVAILABLE);
        assert_eq!(scene.memory.open_bodies(), 0, "the connection is closed");
    }
}

#[test]
fn isolates_share_a_set_through_the_store() {
    let (mut scene, pages) = with_keys(&[ec_jwk("a", 1)]);
    assert_eq!(show(&scene, "a", 1), Ok(()));
    scene.authenticator = Authenticator::new();
    assert_eq!(show(&scene, "a", 1), Ok(()));
    assert_eq!(sent(&scene).len(), 1, "the second isolate reads the store");
    pages.borrow_mut()[0].2 = jwks(&[ec_jwk("b", 2)]);
    assert_eq!(show(&scene, "b", 2), Ok(()), "a key that the stored set lacks is fetched");
    assert_eq!(sent(&scene).len(), 2);
}

#[test]
fn one_isolate_refreshes_for_all() {
    let (mut scene, pages) = with_keys(&[ec_jwk("a", 1)]);
    assert_eq!(show(&scene, "a", 1), Ok(()));
    let first = std::mem::take(&mut scene.authenticator);
    assert_eq!(show(&scene, "a", 1), Ok(()), "the second isolate reads the store");
    pages.borrow_mut()[0].2 = jwks(&[ec_jwk("a", 1), ec_jwk("b", 2)]);
    scene.memory.advance(61 * MINUTE_MS);
    let second = std::mem::replace(&mut scene.authenticator, first);
    for fetched in [2, 2] {
        assert_eq!(show(&scene, "a", 1), Ok(()));
        scene.memory.run(scene.memory.run_effects());
        assert_eq!(sent(&scene).len(), fetched);
    }
    scene.authenticator = second;
    assert_eq!(show(&scene, "a", 1), Ok(()));
    scene.memory.run(scene.memory.run_effects());
    assert_eq!(show(&scene, "b", 2), Ok(()), "the newer set came from the store");
    assert_eq!(sent(&scene).len(), 2);
}

#[test]
fn a_stored_set_is_checked_like_any_other() {
    let (scene, _) = with_keys(&[ec_jwk("a", 1)]);
    assert_eq!(show(&scene, "a", 1), Ok(()));
    let now_ms = scene.memory.now_ms();
    let key = {
        let ring = super::super::jwks::store_key(&scene.tenants[0].issuers[0]);
        assert!(ring.starts_with("jwks/idp/"), "{ring}");
        ring
    };
    for stored in [
        String::new(),
        "no time\n{}".to_owned(),
        format!("{now_ms}\n<html>"),
        format!("{}\n{}", now_ms + 3_600_000, jwks(&[ec_jwk("evil", 6)])),
        format!("{}\n{}", now_ms - 90_000_000, jwks(&[ec_jwk("evil", 6)])),
    ] {
        scene.memory.run(scene.memory.remember(&key, stored.clone().into_bytes(), 86_400));
        let fresh = Authenticator::new();
        let header = format!("Bearer {}", token(&scene, "a", 1));
        let asked = fresh.authenticate(&scene.memory, &scene.tenants[0], Some(&header));
        assert!(scene.memory.run(asked).is_ok(), "{stored}: fetched instead");
    }
}

#[test]
fn discovery_takes_both_forms_and_only_the_issuers_own() {
    const OIDC: &str = "https://idp.example/.well-known/openid-configuration";
    const OAUTH: &str = "https://idp.example/.well-known/oauth-authorization-server";
    let document = |issuer: &str, uri: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"{uri}","x":[1]}}"#);
    let good = || document("https://idp.example", KEYS);
    let keys = || (KEYS, 200, jwks(&[ec_jwk("a", 1)]), 0);
    let elsewhere = document("https://idp.example", "https://evil.example/keys");
    let insecure = document("https://idp.example", "http://idp.example/keys");
    for (name, pages, expected, asked) in [
        ("OpenID", vec![(OIDC, 200, good(), 0), keys()], Ok(()), 2),
        ("OAuth", vec![(OAUTH, 200, good(), 0), keys()], Ok(()), 3),
        (
            "another issuer's",
            vec![(OIDC, 200, document("https://evil.example", KEYS), 0), keys()],
            UNAVAILABLE,
            2,
        ),
        (
            "another issuer's first",
            vec![(OIDC, 200, document("x", KEYS), 0), (OAUTH, 200, good(), 0), keys()],
            Ok(()),
            3,
        ),
        ("keys elsewhere", vec![(OIDC, 200, elsewhere, 0), keys()], UNAVAILABLE, 2),
        ("keys by http", vec![(OIDC, 200, insecure, 0), keys()], UNAVAILABLE, 2),
        ("a redirect", vec![(OIDC, 301, good(), 0), keys()], UNAVAILABLE, 2),
        (
            "issuer twice",
            vec![(OIDC, 200, good().replace("{", r#"{"issuer":"x","#), 0), keys()],
            UNAVAILABLE,
            2,
        ),
        ("nothing", vec![], UNAVAILABLE, 2),
    ] {
        let (scene, _) = scene("", &pages);
        assert_eq!(show(&scene, "a", 1), expected, "{name}");
        assert_eq!(sent(&scene).len(), asked, "{name}: {:?}", sent(&scene));
        assert!(sent(&scene).iter().all(|url| url.starts_with("https://idp.example/")), "{name}");
    }
}

#[test]
fn a_key_may_be_kept_to_one_issuer() {
    let with = |issuer: &str| ec_jwk("a", 1).replace(r#""use""#, &format!(r#""issuer":"{issuer}","use""#));
    for (issuer, tid, expected) in [
        ("https://idp.example", "", Ok(())),
        ("https://{tenantid}.example", r#""tid":"idp","#, Ok(())),
        ("https://{tenantid}.example", r#""tid":"other","#, Err(Refusal::BadToken("issuer_of_key"))),
        ("https://{tenantid}.example", "", Err(Refusal::BadToken("issuer_of_key"))),
        ("https://other.example", "", Err(Refusal::BadToken("issuer_of_key"))),
    ] {
        let (scene, _) = with_keys(&[with(issuer)]);
        let forged =
            Forge::good().header(r#""e1""#, r#""a""#).claims(r#"{"iss""#, &format!(r#"{{{tid}"iss""#));
        assert_eq!(scene.show(&forged.token()).map(drop), expected, "{issuer} {tid}");
    }
}
