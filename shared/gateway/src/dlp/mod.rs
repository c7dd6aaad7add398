//! External inspection: services that are shown a text and say whether it may pass, and which parts of it not.
//!
//! A message's strings become one text ([`pieces`]), which is cut as the service needs it ([`cut`]). `service/` and
//! `purview/` know how a service is asked and what it answers, without any I/O; [`wire`] sends, retries and keeps
//! away; [`token`] has the credentials that run out; [`verdicts`] remembers what was answered. What goes wrong is
//! decided here, by the setting `on_error`.

mod about;
mod cut;
mod pieces;
mod purview;
mod service;
mod span;
#[cfg(test)]
mod tests;
mod token;
mod verdicts;
mod wire;

pub use about::{About, Direction, Note, Verdict, Why};

use crate::limits;
use crate::mcp::Json;
use crate::platform::Platform;
use crate::tenant::{Dlp, DlpService, OnError};
use crate::within::within;
use pieces::Document;
use serde::de::DeserializeOwned;
use span::Span;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use verdicts::{Kept, Verdicts};
use wire::{Memory, Wire};

/// What this isolate knows of the services of one configuration: tokens, scopes, verdicts.
#[derive(Default)]
pub struct Inspectors {
    memories: RefCell<HashMap<String, Rc<Memory>>>,
    verdicts: RefCell<Verdicts>,
}

impl Inspectors {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows `json`, a message or a part of one, to the service `dlp`, and says what is to become of it: at the latest
    /// after its deadline. Without a note nothing was to be asked: the direction is not among the service's, or there
    /// is no text.
    pub async fn inspect<P: Platform>(
        &self,
        platform: &P,
        dlp: &Rc<Dlp>,
        about: &About<'_>,
        json: &str,
    ) -> (Verdict, Option<Note>) {
        let wanted = match about.direction {
            Direction::Request => dlp.requests,
            Direction::Response => dlp.responses,
        };
        if !wanted {
            return (Verdict::Pass, None);
        }
        let start = platform.now_ms();
        let mut note = Note::new(dlp);
        let found = match Document::of(json, about.direction) {
            Err(why) => Err(why),
            Ok(document) if document.text.is_empty() => return (Verdict::Pass, None),
            Ok(document) => {
                let found = self.found(platform, dlp, about, &document, &mut note).await;
                found.map(|kept| conclude(dlp, &document, &kept, json, &mut note))
            }
        };
        let verdict = found.unwrap_or_else(|why| {
            note.why = Some(why);
            let passes = match dlp.on_error {
                OnError::Block => false,
                OnError::LocalOnly => about.local,
                OnError::Allow => true,
            };
            if passes { Verdict::Pass } else { Verdict::Block { by: dlp.name.clone() } }
        });
        note.verdict = match verdict {
            Verdict::Pass => "pass",
            Verdict::Changed(_) => "changed",
            Verdict::Block { .. } => "block",
        };
        note.ms = platform.now_ms().saturating_sub(start);
        (verdict, Some(note))
    }

    /// What the service says of the document, now or a little while ago.
    async fn found<P: Platform>(
        &self,
        platform: &P,
        dlp: &Rc<Dlp>,
        about: &About<'_>,
        document: &Document,
        note: &mut Note,
    ) -> Result<Kept, Why> {
        let key = self.verdicts.borrow_mut().key(platform, dlp, about, &document.text);
        let known = self.verdicts.borrow().get(&key, platform.now_ms());
        if let Some(known) = known {
            note.cached = true;
            return Ok(known);
        }
        let wire = Wire::new(platform, dlp, self.memory(about.tenant, dlp));
        // On the heap: it is larger than all the rest of a call.
        let asked = Box::pin(async {
            match &dlp.service {
                DlpService::Purview(purview) => purview::inspect(&wire, purview, about, &document.text).await,
                _ => service::inspect(&wire, about, &document.text).await.map(|found| (found, true)),
            }
        });
        let (found, lasts) = within(platform, dlp.deadline_ms, asked).await.ok_or(Why::Deadline)??;
        if lasts {
            self.verdicts.borrow_mut().put(key, &found, platform.now_ms(), dlp.cache_ms);
        }
        Ok(found)
    }

    fn memory(&self, tenant: &str, dlp: &Dlp) -> Rc<Memory> {
        let mut memories = self.memories.borrow_mut();
        Rc::clone(memories.entry(format!("{tenant}/{}", dlp.name)).or_default())
    }
}

/// What a service's word makes of the message.
fn conclude(dlp: &Dlp, document: &Document, kept: &Kept, json: &str, note: &mut Note) -> Verdict {
    let block = || Verdict::Block { by: dlp.name.clone() };
    let spans = match kept {
        Kept::Block => return block(),
        Kept::Spans(spans) => spans,
    };
    note.types = count(spans);
    match document.replace(json, spans) {
        Ok(None) => Verdict::Pass,
        Ok(Some(changed)) => Verdict::Changed(changed),
        // Replaced names of members met: there is no message that says the rest.
        Err(why) => {
            note.why = Some(why);
            block()
        }
    }
}

/// How often each type was found.
fn count(spans: &[Span]) -> BTreeMap<String, u32> {
    let mut types = BTreeMap::new();
    for span in spans {
        *types.entry(span.kind.clone()).or_default() += 1;
    }
    types
}

/// An answer as a service's own type, after a strict look at it: no name twice, nothing too deep.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Why> {
    Json::parse(body, &limits::RESPONSE).map_err(|_| Why::Malformed)?;
    serde_json::from_slice(body).map_err(|_| Why::Malformed)
}
