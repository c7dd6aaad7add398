//! The HTTP side of one request before any message is read: path, host, origin, CORS, public documents.

use crate::error::Refusal;
use crate::mcp::headers::Headers;
use crate::reply::Reply;

/// What the shell has read of a request before its body.
#[derive(Debug)]
pub struct Head {
    /// HTTP method, upper case.
    pub method: String,
    /// URL path, without the query.
    pub path: String,
    /// Whether the URL has a query. No endpoint takes one; a token in it must not be overlooked.
    pub query: bool,
    /// Whether the agent reached us by https.
    pub secure: bool,
    /// The request headers.
    pub headers: Headers,
}

/// Where RFC 9728 metadata lives.
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// `GET /healthz`.
    Health,
    /// RFC 9728 metadata of the endpoint with this path; empty for the root form.
    Metadata(&'a str),
    /// Perhaps an endpoint.
    Endpoint(&'a str),
}

impl Head {
    /// What the path names.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        if self.path == "/healthz" {
            return Place::Health;
        }
        match self.path.strip_prefix(METADATA) {
            Some("" | "/") => Place::Metadata(""),
            Some(rest) if rest.starts_with('/') => Place::Metadata(rest),
            _ => Place::Endpoint(&self.path),
        }
    }

    /// `https` or `http`.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// The `Host`, lower case.
    #[must_use]
    pub fn host(&self) -> String {
        self.headers.get("host").unwrap_or_default().to_ascii_lowercase()
    }

    /// The URL of the metadata document of the endpoint at this path (RFC 9728 3.1).
    #[must_use]
    pub fn metadata_url(&self) -> String {
        format!("{}://{}{METADATA}{}", self.scheme(), self.host(), self.path)
    }

    /// Whether `Host` and `Origin` are an endpoint's own: the defence against DNS rebinding
    /// (MCP 2026-07-28, Transports, Security). Two values of one header arrive joined and match nothing.
    ///
    /// # Errors
    /// [`Refusal::BadHost`], [`Refusal::BadOrigin`].
    pub fn check_site(&self, hosts: &[String], origins: &[String]) -> Result<(), Refusal> {
        self.check_host(hosts)?;
        match self.headers.get("origin") {
            Some(origin) if !self.is_own(origin) && !listed(origins, origin) => Err(Refusal::BadOrigin),
            _ => Ok(()),
        }
    }

    /// Whether this is the origin of the endpoint itself. `Host` was found to be ours before.
    fn is_own(&self, origin: &str) -> bool {
        let host = origin.split_once("://").filter(|(scheme, _)| *scheme == self.scheme());
        host.is_some_and(|(_, host)| host.eq_ignore_ascii_case(&self.host()))
    }

    /// Whether `Host` is one of these.
    ///
    /// # Errors
    /// [`Refusal::BadHost`].
    pub fn check_host(&self, hosts: &[String]) -> Result<(), Refusal> {
        let host = self.headers.get("host").unwrap_or_default();
        if listed(hosts, host) { Ok(()) } else { Err(Refusal::BadHost) }
    }

    /// Whether the body is what a POST to an endpoint carries.
    ///
    /// # Errors
    /// [`Refusal::MediaType`].
    pub fn check_media(&self) -> Result<(), Refusal> {
        let media = self.headers.get("content-type").unwrap_or_default();
        let essence = media.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::MediaType("Content-Type must be application/json"));
        }
        // An encoded body would be decided on in one form and could be read in another.
        match self.headers.get("content-encoding") {
            Some(coding) if !coding.eq_ignore_ascii_case("identity") => {
                Err(Refusal::MediaType("Content-Encoding is not accepted"))
            }
            _ => Ok(()),
        }
    }

    /// The answer to a CORS preflight of an allowed origin (Fetch Standard). `Mcp-Param-*` headers are named
    /// one by one, as asked for, because a wildcard does not cover `Authorization`.
    #[must_use]
    pub fn preflight(&self) -> Reply {
        const FIXED: &str = "authorization, content-type, accept, mcp-protocol-version, mcp-session-id, \
                             mcp-method, mcp-name, last-event-id";
        let asked = self.headers.get("access-control-request-headers").unwrap_or_default();
        let mut allowed = FIXED.to_owned();
        for name in asked.split(',').map(str::trim).take(64) {
            let lower = name.to_ascii_lowercase();
            let token =
                lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
            if lower.starts_with("mcp-param-") && token {
                allowed.push_str(", ");
                allowed.push_str(&lower);
            }
        }
        Reply::empty(204)
            .with("access-control-allow-methods", "POST, GET, DELETE".to_owned())
            .with("access-control-allow-headers", allowed)
            .with("access-control-max-age", "600".to_owned())
    }

    /// Whether this is a CORS preflight: it carries no token (Fetch Standard).
    #[must_use]
    pub fn is_preflight(&self) -> bool {
        self.method == "OPTIONS" && self.headers.get("origin").is_some()
    }

    /// Lets the page of an allowed origin read the answer. Called after [`Head::check_site`] only.
    #[must_use]
    pub fn share(&self, reply: Reply) -> Reply {
        let Some(origin) = self.headers.get("origin") else { return reply };
        reply
            .with("access-control-allow-origin", origin.to_owned())
            .with(
                "access-control-expose-headers",
                "mcp-session-id, www-authenticate, postern-request".to_owned(),
            )
            .with("vary", "origin".to_owned())
    }
}

fn listed(own: &[String], value: &str) -> bool {
    own.iter().any(|own| own.eq_ignore_ascii_case(value))
}
