//! External inspectors that do as they are told: Microsoft Graph, Presidio, Azure, Google, a webhook and a token
//! endpoint, all behind one address. They find words, in the units and shapes of the real ones, and keep every
//! request that they saw.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::upstream::{Answer, Piece, Seen, Upstream};

/// The word that is found, and the type that it has.
pub const WORD: &str = "kryptonite";
/// See [`WORD`].
pub const TYPE: &str = "MINERAL";
/// The word that is forbidden, where a service can forbid.
pub const FORBIDDEN: &str = "forbidden";

/// The services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Microsoft Purview, with policies of users.
    Purview,
    /// Microsoft Purview, between agents and tools.
    PurviewTools,
    /// Presidio.
    Presidio,
    /// Azure AI Language.
    Azure,
    /// Google Sensitive Data Protection.
    Google,
    /// A webhook.
    Webhook,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Purview, Self::PurviewTools, Self::Presidio, Self::Azure, Self::Google, Self::Webhook];

    /// Whether it says where its findings are; else it forbids.
    #[must_use]
    pub const fn finds(self) -> bool {
        !matches!(self, Self::Purview | Self::PurviewTools)
    }

    /// Its settings: the lines below `[tenants.T.dlp.NAME]`, for a fake at `address`. They name the secret
    /// `secret`, as `secret:NAME`.
    #[must_use]
    pub fn settings(self, address: SocketAddr, secret: &str) -> String {
        let base = format!("insecure = true\nurl = \"http://{address}{}\"\n", self.path());
        let client = format!(
            "credential = {{ client_id = \"app-1\", client_secret = \"{secret}\", token_url = \"http://{address}/token\" }}\n"
        );
        let own = match self {
            Self::Purview => "kind = \"purview\"\n".to_owned(),
            Self::PurviewTools => "kind = \"purview\"\nuser = \"none\"\nagent_to_tool = true\n".to_owned(),
            Self::Presidio => return format!("kind = \"presidio\"\n{base}"),
            Self::Azure => "kind = \"azure\"\n".to_owned(),
            Self::Google => "kind = \"google\"\nproject = \"p\"\n".to_owned(),
            Self::Webhook => format!("kind = \"webhook\"\nsignature = \"{secret}\"\n"),
        };
        format!("{own}{base}{client}")
    }

    const fn path(self) -> &'static str {
        if matches!(self, Self::Webhook) { "/hook" } else { "" }
    }
}

/// What all of them do from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// Their work: [`WORD`] is found, or forbidden where nothing can be found; [`FORBIDDEN`] is forbidden.
    Work,
    /// Their work, but nobody is to wait for it: scopes are offline.
    Offline,
    /// Their work, but scopes are of another application.
    Elsewhere,
    /// Their work, but the first scopes that are named do not hold any more.
    Modified,
    /// Their work, but the first token is refused.
    TokenOnce,
    /// This status, with this `retry-after`.
    Status(u16, Option<u32>),
    /// Nothing for five seconds.
    Stall,
    /// JSON that breaks off.
    Malformed,
    /// Success, with a word that not all was looked at.
    Partly,
    /// The connection breaks.
    Break,
}

/// The running fake.
pub struct Inspector {
    upstream: Upstream,
    script: Arc<Mutex<Script>>,
    /// How many tokens were given.
    tokens: Arc<AtomicU32>,
}

impl Inspector {
    /// Starts it on a free port; it does its work.
    ///
    /// # Errors
    /// When no port or thread can be had.
    pub fn start() -> Result<Self> {
        let script = Arc::new(Mutex::new(Script::Work));
        let followed = Arc::clone(&script);
        let tokens = Arc::new(AtomicU32::new(0));
        let given = Arc::clone(&tokens);
        let upstream = Upstream::start(Arc::new(move |seen: &Seen| {
            let script = followed.lock().unwrap_or_else(PoisonError::into_inner).clone();
            answer(seen, &script, &given)
        }))?;
        Ok(Self { upstream, script, tokens })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.upstream.address
    }

    /// Has it do something else from now on, and forget what it saw.
    pub fn follow(&self, script: Script) {
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = script;
        self.tokens.store(0, Ordering::SeqCst);
        self.upstream.forget();
    }

    /// What it saw since, in the order of arrival, tokens and scopes left out with `content`.
    #[must_use]
    pub fn seen(&self, content: bool) -> Vec<Arc<Seen>> {
        let besides = |seen: &Arc<Seen>| seen.path == "/token" || seen.path.ends_with("/compute");
        self.upstream.seen("/").into_iter().filter(|seen| !content || !besides(seen)).collect()
    }
}

fn answer(seen: &Seen, script: &Script, tokens: &AtomicU32) -> Answer {
    if seen.path == "/token" {
        let token = format!("t{}", tokens.fetch_add(1, Ordering::SeqCst));
        return Answer::json(json!({ "access_token": token, "expires_in": 3600 }).to_string());
    }
    match script {
        Script::Status(status, after) => {
            let mut answer = Answer::status(*status);
            answer.headers.extend(after.map(|after| ("retry-after".to_owned(), after.to_string())));
            answer
        }
        Script::Stall => Answer { delay: Duration::from_secs(5), ..work(seen, script) },
        Script::Malformed => Answer::json("{\"verdict\":\"pa"),
        Script::Break => Answer { pieces: vec![Piece::Break], ..Answer::json("") },
        Script::TokenOnce if seen.header("authorization") == Some("Bearer t0") => Answer::status(401),
        _ => work(seen, script),
    }
}

fn work(seen: &Seen, script: &Script) -> Answer {
    let body = seen.json();
    let partly = *script == Script::Partly;
    let path = seen.path.split('?').next().unwrap_or_default();
    let answer = match path {
        "/analyze" if partly => json!({ "error": "x" }),
        "/analyze" => presidio(&body),
        "/language/:analyze-text" => azure(&body, partly),
        "/hook" if partly => json!({ "spans": [] }),
        "/hook" => webhook(&body),
        _ if path.ends_with(":inspect") => google(&body, partly),
        _ if path.ends_with("/compute") => return scopes(script),
        _ if path.ends_with("/contentActivities") => json!({ "id": "1" }),
        _ if path.ends_with("/processContent") => return processed(seen, &body, script),
        _ => return Answer::status(404),
    };
    Answer::json(answer.to_string())
}

fn scopes(script: &Script) -> Answer {
    let app = if *script == Script::Elsewhere { "another" } else { "app-1" };
    let mode = if *script == Script::Offline { "evaluateOffline" } else { "evaluateInline" };
    let scope = json!({
        "activities": "uploadText,downloadText", "executionMode": mode, "policyActions": [],
        "locations": [{ "@odata.type": "#microsoft.graph.policyLocationApplication", "value": app }],
    });
    let mut answer = Answer::json(json!({ "value": [scope] }).to_string());
    answer.headers.push(("etag".to_owned(), "\"scopes-1\"".to_owned()));
    answer
}

fn processed(seen: &Seen, body: &Value, script: &Script) -> Answer {
    let entries = body["contentToProcess"]["contentEntries"].as_array().cloned().unwrap_or_default();
    let blocks = entries.iter().any(|entry| {
        let text = entry["content"]["data"].as_str().unwrap_or_default();
        text.contains(WORD) || text.contains(FORBIDDEN)
    });
    let action = json!({ "@odata.type": "#microsoft.graph.restrictAccessAction", "action": "restrictAccess", "restrictionAction": "block" });
    let modified = *script == Script::Modified && seen.header("if-none-match").is_some();
    let errors = if *script == Script::Partly { vec![json!({ "code": "x" })] } else { Vec::new() };
    let answer = json!({
        "protectionScopeState": if modified { "modified" } else { "notModified" },
        "policyActions": if blocks { vec![action] } else { Vec::new() },
        "processingErrors": errors,
    });
    Answer::json(answer.to_string())
}

fn presidio(body: &Value) -> Value {
    let found = found(&body["text"], points);
    let item = |(start, end)| json!({ "entity_type": TYPE, "start": start, "end": end, "score": 0.9 });
    found.into_iter().map(item).collect()
}

fn azure(body: &Value, partly: bool) -> Value {
    let document = |document: &Value| {
        let found = found(&document["text"], points);
        let entity = |(start, end): (usize, usize)| json!({ "category": TYPE, "offset": start, "length": end - start, "confidenceScore": 0.9 });
        json!({ "id": document["id"], "entities": found.into_iter().map(entity).collect::<Vec<_>>(), "warnings": [] })
    };
    let documents = body["analysisInput"]["documents"].as_array().cloned().unwrap_or_default();
    let errors = if partly { vec![json!({ "id": "0", "error": {} })] } else { Vec::new() };
    json!({
        "kind": "PiiEntityRecognitionResults",
        "results": { "documents": documents.iter().map(document).collect::<Vec<_>>(), "errors": errors, "modelVersion": "1" },
    })
}

fn google(body: &Value, partly: bool) -> Value {
    let finding = |(start, end): (usize, usize)| {
        let range = json!({ "start": start.to_string(), "end": end.to_string() });
        json!({ "infoType": { "name": TYPE }, "likelihood": "LIKELY", "location": { "codepointRange": range } })
    };
    let found = found(&body["item"]["value"], points);
    json!({ "result": { "findings": found.into_iter().map(finding).collect::<Vec<_>>(), "findingsTruncated": partly } })
}

fn webhook(body: &Value) -> Value {
    let forbidden = body["text"].as_str().is_some_and(|text| text.contains(FORBIDDEN));
    let found = found(&body["text"], |text| text.encode_utf16().count());
    let span = |(start, end): (usize, usize)| json!({ "start": start, "end": end, "type": TYPE });
    json!({
        "verdict": if forbidden { "block" } else { "pass" },
        "unit": "utf16",
        "spans": found.into_iter().map(span).collect::<Vec<_>>(),
    })
}

fn points(text: &str) -> usize {
    text.chars().count()
}

/// Where [`WORD`] is in a text, as `count` counts.
fn found(text: &Value, count: impl Fn(&str) -> usize) -> Vec<(usize, usize)> {
    let text = text.as_str().unwrap_or_default();
    let place = |(at, word): (usize, &str)| {
        let start = count(&text[..at]);
        (start, start + count(word))
    };
    text.match_indices(WORD).map(place).collect()
}
