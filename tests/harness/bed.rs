//! One gateway with one tenant, one agent and one upstream whose tool calls a test answers itself.

use std::sync::Arc;

use anyhow::{Context, Result};

use crate::client::Call;
use crate::host::{Host, Kind};
use crate::request::{HOST, MODERN};
use crate::script;
use crate::token::{Flaw, Issuer};
use crate::upstream::{Answer, Handler, Seen, Upstream};

/// The tools, prompts and resources that the upstream lists, in either era.
const LISTS: [(&str, &str); 4] = [
    ("tools/list", r#""tools":[{"name":"echo","inputSchema":{"type":"object"}}]"#),
    ("prompts/list", r#""prompts":[{"name":"greet"}]"#),
    ("resources/list", r#""resources":[{"uri":"test://static","name":"static"}]"#),
    ("resources/templates/list", r#""resourceTemplates":[]"#),
];
/// What the upstream says it can do.
const CAPABILITIES: &str = r#"{"tools":{},"prompts":{},"resources":{},"completions":{},"logging":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;
/// The session id of the legacy upstream.
pub const SESSION: &str = "session-of-the-bed";

/// Era of the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28.
    Modern,
    /// 2025-11-25, with sessions.
    Legacy,
}

/// The running parts.
pub struct Bed {
    /// The upstream, with the alias `a`.
    pub upstream: Upstream,
    /// The gateway.
    pub host: Box<dyn Host>,
    issuer: Issuer,
    token: String,
    kind: Kind,
    settings: toml::Table,
}

impl Bed {
    /// Starts both. `answer` answers what is neither set-up nor a list.
    ///
    /// # Errors
    /// When one of them does not start.
    pub fn start(
        kind: Kind,
        era: Era,
        answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::with(kind, era, "", answer)
    }

    /// As [`Bed::start`], with further settings of the upstream.
    ///
    /// # Errors
    /// When one of them does not start.
    pub fn with(
        kind: Kind,
        era: Era,
        more: &str,
        answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Result<Self> {
        let handler: Handler = Arc::new(move |seen| set_up(era, seen).unwrap_or_else(|| answer(seen)));
        let upstream = Upstream::start(handler)?;
        let issuer = Issuer::new("dev");
        let era = if era == Era::Modern { "modern" } else { "legacy" };
        let text = format!(
            "path = '/mcp'\nissuers = ['dev']\nhosts = ['{HOST}']\n\
             [agents.developer]\nissuer = 'dev'\nclient = 'developer'\nallow = ['*']\n\
             [upstreams.a]\nurl = 'http://{}/bed'\nera = '{era}'\ninsecure = true\n{more}\n",
            upstream.address
        );
        let mut all = toml::Table::new();
        all.insert("version".to_owned(), 1.into());
        all.insert("issuers".to_owned(), table("dev", script::issuer(&issuer)?));
        all.insert("tenants".to_owned(), table("bed", toml::Value::Table(toml::from_str(&text)?)));
        let host = kind.start(&toml::to_string(&all)?)?;
        let token = issuer.mint("developer", "alice", "bed", Flaw::None);
        Ok(Self { upstream, host, issuer, token, kind, settings: all })
    }

    /// Puts a gateway in the place of this one: with the same keys, but an agent that may use only `allow`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn allow(&mut self, allow: &str) -> Result<()> {
        self.change(&["agents", "developer"], "allow", vec![allow.to_owned()].into())
    }

    /// Likewise with an upstream that may only ask this.
    ///
    /// # Errors
    /// When it does not start.
    pub fn asks(&mut self, asks: &[&str]) -> Result<()> {
        let asks: Vec<String> = asks.iter().map(|kind| (*kind).to_owned()).collect();
        self.change(&["upstreams", "a"], "asks", asks.into())
    }

    /// Likewise with one limit, as TOML.
    ///
    /// # Errors
    /// When it does not start.
    pub fn limit(&mut self, limit: &str) -> Result<()> {
        let limits: toml::Table = toml::from_str(&format!("limits = [{limit}]"))?;
        let limits = limits.get("limits").cloned().context("a limit")?;
        self.change(&[], "limits", limits)
    }

    fn change(&mut self, table: &[&str], key: &str, value: toml::Value) -> Result<()> {
        let path = ["tenants", "bed"].iter().chain(table);
        let mut found = Some(&mut self.settings);
        for key in path {
            found = found.and_then(|table| table.get_mut(*key)).and_then(toml::Value::as_table_mut);
        }
        found.context("the settings have the table")?.insert(key.to_owned(), value);
        self.host = self.kind.start(&toml::to_string(&self.settings)?)?;
        Ok(())
    }

    /// Puts a gateway with these keys of sealed tokens in the place of this one.
    ///
    /// # Errors
    /// When it does not start.
    pub fn keys(&mut self, keys: &str) -> Result<()> {
        self.host = self.kind.start_keyed(&toml::to_string(&self.settings)?, keys)?;
        Ok(())
    }

    /// `call` of another person.
    #[must_use]
    pub fn of(&self, subject: &str, mut call: Call) -> Call {
        let token = self.issuer.mint("developer", subject, subject, Flaw::None);
        call.headers.retain(|(name, _)| name != "authorization");
        call.headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        call
    }

    /// A request of a modern client. `params` are the members of the params besides `_meta`, `meta` those of `_meta`
    /// besides the required ones; either may be empty. `name` is the value of `Mcp-Name`.
    #[must_use]
    pub fn modern(&self, method: &str, id: &str, name: &str, params: &str, meta: &str) -> Call {
        let comma = if params.is_empty() { "" } else { "," };
        let more = if meta.is_empty() { "" } else { "," };
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}}{more}{meta}}}{comma}{params}}}}}"#
        );
        self.raw(method, name, body)
    }

    /// A modern request with this body.
    #[must_use]
    pub fn raw(&self, method: &str, name: &str, body: String) -> Call {
        let mut call = self.plain(body);
        let mut add = |name: &str, value: &str| call.headers.push((name.to_owned(), value.to_owned()));
        add("mcp-protocol-version", MODERN);
        add("mcp-method", method);
        if !name.is_empty() {
            add("mcp-name", name);
        }
        call
    }

    /// A legacy request with this body, in a session or without one.
    #[must_use]
    pub fn legacy(&self, session: Option<&str>, body: String) -> Call {
        let mut call = self.plain(body);
        if let Some(session) = session {
            call.headers.push(("mcp-session-id".to_owned(), session.to_owned()));
            call.headers.push(("mcp-protocol-version".to_owned(), "2025-11-25".to_owned()));
        }
        call
    }

    fn plain(&self, body: String) -> Call {
        let headers = [
            ("host", HOST),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("authorization", &format!("Bearer {}", self.token)),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Call { method: "POST".to_owned(), path: "/mcp".to_owned(), headers, body: body.into_bytes() }
    }
}

fn table(key: &str, value: toml::Value) -> toml::Value {
    let mut table = toml::Table::new();
    table.insert(key.to_owned(), value);
    table.into()
}

/// What every upstream has to answer before it is called; `None` for a call.
#[must_use]
pub fn set_up(era: Era, seen: &Seen) -> Option<Answer> {
    let id = seen.raw(&["id"]).unwrap_or_else(|| "null".to_owned());
    let result =
        |members: &str| Answer::json(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{{members}}}}}"#));
    let info = r#""serverInfo":{"name":"bed","version":"1"}"#;
    match (era, seen.rpc.as_str()) {
        (Era::Modern, "server/discover") => Some(result(&format!(
            r#""resultType":"complete","supportedVersions":["{MODERN}"],"capabilities":{CAPABILITIES},{info},"ttlMs":600000,"cacheScope":"public""#
        ))),
        (Era::Legacy, "initialize") => {
            let mut answer =
                result(&format!(r#""protocolVersion":"2025-11-25","capabilities":{CAPABILITIES},{info}"#));
            answer.headers.push(("mcp-session-id".to_owned(), SESSION.to_owned()));
            Some(answer)
        }
        (Era::Legacy, "notifications/initialized" | "notifications/cancelled") => Some(Answer::status(202)),
        (Era::Legacy, "DELETE") => Some(Answer::status(200)),
        (_, method) => {
            let (_, members) = LISTS.iter().find(|(name, _)| *name == method)?;
            Some(match era {
                Era::Modern => result(&format!(
                    r#""resultType":"complete","ttlMs":600000,"cacheScope":"public",{members}"#
                )),
                Era::Legacy => result(members),
            })
        }
    }
}
