//! From a body to answers: single messages, batches, and the methods of both eras.

use super::SERVER_INFO;
use super::admission::{self, Admitted};
use super::answers;
use super::batch;
use super::forward::{self, Asked};
use super::inspection;
use super::legacy;
use super::listen;
use super::scene::{Asker, Flow, Scene, result_message};
use super::tasks;
use crate::arrival::Head;
use crate::catalog::ListKind;
use crate::error::{Error, Refusal};
use crate::limits;
use crate::mcp::envelope::{EnvelopeError, Message, Notification, Request};
use crate::mcp::era::{self, Claim, Invalid};
use crate::mcp::json::{Json, JsonError, Kind, Node};
use crate::mcp::method::Method;
use crate::mcp::revisions::{Era, Revision};
use crate::platform::Platform;
use crate::reply::{Answer, Reply};
use crate::stage::audit::Trail;
use std::borrow::Cow;

/// Answers a body that was read within its bound.
pub(crate) async fn body<P: Platform>(scene: &Scene<P>, head: &Head, bytes: &[u8], trail: Trail<P>) -> Reply {
    let json = match Json::parse(bytes, &limits::REQUEST) {
        Ok(json) => json,
        Err(error) => return Reply::of(fail(scene, trail, None, Revision::V2026_07_28, &unreadable(&error))),
    };
    match json.kind(json.root()) {
        Kind::Array => Box::pin(batch::answer(scene, head, &json, trail)).await,
        _ => Reply::of(one(scene, head, &json, json.root(), Due::Now, trail).await),
    }
}

fn unreadable(error: &JsonError) -> Error {
    match error {
        JsonError::TooLarge => Refusal::TooLarge.into(),
        other => Refusal::Parse(other.to_string()).into(),
    }
}

/// Answers one message.
pub(crate) async fn one<P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    json: &Json<'_>,
    node: Node,
    due: Due<'_, P>,
    mut trail: Trail<P>,
) -> Answer {
    let message = match Message::read(json, node) {
        Ok(message) => message,
        Err(EnvelopeError::Json(error)) => {
            return fail(scene, trail, None, Revision::V2026_07_28, &unreadable(&error));
        }
        Err(EnvelopeError::Invalid { id, why }) => {
            let refusal = Refusal::InvalidRequest(why).into();
            return fail(scene, trail, id.as_deref(), Revision::V2026_07_28, &refusal);
        }
    };
    match message {
        Message::Request(request) => {
            note_method(scene, request.method, &name(json, request.method_name), &mut trail);
            match ask(scene, head, json, &request, due, &mut trail).await {
                Ok(flow) => settle(flow, trail),
                Err((revision, error)) => fail(scene, trail, Some(json.raw(request.id)), revision, &error),
            }
        }
        Message::Notification(notification) => {
            note_method(scene, notification.method, &name(json, notification.method_name), &mut trail);
            match Box::pin(notice(scene, head, json, &notification)).await {
                Ok(went_on) => {
                    trail.dropped(u32::from(!went_on));
                    accepted(trail)
                }
                Err((revision, error)) => fail(scene, trail, None, revision, &error),
            }
        }
        Message::Response(response) => {
            trail.note("method", "(answer)");
            match Box::pin(answers::posted(scene, head, json, &response, &mut trail)).await {
                Ok(()) => accepted(trail),
                Err(error) => refused(scene, trail, &error),
            }
        }
    }
}

/// A posted answer that is not taken. What posts it reads the status alone, in every era.
fn refused<P: Platform>(scene: &Scene<P>, mut trail: Trail<P>, error: &Error) -> Answer {
    trail.error(error);
    let row = scene.row(error, Era::Modern);
    let status = if row.status < 400 { 403 } else { row.status };
    Answer::Failed(status, row.message(None), row.headers)
}

/// What is no method may be anything.
fn note_method<P: Platform>(scene: &Scene<P>, method: Method, name: &str, trail: &mut Trail<P>) {
    match method {
        Method::Other => trail.say("method", &scene.caller, name),
        known => trail.note("method", known.name()),
    }
}

pub(crate) fn settle<P: Platform>(flow: Flow<P>, mut trail: Trail<P>) -> Answer {
    match flow {
        Flow::Message(status, text) => {
            trail.answer(text.len());
            Answer::Message(status, text)
        }
        Flow::Opened(text, session) => {
            trail.answer(text.len());
            Answer::Opened(text, session)
        }
        Flow::Relay(relay) => Answer::Stream(relay.run(trail)),
        Flow::Listening(listening) => Answer::Stream(listening.run(trail)),
    }
}

fn accepted<P: Platform>(mut trail: Trail<P>) -> Answer {
    trail.answer(0);
    Answer::Accepted
}

/// Closes the record and renders the error.
pub(crate) fn fail<P: Platform>(
    scene: &Scene<P>,
    mut trail: Trail<P>,
    id: Option<&str>,
    revision: Revision,
    error: &Error,
) -> Answer {
    trail.error(error);
    let row = scene.row(error, revision.era());
    Answer::Failed(row.status, row.message(id), row.headers)
}

type Failed = (Revision, Error);

/// When a request is charged.
pub(crate) enum Due<'a, P: Platform> {
    /// By itself.
    Now,
    /// It was, or was refused, with others that it came with.
    Paid(Box<Result<Admitted<'a, P>, Error>>),
}

/// What is served inside a modern envelope; discover lists the same.
const MODERN: &[&str] = &[Revision::LATEST_MODERN.as_str()];

fn name<'a>(json: &'a Json<'_>, node: Node) -> Cow<'a, str> {
    json.string(node).unwrap_or_default()
}

fn invalid_request(json: &Json<'_>, request: &Request, invalid: Invalid) -> Refusal {
    match invalid {
        Invalid::Meta(why) => Refusal::InvalidParams(why.to_owned()),
        Invalid::Header(mismatch) => mismatch.into(),
        Invalid::Version { requested } => Refusal::UnsupportedVersion { requested, supported: MODERN },
        Invalid::Method => Refusal::UnknownMethod(name(json, request.method_name).into_owned()),
        Invalid::Request(why) => Refusal::InvalidRequest(why),
    }
}

/// Classifies a request and answers it in its era.
async fn ask<P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    json: &Json<'_>,
    request: &Request,
    due: Due<'_, P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Failed> {
    let claim = era::classify(&head.headers, &Message::Request(*request), json)
        .map_err(|invalid| (Revision::LATEST_MODERN, invalid_request(json, request, invalid).into()))?;
    match claim {
        Claim::Modern(claimed) => {
            let revision = claimed.revision;
            trail.note("revision", revision.as_str());
            let asker = Asker { revision, session: None };
            let asked = Asked { head, json, request, asker: &asker };
            charged(scene, &asked, due, trail).await.map_err(|error| (revision, error))
        }
        Claim::Legacy { .. } if request.method == Method::Initialize => {
            Box::pin(legacy::initialize(scene, json, request, trail))
                .await
                .map_err(|error| (Revision::LATEST_LEGACY, error))
        }
        Claim::Legacy { .. } => {
            let session = legacy::Session::open(scene, head)
                .await
                .map_err(|refusal| (Revision::LATEST_LEGACY, refusal.into()))?;
            let revision = session.revision;
            trail.note("revision", revision.as_str());
            let asker = Asker { revision, session: Some(session) };
            let asked = Asked { head, json, request, asker: &asker };
            charged(scene, &asked, due, trail).await.map_err(|error| (revision, error))
        }
    }
}

/// Charges a request, unless it is free, and answers it in its era.
async fn charged<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    due: Due<'_, P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Asked { head, json, request, asker } = *asked;
    if admission::is_free(request.method, asker.revision.era()) {
        return free(scene, asked, trail).await;
    }
    let admitted = match due {
        Due::Now => admission::admit(scene, head, json, request).await?,
        Due::Paid(outcome) => (*outcome)?,
    };
    trail.stage("admit");
    if let Some(stopped) = admitted.judge(scene, json, request, asker.revision, trail)? {
        return Ok(stopped);
    }
    match asker.revision.era() {
        Era::Modern => modern(scene, asked, admitted, trail).await,
        Era::Legacy => old(scene, asked, admitted, trail).await,
    }
}

/// `server/discover` and `ping`: answered from memory, whatever the limits say.
async fn free<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Asked { json, request, .. } = *asked;
    let Scene { gateway, platform, caller } = scene;
    gateway.admit.free(platform, caller)?;
    let result = match request.method {
        Method::Discover => {
            let told = gateway.catalog.discover(platform, &gateway.links, caller, SERVER_INFO).await;
            Box::pin(inspection::told(scene, request.method.name(), told, trail)).await?
        }
        _ => "{}".to_owned(),
    };
    Ok(Flow::Message(200, result_message(json.raw(request.id), &result)))
}

async fn modern<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    admitted: Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    match asked.request.method {
        Method::Listen => Box::pin(listen::listen(scene, asked, trail)).await,
        Method::TasksGet | Method::TasksUpdate | Method::TasksCancel => {
            Box::pin(tasks::ask(scene, asked, admitted, trail)).await
        }
        _ => shared(scene, asked, admitted, trail).await,
    }
}

async fn old<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    admitted: Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Asked { json, request, asker, .. } = *asked;
    match request.method {
        Method::SetLevel => {
            Box::pin(legacy::set_level(scene, json, request, asker)).await?;
            Ok(Flow::Message(200, result_message(json.raw(request.id), "{}")))
        }
        Method::ResourcesSubscribe | Method::ResourcesUnsubscribe => {
            Box::pin(forward::subscribe(scene, json, request, asker, trail)).await
        }
        Method::TasksGet | Method::TasksCancel | Method::TasksResult
            if asker.revision == Revision::V2025_11_25 =>
        {
            Box::pin(tasks::ask(scene, asked, admitted, trail)).await
        }
        _ => shared(scene, asked, admitted, trail).await,
    }
}

/// What both eras have.
async fn shared<P: Platform>(
    scene: &Scene<P>,
    asked: &Asked<'_>,
    admitted: Admitted<'_, P>,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let Asked { json, request, asker, .. } = *asked;
    match request.method {
        Method::ToolsList => list(scene, json, request, ListKind::Tools, asker, trail).await,
        Method::PromptsList => list(scene, json, request, ListKind::Prompts, asker, trail).await,
        Method::ResourcesList => list(scene, json, request, ListKind::Resources, asker, trail).await,
        Method::ResourcesTemplatesList => list(scene, json, request, ListKind::Templates, asker, trail).await,
        Method::ToolsCall | Method::PromptsGet | Method::ResourcesRead | Method::Complete => {
            forward::call(scene, asked, admitted, trail).await
        }
        _ => Err(Refusal::UnknownMethod(name(json, request.method_name).into_owned()).into()),
    }
}

async fn list<P: Platform>(
    scene: &Scene<P>,
    json: &Json<'_>,
    request: &Request,
    kind: ListKind,
    asker: &Asker,
    trail: &mut Trail<P>,
) -> Result<Flow<P>, Error> {
    let cursor = match request.params.and_then(|params| json.get(params, "cursor")) {
        None => None,
        Some(node) => Some(json.string(node).ok_or(Refusal::BadCursor)?),
    };
    let gateway = &scene.gateway;
    let page = gateway
        .catalog
        .page(
            &scene.platform,
            &gateway.links,
            &gateway.sealer,
            &scene.caller,
            kind,
            cursor.as_deref(),
            asker.client(json, request),
        )
        .await?;
    for (alias, fault) in &page.skipped {
        trail.note("skipped", alias);
        trail.note("skipped_fault", fault.name());
    }
    trail.stage("catalog");
    let page = Box::pin(inspection::listed(scene, kind, page.result, trail)).await?;
    Ok(Flow::Message(200, result_message(json.raw(request.id), &page)))
}

/// A notification from the agent; whether it went anywhere. Modern clients have none on HTTP (`notifications/cancelled` is
/// closing the stream); a posted one is accepted and dropped.
async fn notice<P: Platform>(
    scene: &Scene<P>,
    head: &Head,
    json: &Json<'_>,
    notification: &Notification,
) -> Result<bool, Failed> {
    scene
        .gateway
        .admit
        .free(&scene.platform, &scene.caller)
        .map_err(|flood| (Revision::LATEST_LEGACY, flood.into()))?;
    let claim = era::classify(&head.headers, &Message::Notification(*notification), json);
    match claim {
        Ok(Claim::Modern(_)) => return Ok(false),
        Ok(Claim::Legacy { .. }) => {}
        Err(Invalid::Request(why)) => {
            return Err((Revision::LATEST_LEGACY, Refusal::InvalidRequest(why).into()));
        }
        // Nobody waits for an answer: a badly enveloped notification is refused by its status alone.
        Err(_) => return Err((Revision::LATEST_MODERN, Refusal::InvalidRequest("a bad envelope").into())),
    }
    let session = legacy::Session::open(scene, head)
        .await
        .map_err(|refusal| (Revision::LATEST_LEGACY, refusal.into()))?;
    Ok(legacy::notice(scene, json, notification, &session))
}

/// Ends the session named by the request (MCP 2025-11-25, Session Management).
pub(crate) async fn end_session<P: Platform>(scene: &Scene<P>, head: &Head, mut trail: Trail<P>) -> Reply {
    trail.note("method", "(delete)");
    match legacy::end(scene, head).await {
        Ok(()) => {
            trail.answer(0);
            Reply::empty(200)
        }
        Err(refusal) => Reply::of(fail(scene, trail, None, Revision::LATEST_LEGACY, &refusal.into())),
    }
}
