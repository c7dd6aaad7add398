//! An MCP server that dies and comes back: strict about what it is asked, and with a record of what it wrote to which
//! stream. What it keeps (sessions, events, numbers) outlives its deaths; its connections do not.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use postern_tests::process::free_address;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{JoinHandle, JoinSet};

use crate::asked::Asked;
use crate::body::{Body, Line, Piece};
use crate::log::{Log, Sent, Stored};
use crate::plan::{self, Era, Micros, Outage, Plan, UPSTREAMS, What};
use crate::socket::Connection;
use crate::{legacy, modern};

/// What is broken on purpose, to see that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Nothing.
    None,
    /// One notification, from this number on, is noted and not written.
    Drops(u64),
    /// One, from this number on, is of a resource that nobody subscribed to.
    Strays(u64),
}

/// A listening stream.
pub struct Stream {
    pub lines: UnboundedSender<Line>,
    /// What a modern one is subscribed to. That of a legacy one stands in its session.
    pub uris: BTreeSet<String>,
    pub lists: Vec<What>,
    /// The id of the listen request.
    pub subscription: Value,
}

/// A session of a legacy upstream.
#[derive(Default)]
pub struct Session {
    pub number: usize,
    pub initialized: bool,
    pub uris: BTreeSet<String>,
    /// Its open stream.
    pub stream: Option<u64>,
    /// Whether it ever had one, and when the last one ended.
    pub listens: bool,
    pub left: Micros,
    /// Everything that was sent to it or kept for it; event ids are places in here.
    pub events: Vec<(u64, What)>,
    pub deleted: bool,
}

/// What an upstream keeps.
#[derive(Default)]
pub struct State {
    pub streams: BTreeMap<u64, Stream>,
    pub sessions: BTreeMap<String, Session>,
    /// Numbers of streams and of notifications.
    pub next_stream: u64,
    pub next_number: u64,
}

/// One of them.
pub struct Upstream {
    pub number: usize,
    pub address: SocketAddr,
    pub log: Log,
    state: Mutex<State>,
    pub connections: AtomicUsize,
    /// Set when its connections are to be reset.
    pub resets: AtomicBool,
    /// Set while it sends nothing, because it is about to go down.
    quiet: AtomicBool,
    mutant: Mutant,
    /// Whether that has happened.
    spent: AtomicBool,
}

impl Upstream {
    /// One that does not listen yet.
    ///
    /// # Errors
    /// When no port is free.
    pub fn new(number: usize, log: &Log, mutant: Mutant) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            number,
            address: free_address()?,
            log: log.clone(),
            state: Mutex::default(),
            connections: AtomicUsize::new(0),
            resets: AtomicBool::new(false),
            quiet: AtomicBool::new(false),
            mutant,
            spent: AtomicBool::new(false),
        }))
    }

    /// Its alias.
    pub fn name(&self) -> &'static str {
        UPSTREAMS[self.number]
    }

    /// Its state.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Open listening streams, and open connections.
    pub fn open(&self) -> (usize, usize) {
        (self.state().streams.len(), self.connections.load(Ordering::SeqCst))
    }

    /// Sessions that listened for clients of these: those that are not ended, and all.
    pub fn sessions(&self, of: impl Fn(usize) -> bool) -> (usize, usize) {
        let state = self.state();
        let ours = |session: &&Session| {
            session.listens && session.uris.iter().filter_map(|uri| plan::owner_of(uri)).any(&of)
        };
        let listening = state.sessions.values().filter(ours);
        let left = listening.clone().filter(|session| !session.deleted).count();
        (left, listening.count())
    }

    /// Lives by the plan: listens, sends, dies and comes back. Never returns.
    pub async fn live(self: Arc<Self>, plan: Arc<Plan>) {
        let sending = tokio::spawn(Arc::clone(&self).send_all(Arc::clone(&plan)));
        let mut serving = self.listen().await;
        for outage in plan.outages.iter().filter(|outage| outage.upstream == self.number) {
            let clock = &self.log.clock;
            clock.until(outage.down.saturating_sub(plan.quiet)).await;
            self.quiet.store(true, Ordering::SeqCst);
            clock.until(outage.down).await;
            let down = clock.now();
            self.die(serving, outage.orderly).await;
            clock.until(outage.back).await;
            self.keep_one_for_each_session();
            // What happened meanwhile is kept first: then whoever comes back finds it.
            serving = self.listen().await;
            self.quiet.store(false, Ordering::SeqCst);
            let real = Outage { down, back: clock.now(), ..*outage };
            self.log.evidence().outages.push(real);
        }
        // It sends until the test ends.
        let _ = sending.await;
        serving.abort();
    }

    async fn die(&self, serving: JoinHandle<()>, orderly: bool) {
        if orderly {
            let ends = |stream: &Stream| stream.lines.send(Line::End(modern::end(stream)));
            self.state().streams.values().for_each(|stream| drop(ends(stream)));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.resets.store(!orderly, Ordering::SeqCst);
        serving.abort();
        drop(serving.await);
        while self.connections.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.resets.store(false, Ordering::SeqCst);
    }

    async fn listen(self: &Arc<Self>) -> JoinHandle<()> {
        loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => return tokio::spawn(Arc::clone(self).accept(listener)),
                // Somebody else has it for a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn accept(self: Arc<Self>, listener: TcpListener) {
        // All of them end with this task.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        connections.spawn(Arc::clone(&self).connection(stream));
                    }
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        // Best effort: without it small chunks only leave later.
        let _ = stream.set_nodelay(true);
        let line = Connection::new(stream, &self);
        let service = service_fn(move |request| Arc::clone(&self).serve(request));
        // Those who leave early are part of the test.
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(line), service).await;
    }

    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let text =
            |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let asked = Asked {
            http: head.method.to_string(),
            headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        };
        let key = (self.number, asked.method().to_owned());
        *self.log.evidence().requests.entry(key).or_default() += 1;
        if asked.header("authorization").is_some() {
            self.complain(&asked, "a credential of somebody else's");
        }
        let answer = match plan::era_of(self.number) {
            Era::Modern => modern::answer(&self, &asked),
            Era::Legacy => legacy::answer(&self, &asked),
        };
        Ok(answer)
    }

    /// A rule of the protocol was broken by whoever asked.
    pub fn complain(&self, asked: &Asked, what: &str) {
        let headers =
            asked.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>();
        let request = format!("{} [{}] {}", asked.http, headers.join(", "), asked.body);
        self.log.complain(format_args!("upstream {}", self.name()), format_args!("{what}: {request}"));
    }

    /// Opens a stream; gives its number and the answer's body.
    pub fn open_stream(
        self: &Arc<Self>,
        state: &mut State,
        stream: impl FnOnce(UnboundedSender<Line>) -> Stream,
    ) -> (u64, Body) {
        let (lines, taken) = tokio::sync::mpsc::unbounded_channel();
        state.next_stream += 1;
        let number = state.next_stream;
        state.streams.insert(number, stream(lines));
        (number, Body::stream(taken, Arc::clone(self), number))
    }

    /// A stream has gone.
    pub fn closed(&self, stream: u64) {
        let mut state = self.state();
        state.streams.remove(&stream);
        for session in state.sessions.values_mut().filter(|session| session.stream == Some(stream)) {
            (session.stream, session.left) = (None, self.log.clock.now());
        }
        self.log.closes(self.number, stream);
    }

    /// Sends by the plan, also when the plan has ended: streams that are left open are written to until the test ends.
    async fn send_all(self: Arc<Self>, plan: Arc<Plan>) {
        const TICK_MS: u64 = 50;
        let mut ticks = tokio::time::interval(Duration::from_millis(TICK_MS));
        let every = |micros: u64| (micros / 1_000 / TICK_MS).max(1);
        let (own, all) = (every(plan.own_every), every(plan.all_every));
        // Not all at the same moment as the other upstreams, nor all lists.
        let offset = self.number as u64 * all / UPSTREAMS.len() as u64;
        for tick in 0_u64.. {
            ticks.tick().await;
            if self.is_silent(&plan) {
                continue;
            }
            for client in (0..plan.clients).filter(|client| (*client as u64 * 7 + tick).is_multiple_of(own)) {
                self.send(&What::Updated(plan::uri(self.number, &client.to_string())));
            }
            let due = (tick + offset) % all;
            if due == 0 {
                self.send(&What::Updated(plan::uri(self.number, plan::SHARED)));
            }
            for (at, list) in plan::LISTS.iter().enumerate() {
                if due == (at as u64 + 1) * all / 4 {
                    self.send(list);
                }
            }
        }
    }

    /// About to go down; or at the end, when all clients are to have what was sent before they leave.
    fn is_silent(&self, plan: &Plan) -> bool {
        let ends = self.log.clock.now() > plan.lasts && !self.log.left.load(Ordering::SeqCst);
        ends || self.quiet.load(Ordering::SeqCst)
    }

    /// One notification, to all streams and sessions that are to have it.
    pub fn send(&self, what: &What) {
        let mut state = self.state();
        state.next_number += 1;
        let number = state.next_number;
        let State { streams, sessions, .. } = &mut *state;
        for (at, stream) in streams.iter().filter(|(_, stream)| stream.has(what)) {
            let told = self.told(number, what);
            self.write(stream, *at, &stream.uris, number, &told, modern::event(self, stream, number, &told));
        }
        for session in sessions.values_mut().filter(|session| session.has(what)) {
            session.events.push((number, what.clone()));
            match session.stream.and_then(|at| Some((at, streams.get(&at)?))) {
                Some((at, stream)) => {
                    let told = self.told(number, what);
                    let event = legacy::event(self, session, session.events.len(), number, &told);
                    self.write(stream, at, &session.uris, number, &told, event);
                }
                None => self.stored(session, number, what),
            }
        }
    }

    /// What a stream is told instead of that, where something is broken on purpose.
    fn told(&self, number: u64, what: &What) -> What {
        match self.mutant {
            Mutant::Strays(from) if number >= from && !self.spent.swap(true, Ordering::SeqCst) => {
                What::Updated(plan::uri(self.number, "stray"))
            }
            _ => what.clone(),
        }
    }

    /// Hands an event to a stream, which notes when it is written.
    pub fn write(
        &self,
        stream: &Stream,
        at: u64,
        uris: &BTreeSet<String>,
        number: u64,
        what: &What,
        event: String,
    ) {
        let to = uris.iter().filter_map(|uri| plan::owner_of(uri)).collect();
        let sent = Sent { at: 0, upstream: self.number, number, what: what.clone(), to, stream: at };
        let text = match self.mutant {
            Mutant::Drops(from) if number >= from && !self.spent.swap(true, Ordering::SeqCst) => {
                ": nothing\n\n".to_owned()
            }
            _ => event,
        };
        // A stream that has ended a moment ago is none any more.
        let _ = stream.lines.send(Line::Event(Piece { text, sent: Some(sent) }));
    }

    fn stored(&self, session: &Session, number: u64, what: &What) {
        let to = session.uris.iter().filter_map(|uri| plan::owner_of(uri)).collect();
        let (at, since, upstream) = (self.log.clock.now(), session.left, self.number);
        let stored = Stored { at, since, upstream, number, what: what.clone(), to };
        self.log.evidence().stored.push(stored);
    }

    /// While it is down, each session's own resources change once.
    fn keep_one_for_each_session(&self) {
        let own = |session: &Session| -> Vec<String> {
            session.uris.iter().filter(|uri| plan::owner_of(uri).is_some()).cloned().collect()
        };
        let uris: BTreeSet<String> =
            self.state().sessions.values().filter(|session| !session.deleted).flat_map(own).collect();
        uris.into_iter().for_each(|uri| self.send(&What::Updated(uri)));
    }
}

impl Stream {
    fn has(&self, what: &What) -> bool {
        match what {
            What::Updated(uri) => self.uris.contains(uri),
            list => self.lists.contains(list),
        }
    }
}

impl Session {
    fn has(&self, what: &What) -> bool {
        let wanted = match what {
            What::Updated(uri) => self.uris.contains(uri),
            _ => true,
        };
        self.listens && !self.deleted && wanted
    }
}
