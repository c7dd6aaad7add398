//! The wire: JSON, envelopes, revisions, headers, event streams, sealed tokens. No policy, no I/O, no clock.

pub mod envelope;
pub mod era;
mod fold;
pub mod headers;
pub mod json;
pub mod method;
pub mod revisions;
pub mod schema;
pub mod seal;
pub mod sse;
mod swar;
#[cfg(test)]
pub(crate) mod testing;

pub use envelope::{EnvelopeError, Message, Notification, Outcome, Request, Response};
pub use headers::Headers;
pub use json::{Bounds, Edits, Json, JsonError, Kind, Node, Raw, Span};
pub use method::Method;
pub use revisions::{Era, Revision};
