//! Tasks of a legacy server (MCP 2025-11-25) for a modern client (extension for tasks, MCP 2026-07-28). The session that the call was
//! made in is sealed into the task's id, so any isolate can ask it: for the state, for what came of it (`tasks/result`), and, on that
//! request's stream, for what the server wants to know.

use super::flat;
use super::shown::state as state_of;
use super::{REQUIRED, Stake, Task, declared, waiting};
use crate::catalog::Route;
use crate::error::{Error, Fault, Refusal, UpstreamFault};
use crate::gateway::asking::{Answers, Asking, GATHER_MS, QUESTIONS};
use crate::gateway::asks;
use crate::gateway::forward::{Asked, internal};
use crate::gateway::listen;
use crate::gateway::scene::{Flow, Scene, result_message};
use crate::gateway::view::View;
use crate::limits;
use crate::mcp::envelope::{Message, Outcome, Request, Response};
use crate::mcp::json::{Edits, Json, quote};
use crate::mcp::method::Method;
use crate::mcp::revisions::meta;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::redact::{Cleared, Held, Outbound};
use crate::upstream::{Ask, ClientSide, Exchange, FromUpstream, Sealed, Session};
use futures_util::future::{Either, select};
use std::pin::pin;
use std::rc::Rc;

/// What a task asks, in what is told of it.
const ASKS: &str = "inputRequests";
/// How long a task that waits for answers is listened to for its questions, in ms.
const PATIENCE_MS: u32 = 2_000;

/// Whether the call of a legacy tool becomes a task: of one that can be called in no other way. Whose answer comes by itself is
/// waited for, as the client would have to ask for it again and again, and it could be neither kept nor shared.
///
/// # Errors
/// [`Refusal::MissingCapability`] for a client that does not know tasks.
pub(super) fn offer(asked: &Asked<'_>, route: &Route) -> Result<bool, Refusal> {
    if !route.item.as_ref().is_some_and(|item| item.task_only) {
        return Ok(false);
    }
    if declared(asked.json, asked.request) {
        Ok(true)
    } else {
        Err(Refusal::MissingCapability(REQUIRED.to_owned()))
    }
}

/// A request of a modern client about such a task.
pub(super) struct Visit<'a, P: Platform> {
    pub scene: &'a Scene<P>,
    pub route: &'a Route,
    pub task: &'a Task,
    /// The one that the task is in.
    pub session: &'a Sealed,
    pub client: &'a ClientSide,
    pub view: &'a View<P>,
}

/// What the upstream said.
type Told = (Json<'static>, Response);

impl<P: Platform> Visit<'_, P> {
    /// Carries it out. `outbound`: the request as it may leave.
    pub async fn carry_out(self, outbound: &Outbound<'_>, trail: &mut Trail<P>) -> Result<Flow<P>, Error> {
        let mut asking = Asking::new(0);
        let told = match self.view.method {
            Method::TasksUpdate => self.answer(outbound).await,
            Method::TasksCancel => self.cancel(outbound, &mut asking, trail).await,
            _ => self.look(outbound, &mut asking, trail).await,
        };
        let mut asks = None;
        let flow = match told {
            Ok((json, response)) => {
                trail.stage("upstream");
                if let Outcome::Result(node) = response.outcome {
                    asks = json.get(node, ASKS).map(|asks| json.raw(asks).to_owned());
                }
                self.view.whole(self.scene, Held::Owned(json), response, trail).await
            }
            Err(error) => Err(error),
        };
        match asks {
            Some(asks) if flow.is_ok() => {
                if asking.len() > 0 {
                    waiting::keep(self.scene, self.task, &asks).await;
                }
            }
            // Nobody was shown them, and the task is not to wait.
            _ => asking.ids().for_each(|id| self.refuse(id)),
        }
        flow
    }

    /// `tasks/get`, with what came of the task and what it asks inside.
    async fn look(
        &self,
        outbound: &Outbound<'_>,
        asking: &mut Asking,
        trail: &mut Trail<P>,
    ) -> Result<Told, Error> {
        let (json, response) = self.ask(outbound, asking, trail).await?;
        let Outcome::Result(result) = response.outcome else { return Ok((json, response)) };
        let told = json.value(result);
        let to = self.view.to;
        let more = match self.state(&json, &response)? {
            Some("completed" | "failed") => {
                let (came, response) = self.ask(&self.result()?, asking, trail).await?;
                match response.outcome {
                    // Also the result of a tool that failed (extension for tasks, Task Status).
                    Outcome::Result(node) => {
                        vec![
                            ("status", quoted("completed")),
                            ("result", flat::result(&came, came.value(node))),
                        ]
                    }
                    Outcome::Error(node) if state_of(told) == Some("failed") => {
                        vec![("error", flat::error(&came, came.value(node), to))]
                    }
                    // It is complete, and its result cannot be had.
                    Outcome::Error(_) => return Ok((came, response)),
                }
            }
            Some("input_required") => {
                self.gather(asking, trail).await?;
                vec![(ASKS, waiting::with(self.scene, self.task, asking.requests()).await)]
            }
            // Questions may come on any stream (MCP 2025-11-25, Tasks: Input Required Status).
            Some("working") if asking.len() > 0 => {
                let asks = waiting::with(self.scene, self.task, asking.requests()).await;
                vec![("status", quoted("input_required")), (ASKS, asks)]
            }
            _ => Vec::new(),
        };
        let more: Vec<(&str, &str)> = more.iter().map(|(key, value)| (*key, value.as_str())).collect();
        answer(&flat::task(&json, told, None, &more))
    }

    /// `tasks/cancel`, which is acknowledged in the extension and no more. A server that cannot do it need not: what is cancelled
    /// may come to its end all the same.
    async fn cancel(
        &self,
        outbound: &Outbound<'_>,
        asking: &mut Asking,
        trail: &mut Trail<P>,
    ) -> Result<Told, Error> {
        let about = self.route.link.about(&self.scene.platform).await?;
        let can = Json::parse(about.capabilities.as_bytes(), &limits::RESPONSE).is_ok_and(|own| {
            own.value(own.root()).get("tasks").is_some_and(|own| own.get("cancel").is_some())
        });
        if can {
            let (json, response) = self.ask(outbound, asking, trail).await?;
            if matches!(response.outcome, Outcome::Error(_)) {
                return Ok((json, response));
            }
            if let Some(state) = self.state(&json, &response)? {
                trail.note("task", state);
            }
        }
        answer("{}")
    }

    /// `tasks/update`: each answer is posted to the question that its key names; what names none is of no account (extension
    /// for tasks, Task Update Requests).
    async fn answer(&self, outbound: &Outbound<'_>) -> Result<Told, Error> {
        let json = outbound.json();
        let answers = Answers::of(outbound)?;
        let mut named =
            answers.all().filter_map(|(key, node)| Some((flat::id_of(key)?, key.to_owned(), node)));
        let posts: Vec<_> = named.by_ref().take(QUESTIONS).collect();
        if named.next().is_some() {
            return Err(Refusal::InvalidParams("inputResponses has more than can be asked".into()).into());
        }
        let mut keys = Vec::new();
        for (id, key, node) in posts {
            let (mut edits, mut own) = (Edits::new(), String::new());
            quote(&mut own, &self.task.own);
            let related = format!(r#"{{"taskId":{own}}}"#);
            // MCP 2025-11-25, Tasks: Associating Task-Related Messages.
            match json.get(node, "_meta") {
                Some(meta) => edits.set(json, meta, meta::RELATED_TASK, related),
                None => edits.set(json, node, "_meta", format!(r#"{{"{}":{related}}}"#, meta::RELATED_TASK)),
            }
            let text = result_message(&id, &edits.apply_within(json.text(), json.span(node)));
            let posted = self.route.link.post(&self.scene.platform, self.session, Cleared::own(text)).await;
            posted.map_err(lost)?;
            keys.push(key);
        }
        waiting::answered(self.scene, self.task, &keys).await;
        answer("{}")
    }

    /// What the task asks, on the stream of a request for its result, which is given up then: the server goes on without.
    async fn gather(&self, asking: &mut Asking, trail: &mut Trail<P>) -> Result<(), Error> {
        let request = self.result()?;
        let platform = &self.scene.platform;
        let mut late = Box::pin(platform.sleep(PATIENCE_MS));
        // A server that does not stream says nothing before the task has ended.
        let mut exchange = match select(pin!(self.open(&request)), late.as_mut()).await {
            Either::Left((exchange, _)) => exchange?,
            Either::Right(_) => return Ok(()),
        };
        // Ends: with the time, the stream, or what may be asked at once.
        loop {
            let message = match select(pin!(exchange.next()), late.as_mut()).await {
                Either::Left((Ok(message), _)) => message,
                // What was asked can be answered all the same.
                Either::Left((Err(_), _)) if asking.len() > 0 => return Ok(()),
                Either::Left((Err(fault), _)) => return Err(lost(fault)),
                Either::Right(_) => return Ok(()),
            };
            let first = asking.len() == 0;
            match message {
                // It ended meanwhile: the next request finds it so.
                Some(FromUpstream::Answer { .. } | FromUpstream::Paused(_)) | None => return Ok(()),
                Some(message) => self.heard(message, asking, trail).await?,
            }
            if first && asking.len() > 0 {
                late = Box::pin(platform.sleep(GATHER_MS));
            }
        }
    }

    /// What comes before an answer: questions are taken in, and of all else only what concerns lists is of use.
    async fn heard(
        &self,
        message: FromUpstream,
        asking: &mut Asking,
        trail: &mut Trail<P>,
    ) -> Result<(), Error> {
        match message {
            FromUpstream::Notification { notification, .. } => {
                listen::heard(self.scene, &self.route.link, notification.method, false).await;
                trail.dropped(1);
            }
            FromUpstream::Ask { json, request, .. } => {
                let taken = self.take(&json, &request, asking);
                if taken.is_err() {
                    self.refuse(json.raw(request.id));
                }
                taken?;
            }
            FromUpstream::Answer { .. } | FromUpstream::Paused(_) => {}
        }
        Ok(())
    }

    fn take(&self, json: &Json<'_>, request: &Request, asking: &mut Asking) -> Result<(), Error> {
        let params = request.params.map(|params| json.value(params));
        if asking.ids().any(|known| known == json.raw(request.id)) {
            return Ok(());
        }
        let kind = asks::permit(self.route.link.upstream(), request.method, params)?;
        let key = flat::key_of(json.raw(request.id));
        let key = key.ok_or_else(|| self.view.fault(UpstreamFault::TooLarge))?;
        if asking.take(json, request, key, kind) {
            Ok(())
        } else {
            Err(self.view.fault(UpstreamFault::TooLarge))
        }
    }

    /// Tells the server that nobody answers, behind the answer.
    fn refuse(&self, id: &str) {
        let refused = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"The client cannot be asked this"}}}}"#
        );
        let (link, platform) = (Rc::clone(&self.route.link), self.scene.platform.clone());
        let session = self.session.clone();
        self.scene.platform.defer(Box::pin(async move {
            // A lost answer is the upstream's to time out.
            let _ = link.post(&platform, &session, Cleared::own(refused)).await;
        }));
    }

    /// Sends a request about the task, and waits for its answer.
    async fn ask(
        &self,
        outbound: &Outbound<'_>,
        asking: &mut Asking,
        trail: &mut Trail<P>,
    ) -> Result<Told, Error> {
        let mut exchange = self.open(outbound).await?;
        // Ends: an exchange has a deadline.
        loop {
            match exchange.next().await.map_err(lost)? {
                Some(FromUpstream::Answer { json, response }) => return Ok((json, response)),
                Some(FromUpstream::Paused(_)) | None => return Err(self.view.fault(UpstreamFault::NoAnswer)),
                Some(message) => self.heard(message, asking, trail).await?,
            }
        }
    }

    async fn open(&self, outbound: &Outbound<'_>) -> Result<Exchange<P>, Error> {
        let Self { scene, route, .. } = *self;
        let mut edits = Edits::new();
        if let Some(params) = outbound.request().params {
            edits.set_string(outbound.json(), params, "taskId", &self.task.own);
        }
        let terms = &route.link.terms(&scene.platform, None, "");
        let ask = Ask { outbound, edits, name: None, param_headers: Vec::new(), client: self.client, terms };
        let session = Session::Sealed(self.session.clone());
        route.link.open(&scene.platform, &session, ask).await.map_err(lost)
    }

    /// `tasks/result`.
    fn result(&self) -> Result<Outbound<'static>, Error> {
        let method = Method::TasksResult.name();
        let text = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"{method}","params":{{"taskId":""}}}}"#);
        Outbound::again(text)
    }

    /// The state of the task that an answer tells of, which has to be this one.
    fn state(&self, json: &Json<'_>, response: &Response) -> Result<Option<&'static str>, Error> {
        let Outcome::Result(result) = response.outcome else { return Ok(None) };
        let named = json.get(result, "taskId").and_then(|node| json.string(node));
        if named.as_deref() == Some(&self.task.own) {
            Ok(state_of(json.value(result)))
        } else {
            Err(self.view.fault(UpstreamFault::Malformed))
        }
    }
}

/// A session that the upstream has lost has no tasks any more.
fn lost(fault: Fault) -> Error {
    match fault {
        Fault::Upstream { kind: UpstreamFault::Session, .. } => Refusal::UnknownTask.into(),
        fault => fault.into(),
    }
}

/// A result (raw JSON object) as an answer that is still to be inspected.
fn answer(result: &str) -> Result<Told, Error> {
    read(result_message("0", result)).ok_or_else(|| internal("a task that cannot be read"))
}

fn read(text: String) -> Option<Told> {
    let json = Json::parse_owned(text.into_bytes(), &limits::RESPONSE).ok()?;
    match Message::read(&json, json.root()) {
        Ok(Message::Response(response)) => Some((json, response)),
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(&mut out, text);
    out
}

/// The answer to a call that has become a task, as the extension has it.
///
/// # Errors
/// It is larger than an answer may be.
pub(super) fn begun<P: Platform>(
    view: &View<P>,
    json: &Json<'_>,
    response: &Response,
) -> Result<Told, Error> {
    let Outcome::Result(result) = response.outcome else { return Err(internal("a task that is none")) };
    let whole = json.value(result);
    let told = whole.get("task").ok_or_else(|| view.fault(UpstreamFault::Malformed))?;
    let kind = [("resultType", "\"task\"")];
    let text = flat::task(json, told, whole.get("_meta"), &kind);
    read(result_message("0", &text)).ok_or_else(|| view.fault(UpstreamFault::Malformed))
}

/// Keeps the session of a task that has begun, for as long as that lives.
pub(super) fn hold<P: Platform>(scene: &Scene<P>, view: &View<P>, task: &Task) {
    if let (Stake::May(..), Some(session)) = (&view.stake, task.session()) {
        view.link.hold(&session, scene.platform.now_ms().saturating_add(task.life_ms));
    }
}
