//! What an upstream may ask.

use super::Glob;

/// A kind of question that a server puts to a client (MCP 2025-11-25, client features; 2026-07-28, multi-round requests).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskKind {
    /// `elicitation/create`, mode `form`.
    Form,
    /// `elicitation/create`, mode `url`.
    Url,
    /// `sampling/createMessage`.
    Sampling,
    /// `roots/list`.
    Roots,
}

impl AskKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Form, Self::Url, Self::Sampling, Self::Roots];

    /// As settings, errors and records name it: the client's capability, and its mode.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Form => "elicitation.form",
            Self::Url => "elicitation.url",
            Self::Sampling => "sampling",
            Self::Roots => "roots",
        }
    }

    /// Those that a setting names: `elicitation` is both modes.
    pub fn named(name: &str) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |kind| kind.name().split('.').next() == Some(name) || kind.name() == name)
    }
}

/// Kinds of questions, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AskKinds(u8);

impl AskKinds {
    /// All of them.
    pub const ALL: Self = Self(0b1111);

    /// With one more.
    #[must_use]
    pub const fn with(self, kind: AskKind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    /// Whether it is one of them.
    #[must_use]
    pub const fn has(self, kind: AskKind) -> bool {
        self.0 >> kind as u8 & 1 == 1
    }

    /// As they are sealed.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// As they were sealed.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

/// What an upstream may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asks {
    /// Kinds of questions, as far as the client declared them.
    pub kinds: AskKinds,
    /// Hosts of pages that a user may be asked to open; `None`: any.
    pub hosts: Option<Vec<Glob>>,
    /// Whether forms may ask for secrets.
    pub secrets: bool,
    /// Whether pages may be http, and whether they may be in private networks where no host is named: as the upstream itself.
    pub insecure: bool,
    /// See [`Asks::insecure`].
    pub private: bool,
}

/// All that clients declare; of pages, what is public.
impl Default for Asks {
    fn default() -> Self {
        Self { kinds: AskKinds::ALL, hosts: None, secrets: false, insecure: false, private: false }
    }
}
