//! One thing that an upstream offers: a tool, a prompt, a resource or a template, kept as its raw JSON.

use super::expose::APPS;
use super::{ListKind, names};
use crate::limits;
use crate::mcp::headers::{ParamHeader, param_headers};
use crate::mcp::revisions::convert_item;
use crate::mcp::{Edits, Json, Kind, Node, Revision};
use crate::stage::cache::question::Shape;
use sha2::{Digest as _, Sha256};
use std::cell::OnceCell;

/// Longest resource URI or template taken from an upstream, in bytes (RFC 9110 section 4.1 asks for 8,000).
const LONGEST_URI: usize = 8_000;

/// An item of an upstream's list.
#[derive(Debug)]
pub struct Item {
    /// The name that agents see. Of resources and templates the URI as the upstream has it: how that is shown
    /// depends on what else the caller may use ([`super::Uris`]).
    pub exposed: String,
    /// The name or URI at the upstream.
    pub original: String,
    /// The raw JSON object as the upstream sent it, byte for byte but for the exposed name.
    pub text: String,
    /// Arguments of a tool that are mirrored in headers (`x-mcp-header`), empty for all else.
    pub param_headers: Vec<ParamHeader>,
    /// Whether results of the tool keep to a schema.
    pub has_output_schema: bool,
    /// Whether a tool says of itself that it changes nothing (MCP, ToolAnnotations: `readOnlyHint`).
    pub read_only: bool,
    /// Whether a tool can be called as a task of 2025-11-25 alone (`execution.taskSupport`): one of a server that has such.
    pub task_only: bool,
    /// Whether its `_meta` says something to clients with MCP Apps.
    pub(super) apps: bool,
    /// Whether a tool is for views only, and for no model (MCP Apps: `visibility`).
    pub(super) for_views: bool,
    definition: OnceCell<[u8; 32]>,
    shape: OnceCell<Shape>,
    /// `text` for each revision, made when first asked for; `None` where nothing has to go.
    fitted: [OnceCell<Option<Box<str>>>; 4],
}

impl Item {
    /// Reads one element of an upstream's list.
    ///
    /// # Errors
    /// Why it cannot be offered, for the audit trail.
    pub(super) fn read(alias: &str, kind: ListKind, text: &str) -> Result<Self, &'static str> {
        let json = Json::parse(text.as_bytes(), &limits::RESPONSE).map_err(|_| "not strict JSON")?;
        let root = json.root();
        if json.kind(root) != Kind::Object {
            return Err("not an object");
        }
        let key = kind.key();
        let node = json.get(root, key).ok_or("without its name or URI")?;
        let original = json.string(node).ok_or("its name or URI is not a string")?.into_owned();
        let exposed = expose(alias, kind, &original)?;
        let param_headers = match kind {
            ListKind::Tools => headers_of(&json, root)?,
            _ => Vec::new(),
        };
        let has_output_schema = json.get(root, "outputSchema").is_some();
        let read_only = json
            .get(root, "annotations")
            .and_then(|annotations| json.value(annotations).get("readOnlyHint")?.bool())
            .unwrap_or_default();
        let execution = json.get(root, "execution").map(|node| json.value(node));
        let tasks = execution.and_then(|execution| execution.get("taskSupport")?.string());
        let task_only = tasks.is_some_and(|tasks| tasks == "required");
        let meta = json.get(root, "_meta").map(|meta| json.value(meta));
        let apps = meta.is_some_and(|meta| APPS.into_iter().any(|key| meta.get(key).is_some()));
        let visibility = meta.and_then(|meta| meta.get("ui")?.get("visibility"));
        let for_views = visibility.is_some_and(|list| {
            list.kind() == Kind::Array
                && list.elements().all(|audience| audience.string().as_deref() != Some("model"))
        });
        let text = if exposed == original {
            text.to_owned()
        } else {
            let mut edits = Edits::new();
            edits.replace_string(json.span(node), &exposed);
            edits.apply(text)
        };
        Ok(Self {
            exposed,
            original,
            text,
            param_headers,
            has_output_schema,
            read_only,
            task_only,
            apps,
            for_views,
            definition: OnceCell::new(),
            shape: OnceCell::new(),
            fitted: Default::default(),
        })
    }

    /// SHA-256 of the item as it is listed, made once.
    #[must_use]
    pub fn definition(&self) -> &[u8; 32] {
        self.definition.get_or_init(|| Sha256::digest(&self.text).into())
    }

    /// What a tool's input schema says of its arguments, read once.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| {
            let json = Json::parse(self.text.as_bytes(), &limits::RESPONSE);
            let shape = |json: &Json<'_>| Shape::of(json.value(json.root()).get("inputSchema"));
            json.as_ref().map(shape).unwrap_or_default()
        })
    }

    /// The item for a client of `revision`: the same text without what that revision does not know.
    #[must_use]
    pub fn text_for(&self, revision: Revision) -> &str {
        let cell = match revision {
            Revision::V2025_03_26 => self.fitted.first(),
            Revision::V2025_06_18 => self.fitted.get(1),
            Revision::V2025_11_25 => self.fitted.get(2),
            Revision::V2026_07_28 => self.fitted.get(3),
        };
        cell.and_then(|cell| cell.get_or_init(|| downgrade(&self.text, revision)).as_deref())
            .unwrap_or(&self.text)
    }
}

fn expose(alias: &str, kind: ListKind, original: &str) -> Result<String, &'static str> {
    match kind {
        ListKind::Tools | ListKind::Prompts if names::acceptable(original) => {
            Ok(names::expose(alias, original))
        }
        ListKind::Tools | ListKind::Prompts => Err("its name is empty, too long or has control characters"),
        ListKind::Resources | ListKind::Templates => {
            let fits = !original.is_empty()
                && original.len() <= LONGEST_URI
                && !original.chars().any(char::is_control);
            fits.then(|| original.to_owned()).ok_or("its URI is empty, too long or has control characters")
        }
    }
}

/// A client that sees a violation must drop the tool (MCP 2026-07-28, Transports: custom headers), and towards
/// the upstream the gateway is that client.
fn headers_of(json: &Json<'_>, root: Node) -> Result<Vec<ParamHeader>, &'static str> {
    match json.get(root, "inputSchema") {
        Some(schema) => {
            param_headers(json.value(schema)).map_err(|_| "its x-mcp-header annotations are invalid")
        }
        None => Ok(Vec::new()),
    }
}

/// Besides what [`convert_item`] knows: `icons` came with 2025-11-25.
fn downgrade(text: &str, revision: Revision) -> Option<Box<str>> {
    // Of the newest revision nearly all have nothing to lose.
    if revision == Revision::LATEST_MODERN && !text.contains("\"taskSupport\"") {
        return None;
    }
    let json = Json::parse(text.as_bytes(), &limits::RESPONSE).ok()?;
    let item = json.value(json.root());
    let mut edits = Edits::new();
    convert_item(item, revision, &mut edits);
    if revision < Revision::V2025_11_25 && item.get("icons").is_some() {
        edits.remove_in(item, "icons");
    }
    (!edits.is_empty()).then(|| edits.apply(text).into_boxed_str())
}
