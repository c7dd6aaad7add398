//! Stage `authorize`: whether this agent may use this tool, prompt or upstream. Pure.
//!
//! One function stands behind the filter of lists and the decision on calls, so that nothing is callable
//! that is not listed, and nothing is listed that is not callable.

use crate::tenant::Agent;

/// What of a policy could change what an answer says: nothing does, it only says whether there is one. In the keys of kept
/// answers, which anything that a policy will do to answers has to be part of.
pub const ANSWERS: &[u8] = b"all or nothing";

/// Whether `agent` may use the tool or prompt with this exposed name at the upstream `alias`.
#[must_use]
pub fn allows(agent: &Agent, alias: &str, exposed: &str) -> bool {
    agent.allow.iter().any(|glob| glob.as_str() == alias && !alias.is_empty() || glob.matches(exposed))
}

/// Whether `agent` may use all of the upstream `alias`: its resources, templates and their completions.
/// True when an entry names the upstream itself: `ALIAS`, `ALIAS__*` or `*`.
#[must_use]
pub fn allows_upstream(agent: &Agent, alias: &str) -> bool {
    agent.allow.iter().any(|glob| {
        let pattern = glob.as_str();
        pattern == "*"
            || !alias.is_empty() && (pattern == alias || pattern.strip_suffix("__*") == Some(alias))
    })
}

/// Whether things that the upstream `alias` does not have yet may be allowed: an entry with a `*` takes some of them, or all.
#[must_use]
pub fn may_gain(agent: &Agent, alias: &str) -> bool {
    let prefix = format!("{alias}__");
    agent.allow.iter().any(|glob| {
        let pattern = glob.as_str();
        let literal = pattern.split('*').next().unwrap_or_default();
        let starred = literal.len() < pattern.len();
        !alias.is_empty() && pattern == alias
            || starred && (alias.is_empty() || literal.starts_with(&prefix) || prefix.starts_with(literal))
    })
}

/// Whether anything at the upstream `alias` may be allowed: others are never asked on this agent's behalf.
#[must_use]
pub fn may_use(agent: &Agent, alias: &str) -> bool {
    let prefix = format!("{alias}__");
    agent.allow.iter().any(|glob| {
        let pattern = glob.as_str();
        let literal = pattern.split('*').next().unwrap_or_default();
        let starred = literal.len() < pattern.len();
        alias.is_empty()
            || pattern == alias
            || pattern.starts_with(&prefix)
            || starred && prefix.starts_with(literal)
    })
}
