//! The harness of Postern's tests: a scripted upstream, a raw client, gateways on every host, and the runner of
//! the cases that stand as data in `tests/cases`.

pub mod case;
pub mod client;
pub mod expect;
pub mod json;
pub mod process;
pub mod report;
pub mod request;
pub mod script;
pub mod token;
pub mod upstream;
