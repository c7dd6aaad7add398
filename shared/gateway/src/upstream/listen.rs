//! What an upstream says while nobody asks it anything: one stream, opened again where it was left.
//!
//! A modern upstream is asked by `subscriptions/listen` (MCP 2026-07-28). A legacy one has a stream of each session, which
//! is asked for by GET (MCP 2025-11-25, Streamable HTTP): a client's own, or one that is opened for this stream alone and
//! ended with it, since what is subscribed to in a session is told to all who hear it.

mod wish;

pub use wish::Wish;

use super::exchange::{Exchange, FromUpstream};
use super::guard::Deadlines;
use super::link::Link;
use super::pool::NONE;
use super::wanted::{Asks, Logs, Wanted};
use super::watch::Watch;
use super::{Sealed, cancel, legacy, modern, send};
use crate::error::{Fault, UpstreamFault};
use crate::limits;
use crate::mcp::{Era, Json, Kind, Method, Outcome, Response};
use crate::platform::Platform;
use crate::within::within;
use futures_util::future::join_all;
use std::rc::Rc;
use wish::quoted;

/// Requests to subscribe that are under way at once: hosts bound the connections of a request.
const AT_ONCE: usize = 4;

/// A stream that has begun.
#[derive(Debug)]
pub struct Tuned {
    /// What is told on it.
    pub honours: Wish,
    /// Whether it goes on where it was left, with all that was said meanwhile.
    pub resumed: bool,
}

/// One upstream's stream, and all that is needed to open it again. Dropping it ends the stream, and its session.
pub struct Listener<P: Platform> {
    link: Rc<Link>,
    platform: P,
    wish: Wish,
    /// The client's own session, and whether it was ever listened to in it.
    sealed: Option<Sealed>,
    opened: bool,
    lodging: Option<Lodging<P>>,
    exchange: Option<Exchange<P>>,
    /// The last event that was read in the session.
    last_event: Option<String>,
}

/// A session for one stream alone.
struct Lodging<P: Platform> {
    link: Rc<Link>,
    platform: P,
    session: Sealed,
    honours: Wish,
}

impl<P: Platform> Drop for Lodging<P> {
    fn drop(&mut self) {
        self.link.retire(&self.platform, self.session.clone());
    }
}

impl<P: Platform> Listener<P> {
    /// Nothing is asked of the upstream yet. `sealed`: the session to listen in, at a legacy upstream, and the last event
    /// that was read in it.
    pub fn new(
        link: &Rc<Link>,
        platform: &P,
        wish: Wish,
        sealed: Option<Sealed>,
        last_event: Option<String>,
    ) -> Self {
        Self {
            link: Rc::clone(link),
            platform: platform.clone(),
            wish,
            sealed,
            opened: false,
            lodging: None,
            exchange: None,
            last_event,
        }
    }

    /// Whether nothing may be sent to the upstream now, by its own word or its breaker: [`Listener::open`] fails without asking.
    pub fn is_shut(&self) -> bool {
        self.link.guards.own.refuses(self.platform.now_ms()).is_some()
    }

    /// Begins to listen, or goes on with it. `None`: the upstream has nothing to tell, and will not have.
    ///
    /// # Errors
    /// It cannot be asked at the moment.
    pub async fn open(&mut self) -> Result<Option<Tuned>, Fault> {
        self.exchange = None;
        let link = Rc::clone(&self.link);
        self.begin().await.map_err(|kind| link.fault(kind))
    }

    async fn begin(&mut self) -> Result<Option<Tuned>, UpstreamFault> {
        if let Some(fault) = self.link.guards.own.refuses(self.platform.now_ms()) {
            return Err(fault);
        }
        if let Some(session) = self.sealed.clone() {
            return self.own(&session).await;
        }
        let about = self.link.about(&self.platform).await.map_err(kind_of)?;
        let promised = self.wish.promised(&about.capabilities);
        if promised.is_empty() {
            return Ok(None);
        }
        match about.era {
            Era::Modern => {
                let untasked = Wish { tasks: Vec::new(), ..promised.clone() };
                let lists = Wish { uris: Vec::new(), ..untasked.clone() };
                let mut last = promised.clone();
                let mut outcome = self.ask(promised).await;
                // A task that it has forgotten, or a resource that it does not know, is not to end what else there is to hear.
                for less in [untasked, lists] {
                    if !matches!(outcome, Ok(None)) || less.is_empty() || less == last {
                        continue;
                    }
                    last = less.clone();
                    outcome = self.ask(less).await;
                }
                outcome
            }
            Era::Legacy if about.session_bound => self.lodge(promised).await,
            // It has nowhere to send anything.
            Era::Legacy => Ok(None),
        }
    }

    /// The next message.
    ///
    /// # Errors
    /// The stream has ended or broken; it may be opened again.
    pub async fn next(&mut self) -> Result<FromUpstream, Fault> {
        let link = Rc::clone(&self.link);
        let over = || link.fault(UpstreamFault::NoAnswer);
        let exchange = self.exchange.as_mut().ok_or_else(over)?;
        let outcome = exchange.next().await;
        if let Some(last) = exchange.last_event() {
            self.last_event = Some(last.to_owned());
        }
        match outcome {
            Ok(Some(FromUpstream::Answer { .. }) | None) => Err(over()),
            Ok(Some(message)) => Ok(message),
            Err(fault) => Err(fault),
        }
    }

    /// The last event that was read, at a legacy upstream that gives its events ids.
    pub fn last_event(&self) -> Option<&str> {
        self.last_event.as_deref()
    }

    fn deadlines(&self) -> Deadlines {
        let end = self.platform.now_ms().saturating_add(u64::from(limits::LISTEN_MS));
        // Such a stream is silent for as long as nothing changes.
        Deadlines { idle_ms: limits::LISTEN_MS, ..Deadlines::of(self.link.upstream(), end) }
    }

    /// In the client's own session.
    async fn own(&mut self, session: &Sealed) -> Result<Option<Tuned>, UpstreamFault> {
        let mut resumed = self.last_event.is_some();
        let mut outcome = self.get(session, Asks::Now).await;
        if resumed && outcome == Err(UpstreamFault::Session) {
            // What came after that event may be what it has forgotten, and not the session.
            (self.last_event, resumed) = (None, false);
            outcome = self.get(session, Asks::Now).await;
        }
        match outcome {
            // There is no such page, or no such session: of that the client's next call tells it.
            Ok(false) | Err(UpstreamFault::Session) if !self.opened => return Ok(None),
            outcome => {
                if !outcome? {
                    return Ok(None);
                }
            }
        }
        self.opened = true;
        let about = self.link.about(&self.platform).await;
        let honours =
            about.map_or_else(|_| self.wish.clone(), |about| self.wish.promised(&about.capabilities));
        Ok(Some(Tuned { honours, resumed }))
    }

    /// At a modern upstream.
    async fn ask(&mut self, wish: Wish) -> Result<Option<Tuned>, UpstreamFault> {
        let (link, platform) = (&self.link, &self.platform);
        let call = modern::listen(link, link.next_id(platform), &wish, self.deadlines());
        // A task is told with what it came to.
        let most = if wish.tasks.is_empty() { limits::NOTICE_BYTES } else { limits::RESPONSE_BYTES };
        let mut exchange = match send::send(link, platform, call).await {
            Ok(exchange) => exchange.narrow(most),
            Err(failure) => {
                if failure.is_surprise() {
                    link.doubt(platform);
                }
                return Err(failure.kind);
            }
        };
        let first = within(platform, link.upstream().first_byte_ms, exchange.next()).await;
        let honours = match first.ok_or(UpstreamFault::Deadline)?.map_err(kind_of)? {
            Some(FromUpstream::Notification { json, notification, .. })
                if notification.method == Method::SubscriptionsAcknowledged =>
            {
                let params = notification.params.map(|params| json.value(params));
                wish.acknowledged(params.and_then(|params| params.get("notifications")))
            }
            Some(FromUpstream::Answer { json, response }) if is_final(&json, &response) => Wish::default(),
            Some(FromUpstream::Answer { .. }) | None => return Err(UpstreamFault::Error),
            Some(_) => return Err(UpstreamFault::Malformed),
        };
        if honours.is_empty() {
            return Ok(None);
        }
        self.exchange = Some(exchange);
        Ok(Some(Tuned { honours, resumed: false }))
    }

    /// At a legacy upstream, in a session of its own.
    async fn lodge(&mut self, wish: Wish) -> Result<Option<Tuned>, UpstreamFault> {
        if let Some((session, honours)) =
            self.lodging.as_ref().map(|lodging| (lodging.session.clone(), lodging.honours.clone()))
        {
            let resumed = self.last_event.is_some();
            match self.get(&session, Asks::Never).await {
                Ok(true) => return Ok(Some(Tuned { honours, resumed })),
                Ok(false) => return Ok(None),
                // It has forgotten the session: another one is opened below.
                Err(UpstreamFault::Session) => (self.lodging, self.last_event) = (None, None),
                Err(kind) => return Err(kind),
            }
        }
        let (link, platform) = (Rc::clone(&self.link), self.platform.clone());
        let end = link.deadline(&platform);
        let opened = legacy::handshake(&link, &platform, &legacy::own_hello(NONE), end).await?;
        let Some(session) = opened.session else { return Ok(None) };
        let lodging = Lodging { link, platform, session: session.clone(), honours: Wish::default() };
        // The stream first: what happens while it is subscribed is told on it.
        match self.get(&session, Asks::Never).await {
            Ok(true) => {}
            // A session that was opened a moment ago is not lost: there is no such page.
            Ok(false) | Err(UpstreamFault::Session) => return Ok(None),
            Err(kind) => return Err(kind),
        }
        let uris = self.subscribe(&session, &wish.uris).await?;
        let honours = Wish { uris, tasks: Vec::new(), ..wish };
        if honours.is_empty() {
            self.exchange = None;
            return Ok(None);
        }
        let mut lodging = lodging;
        lodging.honours = honours.clone();
        self.lodging = Some(lodging);
        Ok(Some(Tuned { honours, resumed: false }))
    }

    /// Subscribes in `session`; gives what the upstream took.
    async fn subscribe(&self, session: &Sealed, uris: &[String]) -> Result<Vec<String>, UpstreamFault> {
        let mut taken = Vec::new();
        for some in uris.chunks(AT_ONCE) {
            let asked = some.iter().map(|uri| async move {
                let params = format!(r#"{{"uri":{}}}"#, quoted(uri));
                let call = legacy::own(&self.link, &self.platform, session, "resources/subscribe", &params);
                let exchange = send::send(&self.link, &self.platform, call).await?;
                let (_, response) = exchange.answer().await?;
                Ok::<_, UpstreamFault>((uri, matches!(response.outcome, Outcome::Result(_))))
            });
            for outcome in join_all(asked).await {
                let (uri, subscribed) = outcome?;
                if subscribed {
                    taken.push(uri.clone());
                }
            }
        }
        Ok(taken)
    }

    /// The stream of `session`. Whether there is one.
    async fn get(&mut self, session: &Sealed, asks: Asks) -> Result<bool, UpstreamFault> {
        let (link, platform, deadlines) = (&self.link, &self.platform, self.deadlines());
        let outgoing = legacy::listening(link, session, self.last_event.as_deref());
        let mut watch = Watch::new(platform, deadlines.first_byte_ms, deadlines.end);
        let Some(body) = send::own_stream(platform, &mut watch, outgoing).await? else { return Ok(false) };
        let wanted = Wanted {
            // No answer is due on it.
            id: String::new(),
            era: Era::Legacy,
            session: Some(session.clone()),
            asks,
            progress: None,
            logs: Logs::wanted(None, Era::Legacy),
        };
        let mut idle = cancel::Cancel::armed(link, platform, &wanted);
        idle.disarm();
        let most = if asks == Asks::Never { limits::NOTICE_BYTES } else { limits::RESPONSE_BYTES };
        let exchange = Exchange::new(link, platform, watch, wanted, idle, None);
        let exchange = exchange.streaming(body, deadlines.idle_ms).narrow(most);
        self.exchange = Some(match &self.last_event {
            Some(last) => exchange.after(last.clone()),
            None => exchange,
        });
        Ok(true)
    }
}

/// Whether an answer says that there is nothing to listen for: the method or its parameters are not known, it wants more of the
/// client than there is, or the stream is complete before it has begun. Anything else may be otherwise later.
fn is_final(json: &Json<'_>, response: &Response) -> bool {
    match response.outcome {
        Outcome::Result(_) => true,
        Outcome::Error(error) => {
            let code = json.get(error, "code").filter(|node| json.kind(*node) == Kind::Number);
            matches!(code.and_then(|node| json.integer(node)), Some(-32021 | -32601 | -32602))
        }
    }
}

fn kind_of(fault: Fault) -> UpstreamFault {
    match fault {
        Fault::Upstream { kind, .. } => kind,
        Fault::Internal(_) | Fault::Ledger(_) | Fault::Rendezvous(_) => UpstreamFault::Error,
    }
}
