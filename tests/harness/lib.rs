//! The harness of Postern's tests: a scripted upstream, a raw client, gateways on every host, and the runner of
//! the cases that stand as data in `tests/cases`.

// The pipeline is one future, stage in stage, and the compiler lays it out in one query.
#![recursion_limit = "256"]

pub mod bed;
pub mod behind;
pub mod case;
pub mod cells;
pub mod client;
pub mod converse;
pub mod coverage;
pub mod dlp;
pub mod expect;
pub mod generate;
pub mod host;
pub mod in_process;
pub mod json;
pub mod leaks;
pub mod ledger;
pub mod meetings;
pub mod native;
pub mod process;
pub mod redis;
pub mod report;
pub mod request;
pub mod runner;
pub mod script;
pub mod side;
pub mod spans;
pub mod spin;
pub mod suite;
pub mod token;
pub mod upstream;
pub mod workerd;
