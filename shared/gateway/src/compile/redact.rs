//! `[tenants.NAME.redact]`, and what upstreams, tools and agents say of redaction.

use super::{Findings, Secrets, limits, secret};
use crate::settings::{
    DetectorSettings, InspectSettings, MaskSettings, RedactSettings, RestoreSettings, RuleSettings,
    TenantSettings, join,
};
use crate::tenant::{Agent, Depth, Glob, Inspect, Redaction, Restore, Rule, Selector, Upstream, Way};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_redact::operators::{Key, Keys, Mask, Operator};
use postern_redact::{Custom, Engine, Profile};
use std::cmp::Reverse;
use std::rc::Rc;

/// Rules of one tenant: each is looked at with every value that is found.
const MOST: usize = 64;
/// Detectors of one tenant: each reads every text.
const DETECTORS: usize = 32;

/// The depths, as settings have them.
const DEPTHS: [(&str, Depth); 4] = [
    ("off", Depth::Off),
    ("secrets_only", Depth::SecretsOnly),
    ("standard", Depth::Standard),
    ("strict", Depth::Strict),
];
/// The profiles that are a choice of types.
const PROFILES: [(&str, Profile); 4] = [
    ("secrets", Profile::Secrets),
    ("pci", Profile::Pci),
    ("hipaa", Profile::Hipaa),
    ("gdpr", Profile::Gdpr),
];
/// The operators.
const OPERATORS: [&str; 9] =
    ["tag", "mask", "hash", "token", "preserve", "synthetic", "drop", "block", "monitor"];

/// What a tenant's settings say, checked against its agents and upstreams.
pub fn compile(
    path: &str,
    settings: &TenantSettings,
    agents: &[Rc<Agent>],
    upstreams: &[Rc<Upstream>],
    secrets: &dyn Secrets,
    findings: &mut Findings,
) -> Option<Redaction> {
    let at = join(path, "redact");
    let Some(redact) = &settings.redact else {
        unused(path, settings, &at, findings);
        return None;
    };
    let mut inspect = inspect(&at, &redact.inspect, settings, findings);
    inspect.responses = inspect.responses.or(Some(Depth::Standard));
    inspect.requests = inspect.requests.or(inspect.responses);
    let detectors = detectors(&at, redact, findings);
    let operator = operator(&at, &redact.operator, redact.mask.as_ref(), findings);
    let mut compiled = Redaction::new(inspect, operator, detectors);
    compiled.keys =
        redact.keys.as_ref().and_then(|reference| keys(&join(&at, "keys"), reference, secrets, findings));
    compiled.block_binary =
        limits::one_of(&join(&at, "binary"), &redact.binary, &["allow", "block"], findings) == "block";
    if redact.rules.len() > MOST {
        let message = format!("there are {}", redact.rules.len());
        findings.problem(&join(&at, "rules"), message, format!("write at most {MOST}"));
    }
    for (number, settings) in redact.rules.iter().enumerate() {
        let at = join(&join(&at, "rules"), &number.to_string());
        let rule = rule(&at, settings, findings);
        types(&join(&at, "types"), settings.types.as_deref().unwrap_or_default(), redact, findings);
        warn(&at, &rule.selector, agents, upstreams, findings);
        compiled.rules.push(rule);
    }
    compiled.rules.sort_by_key(|rule| Reverse(rank(rule)));
    for (number, settings) in redact.restore.iter().enumerate() {
        let at = join(&join(&at, "restore"), &number.to_string());
        types(&join(&at, "preserved"), settings.preserved.as_slice(), redact, findings);
        let restore = restore(&at, settings, upstreams, findings);
        warn(&at, &restore.selector, agents, upstreams, findings);
        compiled.restore.push(restore);
    }
    needs_keys(&at, redact, &compiled, findings);
    for (name, agent) in &settings.agents {
        let at = join(&join(&join(path, "agents"), name), "clearance");
        types(&at, &agent.clearance, redact, findings);
    }
    Some(compiled)
}

/// What is said of redaction where there is none would be believed.
fn unused(path: &str, settings: &TenantSettings, at: &str, findings: &mut Findings) {
    let remedy = || format!("write a table [{at}]: nothing is redacted without it");
    let nothing = InspectSettings::default();
    let upstreams = settings.upstreams.iter().map(|(name, upstream)| ("upstreams", name, &upstream.inspect));
    let tools = settings.tools.iter().map(|(name, tool)| ("tools", name, &tool.inspect));
    for (kind, name, inspect) in upstreams.chain(tools) {
        if *inspect != nothing {
            let message = "it says what is inspected, and redaction is not on";
            findings.problem(&join(&join(path, kind), name), message, remedy());
        }
    }
    for (name, agent) in &settings.agents {
        if !agent.clearance.is_empty() {
            let at = join(&join(&join(path, "agents"), name), "clearance");
            findings.problem(&at, "redaction is not on", remedy());
        }
    }
}

/// What is inspected, of a tenant, an upstream or a tool at `at`.
pub fn inspect(
    at: &str,
    settings: &InspectSettings,
    tenant: &TenantSettings,
    findings: &mut Findings,
) -> Inspect {
    let mut depth = |key: &str, written: &Option<String>| {
        let names = DEPTHS.map(|(name, _)| name);
        let written = written.as_deref()?;
        // What is no depth was one problem already, and is not `off` besides.
        let name = Some(limits::one_of(&join(at, key), written, &names, findings))
            .filter(|name| *name == written)?;
        DEPTHS.iter().find(|(known, _)| *known == name).map(|(_, depth)| *depth)
    };
    let responses = depth("inspect", &settings.inspect);
    let requests = depth("inspect_requests", &settings.inspect_requests).or(responses);
    let off = responses == Some(Depth::Off) || requests == Some(Depth::Off);
    let reasoned = settings.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    if off && !reasoned {
        findings.problem(
            &join(at, "reason"),
            "something is not inspected at all, and nobody says why",
            "write the reason, as reviewers are to read it",
        );
    } else if off {
        let message = format!("not inspected: {}", settings.reason.as_deref().unwrap_or_default());
        findings.opened(&join(at, "inspect"), message);
    }
    let profile = settings.profile.as_deref().and_then(|written| {
        let names = PROFILES.map(|(name, _)| name);
        let name = limits::one_of(&join(at, "profile"), written, &names, findings);
        PROFILES.iter().find(|(known, _)| *known == name).map(|(_, profile)| *profile)
    });
    let dlp = settings.dlp.as_ref().map(|name| (name != "none").then(|| name.clone()));
    if let Some(Some(name)) = &dlp
        && !tenant.dlp.contains_key(name)
    {
        findings.problem(
            &join(at, "dlp"),
            format!("there is no service {name:?}"),
            "name a table of [tenants.NAME.dlp], or `none`",
        );
    }
    let level = settings.level.and_then(|level| u8::try_from(level).ok());
    Inspect { requests, responses, profile, level, dlp }
}

fn detectors(at: &str, settings: &RedactSettings, findings: &mut Findings) -> Vec<Custom> {
    let at = join(at, "detectors");
    if settings.detectors.len() > DETECTORS {
        let message = format!("there are {}", settings.detectors.len());
        findings.problem(&at, message, format!("write at most {DETECTORS}: each reads every text"));
        return Vec::new();
    }
    let mut detectors = Vec::new();
    for (name, settings) in &settings.detectors {
        let custom = custom(name, settings);
        // Each by itself: one that is wrong does not hide another.
        match Engine::new(None, 65).with(std::slice::from_ref(&custom)) {
            Ok(_) => detectors.push(custom),
            Err(error) => {
                let remedy = "correct it; its examples are tried when the settings are read";
                findings.problem(&join(&at, name), error.to_string(), remedy);
            }
        }
    }
    detectors
}

fn custom(name: &str, settings: &DetectorSettings) -> Custom {
    Custom {
        name: name.to_owned(),
        pattern: settings.pattern.clone(),
        literal: settings.literal.clone(),
        slow: settings.slow,
        words: settings.words.clone(),
        check: settings.check.clone(),
        bare: settings.bare,
        context: settings.context,
        matches: settings.matches.clone(),
        silent: settings.silent.clone(),
    }
}

fn operator(at: &str, name: &str, mask: Option<&MaskSettings>, findings: &mut Findings) -> Operator {
    let name = limits::one_of(&join(at, "operator"), name, &OPERATORS, findings);
    if mask.is_some() && name != "mask" {
        let remedy = "remove it, or write `operator = \"mask\"`";
        findings.problem(&join(at, "mask"), format!("`{name}` does not mask"), remedy);
    }
    match name {
        "monitor" => {
            findings.opened(&join(at, "operator"), "values are reported and stay");
            Operator::Monitor
        }
        "mask" => Operator::Mask(mask.map_or(Mask::ALL, |mask| covering(&join(at, "mask"), mask, findings))),
        "hash" => Operator::Hash,
        "token" => Operator::Token,
        "preserve" => Operator::Preserve,
        "synthetic" => Operator::Synthetic,
        "drop" => Operator::Drop,
        "block" => Operator::Block,
        _ => Operator::Tag,
    }
}

fn covering(at: &str, settings: &MaskSettings, findings: &mut Findings) -> Mask {
    let mut with = settings.with.as_deref().unwrap_or("*").chars();
    let character = match (with.next(), with.next()) {
        (Some(character), None) => character,
        _ => '\0',
    };
    Mask::new(settings.left, settings.right, character, settings.length).unwrap_or_else(|error| {
        findings.problem(at, error.to_string(), "write a mask such as { right = 4 }");
        Mask::ALL
    })
}

/// `ID:BASE64,ID:BASE64`, the newest first.
fn keys(at: &str, reference: &str, secrets: &dyn Secrets, findings: &mut Findings) -> Option<Keys> {
    let before = findings.problems.len();
    let text = secret(at, reference, secrets, findings);
    if findings.problems.len() > before {
        return None;
    }
    let keys: Option<Vec<Key>> = text
        .split(',')
        .map(|part| {
            let (id, secret) = part.trim().split_once(':')?;
            Key::new(id, &STANDARD.decode(secret).ok()?).ok()
        })
        .collect();
    let keys = keys.and_then(|mut keys| {
        let newest = (!keys.is_empty()).then(|| keys.remove(0))?;
        Keys::new(newest, keys).ok()
    });
    if keys.is_none() {
        findings.problem(
            at,
            "the secret holds no keys",
            "set it to `id:base64`, or several with commas between, the newest first: ids of small letters and digits, \
             each its own, and 32 to 64 random bytes (`openssl rand -base64 32`)",
        );
    }
    keys
}

fn rule(at: &str, settings: &RuleSettings, findings: &mut Findings) -> Rule {
    let ways = settings.directions.as_ref().map(|names| {
        let known = Way::ALL.map(Way::name);
        let mut ways = Vec::new();
        for name in names {
            let name = limits::one_of(&join(at, "directions"), name, &known, findings);
            ways.extend(Way::ALL.into_iter().find(|way| way.name() == name));
        }
        ways
    });
    let mut globs = |key: &str, list: &Option<Vec<String>>| {
        let list = list.as_ref()?;
        if list.is_empty() {
            findings.problem(
                &join(at, key),
                "it is empty: the rule would concern nothing",
                "remove it, or name some",
            );
        }
        Some(list.iter().map(|pattern| Glob::new(pattern)).collect())
    };
    let (fields, types) = (globs("fields", &settings.fields), globs("types", &settings.types));
    Rule {
        selector: limits::selector(&join(at, "for"), &settings.selector, findings),
        ways,
        fields,
        types,
        level: settings.level.and_then(|level| u8::try_from(level).ok()).unwrap_or_default(),
        operator: operator(at, &settings.operator, settings.mask.as_ref(), findings),
    }
}

/// Which of two rules is meant: what blocks is before all else, then what says more exactly what it is about: which
/// tool, upstream, field, agent, type, direction; and of rules alike in that the one that leaves less.
fn rank(rule: &Rule) -> (bool, [u8; 6], u8) {
    let exact = |globs: &Option<Vec<Glob>>| {
        globs
            .as_ref()
            .map_or(0, |globs| if globs.iter().any(|glob| glob.as_str().contains('*')) { 1 } else { 2 })
    };
    let Selector { agents, groups, tools, upstreams } = &rule.selector;
    let who = exact(agents).max(u8::from(groups.is_some()));
    let said = [
        exact(tools),
        exact(upstreams),
        exact(&rule.fields),
        who,
        exact(&rule.types),
        u8::from(rule.ways.is_some()),
    ];
    let leaves_less = match rule.operator {
        Operator::Block => 8,
        Operator::Drop => 7,
        Operator::Tag => 6,
        Operator::Synthetic => 5,
        Operator::Hash => 4,
        Operator::Mask(_) => 3,
        Operator::Token => 2,
        Operator::Preserve => 1,
        Operator::Monitor => 0,
    };
    (rule.operator == Operator::Block, said, leaves_less)
}

fn restore(
    at: &str,
    settings: &RestoreSettings,
    upstreams: &[Rc<Upstream>],
    findings: &mut Findings,
) -> Restore {
    for alias in &settings.from {
        if !upstreams.iter().any(|upstream| upstream.alias == *alias) {
            let message = format!("there is no upstream {alias:?}");
            findings.problem(&join(at, "from"), message, "name upstreams by their aliases");
        }
    }
    if settings.fields.is_empty() {
        findings.problem(
            &join(at, "fields"),
            "it is empty: nothing would be restored",
            "name fields, such as `arguments.card`",
        );
    }
    Restore {
        selector: limits::selector(&join(at, "for"), &settings.selector, findings),
        fields: settings.fields.iter().map(|field| Glob::new(field)).collect(),
        from: settings.from.clone(),
        preserved: settings.preserved.clone(),
    }
}

/// Selectors that can never match.
fn warn(
    at: &str,
    selector: &Selector,
    agents: &[Rc<Agent>],
    upstreams: &[Rc<Upstream>],
    findings: &mut Findings,
) {
    let at = join(at, "for");
    if !agents.iter().any(|agent| selector.takes(agent)) {
        findings.warning(&at, "no agent matches: it never applies");
    }
    let named = |globs: &[Glob]| {
        upstreams.iter().any(|upstream| globs.iter().any(|glob| glob.matches(&upstream.alias)))
    };
    if selector.upstreams.as_deref().is_some_and(|globs| !named(globs)) {
        findings.warning(&at, "no upstream matches: it never applies");
    }
}

/// Operators that need a key, without one.
fn needs_keys(at: &str, settings: &RedactSettings, compiled: &Redaction, findings: &mut Findings) {
    if compiled.keys.is_some() || settings.keys.is_some() {
        return;
    }
    let keyed = |operator: &&Operator| {
        matches!(operator, Operator::Hash | Operator::Token | Operator::Preserve | Operator::Synthetic)
    };
    let mut operators =
        std::iter::once(&compiled.operator).chain(compiled.rules.iter().map(|rule| &rule.operator));
    if operators.any(|operator| keyed(&operator)) || !compiled.restore.is_empty() {
        findings.problem(
            &join(at, "keys"),
            "it is missing: hash, token, preserve, synthetic and restore need keys",
            "write `keys = \"secret:NAME\"` and keep `id:base64` of 32 random bytes in a secret of that name",
        );
    }
}

/// Names of types that nothing has are mistakes.
fn types(at: &str, patterns: &[String], settings: &RedactSettings, findings: &mut Findings) {
    let known = Engine::types();
    for pattern in patterns {
        let glob = Glob::new(pattern);
        let found = known.iter().any(|entry| glob.matches(entry.name))
            || settings.detectors.keys().any(|name| glob.matches(name));
        if !found {
            let remedy = "`postern redact --types` lists the types";
            findings.problem(at, format!("there is no type {pattern:?}"), remedy);
        }
    }
}
