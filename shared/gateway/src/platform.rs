//! What the gateway asks of the world, as small named doors. A host (Workers, Spin, tests) fits each of them
//! its own way; nothing else in this crate does I/O, reads a clock or draws a random number.
//!
//! Futures carry no `Send` bound: both hosts are single-threaded. No future here may wait for another
//! request's future, because both hosts cancel or trap such a wake-up.

use crate::error::{LedgerFault, RendezvousFault};
use crate::ledger::{Outcome, Transition};
use crate::tenant::Placement;
use std::future::Future;
use std::pin::Pin;

/// Work to be done after the answer has left: carried out by the shell (`wait_until`, or after the body).
pub type Effect = Pin<Box<dyn Future<Output = ()>>>;

/// The wall clock and timers.
pub trait Clock {
    /// Milliseconds since the Unix epoch. On Workers it stands still during CPU work.
    fn now_ms(&self) -> u64;
    /// Completes after `ms` milliseconds.
    fn sleep(&self, ms: u32) -> impl Future<Output = ()> + 'static;
}

/// The host's cryptographic random source.
pub trait Random {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

/// HTTP methods the gateway itself sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMethod {
    /// GET, without a body.
    Get,
    /// POST.
    Post,
    /// DELETE, without a body.
    Delete,
}

/// A request to an upstream or a key set. Redirects are never followed by the host.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The HTTP method.
    pub method: HttpMethod,
    /// Absolute URL, from configuration only: never from an agent's input.
    pub url: String,
    /// The headers.
    pub headers: OutgoingHeaders,
    /// The body of a POST; empty otherwise.
    pub body: Vec<u8>,
}

/// Headers of a request, as lines: one string crosses a host's border cheaper than many.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OutgoingHeaders(String);

impl OutgoingHeaders {
    /// Adds a header; its name is in lower case. Both were checked before; if a line end should be left in one, it
    /// is cut there, so that no value can become another header.
    pub fn push(&mut self, name: &str, value: &str) {
        for text in [name, value] {
            let end = text.bytes().position(|byte| matches!(byte, b'\n' | b'\r' | 0)).unwrap_or(text.len());
            self.0.push_str(text.get(..end).unwrap_or_default());
            self.0.push('\n');
        }
    }

    /// `name\nvalue\n`, repeated.
    #[must_use]
    pub fn lines(&self) -> &str {
        &self.0
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut lines = self.0.split_terminator('\n');
        std::iter::from_fn(move || Some((lines.next()?, lines.next()?)))
    }
}

impl std::fmt::Debug for OutgoingHeaders {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for OutgoingHeaders {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.push(name.as_ref(), value.as_ref());
        }
        headers
    }
}

/// The head of an upstream's answer, and its body still to be read. Dropping the body closes the connection.
#[derive(Debug)]
pub struct Incoming<B> {
    /// HTTP status.
    pub status: u16,
    /// `content-type` as sent, or empty.
    pub content_type: String,
    /// `mcp-session-id`, when present.
    pub session_id: Option<String>,
    /// `retry-after` as sent, when present; needed with the statuses 429 and 503 only.
    pub retry_after: Option<String>,
    /// `etag` as sent, when present; needed of answers to requests with `client-request-id` only.
    pub etag: Option<String>,
    /// The body.
    pub body: B,
}

/// Why a fetch gave no (further) bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchError {
    /// No connection, DNS failure, TLS failure, or the connection broke.
    Unreachable,
    /// The body is larger than the limit that the caller named.
    TooLarge,
}

/// A response body, read in chunks or whole. Bytes are counted while they are read.
pub trait Body: 'static {
    /// The next chunk, `None` at the end.
    ///
    /// # Errors
    /// [`FetchError::Unreachable`] when the connection broke.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, FetchError>>;
    /// The whole body, at most `limit` bytes.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`] as soon as the limit is passed; [`FetchError::Unreachable`] when it broke.
    fn whole(mut self, limit: usize) -> impl Future<Output = Result<Vec<u8>, FetchError>>
    where
        Self: Sized,
    {
        async move {
            let mut whole = Vec::new();
            while let Some(chunk) = self.chunk().await? {
                if whole.len().saturating_add(chunk.len()) > limit {
                    return Err(FetchError::TooLarge);
                }
                // Most bodies are one chunk, which is not copied.
                if whole.is_empty() {
                    whole = chunk;
                } else {
                    whole.extend_from_slice(&chunk);
                }
            }
            Ok(whole)
        }
    }
}

/// Outbound HTTP.
pub trait Fetch {
    /// The host's response body.
    type Body: Body;
    /// Sends one request and returns when the head of the answer is there. Has no deadline of its own:
    /// callers race it against [`Clock::sleep`]; dropping the future gives the request up, and it ends with
    /// the agent's own at the latest.
    ///
    /// # Errors
    /// [`FetchError::Unreachable`] when there is no answer.
    fn fetch(&self, request: Outgoing) -> impl Future<Output = Result<Incoming<Self::Body>, FetchError>>;
}

/// Eventually consistent storage with expiry, shared by all nodes: key sets, lists. A fault is a miss.
pub trait Store {
    /// Whether the host deletes what has expired. Where it does not, what may have many keys is to be given few.
    const EXPIRES: bool;
    /// Whether it is near: what was written last is what is read, and a key may be written at any pace. There are many
    /// memories in front of such a one, and none lasts: what one of them learns it is to tell at once.
    const NEAR: bool;
    /// The value kept under `key`, unless it is absent, expired or cannot be read.
    fn recall(&self, key: &str) -> impl Future<Output = Option<Vec<u8>>>;
    /// Keeps `value` under `key` for about `ttl_s` seconds (hosts may have a floor of 60). Faults are dropped.
    fn remember(&self, key: &str, value: Vec<u8>, ttl_s: u32) -> impl Future<Output = ()>;
}

/// Files that are deployed with the gateway, such as models.
pub trait Assets {
    /// The file called `name`, of at most [`crate::limits::ASSET_BYTES`]; `None` when there is none, or it cannot be read.
    /// The name is a plain path below the folder of assets: no `..`, no `/` in front, nothing but letters, digits and
    /// `/-_.`.
    fn asset(&self, name: &str) -> impl Future<Output = Option<Vec<u8>>>;
}

/// Signature verification, where the host has a faster verifier than ours.
pub trait Crypto {
    /// Whether `token`'s signature is `key`'s under the key's one algorithm. All other rules of the token were
    /// checked before, and so were the key's type, size, `use` and `alg`.
    ///
    /// A host with WebCrypto imports `key.jwk()` for `key.algorithm()`, keeps what it imported under `key.id()`, and
    /// verifies `token.signature()` over `token.signing_input()`; a point that is not on its curve is its to refuse.
    /// Any other calls `verify_here`, which is what `now_ms` is for.
    fn verify(
        &self,
        key: &crate::stage::authenticate::Key,
        token: crate::stage::authenticate::Signed<'_>,
        now_ms: u64,
    ) -> impl Future<Output = bool>;
}

/// The platform's log, and work after the answer.
pub trait Journal {
    /// Appends one audit record: a single line of JSON.
    fn append(&self, record: &str);
    /// Has `effect` done after the answer has left.
    fn defer(&self, effect: Effect);
}

/// What the host is configured with: variables, secrets, and the settings where they are stored.
pub trait Bindings {
    /// The places that `POSTERN_CONFIG` may name on this host as `PLACE:NAME`, such as `kv`.
    const PLACES: &'static [&'static str];
    /// How an operator puts settings there, as the end of a sentence.
    const REMEDY: &'static str;
    /// The variable or secret with this name (A-Z, 0-9 and `_`), if it is set.
    fn variable(&self, name: &str) -> impl Future<Output = Option<String>>;
    /// The text called `name` at `place`; `None` when nothing is there.
    ///
    /// # Errors
    /// It cannot be read; the text says why.
    fn stored(&self, place: &str, name: &str) -> impl Future<Output = Result<Option<String>, String>>;
    /// Puts a text called `name` at `place`, for good and in the place of another. Who reads it elsewhere may see the
    /// old one for a while (Workers' KV: a minute), and of two at once the last one stays.
    ///
    /// # Errors
    /// It is not there, or perhaps not; the text says why.
    fn keep(&self, place: &str, name: &str, text: &str) -> impl Future<Output = Result<(), String>>;
    /// A line for the operator in the host's log.
    fn warn(&self, text: &str);
}

/// Names an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountName<'a> {
    /// `TENANT/agent/NAME`, `TENANT/tool/NAME`, `TENANT/upstream/ALIAS` or `TENANT/tenant`.
    pub name: &'a str,
    /// Where it is placed, on hosts that know places.
    pub placement: Placement,
}

/// Accounts: atomic, and durable before anything is answered.
pub trait Ledger {
    /// How an operator gives this host a ledger, as the end of a sentence.
    const LEDGER_REMEDY: &'static str;
    /// Whether this host has a ledger.
    fn has_ledger(&self) -> impl Future<Output = bool>;
    /// Does one step on an account within `deadline_ms`: all of it or nothing, one step after the other.
    ///
    /// # Errors
    /// [`LedgerFault`]. Whether the step was done is not known then.
    fn apply(
        &self,
        account: AccountName<'_>,
        transition: &Transition,
        deadline_ms: u32,
    ) -> impl Future<Output = Result<Outcome, LedgerFault>>;
}

/// Names a meeting: where one request waits for what others bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meeting {
    /// Random bytes of whoever waits ([`Random`]), told to nobody but sealed; or a digest of something that only those know
    /// who may come.
    pub id: [u8; 16],
    /// A jurisdiction that what is posted must not leave, on hosts that know such: see [`Placement`]. The same for all
    /// who come.
    pub jurisdiction: &'static str,
}

impl Meeting {
    /// The id as 32 hexadecimal digits.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.id))
    }
}

/// A message that was brought to a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Stands for its turn: higher than that of any earlier message of the meeting, and never 0.
    pub turn: u64,
    /// What was posted.
    pub message: Vec<u8>,
}

/// Messages from one request to another, which may be at work in another isolate, instance or node. They are left where
/// both can reach it, since no request may wait for another.
///
/// Reading takes nothing away: what was posted with `Ok(true)` is there for whoever waits until its time is over, or another
/// takes its place, whichever of them came first, however often a connection breaks, and also when a wait was dropped half-way. Two that
/// wait at one meeting are both told all. It is the caller's to seal what it posts: hosts may write it down.
pub trait Rendezvous {
    /// How an operator gives this host a rendezvous, as the end of a sentence.
    const RENDEZVOUS_REMEDY: &'static str;
    /// Whether this host has a rendezvous.
    fn has_rendezvous(&self) -> impl Future<Output = bool>;
    /// The first message behind the turn `after` (0: the first of all), as soon as it is there; `None` when there is none
    /// within `deadline_ms`. A host that cannot be asked is asked again until then.
    fn wait(&self, meeting: Meeting, after: u64, deadline_ms: u32) -> impl Future<Output = Option<Posted>>;
    /// Leaves a message of at most [`crate::limits::MEETING_BYTES`] at a meeting for `keep_ms`, which should reach to the
    /// end of the wait; whether somebody waits is not known. Then it is gone, unless a later one is kept for longer. Of
    /// two posts, one begun when the other was answered, the second has the later turn. With a turn `instead_of`, it takes
    /// the place of all that is there, provided that the last of it has that turn (0: that nothing is there): in one step, so
    /// that of two who have read the same only one is taken.
    ///
    /// `false`: it is too long, [`crate::limits::MEETING_MESSAGES`] are there already, or another is the last.
    ///
    /// # Errors
    /// [`RendezvousFault`], after [`crate::limits::MEETING_POST_MS`] at the latest. Whether it was left is not known then.
    fn post(
        &self,
        meeting: Meeting,
        message: &[u8],
        keep_ms: u32,
        instead_of: Option<u64>,
    ) -> impl Future<Output = Result<bool, RendezvousFault>>;
}

/// Everything together. Cheap to clone: streams keep one.
pub trait Platform:
    Clock + Random + Fetch + Store + Assets + Ledger + Rendezvous + Crypto + Journal + Clone + 'static
{
}

impl<T> Platform for T where
    T: Clock + Random + Fetch + Store + Assets + Ledger + Rendezvous + Crypto + Journal + Clone + 'static
{
}
