//! The platform traits over Workers' bindings.

use crate::body::Inward;
use crate::host::{self, Lines};
use postern::platform::{
    Clock, Crypto, Effect, Fetch, FetchError, HttpMethod, Incoming, Journal, Outgoing, Random, Store,
};
use postern::stage::authenticate::{Key, Signed};
use std::fmt::Write as _;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The binding of the key-value store.
const KV: &str = "POSTERN_KV";
/// KV's own floor for an expiry, in seconds.
const KV_TTL_FLOOR_S: u32 = 60;

/// One request's view of the platform.
#[derive(Clone)]
pub struct Workers(Rc<Bindings>);

struct Bindings {
    request: web_sys::Request,
    env: worker::Env,
    context: worker::Context,
}

impl Workers {
    /// Over the objects of one fetch event.
    pub fn new(request: &web_sys::Request, env: worker::Env, context: worker::Context) -> Self {
        Self(Rc::new(Bindings { request: Clone::clone(request), env, context }))
    }
}

impl Clock for Workers {
    fn now_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static {
        worker::Delay::from(Duration::from_millis(u64::from(ms)))
    }
}

impl Random for Workers {
    fn fill(&self, out: &mut [u8]) {
        let global: Global = js_sys::global().unchecked_into();
        let fresh = js_sys::Uint8Array::new_with_length(out.len() as u32);
        global.crypto().get_random_values(&fresh);
        fresh.copy_to(out);
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    type Global;
    type WebCrypto;
    #[wasm_bindgen(method, getter)]
    fn crypto(this: &Global) -> WebCrypto;
    #[wasm_bindgen(method, js_name = getRandomValues)]
    fn get_random_values(this: &WebCrypto, out: &js_sys::Uint8Array);
}

impl Fetch for Workers {
    type Body = Inward;

    async fn fetch(&self, request: Outgoing) -> Result<Incoming<Inward>, FetchError> {
        let mut lines = String::with_capacity(512);
        for (name, value) in &request.headers {
            let _ = writeln!(lines, "{name}\n{value}");
        }
        let (method, body) = match request.method {
            HttpMethod::Get => ("GET", JsValue::UNDEFINED),
            HttpMethod::Delete => ("DELETE", JsValue::UNDEFINED),
            HttpMethod::Post => ("POST", js_sys::Uint8Array::from(&request.body[..]).into()),
        };
        // Given up before its head is there, a request ends with the agent's: a deadline is an answer to that.
        let sent = host::send(&self.0.request, method, &request.url, &lines, &body);
        let response: web_sys::Response =
            JsFuture::from(sent).await.map_err(|_| FetchError::Unreachable)?.unchecked_into();
        let text = host::answer(&response);
        let mut lines = Lines::new(&text);
        let status = lines.next().parse().unwrap_or(0);
        let content_type = lines.next().to_owned();
        let session_id = lines.some();
        let cache_control = lines.some();
        let retry_after = lines.some();
        let length = lines.some().and_then(|length| length.parse().ok());
        // The length of a compressed body says nothing of what will be read.
        let length = length.filter(|_| matches!(lines.next(), "" | "identity"));
        let body = Inward::of_response(response, length);
        Ok(Incoming { status, content_type, session_id, cache_control, retry_after, body })
    }
}

impl Store for Workers {
    async fn recall(&self, key: &str) -> Option<Vec<u8>> {
        self.0.env.kv(KV).ok()?.get(key).bytes().await.ok()?
    }

    async fn remember(&self, key: &str, value: Vec<u8>, ttl_s: u32) {
        let Ok(kv) = self.0.env.kv(KV) else { return };
        let Ok(put) = kv.put_bytes(key, &value) else { return };
        // KV takes one write a second and key: the loser of a race has written the same.
        let _ = put.expiration_ttl(u64::from(ttl_s.max(KV_TTL_FLOOR_S))).execute().await;
    }
}

impl Crypto for Workers {
    async fn verify(&self, key: &Key, signed: Signed<'_>, _now_ms: u64) -> bool {
        let signature = js_sys::Uint8Array::from(signed.signature());
        let message = js_sys::Uint8Array::from(signed.signing_input());
        let verdict =
            JsFuture::from(host::verify(key.algorithm().name(), key.jwk(), &signature, &message)).await;
        verdict.is_ok_and(|verdict| verdict.is_truthy())
    }
}

impl Journal for Workers {
    fn append(&self, record: &str) {
        worker::console_log!("{record}");
    }

    fn defer(&self, effect: Effect) {
        self.0.context.wait_until(effect);
    }
}
