//! Postern on Fermyon Spin: the HTTP trigger, and the platform over spin-sdk. No rule of the gateway lives here.

// The pipeline is one future, stage in stage, and the compiler lays it out in one query.
#![recursion_limit = "256"]

#[path = "../../allocator.rs"]
mod allocator;
mod body;
pub mod ledger;
mod platform;
pub mod rendezvous;

use body::{Inward, Outward};
use platform::Spin;
use postern::arrival::Head;
use postern::mcp::headers::Headers;
use postern::platform::Bindings as _;
use postern::reply::{Reply, ReplyBody};
use postern::serving::Serving;
use spin_sdk::http::{HeaderMap, Request, Response, StatusCode, Uri};
use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

thread_local! {
    // An instance serves many requests, up to 16 at once, of all tenants; a gateway is immutable but for its own
    // caches, which are keyed by tenant.
    static SERVING: Rc<Serving> = Rc::default();
    /// Whether TLS ends in front of Spin, once it is known.
    static TLS_IN_FRONT: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Answers a request. What streams goes on after this has returned.
#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<Outward> {
    let (parts, body) = request.into_parts();
    let head = Head {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().is_some(),
        secure: parts.uri.scheme_str() == Some("https") || tls_in_front().await,
        headers: headers(&parts.headers, &parts.uri),
    };
    let serving = SERVING.with(Rc::clone);
    respond(serving.handle(&Spin, head, Inward::new(body)).await)
}

/// Whether agents reach the gateway by https although Spin itself is reached by http. An operator says so: what a
/// request says of it can be forged.
async fn tls_in_front() -> bool {
    if let Some(known) = TLS_IN_FRONT.get() {
        return known;
    }
    let said = Spin.variable("POSTERN_SCHEME").await.is_some_and(|scheme| scheme == "https");
    TLS_IN_FRONT.set(Some(said));
    said
}

/// The request's headers, without those that the host adds: they can be forged, and nothing may depend on them.
fn headers(from: &HeaderMap, uri: &Uri) -> Headers {
    let mut pairs: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(from.len() + 1);
    for name in from.keys().filter(|name| !name.as_str().starts_with("spin-")) {
        let mut values = from.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let first = values.next().unwrap_or_default();
        pairs.push((name.as_str(), values.fold(first, |all, value| Cow::Owned(format!("{all}, {value}")))));
    }
    // wasi:http may carry the host as the authority alone.
    if let Some(authority) = uri.authority().filter(|_| !from.contains_key("host")) {
        pairs.push(("host", Cow::Borrowed(authority.as_str())));
    }
    Headers::from_pairs(pairs)
}

fn respond(reply: Reply) -> Response<Outward> {
    let mut response = Response::new(Outward::empty());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        // Ours are valid; one that were not would be missing rather than end the instance.
        if let Ok(value) = value.try_into() {
            response.headers_mut().append(name, value);
        }
    }
    if let ReplyBody::Whole(bytes) = &reply.body {
        response.headers_mut().insert("content-length", bytes.len().into());
    }
    *response.body_mut() = Outward::new(reply.body);
    response
}
