//! One message on its way: what becomes of each finding in it.

use super::blocked;
use super::plan::Plan;
use super::tally::Tally;
use crate::error::Error;
use crate::tenant::{Rule, Way};
use postern_redact::operators::{Direction, Operator, Outcome, Replacer, Scope};
use postern_redact::{Context, Engine, Finding, Path, Replacement};
use std::borrow::Cow;
use std::collections::HashMap;

/// What a client's model reads twice: as it is, and in the text beside it (MCP, Tools: structured content).
const STRUCTURED: &str = "structuredContent";

/// The replacements of one message.
pub(super) struct Pass<'p> {
    plan: &'p Plan,
    way: Way,
    tally: Tally,
    /// Made with the first finding: most messages have none.
    state: Option<State<'p>>,
    tags_only: bool,
    blocked: Option<String>,
    /// What rules about fields do with values of structured content, by type and value.
    fields: HashMap<(String, String), &'p Operator>,
    /// Whether the text follows them.
    in_step: bool,
}

struct State<'p> {
    replacer: Replacer<'p>,
    /// The rules that are about this message, those that are meant first in front.
    rules: Vec<&'p Rule>,
}

impl<'p> Pass<'p> {
    pub fn new(plan: &'p Plan, way: Way) -> Self {
        Self {
            plan,
            way,
            tally: Tally::default(),
            state: None,
            tags_only: false,
            blocked: None,
            fields: HashMap::new(),
            in_step: false,
        }
    }

    /// With numbered tags and nothing else, which are never alike for different values.
    pub const fn tags_only(mut self) -> Self {
        self.tags_only = true;
        self
    }

    /// Whether rules about fields have done something in structured content.
    pub fn has_fields(&self) -> bool {
        !self.fields.is_empty() && !self.in_step
    }

    /// The same message again, now that this is known.
    pub fn in_step(self) -> Self {
        Self { fields: self.fields, in_step: true, ..Self::new(self.plan, self.way) }
    }

    /// Ends it: what was found is counted.
    ///
    /// # Errors
    /// There was a value that is not to pass.
    pub fn settle(self, tally: &mut Tally) -> Result<(), Error> {
        match self.blocked {
            Some(kind) => {
                tally.count(self.way, &kind, "block");
                Err(blocked(&kind, self.way))
            }
            None => {
                tally.take(self.tally);
                Ok(())
            }
        }
    }

    /// A message, redacted; none if it stays as it is.
    pub fn document(&mut self, engine: &Engine, json: &str) -> Option<String> {
        let context = Context::default();
        // A name that is known by its field stands in the text as well, where nothing says what it is.
        let twice = self.way == Way::Response && json.contains(STRUCTURED);
        let mut replace =
            |finding: &Finding<'_>, value: &str, path: &Path<'_>| self.replace(finding, value, path);
        if twice {
            engine.redact_json_with_echoes(json, &context, &mut replace)
        } else {
            engine.redact_json(json, &context, &mut replace)
        }
    }

    /// What becomes of a finding.
    pub fn replace(&mut self, finding: &Finding<'_>, value: &str, path: &Path<'_>) -> Replacement {
        let names = path.names();
        if self.is_protocol(&names, value) {
            return Replacement::Keep;
        }
        let kind = finding.entry.name;
        let mut operator = self.operator(finding, value, &names);
        if *operator != Operator::Block && self.may_see(kind) {
            self.tally.count(self.way, kind, "clear");
            return Replacement::Keep;
        }
        let plan = self.plan;
        // What every agent sees can be restored for none, and a tag says more than a token that is good for nothing.
        let for_all = plan.agent().is_none() && matches!(operator, Operator::Token | Operator::Preserve);
        if for_all || self.tags_only && !matches!(operator, Operator::Monitor | Operator::Block) {
            operator = &Operator::Tag;
        }
        self.tally.count(self.way, kind, name(operator));
        let Some(state) = &mut self.state else { return Replacement::Null };
        match state.replacer.apply(operator, kind, value) {
            Outcome::Keep => Replacement::Keep,
            Outcome::Replace(text) if plan.schema() => Replacement::TextOrZero(text),
            Outcome::Replace(text) => Replacement::Text(text),
            // What a schema asks for stays, as nothing.
            Outcome::Drop if plan.schema() => Replacement::Zero,
            Outcome::Drop => Replacement::Remove,
            Outcome::Block => {
                self.blocked.get_or_insert_with(|| kind.to_owned());
                Replacement::Keep
            }
        }
    }

    /// What is done with a finding, by the rule that is meant or else by default.
    fn operator(&mut self, finding: &Finding<'_>, value: &str, names: &[&str]) -> &'p Operator {
        let (plan, kind) = (self.plan, finding.entry.name);
        let structured = names.get(1) == Some(&STRUCTURED);
        let state = self.state.get_or_insert_with(|| State::new(plan, self.way));
        if self.in_step
            && !structured
            && let Some(operator) = self.fields.get(&(kind.to_owned(), value.to_owned()))
        {
            return operator;
        }
        let path = field(names);
        let rule = state.rules.iter().find(|rule| rule.is_about(kind, finding.level, &path)).copied();
        if let Some(rule) = rule.filter(|rule| structured && rule.fields.is_some()) {
            self.fields.insert((kind.to_owned(), value.to_owned()), &rule.operator);
        }
        let default = plan.redaction().map(|redaction| &redaction.operator);
        rule.map(|rule| &rule.operator).or(default).unwrap_or(&Operator::Tag)
    }

    /// Members that carry the protocol. None of them reaches the other side as it is: ids and progress tokens are each side's
    /// own, states are sealed, and the name of what is called is that of a list. Words of the protocol that happen to be
    /// somebody's name stay where they are such words.
    fn is_protocol(&self, names: &[&str], value: &str) -> bool {
        if let [.., "type" | "role" | "mimeType"] = names {
            return WORDS.contains(&value);
        }
        match (self.way, names) {
            // What names an item of a list was looked at by itself.
            (Way::List, names) if self.plan.name().is_some() => names == ["name"],
            (Way::List, names) => matches!(names, ["uri" | "uriTemplate"]),
            (_, ["id"])
            | (Way::Request, ["params", "_meta", "progressToken"] | ["params", "requestState"]) => true,
            (Way::Request, ["params", "name"] | ["params", "ref", "name"]) => {
                self.plan.name().is_some_and(|name| name.contains(value))
            }
            (Way::Response, ["params", "progressToken"] | ["result", "requestState"]) => true,
            _ => false,
        }
    }

    /// Whether the agent may see values of this type in what comes back.
    fn may_see(&self, kind: &str) -> bool {
        matches!(self.way, Way::Response | Way::Error)
            && self.plan.agent().is_some_and(|agent| agent.clearance.iter().any(|glob| glob.matches(kind)))
    }
}

impl<'p> State<'p> {
    fn new(plan: &'p Plan, way: Way) -> Self {
        let direction = match way {
            Way::Request => Direction::Request,
            Way::Response | Way::List | Way::Error => Direction::Response,
        };
        let scope = Scope { tenant: &plan.tenant().name, agent: plan.holder(), direction };
        let redaction = plan.redaction();
        let rules = redaction.map(|redaction| redaction.rules.as_slice()).unwrap_or_default();
        let about = |rule: &&Rule| rule.concerns(way, plan.agent(), plan.name(), plan.alias());
        Self {
            replacer: Replacer::new(redaction.and_then(|redaction| redaction.keys.as_ref()), scope),
            rules: rules.iter().filter(about).collect(),
        }
    }
}

/// The path of a field as rules have it: below `params`, `result` or `error`.
pub(super) fn field(names: &[&str]) -> String {
    match names {
        ["params" | "result" | "error", below @ ..] => below.join("."),
        all => all.join("."),
    }
}

/// Types of content, and roles (MCP, Content and PromptMessage).
const WORDS: [&str; 9] =
    ["text", "image", "audio", "resource", "resource_link", "tool_use", "tool_result", "user", "assistant"];

/// As records have it.
const fn name(operator: &Operator) -> &'static str {
    match operator {
        Operator::Monitor => "monitor",
        Operator::Mask(_) => "mask",
        Operator::Tag => "tag",
        Operator::Hash => "hash",
        Operator::Token => "token",
        Operator::Preserve => "preserve",
        Operator::Synthetic => "synthetic",
        Operator::Drop => "drop",
        Operator::Block => "block",
    }
}

/// A text with every finding tagged.
pub(super) fn tagged<'t>(engine: &Engine, text: &'t str) -> Cow<'t, str> {
    let scope = Scope { tenant: "", agent: "", direction: Direction::Response };
    let mut replacer = Replacer::new(None, scope);
    let redacted = engine.redact_text(text, &Context::default(), &mut |finding, value, _| {
        Replacement::Text(replacer.tag(finding.entry.name, value))
    });
    redacted.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Whether nothing in a name would be replaced.
pub(super) fn is_clear(plan: &Plan, engine: &Engine, name: &str) -> bool {
    let mut pass = Pass::new(plan, Way::List);
    let redacted = engine.redact_text(name, &Context::default(), &mut |finding, value, path| {
        pass.replace(finding, value, path)
    });
    redacted.is_none() && pass.blocked.is_none()
}
