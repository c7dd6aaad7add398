//! Postern on Cloudflare Workers: the fetch event, and the platform over bindings. No rule of the gateway
//! lives here.

// The pipeline is one future, stage in stage, and the compiler lays it out in one query.
#![recursion_limit = "256"]

mod body;
mod configuration;
mod host;
mod platform;
mod timer;

use body::Inward;
use host::Lines;
use platform::Workers;
use postern::arrival::Head;
use postern::mcp::headers::Headers;
use postern::reply::{Reply, ReplyBody};
use std::fmt::Write as _;
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};
use worker::{Context, Env, worker_sys};

/// The fetch event, on raw `web_sys` types: `worker`'s own copy method, URL, headers and `cf` before anything
/// is known to need them.
///
/// `head` has method, URL and headers as lines (`host.mjs`), `body` the body of a small request.
///
/// # Errors
/// Only what the runtime itself throws while a response is built.
#[wasm_bindgen]
pub async fn serve(
    request: Request,
    env: Env,
    context: worker_sys::Context,
    head: String,
    body: Option<Vec<u8>>,
) -> Result<Response, JsValue> {
    let context = Context::new(context);
    let gateway = match configuration::gateway(&env, &context).await {
        Ok(gateway) => gateway,
        Err(problem) => return misconfigured(&problem),
    };
    let platform = Workers::new(&request, env, context);
    let body = body.map_or_else(|| Inward::of_request(&request), Inward::Read);
    let reply = gateway.handle(&platform, arrival(&head), body).await;
    respond(reply)
}

/// Nothing is served under a configuration that does not compile; the problems are in the log alone.
fn misconfigured(problem: &str) -> Result<Response, JsValue> {
    worker::console_error!("postern: {problem}");
    let body = r#"{"status":"misconfigured","see":"the Worker's log names every problem"}"#;
    respond(Reply::json(503, body.to_owned()))
}

fn arrival(lines: &str) -> Head {
    let mut lines = Lines::new(lines);
    let method = lines.next().to_owned();
    let url = lines.next();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').map_or((path, false), |(path, _)| (path, true));
    Head {
        method,
        path: path.to_owned(),
        query,
        secure: scheme == "https",
        headers: Headers::from_flat(lines.rest().to_owned()),
    }
}

fn respond(reply: Reply) -> Result<Response, JsValue> {
    let mut lines = String::with_capacity(256);
    for (name, value) in &reply.headers {
        let _ = writeln!(lines, "{name}\n{value}");
    }
    let body = match reply.body {
        ReplyBody::Empty => JsValue::NULL,
        // A copy, never a view of wasm memory: the response outlives this call.
        ReplyBody::Whole(bytes) => js_sys::Uint8Array::from(&bytes[..]).into(),
        ReplyBody::Stream(stream) => body::outward(stream).into(),
    };
    host::respond(reply.status, &lines, &body)
}
