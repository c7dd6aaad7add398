//! Tokens, and where they become values again.

use super::{PAN, answer, plan_of, request, tenant, tenant_named};
use crate::stage::redact::{Plan, Tally};
use crate::tenant::Tenant;
use std::rc::Rc;

const TOKENS: &str = "operator='token'\nkeys='secret:KEYS'\n";

fn with(restore: &str) -> Rc<Tenant> {
    tenant(&format!("{TOKENS}restore=[{restore}]"), "", "")
}

fn at(tenant: &Rc<Tenant>, agent: &str, person: u8, alias: &str, name: &str) -> Plan {
    plan_of(tenant, agent, person, alias, Some(name)).expect("it is on")
}

/// The token that this plan's agent is given for the card.
fn token(plan: &Plan) -> String {
    let (_, text, _) = answer(plan, &format!(r#"{{"result":{{"card":"{PAN}"}}}}"#));
    let text = text.expect("it is changed");
    let token = text.split('"').find(|part| part.starts_with("tok_")).expect("a token").to_owned();
    assert!(!text.contains(PAN), "{text}");
    token
}

/// What leaves of a request with the token in the argument `card`.
fn sent(plan: &Plan, token: &str) -> String {
    let (text, _) =
        request(plan, &format!(r#"{{"params":{{"arguments":{{"card":"{token}","note":"{token}"}}}}}}"#));
    restored(plan, text)
}

fn restored(plan: &Plan, text: String) -> String {
    let again = plan.restored(&text, &mut Tally::default()).expect("it is not too large");
    again.map_or(text, |json| json.text().to_owned())
}

#[test]
fn tokens_are_the_same_for_the_same() {
    let tenant = with("");
    let one = at(&tenant, "alice", 1, "a", "a__one");
    assert_eq!(token(&one), token(&at(&tenant, "alice", 1, "a", "a__two")));
    for other in [
        at(&tenant, "alice", 2, "a", "a__one"),
        at(&tenant, "alice", 1, "b", "b__one"),
        at(&tenant_named("other", &format!("{TOKENS}restore=[]"), "", ""), "alice", 1, "a", "a__one"),
    ] {
        assert_ne!(token(&one), token(&other), "one could be told by the other");
    }
}

#[test]
fn they_go_back_into_named_fields() {
    let tenant = with("{for={tools=['a__one']},fields=['arguments.card']}");
    let plan = at(&tenant, "alice", 1, "a", "a__one");
    let token = token(&plan);
    let text = sent(&plan, &token);
    assert_eq!(text, format!(r#"{{"params":{{"arguments":{{"card":"{PAN}","note":"{token}"}}}}}}"#));
    // Within a text, in a list, and in an object below.
    for (fields, arguments, wanted) in [
        ("arguments.card", format!(r#"{{"card":"pay {token}!"}}"#), format!("pay {PAN}!")),
        ("arguments.cards", format!(r#"{{"cards":["x","{token}"]}}"#), format!(r#"["x","{PAN}"]"#)),
        ("arguments.*", format!(r#"{{"a":{{"b":"{token}"}}}}"#), format!(r#"{{"b":"{PAN}"}}"#)),
    ] {
        let tenant = with(&format!("{{fields=['{fields}']}}"));
        let plan = at(&tenant, "alice", 1, "a", "a__one");
        let text = restored(&plan, format!(r#"{{"params":{{"arguments":{arguments}}}}}"#));
        assert!(text.contains(&wanted), "{fields}: {text}");
    }
}

/// Who asks for what, and whether the token of alice (as person 1, at `a`) is a card again.
#[test]
fn only_for_whom_they_were_given() {
    let rule = "{for={agents=['alice','bob'],upstreams=['a','b']},fields=['arguments.card']}";
    let tenant = with(rule);
    let given = token(&at(&tenant, "alice", 1, "a", "a__one"));
    let other = tenant_named("other", &format!("{TOKENS}restore=[{rule}]"), "", "");
    for (plan, back) in [
        (at(&tenant, "alice", 1, "a", "a__one"), true),
        (at(&tenant, "alice", 1, "a", "a__two"), true),
        (at(&tenant, "alice", 2, "a", "a__one"), false),
        (at(&tenant, "alice", 1, "b", "b__one"), false),
        (at(&other, "alice", 1, "a", "a__one"), false),
    ] {
        assert_eq!(sent(&plan, &given).contains(PAN), back, "{:?}", plan.name());
    }
    let list =
        Plan::of_list(&tenant, &tenant.upstreams[0], Some("a__one")).expect("it works").expect("it is on");
    assert!(!sent(&list, &given).contains(PAN), "what all see is for none");
}

#[test]
fn other_upstreams_are_named() {
    let tenant = with("{for={tools=['b__one']},fields=['arguments.card'],from=['a']}");
    let given = token(&at(&tenant, "alice", 1, "a", "a__one"));
    assert!(sent(&at(&tenant, "alice", 1, "b", "b__one"), &given).contains(PAN));
    assert!(!sent(&at(&tenant, "alice", 1, "b", "b__two"), &given).contains(PAN), "another tool");
    assert!(!sent(&at(&tenant, "alice", 2, "b", "b__one"), &given).contains(PAN), "another person");
    let own = token(&at(&tenant, "alice", 1, "b", "b__one"));
    assert!(sent(&at(&tenant, "alice", 1, "b", "b__one"), &own).contains(PAN), "its own as well");
}

#[test]
fn tokens_that_were_changed_stay() {
    let tenant = with("{fields=['arguments.card']}");
    let plan = at(&tenant, "alice", 1, "a", "a__one");
    let given = token(&plan);
    for wrong in [
        given.replace("credit-card", "us-ssn"),
        given.replace("_k2_", "_k1_"),
        given.replace("_k2_", "_k9_"),
        given[..given.len() - 1].to_owned(),
        format!("{}x", &given[..given.len() - 1]),
        "tok_".to_owned(),
        "tok_credit-card_k2_".to_owned(),
    ] {
        let text = sent(&plan, &wrong);
        assert!(!text.contains(PAN), "{wrong}: {text}");
    }
    // Made with the older key, before there was a newer one.
    let before = tenant_named(
        "acme",
        &format!("{}restore=[{{fields=['arguments.card']}}]", TOKENS.replace("KEYS", "OLD")),
        "",
        "",
    );
    let old = token(&at(&before, "alice", 1, "a", "a__one"));
    assert!(old.contains("_k1_") && sent(&plan, &old).contains(PAN), "{old}");
}

#[test]
fn digits_go_back_where_their_type_is_named() {
    let preserve = TOKENS.replace("token", "preserve");
    let tenant =
        tenant(&format!("{preserve}restore=[{{fields=['arguments.card'],preserved='CREDIT_CARD'}}]"), "", "");
    let plan = at(&tenant, "alice", 1, "a", "a__one");
    let (_, text, _) = answer(&plan, &format!(r#"{{"result":{{"card":"{PAN}"}}}}"#));
    let text = text.expect("it is changed");
    let digits = text.split('"').find(|part| part.len() == 16).expect("sixteen digits").to_owned();
    assert!(digits != PAN && digits.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
    let asked = format!(r#"{{"params":{{"arguments":{{"card":"{digits}"}}}}}}"#);
    assert!(restored(&plan, asked.clone()).contains(PAN));
    assert!(!restored(&at(&tenant, "alice", 2, "a", "a__one"), asked).contains(PAN), "another person");
}

#[test]
fn what_goes_back_is_counted() {
    let tenant = with("{fields=['arguments.*']}");
    let plan = at(&tenant, "alice", 1, "a", "a__one");
    let given = token(&plan);
    let mut tally = Tally::default();
    let text = format!(r#"{{"params":{{"arguments":{{"a":"{given} {given}","b":"{given}"}}}}}}"#);
    plan.restored(&text, &mut tally).expect("it is not too large").expect("it is changed");
    assert_eq!(tally.members(), r#","redacted":{"request":{"TOKEN":{"restored":3}}}"#);
    assert_eq!(plan.restored_uri(&format!("x://{given}")), None, "a field that no rule names");
}
