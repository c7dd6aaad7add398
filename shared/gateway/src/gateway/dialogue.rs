//! A modern upstream asks a legacy client (MCP 2026-07-28, multi-round requests, towards 2025-11-25 and older): its questions
//! go to the client as requests on the stream of the call, the client posts its answers in requests of their own, and the
//! call is repeated with them. The requests of the client meet at a rendezvous: no isolate needs to know of both.

use super::admission;
use super::answers::{self, Origin, To};
use super::asks;
use super::capabilities::Capabilities;
use super::errand::Errand;
use super::forward::internal;
use super::scene::Scene;
use super::state::open_answer;
use super::view::View;
use crate::catalog::Route;
use crate::error::{Error, Refusal, UpstreamFault};
use crate::limits;
use crate::mcp::envelope::{Message, Outcome, Request, Response};
use crate::mcp::json::{Edits, Json, Kind, Node, Raw, quote};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, Revision};
use crate::platform::{Meeting, Platform};
use crate::stage::admit::Ticket;
use crate::stage::audit::Trail;
use crate::stage::redact::{Held, Outbound};
use crate::upstream::{Ask, ClientSide, Exchange, Link, Session, Terms};
use std::cell::Cell;
use std::rc::Rc;

/// Rounds of one call: clients of the modern era stop after as many.
const ROUNDS: u32 = 10;
/// Questions of one round.
const QUESTIONS: usize = 16;

/// A call that can be repeated with answers.
pub(crate) struct Dialogue {
    /// The request as it leaves without answers, raw JSON.
    text: String,
    /// What it names, as the upstream does.
    name: String,
    /// The tool or prompt, by its exposed name: what rounds are charged for.
    exposed: Option<String>,
    param_headers: Vec<(String, String)>,
    client: ClientSide,
    terms: Terms,
    /// How long the upstream may take for each round, in ms.
    total_ms: u64,
    /// A new one for each round: how many messages one holds is bounded.
    meeting: Cell<Meeting>,
    /// Of the last message of the meeting that was read.
    turn: Cell<u64>,
    rounds: Cell<u32>,
}

/// What the upstream asked, and what it was answered.
pub(crate) struct Round {
    /// Requests for the client.
    pub questions: Vec<String>,
    /// By the upstream's key.
    open: Vec<(String, Method, Option<String>)>,
    /// The upstream's own.
    state: Option<String>,
}

/// The capabilities of a legacy client that a modern upstream is shown: none where no answer would find its way back.
pub(crate) async fn shown<P: Platform>(scene: &Scene<P>, json: &Json<'_>, own: Capabilities) -> Capabilities {
    // What comes of a batch is answered together: nobody would be asked before the end.
    let batch = json.kind(json.root()) == Kind::Array;
    if own.asks_nothing() || batch || !scene.platform.has_rendezvous().await { own.unasked() } else { own }
}

/// Whether the upstream wants to know more (MCP 2026-07-28, multi-round requests).
pub(crate) fn is_asked(json: &Json<'_>, response: &Response) -> bool {
    let Outcome::Result(result) = response.outcome else { return false };
    let kind = json.get(result, "resultType").and_then(|node| json.string(node));
    kind.is_some_and(|kind| kind == "input_required")
}

impl Dialogue {
    /// That of an errand of a legacy client at a modern upstream; none if nobody can be asked.
    pub fn of<P: Platform>(errand: &Errand<'_, P>, route: &Route, terms: &Terms) -> Option<Rc<Self>> {
        let across = errand.era == Era::Modern && errand.asker.revision.era() == Era::Legacy;
        if !across || !errand.request.method.may_ask_back() || !errand.can_be_asked {
            return None;
        }
        let scene = errand.scene;
        let (json, request) = (errand.outbound.json(), errand.outbound.request());
        Some(Rc::new(Self {
            text: errand.renamed(route).apply_within(json.text(), json.span(request.node)),
            name: errand.original(route).to_owned(),
            exposed: errand.target.exposed().map(str::to_owned),
            param_headers: errand.param_headers(route),
            client: errand.client.clone(),
            terms: terms.clone(),
            total_ms: terms.deadlines.end.saturating_sub(scene.platform.now_ms()),
            meeting: Cell::new(Meeting {
                id: [0; 16],
                jurisdiction: scene.caller.tenant().limits.placement.jurisdiction,
            }),
            turn: Cell::new(0),
            rounds: Cell::new(0),
        }))
    }

    /// What the upstream asks, as requests for the client.
    pub async fn ask<P: Platform>(
        &self,
        scene: &Scene<P>,
        view: &View<P>,
        json: Json<'static>,
        response: Response,
        trail: &mut Trail<P>,
    ) -> Result<Round, Error> {
        self.rounds.set(self.rounds.get() + 1);
        self.turn.set(0);
        let mut meeting = self.meeting.get();
        scene.platform.fill(&mut meeting.id);
        self.meeting.set(meeting);
        let clean = view.clean(scene, Held::Owned(json), Message::Response(response), trail).await?;
        let (json, Message::Response(Response { outcome: Outcome::Result(result), .. })) =
            (clean.json(), clean.message())
        else {
            return Err(internal("questions that are none"));
        };
        let state = json.get(*result, "requestState").and_then(|state| json.string(state));
        let mut round = Round { questions: Vec::new(), open: Vec::new(), state: state.map(Into::into) };
        let requests = json.get(*result, "inputRequests").map(|node| json.value(node));
        for (key, request) in requests.into_iter().flat_map(Raw::members).take(QUESTIONS + 1) {
            let (method, text) = self.question(scene, view, json, &key, request)?;
            round.questions.push(text);
            round.open.push((key.into_owned(), method, None));
        }
        if self.rounds.get() > ROUNDS || round.open.len() > QUESTIONS {
            return Err(view.fault(UpstreamFault::TooLarge));
        }
        trail.count("asked", round.open.len() as u64);
        if let Some(ticket) = &view.ticket {
            admission::answered(scene, ticket, json, Outcome::Result(*result), view.method)
                .map_err(|kind| view.fault(kind))?;
        }
        Ok(round)
    }

    /// One question under an id that finds its way back.
    fn question<P: Platform>(
        &self,
        scene: &Scene<P>,
        view: &View<P>,
        json: &Json<'_>,
        key: &str,
        request: Raw<'_>,
    ) -> Result<(Method, String), Error> {
        let method = request.get("method").and_then(Raw::string);
        let method = method.and_then(|method| method.parse::<Method>().ok());
        let method = method
            .filter(|method| matches!(method, Method::Elicit | Method::CreateMessage | Method::RootsList));
        let method = method.ok_or_else(|| view.fault(UpstreamFault::Malformed))?;
        let params = request.get("params");
        let kind = asks::permit(view.link.upstream(), method, params)?;
        if !view.declares(kind) {
            return Err(view.cannot_ask(kind));
        }
        let to = To::Meeting(self.meeting.get().id);
        let from = Origin { alias: &view.link.upstream().alias, name: view.named(), kind, to };
        let mut own = String::new();
        quote(&mut own, key);
        let id = answers::seal_ask(scene, &from, &own)?;
        let mut text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{}""#, method.name());
        if let Some(params) = params {
            text.push_str(r#","params":"#);
            text.push_str(&for_client(scene, view, json, params));
        }
        text.push('}');
        Ok((method, text))
    }

    /// Waits until all is answered, and repeats the call with the answers: charged as if the client had repeated it.
    pub async fn go_on<P: Platform>(
        self: Rc<Self>,
        scene: Scene<P>,
        link: Rc<Link>,
        mut round: Round,
    ) -> Result<(Exchange<P>, Rc<Ticket<P>>), Error> {
        let end = scene.platform.now_ms().saturating_add(answers::ASK_MS);
        // Ends: the wait has a deadline, and a meeting a bound.
        while round.open.iter().any(|(.., answer)| answer.is_none()) {
            let left = u32::try_from(end.saturating_sub(scene.platform.now_ms())).unwrap_or(u32::MAX);
            let posted = scene.platform.wait(self.meeting.get(), self.turn.get(), left).await;
            let posted = posted.ok_or(Refusal::InvalidRequest("a question was not answered in time"))?;
            self.turn.set(posted.turn);
            if let Some(text) = open_answer(&scene, &posted.message) {
                round.take(&text)?;
            }
        }
        let json = Json::parse(self.text.as_bytes(), &limits::REQUEST)
            .map_err(|_| internal("a request that was sent cannot be read"))?;
        let Ok(Message::Request(request)) = Message::read(&json, json.root()) else {
            return Err(internal("a request that was sent is none"));
        };
        let arguments = request.params.and_then(|params| json.get(params, "arguments"));
        let arguments = arguments.map_or("", |node| json.raw(node));
        let exposed = self.exposed.as_deref();
        let ticket = admission::admit_again(&scene, link.upstream(), exposed, arguments, false).await?;
        let outbound = Outbound::again(round.answered(&json, &request))?;
        let mut terms = self.terms.clone();
        terms.deadlines.end = scene.platform.now_ms().saturating_add(self.total_ms);
        let ask = Ask {
            outbound: &outbound,
            edits: Edits::new(),
            name: Some(self.name.clone()),
            param_headers: self.param_headers.clone(),
            client: &self.client,
            terms: &terms,
        };
        match link.open(&scene.platform, &Session::Pooled, ask).await {
            Ok(exchange) => Ok((exchange, Rc::new(ticket))),
            Err(fault) => {
                admission::failed(&scene, &ticket, &fault.clone().into());
                Err(fault.into())
            }
        }
    }
}

impl Round {
    /// Takes an answer of the client in: the first one to each question.
    fn take(&mut self, text: &str) -> Result<(), Error> {
        let Ok(json) = Json::parse(text.as_bytes(), &limits::REQUEST) else { return Ok(()) };
        let root = json.root();
        let key = json.get(root, "id").and_then(|id| json.string(id)).unwrap_or_default();
        let found = self.open.iter_mut().find(|(own, _, answer)| *own == key && answer.is_none());
        let Some((_, method, answer)) = found else { return Ok(()) };
        let result = json.get(root, "result").filter(|node| json.kind(*node) == Kind::Object);
        *answer = Some(match (result, *method) {
            (Some(result), _) => json.raw(result).to_owned(),
            // There is no other way to say that nobody was asked.
            (None, Method::Elicit) => r#"{"action":"cancel"}"#.to_owned(),
            (None, _) => {
                return Err(
                    Refusal::InvalidRequest("the client did not answer what the upstream asked").into()
                );
            }
        });
        Ok(())
    }

    /// The request with its answers.
    fn answered(self, json: &Json<'_>, request: &Request) -> String {
        let mut edits = Edits::new();
        if let Some(params) = request.params {
            self.put(json, params, &mut edits);
        }
        edits.apply_within(json.text(), json.span(request.node))
    }

    fn put(self, json: &Json<'_>, params: Node, edits: &mut Edits) {
        let mut answers = String::from("{");
        for (key, _, answer) in &self.open {
            if answers.len() > 1 {
                answers.push(',');
            }
            quote(&mut answers, key);
            answers.push(':');
            answers.push_str(answer.as_deref().unwrap_or("{}"));
        }
        answers.push('}');
        if !self.open.is_empty() {
            edits.set(json, params, "inputResponses", answers);
        }
        if let Some(state) = &self.state {
            edits.set_string(json, params, "requestState", state);
        }
    }
}

/// What of a question's parameters is otherwise for the client: modes of elicitation came with 2025-11-25.
fn for_client<P: Platform>(scene: &Scene<P>, view: &View<P>, json: &Json<'_>, params: Raw<'_>) -> String {
    let mut edits = Edits::new();
    if view.to < Revision::V2025_11_25 && params.get("mode").is_some() {
        edits.remove_in(params, "mode");
    }
    scene.gateway.catalog.expose_question(&view.viewer(scene), params, &mut edits);
    edits.apply_within(json.text(), params.span())
}
