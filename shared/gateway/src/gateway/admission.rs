//! What a request is charged before anything is done for it, and what it is answered when it may not go on.

use super::scene::{Flow, Scene, result_message};
use super::target::Target;
use super::tasks;
use crate::arrival::Head;
use crate::catalog;
use crate::error::{Error, Refusal, UpstreamFault};
use crate::ledger::loops::{self, Finding, Finds, Sighting, Verdict};
use crate::mcp::envelope::{Outcome, Request};
use crate::mcp::json::{Json, Node, Raw, quote};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, Revision};
use crate::platform::Platform;
use crate::stage::admit::{Ended, Ticket, Weighed};
use crate::stage::audit::Trail;
use crate::stage::authorize;
use crate::tenant::{Upstream, Way};
use crate::tokens;
use std::borrow::Cow;

/// A request that was charged.
pub(crate) struct Admitted<'a, P: Platform> {
    /// What it was weighed as.
    pub weighed: Weighed<'a>,
    /// The proof.
    pub ticket: Ticket<P>,
}

/// Whether a request is free: clients take a refusal of these for a sign that the server is of another era, or gone.
pub(crate) const fn is_free(method: Method, era: Era) -> bool {
    match era {
        Era::Modern => matches!(method, Method::Discover),
        Era::Legacy => matches!(method, Method::Initialize | Method::Ping),
    }
}

/// Charges a request by itself.
pub(crate) async fn admit<'a, P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    json: &'a Json<'_>,
    request: &Request,
) -> Result<Admitted<'a, P>, Error> {
    let mut admitted = admit_all(scene, head, json, std::slice::from_ref(request)).await?;
    admitted.pop().ok_or_else(|| super::forward::internal("a charge without a ticket"))
}

/// Charges requests that came together: all of them or none.
pub(crate) async fn admit_all<'a, P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    json: &'a Json<'_>,
    requests: &[Request],
) -> Result<Vec<Admitted<'a, P>>, Error> {
    let weighed: Vec<Weighed<'a>> =
        requests.iter().map(|request| weigh(scene, head, json, request)).collect();
    let tickets = scene.gateway.admit.charge(&scene.platform, &scene.caller, &weighed).await?;
    Ok(weighed.into_iter().zip(tickets).map(|(weighed, ticket)| Admitted { weighed, ticket }).collect())
}

/// Charges what goes on with an earlier request as that of a modern client which does so: a rate, tokens and cost, and no call.
/// `held`: the earlier request is still under way, and has its place. `text`: what is new in it for the upstream.
pub(crate) async fn admit_again<P: Platform>(
    scene: &Scene<P>,
    upstream: &Upstream,
    name: Option<&str>,
    text: &str,
    held: bool,
) -> Result<Ticket<P>, Error> {
    going_on(scene, upstream, name, Weighed { held, arguments: text, ..Weighed::default() }).await
}

/// Charges what is told of a task of the tool `name` as the request for it would be: a rate, tokens and cost, and neither a call
/// nor a place of its own.
pub(crate) async fn admit_told<P: Platform>(
    scene: &Scene<P>,
    upstream: &Upstream,
    name: &str,
) -> Result<Ticket<P>, Error> {
    let weighed = Weighed { held: true, begun: true, ends: ends(scene, name), ..Weighed::default() };
    going_on(scene, upstream, Some(name), weighed).await
}

async fn going_on<'a, P: Platform>(
    scene: &Scene<P>,
    upstream: &'a Upstream,
    name: Option<&'a str>,
    weighed: Weighed<'a>,
) -> Result<Ticket<P>, Error> {
    let known = |name| scene.gateway.catalog.has_tool(scene.caller.tenant(), &upstream.alias, name);
    let weighed = Weighed {
        call: true,
        again: true,
        name: name.map(Cow::Borrowed),
        alias: Some(Cow::Borrowed(&upstream.alias)),
        permitted: true,
        known: name.is_some_and(known),
        total_ms: upstream.total_ms,
        ..weighed
    };
    let mut tickets = scene.gateway.admit.charge(&scene.platform, &scene.caller, &[weighed]).await?;
    tickets.pop().ok_or_else(|| super::forward::internal("a charge without a ticket"))
}

/// What the rules see of a request. Pure, as is the policy that it asks.
fn weigh<'a, P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    json: &'a Json<'_>,
    request: &Request,
) -> Weighed<'a> {
    // What names nothing fails later, by its own words.
    let follows = request.method.names_task();
    let target = match request.method {
        _ if follows => tasks::Task::named(scene, json, request).map(|task| Target::tool(&task.tool)),
        method if names_something(method) => Target::read(json, request, method).ok(),
        _ => None,
    };
    let (tenant, agent) = (scene.caller.tenant(), scene.caller.agent());
    let call =
        follows || matches!(request.method, Method::ToolsCall | Method::PromptsGet | Method::ResourcesRead);
    let params = request.params;
    let member = |key| params.and_then(|params| json.get(params, key));
    let mut weighed = Weighed {
        call,
        again: follows || member("requestState").is_some() || member("inputResponses").is_some(),
        begun: follows,
        arguments: member(if follows { "inputResponses" } else { "arguments" })
            .map_or("", |node| json.raw(node)),
        // A list is nobody's secret: what it shows is filtered.
        permitted: target.is_none() && !follows,
        ..Weighed::default()
    };
    let Some(target) = target else { return weighed };
    // Whose a resource is, is known when it is routed.
    let Some(name) = target.exposed().map(str::to_owned) else {
        weighed.total_ms =
            tenant.upstreams.iter().map(|upstream| upstream.total_ms).max().unwrap_or_default();
        return weighed;
    };
    if let Some(upstream) = catalog::owner(tenant, &name).and_then(|alias| tenant.upstream(alias)) {
        weighed.permitted = authorize::allows(agent, &upstream.alias, &name);
        weighed.known = weighed.permitted
            && (follows || request.method == Method::ToolsCall)
            && scene.gateway.catalog.has_tool(tenant, &upstream.alias, &name);
        weighed.total_ms = upstream.total_ms;
        weighed.alias = Some(upstream.alias.clone().into());
    }
    if let (Method::ToolsCall, Some(breaker)) = (request.method, &tenant.limits.breaker)
        && !weighed.again
    {
        let digests = &scene.gateway.digests;
        let trace = trace_id(head, json, request).map(|id| digests.name(&id));
        let [a, b, c, d, ..] = *scene.caller.principal();
        // Anonymous callers are many under one name: only a trace tells what belongs together.
        let principal = if tenant.anonymous { trace } else { Some(u32::from_le_bytes([a, b, c, d])) };
        weighed.sighting = principal.map(|principal| Sighting {
            principal,
            trace,
            fingerprint: digests.call(&name, member("arguments").map(|node| json.value(node))),
            cost: tenant.limits.price(&name).call,
            // Equal calls at once are what a tool is shared for.
            exempt: breaker.exempt.iter().any(|glob| glob.matches(&name))
                || tenant.tool(&name).is_some_and(|tool| tool.coalesce),
        });
    }
    if (follows || request.method == Method::ToolsCall) && weighed.permitted {
        weighed.ends = ends(scene, &name);
    }
    weighed.name = Some(Cow::Owned(name));
    weighed
}

/// Tools whose kept answers a call of the tool `name` ends, each by a keyed digest of its name.
fn ends<P: Platform>(scene: &Scene<P>, name: &str) -> Vec<u32> {
    let tool = scene.caller.tenant().tool(name);
    let ended = tool.into_iter().flat_map(|tool| &tool.invalidates);
    ended.map(|name| scene.gateway.digests.name(name)).collect()
}

fn names_something(method: Method) -> bool {
    method.names_task()
        || matches!(method, Method::ToolsCall | Method::PromptsGet | Method::ResourcesRead | Method::Complete)
}

/// The trace id of the W3C trace context (`traceparent`), from `_meta` or the header of that name.
fn trace_id(head: &Head, json: &Json<'_>, request: &Request) -> Option<String> {
    let meta = request.meta.and_then(|meta| json.get(meta, "traceparent")).and_then(|node| json.string(node));
    let text = meta.as_deref().or_else(|| head.headers.get("traceparent"))?;
    let id = text
        .split('-')
        .nth(1)
        .filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    Some(id.to_owned())
}

impl<P: Platform> Admitted<'_, P> {
    /// Ends a call that is part of a loop. Notes what was charged, unless more is charged when it is routed.
    ///
    /// # Errors
    /// The agent went on after it was told to stop.
    pub fn judge(
        &self,
        scene: &Scene<P>,
        json: &Json<'_>,
        request: &Request,
        revision: Revision,
        trail: &mut Trail<P>,
    ) -> Result<Option<Flow<P>>, Error> {
        let dry_run = scene.caller.tenant().limits.breaker.as_ref().is_some_and(|breaker| breaker.dry_run);
        let found = self.ticket.verdict().filter(|verdict| *verdict != Verdict::Go);
        if !names_something(request.method) || found.is_some() && !dry_run {
            self.note(trail);
        }
        let (rule, verdict) = match found {
            None | Some(Verdict::Go) => return Ok(None),
            Some(verdict @ (Verdict::Stop { rule, .. } | Verdict::Refuse { rule, .. })) => (rule, verdict),
        };
        trail.note(if dry_run { "loop_dry_run" } else { "loop" }, rule.name());
        if dry_run {
            return Ok(None);
        }
        self.ticket.ended(Ended { result_tokens: 0, carried_out: false, finding: None });
        match verdict {
            Verdict::Stop { seen, .. } => {
                let text = stopped(json.raw(request.id), revision, &loops::advice(rule, seen));
                Ok(Some(Flow::Message(200, text)))
            }
            Verdict::Refuse { until_ms, .. } => {
                Err(Refusal::Looping { retry_ms: until_ms.saturating_sub(scene.platform.now_ms()) }.into())
            }
            Verdict::Go => Ok(None),
        }
    }

    /// Notes what was charged, and how.
    pub fn note(&self, trail: &mut Trail<P>) {
        if !self.ticket.standings().is_empty() {
            trail.note("quota", self.ticket.standings());
        }
        if self.ticket.is_leased() {
            trail.note("paid", "lease");
        }
        if let Some(fault) = self.ticket.fault() {
            trail.note("counted", "local");
            trail.note("ledger", fault.name());
        }
    }

    /// Charges what only routing has shown.
    pub async fn routed(&mut self, scene: &Scene<P>, alias: &str) -> Result<(), Error> {
        let Scene { gateway, platform, caller } = scene;
        let known = self.weighed.known && self.weighed.permitted && self.weighed.alias.is_some();
        if known {
            return Ok(());
        }
        Box::pin(gateway.admit.charge_routed(platform, caller, &self.weighed, alias, &mut self.ticket)).await
    }
}

/// A tool's result that tells the model what it did and what to change.
fn stopped(id: &str, revision: Revision, advice: &str) -> String {
    let mut result = String::from(r#"{"content":[{"type":"text","text":"#);
    quote(&mut result, advice);
    result.push_str(r#"}],"isError":true"#);
    if revision.era() == Era::Modern {
        result.push_str(r#","resultType":"complete""#);
    }
    result.push('}');
    result_message(id, &result)
}

/// Tells the ticket that its request ended in an error.
pub(crate) fn failed<P: Platform>(scene: &Scene<P>, ticket: &Ticket<P>, error: &Error) {
    let row = error.row();
    // Our own decisions come before the upstream is asked, but for that on its answer; what breaks does so there, or on
    // the way.
    let carried_out = match error {
        Error::Fault(_) => true,
        Error::Refusal(Refusal::Blocked { way, .. }) => *way != Way::Request.name(),
        Error::Refusal(_) => false,
    };
    let finding = ticket.is_watched().then(|| {
        let text = scene.gateway.digests.name(&row.message);
        Finding { result: text, gist: text, kind: Finds::Error }
    });
    ticket.ended(Ended { result_tokens: 0, carried_out, finding });
}

/// Tells the ticket of the upstream's answer. The tokens of a result are what a model reads of it.
///
/// # Errors
/// The result is larger than the limits leave room for.
pub(crate) fn answered<P: Platform>(
    scene: &Scene<P>,
    ticket: &Ticket<P>,
    json: &Json<'_>,
    outcome: Outcome,
    method: Method,
) -> Result<(), UpstreamFault> {
    let (node, is_error) = match outcome {
        Outcome::Result(node) => (node, false),
        Outcome::Error(node) => (node, true),
    };
    let result_tokens =
        if ticket.counts_tokens() && !is_error { read_by_model(json, node, method) } else { 0 };
    if let Some(cap) = ticket.cap().filter(|cap| result_tokens > *cap) {
        // What was set aside is charged: the upstream has worked for it.
        ticket.ended(Ended { result_tokens: cap, carried_out: true, finding: None });
        return Err(UpstreamFault::TooLarge);
    }
    let finding = ticket.is_watched().then(|| {
        let value = json.value(node);
        let digests = &scene.gateway.digests;
        if is_error { digests.error(value) } else { digests.result(value) }
    });
    ticket.ended(Ended { result_tokens, carried_out: true, finding });
    Ok(())
}

/// Tells the ticket that the upstream works on what was asked for, and how it says so.
pub(crate) fn unfinished<P: Platform>(scene: &Scene<P>, ticket: &Ticket<P>, json: &Json<'_>, node: Node) {
    let finding = ticket.is_watched().then(|| scene.gateway.digests.result(json.value(node)));
    ticket.unfinished(finding);
}

/// Tokens of an image or a sound, whatever its size: about what models charge for one.
const MEDIA_TOKENS: u32 = 1_500;

/// Tokens of what a client shows its model: the content, or the structured content where there is no other.
fn read_by_model(json: &Json<'_>, result: Node, method: Method) -> u32 {
    let key = match method {
        Method::ToolsCall => "content",
        Method::PromptsGet => "messages",
        _ => "contents",
    };
    let result = json.value(result);
    let blocks = result.get(key).into_iter().flat_map(Raw::elements);
    let tokens = blocks.map(|block| block_tokens(block.get("content").unwrap_or(block)));
    let tokens = tokens.fold(0, u32::saturating_add);
    match result.get("structuredContent") {
        Some(structured) if tokens == 0 => tokens::estimate(structured.text()),
        _ => tokens,
    }
}

fn block_tokens(block: Raw<'_>) -> u32 {
    match block.get("text").and_then(Raw::string) {
        Some(text) => tokens::estimate(&text),
        None if block.get("data").is_some() || block.get("blob").is_some() => MEDIA_TOKENS,
        // A link, or an embedded resource with its text inside.
        None => tokens::estimate(block.text()),
    }
}
