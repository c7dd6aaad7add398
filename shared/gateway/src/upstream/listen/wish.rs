//! What is listened for, as a server declares, is asked for and acknowledges it.

use crate::limits;
use crate::mcp::json::quote;
use crate::mcp::revisions::declares_tasks;
use crate::mcp::{Json, Raw};

/// What is listened for: lists that change, resources by their URIs at the upstream, as they may leave, and tasks by its own ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// `notifications/tools/list_changed`
    pub tools: bool,
    /// `notifications/prompts/list_changed`
    pub prompts: bool,
    /// `notifications/resources/list_changed`
    pub resources: bool,
    /// `notifications/resources/updated`
    pub uris: Vec<String>,
    /// `notifications/tasks` (extension for tasks): of a modern upstream alone.
    pub tasks: Vec<String>,
}

impl Wish {
    /// Whether it is for nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        !(self.tools || self.prompts || self.resources) && self.uris.is_empty() && self.tasks.is_empty()
    }

    /// What of it a server with these capabilities (raw ServerCapabilities object) tells.
    #[must_use]
    pub fn promised(&self, capabilities: &str) -> Self {
        let Ok(json) = Json::parse(capabilities.as_bytes(), &limits::RESPONSE) else {
            return Self::default();
        };
        let says = |kind: &str, what: &str| {
            let has = json.value(json.root()).get(kind).and_then(|kind| kind.get(what));
            has.and_then(Raw::bool).unwrap_or_default()
        };
        let subscribe = says("resources", "subscribe");
        Self {
            tools: self.tools && says("tools", "listChanged"),
            prompts: self.prompts && says("prompts", "listChanged"),
            resources: self.resources && says("resources", "listChanged"),
            uris: if subscribe { self.uris.clone() } else { Vec::new() },
            tasks: if declares_tasks(json.value(json.root())) { self.tasks.clone() } else { Vec::new() },
        }
    }

    /// What of it is honoured by a filter that a server has acknowledged.
    pub(super) fn acknowledged(&self, filter: Option<Raw<'_>>) -> Self {
        let member = |key: &str| filter.and_then(|filter| filter.get(key));
        let says = |key: &str| member(key).and_then(Raw::bool).unwrap_or_default();
        let named = |key: &str, wanted: &[String], most: usize| {
            let named = member(key).into_iter().flat_map(Raw::elements);
            let named: Vec<_> = named.filter_map(Raw::string).take(most).collect();
            let is_named = |wanted: &&String| named.iter().any(|known| known == *wanted);
            wanted.iter().filter(is_named).cloned().collect()
        };
        Self {
            tools: self.tools && says("toolsListChanged"),
            prompts: self.prompts && says("promptsListChanged"),
            resources: self.resources && says("resourcesListChanged"),
            uris: named("resourceSubscriptions", &self.uris, limits::LISTEN_URIS),
            tasks: named("taskIds", &self.tasks, limits::LISTEN_TASKS),
        }
    }

    /// As the `notifications` of a request or its acknowledgement, raw JSON.
    #[must_use]
    pub fn filter(&self) -> String {
        let kinds = [
            (self.tools, r#""toolsListChanged":true"#),
            (self.prompts, r#""promptsListChanged":true"#),
            (self.resources, r#""resourcesListChanged":true"#),
        ];
        let mut members: Vec<String> =
            kinds.into_iter().filter(|(on, _)| *on).map(|(_, text)| text.to_owned()).collect();
        for (key, named) in [("resourceSubscriptions", &self.uris), ("taskIds", &self.tasks)] {
            if !named.is_empty() {
                let named: Vec<String> = named.iter().map(|name| quoted(name)).collect();
                members.push(format!(r#""{key}":[{}]"#, named.join(",")));
            }
        }
        format!("{{{}}}", members.join(","))
    }
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote(&mut out, text);
    out
}
