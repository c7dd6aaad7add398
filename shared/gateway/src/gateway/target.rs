//! What a call names: a tool, a prompt or a resource, where it is, and how it leaves.

use super::inspection::{self, Of};
use super::scene::Scene;
use crate::catalog::{Catalog, Route};
use crate::error::{Error, Refusal};
use crate::mcp::envelope::Request;
use crate::mcp::json::{Edits, Json, Node};
use crate::mcp::method::Method;
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::stage::redact::{Outbound, Plan};
use crate::tenant::{Tool, Way};
use std::rc::Rc;

/// What a call names.
#[derive(Clone)]
pub(crate) struct Target {
    pub kind: Kind,
    name: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool,
    Prompt,
    Resource,
}

impl Target {
    /// The name or URI, as the agent has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tool with this exposed name.
    pub fn tool(name: &str) -> Self {
        Self { kind: Kind::Tool, name: name.to_owned() }
    }

    pub fn read(json: &Json<'_>, request: &Request, method: Method) -> Result<Self, Refusal> {
        let (kind, object, key) = place(json, request, method)?;
        let node = json.get(object, key).ok_or_else(|| missing(key))?;
        let name = json.string(node).ok_or_else(|| missing(key))?.into_owned();
        Ok(Self { kind, name })
    }

    /// Where it is. Denied and unknown are one answer, and a denied upstream is not even asked for its list.
    pub async fn route<P: Platform>(&self, scene: &Scene<P>) -> Result<Route, Error> {
        let Scene { gateway, platform, caller } = scene;
        let catalog: &Catalog = &gateway.catalog;
        match self.kind {
            Kind::Tool => catalog.tool(platform, &gateway.links, caller, &self.name).await,
            Kind::Prompt => catalog.prompt(platform, &gateway.links, caller, &self.name).await,
            Kind::Resource => catalog.resource(platform, &gateway.links, caller, &self.name).await,
        }
    }

    /// Where the tool is by a newer list, if there is one.
    pub async fn tool_anew<P: Platform>(&self, scene: &Scene<P>) -> Option<Route> {
        let Scene { gateway, platform, caller } = scene;
        gateway.catalog.tool_anew(platform, &gateway.links, caller, &self.name).await
    }

    /// The exposed name of a tool or prompt.
    pub fn exposed(&self) -> Option<&str> {
        (self.kind != Kind::Resource).then_some(&self.name)
    }

    /// What the settings say of the tool, besides those of its upstream.
    pub fn settings<'a, P: Platform>(&self, scene: &'a Scene<P>) -> Option<&'a Rc<Tool>> {
        let tenant = scene.caller.tenant();
        if tenant.tools.is_empty() || self.kind != Kind::Tool {
            return None;
        }
        tenant.tool(&self.name)
    }

    /// Puts the upstream's own name in its place in `request`, of which this is the target; an equal one keeps its
    /// bytes.
    pub fn rename(&self, json: &Json<'_>, request: &Request, original: &str, edits: &mut Edits) {
        let Ok((_, object, key)) = place(json, request, request.method) else { return };
        let name = json.get(object, key).and_then(|node| json.string(node));
        if name.as_deref() != Some(original) {
            edits.set_string(json, object, key, original);
        }
    }

    /// What is inspected of this call's messages.
    pub fn plan<P: Platform>(
        &self,
        scene: &Scene<P>,
        route: &Route,
        tool: Option<&Tool>,
        trail: &mut Trail<P>,
    ) -> Result<Option<Rc<Plan>>, Error> {
        let plan = self.inspects(scene, route, tool)?;
        if let Some(plan) = &plan {
            trail.inspected(plan);
        }
        Ok(plan)
    }

    /// The same without a word in the record.
    pub fn inspects<P: Platform>(
        &self,
        scene: &Scene<P>,
        route: &Route,
        tool: Option<&Tool>,
    ) -> Result<Option<Rc<Plan>>, Error> {
        let Some(plan) = Plan::of(&scene.caller, route.link.upstream(), self.exposed(), tool)? else {
            return Ok(None);
        };
        let schema =
            self.kind == Kind::Tool && route.item.as_ref().is_some_and(|item| item.has_output_schema);
        Ok(Some(Rc::new(plan.with_schema(schema))))
    }

    /// The request as it may leave; and of a resource the URI at its upstream, if that is not as it is.
    pub async fn outbound<'a, P: Platform>(
        &self,
        scene: &Scene<P>,
        json: &'a Json<'a>,
        request: &Request,
        route: &Route,
        plan: Option<&Plan>,
        trail: &mut Trail<P>,
    ) -> Result<(Outbound<'a>, Option<String>), Error> {
        let sent = Outbound::of(plan, json, request, trail.tally())?;
        let Some(plan) = plan else { return Ok((sent, None)) };
        let uri = match self.kind {
            Kind::Resource => Some(plan.uri(&route.original)?.into_owned()),
            Kind::Tool | Kind::Prompt => None,
        };
        let sent = match plan.dlp() {
            Some(_) => Box::pin(self.shown(scene, route, plan, uri.as_deref(), sent, trail)).await?,
            None => sent,
        };
        let sent = sent.restored(plan, trail.tally())?;
        let uri = uri.map(|uri| plan.restored_uri(&uri).unwrap_or(uri));
        Ok((sent, uri.filter(|uri| *uri != route.original)))
    }

    /// The request after the service that its plan names has seen it.
    async fn shown<'a, P: Platform>(
        &self,
        scene: &Scene<P>,
        route: &Route,
        plan: &Plan,
        uri: Option<&str>,
        sent: Outbound<'a>,
        trail: &mut Trail<P>,
    ) -> Result<Outbound<'a>, Error> {
        let of =
            Of { what: uri.unwrap_or(&self.name), server: &route.link.upstream().alias, way: Way::Request };
        let named = |sent: &Outbound<'_>| {
            Self::read(sent.json(), sent.request(), sent.request().method).map(|target| target.name)
        };
        let before = named(&sent)?;
        let sent = inspection::outbound(scene, Some(plan), &of, sent, trail).await?;
        // A service that will not have the URI said wants the resource not to be read.
        if named(&sent)? != before {
            return Err(Refusal::Blocked { what: "URI".to_owned(), way: Way::Request.name() }.into());
        }
        Ok(sent)
    }

    /// Takes it down. A tool that is known has a name that was listed; all else may be anything.
    pub fn note<P: Platform>(&self, scene: &Scene<P>, known: bool, trail: &mut Trail<P>) {
        if known {
            trail.note("name", &self.name);
        } else {
            trail.say("name", &scene.caller, &self.name);
        }
    }
}

fn missing(what: &str) -> Refusal {
    Refusal::InvalidParams(format!("{what} is missing or no string"))
}

/// What kind of thing a request names: the object whose member names it, and that member.
fn place(json: &Json<'_>, request: &Request, method: Method) -> Result<(Kind, Node, &'static str), Refusal> {
    let params = request.params.ok_or_else(|| missing("params"))?;
    Ok(match method {
        Method::ToolsCall => (Kind::Tool, params, "name"),
        Method::PromptsGet => (Kind::Prompt, params, "name"),
        Method::Complete => {
            let reference = json.get(params, "ref").ok_or_else(|| missing("ref"))?;
            let what = json.get(reference, "type").and_then(|node| json.string(node));
            match what.as_deref() {
                Some("ref/prompt") => (Kind::Prompt, reference, "name"),
                Some("ref/resource") => (Kind::Resource, reference, "uri"),
                _ => return Err(missing("ref.type")),
            }
        }
        _ => (Kind::Resource, params, "uri"),
    })
}
