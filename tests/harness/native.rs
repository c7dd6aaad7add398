//! A native platform for the gateway: the real clock, the system's random numbers, hyper as client, a map as
//! store, and the verifier of jwt-simple.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::process::top;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Incoming as Stream;
use hyper_util::rt::TokioIo;
use postern::error::{LedgerFault, RendezvousFault};
use postern::ledger::{Outcome, Transition, turn};
use postern::memory::Meetings;
use postern::platform::{
    AccountName, Assets, Bindings, Body, Clock, Crypto, Effect, Fetch, FetchError, HttpMethod, Incoming,
    Journal, Ledger, Meeting, Outgoing, Posted, Random, Rendezvous, Store,
};
use postern::stage::authenticate::{Key, Signed, verify_here};
use postern::within::within;
use tokio::task::AbortHandle;

/// What the store keeps: values with the time until which they are good.
type Kept = HashMap<String, (Vec<u8>, Instant)>;
/// All that is stored, values and accounts, for somebody outside to read.
pub type Stored = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// The platform. Clones share everything.
#[derive(Clone)]
pub struct Native {
    log: Arc<Mutex<Vec<String>>>,
    store: Rc<RefCell<Kept>>,
    stored: Stored,
    accounts: Rc<RefCell<HashMap<String, Vec<u8>>>>,
    meetings: Rc<Meetings>,
    variables: Rc<HashMap<String, String>>,
    texts: Rc<RefCell<HashMap<String, String>>>,
}

impl Native {
    /// With these variables and stored texts; audit records and warnings go to `log`.
    #[must_use]
    pub fn new(
        log: Arc<Mutex<Vec<String>>>,
        variables: HashMap<String, String>,
        texts: HashMap<String, String>,
    ) -> Self {
        Self::keeping(Stored::default(), log, variables, texts)
    }

    /// The same; all that is ever stored goes to `stored` as well.
    #[must_use]
    pub fn keeping(
        stored: Stored,
        log: Arc<Mutex<Vec<String>>>,
        variables: HashMap<String, String>,
        texts: HashMap<String, String>,
    ) -> Self {
        let texts = Rc::new(RefCell::new(texts));
        let (store, accounts, meetings) = (Rc::default(), Rc::default(), Rc::default());
        Self { log, store, stored, accounts, meetings, variables: Rc::new(variables), texts }
    }

    fn take_down(&self, key: &str, value: &[u8]) {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), value.to_vec());
    }
}

impl Bindings for Native {
    const PLACES: &'static [&'static str] = &["kv"];
    const REMEDY: &'static str = "kv:KEY for a stored text";

    async fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    async fn stored(&self, _place: &str, name: &str) -> Result<Option<String>, String> {
        Ok(self.texts.borrow().get(name).cloned())
    }

    async fn keep(&self, _place: &str, name: &str, text: &str) -> Result<(), String> {
        self.texts.borrow_mut().insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    fn warn(&self, text: &str) {
        self.append(text);
    }
}

impl Clock for Native {
    fn now_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs() * 1000 + u64::from(since.subsec_millis()))
    }

    fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static {
        tokio::time::sleep(Duration::from_millis(u64::from(ms)))
    }
}

impl Random for Native {
    fn fill(&self, out: &mut [u8]) {
        // The tests need nonces that differ; a machine without this file runs nothing else either.
        if let Ok(mut source) = File::open("/dev/urandom") {
            let _ = source.read_exact(out);
        }
    }
}

impl Store for Native {
    const EXPIRES: bool = true;
    const NEAR: bool = false;

    async fn recall(&self, key: &str) -> Option<Vec<u8>> {
        let store = self.store.borrow();
        store.get(key).filter(|(_, until)| *until > Instant::now()).map(|(value, _)| value.clone())
    }

    async fn remember(&self, key: &str, value: Vec<u8>, ttl_s: u32) {
        let until = Instant::now() + Duration::from_secs(u64::from(ttl_s));
        self.take_down(key, &value);
        self.store.borrow_mut().insert(key.to_owned(), (value, until));
    }
}

impl Assets for Native {
    async fn asset(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(top().join("deploy/model").join(name)).ok()
    }
}

impl Ledger for Native {
    const LEDGER_REMEDY: &'static str = "it always has one";

    async fn has_ledger(&self) -> bool {
        true
    }

    async fn apply(
        &self,
        account: AccountName<'_>,
        transition: &Transition,
        _deadline_ms: u32,
    ) -> Result<Outcome, LedgerFault> {
        let mut accounts = self.accounts.borrow_mut();
        let value = accounts.get(account.name).map(Vec::as_slice);
        let turn = turn(value, transition, self.now_ms()).map_err(|_| LedgerFault::Malformed)?;
        if let Some((value, _)) = turn.value {
            self.take_down(account.name, &value);
            accounts.insert(account.name.to_owned(), value);
        }
        Ok(turn.outcome)
    }
}

impl Rendezvous for Native {
    const RENDEZVOUS_REMEDY: &'static str = "it always has one";

    async fn has_rendezvous(&self) -> bool {
        true
    }

    async fn wait(&self, meeting: Meeting, after: u64, deadline_ms: u32) -> Option<Posted> {
        within(self, deadline_ms, self.meetings.next(self, meeting, after)).await
    }

    async fn post(
        &self,
        meeting: Meeting,
        message: &[u8],
        keep_ms: u32,
        instead_of: Option<u64>,
    ) -> Result<bool, RendezvousFault> {
        self.take_down(&format!("meeting/{}", meeting.name()), message);
        self.meetings.post(self.now_ms(), meeting, message, (keep_ms, instead_of))
    }
}

impl Crypto for Native {
    async fn verify(&self, key: &Key, token: Signed<'_>, now_ms: u64) -> bool {
        verify_here(key, token, now_ms)
    }
}

impl Journal for Native {
    fn append(&self, record: &str) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(record.to_owned());
    }

    fn defer(&self, effect: Effect) {
        tokio::task::spawn_local(effect);
    }
}

impl Fetch for Native {
    type Body = Inbound;

    async fn fetch(&self, request: Outgoing) -> Result<Incoming<Inbound>, FetchError> {
        send(request).await.map_err(|_| FetchError::Unreachable)
    }
}

/// The body of a request to the gateway, or of an upstream's answer.
pub struct Inbound(pub Stream);

impl Body for Inbound {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        loop {
            match self.0.frame().await {
                None => return Ok(None),
                Some(Err(_)) => return Err(FetchError::Unreachable),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes.to_vec()));
                    }
                }
            }
        }
    }
}

/// Ends the connection with the future that waits for the answer's head.
struct Abort(Option<AbortHandle>);

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.abort();
        }
    }
}

async fn send(outgoing: Outgoing) -> anyhow::Result<Incoming<Inbound>> {
    let uri: hyper::Uri = outgoing.url.parse()?;
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let stream = tokio::net::TcpStream::connect(&authority).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // The connection lives as long as the body: hyper ends it when the body is dropped half-way.
    let connection = tokio::task::spawn_local(async move { drop(connection.await) });
    let mut guard = Abort(Some(connection.abort_handle()));
    let method = match outgoing.method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
    };
    let path = uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let mut request = Request::builder().method(method).uri(path).header("host", authority);
    for (name, value) in outgoing.headers.iter() {
        request = request.header(name, value);
    }
    let response = sender.send_request(request.body(Full::new(Bytes::from(outgoing.body)))?).await?;
    guard.0 = None;
    let header = |name: &str| {
        response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok(Incoming {
        status: response.status().as_u16(),
        content_type: header("content-type").unwrap_or_default(),
        session_id: header("mcp-session-id"),
        retry_after: header("retry-after"),
        etag: header("etag"),
        body: Inbound(response.into_body()),
    })
}
