//! Answers a question from the answers to others like it, under an error bound that the operator sets. A library of its
//! own: it knows nothing of MCP, and has no I/O, clock or source of chance; those are arguments.
//!
//! Whether two questions mean the same cannot be read off their texts; whether they get the same answer can be observed.
//! `text` reads a question, `facts` its hard facts, which must be equal; `token` and `model` make a vector of it; `group`
//! keeps what was answered; `agreement` predicts the answer from the nearest ones; `evidence` counts how often such
//! predictions were right, and says what may be served; `policy` is all of it as one decision.
//!
//! In wasm this crate is built for size. What its users call, and what is large, is marked `#[inline(never)]`: within code
//! that is built for speed it would be built for speed as well.
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod agreement;
pub mod evidence;
pub mod facts;
pub mod fold;
pub mod group;
pub mod model;
pub mod order;
pub mod policy;
pub mod text;
pub mod token;
