//! `[tenants.NAME.dlp.NAME]`.

use super::{Findings, Reach, Secrets, secret, upstream};
use crate::address::origin;
use crate::settings::{CredentialSettings, DlpCredentialSettings, DlpSettings, TenantSettings, join};
use crate::tenant::{ClientCredential, Credential, Dlp, DlpCredential, DlpService, OnError, Purview, Secret};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Where Microsoft Graph is, unless it is a national cloud's.
const GRAPH: &str = "https://graph.microsoft.com";
/// Where Google Sensitive Data Protection is.
const GOOGLE: &str = "https://dlp.googleapis.com";
/// Where Entra gives tokens; `TENANT/oauth2/v2.0/token` follows.
const ENTRA: &str = "https://login.microsoftonline.com";
/// The scope of Azure AI services.
const AZURE_SCOPE: &str = "https://cognitiveservices.azure.com/.default";
/// Findings below it are ignored, unless `score` is written, in hundredths. Presidio's shapes without a checksum or a
/// word beside them score lower.
const SCORE: u64 = 50;
/// Google's likelihoods (`Likelihood`), without the one that says nothing.
const LIKELIHOODS: [&str; 5] = ["VERY_UNLIKELY", "UNLIKELY", "POSSIBLE", "LIKELY", "VERY_LIKELY"];
/// Types that one service may be asked for.
const TYPES: usize = 150;

/// All of a tenant's services.
pub fn compile(
    settings: &TenantSettings,
    path: &str,
    secrets: &dyn Secrets,
    findings: &mut Findings,
) -> BTreeMap<String, Rc<Dlp>> {
    let at = join(path, "dlp");
    let mut all = BTreeMap::new();
    for (name, settings) in &settings.dlp {
        let path = join(&at, name);
        findings.name(&path, name);
        if name == "none" {
            findings.problem(&path, "the name is kept for no service", "choose another name");
        }
        let mut scope = Scope { path: &path, settings, secrets, findings };
        all.extend(scope.dlp(name).map(|dlp| (name.clone(), Rc::new(dlp))));
    }
    all
}

/// One service's settings in their surroundings.
struct Scope<'a> {
    path: &'a str,
    settings: &'a DlpSettings,
    secrets: &'a dyn Secrets,
    findings: &'a mut Findings,
}

impl Scope<'_> {
    fn dlp(&mut self, name: &str) -> Option<Dlp> {
        let settings = self.settings;
        let service = self.service()?;
        self.foreign();
        let url = self.url();
        let on_error = self.on_error();
        let (requests, responses) = self.directions();
        if settings.types.len() > TYPES || settings.types.iter().any(|name| !is_type(name)) {
            let remedy = format!("write at most {TYPES} names of A-Z a-z 0-9 _ - .");
            self.problem("types", "they are too many, or no names of types", &remedy);
        }
        Some(Dlp {
            name: name.to_owned(),
            credential: self.credential(&url),
            service,
            url,
            deadline_ms: settings.deadline_ms,
            on_error,
            requests,
            responses,
            cache_ms: u64::from(settings.cache_s) * 1_000,
            types: settings.types.clone(),
        })
    }

    fn service(&mut self) -> Option<DlpService> {
        Some(match self.settings.kind.as_str() {
            "purview" => DlpService::Purview(self.purview()),
            "presidio" => DlpService::Presidio { language: self.language(), score: self.score() },
            "azure" => DlpService::Azure { language: self.language(), score: self.score() },
            "google" => self.google(),
            "webhook" => DlpService::Webhook { signature: self.signature() },
            // That it is missing was said already.
            "" => return None,
            other => {
                let message = format!("{other:?} is no service");
                self.problem("kind", &message, "write `purview`, `presidio`, `azure`, `google` or `webhook`");
                return None;
            }
        })
    }

    /// Settings that only other services have.
    fn foreign(&mut self) {
        let s = self.settings;
        let written: [(&str, bool, &[&str]); 11] = [
            ("score", s.score.is_some(), &["presidio", "azure"]),
            ("language", s.language.is_some(), &["presidio", "azure"]),
            ("likelihood", s.likelihood.is_some(), &["google"]),
            ("project", s.project.is_some(), &["google"]),
            ("location", s.location.is_some(), &["google"]),
            ("signature", s.signature.is_some(), &["webhook"]),
            ("tenant_id", s.tenant_id.is_some(), &["purview", "azure"]),
            ("app_id", s.app_id.is_some(), &["purview"]),
            ("user", s.user.is_some(), &["purview"]),
            ("agent_to_tool", s.agent_to_tool, &["purview"]),
            ("types", !s.types.is_empty(), &["presidio", "azure", "google", "webhook"]),
        ];
        for (key, is_written, kinds) in written {
            if is_written && !kinds.contains(&s.kind.as_str()) {
                let message = format!("a service of the kind {:?} has no such setting", s.kind);
                self.problem(key, &message, &format!("remove it: it is for {}", kinds.join(", ")));
            }
        }
    }

    fn purview(&mut self) -> Purview {
        let settings = self.settings;
        let client = match &settings.credential {
            Some(DlpCredentialSettings::Client { client_id, .. }) => Some(client_id.clone()),
            _ => None,
        };
        let app_id = settings.app_id.clone().or(client).unwrap_or_default();
        if !is_id(&app_id) {
            let remedy = "write the application (client) id of the gateway in Entra";
            self.problem("app_id", "it is missing or no id", remedy);
        }
        if settings.tenant_id.as_deref().is_some_and(|id| !is_id(id)) {
            self.problem("tenant_id", "it is no id", "write the id of the Entra tenant");
        }
        let by_user = match settings.user.as_deref() {
            None | Some("subject") => true,
            Some("none") => false,
            Some(_) => {
                self.problem("user", "it is neither of two", "write `subject` or `none`");
                true
            }
        };
        if !by_user && !settings.agent_to_tool {
            let remedy = "write `agent_to_tool = true` beside it, or remove it";
            self.problem("user", "Purview judges content of a user, or between an agent and a tool", remedy);
        }
        Purview { app_id, by_user, agent_to_tool: settings.agent_to_tool }
    }

    fn google(&mut self) -> DlpService {
        let settings = self.settings;
        let project = settings.project.clone().unwrap_or_default();
        let location = settings.location.clone().unwrap_or_else(|| "global".to_owned());
        if !is_id(&project) {
            self.problem("project", "it is missing or no id", "write the id of the Google Cloud project");
        }
        if !is_id(&location) {
            self.problem("location", "it is no location", "write one such as `europe-west1`");
        }
        let wanted = settings.likelihood.as_deref().unwrap_or("POSSIBLE");
        let likelihood = LIKELIHOODS.into_iter().find(|known| *known == wanted).unwrap_or_else(|| {
            let message = format!("{wanted:?} is no likelihood");
            self.problem("likelihood", &message, &format!("write one of {}", LIKELIHOODS.join(", ")));
            "POSSIBLE"
        });
        DlpService::Google { parent: format!("projects/{project}/locations/{location}"), likelihood }
    }

    fn language(&mut self) -> String {
        let language = self.settings.language.clone().unwrap_or_else(|| "en".to_owned());
        if !is_id(&language) || language.len() > 10 {
            self.problem("language", "it is no language", "write its code, such as `en` or `pt-BR`");
        }
        language
    }

    fn score(&mut self) -> u8 {
        let score = self.settings.score.unwrap_or(SCORE);
        if score > 100 {
            self.problem("score", "it is more than 1", "write a number from 0 to 1, such as 0.5");
        }
        u8::try_from(score).unwrap_or(100)
    }

    fn signature(&mut self) -> Option<Secret> {
        let reference = self.settings.signature.as_ref()?;
        let path = join(self.path, "signature");
        Some(Secret(secret(&path, reference, self.secrets, self.findings)))
    }

    fn url(&mut self) -> String {
        let settings = self.settings;
        let default = match settings.kind.as_str() {
            "purview" => GRAPH,
            "google" => GOOGLE,
            _ => "",
        };
        let url = settings.url.as_deref().unwrap_or(default);
        if url.is_empty() {
            self.problem("url", "it is missing", "write the absolute URL of the service");
            return String::new();
        }
        let reach = self.reach();
        self.findings.url(&join(self.path, "url"), url, reach);
        if url.contains('?') && settings.kind != "webhook" {
            self.problem("url", "it has a query", "write where the service is, without path and query");
        }
        if settings.insecure {
            self.opened("insecure", "http and private addresses are allowed for this service");
        } else if settings.private_network {
            self.opened("private_network", "private addresses are allowed for this service");
        }
        if settings.kind == "webhook" { url.to_owned() } else { url.trim_end_matches('/').to_owned() }
    }

    fn reach(&self) -> Reach {
        let settings = self.settings;
        Reach { insecure: settings.insecure, private: settings.private_network, insecure_key: "insecure" }
    }

    fn on_error(&mut self) -> OnError {
        match self.settings.on_error.as_deref() {
            None | Some("block") => OnError::Block,
            Some("local_only") => OnError::LocalOnly,
            Some("allow") => {
                self.opened("on_error", "what this service cannot be asked about passes uninspected");
                OnError::Allow
            }
            Some(_) => {
                self.problem("on_error", "it is none of three", "write `block`, `local_only` or `allow`");
                OnError::Block
            }
        }
    }

    /// Whether requests and responses are shown.
    fn directions(&mut self) -> (bool, bool) {
        let Some(named) = &self.settings.directions else { return (true, true) };
        let has = |direction: &str| named.iter().any(|name| name == direction);
        if named.is_empty() || named.iter().any(|name| name != "request" && name != "response") {
            self.problem(
                "directions",
                "it names no direction, or one that there is not",
                r#"write ["request"], ["response"] or both"#,
            );
        }
        (has("request"), has("response"))
    }

    fn credential(&mut self, url: &str) -> DlpCredential {
        let path = join(self.path, "credential");
        match &self.settings.credential {
            None => {
                if matches!(self.settings.kind.as_str(), "purview" | "azure" | "google") {
                    let remedy = r#"write { client_id = "…", client_secret = "secret:NAME" }, { bearer = "secret:NAME" } or a header"#;
                    self.problem("credential", "it is missing: the service answers nobody without", remedy);
                }
                DlpCredential::Fixed(Credential::None)
            }
            Some(DlpCredentialSettings::Fixed(fixed)) => self.fixed(&path, fixed),
            Some(DlpCredentialSettings::Client { token_url, client_id, client_secret, scope }) => {
                let token_url = token_url.clone().or_else(|| self.entra()).unwrap_or_default();
                let reach = self.reach();
                self.findings.url(&join(&path, "token_url"), &token_url, reach);
                if client_id.is_empty() || client_id.len() > 256 {
                    let at = join(&path, "client_id");
                    self.findings.problem(&at, "it is empty or too long", "write the id of the client");
                }
                let at = join(&path, "client_secret");
                let secret = secret(&at, client_secret, self.secrets, self.findings);
                DlpCredential::Client(ClientCredential {
                    token_url,
                    client_id: client_id.clone(),
                    client_secret: Secret(secret),
                    scope: scope.clone().unwrap_or_else(|| self.scope(url)),
                })
            }
        }
    }

    fn fixed(&mut self, path: &str, fixed: &CredentialSettings) -> DlpCredential {
        DlpCredential::Fixed(upstream::credential(path, fixed, self.secrets, self.findings))
    }

    /// Where Entra gives tokens for the tenant.
    fn entra(&self) -> Option<String> {
        let tenant = self.settings.tenant_id.as_ref()?;
        Some(format!("{ENTRA}/{tenant}/oauth2/v2.0/token"))
    }

    /// The scope of the service's tokens, where none is written.
    fn scope(&self, url: &str) -> String {
        match self.settings.kind.as_str() {
            "purview" => format!("{}/.default", origin(url).unwrap_or(GRAPH)),
            "azure" => AZURE_SCOPE.to_owned(),
            _ => String::new(),
        }
    }

    fn problem(&mut self, key: &str, message: &str, remedy: &str) {
        self.findings.problem(&join(self.path, key), message, remedy);
    }

    fn opened(&mut self, key: &str, message: &str) {
        self.findings.opened(&join(self.path, key), message);
    }
}

/// What can stand in a path and names something of the service's.
fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (1..=100).contains(&text.len()) && text.bytes().all(plain) && !text.contains("..")
}

fn is_type(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}
