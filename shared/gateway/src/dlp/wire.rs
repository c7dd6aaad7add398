//! One question to a service, up to the whole of its answer: credential, retry, and when it is left alone.

use super::Why;
use super::token::{Tokens, token};
use crate::limits;
use crate::mcp::headers::retry_after;
use crate::platform::{Body, FetchError, HttpMethod, Incoming, Outgoing, OutgoingHeaders, Platform};
use crate::tenant::{Credential, Dlp, DlpCredential};
use std::cell::Cell;
use std::rc::Rc;

/// How long a service is left alone that says 429 without a time, and the longest that it can ask for, in ms.
const QUIET_MS: u64 = 1_000;
const LONGEST_QUIET_MS: u64 = 10 * 60_000;
/// How long a customer without a licence is not asked for again, in ms.
const UNLICENSED_MS: u64 = 60 * 60_000;

/// What this isolate knows of one service of one tenant.
#[derive(Default)]
pub(super) struct Memory {
    pub tokens: Tokens,
    pub scopes: super::purview::Scopes,
    /// Until when it is left alone, in Unix ms.
    quiet_until_ms: Cell<u64>,
    /// Until when the customer is taken to have no licence, in Unix ms.
    unlicensed_until_ms: Cell<u64>,
}

/// A service within reach. Clones are for work behind the answer.
#[derive(Clone)]
pub(super) struct Wire<P> {
    pub platform: P,
    pub dlp: Rc<Dlp>,
    pub memory: Rc<Memory>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// Absolute URL.
    pub url: String,
    /// Headers besides `content-type`, `accept` and the credential.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// An answer of success.
#[derive(Debug)]
pub(super) struct Got {
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

impl<P: Platform> Wire<P> {
    pub fn new(platform: &P, dlp: &Rc<Dlp>, memory: Rc<Memory>) -> Self {
        Self { platform: platform.clone(), dlp: Rc::clone(dlp), memory }
    }

    /// Asks, once more with a new token if ours was refused, and once more if it did not work at all. The caller has a
    /// deadline for all of it.
    pub async fn post(&self, question: &Question) -> Result<Got, Why> {
        let (mut renewed, mut again) = (false, false);
        loop {
            if self.platform.now_ms() < self.memory.unlicensed_until_ms.get() {
                return Err(Why::NotLicensed);
            }
            if self.platform.now_ms() < self.memory.quiet_until_ms.get() {
                return Err(Why::Throttled);
            }
            let (credential, renewable) = self.credential().await?;
            let incoming = match self.send(question, &credential).await {
                Ok(incoming) => incoming,
                Err(_) if !again => {
                    again = true;
                    continue;
                }
                Err(_) => return Err(Why::Unreachable),
            };
            match incoming.status {
                200..=202 => return self.read(incoming).await,
                401 | 403 if renewable && !renewed => {
                    renewed = true;
                    self.memory.tokens.forget(&credential);
                }
                500 | 502 | 504 if !again => again = true,
                status => return Err(self.refused(status, incoming.retry_after.as_deref())),
            }
        }
    }

    async fn send(
        &self,
        question: &Question,
        credential: &Credential,
    ) -> Result<Incoming<P::Body>, FetchError> {
        let mut headers: OutgoingHeaders =
            [("content-type", "application/json"), ("accept", "application/json")].into_iter().collect();
        for (name, value) in &question.headers {
            headers.push(name, value);
        }
        if let Credential::Header { name, value } = credential {
            headers.push(name, value);
        }
        let (url, body) = (question.url.clone(), question.body.clone().into_bytes());
        self.platform.fetch(Outgoing { method: HttpMethod::Post, url, headers, body }).await
    }

    async fn read(&self, incoming: Incoming<P::Body>) -> Result<Got, Why> {
        let etag = incoming.etag;
        match incoming.body.whole(limits::DLP_ANSWER_BYTES).await {
            Ok(body) => Ok(Got { etag, body }),
            Err(FetchError::TooLarge) => Err(Why::Malformed),
            Err(FetchError::Unreachable) => Err(Why::Unreachable),
        }
    }

    /// What is shown, and whether a refused one can be replaced.
    async fn credential(&self) -> Result<(Credential, bool), Why> {
        match &self.dlp.credential {
            DlpCredential::Fixed(credential) => Ok((credential.clone(), false)),
            DlpCredential::Client(client) => Ok((token(self, client).await?, true)),
        }
    }

    /// What a status says, also for those who come later.
    fn refused(&self, status: u16, after: Option<&str>) -> Why {
        let now = self.platform.now_ms();
        if matches!(status, 429 | 503) {
            let asked = after.and_then(|after| retry_after(after, now));
            // Down without a word of when it is back: the next one may try.
            if let Some(quiet_ms) = asked.or((status == 429).then_some(QUIET_MS)) {
                let until = now.saturating_add(quiet_ms.min(LONGEST_QUIET_MS));
                self.memory.quiet_until_ms.set(until.max(self.memory.quiet_until_ms.get()));
            }
        }
        match status {
            401 | 403 => Why::Credential,
            402 => {
                self.memory.unlicensed_until_ms.set(now.saturating_add(UNLICENSED_MS));
                Why::NotLicensed
            }
            429 => Why::Throttled,
            500.. => Why::Unavailable,
            _ => Why::Refused,
        }
    }
}
