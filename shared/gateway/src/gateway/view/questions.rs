//! Questions of upstreams: which this client can be asked, and how one is put to it.

use super::View;
use crate::error::{Error, Refusal};
use crate::gateway::answers::{self, Origin, To};
use crate::gateway::forward::{across_eras, internal};
use crate::gateway::scene::Scene;
use crate::gateway::{asks, tasks};
use crate::limits;
use crate::mcp::envelope::{Message, Request};
use crate::mcp::json::{Edits, Json};
use crate::mcp::revisions::Era;
use crate::platform::Platform;
use crate::stage::redact::Clean;
use crate::tenant::AskKind;
use crate::upstream::Sealed;

impl<P: Platform> View<P> {
    /// The kind of a question that the upstream may ask this client.
    ///
    /// # Errors
    /// Its settings do not let it, or the client did not declare it.
    pub fn may_ask(&self, json: &Json<'_>, request: &Request) -> Result<AskKind, Error> {
        let params = request.params.map(|params| json.value(params));
        let kind = asks::permit(self.link.upstream(), request.method, params)?;
        if self.declares(kind) { Ok(kind) } else { Err(self.cannot_ask(kind)) }
    }

    /// Whether the client declared that it can be asked this. One of a legacy upstream's own session did so there.
    pub fn declares(&self, kind: AskKind) -> bool {
        if self.to.era() == Era::Legacy && self.from == Era::Legacy {
            return true;
        }
        Json::parse(self.declared.as_bytes(), &limits::REQUEST)
            .is_ok_and(|declared| asks::kinds_of(declared.value(declared.root())).has(kind))
    }

    /// Why a question ends the call: the upstream may not ask it, the client did not declare what it needs, or did, and the
    /// upstream does not keep what comes after the answer.
    pub fn cannot_ask(&self, kind: AskKind) -> Error {
        if let Err(denied) = asks::permit_kind(self.link.upstream(), kind) {
            return denied.into();
        }
        if self.to.era() == Era::Legacy && self.from == Era::Modern {
            return across_eras();
        }
        if self.to.era() == Era::Legacy {
            let why = "questions of an upstream that this session has no session at; initialize again";
            return Refusal::NotSupported(why).into();
        }
        if self.declares(kind) {
            return Refusal::NotSupported("questions of an upstream that keeps no events of its streams")
                .into();
        }
        Refusal::MissingCapability(asks::capability(kind).to_owned()).into()
    }

    /// A legacy upstream's question on the stream of a call, under an id that finds its way back.
    pub(super) fn question(
        &self,
        scene: &Scene<P>,
        clean: &Clean<'_>,
        session: &Sealed,
    ) -> Result<String, Error> {
        let (json, Message::Request(request)) = (clean.json(), clean.message()) else {
            return Err(internal("a question that is none"));
        };
        let params = request.params.map(|params| json.value(params));
        let kind = asks::kind_of(request.method, params).ok_or_else(|| internal("a question of no kind"))?;
        let to = To::session(session);
        let from = Origin { alias: &self.link.upstream().alias, name: self.named(), kind, to };
        let id = answers::seal_ask(scene, &from, json.raw(request.id))?;
        let mut edits = Edits::new();
        edits.replace(json.span(request.id), id);
        if let Some(params) = request.params {
            tasks::rename(&self.stake, request.method, json.value(params), &mut edits);
            scene.gateway.catalog.expose_question(&self.viewer(scene), json.value(params), &mut edits);
        }
        Ok(edits.apply(json.text()))
    }
}
