//! Calls of tools whose answers are kept (stage `cache`): answered from there, or asked, or both.

use super::behind::Refresh;
use super::consent::Replies;
use super::forward::{Asked, annotations, arguments, declared, session_for};
use super::inspection::{self, Of};
use super::scene::{Flow, Scene};
use super::shared;
use super::state::Scope;
use super::target::{Kind as What, Target};
use super::tasks::Stake;
use super::view::View;
use crate::catalog::Route;
use crate::error::{Error, Fault, UpstreamFault};
use crate::mcp::envelope::Message;
use crate::mcp::headers;
use crate::mcp::json::{Json, Raw};
use crate::mcp::method::Method;
use crate::mcp::revisions::meta;
use crate::platform::Platform;
use crate::stage::admit::Ticket;
use crate::stage::audit::Trail;
use crate::stage::cache::{Alike, Call, Entry, Kind, Score, Slot, Use, Wish};
use crate::stage::redact::{Clean, Outbound, Plan, Tally};
use crate::tenant::{Caching, Tool, Way};
use crate::upstream::Session;
use std::rc::Rc;

/// A call that is about to leave, for the cache to look at.
pub(crate) struct Leaving<'a, P: Platform> {
    pub scene: &'a Scene<P>,
    pub asked: &'a Asked<'a>,
    pub target: &'a Target,
    pub route: &'a Route,
    pub tool: Option<&'a Rc<Tool>>,
    pub plan: Option<&'a Rc<Plan>>,
    pub outbound: &'a Outbound<'a>,
    pub ticket: &'a Rc<Ticket<P>>,
}

/// What came of looking.
pub(crate) enum Looked<P: Platform> {
    Answered(Flow<P>),
    /// The upstream is to be asked.
    Missed(Missed),
}

/// A call that the cache has no answer for.
#[derive(Default)]
pub(crate) struct Missed {
    /// Where its answer may be kept.
    pub slot: Option<Rc<Slot>>,
    /// What may stand in if the upstream fails.
    stale: Option<Rc<Entry>>,
    wish: Wish,
}

impl<P: Platform> Leaving<'_, P> {
    /// Answers the call, if it may be answered from the cache.
    pub async fn look(&self, trail: &mut Trail<P>) -> Result<Looked<P>, Error> {
        let missed = || Ok(Looked::Missed(Missed::default()));
        let Some((tool, caching)) = self.caching() else { return missed() };
        let Some(slot) = self.slot(tool, caching).await else { return missed() };
        let wish = self.wish();
        let fresh = wish.no_cache;
        let (cache, platform) = (&self.scene.gateway.cache, &self.scene.platform);
        let now_ms = platform.now_ms();
        let usable = |entry: &Rc<Entry>| entry.usable(caching, now_ms);
        let mut entry = cache.here(&slot).filter(|_| !fresh);
        let serves = |entry: &Rc<Entry>| match usable(entry) {
            Use::Fresh => true,
            Use::Revalidate => entry.is_being_refreshed(now_ms) && self.is_pooled(),
            Use::OnError | Use::Over => false,
        };
        if !fresh && !entry.as_ref().is_some_and(serves) {
            // Another isolate may have asked since.
            let kept = Box::pin(cache.recall(platform, &slot)).await;
            entry = kept.or(entry);
        }
        let found = entry.as_ref().map_or(Use::Over, &usable);
        match (found, &entry) {
            (Use::Fresh, Some(entry)) => return self.serve(entry, Kind::Exact, None, trail).await,
            (Use::Revalidate, Some(entry)) if self.is_pooled() => {
                self.refresh(tool, entry, &slot, trail);
                return self.serve(entry, Kind::Stale, None, trail).await;
            }
            _ => {}
        }
        let stale = entry.filter(|_| found != Use::Over);
        let slot = match Box::pin(cache.alike(platform, slot, wish)).await {
            Ok(Alike::Hit(entry, score)) => {
                return self.serve(&entry, Kind::Semantic, Some(&score), trail).await;
            }
            Ok(Alike::Ask(slot)) => slot,
            Err((slot, why)) => {
                trail.note("cache_model", &why);
                slot
            }
        };
        let kind = if slot.is_shadow() { Kind::Shadow } else { Kind::Miss };
        cache.count(platform, &self.scene.caller.tenant().name, self.target.name(), kind, None);
        Ok(Looked::Missed(Missed { slot: Some(Rc::new(slot)), stale, wish }))
    }

    /// What the agent says of it. A wish that nobody knows is better granted than not.
    fn wish(&self) -> Wish {
        let Asked { json, request, .. } = *self.asked;
        let Some(wish) = request.meta.and_then(|node| json.get(node, meta::OWN_CACHE)) else {
            return Wish::default();
        };
        let no_semantic = json.string(wish).as_deref() == Some("no-semantic");
        Wish { no_cache: !no_semantic, no_semantic }
    }

    /// What its tool's settings say of keeping answers.
    fn caching(&self) -> Option<(&Rc<Tool>, &Caching)> {
        self.tool.and_then(|tool| Some((tool, tool.cache.as_ref()?)))
    }

    /// The place of its answer, if that may be kept.
    async fn slot(&self, tool: &Rc<Tool>, caching: &Caching) -> Option<Slot> {
        let Asked { json, request, .. } = *self.asked;
        let item = self.route.item.as_ref()?;
        let readable = item.read_only || caching.read_only;
        let params = request.params?;
        let is_call = self.target.kind == What::Tool && request.method == Method::ToolsCall;
        if !readable || !is_call || shared::is_part_of_dialogue(json, params) {
            return None;
        }
        // The values that its tokens stand for, where the upstream is to have them; nothing that is masked on the way.
        let meant = self
            .plan
            .and_then(|plan| plan.restored(json.raw(request.node), &mut Tally::default()).ok().flatten());
        let of = |json| match Message::read(json, Json::root(json)) {
            Ok(Message::Request(request)) => arguments(json, &request),
            _ => None,
        };
        let meant = meant.as_ref().map_or_else(|| arguments(json, request), of);
        let (sent, sent_request) = (self.outbound.json(), self.outbound.request());
        let sent_arguments = arguments(sent, sent_request);
        let changed = |raw: &Raw<'_>| Some(raw.text()) != meant.map(|meant| meant.text());
        let call = Call {
            caller: &self.scene.caller,
            caching,
            upstream: self.route.link.upstream(),
            name: self.target.name(),
            definition: item.definition(),
            shape: item.shape(),
            plan: self.plan.map(Rc::as_ref),
            arguments: meant,
            sent: sent_arguments.filter(changed),
        };
        let gateway = &self.scene.gateway;
        let ended_ms = self.ticket.ended_ms(gateway.digests.name(self.target.name()));
        let slot = gateway.cache.slot(&self.scene.platform, &call, tool, ended_ms, |parts| {
            parts.part(declared(sent, sent_request).as_bytes());
            if let Some(params) = sent_request.params {
                shared::besides(sent.value(params), &mut |part| parts.part(part));
            }
        });
        slot.await
    }

    /// Whether a call can be made in its place later: not in a session of the client's own.
    fn is_pooled(&self) -> bool {
        session_for(self.asked.asker, &self.route.link.upstream().alias) == Session::Pooled
    }

    /// The answer that is kept, turned for this agent as one of the upstream would be.
    async fn serve(
        &self,
        entry: &Entry,
        kind: Kind,
        score: Option<&Score>,
        trail: &mut Trail<P>,
    ) -> Result<Looked<P>, Error> {
        let (scene, asked) = (self.scene, self.asked);
        let age_ms = entry.age_ms(scene.platform.now_ms());
        trail.cache(kind.name(), Some(age_ms), score);
        let view = View {
            id: asked.json.raw(asked.request.id).to_owned(),
            method: asked.request.method,
            from: entry.era,
            to: asked.asker.revision,
            apps: asked.asker.client(asked.json, asked.request).apps,
            declared: String::new(),
            replies: Replies::None,
            link: Rc::clone(&self.route.link),
            plan: self.plan.cloned(),
            state: Scope::unused(),
            listed: None,
            ticket: Some(Rc::clone(self.ticket)),
            slot: None,
            dialogue: None,
            ready: None,
            mark: Some(mark(kind, age_ms, score)),
            ending: None,
            resumable: None,
            stake: Stake::None,
        };
        let mut clean = entry.clean();
        if self.plan.is_some_and(|plan| plan.dlp().is_some()) {
            // What a service said of it is remembered as long as its settings say, and not as long as the answer.
            clean = Box::pin(inbound(scene, self.target, self.route, self.plan, clean, trail)).await?;
        }
        View::learn(scene, clean.json()).await;
        let text = view.answer(scene, &clean)?;
        trail.stage("cache");
        let tenant = &scene.caller.tenant().name;
        scene.gateway.cache.count(&scene.platform, tenant, self.target.name(), kind, Some(entry));
        Ok(Looked::Answered(Flow::Message(200, text)))
    }

    /// Has a new answer fetched behind this one, by one at a time.
    fn refresh(&self, tool: &Rc<Tool>, entry: &Rc<Entry>, slot: &Slot, trail: &Trail<P>) {
        let (scene, link) = (self.scene, &self.route.link);
        let total_ms = tool.total_ms.unwrap_or(link.upstream().total_ms);
        if !scene.gateway.cache.may_refresh(entry, total_ms, scene.platform.now_ms()) {
            return;
        }
        let (json, request) = (self.outbound.json(), self.outbound.request());
        let refresh = Refresh {
            scene: Scene {
                gateway: Rc::clone(&scene.gateway),
                platform: scene.platform.clone(),
                caller: Rc::clone(&scene.caller),
            },
            target: self.target.clone(),
            route: self.route.clone(),
            tool: Rc::clone(tool),
            plan: self.plan.cloned(),
            slot: slot.clone(),
            before: Rc::clone(entry),
            text: json.raw(request.node).to_owned(),
            param_headers: headers::param_values(annotations(self.route), arguments(json, request)),
            declared: declared(json, request),
            revision: self.asked.asker.revision,
        };
        let trail = trail.fork();
        scene.platform.defer(Box::pin(refresh.carry_out(trail)));
    }
}

/// What the agent is told of an answer that was kept.
fn mark(kind: Kind, age_ms: u64, score: Option<&Score>) -> String {
    let band = score.map(|score| format!(r#","band":{}"#, score.band)).unwrap_or_default();
    format!(r#"{{"kind":"{}","ageMs":{age_ms}{band}}}"#, kind.name())
}

impl Missed {
    /// What came of asking; or an earlier answer, if the upstream could not give one.
    pub async fn settle<P: Platform>(
        self,
        leaving: &Leaving<'_, P>,
        outcome: Result<Flow<P>, Error>,
        trail: &mut Trail<P>,
    ) -> Result<Flow<P>, Error> {
        let Some((_, caching)) = leaving.caching().filter(|_| self.slot.is_some()) else { return outcome };
        let now_ms = leaving.scene.platform.now_ms();
        let down = match &outcome {
            Err(Error::Fault(Fault::Upstream { kind, .. })) if is_outage(*kind) => Some(*kind),
            _ => None,
        };
        let Some(kind) = down else {
            // It has answered: whatever it said, the old answer is none any more.
            self.stale.iter().for_each(|entry| entry.overtake());
            trail.cache(self.kind().name(), None, None);
            return outcome;
        };
        let found = match self.stale.clone().filter(|entry| entry.stands_in(caching, now_ms)) {
            Some(entry) => Some((entry, None)),
            None => self.stand_in(leaving).await,
        };
        let Some((entry, score)) = found else {
            trail.cache(self.kind().name(), None, None);
            return outcome;
        };
        trail.note("upstream_fault", kind.name());
        match leaving.serve(&entry, Kind::Stale, score.as_ref(), trail).await? {
            Looked::Answered(flow) => Ok(flow),
            Looked::Missed(_) => outcome,
        }
    }

    fn kind(&self) -> Kind {
        if self.slot.as_ref().is_some_and(|slot| slot.is_shadow()) { Kind::Shadow } else { Kind::Miss }
    }

    /// What may stand in that was not at hand.
    async fn stand_in<P: Platform>(&self, leaving: &Leaving<'_, P>) -> Option<(Rc<Entry>, Option<Score>)> {
        let (scene, slot) = (leaving.scene, self.slot.as_deref()?);
        Box::pin(scene.gateway.cache.stands_in(&scene.platform, slot, self.wish)).await
    }
}

/// Whether an upstream that fails like this is down, or near it. One that does not accept the gateway any more, or does
/// not speak with it, is not: what it said before may not be for us any more.
pub(super) const fn is_outage(kind: UpstreamFault) -> bool {
    match kind {
        UpstreamFault::Unreachable
        | UpstreamFault::Deadline
        | UpstreamFault::Limited(_)
        | UpstreamFault::ContentType
        | UpstreamFault::Malformed
        | UpstreamFault::NoAnswer
        | UpstreamFault::CircuitOpen(_)
        | UpstreamFault::Busy => true,
        UpstreamFault::Status(status) => status >= 500,
        UpstreamFault::Credential
        | UpstreamFault::Redirect
        | UpstreamFault::WrongId
        | UpstreamFault::TooLarge
        | UpstreamFault::Revision
        | UpstreamFault::Session
        | UpstreamFault::Error => false,
    }
}

pub(super) async fn inbound<'a, P: Platform>(
    scene: &Scene<P>,
    target: &Target,
    route: &Route,
    plan: Option<&Rc<Plan>>,
    clean: Clean<'a>,
    trail: &mut Trail<P>,
) -> Result<Clean<'a>, Error> {
    let of = Of { what: target.name(), server: &route.link.upstream().alias, way: Way::Response };
    inspection::inbound(scene, plan.map(Rc::as_ref), &of, clean, trail).await
}
