use super::*;

const A: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const B: &str = "k2:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const BINDING: Binding<'static> =
    Binding { tenant: "acme", endpoint: "/t/acme/mcp", principal: [7; 32], alias: "billing" };
const NOW: u64 = 1_800_000_000_000;

fn sealer(keys: &str) -> Sealer {
    Sealer::from_keys(keys).unwrap()
}

fn open(keys: &str, token: &str) -> Result<Opened, SealError> {
    sealer(keys).open(Purpose::State, "acme", "/t/acme/mcp", &[7; 32], NOW, token)
}

fn token() -> String {
    sealer(A).seal(Purpose::State, &BINDING, NOW, 60_000, [9; 24], b"payload").unwrap()
}

#[test]
fn opens_what_it_sealed() {
    let opened = open(A, &token()).unwrap();
    assert_eq!((opened.alias.as_str(), opened.payload.as_slice()), ("billing", &b"payload"[..]));
    assert_eq!((opened.issued_ms, opened.expires_ms), (NOW, NOW + 60_000));
    assert!(token().starts_with("1.k1."));
    assert!(token().bytes().all(|byte| (0x21..=0x7E).contains(&byte)));
}

/// Computed once with Python's hmac and libsodium: tokens outlive a deployment, so their format must not drift.
#[test]
fn the_format_is_the_documented_one() {
    let expected = concat!(
        "1.k1.CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJmfFsWqoQRT_mVLxt4ACI9UhtD8HOpxuE7COlnzxXTTKVdTv7TMjpw",
        "ZVOHHTZEwjV0Kqrib9zxQ7jZf7O2QmYNCu_PsHLNbIlTZBZMSgQF8jm2xI",
    );
    assert_eq!(token(), expected);
}

#[test]
fn opens_only_for_what_it_was_sealed_for() {
    let sealer = sealer(A);
    let token = token();
    let tried = |purpose, tenant, endpoint, principal: &[u8; 32], now| {
        sealer.open(purpose, tenant, endpoint, principal, now, &token).unwrap_err()
    };
    let (state, me) = (Purpose::State, &[7; 32]);
    assert_eq!(tried(Purpose::Task, "acme", "/t/acme/mcp", me, NOW), SealError::Forged);
    assert_eq!(tried(state, "other", "/t/acme/mcp", me, NOW), SealError::Forged);
    assert_eq!(tried(state, "acme", "/mcp", me, NOW), SealError::Forged);
    assert_eq!(tried(state, "acme", "/t/acme/mcp", &[8; 32], NOW), SealError::Foreign);
    assert_eq!(tried(state, "acme", "/t/acme/mcp", me, NOW + 60_000), SealError::Expired);
    sealer.open(state, "acme", "/t/acme/mcp", me, NOW + 59_999, &token).unwrap();
}

#[test]
fn every_changed_character_is_noticed() {
    let token = token();
    for i in 0..token.len() {
        for with in ["A", "B", "-", ".", "=", ""] {
            let mut changed = token.clone();
            changed.replace_range(i..=i, with);
            assert!(changed == token || open(A, &changed).is_err(), "{i} {with}");
        }
        assert!(open(A, &token[..i]).is_err());
        assert!(open(A, &format!("{token}{}", &token[..i.max(1)])).is_err());
    }
    for text in ["", ".", "..", "1.k1.", "2.k1.AAAA", "1.k1.AAAA", "1..AAAA"] {
        assert!(open(A, text).is_err());
    }
}

#[test]
fn a_rotation_opens_old_tokens_and_seals_new_ones() {
    let both = format!("{B},{A}");
    open(&both, &token()).unwrap();
    let new = sealer(&both).seal(Purpose::State, &BINDING, NOW, 1000, [1; 24], b"").unwrap();
    assert!(new.starts_with("1.k2."));
    assert_eq!(open(A, &new), Err(SealError::UnknownKey));
    assert_eq!(open(&format!("{B}, "), &token()), Err(SealError::UnknownKey));
    let other = A.replace("AAEC", "AAED");
    assert_eq!(open(&other, &token()), Err(SealError::Forged));
}

#[test]
fn life_and_size_are_bounded_by_purpose() {
    let sealer = sealer(A);
    for purpose in [
        Purpose::Session,
        Purpose::Subscriptions,
        Purpose::State,
        Purpose::Cursor,
        Purpose::Ask,
        Purpose::Event,
        Purpose::Task,
        Purpose::Asked,
    ] {
        let long = sealer.seal(purpose, &BINDING, NOW, u64::MAX, [1; 24], b"x").unwrap();
        let open = |now| sealer.open(purpose, "acme", "/t/acme/mcp", &[7; 32], now, &long);
        assert_eq!(open(NOW).unwrap().expires_ms, NOW + purpose.max_life_ms());
        assert_eq!(open(NOW + purpose.max_life_ms()).unwrap_err(), SealError::Expired);
        let fits = purpose.max_bytes() * 3 / 4 - 120;
        assert!(sealer.seal(purpose, &BINDING, NOW, 1, [1; 24], &vec![0; fits]).is_ok(), "{purpose:?}");
        let over = vec![0; purpose.max_bytes() * 3 / 4];
        assert_eq!(sealer.seal(purpose, &BINDING, NOW, 1, [1; 24], &over), Err(TooLarge), "{purpose:?}");
    }
    assert!(Purpose::State.max_bytes() * 3 / 4 - 120 >= 16 * 1024);
}

#[test]
fn bad_keys_are_named_and_never_repeated() {
    for (keys, why) in [
        ("", "no key"),
        ("k1", "form"),
        (":AAAA", "id"),
        ("k 1:AAAA", "id"),
        ("k1:secret!", "base64"),
        ("k1:c2VjcmV0", "32 bytes"),
        ("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "random"),
        (&format!("{A},{A}"), "twice"),
        (&format!("{A},{}", B.replace("k2:", "k1:")), "twice"),
        (&(1..6).map(|i| B.replace("k2", &format!("x{i}"))).collect::<Vec<_>>().join(","), "5 keys"),
    ] {
        let error = Sealer::from_keys(keys).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("POSTERN_SEAL_KEYS"), "{keys}: {error}");
        assert!(!error.contains("secret") && !error.contains("c2Vj"));
    }
    assert_eq!(format!("{:?}", sealer(A)), "[\"k1\"]");
}
