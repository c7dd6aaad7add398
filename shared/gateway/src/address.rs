//! Absolute http(s) URLs as settings and metadata documents name them, parsed once and strictly.
//!
//! Hosts fetch by the WHATWG rules, which read `0x7f.1`, `2130706433` and `１２７.0.0.1` as 127.0.0.1. Such spellings
//! are refused here, so that what is checked is what is fetched.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A checked URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `https`, else `http`.
    pub secure: bool,
    /// Where the host is, as far as its name tells.
    pub place: Place,
}

/// Where a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A DNS name or a public address.
    Public,
    /// This machine: `localhost`, `*.localhost`, 127.0.0.0/8, `::1`.
    Loopback,
    /// Private, shared (CGNAT), unique-local, or reserved addresses.
    Private,
    /// Link-local and multicast addresses: cloud metadata services live there, MCP servers do not.
    LinkLocal,
}

/// Why a text is no address: what is wrong, in one short sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressError(pub &'static str);

impl Address {
    /// Parses `scheme://host[:port][/path][?query]`.
    ///
    /// # Errors
    /// [`AddressError`] for another scheme, user info, a fragment, an odd host, a bad port or a path that is not
    /// in its final form (spaces, backslashes, dot segments).
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let (secure, rest) =
            split_scheme(url).ok_or(AddressError("it is not https://HOST/… or http://HOST/…"))?;
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AddressError("it has spaces or characters that are not ASCII"));
        }
        if url.contains('#') {
            return Err(AddressError("it has a fragment"));
        }
        if url.contains(['\\', '"', '<', '>', '^', '`', '{', '|', '}']) {
            return Err(AddressError("it has characters that must be percent-encoded"));
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if authority.contains('@') {
            return Err(AddressError("it has a user name or password"));
        }
        let path = tail.split('?').next().unwrap_or_default();
        if path.split('/').any(is_dot_segment) {
            return Err(AddressError("its path has `.` or `..` segments"));
        }
        Ok(Self { secure, place: place(host_of(authority)?)? })
    }
}

/// `scheme://host[:port]` of a URL that was checked, or would pass; `None` for another text.
#[must_use]
pub fn origin(url: &str) -> Option<&str> {
    let (_, rest) = split_scheme(url)?;
    let start = url.len() - rest.len();
    let end = rest.find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    url.get(..end)
}

/// The host of a URL that was checked, without its port.
#[must_use]
pub fn host(url: &str) -> Option<&str> {
    let (_, authority) = origin(url)?.split_once("://")?;
    host_of(authority).ok()
}

/// Checks `host[:port]`, as in a `Host` header: lower case, no default port needed.
///
/// # Errors
/// [`AddressError`] as [`Address::parse`].
pub fn check_authority(authority: &str) -> Result<(), AddressError> {
    if !authority.bytes().all(|byte| byte.is_ascii_graphic())
        || authority.contains(['/', '@', '?', '#', '\\'])
    {
        return Err(AddressError("it is not HOST or HOST:PORT"));
    }
    place(host_of(authority)?).map(|_| ())
}

fn split_scheme(url: &str) -> Option<(bool, &str)> {
    url.strip_prefix("https://")
        .map(|rest| (true, rest))
        .or_else(|| url.strip_prefix("http://").map(|rest| (false, rest)))
}

/// The host without its port, which must be a number from 1.
fn host_of(authority: &str) -> Result<&str, AddressError> {
    let name_end = if authority.starts_with('[') {
        authority.find(']').map(|at| at + 1).ok_or(AddressError("its IPv6 address has no `]`"))?
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(name_end);
    if let Some(port) = port.strip_prefix(':') {
        let digits = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
        if !digits || port.parse::<u16>().is_err() {
            return Err(AddressError("its port is not a number from 1 to 65535"));
        }
    } else if !port.is_empty() {
        return Err(AddressError("its host is not well formed"));
    }
    Ok(host)
}

fn place(host: &str) -> Result<Place, AddressError> {
    if let Some(inner) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address: Ipv6Addr =
            inner.parse().map_err(|_| AddressError("its IPv6 address is not well formed"))?;
        return Ok(place_of(IpAddr::V6(address)));
    }
    let label_fits = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    };
    if host.len() > 253 || !host.split('.').all(label_fits) {
        return Err(AddressError("its host is not a lower-case DNS name or an IP address"));
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    // The WHATWG rule: a last label that is a number makes the whole host an IPv4 address, in many spellings.
    if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
        let address: Ipv4Addr =
            host.parse().map_err(|_| AddressError("its IPv4 address is not four decimal numbers"))?;
        return Ok(place_of(IpAddr::V4(address)));
    }
    if last == "localhost" || last == "localdomain" {
        return Ok(Place::Loopback);
    }
    // A bare name is resolved by a search list: a neighbour in a container network.
    let near = !host.contains('.') || last == "internal" || last == "local";
    Ok(if near { Place::Private } else { Place::Public })
}

fn place_of(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(v4) => place_of_v4(v4),
        IpAddr::V6(v6) => place_of_v6(v6),
    }
}

/// IANA's special-purpose registry for IPv4.
fn place_of_v4(v4: Ipv4Addr) -> Place {
    let [a, b, c, _] = v4.octets();
    if v4.is_loopback() {
        Place::Loopback
    } else if v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() {
        Place::LinkLocal
    } else if v4.is_private()
        || v4.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0xC0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xFE == 18)
    {
        Place::Private
    } else {
        Place::Public
    }
}

/// IPv6; addresses that carry an IPv4 address (mapped, compatible, NAT64, 6to4) are where that one is.
fn place_of_v6(v6: Ipv6Addr) -> Place {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let carried = |high: u16, low: u16| place_of_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    if v6.is_loopback() {
        return Place::Loopback;
    }
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xFFFF | 0] | [0x64, 0xFF9B, 0, 0, 0, 0] => return carried(g, h),
        [0x2002, high, low, ..] => return carried(high, low),
        _ => {}
    }
    if a & 0xFFC0 == 0xFE80 || a & 0xFF00 == 0xFF00 {
        Place::LinkLocal
    } else if a & 0xE000 != 0x2000 || (a, b) == (0x2001, 0) || (a, b) == (0x2001, 0x0DB8) {
        // Only 2000::/3 is global; Teredo hides an IPv4 address; 2001:db8::/32 is for documents.
        Place::Private
    } else {
        Place::Public
    }
}

/// `.`, `..` and their percent-encoded spellings.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use super::{Address, Place, check_authority, origin};

    #[test]
    fn places() {
        for (url, expected) in [
            ("https://mcp.example/mcp", Some(Place::Public)),
            ("https://mcp.example:8443/a/b?c=d", Some(Place::Public)),
            ("https://8.8.8.8/", Some(Place::Public)),
            ("https://[2606:4700::1111]/", Some(Place::Public)),
            ("http://127.0.0.1:8791/mcp", Some(Place::Loopback)),
            ("http://127.9.9.9", Some(Place::Loopback)),
            ("http://localhost:1/", Some(Place::Loopback)),
            ("http://a.localhost/", Some(Place::Loopback)),
            ("http://[::1]/", Some(Place::Loopback)),
            ("http://[::ffff:127.0.0.1]/", Some(Place::Loopback)),
            ("http://[::ffff:7f00:1]/", Some(Place::Loopback)),
            ("http://[64:ff9b::7f00:1]/", Some(Place::Loopback)),
            ("http://[2002:7f00:1::]/", Some(Place::Loopback)),
            ("https://10.1.2.3/", Some(Place::Private)),
            ("https://172.31.0.1/", Some(Place::Private)),
            ("https://192.168.1.1/", Some(Place::Private)),
            ("https://100.64.0.1/", Some(Place::Private)),
            ("https://100.127.255.255/", Some(Place::Private)),
            ("https://100.128.0.1/", Some(Place::Public)),
            ("https://0.0.0.0/", Some(Place::Private)),
            ("https://198.19.0.1/", Some(Place::Private)),
            ("https://240.0.0.1/", Some(Place::Private)),
            ("https://[fd00::1]/", Some(Place::Private)),
            ("https://[::]/", Some(Place::Private)),
            ("https://[2001:db8::1]/", Some(Place::Private)),
            ("https://printer.local/", Some(Place::Private)),
            ("https://metadata.google.internal/", Some(Place::Private)),
            ("http://billing:8080/mcp", Some(Place::Private)),
            ("http://169.254.169.254/latest/meta-data/", Some(Place::LinkLocal)),
            ("http://[fe80::1]/", Some(Place::LinkLocal)),
            ("http://[::ffff:169.254.169.254]/", Some(Place::LinkLocal)),
            ("http://[ff02::1]/", Some(Place::LinkLocal)),
            ("http://255.255.255.255/", Some(Place::LinkLocal)),
            ("http://2130706433/", None),
            ("http://0x7f000001/", None),
            ("http://0x7f.1/", None),
            ("http://0177.0.0.1/", None),
            ("http://127.1/", None),
            ("http://127.0.0.1./", None),
            ("http://localhost./", None),
            ("http://１２７.0.0.1/", None),
            ("http://EXAMPLE.com/", None),
            ("https://exa mple.com/", None),
            ("https://user@example.com/", None),
            ("https://user:secret@example.com/", None),
            ("https://example.com\\@evil.example/", None),
            ("https://example.com/#a", None),
            ("https://example.com/a/../b", None),
            ("https://example.com/a/%2e%2E/b", None),
            ("https://example.com:0/", None),
            ("https://example.com:080/", None),
            ("https://example.com:70000/", None),
            ("https://example.com:/", None),
            ("https://[::1/", None),
            ("https://[::1]x/", None),
            ("https://[fe80::1%25eth0]/", None),
            ("https:///path", None),
            ("https://", None),
            ("ftp://example.com/", None),
            ("file:///etc/passwd", None),
            ("//example.com/", None),
            ("HTTPS://example.com/", None),
            ("https:/example.com/", None),
            ("https://a..b/", None),
            ("", None),
        ] {
            assert_eq!(Address::parse(url).ok().map(|address| address.place), expected, "{url}");
        }
    }

    #[test]
    fn origins_end_where_the_path_begins() {
        assert_eq!(origin("https://a.example:1/b?c"), Some("https://a.example:1"));
        assert_eq!(origin("https://a.example?c"), Some("https://a.example"));
        assert_eq!(origin("a.example"), None);
    }

    #[test]
    fn authorities() {
        for (text, fits) in [
            ("gw.example", true),
            ("gw.example:8443", true),
            ("[::1]:80", true),
            ("gw.example/", false),
            ("", false),
        ] {
            assert_eq!(check_authority(text).is_ok(), fits, "{text}");
        }
    }
}
