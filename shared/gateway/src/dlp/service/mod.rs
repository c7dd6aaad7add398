//! Services that answer with findings: how each is asked, and what it answers. Pure: no I/O, no clock.

mod azure;
mod google;
mod presidio;
mod webhook;

use super::cut::{Size, cut};
use super::span::{Found, Unit, merge, resolve};
use super::verdicts::Kept;
use super::wire::{Question, Wire};
use super::{About, Why, parse};
use crate::limits;
use crate::platform::Platform;
use crate::tenant::{Dlp, DlpService};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::ops::Range;

/// What is asked about, and when.
struct Asked<'a> {
    dlp: &'a Dlp,
    about: &'a About<'a>,
    /// The time, in Unix ms.
    now_ms: u64,
}

/// What a service says of some texts.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    /// They must not pass.
    Block,
    /// Its findings, for each text in turn.
    Found(Vec<Vec<Found>>),
}

/// One service's shapes.
trait Adapter {
    /// The largest text that it takes.
    fn size(&self) -> Size;

    /// How many texts it takes at once.
    fn texts(&self) -> usize {
        1
    }

    /// The question about `texts`.
    fn question(&self, asked: &Asked<'_>, texts: &[&str]) -> Question;

    /// What `body` says of `texts`, and what it counts.
    ///
    /// # Errors
    /// [`Why::Malformed`] for what no such service would answer, [`Why::Incomplete`] when it has not looked at all of it.
    fn read(&self, body: &[u8], texts: &[&str]) -> Result<(Reading, Unit), Why>;
}

/// The adapter of a service; Purview has none, as it has no findings.
fn adapter(service: &DlpService) -> Option<Box<dyn Adapter + '_>> {
    Some(match service {
        DlpService::Purview(_) => return None,
        DlpService::Presidio { language, score } => Box::new(presidio::Presidio { language, score: *score }),
        DlpService::Azure { language, score } => Box::new(azure::Azure { language, score: *score }),
        DlpService::Google { parent, likelihood } => Box::new(google::Google { parent, likelihood }),
        DlpService::Webhook { signature } => Box::new(webhook::Webhook { signature: signature.as_ref() }),
    })
}

/// What the service says of `text`, cut as it needs it; all cuts are asked about at once.
pub(super) async fn inspect<P: Platform>(wire: &Wire<P>, about: &About<'_>, text: &str) -> Result<Kept, Why> {
    let adapter = adapter(&wire.dlp.service).ok_or(Why::Refused)?;
    let cuts = cut(text, adapter.size(), limits::DLP_REQUESTS * adapter.texts())?;
    let asked = Asked { dlp: &wire.dlp, about, now_ms: wire.platform.now_ms() };
    let batches =
        cuts.chunks(adapter.texts()).map(|ranges| batch(wire, adapter.as_ref(), &asked, text, ranges));
    let mut batches: FuturesUnordered<_> = batches.collect();
    let (mut spans, mut trouble) = (Vec::new(), None);
    while let Some(batch) = batches.next().await {
        match batch {
            // A word against one is one against all, whatever becomes of the others.
            Ok(None) => return Ok(Kept::Block),
            Ok(Some(found)) => spans.extend(found),
            Err(why) => trouble = trouble.or(Some(why)),
        }
    }
    match trouble {
        Some(why) => Err(why),
        None => Ok(Kept::Spans(merge(spans).into())),
    }
}

/// The findings in some cuts of `text`, or `None` when they must not pass.
async fn batch<P: Platform>(
    wire: &Wire<P>,
    adapter: &dyn Adapter,
    asked: &Asked<'_>,
    text: &str,
    ranges: &[Range<usize>],
) -> Result<Option<Vec<super::span::Span>>, Why> {
    let texts: Vec<&str> = ranges.iter().map(|range| text.get(range.clone()).unwrap_or_default()).collect();
    let got = wire.post(&adapter.question(asked, &texts)).await?;
    let (reading, unit) = adapter.read(&got.body, &texts)?;
    let Reading::Found(found) = reading else { return Ok(None) };
    if found.len() != texts.len() {
        return Err(Why::Malformed);
    }
    let types = &wire.dlp.types;
    let mut spans = Vec::new();
    for ((mut found, text), range) in found.into_iter().zip(&texts).zip(ranges) {
        found.retain(|found| types.is_empty() || types.contains(&found.kind));
        spans.extend(resolve(text, unit, found, range.start)?);
    }
    Ok(Some(spans))
}

/// A score from 0 to 1 in hundredths; what is no such number is the surest, so that nothing is overlooked for it.
fn hundredths(score: Option<f64>) -> u8 {
    let score = score.unwrap_or(1.0) * 100.0;
    // Between 0 and 100, so that nothing is cut off.
    if (0.0..=100.0).contains(&score) { score.round() as u8 } else { 100 }
}

#[cfg(test)]
mod tests;
