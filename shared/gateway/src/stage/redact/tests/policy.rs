//! What is inspected, which rule is meant, and what is counted.

use super::{EMAIL, PAN, answer, plan, plan_of, request, tenant};
use crate::error::{Error, Refusal};
use crate::mcp::{Json, Message};
use crate::stage::redact::{Clean, Held, Plan, Tally, quoted};
use crate::tenant::{Depth, Way};

/// What tenant, upstream and tool say, and what follows: depth of requests and of answers, and whether a card, an e-mail
/// address and a doubtful value (level 65) are replaced in an answer.
#[test]
fn the_nearest_word_counts() {
    for (tenant_says, upstream, tool, depths, finds) in [
        ("", "", "", (Depth::Standard, Depth::Standard), [true, true, false]),
        ("inspect='strict'", "", "", (Depth::Strict, Depth::Strict), [true, true, true]),
        (
            "inspect='strict'",
            "inspect='secrets_only'",
            "",
            (Depth::SecretsOnly, Depth::SecretsOnly),
            [false, false, false],
        ),
        (
            "",
            "inspect='secrets_only'",
            "inspect='strict'",
            (Depth::Strict, Depth::Strict),
            [true, true, true],
        ),
        ("", "", "inspect='off'\nreason='x'", (Depth::Off, Depth::Off), [false, false, false]),
        (
            "inspect_requests='secrets_only'",
            "",
            "",
            (Depth::SecretsOnly, Depth::Standard),
            [true, true, false],
        ),
        ("", "inspect_requests='off'\nreason='x'", "", (Depth::Off, Depth::Standard), [true, true, false]),
        (
            "",
            "inspect_requests='off'\nreason='x'",
            "inspect_requests='strict'",
            (Depth::Strict, Depth::Standard),
            [true, true, false],
        ),
        ("profile='pci'", "", "", (Depth::Standard, Depth::Standard), [true, false, false]),
        ("profile='pci'", "profile='secrets'", "", (Depth::Standard, Depth::Standard), [false, false, false]),
        ("profile='pci'", "", "profile='secrets'", (Depth::Standard, Depth::Standard), [false, false, false]),
        ("level=65", "", "", (Depth::Standard, Depth::Standard), [true, true, true]),
        ("level=65", "level=99", "", (Depth::Standard, Depth::Standard), [false, false, false]),
        ("level=99", "level=99", "level=65", (Depth::Standard, Depth::Standard), [true, true, true]),
    ] {
        let tool =
            if tool.is_empty() { String::new() } else { format!("[tenants.acme.tools.'a__one']\n{tool}") };
        let tenant = tenant(&format!("{tenant_says}\n{tool}"), upstream, "");
        let plan = plan(&tenant, "a__one");
        let at = format!("{tenant_says}, {upstream}, {tool}");
        assert_eq!(plan.depths(), depths, "{at}");
        let values = [PAN, EMAIL, super::DOUBTFUL];
        let found =
            values.map(|value| answer(&plan, &format!(r#"{{"result":{{"x":"{value}"}}}}"#)).1.is_some());
        assert_eq!(found, finds, "{at}");
    }
}

#[test]
fn services_are_inherited_and_given_up() {
    let dlp = "[tenants.acme.dlp.guard]\nkind='webhook'\nurl='https://d.example'\n[tenants.acme.dlp.other]\nkind='webhook'\nurl='https://e.example'";
    for (tenant_says, upstream, tool, wanted) in [
        ("", "", "", None),
        ("dlp='guard'", "", "", Some("guard")),
        ("dlp='guard'", "dlp='other'", "", Some("other")),
        ("dlp='guard'", "dlp='other'", "dlp='none'", None),
        ("dlp='guard'", "dlp='none'", "dlp='guard'", Some("guard")),
        ("", "", "dlp='other'", Some("other")),
    ] {
        let tool =
            if tool.is_empty() { String::new() } else { format!("[tenants.acme.tools.'a__one']\n{tool}\n") };
        let tenant = tenant(&format!("{tenant_says}\n{tool}{dlp}"), upstream, "");
        assert_eq!(plan(&tenant, "a__one").dlp(), wanted, "{tenant_says}, {upstream}, {tool}");
    }
}

/// Rules, and what becomes of a card in an answer of `a__one`, of its field `card`.
#[test]
fn one_rule_is_meant() {
    for (rules, wanted) in [
        ("", "[CREDIT_CARD_1]"),
        ("{operator='mask'}", "*****"),
        ("{operator='mask',mask={right=4,length=3}}", "***1486"),
        ("{types=['EMAIL_*'],operator='mask'}", "[CREDIT_CARD_1]"),
        ("{directions=['request','error','list'],operator='mask'}", "[CREDIT_CARD_1]"),
        ("{for={tools=['a__two']},operator='mask'}", "[CREDIT_CARD_1]"),
        ("{for={upstreams=['b']},operator='mask'}", "[CREDIT_CARD_1]"),
        ("{for={agents=['bob']},operator='mask'}", "[CREDIT_CARD_1]"),
        ("{for={groups=['care'],tools=['a__*']},operator='mask',mask={length=3}}", "***"),
        ("{fields=['data.other'],operator='mask'}", "[CREDIT_CARD_1]"),
        ("{fields=['data.card'],operator='mask',mask={length=3}}", "***"),
        ("{fields=['*.card'],operator='mask',mask={length=3}}", "***"),
        ("{level=100,operator='mask'}", "[CREDIT_CARD_1]"),
        ("{operator='monitor'},{types=['CREDIT_CARD'],operator='mask',mask={length=3}}", "***"),
        (
            "{types=['CREDIT_CARD'],operator='mask',mask={length=3}},{for={tools=['a__one']},operator='monitor'}",
            PAN,
        ),
        (
            "{for={tools=['a__one']},fields=['data.card'],operator='monitor'},{for={tools=['a__*']},operator='drop'}",
            PAN,
        ),
        ("{operator='tag'},{operator='monitor'}", "[CREDIT_CARD_1]"),
    ] {
        let tenant = tenant(&format!("rules=[{rules}]"), "", "");
        let (outcome, text, _) =
            answer(&plan(&tenant, "a__one"), &format!(r#"{{"result":{{"data":{{"card":"{PAN}"}}}}}}"#));
        let text = text.unwrap_or_else(|| PAN.to_owned());
        assert!(outcome.is_ok() && text.contains(wanted), "{rules}: {text}");
        assert!(wanted == PAN || !text.contains(PAN), "{rules}: {text}");
    }
}

#[test]
fn what_blocks_is_before_all() {
    let rules = "rules=[{for={tools=['a__one']},fields=['x'],types=['CREDIT_CARD'],operator='monitor'},{types=['CREDIT_*'],operator='block'}]";
    for (clearance, ways) in [("", Way::ALL), ("clearance=['*']", Way::ALL)] {
        let tenant = tenant(rules, "", clearance);
        for way in ways {
            let mut tally = Tally::default();
            let refused =
                plan(&tenant, "a__one").json(&format!(r#"{{"x":"{PAN} {EMAIL}"}}"#), way, &mut tally);
            let Err(Error::Refusal(Refusal::Blocked { what, way: name })) = refused else {
                panic!("{refused:?}")
            };
            assert_eq!((what.as_str(), name), ("CREDIT_CARD", way.name()));
            assert_eq!(
                tally.members(),
                format!(r#","redacted":{{"{name}":{{"CREDIT_CARD":{{"block":1}}}}}}"#)
            );
        }
    }
}

#[test]
fn clearance_is_for_answers() {
    let tenant = tenant("", "", "clearance=['CREDIT_*']");
    let plan = plan(&tenant, "a__one");
    for (way, cleared) in
        [(Way::Response, true), (Way::Error, true), (Way::Request, false), (Way::List, false)]
    {
        let mut tally = Tally::default();
        let text = plan.json(&format!(r#"{{"x":"{PAN} {EMAIL}"}}"#), way, &mut tally).expect("it passes");
        let text = text.expect("it is changed");
        assert_eq!(text.contains(PAN), cleared, "{way:?}: {text}");
        assert!(!text.contains(EMAIL), "{way:?}: {text}");
        let done = if cleared { r#""CREDIT_CARD":{"clear":1}"# } else { r#""CREDIT_CARD":{"tag":1}"# };
        assert!(tally.members().contains(done), "{way:?}: {}", tally.members());
    }
}

/// What every agent sees: rules that are about some agents are not about it, and tokens would be good for nothing.
#[test]
fn lists_are_for_all() {
    let tenant = tenant(
        "operator='token'\nkeys='secret:KEYS'\nrules=[{for={agents=['alice']},operator='monitor'},{for={groups=['care']},operator='monitor'},{types=['EMAIL_*'],operator='preserve'}]",
        "",
        "clearance=['*']",
    );
    let plan =
        Plan::of_list(&tenant, &tenant.upstreams[0], Some("a__one")).expect("it works").expect("it is on");
    let text = format!(r#"{{"name":"{PAN}","uri":"{PAN}","description":"{PAN} {EMAIL}"}}"#);
    let shown =
        plan.json(&text, Way::List, &mut Tally::default()).expect("it passes").expect("it is changed");
    let wanted = format!(
        r#"{{"name":"{PAN}","uri":"[CREDIT_CARD_1]","description":"[CREDIT_CARD_1] [EMAIL_ADDRESS_1]"}}"#
    );
    assert_eq!(shown, wanted, "a name is looked at by itself");
    assert!(plan.hides(PAN) && plan.hides("pay with 4539 5787 6362 1486") && !plan.hides("echo"));
    assert!(plan.hides(&format!("pay_{PAN}")) && plan.hides(concat!("key-", "AKIA", "Q3EGRZXNT7DOVJ4W.x")));
    assert!(plan.hides(concat!("of_", "ghp_", "k3Jd8Ahw9sk2Jd83jdUe72jdPq01mZ4GHXHw")));
    assert!(!plan.hides("report_2024_01_15") && !plan.hides("get_user.v2-beta"));
    // Of resources the URI is the name.
    let plan = Plan::of_list(&tenant, &tenant.upstreams[0], None).expect("it works").expect("it is on");
    let shown =
        plan.json(&text, Way::List, &mut Tally::default()).expect("it passes").expect("it is changed");
    assert!(shown.starts_with(&format!(r#"{{"name":"[CREDIT_CARD_1]","uri":"{PAN}""#)), "{shown}");
}

/// Members of the protocol, with whether they keep what would be a value anywhere else.
#[test]
fn the_protocol_is_spared() {
    let tenant = tenant("", "", "");
    let name = format!("a__{PAN}");
    let plan = plan(&tenant, &name);
    for (way, text, spared) in [
        (Way::Request, format!(r#"{{"id":{PAN}}}"#), true),
        (Way::Request, format!(r#"{{"params":{{"name":"a__{PAN}"}}}}"#), true),
        (Way::Request, format!(r#"{{"params":{{"ref":{{"name":"{PAN}"}}}}}}"#), true),
        (Way::Request, r#"{"params":{"name":"5425233430109903"}}"#.to_owned(), false),
        (Way::Request, format!(r#"{{"params":{{"_meta":{{"progressToken":"{PAN}"}}}}}}"#), true),
        (Way::Request, format!(r#"{{"params":{{"requestState":"{PAN}"}}}}"#), true),
        (Way::Request, format!(r#"{{"params":{{"requestState":{{"x":"{PAN}"}}}}}}"#), false),
        (Way::Request, r#"{"params":{"cursor":"jane.doe@corp.example.org"}}"#.to_owned(), false),
        (Way::Request, format!(r#"{{"params":{{"progressToken":"{PAN}"}}}}"#), false),
        (Way::Request, format!(r#"{{"method":"{PAN}"}}"#), false),
        (Way::Response, format!(r#"{{"id":"{PAN}"}}"#), true),
        (Way::Response, format!(r#"{{"params":{{"progressToken":"{PAN}"}}}}"#), true),
        (Way::Response, format!(r#"{{"params":{{"name":"{PAN}"}}}}"#), false),
        (Way::Response, format!(r#"{{"params":{{"_meta":{{"progressToken":"{PAN}"}}}}}}"#), false),
        (Way::Response, format!(r#"{{"result":{{"requestState":"{PAN}"}}}}"#), true),
        (Way::Response, format!(r#"{{"result":{{"resultType":"{PAN}"}}}}"#), false),
        (Way::Response, format!(r#"{{"result":{{"type":"{PAN}","role":"{PAN}"}}}}"#), false),
        (Way::Error, format!(r#"{{"error":{{"code":"{PAN}"}}}}"#), false),
        (Way::List, format!(r#"{{"id":"{PAN}"}}"#), false),
    ] {
        let changed = plan.json(&text, way, &mut Tally::default()).expect("it passes");
        assert_eq!(changed.is_none(), spared, "{way:?}: {text} {changed:?}");
    }
}

/// Messages of an upstream, and the same as they pass: what is spared only where it does not reach the agent goes elsewhere.
#[test]
fn strays_go() {
    let tenant = tenant("", "", "");
    let plan = plan(&tenant, "a__one");
    for (text, wanted) in [
        (
            format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"progressToken":"{PAN}","data":1}}}}"#
            ),
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":1}}"#.to_owned(),
        ),
        (
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"result":{{"resultType":"complete","requestState":"{PAN}"}}}}"#
            ),
            r#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}"#.to_owned(),
        ),
        (
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"result":{{"resultType":"input_required","requestState":"{PAN}"}}}}"#
            ),
            format!(
                r#"{{"jsonrpc":"2.0","id":1,"result":{{"resultType":"input_required","requestState":"{PAN}"}}}}"#
            ),
        ),
        (
            format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":"{PAN}","progress":1}}}}"#
            ),
            format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":"{PAN}","progress":1}}}}"#
            ),
        ),
    ] {
        let parse = || Json::parse_owned(text.clone().into_bytes(), &crate::limits::RESPONSE).expect("JSON");
        let message = Message::read(&parse(), parse().root()).expect("a message");
        let clean =
            Clean::of(Some(&plan), Held::Owned(parse()), message, Way::Response, &mut Tally::default());
        assert_eq!(clean.expect("it passes").json().text(), wanted);
        // Without redaction nothing is touched.
        let message = Message::read(&parse(), parse().root()).expect("a message");
        let clean = Clean::of(None, Held::Owned(parse()), message, Way::Response, &mut Tally::default());
        assert_eq!(clean.expect("it passes").json().text(), text);
    }
}

#[test]
fn words_of_agents_are_quoted_without_values() {
    let on = tenant("inspect='off'\nreason='x'", "", "");
    for (text, wanted) in [
        ("nothing".to_owned(), "nothing"),
        (format!("Unknown tool: a__{PAN}"), "Unknown tool: a__[CREDIT_CARD_1]"),
        (format!("{EMAIL} and {PAN}"), "[EMAIL_ADDRESS_1] and [CREDIT_CARD_1]"),
    ] {
        assert_eq!(quoted(&on, &text), wanted);
    }
    let sure = tenant("", "", "");
    assert_eq!(quoted(&sure, super::DOUBTFUL), super::DOUBTFUL);
    for strict in [
        tenant("inspect='strict'", "", ""),
        tenant("level=65", "", ""),
        tenant("", "inspect_requests='strict'", ""),
        tenant("[tenants.acme.tools.'a__one']\ninspect='strict'", "", ""),
    ] {
        assert_eq!(quoted(&strict, super::DOUBTFUL), "[UK_NINO_1]", "as deep as anything is inspected");
    }
    let off = super::without();
    assert_eq!(quoted(&off, PAN), PAN, "where nothing is redacted it stays");
    assert!(plan_of(&off, "alice", 1, "a", Some("a__one")).is_none());
}

#[test]
fn keys_that_become_alike_are_numbered() {
    let tenant = tenant("operator='mask'", "", "");
    let text = format!(r#"{{"id":1,"result":{{"{PAN}":1,"5425233430109903":2,"x":"{PAN}"}}}}"#);
    let (outcome, text, tally) = answer(&plan(&tenant, "a__one"), &text);
    let wanted = r#"{"id":1,"result":{"[CREDIT_CARD_1]":1,"[CREDIT_CARD_2]":2,"x":"[CREDIT_CARD_1]"}}"#;
    assert_eq!((outcome.is_ok(), text.as_deref()), (true, Some(wanted)));
    assert!(tally.contains("CREDIT_CARD"), "{tally}");
}

#[test]
fn what_was_done_is_counted() {
    let tenant = tenant("rules=[{types=['EMAIL_*'],operator='mask'}]", "", "");
    let (_, _, tally) =
        answer(&plan(&tenant, "a__one"), &format!(r#"{{"result":{{"x":"{PAN}, {PAN}, {EMAIL}"}}}}"#));
    assert_eq!(tally, r#","redacted":{"response":{"CREDIT_CARD":{"tag":2},"EMAIL_ADDRESS":{"mask":1}}}"#);
    let (text, tally) = request(&plan(&tenant, "a__one"), &format!(r#"{{"params":{{"x":"{EMAIL}"}}}}"#));
    assert!(text.contains("***"), "{text}");
    assert_eq!(tally, r#","redacted":{"request":{"EMAIL_ADDRESS":{"mask":1}}}"#);
}
