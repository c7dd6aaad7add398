//! One call for all who ask the same at the same time (`coalesce = true`): it is made in the gateway's own name, and
//! its answer is turned for each caller.

use super::asks;
use super::behind::Ending;
use super::dialogue::is_asked;
use super::errand::Errand;
use super::scene::Flow;
use super::state::Scope;
use crate::catalog::Route;
use crate::error::{Error, Fault, UpstreamFault};
use crate::limits;
use crate::mcp::envelope::Message;
use crate::mcp::json::{Edits, Json, Node, Raw};
use crate::mcp::revisions::{Era, Revision, meta};
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::redact::{Held, Outbound};
use crate::upstream::guard::{Joined, Key, Landed, Shared, Tries};
use crate::upstream::{Ask, ClientSide, FromUpstream, Link, Session, Terms};
use sha2::{Digest, Sha256};
use std::rc::Rc;

/// Members of `_meta` that differ between equal calls: they say who asks, in which words and what for, and what is to
/// be heard meanwhile (MCP; W3C Trace Context and Baggage). Capabilities count as the upstream is told them.
const OWN_KEYS: [&str; 9] = [
    meta::PROTOCOL_VERSION,
    meta::CLIENT_CAPABILITIES,
    meta::CLIENT_INFO,
    meta::LOG_LEVEL,
    meta::PROGRESS_TOKEN,
    meta::OWN_CACHE,
    "traceparent",
    "tracestate",
    "baggage",
];
/// Members of `params` that are one caller's alone: its part in a dialogue with the upstream.
const DIALOGUE: [&str; 2] = ["requestState", "inputResponses"];

/// What tells this call from others; `None` if it cannot be shared. Everything in it that the upstream could act on is
/// part of it.
pub(crate) fn key<P: Platform>(errand: &Errand<'_, P>, route: &Route) -> Option<Key> {
    // A session of the client's own is nobody else's, and neither is a task.
    if errand.session != Session::Pooled || errand.tasks {
        return None;
    }
    let (json, request) = (errand.outbound.json(), errand.outbound.request());
    let params = json.value(request.params.filter(|params| !is_part_of_dialogue(json, *params))?);
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(&(route.link.number() as u64).to_be_bytes());
    part(route.original.as_bytes());
    part(errand.client.capabilities.as_bytes());
    // What an upstream remembers of a session belongs to its principal.
    if errand.era == Era::Legacy && route.link.may_be_session_bound() {
        part(&errand.client.principal);
    }
    if let Some(arguments) = params.get("arguments") {
        part(arguments.text().as_bytes());
    }
    besides(params, &mut part);
    Some(hash.finalize().into())
}

/// Whether a call is one caller's alone.
pub(crate) fn is_part_of_dialogue(json: &Json<'_>, params: Node) -> bool {
    DIALOGUE.iter().any(|key| json.get(params, key).is_some())
}

/// What the upstream could act on in `params`, besides name and arguments.
pub(crate) fn besides(params: Raw<'_>, part: &mut dyn FnMut(&[u8])) {
    for (key, value) in params.members() {
        match key.as_ref() {
            "name" | "arguments" => {}
            "_meta" => {
                for (key, value) in value.members().filter(|(key, _)| !OWN_KEYS.contains(&key.as_ref())) {
                    part(b"_meta");
                    part(key.as_bytes());
                    part(value.text().as_bytes());
                }
            }
            key => {
                part(key.as_bytes());
                part(value.text().as_bytes());
            }
        }
    }
}

/// A caller's part in a shared call, for its record.
pub(crate) struct Part {
    /// Whether it was this caller's call.
    pub led: bool,
    /// How often it was tried again.
    pub retries: u32,
}

/// The answer for this caller of a call that others may ask too; `None` when it has to ask for itself.
pub(crate) async fn call<P: Platform>(
    errand: &Errand<'_, P>,
    key: Key,
    idempotent: bool,
    route: &Route,
    terms: &Terms,
    trail: &mut Trail<P>,
) -> Option<(Result<Flow<P>, Error>, Part)> {
    let platform = &errand.scene.platform;
    let work = || {
        let commission = Commission {
            platform: platform.clone(),
            link: Rc::clone(&route.link),
            text: errand.outbound.json().raw(errand.outbound.request().node).to_owned(),
            original: route.original.clone(),
            param_headers: errand.param_headers(route),
            client: ClientSide {
                // Modern, so that nothing is sent on before the answer: no log level was asked for.
                revision: Revision::LATEST_MODERN,
                log_level: None,
                progress_token: None,
                ..errand.client.clone()
            },
            terms: terms.clone(),
            ending: errand.ending.clone(),
        };
        Box::pin(commission.carry_out(idempotent)) as std::pin::Pin<Box<dyn Future<Output = Landed>>>
    };
    let joined = route.link.sharing().join(platform, key, terms.deadlines.end, work).await;
    let Joined { landed, led } = match joined {
        Ok(joined) => joined,
        Err(kind) => {
            return Some((Err(route.link.fault(kind).into()), Part { led: false, retries: 0 }));
        }
    };
    if matches!(landed.shared, Shared::Apart) {
        return None;
    }
    let state = Scope::of(errand.json, errand.request, errand.target.name());
    let view = errand.view(route, state, None);
    let outcome = match landed.shared {
        Shared::Answer(json, response) => view.whole(errand.scene, Held::Lent(&json), response, trail).await,
        Shared::Ask(method) => {
            Err(asks::kind_of(method, None).map_or_else(asks::unknown, |kind| view.cannot_ask(kind)))
        }
        Shared::Failed(kind) => Err(view.fault(kind)),
        Shared::Apart => return None,
    };
    Some((outcome, Part { led, retries: landed.retries }))
}

/// A call with all that it needs: it goes on when whoever began it has left.
pub(super) struct Commission<P: Platform> {
    pub platform: P,
    pub link: Rc<Link>,
    /// The message as it may leave: it is the same for all who share it.
    pub text: String,
    /// The tool's name at the upstream.
    pub original: String,
    pub param_headers: Vec<(String, String)>,
    pub client: ClientSide,
    pub terms: Terms,
    /// What it ends in the cache when it has ended.
    #[allow(dead_code, reason = "it acts when it is dropped")]
    pub ending: Option<Rc<Ending<P>>>,
}

impl<P: Platform> Commission<P> {
    pub async fn carry_out(self, idempotent: bool) -> Landed {
        let mut tries = Tries::default();
        loop {
            let fault = match self.once().await {
                Ok(shared) => return Landed { shared, retries: tries.more },
                Err(fault) => fault,
            };
            let pause = if idempotent { tries.pause(&self.platform, &self.terms, fault) } else { None };
            match pause {
                Some(pause) => self.platform.sleep(pause).await,
                None => return Landed { shared: Shared::Failed(fault), retries: tries.more },
            }
        }
    }

    async fn once(&self) -> Result<Shared, UpstreamFault> {
        let unreadable = |_| UpstreamFault::Error;
        // It was read once before: as a part of what the caller sent.
        let json = Json::parse(self.text.as_bytes(), &limits::REQUEST).map_err(unreadable)?;
        let Ok(Message::Request(request)) = Message::read(&json, json.root()) else {
            return Err(UpstreamFault::Error);
        };
        let outbound = Outbound::own(&json, request);
        let mut exchange =
            self.link.open(&self.platform, &Session::Pooled, self.ask(&outbound)).await.map_err(kind_of)?;
        while let Some(message) = exchange.next().await.map_err(kind_of)? {
            match message {
                FromUpstream::Notification { .. } | FromUpstream::Paused(_) => {}
                // One caller can be asked; several are each to be asked by themselves.
                FromUpstream::Ask { session: Some(_), .. } => return Ok(Shared::Apart),
                FromUpstream::Ask { request, .. } => return Ok(Shared::Ask(request.method)),
                FromUpstream::Answer { json, response } if is_asked(&json, &response) => {
                    return Ok(Shared::Apart);
                }
                FromUpstream::Answer { json, response } => {
                    return Ok(Shared::Answer(Rc::new(json), response));
                }
            }
        }
        Err(UpstreamFault::NoAnswer)
    }

    fn ask<'a>(&'a self, outbound: &'a Outbound<'a>) -> Ask<'a> {
        let (json, request) = (outbound.json(), outbound.request());
        let mut edits = Edits::new();
        if let Some(params) = request.params {
            edits.set_string(json, params, "name", &self.original);
            // Nobody could ask for it.
            if json.get(params, "task").is_some() {
                edits.remove(json, params, "task");
            }
        }
        if let Some(node) = request.meta {
            // Nobody hears what comes before the answer.
            edits.remove(json, node, meta::PROGRESS_TOKEN);
            edits.remove(json, node, meta::LOG_LEVEL);
        }
        let (name, param_headers) = (Some(self.original.clone()), self.param_headers.clone());
        Ask { outbound, edits, name, param_headers, client: &self.client, terms: &self.terms }
    }
}

fn kind_of(fault: Fault) -> UpstreamFault {
    match fault {
        Fault::Upstream { kind, .. } => kind,
        // A broken invariant of the link: never expected.
        Fault::Internal(_) | Fault::Ledger(_) | Fault::Rendezvous(_) => UpstreamFault::Error,
    }
}
