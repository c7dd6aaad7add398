//! From an upstream's messages to the agent's: ids, states, questions and the differences of the eras. A map over messages.

mod questions;

use super::SERVER_INFO;
use super::admission;
use super::asking::Ready;
use super::asks;
use super::behind::Ending;
use super::consent::{self, Replies};
use super::dialogue::{Dialogue, is_asked};
use super::forward::{across_eras, internal};
use super::inspection::{self, Of};
use super::listen::{self, Resumable};
use super::running::Listed;
use super::scene::{Flow, Scene};
use super::state::{self, Scope};
use super::tasks::{self, Stake};
use crate::catalog::{Catalog, Client, Viewer};
use crate::error::{Error, Fault, Refusal, UpstreamFault};
use crate::mcp::envelope::{Message, Notification, Outcome, Response};
use crate::mcp::json::{Edits, Json, Node};
use crate::mcp::method::Method;
use crate::mcp::revisions::{self, Era, Own, Revision};
use crate::platform::Platform;
use crate::stage::admit::Ticket;
use crate::stage::audit::Trail;
use crate::stage::cache::Slot;
use crate::stage::redact::{Clean, Held, Plan};
use crate::tenant::Way;
use crate::upstream::{FromUpstream, Link};
use std::rc::Rc;

/// What one call's answers are turned with.
pub(crate) struct View<P: Platform> {
    /// The client's id, raw JSON: it returns with its type and every digit.
    pub id: String,
    pub method: Method,
    pub from: Era,
    pub to: Revision,
    /// Whether the client knows MCP Apps.
    pub apps: bool,
    /// The capabilities that a modern client declared, raw JSON.
    pub declared: String,
    /// What the request says of questions before it.
    pub replies: Replies,
    pub link: Rc<Link>,
    /// What is inspected of its messages.
    pub plan: Option<Rc<Plan>>,
    pub state: Scope,
    pub listed: Option<Listed>,
    /// What the call was charged; none for what only counts as a request.
    pub ticket: Option<Rc<Ticket<P>>>,
    /// Where its answer may be kept, if nothing comes before it.
    pub slot: Option<Rc<Slot>>,
    /// What the agent is told of an answer that was kept, raw JSON.
    pub mark: Option<String>,
    /// How a legacy client is asked what a modern upstream asks.
    pub dialogue: Option<Rc<Dialogue>>,
    /// Answers of a modern client to what a legacy upstream may ask.
    pub ready: Option<Box<Ready>>,
    /// What it ends in the cache when it has ended.
    pub ending: Option<Rc<Ending<P>>>,
    /// How its stream can be taken up by a legacy client that has lost it, and the key of that client's session.
    pub resumable: Option<Rc<(String, Resumable)>>,
    /// What it has to do with tasks.
    pub stake: Stake,
}

impl<P: Platform> View<P> {
    pub fn fault(&self, kind: UpstreamFault) -> Error {
        self.link.fault(kind).into()
    }

    /// Whether this is what a legacy client is to be asked.
    pub fn asks(&self, json: &Json<'_>, response: &Response) -> bool {
        self.dialogue.is_some() && is_asked(json, response)
    }

    /// A message as the agent gets it; none if it gets nothing of it.
    pub async fn turn(
        &self,
        scene: &Scene<P>,
        message: Result<Option<FromUpstream>, Fault>,
        trail: &mut Trail<P>,
    ) -> Option<Result<String, Error>> {
        match message {
            Ok(Some(FromUpstream::Answer { json, response })) => {
                Some(self.said(scene, Held::Owned(json), response, None, trail).await)
            }
            Ok(Some(FromUpstream::Notification { json, notification, token })) => {
                let passes = self.passes(scene, notification.method)
                    && tasks::hears(&self.stake, &json, &notification);
                if !listen::heard(scene, &self.link, notification.method, passes).await {
                    trail.dropped(1);
                    return None;
                }
                let message = Message::Notification(notification);
                match self.clean(scene, Held::Owned(json), message, trail).await {
                    Ok(clean) => Some(Ok(self.notified(scene, &clean, token.as_deref()))),
                    // Nobody waits for it, and the record counts it.
                    Err(Error::Refusal(Refusal::Blocked { .. })) => None,
                    Err(error) => Some(Err(error)),
                }
            }
            Ok(Some(FromUpstream::Ask { json, request, session })) => {
                let asked = self.may_ask(&json, &request);
                let session = match asked.and_then(|kind| session.ok_or_else(|| self.cannot_ask(kind))) {
                    Ok(session) => session,
                    Err(error) => return Some(Err(error)),
                };
                let message = Message::Request(request);
                let clean = self.clean(scene, Held::Owned(json), message, trail).await;
                Some(clean.and_then(|clean| self.question(scene, &clean, &session)))
            }
            Ok(None | Some(FromUpstream::Paused(_))) => Some(Err(self.fault(UpstreamFault::NoAnswer))),
            Err(fault) => Some(Err(fault.into())),
        }
    }

    /// A message that the agent may see: what it may not is replaced in it, or it is refused.
    pub async fn clean<'j>(
        &self,
        scene: &Scene<P>,
        json: Held<'j>,
        message: Message,
        trail: &mut Trail<P>,
    ) -> Result<Clean<'j>, Error> {
        let way = match &message {
            Message::Response(Response { outcome: Outcome::Error(_), .. }) => Way::Error,
            _ => Way::Response,
        };
        Self::learn(scene, &json).await;
        let plan = self.plan.as_deref();
        let clean = Clean::of(plan, json, message, way, trail.tally())?;
        if plan.and_then(Plan::dlp).is_none() {
            return Ok(clean);
        }
        let what = plan.and_then(Plan::name).unwrap_or(self.method.name());
        let of = Of { what, server: &self.link.upstream().alias, way };
        // On the heap, as all that most calls have no part in.
        Box::pin(inspection::inbound(scene, plan, &of, clean, trail)).await
    }

    /// Before a message is shown that may name resources.
    pub async fn learn(scene: &Scene<P>, json: &Json<'_>) {
        let Scene { gateway, platform, caller } = scene;
        if gateway.catalog.is_unsure(caller, json) {
            Box::pin(gateway.catalog.learn(platform, &gateway.links, caller)).await;
        }
    }

    /// The upstream's answer when nothing came before it, with the status that its code has in the agent's
    /// era (MCP 2026-07-28, Streamable HTTP).
    pub async fn whole(
        &self,
        scene: &Scene<P>,
        json: Held<'_>,
        response: Response,
        trail: &mut Trail<P>,
    ) -> Result<Flow<P>, Error> {
        let code = match response.outcome {
            Outcome::Error(error) => json.get(error, "code").and_then(|code| json.integer(code)),
            Outcome::Result(_) => None,
        };
        let status = match code {
            Some(-32021) if self.to.era() == Era::Modern => 400,
            Some(-32601) if self.to.era() == Era::Modern => 404,
            _ => 200,
        };
        Ok(Flow::Message(status, self.said(scene, json, response, self.slot.as_deref(), trail).await?))
    }

    /// The upstream's answer as the agent gets it.
    pub fn answer(&self, scene: &Scene<P>, clean: &Clean<'_>) -> Result<String, Error> {
        self.turned(scene, clean, None)
    }

    /// The questions of a legacy upstream, as a result of a modern one, with the state that was sealed for them.
    pub fn asked(&self, scene: &Scene<P>, clean: &Clean<'_>, state: &str) -> Result<String, Error> {
        self.turned(scene, clean, Some(state))
    }

    fn turned(&self, scene: &Scene<P>, clean: &Clean<'_>, state: Option<&str>) -> Result<String, Error> {
        let (json, Message::Response(response)) = (clean.json(), clean.message()) else {
            return Err(internal("an answer that is none"));
        };
        if let Some(ticket) = &self.ticket {
            admission::answered(scene, ticket, json, response.outcome, self.method)
                .map_err(|kind| self.fault(kind))?;
        }
        let mut edits = Edits::new();
        if let Some(id) = response.id {
            edits.replace(json.span(id), &self.id);
        }
        match response.outcome {
            Outcome::Result(result) => self.result(scene, clean, result, state, &mut edits)?,
            Outcome::Error(error) => self.error(scene, json, response.node, error, &mut edits)?,
        }
        Ok(edits.apply(json.text()))
    }

    fn result(
        &self,
        scene: &Scene<P>,
        clean: &Clean<'_>,
        result: Node,
        state: Option<&str>,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        let json = clean.json();
        let from = if state.is_some() { Era::Modern } else { self.from };
        let kind = json.get(result, "resultType").filter(|_| from == Era::Modern);
        let kind = kind.and_then(|node| json.string(node));
        match (kind.as_deref(), state) {
            (_, Some(state)) => edits.set_string(json, result, "requestState", state),
            (Some("input_required"), _) => {
                let kinds = asks::permit_all(self.link.upstream(), json.value(result))?;
                if self.to.era() == Era::Legacy {
                    return Err(across_eras());
                }
                let from = (self.link.upstream().alias.as_str(), kinds);
                state::seal(scene, json, result, from, &self.state, edits)?;
            }
            _ => {}
        }
        let viewer = self.viewer(scene);
        scene.gateway.catalog.expose_result(&viewer, self.method, json, result, edits);
        let dlp = self.plan.as_ref().is_some_and(|plan| plan.dlp().is_some());
        let own = Own {
            server_info: SERVER_INFO,
            // Tokens end, a service may say otherwise next time, and what a dialogue came to is nobody's to keep.
            lasting: !dlp && !clean.has_tokens() && self.replies == Replies::None,
            cache: self.mark.as_deref(),
            uri: &|original| scene.gateway.catalog.expose_uri(&viewer, original),
        };
        revisions::convert_result(json, result, self.method, from, self.to, edits, &own);
        Ok(())
    }

    fn error(
        &self,
        scene: &Scene<P>,
        json: &Json<'_>,
        message: Node,
        error: Node,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        let Some(code) = json.get(error, "code") else { return Ok(()) };
        let number = json.integer(code).unwrap_or_default();
        let data = json.get(error, "data").map(|data| json.value(data));
        if number == -32021
            && let Some(denied) = asks::withheld(self.link.upstream(), data)
        {
            return Err(denied.into());
        }
        // The client of another era could not declare the capability to this upstream, whatever it can do.
        if number == -32021 && self.to.era() != self.from {
            return Err(across_eras());
        }
        let asks = number == consent::URL_ELICITATION_REQUIRED;
        if asks {
            asks::permit_pages(self.link.upstream(), data)?;
        }
        if asks
            && self.from == Era::Legacy
            && self.to.era() == Era::Modern
            && self.method.may_ask_back()
            && self.replies != Replies::Declined
            && let Some(result) = consent::asked(json, error, &self.declared)?
        {
            edits.remove(json, message, "error");
            edits.set(json, message, "result", result);
            return Ok(());
        }
        if let Some(data) = data {
            scene.gateway.catalog.expose_named(&self.viewer(scene), data, edits);
        }
        let converted = revisions::convert_error(number, self.from, self.to, self.method);
        if converted != number {
            edits.replace(json.span(code), converted.to_string());
        }
        Ok(())
    }

    pub fn viewer<'a>(&'a self, scene: &'a Scene<P>) -> Viewer<'a> {
        let client = Client { revision: self.to, apps: self.apps };
        Viewer { caller: &scene.caller, client, alias: &self.link.upstream().alias }
    }

    /// Whether a notification of this call is for the client: what its revision does not know is left out, and so is what
    /// happens to resources that it may not read.
    fn passes(&self, scene: &Scene<P>, method: Method) -> bool {
        match method {
            Method::Progress | Method::LogMessage => true,
            // Updates and list changes ride on any stream of a legacy session, and on none of a modern one.
            _ if self.to.era() != Era::Legacy || self.from != Era::Legacy => false,
            Method::ResourcesUpdated => Catalog::may_read(&self.viewer(scene)),
            _ => true,
        }
    }

    /// A notification with the client's own progress token, and with names as the client knows them.
    fn notified(&self, scene: &Scene<P>, clean: &Clean<'_>, token: Option<&str>) -> String {
        let (json, message) = (clean.json(), clean.message());
        let mut edits = Edits::new();
        if let Message::Notification(Notification { method, params: Some(params), .. }) = message {
            if let Some(token) = token {
                edits.set(json, *params, "progressToken", token);
            }
            tasks::rename(&self.stake, *method, json.value(*params), &mut edits);
            match method {
                Method::LogMessage => self.name_logger(json, *params, &mut edits),
                Method::ResourcesUpdated => {
                    scene.gateway.catalog.expose_named(&self.viewer(scene), json.value(*params), &mut edits);
                }
                _ => {}
            }
        }
        edits.apply(json.text())
    }

    /// Loggers of many upstreams may have one name: each is told by its alias, as tools are.
    fn name_logger(&self, json: &Json<'_>, params: Node, edits: &mut Edits) {
        let alias = &self.link.upstream().alias;
        if alias.is_empty() {
            return;
        }
        match json.get(params, "logger") {
            None => edits.set_string(json, params, "logger", alias),
            Some(logger) => {
                if let Some(logger) = json.string(logger) {
                    edits.set_string(json, params, "logger", &format!("{alias}__{logger}"));
                }
            }
        }
    }

    /// The tool or prompt that was called, by its exposed name.
    pub fn named(&self) -> Option<&str> {
        matches!(self.method, Method::ToolsCall | Method::PromptsGet).then(|| self.state.name())
    }
}
