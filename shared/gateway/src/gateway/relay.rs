//! A running call as the agent's stream: the upstream's messages as they come, comments in their silence, one end.
//! The record hangs on the end of the stream, which comes once.

use super::admission;
use super::asking::{self, Asking};
use super::dialogue::{Dialogue, Round};
use super::listen;
use super::running::Listed;
use super::scene::{Flow, Scene};
use super::view::View;
use crate::error::{Error, Fault, UpstreamFault};
use crate::limits;
use crate::mcp::envelope::{Request, Response};
use crate::mcp::json::Json;
use crate::mcp::revisions::Era;
use crate::platform::Platform;
use crate::reply::{Item, MessageStream};
use crate::stage::admit::Ticket;
use crate::stage::audit::Trail;
use crate::stage::redact::Held;
use crate::upstream::{Exchange, FromUpstream};
use futures_util::future::{Either, select};
use futures_util::stream::unfold;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;

/// A running call.
pub(crate) struct Relay<P: Platform> {
    scene: Scene<P>,
    view: View<P>,
    next: Next<P>,
    /// Runs out when nothing was sent for a while. What is sent does not set it anew, since each timer is a
    /// crossing: when it runs out, it is set to what then remains.
    silence: Silence,
    /// What a legacy upstream has asked a modern client.
    asking: Option<Asking>,
    /// The id of the event that the next message is, for a client that may lose its stream.
    event: Option<String>,
    /// What ends the stream before the answer: the client is to come back.
    pause: Option<Item>,
    /// Messages for the agent, last first.
    queue: Vec<String>,
    /// When something was last sent, in Unix ms.
    sent_ms: u64,
    over: bool,
}

type Step<P> = (Option<Exchange<P>>, Heard<P>);
/// The read under way owns the exchange, so that a keep-alive never cuts a half-read chunk.
type Next<P> = Pin<Box<dyn Future<Output = Step<P>>>>;
/// What came of a read.
enum Heard<P: Platform> {
    Message(Result<Option<FromUpstream>, Fault>),
    /// What the upstream makes of the client's answers, and what asking it again was charged.
    Again(Rc<Ticket<P>>, Result<Option<FromUpstream>, Fault>),
    /// Nothing, for as long as more questions were waited for.
    Silence,
    /// The call could not be repeated with the answers of the client.
    Failed(Error),
}
type Silence = Pin<Box<dyn Future<Output = ()>>>;

fn read<P: Platform>(mut exchange: Exchange<P>) -> Next<P> {
    Box::pin(async move {
        let message = exchange.next().await;
        (Some(exchange), Heard::Message(message))
    })
}

/// Reads until `late`. What is half read then comes again when the call goes on.
fn gather<P: Platform>(mut exchange: Exchange<P>, late: Silence) -> Next<P> {
    Box::pin(async move {
        let heard = match select(pin!(exchange.next()), late).await {
            Either::Left((message, _)) => Heard::Message(message),
            Either::Right(_) => Heard::Silence,
        };
        (Some(exchange), heard)
    })
}

/// Reads what the upstream makes of the client's answers.
fn answered<P: Platform>(scene: Scene<P>, view: &View<P>, dialogue: Rc<Dialogue>, round: Round) -> Next<P> {
    let link = Rc::clone(&view.link);
    Box::pin(async move {
        match dialogue.go_on(scene, link, round).await {
            Ok((mut exchange, ticket)) => {
                let message = exchange.next().await;
                (Some(exchange), Heard::Again(ticket, message))
            }
            Err(error) => (None, Heard::Failed(error)),
        }
    })
}

/// Waits for the first message: when it is the answer, no stream is needed.
pub(crate) async fn start<P: Platform>(
    scene: &Scene<P>,
    mut exchange: Exchange<P>,
    view: View<P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    if !exchange.is_stream() {
        return match exchange.next().await? {
            Some(FromUpstream::Answer { json, response }) if view.asks(&json, &response) => {
                let message = Ok(Some(FromUpstream::Answer { json, response }));
                let next = Box::pin(std::future::ready((Some(exchange), Heard::Message(message))));
                let silence = Box::pin(scene.platform.sleep(limits::KEEP_ALIVE_MS));
                Ok(Flow::Relay(Box::new(Relay::new(scene.again(), view, next, silence))))
            }
            Some(FromUpstream::Answer { json, response }) => {
                view.whole(scene, Held::Owned(json), response, trail).await
            }
            _ => Err(view.fault(UpstreamFault::NoAnswer)),
        };
    }
    let mut silence: Silence = Box::pin(scene.platform.sleep(limits::KEEP_ALIVE_MS));
    let scene = scene.again();
    let first = select(read(exchange), silence.as_mut()).await;
    if let Either::Left(((Some(exchange), _), _)) = &first {
        trail.dropped(exchange.dropped());
    }
    let next = match first {
        Either::Left(((_, Heard::Message(Ok(Some(FromUpstream::Answer { json, response })))), _))
            if !view.asks(&json, &response) =>
        {
            return view.whole(&scene, Held::Owned(json), response, trail).await;
        }
        Either::Left(((_, Heard::Message(Err(fault))), _)) => return Err(fault.into()),
        // A question that cannot be asked ends the call while an HTTP status can still be chosen.
        Either::Left(((_, Heard::Message(Ok(Some(FromUpstream::Ask { json, request, session })))), _))
            if session.is_none() || view.may_ask(&json, &request).is_err() =>
        {
            let kind = view.may_ask(&json, &request)?;
            return Err(view.cannot_ask(kind));
        }
        Either::Left((step, _)) => Box::pin(std::future::ready(step)),
        // Nothing came: the stream begins with a comment.
        Either::Right(((), next)) => {
            silence = Box::pin(std::future::ready(()));
            next
        }
    };
    Ok(Flow::Relay(Box::new(Relay::new(scene, view, next, silence))))
}

/// The rest of a stream that was left: there is a stream, whatever comes on it.
pub(crate) fn begin<P: Platform>(scene: &Scene<P>, exchange: Exchange<P>, view: View<P>) -> Flow<P> {
    let silence = Box::pin(scene.platform.sleep(limits::KEEP_ALIVE_MS));
    Flow::Relay(Box::new(Relay::new(scene.again(), view, read(exchange), silence)))
}

impl<P: Platform> Relay<P> {
    fn new(scene: Scene<P>, view: View<P>, next: Next<P>, silence: Silence) -> Self {
        let sent_ms = scene.platform.now_ms();
        Self {
            scene,
            view,
            next,
            silence,
            asking: None,
            event: None,
            pause: None,
            queue: Vec::new(),
            sent_ms,
            over: false,
        }
    }

    /// The stream of messages. Dropping it drops the exchange, which cancels the upstream's work.
    pub fn run(self: Box<Self>, trail: Trail<P>) -> MessageStream {
        Box::pin(unfold((self, trail), |(relay, trail)| relay.step(trail)))
    }

    async fn step(mut self: Box<Self>, mut trail: Trail<P>) -> Option<(Item, (Box<Self>, Trail<P>))> {
        if let Some(text) = self.queue.pop() {
            return Some((Item::Message(text), (self, trail)));
        }
        while !self.over {
            if self.view.listed.as_ref().is_some_and(Listed::cancelled) {
                return None;
            }
            let (exchange, heard) = match select(self.next, self.silence.as_mut()).await {
                Either::Left((step, _)) => step,
                Either::Right(((), next)) => {
                    self.next = next;
                    if let Some(item) = self.break_silence() {
                        return Some((item, (self, trail)));
                    }
                    continue;
                }
            };
            self.next = Box::pin(std::future::pending());
            if let Some(turned) = self.heard(exchange, heard, &mut trail).await {
                let text = self.text(turned, &mut trail);
                if self.over {
                    // Before the agent has the answer.
                    self.view.ending = None;
                }
                self.sent_ms = self.scene.platform.now_ms();
                let item = match self.event.take() {
                    Some(id) => Item::Event { id, text, retry_ms: None },
                    None => Item::Message(text),
                };
                return Some((item, (self, trail)));
            }
        }
        let item = self.pause.take()?;
        trail.note("ended", "polling");
        trail.answer(0);
        Some((item, (self, trail)))
    }

    /// Where the stream is after this message of its upstream, as an event id; the upstream then works on for whoever comes
    /// back with it.
    fn mark(&self, exchange: &mut Exchange<P>) -> Option<String> {
        let (session, call) = self.view.resumable.as_deref()?;
        let left = listen::Left::Call(call.clone(), exchange.last_event()?.to_owned());
        let id = listen::seal(&self.scene, session, &left)?;
        exchange.keep();
        Some(id)
    }

    /// What was heard, as the agent gets it; none if it gets nothing of it, or not yet.
    async fn heard(
        &mut self,
        exchange: Option<Exchange<P>>,
        heard: Heard<P>,
        trail: &mut Trail<P>,
    ) -> Option<Result<String, Error>> {
        let Some(mut exchange) = exchange else {
            let Heard::Failed(error) = heard else { return None };
            return Some(Err(error));
        };
        trail.dropped(exchange.dropped());
        let message = match heard {
            Heard::Again(ticket, message) => {
                self.view.ticket = Some(ticket);
                return Box::pin(self.heard(Some(exchange), Heard::Message(message), trail)).await;
            }
            Heard::Failed(error) => return Some(Err(error)),
            Heard::Message(Ok(Some(FromUpstream::Answer { json, response })))
                if self.view.asks(&json, &response) =>
            {
                return self.ask(json, response, trail).await;
            }
            Heard::Message(Ok(Some(FromUpstream::Ask { json, request, session: Some(_) })))
                if self.view.to.era() == Era::Modern =>
            {
                return self.asked(exchange, &json, &request).err().map(Err);
            }
            Heard::Message(Ok(Some(FromUpstream::Paused(retry_ms)))) => {
                self.over = true;
                let id = self.mark(&mut exchange);
                self.pause = id.map(|id| Item::Event { id, text: String::new(), retry_ms: Some(retry_ms) });
                return self.pause.is_none().then(|| Err(self.view.fault(UpstreamFault::NoAnswer)));
            }
            Heard::Message(message) => message,
            Heard::Silence => {
                self.over = true;
                let asking = self.asking.take()?;
                return Some(asking::suspend(&self.scene, &self.view, exchange, asking, trail).await);
            }
        };
        if matches!(message, Ok(Some(FromUpstream::Notification { .. } | FromUpstream::Ask { .. }))) {
            self.event = self.mark(&mut exchange);
            self.go_on(exchange);
        } else {
            self.over = true;
        }
        self.view.turn(&self.scene, message, trail).await
    }

    /// Questions of a modern upstream to a legacy client.
    async fn ask(
        &mut self,
        json: Json<'static>,
        response: Response,
        trail: &mut Trail<P>,
    ) -> Option<Result<String, Error>> {
        let dialogue = self.view.dialogue.clone()?;
        let mut round = match dialogue.ask(&self.scene, &self.view, json, response, trail).await {
            Ok(round) => round,
            Err(error) => return Some(Err(error)),
        };
        self.queue = std::mem::take(&mut round.questions);
        self.queue.reverse();
        // It ends here, as a modern client's request would: nothing is under way while the user thinks.
        self.view.ticket = None;
        self.next = answered(self.scene.again(), &self.view, dialogue, round);
        self.queue.pop().map(Ok)
    }

    /// A question that the agent's next request is to answer, or that this one has answered already.
    fn asked(&mut self, mut exchange: Exchange<P>, json: &Json<'_>, request: &Request) -> Result<(), Error> {
        let kind = self.view.may_ask(json, request)?;
        let number = self.asking.as_ref().map_or(0, Asking::len);
        let key = asking::key(json, request, number);
        let ready = self.view.ready.as_mut().and_then(|ready| ready.take(&key, json.raw(request.id)));
        if let Some(answer) = ready {
            exchange.answer_question(answer)?;
        } else {
            let now_ms = self.scene.platform.now_ms();
            let asking = self.asking.get_or_insert_with(|| Asking::new(now_ms));
            if !asking.take(json, request, key, kind) {
                return Err(self.view.fault(UpstreamFault::TooLarge));
            }
        }
        self.go_on(exchange);
        Ok(())
    }

    /// Reads on; only for a moment, if something was asked.
    fn go_on(&mut self, exchange: Exchange<P>) {
        self.next = match &self.asking {
            None => read(exchange),
            Some(asking) => {
                let left_ms = asking.due_ms.saturating_sub(self.scene.platform.now_ms());
                let late = self.scene.platform.sleep(u32::try_from(left_ms).unwrap_or(u32::MAX));
                gather(exchange, Box::pin(late))
            }
        };
    }

    /// The timer has run out: a comment, if nothing was sent since it was set; and the timer set anew.
    fn break_silence(&mut self) -> Option<Item> {
        let now_ms = self.scene.platform.now_ms();
        let silent_ms = u32::try_from(now_ms.saturating_sub(self.sent_ms)).unwrap_or(u32::MAX);
        let left_ms = limits::KEEP_ALIVE_MS.saturating_sub(silent_ms);
        if left_ms > 0 {
            self.silence = Box::pin(self.scene.platform.sleep(left_ms));
            return None;
        }
        self.sent_ms = now_ms;
        self.silence = Box::pin(self.scene.platform.sleep(limits::KEEP_ALIVE_MS));
        Some(Item::KeepAlive)
    }

    /// The message, or the one error that ends the call.
    fn text(&mut self, turned: Result<String, Error>, trail: &mut Trail<P>) -> String {
        match turned {
            Ok(text) => {
                if self.over {
                    trail.answer(text.len());
                }
                text
            }
            Err(error) => {
                self.over = true;
                self.next = Box::pin(std::future::pending());
                trail.error(&error);
                if let Some(ticket) = &self.view.ticket {
                    admission::failed(&self.scene, ticket, &error);
                }
                self.scene.row(&error, self.view.to.era()).message(Some(&self.view.id))
            }
        }
    }
}
