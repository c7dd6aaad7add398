//! The deadlines of one exchange, kept by a single timer: each timer is a crossing into the host.

use crate::error::UpstreamFault;
use crate::platform::Platform;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

type Timer = Pin<Box<dyn Future<Output = ()>>>;

/// A bound on silence and a bound on the whole.
///
/// The timer is made when something is first waited for. Progress does not make it anew: when it fires, it is
/// looked at whether there was any since, and if so it is set to what then remains.
pub(super) struct Watch<P> {
    platform: P,
    timer: Option<Timer>,
    /// When something was last heard, in Unix ms.
    heard: u64,
    /// The longest silence, in ms.
    silence: u64,
    /// When all has to be over, in Unix ms.
    end: u64,
}

impl<P: Platform> Watch<P> {
    /// From now: `silence_ms` until something is heard, and in any case until `end` (Unix ms).
    pub(super) fn new(platform: &P, silence_ms: u32, end: u64) -> Self {
        Self {
            platform: platform.clone(),
            timer: None,
            heard: platform.now_ms(),
            silence: u64::from(silence_ms),
            end,
        }
    }

    /// Something was heard; from now on silence may last `silence_ms`.
    pub(super) fn heard(&mut self, silence_ms: u32) {
        self.heard = self.platform.now_ms();
        let silence = u64::from(silence_ms);
        if silence < self.silence {
            // A pending timer would come too late.
            self.timer = None;
        }
        self.silence = silence;
    }

    /// Ends everything `ms` from now, if it is not over before.
    pub(super) fn curtail(&mut self, ms: u32) {
        self.end = self.end.min(self.platform.now_ms().saturating_add(u64::from(ms)));
        self.timer = None;
    }

    /// Waits for `work` as long as the deadlines allow.
    pub(super) async fn race<T>(&mut self, work: impl Future<Output = T>) -> Result<T, UpstreamFault> {
        let mut work = pin!(work);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Ok(value)),
            Poll::Pending => self.poll_late(context).map(|()| Err(UpstreamFault::Deadline)),
        })
        .await
    }

    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(timer) = &mut self.timer {
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.timer = None;
        }
        let due = self.heard.saturating_add(self.silence).min(self.end);
        let left = due.saturating_sub(self.platform.now_ms());
        if left == 0 {
            return Poll::Ready(());
        }
        let mut timer: Timer = Box::pin(self.platform.sleep(u32::try_from(left).unwrap_or(u32::MAX)));
        if timer.as_mut().poll(context).is_ready() {
            // Its clock runs ahead of ours: look again, but let others run before.
            context.waker().wake_by_ref();
        }
        self.timer = Some(timer);
        Poll::Pending
    }
}
