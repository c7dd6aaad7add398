//! Telling a legacy upstream that nobody waits any more.

use super::Sealed;
use super::legacy;
use super::link::Link;
use super::wanted::Wanted;
use crate::error::UpstreamFault;
use crate::mcp::Era;
use crate::platform::Platform;
use std::rc::Rc;

/// `notifications/cancelled` to a legacy upstream, deferred when this is dropped armed.
pub(super) struct Cancel<P: Platform> {
    link: Rc<Link>,
    platform: P,
    /// The request and its session.
    request: Option<(String, Option<Sealed>)>,
}

impl<P: Platform> Cancel<P> {
    pub(super) fn armed(link: &Rc<Link>, platform: &P, wanted: &Wanted) -> Self {
        // To a modern upstream the end of the connection says it; `initialize` must not be cancelled.
        let request = (wanted.era == Era::Legacy).then(|| (wanted.id.clone(), wanted.session.clone()));
        Self { link: Rc::clone(link), platform: platform.clone(), request }
    }

    pub(super) fn disarm(&mut self) {
        self.request = None;
    }

    /// After a fault there is nobody left to tell, unless the upstream is merely slow or talks too much.
    pub(super) fn end(&mut self, kind: UpstreamFault) {
        if !matches!(kind, UpstreamFault::Deadline | UpstreamFault::TooLarge) {
            self.disarm();
        }
    }
}

impl<P: Platform> Drop for Cancel<P> {
    fn drop(&mut self) {
        let Some((id, session)) = self.request.take() else {
            return;
        };
        let (link, platform) = (Rc::clone(&self.link), self.platform.clone());
        let text = format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{id},"reason":"The client left"}}}}"#
        );
        self.platform.defer(Box::pin(async move {
            // An upstream that cannot be told notices by itself.
            let _ = legacy::post(&link, &platform, session.as_ref(), text).await;
        }));
    }
}
