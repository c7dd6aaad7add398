//! Pages of meetings.

use crate::ledger::Fault;
use crate::{Here, Page, Query, rendezvous, store};
use postern::platform::{Meeting, Posted};
use postern::within::within;

/// The meeting `id`, a number.
fn meeting(query: &Query) -> Meeting {
    Meeting { id: query.number::<u128>("id", 0).to_be_bytes(), jurisdiction: "" }
}

/// Leaves `text`, or as many bytes as `size` says, perhaps in the place of the turn `instead`: 200, or 409 where it is not
/// taken. 504 is a fault by the deadline, 502
/// any other.
pub async fn post(query: &Query) -> Page {
    let store = match store().await {
        Ok(store) => store,
        Err(page) => return page,
    };
    let large = vec![b'x'; query.number("size", 0)];
    let message = if large.is_empty() { query.text("text").as_bytes() } else { &large };
    let keep_ms = query.number("keep", 60_000);
    let instead_of = query.text("instead").parse().ok();
    match rendezvous::post(&store, &Here, meeting(query), message, (keep_ms, instead_of)).await {
        Ok(true) => (200, String::new()),
        Ok(false) => (409, String::new()),
        Err(fault) => (if fault == Fault::Late { 504 } else { 502 }, fault.to_string()),
    }
}

/// Waits for `deadline` ms: the turn and the message behind `after`, or 404 with what was wrong. The wait is dropped after
/// `left` ms: 502.
pub async fn wait(query: &Query) -> Page {
    let store = match store().await {
        Ok(store) => store,
        Err(page) => return page,
    };
    let mut trouble = String::new();
    let (after, deadline_ms) = (query.number("after", 0), query.number("deadline", 250));
    let told = |why| trouble = why;
    let wait = rendezvous::wait(&store, &Here, (meeting(query), after), deadline_ms, told);
    match within(&Here, query.number("left", u32::MAX), wait).await {
        Some(Some(Posted { turn, message })) => {
            (200, format!("{turn} {}", String::from_utf8_lossy(&message)))
        }
        Some(None) => (404, trouble),
        None => (502, String::new()),
    }
}
