//! What was used under the limits of a tenant, as operators read it and change it.

use super::bundles::Settled;
use super::order::{Fields, Which};
use crate::catalog;
use crate::error::{LedgerFault, Refusal};
use crate::ledger::{Outcome, Shown, Transition};
use crate::platform::{AccountName, Platform};
use crate::stage::audit::Trail;
use crate::tenant::{Each, Limit, Measure, Placement, Tenant};
use serde_json::{Value, json};
use std::rc::Rc;

/// The pages of accounts, as the index lists them.
pub(super) const PAGES: &[&str] =
    &["accounts/agent/NAME", "accounts/tool/NAME", "accounts/upstream/ALIAS", "accounts/tenant"];
/// How long an account may take to answer an operator, in ms: one who waits for it has more time than a call.
const DEADLINE_MS: u32 = 5_000;
/// The longest name of a tool, in bytes: what is taken from upstreams (`catalog::names`).
const LONGEST_NAME: usize = 1_024;

/// Whether this is the page of an account, of one that exists or not.
pub(super) fn is_page(page: &str) -> bool {
    owner(page).is_some()
}

/// The name of the account of a page, for the record: also of one that does not exist.
pub(super) fn name(tenant: &Tenant, page: &str) -> String {
    let (each, name) = owner(page).unwrap_or((Each::Tenant, String::new()));
    let tenant = tenant.name.as_str();
    match each {
        Each::Agent => [tenant, "/agent/", &name].concat(),
        Each::Tool => [tenant, "/tool/", &name].concat(),
        Each::Upstream => [tenant, "/upstream/", &name].concat(),
        Each::Tenant => [tenant, "/tenant"].concat(),
    }
}

/// The answer where there is no such account.
pub(super) fn nowhere(page: &str) -> Settled {
    let message = match owner(page) {
        Some((Each::Agent, _)) => "the tenant has no agent of this name",
        Some((Each::Upstream, _)) => "the tenant has no upstream of this alias",
        _ => "no limit of the tenant keeps a count for this tool alone",
    };
    Settled::refused(404, "no_such_account", message)
}

/// Whose account a page is about: what kind of owner, and its name.
fn owner(page: &str) -> Option<(Each, String)> {
    let rest = page.strip_prefix("accounts/")?;
    if rest == "tenant" {
        return Some((Each::Tenant, String::new()));
    }
    let (kind, name) = rest.split_once('/')?;
    let each = match kind {
        "agent" => Each::Agent,
        "tool" => Each::Tool,
        "upstream" => Each::Upstream,
        _ => return None,
    };
    Some((each, decode(name)?))
}

/// Percent-encoding undone (RFC 3986, 2.1): names of tools may have a slash.
fn decode(segment: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(segment.len()), segment.bytes());
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// What an operator wants of an account.
pub(super) enum Change<'a> {
    /// Everything is forgotten, what the loop breaker remembers too.
    Clear,
    /// What was used of these rules is forgotten.
    Reset(Vec<&'a Rc<Limit>>),
    /// So much was used of a rule.
    Set(&'a Rc<Limit>, u64),
}

/// An account that exists as far as anybody can tell: one that was never charged is like one that was reset.
pub(super) struct Account<'t> {
    name: String,
    placement: Placement,
    /// The rules whose count it keeps, in the order of the settings.
    rules: Vec<&'t Rc<Limit>>,
}

impl<'t> Account<'t> {
    /// The account of a page. `None` when there is no such agent or upstream, or no rule that counts for the tool.
    pub fn of(tenant: &'t Tenant, page: &str) -> Option<Self> {
        let (each, owner) = owner(page)?;
        let rules: Vec<&Rc<Limit>> = match each {
            Each::Agent => {
                let agent = tenant.agents.iter().find(|agent| agent.name == owner)?;
                tenant.limits.of(agent).iter().collect()
            }
            Each::Upstream => {
                tenant.upstream(&owner)?;
                let takes = |rule: &&Rc<Limit>| {
                    let globs = rule.selector.upstreams.as_ref();
                    globs.is_none_or(|globs| globs.iter().any(|glob| glob.matches(&owner)))
                };
                tenant.limits.rules.iter().filter(takes).collect()
            }
            Each::Tool => {
                let alias = catalog::owner(tenant, &owner)?;
                let takes = |rule: &&Rc<Limit>| rule.selector.concerns(Some(&owner), Some(alias));
                tenant.limits.rules.iter().filter(takes).collect()
            }
            Each::Tenant => tenant.limits.rules.iter().collect(),
        };
        let rules: Vec<_> = rules.into_iter().filter(|rule| rule.each == each).collect();
        let named = (1..=LONGEST_NAME).contains(&owner.len()) && !owner.chars().any(char::is_control);
        if each == Each::Tool && (rules.is_empty() || !named) {
            return None;
        }
        Some(Self { name: name(tenant, page), placement: tenant.limits.placement, rules })
    }

    /// Reads a body: exactly one change.
    ///
    /// # Errors
    /// [`Refusal::InvalidParams`], which names the rules that there are.
    pub fn change<P: Platform>(&self, fields: &Fields, trail: &mut Trail<P>) -> Result<Change<'t>, Refusal> {
        fields.only(&["reset", "set"])?;
        let invalid = |message: String| Err(Refusal::InvalidParams(message));
        match (fields.which("reset")?, fields.pair("set")?) {
            (Some(which), None) => {
                trail.act("admin/accounts/reset");
                match which {
                    Which::All => Ok(Change::Clear),
                    Which::Named(names) => {
                        let rules = names.iter().map(|name| self.rule(name));
                        Ok(Change::Reset(rules.collect::<Result<_, _>>()?))
                    }
                }
            }
            (None, Some((name, used))) => {
                trail.act("admin/accounts/set");
                let rule = self.rule(&name)?;
                match rule.measure {
                    Measure::Concurrency { .. } => invalid(format!(
                        "`{name}` counts what is in flight, which cannot be set; a reset forgets it"
                    )),
                    Measure::Rate { burst, .. } if used > burst => invalid(format!(
                        "`{name}` is a rate of at most {burst} at once: no more of it can be used up"
                    )),
                    _ => Ok(Change::Set(rule, used)),
                }
            }
            _ => invalid("write one of `reset` and `set`".to_owned()),
        }
    }

    fn rule(&self, name: &str) -> Result<&'t Rc<Limit>, Refusal> {
        if let Some(rule) = self.rules.iter().find(|rule| rule.name == name) {
            return Ok(rule);
        }
        let name: String = name.chars().take(64).collect();
        let known: Vec<&str> = self.rules.iter().map(|rule| rule.name.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Err(Refusal::InvalidParams(format!("this account has no rule {name:?}; it has {known}")))
    }

    /// Shows the account.
    pub async fn show<P: Platform>(&self, platform: &P, trail: &mut Trail<P>) -> Settled {
        match self.read(platform).await {
            Ok(body) => Settled::done(body),
            Err(fault) => failed::<P>(fault, "", trail),
        }
    }

    /// Changes the account, and shows what became of it.
    pub async fn carry_out<P: Platform>(
        &self,
        platform: &P,
        change: &Change<'_>,
        trail: &mut Trail<P>,
    ) -> Settled {
        let now_ms = platform.now_ms();
        let transition = match change {
            Change::Clear => {
                trail.note("rules", "*");
                Transition::Reset(Vec::new())
            }
            Change::Reset(rules) => {
                let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
                trail.note("rules", &names.join(","));
                Transition::Reset(rules.iter().map(|rule| rule.key).collect())
            }
            Change::Set(rule, used) => {
                trail.note("rules", &rule.name);
                trail.count("used", *used);
                Transition::Set(rule.key, rule.measure.terms(now_ms), *used)
            }
        };
        match self.apply(platform, &transition).await {
            Ok(Outcome::Done) => {}
            Ok(_) => return failed::<P>(LedgerFault::Malformed, "", trail),
            // Nothing was asked, or what is stored stands in the way.
            Err(fault @ (LedgerFault::Absent | LedgerFault::Malformed)) => {
                return failed::<P>(fault, "", trail);
            }
            Err(fault) => return failed::<P>(fault, "; whether it was done is not known", trail),
        }
        match self.read(platform).await {
            Ok(body) => Settled::done(body),
            Err(fault) => failed::<P>(fault, "; it was done, and cannot be shown", trail),
        }
    }

    async fn read<P: Platform>(&self, platform: &P) -> Result<Value, LedgerFault> {
        let now_ms = platform.now_ms();
        let rules = self.rules.iter().map(|rule| (rule.key, rule.measure.terms(now_ms))).collect();
        let Outcome::Shown(shown) = self.apply(platform, &Transition::Show(rules)).await? else {
            return Err(LedgerFault::Malformed);
        };
        if shown.len() != self.rules.len() {
            return Err(LedgerFault::Malformed);
        }
        let rules: Vec<Value> =
            self.rules.iter().zip(&shown).map(|(rule, shown)| member(rule, shown)).collect();
        Ok(json!({ "account": self.name, "rules": rules }))
    }

    async fn apply<P: Platform>(
        &self,
        platform: &P,
        transition: &Transition,
    ) -> Result<Outcome, LedgerFault> {
        let account = AccountName { name: &self.name, placement: self.placement };
        platform.apply(account, transition, DEADLINE_MS).await
    }
}

/// One rule as an operator sees it.
fn member(rule: &Limit, shown: &Shown) -> Value {
    let measure = &rule.measure;
    let mut member = json!({
        "name": rule.name, "kind": measure.kind(), "unit": measure.unit(), "limit": measure.limit(),
        "used": shown.used, "left": shown.left, "reset_ms": shown.reset_ms, "open": shown.open,
    });
    // What is used and left of a rate is its burst, which need not be what is written as its limit.
    if let (Measure::Rate { burst, per_s, .. }, Some(member)) = (measure, member.as_object_mut()) {
        member.insert("burst".to_owned(), (*burst).into());
        member.insert("per_s".to_owned(), (*per_s).into());
    }
    member
}

/// The answer when the ledger failed.
fn failed<P: Platform>(fault: LedgerFault, more: &str, trail: &mut Trail<P>) -> Settled {
    trail.note("ledger", fault.name());
    let why = match fault {
        LedgerFault::Absent => format!("this host has no ledger: {}", P::LEDGER_REMEDY),
        LedgerFault::Unreachable => "the ledger cannot be reached, or fails: its log says more".to_owned(),
        LedgerFault::Late => "the ledger did not answer in time".to_owned(),
        LedgerFault::Malformed => {
            "what is stored of the account cannot be read: a reset of everything heals it".to_owned()
        }
    };
    let mut settled = Settled::broken("ledger", &(why + more));
    if let Some(error) = settled.body.get_mut("error").and_then(Value::as_object_mut) {
        error.insert("fault".to_owned(), fault.name().into());
    }
    settled
}
