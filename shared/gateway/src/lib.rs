//! The Postern MCP gateway: the pipeline, without I/O.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod address;
pub mod arrival;
pub mod calendar;
pub mod catalog;
pub mod codec;
pub mod compile;
pub mod dlp;
pub mod error;
mod gateway;
pub mod ledger;
pub mod limits;
pub mod mcp;
#[cfg(all(feature = "jwt", any(test, feature = "memory")))]
pub mod memory;
pub mod platform;
pub mod reply;
pub mod serving;
pub mod settings;
pub mod stage;
pub mod tenant;
pub mod tokens;
pub mod upstream;
pub mod within;

pub use gateway::Gateway;
