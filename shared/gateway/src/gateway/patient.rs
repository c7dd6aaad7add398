//! Calls of tools of which the operator says more: that they may be sent again, or that equal ones are one.

use super::dialogue::Dialogue;
use super::errand::Errand;
use super::forward::about_headers;
use super::relay;
use super::scene::Flow;
use super::shared::{self, Part};
use super::state::Scope;
use crate::catalog::Route;
use crate::error::{Error, Fault};
use crate::platform::Platform;
use crate::stage::audit::Trail;
use crate::tenant::Tool;
use crate::upstream::Terms;
use crate::upstream::guard::Tries;

/// Sends the call until it has an answer, or cannot be sent again.
pub(crate) async fn call<P: Platform>(
    errand: &Errand<'_, P>,
    tool: &Tool,
    mut route: Route,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let platform = &errand.scene.platform;
    let terms = route.link.terms(platform, Some(tool), &route.original);
    let mut tries = Tries::default();
    let mut newer = false;
    let mut part;
    // Ends: tries are counted, and a newer route is looked for once.
    let outcome = loop {
        let Try { outcome, shared } = once(errand, tool, &route, &terms, trail).await;
        part = shared;
        let error = match outcome {
            Ok(flow) => break Ok(flow),
            Err(error) => error,
        };
        if !newer && about_headers(&error) {
            newer = true;
            if let Some(found) = errand.target.tool_anew(errand.scene).await {
                route = found;
                continue;
            }
        }
        let pause = match &error {
            Error::Fault(Fault::Upstream { kind, .. }) if tool.idempotent && part.is_none() => {
                tries.pause(platform, &terms, *kind)
            }
            _ => None,
        };
        match pause {
            Some(pause) => platform.sleep(pause).await,
            None => break Err(error),
        }
    };
    if let Some(part) = &part {
        trail.note("coalesced", if part.led { "led" } else { "joined" });
    }
    let retries = part.map_or(tries.more, |part| part.retries);
    if retries > 0 {
        trail.count("retries", u64::from(retries));
    }
    if outcome.is_ok() {
        trail.stage("upstream");
    }
    outcome
}

/// One try. Whatever goes wrong in it, nothing was sent to the agent.
struct Try<P: Platform> {
    outcome: Result<Flow<P>, Error>,
    /// Of a call that others ask too. It has had all tries that it may have.
    shared: Option<Part>,
}

async fn once<P: Platform>(
    errand: &Errand<'_, P>,
    tool: &Tool,
    route: &Route,
    terms: &Terms,
    trail: &mut Trail<P>,
) -> Try<P> {
    if tool.coalesce
        && let Some(key) = shared::key(errand, route)
        && let Some((outcome, part)) = shared::call(errand, key, tool.idempotent, route, terms, trail).await
    {
        return Try { outcome, shared: Some(part) };
    }
    Try { outcome: alone(errand, route, terms, trail).await, shared: None }
}

async fn alone<P: Platform>(
    errand: &Errand<'_, P>,
    route: &Route,
    terms: &Terms,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let state = Scope::of(errand.json, errand.request, errand.target.name());
    let exchange = errand.open(route, terms, &state).await?;
    let mut view = errand.view(route, state, Some(&exchange));
    view.dialogue = Dialogue::of(errand, route, terms);
    relay::start(errand.scene, exchange, view, trail).await
}
