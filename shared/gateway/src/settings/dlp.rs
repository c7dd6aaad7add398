//! `[tenants.NAME.dlp.NAME]`.

use super::reader::Reader;
use super::{CredentialSettings, credential_of};

/// `[tenants.NAME.dlp.NAME]`: an external service that texts are shown to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DlpSettings {
    /// `kind`: `purview`, `presidio`, `azure`, `google` or `webhook`.
    pub kind: String,
    /// `url`: where it is; by default Microsoft's or Google's, if it is one of theirs.
    pub url: Option<String>,
    /// `insecure`: allows http and private addresses; a warning at start.
    pub insecure: bool,
    /// `private_network`: allows private addresses with https.
    pub private_network: bool,
    /// `credential`: what it is shown; by default nothing.
    pub credential: Option<DlpCredentialSettings>,
    /// `deadline_ms`: for a whole inspection; by default 300.
    pub deadline_ms: u32,
    /// `on_error`: `block` (default), `local_only` or `allow`.
    pub on_error: Option<String>,
    /// `directions`: `request`, `response`; by default both.
    pub directions: Option<Vec<String>>,
    /// `cache_s`: how long a verdict is used again; by default 60.
    pub cache_s: u32,
    /// `types`: those that are looked for, as the service calls them; by default all.
    pub types: Vec<String>,
    /// `score`: of Presidio and Azure; findings below it are ignored. In hundredths, by default 50.
    pub score: Option<u64>,
    /// `likelihood`: of Google; findings below it are ignored. By default `POSSIBLE`.
    pub likelihood: Option<String>,
    /// `language`: of Presidio and Azure; by default `en`.
    pub language: Option<String>,
    /// `project`: of Google.
    pub project: Option<String>,
    /// `location`: of Google; by default `global`.
    pub location: Option<String>,
    /// `signature`: of a webhook, `secret:NAME`; by default requests are not signed.
    pub signature: Option<String>,
    /// `tenant_id`: of Purview, the Entra tenant; what the default token endpoint is made of.
    pub tenant_id: Option<String>,
    /// `app_id`: of Purview; by default the client of the credential.
    pub app_id: Option<String>,
    /// `user`: of Purview, `subject` (default) or `none`.
    pub user: Option<String>,
    /// `agent_to_tool`: of Purview; by default false.
    pub agent_to_tool: bool,
}

/// `credential` of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DlpCredentialSettings {
    /// As upstreams have it.
    Fixed(CredentialSettings),
    /// `{ token_url = "…", client_id = "…", client_secret = "secret:NAME", scope = "…" }`.
    Client {
        /// By default Entra's of `tenant_id`.
        token_url: Option<String>,
        /// The client.
        client_id: String,
        /// `secret:NAME`.
        client_secret: String,
        /// By default the one of the service, where it is known.
        scope: Option<String>,
    },
}

impl DlpSettings {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            kind: reader.required_text("kind", "write `purview`, `presidio`, `azure`, `google` or `webhook`"),
            url: reader.text("url"),
            insecure: reader.flag("insecure"),
            private_network: reader.flag("private_network"),
            credential: reader.table("credential", credential).flatten(),
            deadline_ms: reader.number("deadline_ms", 50..=10_000, 300),
            on_error: reader.text("on_error"),
            directions: reader.texts("directions"),
            cache_s: reader.number("cache_s", 0..=3_600, 60),
            types: reader.texts("types").unwrap_or_default(),
            score: reader.decimal("score", 2),
            likelihood: reader.text("likelihood"),
            language: reader.text("language"),
            project: reader.text("project"),
            location: reader.text("location"),
            signature: reader.text("signature"),
            tenant_id: reader.text("tenant_id"),
            app_id: reader.text("app_id"),
            user: reader.text("user"),
            agent_to_tool: reader.flag("agent_to_tool"),
        }
    }

    /// The names of the secrets that it mentions.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let credential = match &self.credential {
            None => None,
            Some(DlpCredentialSettings::Client { client_secret, .. }) => Some(client_secret.as_str()),
            Some(DlpCredentialSettings::Fixed(fixed)) => fixed.reference(),
        };
        let references = [credential, self.signature.as_deref()].into_iter().flatten();
        references.filter_map(|reference| reference.strip_prefix("secret:"))
    }
}

fn credential(reader: &Reader<'_, '_>) -> Option<DlpCredentialSettings> {
    let (token_url, scope) = (reader.text("token_url"), reader.text("scope"));
    match (reader.text("client_id"), reader.text("client_secret")) {
        (Some(client_id), Some(client_secret)) => {
            Some(DlpCredentialSettings::Client { token_url, client_id, client_secret, scope })
        }
        (None, None) if token_url.is_none() && scope.is_none() => {
            credential_of(reader).map(DlpCredentialSettings::Fixed)
        }
        _ => {
            // They exist, too: the one problem is that they stand beside these.
            for key in ["bearer", "header", "value"] {
                let _ = reader.text(key);
            }
            reader.problem(
                "its client has no `client_id` or no `client_secret`",
                r#"write { client_id = "…", client_secret = "secret:NAME", token_url = "https://…" }"#,
            );
            None
        }
    }
}
