//! The functions of `entry.mjs` and `host.mjs`.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// One fetch event.
    #[derive(Clone)]
    pub type Call;
    /// The agent's request.
    #[wasm_bindgen(method, getter)]
    pub fn request(this: &Call) -> web_sys::Request;
    /// The bindings.
    #[wasm_bindgen(method, getter)]
    pub fn env(this: &Call) -> JsValue;
    /// What keeps the event open.
    #[wasm_bindgen(method, getter)]
    pub fn context(this: &Call) -> worker::worker_sys::Context;

    /// Clears a timer.
    #[wasm_bindgen(js_name = clearTimeout)]
    pub fn clear_timeout(id: &JsValue);
}

#[wasm_bindgen(module = "/host.mjs")]
extern "C" {
    /// Sends a request; told is `Answered`.
    pub fn send(call: &Call, number: u32, behind: bool, lines: &str, body: &[u8], limit: usize);
    /// Does a step on an account; told is `Stepped`.
    pub fn step(call: &Call, number: u32, name: &str, jurisdiction: &str, location: &str, transition: &str);
    /// Whether there are accounts.
    pub fn accounts(call: &Call) -> bool;
    /// Whether there are meetings.
    pub fn meetings(call: &Call) -> bool;
    /// Leaves a message at a meeting; told is `Stepped`.
    pub fn post(
        call: &Call,
        number: u32,
        id: &str,
        jurisdiction: &str,
        message: &[u8],
        keep: u32,
        most: usize,
        instead_of: Option<f64>,
    );
    /// Waits at a meeting; told is `Answered`.
    pub fn wait(call: &Call, number: u32, id: &str, jurisdiction: &str, after: f64, ms: u32) -> Wait;

    /// A wait that can be ended.
    pub type Wait;
    #[wasm_bindgen(method)]
    pub fn abort(this: &Wait);

    /// Reads a file that is deployed with the Worker; told is `Chunk`, of nothing when it cannot be had.
    pub fn asset(call: &Call, number: u32, name: &str, limit: usize);
    /// Reads what KV keeps; told is `Chunk`, of nothing when there is none.
    pub fn recall(call: &Call, number: u32, key: &str);
    /// A header of the agent's request.
    pub fn header(call: &Call, name: &str) -> Option<String>;

    /// A reader of a body.
    pub type Reader;
    /// The reader of the body of a request or response.
    pub fn reader(message: &JsValue) -> Option<Reader>;
    /// Reads; told is `Chunk` or `Broken`.
    pub fn read(call: &Call, number: u32, reader: &Reader);
    /// Ends a reader's stream.
    pub fn cancel(reader: &Reader);

    /// Sets a timer; told is `Rung`, and what was woken is run.
    pub fn ring(call: &Call, number: u32, ms: u32) -> JsValue;

    /// The answer to the agent.
    pub fn respond(call: &Call, status: u16, headers: &str, body: Option<Uint8Array>);
    /// The same with a body that is pulled.
    pub fn stream(call: &Call, status: u16, headers: &str, number: u32);
    /// The next bytes of that body, or its end.
    pub fn push(call: &Call, bytes: Option<&[u8]>);

    /// Verifies a signature by WebCrypto; resolves to a boolean.
    pub fn verify(algorithm: &str, jwk: &str, signature: &Uint8Array, message: &Uint8Array) -> Promise;
}

/// Reads lines one by one; an absent line is empty. Header values cannot hold a line feed (Fetch Standard).
pub struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    /// All of `text`.
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The next line.
    pub fn next(&mut self) -> &'a str {
        let (line, rest) = self.0.split_once('\n').unwrap_or((self.0, ""));
        self.0 = rest;
        line
    }

    /// The next line, unless it is empty.
    pub fn some(&mut self) -> Option<String> {
        Some(self.next()).filter(|line| !line.is_empty()).map(str::to_owned)
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a str {
        self.0
    }
}
