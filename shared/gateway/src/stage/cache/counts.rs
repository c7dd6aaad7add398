//! What the cache has done for each tool, since this isolate began.

use std::cell::RefCell;

/// Tools of one tenant that are counted each by itself.
const TOOLS: usize = 1_000;

/// How a call that may be answered from the cache came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answered: an equal question.
    Exact,
    /// Answered: a question that means the same.
    Semantic,
    /// Answered by what is no longer fresh.
    Stale,
    /// The upstream was asked, to see whether a question alike would have been answered right.
    Shadow,
    /// The upstream was asked.
    Miss,
    /// The upstream was asked behind an answer.
    Refresh,
}

impl Kind {
    /// As records and answers have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Semantic => "semantic",
            Self::Stale => "stale",
            Self::Shadow => "shadow",
            Self::Miss => "miss",
            Self::Refresh => "refresh",
        }
    }
}

/// What was counted of one tool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls by [`Kind`].
    pub exact: u64,
    /// See [`Counts::exact`].
    pub semantic: u64,
    /// See [`Counts::exact`].
    pub stale: u64,
    /// See [`Counts::exact`].
    pub shadow: u64,
    /// See [`Counts::exact`].
    pub misses: u64,
    /// See [`Counts::exact`].
    pub refreshes: u64,
    /// Time that the upstream would have taken for what was answered, in ms.
    pub saved_ms: u64,
    /// Tokens of what was answered, by estimate.
    pub tokens: u64,
}

impl Counts {
    /// Calls that the upstream did not get.
    #[must_use]
    pub const fn saved_calls(&self) -> u64 {
        (self.exact + self.semantic + self.stale).saturating_sub(self.refreshes)
    }
}

/// By tenant and exposed name, both in the order of the alphabet: maps would be 7 KB of wasm.
#[derive(Default)]
pub(super) struct Book(RefCell<Named<Named<Counts>>>);

type Named<T> = Vec<(String, T)>;

impl Book {
    /// Counts a call, with what it saved in ms and tokens.
    pub fn count(&self, tenant: &str, tool: &str, kind: Kind, saved_ms: u32, tokens: u32) {
        let mut tenants = self.0.borrow_mut();
        let tools = of_name(&mut tenants, tenant, usize::MAX);
        let Some(counts) = tools.and_then(|tools| of_name(tools, tool, TOOLS)) else { return };
        match kind {
            Kind::Exact => counts.exact += 1,
            Kind::Semantic => counts.semantic += 1,
            Kind::Stale => counts.stale += 1,
            Kind::Shadow => counts.shadow += 1,
            Kind::Miss => counts.misses += 1,
            Kind::Refresh => counts.refreshes += 1,
        }
        counts.saved_ms = counts.saved_ms.saturating_add(u64::from(saved_ms));
        counts.tokens = counts.tokens.saturating_add(u64::from(tokens));
    }

    /// Of each tool of the tenant that was called.
    pub fn of(&self, tenant: &str) -> Vec<(String, Counts)> {
        let tenants = self.0.borrow();
        tenants.iter().find(|(known, _)| known == tenant).map(|(_, tools)| tools.clone()).unwrap_or_default()
    }
}

/// What has this name, made if need be; none where there are `most` others.
fn of_name<'l, T: Default>(list: &'l mut Named<T>, name: &str, most: usize) -> Option<&'l mut T> {
    let at = match list.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
        Ok(at) => at,
        Err(_) if list.len() >= most => return None,
        Err(at) => {
            list.insert(at, (name.to_owned(), T::default()));
            at
        }
    };
    list.get_mut(at).map(|(_, found)| found)
}
