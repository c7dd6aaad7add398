//! Once more: a call that failed before anything of its answer was sent on, of a tool that its operator calls
//! idempotent.

use super::{Terms, is_failure};
use crate::error::UpstreamFault;
use crate::platform::Platform;

/// Tries after the first one.
const MORE: u32 = 2;
/// The pause before the second try, in ms; it doubles with every further one. Each is drawn from its upper half, so
/// that callers who failed together do not come again together.
const PAUSE_MS: u32 = 200;

/// The tries of one call.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    /// Those after the first one.
    pub(crate) more: u32,
}

impl Tries {
    /// How long to wait before the next try after `fault`, in ms; `None` when there is none: it would not help, or
    /// it would come too late.
    pub(crate) fn pause<P: Platform>(
        &mut self,
        platform: &P,
        terms: &Terms,
        fault: UpstreamFault,
    ) -> Option<u32> {
        if self.more >= MORE || !is_failure(fault) {
            return None;
        }
        let now = platform.now_ms();
        // Its own word goes before any pause of ours; a breaker that has opened ends it.
        let asked = match (fault, terms.refuses(now)) {
            (_, Some(UpstreamFault::Limited(asked))) | (UpstreamFault::Limited(asked), None) => asked,
            (_, Some(_)) => return None,
            (_, None) => None,
        };
        let mut random = [0];
        platform.fill(&mut random);
        let longest = PAUSE_MS.saturating_mul(1 << self.more);
        let pause = longest / 2 + longest / 2 * u32::from(random[0]) / 255;
        let pause = pause.max(asked.unwrap_or_default());
        if now.saturating_add(u64::from(pause)) >= terms.deadlines.end {
            return None;
        }
        self.more += 1;
        Some(pause)
    }
}
