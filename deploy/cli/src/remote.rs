//! The admin API of a gateway, from afar: where it is, who asks, and what its answers mean.

use crate::WrongUse;
use anyhow::{Context, Result, anyhow, bail, ensure};
use lexopt::{Parser, ValueExt};
use postern::address::{Address, Place, origin};
use serde_json::Value;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// The variable with the token, when no option names one.
const TOKEN: &str = "POSTERN_TOKEN";
/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for a whole answer.
const WHOLE: Duration = Duration::from_secs(60);
/// The longest answer, in bytes: problems of a text of 1 MiB.
const LONGEST: u64 = 8 * 1024 * 1024;

/// What the help says of the options that every command here takes.
pub const USAGE: &str =
    "      --gateway URL        where the gateway is: https://HOST, or http:// on this machine
      --tenant NAME        whose operator asks
      --token TOKEN, --token-file FILE
                           the operator's access token; without either, the variable POSTERN_TOKEN
      --json               prints the gateway's answer as it is
";

/// Why a gateway did not do what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It cannot be reached, it failed, or it is no gateway.
    Unreachable,
    /// The token may not do that, or there is no such thing for it.
    Denied,
    /// It is not in the state that was expected.
    Conflict,
    /// It does not understand the request.
    Request,
}

impl Kind {
    /// The exit status.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::Request => 1,
            Self::Unreachable => 3,
            Self::Denied => 4,
            Self::Conflict => 5,
        }
    }
}

/// An error with its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What sort of failure.
    pub kind: Kind,
    /// What happened, for a person.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

fn failure(kind: Kind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into() }
}

/// The options that say which gateway is asked, and as whom.
#[derive(Debug, Default)]
pub struct Options {
    gateway: Option<String>,
    tenant: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    /// Whether answers are printed as they are.
    pub json: bool,
}

impl Options {
    /// Whether there is such an option: `--NAME`.
    #[must_use]
    pub fn know(name: &str) -> bool {
        matches!(name, "gateway" | "tenant" | "token" | "token-file" | "json")
    }

    /// Takes an option that is known, with its value.
    ///
    /// # Errors
    /// A value that is missing or no text.
    pub fn take(&mut self, name: &str, parser: &mut Parser) -> Result<()> {
        match name {
            "gateway" => self.gateway = Some(parser.value()?.string()?),
            "tenant" => self.tenant = Some(parser.value()?.string()?),
            "token" => self.token = Some(parser.value()?.string()?),
            "token-file" => self.token_file = Some(parser.value()?.into()),
            _ => self.json = true,
        }
        Ok(())
    }

    /// The gateway that they name.
    ///
    /// # Errors
    /// An option that is missing or makes no sense; a token file that cannot be read.
    pub fn connect(&self) -> Result<Gateway> {
        let gateway = self.gateway.as_deref().ok_or_else(|| wrong("give --gateway URL"))?;
        let tenant = self.tenant.as_deref().ok_or_else(|| wrong("give --tenant NAME"))?;
        let named = tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        ensure!(named && !tenant.is_empty(), wrong(&format!("--tenant {tenant}: that is no tenant's name")));
        let (base, address) = base(gateway)?;
        Ok(Gateway {
            pages: format!("{base}/t/{tenant}/admin/v1"),
            tenant: tenant.to_owned(),
            token: self.token()?,
            agent: agent(&address)?,
        })
    }

    fn token(&self) -> Result<String> {
        let token = match (&self.token, &self.token_file) {
            (Some(_), Some(_)) => bail!(wrong("give one of --token and --token-file")),
            (Some(token), None) => token.clone(),
            (None, Some(file)) => {
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
            }
            (None, None) => std::env::var(TOKEN).unwrap_or_default(),
        };
        let token = token.trim().to_owned();
        ensure!(
            !token.is_empty(),
            wrong("no token: give --token-file FILE or --token TOKEN, or set POSTERN_TOKEN")
        );
        // The token itself is in no message.
        ensure!(token.bytes().all(|byte| byte.is_ascii_graphic()), "what was given as a token is none");
        Ok(token)
    }
}

fn wrong(message: &str) -> anyhow::Error {
    anyhow!(WrongUse(message.to_owned()))
}

/// Scheme and authority of a gateway. A token is shown to nobody by plain HTTP but to this machine.
fn base(url: &str) -> Result<(&str, Address)> {
    let problem = |why: &str| wrong(&format!("--gateway {url}: {why}"));
    let address = Address::parse(url).map_err(|error| problem(error.0))?;
    let base = origin(url).unwrap_or(url);
    if !matches!(url.strip_prefix(base), Some("" | "/")) {
        bail!(problem("write scheme and host alone, such as https://gw.example"));
    }
    if !address.secure && address.place != Place::Loopback {
        bail!(problem("it would be shown the token without TLS: write https://"));
    }
    Ok((base, address))
}

/// The HTTP client. Redirects come back as they are: a token is for the host that was named.
fn agent(address: &Address) -> Result<ureq::Agent> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(WHOLE))
        .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")));
    if address.place == Place::Loopback {
        config = config.proxy(None);
    }
    if address.secure {
        // Only fails when another provider was chosen before, which would do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        config = config.tls_config(TlsConfig::builder().root_certs(roots()?).build());
    }
    Ok(config.build().into())
}

/// The certificates of authorities that this machine trusts.
fn roots() -> Result<RootCerts> {
    let found = rustls_native_certs::load_native_certs();
    let certificates: Vec<Certificate<'static>> =
        found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    ensure!(
        !certificates.is_empty(),
        "this machine has no certificates of authorities: install them (Debian: ca-certificates), or name a file of \
         them by SSL_CERT_FILE"
    );
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

/// The admin API of one tenant of a gateway.
pub struct Gateway {
    pages: String,
    tenant: String,
    token: String,
    agent: ureq::Agent,
}

impl fmt::Debug for Gateway {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("pages", &self.pages).finish_non_exhaustive()
    }
}

/// What a gateway said.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    tenant: String,
}

impl Gateway {
    /// Reads a page, such as `bundle`.
    ///
    /// # Errors
    /// [`Failure`] when there is no answer, or none of a gateway.
    pub fn get(&self, page: &str) -> Result<Answer> {
        let request = self.agent.get(self.url(page)).header("authorization", self.bearer());
        self.read(request.call())
    }

    /// Posts JSON to a page.
    ///
    /// # Errors
    /// As [`Gateway::get`].
    pub fn post(&self, page: &str, body: &Value) -> Result<Answer> {
        let request = self
            .agent
            .post(self.url(page))
            .header("authorization", self.bearer())
            .header("content-type", "application/json");
        self.read(request.send(body.to_string()))
    }

    fn url(&self, page: &str) -> String {
        let slash = if page.is_empty() { "" } else { "/" };
        format!("{}{slash}{page}", self.pages)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn read(&self, sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
        let unreachable =
            |why: String| failure(Kind::Unreachable, format!("no answer from {}: {why}", self.pages));
        let mut response = sent.map_err(|error| unreachable(error.to_string()))?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(LONGEST).read_to_string();
        let text = text.map_err(|error| unreachable(error.to_string()))?;
        match serde_json::from_str(&text) {
            Ok(body) => Ok(Answer { status, body, tenant: self.tenant.clone() }),
            Err(_) => {
                let location = response.headers().get("location").and_then(|value| value.to_str().ok());
                let to = location.map(|location| format!(", a redirect to {location}")).unwrap_or_default();
                let message = format!("{} is no gateway: HTTP {status} without JSON{to}", self.pages);
                bail!(failure(Kind::Unreachable, message))
            }
        }
    }
}

impl Answer {
    /// `error.kind` of the body.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.body.pointer("/error/kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// The body of an answer to something that was done.
    ///
    /// # Errors
    /// [`Failure`] for every other.
    pub fn done(self) -> Result<Value, Failure> {
        let said = self.body.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason given");
        let (kind, message) = match (self.status, self.kind()) {
            (200, _) => return Ok(self.body),
            (401, _) => (
                Kind::Denied,
                format!(
                    "the gateway does not take this token at the tenant {0:?}: it has expired, it is of an issuer or \
                     for an audience that the tenant does not accept, or there is no [tenants.{0}.admin]",
                    self.tenant
                ),
            ),
            (403, _) if said == "Insufficient scope" => (
                Kind::Denied,
                format!("the token has not the role or scope that [tenants.{}.admin] asks for", self.tenant),
            ),
            (404, "") => (
                Kind::Denied,
                format!(
                    "the tenant {0:?} has no such page; `bundle = true` in [tenants.{0}.admin] opens those \
                     of the bundle",
                    self.tenant
                ),
            ),
            (403, _) => (Kind::Denied, said.to_owned()),
            (404 | 409, _) => (Kind::Conflict, said.to_owned()),
            (503, "") => {
                (Kind::Unreachable, "the gateway has no settings that compile: its log says more".to_owned())
            }
            (500.., _) => (Kind::Unreachable, format!("the gateway failed: {said}")),
            (status, _) => {
                (Kind::Request, format!("the gateway refused the request (HTTP {status}): {said}"))
            }
        };
        Err(failure(kind, message))
    }
}

#[cfg(test)]
mod tests;
