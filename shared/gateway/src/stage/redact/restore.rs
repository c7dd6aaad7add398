//! Tokens become values again: on the way to upstreams that the settings name, in fields that they name, and only for
//! the principal that was given them.

use super::pass::field;
use super::plan::Plan;
use super::tally::Tally;
use crate::limits;
use crate::mcp::{Edits, Json, Kind, Raw};
use crate::tenant::{Restore, Way};
use postern_redact::operators::{self, Direction, Keys, Scope};

/// What tokens begin with: without it there is none.
const MARK: &str = "tok_";
/// Deepest field that is looked at; documents are bounded before.
const DEPTH: usize = 64;

/// What may be restored in one message.
struct Work<'p> {
    plan: &'p Plan,
    keys: &'p Keys,
    rules: Vec<&'p Restore>,
    count: u64,
}

impl<'p> Work<'p> {
    fn of(plan: &'p Plan, text: &str) -> Option<Self> {
        let (redaction, agent) = (plan.redaction()?, plan.agent()?);
        let keys = redaction.keys.as_ref()?;
        let about = |rule: &&Restore| {
            rule.concerns(agent, plan.name(), plan.alias())
                && (rule.preserved.is_some() || text.contains(MARK))
        };
        let rules: Vec<&Restore> = redaction.restore.iter().filter(about).collect();
        (!rules.is_empty()).then_some(Self { plan, keys, rules, count: 0 })
    }

    /// The string in the field at `path` with what it stands for.
    fn string(&mut self, text: &str, path: &str) -> Option<String> {
        let mut current: Option<String> = None;
        for at in 0..self.rules.len() {
            let Some(rule) = self.rules.get(at).copied() else { break };
            if !rule.fields.iter().any(|glob| glob.matches(path)) {
                continue;
            }
            let before = current.as_deref().unwrap_or(text);
            let after = match &rule.preserved {
                Some(kind) => self.digits(kind, before),
                None => self.tokens(rule, before),
            };
            current = after.or(current);
        }
        current
    }

    fn tokens(&mut self, rule: &Restore, text: &str) -> Option<String> {
        let mut current: Option<String> = None;
        let own = std::iter::once(self.plan.alias());
        for alias in own.chain(rule.from.iter().map(String::as_str)) {
            let holder = self.plan.holder_at(alias);
            let scope = self.scope(&holder);
            let before = current.as_deref().unwrap_or(text);
            let (restored, count) = operators::restore(self.keys, &scope, before);
            if count > 0 {
                self.count = self.count.saturating_add(count as u64);
                current = Some(restored.into_owned());
            }
        }
        current
    }

    fn digits(&mut self, kind: &str, text: &str) -> Option<String> {
        let scope = self.scope(self.plan.holder());
        let restored = operators::restore_digits(self.keys, &scope, kind, text)?;
        self.count = self.count.saturating_add(1);
        Some(restored)
    }

    /// What the agent was given came in a response.
    fn scope<'s>(&'s self, holder: &'s str) -> Scope<'s> {
        Scope { tenant: &self.plan.tenant().name, agent: holder, direction: Direction::Response }
    }

    fn walk<'t>(&mut self, value: Raw<'t>, path: &mut Vec<String>, edits: &mut Edits) {
        match value.kind() {
            Kind::String => {
                let names: Vec<&str> = path.iter().map(String::as_str).collect();
                let restored = value.string().and_then(|text| self.string(&text, &field(&names)));
                if let Some(restored) = restored {
                    edits.replace_string(value.span(), &restored);
                }
            }
            Kind::Object if path.len() < DEPTH => {
                for (name, value) in value.members() {
                    path.push(name.into_owned());
                    self.walk(value, path, edits);
                    path.pop();
                }
            }
            // The elements of an array stand under its name.
            Kind::Array => value.elements().for_each(|element| self.walk(element, path, edits)),
            _ => {}
        }
    }
}

/// A message with the values that its fields may have; none if there are none to restore.
pub(super) fn document(plan: &Plan, text: &str, tally: &mut Tally) -> Option<String> {
    let mut work = Work::of(plan, text)?;
    let json = Json::parse(text.as_bytes(), &limits::REQUEST).ok()?;
    let mut edits = Edits::new();
    work.walk(json.value(json.root()), &mut Vec::new(), &mut edits);
    if work.count == 0 {
        return None;
    }
    tally.add(Way::Request, "TOKEN", "restored", work.count);
    Some(edits.apply(text))
}

/// A text in the field at `path`, likewise.
pub(super) fn text(plan: &Plan, text: &str, path: &str, tally: &mut Tally) -> Option<String> {
    let mut work = Work::of(plan, text)?;
    let restored = work.string(text, path);
    if work.count > 0 {
        tally.add(Way::Request, "TOKEN", "restored", work.count);
    }
    restored
}
