//! Requests to Microsoft Graph and its answers (`dataSecurityAndGovernance`, v1.0, and beta between agents and tools).
//! Pure.

use super::scopes::Action;
use crate::calendar::civil;
use crate::dlp::cut::{Size, cut};
use crate::dlp::token::percent;
use crate::dlp::wire::Question;
use crate::dlp::{About, Direction, Why};
use crate::limits;
use crate::tenant::{Dlp, Purview};
use serde::Deserialize;
use serde_json::{Value, json};

/// Largest text of one entry, in bytes; a request of all entries stays below the 4 MB that Graph takes.
const ENTRY_BYTES: usize = 128 * 1024;
const APPLICATION: &str = "microsoft.graph.policyLocationApplication";
const TOOL: &str = "microsoft.graph.policyLocationTool";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is said of some content, besides the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    /// Where Graph is.
    graph: String,
    app_id: String,
    /// `TOOL@SERVER`, when it is told as what an agent and a tool say to each other.
    tool: Option<String>,
    agent: String,
    /// Object id of the user; empty when there is none.
    user: String,
    /// `uploadText` or `downloadText`.
    pub activity: &'static str,
    request: String,
    name: String,
}

impl Subject {
    /// What `about` is to Purview.
    ///
    /// # Errors
    /// [`Why::NoUser`] when policies of a user are to be asked for, and there is none.
    pub fn of(dlp: &Dlp, purview: &Purview, about: &About<'_>) -> Result<Self, Why> {
        let user = if purview.by_user { about.user } else { "" };
        if user.is_empty() && !purview.agent_to_tool {
            return Err(Why::NoUser);
        }
        // Policies name a tool as its server does.
        let own = about.tool.strip_prefix(about.server).and_then(|rest| rest.strip_prefix("__"));
        let tool = own.unwrap_or(about.tool);
        Ok(Self {
            graph: dlp.url.clone(),
            app_id: purview.app_id.clone(),
            tool: purview.agent_to_tool.then(|| format!("{tool}@{}", about.server)),
            agent: about.agent.to_owned(),
            user: user.to_owned(),
            activity: match about.direction {
                Direction::Request => "uploadText",
                Direction::Response => "downloadText",
            },
            request: guid(about.request),
            name: format!("{} {}", about.direction.name(), about.tool),
        })
    }

    /// Whose scopes hold: the user's, or the agent's.
    pub fn key(&self) -> &str {
        if self.tool.is_some() { &self.agent } else { &self.user }
    }

    /// The places it is at, as scopes name them.
    pub fn places(&self) -> Vec<&str> {
        match &self.tool {
            None => vec![&self.app_id],
            Some(tool) => vec![tool, &self.agent, &self.app_id],
        }
    }

    /// Asks which scopes there are, for both activities at once.
    pub fn compute(&self) -> Question {
        let place = if self.tool.is_some() { &self.agent } else { &self.app_id };
        let mut body = json!({
            "activities": "uploadText,downloadText",
            "locations": [location(APPLICATION, place)],
        });
        if self.tool.is_some() {
            set(&mut body, "evaluationScope", json!({ "type": "agent" }));
        }
        self.question("protectionScopes/compute", self.tool.is_some(), body)
    }

    /// Shows content; with `inline` somebody waits for the verdict. `etag` is that of the scopes that are known.
    ///
    /// # Errors
    /// [`Why::TooLarge`] beyond what is shown at all.
    pub fn process(
        &self,
        text: &str,
        now_ms: u64,
        inline: bool,
        etag: Option<&str>,
    ) -> Result<Question, Why> {
        let body = json!({ "contentToProcess": self.content(text, now_ms)? });
        let mut question = self.question("processContent", self.tool.is_some(), body);
        if inline {
            question.headers.push(("prefer", "evaluateInline".to_owned()));
        }
        if let Some(etag) = etag {
            question.headers.push(("if-none-match", etag.to_owned()));
        }
        Ok(question)
    }

    /// Has content recorded that no policy judges; `None` without a user, to whom records belong.
    pub fn record(&self, text: &str, now_ms: u64) -> Option<Question> {
        if self.user.is_empty() {
            return None;
        }
        let body = json!({ "userId": self.user, "contentMetadata": self.content(text, now_ms).ok()? });
        Some(self.question("activities/contentActivities", false, body))
    }

    fn question(&self, what: &str, beta: bool, body: Value) -> Question {
        let url = if beta {
            format!("{}/beta/security/dataSecurityAndGovernance/{what}", self.graph)
        } else {
            format!("{}/v1.0/users/{}/dataSecurityAndGovernance/{what}", self.graph, percent(&self.user))
        };
        Question { url, headers: vec![("client-request-id", self.request.clone())], body: body.to_string() }
    }

    fn content(&self, text: &str, now_ms: u64) -> Result<Value, Why> {
        let cuts = cut(text, Size::Bytes(ENTRY_BYTES), limits::DLP_TEXT_BYTES / ENTRY_BYTES * 2)?;
        let time = instant(now_ms);
        let entry = |(at, range): (usize, std::ops::Range<usize>)| {
            json!({
                "@odata.type": "microsoft.graph.processConversationMetadata",
                "identifier": format!("{}-{at}", self.request),
                "content": {
                    "@odata.type": "microsoft.graph.textContent",
                    "data": text.get(range).unwrap_or_default(),
                },
                "name": self.name,
                "correlationId": self.request,
                // Rises from one to the next, also over requests.
                "sequenceNumber": now_ms.saturating_mul(100).saturating_add(at as u64),
                "isTruncated": false,
                "createdDateTime": time,
                "modifiedDateTime": time,
            })
        };
        let entries: Vec<Value> = cuts.into_iter().enumerate().map(entry).collect();
        let mut content = json!({
            "contentEntries": entries,
            "activityMetadata": { "activity": self.activity },
            "deviceMetadata": {},
            "integratedAppMetadata": { "name": "Postern", "version": VERSION },
            "protectedAppMetadata": {
                "name": "Postern",
                "version": VERSION,
                "applicationLocation": location(APPLICATION, &self.app_id),
            },
        });
        match &self.tool {
            None => set(
                &mut content,
                "deviceMetadata",
                json!({ "operatingSystemSpecifications": {
                    "operatingSystemPlatform": "Unknown", "operatingSystemVersion": "Unknown",
                } }),
            ),
            Some(tool) => {
                set(&mut content, "evaluationScope", json!({ "type": "agent" }));
                let app = json!({
                    "name": "Postern",
                    "version": VERSION,
                    "applicationLocation": location(TOOL, tool),
                    "sourceLocation": location(APPLICATION, &self.agent),
                });
                set(&mut content, "protectedAppMetadata", app);
            }
        }
        Ok(content)
    }
}

fn location(kind: &str, value: &str) -> Value {
    json!({ "@odata.type": kind, "value": value })
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

/// What became of content that was shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Processed {
    /// Whether it must not pass.
    pub blocks: bool,
    /// Whether the scopes that were named do not hold any more.
    pub modified: bool,
}

impl Processed {
    /// Reads the answer of `processContent`. What blocks does so even if something else went wrong.
    ///
    /// # Errors
    /// [`Why::Malformed`]; [`Why::Incomplete`] when it says that something could not be processed.
    pub fn read(body: &[u8]) -> Result<Self, Why> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            protection_scope_state: Option<String>,
            policy_actions: Option<Vec<Action>>,
            processing_errors: Option<Vec<Value>>,
        }
        let answer: Answer = crate::dlp::parse(body)?;
        if answer.protection_scope_state.is_none() && answer.policy_actions.is_none() {
            return Err(Why::Malformed);
        }
        let blocks = answer.policy_actions.iter().flatten().any(Action::blocks);
        if !blocks && answer.processing_errors.is_some_and(|errors| !errors.is_empty()) {
            return Err(Why::Incomplete);
        }
        let state = answer.protection_scope_state.unwrap_or_default();
        Ok(Self { blocks, modified: state.eq_ignore_ascii_case("modified") })
    }
}

/// The id of a request in the shape of a GUID, which Graph recommends; one of another length as it is.
fn guid(request: &str) -> String {
    let part = |from: usize, to: usize| request.get(from..to).unwrap_or_default();
    if request.len() == 24 && request.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        format!("00000000-{}-{}-{}-{}", part(0, 4), part(4, 8), part(8, 12), part(12, 24))
    } else {
        request.to_owned()
    }
}

/// A Unix time in ms as ISO 8601 in UTC.
fn instant(unix_ms: u64) -> String {
    let (days, ms) = (unix_ms / 86_400_000, unix_ms % 86_400_000);
    let (year, month, day) = civil(i64::try_from(days).unwrap_or_default());
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1_000)
}

#[cfg(test)]
mod tests;
