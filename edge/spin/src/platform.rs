//! The platform traits over spin-sdk and WASI.

use crate::body::{Inward, Outward};
use crate::{ledger, rendezvous};
use postern::error::{LedgerFault, RendezvousFault};
use postern::ledger::{Outcome, Transition, turn};
use postern::limits;
use postern::platform::{
    AccountName, Assets, Bindings, Clock, Crypto, Effect, Fetch, FetchError, HttpMethod, Incoming, Journal,
    Ledger, Meeting, Outgoing, Posted, Random, Rendezvous, Store,
};
use postern::reply::ReplyBody;
use postern::stage::authenticate::{Key, Signed, verify_here};
use spin_sdk::http::{IntoRequest as _, Method, Request, send};
use spin_sdk::wasip3::http::types;
use spin_sdk::{key_value, variables, wasip3};
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the component's `files` have assets.
const ASSETS: &str = "/model/";

/// In front of every key: applications may share the key space of one Redis.
const PREFIX: &str = "postern/";

/// The platform of every request: nothing of one is kept.
#[derive(Clone, Copy)]
pub struct Spin;

impl Bindings for Spin {
    const PLACES: &'static [&'static str] = &["kv", "file"];
    const REMEDY: &'static str = "kv:KEY for a value under postern/KEY in the store `default`, or file:PATH for one \
        of the component's `files`";

    async fn variable(&self, name: &str) -> Option<String> {
        // An empty one is how a manifest says that there is none.
        variables::get(name.to_ascii_lowercase()).await.ok().filter(|value| !value.is_empty())
    }

    async fn stored(&self, place: &str, name: &str) -> Result<Option<String>, String> {
        let bytes = match place {
            // Reading a file stops every request of the instance: a small one, once in half a minute.
            "file" => match std::fs::read(name) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                read => Some(read.map_err(|error| error.to_string())?),
            },
            _ => {
                let store = key_value::Store::open_default().await.map_err(|error| error.to_string())?;
                store.get(format!("{PREFIX}{name}")).await.map_err(|error| error.to_string())?
            }
        };
        bytes.map(String::from_utf8).transpose().map_err(|_| "it is not UTF-8".to_owned())
    }

    async fn keep(&self, place: &str, name: &str, text: &str) -> Result<(), String> {
        if place == "file" {
            return Err(
                "files cannot be written from here: keep the settings in the store (kv:KEY)".to_owned()
            );
        }
        let store = key_value::Store::open_default().await.map_err(|error| error.to_string())?;
        store.set(format!("{PREFIX}{name}"), text).await.map_err(|error| error.to_string())
    }

    fn warn(&self, text: &str) {
        eprintln!("{text}");
    }
}

impl Clock for Spin {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static {
        spin_sdk::time::sleep(Duration::from_millis(u64::from(ms)))
    }
}

impl Random for Spin {
    fn fill(&self, out: &mut [u8]) {
        let mut filled = 0;
        // The host may give fewer bytes than were asked for, and at least one (wasi:random 0.3): the loop ends.
        while let Some(rest) = out.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let bytes = wasip3::random::random::get_random_bytes(rest.len() as u64);
            for (to, from) in rest.iter_mut().zip(&bytes) {
                *to = *from;
            }
            filled = filled.saturating_add(bytes.len());
        }
    }
}

impl Fetch for Spin {
    type Body = Inward<types::Response>;

    /// Dropping this gives the request up, and its connection is closed. Redirects come back as they are.
    async fn fetch(&self, request: Outgoing) -> Result<Incoming<Self::Body>, FetchError> {
        let request = outgoing(request).ok_or(FetchError::Unreachable)?;
        let (head, body) = send(request).await.map_err(|_| FetchError::Unreachable)?.into_parts();
        let header = |name: &str| {
            head.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(Incoming {
            status: head.status.as_u16(),
            content_type: header("content-type").unwrap_or_default(),
            session_id: header("mcp-session-id"),
            retry_after: header("retry-after"),
            etag: header("etag"),
            body: Inward::new(body),
        })
    }
}

/// `None` for a URL or header that is none: both were checked with the settings.
fn outgoing(request: Outgoing) -> Option<types::Request> {
    let method = match request.method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Delete => Method::DELETE,
    };
    let mut sent = Request::builder().method(method).uri(request.url);
    for (name, value) in request.headers.iter() {
        sent = sent.header(name, value);
    }
    if request.method == HttpMethod::Post {
        sent = sent.header("content-length", request.body.len());
        return sent.body(Outward::new(ReplyBody::Whole(request.body))).ok()?.into_request().ok();
    }
    bodiless(sent.body(()).ok()?)
}

/// spin-sdk would send a body of no bytes, chunked, which servers need not take with a GET or DELETE.
fn bodiless(request: Request<()>) -> Option<types::Request> {
    let (head, ()) = request.into_parts();
    let (_trailers, no_trailers) = wasip3::wit_future::new(|| Ok(None));
    let (sent, _) = types::Request::new(head.headers.try_into().ok()?, None, no_trailers, None);
    sent.set_method(&head.method.into()).ok()?;
    sent.set_scheme(head.uri.scheme().map(Into::into).as_ref()).ok()?;
    sent.set_authority(head.uri.authority().map(|authority| authority.as_str())).ok()?;
    sent.set_path_with_query(head.uri.path_and_query().map(|path| path.as_str())).ok()?;
    Some(sent)
}

/// The store has no expiry of its own: it stands in front of each value, as 8 bytes of Unix ms.
impl Store for Spin {
    const EXPIRES: bool = false;
    const NEAR: bool = true;

    async fn recall(&self, key: &str) -> Option<Vec<u8>> {
        let store = key_value::Store::open_default().await.ok()?;
        let mut value = store.get(format!("{PREFIX}{key}")).await.ok()??;
        let until = u64::from_be_bytes(*value.first_chunk()?);
        (until > self.now_ms()).then(|| value.split_off(8))
    }

    async fn remember(&self, key: &str, value: Vec<u8>, ttl_s: u32) {
        let Ok(store) = key_value::Store::open_default().await else { return };
        let until = self.now_ms().saturating_add(u64::from(ttl_s) * 1_000);
        let value = [&until.to_be_bytes()[..], &value].concat();
        // The loser of a race has written the same, and a fault is a miss.
        let _ = store.set(format!("{PREFIX}{key}"), value).await;
    }
}

impl Assets for Spin {
    /// Reading a file stops every request of the instance: once in its life.
    async fn asset(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read([ASSETS, name].concat()).ok().filter(|bytes| bytes.len() <= limits::ASSET_BYTES)
    }
}

impl Spin {
    /// Where accounts are kept. What is wrong with the variable is in the log.
    async fn accounts(&self) -> Option<Rc<ledger::Store>> {
        let opened = ledger::store(self.variable(ledger::VARIABLE)).await;
        opened.inspect_err(|problem| self.warn(&format!("postern: {problem}"))).ok().flatten()
    }
}

impl Ledger for Spin {
    const LEDGER_REMEDY: &'static str = "set the variable `postern_ledger` to redis://HOST:PORT, or to sqlite:default \
        where there is a single node";

    async fn has_ledger(&self) -> bool {
        self.accounts().await.is_some()
    }

    async fn apply(
        &self,
        account: AccountName<'_>,
        transition: &Transition,
        deadline_ms: u32,
    ) -> Result<Outcome, LedgerFault> {
        let accounts = self.accounts().await.ok_or(LedgerFault::Absent)?;
        let key = format!("account/{}", account.name);
        let step = |value: Option<&[u8]>| match turn(value, transition, self.now_ms()) {
            Ok(turn) => (Ok(turn.outcome), turn.value),
            Err(_) => (Err(LedgerFault::Malformed), None),
        };
        accounts.change(self, &key, deadline_ms, step).await.unwrap_or_else(|fault| {
            self.warn(&format!("postern: the account {}: {fault}", account.name));
            Err(match fault {
                ledger::Fault::Late => LedgerFault::Late,
                ledger::Fault::Broken(_) => LedgerFault::Unreachable,
            })
        })
    }
}

impl Rendezvous for Spin {
    const RENDEZVOUS_REMEDY: &'static str = Self::LEDGER_REMEDY;

    async fn has_rendezvous(&self) -> bool {
        self.accounts().await.is_some()
    }

    async fn wait(&self, meeting: Meeting, after: u64, deadline_ms: u32) -> Option<Posted> {
        let store = self.accounts().await?;
        let trouble = |why| self.warn(&format!("postern: a wait for another request: {why}"));
        rendezvous::wait(&store, self, (meeting, after), deadline_ms, trouble).await
    }

    async fn post(
        &self,
        meeting: Meeting,
        message: &[u8],
        keep_ms: u32,
        instead_of: Option<u64>,
    ) -> Result<bool, RendezvousFault> {
        let store = self.accounts().await.ok_or(RendezvousFault::Absent)?;
        rendezvous::post(&store, self, meeting, message, (keep_ms, instead_of)).await.map_err(|fault| {
            self.warn(&format!("postern: a message for another request: {fault}"));
            match fault {
                ledger::Fault::Late => RendezvousFault::Late,
                ledger::Fault::Broken(_) => RendezvousFault::Unreachable,
            }
        })
    }
}

impl Crypto for Spin {
    async fn verify(&self, key: &Key, signed: Signed<'_>, now_ms: u64) -> bool {
        verify_here(key, signed, now_ms)
    }
}

impl Journal for Spin {
    fn append(&self, record: &str) {
        println!("{record}");
    }

    /// Runs beside the answer and after it.
    fn defer(&self, effect: Effect) {
        wasip3::spawn(effect);
    }
}
