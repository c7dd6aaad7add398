//! What external services are asked of a message that redaction has let through, and what their word makes of it.

use super::forward::internal;
use super::scene::Scene;
use crate::catalog::ListKind;
use crate::dlp::{About, Direction, Note, Verdict};
use crate::error::{Error, Refusal};
use crate::limits;
use crate::mcp::json::{Edits, Json, Raw};
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::redact::{Clean, Outbound, Plan};
use crate::tenant::{Depth, Dlp, Tenant, Way};
use std::rc::Rc;

/// What a text is of.
pub(crate) struct Of<'a> {
    /// Exposed name of a tool or prompt, URI of a resource, or the method.
    pub what: &'a str,
    /// Alias of the upstream.
    pub server: &'a str,
    pub way: Way,
}

/// A request after the service that its plan names has seen it.
///
/// # Errors
/// [`Refusal::Blocked`].
pub(crate) async fn outbound<'a, P: Platform>(
    scene: &Scene<P>,
    plan: Option<&Plan>,
    of: &Of<'_>,
    outbound: Outbound<'a>,
    trail: &mut Trail<P>,
) -> Result<Outbound<'a>, Error> {
    let text = outbound.json().raw(outbound.request().node);
    match by_plan(scene, plan, of, text, trail).await? {
        None => Ok(outbound),
        Some(changed) => Outbound::again(changed),
    }
}

/// An upstream's message, likewise.
///
/// # Errors
/// [`Refusal::Blocked`].
pub(crate) async fn inbound<'a, P: Platform>(
    scene: &Scene<P>,
    plan: Option<&Plan>,
    of: &Of<'_>,
    clean: Clean<'a>,
    trail: &mut Trail<P>,
) -> Result<Clean<'a>, Error> {
    match by_plan(scene, plan, of, clean.json().text(), trail).await? {
        None => Ok(clean),
        Some(changed) => Clean::again(changed),
    }
}

/// A text after the service that the plan names has seen it; none if it stays as it is.
///
/// # Errors
/// [`Refusal::Blocked`].
pub(crate) async fn by_plan<P: Platform>(
    scene: &Scene<P>,
    plan: Option<&Plan>,
    of: &Of<'_>,
    text: &str,
    trail: &mut Trail<P>,
) -> Result<Option<String>, Error> {
    let Some((plan, name)) = plan.and_then(|plan| Some((plan, plan.dlp()?))) else { return Ok(None) };
    let Some(dlp) = scene.caller.tenant().dlp.get(name) else { return Err(blocked(name, of.way)) };
    let (requests, responses) = plan.depths();
    let depth = if of.way == Way::Request { requests } else { responses };
    // On the heap: most messages are shown to nobody else.
    Box::pin(ask(scene, dlp, of, depth != Depth::Off, text, trail)).await
}

/// What the gateway says of its upstreams, likewise. What may not be said is left out: clients take a refusal for a server of
/// another era.
pub(crate) async fn told<P: Platform>(
    scene: &Scene<P>,
    method: &str,
    text: String,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    if services(scene.caller.tenant()).is_empty() {
        return Ok(text);
    }
    match shown(scene, method, text.clone(), trail).await {
        Err(Error::Refusal(Refusal::Blocked { .. })) => {
            let json =
                Json::parse(text.as_bytes(), &limits::RESPONSE).map_err(|_| internal("what is told"))?;
            let mut edits = Edits::new();
            edits.remove(&json, json.root(), "instructions");
            Ok(edits.apply(&text))
        }
        outcome => outcome,
    }
}

/// A page of a list, likewise. What a service would have called otherwise is not offered.
///
/// # Errors
/// [`Refusal::Blocked`].
pub(crate) async fn listed<P: Platform>(
    scene: &Scene<P>,
    kind: ListKind,
    page: String,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    // Nearly always, and pages are large.
    if services(scene.caller.tenant()).is_empty() {
        return Ok(page);
    }
    let shown = shown(scene, kind.method().name(), page.clone(), trail).await?;
    if shown == page {
        return Ok(shown);
    }
    let parsed = |text: &str| {
        Json::parse_owned(text.as_bytes().to_vec(), &limits::RESPONSE).map_err(|_| internal("a page"))
    };
    let (before, after) = (parsed(&page)?, parsed(&shown)?);
    let items = |json: &Json<'static>| -> Vec<(String, String)> {
        let list = json.value(json.root()).get(kind.member());
        let named = list.into_iter().flat_map(Raw::elements).map(|item| {
            let name = item.get(kind.key()).and_then(Raw::string).unwrap_or_default().into_owned();
            (name, item.text().to_owned())
        });
        named.collect()
    };
    let names: Vec<String> = items(&before).into_iter().map(|(name, _)| name).collect();
    let kept = items(&after).into_iter().zip(names).filter(|((name, _), before)| name == before);
    let kept: Vec<String> = kept.map(|((_, item), _)| item).collect();
    let mut edits = Edits::new();
    edits.set(&after, after.root(), kind.member(), format!("[{}]", kept.join(",")));
    Ok(edits.apply(&shown))
}

/// What is said of all upstreams at once, after every service has seen it that any of them is shown to.
async fn shown<P: Platform>(
    scene: &Scene<P>,
    method: &str,
    text: String,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    let tenant = Rc::clone(scene.caller.tenant());
    let of = Of { what: method, server: "", way: Way::List };
    let mut text = text;
    for dlp in services(&tenant) {
        // As a message, so that what belongs to the protocol is known.
        let message = format!(r#"{{"jsonrpc":"2.0","id":0,"result":{text}}}"#);
        if let Some(changed) = Box::pin(ask(scene, dlp, &of, true, &message, trail)).await? {
            let json =
                Json::parse(changed.as_bytes(), &limits::RESPONSE).map_err(|_| internal("what was shown"))?;
            let result = json.get(json.root(), "result").ok_or_else(|| internal("what was shown"))?;
            text = json.raw(result).to_owned();
        }
    }
    Ok(text)
}

/// The services that a tenant's settings of inspection name, each once.
fn services(tenant: &Tenant) -> Vec<&Rc<Dlp>> {
    let Some(redaction) = &tenant.redaction else { return Vec::new() };
    let upstreams = tenant.upstreams.iter().map(|upstream| &upstream.inspect);
    let tools = tenant.tools.iter().map(|tool| &tool.inspect);
    let said = std::iter::once(&redaction.inspect).chain(upstreams).chain(tools);
    let mut names: Vec<&String> = said.filter_map(|inspect| inspect.dlp.as_ref()?.as_ref()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter_map(|name| tenant.dlp.get(name)).collect()
}

async fn ask<P: Platform>(
    scene: &Scene<P>,
    dlp: &Rc<Dlp>,
    of: &Of<'_>,
    local: bool,
    text: &str,
    trail: &mut Trail<P>,
) -> Result<Option<String>, Error> {
    let Scene { gateway, platform, caller } = scene;
    let agent = caller.agent();
    let request = trail.request().to_owned();
    let about = About {
        tenant: &caller.tenant().name,
        agent: agent.client.as_deref().unwrap_or(&agent.name),
        user: caller.user(),
        tool: of.what,
        server: of.server,
        direction: if of.way == Way::Request { Direction::Request } else { Direction::Response },
        local,
        request: &request,
    };
    let (verdict, note) = gateway.inspectors.inspect(platform, dlp, &about, text).await;
    if let Some(note) = note {
        take_down(of.way, &note, trail);
    }
    match verdict {
        Verdict::Pass => Ok(None),
        Verdict::Changed(text) => Ok(Some(text)),
        Verdict::Block { by } => Err(blocked(&by, of.way)),
    }
}

/// One record may be of many messages: what was asked is counted, as findings are.
fn take_down<P: Platform>(way: Way, note: &Note, trail: &mut Trail<P>) {
    let tally = trail.tally();
    tally.asked(way, &note.service, note.verdict, note.ms);
    if let Some(why) = note.why {
        tally.asked(way, &note.service, why.name(), 0);
    }
    if note.cached {
        tally.asked(way, &note.service, "cached", 0);
    }
    for (kind, count) in &note.types {
        tally.add(way, kind, "tag", u64::from(*count));
    }
}

fn blocked(by: &str, way: Way) -> Error {
    Refusal::Blocked { what: by.to_owned(), way: way.name() }.into()
}
