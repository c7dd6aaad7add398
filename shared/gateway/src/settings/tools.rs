//! `[tenants.NAME.tools.PATTERN]`.

use super::cache::ToolCacheSettings;
use super::guard::GuardSettings;
use super::reader::Reader;
use super::redact::InspectSettings;

/// `[tenants.NAME.tools.PATTERN]`: what holds for calls of single tools, instead of their upstream's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolSettings {
    /// `first_byte_ms`, `idle_ms`, `total_ms`: by default the upstream's.
    pub first_byte_ms: Option<u32>,
    /// See [`ToolSettings::first_byte_ms`].
    pub idle_ms: Option<u32>,
    /// See [`ToolSettings::first_byte_ms`].
    pub total_ms: Option<u32>,
    /// `concurrency`, `queue`, `queue_ms`, `breaker`.
    pub guard: GuardSettings,
    /// `idempotent`: the operator's word that a call may be carried out twice; by default false.
    pub idempotent: bool,
    /// `coalesce`: equal calls at once become one; by default false.
    pub coalesce: bool,
    /// `cache`: answers are kept and given again; by default not.
    pub cache: Option<ToolCacheSettings>,
    /// `invalidates`: tools, by exposed name, whose kept answers a call of this one ends.
    pub invalidates: Vec<String>,
    /// `inspect`, `inspect_requests`, `reason`, `profile`, `level`, `dlp`: by default the upstream's.
    pub inspect: InspectSettings,
}

impl ToolSettings {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            first_byte_ms: reader.optional("first_byte_ms", 100..=300_000),
            idle_ms: reader.optional("idle_ms", 100..=600_000),
            total_ms: reader.optional("total_ms", 100..=3_600_000),
            guard: GuardSettings::read(reader),
            idempotent: reader.flag("idempotent"),
            coalesce: reader.flag("coalesce"),
            cache: reader.table("cache", ToolCacheSettings::read),
            invalidates: reader.texts("invalidates").unwrap_or_default(),
            inspect: InspectSettings::read(reader),
        }
    }
}
