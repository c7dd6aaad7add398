//! What a legacy client declared, kept in its session id.

use crate::mcp::json::{Json, Node};
use crate::mcp::revisions::{Revision, declares_apps, meta};
use crate::tenant::{AskKind, Asks};

/// What a legacy client declared, as far as it concerns modern upstreams: a bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Capabilities(u8);

const ROOTS: u8 = 1;
const SAMPLING: u8 = 2;
const SAMPLING_TOOLS: u8 = 4;
const ELICITATION: u8 = 8;
const ELICITATION_URL: u8 = 16;
const APPS: u8 = 32;

impl Capabilities {
    /// Those of `initialize`; what the revision does not have is not there: elicitation came with 2025-06-18, its modes and
    /// tools in sampling with 2025-11-25.
    pub fn of(json: &Json<'_>, declared: Node, revision: Revision) -> Self {
        let has = |kind: &str, part: Option<&str>| {
            let kind = json.value(declared).get(kind);
            kind.is_some_and(|kind| part.is_none_or(|part| kind.get(part).is_some()))
        };
        let modes = revision >= Revision::V2025_11_25;
        let (form, url) = (has("elicitation", Some("form")), has("elicitation", Some("url")) && modes);
        let elicitation = has("elicitation", None) && revision >= Revision::V2025_06_18;
        let kinds = [
            (ROOTS, has("roots", None)),
            (SAMPLING, has("sampling", None)),
            (SAMPLING_TOOLS, has("sampling", Some("tools")) && modes),
            // Without a mode it is that of forms.
            (ELICITATION, elicitation && (form || !url)),
            (ELICITATION_URL, url),
            (APPS, declares_apps(json.value(declared))),
        ];
        Self(kinds.iter().filter(|(_, has)| *has).fold(0, |all, (bit, _)| all | bit))
    }

    /// As they were sealed.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Without what an upstream may not ask.
    pub fn cut(self, asks: &Asks) -> Self {
        let keeps = |kind, bits: u8| if asks.kinds.has(kind) { bits } else { 0 };
        let (form, url) = (keeps(AskKind::Form, ELICITATION), keeps(AskKind::Url, ELICITATION_URL));
        let kinds = keeps(AskKind::Roots, ROOTS) | keeps(AskKind::Sampling, SAMPLING | SAMPLING_TOOLS);
        Self(self.0 & (form | url | kinds | APPS))
    }

    /// The same of a client that nobody can ask.
    pub const fn unasked(self) -> Self {
        Self(self.0 & APPS)
    }

    /// Whether it can be asked nothing.
    pub const fn asks_nothing(self) -> bool {
        self.0 & !APPS == 0
    }

    /// Whether it declared MCP Apps.
    pub const fn apps(self) -> bool {
        self.0 & APPS != 0
    }

    /// ClientCapabilities of a modern client, raw JSON.
    pub fn json(self) -> String {
        let part = |bit: u8, text: &'static str| if self.0 & bit == 0 { "" } else { text };
        let modes = [part(ELICITATION, r#""form":{}"#), part(ELICITATION_URL, r#""url":{}"#)];
        let modes = modes.into_iter().filter(|mode| !mode.is_empty()).collect::<Vec<_>>().join(",");
        let tools = part(SAMPLING_TOOLS, r#""tools":{}"#);
        let elicitation = format!(r#""elicitation":{{{modes}}}"#);
        let sampling = format!(r#""sampling":{{{tools}}}"#);
        let apps =
            format!(r#""extensions":{{"{}":{{"mimeTypes":["text/html;profile=mcp-app"]}}}}"#, meta::APPS);
        let kinds = [
            (ELICITATION | ELICITATION_URL, elicitation),
            (APPS, apps),
            (ROOTS, r#""roots":{}"#.to_owned()),
            (SAMPLING, sampling),
        ];
        let kinds = kinds.into_iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, text)| text);
        format!("{{{}}}", kinds.collect::<Vec<_>>().join(","))
    }
}
