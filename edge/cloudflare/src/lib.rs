//! Postern on Cloudflare Workers: the fetch event, and the platform over bindings. No rule of the gateway
//! lives here.

// The pipeline is one future, stage in stage, and the compiler lays it out in one query.
#![recursion_limit = "256"]

mod account;
#[path = "../../allocator.rs"]
mod allocator;
mod body;
mod event;
mod host;
mod platform;
mod rendezvous;
mod task;
mod timer;

use body::Inward;
use event::{Event, Expected};
use host::{Call, Lines};
use js_sys::Uint8Array;
use platform::Workers;
use postern::arrival::Head;
use postern::mcp::headers::{Headers, NAMED};
use postern::reply::{Reply, ReplyBody};
use postern::serving::Serving;
use std::fmt::Write as _;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::Response;

/// The names of the headers that `head` of [`serve`] has, one a line.
#[wasm_bindgen]
pub fn named_headers() -> String {
    NAMED.join("\n")
}

/// The fetch event: answers `call`, later. `head` has method, URL and headers as lines (`entry.mjs`), `body` the
/// body of a small request.
#[wasm_bindgen]
pub fn serve(call: Call, head: String, body: Option<Vec<u8>>) {
    task::spawn(&Clone::clone(&call), answer(call, head, body));
}

thread_local! {
    // Isolates serve many requests one at a time; a gateway is immutable but for its own caches.
    static SERVING: Rc<Serving> = Rc::default();
}

async fn answer(call: Call, head: String, body: Option<Vec<u8>>) {
    let body = body.map_or_else(|| Inward::of(&call, &call.request()), Inward::Read);
    let serving = SERVING.with(Rc::clone);
    let reply = serving.handle(&Workers::new(&call), arrival(&call, &head), body).await;
    respond(&call, reply);
}

/// A timer is over. Also what is called in a turn of its own when a task had to let others run.
#[wasm_bindgen]
pub fn rung(number: u32) {
    timer::ring(number);
    task::run();
}

/// An upstream has answered, or not (`host.mjs`, `send`); or a wait has ended (`wait`).
#[wasm_bindgen]
pub fn answered(number: u32, head: String, bytes: Option<Vec<u8>>, response: Option<Response>) {
    event::told(number, Event::Answered(head, bytes, response));
}

/// An account has done a step, a meeting has taken a message or not; or it cannot be asked.
#[wasm_bindgen]
pub fn stepped(number: u32, outcome: Option<String>) {
    event::told(number, Event::Stepped(outcome));
}

/// A chunk of a body is there, or its end, or it broke off.
#[wasm_bindgen]
pub fn chunk(number: u32, broken: bool, bytes: Option<Vec<u8>>) {
    event::told(number, if broken { Event::Broken } else { Event::Chunk(bytes) });
}

/// The agent reads on.
#[wasm_bindgen]
pub fn pulled(number: u32) {
    event::told(number, Event::Pulled);
}

/// The agent has left its stream.
#[wasm_bindgen]
pub fn left(number: u32) {
    event::told(number, Event::Left);
}

fn arrival(call: &Call, lines: &str) -> Head {
    let mut lines = Lines::new(lines);
    let method = lines.next().to_owned();
    let url = lines.next();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').map_or((path, false), |(path, _)| (path, true));
    let call = Clone::clone(call);
    Head {
        method,
        path: path.to_owned(),
        query,
        secure: scheme == "https",
        headers: Headers::from_named(
            lines.rest().to_owned(),
            Box::new(move |name| host::header(&call, name)),
        ),
    }
}

fn respond(call: &Call, reply: Reply) {
    let mut lines = String::with_capacity(256);
    for (name, value) in &reply.headers {
        let _ = writeln!(lines, "{name}\n{value}");
    }
    match reply.body {
        ReplyBody::Empty => host::respond(call, reply.status, &lines, None),
        // A copy, never a view of wasm memory: the response outlives this call.
        ReplyBody::Whole(bytes) => {
            host::respond(call, reply.status, &lines, Some(Uint8Array::from(&bytes[..])));
        }
        ReplyBody::Stream(stream) => {
            let expected = Expected::new();
            host::stream(call, reply.status, &lines, expected.number());
            task::spawn(call, body::outward(Clone::clone(call), stream, expected));
        }
    }
}
