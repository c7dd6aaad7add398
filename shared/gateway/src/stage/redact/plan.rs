//! What is inspected of the messages of one call, and what becomes of what is found.

use super::media::Blobs;
use super::pass::{self, Pass};
use super::restore;
use super::tally::Tally;
use super::{again, blocked};
use crate::error::{Error, Fault};
use crate::limits;
use crate::mcp::{Json, Node};
use crate::stage::authenticate::Caller;
use crate::tenant::{Agent, Depth, Inspect, Lens, Redaction, Tenant, Tool, Upstream, Way};
use postern_redact::operators::Keys;
use postern_redact::{Context, Engine};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::Write as _;
use std::rc::Rc;

/// The plan of one call: of an agent, or of what all agents see.
pub struct Plan {
    tenant: Rc<Tenant>,
    /// None for what is shown to every agent.
    agent: Option<(Rc<Agent>, [u8; 32])>,
    /// The exposed name of a tool or prompt.
    name: Option<String>,
    alias: String,
    requests: Inspected,
    responses: Inspected,
    dlp: Option<String>,
    /// Whether results have a schema that they must keep to.
    schema: bool,
    /// Who tokens are for; made when the first one is.
    holder: OnceCell<String>,
}

/// How much of one direction is inspected, and by what.
struct Inspected {
    depth: Depth,
    lens: Option<Rc<Lens>>,
}

impl Plan {
    /// For a call of `caller`; none where the tenant redacts nothing. `name` is the exposed name of a tool or prompt,
    /// `tool` what settings say of that tool.
    ///
    /// # Errors
    /// The tenant's detectors do not work: nothing may pass then.
    pub fn of(
        caller: &Caller,
        upstream: &Upstream,
        name: Option<&str>,
        tool: Option<&Tool>,
    ) -> Result<Option<Self>, Error> {
        let agent = (Rc::clone(caller.agent()), *caller.principal());
        Self::new(caller.tenant(), Some(agent), upstream, name, tool)
    }

    /// For what an upstream says of itself, and of what it offers: every agent sees the same.
    ///
    /// # Errors
    /// As [`Plan::of`].
    pub fn of_list(
        tenant: &Rc<Tenant>,
        upstream: &Upstream,
        name: Option<&str>,
    ) -> Result<Option<Self>, Error> {
        let tool = name.and_then(|name| tenant.tool(name));
        Self::new(tenant, None, upstream, name, tool.map(Rc::as_ref))
    }

    pub(super) fn new(
        tenant: &Rc<Tenant>,
        agent: Option<(Rc<Agent>, [u8; 32])>,
        upstream: &Upstream,
        name: Option<&str>,
        tool: Option<&Tool>,
    ) -> Result<Option<Self>, Error> {
        let Some(redaction) = &tenant.redaction else { return Ok(None) };
        let said: [Option<&Inspect>; 3] =
            [tool.map(|tool| &tool.inspect), Some(&upstream.inspect), Some(&redaction.inspect)];
        let profile = nearest(&said, |inspect| inspect.profile);
        let level = nearest(&said, |inspect| inspect.level);
        let inspected = |depth: Option<Depth>| {
            let depth = depth.unwrap_or(Depth::Strict);
            let lens = redaction.lens(depth, profile, level);
            let lens = lens.map_err(|_| Fault::Internal("a detector of the settings does not work"))?;
            Ok::<_, Error>(Inspected { depth, lens })
        };
        Ok(Some(Self {
            requests: inspected(nearest(&said, |inspect| inspect.requests))?,
            responses: inspected(nearest(&said, |inspect| inspect.responses))?,
            dlp: nearest(&said, |inspect| inspect.dlp.clone()).flatten(),
            tenant: Rc::clone(tenant),
            agent,
            name: name.map(str::to_owned),
            alias: upstream.alias.clone(),
            schema: false,
            holder: OnceCell::new(),
        }))
    }

    /// The same for a tool whose results have a schema.
    #[must_use]
    pub const fn with_schema(mut self, schema: bool) -> Self {
        self.schema = schema;
        self
    }

    /// How much is inspected: of requests, and of all else.
    #[must_use]
    pub const fn depths(&self) -> (Depth, Depth) {
        (self.requests.depth, self.responses.depth)
    }

    /// The name of the service that is asked as well.
    #[must_use]
    pub fn dlp(&self) -> Option<&str> {
        self.dlp.as_deref()
    }

    /// The exposed name of the tool or prompt.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// A message as it may pass; none if it may as it is.
    ///
    /// # Errors
    /// [`crate::error::Refusal::Blocked`]; or it is too large when it was rewritten.
    pub fn message(
        &self,
        json: &Json<'_>,
        node: Node,
        way: Way,
        tally: &mut Tally,
    ) -> Result<Option<Json<'static>>, Error> {
        let content = self.content(json, node, way, tally)?;
        let text = content.as_deref().unwrap_or(json.raw(node));
        let redacted = self.json(text, way, tally)?;
        let bounds = if way == Way::Request { &limits::REQUEST } else { &limits::RESPONSE };
        let Some(changed) = redacted.or_else(|| content.clone()) else { return Ok(None) };
        if let Ok(json) = again(changed, bounds) {
            return Ok(Some(json));
        }
        // Two keys of one object have become alike: tags are numbered, so that they cannot.
        again(self.tagged(text, way).unwrap_or_else(|| text.to_owned()), bounds).map(Some)
    }

    /// A request with the values that its tokens stand for, where they may go to its upstream; none if there are none.
    ///
    /// # Errors
    /// It is too large with them.
    pub fn restored(&self, text: &str, tally: &mut Tally) -> Result<Option<Json<'static>>, Error> {
        let restored = restore::document(self, text, tally);
        restored.map(|text| again(text, &limits::REQUEST)).transpose()
    }

    /// A URI that the agent names, as others may see it.
    ///
    /// # Errors
    /// [`crate::error::Refusal::Blocked`].
    pub fn uri<'t>(&self, uri: &'t str) -> Result<Cow<'t, str>, Error> {
        let redacted = self.text(uri, &["params", "uri"], Way::Request, &mut Tally::default())?;
        Ok(redacted.map_or(Cow::Borrowed(uri), Cow::Owned))
    }

    /// The same with the values that its tokens stand for.
    #[must_use]
    pub fn restored_uri(&self, uri: &str) -> Option<String> {
        restore::text(self, uri, "uri", &mut Tally::default())
    }

    /// Redacts raw JSON; none if it stays as it is.
    ///
    /// # Errors
    /// [`crate::error::Refusal::Blocked`].
    pub fn json(&self, text: &str, way: Way, tally: &mut Tally) -> Result<Option<String>, Error> {
        let Some(engine) = self.engine(way) else { return Ok(None) };
        let mut pass = Pass::new(self, way);
        let mut redacted = pass.document(engine, text);
        // The text of a result says the same as its structured content: what a rule does with a field there is done here.
        if pass.has_fields() {
            pass = pass.in_step();
            redacted = pass.document(engine, text);
        }
        pass.settle(tally).map(|()| redacted)
    }

    /// The same with tags only.
    fn tagged(&self, text: &str, way: Way) -> Option<String> {
        Pass::new(self, way).tags_only().document(self.engine(way)?, text)
    }

    /// The message with its texts, pictures and sounds in base64 redacted; none if they stay as they are, or there are none.
    fn content(
        &self,
        json: &Json<'_>,
        node: Node,
        way: Way,
        tally: &mut Tally,
    ) -> Result<Option<String>, Error> {
        if self.engine(way).is_none() {
            return Ok(None);
        }
        let mut refused = None;
        let blobs = Blobs::of(json.value(node), &mut |text| {
            let redacted = self.text(text, &["blob"], way, tally);
            redacted.unwrap_or_else(|error| {
                refused.get_or_insert(error);
                None
            })
        });
        if let Some(error) = refused {
            return Err(error);
        }
        if blobs.unreadable && self.redaction().is_some_and(|redaction| redaction.block_binary) {
            tally.count(way, "BINARY", "block");
            return Err(blocked("BINARY", way));
        }
        Ok((!blobs.edits.is_empty()).then(|| blobs.edits.apply_within(json.text(), json.span(node))))
    }

    /// Redacts a text that stands at `path`; none if it stays as it is.
    ///
    /// # Errors
    /// [`crate::error::Refusal::Blocked`].
    pub fn text(
        &self,
        text: &str,
        path: &[&str],
        way: Way,
        tally: &mut Tally,
    ) -> Result<Option<String>, Error> {
        let Some(engine) = self.engine(way) else { return Ok(None) };
        let context = Context { path, ..Context::default() };
        let mut pass = Pass::new(self, way);
        let redacted = engine
            .redact_text(text, &context, &mut |finding, value, path| pass.replace(finding, value, path));
        pass.settle(tally).map(|()| redacted)
    }

    /// Hands over all that decides what becomes of a message, besides the tenant's settings: two plans of a tenant that say
    /// the same do the same to the same message, but for tokens, which are their principal's.
    pub(in crate::stage) fn describe(&self, part: &mut dyn FnMut(&[u8])) {
        for inspected in [&self.requests, &self.responses] {
            let (profile, level) = inspected.lens.as_ref().map_or((None, 0), |lens| lens.sight());
            let profile = profile.map_or(0, |profile| profile as u8 + 1);
            part(&[inspected.depth as u8, profile, level, u8::from(self.schema)]);
        }
        part(self.dlp.as_deref().unwrap_or_default().as_bytes());
        let (Some(redaction), Some(agent)) = (self.redaction(), self.agent()) else { return };
        for rule in &redaction.rules {
            let concerns = |way| u8::from(rule.concerns(way, Some(agent), self.name(), self.alias()));
            part(&[concerns(Way::Request), concerns(Way::Response)]);
        }
        for restore in &redaction.restore {
            part(&[u8::from(restore.concerns(agent, self.name(), self.alias()))]);
        }
        for kind in &agent.clearance {
            part(kind.as_str().as_bytes());
        }
        part(redaction.keys.as_ref().map(Keys::id).unwrap_or_default().as_bytes());
    }

    fn engine(&self, way: Way) -> Option<&Engine> {
        self.inspected(way).lens.as_ref()?.engine()
    }

    const fn inspected(&self, way: Way) -> &Inspected {
        match way {
            Way::Request => &self.requests,
            Way::Response | Way::List | Way::Error => &self.responses,
        }
    }

    pub(super) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// There is no plan without one.
    pub(in crate::stage) fn redaction(&self) -> Option<&Redaction> {
        self.tenant.redaction.as_ref()
    }

    pub(super) fn agent(&self) -> Option<&Agent> {
        self.agent.as_ref().map(|(agent, _)| agent.as_ref())
    }

    pub(super) fn alias(&self) -> &str {
        &self.alias
    }

    pub(super) const fn schema(&self) -> bool {
        self.schema
    }

    /// Who the tokens of this upstream are for, and that it is this upstream.
    pub(super) fn holder(&self) -> &str {
        self.holder.get_or_init(|| self.holder_at(&self.alias))
    }

    /// The same at another upstream: the principal in hexadecimal digits, and the alias.
    pub(super) fn holder_at(&self, alias: &str) -> String {
        let principal = self.agent.as_ref().map_or(&[][..], |(_, principal)| principal);
        let mut holder = String::with_capacity(80);
        for byte in principal {
            let _ = write!(holder, "{byte:02x}");
        }
        holder.push('/');
        holder.push_str(alias);
        holder
    }
}

/// What is said of something by who is nearest to it.
fn nearest<T>(said: &[Option<&Inspect>], of: impl Fn(&Inspect) -> Option<T>) -> Option<T> {
    said.iter().flatten().find_map(|inspect| of(inspect))
}

/// Ends of a name that are looked at by themselves.
const TAILS: usize = 16;

impl Plan {
    /// Whether something sensitive stands in what names an item of a list: it cannot be shown under another name.
    #[must_use]
    pub fn hides(&self, name: &str) -> bool {
        const BETWEEN: [char; 4] = ['_', '-', '.', '/'];
        let Some(engine) = self.engine(Way::List) else { return false };
        let is_clear = |text: &str| pass::is_clear(self, engine, text);
        // In a name words stand side by side with no blank between them, and such a word may have these characters itself.
        let mut tails = name.match_indices(BETWEEN).take(TAILS).filter_map(|(at, _)| name.get(at + 1..));
        !is_clear(name) || !is_clear(&name.replace(BETWEEN, " ")) || tails.any(|tail| !is_clear(tail))
    }
}
