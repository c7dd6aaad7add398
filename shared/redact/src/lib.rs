//! Finds sensitive values in text and JSON, and replaces them. A library of its own: it knows nothing of MCP.
//!
//! One pass over the text emits candidates (runs of digits, words, anchors such as `@`), each of which is handed to the few
//! detectors that may know it. A detector checks shape and check digits and says how sure it is, bare and beside a word
//! that fits (`entry`); `resolve` looks for such words around the candidate and in the names of the fields above it, and
//! lets one finding stand where several overlap.
//!
//! The pass sees a `view` of the text, in which digits are ASCII and nothing is invisible, and what `encoded` undoes: escapes,
//! base64, hex, ends of lines. Findings are ranges of the original nevertheless, so that `json` replaces them where they
//! stand, in strings within strings as well, and leaves every other byte as it is.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod checks;
pub mod column;
mod custom;
mod encoded;
mod engine;
mod entry;
mod ids;
mod json;
mod label;
mod letters;
mod lexicon;
mod net;
mod noise;
pub mod operators;
mod order;
mod overlap;
mod path;
mod resolve;
mod scan;
mod secrets;
mod view;
mod words;

pub use custom::{Custom, CustomError};
pub use engine::{Context, Engine, Finding};
pub use entry::{Entry, Profile, Type};
pub use json::{Replace, Replacement};
pub use path::Path;
