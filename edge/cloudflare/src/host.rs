//! The functions of `host.mjs`.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/host.mjs")]
extern "C" {
    /// Sends a request, on behalf of `agent`'s if there is one; resolves to an [`Answer`].
    pub fn send(
        agent: Option<&web_sys::Request>,
        method: &str,
        url: &str,
        headers: &str,
        body: &JsValue,
        limit: usize,
    ) -> Promise;

    /// An upstream's answer.
    pub type Answer;
    /// Status and headers, as lines.
    #[wasm_bindgen(method, getter)]
    pub fn head(this: &Answer) -> String;
    /// Whether the body was to be read.
    #[wasm_bindgen(method, getter)]
    pub fn json(this: &Answer) -> bool;
    /// The body, unless it is too large.
    #[wasm_bindgen(method, getter)]
    pub fn bytes(this: &Answer) -> Option<Uint8Array>;
    /// The response.
    #[wasm_bindgen(method, getter)]
    pub fn response(this: &Answer) -> web_sys::Response;

    /// Lets a promise fail unheard.
    pub fn ignore(promise: &Promise);

    /// The answer to the agent.
    #[wasm_bindgen(catch)]
    pub fn respond(status: u16, headers: &str, body: &JsValue) -> Result<web_sys::Response, JsValue>;

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
