//! One upstream's part of a stream: read as it is pulled, and opened again when it breaks.

use super::filter::Share;
use crate::gateway::view::View;
use crate::limits;
use crate::platform::Platform;
use crate::upstream::{FromUpstream, Listener, Sealed, Tuned, Wish};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A stream that lasted so long, in ms, was no failure to open one: the next pause is the shortest again. So it is after one
/// that told something.
const STEADY_MS: u64 = 10_000;
/// How long a stream is read beside its heir, in ms: what its upstream sent before it knew of that one is here then.
const LEAVING_MS: u32 = 1_000;

/// What an upstream tells.
pub(crate) enum Told {
    /// It is listened to.
    Open(Tuned),
    /// It says something.
    Message(FromUpstream),
    /// It has nothing to tell, and will not have.
    Mute,
}

/// Whether it is the stream of its upstream, or one that is to take its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Holder,
    Heir,
    /// Its heir is open.
    Leaving,
}

/// How far one upstream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It has not been reached yet.
    Opening,
    /// It was, and tells this. It may be out of reach at the moment.
    Open(Wish),
    /// It tells nothing.
    Mute,
}

/// One upstream.
pub(crate) struct Feed<P: Platform> {
    pub share: Share,
    /// What its messages are turned with.
    pub view: View<P>,
    pub state: State,
    /// Whether it is listened to in the client's own session.
    pub sealed: bool,
    /// The newest event that was read of it.
    pub last_event: Option<String>,
    pub place: Place,
    next: Option<Next<P>>,
    /// Whether the upstream is connected.
    up: Rc<Cell<bool>>,
    /// When it leaves.
    leaves: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

/// The work under way owns the connection.
type Next<P> = Pin<Box<dyn Future<Output = (Source<P>, Told)>>>;

struct Source<P: Platform> {
    platform: P,
    listener: Listener<P>,
    open: Rc<Cell<bool>>,
    /// When it was opened, in Unix ms.
    since_ms: u64,
    /// Failures since it was last open for long: as often the pause is doubled.
    tries: u32,
}

impl<P: Platform> Feed<P> {
    /// Nothing is asked before it is polled. `sealed`: the session to listen in, and the last event that was read in it.
    pub fn new(
        platform: &P,
        share: Share,
        view: View<P>,
        sealed: Option<Sealed>,
        last_event: Option<String>,
    ) -> Self {
        let (wish, own) = (share.wish.clone(), sealed.is_some());
        let listener = Listener::new(&share.link, platform, wish, sealed, last_event.clone());
        let up = Rc::new(Cell::new(false));
        let (platform, open) = (platform.clone(), Rc::clone(&up));
        let source = Source { platform, listener, open, since_ms: 0, tries: 0 };
        Self {
            share,
            view,
            state: State::Opening,
            sealed: own,
            last_event,
            place: Place::Holder,
            next: Some(Box::pin(source.step())),
            up,
            leaves: None,
        }
    }

    /// Whether the upstream is connected, as far as it was read.
    pub fn is_up(&self) -> bool {
        self.up.get()
    }

    /// Has it read for a moment more; then, or when the upstream breaks before, it is mute.
    pub fn leave(&mut self, platform: &P) {
        self.place = Place::Leaving;
        self.leaves = Some(Box::pin(platform.sleep(LEAVING_MS)));
    }

    /// What it tells next. Nothing more is read until that was taken.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Told> {
        let Some(next) = &mut self.next else { return Poll::Pending };
        let Poll::Ready((source, told)) = next.as_mut().poll(context) else {
            let Some(end) = &mut self.leaves else { return Poll::Pending };
            let over = end.as_mut().poll(context).is_ready() || !self.up.get();
            return if over { Poll::Ready(Told::Mute) } else { Poll::Pending };
        };
        self.last_event = source.listener.last_event().map(str::to_owned);
        self.next = match told {
            Told::Mute => None,
            Told::Open(_) | Told::Message(_) => Some(Box::pin(source.step())),
        };
        Poll::Ready(told)
    }
}

impl<P: Platform> Source<P> {
    async fn step(mut self) -> (Self, Told) {
        // Ends with the stream: each turn waits for the upstream, or pauses.
        loop {
            if self.open.get() {
                match self.listener.next().await {
                    Ok(message) => {
                        self.tries = 0;
                        return (self, Told::Message(message));
                    }
                    Err(_) => self.open.set(false),
                }
                if self.platform.now_ms().saturating_sub(self.since_ms) >= STEADY_MS {
                    self.tries = 0;
                }
                self.pause().await;
                self.tries = self.tries.saturating_add(1);
            }
            // What was not sent has not failed.
            let failure = u32::from(!self.listener.is_shut());
            match self.listener.open().await {
                Ok(Some(tuned)) => {
                    self.open.set(true);
                    self.since_ms = self.platform.now_ms();
                    return (self, Told::Open(tuned));
                }
                Ok(None) => return (self, Told::Mute),
                Err(_) => {
                    self.pause().await;
                    self.tries = self.tries.saturating_add(failure);
                }
            }
        }
    }

    /// Twice as long after each failure, and by up to a half longer by chance: many streams lose an upstream at once.
    async fn pause(&self) {
        let (shortest, longest) = limits::LISTEN_PAUSE_MS;
        let ms = shortest.saturating_mul(1 << self.tries.min(10)).min(longest);
        let mut chance = [0];
        self.platform.fill(&mut chance);
        let more = ms / 2 * u32::from(chance[0]) / 255;
        self.platform.sleep(ms.saturating_add(more)).await;
    }
}

/// What any of the upstreams tells next, in turns that begin behind `last`: none that says much keeps the others silent.
/// Those that are not `wanted` are not read.
pub(super) fn poll_any<P: Platform>(
    feeds: &mut [Feed<P>],
    last: usize,
    wanted: impl Fn(&State) -> bool,
    context: &mut Context<'_>,
) -> Poll<(usize, Told)> {
    let count = feeds.len();
    for turn in 1..=count {
        let at = last.wrapping_add(turn).checked_rem(count).unwrap_or_default();
        let Some(feed) = feeds.get_mut(at).filter(|feed| wanted(&feed.state)) else { continue };
        if let Poll::Ready(told) = feed.poll(context) {
            return Poll::Ready((at, told));
        }
    }
    Poll::Pending
}
