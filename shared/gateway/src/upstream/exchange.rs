//! One request at an upstream and what comes back, message by message.

mod left;

use super::cancel::Cancel;
use super::fault::about_revision;
use super::guard::Pass;
use super::link::Link;
use super::stream::{Side, Stream};
use super::wanted::{Asks, Wanted};
use super::watch::Watch;
use super::{Sealed, legacy};
use crate::error::{Fault, UpstreamFault};
use crate::limits;
use crate::mcp::{Era, Json, JsonError, Message, Method, Notification, Outcome, Request, Response};
use crate::platform::Platform;
use crate::stage::redact::Cleared;
use std::cell::Cell;
use std::rc::Rc;

/// What an upstream says while it answers.
pub enum FromUpstream {
    /// Progress, a log message the client wants, or a change that concerns caches.
    Notification {
        /// The message.
        json: Json<'static>,
        /// Its parts.
        notification: Notification,
        /// The client's own progress token, raw JSON, that is to be put back.
        token: Option<String>,
    },
    /// A legacy upstream asks something of the client.
    Ask {
        /// The message.
        json: Json<'static>,
        /// Its parts.
        request: Request,
        /// Where the answer is to be posted: into the client's own session, or later ([`Exchange::suspend`]) into one of the
        /// gateway's. `None` where nobody can be asked: the upstream is told -32601, and the caller may wait for what it
        /// makes of that, or end the call.
        session: Option<Sealed>,
    },
    /// The stream has ended before the answer, which is to be asked for after this time, in ms ([`Exchange::hand_over`]).
    Paused(u32),
    /// The answer, under the gateway's id for the upstream.
    Answer {
        /// The message.
        json: Json<'static>,
        /// Its parts.
        response: Response,
    },
}

/// Answers to server requests that may be under way at once on one stream.
const SIDE: usize = 16;
/// Reconnections of one legacy stream.
const RESUMPTIONS: u32 = 16;
/// Before a reconnection, unless the upstream says otherwise (`retry`), in ms.
const RETRY_MS: u32 = 500;

enum Source<B> {
    /// The answer is here.
    Answer(Json<'static>, Response),
    Stream(Stream<B>),
    Over,
}

/// One request at an upstream, and its answer as it comes. Dropping it before the answer cancels the request.
pub struct Exchange<P: Platform> {
    link: Rc<Link>,
    platform: P,
    watch: Watch<P>,
    /// Longest silence in a stream, in ms.
    idle_ms: u32,
    wanted: Wanted,
    source: Source<P::Body>,
    side: Side,
    resumptions: u32,
    /// Whether the client takes up what is left of the stream.
    hands_over: bool,
    /// The newest event id of a stream that has broken.
    broke_after: Option<String>,
    /// See [`Exchange::dropped`].
    dropped: Cell<u32>,
    /// Armed as long as a legacy upstream is at work for nobody if this is dropped.
    cancel: Cancel<P>,
    /// The session id that came with the head.
    pub(super) session_id: Option<String>,
    /// What is held until this has ended; none for what the gateway does on its own account.
    pass: Option<Pass>,
}

impl<P: Platform> Exchange<P> {
    pub(super) fn new(
        link: &Rc<Link>,
        platform: &P,
        watch: Watch<P>,
        wanted: Wanted,
        cancel: Cancel<P>,
        session_id: Option<String>,
    ) -> Self {
        Self {
            link: Rc::clone(link),
            platform: platform.clone(),
            watch,
            idle_ms: 0,
            wanted,
            source: Source::Over,
            side: Side::new(),
            resumptions: 0,
            hands_over: false,
            broke_after: None,
            dropped: Cell::new(0),
            cancel,
            session_id,
            pass: None,
        }
    }

    /// With an answer that came whole.
    pub(super) fn answered(mut self, bytes: Vec<u8>) -> Result<Self, UpstreamFault> {
        let json = parse(bytes)?;
        let Message::Response(response) = read(&json)? else {
            return Err(UpstreamFault::Malformed);
        };
        self.check(&json, &response)?;
        self.source = Source::Answer(json, response);
        Ok(self)
    }

    /// With a stream to be read.
    pub(super) fn streaming(mut self, body: P::Body, idle_ms: u32) -> Self {
        self.watch.heard(idle_ms);
        self.idle_ms = idle_ms;
        self.source = Source::Stream(Stream::new(body));
        self
    }

    /// Under a guard's eyes from now on.
    pub(super) fn under(mut self, pass: Pass) -> Self {
        self.pass = Some(pass);
        self
    }

    /// The request's id at the upstream, raw JSON.
    pub(crate) fn id(&self) -> &str {
        &self.wanted.id
    }

    /// The session of a legacy upstream that it was sent in.
    pub(crate) const fn session(&self) -> Option<&Sealed> {
        self.wanted.session.as_ref()
    }

    /// Whether messages may come before the answer.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.source, Source::Stream(_))
    }

    /// How many notifications were not for the client since this was last asked.
    pub(crate) fn dropped(&self) -> u32 {
        self.dropped.take()
    }

    /// The next message; `None` only after the answer.
    ///
    /// # Errors
    /// Whatever keeps the answer from coming: silence, a broken stream, a message that is none, a wrong id,
    /// too much of anything. The exchange is over then.
    pub async fn next(&mut self) -> Result<Option<FromUpstream>, Fault> {
        let outcome = self.advance().await;
        if let (Some(pass), Ok(Some(message))) = (&mut self.pass, &outcome) {
            pass.heard(&self.platform);
            if matches!(message, FromUpstream::Answer { .. }) {
                pass.settle(&self.link, &self.platform, None);
            }
        }
        outcome.map_err(|kind| {
            if let Some(pass) = &mut self.pass {
                pass.settle(&self.link, &self.platform, Some(kind));
            }
            if let Source::Stream(stream) = std::mem::replace(&mut self.source, Source::Over) {
                self.broke_after = stream.last_id;
            }
            self.cancel.end(kind);
            if kind == UpstreamFault::Revision {
                self.link.doubt(&self.platform);
            }
            self.link.fault(kind)
        })
    }

    async fn advance(&mut self) -> Result<Option<FromUpstream>, UpstreamFault> {
        // Ends: the stream counts its bytes and events, and the watch its time.
        loop {
            let stream = match &mut self.source {
                Source::Stream(stream) => stream,
                Source::Over => return Ok(None),
                Source::Answer(..) => return Ok(self.take_answer()),
            };
            match stream.next(&mut self.watch, self.idle_ms, &mut self.side).await? {
                // Priming events carry an id and no data.
                Some(event) if event.data.is_empty() || !is_message(event.name.as_deref()) => {}
                Some(event) => {
                    if let Some(message) = self.heard(event.data, event.id.is_some())? {
                        return Ok(Some(message));
                    }
                }
                None => match self.paused() {
                    Some(retry_ms) => return Ok(Some(FromUpstream::Paused(retry_ms))),
                    None => self.resume().await?,
                },
            }
        }
    }

    fn take_answer(&mut self) -> Option<FromUpstream> {
        match std::mem::replace(&mut self.source, Source::Over) {
            Source::Answer(json, response) => Some(FromUpstream::Answer { json, response }),
            _ => None,
        }
    }

    /// `resumable`: the event has an id, so that what comes after it can be asked for.
    fn heard(&mut self, data: String, resumable: bool) -> Result<Option<FromUpstream>, UpstreamFault> {
        let json = parse(data.into_bytes())?;
        match read(&json)? {
            Message::Notification(notification) => {
                let heard = self.notified(json, &notification);
                self.dropped.set(self.dropped.get().saturating_add(u32::from(heard.is_none())));
                Ok(heard)
            }
            Message::Request(request) => self.asked(json, request, resumable),
            Message::Response(response) => {
                self.check(&json, &response)?;
                self.cancel.disarm();
                self.finish();
                Ok(Some(FromUpstream::Answer { json, response }))
            }
        }
    }

    fn check(&self, json: &Json<'_>, response: &Response) -> Result<(), UpstreamFault> {
        if response.id.map(|id| json.raw(id)) != Some(self.wanted.id.as_str()) {
            return Err(UpstreamFault::WrongId);
        }
        let Outcome::Error(error) = response.outcome else {
            return Ok(());
        };
        match json.get(error, "code").and_then(|code| json.integer(code)) {
            Some(code) if about_revision(code) => Err(UpstreamFault::Revision),
            _ => Ok(()),
        }
    }

    /// Lets the stream come to its end behind the answer.
    fn finish(&mut self) {
        if let Source::Stream(stream) = std::mem::replace(&mut self.source, Source::Over) {
            let fresh = Watch::new(&self.platform, 0, 0);
            let watch = std::mem::replace(&mut self.watch, fresh);
            let side = std::mem::take(&mut self.side);
            self.platform.defer(Box::pin(stream.drain(watch, side)));
        }
    }

    fn notified(&mut self, json: Json<'static>, notification: &Notification) -> Option<FromUpstream> {
        let mut token = None;
        match notification.method {
            Method::Progress => token = Some(self.wanted.progress(&json, notification)?),
            Method::LogMessage => {
                let level = json.get(notification.params?, "level")?;
                let level = json.string(level)?;
                if !self.wanted.logs.pass(&level) {
                    return None;
                }
            }
            // About a request of the upstream's own; what was handed on is answered or runs out.
            Method::Cancelled => return None,
            _ => {}
        }
        Some(FromUpstream::Notification { json, notification: *notification, token })
    }

    fn asked(
        &mut self,
        json: Json<'static>,
        request: Request,
        resumable: bool,
    ) -> Result<Option<FromUpstream>, UpstreamFault> {
        // MCP 2026-07-28: no server requests on any stream.
        if self.wanted.era == Era::Modern {
            return Err(UpstreamFault::Malformed);
        }
        let id = json.raw(request.id);
        if request.method == Method::Ping {
            let pong = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#);
            self.reply(pong)?;
            return Ok(None);
        }
        let askable = match self.wanted.asks {
            Asks::Never => false,
            Asks::Now => true,
            Asks::Later => resumable,
        };
        if self.wanted.asks == Asks::Later && !resumable {
            self.link.forgets.set(true);
        }
        let session = self.wanted.session.clone().filter(|_| askable);
        if session.is_none() {
            self.reply(format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"Method not found"}}}}"#
            ))?;
        }
        Ok(Some(FromUpstream::Ask { json, request, session }))
    }

    /// Posts an answer of our own beside the stream: the upstream may wait for it before it goes on.
    fn reply(&mut self, text: String) -> Result<(), UpstreamFault> {
        if self.side.len() >= SIDE {
            return Err(UpstreamFault::Malformed);
        }
        let (link, platform, session) =
            (Rc::clone(&self.link), self.platform.clone(), self.wanted.session.clone());
        self.side.push(Box::pin(async move {
            // Lost answers are the upstream's to time out.
            let _ = legacy::post(&link, &platform, session.as_ref(), text).await;
        }));
        Ok(())
    }

    /// Posts a client's answer to a question of the upstream beside the stream.
    ///
    /// # Errors
    /// Too many are under way.
    pub(crate) fn answer_question(&mut self, answer: Cleared) -> Result<(), Fault> {
        self.reply(answer.into_inner()).map_err(|kind| self.link.fault(kind))
    }

    /// The answer alone, whatever is said before it.
    pub(super) async fn answer(mut self) -> Result<(Json<'static>, Response), UpstreamFault> {
        loop {
            match self.advance().await? {
                Some(FromUpstream::Answer { json, response }) => return Ok((json, response)),
                Some(_) => {}
                None => return Err(UpstreamFault::NoAnswer),
            }
        }
    }
}

impl<P: Platform> Drop for Exchange<P> {
    fn drop(&mut self) {
        for task in self.side.drain(..) {
            self.platform.defer(task);
        }
    }
}

/// SSE events without a name are messages; anything else is not of MCP.
fn is_message(name: Option<&str>) -> bool {
    matches!(name, None | Some("" | "message"))
}

fn parse(bytes: Vec<u8>) -> Result<Json<'static>, UpstreamFault> {
    Json::parse_owned(bytes, &limits::RESPONSE).map_err(|error| match error {
        JsonError::TooLarge => UpstreamFault::TooLarge,
        _ => UpstreamFault::Malformed,
    })
}

fn read(json: &Json<'_>) -> Result<Message, UpstreamFault> {
    Message::read(json, json.root()).map_err(|_| UpstreamFault::Malformed)
}
