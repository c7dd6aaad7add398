//! The platform traits over Workers' bindings.

use crate::account;
use crate::body::Inward;
use crate::event::{Event, Expected};
use crate::host::{self, Call, Lines};
use crate::task;
use crate::timer::Timers;
use postern::error::LedgerFault;
use postern::ledger::{Outcome, Transition};
use postern::limits;
use postern::platform::{
    AccountName, Assets, Bindings, Clock, Crypto, Effect, Fetch, FetchError, HttpMethod, Incoming, Journal,
    Ledger, Outgoing, Random, Store,
};
use postern::stage::authenticate::{Key, Signed};
use postern::tenant::Placement;
use postern::within::within;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// The binding of the key-value store.
const KV: &str = "POSTERN_KV";
/// KV's own floor for an expiry, in seconds.
const KV_TTL_FLOOR_S: u32 = 60;

/// One request's view of the platform.
#[derive(Clone)]
pub struct Workers(Rc<Request>);

struct Request {
    call: Call,
    timers: Rc<Timers>,
    /// Set while work behind the answer is polled: see [`Journal::defer`].
    behind: Cell<bool>,
}

impl Workers {
    /// Over the objects of one fetch event.
    pub fn new(call: &Call) -> Self {
        Self(Rc::new(Request {
            call: Clone::clone(call),
            timers: Timers::new(call),
            behind: Cell::new(false),
        }))
    }

    /// The fetch event.
    pub fn call(&self) -> &Call {
        &self.0.call
    }

    fn env(&self) -> worker::Env {
        self.0.call.env().into()
    }

    fn kv(&self) -> Option<worker::kv::KvStore> {
        self.env().kv(KV).ok()
    }
}

impl Bindings for Workers {
    const PLACES: &'static [&'static str] = &["kv"];
    const REMEDY: &'static str = "kv:KEY for a value in POSTERN_KV, which \
        `wrangler kv key put --binding POSTERN_KV KEY --path FILE` puts there";

    /// A variable or secret: both are text bindings.
    async fn variable(&self, name: &str) -> Option<String> {
        self.env().var(name).ok().map(|value| value.to_string())
    }

    async fn stored(&self, _place: &str, key: &str) -> Result<Option<String>, String> {
        let kv = self.kv().ok_or("POSTERN_KV is not bound")?;
        kv.get(key).text().await.map_err(|error| error.to_string())
    }

    async fn keep(&self, _place: &str, key: &str, text: &str) -> Result<(), String> {
        let kv = self.kv().ok_or("POSTERN_KV is not bound")?;
        let put = kv.put_bytes(key, text.as_bytes()).map_err(|error| error.to_string())?;
        put.execute().await.map_err(|error| error.to_string())
    }

    fn warn(&self, text: &str) {
        worker::console_warn!("{text}");
    }
}

impl Clock for Workers {
    fn now_ms(&self) -> u64 {
        task::now_ms()
    }

    fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static {
        self.0.timers.sleep(ms)
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
        let method = match request.method {
            HttpMethod::Get => "GET",
            HttpMethod::Delete => "DELETE",
            HttpMethod::Post => "POST",
        };
        let lines = [&request.url, "\n", method, "\n", request.headers.lines()].concat();
        let Request { call, behind, .. } = &*self.0;
        let expected = Expected::new();
        // Given up before it is answered, a request ends with the agent's: a deadline is an answer to that.
        host::send(call, expected.number(), behind.get(), &lines, &request.body, limits::RESPONSE_BYTES);
        drop(lines);
        let Event::Answered(head, bytes, response) = expected.await else {
            return Err(FetchError::Unreachable);
        };
        let mut lines = Lines::new(&head);
        let status = lines.next().parse().map_err(|_| FetchError::Unreachable)?;
        Ok(Incoming {
            status,
            content_type: lines.next().to_owned(),
            session_id: lines.some(),
            retry_after: lines.some(),
            etag: lines.some(),
            body: match response {
                Some(response) => Inward::of(call, &response),
                None => Inward::read(bytes),
            },
        })
    }
}

impl Store for Workers {
    const EXPIRES: bool = true;
    // A write is seen elsewhere after a minute, and a key takes one in a second.
    const NEAR: bool = false;

    async fn recall(&self, key: &str) -> Option<Vec<u8>> {
        let expected = Expected::new();
        host::recall(&self.0.call, expected.number(), key);
        match expected.await {
            Event::Chunk(bytes) => bytes,
            _ => None,
        }
    }

    async fn remember(&self, key: &str, value: Vec<u8>, ttl_s: u32) {
        let Some(kv) = self.kv() else { return };
        let Ok(put) = kv.put_bytes(key, &value) else { return };
        // KV takes one write a second and key: the loser of a race has written the same.
        let _ = put.expiration_ttl(u64::from(ttl_s.max(KV_TTL_FLOOR_S))).execute().await;
    }
}

impl Assets for Workers {
    async fn asset(&self, name: &str) -> Option<Vec<u8>> {
        let expected = Expected::new();
        host::asset(&self.0.call, expected.number(), name, limits::ASSET_BYTES);
        match expected.await {
            Event::Chunk(bytes) => bytes,
            _ => None,
        }
    }
}

impl Ledger for Workers {
    const LEDGER_REMEDY: &'static str =
        "bind ACCOUNTS to the Durable Object class `Account`, as wrangler.toml does";

    async fn has_ledger(&self) -> bool {
        host::accounts(&self.0.call)
    }

    async fn apply(
        &self,
        account: AccountName<'_>,
        transition: &Transition,
        deadline_ms: u32,
    ) -> Result<Outcome, LedgerFault> {
        let transition = account::text_of(transition).map_err(|_| LedgerFault::Malformed)?;
        let Placement { jurisdiction, location } = account.placement;
        let expected = Expected::new();
        host::step(&self.0.call, expected.number(), account.name, jurisdiction, location, &transition);
        let told = within(self, deadline_ms, expected).await.ok_or(LedgerFault::Late)?;
        let Event::Stepped(Some(outcome)) = told else { return Err(LedgerFault::Unreachable) };
        if outcome.is_empty() {
            return Err(LedgerFault::Absent);
        }
        account::outcome_of(&outcome).map_err(|_| LedgerFault::Malformed)
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
        let request = Rc::clone(&self.0);
        worker::Context::new(self.0.call.context()).wait_until(poll_fn(move |context| {
            request.behind.set(true);
            let polled = effect.as_mut().poll(context);
            request.behind.set(false);
            polled
        }));
    }
}
