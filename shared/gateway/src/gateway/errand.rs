//! A call on its way to its upstream.

use super::asking;
use super::asks;
use super::behind::Ending;
use super::consent::Replies;
use super::forward::{annotations, arguments, declared, open};
use super::listen::Resumable;
use super::scene::{Asker, Scene};
use super::state::{self, Scope};
use super::target::Target;
use super::tasks::{self, Place, Stake};
use super::view::View;
use crate::catalog::Route;
use crate::error::Error;
use crate::mcp::envelope::Request;
use crate::mcp::headers;
use crate::mcp::json::{Edits, Json, Kind};
use crate::mcp::revisions::{Era, Revision};
use crate::platform::Platform;
use crate::stage::admit::Ticket;
use crate::stage::cache::Slot;
use crate::stage::redact::{Outbound, Plan};
use crate::upstream::{Ask, ClientSide, Exchange, Sealed, Session, Terms};
use std::rc::Rc;

/// Bytes of a call's id and name that fit into an event id.
const RESUMABLE: usize = 512;

/// A call on its way to one route or another: what is the same however often it is sent.
pub(crate) struct Errand<'a, P: Platform> {
    pub scene: &'a Scene<P>,
    /// As the agent sent it: what its states are bound to, and where its id is.
    pub json: &'a Json<'a>,
    pub request: &'a Request,
    /// As it may leave.
    pub outbound: &'a Outbound<'a>,
    /// The resource's URI as it may leave, if that is not as it is listed.
    pub uri: Option<String>,
    pub asker: &'a Asker,
    pub target: &'a Target,
    /// The upstream's.
    pub era: Era,
    pub client: ClientSide,
    pub session: Session,
    /// Whether a modern client answers a legacy upstream.
    pub dialogue: bool,
    /// Whether a modern upstream can ask a legacy client.
    pub can_be_asked: bool,
    pub plan: Option<Rc<Plan>>,
    pub ticket: Rc<Ticket<P>>,
    /// Where its answer may be kept.
    pub slot: Option<Rc<Slot>>,
    /// What it ends in the cache when it has ended.
    pub ending: Option<Rc<Ending<P>>>,
    /// Whether it may be answered with a task.
    pub tasks: bool,
}

impl<P: Platform> Errand<'_, P> {
    /// Sends the call.
    pub async fn open(&self, route: &Route, terms: &Terms, state: &Scope) -> Result<Exchange<P>, Error> {
        let Self { scene, outbound, .. } = *self;
        let (json, request) = (outbound.json(), outbound.request());
        let mut edits = self.renamed(route);
        state::unseal(scene, json, request, state, route, &mut edits)?;
        // Of a legacy upstream each question is judged when it comes, and those of a state were.
        let member = |key| request.params.and_then(|params| json.get(params, key));
        let unknown = member("inputResponses").filter(|_| !self.dialogue && member("requestState").is_none());
        if let Some(answers) = unknown {
            asks::permit_answers(route.link.upstream(), json.value(answers))?;
        }
        let param_headers = self.param_headers(route);
        let name = Some(self.original(route).to_owned());
        let ask = Ask { outbound, edits, name, param_headers, client: &self.client, terms };
        open(scene, route, &self.session, ask).await
    }

    /// The upstream's name for what is asked for.
    pub fn original<'r>(&'r self, route: &'r Route) -> &'r str {
        self.uri.as_deref().unwrap_or(&route.original)
    }

    /// What is changed so that the upstream knows it by that name.
    pub fn renamed(&self, route: &Route) -> Edits {
        let mut edits = Edits::new();
        let (json, request) = (self.outbound.json(), self.outbound.request());
        self.target.rename(json, request, self.original(route), &mut edits);
        if self.is_bridged() && self.tasks {
            if let Some(params) = request.params {
                edits.set(json, params, "task", tasks::wish());
            }
            return edits;
        }
        // A task of 2025-11-25 that nobody could ask for is none: the call is one like any other (MCP 2025-11-25, Tasks).
        let relayed = self.tasks || self.asker.revision.era() == Era::Modern && self.era == Era::Modern;
        if let Some(params) = request.params.filter(|params| !relayed && json.get(*params, "task").is_some())
        {
            edits.remove(json, params, "task");
        }
        edits
    }

    /// Whether a modern client calls a legacy upstream.
    fn is_bridged(&self) -> bool {
        self.asker.revision.era() == Era::Modern && self.era == Era::Legacy
    }

    /// What its answer has to do with tasks, in the session that it was sent in.
    fn stake(&self, session: Option<&Sealed>) -> Stake {
        let place = match session {
            _ if !self.tasks => None,
            _ if self.asker.revision.era() == Era::Legacy => Some(Place::Own),
            _ if self.era == Era::Modern => Some(Place::Modern),
            Some(session) if session.revision == Revision::V2025_11_25 => {
                Some(Place::Bridged(session.id.clone()))
            }
            _ => None,
        };
        place.map_or(Stake::None, |place| Stake::May(self.target.name().to_owned(), place))
    }

    /// The headers that mirror the arguments as they leave.
    pub fn param_headers(&self, route: &Route) -> Vec<(String, String)> {
        headers::param_values(annotations(route), arguments(self.outbound.json(), self.outbound.request()))
    }

    /// What its answer is turned with. `exchange`: what it comes by, where it can be cancelled.
    pub fn view(&self, route: &Route, state: Scope, exchange: Option<&Exchange<P>>) -> View<P> {
        let upstream_id = exchange.map(Exchange::id);
        let Self { scene, json, request, asker, .. } = *self;
        let id = json.raw(request.id);
        let listed = asker.session.as_ref().zip(upstream_id).and_then(|(own, upstream_id)| {
            let (link, session) = (route.link.clone(), self.session.clone());
            scene.gateway.running.enter(&own.key, id, link, session, upstream_id.to_owned())
        });
        View {
            id: id.to_owned(),
            method: request.method,
            from: self.era,
            to: asker.revision,
            apps: asker.client(json, request).apps,
            replies: Replies::of(json, request),
            declared: match asker.revision.era() {
                Era::Modern => declared(json, request),
                Era::Legacy => self.client.capabilities.clone(),
            },
            link: route.link.clone(),
            plan: self.plan.clone(),
            state,
            listed,
            ticket: Some(Rc::clone(&self.ticket)),
            slot: self.slot.clone(),
            mark: None,
            dialogue: None,
            ready: if self.dialogue { asking::ready(self.outbound) } else { None },
            ending: self.ending.clone(),
            resumable: upstream_id.and_then(|upstream_id| self.resumable(route, upstream_id)),
            stake: self.stake(exchange.and_then(Exchange::session)),
        }
    }

    /// How a legacy client finds its call again in its own session at a legacy upstream. What comes of a batch is answered
    /// together, and a completion is of no use later.
    fn resumable(&self, route: &Route, upstream_id: &str) -> Option<Rc<(String, Resumable)>> {
        let Self { json, request, asker, .. } = *self;
        let own = asker.session.as_ref().filter(|_| matches!(self.session, Session::Sealed(_)))?;
        if json.kind(json.root()) == Kind::Array || !request.method.may_ask_back() {
            return None;
        }
        let call = Resumable {
            alias: route.link.upstream().alias.clone(),
            upstream_id: upstream_id.to_owned(),
            id: json.raw(request.id).to_owned(),
            method: request.method.name().to_owned(),
            name: self.target.name().to_owned(),
        };
        (call.id.len() + call.name.len() <= RESUMABLE).then(|| Rc::new((own.key.clone(), call)))
    }
}
