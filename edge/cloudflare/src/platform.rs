//! The platform traits over Workers' bindings.

use crate::body::Inward;
use crate::host::{self, Lines};
use crate::timer::Timer;
use postern::limits;
use postern::platform::{
    Clock, Crypto, Effect, Fetch, FetchError, HttpMethod, Incoming, Journal, Outgoing, Random, Store,
};
use postern::stage::authenticate::{Key, Signed};
use std::cell::Cell;
use std::fmt::Write as _;
use std::future::{Future, poll_fn};
use std::rc::Rc;
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
    /// Set while work behind the answer is polled: see [`Journal::defer`].
    behind: Cell<bool>,
}

impl Workers {
    /// Over the objects of one fetch event.
    pub fn new(request: &web_sys::Request, env: worker::Env, context: worker::Context) -> Self {
        Self(Rc::new(Bindings { request: Clone::clone(request), env, context, behind: Cell::new(false) }))
    }
}

impl Clock for Workers {
    fn now_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static {
        Timer::new(ms)
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
        // Given up before it is answered, a request ends with the agent's: a deadline is an answer to that.
        let limit = limits::RESPONSE_BYTES;
        let agent = (!self.0.behind.get()).then_some(&self.0.request);
        let sent = host::send(agent, method, &request.url, &lines, &body, limit);
        let answer: host::Answer =
            JsFuture::from(sent).await.map_err(|_| FetchError::Unreachable)?.unchecked_into();
        let text = answer.head();
        let mut lines = Lines::new(&text);
        Ok(Incoming {
            status: lines.next().parse().unwrap_or(0),
            content_type: lines.next().to_owned(),
            session_id: lines.some(),
            cache_control: lines.some(),
            retry_after: lines.some(),
            body: match answer.json() {
                true => Inward::read(answer.bytes().map(|bytes| bytes.to_vec())),
                false => Inward::of_response(answer.response()),
            },
        })
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

    /// What is sent by an effect must not be cut off by the agent's leaving: that it left may be the very thing
    /// that an upstream is told. A fetch begins within a poll of the effect, so a flag around it will do.
    fn defer(&self, mut effect: Effect) {
        let bindings = Rc::clone(&self.0);
        self.0.context.wait_until(poll_fn(move |context| {
            bindings.behind.set(true);
            let polled = effect.as_mut().poll(context);
            bindings.behind.set(false);
            polled
        }));
    }
}
