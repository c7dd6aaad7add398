//! A client that listens: it subscribes, notes what it hears, comes again when its stream ends, and leaves.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use postern_tests::client::{self, Call, Event, Opened};
use serde_json::{Value, json};

use crate::door::Door;
use crate::log::{Heard, Log, Parting, Presence};
use crate::modern;
use crate::plan::{self, Ask, Era, Micros, Plan, SECOND, SHARED, UPSTREAMS, What};

/// How a subscription is refused where the session has none at the upstream.
const APART: &str = "that this session has no session at";
/// The pause before it comes again.
const PAUSE: Duration = Duration::from_millis(200);
/// How long it reads on at most before it leaves.
const LONGEST: Micros = 60 * SECOND;
/// How long setting up may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A listening client.
pub struct Listener {
    pub number: usize,
    pub ask: Ask,
    pub door: Door,
    pub log: Log,
    pub plan: Arc<Plan>,
    /// Set in tests of the judge: it does not close its last connection.
    pub leaks: bool,
}

/// What is known of a legacy client's session.
#[derive(Default)]
struct Session {
    id: String,
    last: Option<String>,
    subscribed: bool,
}

impl Listener {
    /// From a time on until another; comes again as often as its stream ends.
    pub async fn visit(&self, from: Micros, to: Micros) {
        let clock = &self.log.clock;
        clock.until(from).await;
        let mut session = Session::default();
        while clock.now() < to {
            if let Err(error) = self.stay(&mut session, to).await {
                // Where the plan lets an upstream be down, nobody is there when it is asked directly.
                if self.door.token.is_some() {
                    self.complain(format_args!("{error:#}"));
                }
            }
            if clock.now() < to {
                tokio::time::sleep(PAUSE).await;
            }
        }
        // Every second legacy client ends its session as it should, the others just go.
        if !session.id.is_empty() && self.number % 4 == 1 {
            match client::send(self.door.address, &self.door.ending(&session.id)).await {
                Ok(reply) if matches!(reply.status, 200 | 202 | 204 | 405) => {}
                Ok(reply) => self.complain(format_args!("DELETE: {} {}", reply.status, reply.text())),
                Err(error) if self.door.token.is_some() => self.complain(format_args!("DELETE: {error:#}")),
                Err(_) => {}
            }
        }
    }

    fn complain(&self, what: impl std::fmt::Display) {
        self.log.complain(format_args!("client {} ({:?})", self.number, self.ask.era), what);
    }

    /// One stream, from its beginning to its end or until it is time to leave.
    async fn stay(&self, session: &mut Session, to: Micros) -> Result<()> {
        let opening = async {
            match self.ask.era {
                Era::Modern => self.open_modern().await,
                Era::Legacy => self.open_legacy(session).await.map(Some),
            }
        };
        let opened = tokio::time::timeout(PATIENCE, opening).await.context("not set up in time")??;
        let Some(mut stream) = opened else {
            // Not all of it is to be had at present: it comes again.
            tokio::time::sleep(4 * PAUSE).await;
            return Ok(());
        };
        let clock = &self.log.clock;
        let from = clock.now();
        let subscribing = self.subscribe(session.id.clone());
        tokio::pin!(subscribing);
        let mut looks = tokio::time::interval(PAUSE);
        let mut heard = from;
        session.subscribed |= self.ask.era == Era::Modern;
        let parting = loop {
            let event = tokio::select! {
                _ = looks.tick() => {
                    if self.has_all(to.max(from), heard) {
                        break Parting::Left;
                    }
                    continue;
                }
                outcome = &mut subscribing, if !session.subscribed => {
                    session.subscribed = true;
                    outcome.unwrap_or_else(|error| self.complain(format_args!("{error:#}")));
                    continue;
                }
                event = stream.event() => event,
            };
            match event {
                Ok(Some(event)) => {
                    if !event.data.is_empty() {
                        heard = clock.now();
                    }
                    self.hear(&event, session);
                }
                Ok(None) | Err(_) => break Parting::Ended,
            }
        };
        let now = clock.now();
        let until = if parting == Parting::Left { to.max(from) } else { now };
        self.log.evidence().present.push(Presence { client: self.number, from, to: until, parting });
        if self.leaks && parting == Parting::Left {
            std::mem::forget(stream);
        }
        Ok(())
    }

    /// Whether it has read what was sent before it leaves, at `to`, when it last heard something at `heard`. At the end the
    /// upstreams fall silent, so that also a gateway which is far behind on a busy machine is waited for.
    fn has_all(&self, to: Micros, heard: Micros) -> bool {
        let (now, drain) = (self.log.clock.now(), self.plan.drain);
        let quiet = now > to.max(heard) + drain;
        let half_way = to < self.plan.lasts && now > to + 2 * drain;
        quiet || half_way || now > to + LONGEST
    }

    async fn open(&self, call: &Call) -> Result<Opened> {
        // A reset says at once that nobody is there; a close alone may be half of one.
        if (self.number / 4).is_multiple_of(2) {
            client::open_to_reset(self.door.address, call).await
        } else {
            client::open(self.door.address, call).await
        }
    }

    /// What it subscribes to, also where it may not.
    fn uris(&self) -> Vec<String> {
        let asked = self.ask.may.iter().chain(&self.ask.may_not);
        asked.flat_map(|at| [plan::uri(*at, &self.number.to_string()), plan::uri(*at, SHARED)]).collect()
    }

    fn subscription(&self) -> String {
        format!("listen-{}", self.number)
    }

    /// Nothing when what it is told that it gets lacks what an upstream has that is down.
    async fn open_modern(&self) -> Result<Option<Opened>> {
        let mut filter = json!({"resourceSubscriptions": self.uris()});
        for member in self.ask.lists.iter().filter_map(What::member) {
            filter[member] = true.into();
        }
        let id = json!(self.subscription());
        let call = self.door.modern(&id, "subscriptions/listen", "", json!({"notifications": filter}));
        let mut stream = self.open(&call).await.context("subscriptions/listen")?;
        let streams = |(name, value): &(String, String)| {
            name == "content-type" && value.starts_with("text/event-stream")
        };
        if stream.status != 200 || !stream.headers.iter().any(streams) {
            let status = stream.status;
            bail!("subscriptions/listen: {status} {}", stream.whole().await?.text());
        }
        let first = stream.event().await?.context("no acknowledgement")?;
        let message: Value = serde_json::from_str(&first.data).context("no acknowledgement")?;
        ensure!(message["method"] == "notifications/subscriptions/acknowledged", "came first: {message}");
        ensure!(message["params"]["_meta"][modern::SUBSCRIPTION] == id, "not of this request: {message}");
        let honoured = &message["params"]["notifications"];
        for list in self.ask.lists.iter().filter_map(What::member) {
            ensure!(honoured[list] == true, "{list} is not honoured: {message}");
        }
        let uris = honoured["resourceSubscriptions"].as_array().cloned().unwrap_or_default();
        for uri in self.uris() {
            let upstream = plan::upstream_of(&uri).context("an upstream")?;
            let may = self.ask.may.contains(&upstream);
            let has = uris.contains(&json!(uri));
            if may && !has && self.plan.may_be_down(upstream, self.log.clock.now()) {
                return Ok(None);
            }
            ensure!(has == may, "{uri}, which it may have: {may}: {message}");
        }
        Ok(Some(stream))
    }

    async fn open_legacy(&self, session: &mut Session) -> Result<Opened> {
        if session.id.is_empty() {
            let reply = client::send(self.door.address, &self.door.hello()).await.context("initialize")?;
            let capabilities = &reply.last()["result"]["capabilities"];
            ensure!(reply.status == 200, "initialize: {} {}", reply.status, reply.text());
            if capabilities["resources"]["subscribe"] != true {
                self.complain(format_args!("resources.subscribe is not declared: {capabilities}"));
            }
            session.id = reply.header("mcp-session-id").context("no session")?.to_owned();
            let call =
                self.door.legacy(Some(&session.id), &Value::Null, "notifications/initialized", &json!({}));
            let reply = client::send(self.door.address, &call).await?;
            ensure!(reply.status == 202, "initialized: {} {}", reply.status, reply.text());
        }
        let stream = self.open(&self.door.listening(&session.id, session.last.as_deref())).await?;
        let status = stream.status;
        if status == 404 {
            // The session has ended: another has to begin.
            *session = Session::default();
        }
        if status != 200 {
            bail!("GET: {status} {}", stream.whole().await?.text());
        }
        Ok(stream)
    }

    /// The subscriptions of a legacy client. One at an upstream that is down is tried again.
    async fn subscribe(&self, session: String) -> Result<()> {
        for uri in self.uris() {
            let upstream = plan::upstream_of(&uri).context("an upstream")?;
            let may = self.ask.may.contains(&upstream);
            let params = json!({"uri": uri});
            let call = self.door.legacy(Some(&session), &json!(uri), "resources/subscribe", &params);
            loop {
                let asked = self.log.clock.now();
                let reply = client::send(self.door.address, &call).await.context("resources/subscribe")?;
                let message = reply.last();
                let fault = matches!(message["error"]["code"].as_i64(), Some(1502 | 1503));
                if fault && may && self.plan.may_be_down(upstream, asked) {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                // It was down when the session began, which has no part there.
                let apart = message["error"]["message"].as_str().is_some_and(|why| why.contains(APART));
                if may && apart {
                    break;
                }
                let well = message["result"].is_object();
                ensure!(well == may, "{uri}, which it may have: {may}: {} {}", reply.status, reply.text());
                break;
            }
        }
        Ok(())
    }

    fn hear(&self, event: &Event, session: &mut Session) {
        if let Some(id) = &event.id {
            session.last = Some(id.clone());
        }
        if event.data.is_empty() {
            return;
        }
        let at = self.log.clock.now();
        let Ok(message) = serde_json::from_str::<Value>(&event.data) else {
            return self.complain(format_args!("not JSON: {}", event.data));
        };
        let (method, params) = (message["method"].as_str().unwrap_or_default(), &message["params"]);
        let meta = &params["_meta"];
        if self.ask.era == Era::Modern
            && !self.is_end(&message)
            && meta[modern::SUBSCRIPTION] != self.subscription()
        {
            self.complain(format_args!("not of its request: {message}"));
        }
        match What::read(method, params["uri"].as_str()) {
            Some(what) => {
                let tag = meta[modern::TAG].as_str().and_then(read_tag);
                self.log.evidence().heard.push(Heard { at, client: self.number, what, tag });
            }
            None if self.is_end(&message) => {}
            None => self.complain(format_args!("not a notification that it asked for: {message}")),
        }
    }

    /// Whether the message is the orderly end of a listen request.
    fn is_end(&self, message: &Value) -> bool {
        self.ask.era == Era::Modern
            && message["id"] == self.subscription()
            && message["result"]["resultType"] == "complete"
    }
}

fn read_tag(tag: &str) -> Option<(usize, u64)> {
    let (alias, number) = tag.split_once('-')?;
    let upstream = UPSTREAMS.iter().position(|found| *found == alias)?;
    Some((upstream, number.parse().ok()?))
}
