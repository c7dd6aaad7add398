//! What Spin does to a request before the component sees it.

use std::net::SocketAddr;

use http::header::HOST;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderValue, Request, Uri};
use wasmtime::error::Context;
use wasmtime::{Result, bail};

/// The one route that this host serves.
const ROUTE: &str = "/...";

/// Makes the address absolute and adds the headers about it.
pub fn prepare<B>(request: &mut Request<B>, peer: SocketAddr) -> Result<()> {
    let authority = authority(request.headers(), request.uri())?;
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    let address = Uri::from_parts(parts)?;
    let added = [
        ("spin-path-info", address.path().to_owned()),
        ("spin-full-url", address.to_string()),
        ("spin-matched-route", ROUTE.to_owned()),
        ("spin-base-path", "/".to_owned()),
        ("spin-raw-component-route", ROUTE.to_owned()),
        // The route without its wildcard.
        ("spin-component-route", String::new()),
        ("spin-client-addr", peer.to_string()),
    ];
    *request.uri_mut() = address;
    for (name, value) in added {
        // Not `insert`: Spin, too, lets stand before its own what the client sent.
        request.headers_mut().append(name, HeaderValue::try_from(value)?);
    }
    Ok(())
}

fn authority(headers: &HeaderMap, address: &Uri) -> Result<Authority> {
    let named = headers.get(HOST).map(|host| Authority::try_from(host.as_bytes())).transpose();
    let named = named.context("the header Host is no authority")?;
    match (named, address.authority()) {
        (Some(named), Some(asked)) if named != *asked => bail!("the header Host contradicts the address"),
        (Some(authority), _) => Ok(authority),
        (None, Some(authority)) => Ok(authority.clone()),
        (None, None) => bail!("the request has no header Host"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(address: &str, headers: &[(&'static str, &'static str)]) -> Request<()> {
        let mut request = Request::get(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    fn peer() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 4321))
    }

    #[test]
    fn tells_the_component_about_the_request() {
        let mut request = request("/a/b?c=d", &[("host", "gw.example:3000")]);
        prepare(&mut request, peer()).unwrap();
        assert_eq!(request.uri(), "http://gw.example:3000/a/b?c=d");
        let rows = [
            ("spin-path-info", "/a/b"),
            ("spin-full-url", "http://gw.example:3000/a/b?c=d"),
            ("spin-matched-route", "/..."),
            ("spin-base-path", "/"),
            ("spin-raw-component-route", "/..."),
            ("spin-component-route", ""),
            ("spin-client-addr", "127.0.0.1:4321"),
        ];
        for (name, value) in rows {
            assert_eq!(request.headers()[name], value, "{name}");
        }
    }

    #[test]
    fn leaves_what_the_client_sent_before_its_own() {
        let sent = [("host", "a"), ("spin-client-addr", "6.6.6.6:6"), ("spin-path-info", "/admin")];
        let mut request = request("/", &sent);
        prepare(&mut request, peer()).unwrap();
        let values = |name| request.headers().get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(values("spin-client-addr"), ["6.6.6.6:6", "127.0.0.1:4321"]);
        assert_eq!(values("spin-path-info"), ["/admin", "/"]);
    }

    #[test]
    fn wants_one_authority() {
        type Row = (&'static str, &'static [(&'static str, &'static str)], Option<&'static str>);
        let rows: [Row; 5] = [
            ("http://a/x", &[], Some("http://a/x")),
            ("http://a/x", &[("host", "a")], Some("http://a/x")),
            ("http://a/x", &[("host", "b")], None),
            ("/x", &[], None),
            ("/x", &[("host", "a b")], None),
        ];
        for (address, headers, expected) in rows {
            let mut request = request(address, headers);
            let outcome = prepare(&mut request, peer());
            assert_eq!(outcome.ok().map(|()| request.uri().to_string()).as_deref(), expected, "{address}");
        }
    }
}
