//! A legacy upstream asks a modern client (MCP 2026-07-28, multi-round requests): its questions become one
//! `input_required` result whose state says where the call waits; the next request brings the answers, and the rest of the
//! upstream's stream. Nothing is stored.

use super::asks;
use super::errand::Errand;
use super::forward::internal;
use super::relay;
use super::scene::{Flow, Scene};
use super::state::{self, Asked, Kept, Open, Scope};
use super::view::View;
use crate::catalog::Route;
use crate::error::{Error, Fault, Refusal, UpstreamFault};
use crate::limits;
use crate::mcp::envelope::{Message, Request};
use crate::mcp::json::{Edits, Json, Kind, Node, quote};
use crate::mcp::revisions::Revision;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::redact::{Clean, Cleared, Held, Outbound};
use crate::tenant::{AskKind, AskKinds};
use crate::upstream::{Exchange, Sealed, Suspended, Terms};
use futures_util::future::join_all;

/// How long more questions are waited for after one, in ms: an upstream that asks several things at once is answered once.
pub(crate) const GATHER_MS: u32 = 50;
/// Questions of one round.
pub(crate) const QUESTIONS: usize = 16;
/// Bytes of questions that are kept to be asked again: with what else is in a state it has to fit into a header.
const KEPT_BYTES: usize = 8 * 1024;
/// Characters and digits of an upstream's id that is the key of its question: what could be a value is none.
const KEY_CHARS: usize = 40;
const KEY_DIGITS: usize = 6;

/// Questions of one call that nobody has answered yet.
pub(crate) struct Asking {
    open: Vec<Open>,
    /// Members of `inputRequests`, raw JSON.
    requests: String,
    /// When they are handed on, in Unix ms.
    pub due_ms: u64,
}

impl Asking {
    pub fn new(now_ms: u64) -> Self {
        Self {
            open: Vec::new(),
            requests: String::new(),
            due_ms: now_ms.saturating_add(u64::from(GATHER_MS)),
        }
    }

    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// As `inputRequests`, raw JSON.
    pub fn requests(&self) -> String {
        format!("{{{}}}", self.requests)
    }

    /// Their ids at the upstream, raw JSON.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.open.iter().map(|open| open.id.as_str())
    }

    /// Takes a question in. Whether there was room for it.
    pub fn take(&mut self, json: &Json<'_>, request: &Request, key: String, kind: AskKind) -> bool {
        let id = json.raw(request.id).to_owned();
        if self.open.len() >= QUESTIONS || self.open.iter().any(|known| known.key == key) {
            return false;
        }
        let comma = if self.open.is_empty() { "" } else { "," };
        self.requests.push_str(comma);
        quote(&mut self.requests, &key);
        self.requests.push_str(r#":{"method":""#);
        self.requests.push_str(request.method.name());
        self.requests.push('"');
        if let Some(params) = request.params {
            let mut edits = Edits::new();
            // Of the session that it was asked in, or of a task, which it is none.
            for member in ["_meta", "task"].into_iter().filter(|member| json.get(params, member).is_some()) {
                edits.remove(json, params, member);
            }
            self.requests.push_str(r#","params":"#);
            self.requests.push_str(&edits.apply_within(json.text(), json.span(params)));
        }
        self.requests.push('}');
        self.open.push(Open { key, id, kinds: AskKinds::default().with(kind).bits() });
        true
    }
}

/// The key of a question: its id at the upstream where that is a plain name or number, so that it is the same with every call
/// of an upstream that gives names.
pub(crate) fn key(json: &Json<'_>, request: &Request, number: usize) -> String {
    let id = json.string(request.id).unwrap_or_else(|| json.raw(request.id).into());
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !id.is_empty() && id.len() <= KEY_CHARS && digits <= KEY_DIGITS && id.bytes().all(plain) {
        id.into_owned()
    } else {
        format!("question-{number}")
    }
}

/// Ends a request of the agent with the questions of its call, which goes on with the next one.
pub(crate) async fn suspend<P: Platform>(
    scene: &Scene<P>,
    view: &View<P>,
    exchange: Exchange<P>,
    asking: Asking,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    // First, while the call can still be cancelled.
    let clean = questions(scene, view, &asking.requests, trail).await?;
    let until = scene.platform.now_ms().saturating_add(state::LIFE_MS);
    let Suspended { session, id, last_event } =
        exchange.suspend(until).ok_or_else(|| view.fault(UpstreamFault::NoAnswer))?;
    let session = (session.id, session.revision.as_str().to_owned());
    let asked = Asked { session, id, last_event, open: asking.open, questions: String::new() };
    ask(scene, view, asked, &clean, trail)
}

/// The result that asks, as far as the agent may see it. `requests`: members of `inputRequests`.
async fn questions<P: Platform>(
    scene: &Scene<P>,
    view: &View<P>,
    requests: &str,
    trail: &mut Trail<P>,
) -> Result<Clean<'static>, Error> {
    let text = format!(
        r#"{{"jsonrpc":"2.0","id":0,"result":{{"resultType":"input_required","inputRequests":{{{requests}}}}}}}"#
    );
    let unreadable = || view.fault(UpstreamFault::Malformed);
    let json = Json::parse_owned(text.into_bytes(), &limits::RESPONSE).map_err(|_| unreadable())?;
    let message = Message::read(&json, json.root()).map_err(|_| unreadable())?;
    // Also what is asked again: it may have been asked under other settings.
    if let Some(result) = json.get(json.root(), "result") {
        asks::permit_all(view.link.upstream(), json.value(result))?;
    }
    view.clean(scene, Held::Owned(json), message, trail).await
}

/// The same for the agent, with the state that goes on with the call.
fn ask<P: Platform>(
    scene: &Scene<P>,
    view: &View<P>,
    mut asked: Asked,
    clean: &Clean<'_>,
    trail: &mut Trail<P>,
) -> Result<String, Error> {
    trail.count("asked", asked.open.len() as u64);
    let questions = clean.json().get(clean.json().root(), "result");
    let questions = questions.and_then(|result| clean.json().get(result, "inputRequests"));
    let questions = questions.map_or("", |node| clean.json().raw(node));
    if questions.len() <= KEPT_BYTES {
        asked.questions = questions.to_owned();
    }
    let alias = &view.link.upstream().alias;
    let token = state::token(scene, Kept::Asked(asked), alias, &view.state)?;
    view.asked(scene, clean, &token)
}

/// Answers of a client to questions of a legacy upstream, by key.
pub(crate) struct Answers(Vec<(String, Node)>);

impl Answers {
    /// Those of a request; keys that nobody asked for are of no account.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`].
    pub fn of(outbound: &Outbound<'_>) -> Result<Self, Refusal> {
        let (json, params) = (outbound.json(), outbound.request().params);
        let Some(all) = params.and_then(|params| json.get(params, "inputResponses")) else {
            return Ok(Self(Vec::new()));
        };
        let is_object = |node| json.kind(node) == Kind::Object;
        if !is_object(all) || !json.members(all).all(|(_, node)| is_object(node)) {
            return Err(Refusal::InvalidParams("inputResponses is no object of results".into()));
        }
        Ok(Self(json.members(all).map(|(key, node)| (key.into_owned(), node)).collect()))
    }

    /// All of them, by their keys.
    pub fn all(&self) -> impl Iterator<Item = (&str, Node)> {
        self.0.iter().map(|(key, node)| (key.as_str(), *node))
    }

    fn get(&self, key: &str) -> Option<Node> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, node)| *node)
    }
}

/// The answers of a request to questions that are still to come; none if there are none.
pub(crate) fn ready(outbound: &Outbound<'_>) -> Option<Box<Ready>> {
    let Answers(answers) = Answers::of(outbound).ok()?;
    let text = |(key, node)| (key, outbound.json().raw(node).to_owned());
    (!answers.is_empty()).then(|| Box::new(Ready(answers.into_iter().map(text).collect())))
}

/// Answers that came before their questions.
pub(crate) struct Ready(Vec<(String, String)>);

impl Ready {
    /// The one to the question `key`, as it is posted under `id`.
    pub fn take(&mut self, key: &str, id: &str) -> Option<Cleared> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        let (_, result) = self.0.swap_remove(at);
        Some(Cleared::own(posted(id, &result)))
    }
}

fn posted(id: &str, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
}

/// Goes on with the call that waits: its questions are answered, and what the upstream makes of that is relayed. What is
/// still open is asked again.
pub(crate) async fn resume<P: Platform>(
    errand: &Errand<'_, P>,
    route: &Route,
    terms: &Terms,
    scope: Scope,
    mut asked: Asked,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let (scene, outbound) = (errand.scene, errand.outbound);
    let answers = Answers::of(outbound)?;
    let (ready, open): (Vec<_>, Vec<_>) =
        std::mem::take(&mut asked.open).into_iter().partition(|open| answers.get(&open.key).is_some());
    let revision = Revision::parse(&asked.session.1).ok_or(Refusal::BadState)?;
    let session = Sealed { id: asked.session.0.clone(), revision };
    for Open { kinds, .. } in ready.iter().chain(&open) {
        if let Err(denied) = asks::permit_kinds(route.link.upstream(), AskKinds::from_bits(*kinds)) {
            route.link.abandon(&scene.platform, &session, &asked.id);
            return Err(denied.into());
        }
    }
    let posts = ready.iter().filter_map(|Open { key, id, .. }| {
        let result = outbound.json().raw(answers.get(key)?);
        Some(route.link.post(&scene.platform, &session, Cleared::own(posted(id, result))))
    });
    for posted in join_all(posts).await {
        posted.map_err(forgotten)?;
    }
    if !open.is_empty() {
        let requests = again(&asked.questions, &open)?;
        let view = errand.view(route, scope, None);
        asked.open = open;
        let clean = questions(scene, &view, &requests, trail).await?;
        let text = ask(scene, &view, asked, &clean, trail)?;
        return Ok(Flow::Message(200, text));
    }
    let suspended = Suspended { session, id: asked.id, last_event: asked.last_event };
    let exchange = route.link.resume(&scene.platform, suspended, &errand.client, terms).await?;
    trail.stage("upstream");
    let view = errand.view(route, scope, Some(&exchange));
    relay::start(scene, exchange, view, trail).await
}

/// The upstream has lost the session, and the call with it.
fn forgotten(fault: Fault) -> Error {
    match fault {
        Fault::Upstream { kind: UpstreamFault::Session, .. } => Refusal::BadState.into(),
        fault => fault.into(),
    }
}

/// Members of `inputRequests` for what is still open.
fn again(questions: &str, open: &[Open]) -> Result<String, Error> {
    let whole = || Refusal::InvalidParams("inputResponses has to answer all questions at once".into());
    let json = Json::parse(questions.as_bytes(), &limits::RESPONSE).map_err(|_| whole())?;
    let mut requests = String::new();
    for Open { key, .. } in open {
        let question = json.get(json.root(), key).ok_or_else(|| internal("a question was lost"))?;
        if !requests.is_empty() {
            requests.push(',');
        }
        quote(&mut requests, key);
        requests.push(':');
        requests.push_str(json.raw(question));
    }
    Ok(requests)
}

/// Those of a modern client's capabilities, raw JSON, that a legacy upstream has questions for, and the extensions that are
/// passed on.
pub(crate) fn legacy_capabilities(declared: &str) -> String {
    let mut shown = String::from("{");
    if let Ok(json) = Json::parse(declared.as_bytes(), &limits::REQUEST) {
        for kind in ["elicitation", "extensions", "roots", "sampling"] {
            let Some(node) = json.get(json.root(), kind) else { continue };
            let comma = if shown.len() > 1 { "," } else { "" };
            shown.push_str(&format!("{comma}\"{kind}\":{}", json.raw(node)));
        }
    }
    shown.push('}');
    shown
}
