//! MCP revisions, their reserved `_meta` keys, and the conversion of results between eras.

mod convert;

pub use convert::{Own, convert_error, convert_item, convert_result};

use super::json::{Edits, Kind, Raw};
use std::fmt;

/// The revisions that the gateway speaks, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each variant is its date")]
pub enum Revision {
    V2025_03_26,
    V2025_06_18,
    V2025_11_25,
    V2026_07_28,
}

/// The two families of revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Era {
    /// 2025-03-26 to 2025-11-25: `initialize`, optional sessions.
    Legacy,
    /// 2026-07-28: stateless, `_meta` on each request.
    Modern,
}

impl Revision {
    /// All, oldest first.
    pub const ALL: [Self; 4] = [Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];
    /// What `initialize` is answered with when the asked revision is not known.
    pub const LATEST_LEGACY: Self = Self::V2025_11_25;
    /// The one modern revision.
    pub const LATEST_MODERN: Self = Self::V2026_07_28;

    /// By its exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == name)
    }

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// Its family.
    #[must_use]
    pub const fn era(self) -> Era {
        match self {
            Self::V2026_07_28 => Era::Modern,
            _ => Era::Legacy,
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether capabilities, a client's or a server's, declare MCP Apps.
#[must_use]
pub fn declares_apps(capabilities: Raw<'_>) -> bool {
    declares(capabilities, meta::APPS)
}

/// Whether capabilities, a client's or a server's, declare the extension for tasks.
#[must_use]
pub fn declares_tasks(capabilities: Raw<'_>) -> bool {
    declares(capabilities, meta::TASKS)
}

/// Whether a server of 2025-11-25 declares that calls of its tools may be tasks.
#[must_use]
pub fn declares_legacy_tasks(capabilities: Raw<'_>) -> bool {
    let path = ["tasks", "requests", "tools", "call"];
    path.into_iter().try_fold(capabilities, |object, key| object.get(key)).is_some()
}

fn declares(capabilities: Raw<'_>, extension: &str) -> bool {
    let declared = capabilities.get("extensions").and_then(|extensions| extensions.get(extension));
    declared.is_some_and(|value| value.kind() == Kind::Object)
}

/// Removes what a tool says of tasks of 2025-11-25 (`execution.taskSupport`), and `execution` with it if that says nothing else: it is
/// of that revision alone.
pub fn drop_task_support(tool: Raw<'_>, edits: &mut Edits) {
    const SUPPORT: &str = "taskSupport";
    match tool.get("execution") {
        Some(execution) if execution.members().all(|(name, _)| name == SUPPORT) => {
            edits.remove_in(tool, "execution");
        }
        Some(execution) => edits.remove_in(execution, SUPPORT),
        None => {}
    }
}

/// Keys of `_meta` that MCP reserves, and names of extensions.
pub mod meta {
    /// Capabilities, below `extensions`: MCP Apps (SEP-1865). Tools name views, which are resources (`ui://`).
    pub const APPS: &str = "io.modelcontextprotocol/ui";
    /// Capabilities, below `extensions`: tasks (SEP-2663). A call of a tool may answer with a task.
    pub const TASKS: &str = "io.modelcontextprotocol/tasks";
    /// Request: the revision it is written in; its presence makes a request modern.
    pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
    /// Request: a ClientCapabilities object.
    pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
    /// Request: an Implementation object, unverified.
    pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
    /// Result: an Implementation object, unverified.
    pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
    /// Request: log messages from this level on are wanted.
    pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
    /// Messages on a listen stream: the id of the listen request.
    pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
    /// 2025-11-25: the task that a message belongs to.
    pub const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";
    /// Request: the token that progress notifications repeat.
    pub const PROGRESS_TOKEN: &str = "progressToken";
    /// The gateway's own, in requests (`no-cache`, `no-semantic`) and results.
    pub const OWN_CACHE: &str = "dev.postern/cache";
    /// The gateway's own, in results: the request's audit id.
    pub const OWN_REQUEST: &str = "dev.postern/request";
    /// The keys that the gateway gives a meaning.
    pub const RESERVED: &[&str] = &[
        PROTOCOL_VERSION,
        CLIENT_CAPABILITIES,
        CLIENT_INFO,
        SERVER_INFO,
        LOG_LEVEL,
        SUBSCRIPTION_ID,
        RELATED_TASK,
        PROGRESS_TOKEN,
        OWN_CACHE,
        OWN_REQUEST,
    ];
}
