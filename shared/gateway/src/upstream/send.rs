//! One POST to an upstream, up to the head of its answer, or the whole of it when it is JSON.

use super::cancel::Cancel;
use super::exchange::Exchange;
use super::fault::{self, Failure, Form};
use super::guard::{Deadlines, Guard};
use super::link::Link;
use super::wanted::Wanted;
use super::watch::Watch;
use crate::error::UpstreamFault;
use crate::limits;
use crate::mcp::{Json, headers};
use crate::platform::{Body, HttpMethod, Incoming, Outgoing, OutgoingHeaders, Platform};
use crate::tenant::{Credential, Upstream};
use std::rc::Rc;

/// Largest body of an error status that is looked at, in bytes.
const REFUSAL_BYTES: usize = 256 * 1024;
/// Longest `Mcp-Session-Id` taken from an upstream.
const SESSION_ID_CHARS: usize = 512;

/// A request ready to be sent.
pub(super) struct Call {
    pub(super) headers: OutgoingHeaders,
    pub(super) body: String,
    pub(super) wanted: Wanted,
    pub(super) deadlines: Deadlines,
    /// Who is told that the upstream wants to be left alone.
    pub(super) scope: Rc<Guard>,
    /// Whether to tell the upstream when nobody waits any more.
    pub(super) cancellable: bool,
}

/// Sends `call`. A JSON answer is read and checked here; of a stream, the head.
pub(super) async fn send<P: Platform>(
    link: &Rc<Link>,
    platform: &P,
    call: Call,
) -> Result<Exchange<P>, Failure> {
    let Call { headers, body, wanted, deadlines, scope, cancellable } = call;
    let mut watch = Watch::new(platform, deadlines.first_byte_ms, deadlines.end);
    // Before the request leaves: the caller may go away while it is under way.
    let mut cancel = Cancel::armed(link, platform, &wanted);
    if !cancellable {
        cancel.disarm();
    }
    let outgoing =
        Outgoing { method: HttpMethod::Post, url: link.upstream().url.clone(), headers, body: body.into() };
    match head(platform, &mut watch, outgoing, &wanted, &scope).await {
        Ok(Head::Events(body, session_id)) => {
            let exchange = Exchange::new(link, platform, watch, wanted, cancel, session_id);
            Ok(exchange.streaming(body, deadlines.idle_ms))
        }
        Ok(Head::Whole(bytes, session_id)) => {
            cancel.disarm();
            Exchange::new(link, platform, watch, wanted, cancel, session_id)
                .answered(bytes)
                .map_err(Failure::from)
        }
        Err(failure) => {
            cancel.end(failure.kind);
            Err(failure)
        }
    }
}

enum Head<B> {
    Whole(Vec<u8>, Option<String>),
    Events(B, Option<String>),
}

async fn head<P: Platform>(
    platform: &P,
    watch: &mut Watch<P>,
    outgoing: Outgoing,
    wanted: &Wanted,
    scope: &Guard,
) -> Result<Head<P::Body>, Failure> {
    let incoming = watch.race(platform.fetch(outgoing)).await??;
    if incoming.status != 200 {
        let after = leave_alone(&incoming, scope, platform.now_ms());
        return refused(watch, incoming, wanted, after).await;
    }
    let session_id = session_id(incoming.session_id)?;
    match fault::form(&incoming.content_type) {
        Some(Form::Events) => Ok(Head::Events(incoming.body, session_id)),
        Some(Form::Json) => {
            let bytes = watch.race(incoming.body.whole(limits::RESPONSE_BYTES)).await??;
            Ok(Head::Whole(bytes, session_id))
        }
        None => Err(Failure { status: 200, session_id, ..UpstreamFault::ContentType.into() }),
    }
}

/// The time, in ms, for which the upstream asks to be left alone (RFC 9110, 10.2.3; RFC 6585, 4). `scope` knows it then.
fn leave_alone<B>(incoming: &Incoming<B>, scope: &Guard, now: u64) -> Option<u32> {
    let after = incoming.retry_after.as_ref().filter(|_| matches!(incoming.status, 429 | 503))?;
    Some(scope.quiet(now, headers::retry_after(after, now)?))
}

/// A status other than 200: an answer all the same if a JSON-RPC error with our id comes with it.
async fn refused<P: Platform>(
    watch: &mut Watch<P>,
    incoming: Incoming<P::Body>,
    wanted: &Wanted,
    after: Option<u32>,
) -> Result<Head<P::Body>, Failure> {
    let status = incoming.status;
    let readable = status >= 400 && !matches!(status, 401 | 403);
    let mut bytes = Vec::new();
    if readable && fault::form(&incoming.content_type) == Some(Form::Json) {
        // Unreadable is as good as no body: the status says enough.
        bytes = watch.race(incoming.body.whole(REFUSAL_BYTES)).await?.unwrap_or_default();
    }
    let json = Json::parse(&bytes, &limits::RESPONSE).ok();
    let error = json.as_ref().and_then(|json| fault::error_in(json, &wanted.id));
    let known = error.as_ref().map(|(error, ours)| (error, *ours));
    match fault::of_status(status, known, wanted.session.is_some(), after) {
        None => Ok(Head::Whole(bytes, None)),
        Some(kind) => {
            let error = error.map(|(error, _)| error);
            Err(Failure { kind, status, error, session_id: session_id(incoming.session_id).ok().flatten() })
        }
    }
}

/// The body of an event stream asked for by GET.
pub(super) async fn events<P: Platform>(
    platform: &P,
    watch: &mut Watch<P>,
    outgoing: Outgoing,
) -> Result<P::Body, UpstreamFault> {
    let incoming = watch.race(platform.fetch(outgoing)).await?.map_err(fault::fetch)?;
    match (incoming.status, fault::form(&incoming.content_type)) {
        (200, Some(Form::Events)) => Ok(incoming.body),
        (401 | 403, _) => Err(UpstreamFault::Credential),
        _ => Err(UpstreamFault::NoAnswer),
    }
}

/// The body of the stream that a session has of its own; `None` where the upstream has none (405).
pub(super) async fn own_stream<P: Platform>(
    platform: &P,
    watch: &mut Watch<P>,
    outgoing: Outgoing,
) -> Result<Option<P::Body>, UpstreamFault> {
    let incoming = watch.race(platform.fetch(outgoing)).await?.map_err(fault::fetch)?;
    match (incoming.status, fault::form(&incoming.content_type)) {
        (200, Some(Form::Events)) => Ok(Some(incoming.body)),
        (200, _) => Err(UpstreamFault::ContentType),
        (405, _) => Ok(None),
        (status, _) => {
            Err(fault::of_status(status, None, true, None).unwrap_or(UpstreamFault::Status(status)))
        }
    }
}

/// Checked, because it is sent back in a header and sealed for clients: visible ASCII (MCP 2025-11-25,
/// session management), and of a bounded length.
fn session_id(value: Option<String>) -> Result<Option<String>, UpstreamFault> {
    match value {
        Some(id)
            if id.is_empty()
                || id.len() > SESSION_ID_CHARS
                || !id.bytes().all(|b| (0x21..=0x7e).contains(&b)) =>
        {
            Err(UpstreamFault::Malformed)
        }
        checked => Ok(checked),
    }
}

/// `headers`, and the upstream's own credential.
pub(super) fn with_credential(headers: &[(&str, &str)], upstream: &Upstream) -> OutgoingHeaders {
    let mut headers: OutgoingHeaders = headers.iter().copied().collect();
    if let Credential::Header { name, value } = &upstream.credential {
        headers.push(name, value);
    }
    headers
}
