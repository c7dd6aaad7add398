//! What of an upstream's list agents are shown: sensitive values in descriptions, defaults and examples are replaced
//! before anything is kept, and what is named by one is not offered.

use super::{ListKind, names};
use crate::error::{Error, UpstreamFault};
use crate::limits;
use crate::mcp::{Edits, Json, Kind, schema};
use crate::stage::redact::{Plan, Tally};
use crate::tenant::{Depth, Way};
use crate::upstream::Link;
use std::borrow::Cow;

/// An element of a list as it may be shown; `None`: it may not.
///
/// # Errors
/// [`UpstreamFault::Error`] when the tenant's detectors do not work: nothing may be shown then.
pub(super) fn item<'t>(
    link: &Link,
    kind: ListKind,
    text: &'t str,
    tally: &mut Tally,
) -> Result<Option<Cow<'t, str>>, UpstreamFault> {
    let (tenant, upstream) = (link.tenant(), link.upstream());
    if tenant.redaction.is_none() {
        return Ok(Some(Cow::Borrowed(text)));
    }
    // What cannot be read is left out later, and noted by its place.
    let Ok(json) = Json::parse(text.as_bytes(), &limits::RESPONSE) else {
        return Ok(Some(Cow::Borrowed("null")));
    };
    let name = json.get(json.root(), kind.key()).and_then(|node| json.string(node)).unwrap_or_default();
    let exposed = match kind {
        ListKind::Tools | ListKind::Prompts => Some(names::expose(&upstream.alias, &name)),
        ListKind::Resources | ListKind::Templates => None,
    };
    let plan = Plan::of_list(tenant, upstream, exposed.as_deref()).map_err(|_| UpstreamFault::Error)?;
    let Some(plan) = plan else { return Ok(Some(Cow::Borrowed(text))) };
    if plan.hides(&name) {
        return Ok(None);
    }
    match plan.json(text, Way::List, tally) {
        Ok(redacted) => Ok(Some(keeps_schema(&plan, redacted.map_or(Cow::Borrowed(text), Cow::Owned)))),
        Err(Error::Refusal(_)) => Ok(None),
        Err(Error::Fault(_)) => Err(UpstreamFault::Error),
    }
}

/// A tool whose results are redacted: its output schema asks for no more than what is left of them keeps to.
fn keeps_schema<'t>(plan: &Plan, text: Cow<'t, str>) -> Cow<'t, str> {
    if plan.depths().1 == Depth::Off || !text.contains("outputSchema") {
        return text;
    }
    let Ok(json) = Json::parse(text.as_bytes(), &limits::RESPONSE) else { return text };
    let root = json.root();
    let schema = json.get(root, "outputSchema").filter(|node| json.kind(*node) == Kind::Object);
    let Some(loosened) = schema.and_then(|node| schema::loosened(json.value(node), false)) else {
        return text;
    };
    let mut edits = Edits::new();
    edits.set(&json, root, "outputSchema", loosened);
    Cow::Owned(edits.apply(&text))
}
