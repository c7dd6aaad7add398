//! Microsoft Purview, through Microsoft Graph: a verdict, never a changed text.
//!
//! As Microsoft's own client does it: scopes say whether content is judged, and are kept by their tag. Before they are
//! known, content is judged inline, and they are computed behind the answer. Content of offline scopes is shown behind
//! the answer; content that no scope is about is recorded there.

mod scopes;
mod shapes;

pub(super) use scopes::Scopes;

use super::verdicts::Kept;
use super::wire::Wire;
use super::{About, Why};
use crate::platform::Platform;
use crate::tenant::Purview;
use crate::within::within;
use scopes::{Computed, Mode};
use shapes::{Processed, Subject};
use std::rc::Rc;

/// Deadline for what is done behind the answer, in ms.
const BEHIND_MS: u32 = 10_000;

/// What Purview says of `text`, and whether that holds for the same text a little later, which would not be shown or
/// recorded then.
pub(super) async fn inspect<P: Platform>(
    wire: &Wire<P>,
    purview: &Purview,
    about: &About<'_>,
    text: &str,
) -> Result<(Kept, bool), Why> {
    let subject = Subject::of(&wire.dlp, purview, about)?;
    let now = wire.platform.now_ms();
    let Some(known) = wire.memory.scopes.get(subject.key(), now) else {
        // First, so that it is done also when the verdict takes too long.
        refresh_behind(wire, &subject);
        return Ok((kept(show(wire, &subject, text, None).await?.blocks), true));
    };
    match known.mode(subject.activity, &subject.places()) {
        (Mode::Nowhere, _) => {
            record_behind(wire, &subject, text);
            Ok((kept(false), false))
        }
        // Forbidden whatever it says: nobody waits to hear it.
        (_, true) => {
            show_behind(wire, subject, text, known);
            Ok((kept(true), false))
        }
        (Mode::Inline, false) => {
            let processed = show(wire, &subject, text, Some(&known)).await?;
            Ok((kept(processed.blocks), true))
        }
        (Mode::Offline, false) => {
            show_behind(wire, subject, text, known);
            Ok((kept(false), false))
        }
    }
}

fn kept(blocks: bool) -> Kept {
    if blocks { Kept::Block } else { Kept::Spans(Rc::new([])) }
}

/// Shows content inline; once more if the scopes that were known do not hold any more.
async fn show<P: Platform>(
    wire: &Wire<P>,
    subject: &Subject,
    text: &str,
    known: Option<&Rc<Computed>>,
) -> Result<Processed, Why> {
    let now = wire.platform.now_ms();
    let etag = known.and_then(|known| known.etag.as_deref());
    let got = wire.post(&subject.process(text, now, true, etag)?).await?;
    let processed = Processed::read(&got.body)?;
    let Some(known) = known.filter(|_| processed.modified && etag.is_some()) else { return Ok(processed) };
    wire.memory.scopes.forget(subject.key(), known);
    refresh_behind(wire, subject);
    if processed.blocks {
        return Ok(processed);
    }
    let got = wire.post(&subject.process(text, now, true, None)?).await?;
    Processed::read(&got.body)
}

/// Shows content behind the answer, for policies that only look at it.
fn show_behind<P: Platform>(wire: &Wire<P>, subject: Subject, text: &str, known: Rc<Computed>) {
    let (wire, text) = (wire.clone(), text.to_owned());
    let platform = wire.platform.clone();
    platform.clone().defer(Box::pin(async move {
        let work = async {
            let now = wire.platform.now_ms();
            let question = subject.process(&text, now, false, known.etag.as_deref()).ok()?;
            let got = wire.post(&question).await.ok()?;
            let modified = Processed::read(&got.body).is_ok_and(|processed| processed.modified);
            if modified && known.etag.is_some() {
                wire.memory.scopes.forget(subject.key(), &known);
                wire.post(&subject.process(&text, now, false, None).ok()?).await.ok()?;
            }
            Some(())
        };
        // Nobody is there to be told that it failed.
        let _ = within(&platform, BEHIND_MS, work).await;
    }));
}

/// Has content recorded behind the answer.
fn record_behind<P: Platform>(wire: &Wire<P>, subject: &Subject, text: &str) {
    let Some(question) = subject.record(text, wire.platform.now_ms()) else { return };
    let wire = wire.clone();
    let platform = wire.platform.clone();
    platform.clone().defer(Box::pin(async move {
        // Nobody is there to be told that it failed.
        let _ = within(&platform, BEHIND_MS, wire.post(&question)).await;
    }));
}

/// Has the scopes computed behind the answer, unless somebody does already.
fn refresh_behind<P: Platform>(wire: &Wire<P>, subject: &Subject) {
    let now = wire.platform.now_ms();
    if !wire.memory.scopes.claim(subject.key(), now, u64::from(BEHIND_MS)) {
        return;
    }
    let (wire, subject) = (wire.clone(), subject.clone());
    let platform = wire.platform.clone();
    platform.clone().defer(Box::pin(async move {
        let question = subject.compute();
        let got = within(&platform, BEHIND_MS, wire.post(&question)).await;
        let computed = match got {
            Some(Ok(got)) => Computed::read(&got.body, got.etag).ok(),
            _ => None,
        };
        wire.memory.scopes.put(subject.key(), computed, platform.now_ms());
    }));
}
