//! Whether a case is the proof of what it stands for.

use serde::Deserialize;

use super::{Spot, Way};
use crate::case::{Case, Rule, Sent, Step};
use crate::leaks;
use crate::suite::CANARY;

/// What cases that are named have to expect.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Proof {
    /// An answer with this error code.
    pub code: Option<i64>,
    /// A record with this text in it.
    pub audit: Option<String>,
    /// A request with this text in it.
    pub sent: Option<String>,
}

impl Proof {
    /// Whether a case is one.
    pub fn is_of(&self, case: &Case) -> bool {
        let code = self.code.is_none_or(|code| case.step.iter().any(|step| step.expect.code == Some(code)));
        let audit =
            self.audit.as_ref().is_none_or(|text| case.audit.iter().any(|record| record.contains(text)));
        let sent =
            self.sent.as_ref().is_none_or(|text| expected_sent(case).iter().any(|part| part.contains(text)));
        let nothing = self.code.is_none() && self.audit.is_none() && self.sent.is_none();
        !nothing && code && audit && sent
    }
}

/// Why the case of a path is no proof of it.
pub(super) fn unproven(spot: &Spot, case: &Case) -> Option<String> {
    let planted = if matches!(spot.way, Way::Request | Way::Own) { steps(case) } else { scripts(case) };
    let holds = |text: &String| {
        !leaks::of(CANARY, text).is_empty() && spot.holds.iter().all(|part| text.contains(part))
    };
    let lacks: Vec<&String> = match spot.way {
        Way::Request => case.sent.values().flatten().flat_map(|sent| &sent.lacks).collect(),
        _ => case.step.iter().flat_map(|step| &step.expect.lacks).collect(),
    };
    let comes: Vec<String> = match spot.way {
        Way::Request => expected_sent(case),
        _ => case.step.iter().flat_map(expected).collect(),
    };
    let why = if !planted.iter().any(holds) {
        "plants no value there"
    } else if !lacks.iter().any(|text| text.contains(CANARY)) {
        "does not say that the value is lacking"
    } else if comes.is_empty() {
        "does not say what comes"
    } else {
        return None;
    };
    Some(format!("{}: {} {why}", spot.name, case.name))
}

/// What the steps send: method, headers, parameters and bodies.
fn steps(case: &Case) -> Vec<String> {
    let all = |step: &Step| {
        let rpc = step.rpc.clone().unwrap_or_default();
        let parts = [&step.params, &step.meta, &step.body].into_iter().flatten().map(String::as_str);
        let parts = parts.chain([step.capabilities.as_str()]);
        let parts: Vec<&str> = parts.chain(step.answers.iter().map(String::as_str)).collect();
        format!("{rpc} {:?} {}", step.headers, parts.join(" "))
    };
    case.step.iter().map(all).collect()
}

/// What the scripts answer.
fn scripts(case: &Case) -> Vec<String> {
    let all = |rule: &Rule| {
        let parts = [&rule.on, &rule.result, &rule.error, &rule.body].into_iter().flatten();
        let parts: Vec<&str> = parts.map(String::as_str).collect();
        format!("{} {:?}", parts.join(" "), rule.events).replace("\\\"", "\"")
    };
    case.upstream.values().flatten().map(all).collect()
}

fn expected_sent(case: &Case) -> Vec<String> {
    let of = |sent: &Sent| {
        let texts = sent.headers.values().chain(sent.raw.values()).chain(&sent.has);
        texts.cloned().collect::<Vec<_>>()
    };
    case.sent.values().flatten().flat_map(of).collect()
}

/// What an answer is expected to have in it.
pub(super) fn expected(step: &Step) -> Vec<String> {
    let expect = &step.expect;
    let parts = [&expect.has, &expect.result, &expect.result_is, &expect.data, &expect.message];
    let code = expect.code.map(|code| code.to_string());
    parts.into_iter().flatten().chain(expect.events.iter().flatten()).cloned().chain(code).collect()
}
