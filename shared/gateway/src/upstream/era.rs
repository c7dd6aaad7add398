//! Which era an upstream speaks, and what it says of itself.

use super::fault::Failure;
use super::flight::Flights;
use super::link::Link;
use super::pool::{Key, NONE};
use super::{About, GATEWAY, legacy, modern, send, told};
use crate::error::UpstreamFault;
use crate::limits;
use crate::mcp::Json;
use crate::mcp::revisions::{declares_apps, declares_legacy_tasks, declares_tasks, meta};
use crate::mcp::{Era, Kind, Node, Outcome, Revision};
use crate::platform::Platform;
use crate::stage::redact::{Plan, Tally};
use crate::tenant::{EraSetting, Way};
use std::cell::RefCell;
use std::rc::Rc;

/// How long a verdict holds, in ms.
const VERDICT_MS: u64 = 3_600_000;
/// A verdict younger than this is not doubted, in ms: one that surprises all the time must not be probed all the
/// time.
const TRUST_MS: u64 = 10_000;
/// What is assumed of a modern upstream that does not tell (`server/discover` is required of servers, but pinned
/// upstreams without it exist).
const UNTOLD: &str = r#"{"tools":{},"prompts":{},"resources":{},"completions":{}}"#;

/// What an isolate remembers of an upstream.
pub(super) struct Memory {
    verdict: RefCell<Option<Verdict>>,
    flights: Flights<()>,
}

#[derive(Clone)]
struct Verdict {
    about: Rc<About>,
    /// When it was reached, in Unix ms.
    at: u64,
    /// Whether something did not fit it.
    doubted: bool,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { verdict: RefCell::new(None), flights: Flights::new() }
    }

    /// The verdict that holds at `now`.
    pub(super) fn fresh(&self, now: u64) -> Option<Rc<About>> {
        let verdict = self.verdict.borrow();
        let held = verdict.as_ref().filter(|v| !v.doubted && now.saturating_sub(v.at) < VERDICT_MS)?;
        Some(Rc::clone(&held.about))
    }

    /// The verdict, however old.
    pub(super) fn last(&self) -> Option<Rc<About>> {
        self.verdict.borrow().as_ref().map(|verdict| Rc::clone(&verdict.about))
    }

    /// Has the next call probe again, unless the verdict is brand-new.
    pub(super) fn doubt(&self, now: u64) {
        if let Some(verdict) = self.verdict.borrow_mut().as_mut()
            && now.saturating_sub(verdict.at) >= TRUST_MS
        {
            verdict.doubted = true;
        }
    }

    /// Replaces the verdict.
    pub(super) fn learn(&self, about: About, at: u64) -> Rc<About> {
        let about = Rc::new(about);
        *self.verdict.borrow_mut() = Some(Verdict { about: Rc::clone(&about), at, doubted: false });
        about
    }
}

/// The verdict on `link`'s upstream, by one probe for all who ask at once.
pub(super) async fn about<P: Platform>(link: &Rc<Link>, platform: &P) -> Result<Rc<About>, UpstreamFault> {
    let memory = &link.memory;
    let now = platform.now_ms();
    if let Some(about) = memory.fresh(now) {
        return Ok(about);
    }
    if let Some(stale) = memory.last().filter(|_| memory.flights.busy((), now)) {
        return Ok(stale);
    }
    // While nothing may be sent, what was known last has to do.
    if let Some(fault) = link.guards.own.refuses(now) {
        return memory.last().ok_or(fault);
    }
    let read = || memory.fresh(platform.now_ms());
    let work = || async {
        // A verdict that is old or doubted here is so in the store.
        if memory.last().is_none()
            && let Some((about, at)) = told::recall(link, platform).await
        {
            return Ok(memory.learn(about, at));
        }
        let about = shown(link, probe(link, platform).await?)?;
        let at = platform.now_ms();
        told::keep(link, platform, &about, at, VERDICT_MS);
        Ok(memory.learn(about, at))
    };
    memory.flights.once(platform, (), read, work).await
}

/// What an upstream says of itself, as it may be kept and shown: instructions as agents may see them, none if they may not,
/// and of its capabilities those that are looked at, without whatever else is in them.
fn shown(link: &Link, about: About) -> Result<About, UpstreamFault> {
    let plan = Plan::of_list(link.tenant(), link.upstream(), None).map_err(|_| UpstreamFault::Error)?;
    let Some(plan) = plan else { return Ok(about) };
    let instructions = about.instructions.and_then(|text| {
        let redacted = plan.text(&text, &["instructions"], Way::List, &mut Tally::default()).ok()?;
        Some(redacted.unwrap_or(text))
    });
    Ok(About { instructions, capabilities: bare(&about.capabilities), ..about })
}

/// The names of capabilities that are looked at, with what they promise to tell.
fn bare(capabilities: &str) -> String {
    let Ok(json) = Json::parse(capabilities.as_bytes(), &limits::RESPONSE) else { return "{}".to_owned() };
    let own = json.value(json.root());
    let declared = ["completions", "logging", "prompts", "resources", "tools"]
        .into_iter()
        .filter(|name| own.get(name).is_some_and(|value| value.kind() == Kind::Object));
    let promises = |name: &str| {
        let says =
            |promise: &&str| own.get(name).and_then(|own| own.get(promise)?.bool()).unwrap_or_default();
        let promises = ["listChanged", "subscribe"].into_iter().filter(says);
        promises.map(|promise| format!("\"{promise}\":true")).collect::<Vec<_>>().join(",")
    };
    let mut members: Vec<String> =
        declared.map(|name| format!("\"{name}\":{{{}}}", promises(name))).collect();
    let extensions = [(meta::APPS, declares_apps(own)), (meta::TASKS, declares_tasks(own))];
    let extensions: Vec<String> =
        extensions.iter().filter(|(_, has)| *has).map(|(name, _)| format!("\"{name}\":{{}}")).collect();
    if !extensions.is_empty() {
        members.push(format!(r#""extensions":{{{}}}"#, extensions.join(",")));
    }
    if declares_legacy_tasks(own) {
        members.push(r#""tasks":{"requests":{"tools":{"call":{}}}}"#.to_owned());
    }
    format!("{{{}}}", members.join(","))
}

/// Faults are not remembered: an upstream that comes back is found at the next call.
async fn probe<P: Platform>(link: &Rc<Link>, platform: &P) -> Result<About, UpstreamFault> {
    let pinned = link.upstream().era;
    if pinned == EraSetting::Legacy {
        return Ok(introduce(link, platform).await?);
    }
    match discover(link, platform).await? {
        Found::Modern(about) => Ok(about),
        Found::Other if pinned == EraSetting::Modern => Ok(modern_about(UNTOLD.to_owned(), None)),
        Found::Other => match introduce(link, platform).await {
            Err(failure) if names_ours(&failure) => Ok(modern_about(UNTOLD.to_owned(), None)),
            outcome => Ok(outcome?),
        },
    }
}

/// Whether a refusal of the revision names the one that the gateway speaks. A modern-only server names its versions in
/// its answer to `initialize` (MCP 2026-07-28, versioning).
fn names_ours(failure: &Failure) -> bool {
    let named = failure.error.as_ref().map(|error| error.supported.as_slice()).unwrap_or_default();
    failure.kind == UpstreamFault::Revision
        && named.iter().any(|name| name == Revision::LATEST_MODERN.as_str())
}

enum Found {
    Modern(About),
    /// It answered, but not as a modern server that can discover does.
    Other,
}

/// MCP 2026-07-28, versioning: a modern request first; a recognised modern error means modern, anything else
/// that is an answer means legacy. No answer, refused credentials and 5xx mean nothing.
async fn discover<P: Platform>(link: &Rc<Link>, platform: &P) -> Result<Found, UpstreamFault> {
    let end = link.deadline(platform);
    let ask = || send::send(link, platform, modern::discover(link, link.next_id(platform), end));
    let exchange = match ask().await {
        // A client retries with a version that is named in the refusal, and this one is.
        Err(failure) if names_ours(&failure) => {
            link.discard(platform, failure.session_id);
            ask().await
        }
        outcome => outcome,
    };
    let exchange = match exchange {
        Ok(exchange) => exchange,
        Err(failure) => return refused(link, platform, &failure),
    };
    let session_id = exchange.session_id.clone();
    match exchange.answer().await {
        Ok((json, response)) => {
            if let Outcome::Result(result) = response.outcome
                && let Some(about) = read(&json, result)
            {
                return Ok(Found::Modern(about));
            }
            link.discard(platform, session_id);
            let missing =
                matches!(response.outcome, Outcome::Error(error) if is_missing_capability(&json, error));
            Ok(if missing { Found::Modern(modern_about(UNTOLD.to_owned(), None)) } else { Found::Other })
        }
        // An upstream that mangles an answer to what it cannot know may still do better with what it knows.
        Err(UpstreamFault::Malformed | UpstreamFault::WrongId | UpstreamFault::NoAnswer) => {
            link.discard(platform, session_id);
            Ok(Found::Other)
        }
        Err(fault) => Err(fault),
    }
}

fn refused<P: Platform>(link: &Rc<Link>, platform: &P, failure: &Failure) -> Result<Found, UpstreamFault> {
    link.discard(platform, failure.session_id.clone());
    match failure.kind {
        UpstreamFault::Revision => {
            let supported =
                failure.error.as_ref().map(|error| error.supported.as_slice()).unwrap_or_default();
            let legacy =
                supported.iter().filter_map(|name| Revision::parse(name)).any(|r| r.era() == Era::Legacy);
            if legacy { Ok(Found::Other) } else { Err(UpstreamFault::Revision) }
        }
        UpstreamFault::Status(400..=499)
        | UpstreamFault::ContentType
        | UpstreamFault::Malformed
        | UpstreamFault::WrongId
        | UpstreamFault::NoAnswer => Ok(Found::Other),
        // Pinned: whatever it makes of an unknown method, it may still do its work.
        UpstreamFault::Status(_) if link.upstream().era == EraSetting::Modern => Ok(Found::Other),
        fault => Err(fault),
    }
}

/// -32021 is a code of the modern era only.
fn is_missing_capability(json: &Json<'_>, error: Node) -> bool {
    json.get(error, "code").and_then(|code| json.integer(code)) == Some(-32021)
}

fn read(json: &Json<'_>, result: Node) -> Option<About> {
    let versions = json.value(json.get(result, "supportedVersions")?);
    let wanted = Revision::LATEST_MODERN.as_str();
    if !versions.elements().take(32).any(|version| version.string().as_deref() == Some(wanted)) {
        return None;
    }
    let capabilities = json.get(result, "capabilities").filter(|node| json.kind(*node) == Kind::Object)?;
    let instructions = json.get(result, "instructions").and_then(|node| json.string(node));
    Some(modern_about(json.raw(capabilities).to_owned(), instructions.map(std::borrow::Cow::into_owned)))
}

fn modern_about(capabilities: String, instructions: Option<String>) -> About {
    About {
        era: Era::Modern,
        revision: Revision::LATEST_MODERN,
        session_bound: false,
        capabilities,
        instructions,
    }
}

/// A handshake of the gateway's own. Its session is kept for the gateway's own business.
async fn introduce<P: Platform>(link: &Rc<Link>, platform: &P) -> Result<About, Failure> {
    let end = link.deadline(platform);
    let opened = legacy::handshake(link, platform, &legacy::own_hello(NONE), end).await?;
    if let Some(session) = opened.session {
        link.keep(platform, Key::new(link.number(), GATEWAY, NONE), session);
    }
    Ok(opened.about)
}
