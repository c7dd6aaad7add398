use super::forge::{Forge, NOW_S, Scene};
use crate::error::Refusal;
use crate::limits;
use std::rc::Rc;

#[test]
fn a_verdict_is_kept_for_a_minute_and_never_beyond_exp() {
    let scene = Scene::fixed();
    let token = Forge::good().token();
    let first = scene.show(&token).unwrap();
    scene.memory.advance(59_999);
    assert!(Rc::ptr_eq(&first, &scene.show(&token).unwrap()), "the same verdict");
    scene.memory.advance(1);
    let second = scene.show(&token).unwrap();
    assert!(!Rc::ptr_eq(&first, &second), "a new verdict");
    scene.memory.set_now_ms((NOW_S + 3600) * 1000 - 1);
    let last = scene.show(&token).unwrap();
    scene.memory.advance(1);
    assert!(!Rc::ptr_eq(&last, &scene.show(&token).unwrap()), "verified again within the leeway");
    scene.memory.advance(60_000);
    assert_eq!(scene.show(&token).err(), Some(Refusal::BadToken("expired")));
}

#[test]
fn verdicts_and_principals_are_a_tenants_own() {
    let scene = Scene::fixed();
    let header = format!("Bearer {}", Forge::good().token());
    let callers: Vec<_> = scene
        .tenants
        .iter()
        .map(|tenant| {
            let asked = scene.authenticator.authenticate(&scene.memory, tenant, Some(&header));
            scene.memory.run(asked).unwrap()
        })
        .collect();
    assert_eq!((callers[0].tenant().name.as_str(), callers[1].tenant().name.as_str()), ("acme", "beta"));
    assert_ne!(callers[0].principal(), callers[1].principal());
    assert_eq!(callers[0].token_id(), Some("t1"));
}

#[test]
fn principals_differ_by_every_part_and_by_where_parts_end() {
    let scene = Scene::fixed();
    let of = |subject: &str| {
        let claims = Forge::good().claims(r#""sub":"user""#, &format!(r#""sub":"{subject}""#));
        *scene.show(&claims.token()).unwrap().principal()
    };
    assert_eq!(of("user"), of("user"));
    assert_ne!(of("user"), of("user2"));
}

#[test]
fn the_cache_is_bounded_and_drops_the_oldest() {
    let scene = Scene::fixed();
    let caller = scene.show(&Forge::good().token()).unwrap();
    let mut verdicts = super::super::verdicts::Verdicts::default();
    let key = |number: usize| {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(number as u64).to_le_bytes());
        key
    };
    for number in 0..limits::VERDICTS + 10 {
        verdicts.put(key(number), Rc::clone(&caller), 0, u64::MAX);
        verdicts.put(key(number), Rc::clone(&caller), 0, u64::MAX);
    }
    let kept = (0..limits::VERDICTS + 10).filter(|number| verdicts.get(&key(*number), 1).is_some()).count();
    assert_eq!(kept, limits::VERDICTS);
    assert!(verdicts.get(&key(9), 1).is_none() && verdicts.get(&key(10), 1).is_some());
}
