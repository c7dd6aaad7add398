//! `[tenants.NAME.redact]`, and what upstreams, tools and agents say of it.

use super::{FULL, compiled};
use crate::compile::check;
use crate::settings::Settings;
use crate::tenant::{Depth, Redaction, Tenant};
use postern_redact::Profile;
use postern_redact::operators::{Mask, Operator};
use std::rc::Rc;

const KEYS: &str =
    "k2:AgECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,k1:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn secrets(name: &str) -> Option<String> {
    match name {
        "KEYS" => Some(KEYS.to_owned()),
        "SHORT" => Some("k1:c2hvcnQta2V5LWNhbmFyeQ==".to_owned()),
        "TWICE" => Some(format!("{KEYS},{KEYS}")),
        "EMPTY" => Some(String::new()),
        other => super::secrets(other),
    }
}

/// The settings with more of the tenant, and with more of its agent `trader`.
fn with(more: &str, agent: &str) -> String {
    let full = FULL.replace("client = \"c2\"", &format!("client = \"c2\"\n{agent}"));
    format!("{full}\n{more}\n")
}

fn tenant(more: &str) -> Rc<Tenant> {
    let (bundle, _) =
        check(&with(more, ""), &secrets).unwrap_or_else(|problems| panic!("{more}:\n{problems}"));
    assert!(!format!("{bundle:?}").contains("AgECAwQFBgcI"), "keys are not shown");
    Rc::clone(&bundle.tenants[0])
}

fn redaction(tenant: &Tenant) -> &Redaction {
    tenant.redaction.as_ref().expect("it is on")
}

#[test]
fn the_least() {
    assert!(compiled(FULL).0.tenants[0].redaction.is_none(), "it is off by default");
    let tenant = tenant("[tenants.acme.redact]");
    let redaction = redaction(&tenant);
    assert_eq!(
        (redaction.inspect.requests, redaction.inspect.responses),
        (Some(Depth::Standard), Some(Depth::Standard))
    );
    assert_eq!((redaction.inspect.profile, redaction.inspect.level), (None, None));
    assert_eq!(redaction.operator, Operator::Tag);
    assert!(redaction.rules.is_empty() && redaction.restore.is_empty() && redaction.keys.is_none());
    assert!(!redaction.block_binary);
}

#[test]
fn everything() {
    let tenant = tenant(
        "[tenants.acme.redact]\ninspect='strict'\ninspect_requests='secrets_only'\nprofile='pci'\nlevel=85\n\
         operator='mask'\nmask={left=1,right=4,with='•',length=6}\nkeys='secret:KEYS'\nbinary='block'\n\
         [[tenants.acme.redact.restore]]\nfor={tools=['billing__refund']}\nfields=['arguments.card']\nfrom=['market']\n\
         preserved='CREDIT_CARD'\n\
         [tenants.acme.redact.detectors.EMPLOYEE_ID]\npattern='EMP-[0-9]{6}'\nmatches=['EMP-123456']\n\
         [tenants.acme.tools.'billing__*']\ninspect='off'\nreason='public'\ninspect_requests='standard'\nlevel=65",
    );
    let redaction = redaction(&tenant);
    assert_eq!(
        (redaction.inspect.requests, redaction.inspect.responses),
        (Some(Depth::SecretsOnly), Some(Depth::Strict))
    );
    assert_eq!((redaction.inspect.profile, redaction.inspect.level), (Some(Profile::Pci), Some(85)));
    assert_eq!(redaction.operator, Operator::Mask(Mask::new(1, 4, '•', Some(6)).unwrap()));
    assert!(redaction.keys.is_some() && redaction.block_binary);
    let [restore] = &redaction.restore[..] else { panic!("{redaction:?}") };
    assert_eq!(
        (restore.from.as_slice(), restore.preserved.as_deref()),
        (&["market".to_owned()][..], Some("CREDIT_CARD"))
    );
    let inspect = &tenant.tool("billing__refund").expect("it matches").inspect;
    assert_eq!(
        (inspect.requests, inspect.responses, inspect.level),
        (Some(Depth::Standard), Some(Depth::Off), Some(65))
    );
}

/// Rules by what tells them apart, in the order in which they are meant: the name of the operator stands for each.
#[test]
fn the_most_specific_rule_comes_first() {
    let tenant = tenant(
        "[tenants.acme.redact]\nkeys='secret:KEYS'\nrules=[\n\
         {operator='monitor'},\n\
         {directions=['response'],operator='preserve'},\n\
         {types=['CREDIT_CARD'],operator='token'},\n\
         {for={agents=['trader']},operator='hash'},\n\
         {fields=['arguments.card'],operator='synthetic'},\n\
         {for={upstreams=['billing']},operator='mask'},\n\
         {for={tools=['billing__*']},operator='tag'},\n\
         {for={tools=['billing__refund']},operator='drop'},\n\
         {operator='block'},\n]",
    );
    let found: Vec<&Operator> = redaction(&tenant).rules.iter().map(|rule| &rule.operator).collect();
    let wanted = [
        Operator::Block,
        Operator::Drop,
        Operator::Tag,
        Operator::Mask(Mask::ALL),
        Operator::Synthetic,
        Operator::Hash,
        Operator::Token,
        Operator::Preserve,
        Operator::Monitor,
    ];
    assert_eq!(found, wanted.iter().collect::<Vec<_>>());
}

/// Of rules that say the same, the one that leaves less; of blocking ones, the more specific.
#[test]
fn the_strictest_of_equals_comes_first() {
    let order = |rules: &str| {
        let tenant = tenant(&format!("[tenants.acme.redact]\nkeys='secret:KEYS'\nrules=[{rules}]"));
        let text = redaction(&tenant).rules.iter().map(|rule| format!("{:?}", rule.operator));
        text.map(|name| name.split('(').next().unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let all = ["monitor", "preserve", "token", "mask", "hash", "synthetic", "tag", "drop"];
    let rules: Vec<String> = all.iter().map(|name| format!("{{operator='{name}'}}")).collect();
    assert_eq!(order(&rules.join(",")), "Drop Tag Synthetic Hash Mask Token Preserve Monitor");
    assert_eq!(
        order(
            "{types=['CREDIT_*'],operator='mask'},{types=['CREDIT_CARD'],operator='monitor'},{for={groups=['care']},operator='tag'}"
        ),
        "Tag Monitor Mask"
    );
}

/// What stands in `[tenants.acme.redact]`, the path of the one problem below it, a part of what is said, and of the remedy.
#[test]
fn problems() {
    let detector = "[tenants.acme.redact.detectors.OWN]\n";
    for (settings, path, part, remedy) in [
        ("inspect='some'", "inspect", "some", "standard"),
        ("inspect_requests='some'", "inspect_requests", "some", "strict"),
        ("inspect='off'", "reason", "nobody says why", "the reason"),
        ("inspect_requests='off'\nreason=' '", "reason", "nobody says why", "the reason"),
        ("profile='iso'", "profile", "iso", "hipaa"),
        ("level=64", "level", "65 to 100", ""),
        ("operator='rot13'", "operator", "rot13", "synthetic"),
        ("operator='hash'", "keys", "missing", "secret:NAME"),
        ("rules=[{operator='token'}]", "keys", "missing", "secret:NAME"),
        ("rules=[{operator='preserve'}]", "keys", "missing", "secret:NAME"),
        ("operator='synthetic'", "keys", "missing", "secret:NAME"),
        ("restore=[{fields=['a']}]", "keys", "missing", "secret:NAME"),
        ("keys='text'", "keys", "names no secret", ""),
        ("keys='secret:NONE'", "keys", "does not exist", ""),
        ("keys='secret:SHORT'", "keys", "holds no keys", "32 to 64"),
        ("keys='secret:TWICE'", "keys", "holds no keys", "newest first"),
        ("mask={right=4}", "mask", "`tag` does not mask", "operator = \"mask\""),
        ("operator='mask'\nmask={with='ab'}", "mask", "", "right = 4"),
        ("operator='mask'\nmask={right=65}", "mask.right", "0 to 64", ""),
        ("operator='mask'\nmask={length=0}", "mask.length", "1 to 64", ""),
        ("binary='drop'", "binary", "drop", "block"),
        ("dlp='none-such'", "dlp", "there is no service", "none"),
        ("unknown=1", "unknown", "unknown", ""),
        ("rules=[{}]", "rules.0.operator", "missing", "mask"),
        ("rules=[{operator='tag'},{operator='x'}]", "rules.1.operator", "x", "drop"),
        ("rules=[{operator='tag',directions=['up']}]", "rules.0.directions", "up", "response"),
        ("rules=[{operator='tag',fields=[]}]", "rules.0.fields", "empty", "remove it"),
        ("rules=[{operator='tag',types=[]}]", "rules.0.types", "empty", "remove it"),
        ("rules=[{operator='tag',types=['NO_SUCH']}]", "rules.0.types", "NO_SUCH", "--types"),
        ("rules=[{operator='tag',level=101}]", "rules.0.level", "65 to 100", ""),
        ("rules=[{operator='tag',mask={right=1}}]", "rules.0.mask", "does not mask", "mask"),
        ("keys='secret:KEYS'\nrestore=[{}]", "restore.0.fields", "missing", "arguments.card"),
        ("keys='secret:KEYS'\nrestore=[{fields=[]}]", "restore.0.fields", "empty", "arguments.card"),
        ("keys='secret:KEYS'\nrestore=[{fields=['a'],from=['x']}]", "restore.0.from", "\"x\"", "aliases"),
        (
            "keys='secret:KEYS'\nrestore=[{fields=['a'],preserved='X'}]",
            "restore.0.preserved",
            "\"X\"",
            "--types",
        ),
        (&format!("{detector}pattern=''\nmatches=['x']"), "detectors.OWN", "empty", "correct it"),
        (&format!("{detector}pattern='('\nmatches=['x']"), "detectors.OWN", "", "correct it"),
        (&format!("{detector}pattern='EMP-[0-9]+'\nmatches=['x']"), "detectors.OWN", "", "examples"),
        (
            &format!("{detector}pattern='EMP-[0-9]+'\nmatches=['EMP-1']\nsilent=['EMP-2']"),
            "detectors.OWN",
            "",
            "examples",
        ),
        (
            &format!("{detector}pattern='EMP-[0-9]+'\nmatches=['EMP-1']\ncheck='crc'"),
            "detectors.OWN",
            "crc",
            "correct it",
        ),
    ] {
        one(
            &with(&format!("[tenants.acme.redact]\n{settings}"), ""),
            &format!("redact.{path}"),
            part,
            remedy,
        );
    }
}

fn one(text: &str, path: &str, part: &str, remedy: &str) {
    let problems = check(text, &secrets).map(|_| ()).unwrap_err();
    let [problem] = &problems.0[..] else { panic!("{path} is {} problems:\n{problems}", problems.0.len()) };
    assert_eq!(problem.path, format!("tenants.acme.{path}"), "{problem}");
    assert!(problem.to_string().contains(part), "{path}: {problem}");
    assert!(problem.remedy.contains(remedy) && !problem.remedy.is_empty(), "{path}: {problem}");
    assert!(problem.line.is_some() && !problem.to_string().contains("canary"), "{path}: {problem}");
}

#[test]
fn too_many() {
    let rules = vec!["{operator='tag'}"; 65].join(",");
    one(&with(&format!("[tenants.acme.redact]\nrules=[{rules}]"), ""), "redact.rules", "65", "at most 64");
    let detectors: String = (0..33)
        .map(|number| {
            format!("[tenants.acme.redact.detectors.OWN_{number}]\npattern='EMP-[0-9]{{6}}'\nmatches=['EMP-123456']\n")
        })
        .collect();
    one(&with(&format!("[tenants.acme.redact]\n{detectors}"), ""), "redact.detectors", "33", "at most 32");
}

/// Upstreams, tools and agents: with redaction on and off.
#[test]
fn what_others_say() {
    let on = "[tenants.acme.redact]\n";
    for (settings, agent, path, part) in [
        ("[tenants.acme.tools.billing__x]\ninspect='strict'", "", "tools.billing__x", "is not on"),
        ("[tenants.acme.tools.billing__x]\ndlp='none'", "", "tools.billing__x", "is not on"),
        ("", "clearance=['*']", "agents.trader.clearance", "is not on"),
        (
            "[tenants.acme.redact]\n[tenants.acme.tools.billing__x]\ninspect='off'",
            "",
            "tools.billing__x.reason",
            "nobody says why",
        ),
        (
            "[tenants.acme.redact]\n[tenants.acme.tools.billing__x]\ninspect='x'",
            "",
            "tools.billing__x.inspect",
            "x",
        ),
        (
            "[tenants.acme.redact]\n[tenants.acme.tools.billing__x]\ndlp='x'",
            "",
            "tools.billing__x.dlp",
            "no service",
        ),
        (on, "clearance=['NO_SUCH']", "agents.trader.clearance", "NO_SUCH"),
    ] {
        one(&with(settings, agent), path, part, "");
    }
    let upstream = |line: &str| FULL.replace("era = \"legacy\"", &format!("era = \"legacy\"\n{line}"));
    let text = format!("{}\n{on}", upstream("inspect = 'off'"));
    one(&text, "upstreams.billing.reason", "nobody says why", "reason");
}

#[test]
fn what_opens_something_is_listed() {
    let (bundle, warnings) = check(
        &with(
            "[tenants.acme.redact]\noperator='monitor'\ninspect_requests='off'\nreason='read only'\n\
             rules=[{for={agents=['nobody']},operator='tag'},{for={upstreams=['none']},operator='monitor'}]",
            "clearance=['EMAIL_*']",
        ),
        &secrets,
    )
    .unwrap();
    let open = ["redact.inspect", "redact.operator", "redact.rules.1.operator"];
    assert_eq!(bundle.open_settings, open.map(|path| format!("tenants.acme.{path}")));
    let warned: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    for part in ["read only", "no agent matches", "no upstream matches", "reported and stay"] {
        assert!(warned.iter().any(|text| text.contains(part)), "{part}: {warned:#?}");
    }
}

#[test]
fn secrets_are_named() {
    let settings = Settings::parse(&with("[tenants.acme.redact]\nkeys='secret:KEYS'", "")).unwrap();
    assert!(settings.secrets().any(|name| name == "KEYS"));
}
