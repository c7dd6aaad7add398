//! What the gateway says of itself: the union of what its upstreams can do and the gateway can route.
//!
//! `server/discover` and `initialize` are answered from memory and never fail, because clients take a failure
//! for another era and cache that. What is not known yet is waited for a moment; an upstream that is down has
//! no part in the answer.

use super::Catalog;
use super::wait::{self, Task};
use crate::limits;
use crate::mcp::json::quote;
use crate::mcp::revisions::{declares_apps, declares_tasks};
use crate::mcp::{Era, Json, Kind, Raw, Revision};
use crate::platform::Platform;
use crate::stage::authenticate::Caller;
use crate::stage::authorize::{allows_upstream, may_use};
use crate::upstream::{About, Link, Links, Wish};
use crate::within::within;
use std::cell::RefCell;
use std::rc::Rc;

/// Longest wait for upstreams of which nothing is known, in ms.
const PATIENCE_MS: u32 = 1_500;
/// Pause before an upstream that did not answer is waited for again, in ms.
const PAUSE_MS: u64 = 10_000;
/// What is known is asked again after this time, in ms, behind the request. The link answers from its own
/// memory unless its verdict has ended or was doubted.
const LIFE_MS: u64 = 60_000;
/// Bytes of one upstream's instructions, and of all upstreams' together: they end up in every model's context.
const INSTRUCTIONS: usize = 4 * 1024;
const ALL_INSTRUCTIONS: usize = 16 * 1024;
/// How long a client may use the answer of `server/discover`, in ms.
const DISCOVER_TTL_MS: u64 = 300_000;
/// Likewise when an upstream did not answer.
const PARTIAL_TTL_MS: u64 = 10_000;

/// What one upstream last said of itself.
#[derive(Debug, Default)]
pub(super) struct Portrait(RefCell<Known>);

#[derive(Debug, Default)]
struct Known {
    about: Option<Rc<About>>,
    ask_again_ms: u64,
    /// Until when somebody is waiting for its first answer: whoever comes meanwhile waits too.
    waiting_ms: u64,
}

/// What a caller is told that the gateway can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surface {
    /// Raw ServerCapabilities object.
    pub capabilities: String,
    /// The tenant's instructions, and those of the upstreams, each under its alias.
    pub instructions: Option<String>,
    /// Whether every upstream that the caller may use has had its say.
    pub whole: bool,
}

impl Catalog {
    /// The merged capabilities and instructions for `caller`, a client of the revision `to`.
    pub async fn surface<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        to: Revision,
    ) -> Surface {
        let usable = links.all(caller.tenant()).iter();
        let usable: Vec<(Rc<Link>, Rc<Portrait>)> = usable
            .filter(|link| may_use(caller.agent(), &link.upstream().alias))
            .filter_map(|link| {
                let portrait = self.portrait(caller.tenant(), &link.upstream().alias)?;
                Some((Rc::clone(link), portrait))
            })
            .collect();
        look(platform, &usable).await;
        let abouts: Vec<(&str, Option<Rc<About>>)> = usable
            .iter()
            .map(|(link, portrait)| (link.upstream().alias.as_str(), portrait.0.borrow().about.clone()))
            .collect();
        let known = || abouts.iter().filter_map(|(alias, about)| Some((*alias, about.as_deref()?)));
        let may_read = |alias: &str| allows_upstream(caller.agent(), alias);
        // A legacy client subscribes in its own session at a legacy upstream; of a modern one it hears by a rendezvous.
        let across = to.era() == Era::Modern || platform.has_rendezvous().await;
        Surface {
            capabilities: capabilities(known(), may_read, to, across),
            instructions: instructions(caller.tenant().instructions.as_deref(), known()),
            whole: abouts.iter().all(|(_, about)| about.is_some()),
        }
    }

    /// The result of `server/discover` (MCP 2026-07-28), raw JSON. `server_info` is the gateway's own
    /// Implementation object, raw JSON.
    pub async fn discover<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        server_info: &str,
    ) -> String {
        let surface = self.surface(platform, links, caller, Revision::LATEST_MODERN).await;
        let ttl = if surface.whole { DISCOVER_TTL_MS } else { PARTIAL_TTL_MS };
        let mut out = format!(
            r#"{{"resultType":"complete","supportedVersions":["{}"],"capabilities":{}"#,
            Revision::LATEST_MODERN,
            surface.capabilities
        );
        push_instructions(&mut out, surface.instructions.as_deref());
        out.push_str(&format!(
            r#","ttlMs":{ttl},"cacheScope":"private","_meta":{{"{}":{server_info}}}}}"#,
            crate::mcp::revisions::meta::SERVER_INFO
        ));
        out
    }

    /// The result of `initialize` for the negotiated revision, raw JSON. `server_info` as for
    /// [`Catalog::discover`].
    pub async fn initialize<P: Platform>(
        &self,
        platform: &P,
        links: &Links,
        caller: &Caller,
        to: Revision,
        server_info: &str,
    ) -> String {
        let surface = self.surface(platform, links, caller, to).await;
        let mut out = format!(
            r#"{{"protocolVersion":"{to}","capabilities":{},"serverInfo":{server_info}"#,
            surface.capabilities
        );
        push_instructions(&mut out, surface.instructions.as_deref());
        out.push('}');
        out
    }
}

fn push_instructions(out: &mut String, instructions: Option<&str>) {
    if let Some(instructions) = instructions {
        out.push_str(r#","instructions":"#);
        quote(out, instructions);
    }
}

/// Asks what is not known, for a moment; and what is known but old, behind the request.
async fn look<P: Platform>(platform: &P, usable: &[(Rc<Link>, Rc<Portrait>)]) {
    let now = platform.now_ms();
    let mut unknown: Vec<Task<'static, ()>> = Vec::new();
    for (link, portrait) in usable {
        let mut known = portrait.0.borrow_mut();
        let joins = known.about.is_none() && now < known.waiting_ms;
        if now < known.ask_again_ms && !joins {
            continue;
        }
        if !joins {
            known.ask_again_ms = now.saturating_add(PAUSE_MS);
            known.waiting_ms = now.saturating_add(u64::from(PATIENCE_MS));
        }
        // The link probes once for all who ask at once.
        let task: Task<'static, ()> = Box::pin(ask(platform.clone(), Rc::clone(link), Rc::clone(portrait)));
        if known.about.is_some() {
            platform.defer(task);
        } else {
            unknown.push(task);
        }
    }
    if unknown.is_empty() {
        return;
    }
    let mut asking: Task<'static, ()> = Box::pin(async move {
        wait::all(unknown).await;
    });
    if within(platform, PATIENCE_MS, &mut asking).await.is_none() {
        platform.defer(asking);
    }
}

async fn ask<P: Platform>(platform: P, link: Rc<Link>, portrait: Rc<Portrait>) {
    let answer = link.about(&platform).await;
    let mut known = portrait.0.borrow_mut();
    known.waiting_ms = 0;
    if let Ok(about) = answer {
        known.about = Some(about);
        known.ask_again_ms = platform.now_ms().saturating_add(LIFE_MS);
    }
}

/// The union of the upstreams' capabilities as far as the gateway routes them, raw JSON. `listChanged` and
/// `resources.subscribe` of those that have a way to tell it: of a legacy one without sessions there is no stream, and of a
/// modern one the client hears if it does so `across` the eras.
/// Extensions are never passed on by themselves: MCP Apps are part of it where views can be read, tasks where both sides
/// have them.
fn capabilities<'a>(
    known: impl Iterator<Item = (&'a str, &'a About)>,
    may_read: impl Fn(&str) -> bool,
    to: Revision,
    across: bool,
) -> String {
    // In the order of the names below.
    let mut has = [false; 8];
    let mut tells = Wish::default();
    for (alias, about) in known {
        if about.era == Era::Modern || about.session_bound {
            let readable = may_read(alias);
            let subscribable = readable && (across || about.era == Era::Legacy);
            let uris = vec![String::new()];
            let all = Wish { tools: true, prompts: true, resources: readable, uris, tasks: Vec::new() };
            let own = all.promised(&about.capabilities);
            tells.tools |= own.tools;
            tells.prompts |= own.prompts;
            tells.resources |= own.resources;
            if subscribable && tells.uris.is_empty() {
                tells.uris = own.uris;
            }
        }
        let Ok(json) = Json::parse(about.capabilities.as_bytes(), &limits::RESPONSE) else { continue };
        let own = json.value(json.root());
        let declares = |key: &str| own.get(key).is_some_and(|value| value.kind() == Kind::Object);
        let says = [
            declares("completions"),
            declares_apps(own) && may_read(alias),
            to.era() == Era::Modern && has_tasks(own, about),
            declares("logging"),
            declares("prompts"),
            declares("resources") && may_read(alias),
            about.has_legacy_tasks() && to == Revision::V2025_11_25,
            declares("tools"),
        ];
        for (any, one) in has.iter_mut().zip(says) {
            *any |= one;
        }
    }
    let [completions, apps, tasks, logging, prompts, resources, legacy_tasks, tools] = has;
    let extensions = match (apps, tasks) {
        (true, true) => {
            r#""extensions":{"io.modelcontextprotocol/tasks":{},"io.modelcontextprotocol/ui":{}}"#
        }
        (false, true) => r#""extensions":{"io.modelcontextprotocol/tasks":{}}"#,
        (_, false) => r#""extensions":{"io.modelcontextprotocol/ui":{}}"#,
    };
    let members = [
        (completions, r#""completions":{}"#),
        (apps || tasks, extensions),
        (logging, r#""logging":{}"#),
        (legacy_tasks, r#""tasks":{"cancel":{},"requests":{"tools":{"call":{}}}}"#),
    ];
    let mut members: Vec<String> =
        members.into_iter().filter(|(has, _)| *has).map(|(_, text)| text.to_owned()).collect();
    let subscribe = !tells.uris.is_empty();
    let lists = [
        (prompts, "prompts", tells.prompts, false),
        (resources, "resources", tells.resources, subscribe),
        (tools, "tools", tells.tools, false),
    ];
    for (_, name, changed, subscribe) in lists.into_iter().filter(|(has, ..)| *has) {
        let says = [(changed, r#""listChanged":true"#), (subscribe, r#""subscribe":true"#)];
        let says: Vec<&str> = says.into_iter().filter_map(|(says, text)| says.then_some(text)).collect();
        members.push(format!(r#""{name}":{{{}}}"#, says.join(",")));
    }
    format!("{{{}}}", members.join(","))
}

/// Whether calls of an upstream's tools may be tasks for a modern client.
fn has_tasks(own: Raw<'_>, about: &About) -> bool {
    match about.era {
        Era::Modern => declares_tasks(own),
        Era::Legacy => about.has_legacy_tasks(),
    }
}

/// The tenant's own instructions, and the upstreams', each under its alias; those of one without an alias as they are.
fn instructions<'a>(own: Option<&str>, known: impl Iterator<Item = (&'a str, &'a About)>) -> Option<String> {
    let mut out = own.unwrap_or_default().to_owned();
    let most = ALL_INSTRUCTIONS.saturating_add(out.len());
    for (alias, about) in known {
        let Some(text) = about.instructions.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            continue;
        };
        let text = text.get(..text.floor_char_boundary(INSTRUCTIONS)).unwrap_or_default();
        if out.len().saturating_add(text.len()) > most {
            break;
        }
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        if !alias.is_empty() {
            out.push_str(&format!("# {alias}\n"));
        }
        out.push_str(text);
    }
    (!out.is_empty()).then_some(out)
}
