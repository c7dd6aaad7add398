//! What the cache has done beside a call: an answer that is fetched anew behind an older one, and the end of what a call
//! has made untrue.

use super::cached::{inbound, is_outage};
use super::forward::shown;
use super::scene::Scene;
use super::shared::Commission;
use super::target::Target;
use crate::catalog::Route;
use crate::error::{Error, Fault};
use crate::mcp::envelope::Message;
use crate::mcp::revisions::Revision;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::cache::{Cache, Entry, Kind, Slot};
use crate::stage::redact::{Clean, Held, Plan};
use crate::tenant::{Tenant, Tool, Way};
use crate::upstream::ClientSide;
use crate::upstream::guard::Shared;
use std::rc::Rc;

/// A call that is made once more, behind an answer, with all that it needs.
pub(super) struct Refresh<P: Platform> {
    pub scene: Scene<P>,
    pub target: Target,
    pub route: Route,
    pub tool: Rc<Tool>,
    pub plan: Option<Rc<Plan>>,
    pub slot: Slot,
    /// What was served meanwhile.
    pub before: Rc<Entry>,
    /// The message as it may leave.
    pub text: String,
    pub param_headers: Vec<(String, String)>,
    /// The capabilities that its client declared, raw JSON.
    pub declared: String,
    pub revision: Revision,
}

impl<P: Platform> Refresh<P> {
    /// Fetches and keeps the answer. The record of it is one of its own.
    pub async fn carry_out(self, mut trail: Trail<P>) {
        trail.cache(Kind::Refresh.name(), None, None);
        let Scene { gateway, platform, caller } = &self.scene;
        gateway.cache.count(platform, &caller.tenant().name, self.target.name(), Kind::Refresh, None);
        let fetched = self.fetch(&mut trail).await;
        match &fetched {
            Ok((bytes, _)) => trail.answer(*bytes),
            Err(error) => trail.error(error),
        }
        // What the upstream says now is for the next agent to hear.
        let kept = match &fetched {
            Ok((_, kept)) => *kept,
            Err(Error::Fault(Fault::Upstream { kind, .. })) => is_outage(*kind),
            Err(_) => false,
        };
        if !kept {
            self.before.overtake();
        }
        trail.stage("upstream");
        trail.close();
    }

    /// The size of the answer, in bytes, and whether it is kept.
    async fn fetch(&self, trail: &mut Trail<P>) -> Result<(usize, bool), Error> {
        let Scene { gateway, platform, caller } = &self.scene;
        let link = &self.route.link;
        let era = link.era(platform).await?;
        let slot = self.slot.again(platform.now_ms());
        let commission = Commission {
            platform: platform.clone(),
            link: Rc::clone(link),
            text: self.text.clone(),
            original: self.route.original.clone(),
            param_headers: self.param_headers.clone(),
            client: ClientSide {
                revision: Revision::LATEST_MODERN,
                capabilities: shown(self.declared.clone(), self.revision, (era, link.upstream())),
                log_level: None,
                progress_token: None,
                principal: *caller.principal(),
            },
            terms: link.terms(platform, Some(&self.tool), &self.route.original),
            ending: None,
        };
        let landed = commission.carry_out(self.tool.idempotent).await;
        let (json, response) = match landed.shared {
            Shared::Answer(json, response) => (json, response),
            Shared::Failed(kind) => return Err(link.fault(kind).into()),
            Shared::Ask(_) | Shared::Apart => return Ok((0, false)),
        };
        let (plan, message) = (self.plan.as_deref(), Message::Response(response));
        let mut clean = Clean::of(plan, Held::Lent(&json), message, Way::Response, trail.tally())?;
        if plan.is_some_and(|plan| plan.dlp().is_some()) {
            clean = inbound(&self.scene, &self.target, &self.route, self.plan.as_ref(), clean, trail).await?;
        }
        let kept = gateway.cache.fill(platform, &slot, &clean, era);
        Ok((clean.json().text().len(), kept))
    }
}

/// Ends what is kept of the tools that a call changes something for, when the call has ended, however that is.
pub(crate) struct Ending<P: Platform> {
    cache: Rc<Cache>,
    platform: P,
    tenant: Rc<Tenant>,
    tool: Rc<Tool>,
}

impl<P: Platform> Ending<P> {
    /// None for a tool that changes nothing for others.
    pub fn of(scene: &Scene<P>, tool: Option<&Rc<Tool>>) -> Option<Rc<Self>> {
        let tool = tool.filter(|tool| !tool.invalidates.is_empty())?;
        Some(Rc::new(Self {
            cache: Rc::clone(&scene.gateway.cache),
            platform: scene.platform.clone(),
            tenant: Rc::clone(scene.caller.tenant()),
            tool: Rc::clone(tool),
        }))
    }
}

impl<P: Platform> Drop for Ending<P> {
    fn drop(&mut self) {
        for name in &self.tool.invalidates {
            self.cache.end(&self.platform, &self.tenant.name, name);
        }
    }
}
