//! External services that texts are shown to (`[tenants.NAME.dlp.NAME]`).

use super::Credential;
use std::fmt;

/// One service that looks for sensitive content.
#[derive(Debug)]
pub struct Dlp {
    /// The name in `[tenants.T.dlp.NAME]`: what tools refer to, and what records and errors say.
    pub name: String,
    /// Which service it is, and what only it knows.
    pub service: DlpService,
    /// Where it is, without a slash at the end; for a webhook the URL itself. From configuration only.
    pub url: String,
    /// What it is shown.
    pub credential: DlpCredential,
    /// Deadline for a whole inspection, in ms.
    pub deadline_ms: u32,
    /// What becomes of a text that it could not be asked about.
    pub on_error: OnError,
    /// Whether what agents send is shown to it.
    pub requests: bool,
    /// Whether what upstreams answer is shown to it.
    pub responses: bool,
    /// How long a verdict is used again, in ms; 0 is never.
    pub cache_ms: u64,
    /// The types that are looked for, as the service calls them; empty for all.
    pub types: Vec<String>,
}

/// The services, each with its own rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DlpService {
    /// Microsoft Purview, through Microsoft Graph.
    Purview(Purview),
    /// The analyzer of Presidio.
    Presidio {
        /// Language of the texts, as ISO 639-1.
        language: String,
        /// Findings below this score are ignored, in hundredths.
        score: u8,
    },
    /// Azure AI Language.
    Azure {
        /// Language of the texts, as ISO 639-1.
        language: String,
        /// Findings below this confidence are ignored, in hundredths.
        score: u8,
    },
    /// Google Sensitive Data Protection.
    Google {
        /// `projects/P/locations/L`.
        parent: String,
        /// `minLikelihood`.
        likelihood: &'static str,
    },
    /// A service of the operator's own.
    Webhook {
        /// The key by which requests are signed.
        signature: Option<Secret>,
    },
}

/// What is said to Microsoft Purview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purview {
    /// Id of the application that the policies name: the gateway as Entra knows it.
    pub app_id: String,
    /// Whether policies of the user are asked for; else those of the whole tenant.
    pub by_user: bool,
    /// Whether content is told as what an agent and a tool say to each other (beta).
    pub agent_to_tool: bool,
}

/// What becomes of a text that could not be inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// It is blocked.
    Block,
    /// It passes if the gateway's own engine has inspected it, and is blocked otherwise.
    LocalOnly,
    /// It passes: fail-open.
    Allow,
}

/// What a service is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DlpCredential {
    /// A fixed header, or nothing.
    Fixed(Credential),
    /// An access token by client credentials (RFC 6749, 4.4).
    Client(ClientCredential),
}

/// Whom a token endpoint knows the gateway as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredential {
    /// The token endpoint.
    pub token_url: String,
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The scope asked for; may be empty.
    pub scope: String,
}

/// A value that must reach no log: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
