//! Which answers of a tool are kept, for whom and how long.

/// How much is answered from the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMode {
    /// Equal questions.
    Exact,
    /// The same, and it is watched what questions alike would have been answered.
    Shadow,
    /// Questions alike too, where that has earned it.
    Serve,
}

/// Who shares answers. Nothing crosses a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheScope {
    /// One subject behind one agent.
    Principal,
    /// Everybody behind one agent.
    Agent,
    /// The agents of this group; to all others it is [`CacheScope::Principal`].
    Group(String),
    /// Everybody whom the tenant lets call the tool.
    Tenant,
}

/// `cache` of a tool that is not off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caching {
    /// How much is answered.
    pub mode: CacheMode,
    /// Who shares it.
    pub scope: CacheScope,
    /// How long an answer is fresh, in ms.
    pub ttl_ms: u64,
    /// How long after that it may stand in for an upstream that fails, in ms.
    pub stale_if_error_ms: u64,
    /// How long after that it is served while a new one is fetched, in ms.
    pub stale_while_revalidate_ms: u64,
    /// Largest result that is kept, in bytes.
    pub max_bytes: usize,
    /// Whether texts that differ in case, blanks or closing punctuation only are equal.
    pub fold: bool,
    /// Whether capitalised words inside a sentence have to be equal.
    pub names: bool,
    /// Arguments that are free text whatever they look like.
    pub free: Vec<String>,
    /// Fields of results that say nothing of whether two are the same.
    pub volatile: Vec<String>,
    /// The operator's word that a call changes nothing.
    pub read_only: bool,
    /// Highest share of wrong answers among those served by meaning, in ten-thousandths.
    pub max_error: u32,
    /// The model that questions are compared by; there is one for [`CacheMode::Shadow`] and [`CacheMode::Serve`].
    pub model: Option<String>,
}

impl Caching {
    /// How long an answer is of any use, in ms.
    #[must_use]
    pub fn longest_ms(&self) -> u64 {
        self.ttl_ms.saturating_add(self.stale_if_error_ms.max(self.stale_while_revalidate_ms))
    }
}
