//! What many upstreams tell, as one stream: each message as it comes, comments in silence. A modern client is first told what
//! is honoured of what it asked for, and has a proper end; a legacy one gets event ids.

mod heirs;

use super::event;
use super::feed::{Feed, State, Told, poll_any};
use super::record::{Counts, Record, count};
use super::seats::Seat;
use super::subscribed::Subscriptions;
use super::turn::{self, tagged_notice};
use crate::gateway::SERVER_INFO;
use crate::gateway::scene::{Scene, result_message};
use crate::limits;
use crate::mcp::method::Method;
use crate::mcp::revisions::{Revision, meta};
use crate::platform::Platform;
use crate::reply::{Item, MessageStream};
use crate::stage::audit::Trail;
use crate::upstream::{FromUpstream, Wish};
use futures_util::stream::unfold;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

/// A stream that is listened on.
pub(crate) struct Listening<P: Platform> {
    scene: Scene<P>,
    voice: Voice,
    feeds: Vec<Feed<P>>,
    /// What a session is subscribed to at modern upstreams, where there is one that tells.
    subscriptions: Option<Subscriptions>,
    /// Which of them was heard last.
    last: usize,
    /// Messages for the client: what came of one event. An empty one only has an id.
    queue: VecDeque<String>,
    counts: Rc<Counts>,
    stage: Stage,
    /// When something was last sent, in Unix ms.
    sent_ms: u64,
    /// When it ends at the latest, and why.
    end: (u64, &'static str),
    timer: Option<Pin<Box<dyn Future<Output = ()>>>>,
    #[allow(dead_code, reason = "it is given back when it is dropped")]
    seat: Seat,
}

/// Who listens.
pub(crate) enum Voice {
    /// A modern client, by a request with this id (raw JSON).
    Request(String),
    /// A legacy client, on the stream of its session.
    Session {
        /// The session's key.
        key: String,
        revision: Revision,
        /// Whether it has MCP Apps.
        apps: bool,
        /// Whether it has listened before, and left.
        again: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Upstreams are reached, until then (Unix ms).
    Opening(u64),
    Open,
    Over,
}

/// What ends a wait.
enum Woken {
    Told(usize, Told),
    /// The session is subscribed to these now.
    Subscribed(Vec<String>),
    Time,
}

impl<P: Platform> Listening<P> {
    pub fn new(scene: Scene<P>, voice: Voice, feeds: Vec<Feed<P>>, seat: Seat) -> Self {
        let now_ms = scene.platform.now_ms();
        let life = (now_ms.saturating_add(u64::from(limits::LISTEN_MS)), "life");
        let token = scene.caller.expires_ms().map(|ms| (ms, "token"));
        let end = token.filter(|(ms, _)| *ms < life.0).unwrap_or(life);
        let stage = Stage::Opening(now_ms.saturating_add(u64::from(limits::LISTEN_ACK_MS)));
        let (queue, counts, timer) = (VecDeque::new(), Rc::default(), None);
        let subscriptions = None;
        Self {
            scene,
            voice,
            feeds,
            subscriptions,
            last: 0,
            queue,
            counts,
            stage,
            sent_ms: now_ms,
            end,
            timer,
            seat,
        }
    }

    /// Waits until it is known what there is to hear, or for long enough.
    pub async fn prepare(&mut self, trail: &mut Trail<P>) {
        // Ends with the time for it.
        loop {
            let now_ms = self.scene.platform.now_ms();
            if self.may_begin(now_ms) {
                return self.begin();
            }
            match self.wait(now_ms).await {
                Woken::Told(at, told) => self.told(at, told, trail).await,
                Woken::Subscribed(uris) => self.subscribed(&uris, trail).await,
                Woken::Time => {}
            }
        }
    }

    /// Whether no upstream has anything to tell, whatever is subscribed to.
    pub fn is_mute(&self) -> bool {
        self.subscriptions.is_none() && self.feeds.iter().all(|feed| feed.state == State::Mute)
    }

    /// The stream of messages. Dropping it drops the streams of all upstreams.
    pub fn run(self: Box<Self>, trail: Trail<P>) -> MessageStream {
        let record = Record::new(trail, &self.counts);
        Box::pin(unfold((self, record), |(listening, record)| listening.step(record)))
    }

    async fn step(mut self: Box<Self>, mut record: Record<P>) -> Option<(Item, (Box<Self>, Record<P>))> {
        loop {
            let now_ms = self.scene.platform.now_ms();
            if let Some(text) = self.queue.pop_front() {
                self.sent_ms = now_ms;
                return Some((self.item(text), (self, record)));
            }
            if self.stage == Stage::Over {
                return None;
            }
            if let Some(why) = self.ends(now_ms) {
                record.ended = why;
                self.close();
                continue;
            }
            if self.may_begin(now_ms) {
                self.begin();
                continue;
            }
            match self.wait(now_ms).await {
                Woken::Told(at, told) => self.told(at, told, &mut record.trail).await,
                Woken::Subscribed(uris) => self.subscribed(&uris, &mut record.trail).await,
                Woken::Time => {
                    let silent_ms = self.scene.platform.now_ms().saturating_sub(self.sent_ms);
                    if self.stage == Stage::Open && silent_ms >= u64::from(limits::KEEP_ALIVE_MS) {
                        self.sent_ms = self.scene.platform.now_ms();
                        return Some((Item::KeepAlive, (self, record)));
                    }
                }
            }
        }
    }

    /// A message on its way out; a legacy client is told how far all upstreams were read.
    fn item(&self, text: String) -> Item {
        self.counts.bytes.set(self.counts.bytes.get().saturating_add(text.len()));
        let Voice::Session { key, .. } = &self.voice else { return Item::Message(text) };
        let read = |feed: &Feed<P>| {
            let last = feed.last_event.clone().filter(|_| feed.sealed)?;
            Some((feed.share.link.upstream().alias.clone(), last))
        };
        match event::seal_own(&self.scene, key, self.feeds.iter().filter_map(read).collect()) {
            Some(id) => Item::Event { id, text, retry_ms: None },
            None => Item::Message(text),
        }
    }

    /// Whether the client hears what is told.
    fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Why it ends now, if so. Looked at before each message.
    fn ends(&self, now_ms: u64) -> Option<&'static str> {
        if self.scene.gateway.is_retired() {
            // Policy may be another now: the client asks again, and is answered by it.
            return Some("settings");
        }
        let (end_ms, why) = self.end;
        if now_ms >= end_ms {
            return Some(why);
        }
        (self.stage == Stage::Open && self.is_mute()).then_some("nothing")
    }

    /// Whether all upstreams have been reached, or waited for long enough.
    fn may_begin(&self, now_ms: u64) -> bool {
        let Stage::Opening(until_ms) = self.stage else { return false };
        now_ms >= until_ms || self.feeds.iter().all(|feed| feed.state != State::Opening)
    }

    /// The first message.
    fn begin(&mut self) {
        self.stage = Stage::Open;
        match &self.voice {
            Voice::Request(_) => self.acknowledge(),
            // Whoever loses the stream now has an id to come back with. Older clients take it for a message that is none.
            Voice::Session { revision, .. } if *revision >= Revision::V2025_11_25 => {
                self.queue.push_front(String::new());
            }
            Voice::Session { .. } => {}
        }
    }

    /// Says what is honoured: what the upstreams have said that they tell, and what is wanted of those that are late.
    fn acknowledge(&mut self) {
        let Voice::Request(id) = &self.voice else { return };
        let mut honours = Wish::default();
        for feed in &self.feeds {
            let wish = match &feed.state {
                State::Opening => &feed.share.wish,
                State::Open(honours) => honours,
                State::Mute => continue,
            };
            honours.tools |= wish.tools;
            honours.prompts |= wish.prompts;
            honours.resources |= wish.resources;
            let told = feed.share.uris.iter().filter(|(original, _)| wish.uris.contains(original));
            honours.uris.extend(told.map(|(_, shown)| shown.clone()));
            let told = feed.share.tasks.iter().filter(|task| wish.tasks.contains(&task.own));
            honours.tasks.extend(told.map(|task| task.token.clone()));
        }
        let members = format!(r#""notifications":{},"#, honours.filter());
        self.queue.push_back(tagged_notice(Method::SubscriptionsAcknowledged, &members, id));
    }

    /// A proper end: the answer to the request.
    fn close(&mut self) {
        if self.stage != Stage::Open {
            // Whatever it is, it is the first message.
            self.begin();
        }
        self.stage = Stage::Over;
        self.feeds.clear();
        let Voice::Request(id) = &self.voice else { return };
        let (key, server) = (meta::SUBSCRIPTION_ID, meta::SERVER_INFO);
        let result =
            format!(r#"{{"resultType":"complete","_meta":{{"{key}":{id},"{server}":{SERVER_INFO}}}}}"#);
        self.queue.push_back(result_message(id, &result));
    }

    async fn wait(&mut self, now_ms: u64) -> Woken {
        let silence_ms = self.sent_ms.saturating_add(u64::from(limits::KEEP_ALIVE_MS));
        let opening = match self.stage {
            Stage::Opening(until_ms) => Some(until_ms),
            Stage::Open | Stage::Over => None,
        };
        let Self { feeds, subscriptions, last, timer, scene, end, .. } = self;
        let timer = timer.get_or_insert_with(|| {
            let due_ms = opening.unwrap_or(silence_ms).min(end.0);
            let left_ms = due_ms.saturating_sub(now_ms).max(1);
            Box::pin(scene.platform.sleep(u32::try_from(left_ms).unwrap_or(u32::MAX)))
        });
        // What an upstream says before the client was told that it is heard waits there.
        let wanted = |state: &State| match state {
            State::Opening => true,
            State::Open(_) => opening.is_none(),
            State::Mute => false,
        };
        let woken = poll_fn(|context| {
            if let Poll::Ready((at, told)) = poll_any(feeds, *last, wanted, context) {
                return Poll::Ready(Woken::Told(at, told));
            }
            let changed = subscriptions.as_mut().map(|all| all.poll(scene, context));
            if let Some(Poll::Ready(uris)) = changed {
                return Poll::Ready(Woken::Subscribed(uris));
            }
            timer.as_mut().poll(context).map(|()| Woken::Time)
        })
        .await;
        match woken {
            Woken::Told(at, _) => self.last = at,
            Woken::Subscribed(_) => {}
            Woken::Time => self.timer = None,
        }
        woken
    }

    async fn told(&mut self, at: usize, told: Told, trail: &mut Trail<P>) {
        let message = match told {
            // On the heap: it happens once for each upstream.
            Told::Mute => return Box::pin(self.reached(at, None)).await,
            Told::Open(tuned) => return Box::pin(self.reached(at, Some(tuned))).await,
            Told::Message(message) => message,
        };
        let Some(feed) = self.feeds.get(at) else { return };
        let text = match message {
            // In its own session a legacy client hears all, and is asked.
            message if feed.sealed => turn::own(&self.scene, feed, message, trail).await,
            FromUpstream::Notification { json, notification, .. }
                if notification.method == Method::TasksNotification =>
            {
                // On the heap: it is no part of most streams.
                let told = Box::pin(turn::tasks(&self.scene, feed, &json, &notification, trail)).await;
                count(&self.counts.passed, told.len());
                count(&self.counts.dropped, usize::from(told.is_empty()));
                self.queue.extend(told);
                return;
            }
            FromUpstream::Notification { json, notification, .. } => {
                turn::turn(&self.scene, feed, json, notification, trail).await
            }
            // Modern upstreams ask nothing, and a session of ours said that it cannot be asked.
            _ => None,
        };
        count(if text.is_some() { &self.counts.passed } else { &self.counts.dropped }, 1);
        self.queue.extend(text);
    }
}
