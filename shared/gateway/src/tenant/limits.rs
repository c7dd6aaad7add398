//! Compiled limits: which rules concern a call, and what they say.

use super::{Agent, Glob};
use crate::calendar::Calendar;
use crate::ledger::{RuleKey, Terms, loops};
use std::collections::BTreeMap;
use std::rc::Rc;

/// All limits of a tenant.
#[derive(Debug, Default)]
pub struct Limits {
    /// Every rule, in the order of the settings.
    pub rules: Vec<Rc<Limit>>,
    /// Those whose selector takes an agent, by its name.
    pub by_agent: BTreeMap<String, Vec<Rc<Limit>>>,
    /// Prices by exposed name or pattern: the first that fits, exact names and long patterns in front.
    pub prices: Vec<(Glob, Price)>,
    /// The loop breaker; `None` when it is off.
    pub breaker: Option<Breaker>,
    /// How long a charge may take, in ms.
    pub charge_ms: u32,
    /// Where accounts are placed.
    pub placement: Placement,
}

/// Where accounts are placed, on hosts that know places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Placement {
    /// A jurisdiction that they must not leave: `eu` or `fedramp`; empty for none.
    pub jurisdiction: &'static str,
    /// A hint for the first use, such as `weur`; empty for none.
    pub location: &'static str,
}

/// A rule.
#[derive(Debug)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// Its name within an account.
    pub key: RuleKey,
    /// What it concerns.
    pub selector: Selector,
    /// Whose count it is.
    pub each: Each,
    /// What it counts.
    pub measure: Measure,
    /// Whether an isolate may borrow a block.
    pub lease: bool,
    /// Whether an isolate counts by itself when the ledger fails; else calls are refused.
    pub local_on_fault: bool,
}

/// What a rule concerns: `None` is everything.
#[derive(Debug, Default)]
pub struct Selector {
    /// Agents by name.
    pub agents: Option<Vec<Glob>>,
    /// Groups of agents: one of them is enough.
    pub groups: Option<Vec<String>>,
    /// Exposed names of tools and prompts.
    pub tools: Option<Vec<Glob>>,
    /// Aliases of upstreams.
    pub upstreams: Option<Vec<Glob>>,
}

/// Whose count a rule keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// Each agent's own.
    Agent,
    /// One for each tool or prompt, shared by agents.
    Tool,
    /// One for each upstream, shared by agents.
    Upstream,
    /// One for the tenant.
    Tenant,
}

/// What a rule counts.
#[derive(Debug)]
pub enum Measure {
    /// Requests in time.
    Rate {
        /// Nanoseconds for each.
        every_ns: u64,
        /// At once.
        burst: u64,
        /// As written: this many in `per_s`.
        limit: u64,
        /// Seconds.
        per_s: u32,
    },
    /// Calls in a calendar window.
    Calls(Quota),
    /// Context tokens of requests and results in a calendar window.
    Tokens(Quota, Reserve),
    /// Micro-units of money in a calendar window.
    Cost(Quota, Reserve),
    /// Calls in flight.
    Concurrency {
        /// At once.
        limit: u64,
    },
}

/// So much in a calendar window.
#[derive(Debug)]
pub struct Quota {
    /// The limit.
    pub limit: u64,
    /// How far the stored count may run ahead of the real one.
    pub block: u64,
    /// When windows begin.
    pub calendar: Calendar,
}

/// What is set aside for a result that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserve {
    /// The mean of the tool's results: what is in flight may exceed it.
    Mean,
    /// So many tokens; a larger result is refused, so that the limit is never passed.
    Max(u32),
}

/// What a call costs, in micro-units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    /// Each call.
    pub call: u64,
    /// A thousand tokens of its arguments.
    pub request_1k: u64,
    /// A thousand tokens of its result.
    pub result_1k: u64,
}

/// The loop breaker of a tenant.
#[derive(Debug)]
pub struct Breaker {
    /// The bounds.
    pub bounds: loops::Bounds,
    /// Whether it only says what it would do.
    pub dry_run: bool,
    /// Whether every call asks the account.
    pub strict: bool,
    /// Tools that are polled.
    pub exempt: Vec<Glob>,
}

impl Limits {
    /// The rules that may concern an agent.
    #[must_use]
    pub fn of(&self, agent: &Agent) -> &[Rc<Limit>] {
        self.by_agent.get(&agent.name).map_or(&[], Vec::as_slice)
    }

    /// What a call of the tool with this exposed name costs.
    #[must_use]
    pub fn price(&self, exposed: &str) -> Price {
        self.prices
            .iter()
            .find(|(glob, _)| glob.matches(exposed))
            .map(|(_, price)| *price)
            .unwrap_or_default()
    }
}

impl Price {
    /// The price of a call with so many tokens in and out.
    #[must_use]
    pub fn of(&self, request: u32, result: u32) -> u64 {
        let thousand = |price: u64, tokens: u32| price.saturating_mul(u64::from(tokens)).div_ceil(1000);
        self.call
            .saturating_add(thousand(self.request_1k, request))
            .saturating_add(thousand(self.result_1k, result))
    }
}

impl Selector {
    /// Whether an agent is concerned.
    #[must_use]
    pub fn takes(&self, agent: &Agent) -> bool {
        let named =
            self.agents.as_ref().is_none_or(|globs| globs.iter().any(|glob| glob.matches(&agent.name)));
        let grouped =
            self.groups.as_ref().is_none_or(|groups| groups.iter().any(|group| agent.groups.contains(group)));
        named && grouped
    }

    /// Whether a request for `name` (a tool or prompt, by its exposed name) at the upstream `alias` is concerned. What
    /// is not known, or does not exist, is concerned only by rules that do not ask for it.
    #[must_use]
    pub fn concerns(&self, name: Option<&str>, alias: Option<&str>) -> bool {
        let fits = |globs: &Option<Vec<Glob>>, text: Option<&str>| {
            globs
                .as_ref()
                .is_none_or(|globs| text.is_some_and(|text| globs.iter().any(|glob| glob.matches(text))))
        };
        fits(&self.tools, name) && fits(&self.upstreams, alias)
    }
}

impl Measure {
    /// The name of the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Rate { .. } => "rate",
            Self::Calls(_) => "quota",
            Self::Tokens(..) => "tokens",
            Self::Cost(..) => "cost",
            Self::Concurrency { .. } => "concurrency",
        }
    }

    /// What it counts in.
    #[must_use]
    pub const fn unit(&self) -> &'static str {
        match self {
            Self::Rate { .. } | Self::Calls(_) | Self::Concurrency { .. } => "calls",
            Self::Tokens(..) => "tokens",
            Self::Cost(..) => "micro-units",
        }
    }

    /// What an account is told at `now_ms`.
    #[must_use]
    pub fn terms(&self, now_ms: u64) -> Terms {
        match self {
            Self::Rate { every_ns, burst, .. } => Terms::Rate { every_ns: *every_ns, burst: *burst },
            Self::Calls(quota) | Self::Tokens(quota, _) | Self::Cost(quota, _) => {
                Terms::Window { limit: quota.limit, block: quota.block, span: quota.calendar.span(now_ms) }
            }
            Self::Concurrency { limit } => Terms::Slots { limit: *limit },
        }
    }

    /// The limit as it was written.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        match self {
            Self::Rate { limit, .. } | Self::Concurrency { limit } => *limit,
            Self::Calls(quota) | Self::Tokens(quota, _) | Self::Cost(quota, _) => quota.limit,
        }
    }

    /// Whether what is charged is an estimate, or ends with the call.
    #[must_use]
    pub const fn settles(&self) -> bool {
        matches!(self, Self::Tokens(..) | Self::Cost(..) | Self::Concurrency { .. })
    }
}
