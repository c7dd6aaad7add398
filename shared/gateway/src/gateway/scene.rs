//! What every message of one request is answered with, and what comes of it.

use super::Gateway;
use super::legacy;
use super::listen::Listening;
use super::relay::Relay;
use crate::catalog::Client;
use crate::error::{Error, Row};
use crate::mcp::envelope::Request;
use crate::mcp::json::Json;
use crate::mcp::revisions::{Era, Revision, declares_apps, meta};
use crate::platform::Platform;
use crate::stage::authenticate::Caller;
use crate::stage::redact::{WITHHELD, quoted};
use std::rc::Rc;

/// What every message of one request is answered with.
pub(crate) struct Scene<P: Platform> {
    pub gateway: Rc<Gateway>,
    pub platform: P,
    pub caller: Rc<Caller>,
}

impl<P: Platform> Scene<P> {
    /// The same, for what goes on by itself.
    pub fn again(&self) -> Self {
        Self { gateway: self.gateway.clone(), platform: self.platform.clone(), caller: self.caller.clone() }
    }

    /// What the agent is told of an error. Some of it may be the agent's own words.
    pub fn row(&self, error: &Error, era: Era) -> Row {
        let mut row = error.row().for_era(era);
        let tenant = self.caller.tenant();
        if matches!(error, Error::Refusal(refusal) if refusal.quotes()) {
            row.message = quoted(tenant, &row.message).into_owned();
            row.data =
                row.data.map(|data| quoted(tenant, &data).into_owned()).filter(|data| data != WITHHELD);
        }
        row
    }
}

/// The answer to one request, before its record is closed.
pub(crate) enum Flow<P: Platform> {
    /// A whole message, and the HTTP status for it.
    Message(u16, String),
    /// The answer to `initialize`, with the sealed session id.
    Opened(String, String),
    /// Messages still to come.
    Relay(Box<Relay<P>>),
    /// What changes, as it does.
    Listening(Box<Listening<P>>),
}

/// Which client asks, and in which revision.
pub(crate) struct Asker {
    pub revision: Revision,
    /// The sealed session of a legacy client; `None` for modern clients and for `initialize`.
    pub session: Option<legacy::Session>,
}

impl Asker {
    /// How it is shown things: a modern client says so in each request, a legacy one said so to begin with.
    pub fn client(&self, json: &Json<'_>, request: &Request) -> Client {
        let apps = match &self.session {
            Some(session) => session.capabilities.apps(),
            None => request
                .meta
                .and_then(|node| json.get(node, meta::CLIENT_CAPABILITIES))
                .is_some_and(|declared| declares_apps(json.value(declared))),
        };
        Client { revision: self.revision, apps }
    }
}

/// A result message of our own.
pub(crate) fn result_message(id: &str, result: &str) -> String {
    let mut out = String::with_capacity(result.len() + id.len() + 40);
    out.push_str(r#"{"jsonrpc":"2.0","id":"#);
    out.push_str(id);
    out.push_str(r#","result":"#);
    out.push_str(result);
    out.push('}');
    out
}
