//! The shell on Cloudflare Workers: it turns `fetch` events into calls of the gateway, and owns every JS value.

use web_sys::{Headers, Request, Response, ResponseInit, Url};
use worker::{Context, Env, Error, Result, event};

/// The Worker's entry, called by `entry.mjs`. Raw `web_sys` types skip `worker`'s eager copy of the request.
#[event(fetch)]
async fn fetch(request: Request, _env: Env, _context: Context) -> Result<Response> {
    let path = Url::new(&request.url()).map_err(Error::from)?.pathname();
    match (request.method().as_str(), path.as_str()) {
        ("GET", "/healthz") => {
            json(200, concat!(r#"{"status":"ok","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#))
        }
        _ => json(404, r#"{"error":"not found"}"#),
    }
}

/// An answer of `status` with the JSON text `body`.
fn json(status: u16, body: &str) -> Result<Response> {
    let headers = Headers::new().map_err(Error::from)?;
    headers.set("content-type", "application/json").map_err(Error::from)?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Response::new_with_opt_str_and_init(Some(body), &init).map_err(Error::from)
}
