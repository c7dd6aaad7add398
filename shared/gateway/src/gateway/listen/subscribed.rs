//! What a session is subscribed to at modern upstreams (MCP 2025-11-25, Resources, Subscriptions): those have none of their own
//! that could remember it (MCP 2026-07-28 has `subscriptions/listen` alone), and the request that subscribes is another than the one
//! that listens, perhaps in another isolate. So the set of a session lies at a meeting, whole and sealed: who changes it puts
//! another in its place, and the stream of the session waits for it.

use crate::codec;
use crate::error::{Error, Fault, Refusal, RendezvousFault};
use crate::gateway::forward::internal;
use crate::gateway::legacy::Session;
use crate::gateway::scene::Scene;
use crate::gateway::state::sealed;
use crate::limits;
use crate::mcp::seal::Purpose;
use crate::platform::{Meeting, Platform, Posted};
use crate::stage::authorize::allows_upstream;
use crate::upstream::Link;
use crate::within::within;
use sha2::{Digest as _, Sha256};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// How long a change may take, in ms, with others of the same session at the same time: each of them is read before the next
/// is tried.
const CHANGE_MS: u32 = 10_000;
/// How long a stream does with what it has heard, in ms: a client that subscribes to many resources one after another does not have
/// each server asked anew for each of them.
const SETTLE_MS: u32 = 100;

/// Whether a legacy client hears of resources of this upstream by [`change`].
pub(crate) async fn is_told<P: Platform>(scene: &Scene<P>, link: &Rc<Link>) -> bool {
    allows_upstream(scene.caller.agent(), &link.upstream().alias)
        && link.about(&scene.platform).await.is_ok_and(|about| about.tells_resources())
        && scene.platform.has_rendezvous().await
}

/// Subscribes a session to a resource, or ends it: `uri` is the client's own for it.
///
/// # Errors
/// There are [`limits::LISTEN_URIS`] already, or they are too long together; or the meeting cannot be asked.
pub(crate) async fn change<P: Platform>(
    scene: &Scene<P>,
    session: &Session,
    uri: &str,
    subscribes: bool,
) -> Result<(), Error> {
    let Scene { platform, .. } = scene;
    let late = || Error::from(Fault::Rendezvous(RendezvousFault::Late));
    let meeting = meeting(scene, &session.key);
    let life_ms = session.until_ms.saturating_sub(platform.now_ms());
    let keep_ms = u32::try_from(life_ms).unwrap_or(u32::MAX);
    let changing = async {
        let (mut turn, mut uris) = (0, Vec::new());
        // Ends with the time for it: each turn begins with what another has put there.
        loop {
            if uris.iter().any(|known| known == uri) == subscribes && turn > 0 {
                return Ok(());
            }
            uris.retain(|known| known != uri);
            if subscribes {
                uris.push(uri.to_owned());
            }
            if uris.len() > limits::LISTEN_URIS {
                let most = limits::LISTEN_URIS;
                return Err(
                    Refusal::InvalidParams(format!("a session has at most {most} subscriptions")).into()
                );
            }
            let message = seal(scene, &session.key, &uris, life_ms)?;
            let posted = platform.post(meeting, message.as_bytes(), keep_ms, Some(turn)).await;
            if posted.map_err(Fault::Rendezvous)? {
                return Ok(());
            }
            let there = platform.wait(meeting, turn, limits::MEETING_POST_MS).await.ok_or_else(late)?;
            (turn, uris) = (there.turn, open(scene, &session.key, &there.message).unwrap_or_default());
        }
    };
    within(platform, CHANGE_MS, changing).await.ok_or_else(late)?
}

/// The meeting of a session: nobody else's, since its key is part of a token with a random nonce.
fn meeting<P: Platform>(scene: &Scene<P>, session: &str) -> Meeting {
    let tenant = scene.caller.tenant();
    let mut hash = Sha256::new();
    for part in ["postern/subscriptions/1", &tenant.name, session] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut id = [0; 16];
    id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Meeting { id, jurisdiction: tenant.limits.placement.jurisdiction }
}

fn seal<P: Platform>(
    scene: &Scene<P>,
    session: &str,
    uris: &[String],
    life_ms: u64,
) -> Result<String, Error> {
    let payload = codec::encode(&(session, uris), limits::SEALED_BYTES);
    let payload =
        payload.map_err(|_| Refusal::InvalidParams("the subscriptions are too long together".into()))?;
    sealed(scene, Purpose::Subscriptions, "", life_ms, &payload)
        .map_err(|_| internal("subscriptions are not sealed"))
}

/// What is subscribed to by a message at the meeting of this session.
fn open<P: Platform>(scene: &Scene<P>, session: &str, message: &[u8]) -> Option<Vec<String>> {
    let (tenant, principal) = (scene.caller.tenant(), scene.caller.principal());
    let token = std::str::from_utf8(message).ok()?;
    let now_ms = scene.platform.now_ms();
    let sealer = &scene.gateway.sealer;
    let opened =
        sealer.open(Purpose::Subscriptions, &tenant.name, &tenant.path, principal, now_ms, token).ok()?;
    let (key, uris): (String, Vec<String>) = codec::decode(&opened.payload, limits::SEALED_BYTES).ok()?;
    (key == session).then_some(uris)
}

/// The set of a session, as it changes.
pub(super) struct Subscriptions {
    session: String,
    waits: Option<Waits>,
}

type Waits = Pin<Box<dyn Future<Output = Option<Posted>>>>;

impl Subscriptions {
    /// From what it is now.
    pub fn new<P: Platform>(scene: &Scene<P>, session: &str) -> Self {
        let waits = Some(waits(scene, session, 0));
        Self { session: session.to_owned(), waits }
    }

    /// What it has become.
    pub fn poll<P: Platform>(&mut self, scene: &Scene<P>, context: &mut Context<'_>) -> Poll<Vec<String>> {
        while let Some(next) = &mut self.waits {
            let Poll::Ready(posted) = next.as_mut().poll(context) else { return Poll::Pending };
            // Nobody waits for longer than a stream lasts.
            self.waits = posted.as_ref().map(|posted| waits(scene, &self.session, posted.turn));
            if let Some(uris) = posted.and_then(|posted| open(scene, &self.session, &posted.message)) {
                return Poll::Ready(uris);
            }
        }
        Poll::Pending
    }
}

fn waits<P: Platform>(scene: &Scene<P>, session: &str, after: u64) -> Waits {
    let (meeting, platform) = (meeting(scene, session), scene.platform.clone());
    Box::pin(async move {
        if after > 0 {
            platform.sleep(SETTLE_MS).await;
        }
        platform.wait(meeting, after, limits::LISTEN_MS).await
    })
}
