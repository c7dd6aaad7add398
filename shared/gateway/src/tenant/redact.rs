//! What is inspected of messages, and what becomes of the values that are found.

use super::{Agent, Glob, Selector};
use postern_redact::operators::{Keys, Operator};
use postern_redact::{Custom, Engine, Profile};
use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;

/// Which way a message goes, or what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To an upstream.
    Request,
    /// To the agent: results, notifications, questions.
    Response,
    /// To agents: what an upstream says of itself and of what it offers.
    List,
    /// To the agent: an error.
    Error,
}

impl Way {
    /// Every way, in the order of its numbers.
    pub const ALL: [Self; 4] = [Self::Request, Self::Response, Self::List, Self::Error];

    /// As settings and records have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::List => "list",
            Self::Error => "error",
        }
    }
}

/// How much is inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Nothing.
    Off,
    /// Credentials.
    SecretsOnly,
    /// All types, from level 75 on.
    Standard,
    /// All types, from level 65 on.
    Strict,
}

impl Depth {
    /// As settings and records have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::SecretsOnly => "secrets_only",
            Self::Standard => "standard",
            Self::Strict => "strict",
        }
    }

    /// From which level on values are found.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::Strict => 65,
            Self::Off | Self::SecretsOnly | Self::Standard => 75,
        }
    }
}

/// What an upstream or a tool says of inspection; what it leaves out is said further up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspect {
    /// Of requests.
    pub requests: Option<Depth>,
    /// Of all else.
    pub responses: Option<Depth>,
    /// Only the types of this profile.
    pub profile: Option<Profile>,
    /// Instead of the level of the depth.
    pub level: Option<u8>,
    /// The name of the service that is asked as well; `Some(None)`: none.
    pub dlp: Option<Option<String>>,
}

/// `[tenants.T.redact]`.
pub struct Redaction {
    /// Where neither upstream nor tool says otherwise. Both depths are there.
    pub inspect: Inspect,
    /// What is done where no rule says otherwise.
    pub operator: Operator,
    /// Those that are meant first in front: what blocks, then the most specific.
    pub rules: Vec<Rule>,
    /// Where values behind tokens go back to.
    pub restore: Vec<Restore>,
    /// For operators that need a key.
    pub keys: Option<Keys>,
    /// Whether content that cannot be read is refused.
    pub block_binary: bool,
    detectors: Vec<Custom>,
    lenses: RefCell<Vec<Rc<Lens>>>,
}

/// `[[tenants.T.redact.rules]]`.
#[derive(Debug)]
pub struct Rule {
    /// Whose calls of what.
    pub selector: Selector,
    /// Which messages; all without it.
    pub ways: Option<Vec<Way>>,
    /// Paths of fields; all without it.
    pub fields: Option<Vec<Glob>>,
    /// Types; all without it.
    pub types: Option<Vec<Glob>>,
    /// Values of this level or above.
    pub level: u8,
    /// What is done with them.
    pub operator: Operator,
}

/// `[[tenants.T.redact.restore]]`.
#[derive(Debug)]
pub struct Restore {
    /// Whose calls of what.
    pub selector: Selector,
    /// Paths of fields.
    pub fields: Vec<Glob>,
    /// Aliases whose tokens are taken besides those of the call's own upstream.
    pub from: Vec<String>,
    /// The type of digits that `preserve` made.
    pub preserved: Option<String>,
}

/// A detector of the settings that worked when they were read does not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// An engine, made when it is first needed.
pub struct Lens {
    profile: Option<Profile>,
    level: u8,
    engine: OnceCell<Option<Engine>>,
}

impl Redaction {
    /// From its parts. `detectors` were tried before.
    #[must_use]
    pub fn new(inspect: Inspect, operator: Operator, detectors: Vec<Custom>) -> Self {
        Self {
            inspect,
            operator,
            rules: Vec::new(),
            restore: Vec::new(),
            keys: None,
            block_binary: false,
            detectors,
            lenses: RefCell::default(),
        }
    }

    /// The engine for a depth, a profile and a level; `Ok(None)` where nothing is inspected.
    ///
    /// # Errors
    /// It cannot be made: a detector of the tenant's that worked before does not any more. Never expected.
    pub fn lens(
        &self,
        depth: Depth,
        profile: Option<Profile>,
        level: Option<u8>,
    ) -> Result<Option<Rc<Lens>>, Broken> {
        let profile = match depth {
            Depth::Off => return Ok(None),
            Depth::SecretsOnly => Some(Profile::Secrets),
            Depth::Standard | Depth::Strict => profile,
        };
        let level = level.unwrap_or(depth.level());
        let mut lenses = self.lenses.borrow_mut();
        let found = lenses.iter().find(|lens| lens.profile == profile && lens.level == level).cloned();
        let lens = found.unwrap_or_else(|| {
            let lens = Rc::new(Lens { profile, level, engine: OnceCell::new() });
            lenses.push(Rc::clone(&lens));
            lens
        });
        match lens.engine.get_or_init(|| Engine::new(profile, level).with(&self.detectors).ok()) {
            Some(_) => Ok(Some(lens)),
            None => Err(Broken),
        }
    }
}

impl Lens {
    /// What it looks for: the types of this profile, from this level on.
    #[must_use]
    pub const fn sight(&self) -> (Option<Profile>, u8) {
        (self.profile, self.level)
    }

    /// The engine. A lens is handed out only with one.
    #[must_use]
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.get().and_then(Option::as_ref)
    }
}

impl Rule {
    /// Whether it is about messages that go this way, of this agent and of what has this name at this upstream.
    /// `agent` is none for what is shown to every agent.
    #[must_use]
    pub fn concerns(&self, way: Way, agent: Option<&Agent>, name: Option<&str>, alias: &str) -> bool {
        self.ways.as_ref().is_none_or(|ways| ways.contains(&way))
            && takes(&self.selector, agent)
            && self.selector.concerns(name, Some(alias))
    }

    /// Whether it is about a value of this type and level in the field at `path`.
    #[must_use]
    pub fn is_about(&self, kind: &str, level: u8, path: &str) -> bool {
        let fits = |globs: &Option<Vec<Glob>>, text: &str| {
            globs.as_ref().is_none_or(|globs| globs.iter().any(|glob| glob.matches(text)))
        };
        level >= self.level && fits(&self.types, kind) && fits(&self.fields, path)
    }
}

impl Restore {
    /// Whether values go back to what has this name at this upstream when this agent calls it.
    #[must_use]
    pub fn concerns(&self, agent: &Agent, name: Option<&str>, alias: &str) -> bool {
        self.selector.takes(agent) && self.selector.concerns(name, Some(alias))
    }
}

/// What every agent sees is the business of rules that ask for none, and of what blocks or hides for some.
fn takes(selector: &Selector, agent: Option<&Agent>) -> bool {
    match agent {
        Some(agent) => selector.takes(agent),
        None => selector.agents.is_none() && selector.groups.is_none(),
    }
}

impl fmt::Debug for Redaction {
    /// All that decides what agents see, but no key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("inspect", &self.inspect)
            .field("operator", &self.operator)
            .field("rules", &self.rules)
            .field("restore", &self.restore)
            .field("block_binary", &self.block_binary)
            .field("detectors", &self.detectors)
            .finish_non_exhaustive()
    }
}
