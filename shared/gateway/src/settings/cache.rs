//! `[cache]`, `[tenants.NAME.cache]` and `cache` of a tool.

use super::reader::Reader;

/// Longest life of a kept answer, in seconds: a week.
const LONGEST_S: u32 = 604_800;
/// Decimals of `max_error`.
const PLACES: u32 = 4;

/// `[tenants.NAME.cache]`: what holds for all tools of the tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheSettings {
    /// `enabled`: `false` switches off whatever tools say; by default true.
    pub enabled: Option<bool>,
    /// `model`: `encoder`, `static`, or the name of an asset; needed by `shadow` and `serve`.
    pub model: Option<String>,
    /// `max_error`: highest share of wrong answers among those served by meaning, in ten-thousandths; by default 0.02.
    pub max_error: Option<u64>,
    /// `group`: the group of agents that `scope = "group"` means.
    pub group: Option<String>,
}

/// `cache = { ... }` of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolCacheSettings {
    /// `mode`: `off` (default), `exact`, `shadow` or `serve`.
    pub mode: String,
    /// `scope`: who shares answers: `principal` (default), `agent`, `group` or `tenant`.
    pub scope: String,
    /// `ttl_s`: how long an answer is fresh; by default 300.
    pub ttl_s: u32,
    /// `stale_if_error_s`: how long after that it may stand in for an upstream that fails; by default not at all.
    pub stale_if_error_s: u32,
    /// `stale_while_revalidate_s`: how long after that it is served while a new one is fetched; by default not at all.
    pub stale_while_revalidate_s: u32,
    /// `max_bytes`: of a result that is kept; by default 65,536.
    pub max_bytes: u32,
    /// `fold`: texts that differ in case, blanks or closing punctuation only are equal; by default true.
    pub fold: Option<bool>,
    /// `names`: capitalised words inside a sentence are names, and have to be equal; by default true.
    pub names: Option<bool>,
    /// `free`: arguments that are free text whatever they look like.
    pub free: Vec<String>,
    /// `volatile`: fields of results, by path, that say nothing of whether two results are the same.
    pub volatile: Vec<String>,
    /// `read_only`: the operator's word that a call changes nothing, where the tool does not say so itself.
    pub read_only: bool,
    /// `max_error`: instead of the tenant's, in ten-thousandths.
    pub max_error: Option<u64>,
}

impl CacheSettings {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            enabled: reader.choice("enabled"),
            model: reader.text("model"),
            max_error: reader.decimal("max_error", PLACES),
            group: reader.text("group"),
        }
    }
}

impl ToolCacheSettings {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            mode: reader.text("mode").unwrap_or_else(|| "off".to_owned()),
            scope: reader.text("scope").unwrap_or_else(|| "principal".to_owned()),
            ttl_s: reader.number("ttl_s", 1..=LONGEST_S, 300),
            stale_if_error_s: reader.number("stale_if_error_s", 0..=LONGEST_S, 0),
            stale_while_revalidate_s: reader.number("stale_while_revalidate_s", 0..=LONGEST_S, 0),
            max_bytes: reader.number("max_bytes", 1..=1_048_576, 65_536),
            fold: reader.choice("fold"),
            names: reader.choice("names"),
            free: reader.texts("free").unwrap_or_default(),
            volatile: reader.texts("volatile").unwrap_or_default(),
            read_only: reader.flag("read_only"),
            max_error: reader.decimal("max_error", PLACES),
        }
    }
}

/// `[cache]`: whether it switches all caching off.
pub(super) fn is_off(reader: &Reader<'_, '_>) -> bool {
    reader.choice("enabled") == Some(false)
}
