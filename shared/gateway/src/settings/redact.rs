//! `[tenants.NAME.redact]`, and what upstreams and tools say of the same.

use super::limits::{SelectorSettings, selector};
use super::reader::Reader;
use std::collections::BTreeMap;

/// `[tenants.NAME.redact]`: turns redaction on for a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedactSettings {
    /// `inspect`, `inspect_requests`, `reason`, `profile`, `level`, `dlp`.
    pub inspect: InspectSettings,
    /// `operator`: what is done with a value where no rule says otherwise; by default `tag`.
    pub operator: String,
    /// `mask`: how `operator = "mask"` covers.
    pub mask: Option<MaskSettings>,
    /// `keys`: `secret:NAME`, for operators that need a key.
    pub keys: Option<String>,
    /// `binary`: what cannot be read is let through (`allow`, the default) or refused (`block`).
    pub binary: String,
    /// `[[tenants.NAME.redact.rules]]`.
    pub rules: Vec<RuleSettings>,
    /// `[[tenants.NAME.redact.restore]]`.
    pub restore: Vec<RestoreSettings>,
    /// `[tenants.NAME.redact.detectors.TYPE]`.
    pub detectors: BTreeMap<String, DetectorSettings>,
}

/// What is inspected, of a tenant, an upstream or a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InspectSettings {
    /// `inspect`: `off`, `secrets_only`, `standard` or `strict`; by default what is said further up.
    pub inspect: Option<String>,
    /// `inspect_requests`: the same for what agents send; by default as `inspect`.
    pub inspect_requests: Option<String>,
    /// `reason`: why something is `off`.
    pub reason: Option<String>,
    /// `profile`: `secrets`, `pci`, `hipaa` or `gdpr`; by default all types.
    pub profile: Option<String>,
    /// `level`: from which level on values are found; by default that of `inspect`.
    pub level: Option<u32>,
    /// `dlp`: the service of `[tenants.NAME.dlp.SERVICE]` that is asked as well, or `none`.
    pub dlp: Option<String>,
}

/// `[[tenants.NAME.redact.rules]]`: what is done with some values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSettings {
    /// `for`: whom and what it concerns; by default everybody and everything.
    pub selector: SelectorSettings,
    /// `directions`: `request`, `response`, `list`, `error`; by default all.
    pub directions: Option<Vec<String>>,
    /// `fields`: patterns over paths of fields.
    pub fields: Option<Vec<String>>,
    /// `types`: patterns over names of types.
    pub types: Option<Vec<String>>,
    /// `level`: values of this level or above; by default all that are found.
    pub level: Option<u32>,
    /// `operator`.
    pub operator: String,
    /// `mask`: how `operator = "mask"` covers.
    pub mask: Option<MaskSettings>,
}

/// `mask`: `{ left = 0, right = 4, with = "*", length = 12 }`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaskSettings {
    /// `left`: characters that stay in front; by default none.
    pub left: u8,
    /// `right`: characters that stay at the end; by default none.
    pub right: u8,
    /// `with`: the character that covers; by default `*`.
    pub with: Option<String>,
    /// `length`: how many stand for what is covered, whatever its length.
    pub length: Option<u8>,
}

/// `[[tenants.NAME.redact.restore]]`: where values behind tokens go back to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestoreSettings {
    /// `for`: whose calls of what.
    pub selector: SelectorSettings,
    /// `fields`: patterns over paths of fields.
    pub fields: Vec<String>,
    /// `from`: upstreams whose tokens are taken besides those of the call's own.
    pub from: Vec<String>,
    /// `preserved`: the type of digits that `preserve` made.
    pub preserved: Option<String>,
}

/// `[tenants.NAME.redact.detectors.TYPE]`: a detector of one's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetectorSettings {
    /// `pattern`: a regular expression (`regex-lite`); a group named `value` is the value.
    pub pattern: String,
    /// `literal`: what is in every value, 3 bytes at least; derived from the pattern if it can be.
    pub literal: Option<String>,
    /// `slow`: allows a pattern without a literal.
    pub slow: bool,
    /// `words`: words that say what a value is.
    pub words: Vec<String>,
    /// `check`: the name of a check digit.
    pub check: Option<String>,
    /// `bare`: how sure a value is by itself; by default 75.
    pub bare: u8,
    /// `context`: the same beside a word; by default 85.
    pub context: u8,
    /// `matches`: texts that a value is found in, tried when the settings are read.
    pub matches: Vec<String>,
    /// `silent`: texts that none is found in.
    pub silent: Vec<String>,
}

impl InspectSettings {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            inspect: reader.text("inspect"),
            inspect_requests: reader.text("inspect_requests"),
            reason: reader.text("reason"),
            profile: reader.text("profile"),
            level: reader.optional("level", 65..=100),
            dlp: reader.text("dlp"),
        }
    }
}

impl RedactSettings {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            inspect: InspectSettings::read(reader),
            operator: reader.text("operator").unwrap_or_else(|| "tag".to_owned()),
            mask: reader.table("mask", mask),
            keys: reader.text("keys"),
            binary: reader.text("binary").unwrap_or_else(|| "allow".to_owned()),
            rules: reader.list("rules", rule),
            restore: reader.list("restore", restore),
            detectors: reader.tables("detectors", detector),
        }
    }
}

fn rule(reader: &Reader<'_, '_>) -> RuleSettings {
    RuleSettings {
        selector: reader.table("for", selector).unwrap_or_default(),
        directions: reader.texts("directions"),
        fields: reader.texts("fields"),
        types: reader.texts("types"),
        level: reader.optional("level", 65..=100),
        operator: reader.required_text("operator", "say what is done with these values, such as `mask`"),
        mask: reader.table("mask", mask),
    }
}

fn mask(reader: &Reader<'_, '_>) -> MaskSettings {
    MaskSettings {
        left: reader.small("left", 0..=64, 0),
        right: reader.small("right", 0..=64, 0),
        with: reader.text("with"),
        length: reader.optional("length", 1..=64).and_then(|length| u8::try_from(length).ok()),
    }
}

fn restore(reader: &Reader<'_, '_>) -> RestoreSettings {
    RestoreSettings {
        selector: reader.table("for", selector).unwrap_or_default(),
        fields: reader
            .required_texts("fields", "name the fields that values go back into, such as `arguments.card`"),
        from: reader.texts("from").unwrap_or_default(),
        preserved: reader.text("preserved"),
    }
}

fn detector(reader: &Reader<'_, '_>) -> DetectorSettings {
    DetectorSettings {
        pattern: reader.required_text("pattern", "write a regular expression, such as 'EMP-[0-9]{6}'"),
        literal: reader.text("literal"),
        slow: reader.flag("slow"),
        words: reader.texts("words").unwrap_or_default(),
        check: reader.text("check"),
        bare: reader.small("bare", 0..=100, 75),
        context: reader.small("context", 0..=100, 85),
        matches: reader.required_texts("matches", "write texts that a value is to be found in"),
        silent: reader.texts("silent").unwrap_or_default(),
    }
}
