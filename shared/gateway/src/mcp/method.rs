//! The methods of every revision, and what the gateway needs to know of each.

use super::revisions::Era;
use std::convert::Infallible;
use std::str::FromStr;

/// A method or notification by its exact name (method tables of the MCP revisions 2025-03-26 to 2026-07-28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each variant is the name in TABLE")]
#[non_exhaustive]
pub enum Method {
    Discover,
    Initialize,
    Ping,
    ToolsList,
    ToolsCall,
    PromptsList,
    PromptsGet,
    ResourcesList,
    ResourcesTemplatesList,
    ResourcesRead,
    ResourcesSubscribe,
    ResourcesUnsubscribe,
    ResourcesDirectoryRead,
    Complete,
    SetLevel,
    Listen,
    TasksGet,
    TasksUpdate,
    TasksCancel,
    TasksList,
    TasksResult,
    SkillsList,
    SkillsGet,
    CreateMessage,
    Elicit,
    RootsList,
    Initialized,
    Cancelled,
    Progress,
    LogMessage,
    ToolsListChanged,
    PromptsListChanged,
    ResourcesListChanged,
    ResourcesUpdated,
    RootsListChanged,
    SubscriptionsAcknowledged,
    ElicitationComplete,
    TasksNotification,
    TasksStatus,
    /// Any other name.
    Other,
}

/// Which way a message goes, and whether it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A request of the client.
    ClientRequest,
    /// A request of the server.
    ServerRequest,
    /// A notification of either side.
    Notification,
}

use Era::{Legacy, Modern};
use Role::{ClientRequest as C, Notification as N, ServerRequest as S};

/// (method, name, role, eras that have it).
const TABLE: &[(Method, &str, Role, &[Era])] = &[
    (Method::ToolsCall, "tools/call", C, &[Legacy, Modern]),
    (Method::ToolsList, "tools/list", C, &[Legacy, Modern]),
    (Method::ResourcesRead, "resources/read", C, &[Legacy, Modern]),
    (Method::PromptsGet, "prompts/get", C, &[Legacy, Modern]),
    (Method::PromptsList, "prompts/list", C, &[Legacy, Modern]),
    (Method::ResourcesList, "resources/list", C, &[Legacy, Modern]),
    (Method::ResourcesTemplatesList, "resources/templates/list", C, &[Legacy, Modern]),
    (Method::Complete, "completion/complete", C, &[Legacy, Modern]),
    (Method::Discover, "server/discover", C, &[Modern]),
    (Method::Listen, "subscriptions/listen", C, &[Modern]),
    (Method::Initialize, "initialize", C, &[Legacy]),
    (Method::Ping, "ping", C, &[Legacy]),
    (Method::SetLevel, "logging/setLevel", C, &[Legacy]),
    (Method::ResourcesSubscribe, "resources/subscribe", C, &[Legacy]),
    (Method::ResourcesUnsubscribe, "resources/unsubscribe", C, &[Legacy]),
    (Method::TasksGet, "tasks/get", C, &[Legacy, Modern]),
    (Method::TasksUpdate, "tasks/update", C, &[Modern]),
    (Method::TasksCancel, "tasks/cancel", C, &[Legacy, Modern]),
    (Method::TasksList, "tasks/list", C, &[Legacy]),
    (Method::TasksResult, "tasks/result", C, &[Legacy]),
    (Method::SkillsList, "skills/list", C, &[Modern]),
    (Method::SkillsGet, "skills/get", C, &[Modern]),
    (Method::ResourcesDirectoryRead, "resources/directory/read", C, &[Modern]),
    (Method::CreateMessage, "sampling/createMessage", S, &[Legacy]),
    (Method::Elicit, "elicitation/create", S, &[Legacy]),
    (Method::RootsList, "roots/list", S, &[Legacy]),
    (Method::Initialized, "notifications/initialized", N, &[Legacy]),
    (Method::Cancelled, "notifications/cancelled", N, &[Legacy, Modern]),
    (Method::Progress, "notifications/progress", N, &[Legacy, Modern]),
    (Method::LogMessage, "notifications/message", N, &[Legacy, Modern]),
    (Method::ToolsListChanged, "notifications/tools/list_changed", N, &[Legacy, Modern]),
    (Method::PromptsListChanged, "notifications/prompts/list_changed", N, &[Legacy, Modern]),
    (Method::ResourcesListChanged, "notifications/resources/list_changed", N, &[Legacy, Modern]),
    (Method::ResourcesUpdated, "notifications/resources/updated", N, &[Legacy, Modern]),
    (Method::RootsListChanged, "notifications/roots/list_changed", N, &[Legacy]),
    (Method::SubscriptionsAcknowledged, "notifications/subscriptions/acknowledged", N, &[Modern]),
    (Method::ElicitationComplete, "notifications/elicitation/complete", N, &[Legacy]),
    (Method::TasksNotification, "notifications/tasks", N, &[Modern]),
    (Method::TasksStatus, "notifications/tasks/status", N, &[Legacy]),
];

impl Method {
    /// The method's name; empty for [`Method::Other`].
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// Whether some revision of `era` has the method (2026-07-28 dropped some and added some).
    #[must_use]
    pub fn known_in(self, era: Era) -> bool {
        self.row().is_some_and(|row| row.3.contains(&era))
    }

    /// Who sends it; `None` for [`Method::Other`].
    #[must_use]
    pub fn role(self) -> Option<Role> {
        self.row().map(|row| row.2)
    }

    /// The member of `params` that the header `Mcp-Name` mirrors (2026-07-28, transports).
    #[must_use]
    pub fn name_param(self) -> Option<&'static str> {
        match self {
            Self::ToolsCall | Self::PromptsGet => Some("name"),
            Self::ResourcesRead => Some("uri"),
            Self::TasksGet | Self::TasksUpdate | Self::TasksCancel => Some("taskId"),
            _ => None,
        }
    }

    /// Whether its complete results carry `ttlMs` and `cacheScope` (2026-07-28, caching).
    #[must_use]
    pub fn cacheable(self) -> bool {
        matches!(
            self,
            Self::Discover
                | Self::ToolsList
                | Self::PromptsList
                | Self::ResourcesList
                | Self::ResourcesTemplatesList
                | Self::ResourcesRead
        )
    }

    /// Whether it may answer `input_required` (2026-07-28, multi round-trip requests).
    #[must_use]
    pub fn may_ask_back(self) -> bool {
        matches!(self, Self::ToolsCall | Self::PromptsGet | Self::ResourcesRead)
    }

    /// Whether it is about one task (2026-07-28, extension for tasks; 2025-11-25, tasks).
    #[must_use]
    pub fn names_task(self) -> bool {
        matches!(self, Self::TasksGet | Self::TasksUpdate | Self::TasksCancel | Self::TasksResult)
    }

    /// Whether sending it twice does no harm.
    #[must_use]
    pub fn safe(self) -> bool {
        self.cacheable()
            || matches!(
                self,
                Self::PromptsGet | Self::Complete | Self::Ping | Self::TasksGet | Self::TasksList
            )
    }

    fn row(self) -> Option<&'static (Method, &'static str, Role, &'static [Era])> {
        TABLE.iter().find(|row| row.0 == self)
    }
}

impl FromStr for Method {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(TABLE.iter().find(|row| row.1 == name).map_or(Self::Other, |row| row.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_its_own_method() {
        for row in TABLE {
            assert_eq!(row.1.parse(), Ok(row.0), "{}", row.1);
            assert_eq!(row.0.name(), row.1);
            assert_eq!(row.0.role(), Some(row.2));
            assert_eq!(row.2 == Role::Notification, row.1.starts_with("notifications/"));
            assert!(!row.3.is_empty());
        }
        for name in ["", "Tools/call", "tools/call ", "tools", "initialized"] {
            assert_eq!(name.parse(), Ok(Method::Other));
        }
        assert!(!Method::Other.known_in(Modern) && !Method::Other.known_in(Legacy));
    }
}
