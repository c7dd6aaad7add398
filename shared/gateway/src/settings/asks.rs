//! What an upstream may ask users, their models and their clients: `asks`, `ask_hosts`, `ask_secrets`.

use super::reader::Reader;

/// Keys of an upstream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskSettings {
    /// `asks`: `elicitation` (or one of its modes: `elicitation.form`, `elicitation.url`), `sampling`, `roots`; by default all
    /// that the client declared.
    pub asks: Option<Vec<String>>,
    /// `ask_hosts`: hosts whose pages a user may be asked to open, `*.` in front for those below; by default any.
    pub ask_hosts: Option<Vec<String>>,
    /// `ask_secrets`: its forms may ask for passwords and the like; a warning at start.
    pub ask_secrets: bool,
}

impl AskSettings {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            asks: reader.texts("asks"),
            ask_hosts: reader.texts("ask_hosts"),
            ask_secrets: reader.flag("ask_secrets"),
        }
    }
}
