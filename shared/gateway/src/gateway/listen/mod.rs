//! Streams on which a client hears what changes: `subscriptions/listen` (MCP 2026-07-28), and those of sessions, by GET
//! (MCP 2025-11-25). Each is its own: it holds a stream
//! of every upstream that can tell something of what is wanted, and all of them end with it. Nothing is buffered: an upstream
//! is read when the client has taken what came before.

mod event;
mod feed;
mod filter;
mod get;
mod record;
mod seats;
mod stream;
mod subscribed;
#[cfg(test)]
mod tests;
mod turn;

pub(crate) use event::{Left, Resumable, seal};
pub(crate) use get::get;
pub(crate) use seats::Seats;
pub(crate) use stream::Listening;
pub(crate) use subscribed::{change, is_told};
pub(crate) use turn::heard;

use super::consent::Replies;
use super::forward::{Asked, declared, shown};
use super::scene::{Flow, Scene};
use super::state::Scope;
use super::tasks::{self, Stake};
use super::view::View;
use crate::error::{Error, Refusal};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, Revision};
use crate::platform::Platform;
use crate::stage::audit::Trail;
use feed::Feed;
use filter::{Filter, Share};
use stream::Voice;

/// `subscriptions/listen` of a modern client.
pub(crate) async fn listen<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Asked { json, request, asker, .. } = *asked;
    let filter = Filter::read(json, request)?;
    let seat = scene.gateway.seats.take(*scene.caller.principal()).ok_or(Refusal::TooManyStreams)?;
    let tasks = tasks::wanted(scene, json, request, filter.tasks.as_deref()).await?;
    let shares = filter.shares(scene, tasks, trail).await?;
    trail.stage("route");
    let id = json.raw(request.id);
    let apps = asker.client(json, request).apps;
    let feeds = shares.into_iter().map(|share| {
        let declared = shown(declared(json, request), asker.revision, (Era::Modern, share.link.upstream()));
        let view = View { declared, apps, ..view(&share, id, asker.revision) };
        Feed::new(&scene.platform, share, view, None, None)
    });
    let feeds = feeds.collect();
    let voice = Voice::Request(id.to_owned());
    Ok(Flow::Listening(Box::new(Listening::new(scene.again(), voice, feeds, seat))))
}

/// What the messages of one upstream are turned with.
fn view<P: Platform>(share: &Share, id: &str, to: Revision) -> View<P> {
    View {
        id: id.to_owned(),
        method: Method::Listen,
        from: Era::Modern,
        to,
        apps: false,
        declared: String::new(),
        replies: Replies::None,
        link: share.link.clone(),
        plan: share.plan.clone(),
        state: Scope::unused(),
        listed: None,
        ticket: None,
        slot: None,
        mark: None,
        dialogue: None,
        ready: None,
        ending: None,
        resumable: None,
        stake: Stake::None,
    }
}
