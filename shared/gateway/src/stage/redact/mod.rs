//! Stage `redact`: sensitive values do not cross, in either direction.
//!
//! What goes to an upstream is an [`Outbound`], and what goes to an agent is made of a [`Clean`] message; only this
//! module makes them. Messages are inspected whole and as text, so that no member is forgotten; what is protocol and
//! not content is told by its path. Pure.

pub mod media;
mod pass;
mod plan;
mod restore;
mod tally;
#[cfg(test)]
mod tests;

pub use plan::Plan;
pub use tally::Tally;

use crate::error::{Error, Fault, Refusal};
use crate::limits;
use crate::mcp::{Bounds, Edits, Json, Message, Method, Notification, Outcome, Request, Response};
use crate::tenant::{Depth, Inspect, Redaction, Tenant, Way};
use std::borrow::Cow;
use std::ops::Deref;

/// A document that is somebody else's, or one that was made here.
pub enum Held<'a> {
    /// As it came.
    Lent(&'a Json<'a>),
    /// Its own.
    Owned(Json<'static>),
}

impl<'a> Deref for Held<'a> {
    type Target = Json<'a>;

    fn deref(&self) -> &Json<'a> {
        match self {
            Self::Lent(json) => json,
            Self::Owned(json) => json,
        }
    }
}

/// A request that may leave: what may not be known to its upstream is not in it any more, and what was a token for the
/// agent can be the upstream's own value again.
pub struct Outbound<'a> {
    json: Held<'a>,
    request: Request,
}

impl<'a> Outbound<'a> {
    /// A request of an agent, as its plan lets it through.
    ///
    /// # Errors
    /// [`Refusal::Blocked`]; or it is too large when it was rewritten.
    pub fn of(
        plan: Option<&Plan>,
        json: &'a Json<'a>,
        request: &Request,
        tally: &mut Tally,
    ) -> Result<Self, Error> {
        let changed = match plan {
            Some(plan) => plan.message(json, request.node, Way::Request, tally)?,
            None => None,
        };
        match changed {
            None => Ok(Self { json: Held::Lent(json), request: *request }),
            Some(json) => Self::read(json),
        }
    }

    /// The same request with the values that its tokens stand for. Services were shown it before.
    ///
    /// # Errors
    /// It is too large with them.
    pub fn restored(self, plan: &Plan, tally: &mut Tally) -> Result<Self, Error> {
        match plan.restored(self.json.raw(self.request.node), tally)? {
            None => Ok(self),
            Some(json) => Self::read(json),
        }
    }

    /// The same request after a service has changed its text.
    ///
    /// # Errors
    /// It is no request any more, or too large.
    pub fn again(text: String) -> Result<Self, Error> {
        Self::read(again(text, &limits::REQUEST)?)
    }

    fn read(json: Json<'static>) -> Result<Self, Error> {
        match Message::read(&json, json.root()) {
            Ok(Message::Request(request)) => Ok(Self { json: Held::Owned(json), request }),
            _ => Err(unreadable()),
        }
    }

    /// A request of the gateway's own: nothing in it is an agent's.
    #[must_use]
    pub const fn own(json: &'a Json<'a>, request: Request) -> Self {
        Self { json: Held::Lent(json), request }
    }

    /// The message.
    #[must_use]
    pub fn json(&self) -> &Json<'a> {
        &self.json
    }

    /// Its parts.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }
}

/// A text that may be posted to an upstream.
pub struct Cleared(String);

impl Cleared {
    /// An answer or notification of an agent, as its plan lets it through; raw JSON.
    ///
    /// # Errors
    /// [`Refusal::Blocked`].
    pub fn of(plan: Option<&Plan>, text: String, tally: &mut Tally) -> Result<Self, Error> {
        let Some(plan) = plan else { return Ok(Self(text)) };
        let json = Json::parse(text.as_bytes(), &limits::REQUEST).map_err(|_| unreadable())?;
        let changed = plan.message(&json, json.root(), Way::Request, tally)?;
        Ok(Self(changed.map_or(text, |json| json.text().to_owned())))
    }

    /// A text of the gateway's own.
    #[must_use]
    pub const fn own(text: String) -> Self {
        Self(text)
    }

    /// The same text with the values that its tokens stand for.
    ///
    /// # Errors
    /// It is too large with them.
    pub fn restored(self, plan: &Plan, tally: &mut Tally) -> Result<Self, Error> {
        let restored = plan.restored(&self.0, tally)?;
        Ok(Self(restored.map_or(self.0, |json| json.text().to_owned())))
    }

    /// The same text after a service has changed it.
    #[must_use]
    pub const fn again(text: String) -> Self {
        Self(text)
    }

    /// The text, for a service to see.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The text.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.0
    }
}

/// A message that may be shown to the agent.
pub struct Clean<'a> {
    json: Held<'a>,
    message: Message,
    /// Whether tokens were made of some of its values.
    has_tokens: bool,
}

impl<'a> Clean<'a> {
    /// A message of an upstream, as the plan of its call lets it through.
    ///
    /// # Errors
    /// [`Refusal::Blocked`]; or it is no message any more when it was rewritten, which is never expected.
    pub fn of(
        plan: Option<&Plan>,
        json: Held<'a>,
        message: Message,
        way: Way,
        tally: &mut Tally,
    ) -> Result<Self, Error> {
        let Some(plan) = plan else { return Ok(Self { json, message, has_tokens: false }) };
        let before = tally.tokens(way);
        let own = without_strays(&json, &message);
        let own = own.map(|text| again(text, &limits::RESPONSE)).transpose()?;
        let changed = match &own {
            Some(own) => plan.message(own, own.root(), way, tally)?,
            None => plan.message(&json, json.root(), way, tally)?,
        };
        let has_tokens = tally.tokens(way) > before;
        match changed.or(own) {
            None => Ok(Self { json, message, has_tokens }),
            Some(json) => Ok(Self { has_tokens, ..Self::read(json)? }),
        }
    }

    /// A message that was clean when it was kept, for a plan that comes to the same.
    #[must_use]
    pub(in crate::stage) const fn kept(json: Held<'a>, message: Message) -> Self {
        Self { json, message, has_tokens: false }
    }

    /// The same message after a service has changed its text.
    ///
    /// # Errors
    /// It is no message any more.
    pub fn again(text: String) -> Result<Self, Error> {
        Self::read(again(text, &limits::RESPONSE)?)
    }

    fn read(json: Json<'static>) -> Result<Self, Error> {
        let message = Message::read(&json, json.root()).map_err(|_| unreadable())?;
        Ok(Self { json: Held::Owned(json), message, has_tokens: false })
    }

    /// Whether some of its values are tokens now, which end with their time and their agent. Not told of a message that a
    /// service has changed since, or that was kept.
    #[must_use]
    pub const fn has_tokens(&self) -> bool {
        self.has_tokens
    }

    /// The message.
    #[must_use]
    pub fn json(&self) -> &Json<'a> {
        &self.json
    }

    /// Its parts.
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.message
    }
}

/// A message without what is spared elsewhere because it does not reach the agent as it is: the token of a progress that is
/// none, and the state of a question that is none. None if it has neither.
fn without_strays(json: &Json<'_>, message: &Message) -> Option<String> {
    let (object, key) = match message {
        Message::Notification(Notification { method, params: Some(params), .. })
            if *method != Method::Progress =>
        {
            (*params, "progressToken")
        }
        Message::Response(Response { outcome: Outcome::Result(result), .. }) => {
            let kind = json.get(*result, "resultType").and_then(|kind| json.string(kind));
            if kind.as_deref() == Some("input_required") {
                return None;
            }
            (*result, "requestState")
        }
        _ => return None,
    };
    json.get(object, key)?;
    let mut edits = Edits::new();
    edits.remove(json, object, key);
    Some(edits.apply(json.text()))
}

/// What stands for a text that cannot be inspected.
pub const WITHHELD: &str = "(withheld)";

/// How deep a tenant has anything inspected, but `standard` at least: what is not sent on elsewhere is not written here.
fn deepest(tenant: &Tenant, redaction: &Redaction) -> Depth {
    let strict = |inspect: &Inspect| {
        [inspect.requests, inspect.responses].contains(&Some(Depth::Strict))
            || inspect.level.is_some_and(|level| level < Depth::Standard.level())
    };
    let upstreams = tenant.upstreams.iter().map(|upstream| &upstream.inspect);
    let tools = tenant.tools.iter().map(|tool| &tool.inspect);
    let any = std::iter::once(&redaction.inspect).chain(upstreams).chain(tools).any(strict);
    if any { Depth::Strict } else { Depth::Standard }
}

/// What stands between an alias and a name.
const SEPARATOR: &str = "__";

/// A text that stands in a record, or in an error that quotes what an agent wrote. Where nothing is redacted it stays as
/// it is; else it is inspected for everything, whatever the settings let through elsewhere.
#[must_use]
pub fn quoted<'t>(tenant: &Tenant, text: &'t str) -> Cow<'t, str> {
    let Some(redaction) = &tenant.redaction else { return Cow::Borrowed(text) };
    let lens = redaction.lens(deepest(tenant, redaction), None, None);
    match lens.as_ref().map(|lens| lens.as_ref().and_then(|lens| lens.engine())) {
        Ok(Some(engine)) => match pass::tagged(engine, text) {
            // In an exposed name a value may stand behind the alias, which then looks like a part of it.
            whole if whole.contains(SEPARATOR) => {
                let parts = whole.split(SEPARATOR).map(|part| pass::tagged(engine, part));
                Cow::Owned(parts.collect::<Vec<_>>().join(SEPARATOR))
            }
            whole => whole,
        },
        _ => Cow::Borrowed(WITHHELD),
    }
}

fn again(text: String, bounds: &Bounds) -> Result<Json<'static>, Error> {
    Json::parse_owned(text.into_bytes(), bounds).map_err(|_| unreadable())
}

/// Fail closed: nothing leaves that cannot be read.
fn unreadable() -> Error {
    Fault::Internal("a message that was redacted cannot be read").into()
}

/// The refusal of a message with a value of `kind` in it.
fn blocked(kind: &str, way: Way) -> Error {
    Refusal::Blocked { what: kind.to_owned(), way: way.name() }.into()
}
