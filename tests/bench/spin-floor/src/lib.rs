//! The floor on Spin: it passes method, headers and both bodies on as streams, as `workers/floor.mjs` does on workerd.

use spin_sdk::http::{Request, Response, send};
use spin_sdk::variables;
use std::cell::RefCell;

thread_local! {
    // Read once in each instance, as the gateway reads its settings.
    static UPSTREAM: RefCell<Option<String>> = const { RefCell::new(None) };
}

async fn upstream() -> anyhow::Result<String> {
    if let Some(upstream) = UPSTREAM.with_borrow(Clone::clone) {
        return Ok(upstream);
    }
    let upstream = variables::get("upstream").await?;
    UPSTREAM.set(Some(upstream.clone()));
    Ok(upstream)
}

/// Passes a request on, and its answer back.
#[spin_sdk::http_service]
async fn handle(request: Request) -> anyhow::Result<Response> {
    let (mut head, body) = request.into_parts();
    head.uri = format!("{}{}", upstream().await?, head.uri.path()).parse()?;
    // The host names the upstream.
    head.headers.remove("host");
    Ok(send(Request::from_parts(head, body)).await?)
}
