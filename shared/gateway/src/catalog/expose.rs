//! What of an upstream's messages names resources, as one caller is shown it: their URIs, and what belongs to MCP Apps.
//!
//! A URI that is shown in another form ([`Uris`]) is so wherever the upstream says it.

use super::uris::Uris;
use super::wait::Task;
use super::{Catalog, Client, refresh};
use crate::mcp::{Edits, Json, Method, Node, Raw};
use crate::platform::Platform;
use crate::stage::authenticate::Caller;
use crate::stage::authorize::allows_upstream;
use crate::upstream::Links;
use crate::within::within;
use std::borrow::Cow;
use std::rc::Rc;

/// Members of `_meta` that are for clients with MCP Apps (SEP-1865): the second is an older form of `ui.resourceUri`.
pub(super) const APPS: [&str; 2] = ["ui", "ui/resourceUri"];

/// Longest wait for lists of which nothing is known, in ms.
const PATIENCE_MS: u32 = 1_500;

/// Whom a message of an upstream is shown to.
#[derive(Clone, Copy)]
pub struct Viewer<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// With what.
    pub client: Client,
    /// The upstream's alias.
    pub alias: &'a str,
}

impl Catalog {
    /// The URI under which the viewer is shown what the upstream calls `original`.
    #[must_use]
    pub fn expose_uri(&self, viewer: &Viewer<'_>, original: &str) -> String {
        match self.uris_for(viewer) {
            Some(uris) => uris.expose(viewer.alias, original).into_owned(),
            None => original.to_owned(),
        }
    }

    /// Adds to `edits` what shows a result of `method` to the viewer: URIs of read contents, resource links, embedded
    /// resources and views, also in what it asks the client; and nothing of MCP Apps to a client that does not know them.
    pub fn expose_result(
        &self,
        viewer: &Viewer<'_>,
        method: Method,
        json: &Json<'_>,
        result: Node,
        edits: &mut Edits,
    ) {
        let uris = self.uris_for(viewer);
        if uris.is_none() && viewer.client.apps {
            return;
        }
        let mut shown = Shown { viewer, uris: uris.as_deref(), edits };
        shown.meta(json.get(result, "_meta").map(|node| json.value(node)));
        let member = |key: &str| json.get(result, key).map(|node| json.value(node));
        let elements = |key: &str| member(key).into_iter().flat_map(Raw::elements);
        match method {
            Method::ResourcesRead => elements("contents").for_each(|contents| shown.resource(contents)),
            Method::ToolsCall => elements("content").for_each(|block| shown.block(block)),
            Method::PromptsGet => {
                for content in elements("messages").filter_map(|message| message.get("content")) {
                    shown.block(content);
                }
            }
            _ => {}
        }
        for (_, asked) in member("inputRequests").into_iter().flat_map(Raw::members) {
            shown.question(asked.get("params"));
        }
    }

    /// Likewise for the parameters of an upstream's request (`sampling/createMessage`).
    pub fn expose_question(&self, viewer: &Viewer<'_>, params: Raw<'_>, edits: &mut Edits) {
        let uris = self.uris_for(viewer);
        if uris.is_some() || !viewer.client.apps {
            Shown { viewer, uris: uris.as_deref(), edits }.question(Some(params));
        }
    }

    /// Likewise for what names one resource by its member `uri`: the parameters of `notifications/resources/updated`, the
    /// `data` of an error.
    pub fn expose_named(&self, viewer: &Viewer<'_>, object: Raw<'_>, edits: &mut Edits) {
        if let Some(uris) = self.uris_for(viewer) {
            Shown { viewer, uris: Some(&uris), edits }.uri(object, "uri");
        }
    }

    /// Whether the viewer may hear that a resource of the upstream has changed.
    #[must_use]
    pub fn may_read(viewer: &Viewer<'_>) -> bool {
        allows_upstream(viewer.caller.agent(), viewer.alias)
    }

    /// Whether a message names resources, and the isolate has not read all lists that decide how they are shown.
    #[must_use]
    pub fn is_unsure(&self, caller: &Caller, json: &Json<'_>) -> bool {
        caller.tenant().upstreams.len() > 1 && self.is_cold(caller) && json.text().contains("\"uri\"")
    }

    /// Waits a moment for those lists: else a URI would be shown in another form than by an isolate that has read them. An
    /// upstream that is late is not waited for; URIs are then shown by their alias, and can be read so.
    pub async fn learn<P: Platform>(&self, platform: &P, links: &Links, caller: &Caller) {
        let sources = self.resource_sources(platform, links, caller);
        let mut reading: Task<'static, ()> = Box::pin(async move {
            refresh::all(sources).await;
        });
        if within(platform, PATIENCE_MS, &mut reading).await.is_none() {
            platform.defer(reading);
        }
    }

    /// None for a single upstream, whose URIs are never rewritten.
    fn uris_for(&self, viewer: &Viewer<'_>) -> Option<Rc<Uris>> {
        (viewer.caller.tenant().upstreams.len() > 1).then(|| self.known_uris(viewer.caller))
    }
}

/// A message on its way to the viewer.
struct Shown<'e> {
    viewer: &'e Viewer<'e>,
    uris: Option<&'e Uris>,
    edits: &'e mut Edits,
}

impl Shown<'_> {
    fn uri(&mut self, object: Raw<'_>, key: &str) {
        let Some(uris) = self.uris else { return };
        let Some(node) = object.get(key) else { return };
        let Some(original) = node.string() else { return };
        if let Cow::Owned(exposed) = uris.expose(self.viewer.alias, &original) {
            self.edits.replace_string(node.span(), &exposed);
        }
    }

    fn resource(&mut self, object: Raw<'_>) {
        self.uri(object, "uri");
        self.meta(object.get("_meta"));
    }

    fn meta(&mut self, meta: Option<Raw<'_>>) {
        if let Some(meta) = meta {
            expose_meta(meta, self.viewer, self.uris, self.edits);
        }
    }

    /// A content block: the URI of a `resource_link` is its own, that of an embedded `resource` lies inside.
    fn block(&mut self, block: Raw<'_>) {
        match block.get("type").and_then(Raw::string).as_deref() {
            Some("resource_link") => self.resource(block),
            Some("resource") => {
                if let Some(resource) = block.get("resource") {
                    self.resource(resource);
                }
            }
            // What a tool answered, shown to a model (MCP 2025-11-25, Sampling: ToolResultContent).
            Some("tool_result") => {
                let content = block.get("content").into_iter().flat_map(Raw::elements);
                content.for_each(|block| self.block(block));
            }
            _ => {}
        }
    }

    /// The messages of a question: each with one block, or several (since 2025-11-25).
    fn question(&mut self, params: Option<Raw<'_>>) {
        let messages = params.and_then(|params| params.get("messages"));
        for content in
            messages.into_iter().flat_map(Raw::elements).filter_map(|message| message.get("content"))
        {
            self.block(content);
            content.elements().for_each(|block| self.block(block));
        }
    }
}

/// Adds to `edits` what of a `_meta` the viewer is shown. A view that it may not read is named to nobody.
pub(super) fn expose_meta(meta: Raw<'_>, viewer: &Viewer<'_>, uris: Option<&Uris>, edits: &mut Edits) {
    let [ui, flat] = APPS.map(|key| meta.get(key));
    if !viewer.client.apps {
        for (key, _) in APPS.into_iter().zip([ui, flat]).filter(|(_, value)| value.is_some()) {
            edits.remove_in(meta, key);
        }
        return;
    }
    let Some(uris) = uris else { return };
    for (object, key) in [(ui, "resourceUri"), (Some(meta), "ui/resourceUri")] {
        let Some((object, view)) = object.and_then(|object| Some((object, object.get(key)?))) else {
            continue;
        };
        let Some(original) = view.string().filter(|_| uris.has(viewer.alias)) else {
            edits.remove_in(object, key);
            continue;
        };
        if let Cow::Owned(exposed) = uris.expose(viewer.alias, &original) {
            edits.replace_string(view.span(), &exposed);
        }
    }
}
