//! Questions of upstreams to legacy clients: their ids find the way back, and the client posts its answers by them.

use super::admission;
use super::asks;
use super::forward::internal;
use super::inspection::{self, Of};
use super::legacy::Session;
use super::scene::Scene;
use super::state::sealed;
use super::tasks;
use crate::arrival::Head;
use crate::codec;
use crate::error::{Error, Fault, Refusal};
use crate::limits;
use crate::mcp::envelope::Response;
use crate::mcp::json::{Edits, Json};
use crate::mcp::revisions::Revision;
use crate::mcp::seal::Purpose;
use crate::platform::{Meeting, Platform};
use crate::stage::admit::{Ended, Ticket};
use crate::stage::audit::Trail;
use crate::stage::authorize;
use crate::stage::redact::{Cleared, Plan};
use crate::tenant::{AskKind, AskKinds, Way};
use crate::upstream::{Link, Sealed};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Life of a question in ms.
pub(crate) const ASK_MS: u64 = 15 * 60 * 1000;

/// Where a question comes from.
pub(crate) struct Origin<'a> {
    pub alias: &'a str,
    /// The tool or prompt that was called, by its exposed name: what is inspected of the answer follows from it.
    pub name: Option<&'a str>,
    pub kind: AskKind,
    pub to: To,
}

/// Where the answer to a question goes.
#[derive(Serialize, Deserialize)]
pub(crate) enum To {
    /// Into the session of a legacy upstream: its id, and the revision negotiated in it.
    Session(String, String),
    /// To the request that waits for it.
    Meeting([u8; 16]),
}

impl To {
    pub fn session(session: &Sealed) -> Self {
        Self::Session(session.id.clone(), session.revision.as_str().to_owned())
    }
}

/// The id of an upstream's question, `id` as raw JSON: the answer finds its way back by it alone.
pub(crate) fn seal_ask<P: Platform>(scene: &Scene<P>, from: &Origin<'_>, id: &str) -> Result<String, Error> {
    let Origin { alias, name, kind, to } = from;
    let payload = (to, id, name.unwrap_or_default(), AskKinds::default().with(*kind).bits());
    let payload =
        codec::encode(&payload, limits::SEALED_BYTES).map_err(|_| internal("ask does not encode"))?;
    Ok(format!("\"{}\"", sealed(scene, Purpose::Ask, alias, ASK_MS, &payload)?))
}

/// An answer posted to a question: back into the upstream session that asked, under its own id.
pub(crate) async fn posted<P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    json: &Json<'_>,
    response: &Response,
    trail: &mut Trail<P>,
) -> Result<(), Error> {
    Session::open(scene, head).await?;
    let tenant = scene.caller.tenant();
    let id = response.id.ok_or(Refusal::BadAnswer)?;
    let token = json.string(id).ok_or(Refusal::BadAnswer)?;
    let principal = scene.caller.principal();
    let opened = scene
        .gateway
        .sealer
        .open(Purpose::Ask, &tenant.name, &tenant.path, principal, scene.platform.now_ms(), &token)
        .map_err(|_| Refusal::BadAnswer)?;
    let (to, own, name, kinds): (To, String, String, u8) =
        codec::decode(&opened.payload, limits::SEALED_BYTES).map_err(|_| Refusal::BadAnswer)?;
    // A question outlives neither the permission for its upstream nor the upstream.
    let allowed = authorize::may_use(scene.caller.agent(), &opened.alias);
    let link = scene.gateway.links.of(tenant, &opened.alias).filter(|_| allowed).ok_or(Refusal::BadAnswer)?;
    let name = Some(name.as_str()).filter(|name| !name.is_empty());
    if matches!(to, To::Meeting(_)) {
        // Charged when the call is repeated with it.
        scene.gateway.admit.free(&scene.platform, &scene.caller)?;
    }
    let question = Question { link: &link, name, own: &own, to };
    let ticket = match question.admit(scene, kinds, json, response).await {
        Ok(ticket) => ticket,
        Err(error) => {
            question.refuse(scene, &error).await;
            return Err(error);
        }
    };
    let mut edits = Edits::new();
    edits.replace(json.span(id), &own);
    tasks::restore(scene, &opened.alias, json, response, &mut edits);
    let text = edits.apply_within(json.text(), json.span(response.node));
    let tool = name.and_then(|name| tenant.tool(name)).map(Rc::as_ref);
    let plan = Plan::of(&scene.caller, link.upstream(), name, tool)?;
    let mut text = Cleared::of(plan.as_ref(), text, trail.tally())?;
    let what = name.unwrap_or("(answer)");
    let of = Of { what, server: &opened.alias, way: Way::Request };
    if let Some(changed) = inspection::by_plan(scene, plan.as_ref(), &of, text.text(), trail).await? {
        text = Cleared::again(changed);
    }
    if let Some(plan) = &plan {
        text = text.restored(plan, trail.tally())?;
    }
    if let Some(ticket) = &ticket {
        ticket.ended(Ended { result_tokens: 0, carried_out: true, finding: None });
    }
    question.answer(scene, text).await
}

/// A question whose answer is here.
struct Question<'a> {
    link: &'a Rc<Link>,
    name: Option<&'a str>,
    /// Its id where it goes, raw JSON.
    own: &'a str,
    to: To,
}

impl Question<'_> {
    /// Whether it may be answered: it may be asked still, and what goes to an upstream is charged as a modern client's answers
    /// are.
    async fn admit<P: Platform>(
        &self,
        scene: &Scene<P>,
        kinds: u8,
        json: &Json<'_>,
        response: &Response,
    ) -> Result<Option<Ticket<P>>, Error> {
        asks::permit_kinds(self.link.upstream(), AskKinds::from_bits(kinds))?;
        match &self.to {
            To::Session(..) => {
                let text = json.raw(response.node);
                admission::admit_again(scene, self.link.upstream(), self.name, text, true).await.map(Some)
            }
            To::Meeting(_) => Ok(None),
        }
    }

    async fn answer<P: Platform>(&self, scene: &Scene<P>, text: Cleared) -> Result<(), Error> {
        match &self.to {
            To::Session(id, revision) => {
                let revision = Revision::parse(revision).ok_or(Refusal::BadAnswer)?;
                self.link.post(&scene.platform, &Sealed { id: id.clone(), revision }, text).await?;
                Ok(())
            }
            To::Meeting(id) => leave(scene, &self.link.upstream().alias, *id, text).await,
        }
    }

    /// Ends the call that waits: its question is answered with an error, which says nothing else.
    async fn refuse<P: Platform>(&self, scene: &Scene<P>, error: &Error) {
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":"The answer was refused"}}}}"#,
            self.own,
            error.row().code
        );
        // One that cannot be told waits for its own time.
        let _ = self.answer(scene, Cleared::own(text)).await;
    }
}

/// Leaves an answer for the request that waits for it, sealed: a host may write it down.
async fn leave<P: Platform>(scene: &Scene<P>, alias: &str, id: [u8; 16], text: Cleared) -> Result<(), Error> {
    let sealed = sealed(scene, Purpose::Answer, alias, ASK_MS, text.into_inner().as_bytes())
        .map_err(|_| Refusal::TooLarge)?;
    let meeting = Meeting { id, jurisdiction: scene.caller.tenant().limits.placement.jurisdiction };
    let keep_ms = u32::try_from(ASK_MS).unwrap_or(u32::MAX);
    match scene.platform.post(meeting, sealed.as_bytes(), keep_ms, None).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refusal::BadAnswer.into()),
        Err(fault) => Err(Fault::Rendezvous(fault).into()),
    }
}
