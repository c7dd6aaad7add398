//! What is sealed comes back where it may, and nowhere else.

use super::cases;
use super::random::Random;
use postern_redact::operators::{
    Direction, Key, Keys, Operator, Outcome, Replacer, Scope, restore, restore_digits,
};
use postern_redact::{Context, Engine, Replacement};

const SCOPE: Scope<'_> = Scope { tenant: "acme", agent: "bot", direction: Direction::Response };
/// All that differ in one thing.
const OTHERS: [Scope<'_>; 3] = [
    Scope { tenant: "acme2", ..SCOPE },
    Scope { agent: "bo", ..SCOPE },
    Scope { direction: Direction::Request, ..SCOPE },
];

fn keys(id: &str, secret: u8) -> Keys {
    Keys::new(Key::new(id, &[secret; 32]).expect("a good key"), Vec::new()).expect("one key")
}

/// A value of a type, sealed.
fn sealed(keys: &Keys, scope: Scope<'_>, operator: &Operator, kind: &str, value: &str) -> String {
    match Replacer::new(Some(keys), scope).apply(operator, kind, value) {
        Outcome::Replace(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn tokens_of_any_value_come_back_in_their_scope_only() {
    let mut random = Random(6);
    let (own, types) = (keys("k1", 7), Engine::types());
    let strangers = [keys("k2", 7), keys("k1", 8), keys("k", 7)];
    for _ in 0..cases(1_000) {
        let value = if random.below(2) == 0 { random.text(4) } else { random.characters(64) };
        let kind = types[random.below(types.len())].name;
        let token = sealed(&own, SCOPE, &Operator::Token, kind, &value);
        let (before, behind) = ([" ", "\"", "=", "(", "é"], [" ", "\"", "&", ".", "é"]);
        let (before, behind) = (before[random.below(5)], behind[random.below(5)]);
        let text = format!("{before}{token}{behind}");
        let (restored, count) = restore(&own, &SCOPE, &text);
        assert_eq!((&*restored, count), (&*format!("{before}{value}{behind}"), 1), "{kind}");
        for scope in &OTHERS {
            assert_eq!(restore(&own, scope, &text), ((&*text).into(), 0), "{scope:?}");
        }
        for stranger in &strangers {
            assert_eq!(restore(stranger, &SCOPE, &text), ((&*text).into(), 0));
        }
        // Of another type, with the key's name changed, and with any character changed.
        let mut parts = token.splitn(4, '_');
        let [first, own_kind, id, rest] = std::array::from_fn(|_| parts.next().unwrap_or(""));
        let other = types[random.below(types.len())].name.to_ascii_lowercase().replace('_', "-");
        if other != own_kind {
            let foreign = format!("{first}_{other}_{id}_{rest}");
            assert_eq!(restore(&own, &SCOPE, &foreign), ((&*foreign).into(), 0));
        }
        let at = token.len() - 1 - random.below(rest.len());
        // The last character may have bits that mean nothing: they must be zero.
        let letter = if &token[at..=at] == "A" { "B" } else { "A" };
        let changed = format!("{}{letter}{}", &token[..at], &token[at + 1..]);
        assert_eq!(restore(&own, &SCOPE, &changed), ((&*changed).into(), 0));
    }
}

#[test]
fn texts_with_tokens_come_back() {
    let (engine, mut random, keys) = (Engine::new(None, 65), Random(7), keys("k1", 7));
    let mut changed = 0;
    for _ in 0..cases(2_000) {
        let text = random.text(16);
        let mut replacer = Replacer::new(Some(&keys), SCOPE);
        // As it is written in the text: what is behind escapes of JSON in it comes back as it was as well.
        let redacted = engine.redact_text(
            &text,
            &Context::default(),
            &mut |finding, value, _| match replacer.apply(&Operator::Token, finding.entry.name, value) {
                Outcome::Replace(token) => Replacement::Text(token),
                _ => Replacement::Keep,
            },
        );
        let Some(redacted) = redacted else { continue };
        changed += 1;
        assert_eq!(restore(&keys, &SCOPE, &redacted).0, text, "{redacted}");
        for scope in &OTHERS {
            assert_eq!(restore(&keys, scope, &redacted), ((&*redacted).into(), 0), "{scope:?}");
        }
    }
    assert!(changed > 200, "{changed}");
}

#[test]
fn preserved_digits_come_back_in_their_scope_only() {
    let (mut random, own, stranger) = (Random(8), keys("k1", 7), keys("k1", 8));
    let mut differ = 0;
    for _ in 0..cases(1_000) {
        let digits = format!("4{:014}", random.below(100_000_000) * 1_000_000 + random.below(1_000_000));
        let card = (0..10).map(|check| format!("{digits}{check}")).find(|card| {
            let values = card.bytes().rev().zip([1, 2].into_iter().cycle());
            let sum: u32 = values
                .map(|(digit, weight)| u32::from(digit - b'0') * weight)
                .map(|it| it / 10 + it % 10)
                .sum();
            sum.is_multiple_of(10)
        });
        let card = card.expect("one of ten passes");
        let sealed = sealed(&own, SCOPE, &Operator::Preserve, "CREDIT_CARD", &card);
        let back = |keys: &Keys, scope: &Scope<'_>, kind: &str| restore_digits(keys, scope, kind, &sealed);
        assert_eq!(back(&own, &SCOPE, "CREDIT_CARD").as_deref(), Some(&*card), "{sealed}");
        let mut others: Vec<_> = OTHERS.iter().map(|scope| back(&own, scope, "CREDIT_CARD")).collect();
        others.push(back(&stranger, &SCOPE, "CREDIT_CARD"));
        differ += others.iter().filter(|other| other.as_deref() != Some(&*card)).count();
    }
    // Any digits come back, and of a million others some are those by chance.
    assert!(differ + 4 >= 4 * cases(1_000), "{differ}");
}
