//! The bytes of one event stream, counted, as events.

use super::fault;
use super::watch::Watch;
use crate::error::UpstreamFault;
use crate::limits;
use crate::mcp::sse::{Decoder, Event, SseError};
use crate::platform::{Body, Platform};
use std::pin::Pin;
use std::task::Context;

/// Work beside a stream: answers to what the upstream asks in it.
pub(super) type Side = Vec<Pin<Box<dyn Future<Output = ()>>>>;

/// Time given to a stream to end by itself after the answer, in ms, and chunks read meanwhile: a connection
/// whose answer was read to its end can be used again.
const DRAIN_MS: u32 = 1_000;
const DRAIN_CHUNKS: u32 = 16;

pub(super) struct Stream<B> {
    body: B,
    decoder: Decoder,
    /// Bytes of one event.
    most: usize,
    /// Bytes and events so far, over all connections of this exchange.
    bytes: usize,
    events: u32,
    /// The newest event id (legacy streams can be resumed after it).
    pub(super) last_id: Option<String>,
    /// The newest `retry`, in ms.
    pub(super) retry_ms: Option<u32>,
}

impl<B: Body> Stream<B> {
    pub(super) fn new(body: B) -> Self {
        let most = limits::RESPONSE_BYTES;
        Self { body, decoder: Decoder::new(most), most, bytes: 0, events: 0, last_id: None, retry_ms: None }
    }

    /// Takes no larger events than of `bytes`. Before anything is read.
    pub(super) fn narrow(&mut self, bytes: usize) {
        self.most = bytes;
        self.decoder = Decoder::new(bytes);
    }

    /// Goes on with another body, as after a reconnection.
    pub(super) fn resume(&mut self, body: B) {
        self.body = body;
        self.decoder = Decoder::new(self.most);
    }

    /// The next event, or `None` at a proper end. Meanwhile `side` makes progress.
    pub(super) async fn next<P: Platform>(
        &mut self,
        watch: &mut Watch<P>,
        idle_ms: u32,
        side: &mut Side,
    ) -> Result<Option<Event>, UpstreamFault> {
        loop {
            if let Some(event) = self.decoder.next().map_err(undecodable)? {
                self.events += 1;
                if self.events > limits::STREAM_EVENTS {
                    return Err(UpstreamFault::TooLarge);
                }
                self.note(&event);
                return Ok(Some(event));
            }
            let chunk = watch.race(beside(side, self.body.chunk())).await?;
            let Some(chunk) = chunk.map_err(fault::fetch)? else {
                let decoder = std::mem::replace(&mut self.decoder, Decoder::new(self.most));
                return decoder.finish().map(|()| None).map_err(undecodable);
            };
            self.bytes = self.bytes.saturating_add(chunk.len());
            if self.bytes > limits::STREAM_BYTES {
                return Err(UpstreamFault::TooLarge);
            }
            watch.heard(idle_ms);
            self.decoder.push(&chunk);
        }
    }

    fn note(&mut self, event: &Event) {
        if event.id.is_some() {
            self.last_id.clone_from(&event.id);
        }
        self.retry_ms = event.retry_ms.or(self.retry_ms);
    }

    /// Waits a moment for the end of the stream.
    pub(super) async fn drain<P: Platform>(mut self, mut watch: Watch<P>, mut side: Side) {
        watch.curtail(DRAIN_MS);
        for _ in 0..DRAIN_CHUNKS {
            match watch.race(beside(&mut side, self.body.chunk())).await {
                Ok(Ok(Some(_))) => {}
                _ => break,
            }
        }
        for task in side {
            task.await;
        }
    }
}

fn undecodable(error: SseError) -> UpstreamFault {
    match error {
        SseError::TooLarge => UpstreamFault::TooLarge,
        SseError::Utf8 | SseError::Half => UpstreamFault::Malformed,
    }
}

/// `work`, while `side` makes progress too.
async fn beside<T>(side: &mut Side, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context: &mut Context<'_>| {
        side.retain_mut(|task| task.as_mut().poll(context).is_pending());
        work.as_mut().poll(context)
    })
    .await
}
