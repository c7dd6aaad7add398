//! `allowed_outbound_hosts`: what a component may call.

use std::str::FromStr;

use http::Uri;

/// The entries of a manifest. Without any, nothing may be called.
#[derive(Debug, Default)]
pub struct AllowedHosts(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    /// `None` is any.
    scheme: Option<String>,
    host: Host,
    /// `None` is any.
    port: Option<u16>,
}

#[derive(Debug)]
enum Host {
    Any,
    Exactly(String),
    /// The text behind `*`, with its dot: a domain does not allow itself.
    Below(String),
}

impl AllowedHosts {
    /// Adds an entry such as `https://*.example.com:8443`.
    pub fn add(&mut self, entry: &str) -> Result<(), String> {
        self.0.push(entry.parse()?);
        Ok(())
    }

    /// Whether the address may be called. When not, the log says so.
    pub fn check(&self, address: &Uri) -> bool {
        let allowed = self.allow(address);
        if !allowed {
            let (scheme, host) =
                (address.scheme_str().unwrap_or_default(), address.host().unwrap_or_default());
            let port = address.port_u16().map_or_else(String::new, |port| format!(":{port}"));
            eprintln!("{scheme}://{host}{port} was called, which allowed_outbound_hosts does not list");
        }
        allowed
    }

    /// Whether the address may be called.
    pub fn allow(&self, address: &Uri) -> bool {
        let (Some(scheme), Some(host)) = (address.scheme_str(), address.host()) else { return false };
        let Some(port) = address.port_u16().or(default_port(scheme)) else { return false };
        let host = host.to_ascii_lowercase();
        self.0.iter().any(|entry| entry.allows(scheme, &host, port))
    }
}

impl Entry {
    fn allows(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.scheme.as_deref().is_none_or(|allowed| allowed == scheme)
            && self.port.is_none_or(|allowed| allowed == port)
            && match &self.host {
                Host::Any => true,
                Host::Exactly(allowed) => allowed == host,
                Host::Below(domain) => host.strip_suffix(domain).is_some_and(|label| !label.is_empty()),
            }
    }
}

impl FromStr for Entry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{text}`: {why}; an entry is SCHEME://HOST[:PORT]");
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(|| wrong("no scheme"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // The colons of an IPv6 address stand in brackets.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let port = match port {
            Some("*") => None,
            Some(port) => Some(port.parse().map_err(|_| wrong("the port is neither a number nor `*`"))?),
            None => Some(default_port(scheme).ok_or_else(|| wrong("no port, and the scheme has none"))?),
        };
        Ok(Self {
            scheme: (scheme != "*").then(|| scheme.to_owned()),
            host: host_of(host).map_err(wrong)?,
            port,
        })
    }
}

fn host_of(text: &str) -> Result<Host, &'static str> {
    let host = text.to_ascii_lowercase();
    if host == "*" {
        return Ok(Host::Any);
    }
    if host.is_empty() || host.contains(['/', '@', '?', '#']) {
        return Err("the host is empty or more than a host");
    }
    let (below, name) = match host.strip_prefix('*') {
        Some(domain) if domain.len() > 1 && domain.starts_with('.') => (true, domain.to_owned()),
        _ => (false, host),
    };
    match (name.contains('*'), below) {
        (true, _) => Err("`*` is a whole host or its first label"),
        (false, true) => Ok(Host::Below(name)),
        (false, false) => Ok(Host::Exactly(name)),
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "redis" => Some(6379),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches() {
        let rows = [
            ("https://*:*", "https://a.example:9/x", true),
            ("https://*:*", "http://a.example", false),
            ("https://*", "https://a.example", true),
            ("https://*", "https://a.example:8443", false),
            ("http://127.0.0.1:*", "http://127.0.0.1:8080/", true),
            ("http://127.0.0.1:*", "http://127.0.0.10:8080/", false),
            ("http://127.0.0.1:*", "http://127.0.0.1@evil.example:8080/", false),
            ("https://api.example.com", "https://api.example.com/path", true),
            ("https://api.example.com", "https://api.example.com:443/path", true),
            ("https://api.example.com", "https://API.example.com", true),
            ("https://API.example.com/", "https://api.example.com", true),
            ("https://api.example.com", "https://api.example.com.evil.example", false),
            ("https://api.example.com", "http://api.example.com:443", false),
            ("https://*.example.com:8443", "https://a.example.com:8443", true),
            ("https://*.example.com:8443", "https://a.b.example.com:8443", true),
            ("https://*.example.com:8443", "https://example.com:8443", false),
            ("https://*.example.com:8443", "https://.example.com:8443", false),
            ("https://*.example.com:8443", "https://evilexample.com:8443", false),
            ("https://*.example.com:8443", "https://a.example.com", false),
            ("*://localhost:80", "http://localhost", true),
            ("*://localhost:80", "https://localhost:80", true),
            ("*://localhost:80", "https://localhost", false),
            ("*://*:*", "http://[::1]:3000", true),
            ("http://[::1]", "http://[::1]", true),
            ("http://[::1]:3000", "http://[::1]:3000", true),
            ("http://[::1]:3000", "http://[::2]:3000", false),
            ("*://*:*", "/relative", false),
            ("redis://127.0.0.1:6379", "redis://127.0.0.1", true),
            ("redis://db.example", "redis://user:word@db.example:6379/0", true),
            ("redis://db.example", "redis://db.example:6380", false),
            ("redis://db.example", "rediss://db.example:6379", false),
            ("https://*:*", "redis://db.example", false),
        ];
        for (entry, address, expected) in rows {
            let mut allowed = AllowedHosts::default();
            allowed.add(entry).unwrap();
            assert_eq!(allowed.allow(&address.parse().unwrap()), expected, "{entry} {address}");
        }
    }

    #[test]
    fn allows_nothing_by_itself_and_any_of_several() {
        let mut allowed = AllowedHosts::default();
        let address = "http://b.example/".parse().unwrap();
        assert!(!allowed.allow(&address));
        allowed.add("http://a.example").unwrap();
        assert!(!allowed.allow(&address));
        allowed.add("http://b.example").unwrap();
        assert!(allowed.allow(&address));
    }

    #[test]
    fn refuses_what_is_no_entry() {
        let rows = [
            ("", "no scheme"),
            ("*", "no scheme"),
            ("example.com", "no scheme"),
            ("*://example.com", "no port"),
            ("rediss://example.com", "no port"),
            ("https://", "the host"),
            ("https://example.com/path", "the host"),
            ("https://user@example.com", "the host"),
            ("https://example.com:port", "the port"),
            ("https://example.com:99999", "the port"),
            ("https://a.*.example.com", "first label"),
            ("https://*example.com", "first label"),
            ("https://*.", "first label"),
        ];
        for (entry, part) in rows {
            let error = AllowedHosts::default().add(entry).unwrap_err();
            assert!(error.contains(part), "{entry}: {error}");
        }
    }
}
